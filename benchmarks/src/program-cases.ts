/** Programs from end to end: ours, and rivals where they are installed. */
import type { ProgramCase } from './case.ts';
import { findProgram, RDB2RESP, RDBKIT } from './programs.ts';

const DATASETS = ['mixed', 'tiny-strings', 'giant-list', 'many-keys'];

function ours(name: string, title: string, flags: readonly string[]): ProgramCase {
  return {
    kind: 'program',
    name: `rdb2resp/${name}`,
    title,
    datasets: DATASETS,
    command: (path) => [process.execPath, RDB2RESP, '--quiet', ...flags, path],
  };
}

/** What looks at a dump: one command of rdbkit. */
function looking(name: string, title: string, args: readonly string[]): ProgramCase {
  return {
    kind: 'program',
    name,
    title,
    datasets: DATASETS,
    command: (path) => [process.execPath, RDBKIT, ...args, '--quiet', path],
  };
}

function rival(
  name: string,
  title: string,
  variable: string,
  program: string,
  args: (path: string) => string[],
  datasets: readonly string[] = DATASETS,
): ProgramCase {
  return {
    kind: 'program',
    name: `rival/${name}`,
    title,
    datasets,
    command(path) {
      const found = findProgram(variable, program);
      if (found === undefined) return { absent: `${program} is not on PATH and ${variable} is not set` };
      return [found, ...args(path)];
    },
  };
}

export const PROGRAM_CASES: readonly ProgramCase[] = [
  ours('plain', 'rdb2resp, plain commands', []),
  ours('restore', 'rdb2resp --restore', ['--restore']),
  looking('inspect/page', 'rdbkit inspect', ['inspect']),
  looking('keys/csv', 'rdbkit keys --format csv', ['keys', '--format', 'csv']),
  looking('export/jsonl', 'rdbkit export --format jsonl', ['export', '--format', 'jsonl']),
  looking('export/parquet', 'rdbkit export --format parquet', ['export', '--format', 'parquet']),
  rival('librdb-json', 'librdb, JSON (C)', 'RDBKIT_BENCH_RDB_CLI', 'rdb-cli', (path) => [path, 'json']),
  rival('hdt3213-json', 'HDT3213/rdb, JSON (Go)', 'RDBKIT_BENCH_HDT_RDB', 'rdb', (path) => [
    '-c',
    'json',
    '-o',
    '/dev/null',
    path,
  ]),
  rival('librdb-plain', 'librdb, plain commands (C)', 'RDBKIT_BENCH_RDB_CLI', 'rdb-cli', (path) => [path, 'resp']),
  rival('librdb-restore', 'librdb, RESTORE (C)', 'RDBKIT_BENCH_RDB_CLI', 'rdb-cli', (path) => [path, 'resp', '-r']),
  rival(
    'redis-check-rdb',
    'redis-check-rdb: load and check (C)',
    'RDBKIT_BENCH_CHECK_RDB',
    'redis-check-rdb',
    (path) => [path],
  ),
  rival(
    'redis-check-aof',
    'redis-check-aof: check only (C)',
    'RDBKIT_BENCH_CHECK_AOF',
    'redis-check-aof',
    (path) => [path],
    ['incr-log'],
  ),
];
