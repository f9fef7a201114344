// A real server is the judge: what it holds after loading a log itself must be what it holds after running the commands
// that rdb2resp makes of the log, whole or up to a point in time.
import { Buffer } from 'node:buffer';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import {
  isAtLeast,
  newestServer,
  REPOSITORY_ROOT,
  type ServerProgram,
  ServerStartError,
  serversForTests,
  startServer,
  type TestServer,
} from '@rdbkit/testkit';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { runInWorld } from '../testing/world.ts';
import { program as rdb2resp } from './rdb2resp/program.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 60_000 });

/** All logs on all servers that can load them, which takes long; else on the server of the log's version and the newest. */
const isThorough = process.env.RDBKIT_THOROUGH === '1';

const CORPUS = join(REPOSITORY_ROOT, '..', 'shared', 'corpus');
const PEERS = join(REPOSITORY_ROOT, '..', 'shared', 'peer-data');

const folder = mkdtempSync(join(tmpdir(), 'rdbkit-replay-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Log {
  readonly name: string;
  /** The server that wrote it; `null` when nobody knows. */
  readonly writer: string | null;
  /** What rdb2resp is given: a file or a directory. */
  readonly source: string;
  /** A folder that can be a server's own. */
  readonly data: string;
}

function corpusLogs(): Log[] {
  if (!existsSync(CORPUS)) {
    console.warn('not replayed: ../shared/corpus is not beside the repository');
    return [];
  }
  return readdirSync(CORPUS).flatMap((writer) => {
    const names = /-\d/.test(writer) ? readdirSync(join(CORPUS, writer)) : [];
    return names
      .filter((name) => name.startsWith('aof-') && !name.endsWith('.jsonl'))
      .map((name) => {
        const data = join(CORPUS, writer, name);
        const source = join(data, readdirSync(data)[0] ?? '');
        return { name: `${writer}/${name}`, writer, source, data };
      });
  });
}

/** Whole logs from the tests of others, and commands as other tools make them. */
function peerLogs(): Log[] {
  const list = join(PEERS, 'MANIFEST.tsv');
  if (!existsSync(list)) {
    console.warn('not replayed: ../shared/peer-data is not beside the repository');
    return [];
  }
  const [head = '', ...lines] = readFileSync(list, 'utf8').trimEnd().split('\n');
  const columns = head.split('\t');
  return lines.flatMap((line) => {
    const row = Object.fromEntries(line.split('\t').map((cell, i) => [columns[i] ?? '', cell]));
    if (!/^aof(?:-preamble)?$/.test(row.kind ?? '') || row.state !== 'good') return [];
    const data = mkdtempSync(join(folder, 'peer-'));
    cpSync(join(PEERS, row.path ?? ''), join(data, 'appendonly.aof'));
    return [{ name: row.path ?? '', writer: null, source: join(data, 'appendonly.aof'), data }];
  });
}

const servers = serversForTests();
const newest = [
  newestServer(({ flavour }) => flavour === 'redis'),
  newestServer(({ flavour }) => flavour === 'valkey'),
];

function candidates(log: Log): ServerProgram[] {
  return servers.filter((program) => isThorough || program.label === log.writer || newest.includes(program));
}

/** Starts a server on a log; `null` when it cannot load it. */
async function load(program: ServerProgram, data: string): Promise<TestServer | null> {
  try {
    return await startServer(program, { contentOf: data, config: { appendonly: 'yes' } });
  } catch (error) {
    if (error instanceof ServerStartError) return null;
    throw error;
  }
}

const targetOf = ({ flavour, version }: ServerProgram): string => `${flavour}-${version.join('.')}`;

/** Times that have passed are put off by so much, so that one can wait until they have passed again. */
const GRACE_MS = 2000;

/** What a server holds after running what rdb2resp makes of a log. */
async function replay(program: ServerProgram, args: readonly string[]): Promise<{ digest: string; stderr: string }> {
  const all = ['--target', targetOf(program), '--expired-grace', `${GRACE_MS}ms`, ...args];
  const { code, stdout, stderr } = await runInWorld(rdb2resp, all, { now: Date.now });
  expect([code, stderr]).toEqual([0, stderr]);
  const server = await startServer(program);
  try {
    await server.pipeThroughCli(Buffer.from(stdout, 'latin1'));
    if (stderr.includes('put off:')) await setTimeout(GRACE_MS + 1000);
    return { digest: await server.debugDigest(), stderr };
  } finally {
    await server.stop();
  }
}

const EMPTY_DIGEST = '0'.repeat(40);

/** Before 4.0, servers loaded the commands of a transaction one by one, and kept those of one that was cut off. */
function keepsHalves(program: ServerProgram, log: Log): boolean {
  return log.name.endsWith('/aof-cut-transaction') && !isAtLeast(program, 4);
}

/** A server from 7.0 on looks for a directory, an older one for a file. */
function canFind(program: ServerProgram, log: Log): boolean {
  return basename(log.source) !== 'appendonlydir' || (isAtLeast(program, 7) && program.flavour !== 'keydb');
}

describe('a log replayed is a log loaded', () => {
  const logs = [...corpusLogs(), ...peerLogs()];
  let compared = 0;

  it.each(logs.map((log) => [log.name, log] as const))('%s', async (_name, log) => {
    for (const program of candidates(log).filter((one) => canFind(one, log) && !keepsHalves(one, log))) {
      const server = await load(program, log.data);
      if (server === null) continue;
      let loaded: string;
      try {
        loaded = await server.debugDigest();
      } finally {
        await server.stop();
      }
      const { digest, stderr } = await replay(program, [log.source]);
      expect(digest, `${program.label}\n${stderr}`).toBe(loaded);
      compared++;
      if (log.writer !== null) expect(digest).not.toBe(EMPTY_DIGEST);
    }
  });

  it('and there were some', () => {
    console.info(`replayed and compared: ${compared}`);
    expect(compared).toBeGreaterThanOrEqual(logs.length > 0 && servers.length > 0 ? logs.length / 3 : 0);
  });
});

describe('a log up to a point in time is what redis-check-aof leaves of it', () => {
  const hasTool = spawnSync('redis-check-aof', ['--help']).error === undefined;
  if (!hasTool) console.warn('not compared: no redis-check-aof');

  /** Annotations of one log that are compared. */
  const MOST_TIMES = 8;

  /** The last file, which is the only one that redis-check-aof cuts; within the data folder. */
  function lastFile({ data, source }: Log): string {
    if (basename(source) !== 'appendonlydir') return relative(data, source);
    const names = readdirSync(source).filter((name) => name.includes('.incr.'));
    return join('appendonlydir', names.sort().at(-1) ?? '');
  }

  /** Compares at each annotation. Returns how many different contents there were. */
  async function compareTimes(log: Log, programs: readonly ServerProgram[]): Promise<number> {
    const digests = new Set<string>();
    const text = readFileSync(join(log.data, lastFile(log)), 'latin1');
    const times = [...text.matchAll(/^#TS:(\d+)\r$/gm)].map(([, seconds = '']) => seconds);
    const step = isThorough ? 1 : Math.ceil(times.length / MOST_TIMES);
    for (const until of times.filter((_, i) => i % step === 0)) {
      const data = mkdtempSync(join(folder, 'until-'));
      cpSync(log.data, data, { recursive: true });
      const args = ['--truncate-to-timestamp', until, join(data, lastFile(log))];
      const { status, stdout } = spawnSync('redis-check-aof', args, { encoding: 'utf8' });
      expect(status, stdout).toBe(0);
      for (const program of programs) {
        const server = await load(program, data);
        if (server === null) continue;
        let loaded: string;
        try {
          loaded = await server.debugDigest();
        } finally {
          await server.stop();
        }
        const { digest } = await replay(program, ['--until', until, log.source]);
        expect(digest, `${program.label} until ${until}`).toBe(loaded);
        digests.add(digest);
      }
    }
    return digests.size;
  }

  const logs = [...corpusLogs(), ...peerLogs()].filter(({ name }) => /aof-timestamps|-with-ts/.test(name));

  it.runIf(hasTool).each(logs.map((log) => [log.name, log] as const))('%s', async (_name, log) => {
    const programs = candidates(log).filter(
      ({ flavour }) => log.writer === null || flavour === log.writer.split('-')[0],
    );
    await compareTimes(log, programs);
  });

  /** Has a server write some seconds of a log with timestamps. */
  async function writeLog(program: ServerProgram): Promise<Log> {
    const config = { appendonly: 'yes', 'aof-timestamp-enabled': 'yes', 'aof-use-rdb-preamble': 'yes' };
    const server = await startServer(program, { config });
    try {
      await server.call('SET', 'before', 'the rewrite');
      await server.call('BGREWRITEAOF');
      for (let second = 0; second < 5; second++) {
        await setTimeout(1100);
        await server.call('SELECT', String(second % 2));
        await server.call('RPUSH', 'seconds', String(second));
        await server.call('SET', 'expiring', String(second), 'EX', '1000');
        await server.call('EVAL', "redis.call('incr','a') redis.call('hset','h',KEYS[1],'x')", '1', `f${second}`);
      }
      const data = mkdtempSync(join(folder, 'written-'));
      cpSync(join(server.folder, 'appendonlydir'), join(data, 'appendonlydir'), { recursive: true });
      return { name: program.label, writer: program.label, source: join(data, 'appendonlydir'), data };
    } finally {
      await server.stop();
    }
  }

  const writers = newest.filter((program) => program !== undefined && isAtLeast(program, 7));

  it.runIf(hasTool).each(writers.map((program) => [program?.label, program as ServerProgram] as const))(
    'written by %s',
    async (_label, program) => {
      expect(await compareTimes(await writeLog(program), [program])).toBeGreaterThanOrEqual(5);
    },
  );
});
