import { keySlot } from '@rdbkit/bytes';
import type { KeyHeader } from '@rdbkit/rdb';
import { RdbReader, readRdbSync } from '@rdbkit/rdb';
import { RespBuffer } from '@rdbkit/resp';
import {
  arrayValue,
  bitmapValue,
  hash2Value,
  hashMetadataValue,
  hashValue,
  listpack,
  listValue,
  moduleValue,
  quicklist2Value,
  RdbBuilder,
  roaring64,
  setValue,
  streamValue,
  stringValue,
  templateArrayRefValue,
  zset2Value,
} from '@rdbkit/testkit';
import { describe, expect, test } from 'vitest';
import { CommandEmitter, type EmitCounts, type EmitOptions, NOTE_LEVELS, type Note, parseTarget } from './index.ts';

const NOW = 1_700_000_000_000;
const LATER = 1_893_456_000_000;
const EARLIER = 1_600_000_000_000;

interface Emitted {
  readonly commands: string[];
  readonly notes: Note[];
  readonly codes: string[];
  readonly counts: EmitCounts;
}

/** RESP in words: the arguments of each command, bytes as Latin-1. Throws when it is not an array of bulk strings. */
function commandsOf(resp: Uint8Array): string[] {
  const text = Buffer.from(resp).toString('latin1');
  const commands: string[] = [];
  let at = 0;
  const line = (mark: string): number => {
    const end = text.indexOf('\r\n', at);
    const match = new RegExp(`^\\${mark}(0|[1-9]\\d*)$`).exec(text.slice(at, end));
    if (match === null) throw new Error(`expected ${mark} at ${at}, found ${text.slice(at, at + 20)}`);
    at = end + 2;
    return Number(match[1]);
  };
  while (at < text.length) {
    const words = Array.from({ length: line('*') }, () => {
      const length = line('$');
      const word = text.slice(at, at + length);
      at += length;
      if (text.slice(at, at + 2) !== '\r\n') throw new Error(`no line end at ${at}`);
      at += 2;
      return word;
    });
    commands.push(words.join(' '));
  }
  return commands;
}

function emit(file: Uint8Array, options: EmitOptions & { to?: string } = {}): Emitted {
  const { to = '7.4', ...rest } = options;
  const out = new RespBuffer(64);
  const notes: Note[] = [];
  const emitter = new CommandEmitter(out, {
    target: parseTarget(to),
    now: NOW,
    temporarySuffix: ':tmp',
    onNote: (note) => notes.push(note),
    ...rest,
  });
  readRdbSync(file, emitter, rest.rdb);
  const commands = commandsOf(out.take());
  const { counts } = emitter;
  expect(counts.commands).toBe(commands.length);
  return { commands, notes, codes: notes.map(({ code }) => code), counts };
}

/** A dump of one database. */
const db0 = (version = 11): RdbBuilder => new RdbBuilder({ version }).selectDb(0);

describe('frame', () => {
  test('SELECT before the first key and at each change', () => {
    const file = new RdbBuilder()
      .selectDb(0)
      .key('a', stringValue('1'))
      .key('b', stringValue('2'))
      .selectDb(3)
      .selectDb(15)
      .key('c', stringValue('3'))
      .finish();
    expect(emit(file).commands).toEqual(['SELECT 0', 'SET a 1', 'SET b 2', 'SELECT 15', 'SET c 3']);
  });

  test('functions come first, scripts where they stand', () => {
    const file = new RdbBuilder()
      .functionLibrary('#!lua name=f')
      .selectDb(0)
      .key('a', stringValue('1'))
      .aux('lua', 'return 1')
      .finish();
    expect(emit(file).commands).toEqual([
      'FUNCTION LOAD REPLACE #!lua name=f',
      'SELECT 0',
      'SET a 1',
      'SCRIPT LOAD return 1',
    ]);
    const kept = emit(file, { existing: 'keep' });
    expect(kept.commands[0]).toBe('FUNCTION LOAD #!lua name=f');
    expect(kept.codes).toEqual(['FUNCTION_ANSWERS']);
    const old = emit(file, { to: '2.4' });
    expect(old.commands).toEqual(['SELECT 0', 'SET a 1']);
    expect(old.codes).toEqual(['FUNCTION_LOST', 'SCRIPT_LOST']);
  });

  test('what no command takes is reported', () => {
    const file = new RdbBuilder()
      .functionPreGa('early', 'LUA', null, 'code')
      .moduleAux('testmodul', 1, 1, [])
      .selectDb(0)
      .key('a', stringValue('1'), { idleSeconds: 5 })
      .key('b', stringValue('1'), { idleSeconds: 6 })
      .finish();
    const { commands, codes } = emit(file);
    expect(commands).toEqual(['SELECT 0', 'SET a 1', 'SET b 1']);
    expect(codes).toEqual(['FUNCTION_PRE_GA', 'MODULE_AUX_LOST', 'USAGE_LOST']);
  });

  test('the target is the server that wrote the dump unless told', () => {
    const emitter = new CommandEmitter(new RespBuffer());
    expect(emitter.counts.commands).toBe(0);
    emitter.abort();
    expect(emitter.target).toBeNull();
    readRdbSync(
      new RdbBuilder({ version: 9 }).aux('redis-ver', '6.2.16').selectDb(0).key('a', stringValue('1')).finish(),
      emitter,
    );
    expect(emitter.target).toEqual(parseTarget('6.2.16'));
  });

  test('limits are checked', () => {
    expect(() => new CommandEmitter(new RespBuffer(), { batch: 0 })).toThrow(RangeError);
    expect(() => new CommandEmitter(new RespBuffer(), { shiftTtlMs: 0.5 })).toThrow(RangeError);
  });
});

describe('strings', () => {
  const file = db0().key('a', stringValue('1')).key('b', stringValue(''), { expireAtMs: LATER }).finish();
  const odd = db0()
    .key('b', stringValue('x'), { expireAtMs: LATER + 1 })
    .finish();

  test.each([
    ['7.4', 'replace', ['SET a 1', `SET b  PXAT ${LATER}`]],
    ['6.0', 'replace', ['SET a 1', 'SET b ', `PEXPIREAT b ${LATER}`]],
    ['2.4', 'append', ['SET a 1', 'SET b ', `EXPIREAT b ${LATER / 1000}`]],
    ['7.4', 'keep', ['SET a 1 NX', `SET b  NX PXAT ${LATER}`]],
    [
      '6.0',
      'keep',
      ['SET a 1 NX', 'DEL {b}:tmp', 'SET {b}:tmp ', `PEXPIREAT {b}:tmp ${LATER}`, 'RENAMENX {b}:tmp b', 'DEL {b}:tmp'],
    ],
    [
      '2.6',
      'keep',
      ['SETNX a 1', 'DEL {b}:tmp', 'SET {b}:tmp ', `PEXPIREAT {b}:tmp ${LATER}`, 'RENAMENX {b}:tmp b', 'DEL {b}:tmp'],
    ],
  ] as const)('for %s, %s', (to, existing, expected) => {
    const { commands, notes, counts } = emit(file, { to, existing });
    expect(commands).toEqual(['SELECT 0', ...expected]);
    expect(notes).toEqual([]);
    expect(counts.ways.set).toBe(2);
  });

  test('an expiry cut to seconds is reported', () => {
    const { commands, notes } = emit(odd, { to: '2.4' });
    expect(commands.at(-1)).toBe(`EXPIREAT b ${LATER / 1000}`);
    expect(notes).toMatchObject([{ code: 'EXPIRY_CUT', level: 'loss', db: 0, key: new Uint8Array([0x62]) }]);
  });

  test('long ones in pieces, no command longer than the limit', () => {
    const long = db0().key('key', stringValue('0123456789abcdefghij'), { expireAtMs: LATER }).finish();
    const options = { maxCommandBytes: 8, rdb: { pieceBytes: 10 } };
    const pieces = ['SET K 01234567', 'APPEND K 89', 'APPEND K abcdefgh', 'APPEND K ij'];
    expect(emit(long, options).commands).toEqual([
      'SELECT 0',
      ...pieces.map((c) => c.replace('K', 'key')),
      `PEXPIREAT key ${LATER}`,
    ]);
    expect(emit(long, { ...options, existing: 'keep' }).commands).toEqual([
      'SELECT 0',
      'DEL {key}:tmp',
      ...pieces.map((c) => c.replace('K', '{key}:tmp')),
      `PEXPIREAT {key}:tmp ${LATER}`,
      'RENAMENX {key}:tmp key',
      'DEL {key}:tmp',
    ]);
  });

  test('bitmaps are strings while they are short', () => {
    const bitmap = db0(16)
      .key('b', bitmapValue(3, roaring64([0, 9])))
      .finish();
    expect(emit(bitmap).commands).toEqual(['SELECT 0', 'SET b \x80\x40\x00']);
    const tooLong = { rdb: { maxBitmapBytes: 2 } };
    expect(emit(bitmap, tooLong)).toMatchObject({
      commands: [],
      codes: ['BITMAP_TOO_LONG'],
      counts: { impossibleKeys: 1 },
    });
    expect(emit(bitmap, { ...tooLong, to: '8.12' }).commands[1]).toContain('RESTORE b 0 !\x03');
  });
});

describe('aggregates', () => {
  const file = db0(14)
    .key('l', listValue(['a', 'b', 'c']), { expireAtMs: LATER })
    .key('s', setValue(['x']))
    .key(
      'z',
      zset2Value([
        ['m', 1.5],
        ['n', Number.NEGATIVE_INFINITY],
      ]),
    )
    .key(
      'h',
      hashValue([
        ['f', 'v'],
        ['g', 'w'],
      ]),
    )
    .finish();

  test.each([
    [
      'replace',
      [
        'DEL l',
        'RPUSH l a b c',
        `PEXPIREAT l ${LATER}`,
        'DEL s',
        'SADD s x',
        'DEL z',
        'ZADD z 1.5 m -inf n',
        'DEL h',
        'HSET h f v g w',
      ],
    ],
    ['append', ['RPUSH l a b c', `PEXPIREAT l ${LATER}`, 'SADD s x', 'ZADD z 1.5 m -inf n', 'HSET h f v g w']],
  ] as const)('%s', (existing, expected) => {
    const { commands, counts } = emit(file, { existing });
    expect(commands).toEqual(['SELECT 0', ...expected]);
    expect(counts).toMatchObject({ kinds: { list: 1, set: 1, zset: 1, hash: 1 }, ways: { commands: 4 } });
  });

  test('HMSET before 4.0', () => {
    expect(emit(file, { to: '3.2' }).commands.at(-1)).toBe('HMSET h f v g w');
  });

  test('keep builds under a name in the same slot', () => {
    const keys = db0()
      .key('a}b', setValue(['1']))
      .key('x{tag}y', setValue(['1']))
      .finish();
    const { commands } = emit(keys, { existing: 'keep' });
    const temporary = commands[1]?.slice('DEL '.length) ?? '';
    expect(temporary).toMatch(/^\{\d+\}a\}b:tmp$/);
    const slots = ['a}b', temporary].map((text) => keySlot(new TextEncoder().encode(text), 0, text.length));
    expect(slots[1]).toBe(slots[0]);
    expect(commands.slice(2, 5)).toEqual([`SADD ${temporary} 1`, `RENAMENX ${temporary} a}b`, `DEL ${temporary}`]);
    expect(commands[5]).toBe('DEL x{tag}y:tmp');
  });

  test('batches by count and by size', () => {
    const five = db0()
      .key('l', listValue(['1', '2', '3', '4', '5']))
      .finish();
    expect(emit(five, { batch: 2 }).commands.slice(2)).toEqual(['RPUSH l 1 2', 'RPUSH l 3 4', 'RPUSH l 5']);
    const long = db0()
      .key('l', listValue(['a'.repeat(50), 'b'.repeat(20), 'c', 'd']))
      .finish();
    expect(
      emit(long, { maxCommandBytes: 60 })
        .commands.slice(2)
        .map((c) => c.length),
    ).toEqual([58, 32]);
  });

  test('counts that the dump does not tell in advance', () => {
    const many = Array.from({ length: 600 }, (_, i) => `${i}`);
    const nodes = [listpack(many.slice(0, 300)), listpack(many.slice(300))].map((data) => ({ packed: data }));
    const file = db0()
      .key('l', quicklist2Value(nodes))
      .key('m', quicklist2Value([{ packed: listpack(['a']) }]))
      .finish();
    expect(emit(file).commands.slice(2)).toEqual([
      `RPUSH l ${many.slice(0, 512).join(' ')}`,
      `RPUSH l ${many.slice(512).join(' ')}`,
      'DEL m',
      'RPUSH m a',
    ]);
  });

  test('empty ones are left out and reported', () => {
    const { commands, codes, counts } = emit(db0().key('e', setValue([])).key('a', stringValue('1')).finish());
    expect(commands).toEqual(['SELECT 0', 'SET a 1']);
    expect(codes).toEqual(['EMPTY_KEY']);
    expect(counts).toMatchObject({ emptyKeys: 1, kinds: { set: 0, string: 1 } });
  });

  test('scores that 2.6 refuses', () => {
    const tiny = db0()
      .key('z', zset2Value([['m', 5e-324]]))
      .finish();
    expect(emit(tiny, { to: '2.6' })).toMatchObject({
      commands: ['SELECT 0', 'DEL z', 'ZADD z 0 m'],
      codes: ['SCORE_ROUNDED'],
    });
    expect(emit(tiny, { to: '2.8' })).toMatchObject({ commands: ['SELECT 0', 'DEL z', 'ZADD z 5e-324 m'], codes: [] });
  });

  test('arrays', () => {
    const file = db0(14)
      .key(
        'a',
        arrayValue(
          [
            [0, { string: 'x' }],
            [7n, { int: -5 }],
          ],
          { cursor: 7 },
        ),
      )
      .finish();
    expect(emit(file, { to: '8.8' }).commands.slice(1)).toEqual(['DEL a', 'ARMSET a 0 x 7 -5', 'ARSEEK a 8']);
    expect(emit(file, { to: '8.6' })).toMatchObject({
      commands: [],
      codes: ['TYPE_NOT_SUPPORTED'],
      counts: { impossibleKeys: 1 },
    });
  });

  test('modules are restored in any form', () => {
    const file = db0()
      .key('m', moduleValue('testmodul', 3, []))
      .finish();
    const { commands, codes } = emit(file);
    expect(commands[1]?.startsWith('RESTORE m 0 \x07\x81')).toBe(true);
    expect(commands[1]).toMatch(/ REPLACE$/);
    expect(codes).toEqual(['MODULE_NEEDED']);
    expect(emit(file, { to: 'dragonfly' }).codes).toEqual(['MODULE_NOT_SUPPORTED']);
    expect(emit(file, { to: '3.2' }).codes).toEqual(['TYPE_NOT_SUPPORTED']);
  });

  test('hashes that refer to a template', () => {
    const file = new RdbBuilder({ version: 15 })
      .hashTemplate(1, ['f', 'g'])
      .selectDb(0)
      .key('h', templateArrayRefValue(1, ['v', 'w']))
      .finish();
    expect(emit(file).commands).toEqual(['SELECT 0', 'DEL h', 'HSET h f v g w']);
    expect(emit(file, { acceptSize: (bytes) => bytes > 8 }).commands).toEqual(['SELECT 0', 'DEL h', 'HSET h f v g w']);
    expect(emit(file, { acceptSize: (bytes) => bytes < 8 })).toMatchObject({
      commands: [],
      counts: { unwantedKeys: 1 },
    });
  });
});

describe('expiry', () => {
  const file = db0()
    .key('gone', listValue(['x']), { expireAtMs: EARLIER })
    .key('old', stringValue('x'), { expireAtMs: EARLIER })
    .key('new', stringValue('x'), { expireAtMs: LATER })
    .finish();

  test('skip', () => {
    const { commands, counts } = emit(file);
    expect(commands).toEqual(['SELECT 0', `SET new x PXAT ${LATER}`]);
    expect(counts.expiredKeys).toBe(2);
  });

  test('keep', () => {
    const { commands, counts } = emit(file, { expired: 'keep' });
    expect(commands.slice(1, 5)).toEqual([
      'DEL gone',
      'RPUSH gone x',
      `PEXPIREAT gone ${EARLIER}`,
      `SET old x PXAT ${EARLIER}`,
    ]);
    expect(counts.expiredKeys).toBe(0);
  });

  test('keep, where values are built under another name', () => {
    const { commands, codes } = emit(file, { expired: 'keep', existing: 'keep' });
    expect(commands).toEqual(['SELECT 0', `SET old x NX PXAT ${EARLIER}`, `SET new x NX PXAT ${LATER}`]);
    expect(codes).toEqual(['EXPIRED_NOT_BUILT']);
  });

  test('strip', () => {
    expect(emit(file, { stripTtl: true }).commands.slice(1)).toEqual([
      'DEL gone',
      'RPUSH gone x',
      'SET old x',
      'SET new x',
    ]);
  });

  test('shift', () => {
    const shiftTtlMs = NOW - EARLIER + 1;
    expect(emit(file, { shiftTtlMs }).commands.slice(3, 5)).toEqual([
      `PEXPIREAT gone ${NOW + 1}`,
      `SET old x PXAT ${NOW + 1}`,
    ]);
    const far = db0()
      .key('k', stringValue('v'), { expireAtMs: 2n ** 63n - 1n })
      .finish();
    expect(emit(far, { shiftTtlMs }).commands[1]).toBe(`SET k v PXAT ${2n ** 63n - 1n}`);
    expect(emit(far, { shiftTtlMs: -1 }).commands[1]).toBe(`SET k v PXAT ${2n ** 63n - 2n}`);
  });

  test('times before 1970', () => {
    const negative = db0().key('k', stringValue('v'), { expireAtMs: -5 }).finish();
    expect(emit(negative, { expired: 'keep' }).commands[1]).toBe('SET k v PXAT 1');
  });
});

describe('fields that expire', () => {
  const file = db0(12)
    .key(
      'h',
      hashMetadataValue([
        ['a', '1', LATER],
        ['b', '2', null],
        ['c', '3', EARLIER],
        ['d', '4', LATER + 5],
        ['e', '5', LATER],
      ]),
    )
    .key('g', hashMetadataValue([['a', '1', EARLIER]]))
    .finish();

  test('grouped by time', () => {
    const { commands, counts, codes } = emit(file);
    expect(commands).toEqual([
      'SELECT 0',
      'DEL h',
      'HSET h a 1 b 2 d 4 e 5',
      `HPEXPIREAT h ${LATER} FIELDS 2 a e`,
      `HPEXPIREAT h ${LATER + 5} FIELDS 1 d`,
    ]);
    expect(counts).toMatchObject({ expiredFields: 2, expiredKeys: 1, kinds: { hash: 1 } });
    expect(codes).toEqual(['FIELDS_EXPIRED']);
  });

  test('after each batch', () => {
    expect(emit(file, { batch: 2 }).commands.slice(2)).toEqual([
      'HSET h a 1 b 2',
      `HPEXPIREAT h ${LATER} FIELDS 1 a`,
      'HSET h d 4 e 5',
      `HPEXPIREAT h ${LATER} FIELDS 1 e`,
      `HPEXPIREAT h ${LATER + 5} FIELDS 1 d`,
    ]);
  });

  test('expired ones kept', () => {
    expect(emit(file, { expired: 'keep' }).commands.slice(2, 4)).toEqual([
      'HSET h a 1 b 2 c 3 d 4 e 5',
      `HPEXPIREAT h ${EARLIER} FIELDS 1 c`,
    ]);
  });

  test('from Valkey to Valkey', () => {
    const valkey = new RdbBuilder({ version: 80 })
      .selectDb(0)
      .key(
        'h',
        hash2Value([
          ['a', '1', LATER],
          ['b', '2', null],
        ]),
      )
      .finish();
    expect(emit(valkey, { to: 'valkey-9' }).commands.slice(2)).toEqual([
      'HSET h a 1 b 2',
      `HPEXPIREAT h ${LATER} FIELDS 1 a`,
    ]);
  });

  test('KeyDB', () => {
    expect(emit(file, { to: 'keydb-6.3' }).commands.slice(2)).toEqual([
      'HSET h a 1 b 2 d 4 e 5',
      `PEXPIREMEMBERAT h a ${LATER}`,
      `PEXPIREMEMBERAT h e ${LATER}`,
      `PEXPIREMEMBERAT h d ${LATER + 5}`,
    ]);
  });

  test('Dragonfly', () => {
    const { commands, codes } = emit(file, { to: 'dragonfly' });
    expect(commands[3]).toBe(`HEXPIRE h ${(LATER - NOW) / 1000} FIELDS 2 a e`);
    expect(codes).toContain('FIELD_EXPIRY_ROUNDED');
  });

  test('lost, once for each key', () => {
    const { commands, notes } = emit(
      db0(12)
        .key(
          'h',
          hashMetadataValue([
            ['a', '1', LATER],
            ['c', '3', EARLIER],
          ]),
        )
        .key('s', setValue(['x']))
        .finish(),
      { to: '7.2', expired: 'keep' },
    );
    expect(commands.slice(1)).toEqual(['DEL h', 'HSET h a 1', 'DEL s', 'SADD s x']);
    expect(notes.map(({ code, message }) => [code, message])).toEqual([
      ['FIELD_EXPIRY_LOST', '1 fields lose their expiry, which the target cannot hold'],
    ]);
  });

  test('beyond what HPEXPIREAT takes', () => {
    const far = db0(12)
      .key('h', hashMetadataValue([['a', '1', 2 ** 46]]))
      .finish();
    expect(emit(far)).toMatchObject({ commands: ['SELECT 0', 'DEL h', 'HSET h a 1'], codes: ['FIELD_EXPIRY_LOST'] });
  });

  test('members of KeyDB, told behind their key', () => {
    const keydb = db0(9)
      .key('h', hashValue([['f', 'v']]))
      .aux('keydb-subexpire-key', 'f')
      .aux('keydb-subexpire-when', `${LATER}`)
      .key('s', setValue(['m']))
      .aux('keydb-subexpire-key', 'm')
      .aux('keydb-subexpire-when', `${LATER}`)
      .finish();
    expect(emit(keydb, { to: 'keydb' }).commands.slice(1)).toEqual([
      'DEL h',
      'HSET h f v',
      `PEXPIREMEMBERAT h f ${LATER}`,
      'DEL s',
      'SADD s m',
      `PEXPIREMEMBERAT s m ${LATER}`,
    ]);
    const { commands, codes } = emit(keydb);
    expect(commands[3]).toBe(`HPEXPIREAT h ${LATER} FIELDS 1 f`);
    expect(codes).toEqual(['MEMBER_EXPIRY_LOST']);
  });
});

describe('selection', () => {
  const file = new RdbBuilder()
    .selectDb(0)
    .key('old:a', stringValue('1'))
    .key('other', listValue(['x']))
    .selectDb(1)
    .key('old:b', listValue(['1', '2']), { expireAtMs: LATER })
    .finish();

  test('shape chooses keys, databases and names', () => {
    const shape = (header: KeyHeader): boolean => {
      const name = Buffer.from(header.bytes.subarray(header.start, header.end)).toString();
      if (!name.startsWith('old:')) return false;
      header.bytes = new TextEncoder().encode(`new:${name.slice(4)}`);
      header.start = 0;
      header.end = header.bytes.length;
      header.db += 4;
      return true;
    };
    const { commands, counts } = emit(file, { shape });
    expect(commands).toEqual([
      'SELECT 4',
      'SET new:a 1',
      'SELECT 5',
      'DEL new:b',
      'RPUSH new:b 1 2',
      `PEXPIREAT new:b ${LATER}`,
    ]);
    expect(counts.unwantedKeys).toBe(1);
  });

  test('acceptSize', () => {
    const sizes: number[] = [];
    const { commands, counts } = emit(file, { acceptSize: (bytes) => sizes.push(bytes) !== 2 });
    expect(sizes).toEqual([2, 3, 5]);
    expect(commands).toEqual([
      'SELECT 0',
      'SET old:a 1',
      'SELECT 1',
      'DEL old:b',
      'RPUSH old:b 1 2',
      `PEXPIREAT old:b ${LATER}`,
    ]);
    expect(counts.unwantedKeys).toBe(1);
    expect(
      emit(file, { rdb: { rawBytes: 1 }, acceptSize: (bytes) => bytes === Number.POSITIVE_INFINITY }).counts
        .unwantedKeys,
    ).toBe(0);
    expect(emit(file, { rdb: { rawBytes: 1 }, acceptSize: (bytes) => bytes < 10 }).commands).toEqual([]);
  });
});

describe('damage', () => {
  const list = listValue(Array.from({ length: 100 }, (_, i) => `element ${i}`));

  function cut(flushBytes: number): { resp: string[]; codes: string[] } {
    const file = db0().key('a', stringValue('1')).key('l', list).unfinished();
    const out = new RespBuffer();
    const codes: string[] = [];
    const emitter = new CommandEmitter(out, {
      target: parseTarget('7.4'),
      batch: 10,
      flushBytes,
      onNote: ({ code }) => codes.push(code),
    });
    const reader = new RdbReader(emitter);
    reader.push(file.subarray(0, file.length - 10));
    expect(() => reader.finish()).toThrow();
    emitter.abort();
    return { resp: commandsOf(out.take()), codes };
  }

  test('nothing of a damaged key is left', () => {
    expect(cut(1_000_000)).toEqual({ resp: ['SELECT 0', 'SET a 1'], codes: [] });
  });

  test('of a long one, whole commands', () => {
    const { resp, codes } = cut(100);
    expect(resp.slice(0, 4).map((c) => c.slice(0, 8))).toEqual(['SELECT 0', 'SET a 1', 'DEL l', 'RPUSH l ']);
    expect(codes).toEqual(['KEY_PARTIAL']);
  });

  test('after it the database is selected anew if need be', () => {
    const out = new RespBuffer();
    const emitter = new CommandEmitter(out, { target: parseTarget('7.4') });
    const header: KeyHeader = {
      dialect: 'redis',
      db: 2,
      typeCode: 1,
      bytes: new Uint8Array([0x6b]),
      start: 0,
      end: 1,
      expireAtMs: null,
      idleSeconds: null,
      freq: null,
      metadata: null,
      isSticky: false,
      memcachedFlags: null,
      offset: 0,
    };
    emitter.key(header);
    emitter.listStart(2);
    emitter.listElement(header.bytes, 0, 1);
    emitter.abort();
    emitter.key({ ...header, typeCode: 0 });
    emitter.string(header.bytes, 0, 1);
    emitter.keyEnd();
    expect(commandsOf(out.take())).toEqual(['SELECT 2', 'SET k k']);
  });
});

test('reader and emitter agree whatever the chunks', () => {
  const file = db0(12)
    .key('s', stringValue('x'.repeat(100)), { expireAtMs: LATER })
    .key('l', listValue(['a', 'b', 'c']))
    .key('h', hashMetadataValue([['a', '1', LATER]]))
    .key('x', streamValue({ layout: 3, entries: [{ id: '1-1', fields: [['f', 'v']] }] }))
    .finish();
  for (const form of ['plain', 'restore'] as const) {
    const whole = emit(file, { form }).commands;
    for (let size = 1; size < 40; size += 3) {
      const out = new RespBuffer(8);
      const reader = new RdbReader(new CommandEmitter(out, { target: parseTarget('7.4'), form, now: NOW }));
      const parts: Uint8Array[] = [];
      for (let at = 0; at < file.length; at += size) {
        reader.push(file.subarray(at, at + size));
        const view = out.take();
        parts.push(view.slice());
        out.release(view);
      }
      reader.finish();
      expect(commandsOf(Buffer.concat([...parts, out.take()]))).toEqual(whole);
    }
  }
});

test('every note has a level', () => {
  expect(new Set(Object.values(NOTE_LEVELS))).toEqual(new Set(['loss', 'info']));
});
