/** Input as programs get it. */
import { closeSync, openSync, readSync } from 'node:fs';

/** The file in chunks, all in the same buffer. */
export function* chunksOf(path: string, chunkBytes: number): Generator<Uint8Array> {
  const fd = openSync(path, 'r');
  try {
    const buffer = new Uint8Array(chunkBytes);
    for (;;) {
      const length = readSync(fd, buffer, 0, chunkBytes, null);
      if (length === 0) return;
      yield buffer.subarray(0, length);
    }
  } finally {
    closeSync(fd);
  }
}
