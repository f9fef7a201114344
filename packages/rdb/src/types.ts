/**
 * The value types of RDB, one row each: what the reader dispatches on and what a restorer needs to know of a type.
 *
 * Numbers and first versions as in `rdb.h` of Redis 1.3.6 … 8.10 and Valkey 7.2 … 9.2 (development), in `rdb_extensions.h` of
 * Dragonfly up to 1.40, in KeyDB 6.3.4 and in Redis-On-Rocks 2.2.5.
 *
 * @module
 */
import { baseOf, DIALECT_NAMES } from './dialects.ts';
import type { Dialect } from './visitor.ts';

/**
 * The types that users know. `module` stands for all that are none of Redis itself: values of modules, and what Dragonfly and
 * KeyDB have besides.
 */
export type ValueKind = 'string' | 'list' | 'set' | 'zset' | 'hash' | 'stream' | 'module' | 'array';

/**
 * What becomes of a value: it is `decoded` into its elements; it is `opaque`, delivered as raw bytes at every level but `skip`; or
 * its end cannot be found and reading is `refused`.
 */
export type Support = 'decoded' | 'opaque' | 'refused';

/** One row of the table of value types. */
export interface ValueType {
  readonly code: number;
  /** The servers' name, without `RDB_TYPE_`. */
  readonly name: string;
  readonly kind: ValueKind;
  /** What `OBJECT ENCODING` of the writing server says, or the nearest word. */
  readonly encoding: string;
  /** First RDB version with this type, in its dialect. */
  readonly since: number;
  /** First release that wrote it. */
  readonly release: string;
  /** The dialect the number belongs to; `null` for the common ground (0–21). */
  readonly dialect: Dialect | null;
  /** Whether a DUMP payload may have it (template references need the file around them). */
  readonly restorable: boolean;
  readonly support: Support;
}

function row(
  code: number,
  name: string,
  kind: ValueKind,
  encoding: string,
  since: number,
  release: string,
  dialect: Dialect | null = null,
  { restorable = true, support = 'decoded' }: Partial<Pick<ValueType, 'restorable' | 'support'>> = {},
): ValueType {
  return { code, name, kind, encoding, since, release, dialect, restorable, support };
}

/** Every known value type. A number may stand for different types in different dialects. */
export const VALUE_TYPES: readonly ValueType[] = [
  row(0, 'STRING', 'string', 'raw', 1, 'Redis 1.0', null),
  row(1, 'LIST', 'list', 'linkedlist', 1, 'Redis 1.0', null),
  row(2, 'SET', 'set', 'hashtable', 1, 'Redis 1.0', null),
  row(3, 'ZSET', 'zset', 'skiplist', 1, 'Redis 1.0', null),
  row(4, 'HASH', 'hash', 'hashtable', 1, 'Redis 1.0', null),
  row(5, 'ZSET_2', 'zset', 'skiplist', 8, 'Redis 4.0', null),
  row(6, 'MODULE_PRE_GA', 'module', 'module', 8, 'Redis 4.0-rc1', null, { restorable: false, support: 'refused' }),
  row(7, 'MODULE_2', 'module', 'module', 8, 'Redis 4.0', null),
  row(9, 'HASH_ZIPMAP', 'hash', 'zipmap', 2, 'Redis 2.4', null),
  row(10, 'LIST_ZIPLIST', 'list', 'ziplist', 2, 'Redis 2.4', null),
  row(11, 'SET_INTSET', 'set', 'intset', 2, 'Redis 2.4', null),
  row(12, 'ZSET_ZIPLIST', 'zset', 'ziplist', 2, 'Redis 2.4', null),
  row(13, 'HASH_ZIPLIST', 'hash', 'ziplist', 4, 'Redis 2.6', null),
  row(14, 'LIST_QUICKLIST', 'list', 'quicklist', 7, 'Redis 3.2', null),
  row(15, 'STREAM_LISTPACKS', 'stream', 'stream', 9, 'Redis 5.0', null),
  row(16, 'HASH_LISTPACK', 'hash', 'listpack', 10, 'Redis 7.0', null),
  row(17, 'ZSET_LISTPACK', 'zset', 'listpack', 10, 'Redis 7.0', null),
  row(18, 'LIST_QUICKLIST_2', 'list', 'quicklist', 10, 'Redis 7.0', null),
  row(19, 'STREAM_LISTPACKS_2', 'stream', 'stream', 10, 'Redis 7.0', null),
  row(20, 'SET_LISTPACK', 'set', 'listpack', 11, 'Redis 7.2', null),
  row(21, 'STREAM_LISTPACKS_3', 'stream', 'stream', 11, 'Redis 7.2', null),
  row(22, 'HASH_METADATA_PRE_GA', 'hash', 'hashtable', 12, 'Redis 7.4-rc1', 'redis'),
  row(23, 'HASH_LISTPACK_EX_PRE_GA', 'hash', 'listpackex', 12, 'Redis 7.4-rc1', 'redis'),
  row(24, 'HASH_METADATA', 'hash', 'hashtable', 12, 'Redis 7.4', 'redis'),
  row(25, 'HASH_LISTPACK_EX', 'hash', 'listpackex', 12, 'Redis 7.4', 'redis'),
  row(26, 'STREAM_LISTPACKS_4', 'stream', 'stream', 13, 'Redis 8.6', 'redis'),
  row(27, 'STREAM_LISTPACKS_5', 'stream', 'stream', 14, 'Redis 8.8', 'redis'),
  row(28, 'ARRAY', 'array', 'sliced-array', 14, 'Redis 8.8', 'redis'),
  row(29, 'HASH_TMPL_LP', 'hash', 'listpack', 15, 'Redis 8.10', 'redis'),
  row(30, 'HASH_TMPL_LP_REF', 'hash', 'listpack', 15, 'Redis 8.10', 'redis', { restorable: false }),
  row(31, 'HASH_TMPL_ARRAY', 'hash', 'hashtable', 15, 'Redis 8.10', 'redis'),
  row(32, 'HASH_TMPL_ARRAY_REF', 'hash', 'hashtable', 15, 'Redis 8.10', 'redis', { restorable: false }),
  row(33, 'BITMAP', 'string', 'roaring', 16, 'Redis 8.12', 'redis'),
  row(22, 'HASH_2', 'hash', 'hashtable', 80, 'Valkey 9.0', 'valkey'),
  row(23, 'PATH_HASH', 'hash', 'path-hash', 81, 'Valkey 9.2', 'valkey', { support: 'opaque' }),
  row(20, 'JSON_OLD', 'module', 'json', 9, 'Dragonfly 0.14', 'dragonfly'),
  row(30, 'JSON', 'module', 'json', 9, 'Dragonfly 1.15', 'dragonfly'),
  row(31, 'HASH_WITH_EXPIRY', 'hash', 'hashtable', 9, 'Dragonfly 1.13', 'dragonfly'),
  row(32, 'SET_WITH_EXPIRY', 'set', 'hashtable', 9, 'Dragonfly 1.13', 'dragonfly'),
  row(33, 'SBF', 'module', 'bloom', 9, 'Dragonfly 1.17', 'dragonfly', { support: 'opaque' }),
  row(34, 'SBF2', 'module', 'bloom', 9, 'Dragonfly 1.35', 'dragonfly', { support: 'opaque' }),
  row(35, 'CMS', 'module', 'count-min', 9, 'Dragonfly 1.38', 'dragonfly', { support: 'opaque' }),
  row(36, 'TOPK', 'module', 'top-k', 9, 'Dragonfly 1.38', 'dragonfly', { support: 'opaque' }),
  row(37, 'CUCKOO', 'module', 'cuckoo', 9, 'Dragonfly 1.40', 'dragonfly', { support: 'opaque' }),
  row(64, 'CRON', 'module', 'cron', 9, 'KeyDB 6.3', 'keydb', { support: 'opaque' }),
  row(16, 'ROR_BITMAP', 'string', 'bitmap', 9, 'Redis-On-Rocks 6.2', 'ror-6.2'),
  row(26, 'ROR_BITMAP', 'string', 'bitmap', 12, 'Redis-On-Rocks 8.2', 'ror-8.2'),
  row(192, 'ROR_BITMAP', 'string', 'bitmap', 12, 'Redis-On-Rocks 8.2', 'ror-8.2'),
];

/** The types of a dialect: the common ones, those of the dialect it builds on, and its own, which come last. */
function rowsOf(dialect: Dialect): ValueType[] {
  return [null, baseOf(dialect), dialect].flatMap((owner, i) =>
    i === 1 && owner === null ? [] : VALUE_TYPES.filter((type) => type.dialect === owner),
  );
}

const TABLES = Object.fromEntries(
  DIALECT_NAMES.map((dialect) => {
    const table = new Array<ValueType | undefined>(256).fill(undefined);
    for (const type of rowsOf(dialect)) table[type.code] = type;
    return [dialect, table];
  }),
) as unknown as Readonly<Record<Dialect, readonly (ValueType | undefined)[]>>;

/** Looks up a type byte in a dialect; `undefined` when the dialect has no such type. */
export function valueType(code: number, dialect: Dialect): ValueType | undefined {
  return TABLES[dialect][code];
}

/** The types of a dialect, by number. */
export function valueTypesOf(dialect: Dialect): readonly ValueType[] {
  return TABLES[dialect].filter((type) => type !== undefined);
}
