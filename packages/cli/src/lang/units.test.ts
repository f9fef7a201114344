import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  countOf,
  formatCount,
  formatDuration,
  formatSize,
  humanDuration,
  humanSize,
  parseDuration,
  parseSize,
} from './units.ts';

describe('sizes', () => {
  it.each([
    ['0', 0],
    ['512', 512],
    ['512b', 512],
    ['1k', 1000],
    ['1kb', 1024],
    ['1KB', 1024],
    ['1KiB', 1024],
    ['1.5 GiB', 1.5 * 1024 ** 3],
    ['2m', 2_000_000],
    ['2mb', 2 * 1024 ** 2],
    ['3g', 3e9],
    ['3gb', 3 * 1024 ** 3],
    ['1t', 1e12],
    ['1tb', 1024 ** 4],
    ['0.5kb', 512],
    [' 7 ', 7],
  ])('%j is %d bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each(['', 'k', '-1', '1x', '1kbb', '1ib', '0.3kb', '1 k b', '9999999tb', '1e3', 'NaN', '1,000'])(
    '%j is none',
    (text) => {
      expect(() => parseSize(text)).toThrow(RangeError);
    },
  );

  it.each([
    [0, '0'],
    [1000, '1k'],
    [1024, '1kb'],
    [1537, '1537'],
    [64 * 1024 ** 2, '64mb'],
    [5e9, '5g'],
  ])('%d is written %j', (bytes, text) => {
    expect(formatSize(bytes)).toBe(text);
  });

  it('come back the same', () => {
    const size = fc.oneof(
      fc.maxSafeNat(),
      fc
        .tuple(fc.nat({ max: 5000 }), fc.constantFrom(1, 1000, 1024, 1e6, 1024 ** 2, 1024 ** 3))
        .map(([n, unit]) => n * unit),
    );
    fc.assert(fc.property(size, (bytes) => void expect(parseSize(formatSize(bytes))).toBe(bytes)));
  });

  it.each([
    [0, '0 bytes'],
    [1, '1 byte'],
    [999, '999 bytes'],
    [1000, '0.98 KiB'],
    [1536, '1.50 KiB'],
    [1023.6 * 1024, '1.00 MiB'],
    [294 * 1024 ** 2, '294 MiB'],
    [12.34 * 1024 ** 3, '12.3 GiB'],
    [5000 * 1024 ** 4, '5000 TiB'],
  ])('%d reads %j', (bytes, text) => {
    expect(humanSize(bytes)).toBe(text);
  });

  it('for reading are right to three digits', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1024 ** 4 }), (bytes) => {
        const [number = '', unit = ''] = humanSize(bytes).split(' ');
        const factor = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 }[unit] ?? 1;
        expect(Math.abs(Number(number) * factor - bytes) / bytes).toBeLessThan(0.0052);
        expect(number.replace('.', '').length).toBeLessThanOrEqual(3);
      }),
    );
  });
});

describe('durations', () => {
  it.each([
    ['0', 0],
    ['-0', 0],
    ['90', 90_000],
    ['1.5', 1500],
    ['250ms', 250],
    ['1s', 1000],
    ['1m', 60_000],
    ['1h30m', 5_400_000],
    ['7d', 604_800_000],
    ['1w', 604_800_000],
    ['+2h', 7_200_000],
    ['-1d12h', -129_600_000],
    ['1D', 86_400_000],
    ['0.1s', 100],
    ['1m5ms', 60_005],
  ])('%j is %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(['', '+', 'd', '1y', '1h30', '--1', '1 h', '0.0001s', '1e3', 'inf'])('%j is none', (text) => {
    expect(() => parseDuration(text)).toThrow(RangeError);
  });

  it('come back the same', () => {
    fc.assert(fc.property(fc.maxSafeInteger(), (ms) => void expect(parseDuration(formatDuration(ms))).toBe(ms || 0)));
    fc.assert(fc.property(fc.integer(), (ms) => void expect(parseDuration(formatDuration(ms))).toBe(ms || 0)));
  });

  it.each([
    [0, '0s'],
    [129_600_000, '1d12h'],
    [-250, '-250ms'],
    [61_001, '1m1s1ms'],
  ])('%d ms is written %j', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it.each([
    [4, '0.00 s'],
    [350, '0.35 s'],
    [12_345, '12.3 s'],
    [59_940, '59.9 s'],
    [59_960, '1 min 00 s'],
    [245_000, '4 min 05 s'],
    [3_599_600, '1 h 00 min'],
    [9_000_000, '2 h 30 min'],
  ])('%d ms reads %j', (ms, text) => {
    expect(humanDuration(ms)).toBe(text);
  });
});

describe('counts', () => {
  it('have their thousands set apart', () => {
    expect([0, 999, 1000, 1_000_009].map(formatCount)).toEqual(['0', '999', '1,000', '1,000,009']);
    expect([countOf(1, 'key'), countOf(2000, 'key'), countOf(0, 'library', 'libraries')]).toEqual([
      '1 key',
      '2,000 keys',
      '0 libraries',
    ]);
  });
});
