/**
 * Keys without their values: what each is, how large and how long it lives.
 *
 * @module
 */
import type { Int64 } from '@rdbkit/bytes';
import type { Dialect, KeyHeader, KeySelection, Level, RdbHeader } from '@rdbkit/rdb';
import { KeyMeter, type KeyMeterOptions } from '../key-meter.ts';
import { ObjectEncodings } from '../object-encoding.ts';
import { ExpiryShape } from './expiry-shape.ts';
import { type ExportOptions, positionOf } from './key-export.ts';

/** Options of {@link KeyList}. */
export interface KeyListOptions extends ExportOptions, KeyMeterOptions {}

/** A visitor that is told of each key that is wanted, once it has been read. */
export abstract class KeyList extends KeyMeter {
  /** Keys that were listed. */
  keys = 0;
  /** Keys that were left out because they have no elements: servers do the same when they load a file. */
  emptyKeys = 0;

  // The current key, beside its `facts`.
  protected db = 0;
  /** The key's name, `name[0, nameLength)`: valid until the next key. */
  protected name: Uint8Array = new Uint8Array(64);
  protected nameLength = 0;
  protected expireAtMs: Int64 | null = null;
  /** As the server that wrote the file had it: {@link ObjectEncodings}. The one in `facts` is what loading may make of it. */
  protected encoding = '';
  /** What the key takes in the file, name and attributes included. */
  protected bytes = 0;

  private readonly selection: KeySelection | null;
  private readonly position: () => number;
  private readonly times: ExpiryShape;
  private recordAt = 0;
  private valueAt = 0;
  private isWanted = false;
  protected keyType = 0;
  private isOneListpack = false;
  protected dialect: Dialect = 'redis';
  private encodings: ObjectEncodings | null = null;

  constructor(options: KeyListOptions = {}) {
    super(options);
    this.selection = options.selection ?? null;
    this.position = positionOf(options);
    this.times = new ExpiryShape(options);
  }

  /** Called for each key, when all about it is known. */
  protected abstract listed(): void;

  override header(header: RdbHeader): void {
    this.dialect = header.dialect;
    super.header(header);
  }

  override listStart(count: number, isOneListpack: boolean): void {
    this.isOneListpack = isOneListpack;
    super.listStart(count, isOneListpack);
  }

  private encodingName(): string {
    const { facts, profile } = this;
    if (facts.kind === 'string' || profile === null) return facts.encoding;
    this.encodings ??= new ObjectEncodings(profile.target, this.dialect);
    return this.encodings.ofType(this.keyType, this.isOneListpack);
  }

  override key(header: KeyHeader): Level {
    const { selection } = this;
    const { db } = header;
    this.isWanted = selection?.accept(header) ?? true;
    this.db = header.db;
    // The reader keeps the number for the keys that follow.
    header.db = db;
    if (!this.isWanted) return 'skip';
    this.recordAt = header.offset;
    if (selection?.hasSizeBounds === true) this.valueAt = this.position();
    this.expireAtMs = this.times.apply(header.expireAtMs);
    const { bytes, start, end } = header;
    const length = end - start;
    if (length > this.name.length) this.name = new Uint8Array(length * 2);
    for (let i = 0; i < length; i++) this.name[i] = bytes[start + i] as number;
    this.nameLength = length;
    this.keyType = header.typeCode;
    this.isOneListpack = false;
    return super.key(header);
  }

  override keyEnd(end: number): void {
    if (!this.isWanted) return;
    super.keyEnd(end);
    if (this.facts.isEmpty) {
      this.emptyKeys++;
      return;
    }
    if (this.selection?.hasSizeBounds === true && !this.selection.acceptSize(end - this.valueAt)) return;
    this.bytes = end - this.recordAt;
    this.encoding = this.encodingName();
    this.keys++;
    this.listed();
  }
}
