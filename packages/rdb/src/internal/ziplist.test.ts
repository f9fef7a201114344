import { concatBytes, fromHex, PackedEntry, ziplist, ziplistInt, ziplistString } from '@rdbkit/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entries, walk } from '../../testing/cursors.ts';
import { ZiplistCursor } from './ziplist.ts';

const cursor = new ZiplistCursor();
const read = (blob: Uint8Array): readonly string[] => entries(cursor, blob);

function u32(value: number): Uint8Array {
  return Uint8Array.of(value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24);
}

/** A ziplist around entries written by hand; `tail` is the offset of the last one. */
function around(count: number, tail: number, body: string | Uint8Array): Uint8Array {
  const bytes = typeof body === 'string' ? fromHex(body) : body;
  return concatBytes(
    u32(bytes.length + 11),
    u32(tail),
    Uint8Array.of(count & 255, count >> 8),
    bytes,
    Uint8Array.of(255),
  );
}

describe('integers', () => {
  it.each([
    ['immediate', 0, 0n, 12n],
    ['8 bits', 8, -128n, 127n],
    ['16 bits', 16, -(1n << 15n), (1n << 15n) - 1n],
    ['24 bits', 24, -(1n << 23n), (1n << 23n) - 1n],
    ['32 bits', 32, -(1n << 31n), (1n << 31n) - 1n],
    ['64 bits', 64, -(1n << 63n), (1n << 63n) - 1n],
  ] as const)('%s, to both ends', (_name, form, lowest, highest) => {
    const values = [lowest, lowest + 1n, 0n, 1n, highest - 1n, highest];
    expect(read(ziplist(values.map((value) => ziplistInt(value, form))))).toEqual(values.map((value) => `#${value}`));
  });

  it('of 64 bits around what a number holds exactly', () => {
    const limit = 1n << 53n;
    const values = [limit - 1n, limit, limit + 1n, -limit + 1n, -limit, -limit - 1n];
    expect(read(ziplist(values.map((value) => ziplistInt(value, 64))))).toEqual(values.map((value) => `#${value}`));
  });

  it.each([
    ['the lowest immediate', '00 f1', '#0'],
    ['the highest immediate', '00 fd', '#12'],
    ['8 bits', '00 fe80', '#-128'],
    ['16 bits', '00 c00102', '#513'],
    ['24 bits', '00 f0ffff7f', '#8388607'],
    ['32 bits', '00 d000000080', '#-2147483648'],
    ['64 bits', '00 e0ffffffffffffff7f', '#9223372036854775807'],
  ])('as bytes: %s', (_name, hex, expected) => {
    expect(read(around(1, 10, hex))).toEqual([expected]);
  });
});

describe('strings', () => {
  it.each([
    [6, 0],
    [6, 1],
    [6, 63],
    [14, 0],
    [14, 63],
    [14, 64],
    [14, 255],
    [14, 256],
    [14, 16383],
    [32, 0],
    [32, 16383],
    [32, 16384],
    [32, 65536],
  ] as const)('length of %i bits for %i bytes', (form, size) => {
    const found = read(ziplist([ziplistString('s'.repeat(size), form), 'end']));
    const text = 's'.repeat(Math.min(size, 1000)) + (size > 1000 ? `…${size}` : '');
    expect(found).toEqual([text, 'end']);
  });

  it('with lengths of 14 and 32 bits in big-endian order', () => {
    expect(read(around(2, 10 + 6, '00 4003616263 06 8000000003616263'))).toEqual(['abc', 'abc']);
  });

  it('ignores the low bits before a length of 32 bits', () => {
    expect(read(around(1, 10, '00 bf00000003616263'))).toEqual(['abc']);
  });

  it('are bytes, not text', () => {
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    expect(read(ziplist([all]))).toEqual([String.fromCharCode(...all)]);
  });
});

describe('the size of the entry before', () => {
  it.each([251, 252, 253, 254, 255, 256])('%i bytes', (size) => {
    const first = size <= 65 ? ziplistString('x'.repeat(size - 2), 6) : ziplistString('x'.repeat(size - 3), 14);
    expect(read(ziplist([first, 'b'])).at(-1)).toBe('b');
  });

  it('may stand in five bytes for small values too', () => {
    expect(read(ziplist(['a', 7, 'x'.repeat(300), 1000], { widePrevlen: true }))).toEqual([
      'a',
      '#7',
      'x'.repeat(300),
      '#1000',
    ]);
  });

  it.each([
    ['one byte, not zero for the first entry', '01 f1'],
    ['five bytes, not zero for the first entry', 'fe01000000 f1'],
    ['five bytes, 4 GiB', 'feffffffff f1'],
  ])('%s', (_name, hex) => {
    const found = walk(cursor, around(1, 10, hex));
    expect(found.fault).toMatch(/^RDB_BAD_ZIPLIST .*the one before/);
    expect(found.faultAt).toBe(10);
  });

  it('is refused when it is wrong for a later entry', () => {
    expect(walk(cursor, around(2, 12, '00f1 03f2'))).toMatchObject({ entries: ['#0'], faultAt: 12 });
    expect(walk(cursor, around(2, 12, '00f1 fe03000000f2')).fault).toMatch(/^RDB_BAD_ZIPLIST/);
  });
});

describe('the header', () => {
  it('may leave the count open', () => {
    const blob = ziplist(['a', 1], { count: 65535 });
    cursor.open(blob, 0, blob.length);
    expect(cursor.count).toBe(-1);
    expect(read(blob)).toEqual(['a', '#1']);
  });

  it('leaves the count open from 65535 entries on', () => {
    for (const count of [65534, 65535, 65536, 70000]) {
      const blob = ziplist(new Array<number>(count).fill(5));
      cursor.open(blob, 0, blob.length);
      expect(cursor.count).toBe(count < 65535 ? count : -1);
      while (cursor.next());
      expect(cursor.passed).toBe(count);
    }
  });

  it.each([0, 1, 3, 65534])('is refused when it counts %i for two entries', (count) => {
    expect(walk(cursor, ziplist(['a', 'b'], { count })).fault).toBe(
      `RDB_BAD_ZIPLIST ziplist: its header says ${count} entries, it has 2`,
    );
  });

  it('may announce no entries', () => {
    expect(read(ziplist([]))).toEqual([]);
    expect(read(fromHex('0b000000 0a000000 0000 ff'))).toEqual([]);
  });

  it.each([0, 9, 10, 12, 14, 0xffffffff])('is refused when the last entry is not at %i', (tail) => {
    // Two entries, the last one at 13.
    const found = walk(cursor, ziplist(['a', 'b'], { tail }));
    expect(found.fault).toMatch(/^RDB_BAD_ZIPLIST .*last entry/);
    expect(found.faultAt).toBe(4);
  });

  it('is refused when an empty list has a last entry elsewhere', () => {
    expect(walk(cursor, ziplist([], { tail: 11 })).fault).toMatch(/^RDB_BAD_ZIPLIST .*last entry/);
  });
});

describe('faults', () => {
  it.each([
    ['nothing', new Uint8Array(0), 0],
    ['ten bytes', fromHex('0a000000 0a000000 00ff'), 0],
    ['a total that is too small', ziplist(['a'], { totalBytes: 13 }), 0],
    ['a total that is too large', ziplist(['a'], { totalBytes: 15 }), 0],
    ['a total of 4 GiB', ziplist(['a'], { totalBytes: 0xffffffff }), 0],
    ['no end mark', ziplist(['a'], { end: 0 }), 13],
    ['an end mark too early', around(1, 10, '00f1 ff 00f1'), 12],
    ['the encoding 0xff', around(1, 10, '00 ff'), 11],
    ['an encoding between the integers', around(1, 10, '00 c1 0102'), 11],
    ['the encoding 0xd1', around(1, 10, '00 d1 01020304'), 11],
    ['a size without an encoding', around(1, 10, '00'), 10],
    ['a size of five bytes cut off', around(1, 10, 'fe0000'), 10],
    ['a size of five bytes without an encoding', around(1, 10, 'fe00000000'), 10],
    ['8 bits cut off', around(1, 10, '00 fe'), 10],
    ['16 bits cut off', around(1, 10, '00 c001'), 10],
    ['24 bits cut off', around(1, 10, '00 f00102'), 10],
    ['32 bits cut off', around(1, 10, '00 d0010203'), 10],
    ['64 bits cut off', around(1, 10, '00 e001020304050607'), 10],
    ['a short string cut off', around(1, 10, '00 036162'), 10],
    ['a 14-bit length cut off', around(1, 10, '00 40'), 10],
    ['a 14-bit string cut off', around(1, 10, '00 4003 6162'), 10],
    ['a 32-bit length cut off', around(1, 10, '00 80000000'), 10],
    ['a 32-bit string cut off', around(1, 10, '00 8000000003 6162'), 10],
    ['a 32-bit length of 4 GiB', around(1, 10, '00 80ffffffff 6162'), 10],
  ])('%s', (_name, blob, at) => {
    const found = walk(cursor, blob);
    expect(found.fault).toMatch(/^RDB_BAD_ZIPLIST ziplist: /);
    expect(found.faultAt).toBe(at);
  });
});

const element = fc.oneof(
  fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
  fc.integer({ min: -300, max: 300 }),
  fc.uint8Array({ maxLength: 70 }),
  fc.uint8Array({ minLength: 245, maxLength: 260 }),
);

function textOf(one: bigint | number | Uint8Array): string {
  return one instanceof Uint8Array ? String.fromCharCode(...one) : `#${one}`;
}

describe('any elements', () => {
  it('come out as they went in', () => {
    fc.assert(
      fc.property(
        fc.array(element, { maxLength: 30 }),
        fc.boolean(),
        fc.boolean(),
        (elements, widePrevlen, isUnknown) => {
          const blob = ziplist(elements, { widePrevlen, ...(isUnknown ? { count: 65535 } : {}) });
          expect(read(blob)).toEqual(elements.map(textOf));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('end in a fault or a sound walk when bytes are changed', () => {
    const small = fc.array(fc.oneof(fc.integer(), fc.uint8Array({ maxLength: 20 })), { maxLength: 12 });
    const change = fc.tuple(
      fc.nat(),
      fc.oneof(fc.nat(255), fc.constantFrom(0, 0x40, 0x80, 0xc0, 0xf0, 0xfd, 0xfe, 0xff)),
    );
    fc.assert(
      fc.property(small, fc.array(change, { minLength: 1, maxLength: 4 }), (elements, changes) => {
        const blob = ziplist(elements);
        for (const [at, byte] of changes) blob[at % blob.length] = byte;
        expect(walk(cursor, blob).fault ?? 'RDB_BAD_ZIPLIST').toMatch(/^RDB_BAD_ZIPLIST/);
      }),
      { numRuns: 2000 },
    );
  });

  it('end in a fault or a sound walk for arbitrary bytes under a sound header', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }),
        fc.oneof(fc.nat(8), fc.constant(65535)),
        fc.nat(50),
        (body, count, tail) => {
          walk(cursor, around(count, tail, body));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('are never accepted when cut off', () => {
    const blob = ziplist(['abc', 1, 1000, 'x'.repeat(300), 1n << 40n]);
    for (let size = 0; size < blob.length; size++) {
      expect(walk(cursor, blob.slice(0, size)).fault).toMatch(/^RDB_BAD_ZIPLIST/);
    }
  });
});

it('takes an entry whose bytes were made by hand', () => {
  expect(read(ziplist([new PackedEntry(fromHex('fe01')), 'a']))).toEqual(['#1', 'a']);
});
