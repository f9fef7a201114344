/**
 * What was written and what was not.
 *
 * @module
 */
import type { ValueKind } from '@rdbkit/rdb';

/** How a key is written: one `SET`, one `RESTORE` with the dump's own payload or with another one, or other commands. */
export type Way = 'set' | 'restore' | 'transcoded' | 'commands';

/** What became of a key. */
export interface WrittenKey {
  /** `null`: nothing was written of it. */
  way: Way | null;
  kind: ValueKind;
  /** The database it is written to. */
  db: number;
  expires: boolean;
  /**
   * Its last commands, which give a value that was built aside its name: how many bytes and commands. 0 when there are none.
   * They must not be sent before all others were answered without an error.
   */
  finishBytes: number;
  finishCommands: number;
}

/** Counters for a summary. */
export interface EmitCounts {
  /** Keys written, by kind. */
  readonly kinds: Record<ValueKind, number>;
  /** Keys written, by way. */
  readonly ways: Record<Way, number>;
  /** Keys left out because they have expired, those whose fields all have among them. */
  expiredKeys: number;
  /** Fields left out because they have expired. */
  expiredFields: number;
  /** Times that have passed and were put off (option `postponeExpiredTo`), of keys and of fields. */
  postponedTimes: number;
  /** Keys without elements, left out. */
  emptyKeys: number;
  /** Keys that `shape` or `acceptSize` did not want. */
  unwantedKeys: number;
  /** Keys that the target cannot hold. */
  impossibleKeys: number;
  functions: number;
  scripts: number;
  /** Commands written. */
  commands: number;
  /** Bytes written. */
  bytes: number;
}

/** Counters at zero. */
export function zeroCounts(): EmitCounts {
  return {
    kinds: { string: 0, list: 0, set: 0, zset: 0, hash: 0, stream: 0, module: 0, array: 0 },
    ways: { set: 0, restore: 0, transcoded: 0, commands: 0 },
    expiredKeys: 0,
    expiredFields: 0,
    postponedTimes: 0,
    emptyKeys: 0,
    unwantedKeys: 0,
    impossibleKeys: 0,
    functions: 0,
    scripts: 0,
    commands: 0,
    bytes: 0,
  };
}
