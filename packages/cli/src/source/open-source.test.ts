import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { crc64 } from '@rdbkit/bytes';
import { afterAll, describe, expect, it } from 'vitest';
import type { CliError } from '../app/cli-error.ts';
import type { Host } from '../app/host.ts';
import { closeSource, openSource, type RdbSource } from './open-source.ts';

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

/** Opens a dump. */
async function openDump(path: string): Promise<RdbSource> {
  const source = await openSource(path, terminal);
  if (source.kind !== 'rdb') throw new Error(`a ${source.kind}`);
  return source;
}

async function contentOf({ input }: RdbSource): Promise<Buffer> {
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
    const source = await openDump(write('backup.txt', dump));
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
    const source = await openDump(write('dump.gz', packed));
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
      const source = await openDump(write('bad.gz', content));
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
    const source = await openDump(write('dump.gz', gzipSync(dump)));
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
    ['BZh9', 'bzip2'],
    ['PK\x03\x04', 'zip archive'],
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
    const dragonfly = await refused(make('snapshot', 'dump-0000.dfs', 'dump-summary.dfs'));
    expect(dragonfly.message).toContain('dump-summary.dfs is empty');
    mkdirSync(join(make('data', 'dump.rdb'), 'appendonlydir'));
    const data = await refused(join(folder, 'data'));
    expect(data.message).toContain('a dump as well as an append-only log');
    expect(data.hint).toContain('data/appendonlydir?');
    const old = await refused(make('old', 'dump.rdb', 'appendonly.aof'));
    expect(old.hint).toContain('old/appendonly.aof?');
    expect((await refused(make('nothing', 'notes.txt'))).hint).toContain('notes.txt');
    const plain = await refused(make('plain', 'dump.rdb'));
    expect(plain.hint).toContain('plain/dump.rdb?');
  });
});

describe('logs', () => {
  const commands = '*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n';
  const manifest = 'file a.1.base.aof seq 1 type b\nfile a.1.incr.aof seq 1 type i\n';

  function makeLog(name: string): string {
    const path = join(folder, name);
    mkdirSync(path);
    write(join(name, 'a.manifest'), manifest);
    write(join(name, 'a.1.base.aof'), commands);
    write(join(name, 'a.1.incr.aof'), '');
    return path;
  }

  async function segmentsOf(path: string): Promise<string[]> {
    const source = await openSource(path, terminal);
    if (source.kind !== 'log') throw new Error(`a ${source.kind}`);
    await closeSource(source);
    return source.set.segments.map(({ role, format }) => `${role} ${format}`);
  }

  it('are opened as what they are', async () => {
    const directory = makeLog('aof');
    expect(await segmentsOf(write('plain.aof', commands))).toEqual(['single resp']);
    expect(await segmentsOf(write('plain.aof.gz', gzipSync(commands)))).toEqual(['single resp']);
    expect(
      await segmentsOf(write('preamble.aof', Buffer.from('REDIS0009\xfa\x0caof-preamble\x011', 'latin1'))),
    ).toEqual(['single rdb']);
    expect(await segmentsOf(directory)).toEqual(['base resp', 'incr empty']);
    expect(await segmentsOf(join(directory, 'a.manifest'))).toEqual(['base resp', 'incr empty']);
    const tar = join(folder, 'aof.tar');
    expect(spawnSync('tar', ['-cf', tar, '-C', folder, 'aof']).status).toBe(0);
    expect(await segmentsOf(tar)).toEqual(['base resp', 'incr empty']);
    expect(await segmentsOf(write('aof.tgz', gzipSync(readFileSync(tar))))).toEqual(['base resp', 'incr empty']);
  });

  it('with files missing are told from what is no log', async () => {
    const directory = makeLog('gap');
    rmSync(join(directory, 'a.1.incr.aof'));
    expect(await refused(directory)).toMatchObject({ exitCode: 3 });
    expect((await refused(directory)).message).toContain('[AOF_MISSING_FILE]');
    expect((await refused(write('manifest.gz', gzipSync(manifest)))).message).toContain('without the directory');
    write('notes.txt', 'x');
    expect(spawnSync('tar', ['-cf', join(folder, 'notes.tar'), '-C', folder, 'notes.txt']).status).toBe(0);
    expect(await refused(join(folder, 'notes.tar'))).toMatchObject({ exitCode: 2 });
  });
});
