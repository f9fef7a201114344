/** Versions above the known ones, and bytes that a version gives no meaning. */
import { RdbFormatError, RdbUnsupportedError } from '../errors.ts';
import { HIGHEST_VERSION, valueType } from '../types.ts';
import type { Dialect } from '../visitor.ts';

export function unknownVersion(version: number, dialect: Dialect, offset: number): RdbUnsupportedError {
  return new RdbUnsupportedError(
    'RDB_UNSUPPORTED_VERSION',
    `RDB version ${version} is newer than ${HIGHEST_VERSION[dialect]}, the highest known one; the option anyVersion tries to read it all the same`,
    offset,
  );
}

/** Opcodes of Redis Enterprise that librdb knows. */
const ENTERPRISE_OPCODES: readonly number[] = [101, 102, 107, 121];
/** The type of GCRA values in special builds of Redis, by version. Later versions gave the numbers 29 and 33 to other types. */
const GCRA_TYPES: Readonly<Record<number, number>> = { 14: 29, 15: 33, 16: 34 };

export function gcraType(version: number): number | undefined {
  return GCRA_TYPES[version];
}

/**
 * A byte that is neither a known value type nor an opcode.
 *
 * @param writer what AUX fields say of the writing server, or ''.
 */
export function unknownType(
  code: number,
  dialect: Dialect,
  version: number,
  writer: string,
  offset: number,
): RdbFormatError | RdbUnsupportedError {
  const where = `RDB version ${version}${writer}`;
  const unsupported = (what: string): RdbUnsupportedError =>
    new RdbUnsupportedError('RDB_UNSUPPORTED_TYPE', `${what}; ${where}`, offset);
  if (code === 6)
    return unsupported('type 6, a module value of a 4.0 release candidate, has no end mark and cannot be read');
  if (dialect === 'redis' && gcraType(version) === code)
    return unsupported(`type ${code} is a GCRA value of a special build`);
  if (dialect === 'redis' && (code === 34 || code === 35)) {
    return unsupported(
      `type ${code} (a set whose members expire, of Redis 8.12 development) is not read yet, its layout is not settled`,
    );
  }
  if (ENTERPRISE_OPCODES.includes(code)) return unsupported(`opcode ${code} of Redis Enterprise`);
  const other = valueType(code, dialect === 'redis' ? 'valkey' : 'redis');
  const hint =
    other?.dialect == null ? '' : `; in files of ${dialect === 'redis' ? 'Valkey' : 'Redis'} it is ${other.name}`;
  return new RdbFormatError(
    'RDB_BAD_TYPE',
    `expected a value type or an opcode, found ${code}${hint}; ${where}`,
    offset,
  );
}
