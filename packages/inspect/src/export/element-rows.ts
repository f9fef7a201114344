/**
 * A dump as a table: one row for each element of each value, with the key's attributes repeated, so that values of any length
 * make rows of bounded length.
 *
 * | type | rows | columns beside the key's |
 * |---|---|---|
 * | string | 1 | `value` |
 * | list | one an element | `index`, `value` |
 * | set | one a member | `value` |
 * | zset | one a member | `value`, `score` |
 * | hash | one a field | `field`, `value`, `fieldExpireAtMs` |
 * | stream | one a field of an entry | `id`, `field`, `value` |
 * | array | one an element | `index`, `value` |
 * | module | 1 | `field` (the module's name), `value` (its payload) |
 *
 * A value without any element (an empty stream) has one row with nothing in these columns.
 *
 * @module
 */
import type { Int64 } from '@rdbkit/bytes';
import { type KeyHeader, type StreamGroup, type StreamIdmp, valueType } from '@rdbkit/rdb';
import { encode } from '../internal/json-buffer.ts';
import { KeyExport } from './key-export.ts';

/** The columns, in order. */
export const ROW_COLUMNS = [
  'db',
  'key',
  'type',
  'encoding',
  'expireAtMs',
  'idleSeconds',
  'freq',
  'index',
  'id',
  'field',
  'value',
  'score',
  'fieldExpireAtMs',
  'base64',
] as const;

export type RowColumn = (typeof ROW_COLUMNS)[number];

/** What a table has no place for. */
export type RowLoss = 'functions' | 'streamGroups' | 'keyMetadata' | 'idempotentProducers';

const NOTHING = new Uint8Array(0);

/** An export that makes rows. */
export abstract class ElementRows extends KeyExport {
  /** How often there was something that a table has no place for. */
  readonly losses: Record<RowLoss, number> = {
    functions: 0,
    streamGroups: 0,
    keyMetadata: 0,
    idempotentProducers: 0,
  };

  // The current row: what is absent is null, and a string that is absent has the end −1.
  protected type = '';
  protected encoding = '';
  protected index: Int64 | null = null;
  protected idMs: Int64 | null = null;
  protected idSeq: Int64 = 0;
  protected fieldBytes: Uint8Array = NOTHING;
  protected fieldStart = 0;
  protected fieldEnd = -1;
  protected valueBytes: Uint8Array = NOTHING;
  protected valueStart = 0;
  protected valueEnd = -1;
  protected score: number | null = null;
  protected fieldExpireAtMs: Int64 | null = null;

  private rowsOfKey = 0;
  private nextIndex = 0;
  private pieces: Uint8Array[] = [];

  /** Keeps the key's name. The header's strings are borrowed. */
  protected abstract keepName(header: KeyHeader): void;

  /** The attributes of the key are known. */
  protected abstract beginRows(): void;

  /** Writes the current row; its strings are borrowed. */
  protected abstract writeRow(): void;

  protected beginKey(header: KeyHeader): void {
    const type = valueType(header.typeCode, this.dialect);
    this.type = type?.kind ?? 'module';
    this.rowsOfKey = 0;
    this.nextIndex = 0;
    this.index = null;
    this.idMs = null;
    this.fieldEnd = -1;
    this.valueEnd = -1;
    this.score = null;
    this.fieldExpireAtMs = null;
    this.keepName(header);
    if (this.metadata !== null) this.losses.keyMetadata++;
  }

  protected endKey(): void {
    if (this.rowsOfKey > 0) return;
    this.index = null;
    this.row();
  }

  protected breakOff(): void {}

  private begin(encoding: string): void {
    this.encoding = encoding;
    this.beginRows();
  }

  private row(): void {
    this.rowsOfKey++;
    this.writeRow();
    this.elementEnd();
  }

  private value(bytes: Uint8Array, start: number, end: number): void {
    this.valueBytes = bytes;
    this.valueStart = start;
    this.valueEnd = end;
  }

  private field(bytes: Uint8Array, start: number, end: number): void {
    this.fieldBytes = bytes;
    this.fieldStart = start;
    this.fieldEnd = end;
  }

  override functionLibrary(): void {
    if (this.selection?.acceptsFunctions !== false) this.losses.functions++;
  }

  override functionPreGa(): void {
    this.functionLibrary();
  }

  override string(bytes: Uint8Array, start: number, end: number): void {
    this.begin(this.encodings.ofString(bytes, start, end, this.keyLength));
    this.value(bytes, start, end);
    this.row();
  }

  override stringStart(length: number): void {
    this.begin(this.encodings.ofText(length, this.keyLength));
    this.pieces = [];
  }

  override stringPiece(bytes: Uint8Array, start: number, end: number): void {
    this.pieces.push(bytes.slice(start, end));
  }

  override stringEnd(): void {
    const whole = joined(this.pieces);
    this.pieces = [];
    this.value(whole, 0, whole.length);
    this.row();
  }

  override bitmap(_length: Int64, bytes: Uint8Array, start: number, end: number): void {
    this.begin(this.encodings.ofType(this.typeCode));
    this.value(bytes, start, end);
    this.row();
  }

  override listStart(_count: number, isOneListpack: boolean): void {
    this.begin(this.encodings.ofType(this.typeCode, isOneListpack));
  }

  override listElement(bytes: Uint8Array, start: number, end: number): void {
    if (!this.isWanted) return;
    this.index = this.nextIndex++;
    this.value(bytes, start, end);
    this.row();
  }

  override setStart(): void {
    this.begin(this.encodings.ofType(this.typeCode));
  }

  override setMember(bytes: Uint8Array, start: number, end: number, expireAtMs: Int64 | null): void {
    if (!this.isWanted) return;
    this.value(bytes, start, end);
    this.fieldExpireAtMs = this.shapeTime(expireAtMs);
    this.row();
  }

  override zsetStart(): void {
    this.begin(this.encodings.ofType(this.typeCode));
  }

  override zsetMember(bytes: Uint8Array, start: number, end: number, score: number): void {
    if (!this.isWanted) return;
    this.value(bytes, start, end);
    this.score = score;
    this.row();
  }

  override hashStart(): void {
    this.begin(this.encodings.ofType(this.typeCode));
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
    if (!this.isWanted) return;
    this.field(fieldBytes, fieldStart, fieldEnd);
    this.value(valueBytes, valueStart, valueEnd);
    this.fieldExpireAtMs = this.shapeTime(expireAtMs);
    this.row();
  }

  override arrayStart(): void {
    this.begin(this.encodings.ofType(this.typeCode));
  }

  override arrayElement(index: Int64, bytes: Uint8Array, start: number, end: number): void {
    if (!this.isWanted) return;
    this.index = index;
    this.value(bytes, start, end);
    this.row();
  }

  override streamStart(): void {
    this.begin(this.encodings.ofType(this.typeCode));
  }

  override streamEntry(ms: Int64, seq: Int64, fields: number): void {
    if (!this.isWanted) return;
    this.idMs = ms;
    this.idSeq = seq;
    if (fields > 0) return;
    this.fieldEnd = -1;
    this.valueEnd = -1;
    this.row();
  }

  override streamField(
    fieldBytes: Uint8Array,
    fieldStart: number,
    fieldEnd: number,
    valueBytes: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): void {
    if (!this.isWanted) return;
    this.field(fieldBytes, fieldStart, fieldEnd);
    this.value(valueBytes, valueStart, valueEnd);
    this.row();
  }

  override streamGroup(_group: StreamGroup): void {
    this.losses.streamGroups++;
  }

  override streamIdmp(_idmp: StreamIdmp): void {
    this.losses.idempotentProducers++;
  }

  override module(name: string, _encodingVersion: number, bytes: Uint8Array, start: number, end: number): void {
    this.begin(this.encodings.ofType(this.typeCode));
    const module = encode(name);
    this.field(module, 0, module.length);
    this.value(bytes, start, end);
    this.row();
  }
}

/** Pieces in one. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
