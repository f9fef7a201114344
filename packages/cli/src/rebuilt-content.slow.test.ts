// A real server is the judge: what it holds after loading a dump itself must be what it holds after running the
// commands that are made from the dump. Nothing may be missing that was not reported.
import { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandEmitter, type Note, type NoteCode, parseTarget } from '@rdbkit/commands';
import { readRdbSync } from '@rdbkit/rdb';
import { RespBuffer } from '@rdbkit/resp';
import {
  type Content,
  ContentCollector,
  compareContent,
  DumpRefusedError,
  type EncodedBytes,
  type ExpiryTime,
  eachVector,
  encodeBytes,
  encodedId,
  expiryToleranceMs,
  type GroupRecord,
  type HashField,
  type IgnoredPart,
  isAtLeast,
  type KeyRecord,
  listVectors,
  REPOSITORY_ROOT,
  readFunctions,
  type ServerProgram,
  type StreamRecord,
  serversForTests,
  startServer,
  type TestServer,
  type Vector,
  withoutExpired,
  withServer,
} from '@rdbkit/testkit';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

/** All dumps on all servers, which takes long; else the repository's on all, and the others on the newest servers. */
const isThorough = process.env.RDBKIT_THOROUGH === '1';

/** What expires within this time could be there or not when it is asked for, and is not compared. */
const SOON_MS = 600_000;

/** Parts of the whole content that a reported loss accounts for. */
const LOSSES: Partial<Record<NoteCode, readonly IgnoredPart[]>> = {
  FUNCTION_LOST: ['functions'],
  FUNCTION_PRE_GA: ['functions'],
  KEY_METADATA_LOST: ['keyMetadata'],
  USAGE_LOST: ['usage'],
  EXPIRY_CUT: ['expireAtMs'],
  STREAM_CONSUMER_TIMES_LOST: ['consumerTimes'],
  STREAM_COUNTERS_CHANGED: ['entriesAdded', 'maxDeletedId', 'entriesRead', 'firstId'],
  STREAM_COUNTERS_LOST: ['entriesAdded', 'maxDeletedId', 'entriesRead', 'firstId'],
  STREAM_PENDING_LOST: ['orphanedPending', 'idleConsumers', 'pendingTimes'],
  STREAM_IDMP_LOST: ['idmp'],
};

type Form = 'plain' | 'restore';
type Usage = 'idle' | 'frequency' | null;

function emit(
  dump: Uint8Array,
  program: ServerProgram,
  form: Form,
  now: number,
): { resp: Uint8Array; notes: readonly Note[] } {
  const out = new RespBuffer();
  const notes: Note[] = [];
  const target = parseTarget(`${program.flavour}-${program.version.join('.')}`);
  // Few elements in a command, so that every aggregate takes several.
  const emitter = new CommandEmitter(out, { target, form, now, batch: 7, onNote: (note) => void notes.push(note) });
  readRdbSync(dump, emitter);
  return { resp: out.take(), notes };
}

const idOf = (record: KeyRecord): string => `${record.db}/${encodedId(record.key)}`;
const fieldsOf = (record: KeyRecord): readonly HashField[] =>
  record.type === 'hash' ? (record.value as HashField[]) : [];

const scoresOf = (record: KeyRecord): [EncodedBytes, string][] =>
  record.type === 'zset' ? (record.value as [EncodedBytes, string][]) : [];

/** The content without what was reported as lost of single keys. */
function withoutLosses(content: Content, notes: readonly Note[], decoded: Content): Content {
  const codes = new Map<string, Set<NoteCode>>();
  for (const { code, db, key } of notes) {
    if (key === null) continue;
    const id = `${db}/${encodedId(encodeBytes(key))}`;
    codes.set(id, (codes.get(id) ?? new Set()).add(code));
  }
  const rdbTypes = new Map(decoded.records.map((record) => [idOf(record), record.rdbType]));
  const records = content.records.flatMap((record): KeyRecord[] => {
    const lost = codes.get(idOf(record)) ?? new Set<NoteCode>();
    if (lost.has('TYPE_NOT_SUPPORTED') || lost.has('MODULE_NOT_SUPPORTED')) return [];
    if (lost.has('FIELD_EXPIRY_LOST'))
      return [{ ...record, value: fieldsOf(record).map(([field, value]): HashField => [field, value]) }];
    if (lost.has('SCORE_ROUNDED'))
      return [{ ...record, value: scoresOf(record).map(([member, score]) => [member, rounded(score)] as const) }];
    if (record.type !== 'stream') return [record];
    return [
      { ...record, value: streamWithoutLosses(record.value as StreamRecord, lost, rdbTypes.get(idOf(record)) ?? null) },
    ];
  });
  return { records, functions: content.functions };
}

/** Scores between zero and the smallest normal number, which 2.6 does not take. */
const rounded = (score: string): string => (Math.abs(Number(score)) < 2.2250738585072014e-308 ? '0' : score);

/** The stream layout of 5.0 to 6.2, which does not have the counters: servers guess them when they load it. */
const STREAM_WITHOUT_COUNTERS = 15;

function streamWithoutLosses(stream: StreamRecord, lost: ReadonlySet<NoteCode>, rdbType: number | null): StreamRecord {
  const { entriesAdded, maxDeletedId, firstId, ...plain } = stream;
  const counters = rdbType === STREAM_WITHOUT_COUNTERS ? {} : { entriesAdded, maxDeletedId, firstId };
  const groups = stream.groups.map((group): GroupRecord => {
    const { entriesRead, ...rest } = group;
    const isOwned = (consumer: EncodedBytes | null): boolean => consumer !== null && consumer !== '';
    const pending = group.pending.filter(({ consumer }) => !lost.has('STREAM_UNOWNED_LOST') || isOwned(consumer));
    const isKnown = rdbType !== STREAM_WITHOUT_COUNTERS && entriesRead !== undefined;
    return { ...rest, pending, ...(isKnown ? { entriesRead } : {}) };
  });
  // How often a repeat was turned away is a statistic of the server, which no command sets.
  const { 'iids-duplicates': _, ...idmp } = stream.idmp ?? {};
  // A stored length that is not the number of entries becomes right.
  const length = stream.entries.length;
  return { ...plain, ...counters, length, groups, ...(stream.idmp === undefined ? {} : { idmp }) } as StreamRecord;
}

/** Members whose expiry KeyDB tells beside the key get it as expiry of a hash's fields, where there is such a thing. */
async function withMemberExpiries(content: Content, server: TestServer): Promise<Content> {
  if (!(await server.supports('HPEXPIREAT'))) return content;
  const records = content.records.map((record): KeyRecord => {
    const times = new Map(record.memberExpiries?.map(([member, at]) => [encodedId(member), at]));
    if (record.type !== 'hash' || times.size === 0) return record;
    const value = fieldsOf(record).map(([field, text]): HashField => {
      const at = times.get(encodedId(field));
      return at === undefined ? [field, text] : [field, text, at];
    });
    return { ...record, value };
  });
  return { ...content, records };
}

const CHANGES_DIGEST = new Set<NoteCode>(['TYPE_NOT_SUPPORTED', 'MODULE_NOT_SUPPORTED', 'SCORE_ROUNDED']);

/** Whether the digests and key counts of the server say the same on both ways. */
function canCompareDigests(
  decoded: Content,
  program: ServerProgram,
  form: Form,
  notes: readonly Note[],
  now: number,
): boolean {
  if (notes.some(({ code }) => CHANGES_DIGEST.has(code))) return false;
  const { records } = decoded;
  const msOf = (time: ExpiryTime): number => (typeof time === 'number' ? time : time.approximately);
  const keyTimes = records.flatMap(({ expireAtMs }) => (expireAtMs === null ? [] : [msOf(expireAtMs)]));
  const fieldTimes = records.flatMap((record) => fieldsOf(record).flatMap(([, , at]) => at ?? []));
  if (keyTimes.some((ms) => ms > now - 1000 && ms < now + SOON_MS)) return false;
  // A server keeps fields that have expired until it comes by; their commands are not written.
  if (fieldTimes.some((ms) => ms < now + SOON_MS)) return false;
  // From 7.0 on ZADD stores -0 as 0 where it packs.
  const hasNegativeZero = records.some((record) => scoresOf(record).some(([, score]) => score === '-0'));
  if (form === 'plain' && hasNegativeZero && isAtLeast(program, 7)) return false;
  // 2.6 to 3.0, built with today's compilers, crash at DEBUG DIGEST of keys that expire.
  return keyTimes.length === 0 || !isAtLeast(program, 2, 6) || isAtLeast(program, 3, 2);
}

function usageOf({ records }: Content, program: ServerProgram): Usage {
  if (!isAtLeast(program, 5)) return null;
  const hasFrequency = records.some(({ frequency }) => frequency !== undefined);
  const hasIdle = records.some(({ idleSeconds }) => idleSeconds !== undefined);
  if (hasFrequency === hasIdle) return null;
  return hasFrequency ? 'frequency' : 'idle';
}

async function setUsagePolicy(server: TestServer, usage: Usage): Promise<void> {
  if (!isAtLeast(server.program, 5)) return;
  const policy = usage === null ? 'noeviction' : usage === 'idle' ? 'allkeys-lru' : 'allkeys-lfu';
  await server.configure('maxmemory-policy', policy);
}

interface Loaded {
  readonly content: Content;
  /** Null when it cannot be asked for. */
  readonly digest: string | null;
  readonly sizes: ReadonlyMap<number, number>;
}

/** What the server holds after loading the dump itself; `null` when it refuses, as it does with dumps of later servers. */
async function loadDirectly(
  server: TestServer,
  dump: Uint8Array,
  usage: Usage,
  withDigest: boolean,
): Promise<Loaded | null> {
  try {
    await server.loadDump(dump);
  } catch (error) {
    if (error instanceof DumpRefusedError) return null;
    throw error;
  }
  return {
    digest: withDigest ? await server.debugDigest() : null,
    sizes: await server.databaseSizes(),
    content: await server.readBack(usage === null ? {} : { usage }),
  };
}

/** Dumps that are whole and need no module that is not built in. */
function vectorsFor(program: ServerProgram): Vector[] {
  const isGood = (vector: Vector): boolean => vector.manifest === null || vector.manifest.state === 'good';
  const isReadable = (vector: Vector): boolean => !/redis-replicator\/module\.rdb$|future_v19/.test(vector.name);
  const needsModules = (vector: Vector): boolean =>
    /modules:|\/modules$/.test(`${vector.manifest?.exercises} ${vector.name}`);
  const vectors = isThorough || newest.has(program) ? listVectors() : listVectors('test-vectors');
  return vectors.filter((vector) => isGood(vector) && isReadable(vector) && !needsModules(vector));
}

const servers = serversForTests();
const newest = new Set(
  ['redis', 'valkey', 'keydb'].map((flavour) => servers.findLast((program) => program.flavour === flavour)),
);

describe.skipIf(servers.length === 0)('a server holds after the commands what it holds after loading', () => {
  describe.each(servers.map((program) => [program.label, program] as const))('%s', (_label, program) => {
    let server: TestServer;
    beforeAll(async () => {
      // Frequencies must stay what they are while they are read.
      const config = isAtLeast(program, 4) ? { 'lfu-decay-time': 0, 'lfu-log-factor': 255 } : {};
      server = await startServer(program, { databases: 1000, config });
    });
    afterAll(async () => {
      await server.stop();
    });

    it.each(eachVector(vectorsFor(program)))('%s', async (_name, vector) => {
      const dump = vector.read();
      const now = Date.now();
      const collector = new ContentCollector();
      readRdbSync(dump, collector);
      const decoded = collector.content();
      const usage = usageOf(decoded, program);
      await setUsagePolicy(server, usage);
      const hasMemberExpiries = decoded.records.some(({ memberExpiries }) => memberExpiries !== undefined);
      const withDigest = canCompareDigests(decoded, program, 'restore', [], now);
      const loaded = hasMemberExpiries ? null : await loadDirectly(server, dump, usage, withDigest);
      const alive = { ...decoded, records: withoutExpired(decoded.records, now + SOON_MS) };
      const wanted = loaded?.content ?? (await withMemberExpiries(alive, server));

      for (const form of ['plain', 'restore'] as const) {
        const { resp, notes } = emit(dump, program, form, now);
        await server.flush();
        const { errors } = await server.pipe(resp);
        expect(errors, form).toEqual([]);
        if (loaded?.digest != null && canCompareDigests(decoded, program, form, notes, now)) {
          expect(await server.debugDigest(), form).toBe(loaded.digest);
          expect(await server.databaseSizes(), form).toEqual(loaded.sizes);
        }
        const content = await server.readBack(usage === null ? {} : { usage });
        const ignore: IgnoredPart[] = ['encoding', 'rdbType', ...notes.flatMap(({ code }) => LOSSES[code] ?? [])];
        // How a server counts idle time from a dump's seconds depends on where its clock stands.
        if (usage === null || loaded === null) ignore.push('usage');
        const differences = compareContent(withoutLosses(wanted, notes, decoded), content, {
          ignore,
          toleranceMs: await expiryToleranceMs(server),
          toleranceIdleSeconds: 3,
          expiredBy: now + SOON_MS,
        });
        expect(differences, form).toEqual([]);
      }
    });
  });
});

/** Runs the program that users run; needs the build. */
async function runRdb2resp(
  ...args: readonly string[]
): Promise<{ stdout: Buffer; stderr: string; status: number | null }> {
  const program = join(REPOSITORY_ROOT, 'packages', 'cli', 'bin', 'rdb2resp.js');
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const stdout: Buffer[] = [];
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { stdout: Buffer.concat(stdout), stderr, status };
}

describe.skipIf(servers.length === 0)('rdb2resp | redis-cli --pipe', () => {
  const vectors = [
    'redis-2.4.18/mixed',
    'redis-6.2.16/mixed',
    'redis-6.2.16/databases',
    'redis-7.0.15/lists',
    'redis-7.0.15/functions',
  ];
  const program = servers.findLast((one) => one.flavour === 'redis' && isAtLeast(one, 7)) ?? servers.at(-1);

  it.each(vectors)('%s', async (name) => {
    if (program === undefined) return;
    const path = join(REPOSITORY_ROOT, 'test-vectors', `${name}.rdb`);
    await withServer(program, {}, async (server) => {
      await server.loadDump(readFileSync(path));
      const digest = await server.debugDigest();
      const functions = await readFunctions(server);
      for (const form of [[], ['--restore']]) {
        const { stdout, stderr, status } = await runRdb2resp(path, '--target', program.label, ...form);
        expect(status, stderr).toBe(0);
        await server.flush();
        const piped = await server.pipeThroughCli(stdout);
        expect(piped.output).toMatch(/errors: 0/);
        expect(piped.status).toBe(0);
        expect(await server.debugDigest()).toBe(digest);
        expect(await readFunctions(server)).toEqual(functions);
      }
    });
  });
});
