/** The rules by type byte: how a value is passed over and how it is decoded. One entry for each row of `VALUE_TYPES`. */
import type { Dialect } from '../visitor.ts';
import {
  asciiZset,
  binaryZset,
  earliestExpiry,
  hashWithExpiry,
  packedHash,
  packedHashWithExpiry,
  packedList,
  packedSet,
  packedZset,
  plainHash,
  plainList,
  plainSet,
  quicklist,
  valkeyHash,
} from './aggregates.ts';
import { array } from './arrays.ts';
import type { Decoding, Rule } from './decoding.ts';
import { moduleValue, skipModule } from './modules.ts';
import { length, number64 } from './primitives.ts';
import { bitmap } from './roaring.ts';
import {
  ASCII_DOUBLE,
  EIGHT_BYTES,
  LEN,
  type Part,
  STR,
  skipBytes,
  skipCounted,
  skipString,
  trySkipCounted,
} from './skip.ts';
import { skipStream, stream } from './streams.ts';
import { skipTemplateHash, templateHash } from './templates.ts';
import { gcraType } from './versions.ts';

export interface ValueRule {
  /** For values that are one string: decodes it, once read. Such values need no generator when they are in the window. */
  readonly ofString: ((d: Decoding) => void) | null;
  readonly decode: (d: Decoding) => Rule;
  /** Passes over a value that is in the window as a whole, or returns false with the position unchanged. */
  readonly trySkip: (d: Decoding) => boolean;
  readonly skip: (d: Decoding) => Rule;
}

const no = (): boolean => false;

function string(ofString: (d: Decoding) => void): ValueRule {
  return {
    ofString,
    *decode(d) {
      while (!d.input.readString()) yield;
      ofString(d);
    },
    trySkip: (d) => d.input.skipString(),
    skip: skipString,
  };
}

function counted(item: readonly Part[], decode: (d: Decoding) => Rule): ValueRule {
  return { ofString: null, decode, trySkip: (d) => trySkipCounted(d, item), skip: (d) => skipCounted(d, item) };
}

function other(decode: (d: Decoding) => Rule, skip: (d: Decoding) => Rule): ValueRule {
  return { ofString: null, decode, trySkip: no, skip };
}

/** A u64 before the value proper. */
function afterEightBytes(skip: (d: Decoding) => Rule): (d: Decoding) => Rule {
  return function* (d) {
    yield* skipBytes(d, 8);
    yield* skip(d);
  };
}

/** PATH_HASH (Valkey ≥ 9.2): `len` paths, (`str` path, `len` n, (`str` field, `str` value) * n) * paths. */
function* skipPathHash(d: Decoding): Rule {
  const paths = yield* length(d);
  if (paths === 0) d.empty = true;
  for (let i = 0; i < paths; i++) {
    if (!d.input.skipString()) yield* skipString(d);
    yield* skipCounted(d, [STR, STR]);
    if (d.empty) throw d.bad('RDB_BAD_HASH', 'a path without fields');
  }
}

/** No command is known that would rebuild it, so it is handed over as it stands at every level. */
function* opaquePathHash(d: Decoding): Rule {
  const { input } = d;
  const from = input.offset;
  input.mark = input.pos;
  const rest = skipPathHash(d);
  while (rest.next().done !== true) {
    if (input.offset + input.available - from > d.options.maxStringBytes) throw d.tooLong('a path hash');
    yield;
  }
  if (input.offset - from > d.options.maxStringBytes) throw d.tooLong('a path hash');
  d.visitor.raw(input.bytes, from - input.base, input.pos);
  input.mark = -1;
}

const common: Readonly<Record<number, ValueRule>> = {
  0: string((d) => d.visitor.string(d.input.sb, d.input.ss, d.input.se)),
  1: counted([STR], plainList),
  2: counted([STR], plainSet),
  3: counted([STR, ASCII_DOUBLE], asciiZset),
  4: counted([STR, STR], plainHash),
  5: counted([STR, EIGHT_BYTES], binaryZset),
  7: other(moduleValue, skipModule),
  9: string((d) => packedHash(d, d.zipmap, 'zipmap')),
  10: string((d) => packedList(d, d.ziplist, 'ziplist')),
  11: string((d) => packedSet(d, d.intset, 'intset')),
  12: string((d) => packedZset(d, d.ziplist, 'ziplist')),
  13: string((d) => packedHash(d, d.ziplist, 'ziplist')),
  14: counted([STR], (d) => quicklist(d, false)),
  15: other(
    (d) => stream(d, 1),
    (d) => skipStream(d, 1),
  ),
  16: string((d) => packedHash(d, d.listpack, 'listpack')),
  17: string((d) => packedZset(d, d.listpack, 'listpack')),
  18: counted([LEN, STR], (d) => quicklist(d, true)),
  19: other(
    (d) => stream(d, 2),
    (d) => skipStream(d, 2),
  ),
  20: string((d) => packedSet(d, d.listpack, 'listpack')),
  21: other(
    (d) => stream(d, 3),
    (d) => skipStream(d, 3),
  ),
};

const redis: Readonly<Record<number, ValueRule>> = {
  22: counted([LEN, STR, STR], (d) => hashWithExpiry(d, false)),
  23: string(packedHashWithExpiry),
  24: other(
    (d) => hashWithExpiry(d, true),
    afterEightBytes((d) => skipCounted(d, [LEN, STR, STR])),
  ),
  25: other(listpackHashWithEarliest, afterEightBytes(skipString)),
  26: other(
    (d) => stream(d, 4),
    (d) => skipStream(d, 4),
  ),
  27: other(
    (d) => stream(d, 5),
    (d) => skipStream(d, 5),
  ),
  28: other(
    (d) => array(d, false),
    (d) => array(d, true),
  ),
  29: other(
    (d) => templateHash(d, false, true),
    (d) => skipTemplateHash(d, false, true),
  ),
  30: other(
    (d) => templateHash(d, true, true),
    (d) => skipTemplateHash(d, true, true),
  ),
  31: other(
    (d) => templateHash(d, false, false),
    (d) => skipTemplateHash(d, false, false),
  ),
  32: other(
    (d) => templateHash(d, true, false),
    (d) => skipTemplateHash(d, true, false),
  ),
  33: other(bitmap, function* (d) {
    yield* number64(d);
    yield* skipString(d);
  }),
};

const valkey: Readonly<Record<number, ValueRule>> = {
  22: counted([STR, STR, EIGHT_BYTES], valkeyHash),
  23: other(opaquePathHash, skipPathHash),
};

/** Type 25: the earliest expiry, which the listpack tells again. */
function* listpackHashWithEarliest(d: Decoding): Rule {
  yield* earliestExpiry(d);
  while (!d.input.readString()) yield;
  packedHashWithExpiry(d);
}

function tableOf(own: Readonly<Record<number, ValueRule>>): readonly (ValueRule | undefined)[] {
  const table = new Array<ValueRule | undefined>(256).fill(undefined);
  for (const rules of [common, own]) {
    for (const [code, rule] of Object.entries(rules)) table[Number(code)] = rule;
  }
  return table;
}

/** By dialect, then by type byte. */
export const VALUE_RULES: Readonly<Record<Dialect, readonly (ValueRule | undefined)[]>> = {
  redis: tableOf(redis),
  valkey: tableOf(valkey),
};

const FIELD_EXPIRY_SINCE = 12;
const PATH_HASH_SINCE = 81;

/**
 * The rules for input of one version. Like the servers, it does not tie a type to the version that introduced it, except where
 * a number means, or may mean, something else in other versions: those are without a rule there.
 */
export function rulesOf(dialect: Dialect, version: number): readonly (ValueRule | undefined)[] {
  if (dialect === 'valkey') return version < PATH_HASH_SINCE ? VALKEY_WITHOUT_PATH_HASH : VALUE_RULES.valkey;
  if (version < FIELD_EXPIRY_SINCE) return REDIS_WITHOUT_FIELD_EXPIRY;
  const gcra = gcraType(version);
  return gcra === undefined ? VALUE_RULES.redis : VALUE_RULES.redis.with(gcra, undefined);
}

const REDIS_WITHOUT_FIELD_EXPIRY = VALUE_RULES.redis.with(22, undefined).with(23, undefined);
const VALKEY_WITHOUT_PATH_HASH = VALUE_RULES.valkey.with(23, undefined);
