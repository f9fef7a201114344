/**
 * What an inspection found, as one document. Byte strings are as they stand in the dump; names of keys and elements are cut after
 * {@link MAX_NAME_BYTES}, with their true length beside them.
 *
 * @module
 */
import type { Dialect, RdbSummary, ValueKind } from '@rdbkit/rdb';
import type { HistogramBar } from './histograms.ts';
import type { MemoryProfile } from './memory-profile.ts';
import type { PrefixNode, PrefixSums } from './prefix-tree.ts';

/** Longest name that is kept whole. */
export const MAX_NAME_BYTES = 1024;

/** Sums over keys; all in bytes but for the counts. */
export interface KeySums {
  readonly keys: number;
  /** Keys that expire. */
  readonly expires: number;
  readonly elements: number;
  /** As they stand in the dump. */
  readonly bytes: number;
  /** What the keys take of a server's memory, see {@link KeyFacts.allocated}. */
  readonly memory: number;
  /** What `MEMORY USAGE` would print, added up. */
  readonly usage: number;
}

/** Keys of one type, and of its encodings, heaviest first. */
export interface TypeSums extends KeySums {
  readonly type: ValueKind;
  readonly encodings: readonly (KeySums & { readonly encoding: string })[];
  /** Of so many keys nothing is known but the size of their data. */
  readonly guessed: number;
}

/** One database. */
export interface DatabaseSums extends KeySums {
  readonly db: number;
  /** The hash tables of its keys, in bytes. */
  readonly tables: number;
}

/** A key that is among the largest. */
export interface LargeKey {
  readonly db: number;
  readonly key: Uint8Array;
  readonly keyBytes: number;
  readonly type: ValueKind;
  readonly encoding: string;
  readonly elements: number;
  readonly bytes: number;
  readonly memory: number;
  readonly usage: number;
  /** Unix milliseconds, or `null`. */
  readonly expireAtMs: number | null;
  readonly isGuess: boolean;
}

/** An element that is among the longest. */
export interface LargeElement {
  readonly db: number;
  readonly key: Uint8Array;
  readonly keyBytes: number;
  readonly type: ValueKind;
  /** A hash's field, a member; `null` where elements have no names. Empty when it was too long to be kept. */
  readonly name: Uint8Array | null;
  readonly bytes: number;
}

/** A consumer group. */
export interface StreamGroupFacts {
  readonly db: number;
  readonly key: Uint8Array;
  readonly keyBytes: number;
  readonly group: Uint8Array;
  readonly consumers: number;
  readonly pending: number;
  /** Entries that it has not been given yet; `null` when the dump does not tell. */
  readonly lag: number | null;
  /** When the entry that waits longest was delivered, Unix milliseconds; `null` when none does. */
  readonly oldestDeliveryMs: number | null;
}

/** Hash slots of a cluster. */
export interface SlotFacts {
  readonly used: number;
  /** Keys of the average slot. */
  readonly meanKeys: number;
  readonly meanMemory: number;
  /** The most memory in one slot, divided by the mean. */
  readonly skew: number;
  readonly heaviest: readonly { readonly slot: number; readonly keys: number; readonly memory: number }[];
  /** The slots in 16 ranges of the same length. */
  readonly ranges: readonly {
    readonly first: number;
    readonly last: number;
    readonly keys: number;
    readonly memory: number;
  }[];
}

/** Sizes of the keys of one type, in bars for powers of two. */
export interface SizeHistograms {
  readonly type: ValueKind;
  readonly memory: readonly LogBar[];
  /** `null` for types without elements. */
  readonly elements: readonly LogBar[] | null;
}

/** One bar: values from `from` on and below `to`. */
export interface LogBar {
  readonly from: number;
  readonly to: number;
  readonly keys: number;
  readonly memory: number;
}

/** Collections that are not packed, though they nearly would be. */
export interface NearThreshold {
  readonly type: ValueKind;
  /** They have up to twice as many elements as the setting allows, or an element up to twice as long. */
  readonly because: 'elements' | 'length';
  readonly setting: string;
  readonly limit: number;
  readonly keys: number;
  readonly memory: number;
}

/** What a module has in the dump. */
export interface ModuleFacts {
  readonly keys: number;
  readonly bytes: number;
  /** Data that it keeps outside of keys. */
  readonly auxBytes: number;
}

/** Something that the reader found odd. */
export interface WarningFacts {
  readonly code: string;
  /** Of the first one. */
  readonly message: string;
  readonly offset: number;
  readonly db: number;
  readonly key: Uint8Array | null;
  readonly count: number;
}

/** Everything. */
export interface InspectionReport {
  readonly file: {
    readonly dialect: Dialect;
    readonly version: number;
    /** For instance `Redis 7.2.6`; `null` when the dump does not say. */
    readonly writer: string | null;
    /** Unix milliseconds. */
    readonly createdAtMs: number | null;
    /** `used_memory` of the server when it saved. */
    readonly usedMemory: number | null;
    readonly bits: number | null;
    /** The first ones, as they stand in the dump. */
    readonly aux: readonly { readonly name: Uint8Array; readonly value: Uint8Array }[];
    /** `null` as long as the end has not been reached. */
    readonly summary: RdbSummary | null;
  };
  readonly profile: MemoryProfile | null;
  /** Whether anything is known of how the server of the profile keeps data. */
  readonly hasModel: boolean;
  /** Of all keys. */
  readonly total: KeySums;
  /** Bytes of the keys' names. */
  readonly nameBytes: number;
  /** Hash tables of all databases, in bytes. `total.memory` and these make up the dataset in a server's memory. */
  readonly tables: number;
  /** What the server counts as overhead in that, see {@link KeyMeter.datasetOverhead}. */
  readonly overhead: number;
  /** Each database; of more than 256 those that the dump has first. */
  readonly databases: readonly DatabaseSums[];
  /** The rest of them, as one; `null` when there is none. */
  readonly otherDatabases: Omit<DatabaseSums, 'db'> | null;
  readonly types: readonly TypeSums[];
  readonly expiry: {
    /** The moment that the bars count from, Unix milliseconds: when the dump was made, if it tells. */
    readonly atMs: number;
    readonly isCreation: boolean;
    /** Left to live at that moment, in milliseconds; below 0 it was over. */
    readonly bars: readonly HistogramBar[];
    /** Keys whose time is over by now. */
    readonly overByNow: number;
    readonly hashFields: number;
  };
  /** Seconds since the last use; `null` when the dump has none. */
  readonly idle: readonly HistogramBar[] | null;
  /** LFU counters from 0 to 255; `null` when the dump has none. */
  readonly frequency: readonly HistogramBar[] | null;
  readonly sizes: readonly SizeHistograms[];
  readonly largest: {
    readonly byMemory: readonly LargeKey[];
    readonly byBytes: readonly LargeKey[];
    readonly byElements: readonly LargeKey[];
  };
  /** Elements of more than {@link LEAST_LARGE_ELEMENT} bytes. */
  readonly largestElements: readonly LargeElement[];
  readonly nearThresholds: readonly NearThreshold[];
  readonly prefixes: {
    readonly separator: Uint8Array;
    readonly isExact: boolean;
    /** What a prefix comes to at most that is not in the tree. */
    readonly limit: PrefixSums;
    /** Without prefixes that have less than a thousandth of the memory. */
    readonly root: PrefixNode;
    readonly heaviest: readonly PrefixNode[];
  } | null;
  readonly slots: SlotFacts | null;
  /** Function libraries; of more than 1000 the first ones. */
  readonly functions: readonly { readonly name: string; readonly engine: string; readonly bytes: number }[];
  /** How many there are. */
  readonly functionCount: number;
  /** Modules, those with the most data first; of more than 1000 those that the dump has first. */
  readonly modules: readonly (ModuleFacts & { readonly name: string })[];
  /** The rest of them, as one; `null` when there is none. */
  readonly otherModules: ModuleFacts | null;
  readonly streams: {
    readonly groups: number;
    readonly consumers: number;
    readonly pending: number;
    /** By pending entries and lag. */
    readonly largestGroups: readonly StreamGroupFacts[];
  };
  /** Keys without elements, which servers do not load; no sum has them. */
  readonly emptyKeys: number;
  readonly warnings: readonly WarningFacts[];
}

/** Elements up to this length are not listed among the longest, in bytes. */
export const LEAST_LARGE_ELEMENT = 1024;
