/**
 * Why a restore ends before its time.
 *
 * @module
 */

/** The codes of {@link RestoreError}; listed in docs/reference/errors.md. */
export type RestoreErrorCode =
  /** The target refuses what is necessary: memory full, no permission, disk trouble. Somebody has to change something there. */
  | 'RESTORE_REFUSED'
  /** Keys of several databases of the source would meet in one of the target. */
  | 'RESTORE_DATABASES'
  /** The target has no database of that number. */
  | 'RESTORE_NO_DATABASE'
  /** The server was restarted and does not have what it had acknowledged. */
  | 'RESTORE_LOST'
  /** A log of commands cannot be replayed into this target. */
  | 'RESTORE_LOG'
  /** A command or transaction of a log is too long to be held. */
  | 'RESTORE_LOG_TOO_LONG'
  /** The caller's signal ended it. */
  | 'RESTORE_ABORTED'
  /** The journal belongs to another source, target or choice of options, or there is none to go on from. */
  | 'RESTORE_JOURNAL_MISMATCH'
  /** The journal cannot be read. */
  | 'RESTORE_JOURNAL_DAMAGED'
  /** The journal cannot be written. */
  | 'RESTORE_JOURNAL_FAILED';

/**
 * A restore has ended before its time. The message is one line and holds no secret.
 *
 * @example
 * ```ts
 * import { RestoreError } from '@rdbkit/restore';
 * const error = new RestoreError('RESTORE_REFUSED', 'the memory of the target is full', 'raise maxmemory');
 * console.log(error.code, error.hint); // RESTORE_REFUSED raise maxmemory
 * ```
 */
export class RestoreError extends Error {
  override readonly name: string = 'RestoreError';
  readonly code: RestoreErrorCode;
  /** What helps, one line; `null` when the message says it all. */
  readonly hint: string | null;

  constructor(code: RestoreErrorCode, message: string, hint: string | null = null, cause?: unknown) {
    super(message, { cause });
    this.code = code;
    this.hint = hint;
  }
}
