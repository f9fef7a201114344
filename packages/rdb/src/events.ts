/**
 * The async forms: batches of events, and keys one at a time. Both own what they deliver; both cost more than the visitor,
 * which they are built on (see the table in the library guide).
 *
 * @module
 */
import type { Int64 } from '@rdbkit/bytes';
import type { RdbOptions } from './options.ts';
import { asyncChunks, type RdbSource } from './read.ts';
import { RdbReader } from './reader.ts';
import { type ValueKind, valueType } from './types.ts';
import {
  type Dialect,
  type KeyHeader,
  type Level,
  type RdbHeader,
  type RdbSummary,
  RdbVisitorBase,
  type RdbWarning,
  type StreamGroup,
  type StreamIdmp,
  type StreamInfo,
} from './visitor.ts';

/** What stands before a value, as an object that its receiver owns. */
export interface RdbKeyInfo {
  readonly db: number;
  readonly key: Uint8Array;
  readonly kind: ValueKind;
  /** What `OBJECT ENCODING` of the writing server said, or the nearest word. */
  readonly encoding: string;
  readonly typeCode: number;
  /** Absolute Unix milliseconds, or `null`. */
  readonly expireAtMs: Int64 | null;
  readonly idleSeconds: Int64 | null;
  readonly freq: number | null;
  /** Absolute offset of the key's record, in bytes. */
  readonly offset: number;
}

/** A live entry of a stream. */
export interface StreamEntry {
  readonly ms: Int64;
  readonly seq: Int64;
  readonly fields: readonly (readonly [field: Uint8Array, value: Uint8Array])[];
}

/** A whole value. */
export type RdbValue =
  | { readonly kind: 'string'; readonly value: Uint8Array }
  | { readonly kind: 'list'; readonly value: readonly Uint8Array[] }
  | {
      readonly kind: 'set';
      readonly value: readonly Uint8Array[];
      /** The expiry of each member, absolute, or `null` for none; the whole is `null` when no member has one. */
      readonly expireAtMs: readonly (Int64 | null)[] | null;
    }
  | {
      readonly kind: 'hash';
      readonly value: readonly (readonly [field: Uint8Array, value: Uint8Array, expireAtMs: Int64 | null])[];
    }
  | { readonly kind: 'zset'; readonly value: readonly (readonly [member: Uint8Array, score: number])[] }
  | {
      readonly kind: 'stream';
      readonly value: {
        readonly entries: readonly StreamEntry[];
        readonly info: StreamInfo;
        readonly groups: readonly StreamGroup[];
        readonly idmp: StreamIdmp | null;
      };
    }
  | {
      readonly kind: 'array';
      readonly value: readonly (readonly [index: Int64, element: Uint8Array])[];
      readonly cursor: Int64 | null;
    }
  | { readonly kind: 'module'; readonly module: string; readonly encodingVersion: number; readonly value: Uint8Array }
  /** A bitmap too long to be expanded (option `maxBitmapBytes`): its portable roaring form. */
  | { readonly kind: 'bitmap'; readonly lengthBytes: Int64; readonly value: Uint8Array }
  /** A value that is known only as raw bytes. */
  | { readonly kind: 'opaque'; readonly value: Uint8Array };

/** A key with its value. */
export type RdbKey = RdbKeyInfo & { readonly data: RdbValue };

/** One thing read from an RDB; see {@link rdbEvents}. */
export type RdbEvent =
  | { readonly type: 'header'; readonly header: RdbHeader }
  | { readonly type: 'aux'; readonly name: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'function'; readonly code: Uint8Array }
  | {
      readonly type: 'module-aux';
      readonly module: string;
      readonly encodingVersion: number;
      readonly when: number;
      readonly payload: Uint8Array;
    }
  | { readonly type: 'key'; readonly key: RdbKey }
  | { readonly type: 'warning'; readonly warning: RdbWarning }
  | { readonly type: 'end'; readonly summary: RdbSummary };

/**
 * A visitor that puts whole values together, as {@link rdbEvents} delivers them. For those who push chunks into an
 * `RdbReader` themselves; memory is bounded by the largest value and by what is not taken.
 *
 * @example
 * ```ts
 * import { RdbAssembler, RdbReader } from '@rdbkit/rdb';
 * const assembler = new RdbAssembler();
 * const reader = new RdbReader(assembler);
 * let keys = 0;
 * for (const chunk of chunks) {
 *   reader.push(chunk);
 *   for (const event of assembler.take()) if (event.type === 'key') keys++;
 * }
 * console.log(keys === reader.finish().keys); // true
 * ```
 */
export class RdbAssembler extends RdbVisitorBase {
  private events: RdbEvent[] = [];
  private dialect: Dialect = 'redis';
  private info: RdbKeyInfo | null = null;
  private data: RdbValue | null = null;
  private strings: Uint8Array[] = [];
  private memberExpiry: (Int64 | null)[] | null = null;
  private fields: [Uint8Array, Uint8Array, Int64 | null][] = [];
  private scores: [Uint8Array, number][] = [];
  private elements: [Int64, Uint8Array][] = [];
  private entries: StreamEntry[] = [];
  private entryFields: [Uint8Array, Uint8Array][] = [];
  private groups: StreamGroup[] = [];
  private streamState: {
    entries: StreamEntry[];
    info: StreamInfo;
    groups: StreamGroup[];
    idmp: StreamIdmp | null;
  } | null = null;
  private pieces: Uint8Array[] = [];

  /** Whether there is something to be taken. */
  get hasEvents(): boolean {
    return this.events.length > 0;
  }

  /** What has been read since the last call. It is the caller's. */
  take(): RdbEvent[] {
    const { events } = this;
    this.events = [];
    return events;
  }

  override header(header: RdbHeader): void {
    this.dialect = header.dialect;
    this.events.push({ type: 'header', header });
  }
  override aux(name: Uint8Array, value: Uint8Array): void {
    this.events.push({ type: 'aux', name, value });
  }
  override functionLibrary(code: Uint8Array): void {
    this.events.push({ type: 'function', code });
  }
  override moduleAux(module: string, encodingVersion: number, when: number, payload: Uint8Array): void {
    this.events.push({ type: 'module-aux', module, encodingVersion, when, payload });
  }
  override warning(warning: RdbWarning): void {
    this.events.push({ type: 'warning', warning });
  }
  override end(summary: RdbSummary): void {
    this.events.push({ type: 'end', summary });
  }

  override key(header: KeyHeader): Level {
    const type = valueType(header.typeCode, this.dialect);
    this.info = {
      db: header.db,
      key: header.bytes.slice(header.start, header.end),
      kind: type?.kind ?? 'module',
      encoding: type?.encoding ?? 'unknown',
      typeCode: header.typeCode,
      expireAtMs: header.expireAtMs,
      idleSeconds: header.idleSeconds,
      freq: header.freq,
      offset: header.offset,
    };
    this.data = null;
    return 'logical';
  }
  override keyEnd(): void {
    if (this.info !== null && this.data !== null)
      this.events.push({ type: 'key', key: { ...this.info, data: this.data } });
  }
  override raw(bytes: Uint8Array, start: number, end: number): void {
    this.data = { kind: 'opaque', value: bytes.slice(start, end) };
  }

  override string(bytes: Uint8Array, start: number, end: number): void {
    this.data = { kind: 'string', value: bytes.slice(start, end) };
  }
  override stringPiece(bytes: Uint8Array, start: number, end: number): void {
    this.pieces.push(bytes.slice(start, end));
  }
  override stringEnd(): void {
    // Joined only now: the announced length of a damaged string should not cost memory.
    const value = new Uint8Array(this.pieces.reduce((length, piece) => length + piece.length, 0));
    let at = 0;
    for (const piece of this.pieces) {
      value.set(piece, at);
      at += piece.length;
    }
    this.pieces = [];
    this.data = { kind: 'string', value };
  }
  override listStart(): void {
    this.strings = [];
    this.data = { kind: 'list', value: this.strings };
  }
  override listElement(bytes: Uint8Array, start: number, end: number): void {
    this.strings.push(bytes.slice(start, end));
  }
  override setStart(): void {
    this.strings = [];
    this.memberExpiry = null;
    this.data = { kind: 'set', value: this.strings, expireAtMs: null };
  }
  override setMember(bytes: Uint8Array, start: number, end: number, expireAtMs: Int64 | null): void {
    if (expireAtMs !== null && this.memberExpiry === null) {
      this.memberExpiry = new Array(this.strings.length).fill(null);
      this.data = { kind: 'set', value: this.strings, expireAtMs: this.memberExpiry };
    }
    this.strings.push(bytes.slice(start, end));
    this.memberExpiry?.push(expireAtMs);
  }
  override hashStart(): void {
    this.fields = [];
    this.data = { kind: 'hash', value: this.fields };
  }
  override hashField(
    fieldBytes: Uint8Array,
    fieldStart: number,
    fieldEnd: number,
    valueBytes: Uint8Array,
    valueStart: number,
    valueEnd: number,
    expireAtMs: Int64 | null,
  ): void {
    this.fields.push([fieldBytes.slice(fieldStart, fieldEnd), valueBytes.slice(valueStart, valueEnd), expireAtMs]);
  }
  override zsetStart(): void {
    this.scores = [];
    this.data = { kind: 'zset', value: this.scores };
  }
  override zsetMember(bytes: Uint8Array, start: number, end: number, score: number): void {
    this.scores.push([bytes.slice(start, end), score]);
  }
  override arrayStart(_count: number, cursor: Int64 | null): void {
    this.elements = [];
    this.data = { kind: 'array', value: this.elements, cursor };
  }
  override arrayElement(index: Int64, bytes: Uint8Array, start: number, end: number): void {
    this.elements.push([index, bytes.slice(start, end)]);
  }
  override module(module: string, encodingVersion: number, bytes: Uint8Array, start: number, end: number): void {
    this.data = { kind: 'module', module, encodingVersion, value: bytes.slice(start, end) };
  }
  override bitmap(lengthBytes: Int64, bytes: Uint8Array, start: number, end: number): void {
    this.data = { kind: 'bitmap', lengthBytes, value: bytes.slice(start, end) };
  }
  override streamStart(): void {
    this.entries = [];
    this.groups = [];
  }
  override streamEntry(ms: Int64, seq: Int64): void {
    this.entryFields = [];
    this.entries.push({ ms, seq, fields: this.entryFields });
  }
  override streamField(
    fieldBytes: Uint8Array,
    fieldStart: number,
    fieldEnd: number,
    valueBytes: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): void {
    this.entryFields.push([fieldBytes.slice(fieldStart, fieldEnd), valueBytes.slice(valueStart, valueEnd)]);
  }
  override streamInfo(info: StreamInfo): void {
    this.streamState = { entries: this.entries, info, groups: this.groups, idmp: null };
    this.data = { kind: 'stream', value: this.streamState };
  }
  override streamGroup(group: StreamGroup): void {
    this.groups.push(group);
  }
  override streamIdmp(idmp: StreamIdmp): void {
    if (this.streamState !== null) this.streamState.idmp = idmp;
  }
}

/** Input is decoded in steps of this size, which bounds a batch unless a single value is longer. */
const STEP_BYTES = 64 * 1024;

/**
 * Reads a source as batches of events, one batch for each 64 KiB of input or less. A key comes with its whole value, so
 * memory is bounded by the largest value; use a visitor for values that are larger than memory.
 *
 * @throws {RdbError} one of its subclasses, when the data is bad; batches before that have been delivered.
 * @example
 * ```ts
 * import { rdbEvents } from '@rdbkit/rdb';
 * for await (const batch of rdbEvents(bytes)) {
 *   for (const event of batch) if (event.type === 'key') console.log(event.key.kind);
 * }
 * ```
 */
export async function* rdbEvents(
  source: RdbSource,
  options: RdbOptions = {},
): AsyncGenerator<RdbEvent[], void, undefined> {
  const assembler = new RdbAssembler();
  const reader = new RdbReader(assembler, options);
  for await (const chunk of chunksOf(source)) {
    for (let at = 0; at < chunk.length; at += STEP_BYTES) {
      try {
        let hasMore = reader.push(chunk.subarray(at, at + STEP_BYTES));
        while (hasMore) {
          if (assembler.hasEvents) yield assembler.take();
          hasMore = reader.more();
        }
      } catch (error) {
        if (assembler.hasEvents) yield assembler.take();
        throw error;
      }
      if (assembler.hasEvents) yield assembler.take();
    }
  }
  reader.finish();
  yield assembler.take();
}

/**
 * Reads the keys of a source, one at a time, each with its whole value. The most convenient form and the slowest.
 *
 * @throws {RdbError} one of its subclasses, when the data is bad; keys before that have been delivered.
 * @example
 * ```ts
 * import { rdbKeys } from '@rdbkit/rdb';
 * for await (const { db, key, data } of rdbKeys(bytes)) {
 *   console.log(db, new TextDecoder().decode(key), data.kind);
 * }
 * ```
 */
export async function* rdbKeys(source: RdbSource, options: RdbOptions = {}): AsyncGenerator<RdbKey, void, undefined> {
  for await (const batch of rdbEvents(source, options)) {
    for (const event of batch) if (event.type === 'key') yield event.key;
  }
}

async function* chunksOf(source: RdbSource): AsyncGenerator<Uint8Array> {
  if (source instanceof Uint8Array) yield source;
  else if (Symbol.iterator in source) yield* source;
  else yield* asyncChunks(source);
}
