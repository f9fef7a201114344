import {
  concatBytes,
  type DragonflyFileOptions,
  DragonflyRecords,
  dragonflyFile,
  dragonflyHashValue,
  dragonflySetValue,
  fromHex,
  hashValue,
  listpack,
  lz4Frame,
  quicklist2Value,
  RdbBuilder,
  type RdbValue,
  setValue,
  stringValue,
  zset2Value,
  zstdFrame,
} from '@rdbkit/testkit';
import { describe, expect, it } from 'vitest';
import { EventLog, randomFrom, readInChunks, readInSteps, readWhole } from '../testing/event-log.ts';
import { errorOf, linesOf } from '../testing/lines.ts';
import { zstdDecoder } from '../testing/zstd.ts';
import { RdbFormatError, RdbLimitError, RdbUnsupportedError } from './errors.ts';
import { rdbEvents } from './events.ts';
import type { RdbOptions } from './options.ts';

const OPTIONS: RdbOptions = { zstd: zstdDecoder };

const records = (): DragonflyRecords => new DragonflyRecords();

function readFile(body: DragonflyRecords, file: DragonflyFileOptions = {}): string[] {
  return linesOf(dragonflyFile(body, file), OPTIONS);
}

/** Only what is told of keys and values: db and name without offsets, then the calls. */
function contentOf(lines: readonly string[]): string[] {
  return lines
    .filter((line) => !/^(?:header|aux|selectDb|warning|end) /.test(line))
    .map((line) => (line.startsWith('key ') ? line.replace(/ \d+$/, '') : line));
}

function warningsOf(lines: readonly string[]): string[] {
  return lines.filter((line) => line.startsWith('warning ')).map((line) => line.split(' ')[1] ?? '');
}

const bigSet = setValue(Array.from({ length: 400 }, (_, i) => `member ${i}`));

describe('the head of a file', () => {
  it.each<[string, DragonflyFileOptions]>([
    ['df-ver', {}],
    ['snapshot-id', { version: null, snapshotId: 'ab'.repeat(16) }],
    [
      'shard-id',
      {
        version: null,
        fields: [
          ['shard-count', '1'],
          ['shard-id', '0'],
        ],
      },
    ],
    ['search-index', { version: null, fields: [['search-index', 'i ON HASH SCHEMA t TEXT']] }],
  ])('is told by %s', (_name, options) => {
    const lines = readFile(records().selectDb(0).key('k', stringValue('v')), options);
    expect(lines[0]).toBe('header dragonfly 9');
    expect(lines.at(-1)).toMatch(/^end dragonfly 9 1 \d+ disabled 0$/);
  });

  it('is told by an opcode behind the AUX fields', () => {
    const body = records().lz4(records().selectDb(0).key('k', bigSet));
    expect(readFile(body, { version: null })[0]).toBe('header dragonfly 9');
  });

  it('that shows no sign is that of Redis, unless the dialect is named', () => {
    const file = dragonflyFile(records().key('k', dragonflySetValue([['a', null]])), { version: null });
    expect(errorOf(file).message).toMatch(
      /^expected a value type or an opcode, found 32, which is SET_WITH_EXPIRY in the dialect dragonfly \(option dialect, flag --dialect\)/,
    );
    expect(linesOf(file, { dialect: 'dragonfly' })).toContain('setMember "a"');
  });

  it('keeps all fields in their order', () => {
    const fields = [
      ['lua', 'return 1'],
      ['search-index', 'i ON JSON SCHEMA'],
      ['lua', 'return 2'],
    ] as const;
    const lines = readFile(records(), { fields });
    expect(lines.filter((line) => line.startsWith('aux ')).map((line) => line.split(' ')[1])).toEqual(
      ['redis-ver', 'df-ver', 'redis-bits', 'ctime', 'used-mem', 'aof-preamble', 'lua', 'search-index', 'lua'].map(
        (name) => `"${name}"`,
      ),
    );
  });

  it('up to a block behind the end is left over from its buffer', () => {
    const body = records().key('k', stringValue('v'));
    expect(warningsOf(readFile(body, { trailing: new Uint8Array(4095).fill(7) }))).toEqual([]);
    expect(warningsOf(readFile(body, { trailing: new Uint8Array(4096).fill(7) }))).toEqual(['RDB_TRAILING_BYTES']);
  });
});

describe('attributes', () => {
  it('sticky keys, flags of memcached', () => {
    const lines = readFile(
      records()
        .selectDb(3)
        .key('a', stringValue('1'), { mask: 1 })
        .key('b', stringValue('2'), { mask: 2, memcachedFlags: 0x89abcdef })
        .key('c', stringValue('3'), { mask: 3, memcachedFlags: 0, expireAtMs: 1893456000000 })
        .key('d', stringValue('4')),
    );
    expect(contentOf(lines)).toEqual([
      'key 3 0 "a" null null null null',
      'sticky',
      'string "1"',
      'keyEnd',
      'key 3 0 "b" null null null null',
      `memcachedFlags ${0x89abcdef}`,
      'string "2"',
      'keyEnd',
      'key 3 0 "c" 1893456000000 null null null',
      'sticky',
      'memcachedFlags 0',
      'string "3"',
      'keyEnd',
      'key 3 0 "d" null null null null',
      'string "4"',
      'keyEnd',
    ]);
  });

  it('of no key are lost', () => {
    expect(warningsOf(readFile(records().raw(fromHex('dc 01000000'))))).toEqual(['RDB_LOST_ATTRIBUTE']);
    const within = records().raw(fromHex('dc 01000000'));
    expect(warningsOf(readFile(records().lz4(within).key('k', stringValue('v'))))).toEqual(['RDB_LOST_ATTRIBUTE']);
  });
});

describe('compressed records', () => {
  const body = records()
    .selectDb(2)
    .key('a', bigSet)
    .key('b', stringValue('v'), { expireAtMs: 1893456000000, mask: 1 })
    .key('c', zset2Value([['m', 1.5]]));
  const plain = contentOf(readFile(body));

  it.each<[string, DragonflyRecords]>([
    ['LZ4', records().lz4(body)],
    ['LZ4 with an end mark', records().lz4(body).blobEnd()],
    ['LZ4 in small blocks', records().compressed(202, lz4Frame(body.toBytes(), { blockBytes: 100 }))],
    [
      'LZ4 with all sums',
      records().compressed(202, lz4Frame(body.toBytes(), { blockSums: true, contentSum: true, independent: true })),
    ],
    ['LZ4 without a size', records().compressed(202, lz4Frame(body.toBytes(), { contentSize: false }))],
    ['zstd', records().zstd(body)],
    ['zstd in small blocks', records().compressed(201, zstdFrame(blocksOf(body.toBytes(), 77)))],
  ])('%s', (_name, packed) => {
    expect(contentOf(readFile(packed))).toEqual(plain);
  });

  it('give their keys the offset of the record', () => {
    const head = dragonflyFile(records()).length - 9;
    const lines = readFile(records().lz4(body));
    expect(lines.filter((line) => line.startsWith('key ')).map((line) => line.split(' ').at(-1))).toEqual(
      new Array(3).fill(String(head)),
    );
  });

  it('and plain ones may alternate; the database goes on', () => {
    const lines = readFile(
      records()
        .selectDb(1)
        .key('a', stringValue('1'))
        .lz4(records().selectDb(5).key('b', bigSet))
        .key('c', stringValue('3'))
        .zstd(records().key('d', bigSet)),
    );
    expect(lines.filter((line) => line.startsWith('key ')).map((line) => line.slice(0, 9))).toEqual([
      'key 1 0 "',
      'key 5 2 "',
      'key 5 0 "',
      'key 5 2 "',
    ]);
  });

  it('at every level', () => {
    const packed = dragonflyFile(records().lz4(body));
    for (const level of ['raw', 'packed', 'logical', 'skip'] as const) {
      const expected = readWhole(dragonflyFile(body), { level }, OPTIONS);
      const found = readWhole(packed, { level }, OPTIONS);
      expect(found.error).toBeNull();
      expect(contentOf(found.events.split('\n'))).toEqual(contentOf(expected.events.split('\n')));
    }
  });

  it('may begin with an AUX field of KeyDB or hold records without keys', () => {
    const lines = readFile(records().lz4(records().aux('x', 'y').journalOffset(5).blobEnd()));
    expect(lines).toContain('aux "x" "y"');
  });

  it('with zstd need a decoder', () => {
    const { code, error, offset } = errorOf(dragonflyFile(records().zstd(body)));
    expect(code).toBe('RDB_UNSUPPORTED_COMPRESSION');
    expect(error).toBeInstanceOf(RdbUnsupportedError);
    expect(offset).toBe(dragonflyFile(records()).length - 9);
  });

  it.each<[string, DragonflyRecords, RegExp]>([
    ['within others', records().lz4(records().lz4(body)), /within compressed/],
    ['with the end of the file', records().lz4(records().raw(Uint8Array.of(255))), /the end of the file/],
    ['that end within a record', records().lz4(records().raw(body.toBytes().slice(0, -3))), /end within a record/],
    ['that end within a key', records().lz4(records().raw(fromHex('00 05 6162'))), /end within a record/],
    ['with bytes behind the frame', records().compressed(202, concatBytes(lz4Frame(body.toBytes()), 'xyzw')), /frame/],
    ['whose frame is cut', records().compressed(202, lz4Frame(body.toBytes()).slice(0, -5)), /within a frame/],
    ['of another size', records().compressed(202, lz4Frame(body.toBytes(), { contentSize: 5n })), /bytes/],
    ['that are none', records().compressed(202, fromHex('00010203 04050607')), /expected a lz4 frame|expected an lz4/],
    ['of no bytes', records().compressed(202, new Uint8Array(0)), /within a frame/],
  ])('%s are damage', (_name, packed, message) => {
    const { code, error } = errorOf(dragonflyFile(packed), OPTIONS);
    expect(code).toBe('RDB_BAD_BLOB');
    expect(error).toBeInstanceOf(RdbFormatError);
    expect(error.message).toMatch(message);
  });

  it('tell where damage within them is', () => {
    const bad = records()
      .selectDb(4)
      .key('a', stringValue('1'))
      .key('bad', { typeCode: 16, bytes: fromHex('02 0000') });
    const file = dragonflyFile(records().lz4(bad));
    const { error, code } = errorOf(file, OPTIONS);
    expect(code).toBe('RDB_BAD_LISTPACK');
    expect(error).toMatchObject({
      offset: dragonflyFile(records()).length - 9,
      path: { db: 4, key: new TextEncoder().encode('bad'), element: expect.stringMatching(/byte \d+ of the unpacked/) },
    });
  });

  it('that are cut with the file are incomplete', () => {
    const file = dragonflyFile(records().lz4(body));
    for (let end = file.length - 9; end > file.length - 60; end--) {
      const { error } = readWhole(file.slice(0, end), {}, OPTIONS);
      expect(error?.code).toBe('RDB_TRUNCATED');
      expect(readInSteps(file.slice(0, end), 1, {}, OPTIONS).error).toEqual(error);
    }
  });

  it('that are many more unpacked let the consumer pass on what comes', async () => {
    // A key of a few bytes, 60,000 times, in less than 20 KiB.
    const many = records();
    for (let i = 0; i < 60_000; i++) many.key('the same key', stringValue('a value that is the same'));
    const file = dragonflyFile(records().lz4(many));
    expect(file.length).toBeLessThan(many.toBytes().length / 100);
    let batches = 0;
    let keys = 0;
    for await (const batch of rdbEvents([file])) {
      batches++;
      keys += batch.filter(({ type }) => type === 'key').length;
    }
    expect(keys).toBe(60_000);
    expect(batches).toBeGreaterThan(4);
  });
});

function blocksOf(bytes: Uint8Array, size: number): { stored: Uint8Array }[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => ({
    stored: bytes.slice(i * size, (i + 1) * size),
  }));
}

/** A key and its value as the bytes that are cut into pieces, behind its attributes. */
function entry(name: string, value: RdbValue, attributes: Parameters<DragonflyRecords['key']>[2] = {}): Uint8Array {
  return records().key(name, value, attributes).toBytes();
}

/** Pieces of some bytes. */
function cut(bytes: Uint8Array, ...at: number[]): Uint8Array[] {
  return [0, ...at].map((from, i) => bytes.slice(from, at[i] ?? bytes.length));
}

describe('values in pieces', () => {
  const members = setValue(Array.from({ length: 30 }, (_, i) => `m${i}`));
  const whole = entry('s', members, { expireAtMs: 1893456000000, mask: 1 });
  const hash = entry(
    'h',
    dragonflyHashValue([
      ['a', '1', null],
      ['b', '2', 1893456000000],
      ['c', '3', null],
    ]),
  );
  const list = entry('l', quicklist2Value([{ packed: listpack(['x', 'y']) }, { plain: 'z'.repeat(300) }]));

  it('one piece is a value', () => {
    const lines = readFile(records().selectDb(1).piece(7, whole));
    expect(contentOf(lines)).toEqual(contentOf(readFile(records().selectDb(1).raw(whole))));
  });

  it('the pieces in a row, cut anywhere', () => {
    const expected = contentOf(readFile(records().selectDb(1).raw(whole)));
    for (let at = 1; at < whole.length; at += 7) {
      const [first, second] = cut(whole, at) as [Uint8Array, Uint8Array];
      const lines = readFile(records().selectDb(1).piece(1, first).piece(1, second));
      expect(contentOf(lines)).toEqual(expected);
    }
  });

  it('with other keys in between, which come behind', () => {
    const [a, b, c] = cut(whole, 30, 60) as [Uint8Array, Uint8Array, Uint8Array];
    const lines = readFile(
      records()
        .selectDb(1)
        .piece(9, a)
        .key('k', stringValue('v'), { expireAtMs: 1893456000001 })
        .selectDb(2)
        .aux('between', 'pieces')
        .piece(9, b)
        .key('j', hashValue([['f', 'g']]))
        .piece(9, c)
        .key('i', stringValue('w')),
    );
    expect(lines.filter((line) => /^(?:key |keyEnd|aux "between|selectDb)/.test(line))).toEqual([
      'selectDb 1',
      expect.stringMatching(/^key 1 2 "s" 1893456000000/),
      'keyEnd',
      expect.stringMatching(/^key 1 0 "k" 1893456000001/),
      'keyEnd',
      'selectDb 2',
      'aux "between" "pieces"',
      expect.stringMatching(/^key 2 4 "j" null/),
      'keyEnd',
      expect.stringMatching(/^key 2 0 "i" null/),
      'keyEnd',
    ]);
    expect(contentOf(lines).slice(0, 33)).toEqual(contentOf(readFile(records().selectDb(1).raw(whole))).slice(0, 33));
  });

  it('several values at once, also within compressed records', () => {
    const [s1, s2] = cut(whole, 40) as [Uint8Array, Uint8Array];
    const [h1, h2] = cut(hash, 9) as [Uint8Array, Uint8Array];
    const [l1, l2] = cut(list, 12) as [Uint8Array, Uint8Array];
    const expected = contentOf(readFile(records().selectDb(0).raw(whole).raw(hash).raw(list).key('k', bigSet)));
    const orders: DragonflyRecords[] = [
      records().piece(1, s1).piece(2, h1).piece(3, l1).piece(1, s2).piece(2, h2).piece(3, l2),
      records().piece(1, s1).piece(2, h1).piece(3, l1).piece(3, l2).piece(2, h2).piece(1, s2),
      records().piece(1, s1).piece(2, h1).piece(2, h2).piece(3, l1).piece(1, s2).piece(3, l2),
      records()
        .lz4(records().piece(1, s1).piece(2, h1))
        .zstd(records().piece(3, l1).piece(1, s2))
        .piece(2, h2)
        .piece(3, l2),
    ];
    for (const order of orders) {
      const lines = readFile(records().selectDb(0).raw(order.toBytes()).key('k', bigSet));
      expect(contentOf(lines).toSorted()).toEqual(expected.toSorted());
      const names = lines.filter((line) => line.startsWith('key ')).map((line) => line.split(' ')[3]);
      expect(names).toEqual(['"s"', '"h"', '"l"', '"k"']);
    }
  });

  it('at every level, and skipped', () => {
    const [a, b] = cut(whole, 50) as [Uint8Array, Uint8Array];
    const file = dragonflyFile(records().piece(4, a).key('k', stringValue('v')).piece(4, b));
    for (const level of ['raw', 'packed', 'logical', 'skip'] as const) {
      const expected = readWhole(dragonflyFile(records().raw(whole).key('k', stringValue('v'))), { level });
      const found = readWhole(file, { level });
      expect(found.error).toBeNull();
      expect(contentOf(found.events.split('\n'))).toEqual(contentOf(expected.events.split('\n')));
      expect(readInSteps(file, 1, { level })).toEqual(found);
    }
  });

  it('an ID is free again behind its value', () => {
    const lines = readFile(records().piece(1, whole).piece(1, hash).piece(1, list));
    expect(lines.filter((line) => line.startsWith('keyEnd'))).toHaveLength(3);
  });

  it('cut at random places, interleaved at random', () => {
    const random = randomFrom(7);
    const entries = [whole, hash, list, entry('t', bigSet), entry('u', stringValue('plain'))];
    const expected = contentOf(readFile(records().raw(concatBytes(...entries)))).toSorted();
    for (let round = 0; round < 60; round++) {
      const body = records();
      const open = entries.map((bytes, i) => ({ id: i + 1, bytes }));
      let packed = records();
      while (open.length > 0) {
        const at = random(open.length);
        const value = open[at];
        const size = 1 + random(value.bytes.length);
        packed.piece(value.id, value.bytes.slice(0, size));
        value.bytes = value.bytes.slice(size);
        if (value.bytes.length === 0) open.splice(at, 1);
        if (random(3) > 0) continue;
        if (random(2) === 0) body.lz4(packed);
        else body.raw(packed.toBytes());
        packed = records();
      }
      body.raw(packed.toBytes());
      const file = dragonflyFile(body);
      const found = readInSteps(file, 1 + random(50), {}, OPTIONS);
      expect(found.error).toBeNull();
      expect(contentOf(found.events.split('\n')).toSorted()).toEqual(expected);
    }
  });

  const [a, b] = cut(whole, 40) as [Uint8Array, Uint8Array];
  it.each<[string, DragonflyRecords]>([
    ['ID 0', records().piece(0, whole)],
    ['no bytes', records().piece(1, a).piece(1, new Uint8Array(0))],
    ['bytes behind the value', records().piece(1, concatBytes(whole, 'x'))],
    ['bytes behind the value, in the last piece', records().piece(1, a).piece(1, concatBytes(b, 'x'))],
    ['the end of the file before that of the value', records().piece(1, a)],
    ['the same with keys in between', records().piece(1, a).key('k', stringValue('v'))],
  ])('%s', (_name, body) => {
    const { code, error } = errorOf(dragonflyFile(body), OPTIONS);
    expect(code).toBe('RDB_BAD_PIECES');
    expect(error).toBeInstanceOf(RdbFormatError);
  });

  it('damage tells the key, and where the value begins', () => {
    const bad = entry('bad', { typeCode: 16, bytes: fromHex('02 0000') });
    const [x, y] = cut(bad, 5) as [Uint8Array, Uint8Array];
    const { code, error } = errorOf(dragonflyFile(records().selectDb(6).piece(1, x).key('k', bigSet).piece(1, y)));
    expect(code).toBe('RDB_BAD_LISTPACK');
    expect(error).toMatchObject({ path: { db: 6, key: new TextEncoder().encode('bad') } });
  });

  it('no records but keys and their kin may stand between', () => {
    const body = records().piece(1, a).raw(fromHex('96')).piece(1, b);
    expect(errorOf(dragonflyFile(body)).code).toBe('RDB_BAD_TYPE');
  });

  it('what has to wait is limited', () => {
    const body = records().piece(1, a);
    for (let i = 0; i < 50; i++) body.key(`k${i}`, stringValue('v'.repeat(100)));
    const { code, error } = errorOf(dragonflyFile(body.piece(1, b)), { maxStringBytes: 2000 });
    expect(code).toBe('RDB_LIMIT');
    expect(error).toBeInstanceOf(RdbLimitError);
  });
});

describe('records without keys', () => {
  it('of replication are passed over, and told', () => {
    const journal = new DragonflyRecords().raw(fromHex('06 01')).toBytes();
    const lines = readFile(
      records()
        .fullsyncEnd()
        .journal(1, journal)
        .journal(2, journal)
        .journalOffset(77)
        .blobEnd()
        .selectDb(0)
        .key('k', stringValue('v')),
    );
    expect(warningsOf(lines)).toEqual(['RDB_JOURNAL']);
    expect(contentOf(lines)).toEqual(['key 0 0 "k" null null null null', 'string "v"', 'keyEnd']);
  });

  it('of search indexes are passed over, and told', () => {
    const documents = [
      ['doc:1', 0],
      ['doc:2', 1],
    ] as const;
    const graph = [[[1, 2], [2]], [[0]], [[]]];
    const body = (entryPoint: number | null): DragonflyRecords =>
      records()
        .docIndex(0, 'idx', documents)
        .vectorIndex('idx:embedding', entryPoint, graph)
        .key('k', stringValue('v'));
    for (const [version, entryPoint] of [
      ['df-v1.37.0', null],
      ['df-v1.38.4', null],
      ['df-v1.39.0', 2],
      ['df-v1.40.1', 2],
      ['df-v2.0.0', 2],
    ] as const) {
      const lines = readFile(body(entryPoint), { version });
      expect(warningsOf(lines)).toEqual(['RDB_SEARCH_INDEX']);
      expect(contentOf(lines)).toEqual(['key 0 0 "k" null null null null', 'string "v"', 'keyEnd']);
    }
    const packed = readFile(records().lz4(body(2)), {});
    expect(warningsOf(packed)).toEqual(['RDB_SEARCH_INDEX']);
  });

  it('of a graph whose layout is not known cannot be passed over', () => {
    const body = records().vectorIndex('idx:embedding', 1, [[[0]]]);
    const { code, error } = errorOf(dragonflyFile(body, { version: null }));
    expect(code).toBe('RDB_UNSUPPORTED_RECORD');
    expect(error).toBeInstanceOf(RdbUnsupportedError);
  });
});

describe('cut into chunks', () => {
  const body = records()
    .selectDb(0)
    .key(
      'a',
      dragonflySetValue([
        ['m', 1893456000000],
        ['n', null],
      ]),
      { mask: 3, memcachedFlags: 7 },
    )
    .lz4(
      records()
        .selectDb(1)
        .key('b', bigSet)
        .docIndex(1, 'i', [['d', 4]]),
    )
    .piece(3, entry('c', bigSet).slice(0, 100))
    .key('d', dragonflyHashValue([['f', 'v', 1893456000000]]))
    .piece(3, entry('c', bigSet).slice(100))
    .zstd(records().key('e', stringValue('w')));
  const file = dragonflyFile(body, { trailing: new Uint8Array(100) });

  it('anywhere', () => {
    const expected = readWhole(file, {}, OPTIONS);
    expect(expected.error).toBeNull();
    for (let at = 1; at < file.length; at += 5) expect(readInChunks(file, [at], {}, OPTIONS)).toEqual(expected);
  });

  it('the file that ends early is incomplete, wherever', () => {
    for (let end = 9; end < file.length - 100; end += 3) {
      const { error } = readWhole(file.slice(0, end), {}, OPTIONS);
      expect(error?.code).toBe('RDB_TRUNCATED');
    }
  });

  it('a visitor that decodes raw values itself', () => {
    const log = new EventLog({ level: 'raw' });
    expect(log.result()).toBe('');
    expect(readWhole(file, { level: 'raw' }, OPTIONS).error).toBeNull();
  });
});

describe('other magic', () => {
  it('a file of Redis with a field of Dragonfly is one of Dragonfly', () => {
    const file = new RdbBuilder({ version: 12 }).aux('df-ver', 'df-v9.0.0').key('k', stringValue('v')).finish();
    expect(linesOf(file)[0]).toBe('header dragonfly 12');
  });
});
