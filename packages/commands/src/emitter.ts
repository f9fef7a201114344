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
  valueType,
} from '@rdbkit/rdb';
import type { RespBuffer } from '@rdbkit/resp';
import { acceptsModule, capabilitiesOf } from './capabilities.ts';
import { type EmitCounts, type WrittenKey, zeroCounts } from './counts.ts';
import { defaultTarget } from './default-target.ts';
import { Aggregates } from './internal/aggregates.ts';
import { Extras, latin1 } from './internal/extras.ts';
import {
  BUILD,
  DONE,
  IMPOSSIBLE,
  isAccepted,
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
  TEMPLATE,
  TRANSCODE,
} from './internal/plans.ts';
import { noteUsageLost, writeRestore } from './internal/restore.ts';
import { type Outcome, Restorer } from './internal/restorer.ts';
import { Session } from './internal/session.ts';
import { Streams } from './internal/streams.ts';
import { Strings } from './internal/strings.ts';
import { HASH, STRING, Transcoder } from './internal/transcoder.ts';
import { type EmitOptions, type ResolvedEmitOptions, resolveEmitOptions } from './options.ts';
import type { Target } from './target.ts';

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
  private out: RespBuffer;
  private readonly given: EmitOptions;
  private readonly options: ResolvedEmitOptions;
  private readonly shape: ((header: KeyHeader) => boolean) | null;
  private readonly acceptSize: ((bytes: number) => boolean) | null;

  private file: RdbHeader = { dialect: 'redis', version: 0 };
  private readonly writer: { redis: string | null; valkey: string | null; dragonfly: string | null } = {
    redis: null,
    valkey: null,
    dragonfly: null,
  };

  /** All that depends on the target, which may become known only after the first records of the file. */
  private isReady = false;
  private s!: Session;
  private plans!: Plans;
  private strings!: Strings;
  private aggregates!: Aggregates;
  private streams!: Streams;
  private transcoder!: Transcoder;
  private restorer!: Restorer;
  private extras!: Extras;

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

  /** What became of the key that ended last. */
  readonly written: WrittenKey = {
    way: null,
    kind: 'string',
    db: 0,
    expires: false,
    finishBytes: 0,
    finishCommands: 0,
  };

  /** The name of the key at hand as it will be in the end; owned by the caller. Only while a key is being written. */
  get keyName(): Uint8Array {
    return this.s.keyBytes();
  }

  /** From here on everything is written to another buffer. Between keys only, or from the option `shape` for the key at hand. */
  redirect(out: RespBuffer): void {
    this.out = out;
    this.committedBefore = out.committedBytes;
    if (this.isReady) this.s.out = out;
  }

  /** Who the commands are for; known once something has been written, or from the start when it was given. */
  get target(): Target | null {
    return this.isReady ? this.s.caps.target : null;
  }

  /** The database that the target has selected after all that was written; `null` when nothing selected one. */
  get selectedDb(): number | null {
    return this.isReady && this.s.selected >= 0 ? this.s.selected : null;
  }

  /** To be set, between keys, when others have written commands in the meantime; `null` when the database is not known. */
  set selectedDb(db: number | null) {
    if (this.isReady) this.s.setSelected(db ?? -1);
  }

  /** What has been written so far, and what has not. */
  get counts(): EmitCounts {
    // Not `ready()`: to look must not decide who the target is.
    if (!this.isReady) return zeroCounts();
    const { counts } = this.s;
    counts.commands = this.out.commands;
    counts.bytes = this.out.committedBytes;
    return counts;
  }

  /**
   * Takes back what was written of a key that turned out to be damaged. Whatever the reader delivers next begins a new
   * one.
   */
  abort(): void {
    if (!this.isReady) return;
    const { s } = this;
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
    this.restorer = new Restorer(this.s, this.transcoder, this.given.rdb);
    this.extras = new Extras(this.s);
  }

  private plan(dialect: Dialect): void {
    const { caps } = this.s;
    this.plans = makePlans(dialect, caps, this.options.form);
    if (this.options.form !== 'plain' && caps.payloadVersion === 0) {
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
        this.ready();
        this.extras.script(value);
        break;
      case 'search-index':
      case 'search-synonyms':
        this.ready();
        this.extras.searchIndex(text === 'search-index' ? 'FT.CREATE' : 'FT.SYNUPDATE', value);
        break;
      case MEMBER:
        this.member = value;
        break;
      case MEMBER_WHEN:
        if (this.member !== null && this.isReady) this.extras.memberExpiry(this.member, Number(latin1(value)));
        this.member = null;
        break;
    }
  }

  override functionLibrary(code: Uint8Array): void {
    this.ready();
    this.extras.functionLibrary(code);
  }

  override functionPreGa(name: Uint8Array): void {
    this.ready();
    this.extras.functionPreGa(name);
  }

  override moduleAux(name: string): void {
    this.ready();
    this.extras.moduleAux(name);
  }

  // ---- keys ------------------------------------------------------------------------------------------------------

  override key(header: KeyHeader): Level {
    const s = this.isReady ? this.s : this.ready();
    const { typeCode } = header;
    s.keyNumber++;
    this.committedBefore = this.out.committedBytes;
    this.action = DONE;
    this.typeCode = typeCode;
    s.way = null;
    s.began = false;
    s.finishAt = -1;
    s.kind = this.plans.kinds[typeCode] as Session['kind'];
    s.db = header.db;
    if (this.shape !== null && !this.isShaped(this.shape, header)) return 'skip';

    const action = this.plans.actions[typeCode] as number;
    s.expireAtMs = header.expireAtMs === null ? null : s.shapeExpiry(header.expireAtMs);
    if (s.expireAtMs !== null && s.hasExpired(s.expireAtMs) && this.isLeftOut(header, action)) return 'skip';
    s.idleSeconds = header.idleSeconds;
    s.freq = header.freq;
    s.metadata = header.metadata;
    s.isSticky = header.isSticky;
    if (header.memcachedFlags !== null)
      s.noteOnce('MEMCACHED_FLAGS_LOST', 'the flags that memcached clients gave to keys are lost');

    if (action === SET_STRING && this.acceptSize === null && header.metadata === null && !header.isSticky) {
      if (header.idleSeconds !== null || header.freq !== null) noteUsageLost(s);
      this.action = SET_STRING;
      this.strings.start(header);
      return 'logical';
    }
    s.setName(header.bytes, header.start, header.end);
    return this.begin(s.isSticky ? this.sticking(action) : action);
  }

  /** Only `RESTORE` says in one command that a key is not to be evicted. */
  private sticking(action: number): number {
    const { caps } = this.s;
    const isWhole = action === SET_STRING || action === BUILD || action === STREAM;
    return isWhole && caps.sticky && isAccepted(this.typeCode, this.file.dialect, caps) ? RAW : action;
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
        s.impossible(
          'TYPE_NOT_SUPPORTED',
          `the target has nothing to hold a value of type ${this.typeCode} (${s.kind})`,
        );
        return 'skip';
      case SET_STRING:
        this.strings.startNamed();
        break;
      case BUILD:
        if (isSized && this.isTemplateReference()) return this.begin(TEMPLATE);
        break;
      case TEMPLATE:
        // Its size is known when it has been gathered.
        this.isSizing = false;
        this.transcoder.start(HASH);
        return 'logical';
      case MODULE:
        return isSized ? 'raw' : 'logical';
      default:
        if (!isSized) this.noteWay();
        return 'raw';
    }
    if (isSized) return 'raw';
    this.noteWay();
    return 'logical';
  }

  /** Reports what the way that was chosen for the key loses. */
  private noteWay(): void {
    const { s, action } = this;
    if (action === BUILD && this.options.form !== 'plain' && s.caps.payloadVersion > 0) {
      s.note('RESTORE_NOT_ACCEPTED', `the target takes no payload of this ${s.kind}: it is written as commands`);
    }
    if (action < MODULE) this.noteCommandLosses();
  }

  private isTemplateReference(): boolean {
    return valueType(this.typeCode, this.file.dialect)?.restorable === false;
  }

  /** What no command but `RESTORE` can tell. */
  private noteCommandLosses(): void {
    const { s } = this;
    if (s.idleSeconds !== null || s.freq !== null) noteUsageLost(s);
    if (s.metadata !== null)
      s.note('KEY_METADATA_LOST', 'data that a module attached to the key is lost, only RESTORE takes it');
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
    if (s.isSticky && s.way !== null)
      s.noteOnce('STICKY_LOST', 'keys that were not to be evicted become ordinary ones');
    s.count();
    const { written } = this;
    written.way = s.way;
    written.kind = s.kind;
    written.db = s.db;
    written.expires = s.expireAtMs !== null;
    written.finishBytes = s.finishAt < 0 ? 0 : this.out.pos - s.finishAt;
    written.finishCommands = s.finishAt < 0 ? 0 : s.finishCommands;
    s.commit();
  }

  // ---- raw values ------------------------------------------------------------------------------------------------

  override raw(bytes: Uint8Array, start: number, end: number): void {
    const { s, typeCode, restorer } = this;
    const { dialect } = this.file;
    if (this.isSizing && this.acceptSize !== null) {
      if (!this.acceptSize(end - start)) {
        this.unwanted();
        return;
      }
      this.noteWay();
    }
    switch (this.action) {
      case RAW:
        if (typeCode !== STRING || this.options.form !== 'cheapest' || !this.strings.raw(bytes, start, end))
          writeRestore(s, typeCode, dialect, bytes, start, end, 'restore', true);
        break;
      case RAW_FIELDS:
        this.after(restorer.expiring(typeCode, dialect, bytes, start, end), bytes, start, end);
        break;
      case RAW_STREAM:
        this.after(restorer.stream(typeCode, dialect, bytes, start, end), bytes, start, end);
        break;
      case TRANSCODE:
        this.after(
          restorer.transcode(plainType(s.kind, s.caps), 0, typeCode, dialect, bytes, start, end),
          bytes,
          start,
          end,
        );
        break;
      case STREAM:
        restorer.readParts(typeCode, dialect, bytes, start, end);
        this.streams.value(restorer.parts, typeCode, dialect, bytes, start, end);
        this.action = DONE;
        break;
      case SET_STRING:
      case BUILD:
      case MODULE:
        this.replay(typeCode, bytes, start, end);
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
    if (this.isSizing && this.acceptSize !== null) {
      if (!this.acceptSize(Number.POSITIVE_INFINITY)) {
        this.unwanted();
        return 'skip';
      }
      this.noteWay();
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
        } else if (s.kind === 'module') {
          this.action = MODULE;
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

  /** Goes on after what {@link Restorer} did with a raw value. */
  private after(outcome: Outcome, bytes: Uint8Array, start: number, end: number): void {
    switch (outcome) {
      case 'written':
        break;
      case 'empty':
        this.emptyValue();
        break;
      case 'left out':
        this.action = DONE;
        break;
      case 'commands':
        this.noteCommandLosses();
        if (this.action === RAW_STREAM) {
          this.action = DONE;
          this.streams.value(this.restorer.parts, this.typeCode, this.file.dialect, bytes, start, end);
        } else {
          this.action = BUILD;
          this.replay(this.typeCode, bytes, start, end);
        }
        break;
    }
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
    if (this.options.form !== 'plain' && s.caps.types.has(HASH)) {
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
  override setMember(bytes: Uint8Array, start: number, end: number, expireAtMs: Int64 | null): void {
    if (expireAtMs === null) this.aggregates.element(bytes, start, end);
    else this.aggregates.expiringMember(bytes, start, end, expireAtMs);
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
    if (this.options.form !== 'plain')
      s.note('RESTORE_TOO_LONG', 'the hash is too long for one payload: it is written as commands');
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
  override streamField(
    fieldBytes: Uint8Array,
    fieldStart: number,
    fieldEnd: number,
    valueBytes: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): void {
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
    if (!s.caps.vectorSets || name !== 'vectorset')
      s.noteOnce('MODULE_NEEDED', `the target needs the module of type ${name}`, name);
    writeRestore(s, MODULE_2, s.caps.dialect, bytes, start, end, 'restore');
  }

  override bitmap(length: Int64, bytes: Uint8Array, start: number, end: number): void {
    if (this.action !== SET_STRING) return;
    const { s } = this;
    this.strings.undo();
    s.drop();
    this.action = DONE;
    if (!isAccepted(BITMAP, this.file.dialect, s.caps)) {
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
