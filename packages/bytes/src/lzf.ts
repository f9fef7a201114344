/**
 * LZF, the compression of long strings inside RDB files (rdb-format notes, §3.3).
 *
 * A compressed string is a series of tokens, read until the input is used up. With `ctrl` its first byte:
 *
 * ```text
 * 000lllll  <l + 1 bytes>      literal run of 1 … 32 bytes
 * nnnhhhhh  low                reference, n = 1 … 6: copy n + 2 bytes from (h << 8 | low) + 1 bytes back
 * 111hhhhh  extra  low         the same with n = 7 + extra, so 9 … 264 bytes; the extra byte comes first
 * ```
 *
 * A reference may reach into its own output (distance 1 repeats one byte), so it is copied in ascending order.
 *
 * Damage is reported by a number, not by an exception: the caller knows the offset and the key, and words the error.
 *
 * @module
 */

/** The input ends inside a token. */
export const LZF_TOKEN_OVERRUN = 1;
/** A reference points before the first byte of the output. */
export const LZF_BAD_REFERENCE = 2;
/** The tokens give more bytes than the announced length. */
export const LZF_OUTPUT_OVERRUN = 3;
/** The tokens give fewer bytes than the announced length. */
export const LZF_OUTPUT_SHORT = 4;

/**
 * No LZF input gives more than this many times its own size: the best a token can do is 264 bytes for three (the
 * reference with an extra byte); a reference of two bytes gives at most 8, a literal run less than it takes. A string
 * that claims more is forged or damaged, and can be refused before memory is set aside for it.
 *
 * @example
 * ```ts
 * import { MAX_LZF_EXPANSION } from '@rdbkit/bytes';
 * console.log(1_000_000 > MAX_LZF_EXPANSION * 100); // true: 100 bytes never become a million
 * ```
 */
export const MAX_LZF_EXPANSION = 88;

/** Farthest distance of a reference: 5 + 8 bits, plus one. */
const MAX_DISTANCE = 8192;
/** Longest reference: 7 + 255 + 2. */
const MAX_REFERENCE = 264;
/** Longest literal run. */
const MAX_LITERAL = 32;

/**
 * From this many bytes on the engine copies (`copyWithin`, `fill`), below that a loop does. Measured with Node 20 on
 * 1 MiB: JSON-like text 596 MiB/s with 16, 519 with 48; references of 20 bytes 864 against 752.
 */
const COPY_WITHIN_FROM_BYTES = 16;

/**
 * Says in words what a fault code means.
 *
 * @example
 * ```ts
 * import { LZF_OUTPUT_SHORT, lzfFaultText } from '@rdbkit/bytes';
 * console.log(lzfFaultText(LZF_OUTPUT_SHORT)); // output is shorter than announced
 * ```
 */
export function lzfFaultText(code: number): string {
  switch (code) {
    case 0:
      return 'no fault';
    case LZF_TOKEN_OVERRUN:
      return 'input ends inside a token';
    case LZF_BAD_REFERENCE:
      return 'reference to before the start of the output';
    case LZF_OUTPUT_OVERRUN:
      return 'output is longer than announced';
    case LZF_OUTPUT_SHORT:
      return 'output is shorter than announced';
    default:
      return `unknown fault ${code}`;
  }
}

/** Bytes that are copied at a time. */
const STRIDE = 8;
/** Longer references are left to the engine's own copying. */
const MAX_STRIDE_BYTES = 64;

/**
 * Decompresses `src[srcStart, srcEnd)` to `dst[dstStart, dstStart + length)`.
 *
 * Never writes outside that range, and never throws for what the input holds. After a fault the range holds whatever
 * had been decompressed by then. The two ranges must not overlap.
 *
 * @param length - Announced size of the output, in bytes.
 * @param srcView - `src` as a view, and `dstView` the same for `dst`: whoever decompresses many strings saves making them.
 * @returns 0 when exactly `length` bytes came out and the input was used up, otherwise one of the `LZF_…` faults.
 * @throws RangeError when one of the ranges does not lie inside its array: that is the caller's mistake.
 *
 * @example
 * ```ts
 * import { decompressLzf } from '@rdbkit/bytes';
 * const out = new Uint8Array(30);
 * const fault = decompressLzf(Uint8Array.of(0x00, 0x61, 0xe0, 0x14, 0x00), 0, 5, out, 0, 30);
 * console.log(fault, String.fromCharCode(...out)); // 0 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
 * ```
 */
export function decompressLzf(
  src: Uint8Array,
  srcStart: number,
  srcEnd: number,
  dst: Uint8Array,
  dstStart: number,
  length: number,
  srcView: DataView = new DataView(src.buffer, src.byteOffset, src.byteLength),
  dstView: DataView = new DataView(dst.buffer, dst.byteOffset, dst.byteLength),
): number {
  const dstEnd = dstStart + length;
  if (!(srcStart >= 0 && srcStart <= srcEnd && srcEnd <= src.length)) {
    throw new RangeError(`source range ${srcStart}..${srcEnd} is not inside ${src.length} bytes`);
  }
  if (!(dstStart >= 0 && length >= 0 && dstEnd <= dst.length)) {
    throw new RangeError(`destination range ${dstStart}..${dstEnd} is not inside ${dst.length} bytes`);
  }
  // Most tokens stand for a few bytes. Copying 8 at a time, some of them too many, and going on from the right place
  // takes half the time of a loop over bytes (case `bytes/lzf`); it is done where the surplus stays inside both ranges.
  const stridesEnd = dstEnd - STRIDE;
  const srcStridesEnd = src.length - STRIDE;
  let i = srcStart;
  let o = dstStart;
  while (i < srcEnd) {
    const ctrl = src[i++];
    if (ctrl < MAX_LITERAL) {
      const stop = o + ctrl + 1;
      if (stop > dstEnd) return LZF_OUTPUT_OVERRUN;
      if (i + ctrl >= srcEnd) return LZF_TOKEN_OVERRUN;
      if (stop <= stridesEnd && i + ctrl < srcStridesEnd) {
        const next = i + ctrl + 1;
        do {
          dstView.setInt32(o, srcView.getInt32(i));
          dstView.setInt32(o + 4, srcView.getInt32(i + 4));
          o += STRIDE;
          i += STRIDE;
        } while (o < stop);
        o = stop;
        i = next;
      } else {
        while (o < stop) dst[o++] = src[i++];
      }
    } else {
      let count = (ctrl >> 5) + 2;
      if (count === 9) {
        if (i === srcEnd) return LZF_TOKEN_OVERRUN;
        count += src[i++];
      }
      if (i === srcEnd) return LZF_TOKEN_OVERRUN;
      let from = o - (((ctrl & 31) << 8) | src[i++]) - 1;
      const stop = o + count;
      if (from < dstStart) return LZF_BAD_REFERENCE;
      if (stop > dstEnd) return LZF_OUTPUT_OVERRUN;
      if (count <= MAX_STRIDE_BYTES && o - from >= STRIDE && stop <= stridesEnd) {
        do {
          dstView.setInt32(o, dstView.getInt32(from));
          dstView.setInt32(o + 4, dstView.getInt32(from + 4));
          o += STRIDE;
          from += STRIDE;
        } while (o < stop);
        o = stop;
      } else if (count < COPY_WITHIN_FROM_BYTES) {
        while (o < stop) dst[o++] = dst[from++];
      } else {
        copyReference(dst, from, o, stop);
        o = stop;
      }
    }
  }
  return o === dstEnd ? 0 : LZF_OUTPUT_SHORT;
}

/** Copies a long reference from `from` to `[to, stop)`. */
function copyReference(bytes: Uint8Array, from: number, to: number, stop: number): void {
  const distance = to - from;
  if (distance === 1) {
    bytes.fill(bytes[from], to, stop);
    return;
  }
  // Overlapping output repeats itself every `distance` bytes. Whole periods are copied one after the other until there
  // is enough of them for the engine to copy; from then on each copy doubles what the next one can take.
  while (to - from < COPY_WITHIN_FROM_BYTES && to < stop) {
    for (const period = Math.min(to + distance, stop); to < period; to++) bytes[to] = bytes[to - distance];
  }
  while (stop - to > to - from) {
    const next = to + (to - from);
    bytes.copyWithin(to, from, to);
    to = next;
  }
  bytes.copyWithin(to, from, from + stop - to);
}

/**
 * Size of the compressor's table, as a power of two. A bigger one finds more; for a short string, clearing it would
 * cost more than the compression.
 */
const HASH_BITS = 14;
const HASH_BITS_SHORT = 10;
const SHORT_BELOW_BYTES = 4096;

/**
 * Compresses `src[start, end)`. The tokens are valid for every reader, but not the same bytes a server would write.
 *
 * @returns A new array that the caller owns, or `null` when the result is not at least 4 bytes shorter than the input;
 * servers store such strings uncompressed.
 *
 * @example
 * ```ts
 * import { compressLzf } from '@rdbkit/bytes';
 * console.log(compressLzf(new Uint8Array(1000), 0, 1000)?.length); // 14
 * ```
 */
export function compressLzf(src: Uint8Array, start: number, end: number): Uint8Array | null {
  const limit = end - start - 4;
  // The shortest thing that shrinks by 4 bytes: one literal and a reference, 4 bytes for 8.
  if (limit < 4) return null;
  const out = new Uint8Array(limit);
  // Position after the last one with this hash, relative to `start`, so that 0 means none.
  const hashBits = end - start < SHORT_BELOW_BYTES ? HASH_BITS_SHORT : HASH_BITS;
  const shift = 32 - hashBits;
  const table = new Int32Array(1 << hashBits);
  let o = 0;
  let i = start;
  let literal = start;
  const lastTriple = end - 3;
  while (i <= lastTriple) {
    const slot = hashTriple(src[i], src[i + 1], src[i + 2], shift);
    const candidate = start + table[slot] - 1;
    table[slot] = i - start + 1;
    const distance = i - candidate;
    if (
      candidate < start ||
      distance > MAX_DISTANCE ||
      src[candidate] !== src[i] ||
      src[candidate + 1] !== src[i + 1] ||
      src[candidate + 2] !== src[i + 2]
    ) {
      i++;
      continue;
    }
    let stop = i + 3;
    const farthest = Math.min(end, i + MAX_REFERENCE);
    while (stop < farthest && src[stop] === src[stop - distance]) stop++;

    o = writeLiterals(src, literal, i, out, o);
    const n = stop - i - 2;
    if (o < 0 || o + (n < 7 ? 2 : 3) > limit) return null;
    const back = distance - 1;
    if (n < 7) {
      out[o++] = (n << 5) | (back >> 8);
    } else {
      out[o++] = (7 << 5) | (back >> 8);
      out[o++] = n - 7;
    }
    out[o++] = back & 255;

    // The last two positions of what was matched are entered too: that finds the next repeat a little earlier.
    for (let k = Math.max(i + 1, stop - 2); k < stop && k <= lastTriple; k++) {
      table[hashTriple(src[k], src[k + 1], src[k + 2], shift)] = k - start + 1;
    }
    i = stop;
    literal = stop;
  }
  o = writeLiterals(src, literal, end, out, o);
  if (o < 0) return null;
  return out.slice(0, o);
}

/** Multiplicative hashing by the golden ratio: the best bits are the upper ones. */
function hashTriple(a: number, b: number, c: number, shift: number): number {
  return Math.imul((a << 16) | (b << 8) | c, 0x9e3779b1) >>> shift;
}

/** Writes `src[from, to)` as literal runs. Returns the end position in `out`, or −1 when they do not fit. */
function writeLiterals(src: Uint8Array, from: number, to: number, out: Uint8Array, o: number): number {
  if (o + (to - from) + Math.ceil((to - from) / MAX_LITERAL) > out.length) return -1;
  while (from < to) {
    const stop = Math.min(to, from + MAX_LITERAL);
    out[o++] = stop - from - 1;
    while (from < stop) out[o++] = src[from++];
  }
  return o;
}

/**
 * Receives a piece of output, `bytes[start, end)`. The array is borrowed: it is overwritten once the sink returns.
 */
export type LzfSink = (bytes: Uint8Array, start: number, end: number) => void;

/** Most bytes an inflater holds: what references may reach back to, and the piece that is being filled. */
const PIECE_BYTES = 256 * 1024;

/** What the inflater expects next. */
const AT_TOKEN = 0;
const IN_LITERAL = 1;
const AT_EXTRA = 2;
const AT_LOW = 3;

/**
 * Decompresses a string of any size in bounded memory: input comes in parts of any length, output leaves in pieces of
 * at most 256 KiB. No more than that is kept, so a forged length reserves nothing.
 *
 * Finds the same faults as {@link decompressLzf}, as soon as the input shows them. After a fault, or when the sink has
 * thrown, the inflater is of no further use.
 *
 * @example
 * ```ts
 * import { LzfInflater } from '@rdbkit/bytes';
 * let text = '';
 * const sink = (bytes: Uint8Array, start: number, end: number): void => {
 *   text += String.fromCharCode(...bytes.subarray(start, end));
 * };
 * const inflater = new LzfInflater(30);
 * inflater.push(Uint8Array.of(0x00, 0x61, 0xe0), 0, 3, sink);
 * inflater.push(Uint8Array.of(0x14, 0x00), 0, 2, sink);
 * console.log(inflater.finish(sink), text.length); // 0 30
 * ```
 */
export class LzfInflater {
  /** Output not handed out yet, after up to 8 KiB that are kept because references may reach them. */
  private readonly buffer: Uint8Array;
  /** End of the output in the buffer. */
  private end = 0;
  /** Start of what has not been handed out; the history lies before it. */
  private sent = 0;
  /** Bytes that are still to come, by the announced length. */
  private left: number;
  private state: number = AT_TOKEN;
  /** Bytes of the current token's output that are still to come; for a reference, as far as its length is known. */
  private count = 0;
  /** High bits of the current reference's distance. */
  private high = 0;
  private fault = 0;

  /** @param length - Announced size of the whole output, in bytes. */
  constructor(length: number) {
    this.left = length;
    this.buffer = new Uint8Array(Math.min(length, PIECE_BYTES));
  }

  /**
   * Takes the next part of the input, `src[start, end)`, which may be reused once this returns.
   *
   * @returns 0, or one of the `LZF_…` faults; the same fault again on every call after the first.
   */
  push(src: Uint8Array, start: number, end: number, sink: LzfSink): number {
    if (this.fault !== 0) return this.fault;
    let i = start;
    while (i < end) {
      switch (this.state) {
        case AT_TOKEN: {
          const ctrl = src[i++];
          if (ctrl < MAX_LITERAL) {
            this.count = ctrl + 1;
            if (this.count > this.left) return (this.fault = LZF_OUTPUT_OVERRUN);
            if (this.buffer.length - this.end < this.count) this.handOut(sink);
            this.state = IN_LITERAL;
          } else {
            this.count = (ctrl >> 5) + 2;
            this.high = (ctrl & 31) << 8;
            this.state = this.count === 9 ? AT_EXTRA : AT_LOW;
          }
          break;
        }
        case IN_LITERAL: {
          const taken = Math.min(this.count, end - i);
          const { buffer } = this;
          let o = this.end;
          for (const stop = i + taken; i < stop; ) buffer[o++] = src[i++];
          this.end = o;
          this.left -= taken;
          this.count -= taken;
          if (this.count === 0) this.state = AT_TOKEN;
          break;
        }
        case AT_EXTRA:
          this.count += src[i++];
          this.state = AT_LOW;
          break;
        default: {
          const distance = (this.high | src[i++]) + 1;
          const { count } = this;
          // All output of the last 8 KiB is in the buffer, so what is not there never was.
          if (distance > this.end) return (this.fault = LZF_BAD_REFERENCE);
          if (count > this.left) return (this.fault = LZF_OUTPUT_OVERRUN);
          if (this.buffer.length - this.end < count) this.handOut(sink);
          const { buffer } = this;
          let o = this.end;
          const stop = o + count;
          if (count < COPY_WITHIN_FROM_BYTES) {
            for (let from = o - distance; o < stop; ) buffer[o++] = buffer[from++];
          } else {
            copyReference(buffer, o - distance, o, stop);
          }
          this.end = stop;
          this.left -= count;
          this.state = AT_TOKEN;
        }
      }
    }
    return 0;
  }

  /**
   * Says that the input is complete, and hands out the last piece if all is well.
   *
   * @returns 0 when exactly the announced length came out, otherwise one of the `LZF_…` faults.
   */
  finish(sink: LzfSink): number {
    if (this.fault !== 0) return this.fault;
    if (this.state !== AT_TOKEN) return (this.fault = LZF_TOKEN_OVERRUN);
    if (this.left !== 0) return (this.fault = LZF_OUTPUT_SHORT);
    if (this.end > this.sent) sink(this.buffer, this.sent, this.end);
    this.sent = this.end;
    return 0;
  }

  /** Hands out what is in the buffer and moves the history to its front. Only a full-sized buffer ever runs full. */
  private handOut(sink: LzfSink): void {
    sink(this.buffer, this.sent, this.end);
    const from = this.end - MAX_DISTANCE;
    this.buffer.copyWithin(0, from, this.end);
    this.end = MAX_DISTANCE;
    this.sent = MAX_DISTANCE;
  }
}
