import type { ZstdDecoderFactory } from '@rdbkit/bytes';
import { DIALECT_NAMES } from './dialects.ts';
import type { Dialect } from './visitor.ts';

/** Options of the RDB reader. All limits are in bytes. */
export interface RdbOptions {
  /**
   * Verify the CRC-64 at the end of the file, when it has one.
   * @default true
   */
  readonly checksum?: boolean;
  /**
   * A value longer than this is not gathered for a `raw` consumer, who is asked `rawTooLong()` instead. Module values
   * have no other form than the raw one and are gathered up to `maxStringBytes`.
   * @default 67108864 (64 MiB)
   */
  readonly rawBytes?: number;
  /**
   * A string value longer than this is delivered in pieces.
   * @default 16777216 (16 MiB)
   */
  readonly pieceBytes?: number;
  /**
   * Longest string that is accepted anywhere, after decompression. The servers' own limit is 512 MiB unless configured.
   * @default 536870912 (512 MiB)
   */
  readonly maxStringBytes?: number;
  /**
   * A roaring bitmap (type 33) is expanded to a string up to this length.
   * @default 67108864 (64 MiB)
   */
  readonly maxBitmapBytes?: number;
  /**
   * Treat what would be a warning about a value as an error, and look for repeated members and fields, which costs a set of
   * all of a value's names.
   * @default false
   */
  readonly strict?: boolean;
  /**
   * Try to read RDB versions above the highest known one.
   * @default false
   */
  readonly anyVersion?: boolean;
  /**
   * Read the input as of this dialect, see `DIALECTS`.
   * @default what the input says of itself
   */
  readonly dialect?: Dialect | null;
  /**
   * Decompresses zstd, which Dragonfly may use within its files. LZ4 is built in.
   * @default null: such a file ends in `RDB_UNSUPPORTED_COMPRESSION`
   */
  readonly zstd?: ZstdDecoderFactory | null;
}

/** The options with every default filled in. */
export type ResolvedRdbOptions = Required<RdbOptions>;

const MIB = 1024 * 1024;

/** Fills in the defaults; throws `RangeError` for a limit that is not a positive integer, or an unknown dialect. */
export function resolveOptions(options: RdbOptions): ResolvedRdbOptions {
  const resolved = {
    checksum: options.checksum ?? true,
    rawBytes: options.rawBytes ?? 64 * MIB,
    pieceBytes: options.pieceBytes ?? 16 * MIB,
    maxStringBytes: options.maxStringBytes ?? 512 * MIB,
    maxBitmapBytes: options.maxBitmapBytes ?? 64 * MIB,
    strict: options.strict ?? false,
    anyVersion: options.anyVersion ?? false,
    dialect: options.dialect ?? null,
    zstd: options.zstd ?? null,
  };
  for (const name of ['rawBytes', 'pieceBytes', 'maxStringBytes', 'maxBitmapBytes'] as const) {
    const value = resolved[name];
    if (!Number.isSafeInteger(value) || value < 1)
      throw new RangeError(`${name} must be a positive integer, got ${value}`);
  }
  if (resolved.dialect !== null && !DIALECT_NAMES.includes(resolved.dialect))
    throw new RangeError(`unknown dialect ${resolved.dialect}, expected one of ${DIALECT_NAMES.join(', ')}`);
  return resolved;
}
