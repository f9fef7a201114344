import { fromHex, intset } from '@rdbkit/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entries, walk } from '../../testing/cursors.ts';
import { IntsetCursor } from './intset.ts';

const cursor = new IntsetCursor();
const read = (blob: Uint8Array): readonly string[] => entries(cursor, blob);

describe('members', () => {
  it.each([
    [2, 15n],
    [4, 31n],
    [8, 63n],
  ])('of %i bytes, to both ends', (width, bits) => {
    const limit = 1n << bits;
    const members = [-limit, -limit + 1n, -1n, 0n, 1n, limit - 2n, limit - 1n];
    expect(read(intset(members, { width }))).toEqual(members.map((member) => `#${member}`));
  });

  it('of 8 bytes around what a number holds exactly', () => {
    const limit = 1n << 53n;
    const members = [-limit - 2n, -limit - 1n, -limit, -limit + 1n, limit - 1n, limit, limit + 1n, limit + 2n];
    expect(read(intset(members))).toEqual(members.map((member) => `#${member}`));
  });

  it('of 8 bytes around the border of the lower word', () => {
    const word = 1n << 32n;
    const members = [-word - 1n, -word, -word + 1n, -1n, 0n, word - 1n, word, word + 1n];
    expect(read(intset(members, { width: 8 }))).toEqual(members.map((member) => `#${member}`));
  });

  it('may be wider than they need to be', () => {
    expect(read(intset([1, 2, 3], { width: 8 }))).toEqual(['#1', '#2', '#3']);
  });

  it('are counted by the header', () => {
    const blob = intset([1, 2, 3]);
    cursor.open(blob, 0, blob.length);
    expect(cursor.count).toBe(3);
  });
});

describe('faults', () => {
  it.each([
    ['nothing', new Uint8Array(0), 0],
    ['seven bytes', fromHex('02000000 000000'), 0],
    ['no members', fromHex('02000000 00000000'), 4],
    ['a width of 0', intset([1], { width: 2 }).fill(0, 0, 4), 0],
    ['a width of 3', fromHex('03000000 01000000 010203'), 0],
    ['a width of 1', fromHex('01000000 01000000 01'), 0],
    ['a width of 2^31', fromHex('00000080 01000000 0102'), 0],
    ['a count that is too large', intset([1, 2], { count: 3 }), 4],
    ['a count that is too small', intset([1, 2], { count: 1 }), 4],
    ['a count of 2^32 − 1', intset([1, 2], { count: 0xffffffff }), 4],
    ['a count that would wrap', fromHex('08000000 01000020 0100000000000000'), 4],
    ['half a member', fromHex('02000000 02000000 010002'), 4],
    ['a repeated member', intset([1, 1]), 10],
    ['members in descending order', intset([1, 2, 1]), 12],
    ['a repeated member of 4 bytes', intset([70000, 70000]), 12],
    ['members of 4 bytes in descending order', intset([70000, -70000]), 12],
    ['a repeated member of 8 bytes', intset([1n << 60n, 1n << 60n]), 16],
    ['members that differ in the last bit, in descending order', intset([(1n << 60n) + 1n, 1n << 60n]), 16],
    ['members of both signs in descending order', intset([1n << 60n, -(1n << 60n)]), 16],
  ])('%s', (_name, blob, at) => {
    const found = walk(cursor, blob);
    expect(found.fault).toMatch(/^RDB_BAD_INTSET intset: /);
    expect(found.faultAt).toBe(at);
  });
});

describe('any members', () => {
  const sets = (bits: bigint): fc.Arbitrary<bigint[]> =>
    fc
      .uniqueArray(fc.bigInt({ min: -(1n << bits), max: (1n << bits) - 1n }), { minLength: 1, maxLength: 40 })
      .map((members) => members.toSorted((a, b) => (a < b ? -1 : 1)));

  it('come out as they went in', () => {
    fc.assert(
      fc.property(fc.oneof(sets(7n), sets(15n), sets(31n), sets(63n)), (members) => {
        expect(read(intset(members))).toEqual(members.map((member) => `#${member}`));
      }),
      { numRuns: 300 },
    );
  });

  it('are refused exactly when they are not in ascending order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }), { minLength: 1, maxLength: 5 }),
        (members) => {
          const isAscending = members.every((member, i) => i === 0 || member > (members[i - 1] ?? 0n));
          expect(walk(cursor, intset(members, { width: 8 })).fault === null).toBe(isAscending);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('end in a fault or a sound walk when bytes are changed', () => {
    fc.assert(
      fc.property(
        fc.oneof(sets(15n), sets(63n)),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        (members, changes) => {
          const blob = intset(members);
          for (const [at, byte] of changes) blob[at % blob.length] = byte;
          expect(walk(cursor, blob).fault ?? 'RDB_BAD_INTSET').toMatch(/^RDB_BAD_INTSET/);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
