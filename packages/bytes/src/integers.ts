/**
 * Integers as decimal text, and 64-bit integers as two words, without strings and (where it matters) without BigInt.
 *
 * @module
 */

const ZERO = 0x30;
const MINUS = 0x2d;

/** 2^32: what one step of the upper word is worth. */
const WORD = 0x1_0000_0000;

/** Long numbers are written in groups of nine digits, the most that fit into 31 bits. */
const GROUP = 1_000_000_000;

/** A 64-bit integer: a `number` when it is a safe integer, otherwise a `bigint`. */
export type Int64 = number | bigint;

/**
 * Writes a safe integer as decimal text, for instance `-12`. Negative zero is written as `0`.
 *
 * @param out - Must have room for {@link decimalLength} bytes, which are 17 at most.
 * @returns The position after the last byte written.
 *
 * @example
 * ```ts
 * import { writeDecimal } from '@rdbkit/bytes';
 * const out = new Uint8Array(17);
 * console.log(new TextDecoder().decode(out.subarray(0, writeDecimal(out, 0, -1234)))); // -1234
 * ```
 */
export function writeDecimal(out: Uint8Array, pos: number, n: number): number {
  let value = n;
  if (value < 0) {
    out[pos++] = MINUS;
    value = -value;
  }
  // Most numbers in commands are short lengths and counts.
  if (value < 10) {
    out[pos] = ZERO + value;
    return pos + 1;
  }
  if (value < 100) {
    const tens = (value / 10) | 0;
    out[pos] = ZERO + tens;
    out[pos + 1] = ZERO + value - tens * 10;
    return pos + 2;
  }
  if (value >= GROUP) {
    const high = Math.floor(value / GROUP);
    return writeGroup(out, writeDecimal(out, pos, high), value - high * GROUP);
  }
  let rest = value | 0;
  const end = pos + digitsBelowGroup(rest);
  for (let i = end - 1; i >= pos; i--) {
    const quotient = (rest / 10) | 0;
    out[i] = ZERO + rest - quotient * 10;
    rest = quotient;
  }
  return end;
}

/**
 * Number of bytes that {@link writeDecimal} writes for a safe integer, with the sign.
 *
 * @example
 * ```ts
 * import { decimalLength } from '@rdbkit/bytes';
 * console.log(decimalLength(0), decimalLength(-100)); // 1 4
 * ```
 */
export function decimalLength(n: number): number {
  const sign = n < 0 ? 1 : 0;
  const value = n < 0 ? -n : n;
  if (value < GROUP) return sign + digitsBelowGroup(value);
  return sign + 9 + digitsBelowGroup(Math.floor(value / GROUP));
}

/** Digits of a number from 0 to 999,999,999. */
function digitsBelowGroup(n: number): number {
  if (n < 100_000) {
    if (n < 100) return n < 10 ? 1 : 2;
    return n < 1000 ? 3 : n < 10_000 ? 4 : 5;
  }
  if (n < 10_000_000) return n < 1_000_000 ? 6 : 7;
  return n < 100_000_000 ? 8 : 9;
}

/** Writes a number below 10^9 with leading zeros, as nine digits. */
function writeGroup(out: Uint8Array, pos: number, n: number): number {
  let rest = n | 0;
  for (let i = pos + 8; i >= pos; i--) {
    const quotient = (rest / 10) | 0;
    out[i] = ZERO + rest - quotient * 10;
    rest = quotient;
  }
  return pos + 9;
}

/**
 * Writes a signed 64-bit integer, given as two words, as decimal text.
 *
 * @param out - Must have room for 20 bytes.
 * @param hi - Upper 32 bits, signed or unsigned.
 * @param lo - Lower 32 bits, signed or unsigned.
 * @returns The position after the last byte written.
 *
 * @example
 * ```ts
 * import { writeDecimal64 } from '@rdbkit/bytes';
 * const out = new Uint8Array(20);
 * console.log(new TextDecoder().decode(out.subarray(0, writeDecimal64(out, 0, -1, -2)))); // -2
 * ```
 */
export function writeDecimal64(out: Uint8Array, pos: number, hi: number, lo: number): number {
  if ((hi | 0) >= 0) return writeUnsignedDecimal64(out, pos, hi, lo);
  out[pos] = MINUS;
  // Two's complement: invert, add one, carry into the upper word when the lower becomes 0.
  return writeUnsignedDecimal64(out, pos + 1, (lo | 0) === 0 ? -hi : ~hi, -lo);
}

/**
 * Writes an unsigned 64-bit integer, given as two words, as decimal text.
 *
 * @param out - Must have room for 20 bytes.
 * @param hi - Upper 32 bits, signed or unsigned.
 * @param lo - Lower 32 bits, signed or unsigned.
 * @returns The position after the last byte written.
 *
 * @example
 * ```ts
 * import { writeUnsignedDecimal64 } from '@rdbkit/bytes';
 * const out = new Uint8Array(20);
 * const end = writeUnsignedDecimal64(out, 0, -1, -1);
 * console.log(new TextDecoder().decode(out.subarray(0, end))); // 18446744073709551615
 * ```
 */
export function writeUnsignedDecimal64(out: Uint8Array, pos: number, hi: number, lo: number): number {
  const high = hi >>> 0;
  const low = lo >>> 0;
  if (high < 0x20_0000) return writeDecimal(out, pos, high * WORD + low);
  // Long division by 10^9 in steps of 16 bits: each dividend stays below 2^46, so the division of doubles is exact
  // once rounded down.
  let quotient = Math.floor(high / GROUP);
  let dividend = (high - quotient * GROUP) * 0x1_0000 + (low >>> 16);
  let digit = Math.floor(dividend / GROUP);
  quotient = quotient * 0x1_0000 + digit;
  dividend = (dividend - digit * GROUP) * 0x1_0000 + (low & 0xffff);
  digit = Math.floor(dividend / GROUP);
  quotient = quotient * 0x1_0000 + digit;
  return writeGroup(out, writeDecimal(out, pos, quotient), dividend - digit * GROUP);
}

/**
 * The signed 64-bit integer with these words.
 *
 * @param hi - Upper 32 bits, signed or unsigned.
 * @param lo - Lower 32 bits, signed or unsigned.
 *
 * @example
 * ```ts
 * import { int64FromWords } from '@rdbkit/bytes';
 * console.log(int64FromWords(-1, -5), int64FromWords(0x7fffffff, -1)); // -5 9223372036854775807n
 * ```
 */
export function int64FromWords(hi: number, lo: number): Int64 {
  // Rounded when it is not safe, but never so far that it looks safe.
  const value = (hi | 0) * WORD + (lo >>> 0);
  if (Number.isSafeInteger(value)) return value;
  return (BigInt(hi | 0) << 32n) | BigInt(lo >>> 0);
}

/**
 * The unsigned 64-bit integer with these words.
 *
 * @param hi - Upper 32 bits, signed or unsigned.
 * @param lo - Lower 32 bits, signed or unsigned.
 *
 * @example
 * ```ts
 * import { uint64FromWords } from '@rdbkit/bytes';
 * console.log(uint64FromWords(1, 0), uint64FromWords(-1, -1)); // 4294967296 18446744073709551615n
 * ```
 */
export function uint64FromWords(hi: number, lo: number): Int64 {
  const value = (hi >>> 0) * WORD + (lo >>> 0);
  if (Number.isSafeInteger(value)) return value;
  return (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
}

/**
 * Reads `bytes[start, end)` as the canonical decimal text of a safe integer: what {@link writeDecimal} writes, so no
 * `+`, no leading zeros, no `-0`, no spaces.
 *
 * @returns `undefined` for any other text, the empty one among them.
 *
 * @example
 * ```ts
 * import { parseDecimal } from '@rdbkit/bytes';
 * const text = new TextEncoder().encode('id:-42');
 * console.log(parseDecimal(text, 3, 6), parseDecimal(text, 0, 6)); // -42 undefined
 * ```
 */
export function parseDecimal(bytes: Uint8Array, start: number, end: number): number | undefined {
  const negative = start < end && bytes[start] === MINUS;
  let i = negative ? start + 1 : start;
  // The largest safe integer has 16 digits.
  if (i >= end || end - i > 16) return undefined;
  if (bytes[i] === ZERO) return end - i === 1 && !negative ? 0 : undefined;
  let value = 0;
  for (; i < end; i++) {
    const digit = bytes[i] - ZERO;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  // Of a number that is too big the last digit may have been rounded away, but not its being too big.
  if (value > Number.MAX_SAFE_INTEGER) return undefined;
  return negative ? -value : value;
}

/**
 * Writes an {@link Int64} as decimal text.
 *
 * @param out - Must have room for 20 bytes.
 * @param value - From −2^63 to 2^64 − 1; a `number` must be a safe integer.
 * @returns The position after the last byte written.
 * @throws RangeError when a `bigint` lies outside that range.
 *
 * @example
 * ```ts
 * import { writeInt64Text } from '@rdbkit/bytes';
 * const out = new Uint8Array(20);
 * console.log(new TextDecoder().decode(out.subarray(0, writeInt64Text(out, 0, -(2n ** 63n))))); // -9223372036854775808
 * ```
 */
export function writeInt64Text(out: Uint8Array, pos: number, value: Int64): number {
  if (typeof value === 'number') return writeDecimal(out, pos, value);
  if (value < -0x8000_0000_0000_0000n || value > 0xffff_ffff_ffff_ffffn) {
    throw new RangeError(`${value} does not fit into 64 bits`);
  }
  const hi = Number(BigInt.asUintN(32, value >> 32n));
  const lo = Number(BigInt.asUintN(32, value));
  return value < 0n ? writeDecimal64(out, pos, hi, lo) : writeUnsignedDecimal64(out, pos, hi, lo);
}
