import { readDump, readRdbSync } from '@rdbkit/rdb';
import { RespBuffer } from '@rdbkit/resp';
import { ContentCollector, RdbBuilder, type StreamSpec, streamValue } from '@rdbkit/testkit';
import { describe, expect, test } from 'vitest';
import { CommandEmitter, type EmitOptions, parseTarget } from './index.ts';

/** The commands after SELECT and DEL, in words; a payload becomes its type code and the stream in it. */
function emit(
  spec: StreamSpec,
  options: EmitOptions & { to?: string } = {},
): { commands: string[]; codes: string[]; payload: Buffer | null } {
  const { to = '7.0', ...rest } = options;
  const out = new RespBuffer(64);
  const codes: string[] = [];
  const file = new RdbBuilder({ version: 14 }).selectDb(0).key('x', streamValue(spec)).finish();
  readRdbSync(
    file,
    new CommandEmitter(out, { target: parseTarget(to), onNote: ({ code }) => codes.push(code), ...rest }),
    rest.rdb,
  );
  const resp = Buffer.from(out.take());
  let payload: Buffer | null = null;
  const commands: string[] = [];
  let at = 0;
  const number = (): number => {
    const end = resp.indexOf('\r\n', at);
    const value = Number(resp.toString('latin1', at + 1, end));
    at = end + 2;
    return value;
  };
  while (at < resp.length) {
    const words = Array.from({ length: number() }, () => {
      const length = number();
      at += length + 2;
      return resp.subarray(at - 2 - length, at - 2);
    });
    if (words[0]?.toString() === 'RESTORE') payload = words[3] ?? null;
    commands.push(words.join(' '));
  }
  expect(commands.slice(0, commands[1] === 'DEL x' ? 2 : 1)).toEqual(
    commands[1] === 'DEL x' ? ['SELECT 0', 'DEL x'] : ['SELECT 0'],
  );
  return { commands: commands.slice(commands[1] === 'DEL x' ? 2 : 1), codes, payload };
}

function contentOf(payload: Uint8Array): unknown {
  const collector = new ContentCollector();
  readDump(payload, collector);
  return collector.content().records[0]?.value;
}

const MAX = (2n ** 64n - 1n).toString();
const T = 1_600_000_000_000;
const entry = (id: string, deleted = false) => ({ id, fields: [['f', 1]] as const, deleted });

describe('entries', () => {
  test('with last ID and counters', () => {
    const spec = { layout: 3, entries: [entry('1-1'), entry('1-2', true), entry('5-0')], lastId: '9-0' } as const;
    expect(emit(spec)).toEqual({
      commands: ['XADD x 1-1 f 1', 'XADD x 5-0 f 1', 'XSETID x 9-0 ENTRIESADDED 3 MAXDELETEDID 1-2'],
      codes: [],
      payload: null,
    });
    expect(emit(spec, { to: '6.2' })).toMatchObject({
      commands: ['XADD x 1-1 f 1', 'XADD x 5-0 f 1', 'XSETID x 9-0'],
      codes: ['STREAM_COUNTERS_LOST'],
    });
  });

  test('without counters in the dump', () => {
    expect(emit({ layout: 1, entries: [entry('1-1')] }, { to: '5.0' })).toMatchObject({
      commands: ['XADD x 1-1 f 1'],
      codes: [],
    });
    expect(emit({ layout: 1, entries: [entry('1-1')] }).commands).toEqual([
      'XADD x 1-1 f 1',
      'XSETID x 1-1 ENTRIESADDED 1',
    ]);
  });

  test('IDs of 64 bits', () => {
    const { commands } = emit({ layout: 3, entries: [entry(`${MAX}-${MAX}`)] });
    expect(commands[0]).toBe(`XADD x ${MAX}-${MAX} f 1`);
  });

  test('none', () => {
    expect(emit({ layout: 3, lastId: '7-1', entriesAdded: 4 }).commands).toEqual([
      'XADD x MAXLEN 0 0-1 x y',
      'XSETID x 7-1 ENTRIESADDED 4',
    ]);
    expect(emit({ layout: 3, entriesAdded: 0 }).commands).toEqual([
      'XGROUP CREATE x rdbkit 0 MKSTREAM',
      'XGROUP DESTROY x rdbkit',
      'XSETID x 0-0 ENTRIESADDED 0',
    ]);
  });

  test('numbers that contradict them', () => {
    const { commands, codes } = emit({
      layout: 3,
      entries: [entry('5-0'), entry('6-0')],
      lastId: '5-5',
      entriesAdded: 1,
      maxDeletedId: '9-9',
    });
    expect(commands.at(-1)).toBe('XSETID x 6-0 ENTRIESADDED 2 MAXDELETEDID 6-0');
    expect(codes).toEqual(['STREAM_COUNTERS_CHANGED']);
  });

  test('streams for servers without', () => {
    expect(() => emit({ layout: 3 }, { to: '4.0' })).toThrow();
    const out = new RespBuffer();
    const codes: string[] = [];
    const file = new RdbBuilder()
      .selectDb(0)
      .key('x', streamValue({ layout: 3 }))
      .finish();
    readRdbSync(file, new CommandEmitter(out, { target: parseTarget('4.0'), onNote: ({ code }) => codes.push(code) }));
    expect([out.take().length, codes]).toEqual([0, ['TYPE_NOT_SUPPORTED']]);
  });
});

describe('groups', () => {
  const spec: StreamSpec = {
    layout: 3,
    entries: [entry('1-0'), entry('2-0'), entry('3-0')],
    groups: [
      {
        name: 'g',
        lastId: '3-0',
        entriesRead: 3,
        consumers: [
          { name: 'idle', seenMs: T },
          { name: 'c', seenMs: T },
          { name: 'd', seenMs: T },
        ],
        pending: [
          { id: '1-0', consumer: 'c', deliveredAtMs: T, deliveries: 1 },
          { id: '2-0', consumer: 'd', deliveredAtMs: T, deliveries: 1 },
          { id: '3-0', consumer: 'c', deliveredAtMs: T, deliveries: 1 },
        ],
      },
      { name: 'h', lastId: '0-0', entriesRead: null },
    ],
  };

  test('consumers, and pending entries that share a command', () => {
    const { commands, codes } = emit(spec);
    expect(commands.slice(4)).toEqual([
      'XGROUP CREATE x g 3-0 ENTRIESREAD 3',
      'XGROUP CREATECONSUMER x g idle',
      `XCLAIM x g c 0 1-0 3-0 TIME ${T} RETRYCOUNT 1 FORCE JUSTID`,
      `XCLAIM x g d 0 2-0 TIME ${T} RETRYCOUNT 1 FORCE JUSTID`,
      'XGROUP CREATE x h 0-0',
    ]);
    expect(codes).toEqual(['STREAM_CONSUMER_TIMES_LOST']);
    expect(emit(spec, { batch: 1 }).commands.filter((c) => c.startsWith('XCLAIM')).length).toBe(3);
  });

  test('before 6.2 and 7.0', () => {
    const { commands, codes } = emit(spec, { to: '5.0' });
    expect(commands.slice(3, 5)).toEqual(['XGROUP CREATE x g 3-0', 'XREADGROUP GROUP g idle COUNT 1 STREAMS x 0']);
    expect(codes).toEqual(['STREAM_COUNTERS_LOST', 'STREAM_CONSUMER_TIMES_LOST']);
  });

  test('pending entries whose message is gone', () => {
    const pending = ['1-0', '2-0', '3-0', '4-0', '5-0'].map((id) => ({
      id,
      consumer: 'c',
      deliveredAtMs: T,
      deliveries: 2,
    }));
    const gone: StreamSpec = {
      layout: 3,
      entries: [entry('2-0'), entry('4-0')],
      lastId: '5-0',
      maxDeletedId: '5-0',
      entriesAdded: 5,
      groups: [{ name: 'g', lastId: '5-0', entriesRead: 5, consumers: [{ name: 'c', seenMs: T }], pending }],
    };
    expect(emit(gone)).toMatchObject({
      commands: [
        'XADD x 1-0 x y',
        'XADD x 2-0 f 1',
        'XADD x 3-0 x y',
        'XADD x 4-0 f 1',
        'XADD x 5-0 x y',
        'XSETID x 5-0 ENTRIESADDED 5 MAXDELETEDID 5-0',
        'XGROUP CREATE x g 5-0 ENTRIESREAD 5',
        `XCLAIM x g c 0 1-0 2-0 3-0 4-0 5-0 TIME ${T} RETRYCOUNT 2 FORCE JUSTID`,
        'XTRIM x MAXLEN 4',
        'XDEL x 3-0 5-0',
        'XSETID x 5-0 ENTRIESADDED 5 MAXDELETEDID 5-0',
      ],
      codes: ['STREAM_CONSUMER_TIMES_LOST'],
    });
    expect(emit({ ...gone, entries: [] }).commands.slice(-2)).toEqual([
      'XTRIM x MAXLEN 0',
      'XSETID x 5-0 ENTRIESADDED 5 MAXDELETEDID 5-0',
    ]);
    expect(emit({ ...gone, lastId: '4-0', maxDeletedId: '3-0' }).codes).toContain('STREAM_PENDING_LOST');
    // Too long to be looked at twice.
    const once = emit(gone, { rdb: { rawBytes: 10 } });
    expect(once.commands.filter((c) => c.startsWith('XADD')).length).toBe(2);
    expect(once.codes).toContain('STREAM_PENDING_UNCHECKED');
  });

  test('owners that cannot be', () => {
    const two = {
      ...spec,
      groups: [
        {
          ...spec.groups?.[0],
          consumers: [
            { name: 'c', seenMs: T },
            { name: 'd', seenMs: T, alsoOwns: ['1-0'] },
          ],
        },
      ],
    } as StreamSpec;
    const { commands, codes } = emit(two);
    expect(commands.slice(5)).toEqual([
      `XCLAIM x g c 0 3-0 TIME ${T} RETRYCOUNT 1 FORCE JUSTID`,
      `XCLAIM x g d 0 1-0 2-0 TIME ${T} RETRYCOUNT 1 FORCE JUSTID`,
    ]);
    expect(codes).toContain('STREAM_TWO_OWNERS');
    const restored = emit(two, { to: '7.2', form: 'restore' });
    expect(restored.codes).toEqual(['STREAM_TWO_OWNERS']);
    expect(JSON.stringify(contentOf(restored.payload as Buffer))).toContain('"pending":["1-0","2-0"]');
  });

  const nack: StreamSpec = {
    layout: 5,
    entries: [entry('1-0'), entry('2-0')],
    groups: [
      {
        name: 'g',
        lastId: '2-0',
        entriesRead: 2,
        pending: [
          { id: '1-0', deliveredAtMs: 0, deliveries: 3 },
          { id: '2-0', deliveredAtMs: 0, deliveries: 3 },
        ],
      },
    ],
    idmp: {
      durationSeconds: 50,
      maxEntries: 7,
      producers: [
        {
          id: 'p',
          entries: [
            ['i', '1-0'],
            ['j', '1-5'],
          ],
        },
      ],
      iidsAdded: 1,
      iidsDuplicates: 0,
    },
  };

  test('entries handed back, idempotent producers', () => {
    expect(emit(nack, { to: '8.8' }).commands).toEqual([
      'XADD x 1-0 f 1',
      'XADD x 1-5 x y',
      'XADD x 2-0 f 1',
      'XSETID x 2-0 ENTRIESADDED 3',
      'XGROUP CREATE x g 2-0 ENTRIESREAD 2',
      'XNACK x g FAIL IDS 2 1-0 2-0 RETRYCOUNT 3 FORCE',
      'XCFGSET x IDMP-DURATION 50 IDMP-MAXSIZE 7',
      'XIDMPRECORD x p i 1-0',
      'XIDMPRECORD x p j 1-5',
      'XDEL x 1-5',
      'XSETID x 2-0 ENTRIESADDED 2',
    ]);
    expect(emit(nack, { to: '7.4' }).codes).toEqual(['STREAM_UNOWNED_LOST', 'STREAM_IDMP_LOST', 'STREAM_IDMP_LOST']);
    expect(emit(nack, { to: '8.6' }).codes).toEqual(['STREAM_UNOWNED_LOST', 'STREAM_IDMP_LOST']);
  });

  test.each([
    ['8.8', 27, []],
    ['8.6', 26, ['STREAM_UNOWNED_LOST']],
    ['7.4', 21, ['STREAM_UNOWNED_LOST', 'STREAM_IDMP_LOST']],
    ['valkey-9', 21, ['STREAM_UNOWNED_LOST', 'STREAM_IDMP_LOST']],
    ['7.0', 19, ['STREAM_UNOWNED_LOST', 'STREAM_IDMP_LOST']],
    ['6.2', 15, ['STREAM_UNOWNED_LOST', 'STREAM_IDMP_LOST', 'STREAM_COUNTERS_LOST']],
  ] as const)('RESTORE for %s as type %i', (to, typeCode, codes) => {
    const restored = emit(nack, { to, form: 'restore' });
    expect(restored.payload?.[0]).toBe(typeCode);
    expect(restored.codes).toEqual(codes);
    const content = contentOf(restored.payload as Buffer) as { entries: unknown; groups: { pending: unknown[] }[] };
    expect(content.entries).toEqual([
      ['1-0', ['Zg==', 'MQ==']],
      ['2-0', ['Zg==', 'MQ==']],
    ]);
    expect(content.groups[0]?.pending.length).toBe(typeCode === 27 ? 2 : 0);
  });

  test('a wrong length is not restored', () => {
    const { commands, codes } = emit({ layout: 3, entries: [entry('1-0')], length: 3 }, { to: '7.2', form: 'restore' });
    expect(commands).toEqual(['XADD x 1-0 f 1', 'XSETID x 1-0 ENTRIESADDED 1']);
    expect(codes).toEqual(['STREAM_LENGTH']);
  });
});

test('keep builds under another name', () => {
  const { commands } = emit({ layout: 3, entries: [entry('1-0')] }, { existing: 'keep', temporarySuffix: '!' });
  expect(commands).toEqual([
    'DEL {x}!',
    'XADD {x}! 1-0 f 1',
    'XSETID {x}! 1-0 ENTRIESADDED 1',
    'RENAMENX {x}! x',
    'DEL {x}!',
  ]);
});
