import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TopList } from './top-list.ts';

it('keeps what sorting would put first', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 })), fc.integer({ min: 0, max: 12 }), (ranks, limit) => {
      const top = new TopList<number>(limit, 3);
      for (const [i, rank] of ranks.entries()) if (rank > top.floor) top.add(rank, i);
      const expected = ranks
        .map((rank, i) => ({ rank, i }))
        .filter(({ rank }) => rank > 3)
        .sort((a, b) => b.rank - a.rank || a.i - b.i)
        .slice(0, limit);
      expect(top.items()).toEqual(expected.map(({ i }) => i));
    }),
  );
});

it('ignores what is not above the floor', () => {
  const top = new TopList<string>(1);
  top.add(0, 'nothing');
  top.add(5, 'first');
  top.add(5, 'second');
  expect([top.items(), top.floor]).toEqual([['first'], 5]);
});
