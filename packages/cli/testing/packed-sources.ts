/** Compressed dumps as sources. */
import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdFrame } from '@rdbkit/testkit';
import { afterAll, expect } from 'vitest';
import type { Host } from '../src/app/host.ts';
import { type ByteInput, inputFromDescriptor } from '../src/source/byte-input.ts';
import { openSource } from '../src/source/open-source.ts';

const folder = mkdtempSync(join(tmpdir(), 'rdbkit-carriers-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A file that goes with the tests. */
export function fileWith(name: string, content: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** A source in a file. */
export async function inputOf(content: Uint8Array): Promise<ByteInput> {
  const { input } = await openSource(fileWith('packed', content), {} as Host);
  return input as ByteInput;
}

/** What an input has, in one piece. */
export async function bytesOf(input: ByteInput, seen: (chunk: Uint8Array) => void = () => {}): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for (let chunk = await input.read(); chunk !== null; chunk = await input.read()) {
    seen(chunk);
    chunks.push(Buffer.from(chunk));
  }
  input.close();
  return Buffer.concat(chunks);
}

/** Unpacks what is in a file, then the same from standard input. */
export async function unpacked(content: Uint8Array): Promise<Buffer> {
  const path = fileWith('packed', content);
  const source = await openSource(path, {} as Host);
  expect(source).toMatchObject({ compressed: true, input: { total: content.length } });
  const bytes = await bytesOf(source.input as ByteInput);
  const open = (): ByteInput => inputFromDescriptor(openSync(path, 'r'), 'standard input');
  const fromStdin = await openSource(undefined, { stdin: { isTerminal: false, isGiven: true, open } } as Host);
  expect((await bytesOf(fromStdin.input as ByteInput)).equals(bytes)).toBe(true);
  return bytes;
}

/** A zstd frame of blocks that are stored as they are. */
export function storedZstd(content: Uint8Array): Uint8Array {
  const blocks = [];
  for (let at = 0; at < content.length; at += 100_000) blocks.push({ stored: content.subarray(at, at + 100_000) });
  return zstdFrame(blocks);
}
