import { RdbError, RdbReader } from '@rdbkit/rdb';
import {
  type Content,
  compareContent,
  eachVector,
  type IgnoredPart,
  type KeyRecord,
  listVectors,
  type Vector,
  type VectorMeta,
} from '@rdbkit/testkit';
import { describe, expect, it } from 'vitest';
import { bytesOf, contentOf, type ExportRecord, parseRecords } from '../../testing/record-content.ts';
import { type JsonOptions, JsonWriter } from './jsonl.ts';

/** What the file does not say, or the record in other words. Encodings have a test of their own. */
const NOT_COMPARED: readonly IgnoredPart[] = ['encoding', 'moduleDetails', 'rdbType', 'keyMetadata'];

/** Module values in the layout of a release candidate have no end that could be found. */
const hasPreReleaseModules = ({ name }: Vector): boolean =>
  /\/redis-4.0-rc1\/modules$|\+redis-replicator\/module\.rdb$/.test(name);

const recorded = listVectors('test-vectors', 'corpus', 'extra').filter((vector) => !hasPreReleaseModules(vector));

function exported(bytes: Uint8Array, options: JsonOptions = {}): string {
  const writer = new JsonWriter(options);
  const reader = new RdbReader(writer);
  const parts: Uint8Array[] = [];
  try {
    for (let at = 0; at < bytes.length; at += 10_007) {
      reader.push(bytes.subarray(at, at + 10_007));
      parts.push(writer.out.take().slice());
    }
    reader.finish();
  } finally {
    writer.abort();
  }
  writer.finish();
  parts.push(writer.out.take());
  return Buffer.concat(parts).toString();
}

function expectedOf(vector: Vector): Content & { meta: VectorMeta } {
  const expected = vector.expected();
  if (expected === null) throw new Error(`${vector.name} has no expectation`);
  return expected;
}

describe('records say what the server said', () => {
  it.each(eachVector(recorded))('%s', (_name, vector) => {
    const expected = expectedOf(vector);
    const bytes = vector.read();
    const all = parseRecords(exported(bytes, { binary: 'base64' }));
    expect(compareContent(expected, contentOf(all), { ignore: NOT_COMPARED })).toEqual([]);
    expect(all.filter(isKey)).toHaveLength(expected.meta.keys);
    // The same content in the other form, and in one array.
    const readable = parseRecords(exported(bytes));
    expect(contentOf(readable)).toEqual(contentOf(all));
    expect(JSON.parse(exported(bytes, { layout: 'array' }))).toEqual(readable);
  });
});

/** A dump does not tell that a string was changed in place, which leaves it `raw` until the next start of the server. */
const CHANGED_IN_PLACE = new Set(['str:appended', 'str:setrange', 'hll:sparse']);

/** What loading would make of a key: 5.0 has no word for streams, and 3.0 does not tell that it is not 2.6, which embeds no strings. */
function toldEncoding({ key, type, encoding }: KeyRecord, { server, version }: VectorMeta): string | undefined {
  if (CHANGED_IN_PLACE.has(typeof key === 'string' ? Buffer.from(key, 'base64').toString() : '')) return undefined;
  if (encoding === 'unknown' && type === 'stream') return 'stream';
  if (encoding === 'embstr' && server === 'redis' && version.startsWith('3.0')) return 'raw';
  return encoding;
}

describe('encodings are those that OBJECT ENCODING told', () => {
  it.each(eachVector(recorded))('%s', (_name, vector) => {
    const { records, meta } = expectedOf(vector);
    const found = contentOf(parseRecords(exported(vector.read())));
    const idOf = ({ db, key }: KeyRecord): string => `${db}/${JSON.stringify(key)}`;
    const told = new Map(records.map((record) => [idOf(record), toldEncoding(record, meta)]));
    const wrong = found.records.filter((record) => (told.get(idOf(record)) ?? record.encoding) !== record.encoding);
    expect(wrong.map(({ key, encoding }) => [key, encoding])).toEqual([]);
    expect(found.records).toHaveLength(records.length);
  });
});

const isKey = ({ db, type }: ExportRecord): boolean => db !== undefined && type !== 'member-expiry';

describe("other projects' dumps", () => {
  const isBeyondUs = (vector: Vector): boolean => hasPreReleaseModules(vector) || /\/future_v19/.test(vector.name);
  const peers = listVectors('peer-data').filter((vector) => !isBeyondUs(vector));

  it.each(eachVector(peers.filter(({ manifest }) => manifest?.state === 'good')))('%s', (_name, vector) => {
    const bytes = vector.read();
    const records = parseRecords(exported(bytes));
    const keys = Number(/keys=(\d+)/.exec(vector.manifest?.count ?? '')?.[1]);
    expect(records.filter(isKey)).toHaveLength(keys);
    const encoded = parseRecords(exported(bytes, { binary: 'base64' }));
    expect(contentOf(encoded)).toEqual(contentOf(records));
  });

  it.each(eachVector(peers.filter(({ manifest }) => manifest?.state !== 'good')))('%s', (_name, vector) => {
    const writer = new JsonWriter();
    const reader = new RdbReader(writer);
    let error: unknown = null;
    try {
      reader.push(vector.read());
      reader.finish();
    } catch (caught) {
      error = caught;
    }
    writer.abort();
    writer.finish();
    expect(error === null || error instanceof RdbError).toBe(true);
    const records = parseRecords(Buffer.from(writer.out.take()).toString());
    expect(records.filter(isKey).length).toBe(writer.keys);
    for (const { key } of records) if (key !== undefined) expect(bytesOf(key)).toBeInstanceOf(Buffer);
  });
});
