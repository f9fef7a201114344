/**
 * The input of the grammar: a window with the primitives of the format.
 *
 * A primitive either completes, or leaves the position untouched and says so (`false`, or −1 for a length). Rules are
 * generators that simply try again after more input came: `while (!input.readString()) yield;`. On the hit path no
 * generator, closure or object is made. Results that do not fit a return value are left in fields ("registers").
 */
import { decompressLzf, lzfFaultText, MAX_LZF_EXPANSION, Window, writeDecimal } from '@rdbkit/bytes';
import { RdbFormatError, RdbLimitError } from '../errors.ts';
import { MAX_SIZED_BYTES } from '../visitor.ts';

/** Room for the text of one integer. */
const INTEGER_TEXT = 24;
/** Scratch space above this is given back at the end of a key. */
const KEEP_SCRATCH = 1024 * 1024;
/** Digits of a number that `readTextInteger` takes. */
const MAX_INTEGER_TEXT = 20;
const INITIAL_SCRATCH = 16 * 1024;

export class RdbInput extends Window {
  /** The last string: `sb[ss, se)`. The one before it stays valid too, unless the rule was suspended in between. */
  sb: Uint8Array = EMPTY;
  ss = 0;
  se = 0;
  /** The last 64-bit number, as two unsigned words. */
  hi = 0;
  lo = 0;
  /** Absolute offset of the last string's head; tells where a packed blob that was compressed came from. */
  stringOffset = 0;

  private readonly maxStringBytes: number;
  private readonly integers = new Uint8Array(2 * INTEGER_TEXT);
  private integerTurn = 0;
  // Two, in turns, so that a field and its value can be decompressed and handed over together.
  private scratch: Uint8Array = EMPTY;
  private otherScratch: Uint8Array = EMPTY;
  private scratchView: DataView = new DataView(EMPTY.buffer);
  private otherScratchView: DataView = this.scratchView;

  constructor(checksum: boolean, maxStringBytes: number) {
    super({ checksum });
    this.maxStringBytes = maxStringBytes;
  }

  /** Reads a length that must be a plain number of at most 2^53 − 1; −1 on a miss. */
  readLength(): number {
    const { bytes, pos, end } = this;
    if (pos >= end) return -1;
    const first = bytes[pos];
    if (first < 0x40) {
      this.pos = pos + 1;
      return first;
    }
    if (first < 0x80) {
      if (end - pos < 2) return -1;
      this.pos = pos + 2;
      return ((first & 0x3f) << 8) | bytes[pos + 1];
    }
    if (!this.readLength64()) return -1;
    if (this.hi > 0x1fffff)
      throw this.bad(
        'RDB_BAD_LENGTH',
        `a length of ${(BigInt(this.hi) << 32n) + BigInt(this.lo)} cannot be true`,
        this.base + pos,
      );
    return this.hi * 0x100000000 + this.lo;
  }

  /** Reads a length of the full 64 bits into `hi` and `lo`. */
  readLength64(): boolean {
    const { bytes, pos, end } = this;
    if (pos >= end) return false;
    const first = bytes[pos];
    if (first < 0x40) {
      this.hi = 0;
      this.lo = first;
      this.pos = pos + 1;
      return true;
    }
    if (first < 0x80) {
      if (end - pos < 2) return false;
      this.hi = 0;
      this.lo = ((first & 0x3f) << 8) | bytes[pos + 1];
      this.pos = pos + 2;
      return true;
    }
    if (first === 0x80) {
      if (end - pos < 5) return false;
      this.hi = 0;
      this.lo = this.view.getUint32(pos + 1);
      this.pos = pos + 5;
      return true;
    }
    if (first === 0x81) {
      if (end - pos < 9) return false;
      this.hi = this.view.getUint32(pos + 1);
      this.lo = this.view.getUint32(pos + 5);
      this.pos = pos + 9;
      return true;
    }
    throw this.badLengthByte(first, pos);
  }

  /** Reads 8 little-endian bytes into `hi` and `lo`. */
  readU64(): boolean {
    const { pos } = this;
    if (this.end - pos < 8) return false;
    this.lo = this.view.getUint32(pos, true);
    this.hi = this.view.getUint32(pos + 4, true);
    this.pos = pos + 8;
    return true;
  }

  /** Reads a string of any form into `sb`, `ss`, `se`. */
  readString(): boolean {
    const { bytes, end } = this;
    let { pos } = this;
    if (pos >= end) return false;
    const first = bytes[pos];
    let length: number;
    if (first < 0x40) {
      length = first;
      pos += 1;
    } else if (first < 0x80) {
      if (end - pos < 2) return false;
      length = ((first & 0x3f) << 8) | bytes[pos + 1];
      pos += 2;
    } else if (first === 0x80) {
      if (end - pos < 5) return false;
      length = this.view.getUint32(pos + 1);
      pos += 5;
    } else {
      return this.readSpecialString(first);
    }
    if (length > this.maxStringBytes) throw this.tooLong(length, this.pos);
    if (length > end - pos) return false;
    this.sb = bytes;
    this.ss = pos;
    this.se = pos + length;
    this.pos = pos + length;
    return true;
  }

  /** Elements are wanted for their sizes. Set for each value. */
  sized = false;
  /** Stored bytes of a long string that are still to be passed over. */
  private passing = 0;

  /** Reads an element: as {@link RdbInput.readString}, or as far as its size asks for. */
  readElement(): boolean {
    return this.sized ? this.readSized() : this.readString();
  }

  /**
   * Reads a string, but passes over one that is long or compressed: `sb` is empty then, and `se` its length. What it has
   * passed over by the time it has to wait for more is behind it, so that it must be called again before anything else is.
   */
  readSized(): boolean {
    if (this.passing === 0) {
      const { bytes, pos, end } = this;
      if (pos >= end) return false;
      // The first byte tells that the string is neither compressed nor has more than 63 bytes. Most are like that.
      const length = bytes[pos];
      if (length < 0x40 && length <= this.maxStringBytes) {
        const stop = pos + 1 + length;
        if (stop > end) return false;
        this.sb = bytes;
        this.ss = pos + 1;
        this.se = stop;
        this.pos = stop;
        return true;
      }
      const stored = this.readStringHead();
      if (stored < 0) return false;
      if (this.isIntegerForm || (this.uncompressed < 0 && stored <= MAX_SIZED_BYTES)) {
        this.pos = pos;
        return this.readString();
      }
      this.stringOffset = this.base + pos;
      this.sb = EMPTY;
      this.ss = 0;
      this.se = this.uncompressed < 0 ? stored : this.uncompressed;
      this.passing = stored;
    }
    const step = Math.min(this.passing, this.end - this.pos);
    this.pos += step;
    this.passing -= step;
    return this.passing === 0;
  }

  /** Passes over a string that is in the window as a whole. */
  skipString(): boolean {
    const { bytes, end } = this;
    let { pos } = this;
    if (pos >= end) return false;
    const first = bytes[pos];
    let length: number;
    if (first < 0x40) {
      length = first;
      pos += 1;
    } else if (first < 0x80) {
      if (end - pos < 2) return false;
      length = ((first & 0x3f) << 8) | bytes[pos + 1];
      pos += 2;
    } else {
      const start = pos;
      length = this.readStringHead();
      pos = this.pos;
      this.pos = start;
      if (length < 0) return false;
    }
    if (length > this.maxStringBytes) throw this.tooLong(length, this.pos);
    if (length > end - pos) return false;
    this.pos = pos + length;
    return true;
  }

  /**
   * Reads a string's head up to its stored bytes and returns how many of these follow; −1 on a miss. `uncompressed`
   * then is the length of the LZF output, or −1 for bytes stored as they are. Integer forms count as stored bytes, and set
   * `isIntegerForm`.
   */
  readStringHead(): number {
    const start = this.pos;
    if (start >= this.end) return -1;
    const first = this.bytes[start];
    this.uncompressed = -1;
    this.isIntegerForm = false;
    if (first < 0xc0) {
      const length = this.readLength();
      if (length > this.maxStringBytes) throw this.tooLong(length, start);
      return length;
    }
    if (first <= 0xc2) {
      this.pos = start + 1;
      this.isIntegerForm = true;
      return 1 << (first & 3);
    }
    if (first !== 0xc3) throw this.badStringByte(first, start);
    this.pos = start + 1;
    const compressed = this.readLength();
    const uncompressed = compressed < 0 ? -1 : this.readLength();
    if (uncompressed < 0) {
      this.pos = start;
      return -1;
    }
    if (compressed === 0 || uncompressed === 0 || uncompressed > compressed * MAX_LZF_EXPANSION) {
      throw this.bad(
        'RDB_BAD_LZF',
        `${compressed} compressed bytes cannot stand for ${uncompressed} bytes`,
        this.base + start,
      );
    }
    if (uncompressed > this.maxStringBytes) throw this.tooLong(uncompressed, start);
    this.uncompressed = uncompressed;
    return compressed;
  }
  uncompressed = -1;
  isIntegerForm = false;

  /** Integer forms, LZF, and lengths of 64 bits: too rare to weigh on {@link readString}. */
  private readSpecialString(first: number): boolean {
    const start = this.pos;
    const { bytes, view } = this;
    if (first >= 0xc0 && first <= 0xc2) {
      const width = 1 << (first & 3);
      if (this.end - start <= width) return false;
      const at = start + 1;
      const value =
        first === 0xc0 ? view.getInt8(at) : first === 0xc1 ? view.getInt16(at, true) : view.getInt32(at, true);
      this.integerTurn = INTEGER_TEXT - this.integerTurn;
      this.sb = this.integers;
      this.ss = this.integerTurn;
      this.se = writeDecimal(this.integers, this.integerTurn, value);
      this.pos = at + width;
      this.stringOffset = this.base + start;
      return true;
    }
    const stored = this.readStringHead();
    if (stored < 0) return false;
    const from = this.pos;
    if (stored > this.end - from) {
      this.pos = start;
      return false;
    }
    this.pos = from + stored;
    this.stringOffset = this.base + start;
    if (this.uncompressed < 0) {
      this.sb = bytes;
      this.ss = from;
      this.se = from + stored;
      return true;
    }
    const length = this.uncompressed;
    const target = this.takeScratch(length);
    const fault = decompressLzf(bytes, from, from + stored, target, 0, length, view, this.scratchView);
    if (fault !== 0)
      throw this.bad('RDB_BAD_LZF', `compressed string of ${stored} bytes: ${lzfFaultText(fault)}`, this.stringOffset);
    this.sb = target;
    this.ss = 0;
    this.se = length;
    return true;
  }

  /**
   * Reads a string that is a whole decimal number into `integer`, NaN if it is none. Unlike {@link readString} it leaves the
   * strings that were read before as they are.
   */
  readTextInteger(): boolean {
    const { pos, end, view } = this;
    if (pos >= end) return false;
    const first = this.bytes[pos];
    if (first >= 0xc0 && first <= 0xc2) {
      const width = 1 << (first & 3);
      if (end - pos <= width) return false;
      const at = pos + 1;
      this.integer =
        first === 0xc0 ? view.getInt8(at) : first === 0xc1 ? view.getInt16(at, true) : view.getInt32(at, true);
      this.pos = at + width;
      return true;
    }
    if (first > MAX_INTEGER_TEXT) {
      this.integer = Number.NaN;
      return true;
    }
    if (end - pos <= first) return false;
    const text = String.fromCharCode(...this.bytes.subarray(pos + 1, pos + 1 + first));
    this.integer = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
    this.pos = pos + 1 + first;
    return true;
  }
  integer = 0;

  private takeScratch(length: number): Uint8Array {
    let target = this.otherScratch;
    this.otherScratch = this.scratch;
    let view = this.otherScratchView;
    this.otherScratchView = this.scratchView;
    if (target.length < length) {
      target = new Uint8Array(Math.max(length, Math.min(target.length * 2, KEEP_SCRATCH), INITIAL_SCRATCH));
      view = new DataView(target.buffer);
    }
    this.scratch = target;
    this.scratchView = view;
    return target;
  }

  /** Called between keys, when nothing borrowed is in use: gives back scratch space that one big string needed. */
  releaseScratch(): void {
    if (this.scratch.length > KEEP_SCRATCH || this.otherScratch.length > KEEP_SCRATCH) {
      this.scratch = EMPTY;
      this.otherScratch = EMPTY;
      this.scratchView = new DataView(EMPTY.buffer);
      this.otherScratchView = this.scratchView;
    }
  }

  bad(code: string, message: string, offset: number): RdbFormatError {
    return new RdbFormatError(code, message, offset);
  }

  private badLengthByte(first: number, pos: number): RdbFormatError {
    const found = `0x${first.toString(16).padStart(2, '0')}`;
    return first >= 0xc0
      ? this.bad('RDB_BAD_LENGTH', `expected a length, found a special string encoding (${found})`, this.base + pos)
      : this.bad('RDB_BAD_LENGTH', `expected a length, found the invalid first byte ${found}`, this.base + pos);
  }

  private badStringByte(first: number, pos: number): RdbFormatError {
    return this.bad('RDB_BAD_STRING', `unknown string encoding ${first & 0x3f}`, this.base + pos);
  }

  private tooLong(length: number, pos: number): RdbLimitError {
    return new RdbLimitError(
      'RDB_LIMIT',
      `a string of ${length} bytes exceeds the limit of ${this.maxStringBytes} (option maxStringBytes)`,
      this.base + pos,
    );
  }
}

const EMPTY = new Uint8Array(0);
