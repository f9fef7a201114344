/**
 * The window: a contiguous view of the part of the input that is being decoded.
 *
 * Input arrives in chunks of any size and is copied once to the end of one buffer; decoding advances `pos`; what lies
 * before `pos` (or before `mark`, when something is being retained) is given up when room is needed. One buffer for
 * the whole file keeps every read of the hot path a plain index into the same array: an item that spans two chunks
 * needs no case of its own, and callers get their chunk back as soon as it has been fed.
 *
 * The buffer grows only when it is full of bytes that really arrived, so a forged length in the input reserves nothing.
 *
 * @module
 */
import { Crc64 } from './crc64.ts';

const INITIAL_CAPACITY = 128 * 1024;

/** Options of a {@link Window}. */
export interface WindowOptions {
  /**
   * Keep a CRC-64 of everything that was consumed.
   * @default false
   */
  readonly checksum?: boolean;
}

/**
 * A contiguous window over a stream of bytes.
 *
 * The fields are public because the decoders' hot paths read them directly. Invariants:
 * `0 ≤ mark ≤ pos ≤ end ≤ filled ≤ bytes.length` (with `mark` −1 when nothing is retained); `base + i` is the absolute input
 * offset of `bytes[i]`; the checksum covers everything before `bytes[summed]`.
 *
 * @example
 * ```ts
 * import { Window } from '@rdbkit/bytes';
 * const window = new Window();
 * window.feed(Uint8Array.of(1, 2, 3), 0, 3);
 * window.pos += 2;
 * console.log(window.offset, window.available); // 2 1
 * ```
 */
export class Window {
  bytes: Uint8Array;
  view: DataView;
  pos = 0;
  /** End of what may be read now. */
  end = 0;
  /** End of what was fed: beyond `end` only while something is held back. */
  private filled = 0;
  /** Absolute offset of `bytes[0]`. */
  base = 0;
  /** First byte that must stay although it was consumed, or −1. */
  mark = -1;
  /** When the buffer outgrows 4 MiB it gets this capacity at once, in bytes; 0 for none. */
  straightTo = 0;
  /** No more input will come. */
  ended = false;
  readonly crc: Crc64 = new Crc64();
  private summed = 0;
  private readonly checksum: boolean;
  /** False while the buffer is the caller's own array, which must not be written to. */
  private owned = true;

  constructor(options: WindowOptions = {}) {
    this.checksum = options.checksum ?? false;
    this.bytes = EMPTY;
    this.view = EMPTY_VIEW;
  }

  /**
   * Makes the window look at input that is in memory as a whole, `bytes[start, end)`, without copying it. Offsets count from `start`.
   * The array stays the caller's and must not change while the window is in use.
   */
  over(bytes: Uint8Array, start: number = 0, end: number = bytes.length): void {
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    this.pos = start;
    this.end = end;
    this.filled = end;
    // Not `-start`: a negative zero is no small integer to the engine.
    this.base = 0 - start;
    this.mark = -1;
    this.summed = start;
    this.crc.reset();
    this.ended = true;
    this.owned = false;
  }

  /** Absolute offset of the next byte to be read. */
  get offset(): number {
    return this.base + this.pos;
  }

  /** Number of bytes that can be read without more input. */
  get available(): number {
    return this.end - this.pos;
  }

  /**
   * Copies `chunk[start, end)` to the end of the window, making room by dropping what was consumed and, when that is
   * not enough, by growing. The chunk may be reused as soon as this returns.
   */
  feed(chunk: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (this.bytes.length - this.filled < length || !this.owned) this.makeRoom(length);
    const isHolding = this.filled > this.end;
    this.bytes.set(start === 0 && end === chunk.length ? chunk : chunk.subarray(start, end), this.filled);
    this.filled += length;
    if (!isHolding) this.end = this.filled;
  }

  /** Bytes that were fed but are held back. */
  get heldBack(): number {
    return this.filled - this.end;
  }

  /**
   * Holds back everything that has not been consumed: it is read again bit by bit, as it is {@link Window.reveal}ed. What
   * is fed before that is done queues behind it.
   */
  hold(): void {
    this.end = this.pos;
  }

  /** Shows up to `count` of the bytes that are held back. */
  reveal(count: number): void {
    this.end = Math.min(this.filled, this.end + count);
  }

  /** Brings the checksum up to the byte at `pos`. */
  sumToPosition(): void {
    if (this.checksum && this.pos > this.summed) {
      this.crc.update(this.bytes, this.summed, this.pos);
      this.summed = this.pos;
    }
  }

  /** Moves what is still needed to the front; grows, by doubling, when `length` more bytes do not fit then. */
  private makeRoom(length: number): void {
    // Bytes that are marked may be read again, and are summed only once they have been passed for good.
    const keep = this.mark < 0 ? this.pos : this.mark;
    if (this.checksum && keep > this.summed) {
      this.crc.update(this.bytes, this.summed, keep);
      this.summed = keep;
    }
    const kept = this.filled - keep;
    const needed = kept + length;
    if (needed > this.bytes.length || !this.owned) {
      let capacity = Math.max(this.bytes.length, INITIAL_CAPACITY);
      while (capacity < needed) capacity *= 2;
      // Memory that is allocated but not written to costs nothing, copies that are left behind do.
      if (capacity > STRAIGHT_ABOVE && needed <= this.straightTo) capacity = Math.max(capacity, this.straightTo);
      this.replace(capacity, keep);
    } else if (this.bytes.length > SHRINK_ABOVE && needed * 8 < this.bytes.length) {
      // A value that needed a big buffer is behind us: give the memory back.
      this.replace(Math.max(INITIAL_CAPACITY, needed * 2), keep);
    } else {
      this.bytes.copyWithin(0, keep, this.filled);
    }
    this.base += keep;
    this.pos -= keep;
    this.summed -= keep;
    if (this.mark >= 0) this.mark = 0;
    this.end -= keep;
    this.filled = kept;
  }

  private replace(capacity: number, keep: number): void {
    const grown = new Uint8Array(capacity);
    grown.set(this.bytes.subarray(keep, this.filled));
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
    this.owned = true;
  }
}

const SHRINK_ABOVE = 4 * 1024 * 1024;
const STRAIGHT_ABOVE = 4 * 1024 * 1024;
const EMPTY = new Uint8Array(0);
const EMPTY_VIEW = new DataView(EMPTY.buffer);
