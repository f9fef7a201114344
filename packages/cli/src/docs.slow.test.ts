/**
 * Runs every command line of the guide to rdb2resp, with stand-ins for the programs around it: a line ends with exit code 0,
 * or with the one that a comment behind it names.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

vi.setConfig({ testTimeout: 30_000 });

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const guide = readFileSync(join(ROOT, 'docs', 'guide', 'rdb2resp.md'), 'utf8');
const commands = [...guide.matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, block = '']) => block.trim().split('\n'));
const rdb2resp = join(ROOT, 'packages', 'cli', 'bin', 'rdb2resp.js');

const folder = mkdtempSync(join(tmpdir(), 'rdbkit-guide-'));
const programs = join(folder, 'bin');

function addProgram(name: string, script: string): void {
  writeFileSync(join(programs, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(programs, name), 0o755);
}

function run(line: string): { status: number | null; stdout: string; stderr: string } {
  return spawnSync('bash', ['-o', 'pipefail', '-c', line], {
    cwd: folder,
    env: { ...process.env, PATH: `${programs}${delimiter}${process.env.PATH}`, NO_COLOR: '1' },
    encoding: 'utf8',
  });
}

beforeAll(() => {
  mkdirSync(programs);
  addProgram('rdb2resp', `exec "${process.execPath}" "${rdb2resp}" "$@"`);
  addProgram('redis-cli', 'exec cat > /dev/null');
  addProgram('ssh', 'shift\nexec "$@"');
  cpSync(join(ROOT, 'docs', 'guide', 'example.rdb'), join(folder, 'dump.rdb'));
  writeFileSync(join(folder, 'dump.rdb.gz'), gzipSync(readFileSync(join(folder, 'dump.rdb'))));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('the guide to rdb2resp', () => {
  test.each(commands)('%s', (line) => {
    const { status, stderr } = run(line);
    expect(status, stderr).toBe(Number(/ # exit code (\d+)$/.exec(line)?.[1] ?? 0));
  });

  test('shows the message about a truncated dump as it is', () => {
    const { stderr } = run('head -c 300 dump.rdb > cut.rdb; rdb2resp cut.rdb > rescued.resp');
    const shown = /^```\n(rdb2resp: .*?)^```/ms.exec(guide)?.[1];
    const withoutTime = (text: string | undefined): string | undefined =>
      text?.replace(/(?<=\d bytes) in \S+ m?s.*$/m, '');
    expect(withoutTime(stderr)).toBe(withoutTime(shown));
  });

  test('has every flag of the help, and no other', () => {
    const flagsIn = (text: string): string[] => [...new Set(text.match(/(?<=[\s`])--[a-z-]+/g))].sort();
    const table = guide.slice(guide.indexOf('## All flags'));
    expect(flagsIn(table)).toEqual(flagsIn(run('rdb2resp --help').stdout.split('\nExamples')[0] ?? ''));
  });
});
