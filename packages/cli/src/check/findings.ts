/**
 * What a check finds out, whatever was checked.
 *
 * @module
 */
import type { DataError } from '@rdbkit/bytes';
import type { Remark } from '../reading/warning-printer.ts';

/** A file, or the part of one, that was looked at. */
export interface CheckedFile {
  /** Its name in a log; `null` for the source itself. */
  readonly name: Uint8Array | null;
  /** What it holds, in words, such as `RDB version 11 by 7.2.6`. */
  readonly content: readonly string[];
  readonly bytes: number;
  /** Up to here it is good. */
  readonly goodBytes: number;
  readonly lastTimestamp: number | null;
  /** Fields for JSON. */
  readonly facts: Readonly<Record<string, unknown>>;
  readonly error: DataError | null;
}

/** The result of a check. */
export interface Findings {
  /** `cut`: the end is missing, and servers leave out what is incomplete; `damaged`: they refuse it. */
  readonly verdict: 'sound' | 'cut' | 'damaged';
  readonly files: readonly CheckedFile[];
  /** What is incomplete at the end; `null` unless the verdict is `cut`. */
  readonly cut: { readonly message: string; readonly droppedBytes: number } | null;
  readonly remarks: readonly Remark[];
  /** How many more remarks there were. */
  readonly moreRemarks: number;
  /** Keys, and commands, that were read. */
  readonly keys: number;
  readonly commands: number;
  /** Names of commands that no known server has. */
  readonly unknownCommands: readonly string[];
}
