import { Buffer } from 'node:buffer';
import { readSync } from 'node:fs';
import { Crc64 } from '@rdbkit/bytes';

const CHUNK_BYTES = 256 * 1024;

/** Sums the first `length` bytes of a file, wherever its descriptor stands. A file that is shorter is summed to its end. */
export function sumFile(fd: number, length: number): Crc64 {
  const crc = new Crc64();
  const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  for (let at = 0; at < length; ) {
    const count = readSync(fd, buffer, 0, Math.min(CHUNK_BYTES, length - at), at);
    if (count === 0) break;
    crc.update(buffer, 0, count);
    at += count;
  }
  return crc;
}
