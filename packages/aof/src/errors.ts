/**
 * Errors about append-only files. Every one is a {@link DataError}: stable `code`, absolute byte `offset` in its file, and
 * `file`, the name of that file within a set. The table of codes is in `docs/reference/errors.md`. What is wrong inside
 * an RDB part is an `RdbError`.
 *
 * @module
 */
import { DataError } from '@rdbkit/bytes';

/** Base of all errors about append-only files. */
export class AofError extends DataError {
  override readonly name: string = 'AofError';
}

/**
 * A log ends in the middle of something: a command (`AOF_TRUNCATED`) or a transaction (`AOF_OPEN_MULTI`). In the last file of
 * a set this is what a crash leaves behind, and is cut and reported instead of being thrown (see {@link AofCut}).
 * `offset` is the length of the file.
 */
export class AofTruncatedError extends AofError {
  override readonly name: string = 'AofTruncatedError';
  /** Up to here the file holds whole commands and transactions. */
  readonly goodBytes: number;

  constructor(code: string, message: string, offset: number, goodBytes: number) {
    super(code, message, offset);
    this.goodBytes = goodBytes;
  }
}

/** The bytes of a log break a rule of the format (`AOF_BAD_…`). */
export class AofFormatError extends AofError {
  override readonly name: string = 'AofFormatError';
}

/** A length exceeds a limit set in the options (`AOF_LIMIT`). */
export class AofLimitError extends AofError {
  override readonly name: string = 'AofLimitError';
}

/** A manifest breaks a rule (`AOF_MANIFEST_…`). `offset` is that of the line in the manifest. */
export class AofManifestError extends AofError {
  override readonly name: string = 'AofManifestError';
  /** Number of the line, from 1; 0 when the manifest as a whole is meant. */
  readonly line: number;

  constructor(code: string, message: string, offset: number, line: number) {
    super(code, message, offset);
    this.line = line;
  }
}

/** The files that make up the log are not where they should be, or it is not clear which they are (`AOF_NO_…`, `AOF_SEVERAL_…`). */
export class AofSetError extends AofError {
  override readonly name: string = 'AofSetError';
}

/** An archive cannot be read as a tar (`AOF_BAD_TAR`, `AOF_UNSUPPORTED_TAR`). */
export class AofTarError extends AofError {
  override readonly name: string = 'AofTarError';
}
