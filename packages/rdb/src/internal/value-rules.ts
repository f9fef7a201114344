/** The rules by type byte: how a value is passed over and how it is decoded. One entry for each row of `VALUE_TYPES`. */
import { baseOf, DIALECT_NAMES } from '../dialects.ts';
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
import { hashWithExpiry as hashWithSeconds, json, setWithExpiry } from './dragonfly-values.ts';
import { isEmptyListpack, isEmptyQuicklist, isEmptyQuicklist2, isEmptyZiplist } from './empty-blobs.ts';
import { moduleValue, skipModule } from './modules.ts';
import { opaque, skipCms, skipCron, skipCuckoo, skipPathHash, skipSbf, skipSbf2, skipTopK } from './opaque.ts';
import { number64 } from './primitives.ts';
import { bitmap } from './roaring.ts';
import { rorBitmap, skipRorBitmap } from './ror-values.ts';
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
import { skipStream, stream, trySkipStream } from './streams.ts';
import { skipTemplateHash, templateHash } from './templates.ts';
import { gcraType } from './versions.ts';

export interface ValueRule {
  /** For values that are one string: decodes it, once read. Such values need no generator when they are in the window. */
  readonly ofString: ((d: Decoding) => void) | null;
  readonly decode: (d: Decoding) => Rule;
  /** Passes over a value that is in the window as a whole, or returns false with the position unchanged. */
  readonly trySkip: (d: Decoding) => boolean;
  readonly skip: (d: Decoding) => Rule;
  /** The value has no form but the raw one, and is gathered whatever its size. */
  readonly isRawOnly: boolean;
  /** Whether a raw value has no elements although that costs a look into a blob. */
  readonly isEmptyRaw: EmptyTest | null;
}

/** Whether `bytes[start, end)` is a value without elements. */
type EmptyTest = (bytes: Uint8Array, start: number, end: number) => boolean;

const no = (): boolean => false;
const PLAIN = { ofString: null, isRawOnly: false, isEmptyRaw: null };

function string(ofString: (d: Decoding) => void, isEmptyRaw: EmptyTest | null = null): ValueRule {
  return {
    ...PLAIN,
    isEmptyRaw,
    ofString,
    *decode(d) {
      while (!d.input.readString()) yield;
      ofString(d);
    },
    trySkip: (d) => d.input.skipString(),
    skip: skipString,
  };
}

function counted(item: readonly Part[], decode: (d: Decoding) => Rule, isEmptyRaw: EmptyTest | null = null): ValueRule {
  return { ...PLAIN, isEmptyRaw, decode, trySkip: (d) => trySkipCounted(d, item), skip: (d) => skipCounted(d, item) };
}

function other(decode: (d: Decoding) => Rule, skip: (d: Decoding) => Rule): ValueRule {
  return { ...PLAIN, decode, trySkip: no, skip };
}

function streamOf(version: 1 | 2 | 3 | 4 | 5): ValueRule {
  return {
    ...PLAIN,
    decode: (d) => stream(d, version),
    trySkip: (d) => trySkipStream(d, version),
    skip: (d) => skipStream(d, version),
  };
}

/** A value that is raw at every level. */
function rawOnly(skip: (d: Decoding) => Rule, what: string): ValueRule {
  return { ...PLAIN, isRawOnly: true, decode: opaque(skip, what), trySkip: no, skip };
}

/** A u64 before the value proper. */
function afterEightBytes(skip: (d: Decoding) => Rule): (d: Decoding) => Rule {
  return function* (d) {
    yield* skipBytes(d, 8);
    yield* skip(d);
  };
}

const common: Readonly<Record<number, ValueRule>> = {
  0: string((d) => d.visitor.string(d.input.sb, d.input.ss, d.input.se)),
  1: counted([STR], plainList),
  2: counted([STR], plainSet),
  3: counted([STR, ASCII_DOUBLE], asciiZset),
  4: counted([STR, STR], plainHash),
  5: counted([STR, EIGHT_BYTES], binaryZset),
  7: { ...other(moduleValue, skipModule), isRawOnly: true },
  9: string((d) => packedHash(d, d.zipmap, 'zipmap')),
  10: string((d) => packedList(d, d.ziplist, 'ziplist'), isEmptyZiplist),
  11: string((d) => packedSet(d, d.intset, 'intset')),
  12: string((d) => packedZset(d, d.ziplist, 'ziplist'), isEmptyZiplist),
  13: string((d) => packedHash(d, d.ziplist, 'ziplist'), isEmptyZiplist),
  14: counted([STR], (d) => quicklist(d, false), isEmptyQuicklist),
  15: streamOf(1),
  16: string((d) => packedHash(d, d.listpack, 'listpack'), isEmptyListpack),
  17: string((d) => packedZset(d, d.listpack, 'listpack'), isEmptyListpack),
  18: counted([LEN, STR], (d) => quicklist(d, true), isEmptyQuicklist2),
  19: streamOf(2),
  20: string((d) => packedSet(d, d.listpack, 'listpack'), isEmptyListpack),
  21: streamOf(3),
};

const redis: Readonly<Record<number, ValueRule>> = {
  22: counted([LEN, STR, STR], (d) => hashWithExpiry(d, false)),
  23: string(packedHashWithExpiry, isEmptyListpack),
  24: other(
    (d) => hashWithExpiry(d, true),
    afterEightBytes((d) => skipCounted(d, [LEN, STR, STR])),
  ),
  25: {
    ...other(listpackHashWithEarliest, afterEightBytes(skipString)),
    isEmptyRaw: (bytes, start, end) => isEmptyListpack(bytes, start + 8, end),
  },
  26: streamOf(4),
  27: streamOf(5),
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
  23: rawOnly(skipPathHash, 'a path hash'),
};

const dragonfly: Readonly<Record<number, ValueRule>> = {
  20: other(json, skipString),
  30: other(json, skipString),
  31: counted([STR, STR, STR], hashWithSeconds),
  32: counted([STR, STR], setWithExpiry),
  33: rawOnly(skipSbf, 'a Bloom filter'),
  34: rawOnly(skipSbf2, 'a Bloom filter'),
  35: rawOnly(skipCms, 'a count-min sketch'),
  36: rawOnly(skipTopK, 'a top-k list'),
  37: rawOnly(skipCuckoo, 'a cuckoo filter'),
};

const keydb: Readonly<Record<number, ValueRule>> = {
  64: rawOnly(skipCron, 'a cron job'),
};

const rorBitmapRule = other(rorBitmap, skipRorBitmap);

/** Type 25: the earliest expiry, which the listpack tells again. */
function* listpackHashWithEarliest(d: Decoding): Rule {
  yield* earliestExpiry(d);
  while (!d.input.readString()) yield;
  packedHashWithExpiry(d);
}

const OWN: Readonly<Record<Dialect, Readonly<Record<number, ValueRule>>>> = {
  redis,
  valkey,
  dragonfly,
  keydb,
  enterprise: {},
  'ror-6.2': { 16: rorBitmapRule },
  'ror-8.2': { 26: rorBitmapRule, 192: rorBitmapRule },
};

function tableOf(dialect: Dialect): readonly (ValueRule | undefined)[] {
  const table = new Array<ValueRule | undefined>(256).fill(undefined);
  const base = baseOf(dialect);
  for (const rules of [common, base === null ? {} : OWN[base], OWN[dialect]]) {
    for (const [code, rule] of Object.entries(rules)) table[Number(code)] = rule;
  }
  return table;
}

/** By dialect, then by type byte. */
export const VALUE_RULES = Object.fromEntries(
  DIALECT_NAMES.map((dialect) => [dialect, tableOf(dialect)]),
) as unknown as Readonly<Record<Dialect, readonly (ValueRule | undefined)[]>>;

/** What Redis added from here on has numbers that Dragonfly and Redis-On-Rocks use in files of lower versions. */
const FIELD_EXPIRY_SINCE = 12;
const STREAMS_4_SINCE = 13;
const PATH_HASH_SINCE = 81;
/** Before, the number was JSON for Dragonfly, and nothing for others. */
const SET_LISTPACK_SINCE = 10;

/**
 * The rules for input of one version. Like the servers, it does not tie a type to the version that introduced it, except where
 * a number means, or may mean, something else in other versions: those are without a rule there.
 */
export function rulesOf(dialect: Dialect, version: number): readonly (ValueRule | undefined)[] {
  const rules = VALUE_RULES[dialect];
  const without = (...codes: readonly number[]): readonly (ValueRule | undefined)[] =>
    codes.reduce<readonly (ValueRule | undefined)[]>((table, code) => table.with(code, undefined), rules);
  switch (dialect) {
    case 'valkey':
      return version < PATH_HASH_SINCE ? without(PATH_HASH) : rules;
    case 'dragonfly':
      return version < SET_LISTPACK_SINCE ? rules : rules.with(SET_LISTPACK, common[SET_LISTPACK]);
    case 'redis':
    case 'enterprise': {
      const foreign = version < FIELD_EXPIRY_SINCE ? Object.keys(redis).map(Number) : [];
      if (version < SET_LISTPACK_SINCE) foreign.push(SET_LISTPACK);
      if (version < STREAMS_4_SINCE) foreign.push(STREAM_4);
      const gcra = gcraType(version);
      if (gcra !== undefined) foreign.push(gcra);
      return foreign.length > 0 ? without(...foreign) : rules;
    }
    default:
      return rules;
  }
}

const SET_LISTPACK = 20;
const STREAM_4 = 26;
const PATH_HASH = 23;
