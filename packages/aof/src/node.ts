/**
 * Append-only files of the file system, for Node.
 *
 * @module
 */
import { Buffer } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AofDirectory } from './files.ts';
import { HEAD_BYTES, isManifest } from './internal/head.ts';
import { FolderDirectory, fileAt } from './internal/node/node-files.ts';
import { spool } from './internal/node/spool.ts';
import { readBytes } from './internal/read-bytes.ts';
import { StreamFile } from './internal/single-file.ts';
import { isTar } from './internal/tar-magic.ts';
import { type AofInput, openAof as openInput } from './open.ts';
import type { AofOpenOptions } from './options.ts';
import type { AofSet } from './set.ts';

/**
 * Opens a log: the path of a folder, a manifest, a log or a tar archive, or a stream of one of the last two. Everything
 * `openAof` of `@rdbkit/aof` takes is taken too, see there.
 *
 * A tar archive that comes as a stream is stored in a temporary file first, which {@link AofSet.close} deletes.
 *
 * @throws {AofError} one of its subclasses, as `openAof` of `@rdbkit/aof`.
 * @throws an error of the system when there is nothing at the path, or it cannot be read.
 */
export async function openAof(input: string | URL | AofInput, options: AofOpenOptions = {}): Promise<AofSet> {
  if (typeof input === 'string') return openPath(input, options);
  if (input instanceof URL) return openPath(fileURLToPath(input), options);
  if (input instanceof Uint8Array || 'list' in input || 'size' in input) return openInput(input, options);
  return openStream(new StreamFile(input), options);
}

/** The folder at a path, for use as {@link AofInput}. */
export function directoryAt(path: string): AofDirectory {
  return new FolderDirectory(Buffer.from(path));
}

async function openPath(path: string, options: AofOpenOptions): Promise<AofSet> {
  const found = await stat(path);
  if (found.isDirectory()) return openInput(directoryAt(path), options);
  if (!found.isFile()) return openStream(new StreamFile(createReadStream(path)), options);
  const file = fileAt(Buffer.from(path), found.size);
  const name = basename(path);
  // An empty or broken manifest does not look like one.
  if (name.endsWith(MANIFEST_SUFFIX) || isManifest(await readBytes(file, 0, HEAD_BYTES)))
    return openInput(directoryAt(dirname(path)), { ...options, manifest: name });
  return openInput(file, options);
}

async function openStream(stream: StreamFile, options: AofOpenOptions): Promise<AofSet> {
  const head = await stream.peek(HEAD_BYTES);
  return openInput(isTar(head) ? await spool(stream.read()) : stream, options);
}

const MANIFEST_SUFFIX = '.manifest';
