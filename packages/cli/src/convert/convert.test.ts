import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { encodeCommand, moduleValue, RdbBuilder, setValue, stringValue } from '@rdbkit/testkit';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { commandsIn, type Run, runInWorld, type World } from '../../testing/world.ts';
import type { StopSignal } from '../app/exit-code.ts';
import { program } from '../rdbkit/program.ts';

const root = mkdtempSync(join(tmpdir(), 'rdbkit-convert-'));
afterAll(() => rmSync(root, { recursive: true }));

let folder = '';
let runs = 0;
beforeEach(() => {
  folder = join(root, `run-${runs++}`);
  mkdirSync(folder);
});

const at = (...names: readonly string[]): string => join(folder, ...names);

function write(name: string, content: Uint8Array | string): string {
  writeFileSync(at(name), content);
  return at(name);
}

const convert = (args: readonly string[], world?: World): Promise<Run> =>
  runInWorld(program, ['convert', ...args], world);

function builder(version: number): RdbBuilder {
  return new RdbBuilder({ version })
    .selectDb(0)
    .key('user:1', stringValue('one'))
    .selectDb(3)
    .key('bag', setValue(['m']));
}

const dump = builder(10).finish();
const MANIFEST = 'file appendonly.aof.1.base.rdb seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n';
const COMMANDS = ['SELECT 0', 'SET user:1 one', 'SELECT 3', 'SADD bag m'];

const text = (...names: readonly string[]): string => readFileSync(at(...names), 'latin1');
const files = (...names: readonly string[]): string[] => readdirSync(at(...names)).sort();

describe('a directory', () => {
  it.each([
    ['with a slash behind its name', 'log/', []],
    ['by its name', 'appendonlydir', []],
    ['by the flag', 'log', ['--format', 'appendonlydir']],
  ])('%s', async (_, name, flags) => {
    const { code, stdout, stderr } = await convert([
      write('dump.rdb', dump),
      '-o',
      at(name) + (name.endsWith('/') ? '/' : ''),
      ...flags,
    ]);
    expect([code, stdout]).toEqual([0, '']);
    expect(files(name)).toEqual(['appendonly.aof.1.base.rdb', 'appendonly.aof.1.incr.aof', 'appendonly.aof.manifest']);
    expect(readFileSync(at(name, 'appendonly.aof.1.base.rdb')).equals(dump)).toBe(true);
    expect(text(name, 'appendonly.aof.1.incr.aof')).toBe('');
    expect(text(name, 'appendonly.aof.manifest')).toBe(MANIFEST);
    expect(stderr).toContain('2 keys, ');
    expect(stderr).toContain('checksum verified');
    expect(stderr).toContain(
      `appendonly yes, appenddirname "${name.replace('/', '')}", appendfilename "appendonly.aof"`,
    );
  });

  it('of another file name, which is quoted in the manifest where it has to be', async () => {
    mkdirSync(at('log'));
    const { code } = await convert([write('dump.rdb', dump), '-o', at('log'), '--append-filename', 'my log']);
    expect(code).toBe(0);
    expect(text('log', 'my log.manifest')).toContain('file "my log.1.base.rdb" seq 1 type b\n');
  });

  it('reads what is piped in, unpacked on the way', async () => {
    for (const stdin of [dump, gzipSync(dump)]) {
      const { code } = await convert(['-o', at(`log-${stdin.length}/`)], { stdin });
      expect(code).toBe(0);
      expect(readFileSync(at(`log-${stdin.length}`, 'appendonly.aof.1.base.rdb')).equals(dump)).toBe(true);
    }
  });

  it('is not overwritten unless asked for, and then without a moment without a log', async () => {
    const source = write('dump.rdb', dump);
    await convert([source, '-o', at('log/')]);
    writeFileSync(at('log', 'notes.txt'), 'mine');
    const refused = await convert([source, '-o', at('log/')]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('has an append-only log (appendonly.aof.manifest)');
    const other = builder(9).finish();
    expect((await convert([write('other.rdb', other), '-o', at('log/'), '--overwrite'])).code).toBe(0);
    expect(files('log')).toEqual([
      'appendonly.aof.2.base.rdb',
      'appendonly.aof.2.incr.aof',
      'appendonly.aof.manifest',
      'notes.txt',
    ]);
    expect(text('log', 'appendonly.aof.manifest')).toBe(
      MANIFEST.replaceAll('aof.1.', 'aof.2.').replaceAll('seq 1', 'seq 2'),
    );
    expect(readFileSync(at('log', 'appendonly.aof.2.base.rdb')).equals(other)).toBe(true);
    const mismatch = await convert([source, '-o', at('log/'), '--overwrite', '--append-filename', 'x.aof']);
    expect(mismatch.code).toBe(2);
    expect(mismatch.stderr).toContain('--append-filename appendonly.aof');
  });

  it('that is something else stays as it is', async () => {
    write('dump.rdb', dump);
    const { code, stderr } = await convert([at('dump.rdb'), '-o', `${folder}/`, '--overwrite']);
    expect(code).toBe(2);
    expect(stderr).toContain('is not empty and has no append-only log in it');
    expect(stderr).toContain('/appendonlydir/?');
    expect(files()).toEqual(['dump.rdb']);
  });

  it('is not begun over a file, or where there is no way to it', async () => {
    const source = write('dump.rdb', dump);
    expect(await convert([source, '-o', `${source}/`, '--format', 'appendonlydir'])).toMatchObject({ code: 2 });
    const { code, stderr } = await convert([source, '-o', at('missing', 'log/')]);
    expect(code).toBe(1);
    expect(stderr).toContain('cannot write');
  });
});

describe('one file', () => {
  it('is the dump, without what follows it', async () => {
    const source = write('dump.rdb', Buffer.concat([dump, Buffer.from('*1\r')]));
    const { code, stderr } = await convert([source, '-o', at('appendonly.aof')]);
    expect(code).toBe(0);
    expect(readFileSync(at('appendonly.aof')).equals(dump)).toBe(true);
    expect(stderr).toContain('warning: ');
    expect(stderr).toContain('what follows the end of the RDB was left out');
    expect(files()).toEqual(['appendonly.aof', 'dump.rdb']);
  });

  it('is commands for those who read no RDB', async () => {
    const { code, stderr } = await convert([write('dump.rdb', dump), '-o', at('x.aof'), '--target', '3.2']);
    expect([code, commandsIn(text('x.aof'))]).toEqual([0, COMMANDS]);
    expect(stderr).toContain('because redis 3.2.0 loads commands only, no RDB');
  });

  it('is replaced only when asked for', async () => {
    const source = write('dump.rdb', dump);
    write('x.aof', 'old');
    expect(await convert([source, '-o', at('x.aof')])).toMatchObject({ code: 2 });
    expect(text('x.aof')).toBe('old');
    expect(await convert([source, '-o', at('x.aof'), '--overwrite'])).toMatchObject({ code: 0 });
    expect(readFileSync(at('x.aof')).equals(dump)).toBe(true);
  });
});

describe('the base', () => {
  it.each([
    ['7.0', 10, 'redis', 'rdb'],
    ['6.2', 10, 'redis', 'resp'],
    ['7.4', 13, 'redis', 'resp'],
    ['8.6', 13, 'redis', 'rdb'],
    ['valkey-8', 11, 'redis', 'rdb'],
    ['valkey-8', 12, 'redis', 'resp'],
    ['valkey-9', 12, 'redis', 'resp'],
    ['valkey-9', 11, 'redis', 'rdb'],
    ['valkey-9', 80, 'valkey', 'rdb'],
    ['valkey-8', 80, 'valkey', 'resp'],
    ['8.6', 80, 'valkey', 'resp'],
    ['keydb-6.3', 9, 'redis', 'rdb'],
    ['keydb-6.3', 10, 'redis', 'resp'],
  ] as const)('for %s of version %d of %s is %s', async (target, version, dialect, base) => {
    const source = write('dump.rdb', builder(version).finish());
    const { code, stderr } = await convert([source, '-o', at('x.aof'), '--json', '--target', target]);
    expect(code).toBe(0);
    expect(JSON.parse(stderr)).toMatchObject({ base, format: 'aof', output: at('x.aof') });
    expect(text('x.aof').startsWith(base === 'rdb' ? dialect.toUpperCase() : '*')).toBe(true);
  });

  it('is commands when keys are selected or changed', async () => {
    const { code, stderr } = await convert([write('dump.rdb', dump), '-o', at('log/'), '--db', '3', '--map-db', '3:0']);
    expect(code).toBe(0);
    expect(files('log')).toEqual(['appendonly.aof.1.base.aof', 'appendonly.aof.1.incr.aof', 'appendonly.aof.manifest']);
    expect(commandsIn(text('log', 'appendonly.aof.1.base.aof'))).toEqual(['SELECT 0', 'SADD bag m']);
    expect(text('log', 'appendonly.aof.manifest')).toContain('file appendonly.aof.1.base.aof seq 1 type b\n');
    expect(stderr).toContain('because --db changes what is in the dump');
  });

  it('cannot be the dump then', async () => {
    const { code, stderr } = await convert([write('dump.rdb', dump), '-o', at('log/'), '--db', '3', '--base', 'rdb']);
    expect(code).toBe(2);
    expect(stderr).toContain('--base rdb is not possible: --db changes');
    expect(existsSync(at('log'))).toBe(false);
  });

  it('is begun again as commands when something in the dump turns out to be an obstacle', async () => {
    const bytes = builder(12)
      .key('vectors', moduleValue('vectorset', 0, []))
      .finish();
    const source = write('dump.rdb', bytes);
    const { code, stderr } = await convert([source, '-o', at('log/'), '--target', '7.4']);
    expect(stderr).toContain('because redis 7.4.0 has no vectorset');
    expect(stderr).toContain('not written: 1 key');
    expect(code).toBe(4);
    expect(commandsIn(text('log', 'appendonly.aof.1.base.aof'))).toEqual(COMMANDS);
    const piped = await convert(['-o', at('other/'), '--target', '7.4'], { stdin: bytes });
    expect(piped.code).toBe(1);
    expect(piped.stderr).toContain('--base resp writes it as commands');
    expect(existsSync(at('other'))).toBe(false);
  });
});

describe('what cannot be converted', () => {
  it.each([
    ['cut off', dump.subarray(0, -12), 'is incomplete'],
    ['changed', Uint8Array.from(dump, (byte, i) => (i === dump.length - 20 ? byte ^ 1 : byte)), 'is damaged'],
  ])('a dump that was %s leaves nothing behind', async (_, bytes, words) => {
    const source = write('dump.rdb', bytes);
    for (const args of [
      ['-o', at('log/')],
      ['-o', at('x.aof')],
      ['-o', at('y.aof'), '--base', 'resp'],
    ]) {
      const { code, stderr } = await convert([source, ...args]);
      expect(code).toBe(3);
      expect(stderr).toContain(words);
      expect(stderr).not.toContain('up to there');
    }
    expect(files()).toEqual(['dump.rdb']);
  });

  it('a log', async () => {
    const { code, stderr } = await convert([write('x', encodeCommand(['PING'])), '-o', at('log/')]);
    expect(code).toBe(2);
    expect(stderr).toContain('is an append-only log already');
  });

  it.each([
    [['-o', 'x'], 'it is not clear what x shall be'],
    [['-o', '-'], 'wants the name of a file or a directory'],
    [['-o', 'x/', '--target', '6.2'], 'does not know append-only directories'],
    [['-o', 'x/', '--target', 'keydb-6.3'], 'does not know append-only directories'],
    [['-o', 'x.aof', '--target', 'dragonfly'], 'Dragonfly has no append-only files'],
    [['-o', 'x.aof', '--append-filename', 'y'], 'about the files in a directory'],
    [['-o', 'x/', '--append-filename', 'a/b'], '--append-filename: expected the name of a file'],
    [[], '--output needs a value'],
  ])('with %j', async (args, words) => {
    const { code, stderr } = await convert([write('dump.rdb', dump), ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(words);
  });

  it('a dump that reads no further after a signal', async () => {
    let send: (signal: StopSignal) => void = () => {};
    const stdin = {
      position: 0,
      total: null,
      read: () => {
        send('SIGINT');
        return null;
      },
      close() {},
    };
    const signals = (handler: (signal: StopSignal) => void): void => {
      send = handler;
    };
    let given = false;
    const source = {
      ...stdin,
      read: () => {
        if (given) return stdin.read();
        given = true;
        return dump.subarray(0, 50);
      },
    };
    const { code, stderr } = await convert(['-o', at('log/')], { stdin: source, signals });
    expect(code).toBe(130);
    expect(stderr).toContain('interrupted: nothing was written');
    expect(files()).toEqual([]);
  });
});
