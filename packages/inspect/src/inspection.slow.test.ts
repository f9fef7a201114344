// Many keys: sums, largest keys and prefixes against a count over the records that the exports write of the same dump.
import { readRdbSync } from '@rdbkit/rdb';
import { hashValue, listValue, RdbBuilder, setValue, stringValue } from '@rdbkit/testkit';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { parseRecords } from '../testing/record-content.ts';
import { JsonWriter } from './export/jsonl.ts';
import { KeyList } from './export/key-list.ts';
import { Inspection } from './inspection.ts';
import type { PrefixNode, PrefixSums } from './prefix-tree.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const KEYS = 200_000;
const TENANTS = 40_000;
const NOW = 1_700_000_000_000;
const TOP = 100;

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

/** Prefixes of three lengths, some of them heavy and many light. */
function manyKeys(): Uint8Array {
  const dump = new RdbBuilder({ version: 11 }).aux('redis-ver', '7.2.6').selectDb(0);
  let state = 1;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >>> 8) % limit;
  };
  for (let i = 0; i < KEYS; i++) {
    if (i === KEYS / 2) dump.selectDb(3);
    const tenant = i % 3 === 0 ? below(40) : below(TENANTS);
    const name = `tenant:${tenant}:${['cart', 'user', 'log'][i % 3]}:${i}`;
    const header = i % 7 === 0 ? { expireAtMs: NOW + i } : {};
    const word = 'x'.repeat(below(200));
    if (i % 100 === 1) dump.key(name, listValue([word, 'b', String(i)]), header);
    else if (i % 100 === 2) dump.key(name, setValue([word, String(i), 'c', 'd']), header);
    else if (i % 50 === 3)
      dump.key(
        name,
        hashValue([
          ['f', word],
          ['g', 'h'],
        ]),
        header,
      );
    else dump.key(name, stringValue(word), header);
  }
  return dump.finish();
}

interface Row {
  readonly name: string;
  readonly db: number;
  readonly kind: string;
  readonly elements: number;
  readonly bytes: number;
  readonly memory: number;
  readonly expires: boolean;
}

class Rows extends KeyList {
  readonly rows: Row[] = [];
  protected listed(): void {
    const { kind, elements, allocated: memory } = this.facts;
    const name = text(this.name.subarray(0, this.nameLength));
    this.rows.push({ name, db: this.db, kind, elements, bytes: this.bytes, memory, expires: this.expireAtMs !== null });
  }
}

const dump = manyKeys();
let rows: Row[] = [];
/** By prefix. */
const truth = new Map<string, { -readonly [K in keyof PrefixSums]: PrefixSums[K] }>();

beforeAll(() => {
  const list = new Rows();
  readRdbSync(dump, list);
  rows = list.rows;
  for (const { name, bytes, memory, expires } of rows) {
    for (let at = name.indexOf(':'); at >= 0; at = name.indexOf(':', at + 1)) {
      const prefix = name.slice(0, at + 1);
      const sums = truth.get(prefix) ?? { keys: 0, bytes: 0, memory: 0, expires: 0 };
      truth.set(prefix, sums);
      sums.keys++;
      sums.bytes += bytes;
      sums.memory += memory;
      if (expires) sums.expires++;
    }
  }
});

const nodesOf = (node: PrefixNode): PrefixNode[] => [node, ...node.children.flatMap(nodesOf)];
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

function inspect(nodes: number): Inspection {
  const inspection = new Inspection({ nowMs: NOW, top: TOP, prefixes: { nodes } });
  readRdbSync(dump, inspection);
  return inspection;
}

describe('an inspection of many keys', () => {
  it('counts what the records have', () => {
    const writer = new JsonWriter({ auxRecords: false });
    readRdbSync(dump, writer);
    const records = parseRecords(Buffer.from(writer.out.take()).toString());
    expect(records).toHaveLength(KEYS);
    const elements = (value: unknown): number => (Array.isArray(value) ? value.length : 1);
    const { total, types, databases, prefixes } = inspect(1_000_000).report();
    for (const { type, keys, elements: counted, expires } of types) {
      const own = records.filter((record) => record.type === type);
      const expected = [own.length, sum(own.map(({ value }) => elements(value)))];
      expect([keys, counted]).toEqual(expected);
      expect(expires).toBe(own.filter(({ expireAtMs }) => expireAtMs !== undefined).length);
    }
    for (const { db, keys } of databases) expect(keys).toBe(records.filter((record) => record.db === db).length);
    expect([total.keys, total.bytes]).toEqual([KEYS, sum(rows.map(({ bytes }) => bytes))]);
    expect(total.memory).toBeCloseTo(sum(rows.map(({ memory }) => memory)), 0);
    expect(prefixes?.isExact).toBe(true);
  });

  it.each(['bytes', 'memory', 'elements'] as const)('finds the keys with most %s', (rank) => {
    const least = rank === 'elements' ? 1 : 0;
    const expected = rows
      .filter((row) => row[rank] > least)
      .toSorted((a, b) => b[rank] - a[rank])
      .slice(0, TOP)
      .map((row) => [row.name, row[rank]]);
    const { byBytes, byMemory, byElements } = inspect(1000).report().largest;
    const found = { bytes: byBytes, memory: byMemory, elements: byElements }[rank];
    expect(found.map((key) => [text(key.key), key[rank]])).toEqual(expected);
  });

  it('has exact sums for all prefixes that it has room for', () => {
    const tree = inspect(1_000_000).report().prefixes;
    const heaviest = tree?.heaviest ?? [];
    expect(heaviest).toHaveLength(TOP);
    for (const { prefix, keys, bytes, memory, expires, error } of heaviest) {
      const sums = truth.get(text(prefix));
      expect([keys, bytes, expires]).toEqual([sums?.keys, sums?.bytes, sums?.expires]);
      expect(memory).toBeCloseTo(sums?.memory ?? 0, 3);
      expect(error).toEqual({ keys: 0, bytes: 0, memory: 0, expires: 0 });
    }
    const ranks = [...truth.values()].map(({ memory }) => memory).toSorted((a, b) => b - a);
    expect(heaviest.map(({ memory }) => Math.round(memory))).toEqual(ranks.slice(0, TOP).map(Math.round));
  });

  it.each([500, 5000, 60_000])('with room for %i of them states how far it may be off, and is not farther', (nodes) => {
    const tree = inspect(nodes).report().prefixes;
    if (tree === null) throw new Error('no tree');
    expect(tree.isExact).toBe(false);
    const found = new Map(nodesOf(tree.root).map((node) => [text(node.prefix), node]));
    expect(found.size).toBeLessThanOrEqual(nodes + 1);
    const wrong: string[] = [];
    for (const [prefix, sums] of truth) {
      const node = found.get(prefix);
      // Light ones are left out of the report.
      if (node === undefined) continue;
      for (const name of ['keys', 'bytes', 'memory', 'expires'] as const) {
        const isWithin = sums[name] >= node[name] - 0.01 && sums[name] <= node[name] + node.error[name] + 0.01;
        if (!isWithin) wrong.push(`${prefix} has ${sums[name]} ${name}, not ${node[name]} + ${node.error[name]}`);
      }
    }
    expect(wrong).toEqual([]);
    // What is missing weighs no more than the stated limit, or less than what a report shows at all.
    const least = tree.root.memory / 1000;
    const missing = [...truth].filter(([prefix]) => !found.has(prefix)).map(([, { memory }]) => memory);
    expect(Math.max(...missing)).toBeLessThanOrEqual(Math.max(tree.limit.memory, least) + 0.01);
    expect(found.get('tenant:')?.keys).toBe(KEYS);
  });
});
