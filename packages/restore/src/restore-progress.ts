/**
 * How far a restore is, and what came of it.
 *
 * @module
 */
import type { AofSummary } from '@rdbkit/aof';
import type { LogCounts } from '@rdbkit/commands';
import type { ValueKind } from '@rdbkit/rdb';
import type { EndpointKind } from './endpoint.ts';
import type { RestoreWay } from './internal/engine/unit-table.ts';

/** How far a restore is. */
export interface RestoreProgress {
  /** Bytes of the source that were read. */
  readonly bytesRead: number;
  /** Keys found in them. */
  readonly keysRead: number;
  /** Keys, libraries and scripts whose outcome is known. */
  readonly settled: number;
  readonly bytesSent: number;
  readonly commandsSent: number;
  /** What is sent and not safe yet. */
  readonly windowBytes: number;
  readonly windowCommands: number;
  /** Milliseconds that the target takes to answer what is sent at a time. */
  readonly latencyMs: number;
  /** Keys that were sent again. */
  readonly resent: number;
  readonly reconnects: number;
  readonly failovers: number;
  /** What is waited for, by node; empty when all is well. */
  readonly waiting: readonly { readonly label: string; readonly reason: string }[];
  readonly seconds: number;
}

/** What became of everything; of a journal's earlier runs as well. */
export interface RestoreCounts {
  /** Keys restored, those that replaced others among them. */
  readonly restored: number;
  readonly byType: Readonly<Record<ValueKind, number>>;
  readonly byWay: Readonly<Record<RestoreWay, number>>;
  /** Of the restored keys, those that existed. */
  readonly replaced: number;
  /** Keys that existed and were to be left alone. */
  readonly skipped: number;
  /** Keys that existed, which was not expected; they were left alone. */
  readonly existing: number;
  /** Keys, libraries and scripts that the target refused. */
  readonly failed: number;
  readonly failures: readonly { readonly reason: string; readonly count: number }[];
  /** Keys left out because they have expired. */
  readonly expiredKeys: number;
  readonly expiredFields: number;
  /** Keys without elements, left out. */
  readonly emptyKeys: number;
  /** Keys that were not asked for. */
  readonly unwantedKeys: number;
  /** Keys that the target cannot hold. */
  readonly impossibleKeys: number;
  readonly functions: number;
  readonly scripts: number;
}

/** What came of the commands of an append-only log, in this run. */
export interface LogResult {
  readonly counts: LogCounts;
  /** Commands that the target refused; the others have their effect. */
  readonly failed: number;
  /** The files that were read; `null` when they were not read to their end. */
  readonly summary: AofSummary | null;
}

/** What came of a restore. */
export interface RestoreResult extends RestoreCounts {
  readonly target: string;
  readonly product: string;
  /** Keys found in the source. */
  readonly keysRead: number;
  /** Of these, keys that earlier runs had restored. */
  readonly keysBefore: number;
  readonly bytesRead: number;
  readonly bytesSent: number;
  readonly commandsSent: number;
  readonly resent: number;
  readonly reconnects: number;
  readonly failovers: number;
  readonly seconds: number;
  /** `null` when the source was not read to its end. */
  readonly checksum: string | null;
  readonly trailingBytes: number;
  /** `null` unless the source is an append-only log. */
  readonly log: LogResult | null;
  /** What may go wrong at the target while nobody is told. */
  readonly warnings: readonly string[];
}

/** What a restore would do. */
export interface RestorePlan
  extends Pick<
    RestoreCounts,
    | 'byType'
    | 'byWay'
    | 'expiredKeys'
    | 'expiredFields'
    | 'emptyKeys'
    | 'unwantedKeys'
    | 'impossibleKeys'
    | 'functions'
    | 'scripts'
  > {
  readonly target: string;
  readonly product: string;
  readonly kind: EndpointKind;
  /** Addresses of the masters. */
  readonly nodes: readonly string[];
  readonly replicas: number | null;
  /** Keys that would be restored. */
  readonly keys: number;
  readonly keysRead: number;
  /** Commands of an append-only log that would be run; its keys are those of its base. */
  readonly logCommands: number;
  /** Of the keys, how many go to which database. */
  readonly databases: ReadonlyMap<number, number>;
  readonly bytes: number;
  readonly commands: number;
  /** Keys that the target has now, by database; `null` when it does not say. */
  readonly keysThere: ReadonlyMap<number, number> | null;
  /** Whether `RESTORE` would be used, and whether values of several commands would appear as a whole. */
  readonly usesRestore: boolean;
  readonly buildsAside: boolean;
  readonly warnings: readonly string[];
}
