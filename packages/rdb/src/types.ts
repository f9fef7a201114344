/**
 * The value types of RDB, one row each: what the reader dispatches on and what a restorer needs to know of a type.
 *
 * Numbers and first versions as in `rdb.h` of Redis 1.3.6 … 8.10 and Valkey 7.2 … 9.2 (development).
 *
 * @module
 */
import type { Dialect } from './visitor.ts';

/** The types that users know. */
export type ValueKind = 'string' | 'list' | 'set' | 'zset' | 'hash' | 'stream' | 'module' | 'array';

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
  /** The dialect the number belongs to; `null` for the common ground (0–21). */
  readonly dialect: Dialect | null;
  /** Whether a DUMP payload may have it (template references need the file around them). */
  readonly restorable: boolean;
}

function row(
  code: number,
  name: string,
  kind: ValueKind,
  encoding: string,
  since: number,
  dialect: Dialect | null = null,
  restorable = true,
): ValueType {
  return { code, name, kind, encoding, since, dialect, restorable };
}

/** Every known value type. The numbers 22 and 23 mean different things in the two dialects. */
export const VALUE_TYPES: readonly ValueType[] = [
  row(0, 'STRING', 'string', 'raw', 1),
  row(1, 'LIST', 'list', 'linkedlist', 1),
  row(2, 'SET', 'set', 'hashtable', 1),
  row(3, 'ZSET', 'zset', 'skiplist', 1),
  row(4, 'HASH', 'hash', 'hashtable', 1),
  row(5, 'ZSET_2', 'zset', 'skiplist', 8),
  row(6, 'MODULE_PRE_GA', 'module', 'module', 8, null, false),
  row(7, 'MODULE_2', 'module', 'module', 8),
  row(9, 'HASH_ZIPMAP', 'hash', 'zipmap', 2),
  row(10, 'LIST_ZIPLIST', 'list', 'ziplist', 2),
  row(11, 'SET_INTSET', 'set', 'intset', 2),
  row(12, 'ZSET_ZIPLIST', 'zset', 'ziplist', 2),
  row(13, 'HASH_ZIPLIST', 'hash', 'ziplist', 4),
  row(14, 'LIST_QUICKLIST', 'list', 'quicklist', 7),
  row(15, 'STREAM_LISTPACKS', 'stream', 'stream', 9),
  row(16, 'HASH_LISTPACK', 'hash', 'listpack', 10),
  row(17, 'ZSET_LISTPACK', 'zset', 'listpack', 10),
  row(18, 'LIST_QUICKLIST_2', 'list', 'quicklist', 10),
  row(19, 'STREAM_LISTPACKS_2', 'stream', 'stream', 10),
  row(20, 'SET_LISTPACK', 'set', 'listpack', 11),
  row(21, 'STREAM_LISTPACKS_3', 'stream', 'stream', 11),
  row(22, 'HASH_METADATA_PRE_GA', 'hash', 'hashtable', 12, 'redis'),
  row(23, 'HASH_LISTPACK_EX_PRE_GA', 'hash', 'listpackex', 12, 'redis'),
  row(24, 'HASH_METADATA', 'hash', 'hashtable', 12, 'redis'),
  row(25, 'HASH_LISTPACK_EX', 'hash', 'listpackex', 12, 'redis'),
  row(26, 'STREAM_LISTPACKS_4', 'stream', 'stream', 13, 'redis'),
  row(27, 'STREAM_LISTPACKS_5', 'stream', 'stream', 14, 'redis'),
  row(28, 'ARRAY', 'array', 'sliced-array', 14, 'redis'),
  row(29, 'HASH_TMPL_LP', 'hash', 'listpack', 15, 'redis'),
  row(30, 'HASH_TMPL_LP_REF', 'hash', 'listpack', 15, 'redis', false),
  row(31, 'HASH_TMPL_ARRAY', 'hash', 'hashtable', 15, 'redis'),
  row(32, 'HASH_TMPL_ARRAY_REF', 'hash', 'hashtable', 15, 'redis', false),
  row(33, 'BITMAP', 'string', 'roaring', 16, 'redis'),
  row(22, 'HASH_2', 'hash', 'hashtable', 80, 'valkey'),
  row(23, 'PATH_HASH', 'hash', 'path-hash', 81, 'valkey'),
];

function tableOf(dialect: Dialect): readonly (ValueType | undefined)[] {
  const table = new Array<ValueType | undefined>(256).fill(undefined);
  for (const type of VALUE_TYPES) {
    if (type.dialect === null || type.dialect === dialect) table[type.code] = type;
  }
  return table;
}

const TABLES: Readonly<Record<Dialect, readonly (ValueType | undefined)[]>> = {
  redis: tableOf('redis'),
  valkey: tableOf('valkey'),
};

/** Looks up a type byte in a dialect; `undefined` when the dialect has no such type. */
export function valueType(code: number, dialect: Dialect): ValueType | undefined {
  return TABLES[dialect][code];
}

/** The highest RDB versions whose layout is known, by dialect. */
export const HIGHEST_VERSION: Readonly<Record<Dialect, number>> = { redis: 16, valkey: 81 };
