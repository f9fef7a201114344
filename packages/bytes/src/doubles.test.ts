import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_DOUBLE_TEXT_BYTES, parseDouble, writeDouble } from './doubles.ts';

function write(x: number): string {
  const out = new Uint8Array(MAX_DOUBLE_TEXT_BYTES + 8).fill(0xee);
  const end = writeDouble(out, 3, x);
  expect(end - 3).toBeLessThanOrEqual(MAX_DOUBLE_TEXT_BYTES);
  expect(out.every((byte, i) => (i >= 3 && i < end) || byte === 0xee)).toBe(true);
  return new TextDecoder().decode(out.subarray(3, end));
}

function parse(text: string): number | undefined {
  const bytes = new TextEncoder().encode(`9${text}9`);
  return parseDouble(bytes, 1, bytes.length - 1);
}

/** Doubles of every size, and the short decimals that people use as scores. */
const doubles = fc.oneof(
  fc.double(),
  fc.tuple(fc.maxSafeInteger(), fc.integer({ min: 0, max: 20 })).map(([n, k]) => n / 10 ** k),
  fc.tuple(fc.integer({ min: -999_999, max: 999_999 }), fc.integer({ min: 1, max: 8 })).map(([n, k]) => n / 10 ** k),
);

describe('writeDouble', () => {
  it.each([
    [0, '0'],
    [-0, '-0'],
    [-1, '-1'],
    [2 ** 53 - 1, '9007199254740991'],
    [2 ** 53, '9007199254740992'],
    [1e21, '1e+21'],
    [Infinity, 'inf'],
    [-Infinity, '-inf'],
    [Number.NaN, 'nan'],
    [0.1, '0.1'],
    [-0.001, '-0.001'],
    [0.30000000000000004, '0.30000000000000004'],
    [123456789.123456, '123456789.123456'],
    [1.05, '1.05'],
    [5e-324, '5e-324'],
    [-1.7976931348623157e308, '-1.7976931348623157e+308'],
    [-0.0000012345678901234567, '-0.0000012345678901234567'],
  ])('writes %d', (x, text) => {
    expect(write(x)).toBe(text);
  });

  it('writes the shortest text, the same as String', () => {
    fc.assert(
      fc.property(doubles, (x) => {
        if (!Number.isFinite(x) || Object.is(x, -0)) return;
        expect(write(x)).toBe(String(x));
      }),
      { numRuns: 5000 },
    );
  });

  it('is undone by parseDouble', () => {
    fc.assert(
      fc.property(doubles, (x) => {
        expect(parse(write(x))).toBe(x);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('parseDouble', () => {
  it.each([
    ['0', 0],
    ['-0', -0],
    ['-0.0e5', -0],
    ['007', 7],
    ['+5', 5],
    ['5.', 5],
    ['.5', 0.5],
    ['-.5E+1', -5],
    ['3.0000000000000000', 3],
    ['1e22', 1e22],
    ['1e23', 1e23],
    ['9007199254740993', 9007199254740992],
    ['9007199254740993e0', 9007199254740992],
    ['0.1', 0.1],
    ['17976931348623157e292', Number.MAX_VALUE],
    ['1e400', Infinity],
    ['-1e400', -Infinity],
    ['1e-400', 0],
    ['-1e-400', -0],
    ['0e99999999999999999999', 0],
    ['1e-99999999999999999999', 0],
    ['2.2250738585072011e-308', 2.225073858507201e-308],
    [`0.${'0'.repeat(400)}1e401`, 1],
    [`1${'0'.repeat(400)}e-400`, 1],
    ['inf', Infinity],
    ['+inf', Infinity],
    ['-INF', -Infinity],
    ['Infinity', Infinity],
    ['-iNfInItY', -Infinity],
    ['nan', Number.NaN],
    ['-NaN', Number.NaN],
  ])('reads %j', (text, x) => {
    expect(parse(text)).toBe(x);
  });

  it('refuses everything else', () => {
    const bad = [
      '',
      '+',
      '-',
      '.',
      '-.',
      'e5',
      '.e5',
      '1e',
      '1e+',
      '1e-',
      '1.5.2',
      '1,5',
      ' 1',
      '1 ',
      '1\0',
      '0x10',
      '0x1p3',
      '1_000',
      '--1',
      '+-1',
      'infi',
      'infinityx',
      'in',
      'nan(1)',
      'nano',
      '1inf',
      '1e5.5',
      '1e5e5',
      '\u0009nf',
      'iNFINITY0',
      'i\u000ef',
    ];
    for (const text of bad) expect([text, parse(text)]).toEqual([text, undefined]);
  });

  it('reads numbers as Number does', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 20 });
    const text = fc
      .tuple(
        fc.constantFrom('', '-', '+'),
        digits,
        fc.option(digits),
        fc.option(fc.tuple(fc.constantFrom('e', 'E', 'e-', 'e+'), fc.integer({ min: 0, max: 330 }))),
      )
      .map(
        ([sign, whole, fraction, power]) =>
          sign + whole + (fraction === null ? '' : `.${fraction}`) + (power === null ? '' : power.join('')),
      );
    fc.assert(
      fc.property(text, (t) => {
        const x = Number(t);
        expect(parse(t)).toBe(t === '' || Number.isNaN(x) ? undefined : x);
      }),
      { numRuns: 5000 },
    );
  });

  it('answers any bytes with a number or undefined, as Number does', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0019.eE+-infa '), maxLength: 10 }), (t) => {
        const x = parse(t);
        if (x === undefined || /[ina]/i.test(t)) return;
        expect(x).toBe(Number(t));
      }),
      { numRuns: 2000 },
    );
  });
});
