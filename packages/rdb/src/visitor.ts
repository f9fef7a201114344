/**
 * The visitor: what the RDB reader tells its consumer, synchronously and without copying.
 *
 * Byte strings are handed over as `(bytes, start, end)`. They are **borrowed**: valid until the call returns, then
 * overwritten. A consumer that keeps one copies it (`bytes.slice(start, end)`). Offsets instead of views, because
 * creating a view for each element is the largest single cost of decoding (benchmark case `rdb/logical`).
 *
 * @module
 */
import type { Int64 } from '@rdbkit/bytes';

/**
 * Which numbers above 21 stand for which types, and which opcodes there are: see `DIALECTS`. Told by the magic and the AUX
 * fields of a file, by the version of a DUMP footer, or by the option `dialect`.
 */
export type Dialect = 'redis' | 'valkey' | 'dragonfly' | 'keydb' | 'enterprise' | 'ror-6.2' | 'ror-8.2';

/**
 * How much of a value the consumer wants:
 *
 * - `skip`: nothing. Costs the scan for the value's end.
 * - `raw`: the value's bytes as they stand in the file, which are the bytes of a DUMP payload between its type byte
 *   and its footer ({@link RdbVisitor.raw}).
 * - `sizes`: as `packed`, but what is long, compressed or a module's comes without its bytes: a string value, an element of
 *   a plain collection or a module's value of which only the length is known has an empty `bytes`, and `end - start` is its length. Which
 *   ones depends on the dump alone: every compressed one, and every one of more than {@link MAX_SIZED_BYTES}. The groups of a stream
 *   come in parts ({@link RdbVisitor.streamGroupStart}).
 * - `packed`: the structure; packed blobs (listpack, ziplist, intset, zipmap) whole, through {@link RdbVisitor.packed}.
 * - `logical`: each element.
 */
export type Level = 'skip' | 'raw' | 'sizes' | 'packed' | 'logical';

/** Longest string that comes with its bytes at the level `sizes`. */
export const MAX_SIZED_BYTES = 1024;

/** The packed encodings that a `packed` consumer is given. */
export type PackedEncoding =
  | 'listpack'
  | 'ziplist'
  | 'intset'
  | 'zipmap'
  | 'quicklist-listpack'
  | 'quicklist-ziplist'
  | 'quicklist-plain'
  | 'roaring';

/** The beginning of the input. */
export interface RdbHeader {
  readonly dialect: Dialect;
  /** RDB version: 80 and above for `valkey`, 9 for `dragonfly` and `keydb`. */
  readonly version: number;
}

/**
 * What stands before a value. One object is reused for all keys: copy what is kept.
 */
export interface KeyHeader {
  /** What {@link RdbVisitor.header} said. */
  dialect: Dialect;
  /** Database number. */
  db: number;
  /** The type byte, see `VALUE_TYPES`. */
  typeCode: number;
  /** The key's bytes, borrowed: `bytes[start, end)`. */
  bytes: Uint8Array;
  start: number;
  end: number;
  /** Absolute Unix time in milliseconds, may be in the past; `null` when the key does not expire. */
  expireAtMs: Int64 | null;
  /** Seconds since the last use when the dump was written (LRU policies), else `null`. */
  idleSeconds: Int64 | null;
  /** LFU counter 0–255, else `null`. */
  freq: number | null;
  /** KEY_META block (Redis ≥ 8.6) as it stands before the type byte in a DUMP payload, opcode included; owned by the header's receiver; else `null`. */
  metadata: Uint8Array | null;
  /** Dragonfly: the key is not evicted (`STICK`). */
  isSticky: boolean;
  /** Dragonfly: the flags that a memcached client gave to the key, 32 bits; else `null`. */
  memcachedFlags: number | null;
  /** Absolute offset of the key's record (its first attribute opcode or type byte). */
  offset: number;
}

/** Settings and counters of a stream; `null` where the layout of the file does not have them. */
export interface StreamInfo {
  /** Number of live entries as stored. */
  readonly length: Int64;
  readonly lastMs: Int64;
  readonly lastSeq: Int64;
  readonly firstMs: Int64 | null;
  readonly firstSeq: Int64 | null;
  readonly maxDeletedMs: Int64 | null;
  readonly maxDeletedSeq: Int64 | null;
  readonly entriesAdded: Int64 | null;
  /** Live entries that the nodes really hold: differs from `length` in files of 5.0 pre-releases. */
  readonly liveEntries: number;
}

/** A consumer of a stream group. */
export interface StreamConsumer {
  readonly name: Uint8Array;
  readonly seenMs: Int64;
  /** −1: never active. `null`: the layout does not tell. */
  readonly activeMs: Int64 | null;
}

/**
 * The pending entries of a group, ascending by ID, as parallel arrays of `count` items: compact because a group may
 * have millions of them.
 */
export interface PendingEntries {
  readonly count: number;
  /** 16 bytes an entry: milliseconds and sequence, both big-endian. */
  readonly ids: Uint8Array;
  /** Time of the last delivery, Unix milliseconds. */
  readonly deliveredAtMs: BigInt64Array;
  /** Up to 2^63 − 1: a client may set it to anything. */
  readonly deliveryCount: BigUint64Array;
  /** Index into `consumers`, or −1: owned by nobody (the NACK zone of Redis ≥ 8.8, or a damaged file). */
  readonly owner: Int32Array;
}

/** What a consumer group has of its own. Owned by the receiver. */
export interface StreamGroupHead {
  readonly name: Uint8Array;
  readonly lastMs: Int64;
  readonly lastSeq: Int64;
  /** `null`: unknown, or the layout does not tell. */
  readonly entriesRead: Int64 | null;
}

/** A consumer group, with everything that belongs to it. Owned by the receiver. */
export interface StreamGroup extends StreamGroupHead {
  readonly consumers: readonly StreamConsumer[];
  readonly pending: PendingEntries;
  /** IDs (16 bytes each) that a second consumer claims too; the last consumer in the file is the `owner`. */
  readonly duplicateOwners: number;
}

/** A recorded message of an idempotent producer (Redis ≥ 8.6). */
export interface StreamIdmpEntry {
  readonly iid: Uint8Array;
  readonly ms: Int64;
  readonly seq: Int64;
}

/** Idempotent-producer state of a stream (Redis ≥ 8.6). Owned by the receiver. */
export interface StreamIdmp {
  readonly durationSeconds: number;
  readonly maxEntries: number;
  readonly producers: readonly { readonly id: Uint8Array; readonly entries: readonly StreamIdmpEntry[] }[];
  readonly iidsAdded: Int64;
  readonly iidsDuplicates: Int64;
}

/** Something odd that does not stop the reader. */
export interface RdbWarning {
  /** Stable code, for instance `RDB_EMPTY_KEY`. */
  readonly code: string;
  readonly message: string;
  /** Absolute offset in the input, in bytes. */
  readonly offset: number;
  readonly db: number;
  /** Owned copy of the key that is concerned, or `null`. */
  readonly key: Uint8Array | null;
}

/** What the reader knows at the end. */
export interface RdbSummary {
  readonly dialect: Dialect;
  readonly version: number;
  readonly keys: number;
  /** Bytes up to and including the checksum. */
  readonly bytes: number;
  readonly checksum: 'ok' | 'disabled' | 'absent' | 'unverified';
  /** Bytes that follow the end of the RDB: 0, 40 for a saved replication mark, or stray ones. */
  readonly trailingBytes: number;
}

/**
 * Receives what is in an RDB file, in file order. Extend {@link RdbVisitorBase}, which ignores everything, and
 * override what is of interest.
 *
 * A key is `key`, then what the level asks for, then `keyEnd`. At the levels `sizes`, `packed` and `logical` a value is one of
 *
 * - `string`, or `stringStart` · `stringPiece`* · `stringEnd` for one longer than the option `pieceBytes` (not at `sizes`)
 * - `listStart` · `listElement`*
 * - `setStart` · `setMember`*
 * - `hashStart` · `hashField`*
 * - `zsetStart` · `zsetMember`*
 * - `streamStart` · (`streamEntry` · `streamField`*)* · `streamInfo` · `streamGroup`* · `streamIdmp`?
 * - `arrayStart` · `arrayElement`*
 * - `module`
 * - `raw`, for types that are opaque (`support` in `VALUE_TYPES`)
 * - `bitmap` when it is longer than the option `maxBitmapBytes`, else `string`
 *
 * where at the levels `sizes` and `packed` the elements of a packed blob are replaced by `packed`, and those of a stream by `streamNode`. At
 * `sizes` a `streamGroup` is `streamGroupStart` · `streamPending`* · (`streamConsumer` · `streamOwned`*)* · `streamGroupEnd`.
 * Counts given to `…Start` are exact, or −1 when the layout does not tell them in advance.
 */
export interface RdbVisitor {
  /** Called once, before everything else: as soon as the dialect is clear, which may take the AUX fields at the beginning. */
  header(header: RdbHeader): void;
  aux(name: Uint8Array, value: Uint8Array): void;
  selectDb(db: number): void;
  resizeDb(keys: number, expires: number): void;
  slotInfo(slot: number, keys: number, expires: number): void;
  /** Valkey ≥ 9.0. `ranges` is first, last, first, last … */
  slotImport(job: Uint8Array, ranges: readonly number[]): void;
  /** A function library's source. */
  functionLibrary(code: Uint8Array): void;
  /** A library of a 7.0 release candidate, in the layout that no later server reads. */
  functionPreGa(name: Uint8Array, engine: Uint8Array, description: Uint8Array | null, code: Uint8Array): void;
  /** Module data outside of keys. `when` is 1 before the databases, 2 after. `payload` is the opcode stream with its end mark. */
  moduleAux(name: string, encodingVersion: number, when: number, payload: Uint8Array): void;

  key(header: KeyHeader): Level;
  /** The value at level `raw`: everything between the type byte and the footer of a DUMP payload. */
  raw(bytes: Uint8Array, start: number, end: number): void;
  /** A `raw` value is longer than the option `rawBytes`: how is it wanted instead? */
  rawTooLong(): Exclude<Level, 'raw'>;
  /** The value has no element. Servers skip such a key when they load a file. Called before `keyEnd`, at every level but `skip`. */
  emptyValue(): void;
  /** `end` is the absolute offset of the first byte after the value, so that `end` minus the header's `offset` is the key's size. */
  keyEnd(end: number): void;

  string(bytes: Uint8Array, start: number, end: number): void;
  /** `length` in bytes; exact. */
  stringStart(length: number): void;
  stringPiece(bytes: Uint8Array, start: number, end: number): void;
  stringEnd(): void;
  packed(encoding: PackedEncoding, bytes: Uint8Array, start: number, end: number): void;
  /** `isOneListpack`: the list is a quicklist of one node, a listpack, which servers from 7.2 on keep as just that. */
  listStart(count: number, isOneListpack: boolean): void;
  listElement(bytes: Uint8Array, start: number, end: number): void;
  setStart(count: number): void;
  /** `expireAtMs` is the member's own expiry (Dragonfly), absolute, or `null`. */
  setMember(bytes: Uint8Array, start: number, end: number, expireAtMs: Int64 | null): void;
  hashStart(count: number): void;
  /** Both strings are valid until the call returns. `expireAtMs` is the field's own expiry, absolute, or `null`. */
  hashField(
    fieldBytes: Uint8Array,
    fieldStart: number,
    fieldEnd: number,
    valueBytes: Uint8Array,
    valueStart: number,
    valueEnd: number,
    expireAtMs: Int64 | null,
  ): void;
  zsetStart(count: number): void;
  zsetMember(bytes: Uint8Array, start: number, end: number, score: number): void;
  streamStart(): void;
  /** A node at level `packed`: its master ID and the listpack of its entries. */
  streamNode(ms: Int64, seq: Int64, bytes: Uint8Array, start: number, end: number): void;
  /** A live entry; `fields` calls of {@link RdbVisitor.streamField} follow. */
  streamEntry(ms: Int64, seq: Int64, fields: number): void;
  streamField(
    fieldBytes: Uint8Array,
    fieldStart: number,
    fieldEnd: number,
    valueBytes: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): void;
  streamInfo(info: StreamInfo): void;
  streamGroup(group: StreamGroup): void;
  /** A group at level `sizes`, where it comes in parts, so that pending entries need no memory however many there are. */
  streamGroupStart(group: StreamGroupHead): void;
  /** A pending entry: its ID, and when it was delivered last, Unix milliseconds. In ascending order. */
  streamPending(ms: Int64, seq: Int64, deliveredAtMs: Int64): void;
  streamConsumer(consumer: StreamConsumer): void;
  /** An entry that is pending for that consumer. */
  streamOwned(ms: Int64, seq: Int64): void;
  streamGroupEnd(): void;
  streamIdmp(idmp: StreamIdmp): void;
  /** `cursor` is the index of the last insertion, or `null`. */
  arrayStart(count: number, cursor: Int64 | null): void;
  arrayElement(index: Int64, bytes: Uint8Array, start: number, end: number): void;
  /**
   * A module's value, opaque: its opcode stream from the module ID to the end mark. A JSON value of Dragonfly comes in the form
   * of the module RedisJSON.
   */
  module(name: string, encodingVersion: number, bytes: Uint8Array, start: number, end: number): void;
  /** A roaring bitmap whose string form would be `length` bytes; `bytes` is the portable 64-bit roaring form. */
  bitmap(length: Int64, bytes: Uint8Array, start: number, end: number): void;

  warning(warning: RdbWarning): void;
  end(summary: RdbSummary): void;
}

/** Ignores everything and skips every value. Extend it. */
export class RdbVisitorBase implements RdbVisitor {
  header(_header: RdbHeader): void {}
  aux(_name: Uint8Array, _value: Uint8Array): void {}
  selectDb(_db: number): void {}
  resizeDb(_keys: number, _expires: number): void {}
  slotInfo(_slot: number, _keys: number, _expires: number): void {}
  slotImport(_job: Uint8Array, _ranges: readonly number[]): void {}
  functionLibrary(_code: Uint8Array): void {}
  functionPreGa(_name: Uint8Array, _engine: Uint8Array, _description: Uint8Array | null, _code: Uint8Array): void {}
  moduleAux(_name: string, _encodingVersion: number, _when: number, _payload: Uint8Array): void {}
  key(_header: KeyHeader): Level {
    return 'skip';
  }
  raw(_bytes: Uint8Array, _start: number, _end: number): void {}
  rawTooLong(): Exclude<Level, 'raw'> {
    return 'skip';
  }
  emptyValue(): void {}
  keyEnd(_end: number): void {}
  string(_bytes: Uint8Array, _start: number, _end: number): void {}
  stringStart(_length: number): void {}
  stringPiece(_bytes: Uint8Array, _start: number, _end: number): void {}
  stringEnd(): void {}
  packed(_encoding: PackedEncoding, _bytes: Uint8Array, _start: number, _end: number): void {}
  listStart(_count: number, _isOneListpack: boolean): void {}
  listElement(_bytes: Uint8Array, _start: number, _end: number): void {}
  setStart(_count: number): void {}
  setMember(_bytes: Uint8Array, _start: number, _end: number, _expireAtMs: Int64 | null): void {}
  hashStart(_count: number): void {}
  hashField(
    _fieldBytes: Uint8Array,
    _fieldStart: number,
    _fieldEnd: number,
    _valueBytes: Uint8Array,
    _valueStart: number,
    _valueEnd: number,
    _expireAtMs: Int64 | null,
  ): void {}
  zsetStart(_count: number): void {}
  zsetMember(_bytes: Uint8Array, _start: number, _end: number, _score: number): void {}
  streamStart(): void {}
  streamNode(_ms: Int64, _seq: Int64, _bytes: Uint8Array, _start: number, _end: number): void {}
  streamEntry(_ms: Int64, _seq: Int64, _fields: number): void {}
  streamField(
    _fieldBytes: Uint8Array,
    _fieldStart: number,
    _fieldEnd: number,
    _valueBytes: Uint8Array,
    _valueStart: number,
    _valueEnd: number,
  ): void {}
  streamInfo(_info: StreamInfo): void {}
  streamGroup(_group: StreamGroup): void {}
  streamGroupStart(_group: StreamGroupHead): void {}
  streamPending(_ms: Int64, _seq: Int64, _deliveredAtMs: Int64): void {}
  streamConsumer(_consumer: StreamConsumer): void {}
  streamOwned(_ms: Int64, _seq: Int64): void {}
  streamGroupEnd(): void {}
  streamIdmp(_idmp: StreamIdmp): void {}
  arrayStart(_count: number, _cursor: Int64 | null): void {}
  arrayElement(_index: Int64, _bytes: Uint8Array, _start: number, _end: number): void {}
  module(_name: string, _encodingVersion: number, _bytes: Uint8Array, _start: number, _end: number): void {}
  bitmap(_length: Int64, _bytes: Uint8Array, _start: number, _end: number): void {}
  warning(_warning: RdbWarning): void {}
  end(_summary: RdbSummary): void {}
}
