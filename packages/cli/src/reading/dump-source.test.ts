import { existsSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { encodeCommand, RdbBuilder, stringValue } from '@rdbkit/testkit';
import { afterAll, describe, expect, it } from 'vitest';
import { type Run, runInWorld, type World } from '../../testing/world.ts';
import { program } from '../rdbkit/program.ts';

const folder = mkdtempSync(join(tmpdir(), 'rdbkit-dump-'));
afterAll(() => rmSync(folder, { recursive: true }));

const run = (args: readonly string[], world: World = {}): Promise<Run> => runInWorld(program, args, world);

const COMMANDS = Buffer.concat([encodeCommand(['SELECT', '2']), encodeCommand(['INCR', 'n'])]);
const BASE = new RdbBuilder({ version: 9 })
  .aux('redis-ver', '6.2.0')
  .aux('aof-preamble', '1')
  .selectDb(2)
  .key('user:1', stringValue('one'))
  .key('user:2', stringValue('two'))
  .finish();
const PLAIN = new RdbBuilder({ version: 9 }).selectDb(2).key('user:1', stringValue('one')).finish();
const LOG = Buffer.concat([BASE, COMMANDS]);

let made = 0;
function write(content: Uint8Array): string {
  const path = join(folder, `file-${made++}`);
  writeFileSync(path, content);
  return path;
}

function directory(files: Readonly<Record<string, Uint8Array | string>>): string {
  const path = join(folder, `dir-${made++}`);
  mkdirSync(path);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content);
  return path;
}

const MANIFEST = 'file a.1.base.rdb seq 1 type b\nfile a.1.incr.aof seq 1 type i\nfile a.2.incr.aof seq 2 type i\n';
const FILES = { 'a.manifest': MANIFEST, 'a.1.base.rdb': BASE, 'a.1.incr.aof': COMMANDS, 'a.2.incr.aof': '' };
const DIRECTORY = directory(FILES);

/** A tar archive of files. */
function tar(files: Readonly<Record<string, Uint8Array | string>>): Buffer {
  const blocks = Object.entries(files).map(([name, content]) => {
    const bytes = Buffer.from(content);
    const header = Buffer.alloc(512);
    header.write(name);
    header.write('0000644\0', 100);
    header.write(`${bytes.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write('        0', 148);
    header.write('ustar\x0000', 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return Buffer.concat([header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

/** One byte at a time. */
function trickle(content: Uint8Array): World {
  let at = 0;
  const read = (): Uint8Array | null => (at < content.length ? content.subarray(at, ++at) : null);
  return { stdin: { position: 0, total: null, read, close() {} } };
}

describe('the base of a log is looked at', () => {
  const rest = { bytes: COMMANDS.length, files: 0 };
  it.each<[string, string[], World, object]>([
    ['a file', [write(LOG)], {}, rest],
    ['standard input', [], { stdin: LOG }, rest],
    ['standard input, in small pieces', [], trickle(LOG), rest],
    ['a file inside gzip', [write(gzipSync(LOG))], {}, rest],
    ['a directory', [DIRECTORY], {}, { ...rest, files: 2 }],
    ['its manifest', [join(DIRECTORY, 'a.manifest')], {}, { ...rest, files: 2 }],
    ['an archive of it', [write(tar(FILES))], {}, { ...rest, files: 2 }],
  ])('%s', async (_, args, world, unread) => {
    const { code, stdout, stderr } = await run(['inspect', '--json', ...args], world);
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({ complete: true, total: { keys: 2 }, file: { checksum: 'ok' }, unreadLog: unread });
    expect(document.file.bytes).toBe(BASE.length);
    expect(stderr).toMatch(/warning: 44 bytes of commands after the dump.* were not looked at\n/);
    expect(code).toBe(0);
  });

  it('also when the file does not say that it is one', async () => {
    const content = Buffer.concat([PLAIN, COMMANDS]);
    for (const world of [{ stdin: content }, trickle(content)]) {
      const { code, stdout, stderr } = await run(['export', '--json', '--format', 'jsonl'], world);
      expect([code, stdout.split('\n').length]).toEqual([0, 2]);
      expect(stderr).toContain(`"unreadLog":{"bytes":${COMMANDS.length},"files":0}`);
    }
  });

  it('and nothing is said when nothing follows', async () => {
    for (const world of [{ stdin: BASE }, { stdin: PLAIN }]) {
      const { stdout, stderr } = await run(['inspect', '--json'], world);
      expect([JSON.parse(stdout).unreadLog, stderr]).toEqual([null, '']);
    }
    const garbage = await run(['inspect', '--json'], { stdin: Buffer.concat([PLAIN, Buffer.from('garbage')]) });
    expect([JSON.parse(garbage.stdout).unreadLog, garbage.stderr.includes('RDB_TRAILING_BYTES')]).toEqual([null, true]);
  });

  it('on a page that says so', async () => {
    const { stdout } = await run(['inspect', DIRECTORY]);
    expect(stdout).toContain('the base of an append-only log');
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      `${COMMANDS.length} bytes of commands after the dump (in 2 more files) were not looked at`,
    );
  });

  it('for one key, whose value may have changed since', async () => {
    const { code, stdout, stderr } = await run(['get', DIRECTORY, 'user:1']);
    expect([code, stdout]).toEqual([0, 'one\n']);
    expect(stderr).toContain('commands after the dump (in 2 more files) were not looked at');
  });
});

describe('a log', () => {
  it.each([
    ['of commands', [write(COMMANDS)]],
    [
      'whose base has commands',
      [directory({ 'a.manifest': 'file a.1.base.aof seq 1 type b\n', 'a.1.base.aof': COMMANDS })],
    ],
    ['without a base', [directory({ 'a.manifest': 'file a.1.incr.aof seq 1 type i\n', 'a.1.incr.aof': COMMANDS })]],
  ])('%s is no dump: 2', async (_, args) => {
    const { code, stdout, stderr } = await run(['keys', ...args]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('has commands only');
    expect(stderr).toContain('hint: rdb2resp reads it');
  });

  it('from standard input that has commands only is no dump either', async () => {
    expect((await run(['keys'], { stdin: COMMANDS })).stderr).toContain('standard input has commands only');
  });

  it('whose base is damaged is shown up to there: 3', async () => {
    const cut = directory({ ...FILES, 'a.1.base.rdb': BASE.subarray(0, -20) });
    const { code, stdout, stderr } = await run(['inspect', '--json', cut]);
    expect([code, JSON.parse(stdout).complete]).toEqual([3, false]);
    expect(stderr).toContain('in "a.1.base.rdb" [RDB_TRUNCATED]');
  });
});

const OPEN_FILES = '/proc/self/fd';
const canSeeOpenFiles = existsSync(OPEN_FILES);
if (!canSeeOpenFiles) console.warn('not tested: this system does not show which files are open');

describe.skipIf(!canSeeOpenFiles)('a base that is not read to its end', () => {
  it('is not left open', async () => {
    const builder = new RdbBuilder({ version: 9 }).selectDb(0);
    for (let i = 0; i < 2000; i++) builder.key(`key:${i}`, stringValue('v'.repeat(1000)));
    const path = directory({ ...FILES, 'a.1.base.rdb': builder.finish() });
    const { code, stdout } = await run(['get', path, 'key:0'], {});
    expect([code, stdout.trim().length]).toEqual([0, 1000]);
    const open = readdirSync(OPEN_FILES).flatMap((fd) => {
      try {
        return [readlinkSync(join(OPEN_FILES, fd))];
      } catch {
        // That of the listing itself.
        return [];
      }
    });
    expect(open.filter((file) => file.startsWith(path))).toEqual([]);
  });
});
