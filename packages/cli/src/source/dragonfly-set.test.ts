import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  concatBytes,
  DragonflyRecords,
  dragonflyFile,
  dragonflySet,
  lz4Frame,
  setValue,
  stringValue,
} from '@rdbkit/testkit';
import { afterAll, describe, expect, it } from 'vitest';
import { type Run, runInWorld, type World } from '../../testing/world.ts';
import { program as rdb2resp } from '../rdb2resp/program.ts';
import { program as rdbkit } from '../rdbkit/program.ts';

const root = mkdtempSync(join(tmpdir(), 'rdbkit-dfs-'));
afterAll(() => rmSync(root, { recursive: true }));

const convert = (args: readonly string[], world?: World): Promise<Run> => runInWorld(rdb2resp, args, world);
const check = (args: readonly string[], world?: World): Promise<Run> => runInWorld(rdbkit, ['check', ...args], world);

const records = (): DragonflyRecords => new DragonflyRecords();
const bigSet = setValue(Array.from({ length: 100 }, (_, i) => `member ${i}`));
const shards = [
  records().selectDb(0).key('a', stringValue('1')),
  records().lz4(records().selectDb(1).key('c', bigSet).key('d', stringValue('2'))),
  records().zstd(records().selectDb(1).key('e', stringValue('3'))),
];
const NAMES = ['a', 'c', 'd', 'e'];
const set = dragonflySet('dump-2026-01-31T12:00:00', shards, { summary: [['lua', 'return 1']] });
const fileNames = [...set.keys()];

let folders = 0;
function folderWith(files: ReadonlyMap<string, Uint8Array>): string {
  const folder = join(root, `set-${folders++}`);
  mkdirSync(folder);
  for (const [name, content] of files) writeFileSync(join(folder, name), content);
  return folder;
}

/** Whole blocks, as Dragonfly writes them. */
function padded(file: Uint8Array): Uint8Array {
  return concatBytes(file, new Uint8Array((4096 - (file.length % 4096)) % 4096).fill(0x77));
}

function keysIn({ commands }: Run): string[] {
  return commands.filter((line) => /^(?:SET|SADD)/.test(line)).map((line) => line.split(' ')[1] ?? '');
}

describe('a snapshot', () => {
  const folder = folderWith(set);

  it.each([...fileNames, ''])('is found from %s, or from its folder', async (name) => {
    const run = await convert([join(folder, name)]);
    expect(keysIn(run)).toEqual(NAMES);
    expect(run.commands).toContain('SCRIPT LOAD return 1');
    expect(run.stderr).toMatch(/REDIS version 9 by dragonfly df-v1\.40\.1, for dragonfly 1\.40\.1/);
    expect(run.code).toBe(0);
  });

  it('in whole blocks, with files that are being written', async () => {
    const files = new Map([...set].map(([name, content]) => [name, padded(content)]));
    files.set('next-0000.dfs.tmp', new Uint8Array(10));
    expect(keysIn(await convert([folderWith(files)]))).toEqual(NAMES);
  });

  it('compressed file by file', async () => {
    for (const [ending, pack] of [
      ['gz', gzipSync],
      ['lz4', lz4Frame],
    ] as const) {
      const packed = folderWith(
        new Map([...set].map(([name, content]) => [`${name}.${ending}`, pack(padded(content))])),
      );
      expect(keysIn(await convert([join(packed, `${fileNames[2]}.${ending}`)]))).toEqual(NAMES);
    }
  });

  it('from standard input, its files in any order', async () => {
    const [summary, ...rest] = [...set.values()].map(padded) as [Uint8Array, ...Uint8Array[]];
    for (const stdin of [concatBytes(summary, ...rest), gzipSync(concatBytes(...rest, summary))]) {
      const run = await convert([], { stdin });
      expect(keysIn(run)).toEqual(NAMES);
      expect(run.code).toBe(0);
    }
  });

  it('of an older release, which did not say that it is one', async () => {
    const old = new Map(
      ['old-summary.dfs', 'old-0000.dfs', 'old-0001.dfs'].map((name, i) => [
        name,
        padded(dragonflyFile(i === 0 ? records() : (shards[i - 1] as DragonflyRecords), { version: null })),
      ]),
    );
    expect(keysIn(await convert([folderWith(old)]))).toEqual(['a', 'c', 'd']);
  });

  it('is checked', async () => {
    const { code, stdout } = await check([folder]);
    expect(stdout).toContain('is sound');
    expect(stdout).toContain('snapshot of 4 files, REDIS version 9 by dragonfly df-v1.40.1, string 3, set 1');
    for (const name of fileNames) expect(stdout).toContain(name);
    expect(code).toBe(0);
  });
});

describe('a snapshot that is not whole', () => {
  it.each([
    ['a shard is missing', [0, 1, 3], 'the file of shard 1 is missing'],
    ['the last shard is missing', [0, 1, 2], 'its summary counts 3 shards, there are 2'],
    ['only the summary is there', [0], 'its summary counts 3 shards, there are 0'],
  ])('%s', async (_name, which, message) => {
    const folder = folderWith(
      new Map(which.map((i) => [fileNames[i] ?? '', set.get(fileNames[i] ?? '') ?? new Uint8Array(0)])),
    );
    const run = await convert([join(folder, fileNames[0] ?? '')]);
    expect(run.commands).toEqual([]);
    expect(run.stderr).toContain(message);
    expect(run.code).toBe(3);
  });

  it('a file of another one', async () => {
    const other = dragonflySet('dump-2026-01-31T12:00:00', shards, { snapshotId: 'f'.repeat(32) });
    const mixed = new Map(
      [...set].map(([name, content], i) => [name, i === 2 ? (other.get(name) ?? content) : content]),
    );
    const run = await convert([folderWith(mixed)]);
    expect(run.stderr).toContain('0001.dfs belongs to another snapshot');
    expect([run.code, run.commands]).toEqual([3, []]);
  });

  it('without the summary all shards are read, with a warning', async () => {
    const run = await convert([folderWith(new Map([...set].slice(1)))]);
    expect(keysIn(run)).toEqual(NAMES);
    expect(run.stderr).toContain('without a summary it is not known whether other shards are missing');
  });

  it('several in a folder have to be told apart', async () => {
    const folder = folderWith(new Map([...set, ...dragonflySet('second', shards)]));
    const run = await convert([folder]);
    expect(run.stderr).toContain('has 2 snapshots of Dragonfly');
    expect(run.stderr).toContain('second-summary.dfs');
    expect(run.code).toBe(2);
    expect(keysIn(await convert([join(folder, 'second-0001.dfs')]))).toEqual(NAMES);
  });

  it('damage is told by file and place', async () => {
    const bad = dragonflyFile(records().key('good', stringValue('v')).raw(Uint8Array.of(0x96)), {
      snapshotId: '0123456789abcdef0123456789abcdef',
      fields: [['shard-id', '1']],
    });
    const name = fileNames[2] ?? '';
    const folder = folderWith(new Map([...set, [name, bad]]));
    const run = await convert([folder]);
    expect(run.stderr).toContain('expected a value type or an opcode, found 150');
    expect(run.stderr).toContain(`at byte ${bad.length - 10} of "${name}" [RDB_BAD_TYPE]`);
    expect(run.code).toBe(3);
    const checked = await check([folder]);
    expect(checked.code).toBe(3);
    expect(checked.stdout).toContain(`at byte ${bad.length - 10} [RDB_BAD_TYPE]`);
    expect(checked.stdout).toContain(`good up to byte ${bad.length - 10} of "${name}"`);
  });

  it('a file that is something else', async () => {
    const folder = folderWith(new Map([...set, [fileNames[2] ?? '', new TextEncoder().encode('<html>')]]));
    const run = await convert([folder]);
    expect(run.stderr).toContain('0001.dfs is neither an RDB file nor');
    expect(run.code).toBe(3);
  });
});

describe('--dialect', () => {
  const file = dragonflyFile(records().key('k', { typeCode: 30, bytes: Uint8Array.of(2, 0x7b, 0x7d) }), {
    version: null,
  });

  it('is named where it would help', async () => {
    const { code, stderr } = await convert([], { stdin: file });
    expect(stderr).toContain('which is JSON in the dialect dragonfly (option dialect, flag --dialect)');
    expect(code).toBe(3);
  });

  it('reads the dump as of that product', async () => {
    for (const args of [['--dialect', 'dragonfly']]) {
      expect((await convert(args, { stdin: file })).code).toBe(0);
      expect((await check(args, { stdin: file })).stdout).toContain('module 1');
    }
  });

  it('knows its names', async () => {
    const { code, stderr } = await convert(['--dialect', 'pika'], { stdin: file });
    expect(code).toBe(2);
    expect(stderr).toContain('dragonfly');
  });
});
