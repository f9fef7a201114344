/**
 * The dumps and logs to measure with, made without a server: RDB version 10, which Redis 7.0 and everything later loads.
 *
 * A change of what is generated needs a new {@link GENERATION}, or results would no longer be comparable.
 */
import { Buffer } from 'node:buffer';
import { existsSync, mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { compressLzf } from '@rdbkit/bytes';
import { writeIncrLog } from './incr-log.ts';
import { Listpack } from './listpack.ts';
import { Random } from './random.ts';
import { RdbFile } from './rdb-file.ts';

const GENERATION = 1;
const RDB_VERSION = 10;
/** Expiry times lie in the decade after this one: 2100-01-01. */
const FAR_MS = 4_102_444_800_000;
const DECADE_MS = 315_360_000_000;

/** A file that can be generated. */
export interface Dataset {
  readonly name: string;
  readonly description: string;
  /** Keys, elements of the one list, or commands. */
  readonly size: number;
  readonly suffix: 'rdb' | 'aof';
  readonly generate: (path: string, size: number) => void;
}

function dump(name: string, size: number, description: string, write: (file: RdbFile, size: number) => void): Dataset {
  const generate = (path: string, count: number): void => {
    const file = new RdbFile(path, RDB_VERSION);
    file.aux('redis-ver', '7.0.0');
    file.aux('redis-bits', '64');
    write(file, count);
    file.finish();
  };
  return { name, description, size, suffix: 'rdb', generate };
}

/** Every dataset. */
export const DATASETS: readonly Dataset[] = [
  dump(
    'mixed',
    1_000_000,
    '60 % strings, 15 % hashes, lists, sets, zsets, streams, JSON in compressed strings; 10 % expire',
    writeMixed,
  ),
  dump('tiny-strings', 2_000_000, 'strings of 1 to 16 bytes, a third of them integers', writeTinyStrings),
  dump('giant-list', 3_000_000, 'one list in listpacks of 8 KiB', writeGiantList),
  dump('many-keys', 5_000_000, 'counters in 16 databases, half of them with an expiry', writeManyKeys),
  {
    name: 'incr-log',
    description: 'commands of an incremental log, with annotations and transactions',
    size: 3_000_000,
    suffix: 'aof',
    generate: writeIncrLog,
  },
];

/** Generates a file unless it is there; returns its path. */
export function ensureDataset(name: string, folder: string, scale: number): string {
  const dataset = DATASETS.find((each) => each.name === name);
  if (dataset === undefined) throw new RangeError(`no dataset ${name}`);
  const size = Math.max(1, Math.round(dataset.size * scale));
  const path = resolve(folder, `${name}-${size}-v${GENERATION}.${dataset.suffix}`);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  dataset.generate(path, size);
  return path;
}

const STRING = 0;
const SET = 2;
const HASH = 4;
const ZSET_2 = 5;
const SET_INTSET = 11;
const HASH_LISTPACK = 16;
const ZSET_LISTPACK = 17;
const LIST_QUICKLIST_2 = 18;
const STREAM_LISTPACKS_2 = 19;
const PACKED_NODE = 2;

const WORDS =
  'account active address amount archive balance batch billing cart category city client code color comment count country created currency customer data date delivery discount email event expired feature first group height history index invoice item label last level limit location login message name note number offer order page parent payment phone price product profile quantity rating reason region report role score session shipping size source start state status stock street summary tag target tax team text time title token total type unit update url user value version view weight zone'.split(
    ' ',
  );

/** Text to cut random pieces from: faster than making it up, and as hard to compress. */
function textPool(random: Random): string {
  const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_';
  let pool = '';
  for (let i = 0; i < 65536; i++) pool += letters[random.next() & 63];
  return pool;
}

/** Cuts `length` characters, the first of which is a letter so that they never read as a number. */
function cut(random: Random, pool: string, length: number): string {
  const at = random.next() % (pool.length - length);
  return `x${pool.slice(at, at + length - 1)}`;
}

function json(random: Random): string {
  const items = Array.from({ length: random.between(3, 12) }, () => ({
    [random.pick(WORDS)]: random.pick(WORDS),
    id: random.between(1, 1e6),
    price: random.between(1, 1e5) / 100,
    description: `${random.pick(WORDS)} ${random.pick(WORDS)} ${random.pick(WORDS)}`,
    isActive: random.next() % 2 === 0,
  }));
  return JSON.stringify({ version: 2, customer: { id: random.next(), name: random.pick(WORDS) }, items });
}

function writeMixed(file: RdbFile, size: number): void {
  const random = new Random(1);
  const pool = textPool(random);
  const listpack = new Listpack();
  const write = { file, random, pool, listpack };
  // Expiry is decided by the number of the key, so that the count in the file's head is exact.
  file.selectDb(0, size, Math.ceil(size / 10));
  for (let i = 0; i < size; i++) {
    if (i % 10 === 0) file.expireAt(FAR_MS + (random.next() % DECADE_MS));
    const kind = random.between(0, 999);
    const key = `${random.pick(WORDS)}:${i}`;
    if (kind < 600) writeString(write, key);
    else if (kind < 747) writePackedHash(write, key);
    else if (kind < 750) writeBigHash(write, key);
    else if (kind < 800) writeList(write, key);
    else if (kind < 850) writeSet(write, key, kind % 2 === 0);
    else if (kind < 900) writeZset(write, key, kind < 898);
    else if (kind < 920) writeStream(write, key);
    else writeJson(write, key);
  }
}

interface Write {
  readonly file: RdbFile;
  readonly random: Random;
  readonly pool: string;
  readonly listpack: Listpack;
}

function writeString({ file, random, pool }: Write, key: string): void {
  file.u8(STRING);
  file.text(key);
  if (random.next() % 4 === 0) file.integer(random.next() | 0);
  else file.text(cut(random, pool, random.between(8, 200)));
}

function writePackedHash({ file, random, pool, listpack }: Write, key: string): void {
  listpack.clear();
  for (let fields = random.between(3, 20); fields > 0; fields--) {
    listpack.text(`${random.pick(WORDS)}${fields}`);
    if (fields % 3 === 0) listpack.integer(random.next() | 0);
    else listpack.text(cut(random, pool, random.between(4, 40)));
  }
  file.u8(HASH_LISTPACK);
  file.text(key);
  file.string(listpack.finish());
}

function writeBigHash({ file, random, pool }: Write, key: string): void {
  file.u8(HASH);
  file.text(key);
  const fields = random.between(130, 600);
  file.length(fields);
  for (let i = 0; i < fields; i++) {
    file.text(`field:${i}`);
    file.text(cut(random, pool, random.between(8, 80)));
  }
}

function writeList({ file, random, pool, listpack }: Write, key: string): void {
  file.u8(LIST_QUICKLIST_2);
  file.text(key);
  const nodes = random.between(1, 2);
  file.length(nodes);
  for (let node = 0; node < nodes; node++) {
    listpack.clear();
    for (let elements = random.between(5, 50); elements > 0; elements--)
      listpack.text(cut(random, pool, random.between(5, 60)));
    file.length(PACKED_NODE);
    file.string(listpack.finish());
  }
}

function writeSet({ file, random, pool }: Write, key: string, isIntset: boolean): void {
  const members = random.between(5, 60);
  file.u8(isIntset ? SET_INTSET : SET);
  file.text(key);
  if (!isIntset) {
    file.length(members);
    for (let i = 0; i < members; i++) file.text(`${cut(random, pool, random.between(4, 30))}${i}`);
    return;
  }
  const intset = Buffer.alloc(8 + members * 4);
  intset.writeUInt32LE(4, 0);
  intset.writeUInt32LE(members, 4);
  let value = -100_000;
  for (let i = 0; i < members; i++) {
    value += random.between(1, 100_000);
    intset.writeInt32LE(value, 8 + i * 4);
  }
  file.string(intset);
}

function writeZset({ file, random, pool, listpack }: Write, key: string, isPacked: boolean): void {
  file.u8(isPacked ? ZSET_LISTPACK : ZSET_2);
  file.text(key);
  if (!isPacked) {
    const members = random.between(130, 400);
    file.length(members);
    // Servers write the highest score first.
    for (let i = members; i > 0; i--) {
      file.text(`${cut(random, pool, random.between(4, 30))}${i}`);
      file.double(i * 10 + (random.next() % 1000) / 100);
    }
    return;
  }
  listpack.clear();
  const members = random.between(5, 40);
  for (let i = 0; i < members; i++) {
    listpack.text(`${cut(random, pool, random.between(4, 30))}${i}`);
    if (i % 2 === 0) listpack.integer(i * 1000);
    else listpack.text(`${i * 1000}.5`);
  }
  file.string(listpack.finish());
}

const SAME_FIELDS = 2;

function writeStream({ file, random, pool, listpack }: Write, key: string): void {
  const entries = random.between(5, 30);
  const firstMs = 1_700_000_000_000 + (random.next() % 1e9);
  const id = Buffer.alloc(16);
  id.writeBigUInt64BE(BigInt(firstMs), 0);
  listpack.clear();
  for (const part of [entries, 0, 2]) listpack.integer(part);
  for (const field of ['user', 'action']) listpack.text(field);
  listpack.integer(0);
  for (let i = 0; i < entries; i++) {
    for (const part of [SAME_FIELDS, i * 17, 0, random.between(1, 1e6)]) listpack.integer(part);
    listpack.text(cut(random, pool, random.between(5, 25)));
    listpack.integer(5);
  }
  file.u8(STREAM_LISTPACKS_2);
  file.text(key);
  file.length(1);
  file.string(id);
  file.string(listpack.finish());
  const lastMs = firstMs + (entries - 1) * 17;
  // Length; last, first and last deleted ID; entries ever added.
  for (const part of [entries, lastMs, 0, firstMs, 0, 0, 0, entries]) file.length(part);
  // A group that has delivered its first entry to its only consumer.
  file.length(1);
  file.text('workers');
  for (const part of [firstMs, 0, 1]) file.length(part);
  file.length(1);
  file.bytes(id);
  file.u64(BigInt(firstMs + 5));
  file.length(1);
  file.length(1);
  file.text('worker-1');
  file.u64(BigInt(firstMs + 5));
  file.length(1);
  file.bytes(id);
}

function writeJson({ file, random }: Write, key: string): void {
  const text = Buffer.from(json(random), 'latin1');
  const compressed = compressLzf(text, 0, text.length);
  file.u8(STRING);
  file.text(key);
  if (compressed === null) file.string(text);
  else file.compressed(compressed, text.length);
}

function writeTinyStrings(file: RdbFile, size: number): void {
  const random = new Random(2);
  const pool = textPool(random);
  file.selectDb(0, size, 0);
  for (let i = 0; i < size; i++) {
    file.u8(STRING);
    file.text(`k:${i}`);
    if (i % 3 === 0) file.integer(random.next() >> random.between(0, 30));
    else file.text(cut(random, pool, random.between(1, 16)));
  }
}

/** Two elements together have so many bytes, so that each listpack takes the same number of them. */
const PAIR_BYTES = 120;
const PAIRS_PER_NODE = 65;

function writeGiantList(file: RdbFile, size: number): void {
  const random = new Random(3);
  const pool = textPool(random);
  const listpack = new Listpack();
  file.selectDb(0, 1, 0);
  file.u8(LIST_QUICKLIST_2);
  file.text('giant');
  const nodes = Math.ceil(size / (2 * PAIRS_PER_NODE));
  file.length(nodes);
  let left = size;
  for (let node = 0; node < nodes; node++) {
    listpack.clear();
    for (let pair = 0; pair < PAIRS_PER_NODE && left > 0; pair++) {
      const first = random.between(20, 100);
      listpack.text(cut(random, pool, first));
      if (--left === 0) break;
      listpack.text(cut(random, pool, PAIR_BYTES - first));
      left--;
    }
    file.length(PACKED_NODE);
    file.string(listpack.finish());
  }
}

const DATABASES = 16;

function writeManyKeys(file: RdbFile, size: number): void {
  const random = new Random(4);
  let next = 0;
  for (let db = 0; db < DATABASES; db++) {
    const keys = Math.floor((size * (db + 1)) / DATABASES) - next;
    file.selectDb(db, keys, Math.ceil(keys / 2));
    for (let i = 0; i < keys; i++, next++) {
      if (i % 2 === 0) file.expireAt(FAR_MS + (random.next() % DECADE_MS));
      file.u8(STRING);
      file.text(`counter:${random.between(1, 999)}:${next}`);
      file.integer(random.between(0, 100_000));
    }
  }
}
