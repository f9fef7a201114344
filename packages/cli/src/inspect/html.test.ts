import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { hashValue, RdbBuilder, REPOSITORY_ROOT, stringValue } from '@rdbkit/testkit';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { NOW, type Run, runInWorld, type World } from '../../testing/world.ts';
import type { StopSignal } from '../app/exit-code.ts';
import { program } from '../rdbkit/program.ts';

const EXAMPLE = readFileSync(join(REPOSITORY_ROOT, 'docs', 'guide', 'example.rdb'));

const folder = mkdtempSync(join(tmpdir(), 'rdbkit-html-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'report.html');

beforeEach(() => {
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
});

function inspect(dump: Uint8Array | undefined, args: readonly string[], world: World = {}): Promise<Run> {
  return runInWorld(program, ['inspect', ...args], { ...(dump === undefined ? {} : { stdin: dump }), ...world });
}

interface Data {
  readonly title: string;
  readonly generator: string;
  readonly generatedAtMs: number;
  readonly damage: string | null;
  readonly isPart: boolean;
  readonly notes: readonly string[];
  readonly file: { readonly checksum: string; readonly bytes: number };
  readonly total: { readonly keys: number };
  readonly keys: readonly { readonly key: string }[];
  readonly separator: string;
  readonly prefixes: readonly [string, number, number, number, number, readonly [string][]] | null;
}

/** What the report carries. */
function written(): Data {
  const base64 = /id="data">([^<]+)</.exec(readFileSync(file, 'utf8'))?.[1] ?? '';
  return JSON.parse(gunzipSync(Buffer.from(base64, 'base64')).toString()) as Data;
}

describe('--html', () => {
  it('writes a report beside the page', async () => {
    const plain = await inspect(EXAMPLE, []);
    const { code, stdout, stderr } = await inspect(EXAMPLE, ['--html', file]);
    expect([code, stdout]).toEqual([0, plain.stdout]);
    expect(stderr).toMatch(/^rdbkit: the report is in .*report\.html, [\d.]+ KiB\n$/);
    expect(written()).toMatchObject({
      title: 'standard input',
      generatedAtMs: NOW,
      damage: null,
      isPart: false,
      notes: [],
      file: { checksum: 'checksum ok', bytes: EXAMPLE.length },
      total: { keys: 10 },
    });
    expect(written().generator).toMatch(/^rdbkit \d/);
    expect(readdirSync(folder)).toEqual(['report.html']);
  });

  it('writes nothing else with --quiet, unless that is asked for', async () => {
    expect(await inspect(EXAMPLE, ['-q', '--html', file])).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(written().total.keys).toBe(10);
    const { stdout } = await inspect(EXAMPLE, ['-q', '--json', '--html', file]);
    expect(JSON.parse(stdout)).toMatchObject({ total: { keys: 10 } });
  });

  it('calls the dump by its name, without the folder', async () => {
    const dump = join(folder, 'dump.rdb');
    writeFileSync(dump, EXAMPLE);
    expect((await inspect(undefined, ['-q', '--html', file, dump])).code).toBe(0);
    expect(written().title).toBe('dump.rdb');
    expect(readFileSync(file, 'utf8')).not.toContain(folder);
  });

  it('lists more keys than the page, and the page as many as before', async () => {
    const dump = new RdbBuilder().selectDb(0);
    for (let i = 0; i < 1500; i++)
      dump.key(
        `key:${i}`,
        hashValue([
          ['f', 'x'.repeat(i)],
          ['g', 'y'],
        ]),
      );
    const { stdout } = await inspect(dump.finish(), ['--json', '--top', '3', '--html', file]);
    const { largest, prefixes } = JSON.parse(stdout) as {
      largest: Record<string, unknown[]>;
      prefixes: { heaviest: unknown[] };
    };
    expect(Object.values(largest).map((list) => list.length)).toEqual([3, 3, 3]);
    expect(prefixes.heaviest).toHaveLength(1);
    expect(written().keys.length).toBeGreaterThanOrEqual(1000);
  });

  it('shows names so that they can be told apart', async () => {
    const names = [
      'plain:1',
      '',
      ' blank',
      'a  b',
      'quo"te',
      'back\\slash',
      'line\nbreak',
      '\u202eleft',
      '日本:語',
      '</script>',
    ];
    const dump = new RdbBuilder().selectDb(0);
    for (const name of names) dump.key(name, stringValue('x'.repeat(100)));
    dump.key(Buffer.from([0xff, 0x00]), stringValue('x'.repeat(100)));
    await inspect(dump.finish(), ['-q', '--html', file]);
    expect(new Set(written().keys.map(({ key }) => key))).toEqual(
      new Set([
        'plain:1',
        '""',
        '" blank"',
        '"a  b"',
        '"quo\\"te"',
        '"back\\\\slash"',
        '"line\\nbreak"',
        '"\\xe2\\x80\\xaeleft"',
        '日本:語',
        '</script>',
        '"\\xff\\x00"',
      ]),
    );
  });

  it('takes the flags of the analysis', async () => {
    const dump = new RdbBuilder().key('a/b/1', stringValue('x')).key('other', stringValue('x')).finish();
    await inspect(dump, ['-q', '--html', file, '--separator', '/', '--key', 'a/*']);
    expect(written()).toMatchObject({ separator: '/', total: { keys: 1 }, notes: ['not selected: by name 1'] });
    expect(written().prefixes?.[5][0]?.[0]).toBe('a/');
  });

  it('says that a dump is damaged, and that it is a part', async () => {
    expect((await inspect(EXAMPLE.subarray(0, 300), ['--html', file])).code).toBe(3);
    expect(written().total.keys).toBe(6);
    expect(written().damage).toMatch(/^standard input is incomplete: .*, at byte 300 .*\[RDB_TRUNCATED\], /);
    expect((await inspect(EXAMPLE, ['--limit', '2', '--html', file])).code).toBe(0);
    expect(written()).toMatchObject({ total: { keys: 2 }, isPart: true });
  });

  it('leaves nothing behind when reading is interrupted', async () => {
    writeFileSync(file, 'old');
    let send: (signal: StopSignal) => void = () => {};
    const chunks = Array.from({ length: 20 }, (_, i) => EXAMPLE.subarray(i * 60, i * 60 + 60));
    const input = {
      position: 0,
      total: null,
      read: () => {
        if (chunks.length === 10) send('SIGINT');
        return chunks.shift() ?? null;
      },
      close() {},
    };
    const { code } = await runInWorld(program, ['inspect', '--html', file], {
      stdin: input,
      signals: (give) => {
        send = give;
      },
    });
    expect(code).toBe(130);
    expect(readFileSync(file, 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['report.html']);
  });

  it.each([
    [() => ['--html', '-'], /the report goes to a file/],
    [() => ['--html', file, '-o', file], /--html and --output both name/],
    [() => ['--html', folder], /is a directory/],
    [() => ['--html', join(folder, 'no', 'report.html')], /no such file or directory/],
  ])('refuses a file that cannot be, before it reads', async (args, message) => {
    const { code, stdout, stderr } = await inspect(EXAMPLE, args());
    expect(code).not.toBe(0);
    expect(stdout).toBe('');
    expect(stderr).toMatch(message);
  });

  it('does not overwrite the dump', async () => {
    writeFileSync(file, EXAMPLE);
    const { code, stderr } = await inspect(undefined, ['--html', file, file]);
    expect(code).toBe(2);
    expect(stderr).toContain('the source itself');
    expect(readFileSync(file).equals(EXAMPLE)).toBe(true);
  });
});
