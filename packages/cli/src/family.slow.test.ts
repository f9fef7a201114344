/** Snapshots of Dragonfly, and dumps that unpack to very much, by the programs as processes and into servers. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createGzip } from 'node:zlib';
import {
  ByteWriter,
  DragonflyRecords,
  dragonflyHashValue,
  dragonflySet,
  dragonflySetValue,
  hashValue,
  RdbBuilder,
  serversForTests,
  setValue,
  startServer,
  stringValue,
  zset2Value,
} from '@rdbkit/testkit';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { runInWorld } from '../testing/world.ts';
import { program as rdbkit } from './rdbkit/program.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 60_000 });

const root = mkdtempSync(join(tmpdir(), 'rdbkit-family-'));
afterAll(() => rmSync(root, { recursive: true }));

const servers = serversForTests();
const LATER = 4_000_000_000_000;

describe('a snapshot of Dragonfly restored into a server', () => {
  const shards = [
    new DragonflyRecords()
      .selectDb(0)
      .key('string', stringValue('v'), { expireAtMs: LATER })
      .lz4(
        new DragonflyRecords()
          .selectDb(0)
          .key('set', setValue(Array.from({ length: 200 }, (_, i) => `member ${i}`)))
          .key(
            'expiring',
            dragonflyHashValue([
              ['f', '1', LATER],
              ['g', '2', null],
            ]),
          ),
      ),
    new DragonflyRecords().zstd(
      new DragonflyRecords()
        .selectDb(3)
        .key('zset', zset2Value([['m', 1.5]]))
        .key('hash', hashValue([['a', 'b']]))
        .key(
          'members',
          dragonflySetValue([
            ['a', LATER],
            ['b', null],
          ]),
        ),
    ),
  ];
  for (const [name, content] of dragonflySet('dump', shards)) writeFileSync(join(root, name), content);

  const wanted = servers.filter(({ label }) => /^(?:redis-7\.0\.15|redis-8\.6|valkey-9|redis-6\.2)/.test(label));

  it.each(wanted.map((server) => [server.label, server] as const))('%s', async (_label, server) => {
    const started = await startServer(server, { tcp: true });
    const client = await started.connect();
    try {
      const args = ['restore', join(root, 'dump-0001.dfs'), `redis://127.0.0.1:${started.port}`, '--json'];
      const { code, stdout, stderr } = await runInWorld(rdbkit, args, { now: Date.now });
      expect([code, stderr]).toEqual([0, expect.any(String)]);
      expect(JSON.parse(stdout)).toMatchObject({ restored: 6 });
      expect(await client.call('GET', 'string')).toEqual(Buffer.from('v'));
      expect(Number(await client.call('SCARD', 'set'))).toBe(200);
      expect(Number(await client.call('HLEN', 'expiring'))).toBe(2);
      await client.call('SELECT', '3');
      expect(Number(await client.call('ZCARD', 'zset'))).toBe(1);
      expect(Number(await client.call('SCARD', 'members'))).toBe(2);
    } finally {
      client.close();
      await started.stop();
    }
  });
});

/** A record of a kilobyte, a million times. */
const RECORD = new ByteWriter().u8(0).str('the same key').str('x'.repeat(1000)).toBytes();
const RECORDS = 1_050_000;
const MOST_KIB = 200 * 1024;

const BIN = fileURLToPath(new URL('../bin/', import.meta.url));
const HOOK = join(root, 'hook.mjs');
writeFileSync(
  HOOK,
  "process.on('exit', () => process.stderr.write(`\\nmaxrss ${process.resourceUsage().maxRSS}\\n`));\n",
);

/** Runs a program over a file, and returns its exit code and its largest resident set in KiB. */
function measure(name: string, ...args: readonly string[]): { status: number | null; stderr: string; kib: number } {
  const options = { stdio: ['ignore', 'ignore', 'pipe'] as ('ignore' | 'pipe')[], encoding: 'utf8' as const };
  const hook = ['--import', pathToFileURL(HOOK).href];
  const { status, stderr } = spawnSync(process.execPath, [...hook, join(BIN, name), ...args], options);
  return { status, stderr, kib: Number(/maxrss (\d+)/.exec(stderr)?.[1]) };
}

/** Writes a dump of a gigabyte through something that compresses. */
async function pack(file: string, sink: NodeJS.WritableStream, done: Promise<unknown>): Promise<string> {
  const head = new RdbBuilder({ version: 11 }).selectDb(0).unfinished();
  const chunk = Buffer.concat(new Array<Uint8Array>(1000).fill(RECORD));
  sink.write(head);
  for (let i = 0; i < RECORDS; i += 1000) if (!sink.write(chunk)) await once(sink, 'drain');
  sink.end(Buffer.concat([Uint8Array.of(255), new Uint8Array(8)]));
  await done;
  return file;
}

async function packedBy(program: string, ...args: readonly string[]): Promise<string | null> {
  if (spawnSync(program, ['--version']).status !== 0) {
    console.warn(`not tested: a dump packed by ${program}, which is not installed`);
    return null;
  }
  const file = join(root, `bomb.${program}`);
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  const out = createWriteStream(file);
  child.stdout.pipe(out);
  return pack(file, child.stdin, once(out, 'finish'));
}

async function gzipped(): Promise<string> {
  const file = join(root, 'bomb.gz');
  const gzip = createGzip({ level: 9 });
  const out = createWriteStream(file);
  gzip.pipe(out);
  return pack(file, gzip, once(out, 'finish'));
}

describe('a gigabyte that was packed to a few hundred kilobytes', () => {
  it.each([
    ['gzip', gzipped],
    ['zstd', () => packedBy('zstd', '-19', '-c')],
    ['lz4', () => packedBy('lz4', '-c')],
  ])('%s: memory stays flat', async (name, make) => {
    const file = await make();
    if (file === null) return;
    for (const [program, ...args] of [
      ['rdbkit.js', 'check', '--quiet', '--no-checksum', file],
      ['rdb2resp.js', '--quiet', file],
    ] as const) {
      const { status, stderr, kib } = measure(program, ...args);
      console.info(`${name} ${program}: ${Math.round(kib / 1024)} MiB`);
      expect(status, stderr).toBe(0);
      expect(kib).toBeLessThan(MOST_KIB);
    }
  });
});
