/** The program in a process of its own that is killed at any moment, and goes on from its journal. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ServerProgram, serversForTests, startServer, type TestServer } from '@rdbkit/testkit';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

const PROGRAM = fileURLToPath(new URL('../../bin/rdbkit.js', import.meta.url));
const isBuilt = existsSync(fileURLToPath(new URL('../../dist/programs/rdbkit.js', import.meta.url)));
if (!isBuilt) console.warn('not tested: the program is not compiled (npm run build)');

const programs = serversForTests();
const program = programs.find(({ label }) => label === 'redis-7.0.15') ?? programs.at(-1);
const KEYS = 20_000;

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(args: readonly string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [PROGRAM, 'restore', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended: { stdout: string; stderr: string } = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.on('data', (text: Buffer) => {
      ended[name] += text.toString();
    });
  }
  return {
    child,
    ended: new Promise((resolve) => {
      child.on('close', (code) => resolve({ code, ...ended }));
    }),
  };
}

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

describe.skipIf(!isBuilt || program === undefined)('a restore that is killed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rdbkit-kill-'));
  const dump = join(folder, 'dump.rdb');
  const journal = join(folder, 'journal');
  const report = join(folder, 'report.jsonl');
  let digest = '';
  let server: TestServer;
  beforeAll(async () => {
    const source = await startServer(program as ServerProgram);
    const client = await source.connect();
    for (let i = 0; i < KEYS; i += 1000) {
      const commands = Array.from({ length: 1000 }, (_, j) => {
        const n = i + j;
        return n % 3 === 0
          ? ['RPUSH', `list:${n}`, ...`${n} some words in a list`.split(' ')]
          : ['SET', `string:${n}`, 'v'.repeat(n % 300)];
      });
      await client.callAll(commands);
    }
    client.close();
    digest = await source.debugDigest();
    writeFileSync(dump, await source.saveDump());
    await source.stop();
    server = await startServer(program as ServerProgram, { tcp: true });
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true });
  });

  it.each([
    ['fail', false, 20],
    ['fail', true, 7],
    ['replace', true, 7],
    ['skip', true, 7],
  ] as const)(
    'goes on from its journal: --existing %s, target not empty: %s, %i times',
    async (existing, isFilled, times) => {
      await server.flush();
      for (const path of [journal, report]) rmSync(path, { force: true });
      const there = isFilled ? Array.from({ length: 200 }, (_, i) => `list:${i * 99}`) : [];
      for (const key of there) await server.call('SET', key, 'here before');
      const target = `redis://127.0.0.1:${server.port}`;
      const args = [
        '--journal',
        journal,
        '--report',
        report,
        '--existing',
        existing,
        '--json',
        '--max-rate',
        '1mb',
        dump,
        target,
      ];
      let kills = 0;
      for (let run = 0; ; run++) {
        const { child, ended } = start(existsSync(journal) ? ['--resume', ...args] : args);
        if (run < times) {
          // Some are killed before their first key, others well on their way.
          const before = existsSync(journal) ? statSync(journal).size : 0;
          const deadline = Date.now() + 5000;
          while (!existsSync(journal) || (statSync(journal).size === before && Date.now() < deadline)) await pause(2);
          await pause((run * 37) % 120);
          if (child.kill('SIGKILL')) kills++;
          await ended;
          continue;
        }
        const { code, stdout, stderr } = await ended;
        expect(stderr).toBe('');
        const result = JSON.parse(stdout) as Record<string, number>;
        const isReplaced = existing === 'replace';
        expect(result).toMatchObject({
          restored: KEYS - (isReplaced ? 0 : there.length),
          replaced: isReplaced ? there.length : 0,
          skipped: existing === 'skip' ? there.length : 0,
          existing: existing === 'fail' ? there.length : 0,
          failed: 0,
        });
        expect(code).toBe(existing === 'fail' && isFilled ? 4 : 0);
        break;
      }
      expect(kills).toBe(times);
      if (!isFilled || existing === 'replace') expect(await server.debugDigest()).toBe(digest);
      else expect(await server.call('DBSIZE')).toBe(KEYS);
      const reported = readFileSync(report, 'utf8').split('\n').slice(0, -1);
      expect(reported.map((line) => (JSON.parse(line) as { key: string }).key).toSorted()).toEqual(
        existing === 'replace' ? [] : there.toSorted(),
      );
    },
  );
});
