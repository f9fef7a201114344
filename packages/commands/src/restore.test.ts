import { readDump, readRdbSync } from '@rdbkit/rdb';
import { RespBuffer } from '@rdbkit/resp';
import {
  arrayValue,
  bitmapValue,
  ContentCollector,
  dumpPayload,
  hash2Value,
  hashMetadataPreGaValue,
  hashMetadataValue,
  hashValue,
  keyMetadata,
  listpack,
  listValue,
  moduleValue,
  pathHashValue,
  quicklist2Value,
  RdbBuilder,
  type RdbValue,
  roaring64,
  setValue,
  stringValue,
  templateArrayRefValue,
  zset2Value,
  zsetValue,
} from '@rdbkit/testkit';
import { describe, expect, test } from 'vitest';
import { CommandEmitter, type EmitOptions, parseTarget } from './index.ts';

const NOW = 1_700_000_000_000;
const LATER = 1_893_456_000_000;
const EARLIER = 1_600_000_000_000;

type Command = (string | Uint8Array)[];

/** The arguments of each command; that of RESTORE's payload as bytes, the others as text. */
function commandsOf(resp: Uint8Array): Command[] {
  const buffer = Buffer.from(resp);
  const commands: Command[] = [];
  let at = 0;
  const number = (): number => {
    const end = buffer.indexOf('\r\n', at);
    const value = Number(buffer.toString('latin1', at + 1, end));
    at = end + 2;
    return value;
  };
  while (at < buffer.length) {
    const command: Command = Array.from({ length: number() }, () => {
      const length = number();
      const bytes = buffer.subarray(at, at + length);
      at += length + 2;
      return bytes;
    });
    const isRestore = command[0]?.toString() === 'RESTORE';
    commands.push(command.map((word, i) => (isRestore && i === 3 ? word : word.toString())));
  }
  return commands;
}

function emit(
  file: Uint8Array,
  options: EmitOptions & { to?: string } = {},
): { commands: Command[]; codes: string[]; emitter: CommandEmitter } {
  const { to = '7.0', ...rest } = options;
  const out = new RespBuffer(64);
  const codes: string[] = [];
  const emitter = new CommandEmitter(out, {
    form: 'restore',
    target: parseTarget(to),
    now: NOW,
    temporarySuffix: ':tmp',
    onNote: ({ code }) => codes.push(code),
    ...rest,
  });
  readRdbSync(file, emitter, rest.rdb);
  return { commands: commandsOf(out.take()), codes, emitter };
}

/** A file with the key `k`. */
function fileOf(value: RdbValue, version = 11, attributes: Parameters<RdbBuilder['key']>[2] = {}): Uint8Array {
  return new RdbBuilder({ version }).selectDb(0).key('k', value, attributes).finish();
}

/** The payload that is written for a value. */
function payloadOf(value: RdbValue, to: string, version = 11, options: EmitOptions = {}): Buffer {
  const { commands } = emit(fileOf(value, version), { to, ...options });
  expect(commands[1]?.slice(0, 3)).toEqual(['RESTORE', 'k', '0']);
  return commands[1]?.[3] as Buffer;
}

/** What a payload holds. */
function contentOf(payload: Uint8Array): unknown {
  const collector = new ContentCollector();
  readDump(payload, collector);
  return collector.content().records[0]?.value;
}

const b64 = (text: string): string => Buffer.from(text).toString('base64');

describe('the value as it stands', () => {
  test.each([
    ['string', stringValue('v'), 6],
    ['list', listValue(['a']), 6],
    ['zset 2', zset2Value([['m', 1]]), 8],
    ['quicklist 2', quicklist2Value([{ packed: listpack(['a']) }]), 10],
    ['module', moduleValue('testmodul', 1, []), 8],
  ] as const)('%s has the lowest version with its type', (_name, value, version) => {
    expect(payloadOf(value, '7.0')).toEqual(Buffer.from(dumpPayload(value, version)));
  });

  test('types of one dialect keep its versions', () => {
    const valkey = hash2Value([['a', '1', LATER]]);
    expect(payloadOf(valkey, 'valkey-9', 80)).toEqual(Buffer.from(dumpPayload(valkey, 80)));
    const redis = hashMetadataValue([['a', '1', LATER]]);
    expect(payloadOf(redis, '7.4', 12)).toEqual(Buffer.from(dumpPayload(redis, 12)));
  });

  test('arguments', () => {
    const file = fileOf(stringValue('v'), 11, { expireAtMs: LATER, idleSeconds: 77 });
    const words = (options: Parameters<typeof emit>[1]): Command[] =>
      emit(file, options).commands.map((c) => c.map((w) => (typeof w === 'string' ? w : 'PAYLOAD')));
    expect(words({})).toEqual([
      ['SELECT', '0'],
      ['RESTORE', 'k', `${LATER}`, 'PAYLOAD', 'REPLACE', 'ABSTTL', 'IDLETIME', '77'],
    ]);
    expect(words({ existing: 'append' })[1]).toEqual([
      'RESTORE',
      'k',
      `${LATER}`,
      'PAYLOAD',
      'ABSTTL',
      'IDLETIME',
      '77',
    ]);
    expect(words({ to: '4.0' }).slice(1)).toEqual([
      ['RESTORE', 'k', '0', 'PAYLOAD', 'REPLACE'],
      ['PEXPIREAT', 'k', `${LATER}`],
    ]);
    expect(words({ to: '2.8' }).slice(1)).toEqual([
      ['DEL', 'k'],
      ['RESTORE', 'k', '0', 'PAYLOAD'],
      ['PEXPIREAT', 'k', `${LATER}`],
    ]);
    expect(words({ to: '2.4' }).slice(1)).toEqual([
      ['SET', 'k', 'v'],
      ['EXPIREAT', 'k', `${LATER / 1000}`],
    ]);
    expect(words({ to: '4.0', existing: 'keep' }).slice(1)).toEqual([
      ['DEL', '{k}:tmp'],
      ['RESTORE', '{k}:tmp', '0', 'PAYLOAD'],
      ['PEXPIREAT', '{k}:tmp', `${LATER}`],
      ['RENAMENX', '{k}:tmp', 'k'],
      ['DEL', '{k}:tmp'],
    ]);
    const frequent = fileOf(stringValue('v'), 11, { freq: 200 });
    expect(emit(frequent).commands[1]?.slice(4)).toEqual(['REPLACE', 'FREQ', '200']);
  });

  test('notes of the arguments', () => {
    const file = fileOf(stringValue('v'), 11, { freq: 200 });
    expect(emit(file, { existing: 'keep' }).codes).toEqual(['BUSYKEY_ANSWERS']);
    expect(emit(file, { to: '4.0' }).codes).toEqual(['USAGE_LOST']);
    expect(emit(file, { to: '2.4' }).codes).toEqual(['RESTORE_NOT_ACCEPTED', 'USAGE_LOST']);
  });

  test('metadata of modules stands before the type', () => {
    const metadata = keyMetadata([{ name: 'abcd', version: 1, flags: 0, items: [] }]);
    const file = fileOf(stringValue('v'), 13, { metadata });
    expect(emit(file, { to: '8.6' }).commands[1]?.[3]).toEqual(
      Buffer.from(dumpPayload(stringValue('v'), 13, { metadata })),
    );
    const old = emit(file, { to: '8.4' });
    expect(old.commands[1]?.[3]).toEqual(Buffer.from(dumpPayload(stringValue('v'), 6)));
    expect(old.codes).toEqual(['KEY_METADATA_LOST']);
    expect(emit(file, { form: 'plain', to: '8.6' }).codes).toEqual(['KEY_METADATA_LOST']);
  });

  test('expired keys', () => {
    const file = fileOf(stringValue('v'), 11, { expireAtMs: EARLIER });
    expect(emit(file).commands).toEqual([]);
    expect(emit(file, { expired: 'keep' }).commands[1]?.[2]).toBe(`${EARLIER}`);
  });

  test('too long for one payload', () => {
    const file = fileOf(listValue(['aaaa', 'bbbb']));
    const { commands, codes, emitter } = emit(file, { rdb: { rawBytes: 8 } });
    expect(commands.slice(1)).toEqual([
      ['DEL', 'k'],
      ['RPUSH', 'k', 'aaaa', 'bbbb'],
    ]);
    expect(codes).toEqual(['RESTORE_TOO_LONG']);
    expect(emitter.counts.ways).toEqual({ set: 0, restore: 0, transcoded: 0, commands: 1 });
    const string = emit(fileOf(stringValue('0123456789')), { rdb: { rawBytes: 8 } });
    expect(string.commands[1]).toEqual(['SET', 'k', '0123456789']);
  });

  test('empty values', () => {
    for (const value of [setValue([]), quicklist2Value([]), hashMetadataValue([])]) {
      const { commands, codes, emitter } = emit(fileOf(value, 12), { to: '7.4' });
      expect([commands, codes, emitter.counts.emptyKeys]).toEqual([[], ['EMPTY_KEY'], 1]);
    }
  });
});

describe('the value in a plain layout', () => {
  test.each([
    [
      'quicklist 2',
      quicklist2Value([{ packed: listpack(['a', 12]) }, { plain: 'long' }]),
      '5.0',
      1,
      ['a', '12', 'long'].map(b64),
    ],
    [
      'zset 2, before 4.0',
      zset2Value([
        ['m', 1.5],
        ['n', Number.POSITIVE_INFINITY],
        ['o', Number.NEGATIVE_INFINITY],
        ['p', -0],
      ]),
      '3.2',
      3,
      null,
    ],
    ['template hash', templateArrayRefValue(1, ['v']), '7.0', 4, [[b64('f'), b64('v')]]],
    ['bitmap', bitmapValue(2, roaring64([1])), '7.0', 0, Buffer.from([0x40, 0]).toString('base64')],
  ] as const)('%s', (_name, value, to, typeCode, content) => {
    const file = new RdbBuilder({ version: 16 }).hashTemplate(1, ['f']).selectDb(0).key('k', value).finish();
    const { commands, emitter } = emit(file, { to });
    const payload = commands[1]?.[3] as Buffer;
    expect(payload[0]).toBe(typeCode);
    expect(payload.readUInt16LE(payload.length - 10)).toBe(6);
    const direct = new ContentCollector();
    readRdbSync(file, direct);
    expect(contentOf(payload)).toEqual(direct.content().records[0]?.value);
    if (content !== null) expect(contentOf(payload)).toEqual(content);
    expect(emitter.counts.ways.transcoded).toBe(1);
  });

  test('scores as text and back', () => {
    const scores = [0.1, -1e300, 5e-324, 123456789.125, 0];
    const payload = payloadOf(zset2Value(scores.map((score, i) => [`${i}`, score])), '3.2');
    expect(payload).toEqual(
      Buffer.from(dumpPayload(rewritten(payload, zsetValue(scores.map((score, i) => [`${i}`, `${score}`]))), 6)),
    );
  });

  /** The same value with its count in five bytes, as it is patched in. */
  function rewritten(payload: Buffer, value: RdbValue): RdbValue {
    expect(payload[1]).toBe(0x80);
    return { typeCode: value.typeCode, bytes: Buffer.concat([payload.subarray(1, 6), value.bytes.subarray(1)]) };
  }

  test('what no payload can hold', () => {
    expect(emit(fileOf(arrayValue([[0, { string: 'x' }]]), 14), { to: '8.6' }).codes).toEqual(['TYPE_NOT_SUPPORTED']);
    expect(emit(fileOf(arrayValue([[0, { string: 'x' }]]), 14), { to: '8.8' }).commands[1]?.[0]).toBe('RESTORE');
    const pathHash = pathHashValue([['p', [['f', 'v']]]]);
    expect(emit(fileOf(pathHash, 81), { to: 'valkey-9.0' }).codes).toEqual(['TYPE_NOT_SUPPORTED']);
    expect(emit(fileOf(pathHash, 81), { to: '8.0' }).codes).toEqual(['TYPE_NOT_SUPPORTED']);
    for (const form of ['plain', 'restore'] as const) {
      expect(emit(fileOf(pathHash, 81), { to: 'valkey-9.2', form }).commands[1]?.[3]).toEqual(
        Buffer.from(dumpPayload(pathHash, 81)),
      );
    }
  });

  test('lists for Dragonfly, which has no plain ones', () => {
    const { commands, codes } = emit(fileOf(listValue(['a'])), { to: 'dragonfly' });
    expect(commands.slice(1)).toEqual([
      ['DEL', 'k'],
      ['RPUSH', 'k', 'a'],
    ]);
    expect(codes).toEqual(['RESTORE_NOT_ACCEPTED']);
  });
});

describe('hashes whose fields expire', () => {
  const fields = [
    ['a', '1', LATER + 7],
    ['b', '2', null],
    ['c', '3', LATER],
  ] as const;
  const content = [
    ['a', '1', LATER + 7],
    ['b', '2'],
    ['c', '3', LATER],
  ].map(([f, v, at]) => [b64(`${f}`), b64(`${v}`), ...(at === undefined ? [] : [at])]);

  test.each([
    ['Redis to Valkey', hashMetadataValue(fields), 12, 'valkey-9', 22, 80],
    ['Valkey to Redis', hash2Value(fields), 80, '7.4', 24, 12],
    ['7.4 candidate to 7.4', hashMetadataPreGaValue(fields), 12, '8.0', 24, 12],
  ] as const)('%s', (_name, value, version, to, typeCode, payloadVersion) => {
    const payload = payloadOf(value, to, version);
    expect(payload[0]).toBe(typeCode);
    expect(payload.readUInt16LE(payload.length - 10)).toBe(payloadVersion);
    expect(contentOf(payload)).toEqual(content);
  });

  test('expired fields are left out, or kept', () => {
    const value = hashMetadataValue([['a', '1', EARLIER], ...fields]);
    const { commands, emitter } = emit(fileOf(value, 12), { to: '7.4' });
    expect(contentOf(commands[1]?.[3] as Buffer)).toEqual(content);
    expect(emitter.counts).toMatchObject({ expiredFields: 1, ways: { transcoded: 1 } });
    expect(payloadOf(value, '7.4', 12, { expired: 'keep' })).toEqual(Buffer.from(dumpPayload(value, 12)));
    const gone = emit(fileOf(hashMetadataValue([['a', '1', EARLIER]]), 12), { to: '7.4' });
    expect([gone.commands, gone.codes, gone.emitter.counts.expiredKeys]).toEqual([[], ['FIELDS_EXPIRED'], 1]);
  });

  test('shaped expiry', () => {
    const value = hashMetadataValue(fields);
    expect(contentOf(payloadOf(value, '7.4', 12, { shiftTtlMs: -1 }))).toContainEqual([b64('c'), b64('3'), LATER - 1]);
    const stripped = payloadOf(value, '7.4', 12, { stripTtl: true });
    expect(stripped[0]).toBe(4);
    expect(contentOf(stripped)).toEqual(content.map(([f, v]) => [f, v]));
  });

  test('for targets that cannot hold them', () => {
    const { commands, codes } = emit(fileOf(hashMetadataValue([...fields, ['d', '4', EARLIER]]), 12), {
      to: '7.2',
      expired: 'keep',
    });
    expect(contentOf(commands[1]?.[3] as Buffer)).toEqual(content.map(([f, v]) => [f, v]));
    expect(codes).toEqual(['FIELD_EXPIRY_LOST']);
    const keydb = emit(fileOf(hashMetadataValue(fields), 12), { to: 'keydb-6.3' });
    expect(keydb.commands.slice(2).map(([name]) => name)).toEqual(['HSET', 'PEXPIREMEMBERAT', 'PEXPIREMEMBERAT']);
    expect(keydb.codes).toEqual(['RESTORE_NOT_ACCEPTED']);
    expect(emit(fileOf(hashValue([['f', 'v']])), { to: 'keydb-6.3' }).codes).toEqual([]);
  });
});
