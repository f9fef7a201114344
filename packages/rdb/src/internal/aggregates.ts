/**
 * Lists, sets, hashes and sorted sets: the plain forms (`len` n, elements) and the packed ones (a string that holds a
 * ziplist, listpack, intset or zipmap).
 */
import { int64FromWords, parseDouble } from '@rdbkit/bytes';
import type { RdbFormatError } from '../errors.ts';
import type { Decoding, Rule } from './decoding.ts';
import type { NameSet } from './name-set.ts';
import { type PackedCursor, PackedFault } from './packed-cursor.ts';
import { length, takeLength } from './primitives.ts';

// ---- plain forms ----------------------------------------------------------------------------------------------

/** Type 1: `len` n, `str` * n. */
export function* plainList(d: Decoding): Rule {
  const { input, visitor } = d;
  const count = takeElementCount(d) ?? (yield* elementCount(d));
  visitor.listStart(count, false);
  for (let i = 0; i < count; i++) {
    while (!input.readElement()) yield;
    visitor.listElement(input.sb, input.ss, input.se);
  }
}

/** Type 2: `len` n, `str` * n. */
export function* plainSet(d: Decoding): Rule {
  const { input, visitor } = d;
  const count = takeElementCount(d) ?? (yield* elementCount(d));
  visitor.setStart(count);
  const seen = newSeen(d);
  for (let i = 0; i < count; i++) {
    while (!input.readElement()) yield;
    if (seen !== null && !seen.add(input.sb, input.ss, input.se)) throw repeatedPlain(d);
    visitor.setMember(input.sb, input.ss, input.se, null);
  }
}

/** Type 4: `len` n, (`str` field, `str` value) * n. */
export function* plainHash(d: Decoding): Rule {
  const { input, visitor } = d;
  const count = takeElementCount(d) ?? (yield* elementCount(d));
  visitor.hashStart(count);
  const seen = newSeen(d);
  for (let i = 0; i < count; i++) {
    while (!input.readElement()) yield;
    if (seen !== null && !seen.add(input.sb, input.ss, input.se)) throw repeatedPlain(d);
    let bytes = input.sb;
    let start = input.ss;
    let end = input.se;
    if (!input.readElement()) {
      // More input may move the window, so what is held across the wait is copied.
      bytes = bytes.slice(start, end);
      end -= start;
      start = 0;
      do yield;
      while (!input.readElement());
    }
    visitor.hashField(bytes, start, end, input.sb, input.ss, input.se, null);
  }
}

/** Type 3: `len` n, (`str` member, u8 length, ASCII score) * n. */
export function* asciiZset(d: Decoding): Rule {
  const { input, visitor } = d;
  const count = takeElementCount(d) ?? (yield* elementCount(d));
  visitor.zsetStart(count);
  const seen = newSeen(d);
  for (let i = 0; i < count; i++) {
    while (!input.readElement()) yield;
    if (seen !== null && !seen.add(input.sb, input.ss, input.se)) throw repeatedPlain(d);
    let bytes = input.sb;
    let start = input.ss;
    let end = input.se;
    if (!hasAsciiScore(d)) {
      bytes = bytes.slice(start, end);
      end -= start;
      start = 0;
      do yield;
      while (!hasAsciiScore(d));
    }
    visitor.zsetMember(bytes, start, end, asciiScore(d));
  }
}

const NAN_LENGTH = 253;
const PLUS_INFINITY_LENGTH = 254;
const MINUS_INFINITY_LENGTH = 255;

function hasAsciiScore(d: Decoding): boolean {
  const { input } = d;
  if (input.pos >= input.end) return false;
  const length = input.bytes[input.pos];
  return length >= NAN_LENGTH || input.end - input.pos > length;
}

function asciiScore(d: Decoding): number {
  const { input } = d;
  const at = input.pos;
  const length = input.bytes[at];
  input.pos = at + 1;
  if (length === PLUS_INFINITY_LENGTH) return Number.POSITIVE_INFINITY;
  if (length === MINUS_INFINITY_LENGTH) return Number.NEGATIVE_INFINITY;
  if (length !== NAN_LENGTH) {
    input.pos = at + 1 + length;
    const score = parseDouble(input.bytes, at + 1, at + 1 + length);
    if (score !== undefined && !Number.isNaN(score)) return score;
  }
  throw d.bad('RDB_BAD_SCORE', 'a score is not a number', input.base + at);
}

/** Type 5: `len` n, (`str` member, f64 score) * n. */
export function* binaryZset(d: Decoding): Rule {
  const { input, visitor } = d;
  const count = takeElementCount(d) ?? (yield* elementCount(d));
  visitor.zsetStart(count);
  const seen = newSeen(d);
  for (let i = 0; i < count; i++) {
    while (!input.readElement()) yield;
    if (seen !== null && !seen.add(input.sb, input.ss, input.se)) throw repeatedPlain(d);
    let bytes = input.sb;
    let start = input.ss;
    let end = input.se;
    if (input.end - input.pos < 8) {
      bytes = bytes.slice(start, end);
      end -= start;
      start = 0;
      do yield;
      while (input.end - input.pos < 8);
    }
    const score = input.view.getFloat64(input.pos, true);
    if (Number.isNaN(score)) throw d.bad('RDB_BAD_SCORE', 'a score is not a number');
    input.pos += 8;
    visitor.zsetMember(bytes, start, end, score);
  }
}

/** Members met so far. Long ones are not read when sizes are all that is wanted. */
function newSeen(d: Decoding): NameSet | null {
  return d.input.sized ? null : d.newSeen();
}

function repeatedPlain(d: Decoding): RdbFormatError {
  return d.bad(REPEATED, 'a member or field comes twice');
}

function repeatedPacked(cursor: PackedCursor): PackedFault {
  return new PackedFault(REPEATED, 'a member or field comes twice', cursor.pos);
}

const REPEATED = 'RDB_BAD_DUPLICATE';

/** See `takeLength`. */
function takeElementCount(d: Decoding): number | undefined {
  const count = takeLength(d);
  if (count === 0) d.empty = true;
  return count;
}

function* elementCount(d: Decoding): Rule<number> {
  const count = yield* length(d);
  if (count === 0) d.empty = true;
  return count;
}

/** Types 14 and 18: the nodes of a list. Type 14 has ziplists; type 18 puts a container kind before each string. */
export function* quicklist(d: Decoding, hasContainers: boolean): Rule {
  const { input, visitor, packed } = d;
  const nodes = takeLength(d) ?? (yield* length(d));
  if (nodes === 0) visitor.listStart(-1, false);
  let elements = 0;
  for (let i = 0; i < nodes; i++) {
    let container = PACKED_CONTAINER;
    if (hasContainers) {
      container = input.readLength();
      while (container < 0) {
        yield;
        container = input.readLength();
      }
      if (container !== PLAIN_CONTAINER && container !== PACKED_CONTAINER)
        throw d.bad('RDB_BAD_QUICKLIST', `unknown quicklist container ${container}`);
    }
    if (i === 0) visitor.listStart(-1, nodes === 1 && hasContainers && container === PACKED_CONTAINER);
    const at = input.offset;
    if (container === PLAIN_CONTAINER) while (!input.readElement()) yield;
    else while (!input.readString()) yield;
    if (input.se === input.ss) throw d.bad('RDB_BAD_QUICKLIST', 'a quicklist node of zero bytes', at);
    if (container === PLAIN_CONTAINER) {
      elements++;
      if (packed) visitor.packed('quicklist-plain', input.sb, input.ss, input.se);
      else visitor.listElement(input.sb, input.ss, input.se);
      continue;
    }
    const cursor = hasContainers ? d.listpack : d.ziplist;
    cursor.open(input.sb, input.ss, input.se);
    if (packed) {
      elements += cursor.count < 0 ? 1 : cursor.count;
      visitor.packed(hasContainers ? 'quicklist-listpack' : 'quicklist-ziplist', input.sb, input.ss, input.se);
    } else {
      while (cursor.next()) {
        cursor.text();
        visitor.listElement(cursor.tb, cursor.ts, cursor.te);
      }
      elements += cursor.passed;
    }
  }
  if (elements === 0) d.empty = true;
}

const PLAIN_CONTAINER = 1;
const PACKED_CONTAINER = 2;

// ---- packed forms: the blob is the input's last string -----------------------------------------------------------

export function packedList(d: Decoding, cursor: PackedCursor, encoding: 'ziplist'): void {
  open(d, cursor);
  d.visitor.listStart(cursor.count, false);
  if (isWhole(d, cursor, encoding)) return;
  while (cursor.next()) {
    cursor.text();
    d.visitor.listElement(cursor.tb, cursor.ts, cursor.te);
  }
  if (cursor.passed === 0) d.empty = true;
}

export function packedSet(d: Decoding, cursor: PackedCursor, encoding: 'intset' | 'listpack'): void {
  open(d, cursor);
  d.visitor.setStart(cursor.count);
  if (isWhole(d, cursor, encoding)) return;
  const seen = newSeen(d);
  while (cursor.next()) {
    cursor.text();
    if (seen !== null && !seen.add(cursor.tb, cursor.ts, cursor.te)) throw repeatedPacked(cursor);
    d.visitor.setMember(cursor.tb, cursor.ts, cursor.te, null);
  }
  if (cursor.passed === 0) d.empty = true;
}

export function packedHash(d: Decoding, cursor: PackedCursor, encoding: 'zipmap' | 'ziplist' | 'listpack'): void {
  const { visitor } = d;
  open(d, cursor);
  visitor.hashStart(cursor.count < 0 ? -1 : cursor.count >> 1);
  if (isWhole(d, cursor, encoding)) return;
  const seen = newSeen(d);
  while (cursor.next()) {
    cursor.text();
    if (seen !== null && !seen.add(cursor.tb, cursor.ts, cursor.te)) throw repeatedPacked(cursor);
    const bytes = cursor.tb;
    const start = cursor.ts;
    const end = cursor.te;
    if (!cursor.next()) throw oddEntries(cursor);
    cursor.text();
    visitor.hashField(bytes, start, end, cursor.tb, cursor.ts, cursor.te, null);
  }
  if (cursor.passed === 0) d.empty = true;
  if (cursor === d.zipmap && d.zipmap.hasWideShort)
    d.warn('RDB_ZIPMAP_LENGTH', 'a zipmap has a short length in the long form, which servers since 2025 refuse');
}

export function packedZset(d: Decoding, cursor: PackedCursor, encoding: 'ziplist' | 'listpack'): void {
  const { visitor } = d;
  open(d, cursor);
  visitor.zsetStart(cursor.count < 0 ? -1 : cursor.count >> 1);
  if (isWhole(d, cursor, encoding)) return;
  const seen = newSeen(d);
  while (cursor.next()) {
    cursor.text();
    if (seen !== null && !seen.add(cursor.tb, cursor.ts, cursor.te)) throw repeatedPacked(cursor);
    const bytes = cursor.tb;
    const start = cursor.ts;
    const end = cursor.te;
    if (!cursor.next()) throw oddEntries(cursor);
    visitor.zsetMember(bytes, start, end, cursor.score('RDB_BAD_SCORE'));
  }
  if (cursor.passed === 0) d.empty = true;
}

/**
 * Types 23 and 25: a listpack of field, value, absolute expiry in milliseconds (0: none), in the order of expiry, fields without
 * one last.
 */
export function packedHashWithExpiry(d: Decoding): void {
  const { visitor } = d;
  const cursor = d.listpack;
  open(d, cursor);
  visitor.hashStart(cursor.count < 0 ? -1 : Math.floor(cursor.count / 3));
  if (isWhole(d, cursor, 'listpack')) return;
  const seen = newSeen(d);
  let previous = 0;
  while (cursor.next()) {
    cursor.text();
    if (seen !== null && !seen.add(cursor.tb, cursor.ts, cursor.te)) throw repeatedPacked(cursor);
    const fieldBytes = cursor.tb;
    const fieldStart = cursor.ts;
    const fieldEnd = cursor.te;
    if (!cursor.next()) throw oddEntries(cursor);
    cursor.text();
    const valueBytes = cursor.tb;
    const valueStart = cursor.ts;
    const valueEnd = cursor.te;
    if (!cursor.next()) throw oddEntries(cursor);
    if (!cursor.isInteger || cursor.isWide || cursor.integer < 0 || cursor.integer > MAX_FIELD_EXPIRY_MS) {
      throw new PackedFault('RDB_BAD_FIELD_EXPIRY', 'a hash field has an impossible expiry time', cursor.pos);
    }
    const expiry = cursor.integer === 0 ? Number.POSITIVE_INFINITY : cursor.integer;
    if (expiry < previous)
      throw new PackedFault('RDB_BAD_FIELD_EXPIRY', 'hash fields are not in the order of their expiry', cursor.pos);
    previous = expiry;
    visitor.hashField(
      fieldBytes,
      fieldStart,
      fieldEnd,
      valueBytes,
      valueStart,
      valueEnd,
      cursor.integer === 0 ? null : cursor.integer,
    );
  }
  if (cursor.passed === 0) d.empty = true;
}

/** Field expiry times are kept in 48 bits. */
const MAX_FIELD_EXPIRY_MS = 2 ** 48 - 1;

function open(d: Decoding, cursor: PackedCursor): void {
  cursor.open(d.input.sb, d.input.ss, d.input.se);
}

/** Hands the blob over whole to a consumer of packed values. */
function isWhole(d: Decoding, cursor: PackedCursor, encoding: 'ziplist' | 'listpack' | 'intset' | 'zipmap'): boolean {
  if (!d.packed) return false;
  if (cursor.count === 0) d.empty = true;
  d.visitor.packed(encoding, cursor.bytes, d.input.ss, d.input.se);
  return true;
}

function oddEntries(cursor: PackedCursor): PackedFault {
  return new PackedFault('RDB_BAD_HASH', `${cursor.passed} entries do not make whole pairs`, cursor.pos);
}

// ---- hashes whose fields expire, plain forms -----------------------------------------------------------------------

/**
 * Types 22 and 24 of the Redis dialect: (`len` ttl, `str` field, `str` value) * n. In type 24 a u64 with the earliest expiry
 * stands before the count and a ttl is relative to it: absolute = ttl + earliest − 1. A ttl of 0 means none.
 */
export function* hashWithExpiry(d: Decoding, isRelative: boolean): Rule {
  const { input, visitor } = d;
  let earliest = 0;
  if (isRelative) earliest = (yield* earliestExpiry(d)) - 1;
  const count = takeElementCount(d) ?? (yield* elementCount(d));
  visitor.hashStart(count);
  const seen = newSeen(d);
  for (let i = 0; i < count; i++) {
    let ttl = input.readLength();
    while (ttl < 0) {
      yield;
      ttl = input.readLength();
    }
    const expireAtMs = ttl === 0 ? null : ttl + earliest;
    if (expireAtMs !== null && (expireAtMs < 0 || expireAtMs > MAX_FIELD_EXPIRY_MS))
      throw d.bad('RDB_BAD_FIELD_EXPIRY', `a hash field has the impossible expiry time ${expireAtMs}`);
    while (!input.readElement()) yield;
    if (seen !== null && !seen.add(input.sb, input.ss, input.se)) throw repeatedPlain(d);
    let bytes = input.sb;
    let start = input.ss;
    let end = input.se;
    if (!input.readElement()) {
      bytes = bytes.slice(start, end);
      end -= start;
      start = 0;
      do yield;
      while (!input.readElement());
    }
    visitor.hashField(bytes, start, end, input.sb, input.ss, input.se, expireAtMs);
  }
}

/** The u64 before a hash of types 24 and 25. */
export function* earliestExpiry(d: Decoding): Rule<number> {
  const { input } = d;
  while (!input.readU64()) yield;
  const value = input.hi * 0x100000000 + input.lo;
  if (value > MAX_FIELD_EXPIRY_MS)
    throw d.bad('RDB_BAD_FIELD_EXPIRY', `the earliest field expiry ${value} is beyond 48 bits`);
  return value;
}

/** Valkey's HASH_2: `len` n, (`str` field, `str` value, i64 expiry in milliseconds, −1 for none) * n. */
export function* valkeyHash(d: Decoding): Rule {
  const { input, visitor } = d;
  const count = takeElementCount(d) ?? (yield* elementCount(d));
  visitor.hashStart(count);
  const seen = newSeen(d);
  for (let i = 0; i < count; i++) {
    while (!input.readElement()) yield;
    if (seen !== null && !seen.add(input.sb, input.ss, input.se)) throw repeatedPlain(d);
    let fieldBytes = input.sb;
    let fieldStart = input.ss;
    let fieldEnd = input.se;
    let hasValue = input.readElement();
    let valueBytes = input.sb;
    let valueStart = input.ss;
    let valueEnd = input.se;
    if (!hasValue || input.end - input.pos < 8) {
      fieldBytes = fieldBytes.slice(fieldStart, fieldEnd);
      fieldEnd -= fieldStart;
      fieldStart = 0;
      while (!hasValue) {
        yield;
        hasValue = input.readElement();
      }
      valueBytes = input.sb.slice(input.ss, input.se);
      valueStart = 0;
      valueEnd = input.se - input.ss;
      while (input.end - input.pos < 8) yield;
    }
    input.readU64();
    const hasNone = input.hi === 0xffffffff && input.lo === 0xffffffff;
    if (!hasNone && input.hi > 0x7fffffff)
      throw d.bad('RDB_BAD_FIELD_EXPIRY', 'a hash field has a negative expiry time');
    visitor.hashField(
      fieldBytes,
      fieldStart,
      fieldEnd,
      valueBytes,
      valueStart,
      valueEnd,
      hasNone ? null : int64FromWords(input.hi, input.lo),
    );
  }
}
