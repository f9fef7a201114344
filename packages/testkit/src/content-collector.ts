/**
 * A visitor that turns what the RDB reader delivers into the form of the `.expected.jsonl` files.
 *
 * It fits the reader's visitor by shape: testkit imports none of the packages that it serves.
 *
 * @module
 */
import { Buffer } from 'node:buffer';
import {
  type ArrayRecord,
  type Content,
  type EncodedBytes,
  encodeBytes,
  type FunctionRecord,
  type GroupRecord,
  type HashField,
  type KeyRecord,
  type StreamRecord,
  sortRecords,
  toCount,
} from './content.ts';

/** An integer that may need 64 bits. */
type Int = number | bigint;

/** What of a key's header is used. */
interface CollectedHeader {
  readonly db: number;
  readonly typeCode: number;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly expireAtMs: Int | null;
  readonly idleSeconds: Int | null;
  readonly freq: number | null;
  readonly metadata: Uint8Array | null;
}

interface CollectedStreamInfo {
  readonly length: Int;
  readonly lastMs: Int;
  readonly lastSeq: Int;
  readonly firstMs: Int | null;
  readonly firstSeq: Int | null;
  readonly maxDeletedMs: Int | null;
  readonly maxDeletedSeq: Int | null;
  readonly entriesAdded: Int | null;
}

interface CollectedGroup {
  readonly name: Uint8Array;
  readonly lastMs: Int;
  readonly lastSeq: Int;
  readonly entriesRead: Int | null;
  readonly consumers: readonly { readonly name: Uint8Array; readonly seenMs: Int; readonly activeMs: Int | null }[];
  readonly pending: {
    readonly count: number;
    readonly ids: Uint8Array;
    readonly deliveredAtMs: ArrayLike<Int>;
    readonly deliveryCount: ArrayLike<Int>;
    readonly owner: ArrayLike<number>;
  };
}

interface CollectedIdmp {
  readonly durationSeconds: number;
  readonly maxEntries: number;
  readonly producers: readonly {
    readonly id: Uint8Array;
    readonly entries: readonly { readonly iid: Uint8Array; readonly ms: Int; readonly seq: Int }[];
  }[];
  readonly iidsAdded: Int;
  readonly iidsDuplicates: Int;
}

/** Module data outside of keys. */
export interface CollectedModuleAux {
  readonly name: string;
  readonly encodingVersion: number;
  readonly when: number;
  readonly payload: Buffer;
}

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

const CLASS_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-';

function slice(bytes: Uint8Array, start: number, end: number): Buffer {
  return Buffer.from(bytes.subarray(start, end));
}

function idText(ms: Int, seq: Int): string {
  return `${ms}-${seq}`;
}

function unless<T>(absent: boolean, part: () => T): T | Record<string, never> {
  return absent ? {} : part();
}

/**
 * Collects what a dump holds. Give it to the reader as visitor, then take {@link ContentCollector.content}.
 */
export class ContentCollector {
  /** Auxiliary fields, in file order. */
  readonly auxFields: [name: string, value: string][] = [];
  readonly moduleAuxes: CollectedModuleAux[] = [];
  readonly warnings: { readonly code: string; readonly message: string; readonly offset: number }[] = [];
  /** Keys without elements, which servers leave out when they load a file. */
  readonly emptyKeys: KeyRecord[] = [];
  readonly slots: { readonly slot: number; readonly keys: number; readonly expires: number }[] = [];
  private readonly records: Mutable<KeyRecord>[] = [];
  private readonly functions: FunctionRecord[] = [];
  private record: Mutable<KeyRecord> | null = null;
  private isEmpty = false;
  private pieces: Buffer[] = [];
  private members: { bytes: Buffer; text: string }[] = [];
  private fields: { name: Buffer; field: HashField }[] = [];
  private elements: EncodedBytes[] = [];
  private items: [string, EncodedBytes][] = [];
  private stream: Mutable<StreamRecord> | null = null;
  private entries: [string, EncodedBytes[]][] = [];
  private groups: GroupRecord[] = [];
  private memberKey: string | null = null;

  /** What was collected, in the order of the files. */
  content(): Content {
    return {
      records: sortRecords(this.records),
      functions: this.functions.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    };
  }

  /** Forgets a key that was begun and not ended, so that another dump may follow. */
  protected reset(): void {
    this.record = null;
    this.memberKey = null;
  }

  private current(): Mutable<KeyRecord> {
    if (this.record === null) throw new Error('a value outside of a key');
    return this.record;
  }

  /** For values that are decoded on their own, as those of DUMP payloads: begins a record without a key. */
  beginValue(typeCode: number): void {
    this.begin({ db: 0, key: '', type: '', rdbType: typeCode, expireAtMs: null, value: null });
  }

  private begin(record: KeyRecord): void {
    if (this.record !== null) throw new Error('a key within a key');
    this.record = record;
    this.isEmpty = false;
  }

  header(_header: unknown): void {}

  aux(name: Uint8Array, value: Uint8Array): void {
    const nameText = Buffer.from(name).toString('latin1');
    const valueText = Buffer.from(value).toString('latin1');
    this.auxFields.push([nameText, valueText]);
    // KeyDB: members that expire on their own, told behind the key.
    const last = this.records.at(-1);
    if (nameText === 'keydb-subexpire-key') this.memberKey = encodeBytes(value) as string;
    if (nameText === 'keydb-subexpire-when' && last !== undefined && this.memberKey !== null) {
      last.memberExpiries = [...(last.memberExpiries ?? []), [this.memberKey, Number(valueText)] as const];
    }
  }

  selectDb(_db: number): void {}
  resizeDb(_keys: number, _expires: number): void {}

  slotInfo(slot: number, keys: number, expires: number): void {
    this.slots.push({ slot, keys, expires });
  }

  slotImport(_job: Uint8Array, _ranges: readonly number[]): void {}

  functionLibrary(code: Uint8Array): void {
    const text = Buffer.from(code).toString('latin1');
    const name = /^#!\S+.*?\bname=(\S+)/.exec(text)?.[1] ?? '';
    const engine = /^#!(\S+)/.exec(text)?.[1] ?? '';
    this.functions.push({ name, engine: engine.toUpperCase(), description: null, code: encodeBytes(code) });
  }

  functionPreGa(name: Uint8Array, engine: Uint8Array, description: Uint8Array | null, code: Uint8Array): void {
    this.functions.push({
      name: Buffer.from(name).toString('latin1'),
      engine: Buffer.from(engine).toString('latin1'),
      description: description === null ? null : Buffer.from(description).toString('latin1'),
      code: encodeBytes(code),
    });
  }

  moduleAux(name: string, encodingVersion: number, when: number, payload: Uint8Array): void {
    this.moduleAuxes.push({ name, encodingVersion, when, payload: Buffer.from(payload) });
  }

  key(header: CollectedHeader): 'logical' {
    const { idleSeconds, freq, metadata } = header;
    this.begin({
      db: header.db,
      key: encodeBytes(slice(header.bytes, header.start, header.end)),
      type: '',
      rdbType: metadata === null ? header.typeCode : null,
      expireAtMs: header.expireAtMs === null ? null : Number(header.expireAtMs),
      value: null,
      ...unless(idleSeconds === null, () => ({ idleSeconds: Number(idleSeconds) })),
      ...unless(freq === null, () => ({ frequency: Number(freq) })),
      ...unless(metadata === null, () => ({ keyMetadata: readKeyMetadata(metadata as Uint8Array) })),
    });
    return 'logical';
  }

  /** A value that has no elements as far as the reader knows. */
  raw(bytes: Uint8Array, start: number, end: number): void {
    const record = this.current();
    record.type = 'raw';
    record.value = encodeBytes(slice(bytes, start, end));
  }

  rawTooLong(): 'logical' {
    return 'logical';
  }

  emptyValue(): void {
    this.isEmpty = true;
  }

  keyEnd(): void {
    this.takeValue();
  }

  /** Ends the record that {@link ContentCollector.beginValue} or `key` began. */
  takeValue(): KeyRecord {
    const record = this.current();
    this.finishValue(record);
    this.record = null;
    (this.isEmpty ? this.emptyKeys : this.records).push(record);
    return record;
  }

  private finishValue(record: Mutable<KeyRecord>): void {
    switch (record.type) {
      case 'list':
        record.value = this.elements;
        this.elements = [];
        break;
      case 'set':
        record.value = this.members
          .sort((a, b) => Buffer.compare(a.bytes, b.bytes))
          .map(({ bytes }) => encodeBytes(bytes));
        this.members = [];
        break;
      case 'zset':
        record.value = this.members.map(({ bytes, text }) => [encodeBytes(bytes), text] as const);
        this.members = [];
        break;
      case 'hash':
        record.value = this.fields.sort((a, b) => Buffer.compare(a.name, b.name)).map(({ field }) => field);
        this.fields = [];
        break;
      case 'stream':
        record.value = { ...(this.stream as StreamRecord), entries: this.entries, groups: this.groups };
        this.stream = null;
        this.entries = [];
        this.groups = [];
        break;
      case 'array': {
        const next = (record.value as ArrayRecord).nextInsertIndex;
        const last = this.items.at(-1)?.[0];
        const length = last === undefined ? '0' : String(BigInt(last) + 1n);
        record.value = { count: this.items.length, length, nextInsertIndex: next, items: this.items };
        this.items = [];
        break;
      }
      default:
    }
  }

  string(bytes: Uint8Array, start: number, end: number): void {
    const record = this.current();
    record.type = 'string';
    record.value = encodeBytes(slice(bytes, start, end));
  }

  stringStart(_length: number): void {
    this.pieces = [];
  }

  stringPiece(bytes: Uint8Array, start: number, end: number): void {
    this.pieces.push(slice(bytes, start, end));
  }

  stringEnd(): void {
    const whole = Buffer.concat(this.pieces);
    this.pieces = [];
    this.string(whole, 0, whole.length);
  }

  packed(_encoding: string, _bytes: Uint8Array, _start: number, _end: number): void {
    throw new Error('packed was not asked for');
  }

  listStart(_count: number): void {
    this.current().type = 'list';
  }

  listElement(bytes: Uint8Array, start: number, end: number): void {
    this.elements.push(encodeBytes(slice(bytes, start, end)));
  }

  setStart(_count: number): void {
    this.current().type = 'set';
  }

  setMember(bytes: Uint8Array, start: number, end: number): void {
    this.members.push({ bytes: slice(bytes, start, end), text: '' });
  }

  hashStart(_count: number): void {
    this.current().type = 'hash';
  }

  hashField(
    fieldBytes: Uint8Array,
    fieldStart: number,
    fieldEnd: number,
    valueBytes: Uint8Array,
    valueStart: number,
    valueEnd: number,
    expireAtMs: Int | null,
  ): void {
    const name = slice(fieldBytes, fieldStart, fieldEnd);
    const value = encodeBytes(slice(valueBytes, valueStart, valueEnd));
    const field: HashField =
      expireAtMs === null ? [encodeBytes(name), value] : [encodeBytes(name), value, Number(expireAtMs)];
    this.fields.push({ name, field });
  }

  zsetStart(_count: number): void {
    this.current().type = 'zset';
  }

  zsetMember(bytes: Uint8Array, start: number, end: number, score: number): void {
    this.members.push({ bytes: slice(bytes, start, end), text: scoreText(score) });
  }

  streamStart(): void {
    this.current().type = 'stream';
  }

  streamNode(_ms: Int, _seq: Int, _bytes: Uint8Array, _start: number, _end: number): void {
    throw new Error('packed was not asked for');
  }

  streamEntry(ms: Int, seq: Int, _fields: number): void {
    this.entries.push([idText(ms, seq), []]);
  }

  streamField(
    fieldBytes: Uint8Array,
    fieldStart: number,
    fieldEnd: number,
    valueBytes: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): void {
    this.entries
      .at(-1)?.[1]
      .push(encodeBytes(slice(fieldBytes, fieldStart, fieldEnd)), encodeBytes(slice(valueBytes, valueStart, valueEnd)));
  }

  streamInfo(info: CollectedStreamInfo): void {
    const { firstMs, firstSeq, maxDeletedMs, maxDeletedSeq, entriesAdded } = info;
    this.stream = {
      length: toCount(info.length),
      lastId: idText(info.lastMs, info.lastSeq),
      ...unless(entriesAdded === null, () => ({ entriesAdded: toCount(entriesAdded as Int) })),
      ...unless(maxDeletedMs === null, () => ({ maxDeletedId: idText(maxDeletedMs as Int, maxDeletedSeq as Int) })),
      ...unless(firstMs === null, () => ({ firstId: idText(firstMs as Int, firstSeq as Int) })),
      entries: [],
      groups: [],
    };
  }

  streamGroupStart(_head: unknown): void {
    throw new Error('sizes were not asked for');
  }

  streamPending(_ms: Int, _seq: Int, _deliveredAtMs: Int): void {}

  streamConsumer(_consumer: unknown): void {}

  streamOwned(_ms: Int, _seq: Int): void {}

  streamGroupEnd(): void {}

  streamGroup(group: CollectedGroup): void {
    const { pending } = group;
    const ids = new DataView(pending.ids.buffer, pending.ids.byteOffset, pending.ids.byteLength);
    const owned: string[][] = group.consumers.map(() => []);
    let nackedCount = 0;
    const pendingRecords = Array.from({ length: pending.count }, (_, i) => {
      const id = idText(ids.getBigUint64(i * 16), ids.getBigUint64(i * 16 + 8));
      const owner = pending.owner[i] ?? -1;
      owned[owner]?.push(id);
      if (owner < 0) nackedCount += 1;
      const consumer = group.consumers[owner];
      return {
        id,
        consumer: consumer === undefined ? null : encodeBytes(consumer.name),
        deliveredMs: Number(pending.deliveredAtMs[i]),
        deliveries: toCount(BigInt(pending.deliveryCount[i] ?? 0)),
      };
    });
    this.groups.push({
      name: encodeBytes(group.name),
      lastId: idText(group.lastMs, group.lastSeq),
      entriesRead: group.entriesRead === null ? null : toCount(group.entriesRead),
      nackedCount,
      pending: pendingRecords,
      consumers: group.consumers.map((consumer, i) => ({
        name: encodeBytes(consumer.name),
        seenMs: toCount(consumer.seenMs),
        ...unless(consumer.activeMs === null, () => ({ activeMs: toCount(consumer.activeMs as Int) })),
        pending: owned[i] ?? [],
      })),
    });
  }

  streamIdmp(idmp: CollectedIdmp): void {
    const record = this.current();
    const entries = idmp.producers.flatMap((producer) =>
      producer.entries.map(
        (entry) => [encodeBytes(producer.id), encodeBytes(entry.iid), idText(entry.ms, entry.seq)] as const,
      ),
    );
    if (entries.length > 0) record.idmpEntries = entries;
    if (this.stream === null) throw new Error('streamIdmp before streamInfo');
    this.stream.idmp = {
      'idmp-duration': idmp.durationSeconds,
      'idmp-maxsize': idmp.maxEntries,
      'pids-tracked': idmp.producers.length,
      'iids-tracked': entries.length,
      'iids-added': toCount(idmp.iidsAdded),
      'iids-duplicates': toCount(idmp.iidsDuplicates),
    };
  }

  arrayStart(_count: number, cursor: Int | null): void {
    const record = this.current();
    record.type = 'array';
    const nextInsertIndex = cursor === null ? '0' : String(BigInt(cursor) + 1n);
    record.value = { count: 0, length: '0', nextInsertIndex, items: [] };
  }

  arrayElement(index: Int, bytes: Uint8Array, start: number, end: number): void {
    this.items.push([String(index), encodeBytes(slice(bytes, start, end))]);
  }

  module(name: string, _encodingVersion: number, _bytes: Uint8Array, _start: number, _end: number): void {
    const record = this.current();
    record.type = name;
    record.value = null;
  }

  bitmap(length: Int, bytes: Uint8Array, start: number, end: number): void {
    const record = this.current();
    record.type = 'string';
    record.module = { roaring: encodeBytes(slice(bytes, start, end)), length: toCount(length) };
  }

  warning(warning: { readonly code: string; readonly message: string; readonly offset: number }): void {
    const { code, message, offset } = warning;
    this.warnings.push({ code, message, offset });
  }

  end(_summary: unknown): void {}
}

function scoreText(score: number): string {
  if (Object.is(score, -0)) return '-0';
  if (Number.isFinite(score)) return String(score);
  return score > 0 ? 'inf' : '-inf';
}

/** The metadata of a key, by class name: the first string of each class's data. */
function readKeyMetadata(block: Uint8Array): Record<string, string> {
  const items = new ItemReader(Buffer.from(block));
  items.at = 2; // the opcode, and a count that is at most seven
  const classes: Record<string, string> = {};
  while (items.at < block.length) {
    const spec = items.bytes.readUInt32LE(items.at);
    const name = [26, 20, 14, 8].map((shift) => CLASS_ALPHABET[(spec >>> shift) & 63]).join('');
    items.at += 4;
    const strings: string[] = [];
    while (items.nextItem(strings));
    classes[name] = strings[0] ?? '';
  }
  return classes;
}

/** Walks over a module's items. */
class ItemReader {
  readonly bytes: Buffer;
  at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  private length(): { value: number; isEncoding: boolean } {
    const first = this.bytes.readUInt8(this.at++);
    const low = first & 63;
    if (first >> 6 === 0) return { value: low, isEncoding: false };
    if (first >> 6 === 1) return { value: (low << 8) | this.bytes.readUInt8(this.at++), isEncoding: false };
    if (first >> 6 === 3) return { value: low, isEncoding: true };
    this.at += low === 0 ? 4 : 8;
    const end = this.at;
    return {
      value: low === 0 ? this.bytes.readUInt32BE(end - 4) : Number(this.bytes.readBigUInt64BE(end - 8)),
      isEncoding: false,
    };
  }

  private string(): string {
    const { value, isEncoding } = this.length();
    const start = this.at;
    if (!isEncoding) this.at += value;
    else if (value < 3) this.at += 1 << value;
    else {
      const compressed = this.length().value;
      this.length(); // of the string itself
      this.at += compressed;
    }
    return this.bytes.toString('latin1', start, this.at);
  }

  /** Passes one item and keeps it when it is a string; false at the end mark. */
  nextItem(strings: string[]): boolean {
    const { value: opcode } = this.length();
    if (opcode === 0) return false;
    if (opcode === 5) strings.push(this.string());
    else if (opcode === 3) this.at += 4;
    else if (opcode === 4) this.at += 8;
    else this.length();
    return true;
  }
}
