import type { Argument } from '@rdbkit/testkit';
import type { DataSet } from '../data-set.ts';
import {
  borderIntegers,
  FAR_MS,
  LONG_LENGTHS,
  MIDDLE_LENGTHS,
  NEAR_INTEGERS,
  ODD_STRINGS,
  SHORT_LENGTHS,
} from '../values.ts';

const COUNT_LIMIT = ['hash-max-listpack-entries', 'hash-max-ziplist-entries', 'hash-max-zipmap-entries'];
const VALUE_LIMIT = ['hash-max-listpack-value', 'hash-max-ziplist-value', 'hash-max-zipmap-value'];

type Pairs = readonly (readonly [Argument, Argument])[];

/** Hashes in each encoding, with fields and values on the borders of the packed ones. */
export const hashes: DataSet = {
  name: 'hashes',
  async load(load) {
    const random = load.random('hashes');
    const set = async (name: string, pairs: Pairs): Promise<void> =>
      await load.runInBatches(['HMSET', load.key(`hash:${name}`)], pairs, 100);
    const numbered = (values: readonly Argument[]): Pairs => values.map((value, i) => [`f${i}`, value] as const);
    const twice = (values: readonly Argument[]): Pairs => values.map((value) => [value, value] as const);

    await set('one', [['field', 'value']]);
    await set('one-int', [[1, 2]]);
    await set('empty-strings', [
      ['', 'empty field'],
      ['empty value', ''],
    ]);
    await set('both-empty', [['', '']]);

    await load.configure(COUNT_LIMIT, load.size('hashes.limit', 128, 90, 400));
    await load.configure(VALUE_LIMIT, 20_000);
    await set('ints', numbered(borderIntegers()));
    await set(
      'int-fields',
      borderIntegers().map((value) => [value, 'x'] as const),
    );
    await set('near-ints', twice(NEAR_INTEGERS));
    await set('odd', twice(ODD_STRINGS));
    await set('lengths', numbered([...SHORT_LENGTHS, ...MIDDLE_LENGTHS].map((length) => random.text(length))));
    await set(
      'field-lengths',
      [...SHORT_LENGTHS, ...MIDDLE_LENGTHS].map((length) => [random.letters(length), 'v'] as const),
    );
    await set('long-values', numbered(LONG_LENGTHS.map((length) => random.text(length))));
    await set('packed', numbered(Array.from({ length: load.size('hashes.packed', 60, 5, 85) }, () => random.text(12))));

    // Shrinking a value in place leaves unused bytes behind in a zipmap.
    await set('shrunk', [
      ['a', random.text(40)],
      ['b', random.text(30)],
      ['c', 'end'],
    ]);
    await load.run('HSET', load.key('hash:shrunk'), 'a', 'now much shorter');
    await load.run('HSET', load.key('hash:shrunk'), 'b', random.text(27));
    await load.run('HINCRBY', load.key('hash:counter'), 'hits', load.size('hashes.counter', 41, 1, 1e6));

    await load.configure(VALUE_LIMIT, 64);
    await set('table-by-length', [
      ['tiny', 1],
      ['long', random.text(70)],
      ['noise', random.noise(200)],
    ]);
    const count = load.size('hashes.count', 450, 420, 900);
    await set(
      'table-by-count',
      Array.from({ length: count }, (_, i) => [`field-${i}`, `value ${i * i}`] as const),
    );
    await load.configure(COUNT_LIMIT, 0);
    await set('table-ints', twice(borderIntegers()));
    await set('table-odd', twice(ODD_STRINGS));
  },
};

/** Hashes whose fields expire on their own (Redis 7.4, Valkey 9.0). */
export const hashTtl: DataSet = {
  name: 'hash-ttl',
  needs: ['HPEXPIREAT'],
  async load(load) {
    const random = load.random('hash-ttl');
    for (const form of ['packed', 'table'] as const) {
      await load.configure(COUNT_LIMIT, form === 'packed' ? 128 : 0);
      const count =
        form === 'packed' ? load.size('hash-ttl.packed', 6, 4, 20) : load.size('hash-ttl.table', 200, 150, 500);
      const key = (name: string): Buffer => load.key(`hash-ttl:${form}:${name}`);
      const fields = Array.from({ length: count }, (_, i) => `f${i}`);
      const fill = async (name: string): Promise<void> =>
        await load.runInBatches(
          ['HSET', key(name)],
          fields.map((field, i) => [field, i % 3 === 0 ? i * 1000 : random.text(5 + (i % 40))]),
        );
      const expire = async (name: string, at: number, names: readonly Argument[]): Promise<void> => {
        await load.run('HPEXPIREAT', key(name), at, 'FIELDS', names.length, ...names);
      };

      await fill('all');
      for (const [i, field] of fields.entries()) await expire('all', FAR_MS + i * 86_400_000 + i, [field]);
      await fill('some');
      await expire('some', FAR_MS + 123, ['f1', 'f3']);
      await expire('some', FAR_MS * 2, ['f2']);
      await fill('same-time');
      await expire('same-time', FAR_MS, fields);
      await fill('persisted');
      await expire('persisted', FAR_MS, ['f0', 'f1']);
      await load.run('HPERSIST', key('persisted'), 'FIELDS', 2, 'f0', 'f1');
      await fill('with-key-expiry');
      await expire('with-key-expiry', FAR_MS + 5, ['f0']);
      await load.expireAt(key('with-key-expiry'), FAR_MS + 1000);
      const odd = Buffer.from([0, 255, 13, 10]);
      await load.run('HSET', key('odd'), '', 'empty field', 12, 345, odd, 'binary field', 'z', '');
      await expire('odd', FAR_MS + 77, ['', 12, odd]);
      await load.run('HSET', key('one'), 'only', 'value');
      await expire('one', FAR_MS + 1, ['only']);
    }
    await load.configure(COUNT_LIMIT, 128);
    await load.run('HSET', load.key('hash-ttl:none'), 'plain', 'value');
  },
  async loadSoon(load, soonMs) {
    for (const [form, limit] of [
      ['packed', 128],
      ['table', 0],
    ] as const) {
      await load.configure(COUNT_LIMIT, limit);
      const key = load.key(`hash-ttl:${form}:soon`);
      await load.run('HSET', key, 'gone1', 1, 'stays', 2, 'gone2', 3, 'later', 4);
      await load.run('HPEXPIREAT', key, soonMs, 'FIELDS', 2, 'gone1', 'gone2');
      await load.run('HPEXPIREAT', key, FAR_MS, 'FIELDS', 1, 'later');
    }
  },
};
