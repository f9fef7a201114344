// Append-only logs: what INCR and RPUSH make shows every command that was carried out twice or not at all.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { openAof } from '@rdbkit/aof';
import { openAof as openAofPath } from '@rdbkit/aof/node';
import { KeySelection } from '@rdbkit/rdb';
import {
  newestServer,
  type ServerProgram,
  startCluster,
  startReplicas,
  startSentinels,
  startServer,
  startTcpProxy,
  type TestServer,
  until,
} from '@rdbkit/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { uri } from '../testing/sample.ts';
import { restore } from './restore.ts';
import type { RestoreOptions } from './restore-options.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

const program = newestServer();

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const undo of cleanups.splice(0).reverse()) await undo();
});

function cleaned<T extends { stop(): Promise<void> }>(thing: T): T {
  cleanups.push(() => thing.stop());
  return thing;
}

/** Commands of which none may be left out or run twice. */
function commandsOf(round: number): (string | number)[][] {
  const commands: (string | number)[][] = [['SELECT', 0]];
  for (let i = 0; i < 400; i++) {
    const n = round * 400 + i;
    commands.push(
      ['INCR', `counter:${i % 50}`],
      ['RPUSH', `list:${i % 30}`, `${n} ${'x'.repeat(i % 90)}`],
      ['APPEND', `text:${i % 20}`, `${n},`],
    );
    if (i % 7 === 0) commands.push(['LPOP', `list:${(i * 3) % 30}`], ['DEL', `text:${i % 20}`]);
    if (i % 40 === 0) commands.push(['MULTI'], ['INCRBY', 'a', n], ['DECRBY', 'b', n], ['RPUSH', 'c', n], ['EXEC']);
    if (i % 100 === 0) commands.push(['SELECT', 3], ['HINCRBY', 'h', `f${i}`, n], ['SWAPDB', 3, 5], ['SELECT', 0]);
    if (i % 90 === 0) commands.push(['PEXPIREAT', `list:${i % 30}`, 4_000_000_000_000 + n]);
  }
  return commands;
}

const ROUNDS = 12;
const slowly: RestoreOptions = { windowBytes: 64 * 1024, maxBytesPerSecond: 400 * 1024, retryForMs: 30_000 };

describe.skipIf(program === undefined)('an append-only log', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rdbkit-log-'));
  let source: TestServer;
  let path = '';
  let digest = '';
  beforeAll(async () => {
    const config = { appendonly: 'yes', appendfsync: 'always', 'aof-use-rdb-preamble': 'yes' };
    source = await startServer(program as ServerProgram, { config });
    const client = await source.connect();
    for (let round = 0; round < ROUNDS; round++) {
      await client.callAll(commandsOf(round));
      if (round !== 2) continue;
      await client.call('BGREWRITEAOF');
      await until('the log is rewritten', async () => {
        const info = await source.info('persistence');
        return info.aof_rewrite_in_progress === '0' && info.aof_rewrite_scheduled === '0';
      });
    }
    client.close();
    digest = await source.debugDigest();
    path = source.folder;
  });
  afterAll(async () => {
    await source?.stop();
    rmSync(folder, { recursive: true });
  });

  async function empty(config = {}): Promise<TestServer> {
    return cleaned(await startServer(program as ServerProgram, { tcp: true, config }));
  }

  test('makes an empty server equal to the one that wrote it', async () => {
    const server = await empty();
    const result = await restore(await openAofPath(path), uri(server));
    expect(result).toMatchObject({ failed: 0, resent: 0, log: { failed: 0, counts: { impossible: 0, unknown: 0 } } });
    expect(result.restored).toBeGreaterThan(50);
    expect(result.log?.counts.commands).toBeGreaterThan(10_000);
    expect(await server.debugDigest()).toBe(digest);
  });

  test('is not run twice or skipped wherever the connection is cut', async () => {
    const server = await empty();
    const proxy = cleaned(await startTcpProxy({ host: '127.0.0.1', port: server.port }));
    const options = { windowBytes: 128 * 1024 };
    await restore(await openAofPath(path), `redis://127.0.0.1:${proxy.port}`, options);
    const bytes = proxy.forwarded;
    let resent = 0;
    for (let i = 0; i < 25; i++) {
      await server.flush();
      proxy.cutAfter(proxy.forwarded + Math.floor(bytes * ((i + 0.5) / 25)));
      const result = await restore(await openAofPath(path), `redis://127.0.0.1:${proxy.port}`, options);
      expect(await server.debugDigest(), `cut ${i}`).toBe(digest);
      resent += result.resent;
    }
    expect(resent).toBeGreaterThan(1000);
  });

  test('says that the answer to a transaction was lost', async () => {
    const server = await empty();
    let transactions = 0;
    // Cut when the third transaction is answered, before any of the answer gets through.
    const connectOnce = (): Duplex => {
      const socket = createConnection(server.port, '127.0.0.1');
      const duplex = new Duplex({
        read: () => {},
        write(chunk: Buffer, _encoding, done) {
          if (chunk.includes('$4\r\nEXEC\r\n')) transactions++;
          socket.write(chunk, done);
        },
        destroy(error, done) {
          socket.destroy();
          done(error);
        },
      });
      socket.on('data', (chunk: Buffer) => {
        if (transactions !== 3) duplex.push(chunk);
        else if (chunk.includes('*')) {
          transactions++;
          duplex.destroy();
        }
      });
      return duplex;
    };
    const warnings: string[] = [];
    const result = await restore(
      await openAofPath(path),
      { connect: connectOnce },
      {
        windowBytes: 128 * 1024,
        onEvent: (event) => {
          if (event.type === 'warning') warnings.push(event.message);
        },
      },
    );
    expect(warnings).toContainEqual(
      expect.stringMatching(/commands of the log were carried out, but the answer was lost/),
    );
    expect(result.reconnects).toBe(1);
    expect(await server.debugDigest()).toBe(digest);
  });

  test('goes on with a server that was killed and has loaded its own log', async () => {
    const server = await empty({ appendonly: 'yes', appendfsync: 'always' });
    const run = restore(await openAofPath(path), uri(server), slowly);
    await until('it has begun', async () => Number(await server.call('GET', 'counter:3')) > 40);
    await server.kill();
    await server.restart();
    expect(await run).toMatchObject({ reconnects: 1, log: { failed: 0 } });
    expect(await server.debugDigest()).toBe(digest);
  });

  test('says so when a server comes back without what it had acknowledged', async () => {
    const server = await empty();
    const run = restore(await openAofPath(path), uri(server), slowly).catch((error: unknown) => error);
    await until('it has begun', async () => Number(await server.call('GET', 'counter:3')) > 40);
    await server.kill();
    await server.restart();
    expect(await run).toMatchObject({ code: 'RESTORE_LOST' });
  });

  test('survives the death of the master under Sentinel', async () => {
    const master = await empty();
    const replicas = (await startReplicas(master, 2)).map(cleaned);
    const sentinels = (await startSentinels(master, 2)).map(cleaned);
    const address = `redis-sentinel://${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/mymaster`;
    const run = restore(await openAofPath(path), address, slowly);
    await until('it has begun', async () => Number(await master.call('GET', 'counter:3')) > 40);
    await master.kill();
    expect(await run).toMatchObject({ failovers: 1, log: { failed: 0 } });
    const digests: string[] = [];
    for (const replica of replicas) {
      await replica.reconnect();
      if ((await replica.info('replication')).role === 'master') digests.push(await replica.debugDigest());
    }
    expect(digests).toEqual([digest]);
  });

  test('goes on from its journal', async () => {
    const server = await empty();
    const journal = join(folder, 'journal');
    let aborted = 0;
    for (let run = 0, isDone = false; !isDone; run++) {
      const signal = AbortSignal.timeout(150 + run * 25);
      try {
        await restore(await openAofPath(path), uri(server), {
          ...slowly,
          signal,
          journal: { path: journal, source: 'the log', resume: existsSync(journal) },
        });
        isDone = true;
      } catch (error) {
        // Before anything is sent the signal's own reason comes.
        expect(error).toMatchObject(signal.reason === error ? {} : { code: 'RESTORE_ABORTED' });
        aborted++;
      }
    }
    expect(aborted).toBeGreaterThan(4);
    expect(await server.debugDigest()).toBe(digest);
  });

  test('is not replayed over keys, nor into a cluster, unless that is wanted', async () => {
    const server = await empty();
    await server.call('SET', 'mine', 'v');
    await expect(restore(await openAofPath(path), uri(server))).rejects.toMatchObject({ code: 'RESTORE_LOG' });
    expect(await server.call('DBSIZE')).toBe(1);
    await restore(await openAofPath(path), uri(server), { existing: 'replace' });
    await server.call('DEL', 'mine');
    expect(await server.debugDigest()).toBe(digest);
    await expect(restore(await openAofPath(path), `${uri(server)}/4`)).rejects.toMatchObject({
      code: 'RESTORE_DATABASES',
    });

    const cluster = cleaned(await startCluster(program as ServerProgram, { masters: 3, replicas: 0 }));
    const address = `redis-cluster://127.0.0.1:${cluster.masters[0]?.port}`;
    await expect(restore(await openAofPath(path), address)).rejects.toMatchObject({ code: 'RESTORE_LOG' });
    const log = { baseOnly: true, selection: new KeySelection({ dbs: [0] }) };
    const shape = (header: { db: number }): boolean => header.db === 0;
    const result = await restore(await openAofPath(path), address, { log, shape });
    expect(result.restored).toBeGreaterThan(50);
  });

  test('goes on behind commands that are refused, and names them', async () => {
    const server = await empty();
    const lines = [
      ['SET', 'k', '1'],
      ['NOSUCH', 'k'],
      ['INCR', 'k'],
      ['RPUSH', 'k', 'x'],
      ['INCR', 'k'],
    ];
    const text = lines.map((words) => `*${words.length}\r\n${words.map((w) => `$${w.length}\r\n${w}\r\n`).join('')}`);
    const messages: string[] = [];
    const records = {
      add: ({ outcome, message }: { outcome: string; message: string }) => {
        if (outcome === 'failed') messages.push(message);
      },
      position: () => 0,
      goBack: () => {},
    };
    const set = await openAof(new TextEncoder().encode(text.join('')));
    const result = await restore(set, uri(server), { records });
    expect(result.log).toMatchObject({ failed: 2, counts: { commands: 5, unknown: 1 } });
    expect(messages.toSorted()).toEqual([
      expect.stringMatching(/^command 2 of the log: ERR unknown command/) as string,
      expect.stringMatching(/^command 4 of the log: WRONGTYPE/) as string,
    ]);
    expect(String(await server.call('GET', 'k'))).toBe('3');
    expect(await server.call('DBSIZE')).toBe(1);
  });
});
