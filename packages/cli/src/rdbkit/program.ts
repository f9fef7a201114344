/**
 * rdbkit: the program whose commands are listed here.
 *
 * @module
 */
import type { CommandSet } from '../app/program.ts';
import { check } from '../check/command.ts';
import { convert } from '../convert/command.ts';
import { exportCommand } from '../export/command.ts';
import { get } from '../get/command.ts';
import { inspect } from '../inspect/command.ts';
import { keys } from '../keys/command.ts';
import { restore } from '../restore/command.ts';

/** The program. A command is a row: its name, and what its folder exports. */
export const program: CommandSet = {
  name: 'rdbkit',
  brief:
    'Works on backups of Redis, Valkey and their kin: says what is in them, restores them into live servers, makes others of them.',
  commands: {
    inspect,
    keys,
    get,
    export: exportCommand,
    check,
    restore,
    convert,
  },
  examples: [
    { title: 'What is in a dump, and what it costs', line: 'rdbkit inspect dump.rdb' },
    { title: 'See whether a backup is sound', line: 'rdbkit check dump.rdb.gz' },
    {
      title: 'Restore a dump into a server',
      line: 'rdbkit restore dump.rdb redis://localhost:6379',
    },
    {
      title: 'Let a server with appendonly yes start with what is in a dump',
      line: 'rdbkit convert dump.rdb -o appendonlydir/',
    },
  ],
};
