/**
 * What all exports have in common: which keys, under which name and with which times; what is handed on when.
 *
 * @module
 */
import type { Int64 } from '@rdbkit/bytes';
import { defaultTarget, type Target } from '@rdbkit/commands';
import {
  type Dialect,
  type KeyHeader,
  type KeySelection,
  type Level,
  type RdbHeader,
  RdbVisitorBase,
  valueType,
} from '@rdbkit/rdb';
import type { OutputBuffer } from '@rdbkit/resp';
import { latin1 } from '../internal/text.ts';
import { ObjectEncodings } from '../object-encoding.ts';
import { ExpiryShape } from './expiry-shape.ts';

/** Options that all exports have. */
export interface ExportOptions {
  /** Which keys are wanted, and under which name. All, unless given. */
  readonly selection?: KeySelection | null | undefined;
  /** Leaves out all expiry times. */
  readonly stripTtl?: boolean | undefined;
  /** Moves all expiry times by so many milliseconds. */
  readonly shiftTtlMs?: number | undefined;
  /**
   * Where the reader is, in bytes ({@link RdbReader.offset}): needed when the selection has bounds for sizes.
   */
  readonly position?: (() => number) | undefined;
}

/** Output of a key is held back until the key is whole, up to this length. */
const HOLD_BACK_BYTES = 2 * 1024 * 1024;

/**
 * An export that writes text into a buffer, key by key. What is complete is committed to the buffer; see
 * {@link OutputBuffer.take}.
 */
export abstract class KeyExport extends RdbVisitorBase {
  /** Keys that were written. */
  keys = 0;
  /** Keys that were left out because they have no elements: servers do the same when they load a file. */
  emptyKeys = 0;
  /** The first elements of a key are out already, although it may turn out to be damaged. */
  protected isPartlyOut = false;
  /** The current key is wanted, so far. */
  protected isWanted = false;

  // What stands before the current value.
  protected db = 0;
  protected typeCode = 0;
  protected keyLength = 0;
  protected expireAtMs: Int64 | null = null;
  protected idleSeconds: Int64 | null = null;
  protected freq: number | null = null;
  protected metadata: Uint8Array | null = null;

  protected readonly selection: KeySelection | null;
  protected dialect: Dialect = 'redis';
  protected readonly position: () => number;
  private valueAt = 0;
  private isSizeOpen = false;
  private readonly times: ExpiryShape;
  private file: RdbHeader = { dialect: 'redis', version: 1 };
  private readonly writer: { redis: string | null; valkey: string | null; dragonfly: string | null } = {
    redis: null,
    valkey: null,
    dragonfly: null,
  };
  private known: ObjectEncodings | null = null;
  private readonly buffer: OutputBuffer;

  constructor(buffer: OutputBuffer, options: ExportOptions) {
    super();
    this.buffer = buffer;
    this.selection = options.selection ?? null;
    this.times = new ExpiryShape(options);
    this.position = positionOf(options);
  }

  /** The server that wrote the file, as far as the file tells; the lowest one that writes such files otherwise. */
  get server(): Target {
    return defaultTarget(this.file, this.writer);
  }

  /** Names of encodings as that server has them. */
  protected get encodings(): ObjectEncodings {
    this.known ??= new ObjectEncodings(this.server, this.file.dialect);
    return this.known;
  }

  /** Writes what comes before the value. The header's strings are borrowed. */
  protected abstract beginKey(header: KeyHeader): void;

  /** Writes what comes after the value. */
  protected abstract endKey(): void;

  /** Writes the end of a record that cannot be completed, and of which something is out already. */
  protected abstract breakOff(): void;

  /** Gives up the current key, the rest of which cannot be read. What the reader delivers next begins a new one. */
  abort(): void {
    const wasOut = this.isWanted && this.isPartlyOut;
    this.rollBack();
    if (wasOut) {
      this.breakOff();
      this.handOn();
    }
    this.isWanted = false;
    this.isPartlyOut = false;
  }

  override header(header: RdbHeader): void {
    this.file = header;
    this.dialect = header.dialect;
  }

  override aux(name: Uint8Array, value: Uint8Array): void {
    switch (latin1(name).toLowerCase()) {
      case 'redis-ver':
        this.writer.redis = latin1(value);
        break;
      case 'valkey-ver':
        this.writer.valkey = latin1(value);
        break;
      case 'df-ver':
        this.writer.dragonfly = latin1(value);
        break;
      default:
        return;
    }
    this.known = null;
  }

  override key(header: KeyHeader): Level {
    const { selection } = this;
    if (selection === null) {
      this.db = header.db;
    } else {
      const { db } = header;
      this.isWanted = selection.accept(header);
      this.db = header.db;
      // The reader keeps the number for the keys that follow.
      header.db = db;
      if (!this.isWanted) return 'skip';
      this.isSizeOpen = selection.hasSizeBounds;
      if (this.isSizeOpen) this.valueAt = this.position();
    }
    this.isWanted = true;
    this.typeCode = header.typeCode;
    this.keyLength = header.end - header.start;
    this.expireAtMs = this.shapeTime(header.expireAtMs);
    this.idleSeconds = header.idleSeconds;
    this.freq = header.freq;
    this.metadata = header.metadata;
    this.beginKey(header);
    return 'logical';
  }

  /** An expiry time, of a key or of a field, as it is written. */
  protected shapeTime(ms: Int64 | null): Int64 | null {
    return this.times.apply(ms);
  }

  /** Called after each element: hands on what there is once it is much. */
  protected elementEnd(): void {
    if (this.isFull()) this.passOn();
  }

  /** Whether so much has been written since the last handing on that it should not be held back. */
  protected isFull(): boolean {
    return this.buffer.pos - this.buffer.committed > HOLD_BACK_BYTES;
  }

  /** Hands on what there is. */
  protected handOn(): void {
    this.buffer.commit();
  }

  /** Takes back what was written since the last handing on. */
  protected rollBack(): void {
    this.buffer.rollback();
  }

  /** The key is complete. */
  protected keep(): void {
    this.handOn();
  }

  /** Hands on what there is of the current key, unless it may turn out that the key is not wanted. */
  protected passOn(): void {
    if (this.isSizeOpen && !this.isSizeDecided()) return;
    if (!this.isWanted) return;
    this.handOn();
    this.isPartlyOut = true;
  }

  /** Whether it is known by now, half-way through the value, if the value's size is wanted. */
  private isSizeDecided(): boolean {
    const { selection } = this;
    if (selection === null) return true;
    const size = this.position() - this.valueAt;
    if (size > selection.maxSize) this.refuse();
    else if (size < selection.minSize || selection.maxSize < Infinity) return false;
    this.isSizeOpen = false;
    return true;
  }

  private refuse(): void {
    this.selection?.acceptSize(Infinity);
    this.drop();
  }

  private drop(): void {
    this.rollBack();
    this.isWanted = false;
  }

  /** A value that is opaque is written as that of a module: what its type is called, and its bytes. */
  override raw(bytes: Uint8Array, start: number, end: number): void {
    this.module(valueType(this.typeCode, this.dialect)?.name ?? 'unknown', 0, bytes, start, end);
  }

  override emptyValue(): void {
    if (!this.isWanted) return;
    this.emptyKeys++;
    this.drop();
  }

  override keyEnd(): void {
    if (!this.isWanted) return;
    if (this.isSizeOpen && this.selection?.acceptSize(this.position() - this.valueAt) === false) {
      this.drop();
      return;
    }
    this.endKey();
    this.keys++;
    this.keep();
    this.isWanted = false;
    this.isPartlyOut = false;
  }
}

function noPosition(): number {
  throw new TypeError('the option position is missing');
}

/** Where the reader is. @throws TypeError when it has to be known and is not. */
export function positionOf({ position, selection }: ExportOptions): () => number {
  if (position === undefined && selection?.hasSizeBounds === true)
    throw new TypeError('position is needed for a selection by size');
  return position ?? noPosition;
}
