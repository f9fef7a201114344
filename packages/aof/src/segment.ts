/** The files a log consists of. */
import type { AofFormat } from './visitor.ts';

/**
 * - `base`: the state at the last rewrite.
 * - `incr`: commands since then.
 * - `history`: replaced by a rewrite and about to be deleted; never loaded.
 * - `single`: the one file of a server before 7.0.
 */
export type AofRole = 'base' | 'incr' | 'history' | 'single';

/** A file of a log. */
export interface AofSegment {
  readonly role: AofRole;
  /** Name in the directory; `null` for a stream. */
  readonly name: Uint8Array | null;
  /** Sequence number in the manifest; `null` without manifest. */
  readonly seq: number | null;
  /** Length in bytes; `null` for a stream, and for a history file that is gone. */
  readonly size: number | null;
  /**
   * What it holds, by its first bytes: `rdb` may turn out to be `rdb+resp` when it is read. `null` for a stream and for a
   * history file that is gone.
   */
  readonly format: AofFormat | null;
  /** Time at its beginning, Unix seconds: of a `#TS:` line there, or when its RDB was made (`ctime`); `null` when nothing tells. */
  readonly startTime: number | null;
  /** Replication offsets (Redis 8.0 and later); `null` where the manifest does not have them. */
  readonly startOffset: bigint | null;
  readonly endOffset: bigint | null;
}
