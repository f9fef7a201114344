import { Buffer } from 'node:buffer';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Content,
  compareContent,
  encodedId,
  expiryToleranceMs,
  isAtLeast,
  type KeyRecord,
  type ServerProgram,
  type StreamRecord,
  type TestServer,
  toJsonLines,
  withServer,
} from '@rdbkit/testkit';
import type { DataSet } from './data-set.ts';
import { DATA_SETS } from './datasets/index.ts';
import { moduleList } from './datasets/keyspace.ts';
import { Load, type Profile } from './load.ts';

/** What is to be written. */
export interface Job {
  readonly program: ServerProgram;
  readonly out: string;
  readonly profile: Profile;
  readonly seed: string;
  /** Version to record instead of the one that the server tells. */
  readonly label: string;
  readonly modules: readonly string[];
  /** Names of data sets; all that the server can make when empty. */
  readonly sets: readonly string[];
}

/** Long enough that what expires is still there when the file is written. */
const SOON_MS = 10_000;

/** Writes the dumps with what they hold; returns their names. */
export async function writeVectors(job: Job): Promise<string[]> {
  mkdirSync(job.out, { recursive: true });
  const unknown = job.sets.filter((name) => !DATA_SETS.some((set) => set.name === name));
  if (unknown.length > 0) throw new RangeError(`no such data set: ${unknown.join(', ')}`);
  const written: string[] = [];
  for (const set of DATA_SETS) {
    const isWanted = job.sets.length === 0 ? set.onDemand !== true : job.sets.includes(set.name);
    if (!isWanted || (set.name === 'modules' && job.modules.length === 0)) continue;
    if (set.since !== undefined && !isAtLeast(job.program, ...set.since)) continue;
    if (await writeVector(job, set)) written.push(set.name);
  }
  return written;
}

async function writeVector(job: Job, set: DataSet): Promise<boolean> {
  const options = { ...set.options, ...(set.name === 'modules' ? { modules: job.modules } : {}) };
  const made = await withServer(job.program, options, async (server) => {
    if (set.needs !== undefined && !(await server.supports(...set.needs))) return null;
    const load = new Load(server, job.seed, job.profile);
    await set.load(load);
    await set.loadSoon?.(load, Date.now() + SOON_MS);
    const payloads: { db: number; key: string; payload: string }[] = [];
    const onPayload = (db: number, key: Buffer, payload: Buffer): void => {
      payloads.push({ db, key: key.toString('base64'), payload: payload.toString('base64') });
    };
    const read = await server.readBack({ onPayload });
    let content: Content = { ...read, records: read.records.map((record) => withFacts(record, load)) };
    if (set.usage !== undefined) content = await withUsage(content, set, load);
    const dump = await server.saveDump();
    return { dump, content, payloads, meta: await describe(job, set, dump, content, server) };
  });
  if (made === null) return false;
  const base = join(job.out, set.name);
  writeFileSync(`${base}.rdb`, made.dump);
  writeFileSync(`${base}.expected.jsonl`, toJsonLines([{ meta: made.meta }, ...made.content.records]));
  if (made.payloads.length > 0) writeFileSync(`${base}.dump-payloads.jsonl`, toJsonLines(made.payloads));
  await verify(job, set, made.dump, made.content);
  return true;
}

/** Adds what the server cannot be asked for. */
function withFacts(record: KeyRecord, load: Load): KeyRecord {
  const id = `${record.db}/${encodedId(record.key)}`;
  const expireAtMs = load.expiries.get(id);
  const deliveries = load.deliveries.get(id);
  return {
    ...record,
    ...(record.expireAtMs !== null && expireAtMs !== undefined ? { expireAtMs } : {}),
    ...(deliveries === undefined ? {} : { value: withDeliveries(record.value as StreamRecord, deliveries) }),
    ...load.facts.get(id),
  };
}

function withDeliveries(stream: StreamRecord, times: ReadonlyMap<string, number>): StreamRecord {
  const groups = stream.groups.map((group) => ({
    ...group,
    pending: group.pending.map((entry) => ({
      ...entry,
      deliveredMs: entry.deliveredMs ?? times.get(`${encodedId(group.name)}/${entry.id}`) ?? null,
    })),
  }));
  return { ...stream, groups };
}

/** Reading a key uses it: its use is set again and read last. */
async function withUsage(content: Content, set: DataSet, load: Load): Promise<Content> {
  await set.load(load);
  const records: KeyRecord[] = [];
  for (const record of content.records) {
    const key = Buffer.from(record.key as string, 'base64');
    if (set.usage === 'idle')
      records.push({ ...record, idleSeconds: Number(await load.run('OBJECT', 'IDLETIME', key)) });
    else records.push({ ...record, frequency: Number(await load.run('OBJECT', 'FREQ', key)) });
  }
  return { ...content, records };
}

async function describe(
  job: Job,
  set: DataSet,
  dump: Buffer,
  content: Content,
  server: TestServer,
): Promise<Record<string, unknown>> {
  const header = dump.toString('latin1', 0, 9);
  const version = Number(/\d+$/.exec(header)?.[0]);
  const meta: Record<string, unknown> = {
    server: job.program.flavour,
    version: job.label,
    dataset: set.name,
    header,
    checksum: version >= 5 && set.name !== 'mixed-no-checksum',
    keys: content.records.length,
    functions: content.functions,
  };
  if (set.name === 'modules') {
    meta.modules = moduleList(await server.call('MODULE', 'LIST'));
    if (await server.supports('TESTRDB.GET.BEFORE')) {
      const before = await server.call('TESTRDB.GET.BEFORE');
      const after = await server.call('TESTRDB.GET.AFTER');
      meta.moduleAux = { testrdb: [before, after].map((text) => Buffer.from(text as Buffer).toString('base64')) };
    }
  }
  return meta;
}

/** A fresh server of the same kind must find in the file what was written down. */
async function verify(job: Job, set: DataSet, dump: Buffer, expected: Content): Promise<void> {
  const options = { ...set.options, dump, ...(set.name === 'modules' ? { modules: job.modules } : {}) };
  // A cluster's keys can be read by a server that is no node of any.
  const { cluster: _, ...alone } = options;
  const differences = await withServer(job.program, alone, async (server) => {
    const actual = await server.readBack();
    return compareContent(expected, actual, {
      ignore: ['encoding', 'rdbType', 'usage', 'idmp', 'keyMetadata'],
      // What expires soon may be gone or not.
      expiredBy: Date.now() + 10 * SOON_MS,
      toleranceMs: await expiryToleranceMs(server),
    });
  });
  if (differences.length > 0) throw new Error(`${set.name}: reloaded content differs\n${differences.join('\n')}`);
}
