import {
  type Bytes,
  ByteWriter,
  blobValue,
  concatBytes,
  crc64,
  EncodedString,
  fromHex,
  hash2Value,
  hashMetadataPreGaValue,
  hashMetadataValue,
  intString,
  type KeyAttributes,
  keyMetadata,
  listpack,
  listValue,
  lzfString,
  moduleValue,
  pathHashValue,
  RdbBuilder,
  type RdbValue,
  rawValue,
  setValue,
  stringValue,
  templateArrayRefValue,
  templateArrayValue,
  templateListpackRefValue,
  templateListpackValue,
} from '@rdbkit/testkit';
import { describe, expect, it } from 'vitest';
import { EventLog, readInSteps, readWhole } from '../testing/event-log.ts';
import { errorOf, linesOf } from '../testing/lines.ts';
import { RdbChecksumError, RdbFormatError, RdbLimitError, RdbTruncatedError, RdbUnsupportedError } from './errors.ts';
import type { RdbOptions } from './options.ts';
import { readRdb, readRdbSync } from './read.ts';
import { RdbReader } from './reader.ts';
import { type KeyHeader, RdbVisitorBase, type RdbWarning } from './visitor.ts';

/** Only the keys and their attributes: db, type, name, expiry, idle, freq, metadata, offset. */
function keysOf(bytes: Uint8Array, options: RdbOptions = {}): string[] {
  return linesOf(bytes, options).filter((line) => line.startsWith('key '));
}

function warningsOf(bytes: Uint8Array, options: RdbOptions = {}): string[] {
  return linesOf(bytes, options)
    .filter((line) => line.startsWith('warning '))
    .map((line) => line.split(' ')[1] ?? '');
}

const value = stringValue('v');
const oneKey = (version: number): Uint8Array => new RdbBuilder({ version }).selectDb(0).key('k', value).finish();

describe('the magic', () => {
  it.each([
    ['REDIS0001', 'redis', 1],
    ['REDIS0009', 'redis', 9],
    ['REDIS0016', 'redis', 16],
    ['VALKEY080', 'valkey', 80],
    ['VALKEY081', 'valkey', 81],
  ])('%s', (magic, dialect, version) => {
    expect(linesOf(new RdbBuilder({ magic, version }).finish())[0]).toBe(`header ${dialect} ${version}`);
  });

  it.each([
    'redis0009',
    'REDIS 009',
    'REDIS009\n',
    'REDIS00x9',
    'REDIS-009',
    'VALKEY80 ',
    'VALKEYx80',
    '*2\r\n$6\r\nS',
    '$EOF:0123',
    '\x00\x00\x00\x00\x00\x00\x00\x00\x00',
  ])('%j is none', (magic) => {
    expect(errorOf(new RdbBuilder({ magic }).finish())).toMatchObject({ code: 'RDB_BAD_MAGIC', offset: 0 });
  });

  it.each(['REDIS0000', 'VALKEY000', 'VALKEY011', 'VALKEY079'])('%s has a version that never was', (magic) => {
    expect(errorOf(new RdbBuilder({ magic }).finish())).toMatchObject({ code: 'RDB_BAD_MAGIC', offset: 5 });
  });

  it.each(['REDIS0017', 'REDIS0075', 'REDIS0080', 'REDIS9999', 'VALKEY082', 'VALKEY999'])(
    '%s is too new, unless one tries',
    (magic) => {
      const file = new RdbBuilder({ magic }).selectDb(0).key('k', value).finish();
      const { code, offset, error } = errorOf(file);
      expect({ code, offset }).toEqual({ code: 'RDB_UNSUPPORTED_VERSION', offset: 5 });
      expect(error).toBeInstanceOf(RdbUnsupportedError);
      expect(keysOf(file, { anyVersion: true })).toHaveLength(1);
    },
  );

  it('of a compressed stream of Valkey', () => {
    const file = concatBytes('VKCS', Uint8Array.of(1, 1, 0, 0), new Uint8Array(100));
    expect(errorOf(file)).toMatchObject({ code: 'RDB_UNSUPPORTED_RECORD', offset: 0 });
    expect(errorOf(file).message).toContain('VKCS');
  });

  it('is missed in a file that is too short for one', () => {
    for (const text of ['', 'R', 'REDIS000', 'xyz']) {
      const { code, offset, error } = errorOf(new TextEncoder().encode(text));
      expect({ code, offset }).toEqual({ code: 'RDB_TRUNCATED', offset: text.length });
      expect(error).toBeInstanceOf(RdbTruncatedError);
    }
  });
});

describe('the end', () => {
  it.each([1, 2, 3, 4])('has no checksum in version %i', (version) => {
    const file = oneKey(version);
    expect(file.at(-1)).toBe(255);
    expect(linesOf(file).at(-1)).toBe(`end redis ${version} 1 ${file.length} absent 0`);
  });

  it.each([5, 6, 11, 16, 80, 81])('has a checksum in version %i', (version) => {
    const file = oneKey(version);
    expect(linesOf(file).at(-1)).toBe(`end ${version < 80 ? 'redis' : 'valkey'} ${version} 1 ${file.length} ok 0`);
    expect(errorOf(file.slice(0, -8)).code).toBe('RDB_TRUNCATED');
  });

  it('may have a checksum of zero', () => {
    expect(linesOf(new RdbBuilder().key('k', value).finish('zero')).at(-1)).toMatch(/ disabled 0$/);
  });

  it('with a wrong checksum', () => {
    const file = new RdbBuilder().key('k', value).finish('bad');
    const { code, offset, error, message } = errorOf(file);
    expect({ code, offset }).toEqual({ code: 'RDB_CHECKSUM', offset: file.length - 8 });
    expect(error).toBeInstanceOf(RdbChecksumError);
    const sum = crc64(file.subarray(0, -8));
    expect(message).toContain(sum.toString(16).padStart(16, '0'));
    expect(linesOf(file, { checksum: false }).at(-1)).toMatch(/ unverified 0$/);
    expect(linesOf(oneKey(11), { checksum: false }).at(-1)).toMatch(/ unverified 0$/);
  });

  it('finds any bit that was changed in a key or a value', () => {
    const file = new RdbBuilder().key('key', stringValue('value')).finish();
    for (let at = 11; at < file.length - 9; at++) {
      if (at === 13) continue; // the length of the value: the end then is elsewhere
      const damaged = file.slice();
      damaged[at] = (damaged[at] ?? 0) ^ 0x20;
      expect(readWhole(damaged).error?.code).toMatch(/^RDB_/);
    }
  });

  it('of version 1, of which nothing but keys is left', () => {
    const file = new RdbBuilder({ version: 1 }).key('k', value).finish();
    expect(linesOf(file)).toEqual([
      'header redis 1',
      'key 0 0 "k" null null null null 9',
      'string "v"',
      'keyEnd',
      `end redis 1 1 ${file.length} absent 0`,
    ]);
  });

  it('of an empty file', () => {
    expect(linesOf(new RdbBuilder().finish())).toEqual(['header redis 11', 'end redis 11 0 18 ok 0']);
  });

  it('is followed by the mark of a replication stream', () => {
    const file = oneKey(11);
    const marked = concatBytes(file, 'f'.repeat(40));
    expect(warningsOf(marked)).toEqual(['RDB_REPLICATION_MARK']);
    expect(linesOf(marked).at(-1)).toBe(`end redis 11 1 ${file.length} ok 40`);
    expect(() => readRdbSync(marked, new RdbVisitorBase(), { strict: true })).toThrow(RdbFormatError);
  });

  it.each([1, 39, 41, 70_000, 200_000])('is followed by %i stray bytes', (count) => {
    const file = oneKey(11);
    const log = readWhole(concatBytes(file, new Uint8Array(count)));
    expect(log.events).toContain(
      `warning RDB_TRAILING_BYTES ${count} bytes follow the end of the RDB ${file.length} 0 null`,
    );
    expect(log.events).toMatch(new RegExp(`end redis 11 1 ${file.length} ok ${count}$`));
    expect(readInSteps(concatBytes(file, new Uint8Array(count)), 65_537)).toEqual(log);
  });

  it('is told by `done`, and what comes then is only counted', () => {
    const file = oneKey(11);
    const reader = new RdbReader(new RdbVisitorBase());
    reader.push(file.subarray(0, -1));
    expect(reader.done).toBe(false);
    reader.push(file.subarray(-1));
    expect(reader.done).toBe(true);
    expect(reader.keys).toBe(1);
    expect(reader.offset).toBe(file.length);
    reader.push(new Uint8Array(7));
    expect(reader.finish().trailingBytes).toBe(7);
  });
});

describe('records', () => {
  it('come in any order', () => {
    const file = new RdbBuilder({ version: 16 })
      .key('first', value)
      .aux('late', '1')
      .selectDb(3)
      .functionLibrary('#!lua name=a\n')
      .key('second', value)
      .resizeDb(2, 1)
      .hashTemplate(5, ['a', 'b'])
      .slotInfo(7, 1, 0)
      .key('third', templateListpackRefValue(5, [1, 2]))
      .moduleAux('ReJSON-RL', 3, 2, [{ uint: 5 }, { string: 'x' }])
      .selectDb(0)
      .key('fourth', value)
      .finish();
    expect(linesOf(file).map((line) => line.split(' ').slice(0, 4).join(' '))).toEqual([
      'header redis 16',
      'key 0 0 "first"',
      'string "v"',
      'keyEnd',
      'aux "late" "1"',
      'selectDb 3',
      'functionLibrary "#!lua\\x20name=a\\x0a"',
      'key 3 0 "second"',
      'string "v"',
      'keyEnd',
      'resizeDb 2 1',
      'slotInfo 7 1 0',
      'key 3 30 "third"',
      'hashStart 2',
      'hashField "a" "1" null',
      'hashField "b" "2" null',
      'keyEnd',
      'moduleAux ReJSON-RL 3 2',
      'selectDb 0',
      'key 0 0 "fourth"',
      'string "v"',
      'keyEnd',
      'end redis 16 4',
    ]);
  });

  it('AUX takes every form of string', () => {
    const file = new RdbBuilder()
      .aux('redis-bits', intString(64, 8))
      .aux(lzfString('n'.repeat(50)), '')
      .aux('', intString(-70000, 32))
      .finish();
    expect(linesOf(file).slice(1, -1)).toEqual([
      'aux "redis-bits" "64"',
      `aux "${'n'.repeat(50)}" ""`,
      'aux "" "-70000"',
    ]);
  });

  it('SELECTDB takes any database that a server may have', () => {
    expect(
      keysOf(
        new RdbBuilder()
          .selectDb(2 ** 31 - 1)
          .key('k', value)
          .finish(),
      )[0],
    ).toMatch(/^key 2147483647 /);
    expect(
      errorOf(
        new RdbBuilder()
          .selectDb(2 ** 31)
          .key('k', value)
          .finish(),
      ),
    ).toMatchObject({ code: 'RDB_BAD_DB', offset: 9 });
    expect(errorOf(new RdbBuilder().selectDb(-1).finish()).code).toBe('RDB_BAD_LENGTH');
  });

  it('RESIZEDB and SLOT_INFO may say anything', () => {
    const file = new RdbBuilder({ version: 12 })
      .resizeDb(2n ** 50n, 2n ** 40n)
      .slotInfo(16383, 2 ** 40, 0)
      .key('k', value)
      .finish();
    expect(linesOf(file).slice(1, 3)).toEqual([`resizeDb ${2 ** 50} ${2 ** 40}`, `slotInfo 16383 ${2 ** 40} 0`]);
  });

  it('FUNCTION_PRE_GA with and without description', () => {
    const file = new RdbBuilder({ version: 10 })
      .functionPreGa('n', 'LUA', null, 'code')
      .functionPreGa('m', 'LUA', 'what it is', 'c')
      .finish();
    expect(linesOf(file).filter((line) => line.startsWith('functionPreGa'))).toEqual([
      'functionPreGa "n" "LUA" null "code"',
      'functionPreGa "m" "LUA" "what\\x20it\\x20is" "c"',
    ]);
    expect(warningsOf(file)).toEqual(['RDB_FUNCTION_PRE_GA', 'RDB_FUNCTION_PRE_GA']);
  });

  it('MODULE_AUX keeps the opcodes with their end mark', () => {
    const items = [{ sint: -1 }, { uint: 2n ** 63n }, { float: 1.5 }, { double: -2.5 }, { string: 'abc' }];
    const file = new RdbBuilder().moduleAux('vectorset', 1, 1, items).moduleAux('AAAAAAAAA', 1023, 2, []).finish();
    const payload =
      '"\\x01\\x81\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x02\\x81\\x80\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x03\\x00\\x00\\xc0?\\x04\\x00\\x00\\x00\\x00\\x00\\x00\\x04\\xc0\\x05\\x03abc\\x00"';
    expect(linesOf(file).slice(1, -1)).toEqual([
      `moduleAux vectorset 1 1 ${payload}`,
      'moduleAux AAAAAAAAA 1023 2 "\\x00"',
    ]);
  });

  it.each([
    ['begins with a wrong constant', new RdbBuilder().raw(fromHex('f7 81 45e25238df912c03 01 01 00'))],
    ['has an unknown opcode', new RdbBuilder().raw(fromHex('f7 81 45e25238df912c03 02 01 06 00'))],
  ])('MODULE_AUX that %s', (_name, builder) => {
    expect(errorOf(builder.finish()).code).toBe('RDB_BAD_MODULE');
  });

  it('MODULE_AUX without an end', () => {
    const file = new RdbBuilder().raw(fromHex('f7 81 45e25238df912c03 02 01 02 05')).unfinished();
    expect(errorOf(file).code).toBe('RDB_TRUNCATED');
  });

  it('SLOT_IMPORT of Valkey', () => {
    const job = 'j'.repeat(40);
    const file = new RdbBuilder({ version: 80 })
      .slotImport(job, [
        [0, 100],
        [16383, 16383],
      ])
      .slotImport(job, [])
      .key('k', value)
      .finish();
    expect(linesOf(file).slice(1, 3)).toEqual([`slotImport "${job}" 0 100 16383 16383`, `slotImport "${job}"`]);
    expect(keysOf(file)[0]).toBe(`key 0 0 "k" null null null null ${file.length - 14}`);
  });

  it('UPDATE of Valkey is not for files', () => {
    const file = new RdbBuilder({ version: 81 }).raw(Uint8Array.of(242)).raw('*1\r\n$4\r\nPING\r\n').finish();
    expect(errorOf(file)).toMatchObject({ code: 'RDB_UNSUPPORTED_RECORD', offset: 9 });
  });

  it('KEY_NOEVICT is known by name', () => {
    expect(errorOf(new RdbBuilder({ version: 16 }).raw(Uint8Array.of(241)).finish())).toMatchObject({
      code: 'RDB_UNSUPPORTED_RECORD',
      offset: 9,
    });
  });
});

describe('bytes that mean something in one dialect, or from some version on', () => {
  const at = (version: number, code: number): Uint8Array =>
    new RdbBuilder({ version }).raw(Uint8Array.of(code)).raw(new Uint8Array(20)).finish();

  it.each([
    [11, 243],
    [12, 243],
    [14, 242],
    [80, 242],
    [80, 241],
    [81, 241],
    [11, 22],
    [11, 23],
    [80, 23],
    [80, 24],
    [81, 25],
    [81, 33],
    [16, 8],
    [81, 8],
    [16, 36],
    [16, 100],
    [16, 192],
    [16, 240],
    [81, 240],
    [13, 34 + 100],
  ])('version %i does not have %i', (version, code) => {
    const { code: errorCode, offset, error } = errorOf(at(version, code));
    expect({ errorCode, offset }).toEqual({ errorCode: 'RDB_BAD_TYPE', offset: 9 });
    expect(error).toBeInstanceOf(RdbFormatError);
  });

  it('tells which dialect has it, and who wrote the file', () => {
    const file = new RdbBuilder({ version: 80 }).aux('valkey-ver', '9.0.1').raw(Uint8Array.of(25)).finish();
    expect(errorOf(file).message).toMatch(
      /which is HASH_LISTPACK_EX in the dialect redis \(option dialect, flag --dialect\); RDB version 80 \(written by valkey-ver 9\.0\.1\)$/,
    );
    expect(errorOf(at(11, 22)).message).toContain('which is HASH_2 in the dialect valkey (option');
    expect(errorOf(at(9, 31)).message).toContain('which is HASH_WITH_EXPIRY in the dialect dragonfly (option');
    expect(errorOf(at(16, 8)).message).not.toContain('in the dialect');
    // In files before version 10 it was never a set.
    expect(errorOf(at(9, 20)).message).toContain('which is JSON_OLD in the dialect dragonfly');
  });

  it.each([
    ['a module value of a 4.0 candidate', 8, 6, /4\.0 release candidate/],
    ['the same in a file of Valkey', 80, 6, /4\.0 release candidate/],
    ['GCRA in version 14', 14, 29, /GCRA/],
    ['GCRA in version 15', 15, 33, /GCRA/],
    ['GCRA in version 16', 16, 34, /GCRA/],
    ['a set of expiring members', 15, 34, /members expire/],
    ['a set of expiring members, plain', 16, 35, /members expire/],
  ])('%s', (_name, version, code, message) => {
    const found = errorOf(at(version, code));
    expect(found).toMatchObject({ code: 'RDB_UNSUPPORTED_TYPE', offset: 9 });
    expect(found.error).toBeInstanceOf(RdbUnsupportedError);
    expect(found.message).toMatch(message);
  });

  it('22 is one kind of hash for Redis and another for Valkey', () => {
    const redis = new RdbBuilder({ version: 12 })
      .key(
        'h',
        hashMetadataPreGaValue([
          ['a', '1', 1893456000000],
          ['b', '2', null],
        ]),
      )
      .finish();
    const valkey = new RdbBuilder({ version: 80 })
      .key(
        'h',
        hash2Value([
          ['a', '1', 1893456000000],
          ['b', '2', null],
        ]),
      )
      .finish();
    const fields = ['hashStart 2', 'hashField "a" "1" 1893456000000', 'hashField "b" "2" null', 'keyEnd'];
    expect(linesOf(redis).slice(2, -1)).toEqual(fields);
    expect(linesOf(valkey).slice(2, -1)).toEqual(fields);
  });

  it('29 is a template hash in version 13 and from 15 on', () => {
    const hash = templateListpackValue({ packed: ['a'] }, ['1']);
    for (const version of [13, 15, 16])
      expect(keysOf(new RdbBuilder({ version }).key('h', hash).finish())).toHaveLength(1);
  });

  it('types are not tied to the version that brought them', () => {
    const file = new RdbBuilder({ version: 2 }).key('h', blobValue(16, listpack(['f', 1]))).finish();
    expect(linesOf(file)).toContain('hashField "f" "1" null');
  });
});

describe('what stands before a key', () => {
  const keyWith = (attributes: KeyAttributes, version = 13): string[] =>
    keysOf(new RdbBuilder({ version }).key('k', value, attributes).key('next', value).finish());

  it.each([
    ['an expiry', { expireAtMs: 1893456000000 }, '1893456000000 null null null'],
    ['a negative expiry', { expireAtMs: -5 }, '-5 null null null'],
    ['the lowest expiry', { expireAtMs: -(2n ** 63n) }, '-9223372036854775808 null null null'],
    ['the highest expiry', { expireAtMs: 2n ** 63n - 1n }, '9223372036854775807 null null null'],
    ['an expiry just beyond 2^53', { expireAtMs: 2n ** 53n + 1n }, '9007199254740993 null null null'],
    ['an expiry in seconds', { expireAtSeconds: 1893456000 }, '1893456000000 null null null'],
    ['an expiry in seconds before 1970', { expireAtSeconds: -1 }, '-1000 null null null'],
    ['the last expiry in seconds', { expireAtSeconds: 2 ** 31 - 1 }, '2147483647000 null null null'],
    ['both, of which the last one counts', { expireAtMs: 1, expireAtSeconds: 2 }, '2000 null null null'],
    ['an idle time', { idleSeconds: 0 }, 'null 0 null null'],
    ['a long idle time', { idleSeconds: 2n ** 60n }, 'null 1152921504606846976 null null'],
    ['a frequency', { freq: 255 }, 'null null 255 null'],
    ['the lowest frequency', { freq: 0 }, 'null null 0 null'],
    ['everything', { expireAtMs: 5, idleSeconds: 6, freq: 7 }, '5 6 7 null'],
  ])('%s', (_name, attributes, expected) => {
    expect(keyWith(attributes)[0]).toBe(`key 0 0 "k" ${expected} 9`);
    // It belongs to that key only.
    expect(keyWith(attributes)[1]).toMatch(/^key 0 0 "next" null null null null /);
  });

  it('may come in any order, with other records in between', () => {
    const file = new RdbBuilder()
      .raw(fromHex('f9 05'))
      .aux('mvcc-tstamp', '12')
      .expireAtMs(77)
      .aux('other', '')
      .resizeDb(1, 1)
      .raw(fromHex('f8 03'))
      .functionLibrary('x')
      .key('k', value)
      .finish();
    expect(keysOf(file)).toEqual(['key 0 0 "k" 77 3 5 null 9']);
    expect(warningsOf(file)).toEqual([]);
  });

  it('gives the record its offset', () => {
    const builder = new RdbBuilder().aux('a', 'b').selectDb(0).resizeDb(2, 1);
    const first = builder.offset;
    builder.key('a', value, { expireAtMs: 1 });
    const second = builder.offset;
    builder.key('b', value).aux('x', 'y');
    const third = builder.offset;
    builder.key('c', value);
    expect(keysOf(builder.finish()).map((line) => Number(line.split(' ').at(-1)))).toEqual([first, second, third]);
  });

  it.each([
    ['the end', (b: RdbBuilder) => b],
    ['another database', (b: RdbBuilder) => b.selectDb(1).key('k', value)],
  ])('is lost before %s', (_name, then) => {
    const file = then(new RdbBuilder().selectDb(0).expireAtMs(5)).finish();
    expect(linesOf(file).filter((line) => line.startsWith('warning'))).toEqual([
      'warning RDB_LOST_ATTRIBUTE an expiry or another attribute is not followed by its key 11 0 null',
    ]);
    for (const line of keysOf(file)) expect(line).toMatch(/ null null null null \d+$/);
    expect(errorOf(file, { strict: true }).code).toBe('RDB_LOST_ATTRIBUTE');
  });

  const oneClass = { name: 'ab_-', version: 3, flags: 1, items: [{ string: 'meta' }, { uint: 5 }] };

  it('metadata is kept as it is in a DUMP payload', () => {
    const metadata = keyMetadata([oneClass, { ...oneClass, name: 'AAAA', items: [] }]);
    const file = new RdbBuilder({ version: 13 })
      .key('k', value, { expireAtMs: 5, metadata })
      .key('next', value)
      .finish();
    const seen: (Uint8Array | null)[] = [];
    readRdbSync(
      file,
      new (class extends RdbVisitorBase {
        override key(header: KeyHeader): 'skip' {
          seen.push(header.metadata);
          return 'skip';
        }
      })(),
    );
    expect(seen).toEqual([metadata, null]);
    expect(keysOf(file)).toHaveLength(2);
  });

  it.each([
    ['no class', keyMetadata([]), 'RDB_BAD_KEY_META'],
    ['eight classes', keyMetadata(new Array(8).fill(oneClass)), 'RDB_BAD_KEY_META'],
    ['2^40 classes', keyMetadata([], 2 ** 40), 'RDB_BAD_KEY_META'],
    [
      'an unknown opcode',
      keyMetadata([{ ...oneClass, items: [{ opcode: 9, bytes: new Uint8Array(0) }] }]),
      'RDB_BAD_MODULE',
    ],
  ])('metadata with %s', (_name, metadata, code) => {
    expect(errorOf(new RdbBuilder({ version: 13 }).key('k', value, { metadata }).finish()).code).toBe(code);
  });

  it('metadata of seven classes', () => {
    expect(keyWith({ metadata: keyMetadata(new Array(7).fill(oneClass)) })).toHaveLength(2);
  });

  it.each([
    ['an expiry', (b: RdbBuilder) => b.expireAtMs(5)],
    ['AUX', (b: RdbBuilder) => b.aux('a', 'b')],
    ['the end', (b: RdbBuilder) => b],
  ])('metadata that is followed by %s', (_name, then) => {
    const file = then(new RdbBuilder({ version: 13 }).raw(keyMetadata([oneClass]))).finish();
    expect(errorOf(file).code).toBe('RDB_BAD_KEY_META');
  });
});

describe('keys', () => {
  it.each([
    ['empty', ''],
    ['binary', Uint8Array.from({ length: 256 }, (_, i) => i)],
    ['no UTF-8', Uint8Array.of(0xc3, 0x28, 0xff, 0x00)],
    ['long', 'k'.repeat(100_000)],
    ['an integer', intString(-5, 8)],
    ['compressed', lzfString('k'.repeat(300))],
    ['with a length of 64 bits', new EncodedString(fromHex('81 0000000000000002 6b6b'))],
  ])('%s', (_name, key) => {
    const file = new RdbBuilder().key(key, stringValue(key)).finish();
    const lines = readWhole(file).events.split('\n');
    const name = lines[1]?.split(' ')[3];
    expect(lines[2]).toBe(`string ${name}`);
    expect(readInSteps(file, 7).events.split('\n')).toEqual(lines);
  });

  it('and values may be compressed at once', () => {
    const file = new RdbBuilder().key(lzfString('k'.repeat(300)), stringValue(lzfString('v'.repeat(300)))).finish();
    expect(linesOf(file).slice(1, 3)).toEqual([
      `key 0 0 "${'k'.repeat(300)}" null null null null 9`,
      `string "${'v'.repeat(300)}"`,
    ]);
  });

  it('and values that are integers are told apart', () => {
    const file = new RdbBuilder().key(intString(12, 8), stringValue(intString(-34, 8))).finish();
    expect(linesOf(file).slice(1, 3)).toEqual(['key 0 0 "12" null null null null 9', 'string "-34"']);
  });

  it('stay borrowed until their end', () => {
    const ends: string[] = [];
    class Names extends RdbVisitorBase {
      private current: KeyHeader | null = null;
      override key(header: KeyHeader): 'logical' {
        this.current = header;
        return 'logical';
      }
      override keyEnd(): void {
        const { bytes, start, end } = this.current as KeyHeader;
        ends.push(String.fromCharCode(...bytes.subarray(start, end)));
      }
    }
    const file = new RdbBuilder()
      .key('one', value)
      .key(lzfString('two'.repeat(10)), listValue(['a', lzfString('b'.repeat(90))]))
      .key(intString(3, 8), setValue([intString(1, 8), intString(2, 8)]))
      .finish();
    for (const size of [1, 5, 1000]) {
      ends.length = 0;
      const reader = new RdbReader(new Names());
      for (let at = 0; at < file.length; at += size) reader.push(file.slice(at, at + size));
      reader.finish();
      expect(ends).toEqual(['one', 'two'.repeat(10), '3']);
    }
  });

  it('longer than the limit are refused', () => {
    expect(errorOf(new RdbBuilder().key('k'.repeat(11), value).finish(), { maxStringBytes: 10 })).toMatchObject({
      code: 'RDB_LIMIT',
      offset: 10,
    });
    expect(errorOf(new RdbBuilder().key('k'.repeat(11), value).finish(), { maxStringBytes: 10 }).error).toBeInstanceOf(
      RdbLimitError,
    );
  });
});

describe('hash templates', () => {
  const names = ['a', 'b', 'aa'] as const;
  const file = (value: RdbValue, id: number | bigint = 7): Uint8Array =>
    new RdbBuilder({ version: 15 }).hashTemplate(id, names).key('h', value).finish();
  const fields = [
    'hashStart 3',
    'hashField "a" "x" null',
    'hashField "b" "5" null',
    'hashField "aa" "" null',
    'keyEnd',
  ];

  it.each([
    ['a listpack with its own names in a listpack', templateListpackValue({ packed: names }, ['x', 5, ''])],
    ['a listpack with its own names one by one', templateListpackValue({ single: names }, ['x', 5, ''])],
    ['a listpack', templateListpackRefValue(7, ['x', 5, ''])],
    [
      'single values with their own names in a listpack',
      templateArrayValue({ packed: names }, ['x', intString(5, 8), '']),
    ],
    ['single values with their own names one by one', templateArrayValue({ single: names }, ['x', '5', ''])],
    ['single values', templateArrayRefValue(7, ['x', '5', ''])],
  ])('%s', (_name, hash) => {
    expect(linesOf(file(hash)).slice(2, -1)).toEqual(fields);
  });

  it('may have large numbers', () => {
    expect(keysOf(file(templateArrayRefValue(2 ** 53 - 1, ['x', '5', '']), 2 ** 53 - 1))).toHaveLength(1);
    expect(keysOf(file(templateListpackRefValue(2 ** 53 - 1, ['x', '5', '']), 2 ** 53 - 1))).toHaveLength(1);
  });

  it('hold for the whole file, over databases', () => {
    const bytes = new RdbBuilder({ version: 15 })
      .hashTemplate(1, ['a'])
      .hashTemplate(2, ['b'])
      .selectDb(0)
      .key('h', templateListpackRefValue(2, ['x']))
      .selectDb(1)
      .key('h', templateArrayRefValue(1, ['y']))
      .finish();
    expect(linesOf(bytes).filter((line) => line.startsWith('hashField'))).toEqual([
      'hashField "b" "x" null',
      'hashField "a" "y" null',
    ]);
  });

  it.each([
    ['a listpack for an unknown template', file(templateListpackRefValue(8, ['x', 5, '']))],
    ['values for an unknown template', file(templateArrayRefValue(8, ['x', '5', '']))],
    ['too few values', file(templateListpackRefValue(7, ['x', 5]))],
    ['too many values', file(templateListpackRefValue(7, ['x', 5, '', 'y']))],
    ['no number before the values', file(templateListpackRefValue('text', ['x', 5, '']))],
    ['a negative number', file(templateListpackRefValue(-7, ['x', 5, '']))],
    ['a number of 64 bits', file(templateListpackRefValue(2n ** 60n, ['x', 5, '']))],
    ['an empty listpack', file(rawValue(30, new ByteWriter().str(fromHex('07000000 0000 ff'))))],
    ['names in an unknown format', file(rawValue(31, new ByteWriter().len(2).len(1).str('a').str('b')))],
    ['no names', file(templateArrayValue({ single: [] }, []))],
    ['no names in a listpack', file(templateListpackValue({ packed: [] }, []))],
    ['names in a wrong order', file(templateArrayValue({ single: ['b', 'a'] }, ['1', '2']))],
    ['a repeated name', file(templateArrayValue({ single: ['a', 'a'] }, ['1', '2']))],
    ['a longer name before a shorter one', file(templateListpackValue({ packed: ['aa', 'b'] }, ['1', '2']))],
    ['a template without fields', new RdbBuilder({ version: 15 }).hashTemplate(1, []).finish()],
    ['a template with fields in a wrong order', new RdbBuilder({ version: 15 }).hashTemplate(1, ['b', 'a']).finish()],
    ['a template with a repeated field', new RdbBuilder({ version: 15 }).hashTemplate(1, ['a', 'a']).finish()],
    [
      'a template that comes twice',
      new RdbBuilder({ version: 15 }).hashTemplate(1, ['a']).hashTemplate(1, ['b']).finish(),
    ],
  ])('%s', (_name, bytes) => {
    expect(errorOf(bytes).code).toBe('RDB_BAD_TEMPLATE');
  });

  it('are needed to pass over a value', () => {
    const bytes = file(templateArrayRefValue(8, ['x', '5', '']));
    for (const level of ['skip', 'raw', 'packed', 'logical'] as const)
      expect(readWhole(bytes, { level }).error?.code).toBe('RDB_BAD_TEMPLATE');
  });
});

describe('errors', () => {
  it('tell the database and the key', () => {
    const file = new RdbBuilder()
      .selectDb(4)
      .key('sound', value)
      .key('the key', listValue([new EncodedString(fromHex('ff'))]))
      .finish();
    const { error } = readWhole(file);
    expect(error?.path.db).toBe(4);
    expect(Buffer.from(error?.path.key ?? []).toString()).toBe('the key');
    expect(readInSteps(file, 1).error?.path).toEqual(error?.path);
  });

  it('outside of keys have no key', () => {
    expect(readWhole(new RdbBuilder().key('k', value).raw(Uint8Array.of(200)).finish()).error?.path.key).toBeNull();
  });

  it('of a packed value tell its place in the file', () => {
    const plain = new RdbBuilder().key('k', rawValue(16, new ByteWriter().str(fromHex('09000000 0100 f50102 ff'))));
    const at = plain.offset - 10;
    const bytes = plain.finish();
    expect(readWhole(bytes).error).toMatchObject({ code: 'RDB_BAD_LISTPACK', offset: at });
    expect(readInSteps(bytes, 1).error).toMatchObject({ code: 'RDB_BAD_LISTPACK', offset: at });
  });

  it('of a compressed packed value tell where it begins, and the place in it', () => {
    const blob = concatBytes(fromHex('6b000000 0100'), new Uint8Array(100).fill(0xf5), fromHex('ff'));
    const bytes = new RdbBuilder().key('k', rawValue(16, new ByteWriter().str(lzfString(blob)))).finish();
    const { error } = readWhole(bytes);
    expect(error?.offset).toBe(12);
    expect(error?.message).toMatch(/\(byte 6 of the decompressed string\)/);
  });

  it('end the reader', () => {
    const reader = new RdbReader(new RdbVisitorBase());
    expect(() => reader.push(new Uint8Array(9))).toThrow(RdbFormatError);
    expect(() => reader.push(new Uint8Array(9))).toThrow('this reader has failed');
  });

  it('of the visitor come through as they are', () => {
    class Failing extends RdbVisitorBase {
      override key(): 'logical' {
        throw new TypeError('mine');
      }
    }
    expect(() => readRdbSync(oneKey(11), new Failing())).toThrow(new TypeError('mine'));
  });

  it('come from promises as rejections', async () => {
    await expect(readRdb(new Uint8Array(9), new RdbVisitorBase())).rejects.toBeInstanceOf(RdbFormatError);
    await expect(readRdb([new Uint8Array(9)], new RdbVisitorBase())).rejects.toBeInstanceOf(RdbFormatError);
  });
});

describe('options', () => {
  it.each([
    { rawBytes: 0 },
    { rawBytes: -1 },
    { pieceBytes: 1.5 },
    { maxStringBytes: Number.NaN },
    { maxBitmapBytes: Number.POSITIVE_INFINITY },
    { maxStringBytes: 2 ** 53 },
  ])('%j is refused', (options) => {
    expect(() => new RdbReader(new RdbVisitorBase(), options)).toThrow(RangeError);
  });

  it('strict makes errors of warnings', () => {
    const file = new RdbBuilder().key('k', listValue([])).finish();
    expect(warningsOf(file)).toEqual(['RDB_EMPTY_KEY']);
    expect(errorOf(file, { strict: true }).code).toBe('RDB_EMPTY_KEY');
  });
});

it('warnings own their key', () => {
  const warnings: RdbWarning[] = [];
  class Collect extends RdbVisitorBase {
    override key(): 'logical' {
      return 'logical';
    }
    override warning(warning: RdbWarning): void {
      warnings.push(warning);
    }
  }
  const reader = new RdbReader(new Collect());
  const file = new RdbBuilder().selectDb(2).key('empty', setValue([])).key('other', value).finish();
  for (const byte of file) reader.push(Uint8Array.of(byte));
  reader.finish();
  expect(warnings).toMatchObject([{ code: 'RDB_EMPTY_KEY', db: 2 }]);
  expect(Buffer.from(warnings[0]?.key ?? []).toString()).toBe('empty');
});

it('a module value is opaque', () => {
  const module = moduleValue('TSDB-TYPE', 7, [{ uint: 1 }, { string: 'abc' }]);
  const lines = linesOf(new RdbBuilder().key('m', module).finish());
  expect(lines[2]).toMatch(/^module TSDB-TYPE 7 "\\x81/);
});

it('a path hash is handed over as it stands', () => {
  const hash = pathHashValue([
    ['p', [['a', '1']]],
    [
      'q',
      [
        ['b', '2'],
        ['c', '3'],
      ],
    ],
  ]);
  const lines = linesOf(new RdbBuilder({ version: 81 }).key('h', hash).finish());
  expect(lines[2]).toBe('raw "\\x02\\x01p\\x01\\x01a\\x011\\x01q\\x02\\x01b\\x012\\x01c\\x013"');
  expect(errorOf(new RdbBuilder({ version: 81 }).key('h', pathHashValue([['p', []]])).finish()).code).toBe(
    'RDB_BAD_HASH',
  );
  expect(warningsOf(new RdbBuilder({ version: 81 }).key('h', pathHashValue([])).finish())).toEqual(['RDB_EMPTY_KEY']);
});

describe('field expiry', () => {
  const MAX = 2 ** 48 - 1;
  const file = (hash: RdbValue): Uint8Array => new RdbBuilder({ version: 12 }).key('h', hash).finish();
  const valkey = (bytes: Bytes): Uint8Array =>
    new RdbBuilder({ version: 80 })
      .key('h', rawValue(22, new ByteWriter().len(1).str('a').str('1').raw(bytes)))
      .finish();

  it('reaches to 2^48 − 1', () => {
    for (const hash of [
      hashMetadataPreGaValue([['a', '1', MAX]]),
      hashMetadataValue([['a', '1', MAX]]),
      hashMetadataValue([
        ['a', '1', 1],
        ['b', '2', MAX],
      ]),
    ]) {
      expect(linesOf(file(hash)).join()).toContain(`"1" `);
      expect(linesOf(file(hash)).join()).toContain(String(MAX));
    }
  });

  it.each([
    ['absolute, too far', hashMetadataPreGaValue([['a', '1', MAX + 1]])],
    ['relative, too far', hashMetadataValue([['a', '1', MAX + 1]], { minExpireMs: MAX })],
    ['the earliest too far', hashMetadataValue([['a', '1', null]], { minExpireMs: MAX + 1 })],
    ['the earliest 2^63', hashMetadataValue([['a', '1', null]], { minExpireMs: 2n ** 63n })],
    [
      'of 2^53',
      rawValue(
        22,
        new ByteWriter()
          .len(1)
          .len(2n ** 53n - 1n)
          .str('a')
          .str('1'),
      ),
    ],
  ])('%s', (_name, hash) => {
    expect(errorOf(file(hash)).code).toBe('RDB_BAD_FIELD_EXPIRY');
  });

  it('of Valkey is signed, with −1 for none', () => {
    expect(linesOf(valkey(fromHex('0000000000000000')))[3]).toBe('hashField "a" "1" 0');
    expect(linesOf(valkey(fromHex('ffffffffffffffff')))[3]).toBe('hashField "a" "1" null');
    expect(linesOf(valkey(fromHex('ffffffffffffff7f')))[3]).toBe('hashField "a" "1" 9223372036854775807');
    expect(errorOf(valkey(fromHex('feffffffffffffff'))).code).toBe('RDB_BAD_FIELD_EXPIRY');
    expect(errorOf(valkey(fromHex('0000000000000080'))).code).toBe('RDB_BAD_FIELD_EXPIRY');
  });
});

it('the log shows what it is told', () => {
  const log = new EventLog();
  log.string(Uint8Array.of(0x20, 0x41, 0x5c, 0xff), 0, 4);
  expect(log.result()).toBe('string "\\x20A\\x5c\\xff"');
});
