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
 * Writers have an order; the servers' loaders accept any, and so does this one.
 */
import { int64FromWords, uint64FromWords } from '@rdbkit/bytes';
import { RdbFormatError, RdbUnsupportedError } from '../errors.ts';
import { compareChecksum } from '../stored-checksum.ts';
import { HIGHEST_VERSION } from '../types.ts';
import type { Dialect, RdbSummary } from '../visitor.ts';
import type { Decoding, Rule } from './decoding.ts';
import { skipKeyMeta } from './key-meta.ts';
import { moduleEncodingVersion, moduleName, skipModuleOpcodes } from './modules.ts';
import { length } from './primitives.ts';
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

const MAGIC_BYTES = 9;
const CHECKSUM_SINCE = 5;
const VALKEY_SINCE = 80;
const MAX_DB = 2 ** 31 - 1;
const MODULE_OPCODE_UINT = 2;
const KEY_META_SINCE = 13;
const HASH_TEMPLATE_SINCE = 15;
const UPDATE_SINCE = 81;

export class Frame {
  keys = 0;
  readonly d: Decoding;
  private hasAttributes = false;
  private rules: readonly (ValueRule | undefined)[] = [];
  /** What AUX says of the writer: the best hint when a byte is not understood. */
  private writer = '';

  constructor(d: Decoding) {
    this.d = d;
  }

  *file(): Rule<Omit<RdbSummary, 'trailingBytes'>> {
    yield* this.magic();
    yield* this.records();
    return yield* this.checksum();
  }

  private *magic(): Rule {
    const { d } = this;
    const { input } = d;
    while (input.end - input.pos < MAGIC_BYTES) yield;
    const text = String.fromCharCode(...input.bytes.subarray(input.pos, input.pos + MAGIC_BYTES));
    const match = /^(?:REDIS(\d{4})|VALKEY(\d{3}))$/.exec(text);
    if (match === null) throw badMagic(input.bytes.subarray(input.pos, input.pos + MAGIC_BYTES));
    const dialect: Dialect = match[1] === undefined ? 'valkey' : 'redis';
    const version = Number(match[1] ?? match[2]);
    if (version === 0 || (dialect === 'valkey' && version < VALKEY_SINCE))
      throw new RdbFormatError('RDB_BAD_MAGIC', `there is no RDB version ${text}`, 5);
    if (version > HIGHEST_VERSION[dialect] && !d.options.anyVersion) throw unknownVersion(version, dialect, 5);
    d.dialect = dialect;
    d.version = version;
    this.rules = rulesOf(dialect, version);
    input.pos += MAGIC_BYTES;
    d.visitor.header({ dialect, version });
  }

  private *records(): Rule {
    const { d } = this;
    const { input, visitor, header } = d;
    const { rules } = this;
    header.offset = input.offset;
    for (;;) {
      while (input.pos >= input.end) yield;
      const code = input.bytes[input.pos];
      const rule = rules[code];
      if (rule === undefined) {
        if (!this.hasOpcode(code)) throw unknownType(code, d.dialect, d.version, this.writer, input.offset);
        input.pos++;
        if (code === OP_EOF) {
          this.checkLostAttributes();
          return;
        }
        yield* this.opcode(code);
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
      if (d.empty) {
        d.empty = false;
        if (level !== 'skip') {
          d.warn('RDB_EMPTY_KEY', 'the value has no elements; servers skip such a key when they load a file');
          visitor.emptyValue();
        }
      }
      visitor.keyEnd(input.offset);
      d.inKey = false;
      d.element = null;
      this.keys++;
      if (this.hasAttributes) this.resetAttributes();
      input.releaseScratch();
      header.offset = input.offset;
    }
  }

  /** The numbers above the types have grown downwards, and two dialects have used the same ones. */
  private hasOpcode(code: number): boolean {
    const { dialect, version } = this.d;
    if (code >= OP_SLOT_INFO) return true;
    if (code === OP_243) return dialect === 'valkey' || version >= KEY_META_SINCE;
    if (code === OP_242) return version >= (dialect === 'valkey' ? UPDATE_SINCE : HASH_TEMPLATE_SINCE);
    return code === OP_KEY_NOEVICT && dialect === 'redis';
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
        while (!input.readString()) yield;
        const name = input.sb.slice(input.ss, input.se);
        while (!input.readString()) yield;
        const value = input.sb.slice(input.ss, input.se);
        this.noteWriter(name, value);
        visitor.aux(name, value);
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
    }
    if (!this.hasAttributes) header.offset = input.offset;
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
    if (this.rules[input.bytes[input.pos]] === undefined)
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
    if (!this.hasAttributes) d.header.offset = input.offset;
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

  private noteWriter(name: Uint8Array, value: Uint8Array): void {
    const text = String.fromCharCode(...name.subarray(0, 64));
    if (/-ver$/i.test(text)) this.writer = ` (written by ${text} ${String.fromCharCode(...value.subarray(0, 64))})`;
  }

  /** An attribute that no key follows is lost; servers do not say so. */
  private checkLostAttributes(): void {
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
    this.hasAttributes = false;
  }
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
