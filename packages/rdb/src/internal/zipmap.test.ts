import { fromHex, zipmap } from '@rdbkit/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entries, walk } from '../../testing/cursors.ts';
import { ZipmapCursor } from './zipmap.ts';

const cursor = new ZipmapCursor();
const read = (blob: Uint8Array): readonly string[] => entries(cursor, blob);

describe('fields and values', () => {
  it.each([0, 1, 252, 253, 254, 255, 256, 1000])('of %i bytes', (size) => {
    const text = 'x'.repeat(size);
    expect(
      read(
        zipmap([
          [text, 'v'],
          ['f', text],
        ]),
      ),
    ).toEqual([text, 'v', 'f', text]);
  });

  it('have 253 bytes in the short form and 254 in the long one', () => {
    expect(zipmap([['x'.repeat(253), '']])[1]).toBe(253);
    expect(zipmap([['x'.repeat(254), '']])[1]).toBe(254);
  });

  it('may be followed by unused bytes', () => {
    expect(
      read(
        zipmap(
          [
            ['f', 'v'],
            ['g', 'w'],
          ],
          { free: 4 },
        ),
      ),
    ).toEqual(['f', 'v', 'g', 'w']);
    expect(read(zipmap([['f', 'v']], { free: 255 }))).toEqual(['f', 'v']);
  });

  it('may have every length in the long form, which is noted', () => {
    const blob = zipmap(
      [
        ['f', 'v'],
        ['g', ''],
      ],
      { wideLengths: true },
    );
    expect(read(blob)).toEqual(['f', 'v', 'g', '']);
    expect(cursor.hasWideShort).toBe(true);
    read(zipmap([['x'.repeat(254), 'v']]));
    expect(cursor.hasWideShort).toBe(false);
  });

  it('as bytes', () => {
    expect(read(fromHex('02 0161 01 00 62 fe02000000 6364 01 02 65 2a2a ff'))).toEqual(['a', 'b', 'cd', 'e']);
  });
});

describe('the number of pairs', () => {
  it.each([
    [1, 2],
    [253, 506],
    [254, -1],
    [255, -1],
    [300, -1],
  ])('%i gives a count of %i entries', (pairs, count) => {
    const blob = zipmap(Array.from({ length: pairs }, (_, i) => [`f${i}`, 'v'] as const));
    if (pairs === 255) blob[0] = 255;
    cursor.open(blob, 0, blob.length);
    expect(cursor.count).toBe(count);
    expect(read(blob)).toHaveLength(2 * pairs);
  });

  it.each([0, 1, 3, 253])('%i is refused for two', (count) => {
    expect(
      walk(
        cursor,
        zipmap(
          [
            ['a', 'b'],
            ['c', 'd'],
          ],
          { count },
        ),
      ).fault,
    ).toBe(`RDB_BAD_ZIPMAP zipmap: its header says ${count} fields, it has 2`);
  });
});

describe('faults', () => {
  it.each([
    ['nothing', new Uint8Array(0), 0],
    ['one byte', fromHex('ff'), 0],
    ['no pairs', fromHex('00 ff'), 1],
    ['no pairs, count open', fromHex('fe ff'), 1],
    ['no end mark', zipmap([['a', 'b']], { end: 0 }), 6],
    ['a key without a value', fromHex('01 0161 ff'), 3],
    ['bytes after the end mark', fromHex('01 0161 01 00 62 ff ff'), 6],
    ['a key that runs over', fromHex('01 0561 01 00 62 ff'), 1],
    ['a long length cut off', fromHex('01 fe0100 ff'), 1],
    ['a key of 4 GiB', fromHex('01 feffffffff 61 ff'), 1],
    ['a value without the number of unused bytes', fromHex('01 0161 01 ff'), 3],
    ['a value that runs over', fromHex('01 0161 05 00 62 ff'), 3],
    ['a value of 4 GiB', fromHex('01 0161 feffffffff 00 62 ff'), 3],
    ['unused bytes that run over', fromHex('01 0161 01 09 62 ff'), 3],
  ])('%s', (_name, blob, at) => {
    const found = walk(cursor, blob);
    expect(found.fault).toMatch(/^RDB_BAD_ZIPMAP zipmap: /);
    expect(found.faultAt).toBe(at);
  });
});

describe('any pairs', () => {
  const text = fc.oneof(fc.uint8Array({ maxLength: 10 }), fc.uint8Array({ minLength: 250, maxLength: 258 }));
  const pairs = fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 20 });

  it('come out as they went in', () => {
    fc.assert(
      fc.property(pairs, fc.nat(255), fc.boolean(), fc.boolean(), (list, free, wideLengths, isUnknown) => {
        const blob = zipmap(list, { free, wideLengths, ...(isUnknown ? { count: 254 } : {}) });
        expect(read(blob)).toEqual(list.flat().map((bytes) => String.fromCharCode(...bytes)));
      }),
      { numRuns: 300 },
    );
  });

  it('end in a fault or a sound walk when bytes are changed', () => {
    fc.assert(
      fc.property(pairs, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }), (list, changes) => {
        const blob = zipmap(list);
        for (const [at, byte] of changes) blob[at % blob.length] = byte;
        expect(walk(cursor, blob).fault ?? 'RDB_BAD_ZIPMAP').toMatch(/^RDB_BAD_ZIPMAP/);
      }),
      { numRuns: 1000 },
    );
  });

  it('end in a fault or a sound walk for arbitrary bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (body) => {
        walk(cursor, Uint8Array.of(254, ...body, 255));
      }),
      { numRuns: 2000 },
    );
  });

  it('are never accepted when cut off', () => {
    const blob = zipmap(
      [
        ['abc', 'de'],
        ['f', 'x'.repeat(300)],
      ],
      { free: 3 },
    );
    for (let size = 0; size < blob.length; size++) {
      expect(walk(cursor, blob.slice(0, size)).fault).toMatch(/^RDB_BAD_ZIPMAP/);
    }
  });
});
