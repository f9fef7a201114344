import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf, CallLog, command, memoryFile } from '../testing/logs.ts';
import { paxEntry, tar, tarEntry } from '../testing/tar.ts';
import { AofError, AofSetError, AofTarError } from './errors.ts';
import type { AofDirectory } from './files.ts';
import { readBytes } from './internal/read-bytes.ts';
import { openAof } from './open.ts';
import { readAof } from './read.ts';
import { tarDirectory } from './tar.ts';

const END = Buffer.alloc(1024);
const SET = command('SET', 'a', '1');

async function open(...parts: readonly Uint8Array[]): Promise<AofDirectory> {
  return await tarDirectory(memoryFile(Buffer.concat(parts), 100));
}

/** Names and contents of the files. */
async function contents(directory: AofDirectory): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of await directory.list()) {
    const file = await directory.file(name);
    if (file !== null)
      found[Buffer.from(name).toString('latin1')] = Buffer.from(await readBytes(file, 0, 1e9)).toString('latin1');
  }
  return found;
}

async function faultOf(...parts: readonly Uint8Array[]): Promise<AofTarError> {
  try {
    await open(...parts);
  } catch (error) {
    if (error instanceof AofTarError) return error;
    throw error;
  }
  throw new Error('there was no error');
}

describe('an archive', () => {
  it('has files and directories', async () => {
    const directory = await open(
      tar(
        { name: './', type: '5' },
        { name: './a', content: 'one' },
        { name: './d/', type: '5' },
        { name: './d/b', content: 'two' },
        { name: 'pipe', type: '6' },
        { name: 'empty' },
      ),
    );
    expect(await contents(directory)).toEqual({ a: 'one', empty: '' });
    const below = await directory.directory(bytesOf('d'));
    expect(below === null ? null : await contents(below)).toEqual({ b: 'two' });
    expect(await directory.directory(bytesOf('a'))).toBeNull();
    expect(await directory.file(bytesOf('d'))).toBeNull();
    expect(await directory.file(bytesOf('x'))).toBeNull();
  });

  it('is opened at the directory where there is something', async () => {
    const directory = await open(tar({ name: 'var/lib/redis/a', content: '1' }, { name: 'var/lib/redis/b/c' }));
    expect(await contents(directory)).toEqual({ a: '1' });
  });

  it('can be read in parts', async () => {
    const directory = await open(tar({ name: 'a', content: '0123456789' }, { name: 'b', content: 'no' }));
    const file = await directory.file(bytesOf('a'));
    expect(file?.size).toBe(10);
    if (file !== null) {
      expect(await readBytes(file, 3, 5)).toEqual(bytesOf('34'));
      expect(await readBytes(file, 8, 1000)).toEqual(bytesOf('89'));
    }
  });

  it('may have long names, of any kind', async () => {
    const long = 'x'.repeat(150);
    const directory = await open(
      tarEntry({ name: 'y'.repeat(100), prefix: 'p', content: '1' }),
      tarEntry({ name: '././@LongLink', type: 'L', content: `p/${long}\0`, magic: 'ustar  \0' }),
      tarEntry({ name: 'cut', content: '2', magic: 'ustar  \0', prefix: 'no prefix here' }),
      paxEntry({ path: `p/${long}\xe9`, mtime: '1.5' }),
      tarEntry({ name: 'cut', content: '3' }),
      tarEntry({ name: 'p/short', content: '4' }),
      END,
    );
    expect(await contents(directory)).toEqual({
      ['y'.repeat(100)]: '1',
      [long]: '2',
      [`${long}\xe9`]: '3',
      short: '4',
    });
  });

  it('may have sizes in other forms', async () => {
    const binary = `\x80${'\0'.repeat(10)}\x05`;
    const directory = await open(
      tarEntry({ name: 'a', content: '12345', size: binary }),
      paxEntry({ size: '3' }),
      tarEntry({ name: 'b', content: '123', size: '00000000000\0' }),
      paxEntry({ comment: 'of all' }, 'g'),
      tarEntry({ name: 'c', content: '1', size: '          1 ' }),
      END,
    );
    expect(await contents(directory)).toEqual({ a: '12345', b: '123', c: '1' });
  });

  it('may have links to what came before', async () => {
    const directory = await open(
      tar(
        { name: 'a', content: 'one' },
        { name: 'b', type: '1', link: 'a' },
        { name: 'c', type: '1', link: 'nothing' },
        { name: 'd', type: '2', link: '/etc/passwd' },
      ),
    );
    expect(await contents(directory)).toEqual({ a: 'one', b: 'one' });
  });

  it('has what came last', async () => {
    expect(await contents(await open(tar({ name: 'a', content: 'old' }, { name: 'a', content: 'new' })))).toEqual({
      a: 'new',
    });
  });

  it('leaves out what leads out of it, and what only macOS needs', async () => {
    const directory = await open(
      tar(
        { name: '../x', content: '1' },
        { name: 'a/../../y', content: '2' },
        { name: '/etc/passwd', content: '3' },
        { name: 'etc/._passwd', content: '4' },
      ),
    );
    expect(await contents(directory)).toEqual({ passwd: '3' });
  });

  it('may lack its end', async () => {
    expect(await contents(await open(tarEntry({ name: 'a', content: 'x' })))).toEqual({ a: 'x' });
    expect(await contents(await open(new Uint8Array(0)))).toEqual({});
  });

  it('must have a known size', async () => {
    await expect(tarDirectory({ ...memoryFile(END), size: null })).rejects.toThrow(TypeError);
  });

  it.each([
    ['other bytes', [Buffer.alloc(512, 'x')], 'AOF_BAD_TAR', 0],
    ['a wrong checksum', [tarEntry({ name: 'a' }), tarEntry({ name: 'b', checksum: '000001\0 ' })], 'AOF_BAD_TAR', 512],
    ['half a header', [tarEntry({ name: 'a' }).subarray(0, 300)], 'AOF_BAD_TAR', 300],
    [
      'a file that is cut off',
      [tarEntry({ name: 'a', content: 'x'.repeat(600) }).subarray(0, 1024)],
      'AOF_BAD_TAR',
      1024,
    ],
    ['no size', [tarEntry({ name: 'a', size: 'many\0' })], 'AOF_BAD_TAR', 0],
    ['a size beyond all bounds', [tarEntry({ name: 'a', size: `\xff${'\xff'.repeat(11)}` })], 'AOF_BAD_TAR', 0],
    ['a bad pax header', [tarEntry({ name: 'a', type: 'x', content: 'what?' })], 'AOF_BAD_TAR', 512],
    ['a pax header of length 0', [tarEntry({ name: 'a', type: 'x', content: '0 a=b\n' })], 'AOF_BAD_TAR', 512],
    ['a pax size that is none', [paxEntry({ size: '-1' }), tarEntry({ name: 'a' })], 'AOF_BAD_TAR', 512],
    ['an endless pax header', [tarEntry({ name: 'a', type: 'x', content: 'x'.repeat(2 ** 20 + 1) })], 'AOF_BAD_TAR', 0],
    ['a sparse file', [tarEntry({ name: 'a', type: 'S' })], 'AOF_UNSUPPORTED_TAR', 0],
    [
      'a sparse file of pax',
      [paxEntry({ 'GNU.sparse.major': '1' }), tarEntry({ name: 'a' })],
      'AOF_UNSUPPORTED_TAR',
      1024,
    ],
  ])('is refused with %s', async (_name, parts, code, offset) => {
    expect(await faultOf(...parts)).toMatchObject({ code, offset });
  });

  it('of whatever bytes ends in a directory or an error', async () => {
    const good = tar({ name: 'a', content: 'x'.repeat(700) }, { name: 'b/c', content: 'y' });
    const change = fc.tuple(fc.nat(good.length - 1), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const bytes = new Uint8Array(good);
        for (const [at, byte] of changes) bytes[at] = byte;
        try {
          await contents(await open(bytes));
        } catch (error) {
          if (!(error instanceof AofError)) throw error;
        }
      }),
    );
  });
});

describe('a log in an archive', () => {
  const archive = tar(
    { name: 'appendonlydir/a.1.incr.aof', content: SET + SET },
    { name: 'appendonlydir/a.1.base.aof', content: SET },
    { name: 'appendonlydir/a.manifest', content: 'file a.1.base.aof seq 1 type b\nfile a.1.incr.aof seq 1 type i\n' },
  );

  it('is read like any other', async () => {
    const set = await openAof(memoryFile(archive));
    expect(set.segments).toMatchObject([{ size: 27 }, { size: 54 }]);
    expect(await readAof(set, new CallLog())).toMatchObject({ commands: 3 });
    expect(await readAof(await openAof(new Uint8Array(archive)), new CallLog())).toMatchObject({ commands: 3 });
    await set.close();
  });

  it('cannot be a stream', async () => {
    const error = await openAof([archive]).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(AofSetError);
    expect(error).toMatchObject({ code: 'AOF_TAR_STREAM' });
  });
});
