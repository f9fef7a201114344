/**
 * How values are to be written.
 *
 * @module
 */
import type { KeyHeader, RdbOptions, RdbWarning } from '@rdbkit/rdb';
import type { Note } from './notes.ts';
import type { Target } from './target.ts';

/** What becomes of a key that the target has already. */
export type Existing = 'replace' | 'keep' | 'append';

/** What the commands look like: see {@link EmitOptions.form}. */
export type Form = 'plain' | 'restore' | 'cheapest';

/**
 * Takes a string over from the emitter: the key as a bulk string (`name[0, nameEnd)`) and the value `bytes[start, end)`, both
 * borrowed until it returns. Returns whether it did; otherwise the emitter writes it.
 */
export type StringTaker = (name: Uint8Array, nameEnd: number, bytes: Uint8Array, start: number, end: number) => boolean;

/**
 * Checksums of values as they stand in the dump, computed by somebody else while the emitter is at work: another thread, for
 * instance.
 */
export interface ValueSums {
  /**
   * Whether the CRC-64 of a type byte followed by the value is known; if so, it is left in `lo` and `hi`. Nothing is waited for: what
   * is not known is computed by the emitter.
   *
   * @param key - Number of the key, from 0 on, in the order in which the reader delivers them; those that are not wanted count too.
   * @param length - Bytes of the value.
   */
  find(key: number, typeCode: number, length: number): boolean;
  /** Lower word of the last sum that was found. */
  readonly lo: number;
  /** Upper word of it. */
  readonly hi: number;
}

/** Options of a `CommandEmitter`. */
export interface EmitOptions {
  /**
   * Who will read what is written.
   * @default the server that wrote the dump, see `defaultTarget`
   */
  readonly target?: Target | undefined;
  /**
   * `plain`: commands that rebuild the values. `restore`: one `RESTORE` for each key wherever possible. `cheapest`: as
   * `restore`, but a string that needs no decompression goes by `SET`, which costs the target less and keeps as much.
   * @default 'plain'
   */
  readonly form?: Form | undefined;
  /**
   * `replace`: a key becomes exactly what the dump says. `keep`: a key that exists is not touched. `append`: as for an
   * empty target, nothing is cleared first.
   * @default 'replace'
   */
  readonly existing?: Existing | undefined;
  /**
   * Where a value is built that takes several commands. `in place`: under its own name; `keep` cannot do that. `aside`: under
   * a name of ours with the same cluster slot, which the last command renames, so that nobody sees half a value.
   * @default 'in place'
   */
  readonly build?: 'in place' | 'aside' | undefined;
  /**
   * Write `SELECT` when the database changes. Without it the consumer sees to the right database.
   * @default true
   */
  readonly select?: boolean | undefined;
  /** Is offered each string that one `SET` without options would hold, for instance to gather them for `MSET`. */
  readonly takeString?: StringTaker | undefined;
  /**
   * Most elements in one command.
   * @default 512
   */
  readonly batch?: number | undefined;
  /**
   * A command of several elements ends before it grows beyond this; one that is longer by itself goes alone.
   * @default 1048576 (1 MiB)
   */
  readonly maxCommandBytes?: number | undefined;
  /**
   * Of a key that is written in many commands, the first ones are committed when this much is waiting. Below it, damage
   * found in a key leaves nothing of the key in the output.
   * @default 8388608 (8 MiB)
   */
  readonly flushBytes?: number | undefined;
  /**
   * The time at which expiry is judged, Unix milliseconds.
   * @default the time of construction
   */
  readonly now?: number | undefined;
  /**
   * Whether keys and fields that have expired are written. A key that is left out is not deleted at the target either.
   * @default 'skip'
   */
  readonly expired?: 'keep' | 'skip' | undefined;
  /**
   * Write keys and fields without their expiry. What has expired lives again.
   * @default false
   */
  readonly stripTtl?: boolean | undefined;
  /**
   * Added to every expiry, before it is judged; milliseconds.
   * @default 0
   */
  readonly shiftTtlMs?: number | undefined;
  /**
   * The expiry, in Unix milliseconds, that keys and fields get whose time has passed. For the first part of a log whose
   * commands go on with such keys: a server that has none of its own past would drop them at once.
   * @default null (none)
   */
  readonly postponeExpiredTo?: number | null | undefined;
  /**
   * Selects a key by returning true, after it may have changed `db`, `bytes`, `start` and `end` of the header: the
   * database and name to write. New bytes must stay as they are until the next call.
   */
  readonly shape?: ((header: KeyHeader) => boolean) | undefined;
  /**
   * Selects a value by its size in the dump, in bytes without type and key. Values beyond the reader's option `rawBytes`
   * count as infinitely large. Costs reading each value twice.
   */
  readonly acceptSize?: ((bytes: number) => boolean) | undefined;
  /** The options of the reader, for values that are read twice. */
  readonly rdb?: RdbOptions | undefined;
  /**
   * Knows checksums of values, which is what `RESTORE` costs most.
   * @default null: the emitter computes them all
   */
  readonly valueSums?: ValueSums | null | undefined;
  /** Receives the reader's warnings. */
  readonly onWarning?: ((warning: RdbWarning) => void) | undefined;
  /** Receives what does not arrive as it was. */
  readonly onNote?: ((note: Note) => void) | undefined;
  /**
   * Ends the name under which a value that takes several commands is built, by `keep` or aside.
   * @default ':rdbkit-' and a random number
   */
  readonly temporarySuffix?: string | undefined;
}

/** The options with every default filled in. */
export interface ResolvedEmitOptions {
  readonly form: Form;
  readonly existing: Existing;
  readonly build: 'in place' | 'aside';
  readonly select: boolean;
  readonly takeString: StringTaker | null;
  readonly valueSums: ValueSums | null;
  readonly batch: number;
  readonly maxCommandBytes: number;
  readonly flushBytes: number;
  readonly now: number;
  readonly expired: 'keep' | 'skip';
  readonly stripTtl: boolean;
  readonly shiftTtlMs: number;
  readonly postponeExpiredTo: number | null;
  readonly temporarySuffix: string;
}

const MIB = 1024 * 1024;

/** Fills in the defaults; throws `RangeError` for a limit that is not a positive integer. */
export function resolveEmitOptions(options: EmitOptions): ResolvedEmitOptions {
  const resolved: ResolvedEmitOptions = {
    form: options.form ?? 'plain',
    existing: options.existing ?? 'replace',
    build: options.build ?? 'in place',
    select: options.select ?? true,
    takeString: options.takeString ?? null,
    valueSums: options.valueSums ?? null,
    batch: options.batch ?? 512,
    maxCommandBytes: options.maxCommandBytes ?? MIB,
    flushBytes: options.flushBytes ?? 8 * MIB,
    now: options.now ?? Date.now(),
    expired: options.expired ?? 'skip',
    stripTtl: options.stripTtl ?? false,
    shiftTtlMs: options.shiftTtlMs ?? 0,
    postponeExpiredTo: options.postponeExpiredTo ?? null,
    temporarySuffix: options.temporarySuffix ?? `:rdbkit-${Math.floor(Math.random() * 2 ** 52).toString(36)}`,
  };
  for (const name of ['batch', 'maxCommandBytes', 'flushBytes'] as const) {
    const value = resolved[name];
    if (!Number.isSafeInteger(value) || value < 1)
      throw new RangeError(`${name} must be a positive integer, got ${value}`);
  }
  for (const name of ['now', 'shiftTtlMs', 'postponeExpiredTo'] as const) {
    const value = resolved[name];
    if (value !== null && !Number.isSafeInteger(value))
      throw new RangeError(`${name} must be a whole number of milliseconds, got ${value}`);
  }
  return resolved;
}
