/**
 * The visitor: what the AOF reader tells its consumer, synchronously and without copying.
 *
 * Byte strings and the {@link AofCommand} are **borrowed**: valid until the call returns.
 *
 * @module
 */
import { type RdbSummary, type RdbVisitor, RdbVisitorBase } from '@rdbkit/rdb';
import type { AofCommand } from './command.ts';
import type { AofSegment } from './segment.ts';

/** A line that begins with `#`. */
export interface AofAnnotation {
  /** Absolute offset in the file, in bytes. */
  readonly offset: number;
  /** Unix seconds of a `#TS:` line; `null` for any other. */
  readonly timestamp: number | null;
  /** The line without its end, borrowed: `bytes[start, end)`. */
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** Why a log was cut. */
export type AofCutReason =
  /** It ends in the middle of a command. */
  | 'command'
  /** It ends between `MULTI` and `EXEC`. */
  | 'transaction'
  /** It breaks a rule near the end (option `corruptTailBytes`). */
  | 'format';

/** What was left out at the end of a log. */
export interface AofCut {
  readonly reason: AofCutReason;
  /** Up to here the file is good, in bytes: the end of the last whole command or transaction, or of the RDB part. */
  readonly goodBytes: number;
  /** How many bytes behind that are left out. */
  readonly droppedBytes: number;
  /** Offset of the incomplete thing: of `MULTI` for an open transaction, else of the command. */
  readonly offset: number;
  /**
   * Whether commands of an unfinished transaction have been delivered. A server that has begun to run them has to be told
   * `DISCARD`.
   */
  readonly openTransaction: boolean;
  readonly message: string;
}

/** Where reading stopped because of the option `until`. */
export interface AofStop {
  /** Offset of the annotation, in bytes. */
  readonly offset: number;
  /** Its time, in Unix seconds. */
  readonly timestamp: number;
  /** As in {@link AofCut}. */
  readonly openTransaction: boolean;
}

/** Something odd that does not stop the reader. */
export interface AofWarning {
  /** Stable code, for instance `AOF_REPAIRED_MEMBER`. */
  readonly code: string;
  readonly message: string;
  /** Absolute offset in the file, in bytes. */
  readonly offset: number;
  /** Name of the file; `null` when it has none. */
  readonly file: Uint8Array | null;
}

/** What is known of one file at its end. */
export interface AofFileSummary {
  /** What the file began with. An empty file is `empty`. */
  readonly format: AofFormat;
  /** Bytes read. */
  readonly bytes: number;
  /** Up to here the file is good; `bytes`, unless it was cut or reading stopped. */
  readonly goodBytes: number;
  /** Commands in the good part. */
  readonly commands: number;
  /** Transactions in the good part. */
  readonly transactions: number;
  /** Times of the first and last annotation in the good part, Unix seconds. */
  readonly firstTimestamp: number | null;
  readonly lastTimestamp: number | null;
  /** The RDB part, if there is one. Its `trailingBytes` is 0: what follows is the log. */
  readonly rdb: RdbSummary | null;
  readonly cut: AofCut | null;
  readonly stop: AofStop | null;
}

/** `rdb`: an RDB and nothing else; `rdb+resp`: commands follow it. */
export type AofFormat = 'resp' | 'rdb' | 'rdb+resp' | 'empty';

/**
 * Receives what is in a log, in order. Extend {@link AofVisitorBase}, which ignores everything, and override what is of
 * interest.
 *
 * A file is `segment`, then `rdbStart` (its visitor gets all of the RDB) and `rdbEnd` when it begins with an RDB, then
 * `command`, `annotation` and the calls of long commands in any order, then `cut` or `stop` if there is one, then `segmentEnd`.
 * {@link AofReader}, which reads one file, leaves out `segment`.
 */
export interface AofVisitor {
  /** A file of the set begins. */
  segment(segment: AofSegment): void;
  /** The file begins with an RDB. Returns the visitor that gets it. */
  rdbStart(): RdbVisitor;
  /** The RDB part ends; commands may follow. The database is 0 again. */
  rdbEnd(summary: RdbSummary): void;

  /** A command; `SELECT`, `MULTI` and `EXEC` among them. */
  command(command: AofCommand): void;
  /**
   * A command that is longer than the option `commandBytes`. What is there of it is in `command`: its logged bytes up to some
   * byte, and those of its arguments that are complete (`command.present`). The rest follows in pieces.
   */
  longCommand(command: AofCommand): void;
  /** The logged bytes of the long command that follow, borrowed: `bytes[start, end)`. */
  commandPiece(bytes: Uint8Array, start: number, end: number): void;
  /** The long command is complete. Not called when the log ends within it: then `cut` is called, or an error thrown. */
  commandEnd(): void;

  annotation(annotation: AofAnnotation): void;
  warning(warning: AofWarning): void;
  /** The end of the log was left out. Only for the last file of a set. */
  cut(cut: AofCut): void;
  /** Reading stops because of the option `until`. Nothing more is delivered from this file or later ones. */
  stop(stop: AofStop): void;
  /** The file is over. */
  segmentEnd(summary: AofFileSummary): void;
}

/** Ignores everything. Extend it. */
export class AofVisitorBase implements AofVisitor {
  segment(_segment: AofSegment): void {}
  rdbStart(): RdbVisitor {
    return new RdbVisitorBase();
  }
  rdbEnd(_summary: RdbSummary): void {}
  command(_command: AofCommand): void {}
  longCommand(_command: AofCommand): void {}
  commandPiece(_bytes: Uint8Array, _start: number, _end: number): void {}
  commandEnd(): void {}
  annotation(_annotation: AofAnnotation): void {}
  warning(_warning: AofWarning): void {}
  cut(_cut: AofCut): void {}
  stop(_stop: AofStop): void {}
  segmentEnd(_summary: AofFileSummary): void {}
}
