import type { Argument } from '@rdbkit/testkit';
import type { DataSet } from '../data-set.ts';
import type { Random } from '../random.ts';
import { borderIntegers, MIDDLE_LENGTHS, NEAR_INTEGERS, ODD_STRINGS, SHORT_LENGTHS } from '../values.ts';

const drawn = (random: Random, bits: number): string[] => Array.from({ length: 10 }, () => String(random.bigint(bits)));

/** Sets as intsets of each width, packed and hashed. */
export const sets: DataSet = {
  name: 'sets',
  async load(load) {
    const random = load.random('sets');
    const add = async (name: string, members: readonly Argument[]): Promise<void> =>
      await load.runInBatches(['SADD', load.key(`set:${name}`)], members);

    await add('int16', [0, 1, -1, 127, 128, 255, 256, 32_767, -32_768, ...drawn(random, 15)]);
    await add('int32', [5, 32_768, -32_769, 65_536, 2_147_483_647, -2_147_483_648, ...drawn(random, 31)]);
    await add('int64', [
      5,
      2_147_483_648,
      -2_147_483_649,
      '9223372036854775807',
      '-9223372036854775808',
      ...drawn(random, 63),
    ]);
    await add('one-int', [0]);
    await add(
      'intset-full',
      Array.from({ length: load.size('sets.intset', 512, 100, 512) }, (_, i) => i * 3),
    );
    await add(
      'ints-hashed',
      Array.from({ length: load.size('sets.hashed', 600, 520, 1500) }, (_, i) => i * 7 - 900),
    );

    await load.configure(['set-max-listpack-value'], 300);
    await add('small', ['alpha', 'beta', 1, -5, 300_000, '9223372036854775807']);
    await add('one-string', ['single']);
    await add('one-empty', ['']);
    await add('ints-and-string', [...borderIntegers(), 'word']);
    await add('near-ints', NEAR_INTEGERS);
    await add('odd', ODD_STRINGS);
    await add(
      'lengths',
      [...SHORT_LENGTHS, ...MIDDLE_LENGTHS].map((length) => random.letters(length)),
    );
    await load.configure(['set-max-listpack-value'], 64);

    await add('hashed-by-length', ['tiny', 12, random.text(80), random.noise(500)]);
    await add(
      'hashed-by-count',
      Array.from({ length: load.size('sets.count', 200, 140, 700) }, (_, i) => `member-${i}`),
    );
  },
};
