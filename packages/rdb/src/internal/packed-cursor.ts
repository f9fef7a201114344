/**
 * Walking packed blobs. A cursor looks at `bytes[start, end)`, checks each entry before it is believed, and leaves what
 * it found in its fields; nothing is allocated per entry.
 */
import { parseDouble, writeDecimal, writeDecimal64 } from '@rdbkit/bytes';

/** A blob breaks a rule. `pos` is an index into the array that holds the blob; the reader turns it into an absolute offset. */
export class PackedFault extends Error {
  readonly code: string;
  readonly pos: number;

  constructor(code: string, message: string, pos: number) {
    super(message);
    this.code = code;
    this.pos = pos;
  }
}

const INTEGER_TEXT = 24;

export abstract class PackedCursor {
  bytes: Uint8Array = EMPTY;
  pos = 0;
  /** First byte after the blob. */
  end = 0;
  /** Entries that `next` has passed. */
  passed = 0;
  /** Number of entries by the header, or −1 when it does not tell. */
  count = 0;

  /** Whether the entry is an integer; otherwise it is the string `tb[ts, te)`. */
  isInteger = false;
  /** The integer; exact unless `isWide`. */
  integer = 0;
  /** The integer is beyond 2^53 and stands in `hi` and `lo`. */
  isWide = false;
  hi = 0;
  lo = 0;

  /** The entry as bytes; for an integer only after {@link text}. */
  tb: Uint8Array = EMPTY;
  ts = 0;
  te = 0;

  private readonly integers = new Uint8Array(2 * INTEGER_TEXT);
  private turn = 0;

  /** Starts on a blob; checks its header. */
  abstract open(bytes: Uint8Array, start: number, end: number): void;

  /** Goes to the next entry; `false` at the end mark, after checking that the blob ends there as its header says. */
  abstract next(): boolean;

  /** Gives an integer entry its decimal text in `tb`, `ts`, `te`, valid until the integer after the next one. */
  text(): void {
    if (!this.isInteger) return;
    this.turn = INTEGER_TEXT - this.turn;
    this.tb = this.integers;
    this.ts = this.turn;
    this.te = this.isWide
      ? writeDecimal64(this.integers, this.turn, this.hi, this.lo)
      : writeDecimal(this.integers, this.turn, this.integer);
  }

  /** The entry as a score. */
  score(code: string): number {
    if (this.isInteger) return this.isWide ? (this.hi | 0) * 0x100000000 + this.lo : this.integer;
    const score = parseDouble(this.tb, this.ts, this.te);
    if (score === undefined || Number.isNaN(score)) throw new PackedFault(code, 'a score is not a number', this.ts);
    return score;
  }

  protected setInteger(value: number): void {
    this.isInteger = true;
    this.isWide = false;
    this.integer = value;
  }

  protected setInteger64(lo: number, hi: number): void {
    this.isInteger = true;
    const value = (hi | 0) * 0x100000000 + (lo >>> 0);
    this.isWide = !Number.isSafeInteger(value);
    this.integer = value;
    this.hi = hi >>> 0;
    this.lo = lo >>> 0;
  }

  protected setString(start: number, end: number): void {
    this.isInteger = false;
    this.tb = this.bytes;
    this.ts = start;
    this.te = end;
  }
}

const EMPTY = new Uint8Array(0);

export function u16(bytes: Uint8Array, pos: number): number {
  return bytes[pos] | (bytes[pos + 1] << 8);
}

export function u32(bytes: Uint8Array, pos: number): number {
  return (bytes[pos] | (bytes[pos + 1] << 8) | (bytes[pos + 2] << 16) | (bytes[pos + 3] << 24)) >>> 0;
}

export function i32(bytes: Uint8Array, pos: number): number {
  return bytes[pos] | (bytes[pos + 1] << 8) | (bytes[pos + 2] << 16) | (bytes[pos + 3] << 24);
}

export function i24(bytes: Uint8Array, pos: number): number {
  return ((bytes[pos] << 8) | (bytes[pos + 1] << 16) | (bytes[pos + 2] << 24)) >> 8;
}

export function i16(bytes: Uint8Array, pos: number): number {
  return ((bytes[pos] << 16) | (bytes[pos + 1] << 24)) >> 16;
}

export function i8(bytes: Uint8Array, pos: number): number {
  return (bytes[pos] << 24) >> 24;
}
