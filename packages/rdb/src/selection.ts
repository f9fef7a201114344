/**
 * Which keys are wanted, and under which database number and name: the filter between a reader and its consumer.
 *
 * @module
 */
import { keySlot } from '@rdbkit/bytes';
import { DIALECT_NAMES } from './dialects.ts';
import { Glob } from './glob.ts';
import { type ValueKind, valueTypesOf } from './types.ts';
import type { Dialect, KeyHeader } from './visitor.ts';

/** What can be chosen by type. Function libraries are not keys, but belong to a dump in the same way. */
export type SelectableType = ValueKind | 'function';

/** Every {@link SelectableType}. */
export const SELECTABLE_TYPES: readonly SelectableType[] = [
  'string',
  'list',
  'set',
  'zset',
  'hash',
  'stream',
  'module',
  'array',
  'function',
];

/**
 * Which expiry a key must have, as the dump has it (before any shift):
 *
 * - `any`: one, whenever; `none`: none.
 * - `expired`: one that has passed; `live`: one that has not.
 * - a range: so many milliseconds are left, ends included; `null` leaves an end open, negative numbers are in the past.
 */
export type TtlSelection =
  | 'any'
  | 'none'
  | 'expired'
  | 'live'
  | { readonly minMs: number | null; readonly maxMs: number | null };

/** A prefix of key names and what stands in its place. */
export interface PrefixRename {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
}

/**
 * What a {@link KeySelection} is made of. Conditions of different kinds must all hold; of several patterns, types,
 * databases or slots of one kind, one must. What is left out selects everything.
 */
export interface KeySelectionSpec {
  readonly dbs?: readonly number[];
  /** Glob patterns, see {@link Glob}. Text is taken as UTF-8. */
  readonly keys?: readonly (Uint8Array | string)[];
  readonly notKeys?: readonly (Uint8Array | string)[];
  /**
   * Regular expressions see the key as text: decoded when it is valid UTF-8, otherwise byte by byte as Latin-1, so that
   * `\xff` finds a byte. They need not match the whole key.
   */
  readonly keyRegexes?: readonly RegExp[];
  readonly notKeyRegexes?: readonly RegExp[];
  readonly types?: readonly SelectableType[];
  readonly notTypes?: readonly SelectableType[];
  readonly ttl?: TtlSelection;
  /** Cluster slots as `[first, last]`. */
  readonly slots?: readonly (readonly [number, number])[];
  /** Bounds of the serialized size in bytes, for {@link KeySelection.acceptSize}. */
  readonly minSize?: number;
  readonly maxSize?: number;
  /** No more keys than this. */
  readonly limit?: number;
  /** Database numbers that change. */
  readonly mapDb?: ReadonlyMap<number, number>;
  /** The first one whose prefix a key has is applied, once. */
  readonly renamePrefixes?: readonly PrefixRename[];
  /**
   * What happens to keys whose time has come by `nowMs`.
   * @default 'keep' when `ttl` asks for such keys, else 'skip'
   */
  readonly expired?: 'keep' | 'skip';
  /**
   * By how many milliseconds the consumer is going to move expiry times. It decides only which keys count as expired:
   * moving the times is the consumer's work, because fields of a hash have some too.
   * @default 0
   */
  readonly shiftTtlMs?: number;
  /**
   * The consumer is going to drop expiry times, so that no key counts as expired.
   * @default false
   */
  readonly stripTtl?: boolean;
  /**
   * The present, in Unix milliseconds.
   * @default the time of construction
   */
  readonly nowMs?: number;
}

/** Why a key was left out. */
export type SkipReason = 'db' | 'type' | 'key' | 'ttl' | 'slot' | 'expired' | 'limit' | 'size';

const SLOTS = 16384;

/**
 * Decides key by key, counts what it leaves out, and gives keys their new database and name.
 *
 * @example
 * ```ts
 * import { KeySelection, RdbVisitorBase, type KeyHeader, type Level } from '@rdbkit/rdb';
 * class Sessions extends RdbVisitorBase {
 *   readonly selection = new KeySelection({ dbs: [0], keys: ['session:*'], types: ['hash'] });
 *   override key(header: KeyHeader): Level {
 *     return this.selection.accept(header) ? 'logical' : 'skip';
 *   }
 * }
 * ```
 */
export class KeySelection {
  /** Keys that were accepted and not given up for their size. */
  accepted = 0;
  /** Accepted keys that got a new name. */
  renamed = 0;
  /** Keys that were left out, by the first reason that was found. */
  readonly skipped: Record<SkipReason, number> = {
    db: 0,
    type: 0,
    key: 0,
    ttl: 0,
    slot: 0,
    expired: 0,
    limit: 0,
    size: 0,
  };
  /** A key had to be left out because of the limit: reading on will not bring any more keys. */
  exhausted = false;
  /** Whether function libraries are wanted. Only the types decide about them. */
  readonly acceptsFunctions: boolean;
  /** The bounds that `acceptSize` keeps to, in bytes. */
  readonly minSize: number;
  readonly maxSize: number;
  /** Whether `acceptSize` can refuse anything. */
  readonly hasSizeBounds: boolean;
  /** Whether names or slots decide about anything. */
  readonly selectsNames: boolean;
  /** The databases that are wanted, or `null` for all. */
  readonly selectedDbs: readonly number[] | null;
  /** Whether databases get other numbers. */
  readonly mapsDbs: boolean;
  /** Whether keys get other names. */
  readonly renamesKeys: boolean;
  /** What was decided about keys that have expired. */
  readonly expired: 'keep' | 'skip';
  readonly nowMs: number;

  private readonly dbs: ReadonlySet<number> | null;
  /** By type byte: 1 when its kind is wanted. */
  /** By dialect, then by type byte: whether it is wanted. */
  private readonly typeCodes: Readonly<Record<Dialect, Uint8Array>> | null;
  private readonly globs: readonly Glob[] | null;
  private readonly notGlobs: readonly Glob[] | null;
  private readonly regexes: readonly RegExp[] | null;
  private readonly notRegexes: readonly RegExp[] | null;
  private readonly ttl: TtlSelection | null;
  private readonly slots: Uint8Array | null;
  /** A key that expires at this time or earlier is skipped; −∞ when none is. */
  private readonly skippedUpTo: number;
  private readonly limit: number;
  private readonly mapDb: ReadonlyMap<number, number> | null;
  private readonly renames: readonly PrefixRename[] | null;
  /** Nothing but expiry can refuse a key, and nothing changes one. */
  private readonly isOpen: boolean;
  /** Holds the new name of the current key. */
  private scratch = new Uint8Array(256);

  /**
   * @throws RangeError for a number outside of its range and for an unknown type.
   */
  constructor(spec: KeySelectionSpec = {}) {
    this.nowMs = spec.nowMs ?? Date.now();
    this.dbs = spec.dbs === undefined ? null : new Set(spec.dbs.map((db) => checkCount('dbs', db)));
    this.typeCodes = typeCodesOf(spec);
    this.acceptsFunctions = wantsType('function', spec);
    this.globs = spec.keys?.map((pattern) => new Glob(pattern)) ?? null;
    this.notGlobs = spec.notKeys?.map((pattern) => new Glob(pattern)) ?? null;
    this.regexes = spec.keyRegexes?.map(stateless) ?? null;
    this.notRegexes = spec.notKeyRegexes?.map(stateless) ?? null;
    this.ttl = spec.ttl ?? null;
    this.slots = spec.slots === undefined ? null : slotsOf(spec.slots);
    this.expired = spec.expired ?? (asksForExpired(spec.ttl) ? 'keep' : 'skip');
    const keepsExpired = this.expired === 'keep' || spec.stripTtl === true;
    this.skippedUpTo = keepsExpired ? -Infinity : this.nowMs - (spec.shiftTtlMs ?? 0);
    this.minSize = checkCount('minSize', spec.minSize ?? 0);
    this.maxSize = spec.maxSize === undefined ? Infinity : checkCount('maxSize', spec.maxSize);
    this.hasSizeBounds = this.minSize > 0 || this.maxSize < Infinity;
    this.limit = spec.limit === undefined ? Infinity : checkCount('limit', spec.limit);
    for (const [from, to] of spec.mapDb ?? []) {
      checkCount('mapDb', from);
      checkCount('mapDb', to);
    }
    this.mapDb = spec.mapDb?.size ? spec.mapDb : null;
    this.renames = spec.renamePrefixes?.length ? spec.renamePrefixes : null;
    this.selectsNames =
      this.globs !== null ||
      this.notGlobs !== null ||
      this.regexes !== null ||
      this.notRegexes !== null ||
      this.slots !== null;
    this.selectedDbs = this.dbs === null ? null : [...this.dbs];
    this.mapsDbs = this.mapDb !== null;
    this.renamesKeys = this.renames !== null;
    this.isOpen =
      this.dbs === null &&
      this.typeCodes === null &&
      !this.selectsNames &&
      this.ttl === null &&
      this.limit === Infinity &&
      !this.mapsDbs &&
      !this.renamesKeys;
  }

  /**
   * Whether a database is wanted. For what names keys without having them, such as commands: this method and the others up
   * to {@link KeySelection.sharesDb} count nothing.
   */
  acceptsDb(db: number): boolean {
    return this.dbs === null || this.dbs.has(db);
  }

  /** Whether a key could be wanted as far as its name `bytes[start, end)` tells: why not, or `null`. */
  refusalOfName(bytes: Uint8Array, start: number, end: number): 'key' | 'slot' | null {
    if (!this.selectsNames) return null;
    if (this.hasUnwantedName(bytes, start, end)) return 'key';
    return this.slots !== null && this.slots[keySlot(bytes, start, end)] === 0 ? 'slot' : null;
  }

  /** The number that a database gets. */
  mappedDb(db: number): number {
    return this.mapDb?.get(db) ?? db;
  }

  /** The change that the name `bytes[start, end)` undergoes, or `null`. */
  renameOf(bytes: Uint8Array, start: number, end: number): PrefixRename | null {
    return this.renames?.find(({ from }) => hasPrefix(bytes, start, end, from)) ?? null;
  }

  /** Whether another wanted database would get the same number as this one. */
  sharesDb(db: number): boolean {
    if (this.mapDb === null) return false;
    const target = this.mappedDb(db);
    const others = [...this.mapDb].filter(([from, to]) => from !== db && to === target).map(([from]) => from);
    if (target !== db && !this.mapDb.has(target)) others.push(target);
    return others.some((other) => this.acceptsDb(other));
  }

  /** Total of {@link KeySelection.skipped}. */
  get skippedKeys(): number {
    return Object.values(this.skipped).reduce((sum, count) => sum + count, 0);
  }

  /**
   * Whether the key is wanted. When it is, `header` has its new database and name afterwards; the bytes of a new name
   * are valid until the next call.
   */
  accept(header: KeyHeader): boolean {
    if (!this.isOpen) {
      const reason = this.findReason(header);
      if (reason !== null) {
        this.skipped[reason]++;
        return false;
      }
    }
    if (header.expireAtMs !== null && header.expireAtMs <= this.skippedUpTo) {
      this.skipped.expired++;
      return false;
    }
    if (this.accepted >= this.limit) {
      this.skipped.limit++;
      this.exhausted = true;
      return false;
    }
    this.accepted++;
    if (this.mapDb !== null) header.db = this.mapDb.get(header.db) ?? header.db;
    if (this.renames !== null) this.rename(header, this.renames);
    return true;
  }

  /** Whether the accepted key is wanted although (or because) its value takes so many bytes; asked once, when that is known. */
  acceptSize(bytes: number): boolean {
    if (bytes >= this.minSize && bytes <= this.maxSize) return true;
    this.skipped.size++;
    this.accepted--;
    return false;
  }

  private findReason(header: KeyHeader): SkipReason | null {
    if (this.dbs !== null && !this.dbs.has(header.db)) return 'db';
    if (this.typeCodes !== null && this.typeCodes[header.dialect][header.typeCode] === 0) return 'type';
    const { bytes, start, end } = header;
    if (this.hasUnwantedName(bytes, start, end)) return 'key';
    if (this.ttl !== null && !this.hasTtl(header.expireAtMs, this.ttl)) return 'ttl';
    if (this.slots !== null && this.slots[keySlot(bytes, start, end)] === 0) return 'slot';
    return null;
  }

  private hasUnwantedName(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.globs !== null && !matchesAny(this.globs, bytes, start, end)) return true;
    if (this.notGlobs !== null && matchesAny(this.notGlobs, bytes, start, end)) return true;
    if (this.regexes === null && this.notRegexes === null) return false;
    const text = keyText(bytes, start, end);
    if (this.regexes !== null && !this.regexes.some((regex) => regex.test(text))) return true;
    return this.notRegexes?.some((regex) => regex.test(text)) ?? false;
  }

  private hasTtl(expireAtMs: KeyHeader['expireAtMs'], ttl: TtlSelection): boolean {
    if (expireAtMs === null) return ttl === 'none';
    if (ttl === 'none') return false;
    if (ttl === 'any') return true;
    if (ttl === 'expired') return expireAtMs <= this.nowMs;
    if (ttl === 'live') return expireAtMs > this.nowMs;
    // A time far beyond what a double holds exactly is beyond any bound too.
    const leftMs = Number(expireAtMs) - this.nowMs;
    return (ttl.minMs === null || leftMs >= ttl.minMs) && (ttl.maxMs === null || leftMs <= ttl.maxMs);
  }

  private rename(header: KeyHeader, renames: readonly PrefixRename[]): void {
    const { bytes, start, end } = header;
    for (const { from, to } of renames) {
      if (!hasPrefix(bytes, start, end, from)) continue;
      const rest = start + from.length;
      const length = to.length + end - rest;
      if (length > this.scratch.length) this.scratch = new Uint8Array(length * 2);
      this.scratch.set(to);
      this.scratch.set(bytes.subarray(rest, end), to.length);
      header.bytes = this.scratch;
      header.start = 0;
      header.end = length;
      this.renamed++;
      return;
    }
  }
}

function checkCount(name: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new RangeError(`${name}: ${value} is not a whole number from 0 on`);
  return value;
}

function wantsType(type: SelectableType, spec: KeySelectionSpec): boolean {
  return (spec.types?.includes(type) ?? true) && !(spec.notTypes?.includes(type) ?? false);
}

function typeCodesOf(spec: KeySelectionSpec): Readonly<Record<Dialect, Uint8Array>> | null {
  if (spec.types === undefined && spec.notTypes === undefined) return null;
  for (const type of [...(spec.types ?? []), ...(spec.notTypes ?? [])]) {
    if (!SELECTABLE_TYPES.includes(type)) {
      throw new RangeError(`unknown type "${type}", expected one of ${SELECTABLE_TYPES.join(', ')}`);
    }
  }
  const tables = DIALECT_NAMES.map((dialect) => {
    const codes = new Uint8Array(256);
    for (const { code, kind } of valueTypesOf(dialect)) codes[code] = wantsType(kind, spec) ? 1 : 0;
    return [dialect, codes] as const;
  });
  return Object.fromEntries(tables) as Record<Dialect, Uint8Array>;
}

function slotsOf(ranges: readonly (readonly [number, number])[]): Uint8Array {
  const slots = new Uint8Array(SLOTS);
  for (const [first, last] of ranges) {
    if (!Number.isInteger(first) || !Number.isInteger(last) || first < 0 || first > last || last >= SLOTS) {
      throw new RangeError(`slots: ${first}-${last} is not a range within 0-${SLOTS - 1}`);
    }
    slots.fill(1, first, last + 1);
  }
  return slots;
}

/** Whether a `ttl` names a time in the past: it would select nothing if expired keys were skipped. */
function asksForExpired(ttl: TtlSelection | undefined): boolean {
  if (typeof ttl !== 'object') return ttl === 'expired';
  return (ttl.minMs !== null && ttl.minMs < 0) || (ttl.maxMs !== null && ttl.maxMs < 0);
}

/** A regular expression whose `test` does not depend on the one before. */
function stateless(regex: RegExp): RegExp {
  return new RegExp(regex.source, regex.flags.replace(/[gy]/g, ''));
}

function matchesAny(globs: readonly Glob[], bytes: Uint8Array, start: number, end: number): boolean {
  for (const glob of globs) if (glob.matches(bytes, start, end)) return true;
  return false;
}

function hasPrefix(bytes: Uint8Array, start: number, end: number, prefix: Uint8Array): boolean {
  if (end - start < prefix.length) return false;
  for (let i = 0; i < prefix.length; i++) if (bytes[start + i] !== prefix[i]) return false;
  return true;
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** The key as text, see {@link KeySelectionSpec.keyRegexes}. */
function keyText(bytes: Uint8Array, start: number, end: number): string {
  return isUtf8(bytes, start, end) ? utf8.decode(bytes.subarray(start, end)) : latin1(bytes, start, end);
}

/** Not `TextDecoder('latin1')`: that one means windows-1252, which differs from 0x80 to 0x9f. */
function latin1(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i]);
  return text;
}

/** Whether a decoder would find nothing to replace. Asked beforehand, because catching its error costs microseconds a key. */
function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  let i = start;
  while (i < end) {
    const first = bytes[i++];
    if (first < 0x80) continue;
    // Bounds of the second byte: they exclude overlong forms, surrogates and what is above U+10FFFF.
    let low = 0x80;
    let high = 0xbf;
    let more: number;
    if (first >= 0xc2 && first <= 0xdf) {
      more = 1;
    } else if (first >= 0xe0 && first <= 0xef) {
      more = 2;
      if (first === 0xe0) low = 0xa0;
      if (first === 0xed) high = 0x9f;
    } else if (first >= 0xf0 && first <= 0xf4) {
      more = 3;
      if (first === 0xf0) low = 0x90;
      if (first === 0xf4) high = 0x8f;
    } else {
      return false;
    }
    if (i + more > end || bytes[i] < low || bytes[i] > high) return false;
    i++;
    for (; more > 1; more--) if ((bytes[i++] & 0xc0) !== 0x80) return false;
  }
  return true;
}
