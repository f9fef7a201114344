/** Other projects come with JSON of their own beside their dumps: other shapes, the same values. */
import { Buffer, isUtf8 } from 'node:buffer';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { readRdbSync } from '@rdbkit/rdb';
import { listVectors, type Vector } from '@rdbkit/testkit';
import { describe, expect, it } from 'vitest';
import { type Bytes, bytesOf, type ExportRecord, parseRecords } from '../../testing/record-content.ts';
import { JsonWriter } from './jsonl.ts';

/** A value in the least form that all of them tell: text, an array, or an object. */
type Plain = string | readonly string[] | Readonly<Record<string, unknown>>;

type Text = (bytes: Bytes) => string;

/** Bytes as Go's JSON has them: what is no UTF-8 is replaced. */
const replaced: Text = (bytes) => bytesOf(bytes).toString('utf8');
/** Bytes as librdb has them: one escape for each. */
const latin1: Text = (bytes) => bytesOf(bytes).toString('latin1');
/** Bytes as rdb-rs has them: a text where they are UTF-8, one character for each otherwise. */
const either: Text = (bytes) => (isUtf8(bytesOf(bytes)) ? replaced(bytes) : latin1(bytes));

function plainValue({ type, value }: ExportRecord, text: Text): Plain {
  switch (type) {
    case 'string':
      return text(value as Bytes);
    case 'set':
      return (value as Bytes[]).map(text).toSorted();
    case 'list':
      return (value as Bytes[]).map(text);
    case 'hash':
      return Object.fromEntries((value as [Bytes, Bytes][]).map(([field, content]) => [text(field), text(content)]));
    case 'zset':
      return Object.fromEntries(
        (value as [Bytes, number | string][]).map(([member, score]) => [text(member), number(score)]),
      );
    case 'stream':
      return Object.fromEntries(
        (value as { entries: [string, Bytes[]][] }).entries.map(([id, fields]) => [id, pairs(fields.map(text))]),
      );
    default:
      return type;
  }
}

function pairs(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(texts.flatMap((field, i) => (i % 2 === 0 ? [[field, texts[i + 1] ?? ''] as const] : [])));
}

/** Scores are numbers here and texts there. */
function number(score: unknown): unknown {
  const text = String(score);
  if (/inf/i.test(text)) return text.startsWith('-') ? 'min' : 'max';
  return Number(text) + 0;
}

function recordsOf(vector: Vector): ExportRecord[] {
  const writer = new JsonWriter({ auxRecords: false });
  readRdbSync(vector.read(), writer);
  return parseRecords(Buffer.from(writer.out.take()).toString());
}

interface Entry {
  readonly db: number;
  readonly key: string;
  readonly type: string;
  readonly value?: string;
  readonly values?: readonly string[];
  readonly members?: readonly string[];
  readonly hash?: Readonly<Record<string, string>>;
  readonly expire?: Readonly<Record<string, number>>;
  readonly entries?: readonly {
    readonly member?: string;
    readonly score?: number | string;
    readonly msgs?: readonly { id: string; fields: Record<string, string>; deleted: boolean }[];
  }[];
  readonly expiration?: string;
}

/** HDT3213/rdb: an array of keys; strings, lists, sets and hashes under different names; nodes of streams, deleted entries included. */
function hdtValue(entry: Entry): Plain {
  const { type, value = '', values = [], members = [], hash = {}, entries = [] } = entry;
  switch (type) {
    case 'string':
      return value;
    case 'list':
      return values;
    case 'set':
      return members.toSorted();
    case 'hash':
      return hash;
    case 'zset':
      return Object.fromEntries(entries.map(({ member = '', score }) => [member, number(score)]));
    default:
      return Object.fromEntries(
        entries.flatMap(({ msgs = [] }) =>
          msgs.filter(({ deleted }) => !deleted).map(({ id, fields }) => [id, fields]),
        ),
      );
  }
}

/** librdb and rdb-rs: an object for each database (librdb leaves out what is around it); arrays and objects for values. */
function parseDatabases(text: string): Record<string, unknown>[] {
  const trimmed = text.trim().replace(/,$/, '');
  return JSON.parse(trimmed.startsWith('[') ? trimmed : `[{${trimmed}}]`) as Record<string, unknown>[];
}

function foreignValue(value: unknown, type: string): unknown {
  if (type === 'set') return (value as string[]).toSorted();
  if (type === 'zset') {
    // librdb has texts, rdb-rs numbers.
    return Object.fromEntries(Object.entries(value as object).map(([member, score]) => [member, number(score)]));
  }
  return value;
}

interface Expectation {
  readonly vector: Vector;
  readonly file: string;
  readonly project: string;
}

function expectations(): Expectation[] {
  return listVectors('peer-data').flatMap((vector) => {
    const prefix = `${basename(vector.path)}.expected.`;
    return readdirSync(dirname(vector.path))
      .filter((name) => name.startsWith(prefix) && name.endsWith('.json'))
      .map((name) => ({
        vector,
        file: join(dirname(vector.path), name),
        project: name.slice(prefix.length).split('.')[0] ?? '',
      }));
  });
}

const all = expectations();
const of = (project: string): [string, Expectation][] =>
  all.filter((one) => one.project === project).map((one) => [basename(one.file), one]);

describe('HDT3213/rdb', () => {
  it.each(of('HDT3213'))('%s', (_name, { vector, file }) => {
    const theirs = (JSON.parse(readFileSync(file, 'utf8')) as Entry[]).filter(({ type }) => type !== 'aux');
    const ours = recordsOf(vector).filter(({ db }) => db !== undefined);
    const summary = (db: number, key: string, value: Plain, expireAtMs: number | null): unknown => [
      db,
      key,
      value,
      expireAtMs,
    ];
    const expected = theirs.map((entry) =>
      summary(
        entry.db,
        entry.key,
        hdtValue(entry),
        entry.expiration === undefined ? null : Date.parse(entry.expiration),
      ),
    );
    const found = ours.map((record) =>
      summary(
        record.db ?? 0,
        replaced(record.key ?? ''),
        plainValue(record, replaced),
        record.expireAtMs === undefined ? null : Number(record.expireAtMs),
      ),
    );
    expect(found).toEqual(expected);
  });
});

describe.each([
  ['redis', 'librdb', latin1],
  ['badboy', 'rdb-rs', either],
] as const)('%s: %s', (owner, _project, text) => {
  // The others show what is inside of values, or what is not in keys.
  const about = of(owner).filter(([name]) => !/_(?:raw|struct|info|aux|aux_data|func)\.json$/.test(name));

  it.each(about)('%s', (_name, { vector, file }) => {
    const databases = parseDatabases(readFileSync(file, 'utf8'));
    const records = recordsOf(vector).filter(({ db }) => db !== undefined);
    const types = new Map(records.map((record) => [text(record.key ?? ''), record.type]));
    const theirs = databases.flatMap((database) =>
      Object.entries(database)
        .filter(([key]) => !key.startsWith('__'))
        .map(([key, value]) => [key, foreignValue(value, types.get(key) ?? '')] as const),
    );
    const ours = records.map((record) => [text(record.key ?? ''), plainValue(record, text)] as const);
    // A module's value is words there.
    const comparable = ([key]: readonly [string, unknown]): boolean => types.get(key) !== 'module';
    expect(sortedByKey(ours.filter(comparable))).toEqual(sortedByKey(theirs.filter(comparable)));
    expect(ours).toHaveLength(theirs.length);
  });
});

function sortedByKey<T extends readonly [string, unknown]>(entries: readonly T[]): T[] {
  return entries.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
