/**
 * Flags of commands that read a dump: how it is read.
 *
 * @module
 */
import { DIALECT_NAMES, type Dialect } from '@rdbkit/rdb';
import type { FlagParametersForType } from '@stricli/core';
import type { CliContext } from '../app/program.ts';
import { parsePositiveSize } from './parsers.ts';

/** How the dump is read. */
export interface InputFlags {
  readonly 'no-checksum': boolean;
  readonly 'any-version': boolean;
  readonly 'max-string-bytes': number | undefined;
  readonly dialect: Dialect | undefined;
}

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
