/**
 * What each key costs in memory, and what is in it.
 *
 * @module
 */
import { defaultTarget, type WriterFields } from '@rdbkit/commands';
import {
  DIALECT_NAMES,
  type Dialect,
  type KeyHeader,
  type Level,
  type PackedCursor,
  type PackedEncoding,
  packedCursor,
  type RdbHeader,
  RdbVisitorBase,
  type StreamConsumer,
  type StreamGroupHead,
  type StreamIdmp,
  type StreamInfo,
  type ValueKind,
  valueType,
} from '@rdbkit/rdb';
import { MAX_NAME_BYTES } from './inspection-report.ts';
import { layoutOf } from './internal/layout.ts';
import { hasLongEntry } from './internal/long-entries.ts';
import { MemoryModel } from './internal/memory-model.ts';
import { INTSET_FRAME, integerIn, PackedSize, widthOf } from './internal/packed-size.ts';
import { QuicklistSize } from './internal/quicklist-size.ts';
import { StreamSize } from './internal/stream-size.ts';
import { DEFAULT_THRESHOLDS, type MemoryOptions, type MemoryProfile, type Thresholds } from './memory-profile.ts';

/** What is known of a key once it has been read. One object is used for all keys of a meter. */
export interface KeyFacts {
  kind: ValueKind;
  /** What `OBJECT ENCODING` says once the server of the profile has loaded the key. */
  encoding: string;
  /** Elements, fields, members or entries; 1 for a string and for a module's value. */
  elements: number;
  /** What `MEMORY USAGE key SAMPLES 0` prints on that server once it has loaded the key, in bytes. Not an integer where levels of a skip list are drawn by lot. */
  usage: number;
  /**
   * What the key takes of `used_memory`, in bytes: all of its blocks as the allocator hands them out, and its own entries in
   * the tables of the database. The slots of these tables are common to all keys, see {@link KeyMeter.tableBytes}.
   */
  allocated: number;
  /**
   * Nothing is known of how the server keeps such a value (modules, arrays, hash templates), or nothing of the server
   * (Dragonfly): what stands for its memory is the size of the data.
   */
  isGuess: boolean;
  /** The longest element, field, value or member, in bytes; the length of a string. −1 unless the option `largestElements` is set. */
  largestElement: number;
  /** Fields of a hash that expire by themselves. */
  expiringFields: number;
  /** The value has no elements: servers do not load such a key. */
  isEmpty: boolean;
  /** Why the value is just not packed, if it is up to twice too large for that. */
  nearLimit: NearLimit | null;
}

/**
 * The setting that a collection exceeds by so little that it might be worth being changed. A meter hands out the same object for
 * all keys that are near the same limit.
 */
export interface NearLimit {
  readonly because: 'elements' | 'length';
  /** For instance `hash-max-listpack-entries`. */
  readonly setting: string;
  readonly limit: number;
}

/** Options of a {@link KeyMeter}. */
export interface KeyMeterOptions extends MemoryOptions {
  /**
   * Look for the longest element of each key, which means to look into packed blobs.
   * @default false
   */
  readonly largestElements?: boolean | undefined;
}

const ZIPMAP_TYPE = 9;
const LIST_ZIPLIST_TYPE = 10;
const LISTPACK_EX_PRE_GA = 23;
const LISTPACK_EX = 25;
const HASH_METADATA_PRE_GA = 22;
const HASH_METADATA = 24;
const VALKEY_HASH_2 = 22;
const DRAGONFLY_HASH = 31;
const UNKNOWN_COUNT = 65535;
/** A zipmap's count, when it is this or more, does not tell. */
const MANY_PAIRS = 254;
const STREAM_ID_BYTES = 16;
/** ID, time and number of deliveries, owner. */
const PENDING_BYTES = 40;
const SCORE_BYTES = 8;
/** A collection is near a limit when it is up to so many times too large. */
const NEAR = 2;
const LEAST_INTSET_WIDTH = 2;

/**
 * Measures key after key. It is a visitor; one that has more to do extends it or passes all calls on. After `keyEnd` the
 * {@link KeyMeter.facts} hold what there is to know of the key, until the next one begins.
 *
 * `key` answers with the level that the meter needs, and it has to be read at that level. Memory is bounded as the reader's
 * is.
 *
 * @example
 * ```ts
 * import { KeyMeter } from '@rdbkit/inspect';
 * import { readRdbSync } from '@rdbkit/rdb';
 * class Costs extends KeyMeter {
 *   override keyEnd(end: number): void {
 *     super.keyEnd(end);
 *     console.log(this.facts.kind, this.facts.encoding, this.facts.elements, this.facts.usage); // string embstr 1 72 …
 *   }
 * }
 * readRdbSync(bytes, new Costs());
 * ```
 */
export class KeyMeter extends RdbVisitorBase {
  readonly facts: KeyFacts = {
    kind: 'string',
    encoding: '',
    elements: 0,
    usage: 0,
    allocated: 0,
    isGuess: false,
    largestElement: -1,
    expiringFields: 0,
    isEmpty: false,
    nearLimit: null,
  };

  /** Elements longer than this are told to {@link KeyMeter.largeElement}. */
  protected elementFloor: number = Number.POSITIVE_INFINITY;

  private readonly options: KeyMeterOptions;
  private rdbHeader: RdbHeader = { dialect: 'redis', version: 0 };
  private readonly writer: { -readonly [K in keyof WriterFields]: string | null } = {
    redis: null,
    valkey: null,
    dragonfly: null,
  };
  private profileOrNull: MemoryProfile | null = null;
  /** `null` before the first key, and when nothing is known of the server. */
  private model: MemoryModel | null = null;
  private thresholds: Thresholds = DEFAULT_THRESHOLDS;
  private isOwn = true;
  private readonly seeksLargest: boolean;

  // Of the current key.
  private kind: ValueKind = 'string';
  private typeCode = 0;
  private keyLength = 0;
  private expires = false;
  private count = 0;
  private largest = 0;
  /** Bytes of the data, for values of which nothing else is known. */
  private dataBytes = 0;
  private isGuess = false;
  private isEmpty = false;
  private expiringFields = 0;
  /** The string value: its length, and the number that it is. */
  private stringLength = 0;
  private stringInteger: number | undefined = undefined;
  /** Bytes of the blob that the value is and stays, or −1. */
  private blobBytes = -1;
  private blobIsIntset = false;
  /** The value may end up as a listpack or ziplist: it has few enough elements, and none has been too long. */
  private mayPack = false;
  private longestPacked = 0;
  /** Bytes of a member if the value ends up as an intset; 0 if it can't. */
  private intsetWidth = 0;
  /** Sums over the elements, for the case that it does not. */
  private countedSum = 0;
  private takenSum = 0;
  private packedSize: PackedSize = new PackedSize(true);
  private quicklist: QuicklistSize | null = null;
  private stream: StreamSize | null = null;

  private readonly cursors: Partial<Record<PackedEncoding, PackedCursor>> = {};

  constructor(options: KeyMeterOptions = {}) {
    super();
    this.options = options;
    this.seeksLargest = options.largestElements ?? false;
  }

  /** What the figures rest on. Known from the first key on, `null` before. */
  get profile(): MemoryProfile | null {
    return this.profileOrNull;
  }

  /** Whether anything is known of how the server keeps its data; known from the first key on. */
  get hasModel(): boolean {
    return this.model !== null;
  }

  /** What the hash tables of a database with so many keys take beside what its keys were said to take, in bytes. */
  tableBytes(keys: number, expires: number): number {
    return this.model?.keyspace(keys, expires) ?? 0;
  }

  /**
   * What the server counts as overhead of such a database and leaves out of `used_memory_dataset`, in bytes: tables, entries and
   * 16 bytes for each object, whether they are like that or not.
   */
  datasetOverhead(keys: number, expires: number): number {
    return this.model?.overhead(keys, expires) ?? 0;
  }

  // ---- around the keys -----------------------------------------------------------------------------------------------

  override header(header: RdbHeader): void {
    this.rdbHeader = header;
    this.kinds = KINDS[header.dialect];
    this.isExpiringHash = IS_EXPIRING_HASH[header.dialect];
  }

  override aux(name: Uint8Array, value: Uint8Array): void {
    if (this.profileOrNull !== null) return;
    const text = String.fromCharCode(...name.subarray(0, 16));
    const field =
      text === 'redis-ver' ? 'redis' : text === 'valkey-ver' ? 'valkey' : text === 'df-ver' ? 'dragonfly' : null;
    if (field !== null) this.writer[field] = String.fromCharCode(...value.subarray(0, 32));
  }

  override key(header: KeyHeader): Level {
    if (this.profileOrNull === null) this.settle();
    const { typeCode } = header;
    this.typeCode = typeCode;
    this.keyLength = header.end - header.start;
    this.expires = header.expireAtMs !== null;
    this.kind = this.kinds[typeCode] as ValueKind;
    this.count = 0;
    this.largest = 0;
    this.dataBytes = 0;
    this.isGuess = false;
    this.isEmpty = false;
    this.expiringFields = 0;
    this.blobBytes = -1;
    return this.levels[typeCode] as Level;
  }

  /** By type byte: `logical` where the blobs of the dump are not those of the server. */
  private readonly levels: Level[] = new Array<Level>(256).fill('sizes');
  private kinds: readonly ValueKind[] = KINDS.redis;
  private isExpiringHash: readonly boolean[] = IS_EXPIRING_HASH.redis;

  /** Finds out whose memory it is. */
  protected settle(): void {
    if (this.profileOrNull !== null) return;
    const { options } = this;
    const own = defaultTarget(this.rdbHeader, this.writer);
    const target = options.target ?? own;
    const allocator = options.allocator ?? 'jemalloc-q8';
    const layout = layoutOf(target);
    this.isOwn = options.target === undefined || (target.flavour === own.flavour && target.version === own.version);
    this.thresholds = { ...DEFAULT_THRESHOLDS, ...options.thresholds };
    this.profileOrNull = {
      target,
      isOwn: this.isOwn,
      allocator,
      thresholds: this.thresholds,
      hasUsage: layout?.hasUsage ?? false,
    };
    if (layout === null) return;
    const model = new MemoryModel(layout, allocator);
    this.model = model;
    const isListpack = layout.packed === 'listpack';
    this.packedSize = new PackedSize(isListpack);
    this.quicklist = new QuicklistSize(model, this.packedSize, this.thresholds.listNodeBytes);
    this.stream = new StreamSize(model);
    const foreign = isListpack ? ZIPLIST_TYPES : LISTPACK_TYPES;
    for (const code of foreign) this.levels[code] = 'logical';
    if (!layout.packedSets) this.levels[SET_LISTPACK_TYPE] = 'logical';
    if (!layout.zipmaps) this.levels[ZIPMAP_TYPE] = 'logical';
    if (layout.quicklists) this.levels[LIST_ZIPLIST_TYPE] = 'logical';
  }

  override emptyValue(): void {
    this.isEmpty = true;
  }

  override keyEnd(_end: number): void {
    const { facts } = this;
    facts.kind = this.kind;
    facts.elements = this.count;
    facts.expiringFields = this.expiringFields;
    facts.isEmpty = this.isEmpty;
    facts.nearLimit = null;
    facts.largestElement = this.seeksLargest ? this.largest : -1;
    const { model } = this;
    if (model === null) {
      facts.encoding = valueType(this.typeCode, this.rdbHeader.dialect)?.encoding ?? 'unknown';
      facts.isGuess = true;
      facts.usage = this.dataBytes;
      facts.allocated = this.dataBytes;
      return;
    }
    facts.encoding = this.conclude(model);
    facts.isGuess = this.isGuess;
    facts.usage = model.usage;
    facts.allocated = model.allocated;
  }

  /** Leaves the key's memory in the model and returns its encoding. */
  private conclude(model: MemoryModel): string {
    if (this.kind === 'string' && !this.isGuess) {
      model.stringKey(this.keyLength, this.expires, this.stringLength, this.stringInteger);
      if (this.stringInteger !== undefined) return 'int';
      return model.isEmbedded ? 'embstr' : 'raw';
    }
    model.key(this.keyLength, this.expires);
    if (this.isGuess) {
      model.usage += this.dataBytes;
      model.allocated += this.dataBytes;
      return valueType(this.typeCode, this.rdbHeader.dialect)?.encoding ?? 'unknown';
    }
    switch (this.kind) {
      case 'list':
        return this.concludeList(model);
      case 'set':
        return this.concludeSet(model);
      case 'hash':
        return this.concludeHash(model);
      case 'zset':
        return this.concludeZset(model);
      default:
        this.stream?.conclude();
        return 'stream';
    }
  }

  private get packedName(): string {
    return this.model?.layout.packed ?? 'listpack';
  }

  private concludeList(model: MemoryModel): string {
    if (this.blobBytes >= 0) {
      model.packed(this.blobBytes);
      return this.packedName;
    }
    return this.quicklist?.conclude(this.count, this.thresholds) ?? 'quicklist';
  }

  private concludeSet(model: MemoryModel): string {
    if (this.blobBytes >= 0) {
      model.packed(this.blobBytes);
      return this.blobIsIntset ? 'intset' : this.packedName;
    }
    const { count, thresholds } = this;
    if (this.intsetWidth > 0 && count <= thresholds.setMaxIntsetEntries) {
      model.packed(INTSET_FRAME + this.intsetWidth * count);
      return 'intset';
    }
    if (this.mayPack && count <= thresholds.setMaxListpackEntries) {
      model.packed(this.packedSize.bytes);
      return this.packedName;
    }
    this.addTable(model);
    if (model.layout.packedSets) this.noteLimit(thresholds.setMaxListpackEntries, thresholds.setMaxListpackValue);
    return 'hashtable';
  }

  private concludeHash(model: MemoryModel): string {
    const { layout } = model;
    const { count, thresholds } = this;
    const hasExpiry = this.isExpiringHash[this.typeCode] === true && layout.packedFieldExpiry;
    if (this.blobBytes < 0) {
      const packs = this.mayPack && count <= thresholds.hashMaxListpackEntries;
      if (!packs || (!layout.packedFieldExpiry && this.typeCode === VALKEY_HASH_2)) {
        this.addTable(model);
        this.noteLimit(thresholds.hashMaxListpackEntries, thresholds.hashMaxListpackValue);
        return 'hashtable';
      }
      this.blobBytes = this.packedSize.bytes;
    }
    model.packed(this.blobBytes);
    if (!hasExpiry) return layout.zipmaps ? 'zipmap' : this.packedName;
    model.fieldExpiryStruct();
    return 'listpackex';
  }

  private concludeZset(model: MemoryModel): string {
    if (this.blobBytes < 0) {
      const { count, thresholds } = this;
      const packs = this.mayPack && count <= thresholds.zsetMaxListpackEntries;
      if (!packs) {
        model.skiplist(count);
        model.usage += this.countedSum;
        model.allocated += this.takenSum;
        this.noteLimit(thresholds.zsetMaxListpackEntries, thresholds.zsetMaxListpackValue);
        return 'skiplist';
      }
      this.blobBytes = this.packedSize.bytes;
    }
    model.packed(this.blobBytes);
    return this.packedName;
  }

  private addTable(model: MemoryModel): void {
    const { layout } = model;
    const isFree = this.kind === 'set' ? layout.entryFreeSets : layout.hashFields === 'blocks';
    model.table(this.count, isFree);
    model.usage += this.countedSum;
    model.allocated += this.takenSum;
  }

  /** Called for a value that is not packed. */
  private noteLimit(entries: number, length: number): void {
    const { count, largest, facts } = this;
    if (count <= NEAR * entries && largest <= length) facts.nearLimit = this.nearLimit('elements', entries);
    else if (count <= entries && largest <= NEAR * length) facts.nearLimit = this.nearLimit('length', length);
  }

  private nearLimit(because: NearLimit['because'], limit: number): NearLimit {
    const ofKind = (this.nearLimits[this.kind] ??= {});
    const what = because === 'elements' ? 'entries' : 'value';
    return (ofKind[because] ??= { because, setting: `${this.kind}-max-${this.packedName}-${what}`, limit });
  }

  /** One object for each limit: in many dumps a tenth of the keys are near one. */
  private readonly nearLimits: Partial<Record<ValueKind, Partial<Record<NearLimit['because'], NearLimit>>>> = {};

  // ---- strings and opaque values -------------------------------------------------------------------------------------

  override string(bytes: Uint8Array, start: number, end: number): void {
    this.setString(end - start);
    this.stringInteger = integerIn(bytes, start, end);
  }

  override stringStart(length: number): void {
    this.setString(length);
    this.stringInteger = undefined;
  }

  private setString(length: number): void {
    this.count = 1;
    this.stringLength = length;
    this.largest = length;
    this.dataBytes = length;
  }

  override module(_name: string, _encodingVersion: number, _bytes: Uint8Array, start: number, end: number): void {
    this.setString(end - start);
    this.isGuess = true;
  }

  override raw(_bytes: Uint8Array, start: number, end: number): void {
    this.setString(end - start);
    this.isGuess = true;
  }

  override bitmap(_length: number | bigint, _bytes: Uint8Array, start: number, end: number): void {
    this.setString(end - start);
    this.isGuess = true;
  }

  override arrayStart(count: number): void {
    this.count = count;
    this.isGuess = true;
  }

  override arrayElement(_index: number | bigint, _bytes: Uint8Array, start: number, end: number): void {
    this.dataBytes += end - start;
    if (end - start > this.largest) this.largest = end - start;
  }

  // ---- packed blobs --------------------------------------------------------------------------------------------------

  override packed(encoding: PackedEncoding, bytes: Uint8Array, start: number, end: number): void {
    if (encoding === 'roaring') return;
    const size = end - start;
    this.dataBytes += size;
    if (this.kind === 'list') {
      this.listNode(encoding, bytes, start, end);
      return;
    }
    const perElement = this.kind === 'set' ? 1 : this.kind === 'zset' ? 2 : this.isExpiringBlob ? 3 : 2;
    const entries = this.entriesOf(encoding, bytes, start, end);
    const count = entries / perElement;
    if (!this.isOwn && count > this.packedLimit(encoding)) {
      this.unpack(encoding, perElement, bytes, start, end);
      return;
    }
    this.count = count;
    this.blobBytes = size;
    this.blobIsIntset = encoding === 'intset';
    this.lookInto(encoding, bytes, start, end);
  }

  private get isExpiringBlob(): boolean {
    return (
      this.rdbHeader.dialect === 'redis' && (this.typeCode === LISTPACK_EX || this.typeCode === LISTPACK_EX_PRE_GA)
    );
  }

  private packedLimit(encoding: PackedEncoding): number {
    const { thresholds } = this;
    if (encoding === 'intset') return thresholds.setMaxIntsetEntries;
    if (this.kind === 'set') return thresholds.setMaxListpackEntries;
    return this.kind === 'zset' ? thresholds.zsetMaxListpackEntries : thresholds.hashMaxListpackEntries;
  }

  /** Number of entries by the header, or by walking where that does not tell. */
  private entriesOf(encoding: PackedEncoding, bytes: Uint8Array, start: number, end: number): number {
    if (encoding === 'intset') return u16(bytes, start + 4) + u16(bytes, start + 6) * 0x10000;
    if (encoding === 'zipmap') {
      const pairs = bytes[start] ?? 0;
      return pairs < MANY_PAIRS ? pairs * 2 : this.countEntries(encoding, bytes, start, end);
    }
    const isListpack = encoding === 'listpack' || encoding === 'quicklist-listpack';
    const count = u16(bytes, start + (isListpack ? 4 : 8));
    return count === UNKNOWN_COUNT ? this.countEntries(encoding, bytes, start, end) : count;
  }

  private countEntries(encoding: PackedEncoding, bytes: Uint8Array, start: number, end: number): number {
    const cursor = this.open(encoding, bytes, start, end);
    while (cursor.next());
    return cursor.passed;
  }

  private open(encoding: PackedEncoding, bytes: Uint8Array, start: number, end: number): PackedCursor {
    const cursor = (this.cursors[encoding] ??= packedCursor(encoding));
    cursor.open(bytes, start, end);
    return cursor;
  }

  /** Looks for long entries, if there can be any that matter. */
  private lookInto(encoding: PackedEncoding, bytes: Uint8Array, start: number, end: number): void {
    const { elementFloor } = this;
    if (!this.seeksLargest) {
      if (end - start <= elementFloor || encoding === 'intset') return;
      const isListpack = encoding === 'listpack' || encoding === 'quicklist-listpack';
      if (isListpack && !hasLongEntry(bytes, start, end, elementFloor)) return;
    }
    const cursor = this.open(encoding, bytes, start, end);
    const width = this.kind === 'hash' ? (this.isExpiringBlob ? 3 : 2) : this.kind === 'zset' ? 2 : 1;
    let name: Uint8Array | null = null;
    while (cursor.next()) {
      cursor.text();
      const { tb, ts, te } = cursor;
      const length = te - ts;
      if (length > this.largest) this.largest = length;
      const isName = (cursor.passed - 1) % width === 0 && this.kind !== 'list' && this.kind !== 'stream';
      if (isName) name = tb.slice(ts, Math.min(te, ts + MAX_NAME_BYTES));
      if (length > this.elementFloor) this.largeElement(length, name);
    }
  }

  /**
   * Called for each element that is longer than {@link KeyMeter.elementFloor}.
   *
   * @param name - The field of a hash, or the member, cut after 1024 bytes; `null` where elements have no names. Empty when the
   * reader did not deliver it.
   */
  protected largeElement(_length: number, _name: Uint8Array | null): void {}

  /** The type of the current key. */
  protected get kindOfKey(): ValueKind {
    return this.kind;
  }

  /** The blob has more entries than the server keeps packed. */
  private unpack(encoding: PackedEncoding, perElement: number, bytes: Uint8Array, start: number, end: number): void {
    const cursor = this.open(encoding, bytes, start, end);
    this.begin(Number.POSITIVE_INFINITY);
    while (cursor.next()) {
      cursor.text();
      const { tb, ts, te } = cursor;
      if (perElement === 1) {
        this.setMember(tb, ts, te);
        continue;
      }
      if (!cursor.next()) break;
      if (this.kind === 'zset') {
        this.zsetMember(tb, ts, te, 0);
        continue;
      }
      cursor.text();
      const { tb: valueBytes, ts: valueStart, te: valueEnd } = cursor;
      const expireAt = perElement === 3 && cursor.next() ? cursor.integer : 0;
      this.hashField(tb, ts, te, valueBytes, valueStart, valueEnd, expireAt === 0 ? null : expireAt);
    }
  }

  private listNode(encoding: PackedEncoding, bytes: Uint8Array, start: number, end: number): void {
    const { quicklist } = this;
    if (encoding === 'quicklist-plain') {
      this.count++;
      if (end - start > this.largest) this.largest = end - start;
      if (end - start > this.elementFloor) this.largeElement(end - start, null);
      quicklist?.plainNode(end - start);
      return;
    }
    const entries = this.entriesOf(encoding, bytes, start, end);
    this.count += entries;
    if (quicklist !== null) {
      if ((encoding === 'quicklist-listpack') === (this.packedName === 'listpack')) {
        quicklist.packedNode(end - start);
      } else {
        const cursor = this.open(encoding, bytes, start, end);
        quicklist.beginNode();
        while (cursor.next()) {
          cursor.text();
          quicklist.nodeElement(cursor.tb, cursor.ts, cursor.te);
        }
        quicklist.endNode();
      }
    }
    this.lookInto(encoding, bytes, start, end);
  }

  // ---- elements ------------------------------------------------------------------------------------------------------

  /** Starts a collection of so many elements; −1 when that is not known. */
  private begin(count: number): void {
    this.count = 0;
    this.countedSum = 0;
    this.takenSum = 0;
    this.packedSize.clear();
    const { thresholds } = this;
    this.intsetWidth = this.kind === 'set' && count <= thresholds.setMaxIntsetEntries ? LEAST_INTSET_WIDTH : 0;
    if (this.kind === 'set') {
      const packs = this.model?.layout.packedSets === true;
      this.limitPacking(packs && count <= thresholds.setMaxListpackEntries, thresholds.setMaxListpackValue);
    } else if (this.kind === 'zset') {
      this.limitPacking(count <= thresholds.zsetMaxListpackEntries, thresholds.zsetMaxListpackValue);
    } else {
      this.limitPacking(count <= thresholds.hashMaxListpackEntries, thresholds.hashMaxListpackValue);
    }
  }

  private limitPacking(mayPack: boolean, longest: number): void {
    this.mayPack = mayPack;
    this.longestPacked = longest;
  }

  override listStart(_count: number, _isOneListpack: boolean): void {
    this.count = 0;
    this.quicklist?.clear();
  }

  override listElement(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    this.count++;
    this.dataBytes += length;
    if (length > this.largest) this.largest = length;
    if (length > this.elementFloor) this.largeElement(length, null);
    this.quicklist?.push(bytes, start, end);
  }

  override setStart(count: number): void {
    this.begin(count);
  }

  override setMember(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    this.count++;
    if (length > this.largest) this.largest = length;
    if (length > this.elementFloor) this.largeElement(length, nameIn(bytes, start, end));
    const { model } = this;
    if (model === null) {
      this.dataBytes += length;
      return;
    }
    const { elementObjects } = model.layout;
    // What cannot be packed any more need not be looked at: most members of large sets.
    const isRead = this.mayPack || this.intsetWidth > 0 || elementObjects;
    const integer = isRead ? integerIn(bytes, start, end) : undefined;
    if (length > this.longestPacked) this.mayPack = false;
    if (this.mayPack) this.packedSize.addString(bytes, start, end);
    if (this.intsetWidth > 0)
      this.intsetWidth = integer === undefined ? 0 : Math.max(this.intsetWidth, widthOf(integer));
    this.countedSum += model.memberCounted(length);
    this.takenSum += elementObjects ? model.memberObject(length, integer) : model.memberTaken(length);
  }

  override hashStart(count: number): void {
    this.begin(count);
  }

  override hashField(
    fieldBytes: Uint8Array,
    fieldStart: number,
    fieldEnd: number,
    valueBytes: Uint8Array,
    valueStart: number,
    valueEnd: number,
    expireAtMs: number | bigint | null,
  ): void {
    const length = fieldEnd - fieldStart;
    const valueLength = valueEnd - valueStart;
    this.count++;
    const longer = Math.max(length, valueLength);
    if (longer > this.largest) this.largest = longer;
    if (longer > this.elementFloor) this.largeElement(longer, nameIn(fieldBytes, fieldStart, fieldEnd));
    if (expireAtMs !== null) this.expiringFields++;
    const { model } = this;
    if (model === null) {
      this.dataBytes += length + valueLength;
      return;
    }
    if (longer > this.longestPacked) this.mayPack = false;
    if (this.mayPack) {
      this.packedSize.addString(fieldBytes, fieldStart, fieldEnd);
      this.packedSize.addString(valueBytes, valueStart, valueEnd);
      if (this.isExpiringHash[this.typeCode] === true) this.packedSize.addInteger(Number(expireAtMs ?? 0));
    }
    const integer = model.layout.elementObjects ? integerIn(valueBytes, valueStart, valueEnd) : undefined;
    model.field(length, valueLength, expireAtMs !== null, integer);
    this.countedSum += model.usage;
    this.takenSum += model.allocated;
  }

  override zsetStart(count: number): void {
    this.begin(count);
  }

  override zsetMember(bytes: Uint8Array, start: number, end: number, score: number): void {
    const length = end - start;
    this.count++;
    if (length > this.largest) this.largest = length;
    if (length > this.elementFloor) this.largeElement(length, nameIn(bytes, start, end));
    const { model } = this;
    if (model === null) {
      this.dataBytes += length + SCORE_BYTES;
      return;
    }
    if (length > this.longestPacked) this.mayPack = false;
    if (this.mayPack) {
      this.packedSize.addString(bytes, start, end);
      if (Number.isSafeInteger(score)) this.packedSize.addInteger(score);
      else this.packedSize.addText(String(score).length);
    }
    model.scored(length, model.layout.elementObjects ? integerIn(bytes, start, end) : undefined);
    this.countedSum += model.usage;
    this.takenSum += model.allocated;
  }

  // ---- streams -------------------------------------------------------------------------------------------------------

  override streamStart(): void {
    this.stream?.begin();
  }

  override streamNode(ms: number | bigint, seq: number | bigint, bytes: Uint8Array, start: number, end: number): void {
    this.dataBytes += end - start + STREAM_ID_BYTES;
    this.stream?.node(ms, seq, end - start);
    this.lookInto('listpack', bytes, start, end);
  }

  override streamInfo(info: StreamInfo): void {
    this.count = Number(info.length);
  }

  override streamGroupStart(group: StreamGroupHead): void {
    this.dataBytes += group.name.length;
    this.stream?.groupStart(group.name);
  }

  override streamPending(ms: number | bigint, seq: number | bigint, _deliveredAtMs: number | bigint): void {
    this.dataBytes += PENDING_BYTES;
    this.stream?.pending(ms, seq);
  }

  override streamConsumer(consumer: StreamConsumer): void {
    this.stream?.consumer(consumer.name);
  }

  override streamOwned(ms: number | bigint, seq: number | bigint): void {
    this.stream?.pending(ms, seq);
  }

  override streamGroupEnd(): void {
    this.stream?.groupEnd();
  }

  override streamIdmp(idmp: StreamIdmp): void {
    this.stream?.idmp(idmp);
  }
}

const SET_LISTPACK_TYPE = 20;
/** Values that are one ziplist, for servers that have listpacks. */
const ZIPLIST_TYPES: readonly number[] = [10, 12, 13];
/** Values that are one listpack or consist of such, for servers that have ziplists. */
const LISTPACK_TYPES: readonly number[] = [16, 17, 20, 23, 25];
const REDIS_EXPIRING_HASHES: readonly number[] = [HASH_METADATA_PRE_GA, LISTPACK_EX_PRE_GA, HASH_METADATA, LISTPACK_EX];
const EXPIRING_HASHES: Readonly<Record<Dialect, readonly number[]>> = {
  redis: REDIS_EXPIRING_HASHES,
  valkey: [VALKEY_HASH_2],
  dragonfly: [DRAGONFLY_HASH],
  keydb: [],
  enterprise: REDIS_EXPIRING_HASHES,
  'ror-6.2': [],
  'ror-8.2': REDIS_EXPIRING_HASHES,
};

/** A name, owned, as far as it is kept and was delivered. */
function nameIn(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return bytes.slice(start, Math.min(end, start + MAX_NAME_BYTES));
}

function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
}

/** What each dialect has by type byte. */
function byType<T>(of: (code: number, dialect: Dialect) => T): Readonly<Record<Dialect, readonly T[]>> {
  const rows = DIALECT_NAMES.map((dialect) => [dialect, Array.from({ length: 256 }, (_, code) => of(code, dialect))]);
  return Object.fromEntries(rows) as Record<Dialect, T[]>;
}

const KINDS = byType<ValueKind>((code, dialect) => valueType(code, dialect)?.kind ?? 'module');
const IS_EXPIRING_HASH = byType<boolean>((code, dialect) => EXPIRING_HASHES[dialect].includes(code));
