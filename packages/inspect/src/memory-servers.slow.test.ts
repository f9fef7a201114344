// The memory model against servers: each has loaded a dump of its own, and says what its keys cost.
import { serversForTests } from '@rdbkit/testkit';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { type Comparison, compareMemory, errorsByType } from '../testing/memory-comparison.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

/** Largest share by which the median of a type, and a sum over all keys, may be off. */
const MEDIAN = 0.03;
const TOTAL = 0.05;

describe.each(serversForTests())('the memory of $label', (program) => {
  let comparison: Comparison;
  beforeAll(async () => {
    comparison = await compareMemory(program);
  });

  it('names encodings as the server does', () => {
    // Redis up to 5.0 has no word for that of streams.
    const different = comparison.keys.filter(
      ({ encoding, serverEncoding }) => encoding !== serverEncoding && serverEncoding !== 'unknown',
    );
    expect(different.map(({ key, encoding, serverEncoding }) => [key, encoding, serverEncoding])).toEqual([]);
  });

  it('estimates what MEMORY USAGE prints', () => {
    const medians = errorsByType(comparison).map(({ type, median }) => ({ type, isClose: median <= MEDIAN }));
    expect(medians.filter(({ isClose }) => !isClose)).toEqual([]);
    // Before 4.0 there was no such command.
    expect(medians.length > 0).toBe(comparison.dataset !== null);
  });

  it('estimates used_memory', () => {
    expect(Math.abs(comparison.estimatedUsed / comparison.used - 1)).toBeLessThan(TOTAL);
  });

  it('estimates used_memory_dataset', () => {
    const { dataset, estimatedDataset } = comparison;
    expect(Math.abs(estimatedDataset / (dataset ?? estimatedDataset) - 1)).toBeLessThan(TOTAL);
  });
});
