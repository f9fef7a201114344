/**
 * A visitor that records everything it is told, for comparing two ways of reading the same input.
 *
 * @module
 */
import { DataError } from '@rdbkit/bytes';
import type { RdbOptions } from '../src/options.ts';
import { RdbReader } from '../src/reader.ts';
import type {
  KeyHeader,
  Level,
  PackedEncoding,
  RdbHeader,
  RdbSummary,
  RdbVisitor,
  RdbWarning,
  StreamConsumer,
  StreamGroup,
  StreamGroupHead,
  StreamIdmp,
  StreamInfo,
} from '../src/visitor.ts';

type Int = number | bigint;
type Part = Uint8Array | Int | string | null;

/** Either the lines of the log, or only a digest of them, which is much cheaper. */
type LogMode = 'lines' | 'digest';

export interface LogOptions {
  readonly level?: Level | ((header: KeyHeader) => Level);
  /** The answer to `rawTooLong`. */
  readonly insteadOfRaw?: Exclude<Level, 'raw'>;
  readonly mode?: LogMode;
}

/** A byte string, or its length when it came without its bytes. */
function part(bytes: Uint8Array, start: number, end: number): Part {
  return end > bytes.length ? `(${end - start} bytes)` : bytes.subarray(start, end);
}

export class EventLog implements RdbVisitor {
  readonly lines: string[] = [];
  private readonly level: Level | ((header: KeyHeader) => Level);
  private readonly insteadOfRaw: Exclude<Level, 'raw'>;
  private readonly keepsLines: boolean;
  private high = 0x811c9dc5;
  private low = 0x01000193;
  private pieces: Uint8Array[] = [];

  constructor(options: LogOptions = {}) {
    this.level = options.level ?? 'logical';
    this.insteadOfRaw = options.insteadOfRaw ?? 'logical';
    this.keepsLines = options.mode !== 'digest';
  }

  /** The log, or what stands for it. */
  result(): string {
    if (this.keepsLines) return this.lines.join('\n');
    return `${(this.high >>> 0).toString(16)} ${(this.low >>> 0).toString(16)}`;
  }

  private add(name: string, ...parts: readonly Part[]): void {
    if (this.keepsLines) {
      this.lines.push([name, ...parts.map(showPart)].join(' '));
      return;
    }
    this.text(name);
    for (const part of parts) {
      if (part instanceof Uint8Array) {
        this.bytes(part);
        this.mix(part.length);
      } else {
        this.text(String(part));
      }
    }
    this.mix(0x101);
  }

  private mix(value: number): void {
    this.high = Math.imul(this.high ^ value, 0x01000193);
    this.low = Math.imul((this.low << 5) ^ (this.low >>> 27) ^ value, 0x9e3779b1);
  }

  private text(text: string): void {
    for (let i = 0; i < text.length; i++) this.mix(text.charCodeAt(i));
    this.mix(0x102);
  }

  private bytes(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) this.mix(bytes[i] ?? 0);
  }

  header(header: RdbHeader): void {
    this.add('header', header.dialect, header.version);
  }
  aux(name: Uint8Array, value: Uint8Array): void {
    this.add('aux', name, value);
  }
  selectDb(db: number): void {
    this.add('selectDb', db);
  }
  resizeDb(keys: number, expires: number): void {
    this.add('resizeDb', keys, expires);
  }
  slotInfo(slot: number, keys: number, expires: number): void {
    this.add('slotInfo', slot, keys, expires);
  }
  slotImport(job: Uint8Array, ranges: readonly number[]): void {
    this.add('slotImport', job, ...ranges);
  }
  functionLibrary(code: Uint8Array): void {
    this.add('functionLibrary', code);
  }
  functionPreGa(name: Uint8Array, engine: Uint8Array, description: Uint8Array | null, code: Uint8Array): void {
    this.add('functionPreGa', name, engine, description, code);
  }
  moduleAux(name: string, encodingVersion: number, when: number, payload: Uint8Array): void {
    this.add('moduleAux', name, encodingVersion, when, payload);
  }
  key(header: KeyHeader): Level {
    const { db, typeCode, expireAtMs, idleSeconds, freq, metadata, offset, isSticky, memcachedFlags } = header;
    const name = header.bytes.subarray(header.start, header.end);
    this.add('key', db, typeCode, name, expireAtMs, idleSeconds, freq, metadata, offset);
    if (isSticky) this.add('sticky');
    if (memcachedFlags !== null) this.add('memcachedFlags', memcachedFlags);
    return typeof this.level === 'function' ? this.level(header) : this.level;
  }
  raw(bytes: Uint8Array, start: number, end: number): void {
    this.add('raw', bytes.subarray(start, end));
  }
  rawTooLong(): Exclude<Level, 'raw'> {
    this.add('rawTooLong');
    return this.insteadOfRaw;
  }
  emptyValue(): void {
    this.add('emptyValue');
  }
  keyEnd(): void {
    this.add('keyEnd');
  }
  string(bytes: Uint8Array, start: number, end: number): void {
    this.add('string', part(bytes, start, end));
  }
  stringStart(length: number): void {
    this.add('stringStart', length);
    this.pieces = [];
  }
  stringPiece(bytes: Uint8Array, start: number, end: number): void {
    if (end <= start) this.add('an empty piece');
    // Where the pieces end is not part of the contract.
    if (this.keepsLines) this.pieces.push(bytes.slice(start, end));
    else this.bytes(bytes.subarray(start, end));
  }
  stringEnd(): void {
    const size = this.pieces.reduce((sum, piece) => sum + piece.length, 0);
    const whole = new Uint8Array(size);
    let at = 0;
    for (const piece of this.pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    this.add('stringEnd', whole);
  }
  packed(encoding: PackedEncoding, bytes: Uint8Array, start: number, end: number): void {
    this.add('packed', encoding, part(bytes, start, end));
  }
  listStart(count: number, isOneListpack: boolean): void {
    this.add('listStart', count, ...(isOneListpack ? ['one listpack'] : []));
  }
  listElement(bytes: Uint8Array, start: number, end: number): void {
    this.add('listElement', part(bytes, start, end));
  }
  setStart(count: number): void {
    this.add('setStart', count);
  }
  setMember(bytes: Uint8Array, start: number, end: number, expireAtMs: Int | null): void {
    if (expireAtMs === null) this.add('setMember', part(bytes, start, end));
    else this.add('setMember', part(bytes, start, end), expireAtMs);
  }
  hashStart(count: number): void {
    this.add('hashStart', count);
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
    this.add('hashField', part(fieldBytes, fieldStart, fieldEnd), part(valueBytes, valueStart, valueEnd), expireAtMs);
  }
  zsetStart(count: number): void {
    this.add('zsetStart', count);
  }
  zsetMember(bytes: Uint8Array, start: number, end: number, score: number): void {
    this.add('zsetMember', part(bytes, start, end), Object.is(score, -0) ? '-0' : score);
  }
  streamStart(): void {
    this.add('streamStart');
  }
  streamNode(ms: Int, seq: Int, bytes: Uint8Array, start: number, end: number): void {
    this.add('streamNode', ms, seq, bytes.subarray(start, end));
  }
  streamEntry(ms: Int, seq: Int, fields: number): void {
    this.add('streamEntry', ms, seq, fields);
  }
  streamField(
    fieldBytes: Uint8Array,
    fieldStart: number,
    fieldEnd: number,
    valueBytes: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): void {
    this.add('streamField', fieldBytes.subarray(fieldStart, fieldEnd), valueBytes.subarray(valueStart, valueEnd));
  }
  streamInfo(info: StreamInfo): void {
    const { length, lastMs, lastSeq, firstMs, firstSeq, maxDeletedMs, maxDeletedSeq, entriesAdded, liveEntries } = info;
    const parts = [length, lastMs, lastSeq, firstMs, firstSeq, maxDeletedMs, maxDeletedSeq, entriesAdded, liveEntries];
    this.add('streamInfo', ...parts);
  }
  streamGroup(group: StreamGroup): void {
    this.add('streamGroup', group.name, group.lastMs, group.lastSeq, group.entriesRead, group.duplicateOwners);
    for (const { name, seenMs, activeMs } of group.consumers) this.add('consumer', name, seenMs, activeMs);
    const { count, ids, deliveredAtMs, deliveryCount, owner } = group.pending;
    const words = new DataView(ids.buffer, ids.byteOffset, ids.byteLength);
    for (let i = 0; i < count; i++) {
      const ms = words.getBigUint64(i * 16);
      const seq = words.getBigUint64(i * 16 + 8);
      this.add('pending', ms, seq, deliveredAtMs[i] ?? null, deliveryCount[i] ?? null, owner[i] ?? null);
    }
  }
  streamGroupStart(group: StreamGroupHead): void {
    this.add('streamGroupStart', group.name, group.lastMs, group.lastSeq, group.entriesRead);
  }
  streamPending(ms: Int, seq: Int, deliveredAtMs: Int): void {
    this.add('streamPending', ms, seq, deliveredAtMs);
  }
  streamConsumer({ name, seenMs, activeMs }: StreamConsumer): void {
    this.add('streamConsumer', name, seenMs, activeMs);
  }
  streamOwned(ms: Int, seq: Int): void {
    this.add('streamOwned', ms, seq);
  }
  streamGroupEnd(): void {
    this.add('streamGroupEnd');
  }
  streamIdmp(idmp: StreamIdmp): void {
    this.add('streamIdmp', idmp.durationSeconds, idmp.maxEntries, idmp.iidsAdded, idmp.iidsDuplicates);
    for (const { id, entries } of idmp.producers) {
      this.add('producer', id);
      for (const { iid, ms, seq } of entries) this.add('message', iid, ms, seq);
    }
  }
  arrayStart(count: number, cursor: Int | null): void {
    this.add('arrayStart', count, cursor);
  }
  arrayElement(index: Int, bytes: Uint8Array, start: number, end: number): void {
    this.add('arrayElement', index, part(bytes, start, end));
  }
  module(name: string, encodingVersion: number, bytes: Uint8Array, start: number, end: number): void {
    this.add('module', name, encodingVersion, part(bytes, start, end));
  }
  bitmap(length: Int, bytes: Uint8Array, start: number, end: number): void {
    this.add('bitmap', length, bytes.subarray(start, end));
  }
  warning(warning: RdbWarning): void {
    this.add('warning', warning.code, warning.message, warning.offset, warning.db, warning.key);
  }
  end(summary: RdbSummary): void {
    const { dialect, version, keys, bytes, checksum, trailingBytes } = summary;
    this.add('end', dialect, version, keys, bytes, checksum, trailingBytes);
  }
}

/** A part as it stands in the log: text in quotes, other bytes by number. */
export function showPart(part: Part): string {
  if (!(part instanceof Uint8Array)) return String(part);
  let text = '';
  for (const byte of part) {
    text +=
      byte > 0x20 && byte < 0x7f && byte !== 0x5c
        ? String.fromCharCode(byte)
        : `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return `"${text}"`;
}

/** How reading went: the events, and the error that ended it. */
export interface Outcome {
  readonly events: string;
  readonly error: DataError | null;
}

/** Any other exception than an error about data is not caught. */
export function outcomeOf(log: EventLog, read: () => void): Outcome {
  try {
    read();
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    return { events: log.result(), error };
  }
  return { events: log.result(), error: null };
}

/** Reads bytes as a whole, in place. */
export function readWhole(bytes: Uint8Array, log: LogOptions = {}, options: RdbOptions = {}): Outcome {
  const visitor = new EventLog(log);
  const reader = new RdbReader(visitor, options);
  return outcomeOf(visitor, () => {
    reader.pushAll(bytes);
    reader.finish();
  });
}

/** Reads bytes in chunks that end at `cuts` (ascending). Each chunk is overwritten once it has been pushed. */
export function readInChunks(
  bytes: Uint8Array,
  cuts: Iterable<number>,
  log: LogOptions = {},
  options: RdbOptions = {},
): Outcome {
  const visitor = new EventLog(log);
  const reader = new RdbReader(visitor, options);
  return outcomeOf(visitor, () => {
    let from = 0;
    const push = (to: number): void => {
      const chunk = bytes.slice(from, to);
      reader.push(chunk);
      chunk.fill(0xee);
      from = to;
    };
    for (const cut of cuts) push(cut);
    push(bytes.length);
    reader.finish();
  });
}

/** Reads bytes in chunks of one size. */
export function readInSteps(bytes: Uint8Array, size: number, log: LogOptions = {}, options: RdbOptions = {}): Outcome {
  return readInChunks(bytes, everyMultiple(size, bytes.length), log, options);
}

function* everyMultiple(size: number, end: number): Generator<number> {
  for (let at = size; at < end; at += size) yield at;
}

/** Repeatable random integers (mulberry32): `next(n)` is in 0 … n − 1. */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}
