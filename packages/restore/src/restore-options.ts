/**
 * What can be chosen for a restore.
 *
 * @module
 */
import type { AofCut, AofWarning } from '@rdbkit/aof';
import type { EmitOptions, Target } from '@rdbkit/commands';
import type { KeyHeader, KeySelection, RdbOptions, RdbWarning } from '@rdbkit/rdb';
import type { EngineEvent } from './internal/engine/engine.ts';
import type { RestoreProgress } from './restore-progress.ts';
import type { RestoreRecord } from './restore-record.ts';
import type { TopologyEvent } from './topology.ts';

/** A file of our own that tells what was done, to go on from after an end of any kind. */
export interface JournalOptions {
  readonly path: string;
  /** Go on from it. Otherwise it must not exist. */
  readonly resume?: boolean | undefined;
  /** Identifies the content of the source, for instance by {@link identifyFile}. */
  readonly source: string;
  /** Identifies what was chosen besides the options that are known here: which keys, under which names. */
  readonly choices?: string | undefined;
}

/** Receives what is told about single keys. */
export interface RecordLog {
  add(record: RestoreRecord): void;
  /** How far it has come, in bytes, nothing of it held back: what the journal remembers. */
  position(): number;
  /** Forgets what was added behind a position; before anything is added. */
  goBack(position: number): void;
}

/** What is to be done with an append-only log. */
export interface LogReplayOptions {
  /** Stop before the first timestamp later than this, Unix seconds. */
  readonly until?: number | null | undefined;
  /**
   * Restore only the base, as any RDB.
   * @default false
   */
  readonly baseOnly?: boolean | undefined;
  /** Which commands are wanted, by database, name and slot of their keys, and what becomes of databases and names. */
  readonly selection?: KeySelection | undefined;
  /**
   * The expiry, in Unix milliseconds, in the place of one that has passed: a server drops such a key at once, although a later
   * command may prolong it.
   * @default null (times are as they were logged)
   */
  readonly postponeExpiredTo?: number | null | undefined;
  /** What was odd about the log. */
  readonly onWarning?: ((warning: AofWarning) => void) | undefined;
  /** The log ends within a command or transaction, which is left out. */
  readonly onCut?: ((cut: AofCut) => void) | undefined;
}

/** Something that happens on the way. */
export type RestoreEvent =
  | EngineEvent
  | TopologyEvent
  /** The target was asked what it can do; nothing is sent yet. */
  | { readonly type: 'probed'; readonly product: string; readonly label: string };

/** Options of {@link restore}. */
export interface RestoreOptions
  extends Pick<
    EmitOptions,
    'acceptSize' | 'now' | 'expired' | 'stripTtl' | 'shiftTtlMs' | 'batch' | 'maxCommandBytes'
  > {
  /**
   * Selects a key by returning true, after it may have changed `db`, `bytes`, `start` and `end` of the header: the database and
   * name at the target. New bytes must stay as they are until the next call. `expired` leaves it out as well, and has it
   * counted as expired.
   */
  readonly shape?: ((header: KeyHeader) => boolean | 'expired') | undefined;
  /**
   * What to do with keys that the target has already. `replace`: they become what the source says. `skip`, `fail`: they are
   * left alone, and counted as `skipped` or `existing`.
   * @default 'fail'
   */
  readonly existing?: 'replace' | 'skip' | 'fail' | undefined;
  /**
   * Connections to each node.
   * @default 1
   */
  readonly connections?: number | undefined;
  /**
   * Most bytes that are sent and not safe yet. They are held in memory.
   * @default 8388608 (8 MiB)
   */
  readonly windowBytes?: number | undefined;
  /**
   * Most commands that are sent and not safe yet.
   * @default 65536
   */
  readonly windowCommands?: number | undefined;
  /** Most commands a second; no limit by default. */
  readonly maxOps?: number | undefined;
  /** Most bytes a second; no limit by default. */
  readonly maxBytesPerSecond?: number | undefined;
  /**
   * Milliseconds for which a sick target is waited for.
   * @default 300000 (5 minutes)
   */
  readonly retryForMs?: number | undefined;
  /**
   * Replicas of each master that must have what was sent before it counts as safe. `auto`: all that are online.
   * @default 'auto'
   */
  readonly waitReplicas?: number | 'auto' | undefined;
  /**
   * `plain`: no `RESTORE`, commands only.
   * @default 'auto'
   */
  readonly form?: 'auto' | 'plain' | undefined;
  /** What the target understands, instead of what it says itself. */
  readonly target?: Target | undefined;
  /**
   * Whether function libraries and scripts are restored.
   * @default true
   */
  readonly functions?: boolean | undefined;
  /** For a source that is an append-only log. */
  readonly log?: LogReplayOptions | undefined;
  readonly journal?: JournalOptions | undefined;
  readonly records?: RecordLog | undefined;
  /** Options of the reader. `rawBytes` decides up to which length a value goes by one `RESTORE`; 32 MiB unless given. */
  readonly rdb?: RdbOptions | undefined;
  /** Ends the restore: what is on its way is waited for a little, then `RESTORE_ABORTED` is thrown. */
  readonly signal?: AbortSignal | undefined;
  readonly onWarning?: ((warning: RdbWarning) => void) | undefined;
  readonly onEvent?: ((event: RestoreEvent) => void) | undefined;
  readonly onProgress?: ((progress: RestoreProgress) => void) | undefined;
  /**
   * Milliseconds between two calls of `onProgress`.
   * @default 200
   */
  readonly progressMs?: number | undefined;
  /** Milliseconds that connecting to one address may take. */
  readonly connectTimeoutMs?: number | undefined;
  /** Milliseconds without any sign of life from a server that owes replies, after which the connection counts as dead. */
  readonly replyTimeoutMs?: number | undefined;
}
