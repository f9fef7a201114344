/**
 * The flags that choose and change keys, shared by all commands that read them.
 *
 * @module
 */
import {
  KeySelection,
  type KeySelectionSpec,
  type PrefixRename,
  SELECTABLE_TYPES,
  type SelectableType,
  type TtlSelection,
} from '@rdbkit/rdb';
import type { FlagParametersForType } from '@stricli/core';
import { usageError } from '../app/cli-error.ts';
import type { CliContext } from '../app/program.ts';
import { formatCount, parseDuration, parseSize } from '../lang/units.ts';
import {
  parseCount,
  parseDb,
  parseDbMapping,
  parsePrefixRename,
  parseRegex,
  parseSlotRange,
  parseTtl,
} from './parsers.ts';

/** Which keys are wanted. */
export interface SelectionFlags {
  readonly db: readonly number[] | undefined;
  readonly key: readonly string[] | undefined;
  readonly 'not-key': readonly string[] | undefined;
  readonly 'key-regex': readonly RegExp[] | undefined;
  readonly 'not-key-regex': readonly RegExp[] | undefined;
  readonly type: readonly SelectableType[] | undefined;
  readonly 'not-type': readonly SelectableType[] | undefined;
  readonly ttl: TtlSelection | undefined;
  readonly slots: readonly (readonly [number, number])[] | undefined;
  readonly 'min-size': number | undefined;
  readonly 'max-size': number | undefined;
  readonly limit: number | undefined;
  readonly expired: 'keep' | 'skip' | undefined;
}

/** What becomes of them. */
export interface ShapingFlags {
  readonly 'map-db': readonly (readonly [number, number])[] | undefined;
  readonly 'rename-prefix': readonly PrefixRename[] | undefined;
  readonly 'strip-ttl': boolean;
  readonly 'shift-ttl': number | undefined;
}

/** Parameters of {@link SelectionFlags}. */
export const selectionFlags: FlagParametersForType<SelectionFlags, CliContext> = {
  db: {
    kind: 'parsed',
    parse: parseDb,
    optional: true,
    variadic: ',',
    placeholder: 'N[,N…]',
    brief: 'Only keys of these databases',
  },
  key: {
    kind: 'parsed',
    parse: String,
    optional: true,
    variadic: true,
    placeholder: 'GLOB',
    brief: 'Only keys whose name matches, with *, ?, [a-z] and \\ as in KEYS; may be repeated',
  },
  'not-key': {
    kind: 'parsed',
    parse: String,
    optional: true,
    variadic: true,
    placeholder: 'GLOB',
    brief: 'No keys whose name matches',
  },
  'key-regex': {
    kind: 'parsed',
    parse: parseRegex,
    optional: true,
    variadic: true,
    placeholder: 'RE',
    brief: 'Only keys in whose name this JavaScript expression is found; names that are no UTF-8 are seen as Latin-1',
  },
  'not-key-regex': {
    kind: 'parsed',
    parse: parseRegex,
    optional: true,
    variadic: true,
    placeholder: 'RE',
    brief: 'No keys in whose name it is found',
  },
  type: {
    kind: 'enum',
    values: SELECTABLE_TYPES,
    optional: true,
    variadic: ',',
    placeholder: 'TYPE[,TYPE…]',
    brief: `Only these types: ${SELECTABLE_TYPES.join(', ')}`,
  },
  'not-type': {
    kind: 'enum',
    values: SELECTABLE_TYPES,
    optional: true,
    variadic: ',',
    placeholder: 'TYPE[,TYPE…]',
    brief: 'None of these types',
  },
  ttl: {
    kind: 'parsed',
    parse: parseTtl,
    optional: true,
    placeholder: 'WHICH',
    brief: 'By expiry: any, none, expired, live (still to come), or what is left as MIN..MAX, such as 1h..7d',
  },
  slots: {
    kind: 'parsed',
    parse: parseSlotRange,
    optional: true,
    variadic: ',',
    placeholder: 'A-B[,…]',
    brief: 'Only keys of these cluster slots',
  },
  'min-size': {
    kind: 'parsed',
    parse: parseSize,
    optional: true,
    placeholder: 'SIZE',
    brief: 'Only values of at least this size in the dump, such as 10kb',
  },
  'max-size': {
    kind: 'parsed',
    parse: parseSize,
    optional: true,
    placeholder: 'SIZE',
    brief: 'Only values of at most this size in the dump',
  },
  limit: { kind: 'parsed', parse: parseLimit, optional: true, placeholder: 'N', brief: 'Stop after so many keys' },
  expired: {
    kind: 'enum',
    values: ['keep', 'skip'],
    optional: true,
    brief: 'Keys whose time is over: skip is the default, unless --ttl asks for them',
  },
};

/** Parameters of {@link ShapingFlags}. */
export const shapingFlags: FlagParametersForType<ShapingFlags, CliContext> = {
  'map-db': {
    kind: 'parsed',
    parse: parseDbMapping,
    optional: true,
    variadic: ',',
    placeholder: 'OLD:NEW[,…]',
    brief: 'Move what is in database OLD to NEW',
  },
  'rename-prefix': {
    kind: 'parsed',
    parse: parsePrefixRename,
    optional: true,
    variadic: true,
    placeholder: 'OLD:NEW',
    brief: 'Change the beginning of names; \\: is a colon within OLD or NEW. user::people: makes people:1 of user:1',
  },
  'strip-ttl': { kind: 'boolean', default: false, withNegated: false, brief: 'Drop all expiry times' },
  'shift-ttl': {
    kind: 'parsed',
    parse: parseDuration,
    optional: true,
    placeholder: '±DURATION',
    brief: 'Move all expiry times, such as +7d; what is over is judged afterwards',
  },
};

/** Names of all flags that leave something out or change it. */
export const CHANGING_FLAGS = Object.keys({ ...selectionFlags, ...shapingFlags }) as readonly (
  | keyof SelectionFlags
  | keyof ShapingFlags
)[];

function parseLimit(text: string): number {
  return parseCount(text);
}

/** What the flags ask for, checked for contradictions. */
export function selectionSpec(flags: SelectionFlags & ShapingFlags, nowMs: number): KeySelectionSpec {
  const { 'min-size': minSize, 'max-size': maxSize, 'shift-ttl': shiftTtlMs, 'map-db': mapDb } = flags;
  if (minSize !== undefined && maxSize !== undefined && minSize > maxSize) {
    throw usageError(`--min-size ${formatCount(minSize)} is more than --max-size ${formatCount(maxSize)}`);
  }
  if (flags['strip-ttl'] && shiftTtlMs !== undefined)
    throw usageError('--strip-ttl and --shift-ttl exclude each other');
  if (flags.ttl === 'expired' && flags.expired === 'skip') {
    throw usageError(
      '--ttl expired and --expired skip exclude each other',
      'with --ttl expired alone, expired keys are kept.',
    );
  }
  const dbs = new Map<number, number>();
  for (const [from, to] of mapDb ?? []) {
    if (dbs.has(from)) throw usageError(`--map-db names database ${from} twice`);
    dbs.set(from, to);
  }
  return defined({
    dbs: flags.db,
    keys: flags.key,
    notKeys: flags['not-key'],
    keyRegexes: flags['key-regex'],
    notKeyRegexes: flags['not-key-regex'],
    types: flags.type,
    notTypes: flags['not-type'],
    ttl: flags.ttl,
    slots: flags.slots,
    minSize,
    maxSize,
    limit: flags.limit,
    mapDb: dbs.size > 0 ? dbs : undefined,
    renamePrefixes: flags['rename-prefix'],
    expired: flags.expired,
    shiftTtlMs,
    stripTtl: flags['strip-ttl'],
    nowMs,
  });
}

/** The selection that the flags ask for. */
export function keySelection(flags: SelectionFlags & ShapingFlags, nowMs: number): KeySelection {
  return new KeySelection(selectionSpec(flags, nowMs));
}

/** Whether the flags ask for some keys rather than for all that is in the source. */
export function selectsKeys(flags: SelectionFlags): boolean {
  const names = Object.keys(selectionFlags) as (keyof SelectionFlags)[];
  return names.some((name) => name !== 'expired' && flags[name] !== undefined);
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

function defined<T extends object>(object: T): Partial<Defined<T>> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Partial<Defined<T>>;
}
