/**
 * A dump such as a shop might have, with something for every section of a report. The same bytes each time.
 *
 * @module
 */
import {
  blobValue,
  hashValue,
  intset,
  listpack,
  moduleValue,
  quicklist2Value,
  RdbBuilder,
  type RdbString,
  setValue,
  streamValue,
  stringValue,
  zset2Value,
} from '@rdbkit/testkit';

/** When it was made, Unix milliseconds. */
export const SHOP_MADE_AT: number = Date.UTC(2026, 0, 31, 3, 0, 0);

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Numbers from 0 on and below 1, the same row each time. */
function randomRow(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** @param scale - 1 makes 30,000 keys. */
export function shopDump(scale = 1): Uint8Array {
  const random = randomRow(7);
  const below = (limit: number): number => Math.floor(random() * limit);
  const times = (count: number, body: (i: number) => void): void => {
    for (let i = 0; i < count * scale; i++) body(i);
  };
  const text = (length: number): string => {
    let words = '';
    while (words.length < length) words += below(2 ** 31).toString(36);
    return words.slice(0, length);
  };
  const long = (typical: number): number => Math.floor(typical * 2 ** (random() * 3 - 1.5));
  const soon = (limit: number): { expireAtMs: number } => ({ expireAtMs: SHOP_MADE_AT + below(limit) });
  const id = (): string => (10_000 + below(90_000)).toString();

  const dump = new RdbBuilder({ version: 12 })
    .aux('redis-ver', '7.4.1')
    .aux('redis-bits', '64')
    .aux('ctime', String(SHOP_MADE_AT / 1000))
    .aux('used-mem', String(Math.round(40_100_000 * scale)))
    .functionLibrary(`#!lua name=pricing\n${text(4200)}`)
    .functionLibrary(`#!lua name=stock\n${text(900)}`)
    .selectDb(0);

  times(6000, (i) =>
    dump.key(`session:${text(24)}`, hashPacked(4 + below(6), 24, text), i % 12 === 0 ? {} : soon(14 * DAY)),
  );
  times(500, () =>
    dump.key(`session:${text(24)}`, hashPacked(5, 24, text), { expireAtMs: SHOP_MADE_AT - below(20 * MINUTE) }),
  );
  times(4000, () => dump.key(`cache:product:${id()}:${text(4)}`, stringValue(text(long(900))), soon(6 * HOUR)));
  times(1500, () => dump.key(`cache:page:${text(10)}`, stringValue(text(long(2600))), soon(HOUR)));
  times(900, () => dump.key(`cache:search:${text(14)}`, listPacked(12 + below(60), text)));
  times(3500, (i) => dump.key(`user:profile:${10_000 + i}`, hashPacked(9 + below(5), 30, text)));
  times(2500, (i) => dump.key(`user:cart:${10_000 + i}`, hashPacked(1 + below(8), 12, text), soon(30 * DAY)));
  times(1200, (i) => dump.key(`user:wishlist:${10_000 + i}`, numbers(4 + below(160), below)));
  times(700, (i) => dump.key(`user:history:${10_000 + i}`, listPacked(60 + below(180), text), soon(365 * DAY)));
  times(2600, (i) => dump.key(`product:stock:${i}`, stringValue(String(below(900)))));
  times(1300, (i) => dump.key(`product:meta:${i}`, fields(20 + below(14), 90, text)));
  times(420, (i) => dump.key(`product:tags:${i}`, setValue(Array.from({ length: 8 + below(30) }, () => text(12)))));
  times(500, (i) =>
    dump.key(
      `product:price:${i}`,
      hashValue([
        ['net', '1'],
        ['note', text(70)],
      ]),
    ),
  );
  times(2200, () => dump.key(`ratelimit:api:${id()}:${text(3)}`, stringValue(String(below(100))), soon(MINUTE)));
  times(600, () => dump.key(`lock:order:${id()}${text(3)}`, stringValue(text(36))));
  times(24, (i) =>
    dump.key(`leaderboard:2025-${String((i % 12) + 1).padStart(2, '0')}:${i}`, scores(300 + below(2600), text)),
  );
  times(260, (i) => dump.key(`geo:store:${i}`, scores(6 + below(110), text)));
  times(300, (i) => dump.key(`日本:商品:${i}`, stringValue(`価格 ${below(10_000)}`.repeat(8))));
  dump.key('catalogue', fields(9000 * scale, 160, text));
  dump.key('newsletter:subscribers', setValue(Array.from({ length: 22_000 * scale }, () => `${text(14)}@example.org`)));
  dump.key('report:last', stringValue(text(1_400_000 * scale)));
  for (const [name, entries, read] of [
    ['events:orders', 4200, 2100],
    ['events:clicks', 9000, 8990],
    ['events:mail', 350, 350],
  ] as const)
    dump.key(name, events(entries, read, text));
  dump.key(
    'product:manual:7',
    hashValue([
      ['pdf', text(130_000)],
      ['html', text(21_000)],
      ['text', text(6000)],
    ]),
  );
  dump.key('filter:seen', moduleValue('MBbloom--', 4, [{ string: text(40_000) }]));
  dump.key('</script><img src=x onerror=alert(1)>:x', stringValue(text(80_000)));
  dump.key(Buffer.from([0xff, 0xfe, 0x3a, 0x00, 0x01]), stringValue(text(70_000)));
  dump.key('\u202eelttil:\u0007', stringValue(text(60_000)));
  dump.selectDb(3);
  times(1200, (i) => dump.key(`job:${i}:state`, hashPacked(6, 20, text), soon(2 * DAY)));
  times(40, (i) => dump.key(`job:queue:${i}`, listPacked(40 + below(120), text)));
  return dump.finish();
}

type Text = (length: number) => string;

function hashPacked(count: number, length: number, text: Text): ReturnType<typeof blobValue> {
  return blobValue(16, listpack(Array.from({ length: count * 2 }, (_, i) => (i % 2 === 0 ? `f${i}` : text(length)))));
}

function listPacked(count: number, text: Text): ReturnType<typeof blobValue> {
  return quicklist2Value([{ packed: listpack(Array.from({ length: count }, () => text(30))) }]);
}

function numbers(count: number, below: (limit: number) => number): ReturnType<typeof blobValue> {
  const all = new Set(Array.from({ length: count }, () => below(30_000)));
  return blobValue(11, intset([...all].sort((a, b) => a - b)));
}

function fields(count: number, length: number, text: Text): ReturnType<typeof blobValue> {
  return hashValue(Array.from({ length: count }, (_, i) => [`field-${i}`, text(length)] as [RdbString, RdbString]));
}

function scores(count: number, text: Text): ReturnType<typeof blobValue> {
  return zset2Value(Array.from({ length: count }, (_, i) => [text(16), i] as [RdbString, number]));
}

/** Half of what was read is still pending, for a month. */
function events(count: number, read: number, text: Text): ReturnType<typeof blobValue> {
  const idOf = (i: number): string => `${SHOP_MADE_AT - 30 * DAY + i * 1000}-0`;
  const pending = Array.from({ length: Math.floor(read / 2) }, (_, i) => ({
    id: idOf(i),
    consumer: `worker-${i % 3}`,
    deliveredAtMs: SHOP_MADE_AT - 29 * DAY + i * 60_000,
    deliveries: 2,
  }));
  return streamValue({
    layout: 3,
    entries: Array.from({ length: count }, (_, i) => ({ id: idOf(i), fields: [['order', text(24)]] })),
    groups: [
      {
        name: 'billing',
        lastId: idOf(read - 1),
        entriesRead: read,
        pending,
        consumers: [0, 1, 2].map((i) => ({ name: `worker-${i}`, seenMs: SHOP_MADE_AT, activeMs: SHOP_MADE_AT })),
      },
      { name: 'audit', lastId: idOf(count - 1), entriesRead: count, pending: [], consumers: [] },
    ],
  });
}
