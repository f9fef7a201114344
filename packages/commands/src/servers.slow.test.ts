// What the unit tests state in words, asked of real servers: streams with everything that is hard to rebuild, and values
// that must not touch what is there. That the recorded dumps arrive whole is tested with the command line.
import { readRdbSync } from '@rdbkit/rdb';
import { RespBuffer } from '@rdbkit/resp';
import {
  compareContent,
  hashMetadataValue,
  hashValue,
  isAtLeast,
  listValue,
  RdbBuilder,
  type ServerProgram,
  type StreamSpec,
  serversForTests,
  setValue,
  startServer,
  streamValue,
  stringValue,
  type TestServer,
  zsetValue,
} from '@rdbkit/testkit';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { CommandEmitter, capabilitiesOf, type EmitOptions, parseTarget } from './index.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const T = 1_600_000_000_000;
const LATER = Date.now() + 10 ** 9;
const MAX = 2n ** 64n - 1n;

const servers = serversForTests();
const capabilities = (program: ServerProgram) =>
  capabilitiesOf(parseTarget(`${program.flavour}-${program.version.join('.')}`));

function emit(
  program: ServerProgram,
  file: Uint8Array,
  options: EmitOptions = {},
): { resp: Uint8Array; codes: string[] } {
  const out = new RespBuffer();
  const codes: string[] = [];
  const { target } = capabilities(program);
  readRdbSync(
    file,
    new CommandEmitter(out, { target, onNote: ({ code }) => codes.push(code), ...options }),
    options.rdb,
  );
  return { resp: out.take(), codes };
}

const entry = (id: string, deleted = false) => ({ id, fields: [['f', 1]] as const, deleted });

/** Streams in the newest layout that the server reads. */
function streamFile(program: ServerProgram): Uint8Array {
  const { types } = capabilities(program);
  const layout = types.has(26) ? 4 : types.has(21) ? 3 : types.has(19) ? 2 : 1;
  const consumers = [
    { name: 'idle', seenMs: T },
    { name: 'c', seenMs: T },
    { name: 'd', seenMs: T },
  ];
  const pending = Array.from({ length: 20 }, (_, i) => ({
    id: `${i + 1}-0`,
    consumer: i % 3 === 0 ? 'd' : 'c',
    deliveredAtMs: T + (i >> 2),
    deliveries: 1 + (i >> 3),
  }));
  const kept = (id: number): boolean => id > 4 && id % 4 !== 0;
  const entries = Array.from({ length: 19 }, (_, i) => i + 1)
    .filter(kept)
    .map((id) => entry(`${id}-0`));
  const groups = [
    { name: 'g', lastId: '20-0', entriesRead: 20, consumers, pending },
    { name: 'empty', lastId: '0-0', entriesRead: null },
    { name: 'ahead', lastId: `${MAX}-${MAX}`, entriesRead: null, consumers: [{ name: 'c', seenMs: T }] },
    {
      name: 'few',
      lastId: '9-0',
      entriesRead: 9,
      consumers: [{ name: 'c', seenMs: T }],
      pending: pending.slice(7, 9).map((p) => ({ ...p, consumer: 'c' })),
    },
  ];
  const numbers = { lastId: '20-0', maxDeletedId: '20-0', entriesAdded: 20 };
  const streams: Record<string, Omit<StreamSpec, 'layout'>> = {
    orphans: { entries, ...numbers, groups },
    // Trimmed, not deleted: the last deleted ID stays 0-0.
    trimmed: {
      entries: [entry('21-0'), entry('22-0')],
      entriesAdded: 22,
      groups: [{ name: 'g', lastId: '20-0', entriesRead: 20, consumers, pending }],
    },
    emptied: { ...numbers, groups },
    'never filled': { entriesAdded: 0, groups: groups.slice(1, 2) },
    'never filled, no group': { entriesAdded: 0 },
    'large IDs': { entries: [entry('1-1'), entry(`1-${MAX}`), entry(`${MAX}-${MAX - 1n}`)] },
    'deleted at the end': { entries: [entry('1-1'), entry('1-2'), entry('2-0', true)] },
  };
  const file = new RdbBuilder({ version: 9 }).selectDb(0);
  for (const [name, spec] of Object.entries(streams))
    file.key(name, streamValue({ ...spec, layout }), { expireAtMs: LATER });
  return file.finish();
}

describe.skipIf(servers.length === 0).each(servers.map((program) => [program.label, program] as const))(
  '%s',
  (_label, program) => {
    const caps = capabilities(program);
    let server: TestServer;
    beforeAll(async () => {
      server = await startServer(program);
    });
    afterAll(async () => {
      await server.stop();
    });

    const forms: readonly (readonly [string, EmitOptions])[] = [
      ['commands', {}],
      ['commands of few elements', { batch: 2, flushBytes: 1 }],
      ['RESTORE', { form: 'restore' }],
      ['commands under another name', { existing: 'keep' }],
    ];

    test.skipIf(!caps.streams).each(forms)('streams as %s', async (_name, options) => {
      const file = streamFile(program);
      await server.loadDump(file);
      const expected = await server.readBack();
      expect(expected.records.length).toBe(7);
      await server.flush();
      const { resp } = emit(program, file, options);
      expect((await server.pipe(resp)).errors).toEqual([]);
      expect(
        compareContent(expected, await server.readBack(), {
          ignore: options.form === 'restore' ? [] : ['consumerTimes'],
        }),
      ).toEqual([]);
    });

    const values = new RdbBuilder({ version: 6 })
      .selectDb(0)
      .key('string', stringValue('new'))
      .key('string with expiry', stringValue('new'), { expireAtMs: LATER })
      .key('long string', stringValue('new '.repeat(100)))
      .key('list', listValue(['new', 'newer']))
      .key('set', setValue(['new']), { expireAtMs: LATER })
      .key('zset }', zsetValue([['new', '1']]))
      .key('{hash}', hashValue([['new', '1']]))
      .finish();

    test.each(['plain', 'restore'] as const)('keep touches nothing, %s', async (form) => {
      const { resp, codes } = emit(program, values, { form, existing: 'keep', rdb: { pieceBytes: 100 } });
      await server.flush();
      const first = await server.pipe(resp);
      expect(first.errors).toEqual([]);
      const written = await server.readBack();
      expect(written.records.length).toBe(7);

      await server.flush();
      for (const { key } of written.records) await server.call('RPUSH', Buffer.from(key as string, 'base64'), 'old');
      const before = await server.readBack();
      const second = await server.pipe(resp);
      expect(second.errors.filter((text) => !/BUSYKEY|is busy/.test(text))).toEqual([]);
      if (!codes.includes('BUSYKEY_ANSWERS')) expect(second.errors).toEqual([]);
      expect(compareContent(before, await server.readBack())).toEqual([]);
    });

    test.each(['plain', 'restore'] as const)('replace makes each key what the dump says, %s', async (form) => {
      const { resp } = emit(program, values, { form, rdb: { pieceBytes: 100 } });
      await server.flush();
      await server.pipe(resp);
      const expected = await server.readBack();
      await server.flush();
      for (const { key } of expected.records) await server.call('SADD', Buffer.from(key as string, 'base64'), 'old');
      expect((await server.pipe(resp)).errors).toEqual([]);
      expect(compareContent(expected, await server.readBack())).toEqual([]);
      expect((await server.pipe(resp)).errors).toEqual([]);
      expect(compareContent(expected, await server.readBack())).toEqual([]);
    });

    const fields = new RdbBuilder({ version: 12 })
      .selectDb(0)
      .key(
        'h',
        hashMetadataValue([
          ['a', '1', LATER],
          ['b', '2', null],
          ['c', '3', LATER + 1000],
          ['gone', '4', T],
        ]),
      )
      .key('gone', hashMetadataValue([['a', '1', T]]))
      .finish();

    test.each(['plain', 'restore'] as const)('fields that expire, or lose that, %s', async (form) => {
      const { resp, codes } = emit(program, fields, { form });
      await server.flush();
      expect((await server.pipe(resp)).errors).toEqual([]);
      const { records } = await server.readBack();
      const canExpire = caps.fieldExpiry !== 'none';
      const b64 = (text: string): string => Buffer.from(text).toString('base64');
      const expected = [
        [b64('a'), b64('1'), ...(canExpire ? [LATER] : [])],
        [b64('b'), b64('2')],
        [b64('c'), b64('3'), ...(canExpire ? [LATER + 1000] : [])],
      ];
      expect(records).toMatchObject([{ key: b64('h'), value: expected }]);
      expect(codes.includes('FIELD_EXPIRY_LOST')).toBe(!canExpire);
    });

    test.skipIf(!isAtLeast(program, 6, 2))('expired keys that are kept vanish at once', async () => {
      const file = new RdbBuilder({ version: 9 })
        .selectDb(0)
        .key('a', stringValue('x'), { expireAtMs: T })
        .key('b', listValue(['x']), { expireAtMs: T })
        .finish();
      for (const form of ['plain', 'restore'] as const) {
        for (const existing of ['replace', 'keep', 'append'] as const) {
          await server.flush();
          expect((await server.pipe(emit(program, file, { form, existing, expired: 'keep' }).resp)).errors).toEqual([]);
          expect((await server.readBack()).records).toEqual([]);
        }
      }
    });
  },
);
