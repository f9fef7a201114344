/**
 * How the commands of a log are to be written, and what became of them.
 *
 * @module
 */
import type { KeySelection } from '@rdbkit/rdb';
import type { CommandArguments } from './command-table.ts';
import type { Note } from './notes.ts';

/** A command of a log as its reader delivers it: what `AofCommand` of `@rdbkit/aof` is. */
export interface LoggedCommand extends CommandArguments {
  /** The command as it was logged: `bytes[start, end)`. */
  readonly start: number;
  readonly end: number;
  readonly kind: 'other' | 'select' | 'multi' | 'exec';
  /** The database in which it runs. */
  readonly db: number;
  /** How many of its arguments are there. */
  readonly present: number;
}

/** Options of a `LogEmitter`. */
export interface LogOptions {
  /**
   * Which keys are wanted, and what becomes of their names and databases. Only databases, names and slots can be told of a
   * command: conditions on types, sizes, expiry and number of keys have no effect here.
   */
  readonly selection?: KeySelection | undefined;
  /**
   * The time at which expiry is judged, Unix milliseconds.
   * @default the time of construction
   */
  readonly now?: number | undefined;
  /**
   * Leave out times of expiry, and commands that do nothing but set one.
   * @default false
   */
  readonly stripTtl?: boolean | undefined;
  /**
   * Added to every time of expiry, milliseconds.
   * @default 0
   */
  readonly shiftTtlMs?: number | undefined;
  /**
   * The expiry, in Unix milliseconds, in the place of one that has passed. A server that runs commands drops a key at once
   * when its time has passed, although a later command may have prolonged it; a server that loads its own log does not.
   * @default null (times are written as they were logged)
   */
  readonly postponeExpiredTo?: number | null | undefined;
  /**
   * Of a transaction, and of a command that is delivered in pieces, the beginning is committed when this much is waiting.
   * A shorter transaction without end leaves nothing in the output.
   * @default 8388608 (8 MiB)
   */
  readonly holdBytes?: number | undefined;
  /** Receives what does not arrive as it was. */
  readonly onNote?: ((note: Note) => void) | undefined;
}

/** Counters for a summary. */
export interface LogCounts {
  /** Commands of the log; `SELECT`, `MULTI` and `EXEC` are none here. */
  commands: number;
  /** Commands left out: their database, all of their keys, or the slots of these are not wanted. */
  readonly unselected: Record<'db' | 'key' | 'slot', number>;
  /** Commands that were wanted only for some of their keys, and written for these. */
  split: number;
  /** Commands that could not be written; each has a note. */
  impossible: number;
  /** Commands that no known server has. */
  unknown: number;
  /** Times of expiry that had passed and were put off. */
  postponedTimes: number;
  /** Commands left out because they set nothing but an expiry (`stripTtl`). */
  stripped: number;
  /** Commands of a transaction without end, left out. */
  dropped: number;
}

/** Counters at zero. */
export function zeroLogCounts(): LogCounts {
  return {
    commands: 0,
    unselected: { db: 0, key: 0, slot: 0 },
    split: 0,
    impossible: 0,
    unknown: 0,
    postponedTimes: 0,
    stripped: 0,
    dropped: 0,
  };
}
