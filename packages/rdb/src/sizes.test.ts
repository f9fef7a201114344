// The level `sizes`: what of a value comes without its bytes, and that nothing else is different from `packed`.
import {
  arrayValue,
  eachVector,
  type GroupSpec,
  hash2Value,
  hashMetadataValue,
  hashValue,
  intString,
  listpack,
  listValue,
  listVectors,
  lzfString,
  moduleValue,
  quicklist2Value,
  RdbBuilder,
  type RdbValue,
  setValue,
  streamValue,
  stringValue,
  zset2Value,
  zsetValue,
} from '@rdbkit/testkit';
import { describe, expect, it } from 'vitest';
import { type Outcome, readInSteps, readWhole } from '../testing/event-log.ts';
import { MAX_SIZED_BYTES } from './visitor.ts';

const LONG = 'x'.repeat(MAX_SIZED_BYTES + 1);
const SHORT = 'y'.repeat(MAX_SIZED_BYTES);

function linesFrom({ events, error }: Outcome): string[] {
  expect(error).toBeNull();
  return events.split('\n');
}

function linesOf(value: RdbValue, magic?: string, version = 16): string[] {
  const file = new RdbBuilder(magic === undefined ? { version } : { magic: Buffer.from(magic) })
    .key('k', value)
    .key('after', stringValue('v'))
    .finish();
  const whole = linesFrom(readWhole(file, { level: 'sizes' }));
  expect(linesFrom(readInSteps(file, 1, { level: 'sizes' }))).toEqual(whole);
  expect(whole.slice(-3, -1)).toEqual(['string "v"', 'keyEnd']);
  return whole.slice(2, -5);
}

describe('without bytes', () => {
  it.each<[string, RdbValue, string[]]>([
    ['a long string', stringValue(LONG), ['string (1025 bytes)']],
    ['a short one', stringValue(SHORT), [`string "${SHORT}"`]],
    ['an integer', stringValue(intString(-70_000, 32)), ['string "-70000"']],
    ['a compressed string', stringValue(lzfString(Buffer.from('a'.repeat(100)))), ['string (100 bytes)']],
    [
      'elements of a list',
      listValue(['a', LONG, 'b']),
      ['listStart 3', 'listElement "a"', 'listElement (1025 bytes)', 'listElement "b"'],
    ],
    ['members of a set', setValue([LONG, 'a']), ['setStart 2', 'setMember (1025 bytes)', 'setMember "a"']],
    [
      'fields and values of a hash',
      hashValue([
        ['f', LONG],
        [LONG, 'v'],
        [LONG, LONG],
      ]),
      [
        'hashStart 3',
        'hashField "f" (1025 bytes) null',
        'hashField (1025 bytes) "v" null',
        'hashField (1025 bytes) (1025 bytes) null',
      ],
    ],
    ['members of a sorted set', zset2Value([[LONG, 1]]), ['zsetStart 1', 'zsetMember (1025 bytes) 1']],
    ['with scores as text', zsetValue([[LONG, '2.5']]), ['zsetStart 1', 'zsetMember (1025 bytes) 2.5']],
    [
      'fields that expire',
      hashMetadataValue([[LONG, LONG, 5]]),
      ['hashStart 1', 'hashField (1025 bytes) (1025 bytes) 5'],
    ],
    [
      'an unpacked node of a list',
      quicklist2Value([{ plain: LONG }]),
      ['listStart -1', 'packed quicklist-plain (1025 bytes)'],
    ],
  ])('%s', (_, value, expected) => {
    expect(linesOf(value)).toEqual(expected);
  });

  it('fields that expire in Valkey', () => {
    const value = hash2Value([[LONG, LONG, 5]]);
    expect(linesOf(value, 'VALKEY080')).toEqual(['hashStart 1', 'hashField (1025 bytes) (1025 bytes) 5']);
  });

  it('a module', () => {
    const value = moduleValue('ReJSON-RL', 3, [{ string: LONG }, { uint: 5 }]);
    expect(linesOf(value)).toEqual([`module ReJSON-RL 3 (${value.bytes.length} bytes)`]);
  });

  it('an array', () => {
    const [start, element] = linesOf(arrayValue([[0, { string: LONG }]]));
    expect([start, element]).toEqual(['arrayStart 1 null', 'arrayElement 0 (1025 bytes)']);
  });

  it('but not a packed blob, however long', () => {
    expect(linesOf(quicklist2Value([{ packed: listpack([LONG]) }]))[1]).toMatch(/^packed quicklist-listpack ".{1025}/);
  });
});

describe('a consumer group', () => {
  const group = (spec: Partial<GroupSpec>): RdbValue =>
    streamValue({ layout: 3, lastId: '9-0', groups: [{ name: 'g', lastId: '9-0', entriesRead: 0, ...spec }] });
  const delivered = { deliveredAtMs: 1000, deliveries: 2 };
  const linesOfGroup = (spec: Partial<GroupSpec>): string[] =>
    linesOf(group(spec)).filter((line) => !/^stream(Start|Info)/.test(line));

  it('comes in parts', () => {
    const spec = {
      pending: [
        { id: '5-0', consumer: 'a', ...delivered },
        { id: '5-1', consumer: 'b', ...delivered },
        { id: '7-18446744073709551615', consumer: 'a', ...delivered },
      ],
      consumers: [
        { name: 'a', seenMs: 1, activeMs: 2 },
        { name: 'b', seenMs: 3, activeMs: -1 },
      ],
    } as const;
    expect(linesOfGroup(spec)).toEqual([
      'streamGroupStart "g" 9 0 0',
      'streamPending 5 0 1000',
      'streamPending 5 1 1000',
      'streamPending 7 18446744073709551615 1000',
      'streamConsumer "a" 1 2',
      'streamOwned 5 0',
      'streamOwned 7 18446744073709551615',
      'streamConsumer "b" 3 -1',
      'streamOwned 5 1',
      'streamGroupEnd',
    ]);
  });

  it('whose entries have no owner, or two, shows it by their numbers', () => {
    const pending = [{ id: '5-0', ...delivered }] as const;
    expect(linesOfGroup({ pending }).join()).toContain('warning RDB_PENDING_NO_OWNER');
    const consumers = ['a', 'b'].map((name) => ({ name, seenMs: 1, alsoOwns: ['5-0' as const] }));
    expect(linesOfGroup({ pending, consumers }).join()).toContain('warning RDB_PENDING_TWO_OWNERS');
  });

  it('whose entries are out of order is refused', () => {
    const pending = ['5-1', '5-0'].map((id) => ({ id: id as '5-0', consumer: 'a', ...delivered }));
    const file = new RdbBuilder({ version: 11 }).key('k', group({ pending, consumers: [{ name: 'a', seenMs: 1 }] }));
    expect(readWhole(file.finish(), { level: 'sizes' }).error?.code).toBe('RDB_BAD_STREAM');
  });
});

/** Groups as they come at the level `sizes`: without what is told of them as a whole. */
function groupsInParts(lines: readonly string[]): string[] {
  const parts: string[] = [];
  for (let i = 0; i < lines.length; i++) {
    const head = /^(streamGroup .*) \d+$/.exec(lines[i] ?? '');
    if (head === null) {
      parts.push(lines[i] ?? '');
      continue;
    }
    parts.push(head[1]?.replace('streamGroup', 'streamGroupStart') ?? '');
    const consumers: string[] = [];
    for (; lines[i + 1]?.startsWith('consumer ') === true; i++)
      consumers.push((lines[i + 1] ?? '').replace('consumer', 'streamConsumer'));
    const owned: string[][] = consumers.map(() => []);
    for (; lines[i + 1]?.startsWith('pending ') === true; i++) {
      const [, id, time, owner] = /^pending (\d+ \d+) (\d+) \d+ (-?\d+)$/.exec(lines[i + 1] ?? '') ?? [];
      parts.push(`streamPending ${id} ${time}`);
      owned[Number(owner)]?.push(`streamOwned ${id}`);
    }
    for (const [n, consumer] of consumers.entries()) parts.push(consumer, ...(owned[n] ?? []));
    parts.push('streamGroupEnd');
  }
  return parts;
}

describe('the same as packed otherwise', () => {
  const vectors = listVectors('test-vectors').filter((vector) => !vector.name.endsWith('/redis-4.0-rc1/modules'));
  it.each(eachVector(vectors))('%s', (_, vector) => {
    const bytes = vector.read();
    const sizes = linesFrom(readWhole(bytes, { level: 'sizes' }));
    const packed = groupsInParts(linesFrom(readWhole(bytes, { level: 'packed' })));
    const different = sizes.filter((line, i) => line !== packed[i] && !/\(\d+ bytes\)/.test(line));
    expect(different).toEqual([]);
    expect(sizes.length).toBe(packed.length);
  });
});
