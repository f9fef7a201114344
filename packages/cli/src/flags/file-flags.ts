/**
 * The flag of commands that may write to a file.
 *
 * @module
 */
import type { FlagParametersForType } from '@stricli/core';
import type { CliContext } from '../app/program.ts';

/** Where the data goes. */
export interface FileFlags {
  readonly output: string | undefined;
}

/** Parameters of {@link FileFlags}. */
export const fileFlags: FlagParametersForType<FileFlags, CliContext> = {
  output: {
    kind: 'parsed',
    parse: String,
    optional: true,
    placeholder: 'FILE',
    brief: 'Write to FILE, which appears under its name once it is complete',
  },
};
