/** Values outside of a file: DUMP payloads, and raw values that a visitor was given. */
import { Crc64, DataError } from '@rdbkit/bytes';
import { highestVersionOf, opcodeOf } from './dialects.ts';
import { RdbChecksumError, RdbFormatError, RdbTruncatedError } from './errors.ts';
import { Decoding, type Rule, VALUE_ERRORS } from './internal/decoding.ts';
import { RdbInput } from './internal/input.ts';
import { skipKeyMeta } from './internal/key-meta.ts';
import { PackedFault } from './internal/packed-cursor.ts';
import { rulesOf, VALUE_RULES } from './internal/value-rules.ts';
import { readValue, tryReadValue } from './internal/values.ts';
import { unknownType, unknownVersion } from './internal/versions.ts';
import { type RdbOptions, resolveOptions } from './options.ts';
import { valueType } from './types.ts';
import { type Dialect, type RdbVisitor, RdbVisitorBase } from './visitor.ts';

/** Bytes of a DUMP payload's footer: u16 RDB version, u64 CRC-64. */
export const DUMP_FOOTER_BYTES = 10;
const VALKEY_SINCE = 80;
/** KeyDB puts auxiliary fields between the value and the footer. */
const AUX = 250;

/** What a DUMP payload says of itself. */
export interface DumpInfo {
  readonly typeCode: number;
  readonly dialect: Dialect;
  /** The footer's RDB version. */
  readonly version: number;
}

/**
 * Reads a DUMP payload: the answer of `DUMP`, the argument of `RESTORE`. The visitor sees one key with an empty name, and after
 * it the auxiliary fields that KeyDB adds.
 * Unlike in a file, a value without elements is an error, as it is for `RESTORE`.
 *
 * @param payload not modified; borrowed while the call lasts.
 * @throws {RdbChecksumError} the footer's CRC-64 is wrong (a CRC of zero means that none was computed, as Redis ≥ 8.4 takes it).
 * @throws {RdbFormatError} the payload breaks a rule of the format, or has bytes left over.
 * @throws {RdbTruncatedError} the value runs over the footer.
 * @throws {RdbUnsupportedError} the version is newer than the known ones, or the type cannot be read.
 */
export function readDump(payload: Uint8Array, visitor: RdbVisitor, options: RdbOptions = {}): DumpInfo {
  const resolved = resolveOptions(options);
  const end = payload.length - DUMP_FOOTER_BYTES;
  if (end < 2)
    throw new RdbTruncatedError(
      'RDB_TRUNCATED',
      `a DUMP payload has at least 12 bytes, this one has ${payload.length}`,
      payload.length,
    );
  const version = payload[end] | (payload[end + 1] << 8);
  const dialect: Dialect = resolved.dialect ?? (version >= VALKEY_SINCE ? 'valkey' : 'redis');
  if (version === 0) throw new RdbFormatError('RDB_BAD_DUMP', 'the footer of the DUMP payload says version 0', end);
  if (version > highestVersionOf(dialect) && !resolved.anyVersion) throw unknownVersion(version, dialect, end);
  if (resolved.checksum && payload.subarray(end + 2).some((byte) => byte !== 0)) {
    const crc = new Crc64();
    crc.update(payload, 0, end + 2);
    if (!crc.matches(payload, end + 2))
      throw new RdbChecksumError('RDB_CHECKSUM', 'the checksum of the DUMP payload is wrong', end + 2);
  }

  const d = decodingOver(payload.subarray(0, end), visitor, options);
  d.dialect = dialect;
  d.version = version;
  d.header.dialect = dialect;
  d.emptyIsError = true;
  run(d, end, dumpedKey(d));
  return { typeCode: d.header.typeCode, dialect, version };
}

function* dumpedKey(d: Decoding): Rule {
  const { input, header, visitor } = d;
  if (opcodeOf(input.bytes[input.pos], d.dialect, d.version)?.name === 'KEY_META') {
    const start = input.pos++;
    yield* skipKeyMeta(d);
    header.metadata = input.bytes.slice(start, input.pos);
  }
  while (input.pos >= input.end) yield;
  const code = input.bytes[input.pos];
  const rule = rulesOf(d.dialect, d.version)[code];
  if (rule === undefined) throw unknownType(code, d.dialect, d.version, '', input.offset);
  if (valueType(code, d.dialect)?.restorable !== true)
    throw d.bad('RDB_BAD_TYPE', `a DUMP payload cannot have type ${code}`);
  input.pos++;
  header.typeCode = code;
  d.inKey = true;
  const level = visitor.key(header);
  if (!tryReadValue(d, rule, level)) yield* readValue(d, rule, level);
  checkEmpty(d);
  if (input.pos !== input.end && input.bytes[input.pos] !== AUX) throw leftOver(d);
  visitor.keyEnd(d.input.offset);
  d.inKey = false;
  while (input.pos !== input.end) {
    if (input.bytes[input.pos] !== AUX) throw leftOver(d);
    input.pos++;
    while (!input.readString()) yield;
    const name = input.sb.slice(input.ss, input.se);
    while (!input.readString()) yield;
    visitor.aux(name, input.sb.slice(input.ss, input.se));
  }
}

function leftOver(d: Decoding): RdbFormatError {
  return d.bad('RDB_BAD_DUMP', `${d.input.end - d.input.pos} bytes are left over between the value and the footer`);
}

/**
 * Decodes a value that {@link RdbVisitor.raw} handed over. Only the calls for the value are made, neither `key` nor `keyEnd`.
 *
 * @param level `packed` or `logical`.
 * @throws {RdbError} one of its subclasses, when the data is bad. Offsets count from `start`; if the error passes through the
 * reader that handed the value over, that makes them absolute.
 */
export function readRawValue(
  typeCode: number,
  dialect: Dialect,
  bytes: Uint8Array,
  start: number,
  end: number,
  visitor: RdbVisitor,
  level: 'packed' | 'logical',
  options: RdbOptions = DEFAULTS,
): void {
  const rule = VALUE_RULES[dialect][typeCode];
  if (rule === undefined) throw new RangeError(`type ${typeCode} is not a ${dialect} type`);
  const d = borrowDecoding(visitor, options);
  d.input.over(bytes, start, end);
  d.dialect = dialect;
  d.header.dialect = dialect;
  d.header.typeCode = typeCode;
  try {
    if (!tryReadValue(d, rule, level)) run(d, end - start, readValue(d, rule, level));
    if (d.empty) visitor.emptyValue();
  } catch (error) {
    const known = error instanceof PackedFault ? d.locate(error) : error;
    if (known instanceof DataError) VALUE_ERRORS.add(d.situate(known));
    throw known;
  }
  giveBackDecoding(d, options);
}

/**
 * Writes a DUMP footer after a payload: the version, and the CRC-64 over everything from `payloadStart` on.
 *
 * @returns the position after the footer's {@link DUMP_FOOTER_BYTES}, for which `out` must have room.
 */
export function writeDumpFooter(out: Uint8Array, pos: number, payloadStart: number, version: number): number {
  out[pos] = version & 0xff;
  out[pos + 1] = version >> 8;
  footerCrc.reset();
  footerCrc.update(out, payloadStart, pos + 2);
  footerCrc.writeTo(out, pos + 2);
  return pos + DUMP_FOOTER_BYTES;
}

/**
 * Writes a DUMP footer after a payload whose CRC-64 without footer is known already.
 *
 * @param lo - Lower word of it.
 * @param hi - Upper word of it.
 * @returns the position after the footer's {@link DUMP_FOOTER_BYTES}, for which `out` must have room.
 */
export function writeSummedDumpFooter(out: Uint8Array, pos: number, lo: number, hi: number, version: number): number {
  out[pos] = version & 0xff;
  out[pos + 1] = version >> 8;
  footerCrc.lo = lo;
  footerCrc.hi = hi;
  footerCrc.update(out, pos, pos + 2);
  footerCrc.writeTo(out, pos + 2);
  return pos + DUMP_FOOTER_BYTES;
}

const footerCrc = new Crc64();

// A dump may have millions of small streams, each of which is decoded by itself; what a decoding consists of costs more to make
// than such a value to decode (case `rdb2resp/plain`). One that came to a good end is kept for the next value with the same options.
let spare: Decoding | null = null;
let spareOptions: RdbOptions | null = null;
const DEFAULTS: RdbOptions = {};
const NOBODY = new RdbVisitorBase();
const NOTHING = new Uint8Array(0);
/** A longer array is not kept from being collected. */
const KEPT_BYTES = 1024 * 1024;

function borrowDecoding(visitor: RdbVisitor, options: RdbOptions): Decoding {
  const d = spare;
  if (d === null || spareOptions !== options) return decodingOver(NOTHING, visitor, options);
  spare = null;
  d.visitor = visitor;
  return d;
}

function giveBackDecoding(d: Decoding, options: RdbOptions): void {
  d.visitor = NOBODY;
  d.empty = false;
  // The next value is most likely in the same array, and a view of that takes time to make.
  if (d.input.bytes.length > KEPT_BYTES) d.input.over(NOTHING);
  d.input.releaseScratch();
  spare = d;
  spareOptions = options;
}

function decodingOver(bytes: Uint8Array, visitor: RdbVisitor, options: RdbOptions): Decoding {
  const resolved = resolveOptions(options);
  const input = new RdbInput(false, resolved.maxStringBytes);
  input.over(bytes);
  return new Decoding(input, visitor, resolved);
}

function checkEmpty(d: Decoding): void {
  if (d.empty) throw d.bad('RDB_EMPTY_VALUE', 'the value has no elements');
}

function run(d: Decoding, length: number, rule: Rule): void {
  try {
    while (rule.next().done !== true) {
      if (d.input.heldBack === 0)
        throw new RdbTruncatedError('RDB_TRUNCATED', `the value goes on after its ${length} bytes`, length);
      d.input.reveal(length);
    }
  } catch (error) {
    if (error instanceof PackedFault) throw d.situate(d.locate(error));
    throw error instanceof DataError ? d.situate(error) : error;
  }
}
