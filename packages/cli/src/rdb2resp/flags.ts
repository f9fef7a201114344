/**
 * The command line of rdb2resp.
 *
 * @module
 */
import { type Existing, parseTarget, type Target } from '@rdbkit/commands';
import type { FlagParametersForType } from '@stricli/core';
import { usageError } from '../app/cli-error.ts';
import type { CliContext } from '../app/program.ts';
import { type FileFlags, fileFlags } from '../flags/file-flags.ts';
import type { GeneralFlags } from '../flags/general-flags.ts';
import type { InputFlags } from '../flags/input-flags.ts';
import { checkLogSelection, type LogFlags } from '../flags/log-flags.ts';
import { parsePositive, parsePositiveSize } from '../flags/parsers.ts';
import type { SelectionFlags, ShapingFlags } from '../flags/selection-flags.ts';

/** What the commands look like and where they go. */
export interface OutputFlags extends FileFlags {
  readonly restore: boolean;
  readonly target: Target | undefined;
  readonly existing: Existing | undefined;
  readonly batch: number | undefined;
  readonly 'max-command-bytes': number | undefined;
  readonly report: string | undefined;
}

/** All flags of rdb2resp. */
export interface Rdb2respFlags extends OutputFlags, InputFlags, LogFlags, SelectionFlags, ShapingFlags, GeneralFlags {}

/** Parameters of {@link OutputFlags}. */
export const outputFlags: FlagParametersForType<OutputFlags, CliContext> = {
  ...fileFlags,
  restore: {
    kind: 'boolean',
    default: false,
    withNegated: false,
    brief: 'Write RESTORE wherever the target takes it: fastest to load, and exact',
  },
  target: {
    kind: 'parsed',
    parse: parseTarget,
    optional: true,
    placeholder: 'VERSION',
    brief:
      'Who will read this: 6.2, 7.0.15, valkey-8, keydb-6.3, dragonfly … (default: the server that wrote the dump)',
  },
  existing: {
    kind: 'enum',
    values: ['replace', 'keep', 'append'],
    optional: true,
    placeholder: 'HOW',
    brief:
      'Keys that the target has: replace makes them what the dump says (default), keep does not touch them, append is for empty targets and fastest',
  },
  batch: {
    kind: 'parsed',
    parse: parsePositive,
    optional: true,
    placeholder: 'N',
    brief: 'Elements per command (default: 512)',
  },
  'max-command-bytes': {
    kind: 'parsed',
    parse: parsePositiveSize,
    optional: true,
    placeholder: 'SIZE',
    brief: 'A command with several elements ends before this size (default: 1mb)',
  },
  report: {
    kind: 'parsed',
    parse: String,
    optional: true,
    placeholder: 'FILE',
    brief: 'Write one JSON line to FILE for each key that is not written or changed',
  },
};

/** Throws for flags that cannot be met for the commands of a log. */
export function checkLogFlags(flags: Rdb2respFlags): void {
  checkLogSelection(flags);
  if (flags.existing === 'keep')
    throw usageError('--existing keep is not possible with an append-only log: its commands change keys step by step');
}
