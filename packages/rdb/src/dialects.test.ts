import { readFileSync } from 'node:fs';
import {
  ByteWriter,
  cronValue,
  fromHex,
  hashValue,
  RdbBuilder,
  rawValue,
  rorBitmapValue,
  setValue,
  stringValue,
} from '@rdbkit/testkit';
import { describe, expect, it } from 'vitest';
import { DIALECTS_PAGE, dialectsPage } from '../testing/dialects-page.ts';
import { readWhole } from '../testing/event-log.ts';
import { errorOf, linesOf } from '../testing/lines.ts';
import { DIALECT_NAMES, DIALECTS, highestVersionOf, OPCODES, opcodeOf, PRODUCTS } from './dialects.ts';
import { RdbUnsupportedError } from './errors.ts';
import { VALUE_RULES } from './internal/value-rules.ts';
import { resolveOptions } from './options.ts';
import { VALUE_TYPES, valueType, valueTypesOf } from './types.ts';

function warningsOf(lines: readonly string[]): string[] {
  return lines.filter((line) => line.startsWith('warning ')).map((line) => line.split(' ')[1] ?? '');
}

describe('the tables', () => {
  it('are what the page in the documentation shows', () => {
    // Otherwise: npm run docs:dialects
    expect(readFileSync(DIALECTS_PAGE, 'utf8')).toBe(dialectsPage());
  });

  it('name a dialect for each product, or none', () => {
    for (const { dialect } of PRODUCTS) expect([null, ...DIALECT_NAMES]).toContain(dialect);
    expect(new Set(PRODUCTS.map(({ dialect }) => dialect)).size).toBeGreaterThan(5);
  });

  it('name each dialect once', () => {
    expect(new Set(DIALECT_NAMES).size).toBe(DIALECTS.length);
    for (const name of DIALECT_NAMES) expect(highestVersionOf(name)).toBeGreaterThanOrEqual(9);
  });

  it('have no number twice in a dialect, as a type and as an opcode neither', () => {
    for (const { name, base } of DIALECTS) {
      for (const owner of [null, name]) {
        const own = [...VALUE_TYPES, ...OPCODES].filter(({ dialect }) => dialect === owner).map(({ code }) => code);
        expect(own.toSorted((a, b) => a - b)).toEqual([...new Set(own)].toSorted((a, b) => a - b));
      }
      const types = new Set(valueTypesOf(name).map(({ code }) => code));
      const owners = [null, base, name];
      for (const { code } of OPCODES.filter(({ dialect }) => owners.includes(dialect)))
        expect([name, types.has(code)]).toEqual([name, false]);
    }
  });

  it('have a rule for each type that is read, and for no other', () => {
    for (const name of DIALECT_NAMES) {
      const read = valueTypesOf(name).filter(({ support }) => support !== 'refused');
      expect(Object.keys(VALUE_RULES[name]).filter((code) => VALUE_RULES[name][Number(code)] !== undefined)).toEqual(
        read.map(({ code }) => String(code)).toSorted((a, b) => Number(a) - Number(b)),
      );
    }
  });

  it('say which values are opaque', () => {
    const opaque = VALUE_TYPES.filter(({ support }) => support === 'opaque');
    for (const { code, dialect } of opaque) expect(VALUE_RULES[dialect ?? 'redis'][code]?.isRawOnly).toBe(true);
    expect(opaque.length).toBeGreaterThan(5);
  });

  it('know numbers from the version on that has them', () => {
    expect(opcodeOf(243, 'redis', 13)?.name).toBe('KEY_META');
    expect(opcodeOf(243, 'redis', 12)).toBeUndefined();
    expect(opcodeOf(243, 'valkey', 80)?.name).toBe('SLOT_IMPORT');
    expect(opcodeOf(107, 'enterprise', 9)?.name).toBe('RAM_LRU');
    expect(valueType(16, 'ror-6.2')?.name).toBe('ROR_BITMAP');
    expect(valueType(16, 'ror-8.2')?.name).toBe('HASH_LISTPACK');
  });

  it('are what the option is checked against', () => {
    expect(() => resolveOptions({ dialect: 'pika' as 'redis' })).toThrow(
      /unknown dialect pika, expected one of redis,/,
    );
  });
});

describe('KeyDB', () => {
  const LATER = 1_893_456_000_000;

  it.each([
    ['redis-ver', '6.3.4'],
    ['repl-masters', ''],
    ['mvcc-tstamp', '1850000000000000000'],
  ])('is told by %s', (name, value) => {
    const file = new RdbBuilder({ version: 9 }).aux(name, value).selectDb(0).key('k', stringValue('v')).finish();
    expect(linesOf(file)[0]).toBe('header keydb 9');
  });

  it('a field between the attributes of a key and its type', () => {
    const file = new RdbBuilder({ version: 9 })
      .aux('redis-ver', '6.3.4')
      .selectDb(0)
      .expireAtMs(LATER)
      .aux('mvcc-tstamp', '1850000000000000000')
      .key('k', stringValue('v'))
      .key('s', setValue(['a', 'b']))
      .aux('keydb-subexpire-key', 'a')
      .aux('keydb-subexpire-when', String(LATER))
      .key('h', hashValue([['f', 'g']]))
      .finish();
    expect(linesOf(file).filter((line) => /^(?:key |aux)/.test(line))).toEqual([
      'aux "redis-ver" "6.3.4"',
      'aux "mvcc-tstamp" "1850000000000000000"',
      expect.stringMatching(/^key 0 0 "k" 1893456000000 /),
      expect.stringMatching(/^key 0 2 "s" null /),
      'aux "keydb-subexpire-key" "a"',
      `aux "keydb-subexpire-when" "${LATER}"`,
      expect.stringMatching(/^key 0 4 "h" null /),
    ]);
  });

  it('a cron job is handed over as it stands', () => {
    const job = cronValue('return redis.call("incr", KEYS[1])', [LATER, 60_000], ['counter'], ['x', 'y']);
    const file = new RdbBuilder({ version: 9 }).aux('redis-ver', '6.3.4').key('job', job).key('k', stringValue('v'));
    for (const level of ['raw', 'packed', 'logical'] as const) {
      const { events, error } = readWhole(file.finish(), { level });
      expect(error).toBeNull();
      expect(events).toMatch(/\nkey 0 64 "job" [^\n]*\nraw ""return\\x20redis/);
    }
    expect(linesOf(file.finish()).filter((line) => line.startsWith('raw'))).toHaveLength(1);
    expect(readWhole(file.finish(), { level: 'skip' }).events).toMatch(/\nkey 0 0 "k"/);
  });

  it('a cron job in a file that does not say who wrote it', () => {
    const file = new RdbBuilder({ version: 9 }).key('job', cronValue('return', [0, 1], [], [])).finish();
    expect(errorOf(file).message).toContain('found 64, which is CRON in the dialect keydb (option dialect, flag');
    expect(linesOf(file, { dialect: 'keydb' }).some((line) => line.startsWith('key 0 64'))).toBe(true);
  });
});

describe('Redis Enterprise', () => {
  // 107: len, when the key was used; 121: len, a slot.
  const file = new RdbBuilder({ version: 9 })
    .raw(fromHex('79 4abc'))
    .selectDb(0)
    .raw(fromHex('6b 80 00012345'))
    .key('k', stringValue('v'))
    .raw(fromHex('6b 05'))
    .key('l', stringValue('w'))
    .finish();

  it('is read when it is named', () => {
    const lines = linesOf(file, { dialect: 'enterprise' });
    expect(lines.filter((line) => line.startsWith('string'))).toEqual(['string "v"', 'string "w"']);
    expect(warningsOf(lines)).toEqual(['RDB_FOREIGN_RECORD', 'RDB_FOREIGN_RECORD']);
  });

  it('is named in the error else', () => {
    const { code, message } = errorOf(file);
    expect(code).toBe('RDB_BAD_TYPE');
    expect(message).toContain('found 121, which is SLOT_NUM in the dialect enterprise');
  });

  it.each([101, 102])('opcode %i has an unknown layout', (opcode) => {
    const unknown = new RdbBuilder({ version: 9 }).raw(Uint8Array.of(opcode, 1, 2, 3)).finish();
    const { code, error, message } = errorOf(unknown, { dialect: 'enterprise' });
    expect(code).toBe('RDB_UNSUPPORTED_RECORD');
    expect(error).toBeInstanceOf(RdbUnsupportedError);
    expect(message).toContain('Redis Enterprise');
    expect(errorOf(unknown).message).toContain('in the dialect enterprise');
  });
});

describe('Redis-On-Rocks', () => {
  const bits = Uint8Array.from({ length: 1000 }, (_, i) => i & 0xff);
  const shown = `string ${linesOf(new RdbBuilder().key('k', stringValue(bits)).finish())[2]?.slice(7)}`;

  it.each([
    ['ror-6.2', 16, 9],
    ['ror-8.2', 26, 12],
    ['ror-8.2', 192, 12],
  ] as const)('%s: a bitmap of type %i is a string', (dialect, code, version) => {
    for (const pieceBytes of [1, 300, 1000, 4096]) {
      const file = new RdbBuilder({ version }).key('k', rorBitmapValue(code, bits, pieceBytes)).finish();
      expect(linesOf(file, { dialect })).toContain(shown);
      const long = linesOf(file, { dialect, pieceBytes: 100 });
      expect(long).toContain('stringStart 1000');
      expect(long).toContain(shown.replace('string', 'stringEnd'));
      const next = new RdbBuilder({ version }).key('k', rorBitmapValue(code, bits, pieceBytes));
      const two = next.key('l', stringValue('v')).finish();
      expect(readWhole(two, { level: 'skip' }, { dialect }).events).toMatch(/\nkey 0 0 "l"/);
    }
  });

  it('is told by its field', () => {
    const of = (version: number): string | undefined =>
      linesOf(new RdbBuilder({ version }).aux('rordb', '00001').finish())[0];
    expect([of(9), of(12)]).toEqual(['header ror-6.2 9', 'header ror-8.2 12']);
  });

  it('is named when a bitmap is met', () => {
    const file = new RdbBuilder({ version: 12 }).key('k', rorBitmapValue(192, bits, 100)).finish();
    expect(errorOf(file).message).toContain('found 192, which is ROR_BITMAP in the dialect ror-8.2');
    const older = new RdbBuilder({ version: 12 }).key('k', rorBitmapValue(26, bits, 100)).finish();
    expect(errorOf(older).message).toContain('found 26, which is ROR_BITMAP in the dialect ror-8.2');
  });

  const len = (...numbers: number[]): ByteWriter => numbers.reduce((out, number) => out.len(number), new ByteWriter());

  it.each([
    ['pieces of nothing', rawValue(16, len(10, 0))],
    ['too short pieces', rawValue(16, len(10, 5).str('12345').str('123'))],
    ['too long pieces', rawValue(16, len(10, 5).str('12345').str('1234567'))],
  ])('a bitmap in %s', (_name, value) => {
    const file = new RdbBuilder({ version: 9 }).key('k', value).finish();
    expect(errorOf(file, { dialect: 'ror-6.2' }).code).toBe('RDB_BAD_BITMAP');
    expect(errorOf(file, { dialect: 'ror-6.2', pieceBytes: 4 }).code).toBe('RDB_BAD_BITMAP');
  });

  it('a bitmap that is too long', () => {
    const file = new RdbBuilder({ version: 9 }).key('k', rawValue(16, len(1000, 100))).finish();
    expect(errorOf(file, { dialect: 'ror-6.2', maxStringBytes: 999 }).code).toBe('RDB_LIMIT');
  });

  it('records of its own files are passed over', () => {
    // 128: flags; 129: version; 131: cold keys; 132: cuckoo filter; 133-137: what is known of a value on disk.
    const filter = len(1, 8, 1, 8, 4, 3, 0, 0, 0, 2).raw(new Uint8Array(12)).toBytes();
    const file = new RdbBuilder({ version: 9 })
      .aux('rordb', '00001')
      .raw(Uint8Array.of(129, 7))
      .raw(Uint8Array.of(131, 9))
      .raw(Uint8Array.of(132))
      .raw(filter)
      .raw(Uint8Array.of(133))
      .raw(new ByteWriter().str('cold').len(5).str('meta').toBytes())
      .raw(Uint8Array.of(137))
      .raw(new ByteWriter().str('bits').len(5).str('').toBytes())
      .raw(Uint8Array.of(128, 1))
      .key('hot', stringValue('v'))
      .finish();
    const lines = linesOf(file);
    expect(lines.filter((line) => line.startsWith('key'))).toHaveLength(2);
    expect(new Set(warningsOf(lines))).toEqual(new Set(['RDB_FOREIGN_RECORD']));
  });

  it('files of RocksDB cannot be read', () => {
    const file = new RdbBuilder({ version: 9 })
      .aux('rordb', '00001')
      .key('hot', stringValue('v'))
      .raw(Uint8Array.of(130))
      .raw(new ByteWriter().str('000012.sst').len(3).raw('abc').toBytes())
      .finish();
    const { code, message } = errorOf(file);
    expect(code).toBe('RDB_UNSUPPORTED_RECORD');
    expect(message).toContain('RocksDB');
  });
});
