/**
 * rdbkit convert: its flags, its help page, and where its work is found.
 *
 * @module
 */
import { buildCommand, type FlagParametersForType } from '@stricli/core';
import { type CliCommand, type CliContext, commandFunction } from '../app/program.ts';
import { type GeneralFlags, generalFlags } from '../flags/general-flags.ts';

/** What is written, and where. */
interface OutputFlags {
  readonly output: string;
  readonly overwrite: boolean;
}

/** All flags of the command. */
export interface ConvertFlags extends OutputFlags, GeneralFlags {}

const outputFlags: FlagParametersForType<OutputFlags, CliContext> = {
  output: {
    kind: 'parsed',
    parse: String,
    placeholder: 'FILE',
    brief: 'The append-only file; it appears under its name once it is complete',
  },
  overwrite: {
    kind: 'boolean',
    default: false,
    withNegated: false,
    brief: 'Replace what is there',
  },
};

const BRIEF = 'Makes of a dump what a server with appendonly yes starts from.';

/** The command. */
export const convert: CliCommand = {
  help: {
    brief: BRIEF,
    usage: 'rdbkit convert [FLAGS] SOURCE -o OUTPUT',
    positionals: [['SOURCE', "RDB file, also gzip'd; - or nothing reads standard input"]],
    aliases: { o: 'output', q: 'quiet' },
    groups: [
      { title: 'Output', flags: outputFlags },
      { title: 'Talking, on stderr', flags: generalFlags },
    ],
    examples: [
      {
        title: 'The single file of Redis 4.0 to 6.2',
        line: 'rdbkit convert dump.rdb -o /var/lib/redis/appendonly.aof',
      },
    ],
  },
  command: buildCommand<ConvertFlags, [source?: string], CliContext>({
    loader: async () => {
      const { runConvert } = await import('./run.ts');
      return commandFunction(runConvert);
    },
    parameters: {
      flags: { ...outputFlags, ...generalFlags },
      aliases: { o: 'output', q: 'quiet' },
      positional: {
        kind: 'tuple',
        parameters: [{ brief: 'RDB file', parse: String, placeholder: 'SOURCE', optional: true }],
      },
    },
    docs: { brief: BRIEF },
  }),
};
