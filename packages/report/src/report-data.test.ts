import { gzipSync } from 'node:zlib';
import { RdbBuilder, stringValue } from '@rdbkit/testkit';
import { describe, expect, it } from 'vitest';
import { dataOf } from '../testing/report-of.ts';
import { SHOP_MADE_AT, shopDump } from '../testing/shop.ts';
import type { DataPrefix, ReportData } from './report-data.ts';

const shop: ReportData = dataOf(shopDump(0.02));

function count([, , , , , below]: DataPrefix): number {
  return below.reduce((sum, child) => sum + count(child), 1);
}

describe('the data of a report', () => {
  it('is plain: JSON keeps all of it', () => {
    expect(JSON.parse(JSON.stringify(shop))).toEqual(shop);
  });

  it('has the facts of the file', () => {
    expect(shop.file).toMatchObject({ format: 'REDIS RDB 12', writer: 'Redis 7.4.1', createdAtMs: SHOP_MADE_AT });
    expect(shop.model).toEqual({ name: 'Redis 7.4.1', isKnown: true, isOwn: true, allocator: 'jemalloc-q8' });
    expect(shop.functions.map(({ name }) => name)).toEqual(['pricing', 'stock']);
    expect(shop.modules.map(({ name }) => name)).toEqual(['MBbloom--']);
    expect(shop.streams).toMatchObject({ groups: 6, consumers: 9 });
  });

  it('counts every key once in each breakdown', () => {
    const sum = (list: readonly { readonly keys: number }[]): number => list.reduce((all, { keys }) => all + keys, 0);
    const { keys, expires } = shop.total;
    expect(keys).toBeGreaterThan(500);
    expect(sum(shop.types)).toBe(keys);
    expect(sum(shop.types.flatMap(({ encodings }) => encodings))).toBe(keys);
    expect(sum(shop.types.flatMap(({ sizes }) => sizes))).toBe(keys);
    expect(sum(shop.databases)).toBe(keys);
    expect(sum(shop.expiry.bars)).toBe(expires);
    expect(shop.prefixes?.[1]).toBe(keys);
  });

  it('lists a key once that is large in several ways', () => {
    const names = shop.keys.map(({ db, key }) => `${db} ${key}`);
    expect(new Set(names).size).toBe(names.length);
    expect(shop.keys.find(({ key }) => key === 'report:last')).toMatchObject({ type: 'string', expireAtMs: null });
  });

  it('leads from advice to the prefix in the tree', () => {
    const about = shop.advice.find(({ prefix }) => prefix === 'cache:');
    const [step = -1, ...more] = about?.path ?? [];
    expect(more).toEqual([]);
    expect(shop.prefixes?.[5][step]?.[0]).toBe('cache:');
  });

  it('has no tree when names were not taken apart', () => {
    expect(dataOf(new RdbBuilder().key('a:b', stringValue('x')).finish(), { prefixes: null }).prefixes).toBeNull();
  });

  it('tells by how much sums of prefixes may be too low', () => {
    expect(shop.prefixError).toBeNull();
    const dump = new RdbBuilder().selectDb(0);
    for (let i = 0; i < 2000; i++) dump.key(`${i % 100}:${i}:x`, stringValue('x'.repeat(i % 50)));
    const { prefixError } = dataOf(dump.finish(), { prefixes: { nodes: 200 } });
    expect(prefixError?.missing).toBeGreaterThan(0);
  });

  it('keeps the heaviest prefixes when there are too many for a page, and all that is above them', () => {
    const dump = new RdbBuilder().selectDb(0);
    const name = (i: number): string => Array.from({ length: 8 }, (_, level) => `${i}-${level}`).join(':');
    for (let i = 0; i < 900; i++) dump.key(`${name(i)}:x`, stringValue('x'.repeat(1000 + i)));
    const { prefixes } = dataOf(dump.finish());
    if (prefixes === null) throw new Error('no tree');
    expect(count(prefixes)).toBe(4000);
    expect(prefixes[1]).toBe(900);
    let [heaviest] = prefixes[5];
    const number = heaviest?.[0].split('-')[0];
    for (let level = 1; level < 8; level++) heaviest = heaviest?.[5][0];
    expect(heaviest?.[0]).toBe(`${number}-7:`);
  });

  it('stays below a megabyte with names that cannot be compressed', () => {
    let state = 1;
    const random = (length: number): string => {
      let text = '';
      while (text.length < length) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        text += (state >>> 4).toString(36);
      }
      return text.slice(0, length);
    };
    const dump = new RdbBuilder().selectDb(0);
    for (let i = 0; i < 3000; i++) {
      dump.key(`${random(60)}:${random(60)}:${random(78)}`, stringValue('x'.repeat(i < 1000 ? 5000 : 100)));
    }
    const packed = gzipSync(JSON.stringify(dataOf(dump.finish())));
    expect((packed.length * 4) / 3).toBeLessThan(900_000);
  });
});
