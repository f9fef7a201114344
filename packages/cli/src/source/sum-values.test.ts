import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandEmitter, type ValueSums } from '@rdbkit/commands';
import { readRdbSync } from '@rdbkit/rdb';
import { RespBuffer } from '@rdbkit/resp';
import { listVectors, RdbBuilder, stringValue } from '@rdbkit/testkit';
import { afterAll, describe, expect, it } from 'vitest';
import { newSumRing, SumConsumer, SumProducer } from './sum-ring.ts';
import { sumValues } from './sum-values.ts';

const folder = mkdtempSync(join(tmpdir(), 'rdbkit-sums-'));
afterAll(() => rmSync(folder, { recursive: true }));

const NOW = 1_700_000_000_000;

/** Counts what was asked for and found. */
class Counted implements ValueSums {
  asked = 0;
  found = 0;
  private readonly inner: SumConsumer;

  constructor(inner: SumConsumer) {
    this.inner = inner;
  }
  get lo(): number {
    return this.inner.lo;
  }
  get hi(): number {
    return this.inner.hi;
  }
  find(key: number, typeCode: number, length: number): boolean {
    this.asked++;
    const isFound = this.inner.find(key, typeCode, length);
    if (isFound) this.found++;
    return isFound;
  }
}

function summed(path: string): { readonly end: number | null; readonly sums: Counted } {
  const ring = newSumRing();
  const fd = openSync(path, 'r');
  try {
    const end = sumValues(fd, null, new SumProducer(ring));
    return { end, sums: new Counted(new SumConsumer(ring)) };
  } finally {
    closeSync(fd);
  }
}

function restoreCommands(file: Uint8Array, valueSums: ValueSums | null): Uint8Array {
  const out = new RespBuffer();
  readRdbSync(file, new CommandEmitter(out, { form: 'restore', now: NOW, temporarySuffix: ':t', valueSums }));
  return out.take();
}

describe('the sums of values, taken out of that of the file', () => {
  const tally = { asked: 0, found: 0, verified: 0 };
  // More keys than the ring has room for would wait for a consumer.
  const vectors = listVectors('test-vectors', 'corpus').filter(
    (vector) => (vector.expected()?.meta.keys ?? 0) < 60_000,
  );

  it.each(vectors.map((vector) => [vector.name, vector] as const))('make the same commands: %s', (_, vector) => {
    const file = vector.read();
    let plain: Uint8Array;
    try {
      plain = restoreCommands(file, null);
    } catch {
      // A damaged file, or one that cannot be read by design: it must not do any harm here either.
      expect(summed(vector.path).end).toBeNull();
      return;
    }
    const { end, sums } = summed(vector.path);
    expect(Buffer.compare(restoreCommands(file, sums), plain)).toBe(0);
    if (end !== null) {
      tally.verified++;
      expect(end).toBe(file.length);
      expect(sums.found).toBe(sums.asked);
    }
    tally.asked += sums.asked;
    tally.found += sums.found;
  });

  it('are asked for and found nearly always', () => {
    expect(tally.verified).toBeGreaterThan(100);
    expect(tally.asked).toBeGreaterThan(10_000);
    expect(tally.found / tally.asked).toBeGreaterThan(0.9);
  });

  const good = new RdbBuilder().key('a', stringValue('b')).finish();
  const bad = new RdbBuilder().key('a', stringValue('b')).finish('bad');
  it.each([
    ['a good file', good, good.length],
    ['one with more behind it', Uint8Array.of(...good, 1, 2, 3), good.length],
    ['one with a wrong checksum', bad, null],
    ['one without', new RdbBuilder().key('a', stringValue('b')).finish('zero'), null],
    ['one that is cut off', good.subarray(0, good.length - 1), null],
    ['an empty one', new Uint8Array(0), null],
    ['another one', new TextEncoder().encode('PK\x03\x04 and so on'), null],
  ])('tell where the RDB ends if its checksum is right: %s', (name, bytes, end) => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    expect(summed(path).end).toBe(end);
  });
});
