/**
 * What is told about single keys.
 *
 * @module
 */

/** What became of a key, or of something else in the source, that is not simply restored as it was. */
export type RecordOutcome =
  /** It existed and was to be left alone (`skip`). */
  | 'skipped'
  /** It existed, which was not expected (`fail`). It is left alone. */
  | 'existing'
  /** The target refused it. */
  | 'failed'
  /** The target has nothing to hold it. */
  | 'not restored'
  /** It was restored, with a loss. */
  | 'changed'
  /** Nothing is lost. */
  | 'note';

/** One line of a report. */
export interface RestoreRecord {
  readonly outcome: RecordOutcome;
  /** Database at the target. */
  readonly db: number;
  /** The key at the target, owned by the receiver; `null` when it is not about one key. */
  readonly key: Uint8Array | null;
  /** A stable code: of a note of `@rdbkit/commands`, the first word of an error reply, or `KEY_EXISTS`. */
  readonly code: string;
  readonly message: string;
}
