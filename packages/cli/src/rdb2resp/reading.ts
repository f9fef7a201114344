/**
 * What a job needs to know of the source that it turns into commands.
 *
 * @module
 */
import type { AofCut, AofFileSummary, AofStop } from '@rdbkit/aof';
import type { EmitCounts, LogCounts, Target } from '@rdbkit/commands';
import type { RdbHeader } from '@rdbkit/rdb';
import type { CliError } from '../app/cli-error.ts';

/** What a reading found out about a log. */
export interface LogOutcome {
  readonly counts: LogCounts;
  /** The files that were read to their end. */
  readonly files: readonly { readonly name: Uint8Array | null; readonly summary: AofFileSummary }[];
  readonly cut: AofCut | null;
  readonly stop: AofStop | null;
  /** Added to all offsets: what stands before the log in its file. */
  readonly offset: number;
}

/** What a reading found out. */
export interface ReadingOutcome {
  /** Of the RDB; `null` when there was none, or not even its header could be read. */
  readonly header: RdbHeader | null;
  /** The server that the RDB names, for instance `7.2.6`. */
  readonly writer: string | null;
  readonly target: Target | null;
  readonly checksum: string | null;
  /** Keys found in RDB parts. */
  readonly keysRead: number;
  readonly counts: EmitCounts;
  readonly log: LogOutcome | null;
  /** Whether the rest of the source was left unread because of `--limit`. */
  readonly stoppedAtLimit: boolean;
}

/** A source that is being turned into commands. */
export interface Reading {
  /** Bytes of the source that were read, and all there are; `null` when nobody knows. */
  readonly position: number;
  readonly total: number | null;
  /** Ends the source, also while it is being waited for. */
  close(): void;
  /** Reads to the end, or until nothing more is wanted. */
  read(): Promise<void>;
  /** After an error: what is not complete is taken back. */
  abort(): void;
  /** What an error about the data means for the user. Errors of other kinds are thrown. */
  damageOf(error: unknown): CliError;
  /** What has to be said once all is written, such as that the request could not be met. */
  verdict(): CliError | null;
  outcome(): ReadingOutcome;
}
