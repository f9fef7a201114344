/**
 * What is reported about keys that do not arrive as they were: nothing is lost in silence.
 *
 * @module
 */

/** Each kind of note, with its level: `loss` when something of the dump will be missing at the target, else `info`. */
export const NOTE_LEVELS = {
  /** A function library of a 7.0 release candidate, in a layout that no later server reads. */
  FUNCTION_PRE_GA: 'loss',
  /** The target has no functions. */
  FUNCTION_LOST: 'loss',
  /** A cached script; the target has no `SCRIPT LOAD`. */
  SCRIPT_LOST: 'loss',
  /** Data of a module outside of keys; there is no command for it. */
  MODULE_AUX_LOST: 'loss',
  /** Data that a module attached to a key (KEY_META). */
  KEY_METADATA_LOST: 'loss',
  /** Idle times or frequencies of use: only `RESTORE` of 5.0 and later takes them. Reported once. */
  USAGE_LOST: 'loss',
  /** An expiry was cut to whole seconds for a target without `PEXPIREAT`. */
  EXPIRY_CUT: 'loss',
  /** A score closer to 0 than 2.2e-308 becomes 0, for 2.6. */
  SCORE_ROUNDED: 'loss',
  /** Servers from 7.0 on keep a score of −0 as 0 when `ZADD` sets it. */
  SCORE_SIGN_LOST: 'loss',
  /** Fields of a hash lose their expiry; the fields stay. */
  FIELD_EXPIRY_LOST: 'loss',
  /** Members of a value lose their expiry (KeyDB); the members stay. */
  MEMBER_EXPIRY_LOST: 'loss',
  /** Expiries of fields or members are rounded up to whole seconds, in commands relative to the time of writing (Dragonfly). Reported once. */
  FIELD_EXPIRY_ROUNDED: 'info',
  /** Keys that Dragonfly does not evict become ordinary ones. Reported once. */
  STICKY_LOST: 'loss',
  /** The flags that memcached clients gave to keys (Dragonfly). Reported once. */
  MEMCACHED_FLAGS_LOST: 'loss',
  /** The definition of a search index (Dragonfly); the message has the command that makes it again. */
  SEARCH_INDEX_LOST: 'loss',
  /** The key is not written: the target has nothing to hold its type. */
  TYPE_NOT_SUPPORTED: 'loss',
  /** The key is not written: the target cannot have the module. */
  MODULE_NOT_SUPPORTED: 'loss',
  /** The target must have a module loaded. Reported once for each module. */
  MODULE_NEEDED: 'info',
  /** The key is not written: a bitmap too long for a string, and the target has no type for it. */
  BITMAP_TOO_LONG: 'loss',
  /** The key has no elements; servers skip such keys when they load a file. */
  EMPTY_KEY: 'info',
  /** All fields of a hash have expired, so the key is gone. */
  FIELDS_EXPIRED: 'info',
  /** An expired key or field that was to be kept is not written, because `keep` builds values under another name first. */
  EXPIRED_NOT_BUILT: 'info',
  /** Parts of a key that turned out to be damaged are already written. */
  KEY_PARTIAL: 'loss',

  /** `RESTORE` was asked for, the value is too long for one payload: written as commands. */
  RESTORE_TOO_LONG: 'info',
  /** `RESTORE` was asked for, the target accepts no form of the value: written as commands. */
  RESTORE_NOT_ACCEPTED: 'info',
  /** With `keep`, `RESTORE` answers `BUSYKEY` for each key that exists. Reported once. */
  BUSYKEY_ANSWERS: 'info',
  /** With `keep`, `FUNCTION LOAD` answers an error for each library that exists. Reported once. */
  FUNCTION_ANSWERS: 'info',

  /** The stored length of a stream is not the number of its entries: written as commands. */
  STREAM_LENGTH: 'info',
  /** The stored last ID or counters of a stream contradict its entries: written with numbers that servers take. */
  STREAM_COUNTERS_CHANGED: 'loss',
  /** The target has no commands for a stream's counters: entries added, last deleted ID, entries read by groups. */
  STREAM_COUNTERS_LOST: 'loss',
  /** An entry without fields; `XADD` takes none. */
  STREAM_ENTRY_LOST: 'loss',
  /** Times of consumers' activity; only `RESTORE` keeps them. Reported once. */
  STREAM_CONSUMER_TIMES_LOST: 'loss',
  /** Pending entries cannot be kept. */
  STREAM_PENDING_LOST: 'loss',
  /** A stream too long to be read twice: pending entries whose message was deleted are lost. */
  STREAM_PENDING_UNCHECKED: 'loss',
  /** Pending entries that two consumers claim; the last consumer in the file has them. */
  STREAM_TWO_OWNERS: 'loss',
  /** Pending entries that were handed back and belong to no consumer; the target has nothing to hold them. */
  STREAM_UNOWNED_LOST: 'loss',
  /** Settings or records of idempotent producers. */
  STREAM_IDMP_LOST: 'loss',

  /** A logged command is not written: it needs keys that were left out. */
  LOG_NEEDS_OTHER_KEYS: 'loss',
  /** A logged command is not written: it moves keys between databases of which one was left out, or which become one. */
  LOG_NEEDS_OTHER_DB: 'loss',
  /** A logged command is written: it empties the target, or databases of it. Reported once for each. */
  LOG_EMPTIES_TARGET: 'info',
  /** A logged command is written as it is: no known server has it, so that its keys are not known. Reported once for each name. */
  LOG_UNKNOWN_COMMAND: 'info',
  /** A logged command may reach further keys by names that it makes up, which selecting and renaming do not touch. Reported once for each. */
  LOG_COMPUTED_KEYS: 'info',
} as const;

/** A stable code; see {@link NOTE_LEVELS} for what each means. */
export type NoteCode = keyof typeof NOTE_LEVELS;

/** `loss`: something of the dump will be missing at the target. */
export type NoteLevel = 'loss' | 'info';

/** Something that does not arrive as it was in the dump, or that the reader of the commands should know. */
export interface Note {
  readonly code: NoteCode;
  readonly level: NoteLevel;
  /** Database that the key is written to. */
  readonly db: number;
  /** The key as it is written, owned by the receiver; `null` when the note is not about one key. */
  readonly key: Uint8Array | null;
  readonly message: string;
}
