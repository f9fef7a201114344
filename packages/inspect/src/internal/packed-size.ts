/** Sizes that entries have in packed blobs, for values that a server packs by itself or packs in another way than the dump has them. */
import { parseDecimal } from '@rdbkit/bytes';

/** Frame of a blob: header and end mark. */
const LISTPACK_FRAME = 7;
const ZIPLIST_FRAME = 11;
export const INTSET_FRAME = 8;

/** The bytes an intset needs for a member. */
export function widthOf(value: number): 2 | 4 | 8 {
  if (value >= -0x8000 && value <= 0x7fff) return 2;
  return value >= -0x80000000 && value <= 0x7fffffff ? 4 : 8;
}

/**
 * The 64-bit integer that a string is the canonical text of, or `undefined`. Beyond 2^53 it is near enough to tell how many
 * bytes it takes.
 */
export function integerIn(bytes: Uint8Array, start: number, end: number): number | undefined {
  const length = end - start;
  if (length === 0 || length > LONGEST_INTEGER) return undefined;
  const first = bytes[start] ?? 0;
  // A digit or a minus sign: most strings are out by now.
  if (first > NINE || (first < ZERO && first !== MINUS)) return undefined;
  return length <= LONGEST_SAFE ? parseDecimal(bytes, start, end) : longInteger(bytes, start, end);
}

const LONGEST_INTEGER = 20;
/** Numbers of so many characters are always safe. */
const LONGEST_SAFE = 15;
const ZERO = 0x30;
const ONE = 0x31;
const NINE = 0x39;
const MINUS = 0x2d;
const INT64_DIGITS = 19;
const INT64_MAX = '9223372036854775807';
const INT64_MIN = '9223372036854775808';

function longInteger(bytes: Uint8Array, start: number, end: number): number | undefined {
  const isNegative = bytes[start] === MINUS;
  const from = isNegative ? start + 1 : start;
  let text = '';
  for (let i = from; i < end; i++) {
    const digit = bytes[i] ?? 0;
    if (digit > NINE || digit < (i === from ? ONE : ZERO)) return undefined;
    text += String.fromCharCode(digit);
  }
  if (text.length > INT64_DIGITS) return undefined;
  if (text.length === INT64_DIGITS && text > (isNegative ? INT64_MIN : INT64_MAX)) return undefined;
  return isNegative ? -Number(text) : Number(text);
}

/** Bytes of an entry of a listpack, its back-length included. */
function listpackEntrySize(bytes: Uint8Array, start: number, end: number): number {
  const value = integerIn(bytes, start, end);
  return value === undefined ? listpackStringSize(end - start) : listpackIntegerSize(value);
}

/** The same for a number. */
function listpackIntegerSize(value: number): number {
  if (value >= 0 && value <= 127) return 2;
  if (value >= -4096 && value <= 4095) return 3;
  if (value >= -0x8000 && value <= 0x7fff) return 4;
  if (value >= -0x800000 && value <= 0x7fffff) return 5;
  return value >= -0x80000000 && value <= 0x7fffffff ? 6 : 10;
}

/** The same for a string of so many bytes that is no number. */
function listpackStringSize(length: number): number {
  const size = length + (length < 64 ? 1 : length < 4096 ? 2 : 5);
  return size + (size <= 127 ? 1 : size <= 16383 ? 2 : size <= 2097151 ? 3 : size <= 268435455 ? 4 : 5);
}

/** Bytes of an entry of a ziplist without what it says of the entry before it. */
function ziplistEntrySize(bytes: Uint8Array, start: number, end: number): number {
  const value = integerIn(bytes, start, end);
  return value === undefined ? ziplistStringSize(end - start) : ziplistIntegerSize(value);
}

/** The same for a number. */
function ziplistIntegerSize(value: number): number {
  if (value >= 0 && value <= 12) return 1;
  if (value >= -128 && value <= 127) return 2;
  if (value >= -0x8000 && value <= 0x7fff) return 3;
  if (value >= -0x800000 && value <= 0x7fffff) return 4;
  return value >= -0x80000000 && value <= 0x7fffffff ? 5 : 9;
}

/** The same for a string of so many bytes that is no number. */
function ziplistStringSize(length: number): number {
  return length + (length < 64 ? 1 : length < 16384 ? 2 : 5);
}

/** A row of entries in either form, as they are added. */
export class PackedSize {
  readonly isListpack: boolean;
  bytes = 0;
  entries = 0;
  /** Size of the entry added last: a ziplist repeats it in the next one. */
  private previous = 0;

  constructor(isListpack: boolean) {
    this.isListpack = isListpack;
    this.clear();
  }

  clear(): void {
    this.bytes = this.isListpack ? LISTPACK_FRAME : ZIPLIST_FRAME;
    this.entries = 0;
    this.previous = 0;
  }

  /** What the entry would add. */
  sizeOf(bytes: Uint8Array, start: number, end: number): number {
    return this.isListpack
      ? listpackEntrySize(bytes, start, end)
      : this.afterPrevious(ziplistEntrySize(bytes, start, end));
  }

  addString(bytes: Uint8Array, start: number, end: number): void {
    this.add(this.sizeOf(bytes, start, end));
  }

  addInteger(value: number): void {
    this.add(this.isListpack ? listpackIntegerSize(value) : this.afterPrevious(ziplistIntegerSize(value)));
  }

  /** Adds a string that is no number, of so many bytes. */
  addText(length: number): void {
    this.add(this.isListpack ? listpackStringSize(length) : this.afterPrevious(ziplistStringSize(length)));
  }

  private add(size: number): void {
    this.bytes += size;
    this.entries++;
    this.previous = size;
  }

  private afterPrevious(size: number): number {
    return size + (this.previous < 254 ? 1 : 5);
  }
}
