import { readRdbSync } from '@rdbkit/rdb';
import { hashValue, listValue, RdbBuilder, stringValue, zset2Value } from '@rdbkit/testkit';
import { describe, expect, it } from 'vitest';
import { type Advice, adviceFor } from './advice.ts';
import { Inspection } from './inspection.ts';
import type { InspectionReport } from './inspection-report.ts';

const SECOND = 1_600_000_000;

function reportOf(build: (builder: RdbBuilder) => void, slots = false): InspectionReport {
  const builder = new RdbBuilder({ version: 11 }).aux('redis-ver', '7.2.6').aux('ctime', String(SECOND));
  build(builder);
  const inspection = new Inspection({ slots });
  readRdbSync(builder.finish(), inspection);
  return inspection.report();
}

const codesOf = (advice: readonly Advice[]): string[] => advice.map(({ code }) => code);
const some = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe('advice on', () => {
  it('a huge key', () => {
    const [advice] = adviceFor(
      reportOf((dump) => dump.key('big', stringValue('x'.repeat(9_000_000))).key('small', stringValue('y'))),
    );
    expect(advice).toMatchObject({ code: 'huge-key', title: 'One string takes 100 % of the memory', key: { db: 0 } });
    expect(Buffer.from(advice?.key?.key ?? []).toString()).toBe('big');
  });

  it('a long element', () => {
    const advice = adviceFor(reportOf((dump) => dump.key('h', hashValue([['f', 'x'.repeat(2 ** 20)]]))));
    expect(codesOf(advice)).toContain('long-element');
  });

  it('keys that had expired', () => {
    const advice = adviceFor(
      reportOf((dump) => {
        for (const i of some(20)) dump.key(`k${i}`, stringValue('v'), i < 2 ? { expireAtMs: SECOND * 1000 - 1 } : {});
      }),
    );
    expect(advice).toMatchObject([
      { code: 'expired-share', title: '10 % of the keys had expired when the dump was made' },
    ]);
  });

  it('prefixes without expiry, or with too little of it', () => {
    const expireAtMs = SECOND * 1000 + 60_000;
    const advice = adviceFor(
      reportOf((dump) => {
        for (const i of some(200)) {
          dump.key(`cache:${i}`, stringValue('v'));
          dump.key(`job:${i}`, stringValue('v'), i < 150 ? { expireAtMs } : {});
          dump.key(`user:${i}`, stringValue('v'));
        }
      }),
    );
    expect(advice.map(({ code, prefix }) => [code, Buffer.from(prefix ?? []).toString()])).toEqual([
      ['partial-expiry', 'job:'],
      ['no-expiry', 'cache:'],
    ]);
  });

  it('collections that are just too large to be packed', () => {
    const advice = adviceFor(
      reportOf((dump) => {
        dump.key('z', zset2Value(some(200).map((i) => [`m${i}`, i])));
        dump.key('h', hashValue(some(20).map((i) => [`f${i}`, 'x'.repeat(100)])));
        dump.key('far', zset2Value(some(300).map((i) => [`m${i}`, i])));
      }),
    );
    expect(advice.map(({ code, title }) => [code, title])).toEqual([
      ['near-threshold', 'A zset is just too large to be packed'],
      ['near-threshold', 'A hash is just too long to be packed'],
    ]);
  });

  it('slots, names, empty keys', () => {
    const advice = adviceFor(
      reportOf((dump) => {
        for (const i of some(200)) dump.key(`${'n'.repeat(300)}{tag}${i}`, stringValue('v'));
        dump.key('empty', listValue([]));
      }, true),
    );
    expect(codesOf(advice)).toEqual(['slot-skew', 'long-names', 'empty-keys']);
  });

  it('an estimate that is far from what the server used', () => {
    const report = reportOf((dump) => dump.aux('used-mem', '900000000').key('k', stringValue('v')));
    expect(adviceFor(report)).toMatchObject([{ code: 'memory-ratio' }]);
    const same = reportOf((dump) => dump.aux('used-mem', '21000000').key('k', stringValue('x'.repeat(20_000_000))));
    expect(codesOf(adviceFor(same))).toEqual(['huge-key']);
  });

  it('a group that nobody works for', () => {
    const report = reportOf((dump) => dump.key('k', stringValue('v')));
    const group = {
      db: 0,
      key: Buffer.from('s'),
      keyBytes: 1,
      group: Buffer.from('g'),
      consumers: 1,
      pending: 5000,
      lag: 0,
      oldestDeliveryMs: 0,
    };
    const streams = { groups: 1, consumers: 1, pending: 5000, largestGroups: [group] };
    expect(codesOf(adviceFor({ ...report, streams }))).toEqual(['pending-entries']);
    expect(
      codesOf(adviceFor({ ...report, streams: { ...streams, largestGroups: [{ ...group, pending: 5 }] } })),
    ).toEqual([]);
  });

  it('a collection of a million elements', () => {
    const report = reportOf((dump) => dump.key('k', stringValue('v')));
    const [key] = report.largest.byMemory;
    const byElements = key === undefined ? [] : [{ ...key, type: 'set' as const, elements: 1_000_000 }];
    expect(codesOf(adviceFor({ ...report, largest: { ...report.largest, byElements } }))).toEqual(['many-elements']);
  });
});

it('has nothing to say about a dump that is as it should be', () => {
  expect(adviceFor(reportOf((dump) => dump.key('user:1', stringValue('v'))))).toEqual([]);
});
