import { randomBytes } from 'node:crypto';
import { createConnection, type Socket } from 'node:net';
import { type ServerProgram, serversForTests, startServer, type TestServer } from '@rdbkit/testkit';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { makeSample, pieces, type Sample, uri } from '../testing/sample.ts';
import { restore } from './restore.ts';
import type { RestoreProgress } from './restore-progress.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const programs = serversForTests();
const program = programs.find(({ label }) => label === 'redis-7.0.15') ?? programs.at(-1);

describe.skipIf(program === undefined)('restoring into a server', () => {
  let sample: Sample;
  let server: TestServer;
  beforeAll(async () => {
    sample = await makeSample(program as ServerProgram, { databases: true });
    server = await startServer(program as ServerProgram, { tcp: true });
  });
  afterAll(async () => {
    await server?.stop();
  });

  it('makes an empty server equal to the source', async () => {
    await server.flush();
    const result = await restore(pieces(sample.dump), uri(server));
    expect(result).toMatchObject({ restored: sample.keys, replaced: 0, existing: 0, failed: 0, resent: 0 });
    expect(result.byWay.mset).toBeGreaterThan(500);
    expect(await server.debugDigest()).toBe(sample.digest);
  });

  it.each([1, 300, 7])('takes the source in pieces of %i bytes', async (size) => {
    await server.flush();
    const small = await makeSample(program as ServerProgram, { keys: 40 });
    await restore(pieces(small.dump, size), uri(server));
    expect(await server.debugDigest()).toBe(small.digest);
  });

  it('writes commands where RESTORE is not to be used', async () => {
    await server.flush();
    const result = await restore(pieces(sample.dump), uri(server), { form: 'plain' });
    expect(result.byWay.restore).toBe(0);
    expect(result.byWay.commands).toBeGreaterThan(1000);
    expect(result).toMatchObject({ restored: sample.keys, failed: 0 });
    expect(await server.debugDigest()).toBe(sample.digest);
  });

  it.each(['auto', 'plain'] as const)('sends long values a piece at a time, form %s', async (form) => {
    await server.flush();
    const source = await startServer(program as ServerProgram);
    try {
      const element = randomBytes(2500).toString('hex');
      for (const [command, key] of [
        ['RPUSH', 'list'],
        ['SADD', 'set'],
        ['HSET', 'hash'],
        ['ZADD', 'zset'],
      ] as const) {
        const args = Array.from({ length: 800 }, (_, i) => [
          command === 'ZADD' || command === 'HSET' ? [i] : [],
          `${i}${element}`,
        ]);
        await source.call(command, key, ...args.flat(2));
      }
      await source.call('SET', 'string', element.repeat(1000));
      for (let i = 0; i < 800; i++) await source.call('XADD', 'stream', `${i + 1}-0`, 'f', element);
      await source.call('XGROUP', 'CREATE', 'stream', 'g', '5-0');
      const dump = await source.saveDump();
      const result = await restore(pieces(dump), uri(server), {
        form,
        windowBytes: 256 * 1024,
        maxCommandBytes: 64 * 1024,
        rdb: { rawBytes: 1024 * 1024, pieceBytes: 256 * 1024 },
      });
      expect(result, JSON.stringify(result)).toMatchObject({ restored: 6, failed: 0 });
      expect(result.byWay.commands).toBeGreaterThanOrEqual(5);
      expect(await server.debugDigest()).toBe(await source.debugDigest());
      expect(await server.call('KEYS', '*rdbkit*')).toEqual([]);
    } finally {
      await source.stop();
    }
  });

  it('goes over streams that the caller makes, one for each connection', async () => {
    await server.flush();
    let made = 0;
    const connect = (): Socket => {
      made++;
      return createConnection({ host: '127.0.0.1', port: server.port });
    };
    expect(await restore(pieces(sample.dump), { connect })).toMatchObject({ restored: sample.keys, failed: 0 });
    expect(made).toBeGreaterThanOrEqual(2);
    expect(await server.debugDigest()).toBe(sample.digest);
  });

  it.each([
    ['maxOps', 1500],
    ['maxBytesPerSecond', 400_000],
  ] as const)('keeps to %s', async (limit, perSecond) => {
    await server.flush();
    const progress: RestoreProgress[] = [];
    const few = await makeSample(program as ServerProgram, { keys: 1000 });
    const onProgress = (state: RestoreProgress): void => {
      progress.push(state);
    };
    const result = await restore(pieces(few.dump), uri(server), { [limit]: perSecond, form: 'plain', onProgress });
    const done = limit === 'maxOps' ? result.commandsSent : result.bytesSent;
    expect(done / perSecond).toBeGreaterThan(0.5);
    // A burst of a tenth of a second is allowed at the beginning.
    expect(result.seconds).toBeGreaterThan(done / perSecond - 0.25);
    expect(progress.length).toBeGreaterThan(2);
    expect(await server.debugDigest()).toBe(few.digest);
  });

  it('restores function libraries', async () => {
    await server.flush();
    const source = await startServer(program as ServerProgram);
    try {
      const code = "#!lua name=lib\nredis.register_function('f', function() return 1 end)";
      await source.call('FUNCTION', 'LOAD', code);
      const dump = await source.saveDump();
      expect(await restore(pieces(dump), uri(server))).toMatchObject({ functions: 1, restored: 0 });
      expect(await server.call('FCALL', 'f', 0)).toBe(1);
      expect(await restore(pieces(dump), uri(server))).toMatchObject({ functions: 0, existing: 1 });
      expect(await restore(pieces(dump), uri(server), { existing: 'replace' })).toMatchObject({ functions: 1 });
    } finally {
      await source.stop();
    }
  });
});

describe.skipIf(program === undefined)('keys that exist', () => {
  let sample: Sample;
  let server: TestServer;
  const filled = [1, 2, 4, 5, 6, 8, 100, 101, 4000, 4004];
  beforeAll(async () => {
    sample = await makeSample(program as ServerProgram);
    server = await startServer(program as ServerProgram, { tcp: true });
  });
  afterAll(async () => {
    await server?.stop();
  });

  async function fill(): Promise<void> {
    await server.flush();
    for (const i of filled) await server.call('SET', `key:${i}`, 'here before');
  }

  it.each(['auto', 'plain'] as const)('are replaced, form %s', async (form) => {
    await fill();
    const result = await restore(pieces(sample.dump), uri(server), { existing: 'replace', form });
    expect(result).toMatchObject({
      restored: sample.keys,
      replaced: filled.length,
      existing: 0,
      skipped: 0,
      failed: 0,
    });
    expect(await server.debugDigest()).toBe(sample.digest);
  });

  it.each(['auto', 'plain'] as const)('are skipped, form %s', async (form) => {
    await fill();
    const names: string[] = [];
    const records = {
      add: ({ outcome, key }: { outcome: string; key: Uint8Array | null }) => {
        if (outcome === 'skipped') names.push(Buffer.from(key as Uint8Array).toString());
      },
      position: () => 0,
      goBack: () => {},
    };
    const result = await restore(pieces(sample.dump), uri(server), { existing: 'skip', form, records });
    expect(result).toMatchObject({
      restored: sample.keys - filled.length,
      skipped: filled.length,
      existing: 0,
      failed: 0,
    });
    expect(names.toSorted()).toEqual(filled.map((i) => `key:${i}`).toSorted());
    for (const i of filled) expect(String(await server.call('GET', `key:${i}`))).toBe('here before');
    expect(await server.call('DBSIZE')).toBe(sample.keys);
  });

  it('are left alone and counted by default', async () => {
    await fill();
    const result = await restore(pieces(sample.dump), uri(server));
    expect(result).toMatchObject({ restored: sample.keys - filled.length, existing: filled.length, skipped: 0 });
  });
});
