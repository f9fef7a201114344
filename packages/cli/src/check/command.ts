/**
 * rdbkit check: its flags, its help page, and where its work is found.
 *
 * @module
 */
import { buildCommand } from '@stricli/core';
import { type CliCommand, type CliContext, commandFunction } from '../app/program.ts';
import { type GeneralFlags, generalFlags } from '../flags/general-flags.ts';
import { type InputFlags, inputFlags } from '../flags/input-flags.ts';

/** All flags of the command. */
export interface CheckFlags extends InputFlags, GeneralFlags {}

const BRIEF = 'Reads all of a dump or an append-only log and says what is sound, what is not, and where.';

/** The command. */
export const check: CliCommand = {
  help: {
    brief: BRIEF,
    usage: 'rdbkit check [FLAGS] [SOURCE]',
    positionals: [
      [
        'SOURCE',
        "RDB file, append-only file, append-only directory or its manifest, a tar of one, also gzip'd; - or nothing reads standard input",
      ],
    ],
    aliases: { q: 'quiet' },
    groups: [
      { title: 'Reading', flags: inputFlags },
      { title: 'Talking', flags: generalFlags },
    ],
    examples: [
      { title: 'A backup, every value of it', line: 'rdbkit check dump.rdb.gz' },
      { title: 'A log, and up to which byte and time it is good', line: 'rdbkit check /var/lib/redis/appendonlydir' },
      { title: 'In a script', line: 'rdbkit check --quiet dump.rdb || echo "take another one"' },
    ],
  },
  command: buildCommand<CheckFlags, [source?: string], CliContext>({
    loader: async () => {
      const { runCheck } = await import('./run.ts');
      return commandFunction(runCheck);
    },
    parameters: {
      flags: { ...inputFlags, ...generalFlags },
      aliases: { q: 'quiet' },
      positional: {
        kind: 'tuple',
        parameters: [{ brief: 'RDB file or append-only log', parse: String, placeholder: 'SOURCE', optional: true }],
      },
    },
    docs: { brief: BRIEF },
  }),
};
