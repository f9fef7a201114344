/** The checksum at the end of a file. */
import type { Crc64 } from '@rdbkit/bytes';
import { RdbChecksumError } from './errors.ts';

/**
 * Compares a file's checksum with its content's. For whoever lets the reader pass over the checksum (option `checksum`) and
 * sums the file elsewhere, for instance in another thread.
 *
 * @param stored - The 8 bytes at the end of the file; not modified.
 * @param computed - The sum of everything before them.
 * @param offset - Where `stored` begins in the file, in bytes.
 * @throws {RdbChecksumError} when they differ.
 */
export function compareChecksum(stored: Uint8Array, computed: Crc64, offset: number): void {
  if (computed.matches(stored, 0)) return;
  const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
  const hex = (value: bigint): string => value.toString(16).padStart(16, '0');
  throw new RdbChecksumError(
    'RDB_CHECKSUM',
    `the checksum of the file is ${hex(view.getBigUint64(0, true))}, its content has ${hex(computed.digest())}: some byte before this point was changed`,
    offset,
  );
}
