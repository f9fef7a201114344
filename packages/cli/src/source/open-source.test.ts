import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { crc64 } from '@rdbkit/bytes';
import { afterAll, describe, expect, it } from 'vitest';
import type { CliError } from '../app/cli-error.ts';
import type { Host } from '../app/host.ts';
import { openSource, type Source } from './open-source.ts';

const folder = mkdtempSync(join(tmpdir(), 'rdbkit-source-'));
afterAll(() => rmSync(folder, { recursive: true }));

const terminal = { stdin: { isTerminal: true, isGiven: false } } as Host;

function write(name: string, content: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function refused(path: string | undefined, host: Host = terminal): Promise<CliError> {
  return openSource(path, host).then(
    () => expect.unreachable('was opened'),
    (error: CliError) => error,
  );
}

async function contentOf({ input }: Source): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for (let chunk = await input.read(); chunk !== null; chunk = await input.read()) chunks.push(Buffer.from(chunk));
  input.close();
  return Buffer.concat(chunks);
}

/** Begins like a dump and does not compress well. */
const dump = Buffer.concat([
  Buffer.from('REDIS0011'),
  Buffer.from(Uint32Array.from({ length: 300_000 }, (_, i) => Math.imul(i, 2654435761) >>> (i % 17)).buffer),
]);

describe('openSource', () => {
  it('reads a file, whatever its name', async () => {
    const source = await openSource(write('backup.txt', dump), terminal);
    expect(source.compressed).toBe(false);
    expect(source.input.total).toBe(dump.length);
    expect((await contentOf(source)).equals(dump)).toBe(true);
    expect(source.input.position).toBe(dump.length);
  });

  it('reads gzip, with several members and garbage behind it', async () => {
    const packed = Buffer.concat([
      gzipSync(dump.subarray(0, 500_000)),
      gzipSync(dump.subarray(500_000)),
      Buffer.alloc(700),
    ]);
    const source = await openSource(write('dump.gz', packed), terminal);
    expect(source.compressed).toBe(true);
    expect(source.input.total).toBe(packed.length);
    expect((await contentOf(source)).equals(dump)).toBe(true);
  });

  it('hands out everything that could be unpacked before it fails', async () => {
    const packed = gzipSync(dump);
    for (const [content, words] of [
      [packed.subarray(0, packed.length - 100_000), 'ends early'],
      [Buffer.concat([packed.subarray(0, -8), Buffer.alloc(8)]), 'damaged'],
    ] as const) {
      const source = await openSource(write('bad.gz', content), terminal);
      const chunks: Buffer[] = [];
      const reading = (async () => {
        for (let chunk = await source.input.read(); chunk !== null; chunk = await source.input.read()) {
          chunks.push(Buffer.from(chunk));
        }
      })();
      await expect(reading).rejects.toThrow(words);
      await expect(reading).rejects.toMatchObject({ exitCode: 3 });
      const unpacked = Buffer.concat(chunks);
      expect(unpacked.length).toBeGreaterThan(dump.length - 400_000);
      expect(dump.subarray(0, unpacked.length).equals(unpacked)).toBe(true);
      source.input.close();
    }
  });

  it('ends a read that waits when it is closed', async () => {
    const source = await openSource(write('dump.gz', gzipSync(dump)), terminal);
    source.input.close();
    source.input.close();
    expect(await source.input.read()).toBeNull();
  });

  it('wants a source', async () => {
    expect(await refused(undefined)).toMatchObject({ exitCode: 2, message: 'no source given' });
    expect(await refused('-')).toMatchObject({ exitCode: 2, message: 'standard input is a terminal' });
    expect(await refused('')).toMatchObject({ exitCode: 2 });
    expect(await refused(join(folder, 'missing'))).toMatchObject({ exitCode: 1 });
    expect((await refused(join(folder, 'missing'))).message).toMatch(/missing: no such file or directory$/);
  });

  it.each([
    ['*1\r\n$4\r\nPING\r\n', 'append-only file'],
    ['file a seq 1 type b\n', 'manifest'],
    ['\x28\xb5\x2f\xfd', 'zstd'],
    ['\x04\x22\x4d\x18', 'LZ4'],
    ['VKCS', 'VKCS'],
    ['$10\r\nREDIS', 'replication stream'],
  ])('says of %j what it is', async (text, words) => {
    const plain = await refused(write('other', Buffer.from(text, 'latin1')));
    expect(plain).toMatchObject({ exitCode: 2 });
    expect(plain.message).toContain(words);
    expect(plain.message).toContain('not supported yet');
    const packed = await refused(write('other.gz', gzipSync(Buffer.from(text, 'latin1'))));
    expect(packed).toMatchObject({ exitCode: 2 });
    expect(packed.message).toContain(words);
    expect(packed.message).toContain('inside gzip');
  });

  it('recognises a DUMP payload', async () => {
    const bytes = Uint8Array.of(0, 1, 0x61, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    new DataView(bytes.buffer).setBigUint64(5, crc64(bytes.subarray(0, 5)), true);
    expect((await refused(write('payload', bytes))).message).toContain('DUMP payload');
  });

  it('shows what it found when that is nothing known', async () => {
    const error = await refused(write('page.rdb', '<html><body>404 Not Found</body></html>'));
    expect(error).toMatchObject({ exitCode: 3 });
    expect(error.details.join('\n')).toContain('3c 68 74 6d 6c 3e 3c 62 6f 64 79 3e 34 30 34 20 …  |<html><body>404 |');
    expect(error.hint).toContain('failed');
    expect((await refused(write('zeros', Buffer.alloc(2000)))).hint).toContain('encrypted');
    expect(await refused(write('empty', ''))).toMatchObject({ exitCode: 3 });
    expect(await refused(write('empty.gz', gzipSync('')))).toMatchObject({ exitCode: 3 });
  });

  it('says what a folder is', async () => {
    const make = (name: string, ...files: string[]): string => {
      const path = join(folder, name);
      mkdirSync(path);
      for (const file of files) write(join(name, file), '');
      return path;
    };
    const aof = await refused(make('appendonlydir', 'appendonly.aof.manifest', 'appendonly.aof.1.base.rdb'));
    expect(aof.message).toContain('append-only directory (it has appendonly.aof.manifest)');
    expect(aof.exitCode).toBe(2);
    const dragonfly = await refused(make('snapshot', 'dump-0000.dfs', 'dump-summary.dfs'));
    expect(dragonfly.message).toContain('2 files of a Dragonfly snapshot');
    mkdirSync(join(make('data', 'dump.rdb'), 'appendonlydir'));
    expect((await refused(join(folder, 'data'))).message).toContain('data/appendonlydir');
    const plain = await refused(make('plain', 'dump.rdb'));
    expect(plain.hint).toContain('plain/dump.rdb?');
  });
});
