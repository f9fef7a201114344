/**
 * The command line of rdb2resp.
 *
 * @module
 */
import { type Existing, parseTarget, type Target } from '@rdbkit/commands';
import { DIALECT_NAMES, type Dialect } from '@rdbkit/rdb';
import type { FlagParametersForType } from '@stricli/core';
import type { CliContext } from '../app/program.ts';
import { type FileFlags, fileFlags } from '../flags/file-flags.ts';
import type { GeneralFlags } from '../flags/general-flags.ts';
import { parsePositive, parsePositiveSize } from '../flags/parsers.ts';
import type { SelectionFlags, ShapingFlags } from '../flags/selection-flags.ts';
import type { LogFlags } from './log-flags.ts';

/** What the commands look like and where they go. */
export interface OutputFlags extends FileFlags {
  readonly restore: boolean;
  readonly target: Target | undefined;
  readonly existing: Existing | undefined;
  readonly batch: number | undefined;
  readonly 'max-command-bytes': number | undefined;
  readonly report: string | undefined;
}

/** How the dump is read. */
export interface InputFlags {
  readonly 'no-checksum': boolean;
  readonly 'any-version': boolean;
  readonly 'max-string-bytes': number | undefined;
  readonly dialect: Dialect | undefined;
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

/** Parameters of {@link InputFlags}. */
export const inputFlags: FlagParametersForType<InputFlags, CliContext> = {
  'no-checksum': {
    kind: 'boolean',
    default: false,
    withNegated: false,
    brief: 'Do not verify the checksum at the end',
  },
  'any-version': {
    kind: 'boolean',
    default: false,
    withNegated: false,
    brief: 'Try RDB versions that are newer than all known ones',
  },
  'max-string-bytes': {
    kind: 'parsed',
    parse: parsePositiveSize,
    optional: true,
    placeholder: 'SIZE',
    brief: 'A longer string counts as damage (default: 512mb, as in servers)',
  },
  dialect: {
    kind: 'enum',
    values: DIALECT_NAMES,
    optional: true,
    placeholder: 'NAME',
    brief: `Read the dump as of this dialect, whatever it says of itself: ${DIALECT_NAMES.join(', ')}`,
  },
};
