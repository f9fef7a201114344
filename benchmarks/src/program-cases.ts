/** Our programs from end to end. */
import type { ProgramCase } from './case.ts';
import { EVERY_SIZE } from './data/datasets.ts';
import { RDB2RESP, RDBKIT } from './programs.ts';

function ours(name: string, title: string, flags: readonly string[]): ProgramCase {
  return {
    kind: 'program',
    name: `rdb2resp/${name}`,
    title,
    datasets: EVERY_SIZE,
    command: (path) => [process.execPath, RDB2RESP, '--quiet', ...flags, path],
  };
}

/** What looks at a dump: one command of rdbkit. */
function looking(name: string, title: string, args: readonly string[]): ProgramCase {
  return {
    kind: 'program',
    name,
    title,
    datasets: EVERY_SIZE,
    command: (path) => [process.execPath, RDBKIT, ...args, '--quiet', path],
  };
}

export const PROGRAM_CASES: readonly ProgramCase[] = [
  ours('plain', 'rdb2resp, plain commands', []),
  ours('restore', 'rdb2resp --restore', ['--restore']),
  looking('check/values', 'rdbkit check', ['check']),
  looking('inspect/page', 'rdbkit inspect', ['inspect']),
  looking('keys/csv', 'rdbkit keys --format csv', ['keys', '--format', 'csv']),
  looking('export/jsonl', 'rdbkit export --format jsonl', ['export', '--format', 'jsonl']),
  looking('export/parquet', 'rdbkit export --format parquet', ['export', '--format', 'parquet']),
  {
    kind: 'program',
    name: 'start/node',
    title: 'node -e 0: what a program of Node takes to start',
    datasets: ['one-kib'],
    command: () => [process.execPath, '-e', '0'],
  },
  {
    kind: 'program',
    name: 'start/rdb2resp',
    title: 'rdb2resp with next to nothing to do',
    datasets: ['one-kib'],
    command: (path) => [process.execPath, RDB2RESP, '--quiet', path],
  },
];
