/**
 * The stable record: one JSON object for each key, attributes first, the value last.
 *
 * ```
 * {"db":0,"key":"user:1","type":"hash","encoding":"listpack","expireAtMs":1767225600000,"value":[["name","Ann"]]}
 * ```
 *
 * Values are written as they are read, so that memory is bounded by the longest string and not by the value. Only a stream is
 * gathered, because a file tells its counters after its entries: up to {@link GATHERED_STREAM_BYTES}; beyond, the counters
 * follow the entries in the record as well.
 *
 * @module
 */
import { type Int64, uint64FromWords } from '@rdbkit/bytes';
import {
  type KeyHeader,
  type RdbHeader,
  type StreamGroup,
  type StreamIdmp,
  type StreamInfo,
  valueType,
} from '@rdbkit/rdb';
import { type BinaryForm, encode, JsonBuffer, type Phrase, phrase, Utf8Scan } from '../internal/json-buffer.ts';
import { latin1 } from '../internal/text.ts';
import { joined } from './element-rows.ts';
import { type ExportOptions, KeyExport } from './key-export.ts';

/** Options of {@link JsonWriter}. */
export interface JsonOptions extends ExportOptions {
  /**
   * How byte strings are written: `auto` as text where they are valid UTF-8 and as `{"$base64":"…"}` otherwise, `base64` all
   * in the second form.
   * @default 'auto'
   */
  readonly binary?: BinaryForm | undefined;
  /**
   * `lines`: one record a line. `array`: the same records as elements of one JSON array.
   * @default 'lines'
   */
  readonly layout?: 'lines' | 'array' | undefined;
  /**
   * Whether there are records of AUX fields and of data that modules keep outside of keys.
   * @default true
   */
  readonly auxRecords?: boolean | undefined;
}

/** A stream's entries are held back up to this length, so that its counters come first. */
const GATHERED_STREAM_BYTES = 16 * 1024 * 1024;

const OPEN = phrase('{"db":');
const KEY = phrase(',"key":');
const BARE_KEY = phrase('{"key":');
const EXPIRE = phrase(',"expireAtMs":');
const IDLE = phrase(',"idleSeconds":');
const FREQ = phrase(',"freq":');
const METADATA = phrase(',"keyMetadata":');
const MVCC = phrase(',"mvccTimestamp":');
const VALUE = phrase(',"value":');
const INCOMPLETE = phrase(',"incomplete":true');

const BRACE = 0x7b;
const BRACE_END = 0x7d;
const BRACKET = 0x5b;
const BRACKET_END = 0x5d;
const COMMA = 0x2c;
const NEWLINE = 0x0a;

/** What has to be closed after the elements of a value. */
const NOTHING = phrase('');
const ARRAY = phrase(']');
const ARRAY_IN_OBJECT = phrase(']}');
const OBJECT = phrase('}');
const BASE64 = phrase('"}');

/** The encodings of strings, which do not follow from the type byte. */
const STRING_HEADS: Readonly<Record<string, Phrase>> = headsOf('string', 'int', 'embstr', 'raw');

function headsOf(type: string, ...encodings: readonly string[]): Record<string, Phrase> {
  return Object.fromEntries(encodings.map((encoding) => [encoding, headOf(type, encoding)]));
}

function headOf(type: string, encoding: string): Phrase {
  return phrase(`,"type":"${type}","encoding":"${encoding}"`);
}

/** Fields that KeyDB puts before each key, and behind a key with members that expire. */
const KEYDB_MVCC = 'mvcc-tstamp';
const KEYDB_MEMBER = 'keydb-subexpire-key';
const KEYDB_WHEN = 'keydb-subexpire-when';

/**
 * Writes records into {@link JsonWriter.out}.
 *
 * @example
 * ```ts
 * import { JsonWriter } from '@rdbkit/inspect';
 * import { readRdbSync } from '@rdbkit/rdb';
 * const writer = new JsonWriter({ auxRecords: false });
 * readRdbSync(bytes, writer);
 * writer.finish();
 * const [first] = new TextDecoder().decode(writer.out.take()).split('\n');
 * console.log(first); // {"db":0,"key":"greeting","type":"string","encoding":"embstr","value":"hello, world"}
 * ```
 */
export class JsonWriter extends KeyExport {
  /** Receives the records. Take what is committed whenever there is enough of it. */
  readonly out: JsonBuffer;
  private readonly binary: BinaryForm;
  private readonly isArray: boolean;
  private readonly auxRecords: boolean;
  /** Of the counters of a stream, which are put before its entries. */
  private readonly counters = new JsonBuffer('auto', 512);
  private records = 0;
  /** What stands between a key and its attributes, by type byte. */
  private typeHeads: (Phrase | undefined)[] = [];

  // The current value.
  private isFirst = true;
  /** What has to be closed at the end, and what if the value breaks off after what was passed on last. */
  private closing = NOTHING;
  private closingOfPassed = NOTHING;
  /** Where a stream's counters go, counted from what is committed. */
  private countersAt = 0;
  private fieldsLeft = 0;
  /** Of a long string that is UTF-8 so far. */
  private pieces: Uint8Array[] = [];
  private scan = new Utf8Scan();
  private isInBase64 = false;
  private mvcc: Uint8Array | null = null;
  /** The last key that was written, if it is KeyDB's, and one of its members whose expiry comes next. */
  private keydbKey: Uint8Array | null = null;
  private member: Uint8Array | null = null;

  constructor(options: JsonOptions = {}) {
    const out = new JsonBuffer(options.binary ?? 'auto');
    super(out, options);
    this.out = out;
    this.binary = options.binary ?? 'auto';
    this.isArray = options.layout === 'array';
    this.auxRecords = options.auxRecords ?? true;
  }

  /** Writes what stands after the last record. */
  finish(): void {
    const { out } = this;
    if (this.isArray) out.ascii(this.records === 0 ? '[]\n' : '\n]\n');
    out.commit();
  }

  // ---- around the keys -------------------------------------------------------------------------------------------

  override header(header: RdbHeader): void {
    super.header(header);
    this.typeHeads = [];
  }

  override aux(name: Uint8Array, value: Uint8Array): void {
    super.aux(name, value);
    this.typeHeads = [];
    const text = latin1(name);
    if (text === KEYDB_MVCC) {
      this.mvcc = value;
      return;
    }
    if (this.keydbKey !== null && this.isMemberExpiry(text, value)) return;
    if (!this.auxRecords) return;
    this.bareRecord('aux', name);
    this.out.string(value, 0, value.length);
    this.endBareRecord();
  }

  /** KeyDB writes expiry times of members behind their key: the member, then the time. */
  private isMemberExpiry(name: string, value: Uint8Array): boolean {
    const { out, member } = this;
    if (name === KEYDB_MEMBER) {
      this.member = value;
      return true;
    }
    if (name !== KEYDB_WHEN || member === null || this.keydbKey === null) return false;
    this.member = null;
    const expireAtMs = this.shapeTime(Number(latin1(value)));
    if (expireAtMs === null) return true;
    this.separate();
    out.phrase(OPEN);
    out.integer(this.db);
    out.phrase(KEY);
    out.string(this.keydbKey, 0, this.keydbKey.length);
    out.ascii(',"type":"member-expiry"');
    out.phrase(VALUE);
    out.byte(BRACKET);
    out.string(member, 0, member.length);
    out.byte(COMMA);
    out.integer(expireAtMs);
    out.byte(BRACKET_END);
    this.endBareRecord();
    return true;
  }

  override functionLibrary(code: Uint8Array): void {
    if (this.selection?.acceptsFunctions === false) return;
    this.bareRecord('function', libraryName(code));
    this.out.string(code, 0, code.length);
    this.endBareRecord();
  }

  override functionPreGa(name: Uint8Array, engine: Uint8Array, description: Uint8Array | null, code: Uint8Array): void {
    if (this.selection?.acceptsFunctions === false) return;
    const { out } = this;
    this.bareRecord('function', name);
    out.ascii('{"engine":');
    out.string(engine, 0, engine.length);
    if (description !== null) {
      out.ascii(',"description":');
      out.string(description, 0, description.length);
    }
    out.ascii(',"code":');
    out.string(code, 0, code.length);
    out.byte(BRACE_END);
    this.endBareRecord();
  }

  override moduleAux(name: string, encodingVersion: number, when: number, payload: Uint8Array): void {
    if (!this.auxRecords) return;
    this.bareRecord('module-aux', encode(name));
    this.moduleValue(name, encodingVersion, when, payload, 0, payload.length);
    this.endBareRecord();
  }

  /** Begins a record that is not about a key. */
  private bareRecord(type: string, name: Uint8Array | null): void {
    const { out } = this;
    this.separate();
    if (name === null) {
      out.ascii(`{"type":"${type}"`);
    } else {
      out.phrase(BARE_KEY);
      out.string(name, 0, name.length);
      out.ascii(`,"type":"${type}"`);
    }
    out.phrase(VALUE);
  }

  private endBareRecord(): void {
    this.closeRecord();
    this.out.commit();
  }

  private separate(): void {
    if (this.isArray) this.out.ascii(this.records === 0 ? '[\n' : ',\n');
  }

  private closeRecord(): void {
    const { out } = this;
    this.records++;
    out.byte(BRACE_END);
    if (!this.isArray) out.byte(NEWLINE);
  }

  // ---- keys ------------------------------------------------------------------------------------------------------

  protected beginKey(header: KeyHeader): void {
    const { out } = this;
    this.separate();
    out.phrase(OPEN);
    out.integer(this.db);
    out.phrase(KEY);
    out.string(header.bytes, header.start, header.end);
    this.keydbKey = this.mvcc === null ? null : header.bytes.slice(header.start, header.end);
    this.isFirst = true;
    this.closing = NOTHING;
  }

  protected endKey(): void {
    if (this.closing !== NOTHING) this.out.phrase(this.closing);
    this.closeRecord();
  }

  protected breakOff(): void {
    this.out.phrase(this.closingOfPassed);
    this.out.phrase(INCOMPLETE);
    this.closeRecord();
  }

  override keyEnd(): void {
    if (!this.isWanted) this.keydbKey = null;
    super.keyEnd();
    this.mvcc = null;
  }

  protected override passOn(): void {
    super.passOn();
    this.closingOfPassed = this.closing;
  }

  /** Writes the type, the encoding and the other attributes. */
  private head(head: Phrase): void {
    const { out } = this;
    out.phrase(head);
    if (this.expireAtMs !== null) {
      out.phrase(EXPIRE);
      out.integer(this.expireAtMs);
    }
    if (this.idleSeconds !== null) {
      out.phrase(IDLE);
      out.integer(this.idleSeconds);
    }
    if (this.freq !== null) {
      out.phrase(FREQ);
      out.integer(this.freq);
    }
    if (this.metadata !== null) {
      out.phrase(METADATA);
      out.string(this.metadata, 0, this.metadata.length);
    }
    if (this.mvcc !== null) {
      out.phrase(MVCC);
      out.string(this.mvcc, 0, this.mvcc.length);
    }
    out.phrase(VALUE);
  }

  private typeHead(): Phrase {
    const { typeCode } = this;
    let head = this.typeHeads[typeCode];
    if (head === undefined) {
      const type = valueType(typeCode, this.dialect);
      head = headOf(type?.kind ?? 'module', this.encodings.ofType(typeCode));
      this.typeHeads[typeCode] = head;
    }
    return head;
  }

  private comma(): void {
    if (this.isFirst) this.isFirst = false;
    else this.out.byte(COMMA);
  }

  // ---- strings ---------------------------------------------------------------------------------------------------

  override string(bytes: Uint8Array, start: number, end: number): void {
    const encoding = this.encodings.ofString(bytes, start, end, this.keyLength);
    this.head(STRING_HEADS[encoding] as Phrase);
    this.out.string(bytes, start, end);
  }

  override stringStart(length: number): void {
    const encoding = this.encodings.ofText(length, this.keyLength);
    this.head(STRING_HEADS[encoding] as Phrase);
    this.pieces = [];
    this.scan = new Utf8Scan();
    this.isInBase64 = this.binary === 'base64';
    if (this.isInBase64) this.beginBase64();
  }

  private beginBase64(): void {
    this.isInBase64 = true;
    this.out.base64Start();
    this.closing = BASE64;
  }

  override stringPiece(bytes: Uint8Array, start: number, end: number): void {
    if (!this.isWanted) return;
    if (this.isInBase64) {
      this.out.base64Piece(bytes, start, end);
    } else {
      this.pieces.push(bytes.slice(start, end));
      if (this.scan.accepts(bytes, start, end)) return;
      this.beginBase64();
      for (const piece of this.pieces) this.out.base64Piece(piece, 0, piece.length);
      this.pieces = [];
    }
    this.elementEnd();
  }

  override stringEnd(): void {
    if (!this.isWanted) return;
    if (this.isInBase64) {
      this.out.base64End();
      this.closing = NOTHING;
      return;
    }
    const whole = joined(this.pieces);
    this.pieces = [];
    this.out.string(whole, 0, whole.length);
  }

  override bitmap(length: Int64, bytes: Uint8Array, start: number, end: number): void {
    const { out } = this;
    this.head(this.typeHead());
    out.ascii('{"length":');
    out.integer(length);
    out.ascii(',"roaring":');
    out.string(bytes, start, end);
    out.byte(BRACE_END);
  }

  // ---- aggregates ------------------------------------------------------------------------------------------------

  override listStart(_count: number, isOneListpack: boolean): void {
    this.startArray(isOneListpack ? headOf('list', this.encodings.ofType(this.typeCode, true)) : this.typeHead());
  }

  override listElement(bytes: Uint8Array, start: number, end: number): void {
    this.element(bytes, start, end);
  }

  override setStart(): void {
    this.startArray(this.typeHead());
  }

  /** A member that expires by itself is written as a field is that does: in an array with its time. */
  override setMember(bytes: Uint8Array, start: number, end: number, expireAtMs: Int64 | null): void {
    const shaped = expireAtMs === null ? null : this.shapeTime(expireAtMs);
    if (shaped === null) {
      this.element(bytes, start, end);
      return;
    }
    if (!this.isWanted) return;
    const { out } = this;
    this.openArray();
    out.string(bytes, start, end);
    out.byte(COMMA);
    out.integer(shaped);
    out.byte(BRACKET_END);
    this.elementEnd();
  }

  override hashStart(): void {
    this.startArray(this.typeHead());
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
    const { out } = this;
    this.openArray();
    out.string(fieldBytes, fieldStart, fieldEnd);
    out.byte(COMMA);
    out.string(valueBytes, valueStart, valueEnd);
    const shaped = this.shapeTime(expireAtMs);
    if (shaped !== null) {
      out.byte(COMMA);
      out.integer(shaped);
    }
    out.byte(BRACKET_END);
    this.elementEnd();
  }

  override zsetStart(): void {
    this.startArray(this.typeHead());
  }

  override zsetMember(bytes: Uint8Array, start: number, end: number, score: number): void {
    if (!this.isWanted) return;
    const { out } = this;
    this.openArray();
    out.string(bytes, start, end);
    out.byte(COMMA);
    out.double(score);
    out.byte(BRACKET_END);
    this.elementEnd();
  }

  override arrayStart(_count: number, cursor: Int64 | null): void {
    const { out } = this;
    this.head(this.typeHead());
    out.ascii('{"nextInsertIndex":');
    out.integer(cursor === null ? 0 : successor(cursor));
    out.ascii(',"items":[');
    this.closing = ARRAY_IN_OBJECT;
  }

  override arrayElement(index: Int64, bytes: Uint8Array, start: number, end: number): void {
    if (!this.isWanted) return;
    const { out } = this;
    this.openArray();
    out.integer(index);
    out.byte(COMMA);
    out.string(bytes, start, end);
    out.byte(BRACKET_END);
    this.elementEnd();
  }

  private startArray(head: Phrase): void {
    this.head(head);
    this.out.byte(BRACKET);
    this.closing = ARRAY;
  }

  private element(bytes: Uint8Array, start: number, end: number): void {
    if (!this.isWanted) return;
    this.comma();
    this.out.string(bytes, start, end);
    this.elementEnd();
  }

  /** Begins an element that is an array itself. */
  private openArray(): void {
    this.comma();
    this.out.byte(BRACKET);
  }

  // ---- streams ---------------------------------------------------------------------------------------------------

  override streamStart(): void {
    const { out } = this;
    this.head(this.typeHead());
    out.byte(BRACE);
    this.countersAt = out.pos - out.committed;
    out.ascii('"entries":[');
    this.closing = ARRAY_IN_OBJECT;
  }

  override streamEntry(ms: Int64, seq: Int64, fields: number): void {
    if (!this.isWanted) return;
    const { out } = this;
    this.openArray();
    out.streamId(ms, seq);
    out.byte(COMMA);
    out.byte(BRACKET);
    this.isFirst = true;
    this.fieldsLeft = fields;
    if (fields === 0) this.endEntry();
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
    const { out } = this;
    this.comma();
    out.string(fieldBytes, fieldStart, fieldEnd);
    out.byte(COMMA);
    out.string(valueBytes, valueStart, valueEnd);
    if (--this.fieldsLeft === 0) this.endEntry();
  }

  private endEntry(): void {
    const { out } = this;
    out.byte(BRACKET_END);
    out.byte(BRACKET_END);
    this.isFirst = false;
    if (this.isPartlyOut) this.elementEnd();
    else if (out.pos - out.committed > GATHERED_STREAM_BYTES) this.passOn();
  }

  override streamInfo(info: StreamInfo): void {
    if (!this.isWanted) return;
    const { out, counters } = this;
    counters.pos = 0;
    counters.ascii('"length":');
    counters.integer(info.length);
    counters.ascii(',"lastId":');
    counters.streamId(info.lastMs, info.lastSeq);
    if (info.firstMs !== null && info.firstSeq !== null) {
      counters.ascii(',"firstId":');
      counters.streamId(info.firstMs, info.firstSeq);
    }
    if (info.maxDeletedMs !== null && info.maxDeletedSeq !== null) {
      counters.ascii(',"maxDeletedId":');
      counters.streamId(info.maxDeletedMs, info.maxDeletedSeq);
    }
    if (info.entriesAdded !== null) {
      counters.ascii(',"entriesAdded":');
      counters.integer(info.entriesAdded);
    }
    if (this.isPartlyOut) {
      out.ascii('],');
      out.copy(counters.bytes, 0, counters.pos);
    } else {
      counters.byte(COMMA);
      out.insert(out.committed + this.countersAt, counters.bytes.subarray(0, counters.pos));
      out.byte(BRACKET_END);
    }
    out.ascii(',"groups":[');
    this.isFirst = true;
  }

  override streamGroup(group: StreamGroup): void {
    if (!this.isWanted) return;
    const { out } = this;
    this.comma();
    out.ascii('{"name":');
    out.string(group.name, 0, group.name.length);
    out.ascii(',"lastId":');
    out.streamId(group.lastMs, group.lastSeq);
    if (group.entriesRead !== null) {
      out.ascii(',"entriesRead":');
      out.integer(group.entriesRead);
    }
    this.pending(group);
    this.consumers(group);
    out.byte(BRACE_END);
    this.elementEnd();
  }

  private pending({ pending, consumers }: StreamGroup): void {
    const { out } = this;
    const { count, ids, deliveredAtMs, deliveryCount, owner } = pending;
    const words = new DataView(ids.buffer, ids.byteOffset, ids.byteLength);
    out.ascii(',"pending":[');
    for (let i = 0; i < count; i++) {
      if (i > 0) out.byte(COMMA);
      out.byte(BRACKET);
      const at = i * ID_BYTES;
      out.streamId(
        uint64FromWords(words.getInt32(at), words.getInt32(at + 4)),
        uint64FromWords(words.getInt32(at + 8), words.getInt32(at + 12)),
      );
      out.byte(COMMA);
      const consumer = consumers[owner[i] as number];
      if (consumer === undefined) out.ascii('null');
      else out.string(consumer.name, 0, consumer.name.length);
      out.byte(COMMA);
      out.integer(toInt64(deliveredAtMs[i] as bigint));
      out.byte(COMMA);
      out.integer(toInt64(deliveryCount[i] as bigint));
      out.byte(BRACKET_END);
    }
    out.byte(BRACKET_END);
  }

  private consumers({ consumers }: StreamGroup): void {
    const { out } = this;
    out.ascii(',"consumers":[');
    for (const [i, { name, seenMs, activeMs }] of consumers.entries()) {
      out.ascii(i > 0 ? ',{"name":' : '{"name":');
      out.string(name, 0, name.length);
      out.ascii(',"seenMs":');
      out.integer(seenMs);
      if (activeMs !== null) {
        out.ascii(',"activeMs":');
        out.integer(activeMs);
      }
      out.byte(BRACE_END);
    }
    out.byte(BRACKET_END);
  }

  override streamIdmp(idmp: StreamIdmp): void {
    if (!this.isWanted) return;
    const { out } = this;
    out.ascii('],"idmp":{"durationSeconds":');
    out.integer(idmp.durationSeconds);
    out.ascii(',"maxEntries":');
    out.integer(idmp.maxEntries);
    out.ascii(',"iidsAdded":');
    out.integer(idmp.iidsAdded);
    out.ascii(',"iidsDuplicates":');
    out.integer(idmp.iidsDuplicates);
    out.ascii(',"producers":[');
    for (const [i, { id, entries }] of idmp.producers.entries()) {
      out.ascii(i > 0 ? ',{"id":' : '{"id":');
      out.string(id, 0, id.length);
      out.ascii(',"entries":[');
      for (const [k, { iid, ms, seq }] of entries.entries()) {
        out.ascii(k > 0 ? ',[' : '[');
        out.string(iid, 0, iid.length);
        out.byte(COMMA);
        out.streamId(ms, seq);
        out.byte(BRACKET_END);
      }
      out.ascii(']}');
    }
    out.ascii(']}');
    this.closing = OBJECT;
  }

  // ---- modules ---------------------------------------------------------------------------------------------------

  override module(name: string, encodingVersion: number, bytes: Uint8Array, start: number, end: number): void {
    this.head(this.typeHead());
    this.moduleValue(name, encodingVersion, null, bytes, start, end);
  }

  private moduleValue(
    name: string,
    encodingVersion: number,
    when: number | null,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    const { out } = this;
    const module = encode(name);
    out.ascii('{"module":');
    out.string(module, 0, module.length);
    out.ascii(`,"encodingVersion":${encodingVersion}${when === null ? '' : `,"when":${when}`},"payload":`);
    out.string(bytes, start, end);
    out.byte(BRACE_END);
  }
}

/** Bytes of a stream ID: milliseconds and sequence. */
const ID_BYTES = 16;

function successor(value: Int64): Int64 {
  return toInt64(BigInt.asUintN(64, BigInt(value) + 1n));
}

function toInt64(value: bigint): Int64 {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** The name in the first line of a library's source, `#!lua name=mylib`. */
function libraryName(code: Uint8Array): Uint8Array | null {
  const lineEnd = code.indexOf(NEWLINE);
  const line = latin1(lineEnd < 0 ? code : code.subarray(0, lineEnd));
  const match = /^#![^ ]*.*?\sname=(\w+)/.exec(line);
  return match?.[1] === undefined ? null : encode(match[1]);
}
