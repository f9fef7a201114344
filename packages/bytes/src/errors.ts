/**
 * Errors about data, as opposed to errors about how the library is called (those are `TypeError` and `RangeError`).
 *
 * @module
 */

/** Where in the logical structure the reader was when it met bad data. Parts that are not known are `null`. */
export interface DataPath {
  /** Number of the selected database. */
  readonly db: number | null;
  /** The key, as bytes that the error owns. */
  readonly key: Uint8Array | null;
  /** What inside the key was being read, for instance `hash field 12`. */
  readonly element: string | null;
}

/**
 * Base of every error about input data in rdbkit.
 *
 * @example
 * ```ts
 * import { DataError } from '@rdbkit/bytes';
 * const error = new DataError('EXAMPLE', 'expected 1, found 2', 17);
 * console.log(error.code, error.offset); // EXAMPLE 17
 * ```
 */
export class DataError extends Error {
  override readonly name: string = 'DataError';
  /** Stable machine-readable code. */
  readonly code: string;
  /** Absolute offset in the input, in bytes, of the thing that is wrong. */
  offset: number;
  /** Where in the structure the reader was; filled in by the reader that knows. */
  path: DataPath;
  /** Name of the file that `offset` counts in, when the input consists of several; else `null`. */
  file: Uint8Array | null = null;

  constructor(code: string, message: string, offset: number) {
    super(message);
    this.code = code;
    this.offset = offset;
    this.path = { db: null, key: null, element: null };
  }
}
