import {
  ByteWriter,
  backReference,
  concatBytes,
  EncodedString,
  fromHex,
  intString,
  type LengthForm,
  lzfString,
  lzfTokens,
  stringWithLength,
} from '@rdbkit/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RdbFormatError, RdbLimitError } from '../errors.ts';
import { RdbInput } from './input.ts';

const MIB = 1024 * 1024;

/** An input whose string starts at 3, with a guard on both sides. */
function inputOf(bytes: Uint8Array, maxStringBytes = 512 * MIB): RdbInput {
  const input = new RdbInput(false, maxStringBytes);
  input.over(concatBytes(fromHex('aaaaaa'), bytes));
  input.pos = 3;
  return input;
}

const bytesOf = (hex: string): Uint8Array => fromHex(hex);
const lengthOf = (value: number | bigint, form?: LengthForm): Uint8Array => new ByteWriter().len(value, form).toBytes();
const text = (input: RdbInput): string => String.fromCharCode(...input.sb.subarray(input.ss, input.se));

function stringOf(encoded: EncodedString, maxStringBytes?: number): string {
  const input = inputOf(encoded.bytes, maxStringBytes);
  expect(input.readString()).toBe(true);
  expect(input.pos).toBe(input.end);
  return text(input);
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof RdbFormatError || error instanceof RdbLimitError) return `${error.code} at ${error.offset}`;
    throw error;
  }
  return 'no error';
}

describe('lengths', () => {
  it.each([
    [6, 0],
    [6, 63],
    [14, 0],
    [14, 63],
    [14, 64],
    [14, 16383],
    [32, 0],
    [32, 63],
    [32, 16383],
    [32, 16384],
    [32, 2 ** 31 - 1],
    [32, 2 ** 31],
    [32, 2 ** 32 - 1],
    [64, 0],
    [64, 63],
    [64, 2 ** 32 - 1],
    [64, 2 ** 32],
    [64, 2 ** 53 - 1],
  ] as const)('of %i bits: %i', (form, value) => {
    const input = inputOf(lengthOf(value, form));
    expect(input.readLength()).toBe(value);
    expect(input.pos).toBe(input.end);
    const again = inputOf(lengthOf(value, form));
    expect(again.readLength64()).toBe(true);
    expect(again.hi * 2 ** 32 + again.lo).toBe(value);
    expect(again.pos).toBe(again.end);
  });

  it.each([2n ** 53n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n])('of 64 bits that cannot be true: %i', (value) => {
    expect(codeOf(() => inputOf(lengthOf(value, 64)).readLength())).toBe('RDB_BAD_LENGTH at 3');
    const input = inputOf(lengthOf(value, 64));
    expect(input.readLength64()).toBe(true);
    expect((BigInt(input.hi) << 32n) | BigInt(input.lo)).toBe(value);
  });

  it('as bytes', () => {
    expect(inputOf(bytesOf('42 8f')).readLength()).toBe(0x28f);
    expect(inputOf(bytesOf('80 01020304')).readLength()).toBe(0x01020304);
    expect(inputOf(bytesOf('81 0000000102030405')).readLength()).toBe(0x0102030405);
  });

  it('refuse every first byte from 0x82 to 0xbf', () => {
    for (let first = 0x82; first <= 0xbf; first++) {
      const bytes = new Uint8Array(10).fill(1);
      bytes[0] = first;
      expect(codeOf(() => inputOf(bytes).readLength())).toBe('RDB_BAD_LENGTH at 3');
      expect(codeOf(() => inputOf(bytes).readLength64())).toBe('RDB_BAD_LENGTH at 3');
      expect(codeOf(() => inputOf(bytes).readString())).toBe('RDB_BAD_LENGTH at 3');
      expect(codeOf(() => inputOf(bytes).skipString())).toBe('RDB_BAD_LENGTH at 3');
    }
  });

  it('refuse the special encodings of strings', () => {
    for (let first = 0xc0; first <= 0xff; first++) {
      const bytes = new Uint8Array(10).fill(1);
      bytes[0] = first;
      expect(codeOf(() => inputOf(bytes).readLength())).toBe('RDB_BAD_LENGTH at 3');
      expect(codeOf(() => inputOf(bytes).readLength64())).toBe('RDB_BAD_LENGTH at 3');
    }
  });

  it.each([
    [6, 5],
    [14, 5],
    [32, 5],
    [64, 5],
  ] as const)('of %i bits wait for their last byte', (form, value) => {
    const whole = lengthOf(value, form);
    for (let size = 0; size < whole.length; size++) {
      const input = inputOf(whole.slice(0, size));
      expect(input.readLength()).toBe(-1);
      expect(input.readLength64()).toBe(false);
      expect(input.pos).toBe(3);
    }
  });
});

describe('strings as they are', () => {
  it.each([
    [6, 0],
    [6, 63],
    [14, 0],
    [14, 64],
    [14, 16383],
    [32, 0],
    [32, 70000],
    [64, 0],
    [64, 5],
    [64, 70000],
  ] as const)('with a length of %i bits: %i bytes', (form, size) => {
    const bytes = Uint8Array.from({ length: size }, (_, i) => i);
    const input = inputOf(stringWithLength(bytes, form).bytes);
    expect(input.readString()).toBe(true);
    expect(Buffer.compare(input.sb.subarray(input.ss, input.se), bytes)).toBe(0);
    expect(input.pos).toBe(input.end);
    // A view of the input, no copy.
    expect(input.sb).toBe(input.bytes);
  });

  it('wait for their last byte, and can be passed over', () => {
    for (const form of [6, 14, 32, 64] as const) {
      const whole = stringWithLength('hello', form).bytes;
      for (let size = 0; size < whole.length; size++) {
        const input = inputOf(whole.slice(0, size));
        expect(input.readString()).toBe(false);
        expect(input.skipString()).toBe(false);
        expect(input.pos).toBe(3);
      }
      const input = inputOf(whole);
      expect(input.skipString()).toBe(true);
      expect(input.pos).toBe(input.end);
    }
  });
});

describe('integer strings', () => {
  it.each([
    [8, [-128, -1, 0, 1, 127]],
    [16, [-32768, -129, -1, 0, 128, 32767]],
    [32, [-(2 ** 31), -32769, -1, 0, 32768, 2 ** 31 - 1]],
  ] as const)('of %i bits', (bits, values) => {
    for (const value of values) expect(stringOf(intString(value, bits))).toBe(String(value));
  });

  it('are little-endian', () => {
    expect(stringOf(new EncodedString(bytesOf('c1 0201')))).toBe('258');
    expect(stringOf(new EncodedString(bytesOf('c2 04030201')))).toBe(String(0x01020304));
  });

  it('wait for their last byte, and can be passed over', () => {
    for (const bits of [8, 16, 32] as const) {
      const whole = intString(5, bits).bytes;
      for (let size = 0; size < whole.length; size++) {
        const input = inputOf(whole.slice(0, size));
        expect(input.readString()).toBe(false);
        expect(input.skipString()).toBe(false);
        expect(input.pos).toBe(3);
      }
      const input = inputOf(whole);
      expect(input.skipString()).toBe(true);
      expect(input.pos).toBe(input.end);
    }
  });

  it('that do not exist are refused', () => {
    for (let first = 0xc4; first <= 0xff; first++) {
      const bytes = new Uint8Array(10).fill(1);
      bytes[0] = first;
      expect(codeOf(() => inputOf(bytes).readString())).toBe('RDB_BAD_STRING at 3');
      expect(codeOf(() => inputOf(bytes).skipString())).toBe('RDB_BAD_STRING at 3');
      expect(codeOf(() => inputOf(bytes).readStringHead())).toBe('RDB_BAD_STRING at 3');
    }
  });
});

describe('compressed strings', () => {
  it('of the notes', () => {
    expect(stringOf(lzfTokens(bytesOf('0061e01400'), 30))).toBe('a'.repeat(30));
  });

  it.each([1, 2, 20, 264, 265, 8191, 8192, 8193, 100_000])('of %i bytes', (size) => {
    const bytes = Uint8Array.from({ length: size }, (_, i) => (i * i) >> 7);
    const input = inputOf(lzfString(bytes).bytes);
    expect(input.readString()).toBe(true);
    expect(Buffer.compare(input.sb.subarray(input.ss, input.se), bytes)).toBe(0);
  });

  it('with lengths in any form', () => {
    for (const form of [6, 14, 32, 64] as const) {
      const bytes = new ByteWriter().u8(0xc3).len(5, form).len(30, form).raw(bytesOf('0061e01400')).toBytes();
      expect(stringOf(new EncodedString(bytes))).toBe('a'.repeat(30));
    }
  });

  it('wait for their last byte, and can be passed over', () => {
    const whole = lzfString('abcabcabcabcabcabc'.repeat(10)).bytes;
    for (let size = 0; size < whole.length; size++) {
      const input = inputOf(whole.slice(0, size));
      expect(input.readString()).toBe(false);
      expect(input.skipString()).toBe(false);
      expect(input.pos).toBe(3);
    }
    const input = inputOf(whole);
    expect(input.skipString()).toBe(true);
    expect(input.pos).toBe(input.end);
  });

  it.each([
    ['no compressed bytes', lzfTokens(new Uint8Array(0), 5)],
    ['no output', lzfTokens(bytesOf('0061'), 0)],
    ['output that no tokens can give', lzfTokens(bytesOf('0061e01400'), 5 * 88 + 1)],
    ['output of 4 GiB', lzfTokens(bytesOf('0061e01400'), 2n ** 32n)],
    ['a token cut off', lzfTokens(bytesOf('0061e014'), 30)],
    ['a literal run cut off', lzfTokens(bytesOf('056162'), 6)],
    ['a reference before the start', lzfTokens(Uint8Array.of(0, 0x61, ...backReference(5, 2)), 6)],
    ['a reference without output', lzfTokens(Uint8Array.from(backReference(5, 1)), 5)],
    ['more output than announced', lzfTokens(bytesOf('0061e01400'), 29)],
    ['less output than announced', lzfTokens(bytesOf('0061e01400'), 31)],
  ])('%s', (_name, encoded) => {
    expect(codeOf(() => inputOf(encoded.bytes).readString())).toBe('RDB_BAD_LZF at 3');
  });

  it('have lengths where lengths are wanted', () => {
    expect(codeOf(() => inputOf(bytesOf('c3 c0 05')).readString())).toBe('RDB_BAD_LENGTH at 4');
    expect(codeOf(() => inputOf(bytesOf('c3 05 82')).readString())).toBe('RDB_BAD_LENGTH at 5');
  });

  it('give any bytes back', () => {
    const compressible = fc.array(
      fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 8 }), fc.integer({ min: 1, max: 40 })),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(compressible, (runs) => {
        const bytes = concatBytes(...runs.flatMap(([run, times]) => new Array<Uint8Array>(times).fill(run)));
        const input = inputOf(lzfString(bytes).bytes);
        expect(input.readString()).toBe(true);
        expect(Buffer.compare(input.sb.subarray(input.ss, input.se), bytes)).toBe(0);
      }),
    );
  });
});

describe('two strings after each other stay valid together', () => {
  const kinds: Record<string, (name: string) => EncodedString> = {
    plain: (name) => stringWithLength(name, 6),
    integer: (name) => intString(name.length, 16),
    compressed: (name) => lzfString(name.repeat(20)),
  };
  const expected: Record<string, (name: string) => string> = {
    plain: (name) => name,
    integer: (name) => String(name.length),
    compressed: (name) => name.repeat(20),
  };
  const pairs = Object.keys(kinds).flatMap((first) => Object.keys(kinds).map((second) => [first, second] as const));

  it.each(pairs)('%s and %s', (first, second) => {
    const input = inputOf(
      concatBytes(
        kinds[first]?.('field').bytes ?? '',
        kinds[second]?.('the value').bytes ?? '',
        kinds[first]?.('next').bytes ?? '',
      ),
    );
    input.readString();
    const { sb, ss, se } = input;
    input.readString();
    expect(String.fromCharCode(...sb.subarray(ss, se))).toBe(expected[first]?.('field'));
    expect(text(input)).toBe(expected[second]?.('the value'));
    input.readString();
    expect(text(input)).toBe(expected[first]?.('next'));
  });

  it('even when the second is much longer, and after the space was given back', () => {
    const small = lzfString('a'.repeat(100));
    const big = lzfString('b'.repeat(3 * MIB));
    const input = inputOf(concatBytes(small.bytes, big.bytes, small.bytes, big.bytes));
    for (let i = 0; i < 2; i++) {
      input.readString();
      const { sb, ss, se } = input;
      input.readString();
      expect(se - ss).toBe(100);
      expect(sb.subarray(ss, se).every((byte) => byte === 0x61)).toBe(true);
      expect(input.se - input.ss).toBe(3 * MIB);
      expect(input.sb.subarray(input.ss, input.se).every((byte) => byte === 0x62)).toBe(true);
      input.releaseScratch();
    }
  });
});

describe('the limit for strings', () => {
  it.each([
    ['6 bits', stringWithLength('x'.repeat(11), 6)],
    ['14 bits', stringWithLength('x'.repeat(11), 14)],
    ['32 bits', stringWithLength('x'.repeat(11), 32)],
    ['64 bits', stringWithLength('x'.repeat(11), 64)],
    ['LZF', lzfTokens(bytesOf('0061e01400'), 30)],
  ])('holds for %s, whether or not the bytes are there', (_name, encoded) => {
    for (const bytes of [encoded.bytes, encoded.bytes.slice(0, -3)]) {
      expect(codeOf(() => inputOf(bytes, 10).readString())).toBe('RDB_LIMIT at 3');
      expect(codeOf(() => inputOf(bytes, 10).skipString())).toBe('RDB_LIMIT at 3');
      expect(codeOf(() => inputOf(bytes, 10).readStringHead())).toBe('RDB_LIMIT at 3');
    }
  });

  it('lets through what is exactly as long', () => {
    for (const form of [6, 14, 32, 64] as const)
      expect(stringOf(stringWithLength('x'.repeat(10), form), 10)).toHaveLength(10);
    expect(stringOf(lzfTokens(bytesOf('0061e01400'), 30), 30)).toHaveLength(30);
  });

  it('is 512 MiB unless told otherwise', () => {
    expect(codeOf(() => inputOf(lengthOf(512 * MIB + 1)).readString())).toBe('RDB_LIMIT at 3');
    expect(inputOf(lengthOf(512 * MIB)).readString()).toBe(false);
    expect(codeOf(() => inputOf(lengthOf(2n ** 40n)).readString())).toBe('RDB_LIMIT at 3');
    expect(codeOf(() => inputOf(lengthOf(2n ** 63n)).readString())).toBe('RDB_BAD_LENGTH at 3');
  });
});

it('reads 64 bits in little-endian order', () => {
  const input = inputOf(bytesOf('01020304 05060708'));
  expect(input.readU64()).toBe(true);
  expect([input.hi, input.lo]).toEqual([0x08070605, 0x04030201]);
  const short = inputOf(bytesOf('01020304 050607'));
  expect(short.readU64()).toBe(false);
  expect(short.pos).toBe(3);
});
