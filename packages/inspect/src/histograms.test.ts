import { expect, it } from 'vitest';
import { Histogram, LogHistogram } from './histograms.ts';

it('counts between limits', () => {
  const histogram = new Histogram([0, 10]);
  for (const value of [-1, 0, 9, 10, 99]) histogram.add(value, 2, 3);
  expect(histogram.bars()).toEqual([
    { from: Number.NEGATIVE_INFINITY, to: 0, keys: 1, bytes: 2, memory: 3 },
    { from: 0, to: 10, keys: 2, bytes: 4, memory: 6 },
    { from: 10, to: null, keys: 2, bytes: 4, memory: 6 },
  ]);
});

it('counts by powers of two', () => {
  const histogram = new LogHistogram();
  for (const value of [0, 1, 2, 3, 4, 2 ** 40]) histogram.add(value, 10);
  const bars = histogram.bars();
  expect(bars.filter(({ keys }) => keys > 0)).toEqual([
    { from: 0, to: 1, keys: 1, memory: 10 },
    { from: 1, to: 2, keys: 1, memory: 10 },
    { from: 2, to: 4, keys: 2, memory: 20 },
    { from: 4, to: 8, keys: 1, memory: 10 },
    { from: 2 ** 40, to: 2 ** 41, keys: 1, memory: 10 },
  ]);
  expect(new LogHistogram().bars()).toEqual([]);
});
