// Dumps that the generator makes with a server at hand: sizes, limits, values and names drawn from a seed.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ContentCollector, compareContent, newestServer, REPOSITORY_ROOT, readExpected } from '@rdbkit/testkit';
import { describe, expect, it, vi } from 'vitest';
import { readRdbSync } from './read.ts';

vi.setConfig({ testTimeout: 120_000 });

const SETS = ['strings', 'lists', 'sets', 'zsets', 'hashes', 'expiry', 'mixed', 'mixed-uncompressed'];
const program = newestServer();

describe.skipIf(program === undefined)('a generated dump holds what its server said', () => {
  it.each(['one', 'two'])('seed %s', async (seed) => {
    const folder = mkdtempSync(join(tmpdir(), 'rdbkit-'));
    try {
      const args = ['--out', folder, '--profile', 'random', '--seed', seed, '--sets', SETS.join(',')];
      const generator = join(REPOSITORY_ROOT, 'test-vectors', 'generator', 'main.ts');
      const tsx = join(REPOSITORY_ROOT, 'node_modules', 'tsx', 'dist', 'cli.mjs');
      await promisify(execFile)(process.execPath, [tsx, generator, '--server', program?.path ?? '', ...args]);
      for (const name of SETS) {
        const expected = readExpected(join(folder, `${name}.expected.jsonl`));
        const collector = new ContentCollector();
        readRdbSync(readFileSync(join(folder, `${name}.rdb`)), collector);
        if (expected === null) throw new Error(`${name} was not written`);
        expect(compareContent(expected, collector.content(), { ignore: ['encoding'] }), name).toEqual([]);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
