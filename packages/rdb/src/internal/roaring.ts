/**
 * Bitmaps, type 33 (Redis 8.12 line): `len` length in bytes, `str` portable 64-bit roaring bitmap of the positions of set
 * bits. Position p is byte p >> 3, mask 0x80 >> (p & 7), the numbering of SETBIT. Layout of the portable form, little-endian:
 *
 * ```
 * 64-bit: u64 buckets, (u32 high word, 32-bit bitmap) * buckets
 * 32-bit: u32 cookie: 12346, then u32 containers; or low half 12347 with containers − 1 in the high half and a bit for each, set for runs
 *         (u16 key, u16 cardinality − 1) * containers
 *         u32 offset * containers                  if there are no runs, or 4 containers and more
 *         containers: runs: u16 n, (u16 start, u16 length − 1) * n | cardinality ≤ 4096: u16 * cardinality | 8192 bytes of bits
 * ```
 */
import { type Int64, uint64FromWords } from '@rdbkit/bytes';
import type { Decoding, Rule } from './decoding.ts';
import { PackedFault, u16, u32 } from './packed-cursor.ts';

const COOKIE_WITHOUT_RUNS = 12346;
const COOKIE_WITH_RUNS = 12347;
const OFFSETS_FROM = 4;
const MAX_ARRAY = 4096;
/** Bytes of the string that the 2^16 positions of a container stand for; also the size of one that is stored as bits. */
const CONTAINER_BYTES = 8192;

export function* bitmap(d: Decoding): Rule {
  const { input, visitor } = d;
  const at = input.offset;
  while (!input.readLength64()) yield;
  if (input.hi > MAX_LENGTH_HIGH) throw d.bad('RDB_BAD_BITMAP', 'a bitmap of more than 2^60 - 1 bytes', at);
  const limit = lengthInBuckets(input.hi, input.lo);
  const length: Int64 = uint64FromWords(input.hi, input.lo);
  while (!input.readString()) yield;
  if (d.packed) {
    visitor.packed('roaring', input.sb, input.ss, input.se);
    return;
  }
  // Checked before the string is made: a damaged value should not cost its memory.
  walkBitmap(input.sb, input.ss, input.se, limit, null);
  if (length > d.options.maxBitmapBytes) {
    visitor.bitmap(length, input.sb, input.ss, input.se);
    return;
  }
  const out = new Uint8Array(Number(length));
  walkBitmap(input.sb, input.ss, input.se, limit, out);
  visitor.string(out, 0, out.length);
}

/** Lengths are below 2^60. */
const MAX_LENGTH_HIGH = 0x0fffffff;
/** Bytes of the string that the 2^32 positions of a bucket stand for. */
const BUCKET_BYTES = 2 ** 29;

/** A length as whole buckets and bytes of the next one: exact, where a number of bytes might not be. */
interface Limit {
  readonly buckets: number;
  readonly bytes: number;
}

function lengthInBuckets(hi: number, lo: number): Limit {
  return { buckets: hi * 8 + Math.floor(lo / BUCKET_BYTES), bytes: lo % BUCKET_BYTES };
}

function bad(message: string, pos: number): PackedFault {
  return new PackedFault('RDB_BAD_BITMAP', `roaring bitmap: ${message}`, pos);
}

/** Checks a bitmap and, when `out` is given, sets its bits there. */
function walkBitmap(bytes: Uint8Array, start: number, end: number, limit: Limit, out: Uint8Array | null): void {
  if (end - start < 8) throw bad('it ends too early', start);
  const buckets = u32(bytes, start);
  if (u32(bytes, start + 4) !== 0) throw bad('an impossible number of buckets', start);
  let at = start + 8;
  let previousHigh = -1;
  for (let b = 0; b < buckets; b++) {
    if (end - at < 8) throw bad('it ends too early', at);
    const high = u32(bytes, at);
    if (high <= previousHigh) throw bad('buckets are not in ascending order', at);
    previousHigh = high;
    const bucketBytes = high < limit.buckets ? BUCKET_BYTES : high === limit.buckets ? limit.bytes : 0;
    at = walkBucket(bytes, at + 4, end, bucketBytes, out, high * BUCKET_BYTES);
  }
  if (at !== end) throw bad(`${end - at} bytes are left over`, at);
}

/**
 * @param length bytes of the string that the bucket may reach.
 * @param outAt where they begin in `out`.
 */
function walkBucket(
  bytes: Uint8Array,
  start: number,
  end: number,
  length: number,
  out: Uint8Array | null,
  outAt: number,
): number {
  const need = (from: number, size: number): void => {
    if (size > end - from) throw bad('it ends too early', from);
  };
  let at = start;
  need(at, 4);
  const cookie = u32(bytes, at);
  at += 4;
  let containers: number;
  let runFlags = -1;
  if (cookie === COOKIE_WITHOUT_RUNS) {
    need(at, 4);
    containers = u32(bytes, at);
    at += 4;
  } else if ((cookie & 0xffff) === COOKIE_WITH_RUNS) {
    containers = (cookie >>> 16) + 1;
    runFlags = at;
    need(at, (containers + 7) >> 3);
    at += (containers + 7) >> 3;
  } else {
    throw bad(`unknown cookie ${cookie}`, start);
  }
  if (containers > 65536) throw bad(`${containers} containers`, start);
  const keys = at;
  need(at, 4 * containers);
  at += 4 * containers;
  if (runFlags < 0 || containers >= OFFSETS_FROM) {
    need(at, 4 * containers);
    at += 4 * containers;
  }
  let previousKey = -1;
  for (let c = 0; c < containers; c++) {
    const key = u16(bytes, keys + 4 * c);
    if (key <= previousKey) throw bad('containers are not in ascending order', keys + 4 * c);
    previousKey = key;
    const cardinality = u16(bytes, keys + 4 * c + 2) + 1;
    const isRun = runFlags >= 0 && (bytes[runFlags + (c >> 3)] & (1 << (c & 7))) !== 0;
    const base = key * CONTAINER_BYTES;
    const from = at;
    const outFrom = outAt + base;
    let last = -1;
    if (isRun) {
      need(at, 2);
      const runs = u16(bytes, at);
      at += 2;
      need(at, 4 * runs);
      for (let r = 0; r < runs; r++, at += 4) {
        const first = u16(bytes, at);
        const until = first + u16(bytes, at + 2);
        if (first <= last || until > 65535) throw bad('runs are not in ascending order', at);
        last = until;
        if (out !== null) setRun(out, outFrom, first, until);
      }
    } else if (cardinality <= MAX_ARRAY) {
      need(at, 2 * cardinality);
      for (let i = 0; i < cardinality; i++, at += 2) {
        const value = u16(bytes, at);
        if (value <= last) throw bad('values are not in ascending order', at);
        last = value;
        if (out !== null) out[outFrom + (value >> 3)] |= 0x80 >> (value & 7);
      }
    } else {
      need(at, CONTAINER_BYTES);
      let bits = 0;
      for (let i = 0; i < CONTAINER_BYTES; i++) {
        const byte = bytes[at + i];
        if (byte === 0) continue;
        bits += BIT_COUNTS[byte];
        last = i * 8 + 31 - Math.clz32(byte);
        if (out !== null) out[outFrom + i] = REVERSED[byte];
      }
      if (bits !== cardinality) throw bad(`a container of ${bits} bits says that it has ${cardinality}`, at);
      at += CONTAINER_BYTES;
    }
    if (last >= 0 && base + (last >> 3) >= length) throw bad('a bit lies outside of the bitmap', from);
  }
  return at;
}

/** Sets the bits `first` to `last`, counted from byte `at` on; whole bytes at a time, as a tiny blob may describe very many of them. */
function setRun(out: Uint8Array, at: number, first: number, last: number): void {
  let position = first;
  while (position <= last && (position & 7) !== 0) out[at + (position >> 3)] |= 0x80 >> (position++ & 7);
  const wholeBytesEnd = (last + 1) >> 3;
  if (position <= last && wholeBytesEnd > position >> 3) {
    out.fill(0xff, at + (position >> 3), at + wholeBytesEnd);
    position = wholeBytesEnd * 8;
  }
  while (position <= last) out[at + (position >> 3)] |= 0x80 >> (position++ & 7);
}

/** Roaring counts the bits of a byte from the lowest, a string from the highest. */
const REVERSED = new Uint8Array(256);
const BIT_COUNTS = new Uint8Array(256);
for (let byte = 0; byte < 256; byte++) {
  for (let bit = 0; bit < 8; bit++) {
    if ((byte & (1 << bit)) === 0) continue;
    REVERSED[byte] |= 0x80 >> bit;
    BIT_COUNTS[byte]++;
  }
}
