/** Runs some cases of each kind on tiny dumps: that they work, not how fast they are. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, test, vi } from 'vitest';
import { CASES } from './cases.ts';
import type { Recording } from './results.ts';

vi.setConfig({ testTimeout: 120_000 });

const PROGRAM = fileURLToPath(new URL('../dist/index.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'rdbkit-smoke-'));

afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function measure(...args: string[]): Promise<Recording> {
  const file = join(folder, 'results.json');
  const options = ['--data', folder, '--scale', '0.0005', '--runs', '1', '--json', file];
  await promisify(execFile)(process.execPath, [PROGRAM, ...options, ...args]);
  return JSON.parse(readFileSync(file, 'utf8')) as Recording;
}

test('cases of every layer give results', async () => {
  const wanted = [
    'rdb/listpack',
    'rdb/skip mixed',
    'rdb/logical tables',
    'commands/restore streams',
    'aof/read incr-log',
    'inspect/meter packed-hashes',
    'rdb2resp/plain documents',
    'export/jsonl mixed',
    'start/node one-kib',
  ];
  const { results, absent, machine, versions } = await measure(...wanted.map((name) => `^${name}$`));
  expect(absent).toEqual([]);
  expect(results.map(({ name }) => name).sort()).toEqual(wanted.sort());
  for (const { name, bytes, runs, medianSeconds, peakRssMib, node } of results) {
    expect(bytes, name).toBeGreaterThan(0);
    expect(runs.length, name).toBeGreaterThan(0);
    expect(medianSeconds, name).toBeGreaterThanOrEqual(0);
    expect(peakRssMib ?? 1, name).toBeGreaterThan(0);
    expect(node, name).toBe(process.version);
  }
  expect(machine).toMatch(/CPUs/);
  expect(versions.Node).toBe(process.version);
});

test('restores give results, or say what is missing', async () => {
  const { results, absent } = await measure('^restore/local mixed$', '^rival/redis-cli-pipe-restore mixed$');
  expect(results.length + absent.length).toBe(2);
  for (const { reason } of absent) expect(reason).toMatch(/is not on PATH/);
  for (const { name, medianTargetCpuSeconds } of results) expect(medianTargetCpuSeconds, name).toBeGreaterThan(0);
});

test('a rival that is not there is named as absent', async () => {
  const before = process.env.PATH;
  vi.stubEnv('PATH', folder);
  vi.stubEnv('RDBKIT_BENCH_RCT', '');
  try {
    const { results, absent } = await measure('^rival/rct-resp mixed$');
    expect(results).toEqual([]);
    expect(absent).toEqual([
      {
        name: 'rival/rct-resp mixed',
        group: 'plain',
        node: null,
        reason: 'rct is not on PATH and RDBKIT_BENCH_RCT is not set',
      },
    ]);
  } finally {
    vi.unstubAllEnvs();
    expect(process.env.PATH).toBe(before);
  }
});

test('every case has a title and dumps that exist', () => {
  for (const { name, title } of CASES) expect(title, name).not.toBe('');
});
