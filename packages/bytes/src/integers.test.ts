import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decimalLength,
  type Int64,
  int64FromWords,
  parseDecimal,
  uint64FromWords,
  writeDecimal,
  writeDecimal64,
  writeInt64Text,
  writeUnsignedDecimal64,
} from './integers.ts';

const GUARD = 0xee;

/** What a writer wrote at position 3; checks that it wrote nowhere else. */
function written(write: (out: Uint8Array, pos: number) => number): string {
  const out = new Uint8Array(32).fill(GUARD);
  const end = write(out, 3);
  expect(out.every((byte, i) => (i >= 3 && i < end) || byte === GUARD)).toBe(true);
  return new TextDecoder().decode(out.subarray(3, end));
}

function parse(text: string): number | undefined {
  const bytes = new TextEncoder().encode(`9${text}9`);
  return parseDecimal(bytes, 1, bytes.length - 1);
}

/** Values at which the number of digits, the method or the sign changes. */
const edges = [0, 1, 9, 10, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1];
for (let power = 10; power < 2 ** 53; power *= 10) edges.push(power - 1, power, power + 1);

const safe = fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.integer({ min: -99_999, max: 99_999 }));
const word = fc.oneof(
  fc.integer(),
  fc.integer({ min: 0, max: 0xffffffff }),
  fc.constantFrom(0, -1, 1, -(2 ** 31), 2 ** 31 - 1, 0x1fffff, 0x200000, -0x200000, -0x200001),
);

describe('writeDecimal, decimalLength, parseDecimal', () => {
  it.each(edges.flatMap((n) => [n, -n]))('writes %d', (n) => {
    expect(written((out, pos) => writeDecimal(out, pos, n))).toBe(String(n));
    expect(decimalLength(n)).toBe(String(n).length);
    expect(parse(String(n))).toBe(n + 0);
  });

  it('agree with String and each other', () => {
    fc.assert(
      fc.property(safe, (n) => {
        const text = written((out, pos) => writeDecimal(out, pos, n));
        expect(text).toBe(String(n));
        expect(decimalLength(n)).toBe(text.length);
        expect(parse(text)).toBe(n + 0);
      }),
      { numRuns: 1000 },
    );
  });

  it('refuses text that is not canonical, or not safe', () => {
    const bad = [
      '',
      '-',
      '+1',
      '01',
      '-0',
      '-01',
      '00',
      '1.0',
      ' 1',
      '1 ',
      '1e3',
      '--1',
      '1-',
      '0x1',
      'a',
      '/',
      ':',
      '9007199254740992',
      '-9007199254740992',
      '9007199254740993',
      '9999999999999999',
      '10000000000000000',
      '123456789012345678901234567890',
    ];
    for (const text of bad) expect([text, parse(text)]).toEqual([text, undefined]);
  });

  it('accepts exactly what String gives back', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123456789-+. '), maxLength: 18 }), (text) => {
        const n = Number(text);
        const expected = String(n) === text && Number.isSafeInteger(n) ? n : undefined;
        expect(parse(text)).toBe(expected);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('64-bit integers in two words', () => {
  it('are written and converted as BigInt says', () => {
    fc.assert(
      fc.property(word, word, (hi, lo) => {
        const unsigned = (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
        const signed = BigInt.asIntN(64, unsigned);
        expect(written((out, pos) => writeUnsignedDecimal64(out, pos, hi, lo))).toBe(String(unsigned));
        expect(written((out, pos) => writeDecimal64(out, pos, hi, lo))).toBe(String(signed));
        for (const [value, exact] of [
          [int64FromWords(hi, lo), signed],
          [uint64FromWords(hi, lo), unsigned],
        ] as [Int64, bigint][]) {
          expect(BigInt(value)).toBe(exact);
          expect(typeof value).toBe(Number.isSafeInteger(Number(exact)) ? 'number' : 'bigint');
          expect(Object.is(value, -0)).toBe(false);
          expect(written((out, pos) => writeInt64Text(out, pos, value))).toBe(String(exact));
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('change from number to bigint at the edge of the safe range', () => {
    expect(int64FromWords(0x1fffff, -1)).toBe(Number.MAX_SAFE_INTEGER);
    expect(int64FromWords(0x200000, 0)).toBe(2n ** 53n);
    expect(int64FromWords(-0x200000, 1)).toBe(Number.MIN_SAFE_INTEGER);
    expect(int64FromWords(-0x200000, 0)).toBe(-(2n ** 53n));
    expect(uint64FromWords(-1, -1)).toBe(2n ** 64n - 1n);
  });

  it.each([
    '-9223372036854775808',
    '9223372036854775807',
    '18446744073709551615',
    '-1',
    '0',
    '1000000000000000000',
    '9223372036000000000',
  ])('writes %s from a bigint', (text) => {
    expect(written((out, pos) => writeInt64Text(out, pos, BigInt(text)))).toBe(text);
  });

  it('refuses what does not fit', () => {
    const out = new Uint8Array(20);
    expect(() => writeInt64Text(out, 0, 2n ** 64n)).toThrow(RangeError);
    expect(() => writeInt64Text(out, 0, -(2n ** 63n) - 1n)).toThrow(RangeError);
  });
});
