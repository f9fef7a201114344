/**
 * rdbkit: the program whose commands are listed here.
 *
 * @module
 */
import type { CommandSet } from '../app/program.ts';
import { convert } from '../convert/command.ts';

/** The program. A command is a row: its name, and what its folder exports. */
export const program: CommandSet = {
  name: 'rdbkit',
  brief:
    'Works on backups of Redis, Valkey and their kin without a server. rdb2resp, its sister, replays them into one.',
  commands: {
    convert,
  },
  examples: [
    {
      title: 'Let a server with appendonly yes start with what is in a dump',
      line: 'rdbkit convert dump.rdb -o appendonly.aof',
    },
  ],
};
