/**
 * The records of an export in the form of the `.expected.jsonl` files, to be compared with them.
 *
 * @module
 */
import { Buffer } from 'node:buffer';
import {
  type ArrayRecord,
  type ConsumerRecord,
  type Content,
  type Count,
  compareEncoded,
  type EncodedBytes,
  encodeBytes,
  type FunctionRecord,
  type GroupRecord,
  type HashField,
  type KeyRecord,
  type StreamRecord,
  sortRecords,
} from '@rdbkit/testkit';

/** A byte string in JSON. */
export type Bytes = string | { readonly $base64: string };

/** A record as it is written. */
export interface ExportRecord {
  readonly db?: number;
  readonly key?: Bytes;
  readonly type: string;
  readonly encoding?: string;
  readonly expireAtMs?: number | string;
  readonly idleSeconds?: number;
  readonly freq?: number;
  readonly keyMetadata?: Bytes;
  readonly mvccTimestamp?: Bytes;
  readonly value: unknown;
  readonly incomplete?: true;
}

interface StreamValue {
  readonly length: Count;
  readonly lastId: string;
  readonly firstId?: string;
  readonly maxDeletedId?: string;
  readonly entriesAdded?: Count;
  readonly entries: readonly (readonly [string, readonly Bytes[]])[];
  readonly groups: readonly {
    readonly name: Bytes;
    readonly lastId: string;
    readonly entriesRead?: Count;
    readonly pending: readonly (readonly [string, Bytes | null, Count, Count])[];
    readonly consumers: readonly { readonly name: Bytes; readonly seenMs: Count; readonly activeMs?: Count }[];
  }[];
  readonly idmp?: {
    readonly durationSeconds: number;
    readonly maxEntries: number;
    readonly iidsAdded: Count;
    readonly iidsDuplicates: Count;
    readonly producers: readonly { readonly id: Bytes; readonly entries: readonly (readonly [Bytes, string])[] }[];
  };
}

/** The bytes that JSON stands for. */
export function bytesOf(bytes: Bytes): Buffer {
  return typeof bytes === 'string' ? Buffer.from(bytes, 'utf8') : Buffer.from(bytes.$base64, 'base64');
}

/** The lines of an export. */
export function parseRecords(text: string): ExportRecord[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ExportRecord);
}

/** What the records say, in the form of the expectations. */
export function contentOf(records: readonly ExportRecord[]): Content {
  const keys = new Map<string, KeyRecord>();
  const functions: FunctionRecord[] = [];
  for (const record of records) {
    if (record.type === 'function') functions.push(functionOf(record));
    if (record.db === undefined || record.key === undefined) continue;
    const id = `${record.db}/${bytesOf(record.key).toString('base64')}`;
    if (record.type !== 'member-expiry') {
      keys.set(id, keyOf(record, record.db, record.key));
      continue;
    }
    const [member, when] = record.value as [Bytes, number];
    const key = keys.get(id);
    if (key === undefined) throw new Error(`the member's key ${id} has not been written`);
    keys.set(id, { ...key, memberExpiries: [...(key.memberExpiries ?? []), [encoded(member), when]] });
  }
  return {
    records: sortRecords([...keys.values()]),
    functions: functions.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

function encoded(bytes: Bytes): EncodedBytes {
  return encodeBytes(bytesOf(bytes));
}

function functionOf({ key = '', value }: ExportRecord): FunctionRecord {
  const name = bytesOf(key).toString();
  if (typeof value === 'object' && value !== null && 'engine' in value) {
    const old = value as { engine: Bytes; description?: Bytes; code: Bytes };
    return {
      name,
      engine: bytesOf(old.engine).toString(),
      description: old.description === undefined ? null : bytesOf(old.description).toString(),
      code: encoded(old.code),
    };
  }
  const engine = /^#!(\w+)/.exec(bytesOf(value as Bytes).toString())?.[1] ?? '';
  return { name, engine: engine.toUpperCase(), description: null, code: encoded(value as Bytes) };
}

function keyOf(record: ExportRecord, db: number, key: Bytes): KeyRecord {
  const { type, encoding, expireAtMs, idleSeconds, freq, value } = record;
  return {
    db,
    key: encoded(key),
    type: type === 'module' ? bytesOf((value as { module: Bytes }).module).toString() : type,
    ...(encoding === undefined ? {} : { encoding }),
    expireAtMs: expireAtMs === undefined ? null : Number(expireAtMs),
    ...(idleSeconds === undefined ? {} : { idleSeconds }),
    ...(freq === undefined ? {} : { frequency: freq }),
    value: valueOf(type, value),
  };
}

function valueOf(type: string, value: unknown): KeyRecord['value'] {
  switch (type) {
    case 'string':
      return encoded(value as Bytes);
    case 'list':
      return (value as Bytes[]).map((element): EncodedBytes => encoded(element));
    case 'set':
      return (value as Bytes[]).map((member): EncodedBytes => encoded(member)).toSorted(compareEncoded);
    case 'zset':
      return (value as [Bytes, number | string][]).map(([member, score]): readonly [EncodedBytes, string] => [
        encoded(member),
        Object.is(score, -0) ? '-0' : String(score),
      ]);
    case 'hash':
      return (value as [Bytes, Bytes, number?][])
        .toSorted(([a], [b]) => Buffer.compare(bytesOf(a), bytesOf(b)))
        .map(([field, content, at]): HashField => {
          return at === undefined ? [encoded(field), encoded(content)] : [encoded(field), encoded(content), at];
        });
    case 'stream':
      return streamOf(value as StreamValue);
    case 'array':
      return arrayOf(value as { nextInsertIndex: Count; items: [Count, Bytes][] });
    case 'module':
      return null;
    default:
      throw new Error(`unknown type ${type}`);
  }
}

function arrayOf({ nextInsertIndex, items }: { nextInsertIndex: Count; items: [Count, Bytes][] }): ArrayRecord {
  const last = items.at(-1)?.[0];
  return {
    count: items.length,
    length: last === undefined ? '0' : String(BigInt(last) + 1n),
    nextInsertIndex: String(nextInsertIndex),
    items: items.map(([index, element]) => [String(index), encoded(element)]),
  };
}

function streamOf(stream: StreamValue): StreamRecord {
  const { idmp } = stream;
  return {
    length: stream.length,
    lastId: stream.lastId,
    ...(stream.entriesAdded === undefined ? {} : { entriesAdded: stream.entriesAdded }),
    ...(stream.maxDeletedId === undefined ? {} : { maxDeletedId: stream.maxDeletedId }),
    ...(stream.firstId === undefined ? {} : { firstId: stream.firstId }),
    ...(idmp === undefined
      ? {}
      : {
          idmp: {
            'idmp-duration': idmp.durationSeconds,
            'idmp-maxsize': idmp.maxEntries,
            'pids-tracked': idmp.producers.length,
            'iids-tracked': idmp.producers.reduce((sum, { entries }) => sum + entries.length, 0),
            'iids-added': idmp.iidsAdded,
            'iids-duplicates': idmp.iidsDuplicates,
          },
        }),
    entries: stream.entries.map(([id, fields]) => [id, fields.map(encoded)]),
    groups: stream.groups.map(groupOf),
  };
}

function groupOf(group: StreamValue['groups'][number]): GroupRecord {
  return {
    name: encoded(group.name),
    lastId: group.lastId,
    // Absent: unknown, or the layout of the file does not tell.
    entriesRead: group.entriesRead ?? null,
    nackedCount: group.pending.filter(([, consumer]) => consumer === null).length,
    pending: group.pending.map(([id, consumer, deliveredMs, deliveries]) => ({
      id,
      consumer: consumer === null ? null : encoded(consumer),
      deliveredMs: Number(deliveredMs),
      deliveries,
    })),
    consumers: group.consumers.map(
      ({ name, seenMs, activeMs }): ConsumerRecord => ({
        name: encoded(name),
        seenMs,
        ...(activeMs === undefined ? {} : { activeMs }),
        pending: group.pending
          .filter(([, consumer]) => consumer !== null && bytesOf(consumer).equals(bytesOf(name)))
          .map(([id]) => id),
      }),
    ),
  };
}
