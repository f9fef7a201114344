// The memory model against figures that were read from servers: single keys by MEMORY USAGE … SAMPLES 0, and what used_memory
// grew by for many of a kind. The servers had got them by commands, so shapes are left out whose size depends on that.
import { readFileSync } from 'node:fs';
import { parseTarget } from '@rdbkit/commands';
import { hashValue, listValue, RdbBuilder, type RdbValue, setValue, stringValue, zset2Value } from '@rdbkit/testkit';
import { describe, expect, it } from 'vitest';
import { type Measured, measure } from '../testing/memory-comparison.ts';
import type { Allocator } from './allocator.ts';

type Figure = readonly [bytes: number, encoding: string];
type Population = readonly [keys: number, bytesPerKey: number, averageUsage: number];

const measured = JSON.parse(
  readFileSync(new URL('../testing/measured-memory.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, Readonly<Record<string, Figure | Population>>>>;

/** Shapes that a server which has grown them keeps in another way than one that has loaded them, and why. */
const GROWN = [
  [/^\S+ stream/, 'the last node has room for more entries'],
  [/^\S+ hash ht n(200|1025|5000)/, 'its table was being moved to a larger one'],
  [/^\S+ zset sl n10000/, 'so was this one'],
  [/^redis-7.0.15 set lp n50/, 'and this one'],
  [/^valkey-9-dev (hash|set) ht/, 'and these'],
] as const;

const FAR_AWAY_MS = 4_000_000_000_000;
const text = (length: number, i?: number): string =>
  String(i ?? '')
    .padStart(length, 'x')
    .slice(-length || length);
const several = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

/** The key of a shape: its name, value and whether it expires. */
function keyOf(shape: string): { name: string; value: RdbValue; expires: boolean } {
  const number = (letter: string): number => Number(new RegExp(`\\b${letter}(\\d+)`).exec(shape)?.[1] ?? 0);
  const count = number('n');
  const name = text(number('key') || 1);
  const expires = shape.endsWith('ttl');
  if (shape.startsWith('str')) return { name, value: stringValue(text(number('val') || (expires ? 10 : 0))), expires };
  if (shape.startsWith('int'))
    return { name, value: stringValue(shape === 'int big' ? '1234567890123' : '12345'), expires };
  if (shape.startsWith('hash')) {
    const pairs = several(count, (i) => [text(number('f'), i), text(number('v'), i)] as const);
    return { name, value: hashValue(pairs), expires };
  }
  if (shape === 'set intset n100')
    return { name, value: setValue(several(count, (i) => String(100_000 + i))), expires };
  if (shape.startsWith('set')) return { name, value: setValue(several(count, (i) => text(10, i))), expires };
  if (shape.startsWith('zset')) return { name, value: zset2Value(several(count, (i) => [text(10, i), i])), expires };
  if (shape.startsWith('list')) return { name, value: listValue(several(count, (i) => text(8, i))), expires };
  throw new Error(`a shape without a key: ${shape}`);
}

function populationOf(shape: string, count: number): Uint8Array {
  const builder = new RdbBuilder().selectDb(0).resizeDb(count, shape.includes('ttl') ? count : 0);
  const value = shape.includes('hash')
    ? hashValue(several(5, (i) => [text(2, i), text(2, i)] as const))
    : stringValue(shape.includes('int') ? '12345' : text(shape.includes('val100') ? 100 : 10));
  for (let i = 0; i < count; i++) {
    builder.key(`key:${text(8, i)}`, value, shape.includes('ttl') ? { expireAtMs: FAR_AWAY_MS } : {});
  }
  return builder.finish();
}

describe.each(Object.entries(measured))('%s', (profile, shapes) => {
  const [server = '', allocator = ''] = profile.split(' ');
  const target = parseTarget(server === 'valkey-9-dev' ? 'valkey-9.1' : server);
  const measureFor = (dump: Uint8Array): Measured => measure(dump, { target, allocator: allocator as Allocator });
  const single = Object.entries(shapes).filter(
    ([shape]) => !shape.startsWith('POP') && !GROWN.some(([pattern]) => pattern.test(`${server} ${shape}`)),
  );

  it.each(single)('%s', (shape, [bytes, encoding]) => {
    const { name, value, expires } = keyOf(shape);
    const dump = new RdbBuilder().key(name, value, expires ? { expireAtMs: FAR_AWAY_MS } : {}).finish();
    const [key] = measureFor(dump).keys;
    expect(key?.encoding).toBe(encoding);
    // Levels of a skip list are drawn by lot, and so are collisions.
    const tolerance = /hashtable|skiplist/.test(String(encoding)) ? 0.02 : 0;
    expect(Math.abs((key?.usage ?? 0) / bytes - 1), `${key?.usage} for ${bytes}`).toBeLessThanOrEqual(tolerance);
  });

  const populations = Object.entries(shapes).filter(([shape]) => shape.startsWith('POP'));
  it.each(populations)('%s', (shape, [count, bytesPerKey, averageUsage]) => {
    const result = measureFor(populationOf(shape, Number(count)));
    const total = result.allocated + result.tableBytes(Number(count), result.expiring);
    const usage = result.keys.reduce((sum, key) => sum + key.usage, 0);
    expect(Math.abs(total / Number(count) / Number(bytesPerKey) - 1)).toBeLessThan(0.01);
    expect(usage / Number(count)).toBeCloseTo(Number(averageUsage), 1);
  });
});
