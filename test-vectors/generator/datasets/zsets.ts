import { type Argument, isAtLeast } from '@rdbkit/testkit';
import type { DataSet } from '../data-set.ts';
import { borderIntegers, LONG_LENGTHS, MIDDLE_LENGTHS, NEAR_INTEGERS, ODD_STRINGS, SHORT_LENGTHS } from '../values.ts';

const COUNT_LIMIT = ['zset-max-listpack-entries', 'zset-max-ziplist-entries'];
const VALUE_LIMIT = ['zset-max-listpack-value', 'zset-max-ziplist-value'];

const SCORES = [
  'inf',
  '-inf',
  '0',
  '-0',
  '1',
  '-1.5',
  '0.1',
  '0.3333333333333333',
  '3.0000000000000004',
  '1e-300',
  '2.2250738585072014e-308',
  '1.7976931348623157e+308',
  '-1.7976931348623157e+308',
  '9007199254740992',
  '9007199254740994',
  '100000000000000000',
  '1e100',
  '9223372036854775807',
  '-9223372036854775808',
  '18446744073709551616',
  '1000000',
  '1700000000123',
];

/** Sorted sets, packed and as skip lists, with scores of every kind. */
export const zsets: DataSet = {
  name: 'zsets',
  async load(load) {
    const random = load.random('zsets');
    const add = async (name: string, pairs: readonly (readonly [Argument, Argument])[]): Promise<void> =>
      await load.runInBatches(['ZADD', load.key(`zset:${name}`)], pairs, 100);
    const ranked = (members: readonly Argument[]): [number, Argument][] => members.map((member, i) => [i, member]);

    const scores = SCORES.map((score): [string, string] => [score, `score ${score}`]);
    // Before 2.8 a server takes what it calls an underflow for an error.
    if (isAtLeast(load.server.program, 2, 8)) scores.push(['4.9406564584124654e-324', 'subnormal']);
    if (load.profile === 'random') {
      for (let i = 0; i < 20; i++)
        scores.push([String((random.unit() - 0.5) * 10 ** random.int(-12, 18)), `drawn ${i}`]);
    }
    await add('scores', scores);
    await add('one', [['1.5', 'only']]);
    await add('one-int', [['7', '42']]);
    await add(
      'same-score',
      ['d', 'a', 'c', 'b', '', '10', '9'].map((member) => ['5', member] as const),
    );
    await add(
      'int-members',
      borderIntegers().map((member, i) => [i * 1000 - 4000, member] as const),
    );
    await add('near-ints', ranked(NEAR_INTEGERS));
    await load.configure(VALUE_LIMIT, 5000);
    await add('odd', ranked(ODD_STRINGS));
    await add(
      'lengths',
      ranked([...SHORT_LENGTHS, ...MIDDLE_LENGTHS, ...LONG_LENGTHS].map((length) => random.letters(length))),
    );
    await load.configure(VALUE_LIMIT, 64);

    await load.configure(COUNT_LIMIT, 0);
    await add('skiplist-scores', scores);
    await add('skiplist-odd', ranked([...ODD_STRINGS, 12, -70_000]));
    await load.configure(COUNT_LIMIT, load.size('zsets.limit', 128, 16, 256));

    await add('skiplist-by-length', [
      [1, 'tiny'],
      [2, random.text(80)],
    ]);
    const count = load.size('zsets.count', 300, 260, 800);
    await add(
      'skiplist-by-count',
      Array.from({ length: count }, (_, i) => [i % 4 === 0 ? i : ((i * 7919) % 1000) / 8, `member-${i}`] as const),
    );
    await add(
      'packed',
      Array.from({ length: load.size('zsets.packed', 100, 10, 120) }, (_, i) => [i / 4, `m${i}`] as const),
    );
    if (await load.supports('GEOADD')) {
      await load.run('GEOADD', load.key('zset:geo'), 13.361389, 38.115556, 'Palermo', 15.087269, 37.502669, 'Catania');
    }
  },
};
