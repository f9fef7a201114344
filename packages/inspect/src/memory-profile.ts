/**
 * Whose memory is estimated.
 *
 * @module
 */
import type { Target } from '@rdbkit/commands';
import type { Allocator } from './allocator.ts';

/** When a server packs a collection, and how much of it: its configuration. */
export interface Thresholds {
  readonly hashMaxListpackEntries: number;
  readonly hashMaxListpackValue: number;
  readonly setMaxIntsetEntries: number;
  readonly setMaxListpackEntries: number;
  readonly setMaxListpackValue: number;
  readonly zsetMaxListpackEntries: number;
  readonly zsetMaxListpackValue: number;
  /** Bytes of a node of a list: `list-max-listpack-size -2` is 8192. */
  readonly listNodeBytes: number;
  /** Redis up to 3.0 only. */
  readonly listMaxZiplistEntries: number;
  readonly listMaxZiplistValue: number;
}

/** What servers come with. */
export const DEFAULT_THRESHOLDS: Thresholds = {
  hashMaxListpackEntries: 512,
  hashMaxListpackValue: 64,
  setMaxIntsetEntries: 512,
  setMaxListpackEntries: 128,
  setMaxListpackValue: 64,
  zsetMaxListpackEntries: 128,
  zsetMaxListpackValue: 64,
  listNodeBytes: 8192,
  listMaxZiplistEntries: 512,
  listMaxZiplistValue: 64,
};

/** Options of the memory model. */
export interface MemoryOptions {
  /**
   * The server whose memory it is.
   * @default the one that wrote the dump
   */
  readonly target?: Target | undefined;
  /** @default 'jemalloc-q8' */
  readonly allocator?: Allocator | undefined;
  /**
   * Settings that differ from {@link DEFAULT_THRESHOLDS}. As long as the server is the dump's own, what the dump has packed
   * stays packed, whatever they are: the dump shows that its server allows it.
   */
  readonly thresholds?: Partial<Thresholds> | undefined;
}

/** What an estimate rests on. */
export interface MemoryProfile {
  readonly target: Target;
  /** The target is the server that wrote the dump. */
  readonly isOwn: boolean;
  readonly allocator: Allocator;
  readonly thresholds: Thresholds;
  /** Whether that server has `MEMORY USAGE` (Redis 4.0 and later); `usage` is what a later one would print, otherwise. */
  readonly hasUsage: boolean;
}
