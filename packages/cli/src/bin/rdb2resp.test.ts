/** The real program, in processes of its own: what only a system can show. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { Crc64 } from '@rdbkit/bytes';
import { RdbBuilder, stringValue } from '@rdbkit/testkit';
import { afterAll, describe, expect, it } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../../bin/rdb2resp.js', import.meta.url));
const isBuilt = existsSync(fileURLToPath(new URL('../../dist/programs/rdb2resp.js', import.meta.url)));
if (!isBuilt) console.warn('not tested: the program is not compiled (npm run build)');

const folder = mkdtempSync(join(tmpdir(), 'rdbkit-bin-'));
afterAll(() => rmSync(folder, { recursive: true }));

const KEYS = 20_000;
const VALUE = 'v'.repeat(200);

function bigDump(): Uint8Array {
  const builder = new RdbBuilder({ version: 11 }).selectDb(0);
  for (let i = 0; i < KEYS; i++) builder.key(`key:${i}`, stringValue(VALUE));
  return builder.finish();
}

const dump = bigDump();
const path = join(folder, 'dump.rdb');
writeFileSync(path, dump);

interface Ended {
  readonly code: number | null;
  readonly stderr: string;
}

function start(args: readonly string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr?.on('data', (text: Buffer) => {
    stderr += text.toString();
  });
  child.stdin?.on('error', () => {});
  const ended = new Promise<Ended>((resolve) => {
    child.on('exit', (code) => resolve({ code, stderr }));
  });
  return { child, ended };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
}

describe.skipIf(!isBuilt)('rdb2resp', () => {
  it('reads a file and writes to a file', () => {
    const output = join(folder, 'out.resp');
    const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, '-o', output, path], { encoding: 'utf8' });
    expect([status, stdout]).toEqual([0, '']);
    expect(stderr).toContain('20,000 keys written');
    expect(readFileSync(output, 'utf8').split('*3\r\n$3\r\nSET\r\n').length).toBe(KEYS + 1);
    rmSync(output);
  });

  it.each([
    ['a pipe', dump],
    ["a pipe, gzip'd", gzipSync(dump)],
  ])('reads from %s and writes to one', (_, input) => {
    const { status, stdout } = spawnSync(process.execPath, [PROGRAM, '-q'], {
      input,
      maxBuffer: 1e8,
      encoding: 'utf8',
    });
    expect(status).toBe(0);
    expect(stdout.split('*3\r\n$3\r\nSET\r\n').length).toBe(KEYS + 1);
    expect(stdout.endsWith(`$9\r\nkey:19999\r\n$200\r\n${VALUE}\r\n`)).toBe(true);
  });

  it('reads standard input from a file', () => {
    const { status, stdout } = spawnSync(
      'sh',
      ['-c', `"$0" "$1" -q --limit 1 < "$2"`, process.execPath, PROGRAM, path],
      {
        encoding: 'utf8',
      },
    );
    expect([status, stdout]).toEqual([
      0,
      `*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nSET\r\n$5\r\nkey:0\r\n$200\r\n${VALUE}\r\n`,
    ]);
  });

  it('wants a source when nothing is piped in', () => {
    const { status, stderr } = spawnSync(process.execPath, [PROGRAM], {
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
    });
    expect(status).toBe(2);
    expect(stderr).toContain('no source given');
  });

  it('does not wait for the rest of its input when it has enough', async () => {
    const { child, ended } = start(['-q', '--limit', '1']);
    child.stdout?.resume();
    child.stdin?.write(dump.subarray(0, 100_000));
    expect((await ended).code).toBe(0);
  });

  it('reads a named pipe', () => {
    const script = '"$0" "$1" -q --limit 1 <(cat "$2") | wc -c';
    const { status, stdout } = spawnSync('bash', ['-c', script, process.execPath, PROGRAM, path], { encoding: 'utf8' });
    expect([status, stdout.trim()]).toEqual([0, '255']);
  });

  it('maps what the parser finds wrong to 2', () => {
    const { status, stderr } = spawnSync(process.execPath, [PROGRAM, '--nothing'], { encoding: 'utf8' });
    expect(status).toBe(2);
    expect(stderr).toContain('there is no flag --nothing');
  });

  it('ends quietly with 0 when its reader goes away', async () => {
    const { child, ended } = start([path]);
    child.stdout?.once('data', () => child.stdout?.destroy());
    expect(await ended).toEqual({ code: 0, stderr: '' });
  });

  it('ends quietly with 0 when help is cut off', () => {
    const script = `"$0" "$1" --help | true; exit "\${PIPESTATUS[0]}"`;
    const { status, stderr } = spawnSync('bash', ['-c', script, process.execPath, PROGRAM], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  });

  it('stops on SIGINT while it waits for input, with whole commands', async () => {
    const { child, ended } = start([]);
    let stdout = '';
    child.stdout?.on('data', (text: Buffer) => {
      stdout += text.toString();
    });
    child.stdin?.write(dump.subarray(0, 1_000_000));
    await until(() => stdout !== '');
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    expect(code).toBe(130);
    expect(stderr).toContain('interrupted');
    expect(stderr).toContain('hint: to go on, run the same command again');
    expect(stdout.endsWith(`$200\r\n${VALUE}\r\n`)).toBe(true);
  });

  it('stops on SIGINT although nobody reads its output', async () => {
    const { child, ended } = start([path]);
    // Takes what fits into the buffer of our end, and no more.
    let hasBegun = false;
    child.stdout?.once('readable', () => {
      hasBegun = true;
    });
    await until(() => hasBegun);
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    expect(code).toBe(130);
    expect(stderr).toContain('interrupted while the output was not being read');
    child.stdout?.destroy();
  });

  it('stops at once on the second signal, and leaves no file', async () => {
    const output = join(folder, 'stopped.resp');
    const { child, ended } = start(['-o', output, '-']);
    child.stdin?.write(dump.subarray(0, 1_000_000));
    await until(() => readdirSync(folder).some((name) => name.includes('partial')));
    child.kill('SIGTERM');
    child.kill('SIGTERM');
    expect((await ended).code).toBe(143);
    expect(readdirSync(folder)).toEqual(['dump.rdb']);
  });

  it('verifies the checksum of a large file in another thread', () => {
    const large = join(folder, 'large.rdb');
    const bytes = new RdbBuilder({ version: 11 })
      .selectDb(0)
      .key('large', stringValue(new Uint8Array(33 * 1024 * 1024)))
      .finish('zero');
    const end = bytes.length - 8;
    const crc = new Crc64();
    crc.update(bytes, 0, end);
    crc.writeTo(bytes, end);
    writeFileSync(large, bytes);
    const args = [PROGRAM, '--json', '-o', '/dev/null', large];
    const good = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect(JSON.parse(good.stderr)).toMatchObject({ checksum: 'ok', exitCode: 0 });

    bytes[end - 100] = 1;
    writeFileSync(large, bytes);
    const bad = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect(bad.status).toBe(3);
    expect(JSON.parse(bad.stderr.split('\n')[0] ?? '')).toMatchObject({ error: { code: 'RDB_CHECKSUM', offset: end } });
  });
});
