/**
 * The packed encodings — listpack, ziplist, intset, zipmap, roaring bitmap — written from their elements. Each builder
 * has options that forge a part, for tests of damaged input.
 *
 * @module
 */
import { type Bytes, ByteWriter, toBytes } from './byte-writer.ts';

/** An element whose encoding (without the length that follows or precedes it) was chosen by the test. */
export class PackedEntry {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** An element: text and bytes are stored as strings, numbers in the narrowest integer form. */
export type PackedElement = Bytes | number | bigint | PackedEntry;

/** The integer forms of a listpack, in bits. */
export type ListpackIntForm = 7 | 13 | 16 | 24 | 32 | 64;

/** A listpack integer in a chosen width. */
export function listpackInt(value: number | bigint, form: ListpackIntForm): PackedEntry {
  const wide = BigInt(value);
  const narrow = Number(BigInt.asIntN(32, wide));
  const out = new ByteWriter();
  if (form === 7) out.u8(narrow & 0x7f);
  else if (form === 13) out.u8(0xc0 | ((narrow >> 8) & 0x1f)).u8(narrow & 0xff);
  else if (form === 16) out.u8(0xf1).u16(narrow & 0xffff);
  else if (form === 24) out.u8(0xf2).u24(narrow & 0xff_ffff);
  else if (form === 32) out.u8(0xf3).u32(narrow >>> 0);
  else out.u8(0xf4).u64(wide);
  return new PackedEntry(out.toBytes());
}

/** A listpack string with its length in 6, 12 or 32 bits. */
export function listpackString(value: Bytes, form?: 6 | 12 | 32): PackedEntry {
  const bytes = toBytes(value);
  const out = new ByteWriter();
  const width = form ?? (bytes.length < 64 ? 6 : bytes.length < 4096 ? 12 : 32);
  if (width === 6) out.u8(0x80 | bytes.length);
  else if (width === 12) out.u8(0xe0 | (bytes.length >> 8)).u8(bytes.length & 0xff);
  else out.u8(0xf0).u32(bytes.length);
  return new PackedEntry(out.raw(bytes).toBytes());
}

function listpackEntry(element: PackedElement): Uint8Array {
  if (element instanceof PackedEntry) return element.bytes;
  if (typeof element !== 'number' && typeof element !== 'bigint') return listpackString(element).bytes;
  return listpackInt(element, narrowestListpackForm(BigInt(element))).bytes;
}

function narrowestListpackForm(value: bigint): ListpackIntForm {
  if (value >= 0n && value <= 127n) return 7;
  for (const form of [13, 16, 24, 32] as const) {
    const limit = 1n << BigInt(form - 1);
    if (value >= -limit && value < limit) return form;
  }
  return 64;
}

/**
 * The length of an element as it stands behind it.
 *
 * @param narrow - the form that servers use since May 2026: one byte less for 16383, 2097151 and 268435455.
 */
export function listpackBacklen(size: number, narrow = false): Uint8Array {
  const limits = [127, 16383, 2097151, 268435455];
  let width = limits.findIndex((limit, i) => size < limit || (size === limit && (i === 0 || narrow))) + 1;
  if (width === 0) width = 5;
  return Uint8Array.from({ length: width }, (_, i) => {
    const group = Math.floor(size / 128 ** (width - 1 - i)) & 0x7f;
    return i === 0 ? group : group | 0x80;
  });
}

/** What may be forged in a listpack. */
export interface ListpackOptions {
  /** Element count in the header; 65535 means “walk to find out”. */
  readonly count?: number;
  /** Size in the header. */
  readonly totalBytes?: number;
  /** Last byte, 255 in a sound listpack. */
  readonly end?: number;
  /** See {@link listpackBacklen}. */
  readonly narrowBacklen?: boolean;
}

/** A listpack. */
export function listpack(elements: readonly PackedElement[], options: ListpackOptions = {}): Uint8Array {
  const body = new ByteWriter();
  for (const element of elements) {
    const entry = listpackEntry(element);
    body.raw(entry).raw(listpackBacklen(entry.length, options.narrowBacklen));
  }
  return new ByteWriter()
    .u32(options.totalBytes ?? body.length + 7)
    .u16(options.count ?? Math.min(elements.length, 65535))
    .raw(body.toBytes())
    .u8(options.end ?? 255)
    .toBytes();
}

/** The integer forms of a ziplist: 0 is the immediate one (0–12), the others are widths in bits. */
export type ZiplistIntForm = 0 | 8 | 16 | 24 | 32 | 64;

/** A ziplist integer in a chosen width. */
export function ziplistInt(value: number | bigint, form: ZiplistIntForm): PackedEntry {
  const wide = BigInt(value);
  const narrow = Number(BigInt.asIntN(32, wide));
  const out = new ByteWriter();
  if (form === 0) out.u8(0xf1 + narrow);
  else if (form === 8) out.u8(0xfe).u8(narrow & 0xff);
  else if (form === 16) out.u8(0xc0).u16(narrow & 0xffff);
  else if (form === 24) out.u8(0xf0).u24(narrow & 0xff_ffff);
  else if (form === 32) out.u8(0xd0).u32(narrow >>> 0);
  else out.u8(0xe0).u64(wide);
  return new PackedEntry(out.toBytes());
}

/** A ziplist string with its length in 6, 14 or 32 bits. */
export function ziplistString(value: Bytes, form?: 6 | 14 | 32): PackedEntry {
  const bytes = toBytes(value);
  const out = new ByteWriter();
  const width = form ?? (bytes.length < 64 ? 6 : bytes.length < 16384 ? 14 : 32);
  if (width === 6) out.u8(bytes.length);
  else if (width === 14) out.u8(0x40 | (bytes.length >> 8)).u8(bytes.length & 0xff);
  else out.u8(0x80).u32be(bytes.length);
  return new PackedEntry(out.raw(bytes).toBytes());
}

function ziplistEntry(element: PackedElement): Uint8Array {
  if (element instanceof PackedEntry) return element.bytes;
  if (typeof element !== 'number' && typeof element !== 'bigint') return ziplistString(element).bytes;
  const value = BigInt(element);
  if (value >= 0n && value <= 12n) return ziplistInt(value, 0).bytes;
  for (const form of [8, 16, 24, 32] as const) {
    const limit = 1n << BigInt(form - 1);
    if (value >= -limit && value < limit) return ziplistInt(value, form).bytes;
  }
  return ziplistInt(value, 64).bytes;
}

/** What may be forged in a ziplist. */
export interface ZiplistOptions {
  /** Element count in the header; 65535 means “walk to find out”. */
  readonly count?: number;
  readonly totalBytes?: number;
  /** Offset of the last entry in the header. */
  readonly tail?: number;
  readonly end?: number;
  /** Write every length of a previous entry in five bytes. */
  readonly widePrevlen?: boolean;
}

/** A ziplist. */
export function ziplist(elements: readonly PackedElement[], options: ZiplistOptions = {}): Uint8Array {
  const body = new ByteWriter();
  let previous = 0;
  let tail = 10;
  for (const element of elements) {
    const start = body.length;
    tail = 10 + start;
    if (previous < 254 && !options.widePrevlen) body.u8(previous);
    else body.u8(254).u32(previous);
    body.raw(ziplistEntry(element));
    previous = body.length - start;
  }
  return new ByteWriter()
    .u32(options.totalBytes ?? body.length + 11)
    .u32(options.tail ?? tail)
    .u16(options.count ?? Math.min(elements.length, 65535))
    .raw(body.toBytes())
    .u8(options.end ?? 255)
    .toBytes();
}

/** An intset of members in the order given; a sound one has them ascending and without repeats. */
export function intset(
  members: readonly (number | bigint)[],
  options: { readonly width?: number; readonly count?: number } = {},
): Uint8Array {
  const values = members.map(BigInt);
  const fits = (bits: bigint): boolean => values.every((value) => value >= -(1n << bits) && value < 1n << bits);
  const width = options.width ?? (fits(15n) ? 2 : fits(31n) ? 4 : 8);
  const out = new ByteWriter().u32(width).u32(options.count ?? values.length);
  for (const value of values) {
    if (width === 2) out.u16(Number(BigInt.asUintN(16, value)));
    else if (width === 4) out.u32(Number(BigInt.asUintN(32, value)));
    else out.u64(value);
  }
  return out.toBytes();
}

/** What may be chosen or forged in a zipmap. */
export interface ZipmapOptions {
  /** 254 and 255 mean “walk to find out”. */
  readonly count?: number;
  /** Unused bytes behind each value. */
  readonly free?: number;
  /** Write every length in five bytes. */
  readonly wideLengths?: boolean;
  readonly end?: number;
}

/** A zipmap of field–value pairs. */
export function zipmap(pairs: readonly (readonly [Bytes, Bytes])[], options: ZipmapOptions = {}): Uint8Array {
  const out = new ByteWriter().u8(options.count ?? Math.min(pairs.length, 254));
  const length = (size: number): void => {
    if (size < 254 && !options.wideLengths) out.u8(size);
    else out.u8(254).u32(size);
  };
  const free = options.free ?? 0;
  for (const [field, value] of pairs) {
    const fieldBytes = toBytes(field);
    const valueBytes = toBytes(value);
    length(fieldBytes.length);
    out.raw(fieldBytes);
    length(valueBytes.length);
    out.u8(free).raw(valueBytes).raw(new Uint8Array(free).fill(0x2a));
  }
  return out.u8(options.end ?? 255).toBytes();
}

const ARRAY_CONTAINER_MAX = 4096;
const OFFSETS_FROM = 4;

/**
 * A 64-bit portable roaring bitmap of bit positions.
 *
 * @param runs - store every container as runs, where else it would be an array (≤ 4096 positions) or a bitset.
 */
export function roaring64(positions: readonly (number | bigint)[], runs = false): Uint8Array {
  const sorted = [...new Set(positions.map(BigInt))].sort((a, b) => (a < b ? -1 : 1));
  const buckets = groupBy(sorted, (position) => position >> 32n);
  const out = new ByteWriter().u64(buckets.size);
  for (const [high, members] of buckets) {
    const containers = [...groupBy(members, (position) => (position >> 16n) & 0xffffn)];
    out.u32(Number(high)).raw(roaring32(containers, runs));
  }
  return out.toBytes();
}

function roaring32(containers: readonly (readonly [bigint, readonly bigint[]])[], runs: boolean): Uint8Array {
  const out = new ByteWriter();
  const count = containers.length;
  const hasOffsets = !runs || count >= OFFSETS_FROM;
  if (runs) out.u32((12347 | ((count - 1) << 16)) >>> 0).raw(new Uint8Array(Math.ceil(count / 8)).fill(0xff));
  else out.u32(12346).u32(count);
  const bodies: Uint8Array[] = [];
  for (const [key, members] of containers) {
    const values = members.map((member) => Number(member & 0xffffn));
    out.u16(Number(key)).u16(values.length - 1);
    bodies.push(containerBytes(values, runs));
  }
  if (hasOffsets) {
    let offset = out.length + 4 * count;
    for (const body of bodies) {
      out.u32(offset);
      offset += body.length;
    }
  }
  for (const body of bodies) out.raw(body);
  return out.toBytes();
}

function containerBytes(values: readonly number[], runs: boolean): Uint8Array {
  const out = new ByteWriter();
  if (runs) {
    const found: [number, number][] = [];
    for (const value of values) {
      const last = found.at(-1);
      if (last !== undefined && last[0] + last[1] + 1 === value) last[1] += 1;
      else found.push([value, 0]);
    }
    out.u16(found.length);
    for (const [start, more] of found) out.u16(start).u16(more);
    return out.toBytes();
  }
  if (values.length <= ARRAY_CONTAINER_MAX) {
    for (const value of values) out.u16(value);
    return out.toBytes();
  }
  const bits = new Uint8Array(8192);
  for (const value of values) bits[value >> 3] = (bits[value >> 3] ?? 0) | (1 << (value & 7));
  return bits;
}

function groupBy<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
