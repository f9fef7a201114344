/**
 * The dialects of RDB: which products write which of them, how they are told apart, and their opcodes.
 *
 * @module
 */
import type { Dialect } from './visitor.ts';

/** One row of the table of dialects. */
export interface DialectInfo {
  readonly name: Dialect;
  /** Who writes it. */
  readonly products: string;
  /** The dialect whose types and opcodes it has besides its own. */
  readonly base: Dialect | null;
  /** The highest RDB version whose layout is known. */
  readonly highestVersion: number;
  /** How a file shows that it is one, in words. */
  readonly toldBy: string;
}

/** Every known dialect. */
export const DIALECTS: readonly DialectInfo[] = [
  {
    name: 'redis',
    products:
      'Redis; Valkey up to 8.1; exports of ElastiCache, MemoryDB, Memorystore and Azure; Tair, Tencent and Aliyun, whose own types are modules',
    base: null,
    highestVersion: 16,
    toldBy: 'the magic `REDIS`, and nothing that points to another one',
  },
  { name: 'valkey', products: 'Valkey from 9.0 on', base: null, highestVersion: 81, toldBy: 'the magic `VALKEY`' },
  {
    name: 'dragonfly',
    products: 'Dragonfly: its RDB files, and the files of its DFS sets',
    base: null,
    highestVersion: 12,
    toldBy:
      'the AUX fields `df-ver` (since 1.26), `snapshot-id`, `shard-id`, `shard-count`, `search-index`, or an opcode of its own before any key',
  },
  {
    name: 'keydb',
    products: 'KeyDB',
    base: null,
    highestVersion: 9,
    toldBy: 'a `redis-ver` of 6.3, which Redis never had, or the AUX fields `repl-masters`, `mvcc-tstamp`',
  },
  {
    name: 'enterprise',
    products: 'Redis Enterprise, Redis Cloud',
    base: 'redis',
    highestVersion: 16,
    toldBy: 'nothing; to be named',
  },
  {
    name: 'ror-6.2',
    products: 'Redis-On-Rocks (ctrip) on Redis 6.2, with bitmaps encoded',
    base: null,
    highestVersion: 9,
    toldBy: 'the AUX field `rordb`; to be named when a file has bitmaps only',
  },
  {
    name: 'ror-8.2',
    products: 'Redis-On-Rocks (ctrip) on Redis 8.2, with bitmaps encoded',
    base: 'redis',
    highestVersion: 12,
    toldBy: 'the AUX field `rordb`; to be named when a file has bitmaps only',
  },
];

/** A product and the backups that it makes. */
export interface Product {
  readonly name: string;
  /** `null` when it makes no RDB. */
  readonly dialect: Dialect | null;
  /** What to know of its backups. */
  readonly note: string;
}

/** Products of the family. */
export const PRODUCTS: readonly Product[] = [
  { name: 'Redis', dialect: 'redis', note: 'from 1.3.6 to 8.12 (development)' },
  { name: 'Valkey 7.2 to 8.1', dialect: 'redis', note: 'RDB versions of Redis 7.2' },
  { name: 'Valkey 9.0 and later', dialect: 'valkey', note: 'also the compressed stream `VKCS` of 9.2 (development)' },
  {
    name: 'Dragonfly',
    dialect: 'dragonfly',
    note: 'RDB files, and DFS sets: a summary and a file for each shard, any of which stands for all',
  },
  { name: 'KeyDB', dialect: 'keydb', note: 'expiry of members stands in AUX fields behind their key' },
  {
    name: 'Redis Enterprise, Redis Cloud',
    dialect: 'enterprise',
    note: 'exports are plain RDB files as a rule; the dialect is for those with records of its own',
  },
  {
    name: 'Redis-On-Rocks (ctrip)',
    dialect: 'ror-8.2',
    note: '`ror-6.2` for the line on Redis 6.2; plain RDB files unless bitmaps are encoded; values on disk cannot be read',
  },
  {
    name: 'Tair, ApsaraDB, Aliyun',
    dialect: 'redis',
    note: 'own types are values of the modules `exstrtype`, `tairhash-`, `tairzset_`: opaque, restored where the modules are',
  },
  { name: 'Tencent Cloud, Codis, twemproxy', dialect: 'redis', note: 'plain RDB files, one for each shard' },
  {
    name: 'ElastiCache, MemoryDB, Memorystore, Azure',
    dialect: 'redis',
    note: 'plain RDB files of the engine that is run, one for each shard',
  },
  {
    name: 'Kvrocks',
    dialect: null,
    note: 'loads RDB files, writes none: its backups are checkpoints of RocksDB. `kvrocks2redis` makes commands of them',
  },
  {
    name: 'Pika',
    dialect: null,
    note: 'files of RocksDB and a log of its own; its own tools move data to Redis',
  },
];

/** The names of the dialects. */
export const DIALECT_NAMES: readonly Dialect[] = DIALECTS.map(({ name }) => name);

const BY_NAME = Object.fromEntries(DIALECTS.map((info) => [info.name, info])) as Readonly<Record<Dialect, DialectInfo>>;

export function baseOf(dialect: Dialect): Dialect | null {
  return BY_NAME[dialect].base;
}

/** The highest RDB version of a dialect whose layout is known. */
export function highestVersionOf(dialect: Dialect): number {
  return BY_NAME[dialect].highestVersion;
}

/** What becomes of a record: it is `read`, passed over (`skipped`), or reading ends with an error (`refused`). */
export type RecordSupport = 'read' | 'skipped' | 'refused';

/** One row of the table of opcodes. */
export interface Opcode {
  readonly code: number;
  readonly name: string;
  /** The dialect the number belongs to; `null` for the common ground. */
  readonly dialect: Dialect | null;
  /** First RDB version with it; before, the number has no meaning. */
  readonly since: number;
  /** First release that wrote it. */
  readonly release: string;
  readonly support: RecordSupport;
  /** What it carries. */
  readonly content: string;
}

function row(
  code: number,
  name: string,
  since: number,
  release: string,
  support: RecordSupport,
  content: string,
  dialect: Dialect | null = null,
): Opcode {
  return { code, name, dialect, since, release, support, content };
}

/** Every known opcode. Those of the common ground have been accepted in files of all versions, as the servers do. */
export const OPCODES: readonly Opcode[] = [
  row(255, 'EOF', 1, 'Redis 1.0', 'read', 'the end; the checksum follows from version 5 on'),
  row(254, 'SELECTDB', 1, 'Redis 1.0', 'read', 'number of the database'),
  row(253, 'EXPIRETIME', 1, 'Redis 1.0', 'read', 'expiry of the next key, in seconds'),
  row(252, 'EXPIRETIME_MS', 1, 'Redis 2.6', 'read', 'expiry of the next key, in milliseconds'),
  row(251, 'RESIZEDB', 1, 'Redis 3.2', 'read', 'numbers of keys'),
  row(250, 'AUX', 1, 'Redis 3.2', 'read', 'a field with its value'),
  row(249, 'FREQ', 1, 'Redis 5.0', 'read', 'LFU counter of the next key'),
  row(248, 'IDLE', 1, 'Redis 5.0', 'read', 'idle time of the next key'),
  row(247, 'MODULE_AUX', 1, 'Redis 6.0', 'read', 'data of a module outside of keys'),
  row(246, 'FUNCTION_PRE_GA', 1, 'Redis 7.0-rc1', 'read', 'a function library'),
  row(245, 'FUNCTION2', 1, 'Redis 7.0', 'read', 'a function library'),
  row(244, 'SLOT_INFO', 1, 'Redis 7.4', 'read', 'numbers of keys in a slot'),
  row(243, 'KEY_META', 13, 'Redis 8.6', 'read', 'data that modules attached to the next key', 'redis'),
  row(242, 'HASH_TEMPLATE', 15, 'Redis 8.10', 'read', 'field names that hashes share', 'redis'),
  row(241, 'KEY_NOEVICT', 1, 'Redis 8.12', 'refused', 'a mark of the next key; the layout is not settled', 'redis'),
  row(243, 'SLOT_IMPORT', 80, 'Valkey 9.0', 'read', 'slots that are being imported', 'valkey'),
  row(242, 'UPDATE', 81, 'Valkey 9.2', 'refused', 'a command, in a synchronisation without fork', 'valkey'),
  row(200, 'FULLSYNC_END', 9, 'Dragonfly 0.12', 'skipped', 'a mark of replication', 'dragonfly'),
  row(201, 'COMPRESSED_ZSTD', 9, 'Dragonfly 0.12', 'read', 'records in a zstd frame', 'dragonfly'),
  row(202, 'COMPRESSED_LZ4', 9, 'Dragonfly 0.13', 'read', 'records in an LZ4 frame', 'dragonfly'),
  row(203, 'COMPRESSED_BLOB_END', 9, 'Dragonfly 0.12', 'skipped', 'nothing', 'dragonfly'),
  row(
    210,
    'JOURNAL_BLOB',
    9,
    'Dragonfly 1.0',
    'skipped',
    'commands that came after the snapshot, in replication',
    'dragonfly',
  ),
  row(211, 'JOURNAL_OFFSET', 9, 'Dragonfly 1.10', 'skipped', 'a place in the journal', 'dragonfly'),
  row(220, 'DF_MASK', 9, 'Dragonfly 1.13', 'read', 'sticky, and memcached flags, of the next key', 'dragonfly'),
  row(222, 'VECTOR_INDEX', 9, 'Dragonfly 1.37', 'skipped', 'the graph of a search index', 'dragonfly'),
  row(223, 'SHARD_DOC_INDEX', 9, 'Dragonfly 1.37', 'skipped', 'the documents of a search index', 'dragonfly'),
  row(224, 'TAGGED_CHUNK', 9, 'Dragonfly 1.38', 'read', 'a piece of a long value', 'dragonfly'),
  row(101, 'GCAS', 1, 'Redis Enterprise', 'refused', 'unknown', 'enterprise'),
  row(102, 'GFLAGS', 1, 'Redis Enterprise', 'refused', 'unknown', 'enterprise'),
  row(107, 'RAM_LRU', 1, 'Redis Enterprise', 'skipped', 'when the next key was used', 'enterprise'),
  row(121, 'SLOT_NUM', 1, 'Redis Enterprise', 'skipped', 'number of a slot', 'enterprise'),
  ...(['ror-6.2', 'ror-8.2'] as const).flatMap((dialect) => [
    row(128, 'ROR_OBJECT_FLAGS', 1, 'Redis-On-Rocks 2.2', 'skipped', 'flags of the next key', dialect),
    row(129, 'ROR_SWAP_VERSION', 1, 'Redis-On-Rocks 2.2', 'skipped', 'a version', dialect),
    row(
      130,
      'ROR_SST',
      1,
      'Redis-On-Rocks 2.2',
      'refused',
      'a file of RocksDB with values that are not in memory',
      dialect,
    ),
    row(131, 'ROR_COLD_KEYS', 1, 'Redis-On-Rocks 2.2', 'skipped', 'number of keys that are not in memory', dialect),
    row(132, 'ROR_CUCKOO_FILTER', 1, 'Redis-On-Rocks 2.2', 'skipped', 'a filter of their names', dialect),
    ...['HASH', 'SET', 'ZSET', 'LIST', 'BITMAP'].map((kind, i) =>
      row(133 + i, `ROR_${kind}_META`, 1, 'Redis-On-Rocks 2.2', 'skipped', 'what is known of a value on disk', dialect),
    ),
  ]),
];

const TABLES = Object.fromEntries(
  DIALECTS.map(({ name, base }) => {
    const table = new Array<Opcode | undefined>(256).fill(undefined);
    for (const owner of [null, base, name]) {
      for (const opcode of OPCODES) if (opcode.dialect === owner) table[opcode.code] = opcode;
    }
    return [name, table];
  }),
) as unknown as Readonly<Record<Dialect, readonly (Opcode | undefined)[]>>;

/** Looks up an opcode in a dialect; `undefined` when it has none of this number in this version. */
export function opcodeOf(code: number, dialect: Dialect, version: number): Opcode | undefined {
  const opcode = TABLES[dialect][code];
  return opcode !== undefined && version >= opcode.since ? opcode : undefined;
}

/** AUX fields that one dialect only has, in lower case. */
const TELLING_FIELDS: ReadonlyMap<string, Dialect> = new Map<string, Dialect>([
  ...['df-ver', 'snapshot-id', 'shard-id', 'shard-count', 'search-index', 'search-synonyms', 'table-mem'].map(
    (name) => [name, 'dragonfly'] as const,
  ),
  ['repl-masters', 'keydb'],
  ['mvcc-tstamp', 'keydb'],
]);

const ROR_8_SINCE = 10;

/** The dialect that an AUX field shows, or `null` when it is no sign. */
export function dialectOfField(name: string, value: string, version: number): Dialect | null {
  const field = name.toLowerCase();
  if (field === 'redis-ver' && version === 9 && /^6\.3\./.test(value)) return 'keydb';
  if (field === 'rordb') return version < ROR_8_SINCE ? 'ror-6.2' : 'ror-8.2';
  return TELLING_FIELDS.get(field) ?? null;
}
