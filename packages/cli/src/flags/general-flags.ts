/**
 * The flags that every command has.
 *
 * @module
 */
import type { FlagParametersForType } from '@stricli/core';
import type { ColorMode } from '../app/messages.ts';
import type { CliContext } from '../app/program.ts';
import type { ProgressMode } from '../progress/progress.ts';

/** How a command talks. */
export interface GeneralFlags {
  readonly progress: ProgressMode;
  readonly quiet: boolean;
  readonly color: ColorMode;
  readonly json: boolean;
}

/** Parameters of {@link GeneralFlags}. */
export const generalFlags: FlagParametersForType<GeneralFlags, CliContext> = {
  progress: {
    kind: 'enum',
    values: ['auto', 'bar', 'plain', 'none'],
    default: 'auto',
    placeholder: 'HOW',
    brief: 'bar, plain (a line every few seconds), none, or auto: a bar if stderr is a terminal (default)',
  },
  quiet: {
    kind: 'boolean',
    default: false,
    withNegated: false,
    brief: 'No progress and no summary; errors and losses only',
  },
  json: { kind: 'boolean', default: false, withNegated: false, brief: 'Summary as one line of JSON' },
  color: {
    kind: 'enum',
    values: ['auto', 'always', 'never'],
    default: 'auto',
    placeholder: 'WHEN',
    brief: 'Colours: always, never, or auto (default; NO_COLOR and FORCE_COLOR count too)',
  },
};
