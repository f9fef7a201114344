/**
 * rdbkit convert: its help page, and where its work is found.
 *
 * @module
 */
import { buildCommand } from '@stricli/core';
import { type CliCommand, type CliContext, commandFunction } from '../app/program.ts';
import { generalFlags } from '../flags/general-flags.ts';
import { inputFlags } from '../flags/input-flags.ts';
import { selectionFlags, shapingFlags } from '../flags/selection-flags.ts';
import { type ConvertFlags, convertFlags } from './flags.ts';

const BRIEF = 'Makes of a dump the append-only file or directory that a server with appendonly yes starts from.';

/** The command. */
export const convert: CliCommand = {
  help: {
    brief: BRIEF,
    usage: 'rdbkit convert [FLAGS] SOURCE -o OUTPUT',
    positionals: [['SOURCE', 'RDB file, also compressed (gzip, zstd, LZ4); - or nothing reads standard input']],
    aliases: { o: 'output', q: 'quiet' },
    groups: [
      { title: 'Output', flags: convertFlags },
      { title: 'Which keys', flags: selectionFlags },
      { title: 'Changing them on the way', flags: shapingFlags },
      { title: 'Reading', flags: inputFlags },
      { title: 'Talking, on stderr', flags: generalFlags },
    ],
    examples: [
      {
        title: 'For Redis 7.0 and later, and Valkey: the directory, in the server\'s own "dir"',
        line: 'rdbkit convert dump.rdb -o /var/lib/redis/appendonlydir/',
      },
      { title: 'For Redis 4.0 to 6.2 and KeyDB: the one file', line: 'rdbkit convert dump.rdb -o appendonly.aof' },
      {
        title: 'For an older server than the dump comes from',
        line: 'rdbkit convert dump.rdb --target 7.0 -o appendonlydir/',
      },
      {
        title: 'Some of the keys only',
        line: "rdbkit convert dump.rdb --key 'user:*' -o users/appendonlydir/",
      },
    ],
  },
  command: buildCommand<ConvertFlags, [source?: string], CliContext>({
    loader: async () => {
      const { runConvert } = await import('./run.ts');
      return commandFunction(runConvert);
    },
    parameters: {
      flags: { ...convertFlags, ...selectionFlags, ...shapingFlags, ...inputFlags, ...generalFlags },
      aliases: { o: 'output', q: 'quiet' },
      positional: {
        kind: 'tuple',
        parameters: [{ brief: 'RDB file', parse: String, placeholder: 'SOURCE', optional: true }],
      },
    },
    docs: { brief: BRIEF },
  }),
};
