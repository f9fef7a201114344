import { Crc64 } from '@rdbkit/bytes';
import {
  arrayValue,
  blobValue,
  concatBytes,
  dumpPayload,
  eachVector,
  fromHex,
  hash2Value,
  hashMetadataPreGaValue,
  hashMetadataValue,
  hashValue,
  intset,
  keyMetadata,
  listpack,
  listValue,
  listVectors,
  moduleValue,
  quicklist2Value,
  quicklistValue,
  type RdbValue,
  rawValue,
  setValue,
  stringValue,
  templateArrayRefValue,
  templateListpackRefValue,
  templateListpackValue,
  ziplist,
  zset2Value,
} from '@rdbkit/testkit';
import { describe, expect, it } from 'vitest';
import { EventLog, outcomeOf } from '../testing/event-log.ts';
import { DUMP_FOOTER_BYTES, readDump, readRawValue, writeDumpFooter, writeSummedDumpFooter } from './dump-payload.ts';
import { RdbChecksumError, RdbFormatError, RdbTruncatedError, RdbUnsupportedError } from './errors.ts';
import type { RdbOptions } from './options.ts';
import { readRdbSync } from './read.ts';
import type { KeyHeader, Level } from './visitor.ts';

/** The lines of the log, without those of the key. */
function eventsOf(payload: Uint8Array, level: Level = 'logical', options: RdbOptions = {}): string[] {
  const log = new EventLog({ level });
  readDump(payload, log, options);
  expect(log.lines[0]).toMatch(/^key 0 \d+ "" null null null /);
  expect(log.lines.at(-1)).toBe('keyEnd');
  return log.lines.slice(1, -1);
}

function errorOf(
  payload: Uint8Array,
  options: RdbOptions = {},
  level: Level = 'logical',
): { code: string | undefined; offset: number | undefined; error: Error | null } {
  const log = new EventLog({ level });
  const { error } = outcomeOf(log, () => {
    readDump(payload, log, options);
  });
  return { code: error?.code, offset: error?.offset, error };
}

const LEVELS: readonly Level[] = ['skip', 'raw', 'packed', 'logical'];

describe('the payloads of the notes', () => {
  const listpackOfNames = listpack(['a', 'bb', 'ccc']);

  it.each([
    [
      'a string as integer',
      '00c00a 0a00 6e9f57450eae63bb',
      { typeCode: 0, dialect: 'redis', version: 10 },
      ['string "10"'],
    ],
    [
      'a string',
      '000568656c6c6f 0b00 0aad620598abc983',
      { typeCode: 0, dialect: 'redis', version: 11 },
      ['string "hello"'],
    ],
    [
      'an intset',
      '0b0e 02000000 03000000 fbff 0100 e803 0900 c33e0d3e3e548117',
      { typeCode: 11, dialect: 'redis', version: 9 },
      ['setStart 3', 'setMember "-5"', 'setMember "1"', 'setMember "1000"'],
    ],
    [
      'a hash as listpack',
      '1012 120000000400816602817602816e020101ff 0a00 fce408f17922e016',
      { typeCode: 16, dialect: 'redis', version: 10 },
      ['hashStart 2', 'hashField "f" "v" null', 'hashField "n" "1" null'],
    ],
    [
      'a hash with field expiry',
      '18 00b4c5dab8010000 02 01 0161 0131 00 0162 0132 0c00 2d56a5b930ba1476',
      { typeCode: 24, dialect: 'redis', version: 12 },
      ['hashStart 2', 'hashField "a" "1" 1893456000000', 'hashField "b" "2" null'],
    ],
    [
      'an empty bitmap',
      '21 00 08 0000000000000000 1000 0000000000000000',
      { typeCode: 33, dialect: 'redis', version: 16 },
      ['string ""'],
    ],
    [
      'a stream',
      `15 01
       10 00000000000000010000000000000001
       26 26000000 0f00  0201 0001 0101 816102 0001
                         0201 0001 0001 0101 0401
                         0201 0001 0101 0201 0401  ff
       02  01 02  01 01  00 00  02
       01  01 67  01 01  01
           01 00000000000000010000000000000001 0068e5cf8b010000 03
           01  01 63  0068e5cf8b010000 0068e5cf8b010000
               01 00000000000000010000000000000001
       0b00 32794c60ace610d5`,
      { typeCode: 21, dialect: 'redis', version: 11 },
      [
        'streamStart',
        'streamEntry 1 1 1',
        'streamField "a" "1"',
        'streamEntry 1 2 1',
        'streamField "a" "2"',
        'streamInfo 2 1 2 1 1 0 0 2 2',
        'streamGroup "g" 1 1 1 0',
        'consumer "c" 1700000000000 1700000000000',
        'pending 1 1 1700000000000 3 0',
      ],
    ],
  ])('%s', (_name, hex, info, events) => {
    const payload = fromHex(hex);
    const log = new EventLog();
    expect(readDump(payload, log)).toEqual(info);
    expect(log.lines.slice(1, -1)).toEqual(events);
    for (const level of LEVELS) expect(errorOf(payload, {}, level).error).toBeNull();
  });

  it('a template hash with a checksum of zero', () => {
    const names = Buffer.from(listpackOfNames).toString('hex');
    const values = Buffer.from(listpack([77, 1, 2, 'x'])).toString('hex');
    const size = (hex: string): string => (hex.length / 2).toString(16).padStart(2, '0');
    const payload = fromHex(`1d 00 ${size(names)} ${names} ${size(values)} ${values} 0f00 0000000000000000`);
    expect(eventsOf(payload)).toEqual([
      'hashStart 3',
      'hashField "a" "1" null',
      'hashField "bb" "2" null',
      'hashField "ccc" "x" null',
    ]);
  });

  it('the listpack and the ziplist by themselves', () => {
    expect(eventsOf(dumpPayload(blobValue(16, fromHex('12000000 0400 816602 817602 816e02 0101 ff')), 10))).toEqual([
      'hashStart 2',
      'hashField "f" "v" null',
      'hashField "n" "1" null',
    ]);
    expect(eventsOf(dumpPayload(blobValue(10, fromHex('14000000 0f000000 0300 000161 03f8 02c0e803 ff')), 9))).toEqual([
      'listStart 3',
      'listElement "a"',
      'listElement "7"',
      'listElement "1000"',
    ]);
  });

  it('a compressed string', () => {
    expect(eventsOf(dumpPayload(rawValue(0, fromHex('c3 05 1e 0061e01400')), 9))).toEqual([
      `string "${'a'.repeat(30)}"`,
    ]);
  });

  it('the stream of a server test whose entry two consumers claim', () => {
    const payload = fromHex(`
      1a 01 10 00000000000000010000000000000000
      1d 1d000000 0a00 0101 0001 0101 816b02 0001 0201 0001 0001 817602 0401 ff
      01  01 00  01 00  00 00  01
      01  07 6d7967726f7570  01 00  01
          01 00000000000000010000000000000000 016442b99d010000 01
          02  09 636f6e73756d657241 016442b99d010000 016442b99d010000 01 00000000000000010000000000000000
              09 636f6e73756d657242 016442b99d010000 ffffffffffffffff 01 00000000000000010000000000000000
      4064 4064 00 00 00  0d00 0000000000000000`);
    const lines = eventsOf(payload);
    expect(lines.filter((line) => line.startsWith('warning'))).toHaveLength(1);
    expect(lines.find((line) => line.startsWith('warning'))).toContain('RDB_PENDING_TWO_OWNERS');
    expect(lines).toContain('consumer "consumerB" 1776929629185 -1');
    // The last consumer of the file is the owner.
    expect(lines.find((line) => line.startsWith('pending'))).toMatch(/ 1776929629185 1 1$/);
    expect(lines.at(-1)).toBe('streamIdmp 100 100 0 0');
    expect(errorOf(payload, { strict: true }).code).toBe('RDB_PENDING_TWO_OWNERS');
  });

  it('the files', () => {
    const redis = fromHex(`524544495330303131 fa 09 72656469732d766572 05 372e322e30 fe 00 fb 01 01
      fc 00b4c5dab8010000 00 01 6b 01 76 ff f41b10b9ce07c190`);
    const log = new EventLog();
    readRdbSync(redis, log);
    expect(log.lines).toEqual([
      'header redis 11',
      'aux "redis-ver" "7.2.0"',
      'selectDb 0',
      'resizeDb 1 1',
      'key 0 0 "k" 1893456000000 null null null 31',
      'string "v"',
      'keyEnd',
      `end redis 11 1 ${redis.length} ok 0`,
    ]);
    const valkey = fromHex(`56414c4b4559303830 fe 00 fb 01 00 16 01 68 02
      01 61 01 31 ffffffffffffffff  01 62 01 32 00b4c5dab8010000 ff a615e1eff9095f3f`);
    const other = new EventLog();
    readRdbSync(valkey, other);
    expect(other.lines.slice(3)).toEqual([
      'key 0 22 "h" null null null null 14',
      'hashStart 2',
      'hashField "a" "1" null',
      'hashField "b" "2" 1893456000000',
      'keyEnd',
      `end valkey 80 1 ${valkey.length} ok 0`,
    ]);
  });
});

describe('the checksum', () => {
  const payload = dumpPayload(stringValue('value'), 11);

  it('of zero is none', () => {
    expect(eventsOf(dumpPayload(stringValue('value'), 11, { checksum: 'zero' }))).toEqual(['string "value"']);
  });

  it('is refused when it is wrong, unless it is not looked at', () => {
    const wrong = dumpPayload(stringValue('value'), 11, { checksum: 'bad' });
    expect(errorOf(wrong)).toMatchObject({ code: 'RDB_CHECKSUM', offset: wrong.length - 8 });
    expect(errorOf(wrong).error).toBeInstanceOf(RdbChecksumError);
    expect(eventsOf(wrong, 'logical', { checksum: false })).toEqual(['string "value"']);
  });

  it('finds every bit that was changed', () => {
    for (let at = 0; at < payload.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const damaged = payload.slice();
        damaged[at] = (damaged[at] ?? 0) ^ (1 << bit);
        expect(errorOf(damaged).code).toMatch(/^RDB_(CHECKSUM|UNSUPPORTED_VERSION|BAD_DUMP)$/);
      }
    }
  });
});

describe('the frame', () => {
  it.each([
    ['too short', new Uint8Array(11)],
    ['nothing', new Uint8Array(0)],
  ])('%s', (_name, payload) => {
    expect(errorOf(payload)).toMatchObject({ code: 'RDB_TRUNCATED', offset: payload.length });
  });

  it('of the shortest payload', () => {
    expect(eventsOf(dumpPayload(stringValue(''), 6))).toEqual(['string ""']);
    expect(dumpPayload(stringValue(''), 6)).toHaveLength(12);
  });

  it('has a version', () => {
    expect(errorOf(dumpPayload(stringValue('v'), 0))).toMatchObject({ code: 'RDB_BAD_DUMP', offset: 3 });
    for (const version of [17, 79, 82, 255, 65535]) {
      const payload = dumpPayload(stringValue('v'), version);
      expect(errorOf(payload)).toMatchObject({ code: 'RDB_UNSUPPORTED_VERSION', offset: 3 });
      expect(errorOf(payload).error).toBeInstanceOf(RdbUnsupportedError);
      expect(eventsOf(payload, 'logical', { anyVersion: true })).toEqual(['string "v"']);
    }
  });

  it.each([
    [1, 'redis'],
    [11, 'redis'],
    [16, 'redis'],
    [80, 'valkey'],
    [81, 'valkey'],
  ])('of version %i is that of %s', (version, dialect) => {
    expect(readDump(dumpPayload(stringValue('v'), version), new EventLog())).toEqual({ typeCode: 0, dialect, version });
  });

  it('chooses the meaning of type 22', () => {
    const fields = [['a', '1', 5]] as const;
    expect(eventsOf(dumpPayload(hash2Value(fields), 80))).toEqual(['hashStart 1', 'hashField "a" "1" 5']);
    expect(eventsOf(dumpPayload(hashMetadataPreGaValue(fields), 12))).toEqual(['hashStart 1', 'hashField "a" "1" 5']);
    expect(errorOf(dumpPayload(hashMetadataPreGaValue(fields), 11)).code).toBe('RDB_BAD_TYPE');
  });

  it('has no bytes left over', () => {
    const value = rawValue(0, concatBytes(stringValue('v').bytes, 'xy'));
    for (const level of LEVELS)
      expect(errorOf(dumpPayload(value, 11), {}, level)).toMatchObject({ code: 'RDB_BAD_DUMP', offset: 3 });
  });

  it('may have auxiliary fields of KeyDB before it', () => {
    const aux = fromHex('fa 0b 6d7663632d747374616d70 01 35');
    const value = rawValue(0, concatBytes(stringValue('v').bytes, aux, aux));
    for (const level of LEVELS) {
      const log = new EventLog({ level });
      readDump(dumpPayload(value, 9), log);
      expect(log.lines.slice(-3)).toEqual(['keyEnd', 'aux "mvcc-tstamp" "5"', 'aux "mvcc-tstamp" "5"']);
    }
    expect(errorOf(dumpPayload(rawValue(0, concatBytes(value.bytes, 'x')), 9)).code).toBe('RDB_BAD_DUMP');
    expect(errorOf(dumpPayload(rawValue(0, value.bytes.slice(0, -1)), 9)).code).toBe('RDB_TRUNCATED');
  });

  it('does not end before the value', () => {
    const whole = stringValue('value').bytes;
    for (let size = 1; size < whole.length; size++) {
      const payload = dumpPayload(rawValue(0, whole.slice(0, size)), 11);
      for (const level of LEVELS) {
        expect(errorOf(payload, {}, level)).toMatchObject({ code: 'RDB_TRUNCATED', offset: size + 1 });
        expect(errorOf(payload, {}, level).error).toBeInstanceOf(RdbTruncatedError);
      }
    }
  });

  it('may lie anywhere in an array', () => {
    const payload = dumpPayload(zset2Value([['m', 1.5]]), 9);
    const around = concatBytes('xyz', payload, 'xyz').subarray(3, 3 + payload.length);
    expect(eventsOf(around)).toEqual(['zsetStart 1', 'zsetMember "m" 1.5']);
  });
});

describe('types', () => {
  it.each([
    ['template references in a listpack', dumpPayload(templateListpackRefValue(1, ['x']), 15), 'RDB_BAD_TYPE'],
    ['template references in an array', dumpPayload(templateArrayRefValue(1, ['x']), 15), 'RDB_BAD_TYPE'],
    ['8', dumpPayload(rawValue(8, Uint8Array.of(0)), 11), 'RDB_BAD_TYPE'],
    ['24 for Valkey', dumpPayload(hashMetadataValue([]), 80), 'RDB_BAD_TYPE'],
    ['23 for Valkey 9.0', dumpPayload(rawValue(23, Uint8Array.of(0)), 80), 'RDB_BAD_TYPE'],
    ['an opcode', dumpPayload(rawValue(255, Uint8Array.of(0)), 11), 'RDB_BAD_TYPE'],
    ['a function', dumpPayload(rawValue(245, stringValue('code').bytes), 11), 'RDB_BAD_TYPE'],
    ['a module value of a candidate', dumpPayload(rawValue(6, Uint8Array.of(0)), 8), 'RDB_UNSUPPORTED_TYPE'],
    ['a set of expiring members', dumpPayload(rawValue(34, Uint8Array.of(0)), 15), 'RDB_UNSUPPORTED_TYPE'],
    ['GCRA', dumpPayload(rawValue(29, Uint8Array.of(5)), 14), 'RDB_UNSUPPORTED_TYPE'],
  ])('%s', (_name, payload, code) => {
    for (const level of LEVELS) expect(errorOf(payload, {}, level)).toMatchObject({ code, offset: 0 });
  });

  it('templates with their own names', () => {
    expect(eventsOf(dumpPayload(templateListpackValue({ single: ['a'] }, [5]), 15))).toEqual([
      'hashStart 1',
      'hashField "a" "5" null',
    ]);
  });
});

describe('without elements', () => {
  const empties: readonly (readonly [string, RdbValue, number])[] = [
    ['list', listValue([]), 9],
    ['set', setValue([]), 9],
    ['hash', hashValue([]), 9],
    ['sorted set', zset2Value([]), 9],
    ['sorted set with text scores', rawValue(3, Uint8Array.of(0)), 9],
    ['list as ziplist', blobValue(10, ziplist([])), 9],
    ['sorted set as ziplist', blobValue(12, ziplist([])), 9],
    ['hash as ziplist', blobValue(13, ziplist([])), 9],
    ['quicklist', quicklistValue([]), 9],
    ['quicklist of empty nodes', quicklistValue([ziplist([]), ziplist([])]), 9],
    ['hash as listpack', blobValue(16, listpack([])), 11],
    ['sorted set as listpack', blobValue(17, listpack([])), 11],
    ['set as listpack', blobValue(20, listpack([])), 11],
    ['quicklist 2', quicklist2Value([]), 11],
    ['quicklist 2 of empty nodes', quicklist2Value([{ packed: listpack([]) }]), 11],
    ['hash with expiry, candidates', hashMetadataPreGaValue([]), 12],
    ['hash with expiry, candidates, listpack', blobValue(23, listpack([])), 12],
    ['hash with expiry', hashMetadataValue([]), 12],
    ['hash with expiry, listpack', rawValue(25, concatBytes(new Uint8Array(8), Uint8Array.of(7), listpack([]))), 12],
    ['hash with expiry of Valkey', hash2Value([]), 80],
    ['path hash', rawValue(23, Uint8Array.of(0)), 81],
  ];

  it.each(empties)('%s', (_name, value, version) => {
    const payload = dumpPayload(value, version);
    for (const level of ['raw', 'packed', 'logical'] as const) {
      expect(errorOf(payload, {}, level).code).toBe('RDB_EMPTY_VALUE');
      expect(errorOf(payload, {}, level).error).toBeInstanceOf(RdbFormatError);
    }
    // As raw value of a file it is only odd.
    for (const level of ['packed', 'logical'] as const) {
      const log = new EventLog();
      readRawValue(value.typeCode, version < 80 ? 'redis' : 'valkey', value.bytes, 0, value.bytes.length, log, level);
      expect(log.lines.at(-1)).toBe('emptyValue');
    }
  });

  it.each([
    ['an empty node beside another', quicklistValue([ziplist([]), ziplist(['a'])]), 9],
    ['an empty element', listValue(['']), 9],
    ['an empty plain node', quicklist2Value([{ plain: 'x' }, { packed: listpack([]) }]), 11],
  ])('but not %s', (_name, value, version) => {
    for (const level of ['raw', 'packed', 'logical'] as const)
      expect(errorOf(dumpPayload(value, version), {}, level).code).toBeUndefined();
  });
});

describe('metadata before the type', () => {
  const metadata = keyMetadata([{ name: 'test', version: 1, flags: 1, items: [{ string: 'x' }] }]);

  it('is given with the key', () => {
    const seen: (Uint8Array | null)[] = [];
    class Metadata extends EventLog {
      override key(header: KeyHeader): Level {
        seen.push(header.metadata);
        return super.key(header);
      }
    }
    const payload = dumpPayload(stringValue('v'), 13, { metadata });
    expect(readDump(payload, new Metadata())).toEqual({ typeCode: 0, dialect: 'redis', version: 13 });
    expect(seen).toEqual([metadata]);
  });

  it.each([
    ['before version 13', dumpPayload(stringValue('v'), 12, { metadata }), 'RDB_BAD_TYPE'],
    ['for Valkey', dumpPayload(stringValue('v'), 80, { metadata }), 'RDB_BAD_TYPE'],
    ['twice', dumpPayload(stringValue('v'), 13, { metadata: concatBytes(metadata, metadata) }), 'RDB_BAD_TYPE'],
    ['with no class', dumpPayload(stringValue('v'), 13, { metadata: keyMetadata([]) }), 'RDB_BAD_KEY_META'],
    ['and nothing after it', dumpPayload({ typeCode: 243, bytes: metadata.slice(1) }, 13), 'RDB_TRUNCATED'],
    ['cut off', dumpPayload({ typeCode: 243, bytes: metadata.slice(1, -1) }, 13), 'RDB_TRUNCATED'],
  ])('%s', (_name, payload, code) => {
    expect(errorOf(payload).code).toBe(code);
  });
});

describe('levels', () => {
  const hash = blobValue(16, listpack(['f', 1]));

  it('raw is what stands between type and footer', () => {
    const log = new EventLog({ level: 'raw' });
    readDump(dumpPayload(hash, 11), log);
    const expected = new EventLog();
    expected.raw(hash.bytes, 0, hash.bytes.length);
    expect(log.lines[1]).toBe(expected.lines[0]);
  });

  it('raw asks when the value is too long', () => {
    expect(eventsOf(dumpPayload(hash, 11), 'raw', { rawBytes: hash.bytes.length - 1 })).toEqual([
      'rawTooLong',
      'hashStart 1',
      'hashField "f" "1" null',
    ]);
    expect(eventsOf(dumpPayload(hash, 11), 'raw', { rawBytes: hash.bytes.length })).toHaveLength(1);
  });

  it('packed gives the blob', () => {
    expect(eventsOf(dumpPayload(blobValue(11, intset([1])), 11), 'packed')).toEqual([
      'setStart 1',
      'packed intset "\\x02\\x00\\x00\\x00\\x01\\x00\\x00\\x00\\x01\\x00"',
    ]);
  });

  it('a raw value can be decoded later', () => {
    const around = concatBytes('xx', hash.bytes, 'yy');
    const log = new EventLog();
    readRawValue(16, 'redis', around, 2, 2 + hash.bytes.length, log, 'logical');
    expect(log.lines).toEqual(['hashStart 1', 'hashField "f" "1" null']);
    const packed = new EventLog();
    readRawValue(16, 'redis', around, 2, 2 + hash.bytes.length, packed, 'packed');
    expect(packed.lines[1]).toMatch(/^packed listpack /);
    expect(() => readRawValue(8, 'redis', around, 0, 4, log, 'logical')).toThrow(RangeError);
    expect(() => readRawValue(28, 'valkey', around, 0, 4, log, 'logical')).toThrow(RangeError);
    expect(() => readRawValue(16, 'redis', around, 2, 1 + hash.bytes.length, log, 'logical')).toThrow(
      RdbTruncatedError,
    );
  });

  it('a module is opaque', () => {
    const value = moduleValue('vectorset', 1, [{ uint: 5 }]);
    expect(eventsOf(dumpPayload(value, 14))[0]).toMatch(/^module vectorset 1 /);
    expect(eventsOf(dumpPayload(value, 14), 'raw', { rawBytes: 1 })[0]).toMatch(/^raw /);
  });

  it('an array', () => {
    const value = arrayValue(
      [
        [0, { string: 'a' }],
        [2n ** 64n - 2n, { int: -5 }],
      ],
      { cursor: 7 },
    );
    expect(eventsOf(dumpPayload(value, 14))).toEqual([
      'arrayStart 2 7',
      'arrayElement 0 "a"',
      `arrayElement ${2n ** 64n - 2n} "-5"`,
    ]);
  });
});

describe('the footer', () => {
  it('is written as servers do', () => {
    for (const [value, version] of [
      [stringValue('hello'), 11],
      [hash2Value([['a', '1', null]]), 80],
      [hashValue([['f', 'v'.repeat(1000)]]), 6],
    ] as const) {
      const expected = dumpPayload(value, version);
      const out = new Uint8Array(expected.length + 10);
      out.set(expected.subarray(0, -DUMP_FOOTER_BYTES), 5);
      const end = 5 + expected.length - DUMP_FOOTER_BYTES;
      expect(writeDumpFooter(out, end, 5, version)).toBe(end + DUMP_FOOTER_BYTES);
      expect(out.subarray(5, 5 + expected.length)).toEqual(expected);

      const sum = new Crc64();
      sum.update(expected, 0, expected.length - DUMP_FOOTER_BYTES);
      out.fill(0, end);
      expect(writeSummedDumpFooter(out, end, sum.lo, sum.hi, version)).toBe(end + DUMP_FOOTER_BYTES);
      expect(out.subarray(5, 5 + expected.length)).toEqual(expected);
    }
  });
});

/** Hash tables have no order that would last: fields and members are sorted. */
function comparable(lines: readonly string[]): string {
  return (/^(hash|set)Start /.test(lines[1] ?? '') ? lines.toSorted() : lines).join('\n');
}

/** The value's events of each key of a file, by database and key. */
function valuesOf(bytes: Uint8Array): Map<string, string> {
  const values = new Map<string, string>();
  const log = new EventLog({ level: 'logical' });
  readRdbSync(bytes, log);
  let key = '';
  let lines: string[] = [];
  for (const line of log.lines) {
    if (line.startsWith('key ')) {
      const [, db, type, name] = line.split(' ');
      key = `${db} ${name}`;
      lines = [`type ${type}`];
    } else if (line === 'keyEnd') {
      values.set(key, comparable(lines));
    } else {
      lines.push(line);
    }
  }
  return values;
}

describe('the payloads of the corpus give what the files give', () => {
  // Most vectors of this repository are those of the corpus.
  const seen = new Set<string>();
  const vectors = listVectors('test-vectors', 'corpus').filter((vector) => {
    const name = vector.name.split('/').slice(1).join('/');
    if (seen.has(name) || name === 'redis-4.0-rc1/modules' || vector.dumpPayloads().length === 0) return false;
    seen.add(name);
    return true;
  });

  it.each(eachVector(vectors))('%s', (_name, vector) => {
    const values = valuesOf(new Uint8Array(vector.read()));
    let compared = 0;
    for (const { db, key, payload } of vector.dumpPayloads()) {
      const log = new EventLog();
      const { typeCode } = readDump(payload, log);
      const name = new EventLog();
      name.string(Buffer.from(key, 'base64'), 0, Buffer.from(key, 'base64').length);
      const inFile = values.get(`${db} ${name.result().slice('string '.length)}`);
      expect(comparable([`type ${typeCode}`, ...log.lines.slice(1, log.lines.indexOf('keyEnd'))])).toBe(inFile);
      compared++;
    }
    expect(compared).toBeGreaterThan(0);
  });
});
