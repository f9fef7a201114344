// Values that no server at hand writes, and stored forms that servers accept but seldom choose.
import {
  arrayValue,
  ByteWriter,
  bitmapValue,
  blobValue,
  ContentCollector,
  dumpPayload,
  encodeBytes,
  encodedId,
  hash2Value,
  hashListpackExValue,
  hashMetadataPreGaValue,
  hashValue,
  intString,
  intset,
  type KeyRecord,
  keyMetadata,
  listpack,
  listpackInt,
  listpackString,
  listValue,
  lzfString,
  moduleValue,
  pathHashValue,
  quicklist2Value,
  quicklistValue,
  RdbBuilder,
  type RdbValue,
  rawValue,
  roaring64,
  setValue,
  streamValue,
  stringValue,
  stringWithLength,
  templateArrayRefValue,
  templateArrayValue,
  templateListpackRefValue,
  templateListpackValue,
  ziplist,
  ziplistInt,
  ziplistString,
  zipmap,
  zset2Value,
  zsetValue,
} from '@rdbkit/testkit';
import { describe, expect, it } from 'vitest';
import { readDump } from './dump-payload.ts';
import { RdbError } from './errors.ts';
import { readRdbSync } from './read.ts';

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));
const b = (text: string): string => Buffer.from(text, 'latin1').toString('base64');

/** Reads a value as the only key of a file. */
function readValue(version: number, value: RdbValue, before: (file: RdbBuilder) => void = () => {}): KeyRecord {
  const file = new RdbBuilder({ version });
  before(file);
  const collector = new ContentCollector();
  readRdbSync(file.selectDb(0).key('key', value).finish(), collector);
  const [record] = collector.content().records;
  if (record === undefined) throw new Error('no key');
  return record;
}

/** Reads a value as DUMP payload and in a file: both must give the same. */
function readBoth(version: number, value: RdbValue): KeyRecord {
  const collector = new ContentCollector();
  readDump(dumpPayload(value, version), collector);
  const record = readValue(version, value);
  expect(collector.content().records).toEqual([{ ...record, key: '' }]);
  return record;
}

const hashOf = (fields: Record<string, string>): [string, string][] =>
  Object.entries(fields).map(([field, value]) => [b(field), b(value)]);

describe('a hash with a template', () => {
  const fields = ['b', 'n', 'aa'];
  const expected = hashOf({ aa: '1', b: 'x', n: '-70000' });

  it.each([
    ['29, packed names', templateListpackValue({ packed: fields }, ['x', -70000, 1])],
    ['29, single names', templateListpackValue({ single: fields }, ['x', -70000, 1], 2n ** 40n)],
    ['31, packed names', templateArrayValue({ packed: fields }, ['x', intString(-70000, 32), '1'])],
    ['31, single names', templateArrayValue({ single: fields }, ['x', '-70000', intString(1, 8)])],
  ])('%s', (_name, value) => {
    expect(readBoth(15, value)).toMatchObject({ type: 'hash', value: expected });
  });

  it.each([
    ['30', templateListpackRefValue(300, ['x', -70000, 1])],
    ['32', templateArrayRefValue(300, ['x', '-70000', '1'])],
  ])('%s refers to one in the file', (_name, value) => {
    const before = (file: RdbBuilder): void => {
      file.hashTemplate(7, ['other']).hashTemplate(300, fields);
    };
    expect(readValue(15, value, before)).toMatchObject({ type: 'hash', value: expected });
    expect(() => readValue(15, value)).toThrow(RdbError);
    expect(() => readDump(dumpPayload(value, 15), new ContentCollector())).toThrow(RdbError);
  });
});

describe('a bitmap', () => {
  const runs = Array.from({ length: 9000 }, (_, i) => i + 8);
  const scattered = Array.from({ length: 5000 }, (_, i) => i * 13);
  it.each([
    ['of nothing', [], 0, false],
    ['of a few bits', [0, 7, 8, 70_000], 8751, false],
    ['of an array container and zeros behind it', [3], 100, false],
    ['of bitset containers', scattered, 8200, false],
    ['of run containers', [...runs, 70_000, 140_000, 210_000, 280_000], 35_001, true],
  ])('%s', (_name, positions, length, asRuns) => {
    const text = new Uint8Array(length);
    for (const position of positions) text[position >> 3] = (text[position >> 3] ?? 0) | (0x80 >> (position & 7));
    expect(readBoth(16, bitmapValue(length, roaring64(positions, asRuns)))).toMatchObject({
      type: 'string',
      value: encodeBytes(text),
    });
  });

  it('beyond the limit is handed over as it is', () => {
    const roaring = roaring64([2n ** 40n]);
    expect(readBoth(16, bitmapValue(2 ** 37 + 1, roaring))).toMatchObject({
      type: 'string',
      module: { length: 2 ** 37 + 1, roaring: encodeBytes(roaring) },
    });
  });
});

it('an array', () => {
  const value = arrayValue(
    [
      [0, { string: 'text' }],
      [5, { int: -(2n ** 63n) }],
      [6, { float: 1 }],
      [7, { float: -0 }],
      [8, { float: 0.1 }],
      [9, { float: 123456789012345680 }],
      [2n ** 63n, { short: 'seven b' }],
      [2n ** 64n - 2n, { string: lzfString('z'.repeat(80)) }],
    ],
    { cursor: 41 },
  );
  expect(readBoth(14, value)).toMatchObject({
    type: 'array',
    value: {
      count: 8,
      nextInsertIndex: '42',
      items: [
        ['0', b('text')],
        ['5', b('-9223372036854775808')],
        ['6', b('1.0')],
        ['7', b('-0.0')],
        ['8', b('0.1')],
        ['9', b('123456789012345680.0')],
        ['9223372036854775808', b('seven b')],
        ['18446744073709551614', b('z'.repeat(80))],
      ],
    },
  });
});

describe('a hash whose fields expire', () => {
  const expected = [
    [b('a'), b('1'), 1893456000000],
    [b('b'), b('2')],
    [b('c'), b('3'), 4102444800000],
  ];
  it.each([
    [
      '22 of a candidate of 7.4',
      12,
      hashMetadataPreGaValue([
        ['a', '1', 1893456000000],
        ['b', '2', null],
        ['c', '3', 4102444800000],
      ]),
    ],
    [
      '23 of a candidate of 7.4',
      12,
      blobValue(23, listpack(['a', 1, 1893456000000, 'c', '3', 4102444800000, 'b', 2, 0])),
    ],
    [
      '25',
      12,
      hashListpackExValue([
        ['a', '1', 1893456000000],
        ['c', 3, 4102444800000],
        ['b', '2', null],
      ]),
    ],
    [
      '22 of Valkey',
      80,
      hash2Value([
        ['a', '1', 1893456000000],
        ['b', '2', null],
        ['c', '3', 4102444800000],
      ]),
    ],
  ])('%s', (_name, version, value) => {
    expect(readBoth(version, value)).toMatchObject({ type: 'hash', value: expected });
  });

  it('a time of zero is a time in the dialect that has another word for none', () => {
    expect(readBoth(80, hash2Value([['a', '1', 0]]))).toMatchObject({ value: [[b('a'), b('1'), 0]] });
  });
});

describe('a string', () => {
  const text = 'the quick brown fox, the quick brown dog, the quick brown owl';
  it.each([
    ['with a length of 14 bits', stringWithLength('hello', 14), 'hello'],
    ['with a length of 32 bits', stringWithLength('hello', 32), 'hello'],
    ['with a length of 64 bits', stringWithLength('hello', 64), 'hello'],
    ['as 8 bits', intString(-128, 8), '-128'],
    ['as 16 bits', intString(5, 16), '5'],
    ['as 32 bits', intString(-2147483648, 32), '-2147483648'],
    ['compressed', lzfString(text), text],
    ['compressed with overlap', lzfString('a'.repeat(5000)), 'a'.repeat(5000)],
    ['compressed although it grows', lzfString('xyz'), 'xyz'],
  ])('%s', (_name, stored, value) => {
    expect(readBoth(9, stringValue(stored))).toMatchObject({ type: 'string', value: b(value) });
  });
});

describe('a listpack', () => {
  it('has integers in any width', () => {
    const forms = [7, 13, 16, 24, 32, 64] as const;
    const elements = forms.map((form) => listpackInt(100, form));
    const negative = forms.slice(1).map((form) => listpackInt(-100, form));
    const borders = [-4096, 4095, -32768, 32767, -8388608, 8388607].map((value) => listpackInt(value, 24));
    const value = readBoth(10, quicklist2Value([{ packed: listpack([...elements, ...negative, ...borders]) }])).value;
    expect(value).toEqual([
      ...forms.map(() => b('100')),
      ...negative.map(() => b('-100')),
      ...['-4096', '4095', '-32768', '32767', '-8388608', '8388607'].map(b),
    ]);
  });

  it('has strings with lengths in any width', () => {
    const elements = ([6, 12, 32] as const).map((form) => listpackString('abc', form));
    expect(readBoth(11, blobValue(20, listpack([elements[0] as never])))).toMatchObject({ value: [b('abc')] });
    expect(readBoth(10, quicklist2Value([{ packed: listpack(elements) }]))).toMatchObject({
      value: ['abc', 'abc', 'abc'].map(b),
    });
  });

  // The sizes whose repetition behind the element got narrower in 2026.
  it.each([127, 128, 16382, 16383, 16384, 2097150, 2097151, 2097152])('has elements of %i bytes', (size) => {
    for (const narrowBacklen of [false, true]) {
      const header = size < 66 ? 1 : size < 4098 ? 2 : 5;
      const element = 'e'.repeat(size - header);
      const blob = listpack([element, 'end'], { narrowBacklen });
      expect(readBoth(10, quicklist2Value([{ packed: blob }])).value).toEqual([encodeBytes(element), b('end')]);
    }
  });

  it('may leave its count open', () => {
    expect(readBoth(10, blobValue(16, listpack(['f', 'v'], { count: 65535 })))).toMatchObject({
      value: hashOf({ f: 'v' }),
    });
  });
});

describe('a ziplist', () => {
  it('has integers in any width', () => {
    const elements = [
      ...([0, 8, 16, 24, 32, 64] as const).map((form) => ziplistInt(12, form)),
      ...([8, 16, 24, 32, 64] as const).map((form) => ziplistInt(-12, form)),
      ziplistInt(-8388608, 24),
      ziplistInt(8388607, 24),
    ];
    const expected = [...Array(6).fill('12'), ...Array(5).fill('-12'), '-8388608', '8388607'].map(b);
    expect(readBoth(6, blobValue(10, ziplist(elements))).value).toEqual(expected);
    expect(readBoth(7, quicklistValue([ziplist(elements, { widePrevlen: true })])).value).toEqual(expected);
  });

  it('has strings with lengths in any width, and entries around the border of its back lengths', () => {
    const elements = ([6, 14, 32] as const).map((form) => ziplistString('abc', form));
    expect(readBoth(6, blobValue(10, ziplist(elements))).value).toEqual(['abc', 'abc', 'abc'].map(b));
    const growing = Array.from({ length: 12 }, (_, i) => 'g'.repeat(246 + i));
    expect(readBoth(6, blobValue(10, ziplist(growing, { count: 65535 }))).value).toEqual(growing.map(b));
  });

  it('has scores as text and as numbers', () => {
    const blob = ziplist(['a', '-inf', 'b', -5, 'c', '1.5', 'd', '1e3', 'e', 'inf']);
    expect(readBoth(6, blobValue(12, blob))).toMatchObject({
      value: [
        ['a', '-inf'],
        ['b', '-5'],
        ['c', '1.5'],
        ['d', '1000'],
        ['e', 'inf'],
      ].map(([m, s]) => [b(m), s]),
    });
  });
});

describe('a zipmap', () => {
  const long = 'l'.repeat(300);
  it.each([
    ['plain', {}],
    ['with an open count', { count: 254 }],
    ['with unused bytes', { free: 3 }],
    ['with wide lengths', { wideLengths: true }],
  ])('%s', (_name, options) => {
    const blob = zipmap(
      [
        ['f', 'v'],
        ['g', long],
        ['', ''],
      ],
      options,
    );
    expect(readBoth(2, blobValue(9, blob))).toMatchObject({ value: hashOf({ '': '', f: 'v', g: long }) });
  });
});

it.each([2, 4, 8])('an intset of %i bytes', (width) => {
  expect(readBoth(6, blobValue(11, intset([-300, 5, 30_000], { width })))).toMatchObject({
    value: ['-300', '30000', '5'].map(b),
  });
});

describe('a sorted set', () => {
  it('has scores as text', () => {
    const value = zsetValue([
      ['nan-free', '17.25'],
      ['up', 254],
      ['down', 255],
      ['small', '4.9406564584124654e-324'],
    ]);
    expect(readBoth(6, value)).toMatchObject({
      value: [
        [b('nan-free'), '17.25'],
        [b('up'), 'inf'],
        [b('down'), '-inf'],
        [b('small'), '5e-324'],
      ],
    });
  });

  it('has scores in binary', () => {
    expect(
      readBoth(
        8,
        zset2Value([
          ['a', Number.NEGATIVE_INFINITY],
          ['b', -0],
          ['c', Number.MAX_VALUE],
        ]),
      ),
    ).toMatchObject({
      value: [
        [b('a'), '-inf'],
        [b('b'), '-0'],
        [b('c'), '1.7976931348623157e+308'],
      ],
    });
  });

  it.each([
    ['text', 6, zsetValue([['a', 253]])],
    ['binary', 8, zset2Value([['a', Number.NaN]])],
  ])('has no score that is not a number, in %s', (_name, version, value) => {
    expect(() => readValue(version, value)).toThrow(RdbError);
  });
});

describe('containers of single elements', () => {
  const odd = [bytes('\x00\xff'), intString(-7, 16), lzfString('r'.repeat(40)), stringWithLength('wide', 32), ''];
  const texts = ['\x00\xff', '-7', 'r'.repeat(40), 'wide', ''];
  it('list, set, hash', () => {
    expect(readBoth(6, listValue(odd)).value).toEqual(texts.map(b));
    expect(readBoth(6, setValue(odd)).value).toEqual(
      texts.map(b).sort((x, y) => Buffer.compare(Buffer.from(x, 'base64'), Buffer.from(y, 'base64'))),
    );
    expect(readBoth(6, hashValue([[odd[1] as never, odd[2] as never]])).value).toEqual(
      hashOf({ '-7': 'r'.repeat(40) }),
    );
  });

  it('a list of plain and packed nodes', () => {
    const nodes = [{ plain: lzfString('p'.repeat(90)) }, { packed: lzfString(listpack(['a', 1])) }, { plain: '2' }];
    expect(readBoth(10, quicklist2Value(nodes)).value).toEqual(['p'.repeat(90), 'a', '1', '2'].map(b));
  });
});

describe('a stream', () => {
  const entries = [
    {
      id: '5-5',
      fields: [
        ['a', 1],
        ['b', 'x'],
      ],
    },
    {
      id: '5-6',
      fields: [
        ['a', -70000],
        ['b', ''],
      ],
      deleted: true,
    },
    { id: '6-0', fields: [['other', 'y']] },
    {
      id: '18446744073709551615-18446744073709551615',
      fields: [
        ['a', 3],
        ['b', 4],
      ],
    },
  ] as const;
  const pending = [
    { id: '5-5', consumer: 'c', deliveredAtMs: 1700000000000, deliveries: 2n ** 63n - 1n },
    { id: '6-0', deliveredAtMs: 0, deliveries: 0 },
  ];
  it.each([1, 2, 3, 4, 5] as const)('in layout %i', (layout) => {
    const value = streamValue({
      layout,
      entries,
      entriesPerNode: 3,
      groups: [
        {
          name: 'g',
          lastId: '6-0',
          entriesRead: null,
          pending: layout === 5 ? pending : pending.slice(0, 1),
          consumers: [{ name: 'c', seenMs: 1700000000001, activeMs: -1 }],
        },
      ],
      idmp: {
        durationSeconds: 60,
        maxEntries: 9,
        producers: [{ id: 'p', entries: [['m', '5-5']] }],
        iidsAdded: 4,
        iidsDuplicates: 1,
      },
    });
    const record = readBoth([9, 10, 11, 13, 14][layout - 1] ?? 14, value);
    expect(record.value).toMatchObject({
      length: 3,
      lastId: '18446744073709551615-18446744073709551615',
      entries: [
        ['5-5', ['a', '1', 'b', 'x'].map(b)],
        ['6-0', ['other', 'y'].map(b)],
        ['18446744073709551615-18446744073709551615', ['a', '3', 'b', '4'].map(b)],
      ],
      groups: [
        {
          name: b('g'),
          lastId: '6-0',
          entriesRead: null,
          pending: [
            { id: '5-5', consumer: b('c'), deliveredMs: 1700000000000, deliveries: '9223372036854775807' },
            ...(layout === 5 ? [{ id: '6-0', consumer: null, deliveredMs: 0, deliveries: 0 }] : []),
          ],
          consumers: [
            { name: b('c'), seenMs: 1700000000001, pending: ['5-5'], ...(layout >= 3 ? { activeMs: -1 } : {}) },
          ],
        },
      ],
      ...(layout >= 2 ? { firstId: '5-5', maxDeletedId: '5-6', entriesAdded: 4 } : {}),
      ...(layout >= 4
        ? { idmp: { 'idmp-duration': 60, 'idmp-maxsize': 9, 'iids-added': 4, 'iids-duplicates': 1 } }
        : {}),
    });
    expect(record.idmpEntries).toEqual(layout >= 4 ? [[b('p'), b('m'), '5-5']] : undefined);
  });

  it('without a node', () => {
    expect(readBoth(11, streamValue({ layout: 3, lastId: '7-7', entriesAdded: 1 })).value).toMatchObject({
      length: 0,
      entries: [],
    });
  });
});

it('a module value and metadata of a key', () => {
  const value = moduleValue('ReJSON-RL', 3, [
    { sint: -1 },
    { uint: 2n ** 64n - 1n },
    { float: 1.5 },
    { double: 2.5 },
    { string: 'x' },
  ]);
  expect(readBoth(9, value)).toMatchObject({ type: 'ReJSON-RL', value: null });

  const metadata = keyMetadata([
    { name: 'KM_-', version: 1, flags: 1, items: [{ string: 'first' }, { uint: 70_000 }, { double: 1 }] },
  ]);
  const collector = new ContentCollector();
  const file = new RdbBuilder({ version: 13 })
    .selectDb(0)
    .key('key', stringValue('v'), { expireAtMs: 5, idleSeconds: 70_000, metadata });
  readRdbSync(file.finish(), collector);
  expect(collector.content().records).toMatchObject([
    { keyMetadata: { 'KM_-': 'first' }, expireAtMs: 5, idleSeconds: 70_000, value: b('v') },
  ]);
  const dumped = new ContentCollector();
  readDump(dumpPayload(stringValue('v'), 13, { metadata }), dumped);
  expect(dumped.content().records).toMatchObject([{ keyMetadata: { 'KM_-': 'first' }, value: b('v') }]);
});

it('records of every kind between the keys', () => {
  const collector = new ContentCollector();
  const file = new RdbBuilder({ version: 80 })
    .aux('valkey-ver', '9.0.0')
    .moduleAux('testrdb-1', 0, 1, [{ string: 'before' }])
    .functionLibrary('#!lua name=l\nredis.register_function("f", function() end)')
    .slotImport('j'.repeat(40), [
      [0, 5],
      [16_000, 16_383],
    ])
    .selectDb(0)
    .resizeDb(1, 0)
    .slotInfo(3, 1, 0)
    .key('k', stringValue('v'))
    .selectDb(15)
    .key('k', stringValue('w'), { freq: 255 })
    .moduleAux('testrdb-1', 0, 2, [{ string: 'after' }]);
  readRdbSync(file.finish(), collector);
  expect(collector.auxFields).toEqual([['valkey-ver', '9.0.0']]);
  expect(collector.moduleAuxes.map(({ when }) => when)).toEqual([1, 2]);
  expect(collector.slots).toEqual([{ slot: 3, keys: 1, expires: 0 }]);
  const { records, functions } = collector.content();
  expect(functions).toMatchObject([{ name: 'l', engine: 'LUA' }]);
  expect(records.map((record) => [record.db, encodedId(record.key), record.frequency])).toEqual([
    [0, b('k'), undefined],
    [15, b('k'), 255],
  ]);
});

describe('a number has one meaning for each dialect', () => {
  it('23 is a hash by path to Valkey, which no command can rebuild yet', () => {
    const value = pathHashValue([['p', [['f', 'v']]]]);
    expect(readBoth(81, value)).toMatchObject({ type: 'raw', rdbType: 23, value: encodeBytes(value.bytes) });
  });

  it.each([
    [6, 8],
    [8, 8],
    [34, 16],
    [40, 14],
    [24, 80],
    [28, 81],
  ])('type %i in version %i is refused', (typeCode, version) => {
    expect(() => readValue(version, rawValue(typeCode, new ByteWriter().len(1).str('x')))).toThrow(RdbError);
  });
});
