import {
  ByteWriter,
  blobValue,
  bloom2Value,
  bloomValue,
  countMinValue,
  cuckooValue,
  DragonflyRecords,
  type DragonflyTime,
  dragonflyFile,
  dragonflyHashValue,
  dragonflyJsonValue,
  dragonflySetValue,
  intString,
  listpack,
  lzfString,
  moduleValue,
  type RdbValue,
  rawValue,
  stringValue,
  topKValue,
} from '@rdbkit/testkit';
import { describe, expect, it } from 'vitest';
import { EventLog, readWhole, showPart } from '../testing/event-log.ts';
import { errorOf, linesOf } from '../testing/lines.ts';
import { readDump, writeDumpFooter } from './dump-payload.ts';
import type { RdbOptions } from './options.ts';

const LATER = 1_893_456_000_000;

function fileOf(value: RdbValue): Uint8Array {
  return dragonflyFile(new DragonflyRecords().selectDb(0).key('k', value));
}

/** The calls for the value of the only key. */
function callsOf(value: RdbValue, options: RdbOptions = {}): string[] {
  const lines = linesOf(fileOf(value), options);
  return lines.slice(lines.findIndex((line) => line.startsWith('key ')) + 1, lines.indexOf('keyEnd'));
}

function faultOf(value: RdbValue, options: RdbOptions = {}): string {
  const { code, error } = errorOf(fileOf(value), options);
  expect(error).toMatchObject({ path: { db: 0, key: Uint8Array.of(0x6b) } });
  return code;
}

describe('JSON', () => {
  it('is delivered as the value of the module RedisJSON', () => {
    const [call] = callsOf(dragonflyJsonValue('{"a":[1,null]}'));
    const value = moduleValue('ReJSON-RL', 3, [{ string: '{"a":[1,null]}' }]);
    expect(call).toBe(`module ReJSON-RL 3 ${showPart(value.bytes)}`);
  });

  it('keeps the encoding of the string', () => {
    const text = JSON.stringify({ text: 'na'.repeat(100) });
    const [plain] = callsOf(dragonflyJsonValue(text));
    const [packed] = callsOf(dragonflyJsonValue(lzfString(text)));
    expect(packed?.length).toBeLessThan(plain?.length ?? 0);
    expect(packed).toContain('\\x05\\xc3');
    expect(callsOf(dragonflyJsonValue(intString(7, 8)))[0]).toMatch(/\\x05\\xc0\\x07\\x00"$/);
  });

  it('was type 20 before version 10, which is a set later', () => {
    expect(callsOf(dragonflyJsonValue('[]', 20))[0]).toMatch(/^module ReJSON-RL 3 .*\\x05\\x02\[\]\\x00"$/);
    const version = 11;
    const blob = blobValue(20, listpack(['a', 'b']));
    const payload = new Uint8Array(1 + blob.bytes.length + 10);
    payload[0] = blob.typeCode;
    payload.set(blob.bytes, 1);
    writeDumpFooter(payload, payload.length - 10, 0, version);
    const log = new EventLog();
    readDump(payload, log, { dialect: 'dragonfly' });
    expect(log.lines).toContain('setMember "a"');
  });
});

describe('members and fields that expire', () => {
  it('a hash: times count from 2023', () => {
    expect(
      callsOf(
        dragonflyHashValue([
          ['f', 'v', LATER],
          ['g', lzfString('w'.repeat(50)), null],
          ['h', '', { text: '0' }],
          ['i', intString(-5, 8), { text: intString(60, 8) }],
          ['j', 'x', { text: intString(1000, 16) }],
          ['l', 'y', { text: intString(-1, 32) }],
        ]),
      ),
    ).toEqual([
      'hashStart 6',
      `hashField "f" "v" ${LATER}`,
      `hashField "g" "${'w'.repeat(50)}" null`,
      'hashField "h" "" 1675209600000',
      'hashField "i" "-5" 1675209660000',
      'hashField "j" "x" 1675210600000',
      'hashField "l" "y" null',
    ]);
  });

  it('a set', () => {
    expect(
      callsOf(
        dragonflySetValue([
          ['a', LATER],
          [intString(12345, 16), null],
          ['', { text: intString(0, 8) }],
        ]),
      ),
    ).toEqual(['setStart 3', `setMember "a" ${LATER}`, 'setMember "12345"', 'setMember "" 1675209600000']);
  });

  it.each<[string, RdbValue, string[]]>([
    ['set', dragonflySetValue([]), ['setStart 0']],
    ['hash', dragonflyHashValue([]), ['hashStart 0']],
  ])('an empty %s is reported', (_name, value, calls) => {
    const lines = callsOf(value);
    expect(lines.slice(0, 1)).toEqual(calls);
    expect(lines[1]).toMatch(/^warning RDB_EMPTY_KEY /);
  });

  it.each<[string, DragonflyTime]>([
    ['before 1970', { text: '-1675209601' }],
    ['beyond 48 bits of milliseconds', { text: '281474976711' }],
    ['no number', { text: 'soon' }],
    ['empty', { text: '' }],
    ['long', { text: '1'.repeat(30) }],
    ['a fraction', { text: '1.5' }],
  ])('a time that is impossible: %s', (_name, time) => {
    expect(faultOf(dragonflySetValue([['a', time]]))).toBe('RDB_BAD_FIELD_EXPIRY');
    expect(faultOf(dragonflyHashValue([['a', 'b', time]]))).toBe('RDB_BAD_FIELD_EXPIRY');
  });

  it('a member twice is an error when strict', () => {
    const twice = dragonflySetValue([
      ['a', null],
      ['a', null],
    ]);
    expect(callsOf(twice)).toHaveLength(3);
    expect(faultOf(twice, { strict: true })).toBe('RDB_BAD_DUPLICATE');
    const hash = dragonflyHashValue([
      ['a', '1', null],
      ['a', '2', null],
    ]);
    expect(faultOf(hash, { strict: true })).toBe('RDB_BAD_DUPLICATE');
  });
});

describe('filters and sketches are handed over as they stand', () => {
  const bits = Uint8Array.from({ length: 300 }, (_, i) => (i * 37) & 0xff);
  const opaque: [string, RdbValue][] = [
    ['SBF', bloomValue([bits, bits.slice(0, 64)])],
    ['SBF2', bloom2Value([bits, bits.slice(0, 64)], 100)],
    ['CMS', countMinValue(4, 3, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])],
    [
      'TOPK',
      topKValue(
        3,
        [
          ['a', 5],
          ['b', 2],
        ],
        { width: 4, depth: 2, counters: bits.slice(0, 32) },
      ),
    ],
    ['cuckoo', cuckooValue([bits, bits.slice(0, 16)], 128)],
  ];

  it.each(opaque)('%s, at every level', (_name, value) => {
    const file = fileOf(value);
    const shown = callsOf(value);
    expect(shown).toHaveLength(1);
    for (const level of ['raw', 'packed', 'logical'] as const) {
      const { events } = readWhole(file, { level });
      expect(events.split('\n')).toContain(shown[0]);
    }
    const skipped = readWhole(file, { level: 'skip' });
    expect(skipped.error).toBeNull();
    expect(skipped.events).not.toContain('\nraw ');
    // Behind the value the next key is found.
    const two = dragonflyFile(new DragonflyRecords().key('k', value).key('l', stringValue('v')));
    for (const level of ['raw', 'skip'] as const) expect(readWhole(two, { level }).events).toMatch(/\nkey 0 0 "l" /);
  });

  it.each(opaque)('%s above a limit', (_name, value) => {
    const { code } = errorOf(fileOf(value), { maxStringBytes: 40 });
    expect(code).toBe('RDB_LIMIT');
  });

  const len = (...numbers: number[]): ByteWriter => {
    const out = new ByteWriter();
    for (const number of numbers) out.len(number);
    return out;
  };

  it.each<[string, RdbValue]>([
    ['a piece longer than the filter', rawValue(37, len(2, 20, 1, 8, 3, 0, 1, 4, 5).raw('12345'))],
    ['a piece of nothing', rawValue(37, len(2, 20, 1, 8, 3, 0, 1, 4, 0))],
    ['a sketch without counters', rawValue(35, len(0, 3, 0))],
    ['a sketch of too many', rawValue(35, len(2 ** 31, 2 ** 31, 0))],
    [
      'more items than k',
      topKValue(
        1,
        [
          ['a', 5],
          ['b', 2],
        ],
        { width: 1, depth: 1, counters: bits.slice(0, 4) },
      ),
    ],
    ['too few counters', topKValue(2, [['a', 5]], { width: 2, depth: 1, counters: bits.slice(0, 4) })],
  ])('%s', (_name, value) => {
    expect(faultOf(value)).toBe('RDB_BAD_FILTER');
  });
});
