/**
 * The flags that are about logs, and those that make no sense for them.
 *
 * @module
 */
import type { FlagParametersForType } from '@stricli/core';
import { usageError } from '../app/cli-error.ts';
import type { CliContext } from '../app/program.ts';
import { parseDuration } from '../lang/units.ts';
import type { LogSource } from '../source/open-source.ts';
import { parseTime } from './parsers.ts';
import type { SelectionFlags } from './selection-flags.ts';

/** What of a log is read, and what becomes of its times. */
export interface LogFlags {
  /** Unix seconds. */
  readonly until: number | undefined;
  readonly 'from-base-only': boolean;
  /** Milliseconds. */
  readonly 'expired-grace': number | undefined;
}

/** Parameters of {@link LogFlags}. */
export const logFlags: FlagParametersForType<LogFlags, CliContext> = {
  until: {
    kind: 'parsed',
    parse: parseTime,
    optional: true,
    placeholder: 'TIME',
    brief:
      'Stop before the first timestamp later than this, in Unix seconds or as 2026-01-31T12:00:00Z: the state at that time',
  },
  'from-base-only': {
    kind: 'boolean',
    default: false,
    withNegated: false,
    brief: 'Read only the base: the state when the log was last rewritten',
  },
  'expired-grace': {
    kind: 'parsed',
    parse: parseGrace,
    optional: true,
    placeholder: 'DURATION',
    brief:
      'An expiry that has passed becomes one so long from now (default: 1d), because a later command may prolong it and a server drops the key at once; 0 leaves it as it is',
  },
};

const DEFAULT_GRACE_MS = 24 * 60 * 60 * 1000;

function parseGrace(text: string): number {
  const grace = parseDuration(text);
  if (grace < 0) throw new RangeError('expected a duration from now on, not before');
  return grace;
}

/** The expiry that takes the place of one that has passed; `null` to leave it. */
export function postponeTo(flags: LogFlags, now: number): number | null {
  const grace = flags['expired-grace'] ?? DEFAULT_GRACE_MS;
  return grace === 0 ? null : now + grace;
}

/** Whether only an RDB of a log is read, to which everything applies that applies to dumps. */
export function isPlainBase(flags: LogFlags, { set }: LogSource): boolean {
  return flags['from-base-only'] && set.segments[0]?.format === 'rdb';
}

/** What commands do not tell of their keys. */
const UNKNOWABLE = ['type', 'not-type', 'ttl', 'min-size', 'max-size', 'limit'] as const;

/** Throws for flags that cannot be met for the commands of a log. */
export function checkLogSelection(flags: SelectionFlags & LogFlags): void {
  const hint = 'load the log into a server, save a dump there and use that one; --from-base-only needs none.';
  for (const name of UNKNOWABLE)
    if (flags[name] !== undefined)
      throw usageError(`--${name} cannot be told of the commands in an append-only log`, hint);
  if (flags.expired === 'skip') {
    const grace = '--expired-grace 0 leaves times as they are, so that a server drops these keys at once.';
    throw usageError(
      '--expired skip is not possible with an append-only log: a later command may prolong a key',
      grace,
    );
  }
  if (flags.until !== undefined && flags['from-base-only'])
    throw usageError('--until and --from-base-only exclude each other');
}
