/**
 * Runs every command line of the guides to the programs, with stand-ins for the programs around them: a line ends with exit
 * code 0, or with the one that a comment behind it names.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { DragonflyRecords, dragonflySet, setValue, stringValue } from '@rdbkit/testkit';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

vi.setConfig({ testTimeout: 30_000 });

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** The guides, and the sections of them that list the flags of a command. */
const GUIDES: readonly (readonly [file: string, flags: Readonly<Record<string, string>>])[] = [
  ['rdb2resp.md', { rdb2resp: 'All flags' }],
  ['switching-aof-on.md', { 'rdbkit convert': 'All flags' }],
  ['check.md', { 'rdbkit check': 'All flags' }],
  ['report.md', {}],
  ['family.md', {}],
  ['inspect.md', { 'rdbkit inspect': 'All flags' }],
  [
    'keys-get-export.md',
    { 'rdbkit keys': 'All flags of keys', 'rdbkit get': 'All flags of get', 'rdbkit export': 'All flags of export' },
  ],
];

const PROGRAMS = ['rdb2resp', 'rdbkit'];

const guideText = (file: string): string => readFileSync(join(ROOT, 'docs', 'guide', file), 'utf8');

function commandLines(text: string): string[] {
  return [...text.matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, block = '']) => block.trim().split('\n'));
}

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
  for (const name of PROGRAMS)
    addProgram(name, `exec "${process.execPath}" "${join(ROOT, 'packages', 'cli', 'bin', `${name}.js`)}" "$@"`);
  for (const name of ['redis-cli', 'jq', 'duckdb']) addProgram(name, 'exec cat > /dev/null');
  addProgram('ssh', 'shift\nexec "$@"');
  cpSync(join(ROOT, 'docs', 'guide', 'example.rdb'), join(folder, 'dump.rdb'));
  cpSync(join(ROOT, 'docs', 'guide', 'appendonlydir'), join(folder, 'appendonlydir'), { recursive: true });
  for (const name of ['data', 'for-4.0']) mkdirSync(join(folder, name));
  mkdirSync(join(folder, 'snapshot'));
  const shards = [
    new DragonflyRecords().selectDb(0).key('greeting', stringValue('hello')),
    new DragonflyRecords().lz4(new DragonflyRecords().selectDb(0).key('letters', setValue([...'abcdefghijkl']))),
  ];
  for (const [name, content] of dragonflySet('dump', shards)) writeFileSync(join(folder, 'snapshot', name), content);
  writeFileSync(join(folder, 'dump.rdb.gz'), gzipSync(readFileSync(join(folder, 'dump.rdb'))));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Output that depends on how fast it came. */
const withoutTime = (text: string): string =>
  text.replaceAll(/(?<=\d (?:bytes|KiB)) in \S+ m?s(?:, [\d,]+ keys\/s)?/g, '');

describe.each(GUIDES)('%s', (file, tables) => {
  const guide = guideText(file);

  test.each(commandLines(guide))('%s', (line) => {
    const { status, stderr } = run(line);
    expect(status, stderr).toBe(Number(/ # exit code (\d+)$/.exec(line)?.[1] ?? 0));
  });

  // What is shown below the lines is what the last of them prints.
  const shown = [...guide.matchAll(/^```sh\n([^`]*?)^```\n\n```\n(.*?)^```/gms)].map(
    ([, lines = '', output = '']) => [lines.trim().split('\n').at(-1) ?? '', output] as const,
  );

  test.each(shown)('shows what it prints: %s', (line, output) => {
    for (const created of ['data', 'rescued.resp']) rmSync(join(folder, created), { recursive: true, force: true });
    mkdirSync(join(folder, 'data'));
    const { stdout, stderr } = run(line);
    expect(withoutTime(stdout + stderr)).toBe(withoutTime(output));
  });

  test.each(Object.entries(tables))('has every flag of the help of %s, and no other', (command, title) => {
    const flagsIn = (text: string): string[] => [...new Set(text.match(/(?<=[\s`])--[a-z-]+/g))].sort();
    const [, table = ''] = guide.split(`\n## ${title}\n`);
    const [rows = ''] = table.split('\n## ');
    expect(flagsIn(rows)).toEqual(flagsIn(run(`${command} --help`).stdout.split('\nExamples')[0] ?? ''));
  });
});
