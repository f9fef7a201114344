/**
 * From values to the commands that rebuild them.
 *
 * @module
 */
import type { Int64 } from '@rdbkit/bytes';
import {
  type Dialect,
  type KeyHeader,
  type Level,
  type RdbHeader,
  RdbVisitorBase,
  type RdbWarning,
  readRawValue,
  type StreamGroup,
  type StreamIdmp,
  type StreamInfo,
} from '@rdbkit/rdb';
import { encodeBulks, encodeHead, type RespBuffer } from '@rdbkit/resp';
import { acceptsModule, capabilitiesOf } from './capabilities.ts';
import type { EmitCounts } from './counts.ts';
import { defaultTarget } from './default-target.ts';
import { Aggregates } from './internal/aggregates.ts';
import { MAX_PAYLOAD_MS } from './internal/field-policy.ts';
import {
  BUILD,
  DONE,
  IMPOSSIBLE,
  MODULE,
  makePlans,
  type Plans,
  plainType,
  RAW,
  RAW_FIELDS,
  RAW_STREAM,
  SET_STRING,
  STREAM,
  STREAM_ONCE,
  streamType,
  TEMPLATE,
  TRANSCODE,
} from './internal/plans.ts';
import { noteUsageLost, writeRestore } from './internal/restore.ts';
import { Session } from './internal/session.ts';
import { StreamParts } from './internal/stream-parts.ts';
import { STREAM_TYPES, StreamTranscoder } from './internal/stream-transcoder.ts';
import { Streams } from './internal/streams.ts';
import { Strings } from './internal/strings.ts';
import { HASH, HashScan, Transcoder } from './internal/transcoder.ts';
import { type EmitOptions, type ResolvedEmitOptions, resolveEmitOptions } from './options.ts';
import type { Target } from './target.ts';

const FUNCTION_LOAD = encodeHead(3, 'FUNCTION', 'LOAD');
const FUNCTION_LOAD_REPLACE = encodeHead(4, 'FUNCTION', 'LOAD', 'REPLACE');
const SCRIPT_LOAD = encodeHead(3, 'SCRIPT', 'LOAD');
const PEXPIREMEMBERAT = encodeHead(4, 'PEXPIREMEMBERAT');
const HPEXPIREAT = encodeHead(6, 'HPEXPIREAT');
const ONE_FIELD = encodeBulks('FIELDS', '1');

const BITMAP = 33;
const MODULE_2 = 7;

/** Hashes that refer to a template are gathered for one payload up to this size, the default of the reader's `rawBytes`. */
const MAX_GATHERED_BYTES = 64 * 1024 * 1024;

const MEMBER = 'keydb-subexpire-key';
const MEMBER_WHEN = 'keydb-subexpire-when';

/**
 * Writes the commands that rebuild what an RDB reader delivers into a {@link RespBuffer}: `SELECT` when the database
 * changes, functions, then the keys in file order.
 *
 * After each key everything written is committed: {@link RespBuffer.take} hands it out. When the reader fails inside a
 * key, {@link CommandEmitter.abort} takes back what was written of it.
 *
 * @example
 * ```ts
 * import { CommandEmitter, parseTarget } from '@rdbkit/commands';
 * import { readRdbSync } from '@rdbkit/rdb';
 * import { RespBuffer } from '@rdbkit/resp';
 *
 * const file = Uint8Array.from('REDIS0001\xfe\x00\x00\x01k\x01v\xff', (c) => c.charCodeAt(0));
 * const out = new RespBuffer();
 * const emitter = new CommandEmitter(out, { target: parseTarget('7.2') });
 * readRdbSync(file, emitter);
 * console.log(new TextDecoder().decode(out.take()).split('\r\n').join(' '));
 * // *2 $6 SELECT $1 0 *3 $3 SET $1 k $1 v
 * ```
 */
export class CommandEmitter extends RdbVisitorBase {
  private readonly out: RespBuffer;
  private readonly given: EmitOptions;
  private readonly options: ResolvedEmitOptions;
  private readonly shape: ((header: KeyHeader) => boolean) | null;
  private readonly acceptSize: ((bytes: number) => boolean) | null;

  private file: RdbHeader = { dialect: 'redis', version: 0 };
  private readonly writer: { redis: string | null; valkey: string | null; dragonfly: string | null } = { redis: null, valkey: null, dragonfly: null };

  /** All that depends on the target, which may become known only after the first records of the file. */
  private isReady = false;
  private s!: Session;
  private plans!: Plans;
  private strings!: Strings;
  private aggregates!: Aggregates;
  private streams!: Streams;
  private transcoder!: Transcoder;
  private readonly streamTranscoder = new StreamTranscoder();
  private readonly streamParts = new StreamParts();
  private scan!: HashScan;

  /** What is being done with the key: a constant of `plans.ts`. */
  private action = DONE;
  private typeCode = 0;
  /** The value is wanted raw first, to know its size. */
  private isSizing = false;
  /** Value calls come from a raw value that is read again. */
  private isReplay = false;
  private committedBefore = 0;
  /** KeyDB: a member whose expiry comes next. */
  private member: Uint8Array | null = null;

  /**
   * @param out - Receives the commands.
   * @throws {RangeError} a limit or time in the options is out of range.
   */
  constructor(out: RespBuffer, options: EmitOptions = {}) {
    super();
    this.out = out;
    this.given = options;
    this.options = resolveEmitOptions(options);
    this.shape = options.shape ?? null;
    this.acceptSize = options.acceptSize ?? null;
    if (options.target !== undefined) this.prepare(options.target);
  }

  /** Who the commands are for; known once something has been written, or from the start when it was given. */
  get target(): Target | null {
    return this.isReady ? this.s.caps.target : null;
  }

  /** What has been written so far, and what has not. */
  get counts(): EmitCounts {
    const { counts } = this.ready();
    counts.commands = this.out.commands;
    counts.bytes = this.out.committedBytes;
    return counts;
  }

  /**
   * Takes back what was written of a key that turned out to be damaged. Whatever the reader delivers next begins a new
   * one.
   */
  abort(): void {
    const s = this.ready();
    if (this.out.committedBytes > this.committedBefore && this.action !== DONE) {
      s.note('KEY_PARTIAL', 'the first elements of the key are written already, the rest is missing');
    }
    s.drop();
    this.action = DONE;
    this.isReplay = false;
  }

  private ready(): Session {
    if (!this.isReady) this.prepare(defaultTarget(this.file, this.writer));
    return this.s;
  }

  private prepare(target: Target): void {
    this.isReady = true;
    this.s = new Session(this.out, this.options, capabilitiesOf(target), this.given.onNote ?? null);
    this.plan(this.file.dialect);
    this.strings = new Strings(this.s);
    this.aggregates = new Aggregates(this.s);
    this.streams = new Streams(this.s, this.given.rdb);
    this.transcoder = new Transcoder(this.s);
    this.scan = new HashScan(this.s);
  }

  private plan(dialect: Dialect): void {
    const { caps } = this.s;
    this.plans = makePlans(dialect, caps, this.options.form);
    if (this.options.form === 'restore' && caps.payloadVersion === 0) {
      this.s.noteOnce('RESTORE_NOT_ACCEPTED', 'the target has no RESTORE: everything is written as commands');
    }
  }

  // ---- before the keys -------------------------------------------------------------------------------------------

  override header(header: RdbHeader): void {
    this.file = header;
    if (this.isReady) this.plan(header.dialect);
  }

  override aux(name: Uint8Array, value: Uint8Array): void {
    const text = latin1(name).toLowerCase();
    switch (text) {
      case 'redis-ver':
        this.writer.redis = latin1(value);
        break;
      case 'valkey-ver':
        this.writer.valkey = latin1(value);
        break;
      case 'df-ver':
        this.writer.dragonfly = latin1(value);
        break;
      case 'lua':
        this.script(value);
        break;
      case MEMBER:
        this.member = value;
        break;
      case MEMBER_WHEN:
        if (this.member !== null) this.memberExpiry(this.member, Number(latin1(value)));
        this.member = null;
        break;
    }
  }

  private script(code: Uint8Array): void {
    const s = this.ready();
    if (!s.caps.milliseconds) {
      s.noteOnce('SCRIPT_LOST', 'cached scripts are lost, the target has no SCRIPT LOAD');
      return;
    }
    this.out.beginWith(SCRIPT_LOAD);
    this.out.bulk(code, 0, code.length);
    s.counts.scripts++;
    s.commit();
  }

  /** KeyDB puts the expiry of members behind the key they belong to. */
  private memberExpiry(member: Uint8Array, recorded: number): void {
    const s = this.ready();
    const { out } = this;
    if (s.way === null || !Number.isSafeInteger(recorded)) return;
    const expireAtMs = s.shapeExpiry(recorded);
    if (expireAtMs === null) return;
    const isKept = this.options.existing === 'keep';
    if (!isKept && s.caps.fieldExpiry === 'pexpirememberat') {
      s.select();
      out.beginWith(PEXPIREMEMBERAT);
      s.key();
      out.bulk(member, 0, member.length);
      out.bulkInteger(expireAtMs);
    } else if (!isKept && s.caps.fieldExpiry === 'hpexpireat' && s.kind === 'hash') {
      s.select();
      out.beginWith(HPEXPIREAT);
      s.key();
      s.positiveTime(expireAtMs);
      out.raw(ONE_FIELD);
      out.bulk(member, 0, member.length);
    } else {
      s.note('MEMBER_EXPIRY_LOST', 'a member loses its expiry, which the target cannot hold or which would touch an existing key');
      return;
    }
    s.commit();
  }

  override functionLibrary(code: Uint8Array): void {
    const s = this.ready();
    if (!s.caps.functions) {
      s.noteOnce('FUNCTION_LOST', 'function libraries are lost, the target has no functions', latin1(code));
      return;
    }
    const isKept = this.options.existing === 'keep';
    if (isKept) s.noteOnce('FUNCTION_ANSWERS', 'FUNCTION LOAD answers an error for each library that the target has already');
    this.out.beginWith(isKept ? FUNCTION_LOAD : FUNCTION_LOAD_REPLACE);
    this.out.bulk(code, 0, code.length);
    s.counts.functions++;
    s.commit();
  }

  override functionPreGa(name: Uint8Array): void {
    this.ready().noteOnce('FUNCTION_PRE_GA', `function library ${latin1(name)} is lost: its layout is one of the 7.0 release candidates, which no server reads`, latin1(name));
  }

  override moduleAux(name: string): void {
    this.ready().noteOnce('MODULE_AUX_LOST', `data of module ${name} outside of keys is lost: no command takes it`, name);
  }

  // ---- keys ------------------------------------------------------------------------------------------------------

  override key(header: KeyHeader): Level {
    const s = this.isReady ? this.s : this.ready();
    const { typeCode } = header;
    this.committedBefore = this.out.committedBytes;
    this.action = DONE;
    this.typeCode = typeCode;
    s.way = null;
    s.began = false;
    s.kind = this.plans.kinds[typeCode] as Session['kind'];
    s.db = header.db;
    if (this.shape !== null && !this.isShaped(this.shape, header)) return 'skip';

    const action = this.plans.actions[typeCode] as number;
    s.expireAtMs = header.expireAtMs === null ? null : s.shapeExpiry(header.expireAtMs);
    if (s.expireAtMs !== null && s.hasExpired(s.expireAtMs) && this.isLeftOut(header, action)) return 'skip';
    s.idleSeconds = header.idleSeconds;
    s.freq = header.freq;
    s.metadata = header.metadata;

    if (action === SET_STRING && this.acceptSize === null && header.metadata === null) {
      if (header.idleSeconds !== null || header.freq !== null) noteUsageLost(s);
      this.action = SET_STRING;
      this.strings.start(header);
      return 'logical';
    }
    s.setName(header.bytes, header.start, header.end);
    return this.begin(action);
  }

  private isShaped(shape: (header: KeyHeader) => boolean, header: KeyHeader): boolean {
    const { db } = header;
    const isWanted = shape(header);
    const { s } = this;
    s.db = header.db;
    // The reader keeps the number for the keys that follow.
    header.db = db;
    if (!isWanted) s.counts.unwantedKeys++;
    return isWanted;
  }

  /** Whether a key that has expired is left out. */
  private isLeftOut(header: KeyHeader, action: number): boolean {
    const { s } = this;
    if (this.options.expired === 'keep') {
      if (this.options.existing !== 'keep') return false;
      if (action === SET_STRING && s.caps.setPxat) return false;
      if (action >= MODULE && s.caps.restoreOptions) return false;
      s.setName(header.bytes, header.start, header.end);
      s.note('EXPIRED_NOT_BUILT', 'the key has expired and is not written: it would vanish before it has its name');
    }
    s.counts.expiredKeys++;
    return true;
  }

  /** The name is in the session. Returns the level at which the value is wanted. */
  private begin(action: number): Level {
    const { s } = this;
    this.action = action;
    const isSized = this.acceptSize !== null;
    this.isSizing = isSized;
    switch (action) {
      case IMPOSSIBLE:
        this.action = DONE;
        s.impossible('TYPE_NOT_SUPPORTED', `the target has nothing to hold a value of type ${this.typeCode} (${s.kind})`);
        return 'skip';
      case SET_STRING:
        this.strings.startNamed();
        this.noteCommandLosses();
        return isSized ? 'raw' : 'logical';
      case BUILD:
        if (isSized && this.isTemplateReference()) return this.begin(TEMPLATE);
        if (this.options.form === 'restore' && s.caps.payloadVersion > 0) s.note('RESTORE_NOT_ACCEPTED', `the target takes no payload of this ${s.kind}: it is written as commands`);
        this.noteCommandLosses();
        return isSized ? 'raw' : 'logical';
      case TEMPLATE:
        this.isSizing = false;
        this.transcoder.start(HASH);
        return 'logical';
      case MODULE:
        return isSized ? 'raw' : 'logical';
      case STREAM:
        this.noteCommandLosses();
        return 'raw';
      default:
        return 'raw';
    }
  }

  private isTemplateReference(): boolean {
    return this.file.dialect === 'redis' && (this.typeCode === 30 || this.typeCode === 32);
  }

  /** What no command but `RESTORE` can tell. */
  private noteCommandLosses(): void {
    const { s } = this;
    if (s.idleSeconds !== null || s.freq !== null) noteUsageLost(s);
    if (s.metadata !== null) s.note('KEY_METADATA_LOST', 'data that a module attached to the key is lost, only RESTORE takes it');
  }

  override emptyValue(): void {
    if (this.action === DONE) return;
    const { s } = this;
    if (this.action === SET_STRING) this.strings.undo();
    s.drop();
    s.note('EMPTY_KEY', `the ${s.kind} has no elements; it is left out, as servers do when they load a file`);
    s.counts.emptyKeys++;
    this.action = DONE;
  }

  override keyEnd(): void {
    if (this.isReplay) return;
    const { s } = this;
    switch (this.action) {
      case BUILD:
        this.aggregates.end();
        break;
      case STREAM_ONCE:
        this.streams.finish(true);
        break;
      case TEMPLATE:
        this.endTemplate();
        break;
    }
    this.action = DONE;
    s.count();
    s.commit();
  }

  // ---- raw values ------------------------------------------------------------------------------------------------

  override raw(bytes: Uint8Array, start: number, end: number): void {
    const { s } = this;
    if (this.isSizing && this.acceptSize !== null && !this.acceptSize(end - start)) {
      this.unwanted();
      return;
    }
    switch (this.action) {
      case RAW:
        writeRestore(s, this.typeCode, this.file.dialect, bytes, start, end, 'restore');
        break;
      case RAW_FIELDS:
        this.restoreFields(bytes, start, end);
        break;
      case RAW_STREAM:
        this.restoreStream(bytes, start, end);
        break;
      case STREAM:
        this.readParts(bytes, start, end);
        this.streams.value(this.streamParts, this.typeCode, this.file.dialect, bytes, start, end);
        this.action = DONE;
        break;
      case TRANSCODE:
        this.transcode(plainType(s.kind, s.caps), 0, bytes, start, end);
        break;
      case SET_STRING:
      case BUILD:
      case MODULE:
        this.replay(this.typeCode, bytes, start, end);
        break;
    }
  }

  private unwanted(): void {
    this.s.counts.unwantedKeys++;
    this.s.drop();
    this.action = DONE;
  }

  override rawTooLong(): Exclude<Level, 'raw'> {
    const { s } = this;
    if (this.isSizing && this.acceptSize !== null && !this.acceptSize(Number.POSITIVE_INFINITY)) {
      this.unwanted();
      return 'skip';
    }
    const { action } = this;
    if (action >= RAW) {
      s.note('RESTORE_TOO_LONG', `the ${s.kind} is too long for one payload: it is written as commands`);
      this.noteCommandLosses();
    }
    switch (action) {
      case STREAM:
      case RAW_STREAM:
        this.action = STREAM_ONCE;
        this.streams.start();
        break;
      case RAW:
      case RAW_FIELDS:
      case TRANSCODE:
        if (s.kind === 'string') {
          this.action = SET_STRING;
          this.strings.startNamed();
        } else {
          this.action = BUILD;
        }
        break;
    }
    return 'logical';
  }

  /** Reads a raw value again, by its elements. */
  private replay(typeCode: number, bytes: Uint8Array, start: number, end: number): void {
    this.isReplay = true;
    readRawValue(typeCode, this.file.dialect, bytes, start, end, this, 'logical', this.given.rdb);
    this.isReplay = false;
  }

  private transcode(typeCode: number, earliestMs: Int64, bytes: Uint8Array, start: number, end: number): void {
    const { s, transcoder } = this;
    transcoder.start(typeCode, earliestMs);
    readRawValue(this.typeCode, this.file.dialect, bytes, start, end, transcoder, 'logical', this.given.rdb);
    if (transcoder.isTooLong) {
      s.impossible('BITMAP_TOO_LONG', 'the bitmap is too long for a string, and the target has no type for it');
      this.action = DONE;
      return;
    }
    if (!transcoder.finish()) {
      this.emptyValue();
      return;
    }
    const { payload } = transcoder;
    writeRestore(s, typeCode, s.caps.dialect, payload.bytes, 0, payload.pos, 'transcoded');
  }

  private restoreFields(bytes: Uint8Array, start: number, end: number): void {
    const { s, scan } = this;
    const { caps } = s;
    const type = caps.fieldExpiryType;
    scan.start(type >= 0 ? MAX_PAYLOAD_MS : caps.fieldExpiry === 'none' ? 0 : Number.MAX_SAFE_INTEGER);
    readRawValue(this.typeCode, this.file.dialect, bytes, start, end, scan, 'logical', this.given.rdb);
    if (scan.fields === 0) {
      this.emptyValue();
      return;
    }
    if (scan.expiring > 0 && type < 0) {
      s.note('RESTORE_NOT_ACCEPTED', 'the target takes no payload with fields that expire: the hash is written as commands');
      this.noteCommandLosses();
      this.action = BUILD;
      this.replay(this.typeCode, bytes, start, end);
      return;
    }
    s.counts.expiredFields += scan.dropped;
    if (scan.dropped === scan.fields) {
      s.counts.expiredKeys++;
      s.note('FIELDS_EXPIRED', 'all fields of the hash have expired');
      this.action = DONE;
      return;
    }
    if (scan.lost > 0) s.note('FIELD_EXPIRY_LOST', `${scan.lost} fields lose their expiry, which the target cannot hold`);
    const isSame = scan.dropped === 0 && scan.lost === 0 && !this.options.stripTtl && this.options.shiftTtlMs === 0;
    if (isSame && this.plans.accepted.has(this.typeCode)) writeRestore(s, this.typeCode, this.file.dialect, bytes, start, end, 'restore');
    else if (scan.expiring > 0) this.transcode(type, scan.earliestMs, bytes, start, end);
    else this.transcode(HASH, 0, bytes, start, end);
  }

  private readParts(bytes: Uint8Array, start: number, end: number): StreamParts {
    this.streamParts.clear();
    readRawValue(this.typeCode, this.file.dialect, bytes, start, end, this.streamParts, 'packed', this.given.rdb);
    return this.streamParts;
  }

  private restoreStream(bytes: Uint8Array, start: number, end: number): void {
    const { s, typeCode } = this;
    const parts = this.readParts(bytes, start, end);
    const info = parts.info as StreamInfo;
    const type = streamType(typeCode, s.caps);
    const isSound = info.length === info.liveEntries;
    if (!isSound || type < 0) {
      if (isSound) s.note('RESTORE_NOT_ACCEPTED', 'the target takes no payload of this stream: it is written as commands');
      else s.note('STREAM_LENGTH', `the stream says that it has ${info.length} entries, it has ${info.liveEntries}: it is written as commands`);
      this.noteCommandLosses();
      this.streams.value(parts, typeCode, this.file.dialect, bytes, start, end);
      this.action = DONE;
      return;
    }
    if (type === typeCode && parts.twoOwnersCount === 0) {
      writeRestore(s, typeCode, this.file.dialect, bytes, start, end, 'restore');
      return;
    }
    if (parts.twoOwnersCount > 0) s.note('STREAM_TWO_OWNERS', `${parts.twoOwnersCount} pending entries belong to two consumers; the last one has them`);
    const layout = STREAM_TYPES.indexOf(type) + 1;
    if (layout < 5 && parts.unownedCount > 0) {
      s.note('STREAM_UNOWNED_LOST', `${parts.unownedCount} pending entries that belong to no consumer are lost, the target has no place for them`);
    }
    if (layout < 4 && parts.hasIdmp) s.note('STREAM_IDMP_LOST', 'settings and records of idempotent producers are lost, the target has none');
    if (layout < 2 && parts.hasCounters) s.note('STREAM_COUNTERS_LOST', 'counters of the stream and its groups are lost, the target has none');
    const { streamTranscoder } = this;
    streamTranscoder.start(type);
    readRawValue(typeCode, this.file.dialect, bytes, start, end, streamTranscoder, 'packed', this.given.rdb);
    streamTranscoder.finish();
    const { payload } = streamTranscoder;
    writeRestore(s, type, s.caps.dialect, payload.bytes, 0, payload.pos, 'transcoded');
  }

  // ---- hashes that refer to a template -------------------------------------------------------------------------

  private endTemplate(): void {
    const { transcoder } = this;
    const { payload } = transcoder;
    if (!transcoder.finish()) {
      this.emptyValue();
      return;
    }
    if (this.acceptSize !== null && !this.acceptSize(payload.pos)) {
      this.unwanted();
      return;
    }
    const { s } = this;
    if (this.options.form === 'restore' && s.caps.types.has(HASH)) {
      writeRestore(s, HASH, s.caps.dialect, payload.bytes, 0, payload.pos, 'transcoded');
    } else {
      this.buildGathered();
      this.aggregates.end();
    }
  }

  /** Goes over to commands, beginning with what was gathered for a payload. */
  private buildGathered(): void {
    const { payload } = this.transcoder;
    this.transcoder.finish();
    this.noteCommandLosses();
    this.action = BUILD;
    this.replay(HASH, payload.bytes, 0, payload.pos);
  }

  // ---- elements --------------------------------------------------------------------------------------------------

  override string(bytes: Uint8Array, start: number, end: number): void {
    if (this.action === SET_STRING) this.strings.value(bytes, start, end);
  }
  override stringStart(): void {
    if (this.action === SET_STRING) this.strings.startPieces();
  }
  override stringPiece(bytes: Uint8Array, start: number, end: number): void {
    if (this.action === SET_STRING) this.strings.piece(bytes, start, end);
  }
  override stringEnd(): void {
    if (this.action === SET_STRING) this.strings.endPieces();
  }

  override listStart(count: number): void {
    this.aggregates.startList(count);
  }
  override listElement(bytes: Uint8Array, start: number, end: number): void {
    this.aggregates.element(bytes, start, end);
  }
  override setStart(count: number): void {
    this.aggregates.startSet(count);
  }
  override setMember(bytes: Uint8Array, start: number, end: number): void {
    this.aggregates.element(bytes, start, end);
  }
  override zsetStart(count: number): void {
    this.aggregates.startZset(count);
  }
  override zsetMember(bytes: Uint8Array, start: number, end: number, score: number): void {
    this.aggregates.member(bytes, start, end, score);
  }

  override hashStart(count: number): void {
    if (this.action === TEMPLATE) this.transcoder.hashStart();
    else this.aggregates.startHash(count);
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
    if (this.action !== TEMPLATE) {
      this.aggregates.field(fieldBytes, fieldStart, fieldEnd, valueBytes, valueStart, valueEnd, expireAtMs);
      return;
    }
    this.transcoder.hashField(fieldBytes, fieldStart, fieldEnd, valueBytes, valueStart, valueEnd, expireAtMs);
    if (this.transcoder.payload.pos > MAX_GATHERED_BYTES) this.spill();
  }

  private spill(): void {
    const { s } = this;
    if (this.acceptSize !== null && !this.acceptSize(Number.POSITIVE_INFINITY)) {
      this.unwanted();
      return;
    }
    if (this.options.form === 'restore') s.note('RESTORE_TOO_LONG', 'the hash is too long for one payload: it is written as commands');
    this.buildGathered();
  }

  override arrayStart(count: number, cursor: Int64 | null): void {
    this.aggregates.startArray(count, cursor);
  }
  override arrayElement(index: Int64, bytes: Uint8Array, start: number, end: number): void {
    this.aggregates.item(index, bytes, start, end);
  }

  override streamEntry(ms: Int64, seq: Int64, fields: number): void {
    this.streams.streamEntry(ms, seq, fields);
  }
  override streamField(fieldBytes: Uint8Array, fieldStart: number, fieldEnd: number, valueBytes: Uint8Array, valueStart: number, valueEnd: number): void {
    this.streams.streamField(fieldBytes, fieldStart, fieldEnd, valueBytes, valueStart, valueEnd);
  }
  override streamInfo(info: StreamInfo): void {
    this.streams.streamInfo(info);
  }
  override streamGroup(group: StreamGroup): void {
    this.streams.streamGroup(group);
  }
  override streamIdmp(idmp: StreamIdmp): void {
    this.streams.streamIdmp(idmp);
  }

  override module(name: string, _encodingVersion: number, bytes: Uint8Array, start: number, end: number): void {
    const { s } = this;
    if (this.action !== MODULE) return;
    if (!acceptsModule(s.caps, name)) {
      s.impossible('MODULE_NOT_SUPPORTED', `the target cannot have the module of type ${name}`);
      this.action = DONE;
      return;
    }
    if (!s.caps.vectorSets || name !== 'vectorset') s.noteOnce('MODULE_NEEDED', `the target needs the module of type ${name}`, name);
    writeRestore(s, MODULE_2, s.caps.dialect, bytes, start, end, 'restore');
  }

  override bitmap(length: Int64, bytes: Uint8Array, start: number, end: number): void {
    if (this.action !== SET_STRING) return;
    const { s } = this;
    this.strings.undo();
    s.drop();
    this.action = DONE;
    if (!this.plans.accepted.has(BITMAP)) {
      s.impossible('BITMAP_TOO_LONG', 'the bitmap is too long for a string, and the target has no type for it');
      return;
    }
    const { payload } = this.transcoder;
    payload.pos = 0;
    payload.length(length);
    payload.string(bytes, start, end);
    writeRestore(s, BITMAP, 'redis', payload.bytes, 0, payload.pos, 'restore');
  }

  override warning(warning: RdbWarning): void {
    if (this.given.onWarning === undefined) return;
    this.given.onWarning(this.isReplay ? { ...warning, db: this.s.db, key: this.s.keyBytes() } : warning);
  }
}

function latin1(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
