/**
 * Values of Dragonfly, KeyDB and Redis-On-Rocks as they stand in a file behind the key, from the layouts in their sources
 * (Dragonfly `rdb_save.cc` up to 1.40, KeyDB 6.3.4 `rdb.cpp`, Redis-On-Rocks 2.2.5). No file that these products wrote was at
 * hand for most of them.
 *
 * @module
 */
import { ByteWriter, type RdbString, toBytes } from './byte-writer.ts';
import { type CountOption, type RdbValue, rawValue } from './rdb-values.ts';

/** Members' expiry counts seconds from 2023-02-01 00:00:00 UTC. */
export const DRAGONFLY_EXPIRY_BASE = 1_675_209_600;

/** Unix milliseconds as Dragonfly writes the expiry of a member: a number as text, −1 for none. */
function memberTime(expireAtMs: number | null): string {
  return expireAtMs === null ? '-1' : String(expireAtMs / 1000 - DRAGONFLY_EXPIRY_BASE);
}

/** 30, before version 10 also 20: `str` JSON text. */
export function dragonflyJsonValue(text: RdbString, typeCode: 20 | 30 = 30): RdbValue {
  return rawValue(typeCode, new ByteWriter().str(text));
}

/** A field or member with its value, if any, and its expiry in whole seconds or as a string of its own. */
export type DragonflyTime = number | null | { readonly text: RdbString };

function time(expiry: DragonflyTime): RdbString {
  return expiry !== null && typeof expiry === 'object' ? expiry.text : memberTime(expiry);
}

/** 31: `len` n, (`str` field, `str` value, `str` expiry) * n. */
export function dragonflyHashValue(
  fields: readonly (readonly [field: RdbString, value: RdbString, expiry: DragonflyTime])[],
  options: CountOption = {},
): RdbValue {
  const out = new ByteWriter().len(options.count ?? fields.length);
  for (const [field, value, expiry] of fields) out.str(field).str(value).str(time(expiry));
  return rawValue(31, out);
}

/** 32: `len` n, (`str` member, `str` expiry) * n. */
export function dragonflySetValue(
  members: readonly (readonly [member: RdbString, expiry: DragonflyTime])[],
  options: CountOption = {},
): RdbValue {
  const out = new ByteWriter().len(options.count ?? members.length);
  for (const [member, expiry] of members) out.str(member).str(time(expiry));
  return rawValue(32, out);
}

/**
 * 33, a scalable Bloom filter: `len` options, f64 growth, f64 error rate, `len` previous size, `len` current size, `len`
 * capacity, `len` n, (`len` hash functions, `str` bits) * n.
 */
export function bloomValue(filters: readonly Uint8Array[]): RdbValue {
  const out = bloomHead().len(filters.length);
  for (const bits of filters) out.len(7).str(bits);
  return rawValue(33, out);
}

/** 34: the same with the bits in pieces: `len` total, (`len` size, bytes) until all of it is there. */
export function bloom2Value(filters: readonly Uint8Array[], pieceBytes: number): RdbValue {
  const out = bloomHead().len(filters.length);
  for (const bits of filters) {
    out.len(7);
    pieces(out, bits, pieceBytes);
  }
  return rawValue(34, out);
}

function bloomHead(): ByteWriter {
  return new ByteWriter().len(0).f64(2).f64(0.01).len(0).len(3).len(1024);
}

function pieces(out: ByteWriter, bytes: Uint8Array, pieceBytes: number): void {
  out.len(bytes.length);
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const piece = bytes.slice(at, at + pieceBytes);
    out.len(piece.length).raw(piece);
  }
}

/** 35, a count-min sketch: `len` width, `len` depth, `len` total, i64 * (width · depth). */
export function countMinValue(width: number, depth: number, counters: readonly number[]): RdbValue {
  const out = new ByteWriter()
    .len(width)
    .len(depth)
    .len(counters.reduce((sum, count) => sum + count, 0));
  for (const count of counters) out.u64(count);
  return rawValue(35, out);
}

/**
 * 36: `len` options, `len` k, `len` width, `len` depth, f64 decay, `len` m, (`str` item, `len` count) * m, `str` counters
 * (u32 * (width · depth)).
 */
export function topKValue(
  k: number,
  items: readonly (readonly [RdbString, number])[],
  table: { readonly width: number; readonly depth: number; readonly counters: Uint8Array },
): RdbValue {
  const out = new ByteWriter().len(0).len(k).len(table.width).len(table.depth).f64(0.9).len(items.length);
  for (const [item, count] of items) out.str(item).len(count);
  return rawValue(36, out.str(table.counters));
}

/**
 * 37, a cuckoo filter: `len` slots of a bucket, `len` iterations, `len` expansion, `len` buckets, `len` items, `len` deletes,
 * `len` f, (`len` total, pieces as in 34) * f.
 */
export function cuckooValue(filters: readonly Uint8Array[], pieceBytes: number): RdbValue {
  const out = new ByteWriter().len(2).len(20).len(1).len(8).len(3).len(0).len(filters.length);
  for (const filter of filters) pieces(out, filter, pieceBytes);
  return rawValue(37, out);
}

/** KeyDB, 64: `str` script, i64 start, i64 interval (milliseconds), `len` k, `str` key * k, `len` a, `str` argument * a. */
export function cronValue(
  script: RdbString,
  [start, interval]: readonly [number, number],
  keys: readonly RdbString[],
  args: readonly RdbString[],
): RdbValue {
  const out = new ByteWriter().str(script).u64(start).u64(interval);
  for (const list of [keys, args]) {
    out.len(list.length);
    for (const item of list) out.str(item);
  }
  return rawValue(64, out);
}

/**
 * Redis-On-Rocks: a bitmap, 16 on the 6.2 line, 26 and later 192 on the 8.2 line: `len` total, `len` bytes of a piece, `str`
 * * ⌈total / piece⌉.
 */
export function rorBitmapValue(
  typeCode: 16 | 26 | 192,
  bits: RdbString & (string | Uint8Array),
  pieceBytes: number,
): RdbValue {
  const bytes = toBytes(bits);
  const out = new ByteWriter().len(bytes.length).len(pieceBytes);
  for (let at = 0; at < bytes.length; at += pieceBytes) out.str(bytes.slice(at, at + pieceBytes));
  return rawValue(typeCode, out);
}
