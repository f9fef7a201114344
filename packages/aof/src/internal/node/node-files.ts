/** Files and directories of the file system. */
import { Buffer } from 'node:buffer';
import type { Stats } from 'node:fs';
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import type { AofDirectory, AofFile } from '../../files.ts';
import { nameFault, nameText } from '../names.ts';

const CHUNK_BYTES = 256 * 1024;

/**
 * The file at a path; the bytes of POSIX paths need not be text. Of a file that grows, as the log of a running server does, only the
 * first `size` bytes are read.
 */
export function fileAt(path: Buffer, size: number): AofFile {
  return {
    size,
    async *read(start: number = 0, end: number = size): AsyncGenerator<Uint8Array> {
      const handle = await open(path, 'r');
      try {
        yield* readHandle(handle, start, Math.min(end, size));
      } finally {
        await handle.close();
      }
    },
  };
}

/** Reads ahead by one chunk, so that the file system works while the reader does. */
export async function* readHandle(handle: FileHandle, start: number, end: number): AsyncGenerator<Uint8Array> {
  const length = Math.max(0, Math.min(CHUNK_BYTES, end - start));
  const buffers = [new Uint8Array(length), new Uint8Array(length)];
  let at = start;
  const fill = (turn: number): Promise<{ bytesRead: number; buffer: Uint8Array }> =>
    handle.read(buffers[turn] as Uint8Array, 0, Math.min(length, end - at), at);
  let pending = fill(0);
  for (let turn = 1; ; turn = 1 - turn) {
    const { bytesRead, buffer } = await pending;
    if (bytesRead === 0) return;
    at += bytesRead;
    pending = fill(turn);
    // Its failure is told when it is waited for, or concerns nobody.
    pending.catch(() => {});
    try {
      yield buffer.subarray(0, bytesRead);
    } finally {
      await pending.catch(() => {});
    }
  }
}

/** A folder. */
export class FolderDirectory implements AofDirectory {
  private readonly path: Buffer;

  constructor(path: Buffer) {
    this.path = path;
  }

  async list(): Promise<Uint8Array[]> {
    const entries = await readdir(this.path, { encoding: 'buffer', withFileTypes: true });
    return entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name);
  }

  async file(name: Uint8Array): Promise<AofFile | null> {
    const path = this.below(name);
    const found = await statOrNull(path);
    // A pipe of that name would keep the reader waiting for ever.
    return found?.isFile() === true ? fileAt(path, found.size) : null;
  }

  async directory(name: Uint8Array): Promise<AofDirectory | null> {
    const path = this.below(name);
    return (await statOrNull(path))?.isDirectory() === true ? new FolderDirectory(path) : null;
  }

  private below(name: Uint8Array): Buffer {
    const fault = nameFault(name);
    if (fault !== null) throw new RangeError(`the name ${nameText(name)} ${fault}`);
    return Buffer.concat([this.path, Buffer.from('/'), name]);
  }
}

async function statOrNull(path: Buffer): Promise<Stats | null> {
  try {
    return await stat(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw error;
  }
}
