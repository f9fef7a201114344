/** Versions above the known ones. */
import { RdbUnsupportedError } from '../errors.ts';
import { HIGHEST_VERSION } from '../types.ts';
import type { Dialect } from '../visitor.ts';

export function unknownVersion(version: number, dialect: Dialect, offset: number): RdbUnsupportedError {
  return new RdbUnsupportedError(
    'RDB_UNSUPPORTED_VERSION',
    `RDB version ${version} is newer than ${HIGHEST_VERSION[dialect]}, the highest known one; the option anyVersion tries to read it all the same`,
    offset,
  );
}
