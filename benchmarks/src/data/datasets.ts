/**
 * The dumps and logs to measure with, made without a server.
 *
 * A change of what is generated needs a new {@link GENERATION}, or results would no longer be comparable.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { writeIncrLog } from './incr-log.ts';
import { writeDocuments, writeGiantList, writePackedHashes, writeStreams, writeTables } from './large-values.ts';
import { writeMixed } from './mixed.ts';
import { RdbFile } from './rdb-file.ts';
import { writeManyKeys, writeTinyStrings } from './small-values.ts';

const GENERATION = 1;

/** A file that can be generated. */
export interface Dataset {
  readonly name: string;
  readonly description: string;
  /** Keys, elements of the one list or of all tables, or commands. */
  readonly size: number;
  readonly suffix: 'rdb' | 'aof';
  /** The dataset of which this is another size. */
  readonly sizeOf?: string;
  readonly generate: (path: string, size: number) => void;
}

interface Writer {
  readonly version: number;
  readonly server: string;
}

/** Loaded by Redis 7.0 and everything later. */
const REDIS_7: Writer = { version: 10, server: '7.0.0' };
/** The last that redis-rdb-tools reads. */
const REDIS_5: Writer = { version: 9, server: '5.0.0' };

function dump(
  name: string,
  size: number,
  description: string,
  write: (file: RdbFile, size: number) => void,
  writer: Writer = REDIS_7,
): Dataset {
  const generate = (path: string, count: number): void => {
    const file = new RdbFile(path, writer.version);
    file.aux('redis-ver', writer.server);
    file.aux('redis-bits', '64');
    write(file, count);
    file.finish();
  };
  return { name, description, size, suffix: 'rdb', generate };
}

const MIXED = dump(
  'mixed',
  1_000_000,
  '60 % strings, 15 % hashes, lists, sets, zsets, streams, JSON in compressed strings; 10 % expire',
  writeMixed,
);
const GIANT_LIST = dump('giant-list', 3_000_000, 'one list in listpacks of 8 KiB', writeGiantList);

/** Every dataset. */
export const DATASETS: readonly Dataset[] = [
  MIXED,
  dump('tiny-strings', 2_000_000, 'strings of 1 to 16 bytes, a third of them integers', writeTinyStrings),
  dump('many-keys', 5_000_000, 'counters in 16 databases, half of them with an expiry', writeManyKeys),
  dump('packed-hashes', 5000, 'hashes of 512 fields in one listpack each', writePackedHashes),
  dump(
    'tables',
    3_000_000,
    'two hashes, sets and sorted sets element by element: hash tables, skiplists; RDB version 9',
    writeTables,
    REDIS_5,
  ),
  dump('documents', 100_000, 'JSON of some kilobytes in compressed strings', writeDocuments),
  dump('streams', 300, 'streams of 5,000 to 15,000 entries, two groups with pending entries each', writeStreams),
  GIANT_LIST,
  {
    name: 'incr-log',
    description: 'commands of an incremental log, with annotations and transactions',
    size: 3_000_000,
    suffix: 'aof',
    generate: writeIncrLog,
  },
  { ...MIXED, name: 'mixed-tenth', size: 100_000, sizeOf: 'mixed', description: 'a tenth of the keys of mixed' },
  {
    ...GIANT_LIST,
    name: 'giant-list-1gib',
    size: 17_300_000,
    sizeOf: 'giant-list',
    description: 'one list of more than a gibibyte',
  },
  dump('one-kib', 64, 'the beginning of tiny-strings', writeTinyStrings),
];

/** Names of all dumps that differ in kind, for cases that read any. */
export const EVERY_DUMP: readonly string[] = DATASETS.filter(
  ({ name, suffix, sizeOf }) => suffix === 'rdb' && sizeOf === undefined && name !== 'one-kib',
).map(({ name }) => name);

/** The same in other sizes, too. */
export const EVERY_SIZE: readonly string[] = [...EVERY_DUMP, 'mixed-tenth', 'giant-list-1gib'];

/** Generates a file unless it is there; returns its path. */
export function ensureDataset(name: string, folder: string, scale: number): string {
  const dataset = DATASETS.find((each) => each.name === name);
  if (dataset === undefined) throw new RangeError(`no dataset ${name}`);
  const size = Math.max(1, Math.round(dataset.size * scale));
  const path = resolve(folder, `${dataset.sizeOf ?? name}-${size}-v${GENERATION}.${dataset.suffix}`);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  dataset.generate(path, size);
  return path;
}
