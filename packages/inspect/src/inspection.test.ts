// The report against a count of what the reader delivers.

import { RdbReader, readRdbSync } from '@rdbkit/rdb';
import {
  eachVector,
  hashValue,
  listValue,
  listVectors,
  moduleValue,
  RdbBuilder,
  setValue,
  stringValue,
  zset2Value,
} from '@rdbkit/testkit';
import { describe, expect, it } from 'vitest';
import { bruteForce } from '../testing/brute-force.ts';
import { adviceFor } from './advice.ts';
import { Inspection, type InspectionOptions } from './inspection.ts';
import type { InspectionReport } from './inspection-report.ts';

const NOW = 1_700_000_000_000;
const text = (bytes: Uint8Array | null | undefined): string => Buffer.from(bytes ?? []).toString('latin1');

function inspect(dump: Uint8Array, options: InspectionOptions = {}): InspectionReport {
  const inspection = new Inspection({ nowMs: NOW, ...options });
  readRdbSync(dump, inspection);
  return inspection.report();
}

const vectors = listVectors('test-vectors').filter((vector) => !vector.name.endsWith('/redis-4.0-rc1/modules'));

describe('every dump of the vectors', () => {
  it.each(eachVector(vectors))('%s', (_, vector) => {
    const dump = vector.read();
    const truth = bruteForce(dump, NOW);
    const report = inspect(dump, { top: 5 });
    expect(Object.fromEntries(report.types.map(({ type, keys, elements }) => [type, { keys, elements }]))).toEqual(
      truth.types,
    );
    expect(
      Object.fromEntries(report.databases.map(({ db, keys, expires, bytes }) => [db, { keys, expires, bytes }])),
    ).toEqual(truth.databases);
    expect(report.total.keys).toBe(truth.keys);
    expect(report.nameBytes).toBe(truth.nameBytes);
    expect(report.expiry.overByNow).toBe(truth.overByNow);
    expect(report.largest.byBytes.map(({ key, bytes }) => [text(key), bytes])).toEqual(truth.largest(5));
    const mostElements = report.largest.byElements.map(({ key, elements }) => [text(key), elements]);
    expect(mostElements).toEqual(truth.mostElements(5));
    expect(report.prefixes?.root.keys).toBe(truth.keys);
    for (const { prefix, keys, bytes } of report.prefixes?.heaviest ?? []) {
      expect([text(prefix), keys, bytes]).toEqual([text(prefix), ...(truth.prefixes.get(text(prefix)) ?? [])]);
    }
    const parts = report.types.flatMap(({ encodings }) => encodings);
    expect(parts.reduce((sum, { keys }) => sum + keys, 0)).toBe(truth.keys);
    expect(report.file.summary?.keys).toBe(truth.keys + report.emptyKeys);
  });

  it('is the same whatever the chunks', () => {
    const [vector] = vectors.filter(({ name }) => name.includes('7.2.6/mixed'));
    const dump = Uint8Array.from(vector?.read() ?? []);
    const inspection = new Inspection({ nowMs: NOW, slots: true });
    const reader = new RdbReader(inspection);
    for (let at = 0; at < dump.length; at++) reader.push(dump.subarray(at, at + 1));
    reader.finish();
    expect(inspection.report()).toEqual(inspect(dump, { slots: true }));
  });
});

describe('what a report tells', () => {
  it('of the file', () => {
    const dump = new RdbBuilder({ version: 11 })
      .aux('redis-ver', '7.2.6')
      .aux('redis-bits', '64')
      .aux('ctime', '1600000000')
      .aux('used-mem', '5000000')
      .functionLibrary('#!lua name=mylib\nredis.register_function("f", function() return 1 end)')
      .moduleAux('ReJSON-RL', 3, 2, [{ uint: 1 }])
      .selectDb(3)
      .key('a', stringValue('1'), { expireAtMs: 1_600_000_030_000 })
      .key('b', stringValue('x'.repeat(60)), { freq: 7 })
      .key('m', moduleValue('ReJSON-RL', 3, [{ string: '{}' }]))
      .finish();
    const { file, functions, modules, expiry, frequency, idle, types, profile } = inspect(dump);
    expect(file).toMatchObject({
      dialect: 'redis',
      version: 11,
      writer: 'Redis 7.2.6',
      createdAtMs: 1_600_000_000_000,
      usedMemory: 5_000_000,
      bits: 64,
    });
    expect(functions).toEqual([{ name: 'mylib', engine: 'lua', bytes: 70 }]);
    expect(modules).toMatchObject([{ name: 'ReJSON-RL', keys: 1 }]);
    expect(modules[0]?.auxBytes).toBeGreaterThan(0);
    expect(types.find(({ type }) => type === 'module')).toMatchObject({ keys: 1, guessed: 1 });
    expect([expiry.isCreation, expiry.overByNow, expiry.bars.find(({ keys }) => keys > 0)?.to]).toEqual([
      true,
      1,
      60_000,
    ]);
    expect(frequency?.find(({ keys }) => keys > 0)).toMatchObject({ from: 5, to: 10, keys: 1 });
    expect(idle).toBeNull();
    expect(profile).toMatchObject({ target: { flavour: 'redis', version: 7_002_006 }, isOwn: true, hasUsage: true });
  });

  it('of a dump without keys', () => {
    const report = inspect(new RdbBuilder().finish());
    expect(report.total).toEqual({ keys: 0, expires: 0, elements: 0, bytes: 0, memory: 0, usage: 0 });
    expect([report.hasModel, report.databases, report.types, adviceFor(report)]).toEqual([true, [], [], []]);
  });

  it('of long elements, wherever they are', () => {
    const long = (letter: string, length: number): string => letter.repeat(length);
    const dump = new RdbBuilder()
      .key(
        'hash',
        hashValue([
          ['field', long('v', 3000)],
          ['small', 'x'],
        ]),
      )
      .key('list', listValue([long('e', 2000), 'x']))
      .key('set', setValue([long('m', 4000), 'x']))
      .key('zset', zset2Value([[long('z', 1500), 1]]))
      .key('string', stringValue(long('s', 9000)))
      .finish();
    const { largestElements } = inspect(dump, { top: 3 });
    expect(
      largestElements.map(({ key, name, bytes }) => [text(key), name === null ? null : text(name).slice(0, 6), bytes]),
    ).toEqual([
      ['set', '', 4000],
      ['hash', 'field', 3000],
      ['list', null, 2000],
    ]);
  });

  it('of keys that are chosen', () => {
    const dump = new RdbBuilder()
      .key('a:1', stringValue('x'))
      .key('b:1', stringValue('y'.repeat(50)))
      .key('b:2', stringValue('z'))
      .finish();
    const inspection: Inspection = new Inspection({
      accept: ({ bytes, start }) => bytes[start] === 0x62,
      acceptSize: (bytes) => bytes < 20,
      position: () => reader.offset,
    });
    const reader: RdbReader = new RdbReader(inspection);
    reader.push(dump);
    reader.finish();
    const { total, prefixes } = inspection.report();
    expect([total.keys, prefixes?.heaviest.map(({ keys }) => keys)]).toEqual([1, [1]]);
  });

  it('of a dump that is cut off', () => {
    const dump = new RdbBuilder()
      .key('a', stringValue('1'))
      .key('b', stringValue('2'))
      .key('c', stringValue('x'.repeat(50)))
      .finish();
    const inspection = new Inspection();
    const reader = new RdbReader(inspection);
    reader.push(dump.subarray(0, dump.length - 30));
    expect(() => reader.finish()).toThrow(/middle of the RDB/);
    const { total, file } = inspection.report();
    expect([total.keys, file.summary]).toEqual([2, null]);
  });

  it('of databases that take turns', () => {
    const dump = new RdbBuilder()
      .selectDb(1)
      .key('a', stringValue('x'), { expireAtMs: NOW })
      .selectDb(0)
      .key('b', listValue(['1', '2']))
      .selectDb(1)
      .key('c', stringValue('y'.repeat(100)))
      .finish();
    const { databases, otherDatabases, total, types } = inspect(dump);
    expect(databases).toMatchObject([
      { db: 0, keys: 1, expires: 0, elements: 2 },
      { db: 1, keys: 2, expires: 1, elements: 2 },
    ]);
    expect([otherDatabases, total.keys, types.map(({ keys }) => keys)]).toEqual([null, 3, [2, 1]]);
  });

  it('of more databases than it lists', () => {
    const count = 2000;
    const builder = new RdbBuilder();
    for (let db = 0; db < count; db++) builder.selectDb(db).key('a', stringValue('x')).key('b', stringValue('y'));
    const { databases, otherDatabases, total, tables, overhead } = inspect(builder.finish());
    expect([databases.length, databases.at(-1)?.db, total.keys]).toEqual([256, 255, 2 * count]);
    const [first] = databases;
    if (first === undefined) return expect.fail('no database');
    // All of them are alike.
    const others = count - databases.length;
    const { db: _, ...sums } = first;
    expect(otherDatabases).toEqual(
      Object.fromEntries(Object.entries(sums).map(([name, value]) => [name, value * others])),
    );
    expect([tables, overhead % count]).toEqual([first.tables * count, 0]);
  });

  it('of more functions and modules than it lists', () => {
    const count = 1100;
    const builder = new RdbBuilder();
    for (let i = 0; i < count; i++) {
      const name = `module${String(i).padStart(3, '0').slice(-3)}`;
      builder.functionLibrary(`#!lua name=lib${i}\n`);
      builder.moduleAux(i < 1000 ? name : `other-${name.slice(-3)}`, 1, 2, [{ uint: 1 }]);
      builder.key(`k${i}`, moduleValue(i < 1000 ? name : `other-${name.slice(-3)}`, 1, [{ string: 'x' }]));
    }
    const { functions, functionCount, modules, otherModules } = inspect(builder.finish());
    expect([functions.length, functions.at(-1)?.name, functionCount]).toEqual([1000, 'lib999', count]);
    expect([modules.length, modules.reduce((sum, { keys }) => sum + keys, 0), otherModules?.keys]).toEqual([
      1000, 1000, 100,
    ]);
    expect(otherModules?.auxBytes).toBe((modules[0]?.auxBytes ?? 0) * 100);
  });

  it('of groups and slots', () => {
    const [vector] = vectors.filter(({ name }) => name.includes('7.2.6/streams'));
    const { streams, slots, total } = inspect(vector?.read() ?? Buffer.alloc(0), { slots: true });
    expect(streams.groups).toBeGreaterThan(0);
    const ranks = streams.largestGroups.map(({ pending, lag }) => pending + (lag ?? 0));
    expect(ranks[0]).toBeGreaterThan(0);
    expect(ranks).toEqual(ranks.toSorted((a, b) => b - a));
    expect(slots?.ranges.reduce((sum, { keys }) => sum + keys, 0)).toBe(total.keys);
    expect(slots?.skew).toBeCloseTo(((slots?.heaviest[0]?.memory ?? 0) * 16_384) / total.memory);
  });

  it('of warnings, by their code', () => {
    const dump = new RdbBuilder().key('a', listValue([])).key('b', listValue([])).finish();
    const { warnings, emptyKeys, total } = inspect(dump);
    expect(warnings).toMatchObject([{ code: 'RDB_EMPTY_KEY', count: 2 }]);
    expect([emptyKeys, total.keys]).toEqual([2, 0]);
  });

  it('uses a target that nothing is known of', () => {
    const { hasModel, total } = inspect(new RdbBuilder().key('a', stringValue('12345')).finish(), {
      target: { flavour: 'dragonfly', version: 1_000_000 },
    });
    expect([hasModel, total.memory]).toEqual([false, 5]);
  });
});
