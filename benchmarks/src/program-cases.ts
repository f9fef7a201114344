/** Programs from end to end: ours, and rivals where they are installed. */
import type { ProgramCase } from './case.ts';
import { findProgram, RDB2RESP } from './programs.ts';

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
