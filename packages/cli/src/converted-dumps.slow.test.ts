// A server that is started on what rdbkit convert made of a dump holds what the dump held, and goes on from there: it takes
// writes, rewrites its log, is started again, and nothing is lost.
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { isAtLeast, type ServerProgram, serversForTests, startServer, type TestServer } from '@rdbkit/testkit';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { runInWorld } from '../testing/world.ts';
import { program as rdbkit } from './rdbkit/program.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const folder = mkdtempSync(join(tmpdir(), 'rdbkit-converted-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Writes a value of every type that the server has. */
async function fill(server: TestServer): Promise<void> {
  await server.call('SELECT', 5);
  for (const line of [
    'SET string value',
    'SET expiring value',
    'EXPIRE expiring 10000',
    'RPUSH list a b c',
    'SADD set a b c',
    'ZADD zset 1 a 2.5 b',
    'HSET hash f v',
  ])
    await server.call(...line.split(' '));
  for (let i = 0; i < 2000; i++) await server.call('SET', `key:${i}`, `value:${i}`);
  if (await server.supports('XADD')) await server.call('XADD', 'stream', '5-1', 'f', 'v');
  if (await server.supports('FUNCTION', 'LIST'))
    await server.call('FUNCTION', 'LOAD', "#!lua name=lib\nredis.register_function('f', function() return 1 end)");
  await server.call('SELECT', 0);
}

interface Dump {
  readonly path: string;
  readonly digest: string;
}

/** What a server saves, and what it held. */
async function dumpOf(program: ServerProgram): Promise<Dump> {
  const server = await startServer(program);
  try {
    await fill(server);
    const path = join(mkdtempSync(join(folder, 'dump-')), 'dump.rdb');
    writeFileSync(path, await server.saveDump());
    return { path, digest: await server.debugDigest() };
  } finally {
    await server.stop();
  }
}

const targetOf = ({ flavour, version }: ServerProgram): string => `${flavour}-${version.join('.')}`;

/** Converts into a folder that can be a server's own. */
async function converted(source: string, program: ServerProgram, args: readonly string[]): Promise<string> {
  const data = mkdtempSync(join(folder, 'data-'));
  const isDirectory = hasDirectories(program);
  const output = join(data, isDirectory ? 'appendonlydir/' : 'appendonly.aof');
  const target = ['--target', targetOf(program)];
  const { code, stderr } = await runInWorld(rdbkit, ['convert', source, '-o', output, ...target, ...args], {
    now: Date.now,
  });
  expect([code, stderr]).toEqual([0, stderr]);
  return data;
}

const hasDirectories = (program: ServerProgram): boolean => isAtLeast(program, 7) && program.flavour !== 'keydb';

async function rewritten(server: TestServer): Promise<void> {
  await server.call('BGREWRITEAOF');
  for (let i = 0; i < 500; i++) {
    const info = await server.info('persistence');
    // 2.4 has another name for it, and begins at once.
    const isRunning = (info.aof_rewrite_in_progress ?? info.bgrewriteaof_in_progress) !== '0';
    if (!isRunning && (info.aof_rewrite_scheduled ?? '0') === '0') return;
    await setTimeout(20);
  }
  throw new Error('the log was not rewritten in time');
}

/** Starts a server on the folder, twice, with writes and a rewrite in between. */
async function useAsLog(program: ServerProgram, data: string, digest: string): Promise<void> {
  // The test ends the server as a crash would: what was answered must be on the disk.
  const config = { appendonly: 'yes', appendfsync: 'always' };
  const server = await startServer(program, { contentOf: data, config });
  try {
    expect(await server.debugDigest()).toBe(digest);
    if (await server.supports('FUNCTION', 'LIST')) expect(await server.call('FUNCTION', 'LIST')).toHaveLength(1);
    await server.call('SET', 'written', 'afterwards');
    await server.call('SELECT', 5);
    await server.call('DEL', 'list');
    const changed = await server.debugDigest();
    expect(changed).not.toBe(digest);
    await server.restart();
    expect(await server.debugDigest()).toBe(changed);
    await rewritten(server);
    await server.call('SET', 'written', 'again');
    const last = await server.debugDigest();
    await server.restart();
    expect(await server.debugDigest()).toBe(last);
  } finally {
    await server.stop();
  }
}

const servers = serversForTests();

describe.each(servers.map((program) => [program.label, program] as const))('%s', (_label, program) => {
  it('starts from its own dump', async () => {
    const { path, digest } = await dumpOf(program);
    const args = isAtLeast(program, 4) ? ['--base', 'rdb'] : [];
    await useAsLog(program, await converted(path, program, args), digest);
  });

  it('starts from its own dump as commands', async () => {
    const { path, digest } = await dumpOf(program);
    await useAsLog(program, await converted(path, program, ['--base', 'resp']), digest);
  });

  it.runIf(hasDirectories(program))('takes the one file of older servers, too', async () => {
    const { path, digest } = await dumpOf(program);
    const data = mkdtempSync(join(folder, 'data-'));
    const { code } = await runInWorld(rdbkit, ['convert', path, '-o', join(data, 'appendonly.aof')], { now: Date.now });
    expect(code).toBe(0);
    await useAsLog(program, data, digest);
  });

  it.runIf(hasDirectories(program))('finds the directory by other names', async () => {
    const { path, digest } = await dumpOf(program);
    const data = mkdtempSync(join(folder, 'data-'));
    const args = ['convert', path, '-o', join(data, 'my logs/'), '--append-filename', 'my "log"'];
    expect((await runInWorld(rdbkit, args, { now: Date.now })).code).toBe(0);
    const config = { appendonly: 'yes', appenddirname: '"my logs"', appendfilename: String.raw`"my \"log\""` };
    const server = await startServer(program, { contentOf: data, config });
    try {
      expect(await server.debugDigest()).toBe(digest);
    } finally {
      await server.stop();
    }
  });

  it.runIf(hasDirectories(program))('with the dump alone would have started empty', async () => {
    const { path } = await dumpOf(program);
    const data = mkdtempSync(join(folder, 'data-'));
    cpSync(path, join(data, 'dump.rdb'));
    const server = await startServer(program, { contentOf: data, config: { appendonly: 'yes' } });
    try {
      expect(await server.call('DBSIZE')).toBe(0);
      expect(readdirSync(server.folder)).toContain('appendonlydir');
    } finally {
      await server.stop();
    }
  });
});

/** From each server to each: commands where the dump is too new. */
const sources = servers.filter((program) => isAtLeast(program, 6));
const pairs = sources.flatMap((from) =>
  servers
    .filter((to) => to !== from && isAtLeast(to, 6))
    .map((to) => [`${from.label} to ${to.label}`, from, to] as const),
);
if (pairs.length === 0) console.warn('not converted for another server: there are no two from 6.0 on');

describe.runIf(pairs.length > 0)('another server', () => {
  it('is at hand', () => {
    expect(pairs.length).toBeGreaterThan(1);
  });

  it.each(pairs)('%s', async (_name, from, to) => {
    const { path, digest } = await dumpOf(from);
    const data = mkdtempSync(join(folder, 'data-'));
    const output = join(data, hasDirectories(to) ? 'appendonlydir/' : 'appendonly.aof');
    const { code } = await runInWorld(rdbkit, ['convert', path, '-o', output, '--target', targetOf(to)], {
      now: Date.now,
    });
    // Functions are lost on servers before 7.0.
    expect(code).toBe(isAtLeast(from, 7) && !isAtLeast(to, 7) ? 4 : 0);
    const server = await startServer(to, { contentOf: data, config: { appendonly: 'yes' } });
    try {
      expect(await server.debugDigest()).toBe(digest);
    } finally {
      await server.stop();
    }
  });
});
