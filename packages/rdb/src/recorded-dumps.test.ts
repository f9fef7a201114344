import {
  type Content,
  ContentCollector,
  compareContent,
  eachVector,
  encodedId,
  type IgnoredPart,
  type KeyRecord,
  listVectors,
  type Vector,
  type VectorMeta,
} from '@rdbkit/testkit';
import { describe, expect, it } from 'vitest';
import { readDump } from './dump-payload.ts';
import { RdbError, RdbTruncatedError, RdbUnsupportedError } from './errors.ts';
import { readRdb, readRdbSync } from './read.ts';

/** What a file does not tell, or tells in other words. */
const NOT_IN_FILE: readonly IgnoredPart[] = ['encoding', 'moduleDetails'];

/** Module values in the layout of a release candidate have no end that could be found. */
const hasPreReleaseModules = (vector: Vector): boolean => vector.name.endsWith('/redis-4.0-rc1/modules');

const recorded = listVectors('test-vectors', 'corpus', 'extra').filter((vector) => !hasPreReleaseModules(vector));

function* pieces(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  // One buffer for all pieces: what has been pushed may be overwritten.
  const buffer = new Uint8Array(size);
  for (let at = 0; at < bytes.length; at += size) {
    const piece = bytes.subarray(at, at + size);
    buffer.fill(0xaa);
    buffer.set(piece);
    yield buffer.subarray(0, piece.length);
  }
}

describe('a dump holds what its server said', () => {
  it.each(eachVector(recorded))('%s', async (_name, vector) => {
    const expected = vector.expected() as Content & { meta: VectorMeta };
    const bytes = vector.read();
    const collector = new ContentCollector();
    const summary = readRdbSync(bytes, collector);
    const content = collector.content();
    expect(compareContent(expected, content, { ignore: NOT_IN_FILE })).toEqual([]);
    expect(collector.emptyKeys).toEqual([]);
    expect(summary.keys).toBe(expected.meta.keys);
    expect(summary.bytes).toBe(bytes.length);
    const hasTrailer = Number(expected.meta.header.replace(/\D+/, '')) >= 5;
    expect(summary.checksum).toBe(expected.meta.checksum ? 'ok' : hasTrailer ? 'disabled' : 'absent');

    for (const text of Object.values(expected.meta.moduleAux ?? {}).flat()) {
      const found = collector.moduleAuxes.some(({ payload }) => payload.includes(Buffer.from(text, 'base64')));
      expect(found, text).toBe(true);
    }
    const size = bytes.length < 50_000 ? 1 : 61;
    const again = new ContentCollector();
    expect(await readRdb(pieces(bytes, size), again)).toEqual(summary);
    expect(again.content()).toEqual(content);
  });
});

describe('a DUMP payload holds what its key does', () => {
  const withPayloads = recorded.filter((vector) => vector.dumpPayloads().length > 0);

  it.each(eachVector(withPayloads))('%s', (_name, vector) => {
    const { records } = vector.expected() as Content;
    const byKey = new Map(records.map((record) => [`${record.db}/${encodedId(record.key)}`, record]));
    for (const { db, key, payload } of vector.dumpPayloads()) {
      const record = byKey.get(`${db}/${key}`) as KeyRecord;
      const collector = new ContentCollector();
      const info = readDump(payload, collector);
      const found = collector.content().records.map((one) => ({ ...one, db, key }));
      const ignore = [...NOT_IN_FILE, 'expireAtMs', 'usage', 'idmp'] as const;
      expect(
        compareContent({ records: [record], functions: [] }, { records: found, functions: [] }, { ignore }),
      ).toEqual([]);
      if (record.rdbType != null) expect(info.typeCode).toBe(record.rdbType);
    }
  });
});

describe('a dump of another project', () => {
  const peers = listVectors('peer-data');
  const isTolerated = (vector: Vector): boolean => /empty_keys|zipmap_big_len/.test(vector.name);
  const isBeyondUs = (vector: Vector): boolean => /redis-replicator\/module\.rdb$|\/future_v19/.test(vector.name);
  const state = (vector: Vector): string => vector.manifest?.state ?? '';

  it.skipIf(peers.length === 0)('is at hand', () => {
    expect(peers.length).toBeGreaterThan(100);
  });

  it.each(eachVector(peers.filter((vector) => state(vector) === 'good' && !isBeyondUs(vector))))(
    '%s',
    (_name, vector) => {
      const collector = new ContentCollector();
      const summary = readRdbSync(vector.read(), collector);
      const count = /keys=(\d+)/.exec(vector.manifest?.count ?? '')?.[1];
      if (count !== undefined) expect(summary.keys).toBe(Number(count));
    },
  );

  it.each(eachVector(peers.filter(isTolerated)))('%s is odd, but can be read', (_name, vector) => {
    const collector = new ContentCollector();
    const { keys } = readRdbSync(vector.read(), collector);
    const { records } = collector.content();
    const skipped = Number(/(\d+) empty keys skipped/.exec(vector.manifest?.outcome ?? '')?.[1] ?? 0);
    expect(collector.emptyKeys).toHaveLength(skipped);
    expect(keys).toBe(records.length + skipped);
  });

  it.each(eachVector(peers.filter(isBeyondUs)))('%s cannot be read', (_name, vector) => {
    expect(() => readRdbSync(vector.read(), new ContentCollector())).toThrow(RdbUnsupportedError);
  });

  it.each(eachVector(peers.filter((vector) => state(vector) === 'truncated')))('%s is cut off', (_name, vector) => {
    expect(() => readRdbSync(vector.read(), new ContentCollector())).toThrow(RdbTruncatedError);
  });

  it.each(eachVector(peers.filter((vector) => state(vector) === 'corrupt' && !isTolerated(vector))))(
    '%s is damaged',
    (_name, vector) => {
      expect(() => readRdbSync(vector.read(), new ContentCollector())).toThrow(RdbError);
    },
  );
});

describe('a module value of a release candidate', () => {
  it.each(eachVector(listVectors('test-vectors', 'corpus').filter(hasPreReleaseModules)))('%s', (_name, vector) => {
    expect(() => readRdbSync(vector.read(), new ContentCollector())).toThrow(RdbUnsupportedError);
  });
});
