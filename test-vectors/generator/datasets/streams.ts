import { Buffer } from 'node:buffer';
import { type Argument, encodeBytes, isAtLeast } from '@rdbkit/testkit';
import type { DataSet } from '../data-set.ts';
import type { Load } from '../load.ts';
import { borderIntegers, LONG_LENGTHS, MIDDLE_LENGTHS, NEAR_INTEGERS, ODD_STRINGS, SHORT_LENGTHS } from '../values.ts';

const DELIVERED_MS = Date.UTC(2024, 0, 2, 3, 4, 5, 678);

/** Streams: IDs, nodes, deleted entries, groups and what newer servers add. */
export const streams: DataSet = {
  name: 'streams',
  needs: ['XADD'],
  async load(load) {
    const perNode = load.size('streams.per-node', 10, 3, 60);
    await load.configure(['stream-node-max-entries'], perNode);
    await load.configure(['stream-node-max-bytes'], 20_000);
    const stream = new StreamLoad(load);
    await loadIds(stream);
    await loadFields(stream);
    await loadDeleted(stream, perNode);
    await loadGroups(stream);
    await loadCounters(stream);
    if (await load.supports('XCFGSET')) await loadIdempotent(stream);
    if (await load.supports('XNACK')) await loadHandedBack(stream);
  },
};

/** Commands on streams by their short names. */
class StreamLoad {
  readonly load: Load;

  constructor(load: Load) {
    this.load = load;
  }

  key(name: string): Buffer {
    return this.load.key(`stream:${name}`);
  }

  async add(name: string, id: string, ...fields: readonly Argument[]): Promise<void> {
    await this.load.run('XADD', this.key(name), id, ...fields);
  }

  async createGroup(name: string, group: Argument, ...options: readonly Argument[]): Promise<void> {
    await this.load.run('XGROUP', 'CREATE', this.key(name), group, ...options);
  }

  async read(name: string, group: string, consumer: Argument, ...options: readonly Argument[]): Promise<void> {
    await this.load.run('XREADGROUP', 'GROUP', group, consumer, ...options, 'STREAMS', this.key(name), '>');
  }

  /** Hands entries to a consumer at a time that does not depend on the clock. */
  async claim(
    name: string,
    group: string,
    consumer: string,
    ids: readonly string[],
    offset: number,
    count: number,
  ): Promise<void> {
    const time = DELIVERED_MS + offset;
    const options = ['TIME', time, 'RETRYCOUNT', count, 'FORCE'];
    await this.load.run('XCLAIM', this.key(name), group, consumer, 0, ...ids, ...options);
    for (const id of ids) this.load.noteDelivery(this.key(name), group, id, time);
  }
}

async function loadIds(stream: StreamLoad): Promise<void> {
  await stream.add('one', '1-1', 'field', 'value');
  await stream.add('lowest-id', '0-1', 'f', 'v');
  await stream.add('highest-id', '18446744073709551615-18446744073709551615', 'f', 'v');
  for (const [i, id] of ['1-18446744073709551615', '2-0', '9007199254740993-7', '9223372036854775808-9'].entries()) {
    await stream.add('wide-ids', id, 'f', i);
  }
}

async function loadFields(stream: StreamLoad): Promise<void> {
  const { load } = stream;
  const random = load.random('streams');
  for (let i = 0; i < load.size('streams.same', 64, 30, 300); i++) {
    await stream.add(
      'same-fields',
      `${1_700_000_000_000 + i * 37}-${i % 4}`,
      'temp',
      20 + (i % 9),
      'unit',
      'C',
      'note',
      random.word(),
    );
  }
  for (let i = 0; i < load.size('streams.different', 40, 20, 120); i++) {
    const fields = Array.from({ length: 1 + (i % 5) }, (_, j) => [`f${(i * 3 + j) % 7}`, `v${i}.${j}`]);
    await stream.add('different-fields', `${1000 + (i >> 2)}-${i & 3}`, ...fields.flat());
  }
  for (let i = 0; i < 36; i++) {
    const fields = i % 3 === 2 ? ['other', i, 'more', random.text(i)] : ['a', i, 'b', -i * 70_000];
    await stream.add('mixed-fields', `${5000 + i}-0`, ...fields);
  }
  const texts = [...SHORT_LENGTHS, ...MIDDLE_LENGTHS, ...LONG_LENGTHS].map((length) => random.text(length));
  for (const [i, value] of [...borderIntegers(), ...NEAR_INTEGERS, ...ODD_STRINGS, ...texts].entries()) {
    await stream.add('values', `${i + 1}-0`, 'v', value);
  }
  for (const [i, value] of ODD_STRINGS.entries()) await stream.add('odd-fields', `${i + 1}-0`, value, value, '', '');
}

/** Entries deleted one by one, by trimming, and all of them. */
async function loadDeleted(stream: StreamLoad, perNode: number): Promise<void> {
  const { load } = stream;
  const count = perNode * 4 + 2;
  for (let i = 1; i <= count; i++) {
    await stream.add('deleted', `${i}-1`, 'n', i, 's', `text ${i}`);
    for (const name of ['trimmed', 'head-deleted', 'roughly-trimmed']) await stream.add(name, `${i}-1`, 'n', i);
  }
  for (let i = 2; i <= count; i += 3) await load.run('XDEL', stream.key('deleted'), `${i}-1`);
  await load.run('XDEL', stream.key('deleted'), `${count}-1`);
  for (let i = 1; i <= perNode + 1; i++) await load.run('XDEL', stream.key('head-deleted'), `${i}-1`);
  await load.run('XTRIM', stream.key('trimmed'), 'MAXLEN', perNode + 3);
  await load.run('XTRIM', stream.key('roughly-trimmed'), 'MAXLEN', '~', perNode + 3);

  await stream.add('emptied', '77-7', 'f', 'v');
  await load.run('XDEL', stream.key('emptied'), '77-7');
  await stream.add('moved-last-id', '5-5', 'f', 'v');
  await load.run('XSETID', stream.key('moved-last-id'), '900-9');
}

async function loadGroups(stream: StreamLoad): Promise<void> {
  const { load } = stream;
  await stream.createGroup('no-entries', 'g1', '$', 'MKSTREAM');
  await stream.createGroup('no-entries', 'g2', '0');

  const count = load.size('streams.grouped', 30, 24, 90);
  for (let i = 1; i <= count; i++) await stream.add('groups', `${i * 10}-0`, 'job', `j${i}`);
  for (const [group, from] of [
    ['idle', '0'],
    ['at-end', '$'],
    ['middle', '100-0'],
    [Buffer.from([0, 255, 103]), '0'],
    ['work', '0'],
    ['123', '0'],
  ] as const) {
    await stream.createGroup('groups', group, from);
  }
  await stream.read('groups', 'work', 'alice', 'COUNT', 6);
  await stream.read('groups', 'work', 'bob', 'COUNT', 5);
  await stream.read('groups', 'work', 'carol', 'COUNT', 1);
  await stream.read('groups', 'work', 'quick', 'COUNT', 2, 'NOACK');
  await stream.read('groups', '123', Buffer.from('consumer\r\n\xff', 'latin1'), 'COUNT', 3);
  await stream.read('groups', '123', '456', 'COUNT', count);
  await load.run('XACK', stream.key('groups'), 'work', '20-0', '30-0', '120-0');
  await stream.claim('groups', 'work', 'alice', ['10-0', '40-0'], 0, 1);
  await stream.claim('groups', 'work', 'alice', ['50-0', '60-0'], 5000, 3);
  await stream.claim('groups', 'work', 'bob', ['70-0', '80-0', '90-0'], 61_001, 20);
  await stream.claim('groups', 'work', 'bob', ['100-0', '110-0'], 61_002, 300);
  // Gone from the stream, and still pending.
  await load.run('XDEL', stream.key('groups'), '80-0');
  if (isAtLeast(load.server.program, 6, 2)) {
    await load.run('XGROUP', 'CREATECONSUMER', stream.key('groups'), 'work', 'never-read');
  }
}

/** Counters that can be set from 7.0 on. */
async function loadCounters(stream: StreamLoad): Promise<void> {
  const { load } = stream;
  await stream.add('counters', '3-3', 'f', 'v');
  const key = stream.key('counters');
  if (!(await load.attempt('XSETID', key, '10-10', 'ENTRIESADDED', 70_000, 'MAXDELETEDID', '9-9'))) return;
  await stream.createGroup('counters', 'known', '3-3', 'ENTRIESREAD', 12_345);
  await stream.createGroup('counters', 'unknown', '2-0');
  await stream.createGroup('counters', 'none-read', '0', 'ENTRIESREAD', 0);
}

/** Entries added once for each producer and message (Redis 8.6). */
async function loadIdempotent(stream: StreamLoad): Promise<void> {
  const { load } = stream;
  const random = load.random('idempotent');
  const key = stream.key('idempotent');
  await stream.add('idempotent', '1-1', 'plain', 'entry');
  // Records are kept for a day at most, counted from the time in their entry's ID.
  await load.run('XCFGSET', key, 'IDMP-DURATION', 86_400, 'IDMP-MAXSIZE', load.size('streams.idmp', 500, 50, 9000));
  const producers = [Buffer.from('producer-a'), Buffer.from('7'), Buffer.from([0, 255, 112])];
  const sent: [Buffer, Buffer, string][] = [];
  for (let i = 0; i < load.size('streams.idmp-entries', 12, 5, 40); i++) {
    const producer = producers[i % producers.length] as Buffer;
    const message = i % 4 === 0 ? Buffer.from([i, 0, 255]) : Buffer.from(`${random.word()}-${i}`);
    sent.push([producer, message, String(await load.run('XADD', key, 'IDMP', producer, message, '*', 'n', i))]);
  }
  const [first] = sent;
  if (first !== undefined) await load.run('XADD', key, 'IDMP', first[0], first[1], '*', 'n', 'a repeat, not added');
  await load.run('XADD', key, 'IDMPAUTO', 'auto', '*', 'field', 'its message is derived from the content');
  load.addFacts(key, {
    idmpEntries: sent.map(([producer, message, id]) => [encodeBytes(producer), encodeBytes(message), id]),
  });
  await stream.add('idmp-configured', '1-1', 'f', 'v');
  await load.run('XCFGSET', stream.key('idmp-configured'), 'IDMP-DURATION', 77, 'IDMP-MAXSIZE', 33);
}

/** Entries that their consumers handed back (Redis 8.8). */
async function loadHandedBack(stream: StreamLoad): Promise<void> {
  for (let i = 1; i <= 12; i++) await stream.add('handed-back', `${i}-0`, 'n', i);
  await stream.createGroup('handed-back', 'g', '0');
  await stream.createGroup('handed-back', 'untouched', '0');
  await stream.read('handed-back', 'g', 'c1', 'COUNT', 8);
  await stream.read('handed-back', 'g', 'c2', 'COUNT', 2);
  for (const options of [
    ['SILENT', 'IDS', 1, '3-0'],
    ['FAIL', 'IDS', 2, '1-0', '5-0'],
    ['FATAL', 'IDS', 1, '9-0'],
    ['FAIL', 'IDS', 1, '6-0', 'RETRYCOUNT', 9],
  ]) {
    await stream.load.run('XNACK', stream.key('handed-back'), 'g', ...options);
  }
}
