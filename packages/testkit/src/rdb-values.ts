/**
 * Values as they stand in an RDB file behind the key: one function for each type number. All take sound parts and
 * write a sound value; where an option or an argument allows nonsense, that is for tests of damaged input.
 *
 * @module
 */
import { type Bytes, ByteWriter, type RdbString, toBytes } from './byte-writer.ts';
import { listpack, type PackedElement } from './packed-builder.ts';

/** A type byte and the bytes that follow the key. */
export interface RdbValue {
  readonly typeCode: number;
  readonly bytes: Uint8Array;
}

/** For containers: the count that is written, when it is to differ from the number of elements. */
export interface CountOption {
  readonly count?: number | bigint;
}

/** Any type byte with any bytes. */
export function rawValue(typeCode: number, bytes: Uint8Array | ByteWriter): RdbValue {
  return { typeCode, bytes: bytes instanceof ByteWriter ? bytes.toBytes() : bytes };
}

function strings(typeCode: number, items: readonly RdbString[], options: CountOption): RdbValue {
  const out = new ByteWriter().len(options.count ?? items.length);
  for (const item of items) out.str(item);
  return rawValue(typeCode, out);
}

/** 0: a string. */
export function stringValue(value: RdbString): RdbValue {
  return rawValue(0, new ByteWriter().str(value));
}

/** 1: a list of single elements. */
export function listValue(items: readonly RdbString[], options: CountOption = {}): RdbValue {
  return strings(1, items, options);
}

/** 2: a set of single members. */
export function setValue(items: readonly RdbString[], options: CountOption = {}): RdbValue {
  return strings(2, items, options);
}

/** A score as text, or one of the length bytes that stand for a value: 253 NaN, 254 +∞, 255 −∞. */
export type AsciiScore = string | 253 | 254 | 255;

/** 3: a sorted set with scores as text. */
export function zsetValue(pairs: readonly (readonly [RdbString, AsciiScore])[], options: CountOption = {}): RdbValue {
  const out = new ByteWriter().len(options.count ?? pairs.length);
  for (const [member, score] of pairs) {
    out.str(member);
    if (typeof score === 'number') out.u8(score);
    else out.u8(toBytes(score).length).raw(score);
  }
  return rawValue(3, out);
}

/** 5: a sorted set with binary scores; servers write the highest score first. */
export function zset2Value(pairs: readonly (readonly [RdbString, number])[], options: CountOption = {}): RdbValue {
  const out = new ByteWriter().len(options.count ?? pairs.length);
  for (const [member, score] of pairs) out.str(member).f64(score);
  return rawValue(5, out);
}

/** 4: a hash of single fields. */
export function hashValue(pairs: readonly (readonly [RdbString, RdbString])[], options: CountOption = {}): RdbValue {
  const out = new ByteWriter().len(options.count ?? pairs.length);
  for (const [field, value] of pairs) out.str(field).str(value);
  return rawValue(4, out);
}

/**
 * A value that is one packed blob: 9 zipmap, 10, 12 and 13 ziplist, 11 intset, 16, 17 and 20 listpack, 23 listpack of
 * triplets.
 */
export function blobValue(typeCode: 9 | 10 | 11 | 12 | 13 | 16 | 17 | 20 | 23, blob: RdbString): RdbValue {
  return rawValue(typeCode, new ByteWriter().str(blob));
}

/** 14: a list of ziplists. */
export function quicklistValue(nodes: readonly RdbString[], options: CountOption = {}): RdbValue {
  return strings(14, nodes, options);
}

/** A node of a list: one plain element, or a listpack. `container` forges the number that says which. */
export type QuicklistNode =
  | { readonly plain: RdbString; readonly container?: number }
  | { readonly packed: RdbString; readonly container?: number };

/** 18: a list of plain and packed nodes. */
export function quicklist2Value(nodes: readonly QuicklistNode[], options: CountOption = {}): RdbValue {
  const out = new ByteWriter().len(options.count ?? nodes.length);
  for (const node of nodes) {
    if ('plain' in node) out.len(node.container ?? 1).str(node.plain);
    else out.len(node.container ?? 2).str(node.packed);
  }
  return rawValue(18, out);
}

/** A hash field with its expiry, absolute in milliseconds; 0 or `null` when it has none. */
export type ExpiringField = readonly [field: RdbString, value: RdbString, expireAtMs: number | null];

/** 22 (Redis, 7.4 candidates): fields with absolute times. */
export function hashMetadataPreGaValue(fields: readonly ExpiringField[]): RdbValue {
  const out = new ByteWriter().len(fields.length);
  for (const [field, value, at] of fields) {
    out
      .len(at ?? 0)
      .str(field)
      .str(value);
  }
  return rawValue(22, out);
}

/** 24 (Redis): fields with times relative to the first one that expires. */
export function hashMetadataValue(
  fields: readonly ExpiringField[],
  options: CountOption & { readonly minExpireMs?: number | bigint } = {},
): RdbValue {
  const min = BigInt(options.minExpireMs ?? lowestExpiry(fields));
  const out = new ByteWriter().u64(min).len(options.count ?? fields.length);
  for (const [field, value, at] of fields) {
    out
      .len(at ? BigInt(at) - min + 1n : 0)
      .str(field)
      .str(value);
  }
  return rawValue(24, out);
}

function lowestExpiry(fields: readonly (readonly [unknown, unknown, number | null])[]): number {
  const times = fields.flatMap(([, , at]) => (at ? [at] : []));
  return times.length === 0 ? 0 : Math.min(...times);
}

/** 25 (Redis): a listpack of field, value and absolute time (0: none). */
export function hashListpackExValue(
  fields: readonly (readonly [Bytes | number, Bytes | number, number | null])[],
  options: { readonly minExpireMs?: number | bigint } = {},
): RdbValue {
  const blob = listpack(fields.flatMap(([field, value, at]) => [field, value, at ?? 0]));
  return rawValue(25, new ByteWriter().u64(options.minExpireMs ?? lowestExpiry(fields)).str(blob));
}

/** 22 (Valkey): fields with absolute times, −1 for none. */
export function hash2Value(fields: readonly ExpiringField[], options: CountOption = {}): RdbValue {
  const out = new ByteWriter().len(options.count ?? fields.length);
  for (const [field, value, at] of fields)
    out
      .str(field)
      .str(value)
      .u64(at ?? -1);
  return rawValue(22, out);
}

/** 23 (Valkey, unreleased): hashes by path. */
export function pathHashValue(
  paths: readonly (readonly [RdbString, readonly (readonly [RdbString, RdbString])[]])[],
): RdbValue {
  const out = new ByteWriter().len(paths.length);
  for (const [path, fields] of paths) {
    out.str(path).len(fields.length);
    for (const [field, value] of fields) out.str(field).str(value);
  }
  return rawValue(23, out);
}

/** What an element of an array is stored as. */
export type ArrayPayload =
  | { readonly string: RdbString }
  | { readonly int: number | bigint }
  | { readonly float: number }
  | { readonly short: RdbString }
  | { readonly tag: number; readonly bytes: Uint8Array };

/** 28 (Redis): a sparse array; `cursor` is the index of the last insertion. */
export function arrayValue(
  items: readonly (readonly [index: number | bigint, payload: ArrayPayload])[],
  options: CountOption & { readonly cursor?: number | bigint; readonly cursorFlag?: number } = {},
): RdbValue {
  const out = new ByteWriter().len(options.count ?? items.length);
  out.len(options.cursorFlag ?? (options.cursor === undefined ? 0 : 1));
  if (options.cursor !== undefined) out.len(options.cursor);
  for (const [index, payload] of items) {
    out.len(index);
    if ('string' in payload) out.len(0).str(payload.string);
    else if ('int' in payload) out.len(1).u64(payload.int);
    else if ('float' in payload) out.len(2).f64(payload.float);
    else if ('short' in payload) out.len(3).str(payload.short);
    else out.len(payload.tag).raw(payload.bytes);
  }
  return rawValue(28, out);
}

/** Field names of a self-contained template hash, as a listpack (format 0) or one by one (format 1). */
export type TemplateFields = { readonly packed: readonly Bytes[] } | { readonly single: readonly RdbString[] };

function writeTemplateFields(out: ByteWriter, fields: TemplateFields): ByteWriter {
  if ('packed' in fields) return out.len(0).str(listpack(fields.packed));
  out.len(1).len(fields.single.length);
  for (const field of fields.single) out.str(field);
  return out;
}

/** 29 (Redis): a hash with its own field names and a listpack of values. */
export function templateListpackValue(
  fields: TemplateFields,
  values: readonly PackedElement[],
  templateId: number | bigint = 1,
): RdbValue {
  return rawValue(29, writeTemplateFields(new ByteWriter(), fields).str(listpack([templateId, ...values])));
}

/** 30 (Redis): a listpack of values for a template that stands earlier in the file. */
export function templateListpackRefValue(templateId: PackedElement, values: readonly PackedElement[]): RdbValue {
  return rawValue(30, new ByteWriter().str(listpack([templateId, ...values])));
}

/** 31 (Redis): a hash with its own field names and single values. */
export function templateArrayValue(fields: TemplateFields, values: readonly RdbString[]): RdbValue {
  const out = writeTemplateFields(new ByteWriter(), fields);
  for (const value of values) out.str(value);
  return rawValue(31, out);
}

/** 32 (Redis): single values for a template that stands earlier in the file. */
export function templateArrayRefValue(templateId: number | bigint, values: readonly RdbString[]): RdbValue {
  const out = new ByteWriter().len(templateId);
  for (const value of values) out.str(value);
  return rawValue(32, out);
}

/** 33 (Redis): a roaring bitmap; `length` is that of the string it stands for, in bytes. */
export function bitmapValue(length: number | bigint, roaring: RdbString): RdbValue {
  return rawValue(33, new ByteWriter().len(length).str(roaring));
}

/** An item of a module's data. */
export type ModuleItem =
  | { readonly sint: number | bigint }
  | { readonly uint: number | bigint }
  | { readonly float: number }
  | { readonly double: number }
  | { readonly string: RdbString }
  | { readonly opcode: number; readonly bytes: Uint8Array };

const MODULE_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const CLASS_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-';

function packName(name: string, alphabet: string): bigint {
  let packed = 0n;
  for (const char of name) {
    const index = alphabet.indexOf(char);
    if (index < 0) throw new RangeError(`not in the alphabet of module names: ${char}`);
    packed = (packed << 6n) | BigInt(index);
  }
  return packed;
}

/** The 64-bit number of a module type: nine characters and the version of its encoding (0–1023). */
export function moduleId(name: string, encodingVersion: number): bigint {
  if (name.length !== 9) throw new RangeError(`a module type has nine characters: ${name}`);
  return (packName(name, MODULE_ALPHABET) << 10n) | BigInt(encodingVersion);
}

/** Items with their end mark. */
export function moduleItems(items: readonly ModuleItem[]): Uint8Array {
  const out = new ByteWriter();
  for (const item of items) {
    if ('sint' in item) out.len(1).len(item.sint);
    else if ('uint' in item) out.len(2).len(item.uint);
    else if ('float' in item) out.len(3).f32(item.float);
    else if ('double' in item) out.len(4).f64(item.double);
    else if ('string' in item) out.len(5).str(item.string);
    else out.len(item.opcode).raw(item.bytes);
  }
  return out.len(0).toBytes();
}

/** 7: a module's value. */
export function moduleValue(name: string, encodingVersion: number, items: readonly ModuleItem[]): RdbValue {
  return rawValue(7, new ByteWriter().len(moduleId(name, encodingVersion), 64).raw(moduleItems(items)));
}

/** Metadata that a module class attaches to a key. */
export interface KeyMetadataClass {
  /** Four characters. */
  readonly name: string;
  /** 0–31. */
  readonly version: number;
  /** Bits 0–2; bit 0 says that a server without the class may ignore it. */
  readonly flags: number;
  readonly items: readonly ModuleItem[];
}

/** The block of opcode 243 (Redis), opcode included: before a type byte in a file or in a DUMP payload. */
export function keyMetadata(classes: readonly KeyMetadataClass[], count?: number): Uint8Array {
  const out = new ByteWriter().u8(243).len(count ?? classes.length);
  for (const { name, version, flags, items } of classes) {
    const spec = (packName(name, CLASS_ALPHABET) << 8n) | BigInt((version << 3) | flags);
    out.u32(Number(spec)).raw(moduleItems(items));
  }
  return out.toBytes();
}
