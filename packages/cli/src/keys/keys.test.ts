import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blobValue, hashValue, intset, listpack, listValue, RdbBuilder, stringValue } from '@rdbkit/testkit';
import { afterAll, describe, expect, it } from 'vitest';
import { NOW, type Run, runInWorld, type World } from '../../testing/world.ts';
import { program } from '../rdbkit/program.ts';
import { type KeyRow, SORT_FIELDS, TopKeys } from './top-keys.ts';

const folder = mkdtempSync(join(tmpdir(), 'rdbkit-keys-'));
afterAll(() => rmSync(folder, { recursive: true }));

const run = (args: readonly string[], world: World = {}): Promise<Run> => runInWorld(program, ['keys', ...args], world);

const dump = new RdbBuilder({ version: 11 })
  .aux('redis-ver', '7.2.6')
  .selectDb(0)
  .key('short', stringValue('v'), { expireAtMs: 4_102_444_800_000 })
  .key(Uint8Array.of(0x61, 0xff, 0x1b), stringValue('x'.repeat(2000)))
  .key('gone', stringValue('x'), { expireAtMs: NOW - 1 })
  .key('empty', blobValue(16, listpack([])))
  .selectDb(12)
  .key('日本', hashValue(Array.from({ length: 1500 }, (_, i) => [`field:${i}`, 'value'])))
  .key('ints', blobValue(11, intset([1, 2, 3])))
  .finish();
const path = join(folder, 'dump.rdb');
writeFileSync(path, dump);

describe('rdbkit keys', () => {
  it('prints an aligned table', async () => {
    const { code, stdout, stderr } = await run([path]);
    expect(code).toBe(0);
    expect(Buffer.from(stdout, 'latin1').toString().split('\n')).toEqual([
      'db  type    encoding   elements      size    memory  expires               key',
      ' 0  string  embstr            1      18 B      80 B  2100-01-01T00:00:00Z  "short"',
      expect.stringMatching(/^ 0 {2}string {2}raw {15}1 {2}.* {2}- {21}"a\\xff\\x1b"$/),
      expect.stringMatching(/^12 {2}hash {4}hashtable {5}1,500 {2}.* {2}- {21}"日本"$/),
      expect.stringMatching(/^12 {2}set {5}intset {12}3 {2}.* {2}- {21}"ints"$/),
      '',
    ]);
    expect(stderr).toContain('4 keys');
    expect(stderr).toContain('1 key had expired');
    expect(stderr).toContain('1 key without elements');
  });

  it('as JSON lines', async () => {
    const { stdout } = await run(['-f', 'jsonl', path]);
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(Buffer.from(line, 'latin1').toString()) as Record<string, unknown>);
    expect(rows[0]).toEqual({
      db: 0,
      key: 'short',
      type: 'string',
      encoding: 'embstr',
      elements: 1,
      bytes: 18,
      memory: 80,
      expireAtMs: 4_102_444_800_000,
    });
    expect(Object.keys(rows[0] ?? {})).toEqual([
      'db',
      'key',
      'type',
      'encoding',
      'elements',
      'bytes',
      'memory',
      'expireAtMs',
    ]);
    expect(rows.map(({ key, elements }) => [key, elements])).toEqual([
      ['short', 1],
      [{ $base64: 'Yf8b' }, 1],
      ['日本', 1500],
      ['ints', 3],
    ]);
  });

  it.each([
    ['csv', '0,short,string,embstr,1,18,80,4102444800000,\r\n', '0,Yf8b,string,raw,1,'],
    ['tsv', '0\tshort\tstring\tembstr\t1\t18\t80\t4102444800000\t\n', '0\tYf8b\tstring\traw\t1\t'],
  ])('as %s', async (format, first, second) => {
    const { stdout } = await run(['-f', format, path]);
    expect(stdout).toContain(first);
    expect(stdout).toContain(second);
  });

  it.each([
    [
      ['--sort', 'memory'],
      ['"日本"', '"a\\xff\\x1b"', '"short"', '"ints"'],
    ],
    [['--top', '1'], ['"日本"']],
    [
      ['--sort', 'elements', '--top', '2'],
      ['"日本"', '"ints"'],
    ],
    [['--sort', 'expiry', '--top', '1'], ['"short"']],
    [
      ['--sort', 'key'],
      ['"a\\xff\\x1b"', '"ints"', '"short"', '"日本"'],
    ],
    [
      ['--sort', 'key', '--db', '12'],
      ['"ints"', '"日本"'],
    ],
  ])('sorts: %j', async (flags, expected) => {
    const { code, stdout } = await run([...flags, path]);
    const names = Buffer.from(stdout, 'latin1').toString().trimEnd().split('\n').slice(1);
    expect([code, names.map((line) => line.replace(/^.* {2}/, ''))]).toEqual([0, expected]);
  });

  it('says how many of the keys are shown', async () => {
    expect((await run(['--top', '2', path])).stderr).toContain('4 keys, the first 2 of them listed');
  });

  it('estimates for another server', async () => {
    const memoryOf = async (flags: readonly string[]): Promise<unknown> => {
      const { stdout } = await run([...flags, '--key', 'short', '-f', 'jsonl', path]);
      return (JSON.parse(stdout) as { memory?: number }).memory;
    };
    expect([await memoryOf([]), await memoryOf(['--target', 'valkey-9.1'])]).toEqual([80, expect.any(Number)]);
    expect(await memoryOf(['--target', 'valkey-9.1'])).not.toBe(80);
    expect(await memoryOf(['--target', 'dragonfly'])).toBe(undefined);
  });

  it('lists what can be read of a damaged dump', async () => {
    const { code, stdout, stderr } = await run(['-f', 'csv', '-'], { stdin: dump.subarray(0, dump.length - 20) });
    expect(code).toBe(3);
    expect(stdout).toContain('0,short,');
    expect(stderr).toContain('is incomplete');
    const sorted = await run(['--sort', 'bytes', '-'], { stdin: dump.subarray(0, dump.length - 20) });
    expect([sorted.code, sorted.stdout.includes('"short"')]).toEqual([3, true]);
  });

  it('prints nothing but a heading, or nothing, when there is nothing', async () => {
    expect((await run(['--key', 'none', path])).stdout).toBe('');
    expect((await run(['-f', 'csv', '--key', 'none', path])).stdout).toMatch(/^db,key,[^\n]*\n$/);
  });

  it('goes on with the columns of the first keys', async () => {
    const builder = new RdbBuilder({ version: 11 }).selectDb(0);
    for (let i = 0; i < 1000; i++) builder.key(`key:${i}`, i < 900 ? stringValue('v') : listValue(['a', 'b']));
    const { stdout } = await run(['-'], { stdin: builder.finish() });
    const [heading, ...rows] = stdout.trimEnd().split('\n');
    expect(rows).toHaveLength(1000);
    expect(rows[999]).toMatch(/^ 0 {2}list {4}linkedlist {9}2 /);
    expect(heading).toMatch(/^db {2}type {4}encoding {2}elements/);
  });
});

describe('the first keys by an order', () => {
  const row = (i: number): KeyRow => ({
    db: 0,
    name: Buffer.from(String((i * 7919) % 1009)),
    type: 'string',
    encoding: 'raw',
    elements: (i * 31) % 17,
    bytes: (i * 7919) % 1009,
    memory: i % 5 === 0 ? null : (i * 104_729) % 997,
    expireAtMs: i % 3 === 0 ? null : i % 7 === 0 ? 2n ** 60n : (i * 13) % 499,
  });
  const rows = Array.from({ length: 1000 }, (_, i) => row(i));

  it.each(SORT_FIELDS)('%s: as sorting all of them', (field) => {
    for (const limit of [1, 2, 10, 999, 1000, 2000]) {
      const all = new TopKeys(field, rows.length);
      const some = new TopKeys(field, limit);
      for (const one of rows) {
        all.add(one);
        some.add(one);
      }
      expect(some.sorted()).toEqual(all.sorted().slice(0, limit));
    }
    const sorted = new TopKeys('bytes', 1000);
    for (const one of rows) sorted.add(one);
    expect(sorted.sorted().map(({ bytes }) => bytes)).toEqual(rows.map(({ bytes }) => bytes).toSorted((a, b) => b - a));
  });
});
