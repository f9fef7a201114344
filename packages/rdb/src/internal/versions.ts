/** Versions above the known ones, and bytes that a version gives no meaning. */
import { DIALECT_NAMES, highestVersionOf, opcodeOf } from '../dialects.ts';
import { RdbFormatError, RdbUnsupportedError } from '../errors.ts';
import { valueType } from '../types.ts';
import type { Dialect } from '../visitor.ts';

export function unknownVersion(version: number, dialect: Dialect, offset: number): RdbUnsupportedError {
  return new RdbUnsupportedError(
    'RDB_UNSUPPORTED_VERSION',
    `RDB version ${version} is newer than ${highestVersionOf(dialect)}, the highest known one; the option anyVersion tries to read it all the same`,
    offset,
  );
}

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
  if (dialect === 'redis' && version > HIGHEST_WITHOUT_MEMBER_EXPIRY && (code === 34 || code === 35)) {
    return unsupported(
      `type ${code} (a set whose members expire, of Redis 8.12 development) is not read yet, its layout is not settled`,
    );
  }
  return new RdbFormatError(
    'RDB_BAD_TYPE',
    `expected a value type or an opcode, found ${code}${explanation(code, dialect, version)}; ${where}`,
    offset,
  );
}

const HIGHEST_WITHOUT_MEMBER_EXPIRY = 11;

/** Which other dialects have a meaning for the byte. */
function explanation(code: number, dialect: Dialect, version: number): string {
  const meanings = DIALECT_NAMES.filter((name) => name !== dialect).flatMap((name) => {
    const found = opcodeOf(code, name, version) ?? valueType(code, name);
    return found === undefined || found.dialect !== name ? [] : [`${found.name} in the dialect ${name}`];
  });
  if (meanings.length === 0) return '';
  return `, which is ${meanings.join(', ')} (option dialect, flag --dialect)`;
}
