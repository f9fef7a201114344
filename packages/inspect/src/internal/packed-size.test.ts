import { listpack, ziplist } from '@rdbkit/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasLongEntry } from './long-entries.ts';
import { integerIn, PackedSize } from './packed-size.ts';

const INTEGERS = [
  0,
  12,
  13,
  127,
  128,
  -1,
  -128,
  -129,
  4095,
  4096,
  -4096,
  -4097,
  32_767,
  32_768,
  -32_769,
  8_388_607,
  8_388_608,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31),
  -(2 ** 31) - 1,
];
const text = fc.oneof(
  fc.string({ maxLength: 70 }),
  fc.constantFrom(
    ...INTEGERS.map(String),
    '007',
    '-0',
    '9223372036854775807',
    '9223372036854775808',
    '-9223372036854775808',
    '',
    '-',
  ),
  fc.integer({ min: 60, max: 5000 }).map((length) => 'x'.repeat(length)),
);

function sizeOf(entries: readonly string[], isListpack: boolean): number {
  const size = new PackedSize(isListpack);
  for (const entry of entries) {
    const bytes = Buffer.from(`>${entry}<`);
    size.addString(bytes, 1, bytes.length - 1);
  }
  return size.bytes;
}

/** What a builder packs as a number. */
function packable(entry: string): string | bigint {
  return /^(?:0|-?[1-9]\d*)$/.test(entry) && BigInt.asIntN(64, BigInt(entry)) === BigInt(entry) ? BigInt(entry) : entry;
}

describe('sizes of packed entries', () => {
  it('in a listpack', () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 20 }), (entries) => {
        expect(sizeOf(entries, true)).toBe(listpack(entries.map(packable)).length);
      }),
    );
  });

  it('in a ziplist', () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 20 }), (entries) => {
        expect(sizeOf(entries, false)).toBe(ziplist(entries.map(packable)).length);
      }),
    );
  });
});

it.each([
  ['12', 12],
  ['-12', -12],
  ['0', 0],
  ['-0', undefined],
  ['012', undefined],
  ['+1', undefined],
  ['', undefined],
  ['9223372036854775807', 2 ** 63],
  ['9223372036854775808', undefined],
  ['-9223372036854775808', -(2 ** 63)],
  ['-9223372036854775809', undefined],
  ['12345678901234567890', undefined],
  ['123456789012345678x', undefined],
])('%s is the number %s', (entry, value) => {
  const bytes = Buffer.from(entry);
  expect(integerIn(bytes, 0, bytes.length)).toBe(value);
});

it('finds out whether a listpack has a long entry', () => {
  fc.assert(
    fc.property(fc.array(text, { maxLength: 20 }), fc.integer({ min: 63, max: 4095 }), (entries, limit) => {
      const blob = listpack(entries.map(packable));
      const bytes = Buffer.concat([Buffer.from('..'), blob]);
      const isLong = entries.some((entry) => Buffer.byteLength(entry) > limit);
      expect(hasLongEntry(bytes, 2, bytes.length, limit)).toBe(isLong);
    }),
  );
});
