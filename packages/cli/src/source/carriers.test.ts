import { readFileSync } from 'node:fs';
import { concatBytes, listVectors, lz4Frame, toBytes, zstdFrame } from '@rdbkit/testkit';
import { describe, expect, it } from 'vitest';
import { bytesOf, fileWith, inputOf, storedZstd, unpacked } from '../../testing/packed-sources.ts';
import { CliError } from '../app/cli-error.ts';
import type { Host } from '../app/host.ts';
import { openSource } from './open-source.ts';

describe('the compressed stream of Valkey is the dump in it', () => {
  it.each([
    ['lz4', (bytes: Uint8Array) => lz4Frame(bytes)],
    ['zstd', storedZstd],
  ] as const)('around %s', async (_name, compress) => {
    const plain = toBytes('REDIS0011 and so on'.repeat(1000));
    const envelope = concatBytes('VKCS', Uint8Array.of(1, 1, 0, 0), compress(plain));
    expect((await unpacked(envelope)).equals(plain)).toBe(true);
    envelope[4] = 2;
    await expect(openSource(fileWith('newer', envelope), {} as Host)).rejects.toThrow('VKCS');
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
    const input = await inputOf(packed);
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
    ['zstd', storedZstd(dump), 'ZSTD'],
  ])('%s: what came before it is handed out', async (name, frame, code) => {
    for (const [content, words] of [
      [frame.subarray(0, -3), `the ${name} data of`],
      [Uint8Array.from(frame, (byte, i) => (i === frame.length - 3 ? byte ^ 1 : byte)), 'is damaged'],
    ] as const) {
      let length = 0;
      const reading = bytesOf(await inputOf(content), (chunk) => {
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
    const input = await inputOf(lz4Frame(dump));
    input.close();
    expect(await input.read()).toBeNull();
  });
});
