import { Buffer } from 'node:buffer';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  createReadStream,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { bytesOf, CallLog, command } from '../testing/logs.ts';
import { tar } from '../testing/tar.ts';
import { aofEvents } from './events.ts';
import { directoryAt, openAof } from './node.ts';
import { readAof } from './read.ts';
import type { AofSet } from './set.ts';

const SET = command('SET', 'a', '1');
const LONG = command('SET', 'long', 'x'.repeat(700_000));
const MANIFEST = 'file a.1.base.aof seq 1 type b\nfile "a\\xff.1.incr.aof" seq 1 type i\n';

const isPosix = process.platform !== 'win32';
const hasTar = spawnSync('tar', ['--version']).status === 0;
if (!hasTar) console.warn('skipped: archives of the program tar, which is not on PATH');

let folder = '';
let logs = '';
/** Where archives are stored away. */
let temporary = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rdbkit-aof-'));
  logs = join(folder, 'appendonlydir');
  mkdirSync(logs);
  temporary = join(folder, 'temporary');
  mkdirSync(temporary);
  vi.stubEnv(isPosix ? 'TMPDIR' : 'TEMP', temporary);
  writeFileSync(join(logs, 'a.1.base.aof'), SET);
  writeFileSync(Buffer.concat([Buffer.from(`${logs}/a`), Buffer.of(0xff), Buffer.from('.1.incr.aof')]), LONG + SET);
  writeFileSync(join(logs, 'a.manifest'), MANIFEST);
  writeFileSync(join(folder, 'single'), SET + LONG);
});

afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

async function count(set: AofSet): Promise<number> {
  return (await readAof(set, new CallLog())).commands;
}

// Names of Windows are text.
describe.skipIf(!isPosix)('a log is opened', () => {
  it.each([
    ['by the path of its directory', () => logs, 3],
    ['by the data directory', () => folder, 3],
    ['by its URL', () => pathToFileURL(logs), 3],
    ['by its manifest', () => join(logs, 'a.manifest'), 3],
    ['by the path of a file', () => join(folder, 'single'), 2],
    ['by a stream', () => createReadStream(join(folder, 'single')), 2],
    ['by its bytes', () => bytesOf(SET), 1],
    ['by a directory', () => directoryAt(logs), 3],
  ])('%s', async (_name, input, commands) => {
    expect(await count(await openAof(input()))).toBe(commands);
  });

  it.skipIf(!hasTar)('by an archive, or the stream of one', async () => {
    const path = join(folder, 'all.tar');
    for (const args of [['.'], ['appendonlydir'], ['--format=pax', 'appendonlydir']]) {
      execFileSync('tar', [
        '-C',
        folder,
        '--exclude=all.tar',
        '--exclude=single',
        '--exclude=temporary',
        '-cf',
        path,
        ...args,
      ]);
      expect(await count(await openAof(path))).toBe(3);
      const set = await openAof(createReadStream(path));
      expect(await count(set)).toBe(3);
      expect(await count(set)).toBe(3);
      await set.close();
      expect(readdirSync(temporary)).toEqual([]);
      await expect(count(set)).rejects.toThrow();
    }
    rmSync(path);
  });

  it('whatever the manifest is called', async () => {
    const other = join(folder, 'other');
    mkdirSync(other);
    writeFileSync(join(other, 'list.txt'), 'file x seq 1 type i\n');
    writeFileSync(join(other, 'x'), SET);
    expect(await count(await openAof(join(other, 'list.txt')))).toBe(1);
    writeFileSync(join(other, 'x.manifest'), '');
    await expect(openAof(join(other, 'x.manifest'))).rejects.toMatchObject({ code: 'AOF_MANIFEST_EMPTY' });
  });
});

describe('what is no ordinary file', () => {
  it('is no part of a log', async () => {
    const odd = join(folder, 'odd');
    mkdirSync(join(odd, 'x'), { recursive: true });
    writeFileSync(join(odd, 'a.manifest'), 'file x seq 1 type i\n');
    await expect(openAof(odd)).rejects.toMatchObject({ code: 'AOF_MISSING_FILE', file: bytesOf('x') });
    if (isPosix) {
      rmSync(join(odd, 'x'), { recursive: true });
      execFileSync('mkfifo', [join(odd, 'x')]);
      await expect(openAof(odd)).rejects.toMatchObject({ code: 'AOF_MISSING_FILE' });
      rmSync(join(odd, 'x'));
      symlinkSync('nowhere', join(odd, 'x'));
      await expect(openAof(odd)).rejects.toMatchObject({ code: 'AOF_MISSING_FILE' });
    }
  });

  it.skipIf(!isPosix)('may be read as a stream', async () => {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    const writing = import('node:fs/promises').then(async ({ writeFile }) => await writeFile(path, SET));
    expect(await count(await openAof(path))).toBe(1);
    await writing;
  });

  it('is told when it is missing', async () => {
    await expect(openAof(join(folder, 'nothing'))).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(openAof(mkdtempSync(join(folder, 'empty-')))).rejects.toMatchObject({ code: 'AOF_NO_LOG' });
  });
});

describe('a directory', () => {
  it('never looks elsewhere', async () => {
    const directory = directoryAt(logs);
    for (const name of ['../single', '..', '.', 'a/b', 'a\\b', '', 'a\0b']) {
      await expect(
        Promise.resolve().then(async () => await directory.file(bytesOf(name))),
        name,
      ).rejects.toThrow(RangeError);
      await expect(Promise.resolve().then(async () => await directory.directory(bytesOf(name)))).rejects.toThrow(
        RangeError,
      );
    }
  });

  it('reads parts of files', async () => {
    const file = await directoryAt(folder).file(bytesOf('single'));
    const content = readFileSync(join(folder, 'single'));
    for (const [start, end] of [
      [0, undefined],
      [5, 9],
      [300_000, 600_000],
      [0, 1e9],
      [content.length, undefined],
    ] as const) {
      const chunks: Buffer[] = [];
      for await (const chunk of file?.read(start, end) ?? []) chunks.push(Buffer.from(chunk));
      expect(Buffer.concat(chunks).equals(content.subarray(start, end))).toBe(true);
    }
  });

  it('gives its files back when reading ends early', async () => {
    const set = await openAof(join(folder, 'single'));
    const open = vi.fn<() => void>(() => {
      throw new Error('enough');
    });
    for (let i = 0; i < 3; i++) await expect(readAof(set, new CallLog(), { between: open })).rejects.toThrow('enough');
    for await (const _batch of aofEvents(set)) break;
    if (process.platform !== 'linux') return;
    const links = readdirSync('/proc/self/fd').map((fd) => {
      try {
        return execFileSync('readlink', [`/proc/${process.pid}/fd/${fd}`], { encoding: 'utf8' });
      } catch {
        return '';
      }
    });
    expect(links.filter((link) => link.includes(folder))).toEqual([]);
  });

  it('has archives that are stored away only while they are needed', async () => {
    const failing = (async function* () {
      yield new Uint8Array(tar({ name: 'x', content: SET })).subarray(0, 1024);
      await Promise.resolve();
      throw new Error('connection lost');
    })();
    await expect(openAof(failing)).rejects.toThrow('connection lost');
    expect(readdirSync(temporary)).toEqual([]);
  });
});
