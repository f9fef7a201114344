/**
 * rdbkit: the program whose commands are listed here.
 *
 * @module
 */
import type { CommandSet } from '../app/program.ts';
import { check } from '../check/command.ts';
import { convert } from '../convert/command.ts';

/** The program. A command is a row: its name, and what its folder exports. */
export const program: CommandSet = {
  name: 'rdbkit',
  brief:
    'Works on backups of Redis, Valkey and their kin without a server. rdb2resp, its sister, replays them into one.',
  commands: {
    check,
    convert,
  },
  examples: [
    { title: 'See whether a backup is sound', line: 'rdbkit check dump.rdb.gz' },
    {
      title: 'Let a server with appendonly yes start with what is in a dump',
      line: 'rdbkit convert dump.rdb -o appendonlydir/',
    },
  ],
};
