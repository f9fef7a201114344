/**
 * What a server or a dump holds, in the form of the `.expected.jsonl` files, and comparing two of them.
 *
 * @module
 */
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';

/** Base64; a long string is given by its length and digest. */
export type EncodedBytes = string | { readonly length: number; readonly sha256: string };

/** An integer; text beyond 2^53. */
export type Count = number | string;

/** Absolute Unix milliseconds; `approximately` where a server can only be asked how long is left. */
export type ExpiryTime = number | { readonly approximately: number };

/** A field, its value and, when it has one, its own expiry. */
export type HashField = readonly [EncodedBytes, EncodedBytes] | readonly [EncodedBytes, EncodedBytes, number];

/** A pending entry. `consumer` is null or empty when nobody owns it, `deliveredMs` null where that cannot be asked. */
export interface PendingRecord {
  readonly id: string;
  readonly consumer: EncodedBytes | null;
  readonly deliveredMs: number | null;
  readonly deliveries: Count;
}

/** A consumer; times are null where they cannot be asked. */
export interface ConsumerRecord {
  readonly name: EncodedBytes;
  readonly seenMs: Count | null;
  /** Null: never active. */
  readonly activeMs?: Count | null;
  readonly pending: readonly string[];
}

/** A consumer group. */
export interface GroupRecord {
  readonly name: EncodedBytes;
  readonly lastId: string;
  /** Null: unknown. */
  readonly entriesRead?: Count | null;
  readonly nackedCount?: number;
  readonly pending: readonly PendingRecord[];
  readonly consumers: readonly ConsumerRecord[];
}

/** A stream. */
export interface StreamRecord {
  readonly length: Count;
  readonly lastId: string;
  readonly entriesAdded?: Count;
  readonly maxDeletedId?: string;
  readonly firstId?: string;
  readonly idmp?: Readonly<Record<string, Count | string | null>>;
  readonly entries: readonly (readonly [string, readonly EncodedBytes[]])[];
  readonly groups: readonly GroupRecord[];
}

/** An array. */
export interface ArrayRecord {
  readonly count: Count;
  readonly length: string;
  readonly nextInsertIndex: string;
  readonly items: readonly (readonly [string, EncodedBytes])[];
}

/** A key. */
export interface KeyRecord {
  readonly db: number;
  readonly key: EncodedBytes;
  readonly type: string;
  readonly encoding?: string;
  /** The type byte of the value; null when it is not known. */
  readonly rdbType?: number | null;
  readonly expireAtMs: ExpiryTime | null;
  /** By type; null for a module's value. */
  readonly value:
    | EncodedBytes
    | readonly EncodedBytes[]
    | readonly HashField[]
    | readonly (readonly [EncodedBytes, string])[]
    | StreamRecord
    | ArrayRecord
    | null;
  readonly module?: Readonly<Record<string, unknown>>;
  readonly idleSeconds?: number;
  readonly frequency?: number;
  readonly keyMetadata?: Readonly<Record<string, string>>;
  readonly memberExpiries?: readonly (readonly [EncodedBytes, number])[];
  readonly idmpEntries?: readonly (readonly [EncodedBytes, EncodedBytes, string])[];
}

/** A function library. */
export interface FunctionRecord {
  readonly name: string;
  readonly engine: string;
  readonly description: string | null;
  readonly code: EncodedBytes;
}

/** Everything. */
export interface Content {
  /** Sorted by database, then by the bytes of the key. */
  readonly records: readonly KeyRecord[];
  /** Sorted by name. */
  readonly functions: readonly FunctionRecord[];
}

/** Strings longer than this are given by length and digest. */
export const DIGEST_ABOVE = 8192;

/** Bytes in the form of the files. */
export function encodeBytes(bytes: Uint8Array | string): EncodedBytes {
  const buffer = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
  if (buffer.length <= DIGEST_ABOVE)
    return Buffer.from(buffer.buffer, buffer.byteOffset, buffer.length).toString('base64');
  return { length: buffer.length, sha256: createHash('sha256').update(buffer).digest('hex') };
}

/** A key or other string for reading. */
export function showBytes(bytes: EncodedBytes): string {
  if (typeof bytes !== 'string') return `${bytes.length} bytes, sha256 ${bytes.sha256.slice(0, 12)}`;
  return JSON.stringify(Buffer.from(bytes, 'base64').toString('latin1'));
}

/** A text that stands for a key or other string, for use in maps. */
export function encodedId(bytes: EncodedBytes): string {
  return typeof bytes === 'string' ? bytes : `${bytes.length}/${bytes.sha256}`;
}

/** An integer as number or text. */
export function toCount(value: number | bigint): Count {
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
}

/** Orders encoded strings by the bytes they stand for. */
export function compareEncoded(a: EncodedBytes, b: EncodedBytes): number {
  if (typeof a === 'string' && typeof b === 'string') {
    return Buffer.compare(Buffer.from(a, 'base64'), Buffer.from(b, 'base64'));
  }
  const textOf = (value: EncodedBytes): string => (typeof value === 'string' ? '' : value.sha256);
  return textOf(a) < textOf(b) ? -1 : 1;
}

/** Puts records into the order of the files. */
export function sortRecords(records: readonly KeyRecord[]): KeyRecord[] {
  return records.toSorted((a, b) => a.db - b.db || compareEncoded(a.key, b.key));
}

/** One JSON document a line. */
export function toJsonLines(documents: readonly unknown[]): string {
  return documents.map((document) => `${JSON.stringify(document)}\n`).join('');
}

/** The documents of a file with one on each line. */
export function parseJsonLines(text: string): unknown[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);
}

/** Parts of a record that a comparison may leave out. */
export type IgnoredPart =
  | 'encoding'
  | 'rdbType'
  | 'expireAtMs'
  /** `idleSeconds` and `frequency`. */
  | 'usage'
  /** Delivery times and counts of pending entries. */
  | 'pendingTimes'
  /** Pending entries whose entry is gone: from 7.0 on no command brings them back. */
  | 'orphanedPending'
  /** Consumers' times. */
  | 'consumerTimes'
  /** Consumers without pending entries. */
  | 'idleConsumers'
  | 'entriesRead'
  | 'entriesAdded'
  | 'maxDeletedId'
  | 'firstId'
  | 'idmp'
  /** Owners of pending entries, and how many were handed back. */
  | 'nackedCount'
  | 'keyMetadata'
  | 'functions'
  /** Everything known of a module's value but its type. */
  | 'moduleDetails';

/** How two contents are compared. */
export interface CompareOptions {
  readonly ignore?: readonly IgnoredPart[];
  /** Leave out keys and hash fields that have expired by then, on both sides; Unix milliseconds. */
  readonly expiredBy?: number;
  /**
   * How far approximate times may be off.
   * @default 250
   */
  readonly toleranceMs?: number;
  /**
   * How far idle times may be off: they run on while they are read.
   * @default 0
   */
  readonly toleranceIdleSeconds?: number;
}

/** Removes what has expired by `now`: keys, fields, and hashes of which nothing is left. */
export function withoutExpired(records: readonly KeyRecord[], now: number): KeyRecord[] {
  return records.flatMap((record) => {
    const at = record.expireAtMs;
    if (at !== null && (typeof at === 'number' ? at : at.approximately) <= now) return [];
    if (record.type !== 'hash') return [record];
    const fields = record.value as readonly HashField[];
    const left = fields.filter(([, , fieldAt]) => fieldAt === undefined || fieldAt > now);
    return left.length === 0 ? [] : [{ ...record, value: left }];
  });
}

/** What differs, in words; empty when nothing does. At most twenty differences are told. */
export function compareContent(expected: Content, actual: Content, options: CompareOptions = {}): string[] {
  const differences: string[] = [];
  const prepare = (content: Content): Map<string, KeyRecord> => {
    const records =
      options.expiredBy === undefined ? content.records : withoutExpired(content.records, options.expiredBy);
    return new Map(records.map((record) => [`${record.db}/${encodedId(record.key)}`, record]));
  };
  const wanted = prepare(expected);
  const found = prepare(actual);
  for (const [id, record] of wanted) {
    const other = found.get(id);
    const where = `db ${record.db} key ${showBytes(record.key)}`;
    if (other === undefined) differences.push(`${where}: missing`);
    else differences.push(...compareRecords(record, other, options).map((text) => `${where}: ${text}`));
  }
  for (const [id, record] of found) {
    if (!wanted.has(id)) differences.push(`db ${record.db} key ${showBytes(record.key)}: not expected`);
  }
  if (!options.ignore?.includes('functions'))
    differences.push(...compareFunctions(expected.functions, actual.functions));
  if (differences.length <= MAX_TOLD) return differences;
  return [...differences.slice(0, MAX_TOLD), `and ${differences.length - MAX_TOLD} more differences`];
}

const MAX_TOLD = 20;
const MAX_SHOWN = 300;

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

function compareFunctions(expected: readonly FunctionRecord[], actual: readonly FunctionRecord[]): string[] {
  if (isDeepStrictEqual(expected, actual)) return [];
  return [`functions: expected ${show(expected)}, found ${show(actual)}`];
}

/** Compares part by part, so that the text says where the difference is. */
function compareRecords(expected: KeyRecord, actual: KeyRecord, options: CompareOptions): string[] {
  const ignored = new Set<string>(options.ignore);
  const differences: string[] = [];
  const compare = (name: string, wanted: unknown, found: unknown): void => {
    if (ignored.has(name) || isDeepStrictEqual(wanted, found)) return;
    differences.push(`${name}: expected ${show(wanted)}, found ${show(found)}`);
  };
  compare('type', expected.type, actual.type);
  // Parts that only one side tells cannot be compared.
  for (const name of ['encoding', 'rdbType', 'keyMetadata', 'memberExpiries'] as const) {
    if ((expected[name] ?? null) !== null && (actual[name] ?? null) !== null)
      compare(name, expected[name], actual[name]);
  }
  // Of the producers' messages only those with chosen numbers are written down.
  for (const entry of actual.idmpEntries === undefined ? [] : (expected.idmpEntries ?? [])) {
    const isThere = actual.idmpEntries?.some((other) => isDeepStrictEqual(entry, other));
    if (!isThere) differences.push(`idmpEntries: ${show(entry)} is missing`);
  }
  if (!ignored.has('usage')) {
    const apart = Math.abs((expected.idleSeconds ?? 0) - (actual.idleSeconds ?? 0));
    if (apart > (options.toleranceIdleSeconds ?? 0)) compare('idleSeconds', expected.idleSeconds, actual.idleSeconds);
    compare('frequency', expected.frequency, actual.frequency);
  }
  if (!ignored.has('expireAtMs') && !isSameTime(expected.expireAtMs, actual.expireAtMs, options.toleranceMs ?? 250)) {
    compare('expireAtMs', expected.expireAtMs, actual.expireAtMs);
  }
  if (expected.module !== undefined && actual.module !== undefined && !ignored.has('moduleDetails')) {
    compare('module', expected.module, actual.module);
  }
  if (expected.type !== actual.type) return differences;
  // A score's sign of zero is lost as soon as one side has a packed encoding.
  const keepsZeroSign = hasPlainScores(expected) && hasPlainScores(actual);
  const left = partsOfValue(expected, ignored, keepsZeroSign);
  const right = partsOfValue(actual, ignored, keepsZeroSign);
  for (const [name, wanted] of left) {
    if (right.has(name)) compare(name, wanted, right.get(name));
  }
  return differences;
}

function isSameTime(a: ExpiryTime | null, b: ExpiryTime | null, toleranceMs: number): boolean {
  if (a === null || b === null) return a === b;
  if (typeof a === 'number' && typeof b === 'number') return a === b;
  const msOf = (time: ExpiryTime): number => (typeof time === 'number' ? time : time.approximately);
  return Math.abs(msOf(a) - msOf(b)) <= toleranceMs;
}

/** The value in named parts, without what is to be ignored; a part that only one side has is not compared. */
function partsOfValue(record: KeyRecord, ignored: ReadonlySet<string>, keepsZeroSign: boolean): Map<string, unknown> {
  if (record.type === 'zset') {
    const pairs = record.value as readonly (readonly [EncodedBytes, string])[];
    return new Map([['value', zsetForm(pairs, keepsZeroSign)]]);
  }
  if (record.type === 'stream') return streamParts(record.value as StreamRecord, ignored);
  return new Map([['value', record.value]]);
}

/** Whether the scores are stored one by one, not in a packed encoding. */
function hasPlainScores({ rdbType }: KeyRecord): boolean {
  return rdbType === 3 || rdbType === 5;
}

/** Scores as numbers, by score and then by member. */
function zsetForm(pairs: readonly (readonly [EncodedBytes, string])[], keepsZeroSign: boolean): unknown {
  const scored = pairs.map(([member, text]) => {
    const score = parseScore(text);
    return [member, keepsZeroSign || score !== 0 ? score : 0] as const;
  });
  return scored.toSorted(([a, x], [b, y]) => (x === y ? compareEncoded(a, b) : x < y ? -1 : 1));
}

/** A score from its text. */
export function parseScore(text: string): number {
  if (/^\+?inf/i.test(text)) return Number.POSITIVE_INFINITY;
  if (/^-inf/i.test(text)) return Number.NEGATIVE_INFINITY;
  return Number(text);
}

function streamParts(stream: StreamRecord, ignored: ReadonlySet<string>): Map<string, unknown> {
  const parts = new Map<string, unknown>([
    ['entries', stream.entries],
    ['length', String(stream.length)],
    ['lastId', stream.lastId],
  ]);
  if (stream.entriesAdded !== undefined) parts.set('entriesAdded', String(stream.entriesAdded));
  if (stream.maxDeletedId !== undefined) parts.set('maxDeletedId', stream.maxDeletedId);
  if (stream.firstId !== undefined) parts.set('firstId', stream.firstId);
  for (const [name, value] of ignored.has('idmp') ? [] : Object.entries(stream.idmp ?? {})) parts.set(name, value);
  const live = new Set(stream.entries.map(([id]) => id));
  const groups = stream.groups.toSorted((a, b) => compareEncoded(a.name, b.name));
  parts.set(
    'groups',
    groups.map((group) => showBytes(group.name)),
  );
  for (const group of groups) addGroupParts(parts, group, live, ignored);
  return parts;
}

function addGroupParts(
  parts: Map<string, unknown>,
  group: GroupRecord,
  live: ReadonlySet<string>,
  ignored: ReadonlySet<string>,
): void {
  const name = `group ${showBytes(group.name)}`;
  const isKept = (id: string): boolean => !ignored.has('orphanedPending') || live.has(id);
  const pending = group.pending.filter(({ id }) => isKept(id));
  parts.set(`${name} lastId`, group.lastId);
  if (group.entriesRead !== undefined && !ignored.has('entriesRead')) {
    parts.set(`${name} entriesRead`, group.entriesRead === null ? null : String(group.entriesRead));
  }
  if (group.nackedCount !== undefined && !ignored.has('nackedCount'))
    parts.set(`${name} nackedCount`, group.nackedCount);
  // A server says '' where nobody owns an entry.
  parts.set(
    `${name} pending`,
    pending.map(({ id, consumer }) => [id, consumer === '' ? null : consumer]),
  );
  if (!ignored.has('pendingTimes')) {
    parts.set(
      `${name} deliveries`,
      pending.map(({ id, deliveries }) => [id, String(deliveries)]),
    );
    if (pending.every(({ deliveredMs }) => deliveredMs !== null)) {
      parts.set(
        `${name} delivery times`,
        pending.map(({ id, deliveredMs }) => [id, deliveredMs]),
      );
    }
  }
  const owned = (consumer: ConsumerRecord): readonly string[] => consumer.pending.filter(isKept);
  const consumers = group.consumers
    .filter((consumer) => !ignored.has('idleConsumers') || owned(consumer).length > 0)
    .toSorted((a, b) => compareEncoded(a.name, b.name));
  parts.set(
    `${name} consumers`,
    consumers.map((consumer) => [showBytes(consumer.name), owned(consumer)]),
  );
  if (ignored.has('consumerTimes')) return;
  for (const consumer of consumers) {
    const who = `${name} consumer ${showBytes(consumer.name)}`;
    if (consumer.seenMs !== null) parts.set(`${who} seenMs`, String(consumer.seenMs));
    if (consumer.activeMs !== undefined) {
      parts.set(`${who} activeMs`, consumer.activeMs === null ? null : String(consumer.activeMs));
    }
  }
}
