import { spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { concatBytes, eachVector, listVectors, lz4Frame, toBytes, zstdFrame } from '@rdbkit/testkit';
import { afterAll, describe, expect, it } from 'vitest';
import { CliError } from '../app/cli-error.ts';
import type { Host } from '../app/host.ts';
import { type ByteInput, inputFromDescriptor } from './byte-input.ts';
import { openSource } from './open-source.ts';

const folder = mkdtempSync(join(tmpdir(), 'rdbkit-carriers-'));
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, content: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** With a file behind standard input. */
function hostReading(path: string): Host {
  const stdin = {
    isTerminal: false,
    isGiven: true,
    open: () => inputFromDescriptor(openSync(path, 'r'), 'standard input'),
  };
  return { stdin } as Host;
}

async function bytesOf(input: ByteInput, seen: (chunk: Uint8Array) => void = () => {}): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for (let chunk = await input.read(); chunk !== null; chunk = await input.read()) {
    seen(chunk);
    chunks.push(Buffer.from(chunk));
  }
  input.close();
  return Buffer.concat(chunks);
}

async function unpacked(content: Uint8Array): Promise<Buffer> {
  const path = write('packed', content);
  const fromFile = await openSource(path, {} as Host);
  expect(fromFile).toMatchObject({ compressed: true });
  const bytes = await bytesOf(fromFile.input as ByteInput);
  const fromStdin = await openSource(undefined, hostReading(path));
  expect((await bytesOf(fromStdin.input as ByteInput)).equals(bytes)).toBe(true);
  return bytes;
}

function stored(content: Uint8Array): Uint8Array {
  const blocks = [];
  for (let at = 0; at < content.length; at += 100_000) blocks.push({ stored: content.subarray(at, at + 100_000) });
  return zstdFrame(blocks);
}

describe('the compressed stream of Valkey is the dump in it', () => {
  it.each([
    ['lz4', (bytes: Uint8Array) => lz4Frame(bytes)],
    ['zstd', stored],
  ] as const)('around %s', async (_name, compress) => {
    const plain = toBytes('REDIS0011 and so on'.repeat(1000));
    const envelope = concatBytes('VKCS', Uint8Array.of(1, 1, 0, 0), compress(plain));
    expect((await unpacked(envelope)).equals(plain)).toBe(true);
    envelope[4] = 2;
    await expect(openSource(write('newer', envelope), {} as Host)).rejects.toThrow('VKCS');
  });
});

describe('a thousandfold of what is read', () => {
  it.each([
    [
      'zstd',
      () =>
        zstdFrame([{ stored: toBytes('REDIS0011') }, ...new Array(4000).fill({ repeated: 0, count: 131_072 })], {
          contentSum: false,
          contentSize: null,
        }),
    ],
    ['lz4', () => lz4Frame(concatBytes('REDIS0011', new Uint8Array(64 * 1024 * 1024)))],
  ])('%s comes in small pieces', async (_name, make) => {
    const packed = make();
    const source = await openSource(write('bomb', packed), {} as Host);
    const input = source.input as ByteInput;
    let total = 0;
    let longest = 0;
    for (let chunk = await input.read(); chunk !== null; chunk = await input.read()) {
      total += chunk.length;
      longest = Math.max(longest, chunk.length);
    }
    input.close();
    expect(total / packed.length).toBeGreaterThan(200);
    // A block, and what was looked at to tell what it is.
    expect(longest).toBeLessThan(140_000);
  });
});

describe('damage of the compression', () => {
  const dump = readFileSync(listVectors('test-vectors')[0]?.path ?? '');

  it.each([
    ['lz4', lz4Frame(dump, { contentSum: true, stored: true }), 'LZ4'],
    ['zstd', stored(dump), 'ZSTD'],
  ])('%s: what came before it is handed out', async (name, frame, code) => {
    for (const [content, words] of [
      [frame.subarray(0, -3), `the ${name} data of`],
      [Uint8Array.from(frame, (byte, i) => (i === frame.length - 3 ? byte ^ 1 : byte)), 'is damaged'],
    ] as const) {
      const source = await openSource(write('damaged', content), {} as Host);
      let length = 0;
      const reading = bytesOf(source.input as ByteInput, (chunk) => {
        length += chunk.length;
      });
      const error = await reading.then(
        () => expect.unreachable('was read'),
        (found: CliError) => found,
      );
      expect(error).toBeInstanceOf(CliError);
      expect(error).toMatchObject({ exitCode: 3, message: expect.stringContaining(words) });
      expect(error.details.join()).toContain(`[${code}_`);
      expect(length).toBe(dump.length);
    }
  });

  it('ends a read when it is closed', async () => {
    const source = await openSource(write('closed', lz4Frame(dump)), {} as Host);
    source.input?.close();
    expect(await source.input?.read()).toBeNull();
  });
});
