/**
 * The frame of a file: magic, then records that each begin with an opcode or a value type, then the checksum.
 *
 * ```
 * file      = magic version record* 255 [ u64 CRC-64 ]               CRC from version 5 on
 * record    = 254 len db | 251 len len | 250 str str | 247 module-aux | 246 function-pre-ga | 245 str | 244 len len len
 *           | 243 slot-import (valkey ≥ 80) | 242 hash-template (redis ≥ 15) | attribute* type str value
 * attribute = 253 i32 seconds | 252 i64 milliseconds | 249 u8 | 248 len | 243 key-meta (redis ≥ 13)
 * ```
 *
 * Writers have an order; the servers' loaders accept any, and so does this one. Other products have records besides:
 * `foreign-records.ts`, `blobs.ts`, `pieces.ts`.
 */
import { int64FromWords, uint64FromWords } from '@rdbkit/bytes';
import { dialectOfField, highestVersionOf, opcodeOf } from '../dialects.ts';
import { RdbFormatError, RdbUnsupportedError } from '../errors.ts';
import { compareChecksum } from '../stored-checksum.ts';
import type { Dialect, Level, RdbSummary } from '../visitor.ts';
import { unpackedRecords } from './blobs.ts';
import type { Decoding, Rule } from './decoding.ts';
import { foreignRecord } from './foreign-records.ts';
import { skipKeyMeta } from './key-meta.ts';
import { moduleEncodingVersion, moduleName, skipModuleOpcodes } from './modules.ts';
import { Pieces } from './pieces.ts';
import { length } from './primitives.ts';
import { skipBytes, skipString } from './skip.ts';
import { SnapshotSet } from './snapshot-set.ts';
import { hashTemplate } from './templates.ts';
import { rulesOf, type ValueRule } from './value-rules.ts';
import { readValue, tryReadValue } from './values.ts';
import { unknownType, unknownVersion } from './versions.ts';

const OP_EOF = 255;
const OP_SELECTDB = 254;
const OP_EXPIRETIME = 253;
const OP_EXPIRETIME_MS = 252;
const OP_RESIZEDB = 251;
const OP_AUX = 250;
const OP_FREQ = 249;
const OP_IDLE = 248;
const OP_MODULE_AUX = 247;
const OP_FUNCTION_PRE_GA = 246;
const OP_FUNCTION2 = 245;
const OP_SLOT_INFO = 244;
/** KEY_META for Redis ≥ 8.6, SLOT_IMPORT for Valkey ≥ 9.0. */
const OP_243 = 243;
/** HASH_TEMPLATE for Redis ≥ 8.10, UPDATE for Valkey ≥ 9.2. */
const OP_242 = 242;
const OP_KEY_NOEVICT = 241;
/** Dragonfly. */
const OP_TAGGED_CHUNK = 224;
const OP_DF_MASK = 220;
const OP_COMPRESSED_LZ4 = 202;
const OP_COMPRESSED_ZSTD = 201;

const MAGIC_BYTES = 9;
const REDIS = 'REDIS';
/** Dragonfly writes its files in whole blocks; what stands behind the end is left over from its buffer. */
export const BLOCK_BYTES: number = 4096;
const CHECKSUM_SINCE = 5;
const VALKEY_SINCE = 80;
const MAX_DB = 2 ** 31 - 1;
const MODULE_OPCODE_UINT = 2;
/** AUX fields that are kept back until the dialect is clear; writers have fewer of them before the one that tells. */
const MAX_OPENING_FIELDS = 16;
const MAX_OPENING_BYTES = 64 * 1024;
const MEMCACHED_FLAGS = 2;
const STICKY = 1;

interface Field {
  readonly name: Uint8Array;
  readonly value: Uint8Array;
}

/** What frames within a file share with it. */
interface FileState {
  keys: number;
  rules: readonly (ValueRule | undefined)[];
  /** What AUX says of the writer: the best hint when a byte is not understood. */
  writer: string;
  /** The version that Dragonfly says it has. */
  dragonfly: string;
  /** Values that come in pieces, from the first one on. */
  pieces: Pieces | null;
  /** The files of a snapshot. */
  readonly set: SnapshotSet;
  /** Kinds of records that have been warned of. */
  readonly warned: Set<string>;
}

export class Frame {
  readonly d: Decoding;
  private readonly state: FileState;
  private hasAttributes = false;
  /** Where in the input the record at hand begins. */
  private recordAt = 0;
  /** All of a record has been read, and no more of the next than attributes. */
  isAtBorder = true;
  /** The beginning of the file, as long as the visitor has not been told of it. */
  private opening: Field[] | null = null;

  constructor(d: Decoding, around: Frame | null = null) {
    this.d = d;
    this.state = around?.state ?? {
      keys: 0,
      rules: [],
      writer: '',
      dragonfly: '',
      pieces: null,
      set: new SnapshotSet(),
      warned: new Set(),
    };
  }

  /** For records within those of this frame. */
  within(d: Decoding): Frame {
    return new Frame(d, this);
  }

  /** For a value that is looked at, and will be read again. */
  beside(d: Decoding): Frame {
    const frame = new Frame(d);
    frame.state.rules = this.state.rules;
    return frame;
  }

  get keys(): number {
    return this.state.keys;
  }

  /**
   * The end of the input: where `ended` has a file.
   *
   * @throws RdbFormatError when files of its snapshot are missing.
   */
  finishSet(): void {
    const { d } = this;
    const doubt = this.state.set.finish(d.input.offset);
    if (doubt !== null) d.warn('RDB_PART_OF_SET', doubt);
  }

  /** The version that Dragonfly says it has, such as `df-v1.40.1`. */
  get dragonflyVersion(): string {
    return this.state.dragonfly;
  }

  /** Reads a file; those of Dragonfly may be followed by others of the same snapshot. Ends when nothing can follow. */
  *file(): Rule<Omit<RdbSummary, 'trailingBytes'>> {
    yield* this.magic();
    yield* this.openingFields();
    yield* this.records();
    const summary = yield* this.checksum();
    return this.d.dialect === 'dragonfly' ? yield* this.filesOfSet(summary) : summary;
  }

  /** The input may end here, since a file did. */
  ended: Omit<RdbSummary, 'trailingBytes'> | null = null;

  private *filesOfSet(first: Omit<RdbSummary, 'trailingBytes'>): Rule<never> {
    const { d, state } = this;
    let summary = first;
    let start = 0;
    let keys = 0;
    for (;;) {
      state.set.endFile(state.keys > keys, d.input.offset);
      this.ended = summary;
      start = yield* this.nextFile(start);
      this.ended = null;
      keys = state.keys;
      d.header.db = 0;
      d.input.sumToPosition();
      d.input.crc.reset();
      yield* this.magicOfNext();
      yield* this.records();
      summary = yield* this.checksum();
    }
  }

  /**
   * Waits for another file behind the one that began at `start`: it follows at once, or where the next block begins, since files are
   * written in whole ones. Returns where it begins; does not return when something else follows.
   */
  private *nextFile(start: number): Rule<number> {
    const { d } = this;
    const { input } = d;
    if (yield* this.isAtMagic()) return input.offset;
    const used = (input.offset - start) % BLOCK_BYTES;
    yield* skipBytes(d, used === 0 ? 0 : BLOCK_BYTES - used);
    if (yield* this.isAtMagic()) return input.offset;
    for (;;) {
      input.pos = input.end;
      yield;
    }
  }

  private *isAtMagic(): Rule<boolean> {
    const { input } = this.d;
    while (input.end - input.pos < REDIS.length) yield;
    return latin1(input.bytes.subarray(input.pos, input.pos + REDIS.length)) === REDIS;
  }

  private *magicOfNext(): Rule {
    const { input, version } = this.d;
    while (input.end - input.pos < MAGIC_BYTES) yield;
    const text = latin1(input.bytes.subarray(input.pos, input.pos + MAGIC_BYTES));
    if (text !== `${REDIS}${String(version).padStart(4, '0')}`)
      throw new RdbFormatError(
        'RDB_BAD_SET',
        `a file of version ${text} follows one of version ${version}`,
        input.offset,
      );
    input.pos += MAGIC_BYTES;
  }

  private *magic(): Rule {
    const { d } = this;
    const { input } = d;
    while (input.end - input.pos < MAGIC_BYTES) yield;
    const text = String.fromCharCode(...input.bytes.subarray(input.pos, input.pos + MAGIC_BYTES));
    const match = /^(?:REDIS(\d{4})|VALKEY(\d{3}))$/.exec(text);
    if (match === null) throw badMagic(input.bytes.subarray(input.pos, input.pos + MAGIC_BYTES));
    const isValkey = match[1] === undefined;
    const dialect: Dialect = d.options.dialect ?? (isValkey ? 'valkey' : 'redis');
    const version = Number(match[1] ?? match[2]);
    if (version === 0 || (isValkey && version < VALKEY_SINCE))
      throw new RdbFormatError('RDB_BAD_MAGIC', `there is no RDB version ${text}`, 5);
    if (version > highestVersionOf(dialect) && !d.options.anyVersion) throw unknownVersion(version, dialect, 5);
    d.dialect = dialect;
    d.version = version;
    input.pos += MAGIC_BYTES;
    this.opening = [];
    if (isValkey || d.options.dialect !== null) this.announce();
  }

  /** The AUX fields at the beginning, up to one that tells the dialect. */
  private *openingFields(): Rule {
    const { d, opening } = this;
    const { input } = d;
    if (opening === null) return;
    let bytes = 0;
    while (opening.length < MAX_OPENING_FIELDS && bytes < MAX_OPENING_BYTES) {
      while (input.pos >= input.end) yield;
      const code = input.bytes[input.pos];
      if (code !== OP_AUX) {
        if (opcodeOf(code, 'redis', d.version) === undefined && opcodeOf(code, 'dragonfly', d.version) !== undefined)
          d.dialect = 'dragonfly';
        break;
      }
      input.pos++;
      const field = yield* this.auxField();
      bytes += field.name.length + field.value.length;
      opening.push(field);
      const told = dialectOfField(latin1(field.name), latin1(field.value), d.version);
      if (told === null) continue;
      d.dialect = told;
      break;
    }
    this.announce();
  }

  /** Tells the visitor how the file begins, unless it has been told. */
  announce(): void {
    const { d, opening } = this;
    if (opening === null) return;
    this.opening = null;
    d.header.dialect = d.dialect;
    this.state.rules = rulesOf(d.dialect, d.version);
    d.visitor.header({ dialect: d.dialect, version: d.version });
    for (const { name, value } of opening) this.tellAux(name, value);
  }

  private *auxField(): Rule<Field> {
    const { input } = this.d;
    while (!input.readString()) yield;
    const name = input.sb.slice(input.ss, input.se);
    while (!input.readString()) yield;
    return { name, value: input.sb.slice(input.ss, input.se) };
  }

  private tellAux(name: Uint8Array, value: Uint8Array): void {
    const { state } = this;
    const text = latin1(name.subarray(0, 64)).toLowerCase();
    if (/-ver$/.test(text)) state.writer = ` (written by ${text} ${latin1(value.subarray(0, 64))})`;
    if (text === 'df-ver') state.dragonfly = latin1(value.subarray(0, 64));
    if (this.d.dialect === 'dragonfly') state.set.field(text, latin1(value.subarray(0, 64)), this.d.input.offset);
    this.d.visitor.aux(name, value);
  }

  /** Records up to the end of the file, or of what is fed. */
  *records(): Rule {
    const { d, state } = this;
    const { input, visitor, header } = d;
    const { rules } = state;
    this.atRecord();
    if (state.pieces?.isOpen === true) yield* this.deferred(state.pieces);
    for (;;) {
      if (input.pos >= input.end) yield* this.border();
      const code = input.bytes[input.pos];
      const rule = rules[code];
      if (rule === undefined) {
        if (opcodeOf(code, d.dialect, d.version) === undefined) throw this.unknown(code);
        input.pos++;
        if (code === OP_EOF) {
          this.checkLostAttributes();
          return;
        }
        yield* this.opcode(code);
        if (state.pieces?.isOpen === true) yield* this.deferred(state.pieces);
        continue;
      }

      // The hot path: a key whose name and value are in the window is read without any generator.
      input.pos++;
      header.typeCode = code;
      while (!input.readString()) yield;
      header.bytes = input.sb;
      header.start = input.ss;
      header.end = input.se;
      d.inKey = true;
      const level = visitor.key(header);
      if (!tryReadValue(d, rule, level)) {
        // From here on the window may move, so the key moves out of it.
        d.keepKey();
        yield* readValue(d, rule, level);
      }
      this.endKey(level);
      this.atRecord();
    }
  }

  /** Waits for the next record. */
  private *border(): Rule {
    const { input } = this.d;
    this.isAtBorder = true;
    do yield;
    while (input.pos >= input.end);
    this.isAtBorder = false;
  }

  /** A record begins here. */
  private atRecord(): void {
    const { d } = this;
    const { offset } = d.input;
    this.recordAt = offset;
    d.header.offset = d.origin < 0 ? offset : d.origin;
  }

  private endKey(level: Level): void {
    const { d } = this;
    if (d.empty) {
      d.empty = false;
      if (level !== 'skip') {
        d.warn('RDB_EMPTY_KEY', 'the value has no elements; servers skip such a key when they load a file');
        d.visitor.emptyValue();
      }
    }
    const { offset } = d.input;
    d.visitor.keyEnd(d.origin < 0 ? offset : d.origin + offset - this.recordAt);
    d.inKey = false;
    d.element = null;
    this.state.keys++;
    if (this.hasAttributes) this.resetAttributes();
    d.input.releaseScratch();
  }

  /** One key with its attributes, which may come in pieces. */
  *key(): Rule {
    const { d, state } = this;
    const { input, header, visitor } = d;
    for (;;) {
      while (input.pos >= input.end) yield;
      const code = input.bytes[input.pos];
      const rule = state.rules[code];
      if (rule === undefined) {
        if (!isAttribute(code)) throw this.unknown(code);
        input.pos++;
        yield* this.opcode(code);
        continue;
      }
      input.pos++;
      header.typeCode = code;
      while (!input.readString()) yield;
      header.bytes = input.sb.slice(input.ss, input.se);
      header.start = 0;
      header.end = header.bytes.length;
      d.inKey = true;
      const level = visitor.key(header);
      yield* readValue(d, rule, level);
      this.endKey(level);
      return;
    }
  }

  /** Passes over a record, or over one attribute of a key, whoever reads along. */
  private *skipRecord(): Rule {
    const { d, state } = this;
    const { input } = d;
    const code = input.bytes[input.pos];
    const rule = state.rules[code];
    if (rule === undefined) {
      if (opcodeOf(code, d.dialect, d.version) === undefined) throw this.unknown(code);
      input.pos++;
      yield* this.opcode(code);
      return;
    }
    input.pos++;
    yield* skipString(d);
    yield* rule.skip(d);
    d.empty = false;
    if (this.hasAttributes) this.resetAttributes();
  }

  /**
   * While a value is open in pieces, all other records wait, since a visitor is given one key after the other.
   */
  private *deferred(pieces: Pieces): Rule {
    const { d } = this;
    const { input, visitor } = d;
    d.visitor = pieces.nobody;
    while (pieces.isOpen) {
      if (input.pos >= input.end) yield* this.border();
      const code = input.bytes[input.pos];
      const { db } = d.header;
      if (code === OP_EOF) throw pieces.incomplete(input.offset);
      if (code === OP_TAGGED_CHUNK || code === OP_COMPRESSED_LZ4 || code === OP_COMPRESSED_ZSTD) {
        input.pos++;
        d.visitor = visitor;
        yield* this.opcode(code);
        d.visitor = pieces.nobody;
        continue;
      }
      input.mark = input.pos;
      yield* this.skipRecord();
      if (input.mark < 0)
        throw d.bad('RDB_BAD_PIECES', `a record with the opcode ${code} between the pieces of a value`);
      pieces.wait(db, input.bytes.slice(input.mark, input.pos), d.origin < 0 ? input.offset : d.origin);
      input.mark = -1;
    }
    d.visitor = visitor;
  }

  private unknown(code: number): RdbFormatError | RdbUnsupportedError {
    const { d } = this;
    return unknownType(code, d.dialect, d.version, this.state.writer, d.input.offset);
  }

  private *opcode(code: number): Rule {
    const { d } = this;
    const { input, visitor, header } = d;
    const at = input.offset - 1;
    switch (code) {
      case OP_EXPIRETIME_MS:
        while (!input.readU64()) yield;
        header.expireAtMs = int64FromWords(input.hi, input.lo);
        this.hasAttributes = true;
        return;
      case OP_EXPIRETIME:
        while (input.end - input.pos < 4) yield;
        header.expireAtMs = input.view.getInt32(input.pos, true) * 1000;
        input.pos += 4;
        this.hasAttributes = true;
        return;
      case OP_IDLE:
        while (!input.readLength64()) yield;
        header.idleSeconds = uint64FromWords(input.hi, input.lo);
        this.hasAttributes = true;
        return;
      case OP_FREQ: {
        while (input.pos >= input.end) yield;
        header.freq = input.bytes[input.pos++];
        this.hasAttributes = true;
        return;
      }
      case OP_AUX: {
        // AUX records stand between a key's attributes and its type in files of KeyDB and of Valkey clusters.
        const { name, value } = yield* this.auxField();
        this.tellAux(name, value);
        break;
      }
      case OP_SELECTDB: {
        this.checkLostAttributes();
        const db = yield* length(d);
        if (db > MAX_DB) throw d.bad('RDB_BAD_DB', `database number ${db}`, at);
        header.db = db;
        visitor.selectDb(db);
        break;
      }
      case OP_RESIZEDB:
        visitor.resizeDb(yield* length(d), yield* length(d));
        break;
      case OP_SLOT_INFO:
        visitor.slotInfo(yield* length(d), yield* length(d), yield* length(d));
        break;
      case OP_FUNCTION2:
        while (!input.readString()) yield;
        visitor.functionLibrary(input.sb.slice(input.ss, input.se));
        break;
      case OP_FUNCTION_PRE_GA:
        yield* this.functionPreGa();
        break;
      case OP_MODULE_AUX:
        yield* this.moduleAux(at);
        break;
      case OP_243:
        if (d.dialect === 'valkey') yield* this.slotImport();
        else yield* this.keyMeta();
        return;
      case OP_242:
        if (d.dialect === 'valkey') {
          throw new RdbUnsupportedError(
            'RDB_UNSUPPORTED_RECORD',
            'an UPDATE record: this is a full synchronisation without fork of Valkey 9.2, not a saved file',
            at,
          );
        }
        yield* hashTemplate(d);
        break;
      case OP_KEY_NOEVICT:
        throw new RdbUnsupportedError(
          'RDB_UNSUPPORTED_RECORD',
          'opcode 241 (KEY_NOEVICT of Redis 8.12 development) is not read yet, its layout is not settled',
          at,
        );
      case OP_DF_MASK:
        yield* this.dragonflyMask();
        return;
      case OP_COMPRESSED_ZSTD:
      case OP_COMPRESSED_LZ4:
        yield* unpackedRecords(this, code === OP_COMPRESSED_ZSTD ? 'zstd' : 'lz4', at);
        break;
      case OP_TAGGED_CHUNK:
        this.state.pieces ??= new Pieces(this);
        yield* this.state.pieces.piece(d, at);
        break;
      default:
        yield* foreignRecord(this, code, at);
    }
    if (!this.hasAttributes) this.atRecord();
  }

  /** DF_MASK: u32 mask; with bit 1, u32 memcached flags. Bit 0: sticky. */
  private *dragonflyMask(): Rule {
    const { input, header } = this.d;
    while (input.end - input.pos < 4) yield;
    const mask = input.view.getUint32(input.pos, true);
    input.pos += 4;
    header.isSticky = (mask & STICKY) !== 0;
    this.hasAttributes = true;
    if ((mask & MEMCACHED_FLAGS) === 0) return;
    while (input.end - input.pos < 4) yield;
    header.memcachedFlags = input.view.getUint32(input.pos, true);
    input.pos += 4;
  }

  /** Warns of a kind of record, the first time that it comes. */
  warnOnce(code: string, message: string, offset: number): void {
    const { warned, pieces } = this.state;
    if (warned.has(code + message) || this.d.visitor === pieces?.nobody) return;
    warned.add(code + message);
    this.d.warn(code, message, offset);
  }

  private *functionPreGa(): Rule {
    const { d } = this;
    const { input } = d;
    const at = input.offset;
    while (!input.readString()) yield;
    const name = input.sb.slice(input.ss, input.se);
    while (!input.readString()) yield;
    const engine = input.sb.slice(input.ss, input.se);
    let description: Uint8Array | null = null;
    if ((yield* length(d)) === 1) {
      while (!input.readString()) yield;
      description = input.sb.slice(input.ss, input.se);
    }
    while (!input.readString()) yield;
    d.warn(
      'RDB_FUNCTION_PRE_GA',
      'a function in the layout of the 7.0 release candidates, which no later server reads',
      at,
    );
    d.visitor.functionPreGa(name, engine, description, input.sb.slice(input.ss, input.se));
  }

  private *moduleAux(at: number): Rule {
    const { d } = this;
    const { input } = d;
    while (!input.readLength64()) yield;
    const name = moduleName(input.hi, input.lo);
    const encodingVersion = moduleEncodingVersion(input.lo);
    if ((yield* length(d)) !== MODULE_OPCODE_UINT)
      throw d.bad('RDB_BAD_MODULE', 'auxiliary data of a module does not begin with a number', at);
    const when = yield* length(d);
    const payload = yield* this.captured(() => skipModuleOpcodes(d), 'auxiliary data of a module');
    d.visitor.moduleAux(name, encodingVersion, when, payload);
  }

  /** KEY_META: `len` classes, (u32 class, module opcodes) * classes. Kept as it stands, opcode included. */
  private *keyMeta(): Rule {
    const { d } = this;
    const { input } = d;
    const block = yield* this.captured(() => skipKeyMeta(d), 'metadata of a key');
    const metadata = new Uint8Array(block.length + 1);
    metadata[0] = OP_243;
    metadata.set(block, 1);
    d.header.metadata = metadata;
    this.hasAttributes = true;
    while (input.pos >= input.end) yield;
    if (this.state.rules[input.bytes[input.pos]] === undefined)
      throw d.bad('RDB_BAD_KEY_META', 'metadata of a key is not followed by a value type');
  }

  /** Runs a rule and returns a copy of the bytes that it passed. */
  private *captured(rule: () => Rule, what: string): Rule<Uint8Array> {
    const { d } = this;
    const { input } = d;
    input.mark = input.pos;
    const rest = rule();
    while (rest.next().done !== true) {
      if (input.pos - input.mark > d.options.maxStringBytes) throw d.tooLong(what);
      yield;
    }
    if (input.pos - input.mark > d.options.maxStringBytes) throw d.tooLong(what);
    const bytes = input.bytes.slice(input.mark, input.pos);
    input.mark = -1;
    return bytes;
  }

  /** SLOT_IMPORT (Valkey ≥ 9.0): `str` job, `len` n, (`len` first, `len` last) * n. */
  private *slotImport(): Rule {
    const { d } = this;
    const { input } = d;
    while (!input.readString()) yield;
    const job = input.sb.slice(input.ss, input.se);
    const count = yield* length(d);
    const ranges: number[] = [];
    for (let i = 0; i < 2 * count; i++) ranges.push(yield* length(d));
    d.visitor.slotImport(job, ranges);
    if (!this.hasAttributes) this.atRecord();
  }

  private *checksum(): Rule<Omit<RdbSummary, 'trailingBytes'>> {
    const { d } = this;
    const { input } = d;
    let checksum: RdbSummary['checksum'] = 'absent';
    if (d.version >= CHECKSUM_SINCE) {
      input.sumToPosition();
      while (input.end - input.pos < 8) yield;
      const at = input.offset;
      const { view, pos } = input;
      input.pos += 8;
      if (view.getUint32(pos) === 0 && view.getUint32(pos + 4) === 0) {
        checksum = 'disabled';
      } else if (!d.options.checksum) {
        checksum = 'unverified';
      } else {
        compareChecksum(input.bytes.subarray(pos, pos + 8), input.crc, at);
        checksum = 'ok';
      }
    }
    return { dialect: d.dialect, version: d.version, keys: this.keys, bytes: input.offset, checksum };
  }

  /** An attribute that no key follows is lost; servers do not say so. */
  checkLostAttributes(): void {
    if (!this.hasAttributes) return;
    this.d.warn(
      'RDB_LOST_ATTRIBUTE',
      'an expiry or another attribute is not followed by its key',
      this.d.header.offset,
    );
    this.resetAttributes();
  }

  private resetAttributes(): void {
    const { header } = this.d;
    header.expireAtMs = null;
    header.idleSeconds = null;
    header.freq = null;
    header.metadata = null;
    header.isSticky = false;
    header.memcachedFlags = null;
    this.hasAttributes = false;
  }
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.subarray(0, 256));
}

/** What may stand before a key. */
function isAttribute(code: number): boolean {
  return (
    (code >= OP_IDLE && code <= OP_AUX) || code === OP_EXPIRETIME || code === OP_EXPIRETIME_MS || code === OP_DF_MASK
  );
}

function badMagic(found: Uint8Array): RdbFormatError | RdbUnsupportedError {
  const magic = String.fromCharCode(...found.subarray(0, MAGIC_BYTES));
  if (magic.startsWith('VKCS')) {
    return new RdbUnsupportedError(
      'RDB_UNSUPPORTED_RECORD',
      'a compressed stream (VKCS) of Valkey 9.2: only the RDB inside of it can be read',
      0,
    );
  }
  const text = JSON.stringify(magic);
  return new RdbFormatError('RDB_BAD_MAGIC', `expected REDIS and 4 digits or VALKEY and 3 digits, found ${text}`, 0);
}
