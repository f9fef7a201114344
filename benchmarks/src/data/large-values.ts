/** Few keys with very much in them. */
import { Buffer } from 'node:buffer';
import { HASH, HASH_LISTPACK, LIST_QUICKLIST_2, PACKED_NODE, SET, STREAM_LISTPACKS_2, ZSET_2 } from './codes.ts';
import { Listpack } from './listpack.ts';
import { fillStreamNode, STREAM_STEP_MS, writeJson } from './mixed.ts';
import { Random } from './random.ts';
import type { RdbFile } from './rdb-file.ts';
import { cut, textPool, WORDS } from './text.ts';

/** Two elements together have so many bytes, so that each listpack takes the same number of them. */
const PAIR_BYTES = 120;
const PAIRS_PER_NODE = 65;

export function writeGiantList(file: RdbFile, size: number): void {
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

const FIELDS_PER_HASH = 512;

/** Hashes as large as listpacks of Redis 7.0 become. */
export function writePackedHashes(file: RdbFile, size: number): void {
  const random = new Random(8);
  const pool = textPool(random);
  const listpack = new Listpack();
  file.selectDb(0, size, 0);
  for (let i = 0; i < size; i++) {
    listpack.clear();
    for (let field = 0; field < FIELDS_PER_HASH; field++) {
      listpack.text(`${random.pick(WORDS)}${field}`);
      if (field % 4 === 0) listpack.integer(random.next() | 0);
      else listpack.text(cut(random, pool, random.between(8, 64)));
    }
    file.u8(HASH_LISTPACK);
    file.text(`profile:${i}`);
    file.string(listpack.finish());
  }
}

const TABLES = 6;

/** Two hashes, two sets and two sorted sets, element by element: what servers keep in hash tables and skiplists. */
export function writeTables(file: RdbFile, size: number): void {
  const random = new Random(9);
  const pool = textPool(random);
  file.selectDb(0, TABLES, 0);
  for (let table = 0; table < TABLES; table++) {
    const elements = Math.floor((size * (table + 1)) / TABLES) - Math.floor((size * table) / TABLES);
    const kind = [HASH, SET, ZSET_2][table % 3] ?? HASH;
    file.u8(kind);
    file.text(`table:${table}`);
    file.length(elements);
    // Servers write the highest score first.
    for (let i = elements; i > 0; i--) {
      file.text(`${cut(random, pool, random.between(4, 24))}${i}`);
      if (kind === HASH) file.text(cut(random, pool, random.between(4, 40)));
      else if (kind === ZSET_2) file.double(i * 10 + (random.next() % 1000) / 100);
    }
  }
}

/** Documents of some kilobytes, compressed as servers do it. */
export function writeDocuments(file: RdbFile, size: number): void {
  const random = new Random(10);
  const write = { file, random, pool: '', listpack: new Listpack() };
  file.selectDb(0, size, 0);
  for (let i = 0; i < size; i++) writeJson(write, `document:${i}`, 10, 60);
}

const ENTRIES_PER_NODE = 100;
const PENDING = 50;

/** Streams of thousands of entries, each with two groups that have some entries delivered and not acknowledged. */
export function writeStreams(file: RdbFile, size: number): void {
  const random = new Random(11);
  const pool = textPool(random);
  const listpack = new Listpack();
  file.selectDb(0, size, 0);
  for (let i = 0; i < size; i++) {
    const nodes = random.between(50, 150);
    const firstMs = 1_700_000_000_000 + (random.next() % 1e9);
    const nodeMs = ENTRIES_PER_NODE * STREAM_STEP_MS;
    file.u8(STREAM_LISTPACKS_2);
    file.text(`events:${i}`);
    file.length(nodes);
    for (let node = 0; node < nodes; node++) {
      fillStreamNode(listpack, random, pool, ENTRIES_PER_NODE);
      file.string(streamId(firstMs + node * nodeMs));
      file.string(listpack.finish());
    }
    const entries = nodes * ENTRIES_PER_NODE;
    const lastMs = firstMs + (entries - 1) * STREAM_STEP_MS;
    // Length; last, first and last deleted ID; entries ever added.
    for (const part of [entries, lastMs, 0, firstMs, 0, 0, 0, entries]) file.length(part);
    file.length(2);
    for (const group of ['billing', 'shipping']) writeGroup(file, group, firstMs);
  }
}

/** A group that has delivered the first entries to its only consumer. */
function writeGroup(file: RdbFile, name: string, firstMs: number): void {
  const ids = Array.from({ length: PENDING }, (_, i) => streamId(firstMs + i * STREAM_STEP_MS));
  const deliveredMs = BigInt(firstMs + 60_000);
  file.text(name);
  for (const part of [firstMs + (PENDING - 1) * STREAM_STEP_MS, 0, PENDING]) file.length(part);
  file.length(ids.length);
  for (const id of ids) {
    file.bytes(id);
    file.u64(deliveredMs);
    file.length(1);
  }
  file.length(1);
  file.text('worker-1');
  file.u64(deliveredMs);
  file.length(ids.length);
  for (const id of ids) file.bytes(id);
}

function streamId(ms: number): Buffer {
  const id = Buffer.alloc(16);
  id.writeBigUInt64BE(BigInt(ms), 0);
  return id;
}
