/**
 * Errors of the RDB reader. Every one is a {@link DataError}: stable `code`, absolute byte `offset`, and the `path`
 * (database, key, element) that was being read. The table of codes is in `docs/reference/errors.md`.
 *
 * @module
 */
import { DataError } from '@rdbkit/bytes';

/** Base of all errors about RDB data. */
export class RdbError extends DataError {
  override readonly name: string = 'RdbError';
}

/** The input ends before the RDB does (`RDB_TRUNCATED`). `offset` is the length of the input. */
export class RdbTruncatedError extends RdbError {
  override readonly name: string = 'RdbTruncatedError';
}

/** The bytes break a rule of the format (`RDB_BAD_…`). */
export class RdbFormatError extends RdbError {
  override readonly name: string = 'RdbFormatError';
}

/** The bytes were read, but their CRC-64 is not the stored one (`RDB_CHECKSUM`). */
export class RdbChecksumError extends RdbError {
  override readonly name: string = 'RdbChecksumError';
}

/** Well-formed as far as one can tell, but of a kind that this version does not read (`RDB_UNSUPPORTED_…`). */
export class RdbUnsupportedError extends RdbError {
  override readonly name: string = 'RdbUnsupportedError';
}

/** A length exceeds a limit set in the options (`RDB_LIMIT`). */
export class RdbLimitError extends RdbError {
  override readonly name: string = 'RdbLimitError';
}
