/**
 * Keys of every type, encoding and size that decides about memory, as commands.
 *
 * @module
 */
import { type Argument, isAtLeast, type ServerProgram } from '@rdbkit/testkit';

/** Numbers that look random and are always the same (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
/** Old servers have 32 bits for it. */
const FAR_AWAY_MS = 2_100_000_000_000;

/** Lengths on both sides of every border of string headers, embedding and size classes. */
const VALUE_LENGTHS = [
  0, 1, 8, 10, 20, 31, 32, 39, 40, 44, 45, 50, 64, 100, 110, 128, 200, 251, 252, 253, 256, 1000, 5000, 65_530, 70_000,
];
const KEY_LENGTHS = [5, 8, 13, 16, 24, 31, 32, 40, 64, 100, 128, 200, 300];

/** The commands, for a server that may not have all types. */
export function* memoryWorkload(program: ServerProgram): Generator<readonly Argument[]> {
  const random = seeded(20_261_121);
  const text = (length: number): string => {
    let result = '';
    while (result.length < length) result += LETTERS[Math.floor(random() * LETTERS.length)];
    return result;
  };
  const below = (limit: number): number => Math.floor(random() * limit);
  let serial = 0;
  const name = (kind: string, length = 0): string => {
    const short = `${kind}:${serial++}`;
    return short.length >= length ? short : `${short}:${text(length - short.length - 1)}`;
  };
  const variadic = isAtLeast(program, 2, 4);
  const pairs = isAtLeast(program, 4);
  const isNotOlder = (major: number, minor = 0): boolean => isAtLeast(program, major, minor);
  const hasFieldExpiry = program.flavour === 'valkey' ? isNotOlder(9) : isNotOlder(7, 4);

  function* hset(key: string, fields: readonly (readonly [string, string])[]): Generator<readonly Argument[]> {
    for (let i = 0; i < fields.length; i += 500)
      yield [pairs ? 'HSET' : 'HMSET', key, ...fields.slice(i, i + 500).flat()];
  }
  function* many(
    command: string,
    key: string,
    items: readonly Argument[],
    size: number,
  ): Generator<readonly Argument[]> {
    for (let i = 0; i < items.length; i += size) yield [command, key, ...items.slice(i, variadic ? i + size : i + 1)];
  }
  const times = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

  for (const keyLength of KEY_LENGTHS) {
    for (const length of VALUE_LENGTHS) yield ['SET', name('s', keyLength), text(length)];
    for (const value of ['7', '12345', '-1', '1234567890123456789', '007', '3.25'])
      yield ['SET', name('i', keyLength), value];
    const key = name('st', keyLength);
    yield ['SET', key, text(10 + below(60))];
    yield ['EXPIREAT', key, Math.floor(FAR_AWAY_MS / 1000)];
  }
  for (let i = 0; i < 3000; i++) {
    const key = `user:${i}:name`;
    yield ['SET', key, text(5 + below(120))];
    if (i % 3 === 0) yield ['EXPIREAT', key, Math.floor(FAR_AWAY_MS / 1000)];
  }
  // Compressible, so that the dump has them compressed.
  for (const length of [30, 60, 300, 5000])
    yield ['SET', name('z', 12), 'abcdefgh'.repeat(length / 4).slice(0, length)];

  for (const count of [1, 3, 10, 64, 127, 128, 129, 300, 511, 512, 513, 1000, 3000]) {
    for (const width of [3, 9, 30]) {
      const fields = times(count, (i) => [`f${i}${text(width)}`, text(width)] as const);
      yield* hset(name('h', 10), fields);
      yield* many(
        'SADD',
        name('set', 10),
        times(count, (i) => `${i}${text(width)}`),
        500,
      );
      const scores = times(count, (i) => [below(1_000_000), `${i}${text(width)}`]);
      const zset = name('zs', 10);
      if (variadic) for (let i = 0; i < count; i += 250) yield ['ZADD', zset, ...scores.slice(i, i + 250).flat()];
      yield* many(
        'RPUSH',
        name('l', 10),
        times(count, () => text(width)),
        500,
      );
    }
    yield* hset(
      name('hi', 10),
      times(count, (i) => [`n${i}`, String(below(1_000_000_000))] as const),
    );
    yield* many(
      'SADD',
      name('si', 10),
      times(count, (i) => i * 3),
      500,
    );
    yield* many(
      'SADD',
      name('sl', 10),
      times(count, (i) => 5_000_000_000 + i),
      500,
    );
    yield* many(
      'RPUSH',
      name('li', 10),
      times(count, (i) => i * i),
      500,
    );
  }
  // One element is too long to be packed, or there are few and long ones.
  for (const length of [64, 65, 200, 3000, 9000, 20_000]) {
    yield* hset(name('hb'), [
      ['a', text(length)],
      ['b', 'c'],
    ]);
    yield* hset(
      name('hf'),
      times(40, (i) => [`${i}${text(length)}`, text(20)] as const),
    );
    yield ['SADD', name('sb'), text(length), 'b', 'c'];
    yield ['ZADD', name('zb'), 1.5, text(length)];
    yield ['RPUSH', name('lb'), text(length), 'b', text(length), 'c'];
  }
  yield ['ZADD', name('zf'), 1.25, 'a'];
  yield ['ZADD', name('zf'), 0.1, 'b'];

  if (hasFieldExpiry) {
    for (const [count, width] of [
      [3, 5],
      [100, 9],
      [600, 9],
      [50, 90],
    ] as const) {
      const key = name('hx');
      const fields = times(count, (i) => [`f${i}${text(width)}`, text(width)] as const);
      yield* hset(key, fields);
      const some = fields.filter((_, i) => i % 2 === 0).map(([field]) => field);
      yield ['HPEXPIREAT', key, FAR_AWAY_MS, 'FIELDS', some.length, ...some];
    }
  }

  if (!isNotOlder(5)) return;
  for (const count of [1, 10, 99, 100, 101, 1000, 4000]) {
    for (const step of [1, 1000]) {
      const key = name('x');
      for (let i = 1; i <= count; i++)
        yield [
          'XADD',
          key,
          `${1_600_000_000_000 + i * step}-${i % 3}`,
          'sensor',
          below(100),
          'value',
          text(8 + below(20)),
        ];
      if (count < 100) continue;
      for (const group of ['billing', 'audit', 'billing-eu']) {
        yield ['XGROUP', 'CREATE', key, group, '0'];
        for (const consumer of ['worker-1', 'worker-2', 'w']) {
          yield ['XREADGROUP', 'GROUP', group, consumer, 'COUNT', Math.floor(count / 5), 'STREAMS', key, '>'];
        }
      }
    }
  }
}
