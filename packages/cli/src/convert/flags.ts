/**
 * The flags of rdbkit convert.
 *
 * @module
 */
import { parseTarget, type Target } from '@rdbkit/commands';
import type { FlagParametersForType } from '@stricli/core';
import type { CliContext } from '../app/program.ts';
import type { GeneralFlags } from '../flags/general-flags.ts';
import type { InputFlags } from '../flags/input-flags.ts';
import type { SelectionFlags, ShapingFlags } from '../flags/selection-flags.ts';

/** What is written: a directory as servers from 7.0 on have it, or the one file of older ones. */
export type OutputFormat = 'appendonlydir' | 'aof';

/** What the base is made of: the dump as it is, or commands. */
export type BaseFormat = 'rdb' | 'resp';

/** What is written, and where. */
export interface OutputFlags {
  readonly output: string;
  readonly format: OutputFormat | undefined;
  readonly 'append-filename': string | undefined;
  readonly base: BaseFormat | undefined;
  readonly target: Target | undefined;
  readonly overwrite: boolean;
}

/** All flags of the command. */
export interface ConvertFlags extends OutputFlags, SelectionFlags, ShapingFlags, InputFlags, GeneralFlags {}

/** Parameters of {@link OutputFlags}. */
export const convertFlags: FlagParametersForType<OutputFlags, CliContext> = {
  output: {
    kind: 'parsed',
    parse: String,
    placeholder: 'PATH',
    brief:
      'With / at its end or of the name appendonlydir: the directory of Redis 7.0 and later and Valkey; with .aof at its end: the one file of Redis 4.0 to 6.2 and KeyDB',
  },
  format: {
    kind: 'enum',
    values: ['appendonlydir', 'aof'],
    optional: true,
    brief: 'What is written, when the name does not tell',
  },
  'append-filename': {
    kind: 'parsed',
    parse: parseFileName,
    optional: true,
    placeholder: 'NAME',
    brief: 'What the files in the directory begin with: the server\'s "appendfilename" (default: appendonly.aof)',
  },
  base: {
    kind: 'enum',
    values: ['rdb', 'resp'],
    optional: true,
    brief:
      'rdb: the dump as it is, resp: commands that rebuild it (default: rdb, unless keys are selected or changed, or the target cannot load the dump)',
  },
  target: {
    kind: 'parsed',
    parse: parseTarget,
    optional: true,
    placeholder: 'VERSION',
    brief: "Who will load this: 6.2, 7.0.15, valkey-8 … (default: a server of the dump's own version or later)",
  },
  overwrite: {
    kind: 'boolean',
    default: false,
    withNegated: false,
    brief: 'Replace the append-only file or directory that is there',
  },
};

function parseFileName(text: string): string {
  if (text === '' || /[/\\]/.test(text)) throw new RangeError('expected the name of a file, without a directory');
  return text;
}
