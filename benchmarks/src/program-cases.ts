/** Programs from end to end: ours, and rivals where they are installed. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ProgramCase } from './case.ts';

const DATASETS = ['mixed', 'tiny-strings', 'giant-list', 'many-keys'];
const OURS = fileURLToPath(new URL('../../packages/cli/bin/rdb2resp.js', import.meta.url));

/** A rival's program: named by an environment variable, else found on PATH. */
function find(variable: string, name: string): string | undefined {
  const named = process.env[variable];
  if (named !== undefined && named !== '') return named;
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

function ours(name: string, title: string, flags: readonly string[]): ProgramCase {
  return {
    kind: 'program',
    name: `rdb2resp/${name}`,
    title,
    datasets: DATASETS,
    command: (path) => [process.execPath, OURS, '--quiet', ...flags, path],
  };
}

function rival(name: string, title: string, variable: string, program: string, args: (path: string) => string[]): ProgramCase {
  return {
    kind: 'program',
    name: `rival/${name}`,
    title,
    datasets: DATASETS,
    command(path) {
      const found = find(variable, program);
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
  rival('redis-check-rdb', 'redis-check-rdb: load and check (C)', 'RDBKIT_BENCH_CHECK_RDB', 'redis-check-rdb', (path) => [path]),
];
