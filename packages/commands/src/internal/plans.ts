/** What to do with a value of each type. */
import { type Dialect, type ValueKind, type ValueType, valueType, valueTypesOf } from '@rdbkit/rdb';
import type { Capabilities } from '../capabilities.ts';
import type { Form } from '../options.ts';
import { STREAM_TYPES } from './stream-transcoder.ts';
import { HASH, LIST, SET, STRING, ZSET, ZSET_2 } from './transcoder.ts';

/** Nothing, or nothing more. */
export const DONE = 0;
/** One `SET`. */
export const SET_STRING = 1;
/** Commands for the elements. */
export const BUILD = 2;
/** Commands for a stream, from its raw value. */
export const STREAM = 3;
/** Commands for a stream too long for a raw value. */
export const STREAM_ONCE = 4;
/** `RESTORE` of a module's value, which has no other form. */
export const MODULE = 5;
/** `RESTORE` of the raw value. */
export const RAW = 6;
/** `RESTORE` of a stream, if it is sound. */
export const RAW_STREAM = 7;
/** `RESTORE` of a hash whose fields expire, unless some have. */
export const RAW_FIELDS = 8;
/** `RESTORE` of the value in a plain layout. */
export const TRANSCODE = 9;
/** The same for a hash that refers to a template, which only the reader of the file knows. */
export const TEMPLATE = 10;
/** The target has nothing to hold the value. */
export const IMPOSSIBLE = 11;

/** Types of hashes whose fields expire, and of sets whose members do. */
const EXPIRING_ELEMENTS: ReadonlySet<string> = new Set([
  'HASH_METADATA_PRE_GA',
  'HASH_LISTPACK_EX_PRE_GA',
  'HASH_METADATA',
  'HASH_LISTPACK_EX',
  'HASH_2',
  'HASH_WITH_EXPIRY',
  'SET_WITH_EXPIRY',
]);
/**
 * Zipmaps (2.4) are not passed on: later servers check them more strictly than those that wrote them, and make another
 * layout of them at once.
 */
const HASH_ZIPMAP = 9;
const MODULE_2 = 7;

/** The plans for all types of a file's dialect. */
export interface Plans {
  /** By type code: one of the constants of this module. */
  readonly actions: Uint8Array;
  readonly kinds: readonly ValueKind[];
}

/** Whether RESTORE takes a type as it stands. */
export function isAccepted(typeCode: number, dialect: Dialect, caps: Capabilities): boolean {
  const type = valueType(typeCode, dialect);
  return type !== undefined && caps.types.has(typeCode) && (type.dialect === null || type.dialect === caps.dialect);
}

export function makePlans(dialect: Dialect, caps: Capabilities, form: Form): Plans {
  const actions = new Uint8Array(256).fill(IMPOSSIBLE);
  const kinds = new Array<ValueKind>(256).fill('string');
  for (const type of valueTypesOf(dialect)) {
    kinds[type.code] = type.kind;
    actions[type.code] =
      form !== 'plain' && caps.payloadVersion > 0
        ? restoreAction(type, dialect, caps)
        : plainAction(type, dialect, caps);
  }
  return { actions, kinds };
}

function plainAction(type: ValueType, dialect: Dialect, caps: Capabilities): number {
  if (type.support === 'opaque') return isAccepted(type.code, dialect, caps) ? RAW : IMPOSSIBLE;
  switch (type.kind) {
    case 'string':
      return SET_STRING;
    case 'array':
      return caps.arrays ? BUILD : IMPOSSIBLE;
    case 'stream':
      return caps.streams ? STREAM : IMPOSSIBLE;
    case 'module':
      if (type.code !== MODULE_2 && isAccepted(type.code, dialect, caps)) return RAW;
      return type.support === 'decoded' && caps.types.has(MODULE_2) ? MODULE : IMPOSSIBLE;
    case 'set':
      // No command says when a member expires.
      return EXPIRING_ELEMENTS.has(type.name) && caps.memberExpiryType >= 0 ? RAW_FIELDS : BUILD;
    default:
      return BUILD;
  }
}

function restoreAction(type: ValueType, dialect: Dialect, caps: Capabilities): number {
  const plain = plainAction(type, dialect, caps);
  if (plain === IMPOSSIBLE || plain === RAW || plain === MODULE) return plain;
  if (type.kind === 'stream') return RAW_STREAM;
  if (EXPIRING_ELEMENTS.has(type.name)) return RAW_FIELDS;
  if (isAccepted(type.code, dialect, caps) && type.restorable && type.code !== HASH_ZIPMAP) return RAW;
  if (plainType(type.kind, caps) < 0) return plain;
  return type.restorable ? TRANSCODE : TEMPLATE;
}

/** The type code of a kind's plain layout that the target takes, −1 when there is none. */
export function plainType(kind: ValueKind, caps: Capabilities): number {
  const codes: Partial<Record<ValueKind, readonly number[]>> = {
    string: [STRING],
    list: [LIST],
    set: [SET],
    zset: [ZSET_2, ZSET],
    hash: [HASH],
  };
  return codes[kind]?.find((code) => caps.types.has(code)) ?? -1;
}

/** The newest layout of streams that the target takes, not newer than the one given; −1 when there is none. */
export function streamType(typeCode: number, caps: Capabilities): number {
  return (
    STREAM_TYPES.findLast(
      (code) => code <= typeCode && caps.types.has(code) && (code <= 21 || caps.dialect === 'redis'),
    ) ?? -1
  );
}
