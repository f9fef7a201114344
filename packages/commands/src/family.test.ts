/** Values that only Dragonfly, KeyDB or Redis-On-Rocks have, for their own servers and for others. */
import type { Int64 } from '@rdbkit/bytes';
import { type Level, RdbVisitorBase, readDump, readRdbSync } from '@rdbkit/rdb';
import { RespBuffer } from '@rdbkit/resp';
import {
  bloomValue,
  cronValue,
  DragonflyRecords,
  dragonflyFile,
  dragonflyHashValue,
  dragonflyJsonValue,
  dragonflySetValue,
  hashMetadataValue,
  listValue,
  moduleValue,
  RdbBuilder,
  type RdbValue,
  rorBitmapValue,
  setValue,
  stringValue,
} from '@rdbkit/testkit';
import { describe, expect, test } from 'vitest';
import { CommandEmitter, type EmitOptions, type Note, parseTarget } from './index.ts';

const NOW = 1_700_000_000_000;
const LATER = 1_893_456_000_000;
const EARLIER = 1_690_000_000_000;

interface Emitted {
  /** Each command, its arguments joined by blanks; `<payload>` for that of RESTORE. */
  readonly commands: string[];
  readonly payloads: Uint8Array[];
  readonly codes: string[];
  readonly notes: Note[];
}

function emit(file: Uint8Array, options: EmitOptions & { to?: string } = {}): Emitted {
  const { to, ...rest } = options;
  const out = new RespBuffer();
  const notes: Note[] = [];
  const emitter = new CommandEmitter(out, {
    ...(to === undefined ? {} : { target: parseTarget(to) }),
    now: NOW,
    existing: 'append',
    onNote: (note) => notes.push(note),
    ...rest,
  });
  readRdbSync(file, emitter, rest.rdb);
  const buffer = Buffer.from(out.take());
  const commands: string[] = [];
  const payloads: Uint8Array[] = [];
  let at = 0;
  const number = (): number => {
    const end = buffer.indexOf('\r\n', at);
    const value = Number(buffer.toString('latin1', at + 1, end));
    at = end + 2;
    return value;
  };
  while (at < buffer.length) {
    const words = Array.from({ length: number() }, () => {
      const length = number();
      at += length + 2;
      return buffer.subarray(at - length - 2, at - 2);
    });
    const isRestore = words[0]?.toString() === 'RESTORE';
    if (isRestore) payloads.push(words[3] as Uint8Array);
    commands.push(words.map((word, i) => (isRestore && i === 3 ? '<payload>' : word.toString('latin1'))).join(' '));
  }
  return { commands, payloads, codes: notes.map(({ code }) => code), notes };
}

/** Writes down the calls for a value. */
class Calls extends RdbVisitorBase {
  readonly lines: string[] = [];

  private add(name: string, ...parts: (Int64 | null | string)[]): void {
    this.lines.push([name, ...parts].join(' '));
  }

  override key(): Level {
    return 'logical';
  }
  override string(bytes: Uint8Array, start: number, end: number): void {
    this.add('string', text(bytes, start, end));
  }
  override setStart(count: number): void {
    this.add('setStart', count);
  }
  override setMember(bytes: Uint8Array, start: number, end: number, expireAtMs: Int64 | null): void {
    this.add('setMember', text(bytes, start, end), ...(expireAtMs === null ? [] : [expireAtMs]));
  }
  override hashStart(count: number): void {
    this.add('hashStart', count);
  }
  override hashField(
    field: Uint8Array,
    fieldStart: number,
    fieldEnd: number,
    value: Uint8Array,
    valueStart: number,
    valueEnd: number,
    expireAtMs: Int64 | null,
  ): void {
    this.add('hashField', text(field, fieldStart, fieldEnd), text(value, valueStart, valueEnd), expireAtMs ?? 'null');
  }
  override module(name: string, encodingVersion: number): void {
    this.add('module', name, encodingVersion);
  }
}

function text(bytes: Uint8Array, start: number, end: number): string {
  return `"${Buffer.from(bytes.subarray(start, end)).toString('latin1')}"`;
}

/** What is in a payload for Dragonfly: its type, the version of its footer, the calls. */
function shown(payload: Uint8Array, dialect: 'dragonfly' | 'redis' = 'dragonfly'): unknown[] {
  const log = new Calls();
  const { typeCode, version } = readDump(payload, log, { dialect });
  return [typeCode, version, ...log.lines];
}

const dragonfly = (value: RdbValue, attributes = {}): Uint8Array =>
  dragonflyFile(new DragonflyRecords().selectDb(0).key('k', value, attributes));

describe('sets whose members expire', () => {
  const value = dragonflySetValue([
    ['a', LATER],
    ['b', null],
    ['c', EARLIER],
  ]);
  const file = dragonfly(value);

  test.each(['plain', 'restore'] as const)('for Dragonfly, %s', (form) => {
    const { commands, payloads, codes } = emit(file, { form });
    expect(commands).toEqual(['SELECT 0', 'RESTORE k 0 <payload>']);
    expect(shown(payloads[0] as Uint8Array)).toEqual([32, 9, 'setStart 2', `setMember "a" ${LATER}`, 'setMember "b"']);
    expect(codes).toEqual([]);
    const kept = emit(file, { form, expired: 'keep' });
    expect(shown(kept.payloads[0] as Uint8Array)[2]).toBe('setStart 3');
    const shifted = emit(file, { form, shiftTtlMs: 1500 });
    expect(shown(shifted.payloads[0] as Uint8Array)).toContain(`setMember "a" ${LATER + 2000}`);
    expect(shifted.codes).toEqual(['FIELD_EXPIRY_ROUNDED']);
    const stripped = emit(file, { form, stripTtl: true });
    expect(shown(stripped.payloads[0] as Uint8Array)).toEqual([
      2,
      6,
      'setStart 3',
      'setMember "a"',
      'setMember "b"',
      'setMember "c"',
    ]);
  });

  test.each(['plain', 'restore'] as const)('for KeyDB, %s', (form) => {
    const { commands } = emit(file, { form, to: 'keydb-6.3' });
    expect(commands).toEqual(['SELECT 0', 'SADD k a b', `PEXPIREMEMBERAT k a ${LATER}`]);
  });

  test('for KeyDB in batches', () => {
    const members = Array.from({ length: 7 }, (_, i) => [`m${i}`, i % 2 === 0 ? LATER + 1000 * i : null] as const);
    const { commands } = emit(dragonfly(dragonflySetValue(members)), { to: 'keydb-6.3', batch: 3 });
    expect(commands.slice(1)).toEqual([
      'SADD k m0 m1 m2',
      `PEXPIREMEMBERAT k m0 ${LATER}`,
      `PEXPIREMEMBERAT k m2 ${LATER + 2000}`,
      'SADD k m3 m4 m5',
      `PEXPIREMEMBERAT k m4 ${LATER + 4000}`,
      'SADD k m6',
      `PEXPIREMEMBERAT k m6 ${LATER + 6000}`,
    ]);
  });

  test('for others the members stay, and it is told', () => {
    const plain = emit(file, { to: '7.2' });
    expect(plain.commands).toEqual(['SELECT 0', 'SADD k a b']);
    expect(plain.codes).toEqual(['MEMBER_EXPIRY_LOST']);
    const { payloads, codes } = emit(file, { to: '7.2', form: 'restore' });
    expect(shown(payloads[0] as Uint8Array, 'redis')).toEqual([2, 6, 'setStart 2', 'setMember "a"', 'setMember "b"']);
    expect(codes).toEqual(['MEMBER_EXPIRY_LOST']);
  });

  test('all of them expired', () => {
    const gone = dragonfly(dragonflySetValue([['a', EARLIER]]));
    for (const form of ['plain', 'restore'] as const) {
      for (const to of ['dragonfly', 'keydb', '7.2']) {
        expect(emit(gone, { form, to })).toMatchObject({ commands: [], codes: ['FIELDS_EXPIRED'] });
      }
    }
  });

  test('too long for one payload', () => {
    const { commands, codes } = emit(file, { rdb: { rawBytes: 4 } });
    expect(commands).toEqual(['SELECT 0', 'SADD k a b']);
    expect(codes).toEqual(['RESTORE_TOO_LONG', 'MEMBER_EXPIRY_LOST']);
  });
});

describe('hashes whose fields expire', () => {
  const file = dragonfly(
    dragonflyHashValue([
      ['f', '1', LATER],
      ['g', '2', null],
      ['h', '3', EARLIER],
    ]),
  );

  test('for Dragonfly', () => {
    const { payloads, codes } = emit(file, { form: 'restore' });
    expect(shown(payloads[0] as Uint8Array)).toEqual([
      31,
      9,
      'hashStart 2',
      `hashField "f" "1" ${LATER}`,
      'hashField "g" "2" null',
    ]);
    expect(codes).toEqual([]);
    const plain = emit(file, { form: 'plain' });
    expect(plain.commands).toEqual(['SELECT 0', 'HSET k f 1 g 2', `HEXPIRE k ${(LATER - NOW) / 1000} FIELDS 1 f`]);
  });

  test('for servers with fields that expire', () => {
    expect(emit(file, { to: '7.4' }).commands).toEqual([
      'SELECT 0',
      'HSET k f 1 g 2',
      `HPEXPIREAT k ${LATER} FIELDS 1 f`,
    ]);
    const { payloads } = emit(file, { to: '7.4', form: 'restore' });
    expect(shown(payloads[0] as Uint8Array, 'redis')).toEqual([
      24,
      12,
      'hashStart 2',
      `hashField "f" "1" ${LATER}`,
      'hashField "g" "2" null',
    ]);
    expect(emit(file, { to: 'keydb-6.3' }).commands.at(-1)).toBe(`PEXPIREMEMBERAT k f ${LATER}`);
  });

  test('of Redis, for Dragonfly', () => {
    const redis = new RdbBuilder({ version: 12 })
      .key(
        'k',
        hashMetadataValue([
          ['f', '1', LATER + 1],
          ['g', '2', null],
        ]),
      )
      .finish();
    const { payloads, codes } = emit(redis, { to: 'dragonfly', form: 'restore' });
    expect(shown(payloads[0] as Uint8Array)).toEqual([
      31,
      9,
      'hashStart 2',
      `hashField "f" "1" ${LATER + 1000}`,
      'hashField "g" "2" null',
    ]);
    expect(codes).toEqual(['FIELD_EXPIRY_ROUNDED']);
  });

  test('the second before the time that stands for none', () => {
    const redis = new RdbBuilder({ version: 12 }).key('k', hashMetadataValue([['f', '1', 1_675_209_599_000]])).finish();
    const { payloads } = emit(redis, { to: 'dragonfly', form: 'restore', expired: 'keep' });
    expect(shown(payloads[0] as Uint8Array).at(-1)).toBe('hashField "f" "1" 1675209598000');
  });
});

describe('JSON', () => {
  const json = '{"a":1}';
  const file = dragonfly(dragonflyJsonValue(json));

  test.each(['plain', 'restore'] as const)('for Dragonfly as it is, %s', (form) => {
    const { commands, payloads, codes } = emit(file, { form });
    expect(commands).toEqual(['SELECT 0', 'RESTORE k 0 <payload>']);
    expect(shown(payloads[0] as Uint8Array)[0]).toBe(30);
    expect(codes).toEqual([]);
  });

  test.each(['plain', 'restore'] as const)('for others as the value of the module, %s', (form) => {
    const { payloads, codes } = emit(file, { form, to: '7.2' });
    expect(Buffer.from(payloads[0] as Uint8Array).subarray(1, -10)).toEqual(
      Buffer.from(moduleValue('ReJSON-RL', 3, [{ string: json }]).bytes),
    );
    expect(payloads[0]?.[0]).toBe(7);
    expect(codes).toEqual(['MODULE_NEEDED']);
  });

  test('longer than what is gathered', () => {
    const { payloads, codes } = emit(file, { form: 'restore', rdb: { rawBytes: 4 } });
    expect(payloads[0]?.[0]).toBe(7);
    expect(codes).toContain('RESTORE_TOO_LONG');
  });

  test('of old releases, of Redis for Dragonfly', () => {
    const old = dragonflyFile(new DragonflyRecords().key('k', dragonflyJsonValue(json, 20)), { version: null });
    const read = emit(old, { to: 'dragonfly-1.40', rdb: { dialect: 'dragonfly' } });
    expect(shown(read.payloads[0] as Uint8Array)).toEqual([20, 9, 'module ReJSON-RL 3']);
    const redis = new RdbBuilder({ version: 12 }).key('k', moduleValue('ReJSON-RL', 3, [{ string: json }])).finish();
    expect(emit(redis, { to: 'dragonfly' }).payloads[0]?.[0]).toBe(7);
  });
});

describe('filters', () => {
  const file = dragonfly(bloomValue([new Uint8Array(64)]));

  test('go to Dragonfly as they are, from the release on that has them', () => {
    for (const form of ['plain', 'restore'] as const) {
      const { payloads, codes } = emit(file, { form, to: 'dragonfly-1.17' });
      expect([payloads[0]?.[0], codes]).toEqual([33, []]);
      expect(emit(file, { form, to: 'dragonfly-1.16' }).codes).toEqual(['TYPE_NOT_SUPPORTED']);
    }
  });

  test('are reported for others', () => {
    for (const to of ['8.8', 'valkey-9', 'keydb'])
      expect(emit(file, { to })).toMatchObject({ commands: [], codes: ['TYPE_NOT_SUPPORTED'] });
  });
});

describe('attributes of Dragonfly', () => {
  const sticky = { mask: 1 };

  test('keys that are not evicted', () => {
    const file = dragonflyFile(
      new DragonflyRecords()
        .key('a', stringValue('1'), { ...sticky, expireAtMs: LATER })
        .key('b', setValue(['x']), sticky)
        .key('c', stringValue('2')),
    );
    for (const form of ['plain', 'restore'] as const) {
      const { commands, codes } = emit(file, { form });
      expect(commands.slice(1, 3)).toEqual([
        `RESTORE a ${LATER} <payload> ABSTTL STICK`,
        'RESTORE b 0 <payload> STICK',
      ]);
      expect(commands[3]).not.toContain('STICK');
      expect(codes).toEqual([]);
    }
    const redis = emit(file, { to: '7.2' });
    expect(redis.commands[1]).toBe(`SET a 1 PXAT ${LATER}`);
    expect(redis.codes).toEqual(['STICKY_LOST']);
    // No payload of a list of single elements is taken, and no other command keeps it.
    const list = emit(dragonfly(listValue(['x']), sticky));
    expect(list.commands).toEqual(['SELECT 0', 'RPUSH k x']);
    expect(list.codes).toEqual(['STICKY_LOST']);
  });

  test('flags of memcached', () => {
    const { commands, codes } = emit(dragonfly(stringValue('v'), { mask: 2, memcachedFlags: 5 }));
    expect(commands).toEqual(['SELECT 0', 'SET k v']);
    expect(codes).toEqual(['MEMCACHED_FLAGS_LOST']);
  });

  test('definitions of search indexes', () => {
    const fields = [
      ['search-index', 'idx ON HASH PREFIX 1 doc: SCHEMA t TEXT'],
      ['search-synonyms', 'idx g1 car auto'],
    ] as const;
    const { notes } = emit(dragonflyFile(new DragonflyRecords(), { fields }));
    expect(notes.map(({ code, level, message }) => [code, level, message.split(': ').slice(1).join(': ')])).toEqual([
      ['SEARCH_INDEX_LOST', 'loss', 'FT.CREATE idx ON HASH PREFIX 1 doc: SCHEMA t TEXT'],
      ['SEARCH_INDEX_LOST', 'loss', 'FT.SYNUPDATE idx g1 car auto'],
    ]);
  });
});

describe('the target of a file that names none', () => {
  test.each([
    ['df-v1.37.2', 'dragonfly', 1_037_002],
    [null, 'dragonfly', 999_999_999],
  ])('Dragonfly %s', (version, flavour, number) => {
    const out = new RespBuffer();
    const emitter = new CommandEmitter(out);
    const file = dragonflyFile(new DragonflyRecords().key('k', stringValue('v')), { version });
    readRdbSync(file, emitter, { dialect: 'dragonfly' });
    expect(emitter.target).toEqual({ flavour, version: number });
  });

  test('KeyDB', () => {
    const emitter = new CommandEmitter(new RespBuffer());
    const file = new RdbBuilder({ version: 9 }).key('k', stringValue('v')).finish();
    readRdbSync(file, emitter, { dialect: 'keydb' });
    expect(emitter.target?.flavour).toBe('keydb');
  });
});

describe('KeyDB and Redis-On-Rocks', () => {
  test('a cron job is reported, for KeyDB too: its payload does not tell whether it repeats', () => {
    const file = new RdbBuilder({ version: 9 })
      .aux('redis-ver', '6.3.4')
      .key('job', cronValue('return 1', [LATER, 1000], [], []))
      .aux('keydb-subexpire-key', 'job')
      .aux('keydb-subexpire-when', String(LATER))
      .finish();
    for (const form of ['plain', 'restore'] as const)
      expect(emit(file, { form })).toMatchObject({ commands: [], codes: ['TYPE_NOT_SUPPORTED'] });
  });

  test.each([
    ['ror-6.2', 16, 9],
    ['ror-8.2', 192, 12],
  ] as const)('a bitmap of %s is a string', (dialect, code, version) => {
    const file = new RdbBuilder({ version })
      .selectDb(0)
      .key('k', rorBitmapValue(code, 'abcdef', 4))
      .finish();
    expect(emit(file, { to: '7.2', rdb: { dialect } }).commands).toEqual(['SELECT 0', 'SET k abcdef']);
    const sized = emit(file, { to: '7.2', rdb: { dialect }, acceptSize: () => true });
    expect(sized.commands).toEqual(['SELECT 0', 'SET k abcdef']);
    const { payloads } = emit(file, { to: '7.2', form: 'restore', rdb: { dialect } });
    expect(shown(payloads[0] as Uint8Array, 'redis')).toEqual([0, 6, 'string "abcdef"']);
  });
});
