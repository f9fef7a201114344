/** Programs by others from end to end, where they are installed. */
import type { ProgramCase } from './case.ts';
import { EVERY_DUMP } from './data/datasets.ts';
import { findRival, type RivalName } from './rivals.ts';

function rival(
  name: string,
  title: string,
  program: RivalName,
  args: (path: string) => string[],
  datasets: readonly string[] = EVERY_DUMP,
): ProgramCase {
  return {
    kind: 'program',
    name: `rival/${name}`,
    title,
    datasets,
    command: (path) => [findRival(program), ...args(path)],
  };
}

function rct(form: string, title: string): ProgramCase {
  const args = (path: string): string[] => ['-f', form, '-s', path, '-o', '/dev/null'];
  return rival(`rct-${form}`, title, 'redis-rdb-cli rct', args, [...EVERY_DUMP, 'one-kib']);
}

/** The newest version of the format that it reads is 9. */
const OLD_DUMPS = ['tables'];

export const RIVAL_CASES: readonly ProgramCase[] = [
  rival('librdb-plain', 'librdb rdb-cli, plain commands (C)', 'librdb rdb-cli', (path) => [path, 'resp'], [
    ...EVERY_DUMP,
    'one-kib',
  ]),
  rival('librdb-restore', 'librdb rdb-cli, RESTORE (C)', 'librdb rdb-cli', (path) => [path, 'resp', '-r']),
  rival('librdb-json', 'librdb rdb-cli, JSON (C)', 'librdb rdb-cli', (path) => [path, 'json']),
  rct('resp', 'redis-rdb-cli rct, plain commands (Java)'),
  rct('dump', 'redis-rdb-cli rct, RESTORE (Java)'),
  rct('jsonl', 'redis-rdb-cli rct, JSON lines (Java)'),
  rival('hdt3213-json', 'HDT3213/rdb, JSON (Go)', 'HDT3213/rdb', (path) => ['-c', 'json', '-o', '/dev/null', path]),
  rival(
    'rdbtools-plain',
    'redis-rdb-tools rdb, plain commands (Python)',
    'redis-rdb-tools rdb',
    (path) => ['-c', 'protocol', path],
    OLD_DUMPS,
  ),
  rival(
    'rdbtools-json',
    'redis-rdb-tools rdb, JSON (Python)',
    'redis-rdb-tools rdb',
    (path) => ['-c', 'json', path],
    OLD_DUMPS,
  ),
  rival('redis-check-rdb', 'redis-check-rdb: load and check (C)', 'redis-check-rdb', (path) => [path]),
  rival('redis-check-aof', 'redis-check-aof: check only (C)', 'redis-check-aof', (path) => [path], ['incr-log']),
];
