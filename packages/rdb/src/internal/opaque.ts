/** Values that no command rebuilds element by element: handed over as they stand, at every level. */
import type { Decoding, Rule } from './decoding.ts';
import { length, number64 } from './primitives.ts';
import { EIGHT_BYTES, LEN, type Part, STR, skipBytes, skipCounted, skipParts, skipString } from './skip.ts';

/** A rule that delivers a value raw. It is gathered in the window for that. */
export function opaque(skip: (d: Decoding) => Rule, what: string): (d: Decoding) => Rule {
  return function* (d) {
    const { input } = d;
    const from = input.offset;
    input.mark = input.pos;
    const rest = skip(d);
    while (rest.next().done !== true) {
      if (input.offset + input.available - from > d.options.maxStringBytes) throw d.tooLong(what, from);
      yield;
    }
    if (input.offset - from > d.options.maxStringBytes) throw d.tooLong(what, from);
    d.rawOffset = from;
    d.visitor.raw(input.bytes, from - input.base, input.pos);
    input.mark = -1;
  };
}

/** PATH_HASH (Valkey ≥ 9.2): `len` paths, (`str` path, `len` n, (`str` field, `str` value) * n) * paths. */
export function* skipPathHash(d: Decoding): Rule {
  const paths = yield* length(d);
  if (paths === 0) d.empty = true;
  for (let i = 0; i < paths; i++) {
    if (!d.input.skipString()) yield* skipString(d);
    yield* skipCounted(d, [STR, STR]);
    if (d.empty) throw d.bad('RDB_BAD_HASH', 'a path without fields');
  }
}

/** KeyDB's CRON: `str` script, i64 start, i64 interval, `len` k, `str` key * k, `len` a, `str` argument * a. */
export function* skipCron(d: Decoding): Rule {
  yield* skipParts(d, 1, [STR, EIGHT_BYTES, EIGHT_BYTES]);
  for (let list = 0; list < 2; list++) yield* skipParts(d, yield* length(d), [STR]);
}

const SBF_HEAD: readonly Part[] = [LEN, EIGHT_BYTES, EIGHT_BYTES, LEN, LEN, LEN];

/**
 * Dragonfly's SBF, a scalable Bloom filter: `len` options, f64 growth, f64 error rate, `len` previous size, `len` current size,
 * `len` capacity, `len` n, (`len` hash functions, `str` bits) * n.
 */
export function* skipSbf(d: Decoding): Rule {
  yield* skipParts(d, 1, SBF_HEAD);
  yield* skipParts(d, yield* length(d), [LEN, STR]);
}

/** SBF2: as SBF, with the bits of a filter in pieces. */
export function* skipSbf2(d: Decoding): Rule {
  yield* skipParts(d, 1, SBF_HEAD);
  const filters = yield* length(d);
  for (let i = 0; i < filters; i++) {
    yield* number64(d);
    yield* skipPieces(d);
  }
}

/** `len` total, then until that many bytes have come: `len` size, bytes. */
function* skipPieces(d: Decoding): Rule {
  const total = yield* length(d);
  for (let left = total; left > 0; ) {
    const at = d.input.offset;
    const size = yield* length(d);
    if (size === 0 || size > left)
      throw d.bad('RDB_BAD_FILTER', `a piece of ${size} bytes where ${left} of a filter are left`, at);
    yield* skipBytes(d, size);
    left -= size;
  }
}

/** Dragonfly's CMS, a count-min sketch: `len` width, `len` depth, `len` total, i64 * (width · depth). */
export function* skipCms(d: Decoding): Rule {
  const at = d.input.offset;
  const width = yield* length(d);
  const depth = yield* length(d);
  yield* number64(d);
  const bytes = width * depth * 8;
  if (bytes === 0 || !Number.isSafeInteger(bytes))
    throw d.bad('RDB_BAD_FILTER', `a sketch of ${width} by ${depth} counters`, at);
  yield* skipBytes(d, bytes);
}

/**
 * Dragonfly's TOPK: `len` options, `len` k, `len` width, `len` depth, f64 decay, `len` m, (`str` item, `len` count) * m, `str`
 * counters (u32 * (width · depth)).
 */
export function* skipTopK(d: Decoding): Rule {
  yield* number64(d);
  const k = yield* length(d);
  const width = yield* length(d);
  const depth = yield* length(d);
  yield* skipBytes(d, 8);
  const at = d.input.offset;
  const items = yield* length(d);
  if (items > k) throw d.bad('RDB_BAD_FILTER', `${items} items where ${k} are the most`, at);
  yield* skipParts(d, items, [STR, LEN]);
  const countersAt = d.input.offset;
  const bytes = yield* stringLength(d);
  if (bytes !== width * depth * 4)
    throw d.bad('RDB_BAD_FILTER', `counters of ${bytes} bytes for a table of ${width} by ${depth}`, countersAt);
}

/** Passes over a string and returns its length. */
function* stringLength(d: Decoding): Rule<number> {
  const { input } = d;
  let stored = input.readStringHead();
  while (stored < 0) {
    yield;
    stored = input.readStringHead();
  }
  const result = input.uncompressed < 0 ? stored : input.uncompressed;
  yield* skipBytes(d, stored);
  return result;
}

/**
 * Dragonfly's cuckoo filter: `len` slots of a bucket, `len` iterations, `len` expansion, `len` buckets, `len` items, `len`
 * deletes, `len` f, filters in pieces * f.
 */
export function* skipCuckoo(d: Decoding): Rule {
  yield* skipParts(d, 1, [LEN, LEN, LEN, LEN, LEN, LEN]);
  const filters = yield* length(d);
  for (let i = 0; i < filters; i++) yield* skipPieces(d);
}
