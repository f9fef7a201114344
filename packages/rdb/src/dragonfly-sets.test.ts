import { concatBytes, DragonflyRecords, dragonflyFile, dragonflySet, setValue, stringValue } from '@rdbkit/testkit';
import { describe, expect, it } from 'vitest';
import { readWhole } from '../testing/event-log.ts';
import { errorOf, linesOf } from '../testing/lines.ts';
import { RdbFormatError } from './errors.ts';

const records = (): DragonflyRecords => new DragonflyRecords();
const bigSet = setValue(Array.from({ length: 100 }, (_, i) => `member ${i}`));

const shards = [
  records().selectDb(0).key('a', stringValue('1')).selectDb(3).key('b', bigSet),
  records().lz4(records().selectDb(1).key('c', bigSet).key('d', stringValue('2'))),
  records(),
];
const files = dragonflySet('dump', shards, { summary: [['lua', 'return 1']] });
const [summary, first, second, third] = [...files.values()] as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];

/** As Dragonfly writes it: up to the end of a block with what was in the buffer. */
function padded(file: Uint8Array): Uint8Array {
  const used = file.length % 4096;
  return used === 0 ? file : concatBytes(file, new Uint8Array(4096 - used).fill(0x52));
}

function keysOf(lines: readonly string[]): string[] {
  return lines.filter((line) => line.startsWith('key ')).map((line) => line.split(' ').slice(0, 4).join(' '));
}

const KEYS = ['key 0 0 "a"', 'key 3 2 "b"', 'key 1 2 "c"', 'key 1 0 "d"'];

describe('the files of a snapshot, one after the other', () => {
  it.each([
    ['as they are', [summary, first, second, third]],
    ['in whole blocks', [summary, first, second, third].map(padded)],
    ['some of them so', [padded(summary), first, padded(second), third]],
    ['the summary last', [first, second, third, padded(summary)]],
  ])('%s', (_name, parts) => {
    const lines = linesOf(concatBytes(...parts));
    expect(keysOf(lines)).toEqual(KEYS);
    expect(lines.filter((line) => line.startsWith('header'))).toEqual(['header dragonfly 9']);
    expect(lines.filter((line) => line.startsWith('warning'))).toEqual([]);
    expect(lines.filter((line) => line.startsWith('aux "lua"'))).toHaveLength(1);
    const trailing = (parts.at(-1)?.length ?? 0) % 4096 === 0 ? 1 : 0;
    expect(lines.at(-1)).toMatch(new RegExp(`^end dragonfly 9 4 \\d+ disabled ${trailing === 0 ? '0' : '\\d+'}$`));
  });

  it('in any order of shards', () => {
    expect(keysOf(linesOf(concatBytes(padded(third), second, padded(summary), first))).toSorted()).toEqual(
      KEYS.toSorted(),
    );
  });

  it('offsets count from the beginning of the first', () => {
    const bad = dragonflyFile(records().raw(Uint8Array.of(0x96)), { fields: [['shard-id', '1']] });
    const { code, offset } = errorOf(concatBytes(padded(first), bad));
    expect(code).toBe('RDB_BAD_TYPE');
    expect(offset).toBe(padded(first).length + bad.length - 10);
  });

  it('the summary may tell the shard that wrote it', () => {
    const odd = dragonflyFile(records(), {
      fields: [
        ['shard-count', '1'],
        ['shard-id', '0'],
      ],
    });
    const only = dragonflyFile(shards[0], { fields: [['shard-id', '0']] });
    expect(keysOf(linesOf(concatBytes(odd, only)))).toEqual(KEYS.slice(0, 2));
  });

  it('files of releases that told nothing', () => {
    const old = (body: DragonflyRecords): Uint8Array => padded(dragonflyFile(body, { version: null }));
    const all = concatBytes(old(records()), ...shards.map(old));
    expect(keysOf(linesOf(all, { dialect: 'dragonfly' }))).toEqual(KEYS);
  });

  it('a set of an empty server', () => {
    const empty = dragonflySet('e', [records(), records()]);
    expect(keysOf(linesOf(concatBytes(...empty.values())))).toEqual([]);
  });
});

describe('files that do not belong together', () => {
  const other = dragonflySet('other', shards, { snapshotId: 'f'.repeat(32) });

  it.each<[string, Uint8Array[], RegExp]>([
    ['a shard is missing', [summary, first, third], /^shards are missing: 1 of the 3 /],
    ['all but the summary are', [summary], /^shards are missing: 0, 1, 2 of the 3 /],
    ['a shard twice', [summary, first, second, second, third], /^shard 1 comes twice/],
    [
      'a shard of another snapshot',
      [summary, first, [...other.values()][2] ?? first, third],
      /^a file of the snapshot f+ among/,
    ],
    ['another version', [summary, concatBytes('REDIS0011', first.slice(9))], /^a file of version REDIS0011 follows/],
  ])('%s', (_name, parts, message) => {
    const { code, error } = errorOf(concatBytes(...parts.map(padded)));
    expect(code).toBe('RDB_BAD_SET');
    expect(error).toBeInstanceOf(RdbFormatError);
    expect(error.message).toMatch(message);
  });

  it('one file alone is read, and it is said that there may be more', () => {
    const lines = linesOf(second);
    expect(keysOf(lines)).toEqual(KEYS.slice(2));
    expect(lines.filter((line) => line.startsWith('warning'))).toEqual([
      expect.stringMatching(/^warning RDB_PART_OF_SET .* than 1 /),
    ]);
    expect(errorOf(second, { strict: true }).code).toBe('RDB_PART_OF_SET');
  });

  it('a file that ends early is incomplete', () => {
    const all = concatBytes(padded(summary), padded(first), second);
    for (const end of [4096 + 9, 8192 + 9, 8192 + 60, all.length - 1])
      expect(readWhole(all.slice(0, end)).error?.code).toBe('RDB_TRUNCATED');
    // Between two files it is another file that is missing.
    expect(readWhole(all.slice(0, 4096)).error?.code).toBe('RDB_BAD_SET');
    expect(readWhole(all.slice(0, 4096 + 3)).error?.code).toBe('RDB_BAD_SET');
  });

  it('what follows the last one is no part of it', () => {
    const lines = linesOf(concatBytes(summary, first, second, padded(third), new Uint8Array(5000)));
    expect(keysOf(lines)).toEqual(KEYS);
    expect(lines.filter((line) => line.startsWith('warning'))).toEqual([
      expect.stringMatching(/^warning RDB_TRAILING_BYTES /),
    ]);
  });
});
