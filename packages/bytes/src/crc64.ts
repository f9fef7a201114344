/**
 * CRC-64/Jones ("CRC-64/REDIS"), the checksum at the end of RDB files and of DUMP payloads.
 *
 * Polynomial 0xad93d23594c935a9, reflected in and out, initial value 0, no final XOR; the check value of `123456789`
 * is 0xe9c6d914c4b8d9ca (rdb-format notes, §1.5). Both places store it as 8 bytes, little endian.
 *
 * A 64-bit value is kept as two signed 32-bit words: BigInt arithmetic is about a hundred times slower.
 *
 * @module
 */

/** The polynomial with its bits reversed: x^0 is the highest bit. */
const POLYNOMIAL_LO = 0xac4bc9b5 | 0;
const POLYNOMIAL_HI = 0x95ac9329 | 0;

/**
 * Slicing-by-8: entry `k * 256 + b` is the effect of the byte `b` when `k` more bytes follow it in the same group of
 * eight. Row 0 is the usual table for one byte. The rows lie in one array per word, so that a row number and a masked
 * byte make an index that is provably in range, and the engine drops the check.
 */
const TABLE_LO: Int32Array = new Int32Array(8 * 256);
const TABLE_HI: Int32Array = new Int32Array(8 * 256);

for (let i = 0; i < 256; i++) {
  let lo = i;
  let hi = 0;
  for (let bit = 0; bit < 8; bit++) {
    const carry = lo & 1;
    lo = (lo >>> 1) | (hi << 31);
    hi >>>= 1;
    if (carry !== 0) {
      lo ^= POLYNOMIAL_LO;
      hi ^= POLYNOMIAL_HI;
    }
  }
  TABLE_LO[i] = lo;
  TABLE_HI[i] = hi;
}
for (let i = 256; i < 8 * 256; i++) {
  const lo = TABLE_LO[i - 256];
  const hi = TABLE_HI[i - 256];
  TABLE_LO[i] = TABLE_LO[lo & 255] ^ ((lo >>> 8) | (hi << 24));
  TABLE_HI[i] = TABLE_HI[lo & 255] ^ (hi >>> 8);
}

/** A shorter run is summed in less time than its view is looked up. */
const VIEW_FROM_BYTES = 128;

/**
 * A call adds no more groups than this. In one long loop the engine would go over to optimized code in the middle of the loop, code
 * that knows nothing of what comes behind the loop and is left again at its end, each time: two thirds of the speed, or not,
 * by luck (case `rdb/skip`).
 */
const BLOCK_BYTES = 4096;

/** A view of a larger buffer is made anew for each run, so that no checksum keeps such a buffer alive. */
const KEPT_VIEW_BYTES = 16 * 1024 * 1024;

/** Stands where there is no view, so that the field always holds one. */
const NO_VIEW: DataView<ArrayBufferLike> = new DataView(new ArrayBuffer(0));

/** A length of up to 53 bits has so many bytes. */
const LENGTH_BYTES = 7;

/**
 * Entry `k * 256 + n` is the polynomial x^(8 · n · 256^k): what appending n · 256^k bytes multiplies by. A row is made when it is
 * first needed: most lengths have one or two bytes.
 */
const SHIFT_LO: Int32Array = new Int32Array(LENGTH_BYTES * 256);
const SHIFT_HI: Int32Array = new Int32Array(LENGTH_BYTES * 256);
let shiftRows = 0;

/** Multiples of a polynomial by x^0 … x^3 and their sums: a factor has its highest powers in the lowest bits. */
const MULTIPLE_LO: Int32Array = new Int32Array(16);
const MULTIPLE_HI: Int32Array = new Int32Array(16);
/** What four bits that leave a polynomial at its end come back as. */
const CARRY_LO: Int32Array = new Int32Array(16);
const CARRY_HI: Int32Array = new Int32Array(16);

for (let bits = 0; bits < 16; bits++) {
  let lo = bits;
  let hi = 0;
  for (let bit = 0; bit < 4; bit++) {
    const carry = -(lo & 1);
    lo = ((lo >>> 1) | (hi << 31)) ^ (POLYNOMIAL_LO & carry);
    hi = (hi >>> 1) ^ (POLYNOMIAL_HI & carry);
  }
  CARRY_LO[bits] = lo;
  CARRY_HI[bits] = hi;
}

/**
 * An incremental CRC-64.
 *
 * @example
 * ```ts
 * import { Crc64 } from '@rdbkit/bytes';
 * const crc = new Crc64();
 * const bytes = new TextEncoder().encode('123456789');
 * crc.update(bytes, 0, 4);
 * crc.update(bytes, 4, 9);
 * console.log(crc.digest().toString(16)); // e9c6d914c4b8d9ca
 * ```
 */
export class Crc64 {
  /** The lower 32 bits, as a signed integer. May be saved and set again to resume. */
  lo = 0;
  /** The upper 32 bits, as a signed integer. */
  hi = 0;
  /**
   * Reads unaligned words in one instruction, but takes longer to make than a short run to sum. Runs that follow each other are
   * nearly always of one buffer, so it is kept: 1060 MB/s instead of 865 at 350 bytes a run (case `bytes/crc64-runs`).
   */
  private view: DataView<ArrayBufferLike> = NO_VIEW;
  /** What `view` shows: to ask the view itself for its buffer is a call that is not inlined. */
  private viewed: Uint8Array | null = null;

  /** Goes back to the checksum of no bytes, which is 0. */
  reset(): void {
    this.lo = 0;
    this.hi = 0;
  }

  /** Adds `bytes[start, end)`. The bytes may be changed afterwards; a small buffer may be kept alive until another one follows. */
  update(bytes: Uint8Array, start: number, end: number): void {
    let at = start;
    if (end - start >= VIEW_FROM_BYTES) {
      const view = this.viewed === bytes ? this.view : this.viewOf(bytes);
      const wordsEnd = end - ((end - start) & 7);
      while (at < wordsEnd) {
        const stop = Math.min(wordsEnd, at + BLOCK_BYTES);
        this.addGroups(view, at, stop);
        at = stop;
      }
    }
    if (at < end) this.addBytes(bytes, at, end);
  }

  /** Adds groups of eight bytes. */
  private addGroups(view: DataView<ArrayBufferLike>, start: number, end: number): void {
    let lo = this.lo;
    let hi = this.hi;
    for (let i = start; i < end; i += 8) {
      const a = lo ^ view.getInt32(i, true);
      const b = hi ^ view.getInt32(i + 4, true);
      lo =
        TABLE_LO[1792 + (a & 255)] ^
        TABLE_LO[1536 + ((a >>> 8) & 255)] ^
        TABLE_LO[1280 + ((a >>> 16) & 255)] ^
        TABLE_LO[1024 + (a >>> 24)] ^
        TABLE_LO[768 + (b & 255)] ^
        TABLE_LO[512 + ((b >>> 8) & 255)] ^
        TABLE_LO[256 + ((b >>> 16) & 255)] ^
        TABLE_LO[b >>> 24];
      hi =
        TABLE_HI[1792 + (a & 255)] ^
        TABLE_HI[1536 + ((a >>> 8) & 255)] ^
        TABLE_HI[1280 + ((a >>> 16) & 255)] ^
        TABLE_HI[1024 + (a >>> 24)] ^
        TABLE_HI[768 + (b & 255)] ^
        TABLE_HI[512 + ((b >>> 8) & 255)] ^
        TABLE_HI[256 + ((b >>> 16) & 255)] ^
        TABLE_HI[b >>> 24];
    }
    this.lo = lo;
    this.hi = hi;
  }

  /** Adds what is too short for a view, and what is left of groups. */
  private addBytes(bytes: Uint8Array, start: number, end: number): void {
    let lo = this.lo;
    let hi = this.hi;
    let i = start;
    for (const last = end - 7; i < last; i += 8) {
      const a = lo ^ (bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24));
      const b = hi ^ (bytes[i + 4] | (bytes[i + 5] << 8) | (bytes[i + 6] << 16) | (bytes[i + 7] << 24));
      lo =
        TABLE_LO[1792 + (a & 255)] ^
        TABLE_LO[1536 + ((a >>> 8) & 255)] ^
        TABLE_LO[1280 + ((a >>> 16) & 255)] ^
        TABLE_LO[1024 + (a >>> 24)] ^
        TABLE_LO[768 + (b & 255)] ^
        TABLE_LO[512 + ((b >>> 8) & 255)] ^
        TABLE_LO[256 + ((b >>> 16) & 255)] ^
        TABLE_LO[b >>> 24];
      hi =
        TABLE_HI[1792 + (a & 255)] ^
        TABLE_HI[1536 + ((a >>> 8) & 255)] ^
        TABLE_HI[1280 + ((a >>> 16) & 255)] ^
        TABLE_HI[1024 + (a >>> 24)] ^
        TABLE_HI[768 + (b & 255)] ^
        TABLE_HI[512 + ((b >>> 8) & 255)] ^
        TABLE_HI[256 + ((b >>> 16) & 255)] ^
        TABLE_HI[b >>> 24];
    }
    if (i < end - 3) {
      // Half a group: the upper word moves down, and four rows are enough.
      const a = lo ^ (bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24));
      lo =
        hi ^
        TABLE_LO[768 + (a & 255)] ^
        TABLE_LO[512 + ((a >>> 8) & 255)] ^
        TABLE_LO[256 + ((a >>> 16) & 255)] ^
        TABLE_LO[a >>> 24];
      hi =
        TABLE_HI[768 + (a & 255)] ^
        TABLE_HI[512 + ((a >>> 8) & 255)] ^
        TABLE_HI[256 + ((a >>> 16) & 255)] ^
        TABLE_HI[a >>> 24];
      i += 4;
    }
    for (; i < end; i++) {
      const index = (lo ^ bytes[i]) & 255;
      lo = ((lo >>> 8) | (hi << 24)) ^ TABLE_LO[index];
      hi = (hi >>> 8) ^ TABLE_HI[index];
    }
    this.lo = lo;
    this.hi = hi;
  }

  private viewOf(bytes: Uint8Array): DataView<ArrayBufferLike> {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const isKept = bytes.buffer.byteLength <= KEPT_VIEW_BYTES;
    this.view = isKept ? view : NO_VIEW;
    this.viewed = isKept ? bytes : null;
    return view;
  }

  /**
   * Adds bytes of which only the checksum is known: afterwards this is the checksum of what it covered followed by
   * the other bytes. Takes about 0.1 µs for each byte of `length` that is not 0, so below some hundred bytes
   * it is quicker to sum the bytes again.
   *
   * @param lo - Lower word of the checksum of the bytes that follow.
   * @param hi - Upper word of it.
   * @param length - Number of the bytes that follow: a safe integer.
   */
  append(lo: number, hi: number, length: number): void {
    // To follow a message by n bytes is to multiply its polynomial by x^8n; then the two are added.
    let row = 0;
    for (let rest = length; rest > 0; rest = Math.floor(rest / 256), row++) {
      if (row === shiftRows) Crc64.addShiftRow();
      const n = rest % 256;
      if (n > 0) this.multiply(SHIFT_LO[row * 256 + n], SHIFT_HI[row * 256 + n]);
    }
    this.lo ^= lo;
    this.hi ^= hi;
  }

  /** Multiplies by another polynomial, modulo the generator. */
  private multiply(lo: number, hi: number): void {
    let aLo = this.lo;
    let aHi = this.hi;
    for (let bit = 8; bit > 0; bit >>= 1) {
      MULTIPLE_LO[bit] = aLo;
      MULTIPLE_HI[bit] = aHi;
      const carry = -(aLo & 1);
      aLo = ((aLo >>> 1) | (aHi << 31)) ^ (POLYNOMIAL_LO & carry);
      aHi = (aHi >>> 1) ^ (POLYNOMIAL_HI & carry);
    }
    for (let bits = 3; bits < 16; bits++) {
      const low = bits & -bits;
      if (low === bits) continue;
      MULTIPLE_LO[bits] = MULTIPLE_LO[low] ^ MULTIPLE_LO[bits ^ low];
      MULTIPLE_HI[bits] = MULTIPLE_HI[low] ^ MULTIPLE_HI[bits ^ low];
    }
    // Four bits of the factor at a time, the highest powers first: they are in its lowest bits.
    let sumLo = 0;
    let sumHi = 0;
    for (let shift = 0; shift < 64; shift += 4) {
      const factor = (shift < 32 ? lo >>> shift : hi >>> (shift - 32)) & 15;
      const out = sumLo & 15;
      sumLo = ((sumLo >>> 4) | (sumHi << 28)) ^ CARRY_LO[out] ^ MULTIPLE_LO[factor];
      sumHi = (sumHi >>> 4) ^ CARRY_HI[out] ^ MULTIPLE_HI[factor];
    }
    this.lo = sumLo;
    this.hi = sumHi;
  }

  /** The checksum so far as a number of 64 bits. */
  digest(): bigint {
    return (BigInt(this.hi >>> 0) << 32n) | BigInt(this.lo >>> 0);
  }

  /** Writes the checksum so far to `out[pos, pos + 8)`, little endian, as files and payloads hold it. */
  writeTo(out: Uint8Array, pos: number): void {
    const lo = this.lo;
    const hi = this.hi;
    out[pos] = lo;
    out[pos + 1] = lo >>> 8;
    out[pos + 2] = lo >>> 16;
    out[pos + 3] = lo >>> 24;
    out[pos + 4] = hi;
    out[pos + 5] = hi >>> 8;
    out[pos + 6] = hi >>> 16;
    out[pos + 7] = hi >>> 24;
  }

  /**
   * Whether `bytes[pos, pos + 8)` holds the checksum so far. Knows nothing of the convention that eight zero bytes
   * mean "no checksum was written": that is for the reader of the file to decide.
   */
  matches(bytes: Uint8Array, pos: number): boolean {
    return (
      this.lo === (bytes[pos] | (bytes[pos + 1] << 8) | (bytes[pos + 2] << 16) | (bytes[pos + 3] << 24)) &&
      this.hi === (bytes[pos + 4] | (bytes[pos + 5] << 8) | (bytes[pos + 6] << 16) | (bytes[pos + 7] << 24))
    );
  }

  /** Makes the next row of {@link SHIFT_LO}. */
  private static addShiftRow(): void {
    const row = shiftRows++ * 256;
    const power = new Crc64();
    // x^0 is the highest bit.
    power.hi = 1 << 31;
    SHIFT_LO[row] = power.lo;
    SHIFT_HI[row] = power.hi;
    // One more is x^8 in the first row, and what 256 times one more is of the row before in all others.
    const one = new Crc64();
    one.hi = 1 << 23;
    if (row > 0) {
      one.lo = SHIFT_LO[row - 1];
      one.hi = SHIFT_HI[row - 1];
      one.multiply(SHIFT_LO[row - 255], SHIFT_HI[row - 255]);
    }
    for (let n = 1; n < 256; n++) {
      power.multiply(one.lo, one.hi);
      SHIFT_LO[row + n] = power.lo;
      SHIFT_HI[row + n] = power.hi;
    }
  }
}

/**
 * The CRC-64 of a whole array.
 *
 * @example
 * ```ts
 * import { crc64 } from '@rdbkit/bytes';
 * console.log(crc64(new TextEncoder().encode('123456789')) === 0xe9c6d914c4b8d9can); // true
 * ```
 */
export function crc64(bytes: Uint8Array): bigint {
  const crc = new Crc64();
  crc.update(bytes, 0, bytes.length);
  return crc.digest();
}
