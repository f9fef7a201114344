import {
  type ArrayPayload,
  arrayValue,
  ByteWriter,
  blobValue,
  concatBytes,
  fromHex,
  hash2Value,
  hashListpackExValue,
  hashMetadataPreGaValue,
  hashMetadataValue,
  hashValue,
  intString,
  intset,
  listpack,
  listValue,
  lzfString,
  moduleValue,
  quicklist2Value,
  quicklistValue,
  RdbBuilder,
  type RdbValue,
  rawValue,
  type StreamSpec,
  setValue,
  streamIdBytes,
  streamNode,
  streamValue,
  stringValue,
  ziplist,
  zipmap,
  zset2Value,
  zsetValue,
} from '@rdbkit/testkit';
import { describe, expect, it } from 'vitest';
import { readInSteps, readWhole } from '../testing/event-log.ts';
import type { RdbOptions } from './options.ts';
import type { Level } from './visitor.ts';

const VALKEY = { version: 80 };

function fileOf(value: RdbValue, builder: { version: number }): Uint8Array {
  return new RdbBuilder(builder).key('k', value).finish();
}

/** The value's events, the same whole and byte by byte. */
function eventsOf(value: RdbValue, options: RdbOptions & { level?: Level; version?: number } = {}): string[] {
  const { level = 'logical', version = 16, ...rest } = options;
  const file = fileOf(value, { version });
  const whole = readWhole(file, { level }, rest);
  expect(readInSteps(file, 1, { level }, rest)).toEqual(whole);
  if (whole.error !== null) throw whole.error;
  return whole.events.split('\n').slice(2, -2);
}

function codeOf(value: RdbValue, options: RdbOptions & { level?: Level; version?: number } = {}): string {
  const { level = 'logical', version = 16, ...rest } = options;
  const file = fileOf(value, { version });
  const { error } = readWhole(file, { level }, rest);
  expect(readInSteps(file, 1, { level }, rest).error).toEqual(error);
  return error?.code ?? 'none';
}

function warningsOf(value: RdbValue): string[] {
  return eventsOf(value)
    .filter((line) => line.startsWith('warning'))
    .map((line) => line.split(' ')[1] ?? '');
}

describe('strings', () => {
  it.each([
    ['empty', '', '""'],
    ['an integer', intString(-32768, 16), '"-32768"'],
    ['compressed', lzfString('ab'.repeat(50)), `"${'ab'.repeat(50)}"`],
    ['binary', Uint8Array.of(0, 255), '"\\x00\\xff"'],
  ])('%s', (_name, stored, shown) => {
    expect(eventsOf(stringValue(stored))).toEqual([`string ${shown}`]);
    expect(eventsOf(stringValue(stored), { level: 'packed' })).toEqual([`string ${shown}`]);
  });
});

describe('lists', () => {
  const long = 'x'.repeat(300);
  const elements = ['listElement "a"', 'listElement "-7"', 'listElement ""', `listElement "${long}"`];

  it.each([
    ['plain', listValue(['a', intString(-7, 8), '', lzfString(long)]), 4],
    ['ziplist', blobValue(10, ziplist(['a', -7, '', long])), 4],
    ['compressed ziplist', blobValue(10, lzfString(ziplist(['a', -7, '', long]))), 4],
    ['quicklist', quicklistValue([ziplist(['a', -7]), ziplist([]), lzfString(ziplist(['', long]))]), -1],
  ])('%s', (_name, value, count) => {
    expect(eventsOf(value)).toEqual([`listStart ${count}`, ...elements]);
  });

  it('quicklist 2', () => {
    const value = quicklist2Value([
      { packed: listpack(['a', -7]) },
      { packed: listpack([]) },
      { packed: listpack(['']) },
      { plain: lzfString(long) },
    ]);
    expect(eventsOf(value)).toEqual(['listStart -1', ...elements]);
  });

  it('a quicklist of one listpack says so', () => {
    const one = listpack(['a']);
    expect(eventsOf(quicklist2Value([{ packed: one }]))[0]).toMatch(/^listStart -1 .*one listpack/);
    for (const value of [
      quicklist2Value([{ plain: 'a' }]),
      quicklist2Value([{ packed: one }, { packed: one }]),
      quicklistValue([ziplist(['a'])]),
    ]) {
      expect(eventsOf(value)[0]).toBe('listStart -1');
    }
  });

  it('in nodes are given whole to a packed consumer', () => {
    expect(eventsOf(quicklistValue([ziplist(['a'])]), { level: 'packed' })).toEqual([
      'listStart -1',
      expect.stringMatching(/^packed quicklist-ziplist "\\x0e/),
    ]);
    expect(eventsOf(quicklist2Value([{ packed: listpack(['a']) }, { plain: 'b' }]), { level: 'packed' })).toEqual([
      'listStart -1',
      expect.stringMatching(/^packed quicklist-listpack "\\x0a/),
      'packed quicklist-plain "b"',
    ]);
    expect(eventsOf(blobValue(10, ziplist(['a'])), { level: 'packed' })).toEqual([
      'listStart 1',
      expect.stringMatching(/^packed ziplist "/),
    ]);
  });

  it.each([
    ['an unknown container', quicklist2Value([{ plain: 'a', container: 3 }]), 'RDB_BAD_QUICKLIST'],
    ['container 0', quicklist2Value([{ plain: 'a', container: 0 }]), 'RDB_BAD_QUICKLIST'],
    ['a node of zero bytes', quicklistValue(['']), 'RDB_BAD_QUICKLIST'],
    ['a packed node of zero bytes', quicklist2Value([{ packed: '' }]), 'RDB_BAD_QUICKLIST'],
    ['a plain node of zero bytes', quicklist2Value([{ plain: '' }]), 'RDB_BAD_QUICKLIST'],
    ['a damaged node', quicklistValue([ziplist(['a'], { count: 2 })]), 'RDB_BAD_ZIPLIST'],
    ['a damaged listpack', quicklist2Value([{ packed: listpack(['a'], { count: 2 }) }]), 'RDB_BAD_LISTPACK'],
  ])('%s', (_name, value, code) => {
    expect(codeOf(value)).toBe(code);
  });
});

describe('sets', () => {
  const members = ['setMember "1"', 'setMember "22"', 'setMember "333"'];

  it.each([
    ['plain', setValue(['1', intString(22, 8), '333'])],
    ['intset', blobValue(11, intset([1, 22, 333]))],
    ['compressed intset', blobValue(11, lzfString(intset([1, 22, 333])))],
    ['listpack', blobValue(20, listpack([1, '22', 333]))],
  ])('%s', (_name, value) => {
    expect(eventsOf(value)).toEqual(['setStart 3', ...members]);
  });

  it('given whole', () => {
    expect(eventsOf(blobValue(20, listpack([1])), { level: 'packed' })).toEqual([
      'setStart 1',
      expect.stringMatching(/^packed listpack "/),
    ]);
  });

  it('with an intset that is damaged', () => {
    expect(codeOf(blobValue(11, intset([2, 1])))).toBe('RDB_BAD_INTSET');
    expect(codeOf(blobValue(11, ''))).toBe('RDB_BAD_INTSET');
  });
});

describe('hashes', () => {
  const fields = ['hashStart 2', 'hashField "a" "1" null', 'hashField "22" "" null'];

  it.each([
    [
      'plain',
      hashValue([
        ['a', '1'],
        [intString(22, 8), ''],
      ]),
    ],
    [
      'zipmap',
      blobValue(
        9,
        zipmap([
          ['a', '1'],
          ['22', ''],
        ]),
      ),
    ],
    [
      'compressed zipmap',
      blobValue(
        9,
        lzfString(
          zipmap([
            ['a', '1'],
            ['22', ''],
          ]),
        ),
      ),
    ],
    ['ziplist', blobValue(13, ziplist(['a', 1, 22, '']))],
    ['listpack', blobValue(16, listpack(['a', '1', 22, '']))],
  ])('%s', (_name, value) => {
    expect(eventsOf(value)).toEqual(fields);
  });

  it('with compressed fields and values', () => {
    expect(
      eventsOf(
        hashValue([
          [lzfString('f'.repeat(99)), lzfString('v'.repeat(99))],
          ['x', lzfString('w'.repeat(99))],
        ]),
      ),
    ).toEqual([
      'hashStart 2',
      `hashField "${'f'.repeat(99)}" "${'v'.repeat(99)}" null`,
      `hashField "x" "${'w'.repeat(99)}" null`,
    ]);
  });

  it('with numbers only', () => {
    expect(eventsOf(blobValue(16, listpack([1, 2, 3, 4])))).toEqual([
      'hashStart 2',
      'hashField "1" "2" null',
      'hashField "3" "4" null',
    ]);
  });

  it.each([
    ['ziplist', blobValue(13, ziplist(['a']))],
    ['listpack', blobValue(16, listpack(['a', 'b', 'c']))],
  ])('%s without a last value', (_name, value) => {
    expect(codeOf(value)).toBe('RDB_BAD_HASH');
  });

  it('with an unknown number of entries', () => {
    expect(eventsOf(blobValue(16, listpack(['a', 1], { count: 65535 })))).toEqual([
      'hashStart -1',
      'hashField "a" "1" null',
    ]);
    expect(eventsOf(blobValue(9, zipmap([['a', 'b']], { count: 254 })))[0]).toBe('hashStart -1');
  });

  it('as a zipmap with lengths that servers refuse since 2025', () => {
    const value = blobValue(9, zipmap([['a', 'b']], { wideLengths: true }));
    expect(warningsOf(value)).toEqual(['RDB_ZIPMAP_LENGTH']);
    expect(codeOf(value, { strict: true })).toBe('RDB_ZIPMAP_LENGTH');
  });
});

describe('hashes whose fields expire', () => {
  const at = 1893456000000;
  const fields = ['hashStart 3', `hashField "a" "1" ${at}`, `hashField "b" "2" ${at + 5}`, 'hashField "c" "3" null'];
  const list = [
    ['a', '1', at],
    ['b', '2', at + 5],
    ['c', '3', null],
  ] as const;

  it.each([
    ['candidates, plain', hashMetadataPreGaValue(list), 12],
    ['candidates, listpack', blobValue(23, listpack(['a', '1', at, 'b', '2', at + 5, 'c', '3', 0])), 12],
    ['plain', hashMetadataValue(list), 12],
    ['listpack', hashListpackExValue(list), 12],
    ['Valkey', hash2Value(list), 80],
  ])('%s', (_name, value, version) => {
    expect(eventsOf(value, { version })).toEqual(fields);
  });

  it('with an earliest expiry of 1', () => {
    expect(
      eventsOf(
        hashMetadataValue([
          ['a', '1', 1],
          ['b', '2', 2],
        ]),
      ),
    ).toEqual(['hashStart 2', 'hashField "a" "1" 1', 'hashField "b" "2" 2']);
  });

  it('with compressed strings, for Valkey', () => {
    const value = hash2Value([[lzfString('f'.repeat(99)), lzfString('v'.repeat(99)), 7]]);
    expect(eventsOf(value, VALKEY)[1]).toBe(`hashField "${'f'.repeat(99)}" "${'v'.repeat(99)}" 7`);
  });

  const triplets = (...elements: Parameters<typeof listpack>[0]): RdbValue =>
    rawValue(25, concatBytes(new Uint8Array(8), new ByteWriter().str(listpack(elements)).toBytes()));

  it.each([
    ['one element too few', triplets('a', '1', 5, 'b', '2'), 'RDB_BAD_HASH'],
    ['two elements too few', triplets('a', '1', 5, 'b'), 'RDB_BAD_HASH'],
    ['a time that is text', triplets('a', '1', 'x'), 'RDB_BAD_FIELD_EXPIRY'],
    ['a negative time', triplets('a', '1', -1), 'RDB_BAD_FIELD_EXPIRY'],
    ['a time beyond 48 bits', triplets('a', '1', 2 ** 48), 'RDB_BAD_FIELD_EXPIRY'],
    ['a time of 64 bits', triplets('a', '1', 2n ** 62n), 'RDB_BAD_FIELD_EXPIRY'],
    ['times in descending order', triplets('a', '1', 6, 'b', '2', 5), 'RDB_BAD_FIELD_EXPIRY'],
    ['a time after a field without one', triplets('a', '1', 0, 'b', '2', 5), 'RDB_BAD_FIELD_EXPIRY'],
    [
      'an earliest expiry beyond 48 bits',
      hashListpackExValue([['a', '1', 5]], { minExpireMs: 2n ** 48n }),
      'RDB_BAD_FIELD_EXPIRY',
    ],
  ])('%s', (_name, value, code) => {
    expect(codeOf(value)).toBe(code);
  });

  it('with equal times', () => {
    expect(eventsOf(triplets('a', '1', 5, 'b', '2', 5, 'c', '3', 0, 'd', '4', 0))).toHaveLength(5);
  });
});

describe('sorted sets', () => {
  const INFINITY = Number.POSITIVE_INFINITY;

  it('with binary scores', () => {
    const scores = [1.5, -0, 0, INFINITY, -INFINITY, 5e-324, 1.7976931348623157e308, 0.1 + 0.2];
    expect(eventsOf(zset2Value(scores.map((score, i) => [`m${i}`, score] as const)))).toEqual([
      'zsetStart 8',
      ...scores.map((score, i) => `zsetMember "m${i}" ${Object.is(score, -0) ? '-0' : score}`),
    ]);
  });

  it('with scores as text', () => {
    const value = zsetValue([
      ['a', '1.5'],
      ['b', '-0'],
      ['c', 254],
      ['d', 255],
      ['e', '1e3'],
      ['f', '0.30000000000000004'],
      ['g', '17'],
    ]);
    expect(eventsOf(value).slice(1)).toEqual([
      'zsetMember "a" 1.5',
      'zsetMember "b" -0',
      'zsetMember "c" Infinity',
      'zsetMember "d" -Infinity',
      'zsetMember "e" 1000',
      'zsetMember "f" 0.30000000000000004',
      'zsetMember "g" 17',
    ]);
  });

  it.each([
    ['ziplist', blobValue(12, ziplist(['a', 1, 'b', '1.5', 'c', 'inf', 5, '-inf', 'e', 2n ** 60n]))],
    ['listpack', blobValue(17, listpack(['a', 1, 'b', '1.5', 'c', 'inf', 5, '-inf', 'e', 2n ** 60n]))],
  ])('%s', (_name, value) => {
    expect(eventsOf(value)).toEqual([
      'zsetStart 5',
      'zsetMember "a" 1',
      'zsetMember "b" 1.5',
      'zsetMember "c" Infinity',
      'zsetMember "5" -Infinity',
      `zsetMember "e" ${2 ** 60}`,
    ]);
  });

  it.each(['Inf', '+inf', 'INFINITY', '-Infinity', '1E5', '-1.25e-3', '+5', '.5', '5.'])(
    'with the score %s in a listpack',
    (score) => {
      const expected = Number(score.toLowerCase().replace(/^([+-]?)inf(inity)?$/, '$1Infinity'));
      expect(eventsOf(blobValue(17, listpack(['a', score])))[1]).toBe(`zsetMember "a" ${expected}`);
    },
  );

  it.each([
    ['NaN, binary', zset2Value([['a', Number.NaN]])],
    ['NaN, as a length', zsetValue([['a', 253]])],
    ['NaN, as text', zsetValue([['a', 'nan']])],
    ['no text', zsetValue([['a', '']])],
    ['text that is no number', zsetValue([['a', 'x1']])],
    ['a number with something after it', zsetValue([['a', '1x']])],
    ['NaN in a ziplist', blobValue(12, ziplist(['a', 'nan']))],
    ['nothing in a listpack', blobValue(17, listpack(['a', '']))],
    ['text in a listpack', blobValue(17, listpack(['a', 'b']))],
  ])('with a score of %s', (_name, value) => {
    expect(codeOf(value)).toBe('RDB_BAD_SCORE');
  });

  it('without a last score', () => {
    expect(codeOf(blobValue(17, listpack(['a', 1, 'b'])))).toBe('RDB_BAD_HASH');
    expect(codeOf(blobValue(12, ziplist(['a'])))).toBe('RDB_BAD_HASH');
  });
});

describe('a member or field that comes twice', () => {
  const at = 5;
  const cases: readonly (readonly [string, RdbValue, number])[] = [
    ['set', setValue(['a', 'b', 'a']), 16],
    ['set, once as integer', setValue(['5', intString(5, 8)]), 16],
    ['set as listpack', blobValue(20, listpack(['a', 5, '5'])), 16],
    [
      'hash',
      hashValue([
        ['a', '1'],
        ['a', '2'],
      ]),
      16,
    ],
    [
      'hash, compressed',
      hashValue([
        ['f'.repeat(100), '1'],
        [lzfString('f'.repeat(100)), '2'],
      ]),
      16,
    ],
    [
      'hash as zipmap',
      blobValue(
        9,
        zipmap([
          ['a', '1'],
          ['a', '1'],
        ]),
      ),
      16,
    ],
    ['hash as ziplist', blobValue(13, ziplist(['a', 1, 'a', 2])), 16],
    ['hash as listpack', blobValue(16, listpack(['a', 1, 'a', 2])), 16],
    [
      'sorted set',
      zsetValue([
        ['a', '1'],
        ['a', '2'],
      ]),
      16,
    ],
    [
      'sorted set, binary',
      zset2Value([
        ['a', 1],
        ['a', 1],
      ]),
      16,
    ],
    ['sorted set as ziplist', blobValue(12, ziplist(['a', 1, 'a', 2])), 16],
    ['sorted set as listpack', blobValue(17, listpack(['a', 1, 'a', 2])), 16],
    [
      'hash with expiry, candidates',
      hashMetadataPreGaValue([
        ['a', '1', at],
        ['a', '2', at],
      ]),
      16,
    ],
    [
      'hash with expiry',
      hashMetadataValue([
        ['a', '1', at],
        ['a', '2', at],
      ]),
      16,
    ],
    [
      'hash with expiry as listpack',
      hashListpackExValue([
        ['a', '1', at],
        ['a', '2', at],
      ]),
      16,
    ],
    [
      'hash of Valkey',
      hash2Value([
        ['a', '1', at],
        ['a', '2', at],
      ]),
      80,
    ],
  ];

  it.each(cases)('%s', (_name, value, version) => {
    expect(codeOf(value, { version })).toBe('none');
    expect(codeOf(value, { version, strict: true })).toBe('RDB_BAD_DUPLICATE');
  });

  it('is allowed in lists, and as value', () => {
    expect(codeOf(listValue(['a', 'a']), { strict: true })).toBe('none');
    expect(
      codeOf(
        hashValue([
          ['a', '1'],
          ['b', '1'],
        ]),
        { strict: true },
      ),
    ).toBe('none');
    expect(codeOf(blobValue(16, listpack(['a', 'b', 'b', 'a'])), { strict: true })).toBe('none');
  });
});

describe('arrays', () => {
  const MOST = 2n ** 64n - 2n;
  const shown = (payload: ArrayPayload): string | undefined => eventsOf(arrayValue([[3, payload]]))[1];

  it.each([
    ['a string', { string: 'abc' }, 'abc'],
    ['an empty string', { string: '' }, ''],
    ['a compressed string', { string: lzfString('z'.repeat(50)) }, 'z'.repeat(50)],
    ['a string that is an integer', { string: intString(-5, 8) }, '-5'],
    ['a short string', { short: '1234567' }, '1234567'],
    ['no string', { short: '' }, ''],
    ['an integer', { int: -5 }, '-5'],
    ['the lowest integer', { int: -(2n ** 63n) }, '-9223372036854775808'],
    ['the highest integer', { int: 2n ** 63n - 1n }, '9223372036854775807'],
    ['a whole double', { float: 1 }, '1.0'],
    ['a double', { float: 0.5 }, '0.5'],
    ['minus zero', { float: -0 }, '-0.0'],
    ['a negative double', { float: -12.75 }, '-12.75'],
  ])('%s', (_name, payload, text) => {
    expect(shown(payload as ArrayPayload)).toBe(`arrayElement 3 "${text}"`);
  });

  it('with indices to 2^64 − 2, and a cursor', () => {
    const value = arrayValue(
      [
        [0, { int: 1 }],
        [63, { int: 2 }],
        [2n ** 53n, { int: 3 }],
        [2n ** 53n + 1n, { int: 4 }],
        [MOST, { int: 5 }],
      ],
      { cursor: MOST },
    );
    expect(eventsOf(value)).toEqual([
      `arrayStart 5 ${MOST}`,
      'arrayElement 0 "1"',
      'arrayElement 63 "2"',
      `arrayElement ${2n ** 53n} "3"`,
      `arrayElement ${2n ** 53n + 1n} "4"`,
      `arrayElement ${MOST} "5"`,
    ]);
    expect(eventsOf(value, { level: 'packed' })).toEqual(eventsOf(value));
  });

  it.each([
    ['no elements', arrayValue([])],
    ['a cursor flag of 2', arrayValue([[0, { int: 1 }]], { cursorFlag: 2 })],
    ['an index of 2^64 − 1', arrayValue([[-1, { int: 1 }]])],
    ['a cursor of 2^64 − 1', arrayValue([[0, { int: 1 }]], { cursor: -1 })],
    [
      'a repeated index',
      arrayValue([
        [1, { int: 1 }],
        [1, { int: 1 }],
      ]),
    ],
    [
      'indices in descending order',
      arrayValue([
        [2n ** 60n, { int: 1 }],
        [5, { int: 1 }],
      ]),
    ],
    ['an unknown tag', arrayValue([[0, { tag: 4, bytes: new Uint8Array(0) }]])],
    ['a short string of 8 bytes', arrayValue([[0, { short: '12345678' }]])],
  ])('%s', (_name, value) => {
    expect(codeOf(value)).toBe('RDB_BAD_ARRAY');
  });
});

describe('modules', () => {
  it.each([
    ['an unknown opcode', moduleValue('AAAAAAAAA', 0, [{ opcode: 6, bytes: new Uint8Array(0) }])],
    ['an opcode of 2^40', moduleValue('AAAAAAAAA', 0, [{ opcode: 2 ** 40, bytes: new Uint8Array(0) }])],
  ])('%s', (_name, value) => {
    for (const level of ['skip', 'raw', 'packed', 'logical'] as const)
      expect(codeOf(value, { level })).toBe('RDB_BAD_MODULE');
  });

  it('longer than the limit', () => {
    const value = moduleValue('AAAAAAAAA', 0, new Array(100).fill({ uint: 5 }));
    expect(value.bytes).toHaveLength(210);
    for (const level of ['raw', 'packed', 'logical'] as const) {
      expect(codeOf(value, { level, maxStringBytes: 209 })).toBe('RDB_LIMIT');
      expect(codeOf(value, { level, maxStringBytes: 210 })).toBe('none');
    }
    expect(codeOf(value, { level: 'skip', maxStringBytes: 209 })).toBe('none');
  });
});

describe('streams', () => {
  const entries = [
    {
      id: '5-0',
      fields: [
        ['a', '1'],
        ['b', 2],
      ],
    },
    {
      id: '5-1',
      fields: [
        ['a', 'x'],
        ['b', ''],
      ],
    },
    { id: '6-0', fields: [['other', 'field']], deleted: true },
    {
      id: '7-3',
      fields: [
        [1, 2],
        ['a', 'y'],
        ['a', 'z'],
      ],
    },
    {
      id: '18446744073709551615-18446744073709551615',
      fields: [
        ['a', '3'],
        ['b', '4'],
      ],
    },
  ] as const;
  const spec: StreamSpec = {
    layout: 5,
    entries,
    groups: [
      {
        name: 'g',
        lastId: '7-3',
        entriesRead: 3,
        pending: [
          { id: '5-0', consumer: 'c', deliveredAtMs: 1000, deliveries: 1 },
          { id: '5-1', deliveredAtMs: 2000, deliveries: 2n ** 63n - 1n },
          { id: '7-3', consumer: 'd', deliveredAtMs: -1, deliveries: 0 },
        ],
        consumers: [
          { name: 'c', seenMs: 500, activeMs: -1 },
          { name: 'd', seenMs: 600, activeMs: 700 },
          { name: '', seenMs: 0 },
        ],
      },
      { name: '', lastId: '0-0', entriesRead: null },
    ],
    idmp: {
      durationSeconds: 86400,
      maxEntries: 10000,
      producers: [
        {
          id: 'p',
          entries: [
            ['i', '5-0'],
            ['', '18446744073709551615-18446744073709551615'],
          ],
        },
        { id: '', entries: [] },
      ],
      iidsAdded: 2n ** 60n,
      iidsDuplicates: 3,
    },
  };
  const idText = (id: string): string => id.replace('-', ' ');
  const entryEvents = [
    'streamStart',
    'streamEntry 5 0 2',
    'streamField "a" "1"',
    'streamField "b" "2"',
    'streamEntry 5 1 2',
    'streamField "a" "x"',
    'streamField "b" ""',
    'streamEntry 7 3 3',
    'streamField "1" "2"',
    'streamField "a" "y"',
    'streamField "a" "z"',
    'streamEntry 18446744073709551615 18446744073709551615 2',
    'streamField "a" "3"',
    'streamField "b" "4"',
  ];
  const U = 2n ** 64n - 1n;

  it.each([1, 2, 3, 4, 5] as const)('layout %i', (layout) => {
    const nacked = layout < 5 ? ['warning RDB_PENDING_NO_OWNER'] : [];
    const found = eventsOf(streamValue({ ...spec, layout })).map((line) =>
      line.startsWith('warning') ? line.split(' ').slice(0, 2).join(' ') : line,
    );
    expect(found).toEqual([
      ...entryEvents,
      layout === 1 ? `streamInfo 4 ${U} ${U} null null null null null 4` : `streamInfo 4 ${U} ${U} 5 0 6 0 5 4`,
      ...nacked,
      `streamGroup "g" 7 3 ${layout === 1 ? null : 3} 0`,
      `consumer "c" 500 ${layout < 3 ? null : -1}`,
      `consumer "d" 600 ${layout < 3 ? null : 700}`,
      `consumer "" 0 ${layout < 3 ? null : 0}`,
      `pending ${idText('5-0')} 1000 1 0`,
      `pending ${idText('5-1')} 2000 9223372036854775807 -1`,
      `pending ${idText('7-3')} -1 0 1`,
      'streamGroup "" 0 0 null 0',
      ...(layout < 4
        ? []
        : [
            `streamIdmp 86400 10000 ${2n ** 60n} 3`,
            'producer "p"',
            'message "i" 5 0',
            `message "" ${U} ${U}`,
            'producer ""',
          ]),
    ]);
  });

  it('in several nodes, compressed ones too', () => {
    const events = eventsOf(streamValue({ layout: 1, entries, entriesPerNode: 2 }));
    expect(events.slice(0, -1)).toEqual(entryEvents);
    const node = streamNode(entries.slice(0, 2));
    expect(
      eventsOf(
        streamValue({ layout: 1, nodes: [{ key: node.key, blob: lzfString(node.blob) }], length: 2, lastId: '5-1' }),
      ).slice(0, 7),
    ).toEqual(entryEvents.slice(0, 7));
  });

  it('with differences to the master ID that are negative or wrap around', () => {
    const apart = [
      { id: '10-100', fields: [['a', '1']] },
      { id: '11-0', fields: [['a', '2']] },
      { id: '9223372036854775808-5', fields: [['a', '3']] },
      { id: '18446744073709551615-0', fields: [['a', '4']] },
    ] as const;
    expect(
      eventsOf(streamValue({ layout: 2, entries: apart })).filter((line) => line.startsWith('streamEntry')),
    ).toEqual([
      'streamEntry 10 100 1',
      'streamEntry 11 0 1',
      'streamEntry 9223372036854775808 5 1',
      'streamEntry 18446744073709551615 0 1',
    ]);
  });

  it('at level packed', () => {
    const events = eventsOf(streamValue(spec), { level: 'packed' });
    expect(events[1]).toMatch(/^streamNode 5 0 "/);
    expect(events[2]).toBe(`streamInfo 4 ${U} ${U} 5 0 6 0 5 4`);
  });

  it('without entries', () => {
    expect(eventsOf(streamValue({ layout: 3, lastId: '5-5', entriesAdded: 7 }))).toEqual([
      'streamStart',
      'streamInfo 0 5 5 0 0 0 0 7 0',
    ]);
    // A node whose entries are all deleted is sound too.
    expect(eventsOf(streamValue({ layout: 3, entries: [{ id: '1-1', fields: [['a', 'b']], deleted: true }] }))).toEqual(
      ['streamStart', 'streamInfo 0 1 1 0 0 1 1 1 0'],
    );
  });

  const e = (id: string): { id: string; fields: [[string, string]] } => ({ id, fields: [['a', 'b']] });

  it.each([
    ['a length that is too large', { layout: 1, entries: [e('1-1')], length: 3 }, ['RDB_STREAM_LENGTH']],
    ['a length of 2^64 − 1', { layout: 1, entries: [e('1-1')], length: -1 }, ['RDB_STREAM_LENGTH']],
    ['a last ID that is too small', { layout: 1, entries: [e('5-5')], lastId: '5-4' }, ['RDB_STREAM_COUNTERS']],
    [
      'fewer entries added than there are',
      { layout: 2, entries: [e('1-1'), e('1-2')], entriesAdded: 1 },
      ['RDB_STREAM_COUNTERS'],
    ],
    [
      'more entries read than added',
      { layout: 2, entries: [e('1-1')], groups: [{ name: 'g', lastId: '1-1', entriesRead: 2 }] },
      ['RDB_STREAM_COUNTERS'],
    ],
    ['entries in descending order', { layout: 1, entries: [e('5-5'), e('5-4'), e('5-6')] }, ['RDB_STREAM_ORDER']],
    ['a repeated entry', { layout: 1, entries: [e('5-5'), e('5-5')] }, ['RDB_STREAM_ORDER']],
    ['the entry 0-0', { layout: 1, entries: [e('0-0'), e('0-1')] }, ['RDB_STREAM_ORDER']],
    [
      'an entry that two consumers claim',
      {
        layout: 3,
        entries: [e('1-1')],
        groups: [
          {
            name: 'g',
            lastId: '1-1',
            pending: [{ id: '1-1', consumer: 'a', deliveredAtMs: 1, deliveries: 1 }],
            consumers: [
              { name: 'a', seenMs: 1 },
              { name: 'b', seenMs: 1, alsoOwns: ['1-1'] },
            ],
          },
        ],
      },
      ['RDB_PENDING_TWO_OWNERS'],
    ],
    [
      'an entry that nobody claims',
      {
        layout: 3,
        entries: [e('1-1')],
        groups: [{ name: 'g', lastId: '1-1', pending: [{ id: '1-1', deliveredAtMs: 1, deliveries: 1 }] }],
      },
      ['RDB_PENDING_NO_OWNER'],
    ],
    [
      'an entry that was not handed back either',
      {
        layout: 5,
        entries: [e('1-1')],
        groups: [
          { name: 'g', lastId: '1-1', pending: [{ id: '1-1', deliveredAtMs: 1, deliveries: 1 }], handedBack: [] },
        ],
      },
      ['RDB_PENDING_NO_OWNER'],
    ],
  ] as const satisfies readonly (readonly [string, StreamSpec, readonly string[]])[])(
    '%s is odd',
    (_name, odd, codes) => {
      expect(warningsOf(streamValue(odd))).toEqual(codes);
      expect(codeOf(streamValue(odd), { strict: true })).toBe(codes[0]);
    },
  );

  const node = (elements: Parameters<typeof listpack>[0], id = '1-1'): StreamSpec => ({
    layout: 1,
    nodes: [{ key: streamIdBytes(id), blob: listpack(elements) }],
    length: 1,
    lastId: '9-9',
  });

  it('a node with wrong numbers of entries is odd', () => {
    expect(warningsOf(streamValue(node([2, 0, 1, 'a', 0, 2, 0, 0, 'v', 4])))).toEqual(['RDB_STREAM_NODE_COUNT']);
    expect(warningsOf(streamValue(node([1, 1, 1, 'a', 0, 2, 0, 0, 'v', 4])))).toEqual(['RDB_STREAM_NODE_COUNT']);
    expect(warningsOf(streamValue(node([1, 0, 1, 'a', 0, 2, 0, 0, 'v', 4])))).toEqual([]);
  });

  it.each([
    ['nothing', []],
    ['no number of deleted entries', [1]],
    ['no number of fields', [1, 0]],
    ['fewer fields than it says', [1, 0, 2, 'a']],
    ['2^40 fields', [1, 0, 2 ** 40, 'a', 0]],
    ['2^60 fields', [1, 0, 2n ** 60n, 'a', 0]],
    ['a negative number of entries', [-1, 0, 1, 'a', 0]],
    ['a negative number of deleted entries', [1, -1, 1, 'a', 0]],
    ['a negative number of fields', [1, 0, -1, 0]],
    ['a number of entries that is text', ['x', 0, 1, 'a', 0]],
    ['a master entry that does not end with 0', [1, 0, 1, 'a', 1]],
    ['an entry cut off after the flags', [1, 0, 1, 'a', 0, 2]],
    ['an entry cut off after the milliseconds', [1, 0, 1, 'a', 0, 2, 0]],
    ['an entry without its value', [1, 0, 1, 'a', 0, 2, 0, 0]],
    ['an entry without its length', [1, 0, 1, 'a', 0, 2, 0, 0, 'v']],
    ['flags that are text', [1, 0, 1, 'a', 0, 'x', 0, 0, 'v', 4]],
    ['milliseconds that are text', [1, 0, 1, 'a', 0, 2, 'x', 0, 'v', 4]],
    ['a sequence that is text', [1, 0, 1, 'a', 0, 2, 0, 'x', 'v', 4]],
    ['a length that is too small', [1, 0, 1, 'a', 0, 2, 0, 0, 'v', 3]],
    ['a length that is too large', [1, 0, 1, 'a', 0, 2, 0, 0, 'v', 5]],
    ['a length that is text', [1, 0, 1, 'a', 0, 2, 0, 0, 'v', 'x']],
    ['own fields, a number of them that is too large', [1, 0, 0, 0, 0, 0, 0, 9, 'f', 'v', 6]],
    ['own fields, a negative number', [1, 0, 0, 0, 0, 0, 0, -1, 4]],
    ['own fields, a number that is text', [1, 0, 0, 0, 0, 0, 0, 'x', 'f', 'v', 6]],
    ['own fields, without the last value', [1, 0, 0, 0, 0, 0, 0, 1, 'f']],
    ['something after the last entry', [1, 0, 1, 'a', 0, 2, 0, 0, 'v', 4, 2]],
  ])('a node with %s is refused', (_name, elements) => {
    expect(codeOf(streamValue(node(elements)))).toBe('RDB_BAD_STREAM');
  });

  const group = (bytes: ByteWriter): RdbValue =>
    rawValue(
      21,
      new ByteWriter().len(0).len(0).len(0).len(0).len(0).len(0).len(0).len(0).len(0).len(1).raw(bytes.toBytes()),
    );
  const id = (text: string): Uint8Array => streamIdBytes(text);
  const groupHead = (): ByteWriter => new ByteWriter().str('g').len(0).len(0).len(0);

  it.each([
    [
      'a key of 15 bytes',
      streamValue({ layout: 1, nodes: [{ key: new Uint8Array(15), blob: listpack([1, 0, 0, 0]) }] }),
    ],
    [
      'a key of 17 bytes',
      streamValue({ layout: 1, nodes: [{ key: new Uint8Array(17), blob: listpack([1, 0, 0, 0]) }] }),
    ],
    ['entries without nodes', streamValue({ layout: 1, length: 1 })],
    ['2^64 − 1 entries without nodes', streamValue({ layout: 1, length: -1 })],
    ['a key that comes twice', streamValue({ layout: 1, nodes: [streamNode([e('1-1')]), streamNode([e('1-1')])] })],
    [
      'a key that comes again later',
      streamValue({ layout: 1, nodes: [streamNode([e('1-1')]), streamNode([e('2-1')]), streamNode([e('1-1')])] }),
    ],
    [
      'two groups of one name',
      streamValue({
        layout: 1,
        groups: [
          { name: 'g', lastId: '0-0' },
          { name: 'g', lastId: '0-0' },
        ],
      }),
    ],
    [
      'two consumers of one name',
      streamValue({
        layout: 1,
        groups: [
          {
            name: 'g',
            lastId: '0-0',
            consumers: [
              { name: 'c', seenMs: 0 },
              { name: 'c', seenMs: 0 },
            ],
          },
        ],
      }),
    ],
    [
      'a consumer with an unknown entry',
      streamValue({
        layout: 1,
        groups: [{ name: 'g', lastId: '0-0', consumers: [{ name: 'c', seenMs: 0, alsoOwns: ['1-1'] }] }],
      }),
    ],
    [
      'a consumer with an entry twice',
      streamValue({
        layout: 1,
        groups: [
          {
            name: 'g',
            lastId: '0-0',
            pending: [{ id: '1-1', consumer: 'c', deliveredAtMs: 0, deliveries: 1 }],
            consumers: [{ name: 'c', seenMs: 0, alsoOwns: ['1-1'] }],
          },
        ],
      }),
    ],
    [
      'pending entries in descending order',
      group(groupHead().len(2).raw(id('2-0')).u64(0).len(0).raw(id('1-0')).u64(0).len(0).len(0)),
    ],
    [
      'a repeated pending entry',
      group(groupHead().len(2).raw(id('1-0')).u64(0).len(0).raw(id('1-0')).u64(0).len(0).len(0)),
    ],
    [
      'an entry handed back that is not pending',
      streamValue({ layout: 5, groups: [{ name: 'g', lastId: '0-0', handedBack: ['1-1'] }] }),
    ],
    [
      'an entry handed back that a consumer has',
      streamValue({
        layout: 5,
        groups: [
          {
            name: 'g',
            lastId: '0-0',
            pending: [{ id: '1-1', consumer: 'c', deliveredAtMs: 0, deliveries: 1 }],
            consumers: [{ name: 'c', seenMs: 0 }],
            handedBack: ['1-1'],
          },
        ],
      }),
    ],
    [
      'an idempotency period of 0',
      streamValue({
        layout: 4,
        idmp: { durationSeconds: 0, maxEntries: 1, producers: [], iidsAdded: 0, iidsDuplicates: 0 },
      }),
    ],
    [
      'an idempotency period of more than a day',
      streamValue({
        layout: 4,
        idmp: { durationSeconds: 86401, maxEntries: 1, producers: [], iidsAdded: 0, iidsDuplicates: 0 },
      }),
    ],
    [
      'an idempotency table of 0 entries',
      streamValue({
        layout: 4,
        idmp: { durationSeconds: 1, maxEntries: 0, producers: [], iidsAdded: 0, iidsDuplicates: 0 },
      }),
    ],
    [
      'an idempotency table of 10001 entries',
      streamValue({
        layout: 4,
        idmp: { durationSeconds: 1, maxEntries: 10001, producers: [], iidsAdded: 0, iidsDuplicates: 0 },
      }),
    ],
  ])('%s', (_name, value) => {
    expect(codeOf(value)).toBe('RDB_BAD_STREAM');
  });

  it('with many pending entries and consumers', () => {
    const ids = Array.from({ length: 5000 }, (_, i) => `${1 + Math.floor(i / 3)}-${i % 3}`);
    const value = streamValue({
      layout: 3,
      entries: [e('9999-0')],
      groups: [
        {
          name: 'g',
          lastId: '9999-0',
          pending: ids.map((one, i) => ({ id: one, consumer: `c${i % 7}`, deliveredAtMs: i, deliveries: i })),
          consumers: Array.from({ length: 7 }, (_, i) => ({ name: `c${i}`, seenMs: i })),
        },
      ],
    });
    const pending = readWhole(fileOf(value, { version: 16 }))
      .events.split('\n')
      .filter((line) => line.startsWith('pending'));
    expect(pending).toEqual(ids.map((one, i) => `pending ${idText(one)} ${i} ${i} ${i % 7}`));
  });
});

describe('without elements', () => {
  it.each([
    ['list', listValue([])],
    ['quicklist', quicklistValue([])],
    ['quicklist of empty nodes', quicklistValue([ziplist([]), ziplist([])])],
    ['quicklist 2 of empty nodes', quicklist2Value([{ packed: listpack([]) }])],
    ['set', setValue([])],
    ['set as listpack', blobValue(20, listpack([]))],
    ['hash', hashValue([])],
    ['hash as ziplist', blobValue(13, ziplist([]))],
    ['hash as listpack', blobValue(16, listpack([]))],
    ['sorted set', zset2Value([])],
    ['sorted set as listpack', blobValue(17, listpack([]))],
    ['hash with expiry', hashMetadataValue([])],
    ['hash with expiry as listpack', hashListpackExValue([])],
    ['hash with expiry as listpack, candidates', blobValue(23, listpack([]))],
  ])('%s is odd, and said so at every level but skip', (_name, value) => {
    for (const level of ['raw', 'packed', 'logical'] as const) {
      const events = eventsOf(value, { level });
      expect(events.slice(-2)).toEqual([expect.stringMatching(/^warning RDB_EMPTY_KEY /), 'emptyValue']);
    }
    expect(eventsOf(value, { level: 'skip' })).toEqual([]);
    expect(eventsOf(value, { level: 'raw', rawBytes: 1 }).at(-1)).toBe('emptyValue');
  });

  it.each([
    ['an intset', blobValue(11, intset([])), 'RDB_BAD_INTSET'],
    ['a zipmap', blobValue(9, fromHex('00ff')), 'RDB_BAD_ZIPMAP'],
    ['an array', arrayValue([]), 'RDB_BAD_ARRAY'],
  ])('%s is refused', (_name, value, code) => {
    expect(codeOf(value)).toBe(code);
  });
});
