/** What the rules of the grammar share while one input is decoded. */
import type { DataError } from '@rdbkit/bytes';
import { RdbFormatError, RdbLimitError } from '../errors.ts';
import type { ResolvedRdbOptions } from '../options.ts';
import type { Dialect, KeyHeader, RdbVisitor } from '../visitor.ts';
import type { RdbInput } from './input.ts';
import { IntsetCursor } from './intset.ts';
import { ListpackCursor } from './listpack.ts';
import { NameSet } from './name-set.ts';
import type { PackedFault } from './packed-cursor.ts';
import { ZiplistCursor } from './ziplist.ts';
import { ZipmapCursor } from './zipmap.ts';

const EMPTY = new Uint8Array(0);
/** A longer name's place is given up for that of the next one. */
const KEEP_KEY = 64 * 1024;
const SHORT_KEY = 64;

/** Errors whose offset counts from the start of a value, because they come from a value that was decoded by itself. */
export const VALUE_ERRORS: WeakSet<DataError> = new WeakSet();

/** Errors whose offset and path are known: they come out of records within the input, which knew. */
export const SETTLED: WeakSet<DataError> = new WeakSet();

/** Lets a rule pause although it has input, so that its consumer can pass on what it has made; see `RdbReader.push`. */
export interface Pace {
  paused: boolean;
  /** Bytes that were decoded beside the input itself since the last pause. */
  done: number;
}

/** A grammar rule in progress. It yields when it needs more input and is resumed when there is some. */
export type Rule<T = void> = Generator<undefined, T, undefined>;

export class Decoding {
  readonly input: RdbInput;
  /** Set once for a file; for each value when values are decoded by themselves. */
  visitor: RdbVisitor;
  readonly options: ResolvedRdbOptions;
  dialect: Dialect = 'redis';
  version = 0;
  /** Deliver packed blobs whole. */
  packed = false;
  /** In a DUMP payload a value without elements is an error; in a file it is odd. */
  emptyIsError = false;
  /** Set by a rule that found a value without elements. */
  empty = false;
  /** Between a key and its value's end. */
  inKey = false;
  /** What is read does not stand in the input as it is: the offset in the input that it all came from; else −1. */
  origin = -1;
  /** Absolute offset of the value that was delivered raw last. */
  rawOffset = 0;
  /** What inside the key is being read; for errors. */
  element: string | null = null;
  readonly header: KeyHeader;
  /** HASH_TEMPLATE records of this file: the field names of each. */
  readonly templates: Map<number, readonly Uint8Array[]>;
  readonly pace: Pace;

  readonly listpack: ListpackCursor = new ListpackCursor();
  /** Another one, for the fields that the entries of a stream's node share. */
  readonly masterFields: ListpackCursor = new ListpackCursor();
  readonly ziplist: ZiplistCursor = new ZiplistCursor();
  readonly intset: IntsetCursor = new IntsetCursor();
  private names: NameSet | null = null;
  readonly zipmap: ZipmapCursor = new ZipmapCursor();

  /** @param around - What this is a part of: bytes of the same file that have to be unpacked or put together first. */
  constructor(input: RdbInput, visitor: RdbVisitor, options: ResolvedRdbOptions, around: Decoding | null = null) {
    this.input = input;
    this.visitor = visitor;
    this.options = options;
    this.header = newHeader();
    this.templates = around?.templates ?? new Map();
    this.pace = around?.pace ?? { paused: false, done: 0 };
    if (around === null) return;
    this.dialect = around.dialect;
    this.version = around.version;
    this.header.dialect = around.dialect;
  }

  /**
   * An empty set for the members or fields met in a value; `null` unless the reader is strict and looks for repeated ones, since
   * memory then is bounded by the value and no longer by its elements. One set, for one value after the other.
   */
  newSeen(): NameSet | null {
    if (!this.options.strict) return null;
    this.names ??= new NameSet();
    this.names.clear();
    return this.names;
  }

  /** A fault at the byte before which the input stands. */
  bad(code: string, message: string, offset: number = this.input.offset): RdbFormatError {
    return new RdbFormatError(code, message, offset);
  }

  tooLong(what: string, offset: number = this.input.offset): RdbLimitError {
    return new RdbLimitError(
      'RDB_LIMIT',
      `${what} exceeds the limit of ${this.options.maxStringBytes} bytes (option maxStringBytes)`,
      offset,
    );
  }

  /** Reports something odd; an error when strict. */
  warn(code: string, message: string, offset: number = this.input.offset): void {
    if (this.options.strict) throw this.bad(code, message, offset);
    this.visitor.warning({
      code,
      message,
      offset: this.origin < 0 ? offset : this.origin,
      db: this.header.db,
      key: this.inKey ? this.keyCopy() : null,
    });
  }

  private keptKey: Uint8Array = EMPTY;

  /** Moves the key's name to a place of its own, which is used for one key after the other. */
  keepKey(): void {
    const { header } = this;
    const length = header.end - header.start;
    if (length > this.keptKey.length || this.keptKey.length > KEEP_KEY)
      this.keptKey = new Uint8Array(Math.max(length, 256));
    // Making a view costs more than copying a name of the usual length.
    if (length <= SHORT_KEY) for (let i = 0; i < length; i++) this.keptKey[i] = header.bytes[header.start + i];
    else this.keptKey.set(header.bytes.subarray(header.start, header.end));
    header.bytes = this.keptKey;
    header.start = 0;
    header.end = length;
  }

  keyCopy(): Uint8Array {
    const { bytes, start, end } = this.header;
    return bytes.slice(start, end);
  }

  /** Turns a blob's fault into an error of the input. The blob is the input's last string. */
  locate(fault: PackedFault): RdbFormatError {
    const { input } = this;
    // A blob that was stored as it is stands in the window; one that was compressed only has the offset of its head.
    const offset = input.sb === input.bytes ? input.base + fault.pos : input.stringOffset;
    const message =
      input.sb === input.bytes ? fault.message : `${fault.message} (byte ${fault.pos} of the decompressed string)`;
    return new RdbFormatError(fault.code, message, offset);
  }

  /** Adds to an error where the reader was. */
  situate<E extends DataError>(error: E): E {
    if (SETTLED.has(error)) return error;
    // A consumer that decodes a raw value inside its visitor cannot know where the value stands.
    if (VALUE_ERRORS.delete(error)) error.offset += this.rawOffset;
    error.path = { db: this.header.db, key: this.inKey ? this.keyCopy() : null, element: this.element };
    return error;
  }
}

function newHeader(): KeyHeader {
  return {
    dialect: 'redis',
    db: 0,
    typeCode: 0,
    bytes: EMPTY,
    start: 0,
    end: 0,
    expireAtMs: null,
    idleSeconds: null,
    freq: null,
    metadata: null,
    isSticky: false,
    memcachedFlags: null,
    offset: 0,
  };
}
