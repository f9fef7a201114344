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
const BITSET_BYTES = 8192;
const MAX_STRING_LENGTH = 2 ** 53 - 1;

export function* bitmap(d: Decoding): Rule {
  const { input, visitor } = d;
  while (!input.readLength64()) yield;
  const length: Int64 = uint64FromWords(input.hi, input.lo);
  while (!input.readString()) yield;
  if (d.packed) {
    visitor.packed('roaring', input.sb, input.ss, input.se);
    return;
  }
  if (typeof length === 'bigint' || length > d.options.maxBitmapBytes) {
    walkBitmap(input.sb, input.ss, input.se, typeof length === 'bigint' ? MAX_STRING_LENGTH : length, null);
    visitor.bitmap(length, input.sb, input.ss, input.se);
    return;
  }
  // Checked before the string is made: a damaged value should not cost its memory.
  walkBitmap(input.sb, input.ss, input.se, length, null);
  const out = new Uint8Array(length);
  walkBitmap(input.sb, input.ss, input.se, length, out);
  visitor.string(out, 0, length);
}

function bad(message: string, pos: number): PackedFault {
  return new PackedFault('RDB_BAD_BITMAP', `roaring bitmap: ${message}`, pos);
}

/** Checks a bitmap and, when `out` is given, sets its bits there. */
function walkBitmap(bytes: Uint8Array, start: number, end: number, length: number, out: Uint8Array | null): void {
  const need = (at: number, size: number): void => {
    if (size > end - at) throw bad('it ends too early', at);
  };
  need(start, 8);
  const buckets = u32(bytes, start);
  if (u32(bytes, start + 4) !== 0) throw bad('an impossible number of buckets', start);
  let at = start + 8;
  let previousHigh = -1;
  for (let b = 0; b < buckets; b++) {
    need(at, 8);
    const high = u32(bytes, at);
    if (high <= previousHigh) throw bad('buckets are not in ascending order', at);
    previousHigh = high;
    at = walkBucket(bytes, at + 4, end, high * 0x100000000, length, out);
  }
  if (at !== end) throw bad(`${end - at} bytes are left over`, at);
}

function walkBucket(bytes: Uint8Array, start: number, end: number, high: number, length: number, out: Uint8Array | null): number {
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
    const base = high + key * 65536;
    const isRun = runFlags >= 0 && (bytes[runFlags + (c >> 3)] & (1 << (c & 7))) !== 0;
    let last = -1;
    const set = (value: number): void => {
      const position = base + value;
      const byte = Math.floor(position / 8);
      if (byte >= length) throw bad(`bit ${position} lies outside of ${length} bytes`, at);
      if (out !== null) out[byte] |= 0x80 >> (position % 8);
    };
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
        set(until);
        if (out !== null) setRun(out, base + first, base + until);
      }
    } else if (cardinality <= MAX_ARRAY) {
      need(at, 2 * cardinality);
      for (let i = 0; i < cardinality; i++, at += 2) {
        const value = u16(bytes, at);
        if (value <= last) throw bad('values are not in ascending order', at);
        last = value;
        set(value);
      }
    } else {
      need(at, BITSET_BYTES);
      let bits = 0;
      for (let i = 0; i < BITSET_BYTES; i++) {
        const byte = bytes[at + i];
        if (byte === 0) continue;
        for (let bit = 0; bit < 8; bit++) {
          if ((byte & (1 << bit)) === 0) continue;
          bits++;
          set(i * 8 + bit);
        }
      }
      if (bits !== cardinality) throw bad(`a container of ${bits} bits says that it has ${cardinality}`, at);
      at += BITSET_BYTES;
    }
  }
  return at;
}

/** Sets the bits `first` to `last`, whole bytes at a time: a tiny blob may describe very many of them. */
function setRun(out: Uint8Array, first: number, last: number): void {
  let position = first;
  while (position <= last && position % 8 !== 0) out[Math.floor(position / 8)] |= 0x80 >> (position++ % 8);
  const wholeBytesEnd = Math.floor((last + 1) / 8);
  if (position <= last && wholeBytesEnd > position / 8) {
    out.fill(0xff, position / 8, wholeBytesEnd);
    position = wholeBytesEnd * 8;
  }
  while (position <= last) out[Math.floor(position / 8)] |= 0x80 >> (position++ % 8);
}
