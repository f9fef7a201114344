/** A stream stored in a temporary file, because it has to be read out of order. */
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AofFile } from '../../files.ts';
import { readHandle } from './node-files.ts';

/** Stores all of a stream in a file that is gone when it is closed, and that only its owner can read. */
export async function spool(chunks: AsyncIterable<Uint8Array>): Promise<AofFile> {
  const folder = await mkdtemp(join(tmpdir(), 'rdbkit-'));
  let handle: FileHandle | null = null;
  try {
    handle = await open(join(folder, 'archive'), 'wx+', 0o600);
    // Where an open file can be deleted, nothing is left behind whatever happens to the process.
    if (process.platform !== 'win32') await rm(folder, { recursive: true });
    let size = 0;
    for await (const chunk of chunks) {
      await handle.write(chunk, 0, chunk.length, size);
      size += chunk.length;
    }
    return spooledFile(handle, size, folder);
  } catch (error) {
    await handle?.close();
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

function spooledFile(handle: FileHandle, size: number, folder: string): AofFile {
  let isOpen = true;
  return {
    size,
    read: (start = 0, end = size) => readHandle(handle, start, Math.min(end, size)),
    async close() {
      if (!isOpen) return;
      isOpen = false;
      await handle.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
