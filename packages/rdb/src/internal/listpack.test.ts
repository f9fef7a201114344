import {
  backReference,
  concatBytes,
  fromHex,
  listpack,
  listpackBacklen,
  listpackInt,
  listpackString,
  type PackedEntry,
} from '@rdbkit/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entries, walk } from '../../testing/cursors.ts';
import { ListpackCursor } from './listpack.ts';

const cursor = new ListpackCursor();
const read = (blob: Uint8Array): readonly string[] => entries(cursor, blob);
const fault = (blob: Uint8Array): string | null => walk(cursor, blob).fault;

/** A listpack around a body that was written by hand. */
function around(count: number, body: string | Uint8Array): Uint8Array {
  const bytes = typeof body === 'string' ? fromHex(body) : body;
  const size = bytes.length + 7;
  return concatBytes(
    Uint8Array.of(size & 255, (size >> 8) & 255, (size >> 16) & 255, size >>> 24, count & 255, count >> 8),
    bytes,
    Uint8Array.of(255),
  );
}

describe('integers', () => {
  it.each([
    ['7 bits', 7, 0n, 127n],
    ['13 bits', 13, -4096n, 4095n],
    ['16 bits', 16, -(1n << 15n), (1n << 15n) - 1n],
    ['24 bits', 24, -(1n << 23n), (1n << 23n) - 1n],
    ['32 bits', 32, -(1n << 31n), (1n << 31n) - 1n],
    ['64 bits', 64, -(1n << 63n), (1n << 63n) - 1n],
  ] as const)('%s, to both ends', (_name, form, lowest, highest) => {
    const values = [lowest, lowest + 1n, 0n, 1n, highest - 1n, highest];
    expect(read(listpack(values.map((value) => listpackInt(value, form))))).toEqual(values.map((value) => `#${value}`));
  });

  it('of 64 bits around what a number holds exactly', () => {
    const limit = 1n << 53n;
    const values = [limit - 1n, limit, limit + 1n, -limit + 1n, -limit, -limit - 1n];
    expect(read(listpack(values.map((value) => listpackInt(value, 64))))).toEqual(values.map((value) => `#${value}`));
  });

  it.each([
    ['7 bits', '7f 01', '#127'],
    ['13 bits, high part first', 'c101 02', '#257'],
    ['13 bits, −1', 'dfff 02', '#-1'],
    ['13 bits, the lowest', 'd000 02', '#-4096'],
    ['16 bits, little-endian', 'f10102 03', '#513'],
    ['24 bits, sign extended', 'f2000080 04', '#-8388608'],
    ['32 bits', 'f301000080 05', '#-2147483647'],
    ['64 bits', 'f40100000000000080 09', '#-9223372036854775807'],
  ])('as bytes: %s', (_name, hex, expected) => {
    expect(read(around(1, hex))).toEqual([expected]);
  });

  it('keeps the text of an integer until the integer after the next one', () => {
    cursor.open(listpack([11, 222, 3]), 0, listpack([11, 222, 3]).length);
    cursor.next();
    cursor.text();
    const first = cursor.tb.subarray(cursor.ts, cursor.te);
    cursor.next();
    cursor.text();
    expect(String.fromCharCode(...first)).toBe('11');
  });
});

describe('strings', () => {
  it.each([
    [6, 0],
    [6, 1],
    [6, 63],
    [12, 0],
    [12, 63],
    [12, 64],
    [12, 255],
    [12, 256],
    [12, 4095],
    [32, 0],
    [32, 4095],
    [32, 4096],
    [32, 65536],
  ] as const)('length of %i bits for %i bytes', (form, size) => {
    const blob = listpack([listpackString('s'.repeat(size), form), 'end']);
    cursor.open(blob, 0, blob.length);
    expect(cursor.next()).toBe(true);
    expect(cursor.isInteger).toBe(false);
    expect(cursor.te - cursor.ts).toBe(size);
    expect(cursor.tb.subarray(cursor.ts, cursor.te).every((byte) => byte === 0x73)).toBe(true);
    expect(cursor.next()).toBe(true);
    expect(cursor.te - cursor.ts).toBe(3);
    expect(cursor.next()).toBe(false);
  });

  it('are bytes, not text', () => {
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    expect(read(listpack([all]))).toEqual([String.fromCharCode(...all)]);
  });

  it('with a length of 32 bits in little-endian order, of 12 bits high part first', () => {
    expect(read(around(2, 'f003000000616263 08 e003616263 05'))).toEqual(['abc', 'abc']);
  });
});

describe('back-lengths', () => {
  // Sizes of encoding and data; a string of this size has a header of 1, 2 or 5 bytes.
  const stringOfSize = (size: number): PackedEntry => {
    if (size <= 64) return listpackString('x'.repeat(size - 1), 6);
    if (size <= 4097) return listpackString('x'.repeat(size - 2), 12);
    return listpackString('x'.repeat(size - 5), 32);
  };

  it.each([1, 64, 126, 127, 128, 129, 16381, 16382, 16383, 16384, 16385, 2097150, 2097151, 2097152])(
    'of an element of %i bytes, as servers before and after 2026 write them',
    (size) => {
      for (const narrowBacklen of [false, true]) {
        expect(read(listpack([stringOfSize(size), 'end'], { narrowBacklen })).at(-1)).toBe('end');
      }
    },
  );

  it.each([
    [16383, '7fff', '00ffff'],
    [2097151, '7fffff', '00ffffff'],
  ])('of %i bytes have two widths', (size, narrow, wide) => {
    expect(listpackBacklen(size, true)).toEqual(fromHex(narrow));
    expect(listpackBacklen(size, false)).toEqual(fromHex(wide));
  });

  it.each([
    [127, '0081'],
    [127, '00ff'],
    [128, '008180'],
    [16382, '00fffe'],
    [16384, '00818080'],
    [2097150, '00fffffe'],
  ])('of %i bytes that are wider than any server writes are refused: %s', (size, hex) => {
    const blob = around(1, concatBytes(stringOfSize(size).bytes, fromHex(hex)));
    expect(fault(blob)).toMatch(/RDB_BAD_LISTPACK .*back-length/);
  });

  it.each([
    ['one byte, wrong', 3, '04'],
    ['one byte, zero', 3, '00'],
    ['too small', 200, '0147'],
    ['too large', 200, '0149'],
    ['its top bit set', 200, '81c8'],
    ['top bit missing in the second byte', 200, '0148'],
    ['cut off', 200, '01'],
    ['five groups of ones', 20000, '7fffffffff'],
  ])('%s', (_name, size, hex) => {
    const blob = around(1, concatBytes(stringOfSize(size).bytes, fromHex(hex)));
    expect(fault(blob)).toMatch(/^RDB_BAD_LISTPACK /);
  });
});

describe('the number of elements', () => {
  it('may be unknown', () => {
    const blob = listpack(['a', 1, 'b'], { count: 65535 });
    cursor.open(blob, 0, blob.length);
    expect(cursor.count).toBe(-1);
    expect(read(blob)).toEqual(['a', '#1', 'b']);
  });

  it('is unknown from 65535 elements on', () => {
    for (const count of [65534, 65535, 65536, 70000]) {
      const blob = listpack(new Array<number>(count).fill(5));
      cursor.open(blob, 0, blob.length);
      expect(cursor.count).toBe(count < 65535 ? count : -1);
      while (cursor.next());
      expect(cursor.passed).toBe(count);
    }
  });

  it.each([0, 1, 3, 65534])('is refused when it is %i for two', (count) => {
    expect(walk(cursor, listpack(['a', 'b'], { count }))).toMatchObject({
      entries: ['a', 'b'],
      fault: `RDB_BAD_LISTPACK listpack: its header says ${count} elements, it has 2`,
    });
  });

  it('may be zero', () => {
    expect(read(listpack([]))).toEqual([]);
    expect(read(listpack([], { count: 65535 }))).toEqual([]);
  });
});

describe('faults', () => {
  it.each([
    ['nothing', new Uint8Array(0), 0],
    ['six bytes', fromHex('06000000 00ff'), 0],
    ['a total that is too small', listpack(['a'], { totalBytes: 9 }), 0],
    ['a total that is too large', listpack(['a'], { totalBytes: 11 }), 0],
    ['a total of 4 GiB', listpack(['a'], { totalBytes: 0xffffffff }), 0],
    ['no end mark', listpack(['a'], { end: 0 }), 9],
    ['an end mark too early', around(1, '0101 ff 0101'), 8],
    ['an unknown encoding', around(1, 'f5 01'), 6],
    ['the metadata encoding of Valkey', around(1, 'f50000 03'), 6],
    ['the encoding 0xfe', around(1, 'fe 01'), 6],
    ['an integer without back-length', around(1, '05'), 6],
    ['13 bits without the second byte', around(1, 'c0'), 6],
    ['13 bits without back-length', around(1, 'c001'), 6],
    ['16 bits cut off', around(1, 'f101'), 6],
    ['24 bits cut off', around(1, 'f20102'), 6],
    ['32 bits cut off', around(1, 'f3010203'), 6],
    ['64 bits cut off', around(1, 'f401020304050607'), 6],
    ['64 bits without back-length', around(1, 'f40102030405060708'), 6],
    ['a short string cut off', around(1, '836162'), 6],
    ['a short string without back-length', around(1, '82 6162'), 6],
    ['a 12-bit length cut off', around(1, 'e0'), 6],
    ['a 12-bit string cut off', around(1, 'e0036162'), 6],
    ['a 32-bit length cut off', around(1, 'f0030000'), 6],
    ['a 32-bit string cut off', around(1, 'f003000000 6162'), 6],
    ['a 32-bit length of 4 GiB', around(1, 'f0ffffffff 6162 07'), 6],
    ['a 32-bit length that would wrap', around(1, 'f0fbffffff 6162 07'), 6],
  ])('%s', (_name, blob, at) => {
    const found = walk(cursor, blob);
    expect(found.fault).toMatch(/^RDB_BAD_LISTPACK listpack: /);
    expect(found.faultAt).toBe(at);
  });
});

const element = fc.oneof(
  fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
  fc.integer({ min: -5000, max: 5000 }),
  fc.uint8Array({ maxLength: 70 }),
  fc.uint8Array({ minLength: 120, maxLength: 140 }),
  fc.constantFrom(4095, 4096, 16376, 16377, 16378, 16379).map((size) => new Uint8Array(size).fill(0x61)),
);

function textOf(one: bigint | number | Uint8Array): string {
  if (!(one instanceof Uint8Array)) return `#${one}`;
  const text = String.fromCharCode(...one.subarray(0, 1000));
  return one.length > 1000 ? `${text}…${one.length}` : text;
}

describe('any elements', () => {
  it('come out as they went in', () => {
    fc.assert(
      fc.property(
        fc.array(element, { maxLength: 30 }),
        fc.boolean(),
        fc.boolean(),
        (elements, narrowBacklen, isUnknown) => {
          const blob = listpack(elements, { narrowBacklen, ...(isUnknown ? { count: 65535 } : {}) });
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
      fc.oneof(fc.nat(255), fc.constantFrom(0, 0x7f, 0x80, 0xbf, 0xc0, 0xe0, 0xf0, 0xf4, 0xfe, 0xff)),
    );
    fc.assert(
      fc.property(small, fc.array(change, { minLength: 1, maxLength: 4 }), (elements, changes) => {
        const blob = listpack(elements);
        for (const [at, byte] of changes) blob[at % blob.length] = byte;
        const found = walk(cursor, blob);
        expect(found.fault ?? 'RDB_BAD_LISTPACK').toMatch(/^RDB_BAD_LISTPACK/);
      }),
      { numRuns: 2000 },
    );
  });

  it('end in a fault or a sound walk for arbitrary bytes under a sound header', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.oneof(fc.nat(8), fc.constant(65535)), (body, count) => {
        walk(cursor, around(count, body));
      }),
      { numRuns: 2000 },
    );
  });

  it('are never accepted when cut off', () => {
    const blob = listpack(['abc', 1, 1000, 'x'.repeat(200), 1n << 40n]);
    for (let size = 0; size < blob.length; size++) expect(fault(blob.slice(0, size))).toMatch(/^RDB_BAD_LISTPACK/);
  });
});

it('reads what LZF tokens look like as plain bytes', () => {
  expect(read(listpack([Uint8Array.from(backReference(29, 1))]))).toEqual([String.fromCharCode(0xe0, 0x14, 0x00)]);
});
