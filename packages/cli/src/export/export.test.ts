import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { hashValue, listValue, RdbBuilder, setValue, streamValue, stringValue, zset2Value } from '@rdbkit/testkit';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, describe, expect, it } from 'vitest';
import { NOW, type Run, runInWorld, type World } from '../../testing/world.ts';
import { program } from '../rdbkit/program.ts';

const folder = mkdtempSync(join(tmpdir(), 'rdbkit-export-'));
afterAll(() => rmSync(folder, { recursive: true }));

const run = (args: readonly string[], world: World = {}): Promise<Run> =>
  runInWorld(program, ['export', ...args], world);
const lines = (text: string): unknown[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
const keysOf = (text: string): unknown[] => lines(text).map((record) => (record as { key: unknown }).key);

const dump = new RdbBuilder({ version: 11 })
  .aux('redis-ver', '7.2.6')
  .functionLibrary('#!lua name=lib\n')
  .selectDb(0)
  .key('user:1', hashValue([['name', 'Ann']]), { expireAtMs: NOW + 60_000 })
  .key('user:2', stringValue(Uint8Array.of(0xff)))
  .key('gone', stringValue('x'), { expireAtMs: NOW - 1 })
  .selectDb(3)
  .key('list', listValue(['a', 'b']))
  .finish();
const path = join(folder, 'dump.rdb');
writeFileSync(path, dump);

describe('rdbkit export', () => {
  it('writes a record a line, and says what it left out', async () => {
    const { code, stdout, stderr } = await run([path]);
    expect(code).toBe(0);
    expect(lines(stdout)).toEqual([
      { key: 'redis-ver', type: 'aux', value: '7.2.6' },
      { key: 'lib', type: 'function', value: '#!lua name=lib\n' },
      { db: 0, key: 'user:1', type: 'hash', encoding: 'hashtable', expireAtMs: NOW + 60_000, value: [['name', 'Ann']] },
      { db: 0, key: 'user:2', type: 'string', encoding: 'embstr', value: { $base64: '/w==' } },
      { db: 3, key: 'list', type: 'list', encoding: 'linkedlist', value: ['a', 'b'] },
    ]);
    expect(stderr).toContain('3 keys exported');
    expect(stderr).toContain('1 key had expired and were left out (--expired keep takes them)');
  });

  it.each([
    [
      ['--expired', 'keep', '--key', '*'],
      ['lib', 'user:1', 'user:2', 'gone', 'list'],
    ],
    [
      ['--db', '3'],
      ['lib', 'list'],
    ],
    [['--type', 'hash'], ['user:1']],
    [['--type', 'function'], ['lib']],
    [['--not-type', 'function', '--key', 'user:*', '--not-key', '*2'], ['user:1']],
    [['--not-type', 'function', '--key-regex', '^l'], ['list']],
    [['--not-type', 'function', '--ttl', 'any'], ['user:1']],
    [['--not-type', 'function', '--ttl', 'expired'], ['gone']],
    [['--not-type', 'function', '--slots', '0-8000'], ['user:2']],
    [['--not-type', 'function', '--max-size', '3'], ['user:2']],
    [['--not-type', 'function', '--min-size', '9'], ['user:1']],
    [['--not-type', 'function', '--limit', '1'], ['user:1']],
    [['--not-type', 'function', '--rename-prefix', 'user::person:', '--type', 'hash'], ['person:1']],
  ])('selects: %j', async (flags, expected) => {
    const { code, stdout } = await run([...flags, path]);
    expect([code, keysOf(stdout)]).toEqual([0, expected]);
  });

  it('moves keys and times', async () => {
    const { stdout } = await run([
      '--map-db',
      '3:7',
      '--shift-ttl',
      '+1m',
      '--key',
      '*',
      '--not-type',
      'function',
      path,
    ]);
    expect(lines(stdout)).toMatchObject([
      { expireAtMs: NOW + 120_000 },
      {},
      { key: 'gone', expireAtMs: NOW + 59_999 },
      { db: 7 },
    ]);
    expect((await run(['--strip-ttl', path])).stdout).not.toContain('expireAtMs');
  });

  it('has all byte strings in Base64 if wanted, and one array', async () => {
    const { stdout } = await run([
      '--format',
      'json',
      '--binary',
      'base64',
      '--key',
      'list',
      '--not-type',
      'function',
      path,
    ]);
    expect(JSON.parse(stdout)).toEqual([
      {
        db: 3,
        key: { $base64: 'bGlzdA==' },
        type: 'list',
        encoding: 'linkedlist',
        value: [{ $base64: 'YQ==' }, { $base64: 'Yg==' }],
      },
    ]);
  });

  it.each([
    ['csv', '0,user:2,string,embstr,,,,,,,/w==,,,value\r\n'],
    ['tsv', '0\tuser:2\tstring\tembstr\t\t\t\t\t\t\t/w==\t\t\tvalue\n'],
    ['rdbtools-json', '"user:2":"\\\\xFF"'],
    ['rdbtools-memory', '0,string,user:2,'],
  ])('writes %s', async (format, expected) => {
    const { code, stdout, stderr } = await run(['-f', format, path]);
    expect(code).toBe(0);
    expect(stdout).toContain(expected);
    expect(stderr).toContain('3 keys exported');
  });

  it.each([
    [['--format', 'csv', '--binary', 'base64'], '--binary is about JSON'],
    [['--escape-formulas'], '--escape-formulas is for --format csv and tsv'],
    [['--format', 'xml'], 'xml'],
    [['--min-size', '5', '--max-size', '4'], 'is more than'],
  ])('refuses %j', async (flags, message) => {
    const { code, stderr } = await run([...flags, path]);
    expect([code, stderr.includes(message)]).toEqual([2, true]);
  });

  it('reads standard input, also compressed, and damaged dumps up to the damage', async () => {
    expect(keysOf((await run(['-q', '--db', '3'], { stdin: gzipSync(dump) })).stdout)).toEqual(['lib', 'list']);
    const { code, stdout, stderr } = await run(['-q', '-'], { stdin: dump.subarray(0, dump.length - 11) });
    expect(code).toBe(3);
    expect(keysOf(stdout)).toEqual(['redis-ver', 'lib', 'user:1', 'user:2']);
    expect(stderr).toContain('is incomplete');
    expect(stderr).toMatch(/in the key "list" of database 3/);
  });

  it('writes a file beside and renames it, damaged or not', async () => {
    const output = join(folder, 'out.jsonl');
    expect((await run(['-o', output, path])).code).toBe(0);
    expect(keysOf(readFileSync(output, 'utf8'))).toHaveLength(5);
    writeFileSync(join(folder, 'cut.rdb'), dump.subarray(0, dump.length - 11));
    const { code, stdout, stderr } = await run(['-f', 'json', '-o', output, join(folder, 'cut.rdb')]);
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toContain('has the keys up to there');
    expect(JSON.parse(readFileSync(output, 'utf8'))).toHaveLength(4);
    const missing = join(folder, 'missing.rdb');
    expect((await run(['-o', join(folder, 'never'), missing])).code).toBe(1);
    expect(existsSync(join(folder, 'never'))).toBe(false);
  });

  it('sums up as JSON', async () => {
    const { stderr } = await run(['--json', '--limit', '1', '--format', 'csv', path]);
    expect(JSON.parse(stderr)).toMatchObject({
      format: 'csv',
      keysWritten: 1,
      expiredKeys: 1,
      stoppedAtLimit: true,
      losses: { functions: 1 },
      error: null,
    });
  });

  it('reports damage in the sum as well', async () => {
    const { code, stderr } = await run(['--json', '-'], { stdin: dump.subarray(0, dump.length - 11) });
    expect(code).toBe(3);
    expect(JSON.parse(stderr.split('\n')[0] ?? '')).toMatchObject({ error: { code: 'RDB_TRUNCATED' } });
  });
});

describe('Parquet', () => {
  const read = async (bytes: Uint8Array): Promise<Record<string, unknown>[]> => {
    const output = join(folder, 'out.parquet');
    const { code } = await run(['-q', '--format', 'parquet', '-o', output, '-'], { stdin: bytes });
    expect(code).toBe(0);
    const file = readFileSync(output);
    const buffer = file.buffer.slice(file.byteOffset, file.byteOffset + file.length);
    return await parquetReadObjects({ file: buffer });
  };
  const nothing = { expireAtMs: null, idleSeconds: null, freq: null, index: null, id: null, field: null, score: null };
  const absent = { ...nothing, fieldExpireAtMs: null, base64: null };

  it('has the rows of the table', async () => {
    const rows = await read(
      new RdbBuilder({ version: 11 })
        .selectDb(0)
        .key('s', stringValue('日本'), { expireAtMs: NOW + 5, freq: 3 })
        .key('l', listValue(['a', Uint8Array.of(0xff)]))
        .key('z', zset2Value([['m', 0.5]]))
        .key('h', hashValue([['f', '']]))
        .key('st', streamValue({ layout: 1, entries: [{ id: '5-1', fields: [['a', '1']] }] }))
        .key('e', streamValue({ layout: 1 }))
        .finish(),
    );
    expect(rows).toEqual([
      {
        ...absent,
        db: 0,
        key: 's',
        type: 'string',
        encoding: 'embstr',
        expireAtMs: BigInt(NOW + 5),
        freq: 3,
        value: '日本',
      },
      { ...absent, db: 0, key: 'l', type: 'list', encoding: 'linkedlist', index: 0n, value: 'a' },
      { ...absent, db: 0, key: 'l', type: 'list', encoding: 'linkedlist', index: 1n, value: '/w==', base64: 'value' },
      { ...absent, db: 0, key: 'z', type: 'zset', encoding: 'skiplist', value: 'm', score: 0.5 },
      { ...absent, db: 0, key: 'h', type: 'hash', encoding: 'hashtable', field: 'f', value: '' },
      { ...absent, db: 0, key: 'st', type: 'stream', encoding: 'stream', id: '5-1', field: 'a', value: '1' },
      { ...absent, db: 0, key: 'e', type: 'stream', encoding: 'stream', value: null },
    ]);
  });

  it('is a file even if nothing is in it', async () => {
    expect(await read(new RdbBuilder({ version: 11 }).finish())).toEqual([]);
  });

  it('of many rows has several groups', async () => {
    const members = Array.from({ length: 150_000 }, (_, i) => `member:${i}`);
    const rows = await read(
      new RdbBuilder({ version: 11 }).selectDb(0).key('s', setValue(members)).key('k', stringValue('v')).finish(),
    );
    expect(rows).toHaveLength(150_001);
    expect(rows[149_999]).toMatchObject({ key: 's', value: 'member:149999' });
    expect(rows[150_000]).toMatchObject({ key: 'k', value: 'v' });
  });
});
