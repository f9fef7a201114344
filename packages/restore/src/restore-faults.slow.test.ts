import {
  type ServerProgram,
  serversForTests,
  startServer,
  startTcpProxy,
  type TcpProxy,
  type TestServer,
  until,
} from '@rdbkit/testkit';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { makeSample, pieces, type Sample, uri } from '../testing/sample.ts';
import { restore } from './restore.ts';
import { RestoreError } from './restore-error.ts';
import type { RestoreResult } from './restore-progress.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const programs = serversForTests();
const program = programs.find(({ label }) => label === 'redis-7.0.15') ?? programs.at(-1);

/** The same numbers in each run, so that a failure can be looked at again. */
function* randoms(seed: number): Generator<number> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}

async function resultOf(run: Promise<RestoreResult>): Promise<{ error: Error; result: RestoreResult }> {
  try {
    await run;
  } catch (error) {
    if (error instanceof Error && 'result' in error) return { error, result: error.result as RestoreResult };
    throw error;
  }
  throw new Error('expected it to fail');
}

describe.skipIf(program === undefined)('a connection that is cut', () => {
  let sample: Sample;
  let server: TestServer;
  let proxy: TcpProxy;
  beforeAll(async () => {
    sample = await makeSample(program as ServerProgram, { keys: 1000, databases: true });
    server = await startServer(program as ServerProgram, { tcp: true });
    proxy = await startTcpProxy({ host: '127.0.0.1', port: server.port });
  });
  afterAll(async () => {
    await proxy?.stop();
    await server?.stop();
  });

  async function length(options: object): Promise<number> {
    await server.flush();
    const before = proxy.forwarded;
    await restore(pieces(sample.dump), `redis://127.0.0.1:${proxy.port}`, options);
    return proxy.forwarded - before;
  }

  it.each([
    ['auto', 60],
    ['plain', 40],
  ] as const)('loses nothing wherever that is, form %s', async (form, times) => {
    const options = { form, windowBytes: 128 * 1024 } as const;
    const bytes = await length(options);
    const random = randoms(times);
    let resent = 0;
    for (let i = 0; i < times; i++) {
      await server.flush();
      const at = Math.floor((random.next().value as number) * bytes);
      proxy.cutAfter(proxy.forwarded + at);
      const result = await restore(pieces(sample.dump), `redis://127.0.0.1:${proxy.port}`, options);
      const where = `cut ${i} after ${at} bytes`;
      expect(result, where).toMatchObject({ restored: sample.keys, existing: 0, replaced: 0, failed: 0 });
      expect(await server.debugDigest(), where).toBe(sample.digest);
      expect(await server.call('KEYS', '*rdbkit*'), where).toEqual([]);
      resent += result.resent;
    }
    expect(resent).toBeGreaterThan(10 * times);
  });

  const filled = [1, 2, 4, 5, 6, 8, 100, 101, 500, 504, 950, 955];

  it.each([
    ['replace', 'auto', 12],
    ['skip', 'auto', 12],
    ['fail', 'auto', 12],
    ['replace', 'plain', 8],
    ['skip', 'plain', 8],
  ] as const)('does not confuse the counts of existing keys: %s, form %s', async (existing, form, times) => {
    const options = { form, existing, windowBytes: 128 * 1024 } as const;
    const bytes = await length(options);
    const random = randoms(times);
    for (let i = 0; i < times; i++) {
      await server.flush();
      for (const key of filled) await server.call('SET', `key:${key}`, 'here before');
      const at = Math.floor((random.next().value as number) * bytes);
      proxy.cutAfter(proxy.forwarded + at);
      const result = await restore(pieces(sample.dump), `redis://127.0.0.1:${proxy.port}`, options);
      const where = `cut ${i} after ${at} bytes`;
      const isReplaced = existing === 'replace';
      expect(result, where).toMatchObject({
        restored: sample.keys - (isReplaced ? 0 : filled.length),
        replaced: isReplaced ? filled.length : 0,
        skipped: existing === 'skip' ? filled.length : 0,
        existing: existing === 'fail' ? filled.length : 0,
        failed: 0,
      });
      if (isReplaced) expect(await server.debugDigest(), where).toBe(sample.digest);
      else expect(String(await server.call('GET', 'key:100')), where).toBe('here before');
      expect(await server.call('DBSIZE'), where).toBe(1000);
    }
  });

  it('goes on when that happens over and over', async () => {
    await server.flush();
    const timer = setInterval(() => proxy.cut(), 15);
    try {
      const result = await restore(pieces(sample.dump), `redis://127.0.0.1:${proxy.port}`, {
        windowBytes: 64 * 1024,
        maxBytesPerSecond: 1024 * 1024,
      });
      expect(result).toMatchObject({ restored: sample.keys, existing: 0, failed: 0 });
      expect(result.reconnects).toBeGreaterThan(3);
      expect(await server.debugDigest()).toBe(sample.digest);
    } finally {
      clearInterval(timer);
    }
  });

  it('survives a silence', async () => {
    await server.flush();
    const timer = setTimeout(() => proxy.freeze(), 30);
    const thaw = setTimeout(() => {
      proxy.cut();
      proxy.thaw();
    }, 900);
    try {
      const result = await restore(pieces(sample.dump), `redis://127.0.0.1:${proxy.port}`, {
        windowBytes: 64 * 1024,
        maxBytesPerSecond: 1024 * 1024,
        replyTimeoutMs: 400,
      });
      expect(result).toMatchObject({ restored: sample.keys, existing: 0, failed: 0 });
      expect(await server.debugDigest()).toBe(sample.digest);
    } finally {
      clearTimeout(timer);
      clearTimeout(thaw);
    }
  });

  it('gives up in time, with a word on why', async () => {
    await server.flush();
    try {
      const run = resultOf(
        restore(pieces(sample.dump), `redis://127.0.0.1:${proxy.port}`, {
          windowBytes: 64 * 1024,
          maxBytesPerSecond: 512 * 1024,
          retryForMs: 600,
        }),
      );
      await until('some keys are there', async () => Number(await server.call('DBSIZE')) > 100);
      proxy.isRefusing = true;
      proxy.cut();
      const { error, result } = await run;
      expect(error).toMatchObject({ code: 'ENDPOINT_GAVE_UP' });
      expect(result.restored).toBeGreaterThan(0);
      expect(result.restored).toBeLessThan(sample.keys);
    } finally {
      proxy.isRefusing = false;
    }
  });
});

describe.skipIf(program === undefined)('a sick server', () => {
  let sample: Sample;
  beforeAll(async () => {
    sample = await makeSample(program as ServerProgram, { keys: 3000 });
  });
  const slowly = { windowBytes: 64 * 1024, maxBytesPerSecond: 2 * 1024 * 1024 } as const;

  it('may be killed and load its append-only file', async () => {
    const server = await startServer(program as ServerProgram, {
      tcp: true,
      config: {
        appendonly: 'yes',
        appendfsync: 'always',
        'key-load-delay': 100,
        'loading-process-events-interval-bytes': 1024,
      },
    });
    try {
      const reasons: string[] = [];
      const run = restore(pieces(sample.dump), uri(server), {
        ...slowly,
        onEvent: (event) => {
          if (event.type === 'waiting') reasons.push(event.reason);
        },
      });
      await until('some keys are there', async () => Number(await server.call('DBSIZE')) > 500);
      await server.kill();
      await server.restart();
      expect(await run).toMatchObject({ restored: sample.keys, existing: 0, failed: 0, reconnects: 1 });
      expect(reasons.length).toBeGreaterThan(0);
      expect(await server.debugDigest()).toBe(sample.digest);
    } finally {
      await server.stop();
    }
  });

  it('may not come back without what it had acknowledged', async () => {
    const server = await startServer(program as ServerProgram, { tcp: true });
    try {
      const run = resultOf(restore(pieces(sample.dump), uri(server), slowly));
      await until('some keys are there', async () => Number(await server.call('DBSIZE')) > 500);
      await server.kill();
      await server.restart();
      const { error } = await run;
      expect(error).toBeInstanceOf(RestoreError);
      expect(error).toMatchObject({ code: 'RESTORE_LOST' });
    } finally {
      await server.stop();
    }
  });

  it('may have too few replicas for a while', async () => {
    const server = await startServer(program as ServerProgram, { tcp: true });
    try {
      const run = restore(pieces(sample.dump), uri(server), slowly);
      await until('some keys are there', async () => Number(await server.call('DBSIZE')) > 300);
      await server.call('CONFIG', 'SET', 'min-replicas-to-write', 1);
      const before = await server.call('DBSIZE');
      await new Promise((resolve) => {
        setTimeout(resolve, 700);
      });
      expect(await server.call('DBSIZE')).toBe(before);
      await server.call('CONFIG', 'SET', 'min-replicas-to-write', 0);
      expect(await run).toMatchObject({ restored: sample.keys, existing: 0, failed: 0 });
      expect(await server.debugDigest()).toBe(sample.digest);
    } finally {
      await server.stop();
    }
  });

  it.each(['auto', 'plain'] as const)('stops where the memory is full, form %s', async (form) => {
    const server = await startServer(program as ServerProgram, { tcp: true });
    try {
      const used = Number((await server.info('memory')).used_memory);
      await server.call('CONFIG', 'SET', 'maxmemory', used + 1_500_000);
      const { error, result } = await resultOf(restore(pieces(sample.dump), uri(server), { form }));
      expect(error).toMatchObject({ code: 'RESTORE_REFUSED', message: expect.stringContaining('OOM') as string });
      const size = Number(await server.call('DBSIZE')) - ((await server.call('KEYS', '*rdbkit*')) as unknown[]).length;
      expect(result.restored).toBe(size);
      expect(result.failed).toBe(0);
      expect(size).toBeGreaterThan(10);
      expect(size).toBeLessThan(sample.keys);
    } finally {
      await server.stop();
    }
  });

  it('may run a script meanwhile', async () => {
    const server = await startServer(program as ServerProgram, { tcp: true, config: { 'busy-reply-threshold': 20 } });
    try {
      const run = restore(pieces(sample.dump), uri(server), slowly);
      await until('some keys are there', async () => Number(await server.call('DBSIZE')) > 300);
      const client = await server.connect();
      const script = client.call(
        'EVAL',
        'local t = redis.call("TIME")[1] while redis.call("TIME")[1] - t < 2 do end',
        0,
      );
      await script;
      client.close();
      expect(await run).toMatchObject({ restored: sample.keys, failed: 0 });
      expect(await server.debugDigest()).toBe(sample.digest);
    } finally {
      await server.stop();
    }
  });
});
