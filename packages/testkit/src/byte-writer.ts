/**
 * Bytes put together by hand: the ground of the crafted files that tests feed to the reader.
 *
 * Written for exactness, not for speed, and on purpose without any code of the packages under test.
 *
 * @module
 */
import { lzfCompress } from './lzf.ts';

/** Text is taken as UTF-8. */
export type Bytes = string | Uint8Array;

/** The four widths of a length in an RDB file, in bits of the value. */
export type LengthForm = 6 | 14 | 32 | 64;

const encoder = new TextEncoder();

/** The bytes of `value`. */
export function toBytes(value: Bytes): Uint8Array {
  return typeof value === 'string' ? encoder.encode(value) : value;
}

/** All parts, one after the other. */
export function concatBytes(...parts: readonly Bytes[]): Uint8Array {
  const arrays = parts.map(toBytes);
  const out = new Uint8Array(arrays.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of arrays) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Bytes written as hexadecimal digits; blanks are ignored. */
export function fromHex(text: string): Uint8Array {
  const digits = text.replace(/\s+/g, '');
  if (digits.length % 2 !== 0 || /[^0-9a-f]/i.test(digits)) throw new TypeError(`not hexadecimal: ${text}`);
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16));
}

/** A string whose stored form, length included, was chosen by the test. */
export class EncodedString {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** A string in an RDB file: plain bytes get the shortest length form, anything else comes ready-made. */
export type RdbString = Bytes | EncodedString;

/** A growing run of bytes with the number formats of RDB files. Every method returns the writer. */
export class ByteWriter {
  private buffer: Uint8Array = new Uint8Array(256);
  private view: DataView = new DataView(this.buffer.buffer);
  /** Number of bytes written so far. */
  length = 0;

  private reserve(count: number): number {
    const at = this.length;
    const needed = at + count;
    if (needed > this.buffer.length) {
      const grown = new Uint8Array(Math.max(needed, this.buffer.length * 2));
      grown.set(this.buffer.subarray(0, at));
      this.buffer = grown;
      this.view = new DataView(grown.buffer);
    }
    this.length = needed;
    return at;
  }

  /** A copy of what has been written. */
  toBytes(): Uint8Array {
    return this.buffer.slice(0, this.length);
  }

  u8(value: number): this {
    const at = this.reserve(1);
    this.view.setUint8(at, value);
    return this;
  }

  u16(value: number): this {
    const at = this.reserve(2);
    this.view.setUint16(at, value, true);
    return this;
  }

  u24(value: number): this {
    return this.u16(value & 0xffff).u8((value >> 16) & 0xff);
  }

  u32(value: number): this {
    const at = this.reserve(4);
    this.view.setUint32(at, value, true);
    return this;
  }

  u32be(value: number): this {
    const at = this.reserve(4);
    this.view.setUint32(at, value, false);
    return this;
  }

  /** 64 bits, little-endian; a negative number becomes its two's complement. */
  u64(value: number | bigint): this {
    const at = this.reserve(8);
    this.view.setBigUint64(at, BigInt.asUintN(64, BigInt(value)), true);
    return this;
  }

  /** 64 bits, big-endian. */
  u64be(value: number | bigint): this {
    const at = this.reserve(8);
    this.view.setBigUint64(at, BigInt.asUintN(64, BigInt(value)), false);
    return this;
  }

  f32(value: number): this {
    const at = this.reserve(4);
    this.view.setFloat32(at, value, true);
    return this;
  }

  f64(value: number): this {
    const at = this.reserve(8);
    this.view.setFloat64(at, value, true);
    return this;
  }

  raw(value: Bytes): this {
    const bytes = toBytes(value);
    const at = this.reserve(bytes.length);
    this.buffer.set(bytes, at);
    return this;
  }

  /**
   * A length, in the shortest form or the one asked for. `-1` is written as 2^64−1, which stands for “unknown” in the
   * few places that allow it.
   */
  len(value: number | bigint, form?: LengthForm): this {
    const wide = BigInt.asUintN(64, BigInt(value));
    switch (form ?? shortestForm(wide)) {
      case 6:
        return this.u8(Number(wide & 0x3fn));
      case 14:
        return this.u8(0x40 | Number((wide >> 8n) & 0x3fn)).u8(Number(wide & 0xffn));
      case 32:
        return this.u8(0x80).u32be(Number(wide & 0xffff_ffffn));
      case 64:
        return this.u8(0x81).u64be(wide);
    }
  }

  /** A string in its RDB form. */
  str(value: RdbString): this {
    if (value instanceof EncodedString) return this.raw(value.bytes);
    const bytes = toBytes(value);
    return this.len(bytes.length).raw(bytes);
  }
}

function shortestForm(value: bigint): LengthForm {
  if (value < 64n) return 6;
  if (value < 16384n) return 14;
  return value <= 0xffff_ffffn ? 32 : 64;
}

/** A string with its length in the given form, whether or not that is the shortest. */
export function stringWithLength(value: Bytes, form: LengthForm): EncodedString {
  const bytes = toBytes(value);
  return new EncodedString(new ByteWriter().len(bytes.length, form).raw(bytes).toBytes());
}

/** An integer stored as such, in 8, 16 or 32 bits. */
export function intString(value: number, bits: 8 | 16 | 32): EncodedString {
  const out = new ByteWriter();
  if (bits === 8) out.u8(0xc0).u8(value & 0xff);
  else if (bits === 16) out.u8(0xc1).u16(value & 0xffff);
  else out.u8(0xc2).u32(value >>> 0);
  return new EncodedString(out.toBytes());
}

/** A compressed string, whether or not that makes it shorter. */
export function lzfString(value: Bytes): EncodedString {
  const bytes = toBytes(value);
  return lzfTokens(lzfCompress(bytes), bytes.length);
}

/** A compressed string from its token bytes and the length that it claims to have. */
export function lzfTokens(
  tokens: Uint8Array,
  length: number | bigint,
  compressedLength?: number | bigint,
): EncodedString {
  const out = new ByteWriter().u8(0xc3).len(compressedLength ?? tokens.length);
  return new EncodedString(out.len(length).raw(tokens).toBytes());
}

/** Any bytes in the place of a string: a forged length, a special encoding that does not exist. */
export function forgedString(bytes: Uint8Array): EncodedString {
  return new EncodedString(bytes);
}
