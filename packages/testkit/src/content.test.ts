import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import {
  type CompareOptions,
  type Content,
  compareContent,
  encodeBytes,
  type KeyRecord,
  type StreamRecord,
  withoutExpired,
} from './content.ts';

const b = (text: string): string => Buffer.from(text).toString('base64');

function keyOf(type: string, value: KeyRecord['value'], more: Partial<KeyRecord> = {}): KeyRecord {
  return { db: 0, key: b('k'), type, expireAtMs: null, value, ...more };
}

const contentOf = (...records: KeyRecord[]): Content => ({ records, functions: [] });

function differences(expected: KeyRecord, actual: KeyRecord, options: CompareOptions = {}): string[] {
  return compareContent(contentOf(expected), contentOf(actual), options);
}

const stream: StreamRecord = {
  length: 2,
  lastId: '2-0',
  entriesAdded: 3,
  entries: [
    ['1-0', [b('f'), b('v')]],
    ['2-0', [b('f'), b('w')]],
  ],
  groups: [
    {
      name: b('g'),
      lastId: '2-0',
      entriesRead: 2,
      pending: [
        { id: '1-0', consumer: b('c'), deliveredMs: 1000, deliveries: 1 },
        { id: '1-5', consumer: b('c'), deliveredMs: 1000, deliveries: 1 },
      ],
      consumers: [
        { name: b('c'), seenMs: 1000, activeMs: 900, pending: ['1-0', '1-5'] },
        { name: b('idle'), seenMs: 1000, activeMs: -1, pending: [] },
      ],
    },
  ],
};

describe('comparing contents finds', () => {
  const cases: [string, KeyRecord, KeyRecord, RegExp][] = [
    ['another type', keyOf('string', b('1')), keyOf('list', [b('1')]), /type: expected "string", found "list"/],
    ['another string', keyOf('string', b('1')), keyOf('string', b('2')), /value/],
    ['another order in a list', keyOf('list', [b('1'), b('2')]), keyOf('list', [b('2'), b('1')]), /value/],
    ['a missing expiry', keyOf('string', b('1'), { expireAtMs: 5 }), keyOf('string', b('1')), /expireAtMs/],
    [
      'an expiry a millisecond off',
      keyOf('string', '', { expireAtMs: 5 }),
      keyOf('string', '', { expireAtMs: 6 }),
      /expireAtMs/,
    ],
    [
      'an approximate expiry a second off',
      keyOf('string', '', { expireAtMs: 5000 }),
      keyOf('string', '', { expireAtMs: { approximately: 6000 } }),
      /expireAtMs/,
    ],
    ['a field that lost its expiry', keyOf('hash', [[b('f'), b('v'), 7]]), keyOf('hash', [[b('f'), b('v')]]), /value/],
    ['another score', keyOf('zset', [[b('m'), '1']]), keyOf('zset', [[b('m'), '1.0000000000000002']]), /value/],
    [
      'the sign of a zero where both sides keep it',
      keyOf('zset', [[b('m'), '-0']], { rdbType: 5 }),
      keyOf('zset', [[b('m'), '0']], { rdbType: 5 }),
      /value/,
    ],
    [
      'another count of deliveries',
      keyOf('stream', stream),
      keyOf('stream', withPending({ deliveries: 2 })),
      /deliveries/,
    ],
    [
      'another time of delivery',
      keyOf('stream', stream),
      keyOf('stream', withPending({ deliveredMs: 2 })),
      /delivery times/,
    ],
    ['another owner', keyOf('stream', stream), keyOf('stream', withPending({ consumer: b('idle') })), /pending/],
    ['other counters', keyOf('stream', stream), keyOf('stream', { ...stream, entriesAdded: 4 }), /entriesAdded/],
    ['lost frequency', keyOf('string', '', { frequency: 9 }), keyOf('string', ''), /frequency/],
  ];

  function withPending(change: object): StreamRecord {
    const [group] = stream.groups;
    if (group === undefined) return stream;
    return { ...stream, groups: [{ ...group, pending: group.pending.map((entry) => ({ ...entry, ...change })) }] };
  }

  it.each(cases)('%s', (_name, expected, actual, pattern) => {
    expect(differences(expected, actual).join('\n')).toMatch(pattern);
    expect(differences(expected, expected)).toEqual([]);
    expect(differences(actual, actual)).toEqual([]);
  });

  it('keys that are missing or too many, and functions', () => {
    const one = keyOf('string', b('1'));
    const other = { ...one, db: 1 };
    const library = { name: 'l', engine: 'LUA', description: null, code: b('code') };
    expect(compareContent(contentOf(one), contentOf(other))).toEqual([
      'db 0 key "k": missing',
      'db 1 key "k": not expected',
    ]);
    expect(compareContent({ records: [], functions: [library] }, contentOf())[0]).toMatch(/^functions/);
    expect(compareContent({ records: [], functions: [library] }, contentOf(), { ignore: ['functions'] })).toEqual([]);
  });
});

describe('comparing contents leaves out', () => {
  it('the form of a score, and the sign of a zero in packed encodings', () => {
    const pairs = (scores: string[]): KeyRecord =>
      keyOf(
        'zset',
        scores.map((score, i) => [b(`m${i}`), score] as const),
      );
    expect(differences(pairs(['1e3', 'inf', '-0']), pairs(['1000', '+Infinity', '0']))).toEqual([]);
  });

  it('what it is told to', () => {
    const changed: StreamRecord = {
      ...stream,
      entriesAdded: 99,
      groups: stream.groups.map((group) => ({
        ...group,
        entriesRead: null,
        pending: [{ id: '1-0', consumer: b('c'), deliveredMs: 5, deliveries: 7 }],
        consumers: [{ name: b('c'), seenMs: 5, activeMs: 6, pending: ['1-0'] }],
      })),
    };
    expect(differences(keyOf('stream', stream), keyOf('stream', changed))).not.toEqual([]);
    const ignore = [
      'entriesAdded',
      'entriesRead',
      'pendingTimes',
      'orphanedPending',
      'consumerTimes',
      'idleConsumers',
    ] as const;
    expect(differences(keyOf('stream', stream), keyOf('stream', changed), { ignore })).toEqual([]);
  });

  it('what has expired', () => {
    const records: KeyRecord[] = [
      keyOf('string', '', { key: b('past'), expireAtMs: 10 }),
      keyOf('hash', [[b('f'), b('v'), 10]], { key: b('all fields past') }),
      keyOf(
        'hash',
        [
          [b('f'), b('v'), 10],
          [b('g'), b('v')],
        ],
        { key: b('one field past') },
      ),
    ];
    expect(withoutExpired(records, 10)).toEqual([keyOf('hash', [[b('g'), b('v')]], { key: b('one field past') })]);
  });
});

it('a long string is written as its length and digest', () => {
  expect(encodeBytes('x'.repeat(8192))).toHaveLength(10924);
  expect(encodeBytes('x'.repeat(8193))).toMatchObject({
    length: 8193,
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
});
