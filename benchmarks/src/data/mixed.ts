/** Keys of every kind, as a cache and store of an application has them. */
import { Buffer } from 'node:buffer';
import { compressLzf } from '@rdbkit/bytes';
import {
  DECADE_MS,
  FAR_MS,
  HASH,
  HASH_LISTPACK,
  LIST_QUICKLIST_2,
  PACKED_NODE,
  SET,
  SET_INTSET,
  STREAM_LISTPACKS_2,
  STRING,
  ZSET_2,
  ZSET_LISTPACK,
} from './codes.ts';
import { Listpack } from './listpack.ts';
import { Random } from './random.ts';
import type { RdbFile } from './rdb-file.ts';
import { cut, json, textPool, WORDS } from './text.ts';

export function writeMixed(file: RdbFile, size: number): void {
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
    else writeJson(write, key, 3, 12);
  }
}

/** What writers of values share. */
export interface Write {
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

/** Between one entry and the next. */
export const STREAM_STEP_MS = 17;
const SAME_FIELDS = 2;

/** One node of a stream: entries with the same two fields, an entry every {@link STREAM_STEP_MS}. */
export function fillStreamNode(listpack: Listpack, random: Random, pool: string, entries: number): void {
  listpack.clear();
  for (const part of [entries, 0, 2]) listpack.integer(part);
  for (const field of ['user', 'action']) listpack.text(field);
  listpack.integer(0);
  for (let i = 0; i < entries; i++) {
    for (const part of [SAME_FIELDS, i * STREAM_STEP_MS, 0, random.between(1, 1e6)]) listpack.integer(part);
    listpack.text(cut(random, pool, random.between(5, 25)));
    listpack.integer(5);
  }
}

function writeStream({ file, random, pool, listpack }: Write, key: string): void {
  const entries = random.between(5, 30);
  const firstMs = 1_700_000_000_000 + (random.next() % 1e9);
  const id = Buffer.alloc(16);
  id.writeBigUInt64BE(BigInt(firstMs), 0);
  fillStreamNode(listpack, random, pool, entries);
  file.u8(STREAM_LISTPACKS_2);
  file.text(key);
  file.length(1);
  file.string(id);
  file.string(listpack.finish());
  const lastMs = firstMs + (entries - 1) * STREAM_STEP_MS;
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

/** A document in a string, compressed as servers do it. */
export function writeJson({ file, random }: Write, key: string, fewest: number, most: number): void {
  const text = Buffer.from(json(random, fewest, most), 'latin1');
  const compressed = compressLzf(text, 0, text.length);
  file.u8(STRING);
  file.text(key);
  if (compressed === null) file.string(text);
  else file.compressed(compressed, text.length);
}
