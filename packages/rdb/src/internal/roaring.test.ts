import {
  ByteWriter,
  bitmapValue,
  concatBytes,
  fromHex,
  lzfString,
  RdbBuilder,
  type RdbString,
  roaring64,
} from '@rdbkit/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Outcome, readInSteps, readWhole } from '../../testing/event-log.ts';
import type { RdbOptions } from '../options.ts';
import { readRdbSync } from '../read.ts';
import { RdbVisitorBase } from '../visitor.ts';

function fileOf(length: number | bigint, roaring: RdbString): Uint8Array {
  return new RdbBuilder({ version: 16 }).key('k', bitmapValue(length, roaring)).finish();
}

/** The string that a bitmap stands for. */
function stringOf(length: number, roaring: Uint8Array): Uint8Array {
  let found: Uint8Array | null = null;
  class Take extends RdbVisitorBase {
    override key(): 'logical' {
      return 'logical';
    }
    override string(bytes: Uint8Array, start: number, end: number): void {
      found = bytes.slice(start, end);
    }
  }
  readRdbSync(fileOf(length, roaring), new Take());
  if (found === null) throw new Error('no string');
  return found;
}

/** As SETBIT does. */
function setBits(length: number, positions: Iterable<number>): Uint8Array {
  const bytes = new Uint8Array(length);
  for (const position of positions) bytes[position >> 3] = (bytes[position >> 3] ?? 0) | (0x80 >> (position & 7));
  return bytes;
}

function outcome(length: number | bigint, roaring: RdbString, options: RdbOptions = {}): Outcome {
  const file = fileOf(length, roaring);
  const whole = readWhole(file, {}, options);
  expect(readInSteps(file, 1, {}, options)).toEqual(whole);
  return whole;
}

const codeOf = (length: number | bigint, roaring: RdbString): string | undefined =>
  outcome(length, roaring).error?.code;

function range(from: number, to: number, step = 1): number[] {
  return Array.from({ length: Math.ceil((to - from) / step) }, (_, i) => from + i * step);
}

function expectBits(positions: readonly number[], length: number): void {
  const expected = setBits(length, positions);
  for (const runs of [false, true]) {
    expect(Buffer.compare(stringOf(length, roaring64(positions, runs)), expected)).toBe(0);
  }
}

describe('containers', () => {
  it.each([
    ['no bit', [], 0],
    ['no bit, zeros', [], 1000],
    ['the first bit', [0], 1],
    ['bits of one byte', [0, 1, 7], 1],
    ['the last bit of a byte', [7], 1],
    ['the first bit of the next byte', [8], 2],
    ['the last bit of a container', [65535], 8192],
    ['the first bit of the next container', [65536], 8193],
    ['both', [65535, 65536], 8193],
    ['a length beyond the last bit', [3], 5000],
    ['4095 bits', range(0, 8190, 2), 1024],
    ['4096 bits: still an array', range(0, 8192, 2), 1024],
    ['4097 bits: a bitset', range(0, 8194, 2), 1025],
    ['every bit of a container', range(0, 65536), 8192],
    ['every bit but the first', range(1, 65536), 8192],
    ['all but the last', range(0, 65535), 8192],
    ['every bit of two containers', range(0, 131072), 16384],
    [
      'runs that begin and end inside of bytes',
      [...range(3, 30), ...range(33, 35), ...range(40, 64), ...range(71, 73)],
      10,
    ],
    ['three containers', [1, 65537, 131073], 16385],
    ['four containers, which have offsets', [1, 65537, 131073, 196609], 24577],
    ['nine containers: two bytes of flags', range(0, 9 * 65536, 65536), 65537],
    ['containers of every kind', [...range(0, 20000), 70000, ...range(140000, 150000, 2)], 20000],
  ])('%s', (_name, positions, length) => {
    expectBits(positions, length);
  });

  it('of a bitset in the order of bits', () => {
    const positions = range(0, 65536).filter((i) => (i * 2654435761) % 7 < 2);
    expect(positions.length).toBeGreaterThan(4096);
    expectBits(positions, 8192);
  });

  it('of both kinds in one bucket', () => {
    // Container 0 a run, container 1 an array: flags 01.
    const roaring = new ByteWriter()
      .u64(1)
      .u32(0)
      .u32(12347 | (1 << 16))
      .u8(0b01)
      .u16(0)
      .u16(9)
      .u16(1)
      .u16(1);
    roaring.u16(1).u16(2).u16(9).u16(5).u16(8);
    expect(Buffer.compare(stringOf(8194, roaring.toBytes()), setBits(8194, [...range(2, 12), 65541, 65544]))).toBe(0);
  });

  it('of several buckets', () => {
    const length = 2 ** 29 + 2;
    const file = fileOf(length, roaring64([5, 2 ** 32 + 1, 2 ** 32 + 9]));
    const { events, error } = readWhole(file, { mode: 'digest' }, { maxBitmapBytes: 2 ** 29 + 1 });
    expect(error).toBeNull();
    expect(events).not.toBe('');
    expect(readWhole(file).events).toContain(`bitmap ${length} `);
    expect(codeOf(2 ** 29 + 1, roaring64([5, 2 ** 32 + 1, 2 ** 32 + 9]))).toBe('RDB_BAD_BITMAP');
  });

  it('may be compressed', () => {
    const roaring = roaring64(range(0, 8194, 2));
    const { events } = outcome(1025, lzfString(roaring));
    expect(events).toBe(outcome(1025, roaring).events.replace(/^end.*$/m, events.split('\n').at(-1) ?? ''));
  });

  it('give any set of bits', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(300_000), fc.integer({ min: 1, max: 6000 }), fc.integer({ min: 1, max: 5 })), {
          maxLength: 4,
        }),
        fc.nat(100),
        (runs, extra) => {
          const positions = [...new Set(runs.flatMap(([from, count, step]) => range(from, from + count * step, step)))];
          const length = Math.max(0, ...positions.map((position) => (position >> 3) + 1)) + extra;
          expectBits(positions, length);
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe('levels', () => {
  const roaring = roaring64([1, 9]);

  it('packed gives the roaring form', () => {
    expect(readWhole(fileOf(2, roaring), { level: 'packed' }).events).toContain('packed roaring "');
  });

  it.each(['skip', 'raw', 'packed', 'logical'] as const)('%s takes every length that there may be', (level) => {
    for (const length of [0, 2, 2 ** 32, 2 ** 53 - 1, 2n ** 53n, 2n ** 60n - 1n]) {
      const file = fileOf(length, length === 0 ? roaring64([]) : roaring);
      expect(readWhole(file, { level }).error).toBeNull();
      expect(readInSteps(file, 1, { level }).error).toBeNull();
    }
  });

  it('logical gives the roaring form when the string were too long', () => {
    expect(outcome(2, roaring, { maxBitmapBytes: 2 }).events).toContain('string "@@"');
    expect(outcome(3, roaring, { maxBitmapBytes: 2 }).events).toContain('bitmap 3 "');
    expect(outcome(2n ** 60n - 1n, roaring).events).toContain('bitmap 1152921504606846975 "');
    expect(outcome(2 ** 45, roaring).events).toContain('bitmap 35184372088832 "');
  });
});

describe('the border', () => {
  it.each([
    [1, 7],
    [2, 15],
    [8192, 65535],
    [2 ** 29, 2 ** 32 - 1],
    [2 ** 29 + 1, 2 ** 32 + 7],
    [2 ** 50, 2 ** 53 - 1],
    [2n ** 50n + 1n, 2n ** 53n + 7n],
    [2n ** 53n, 2n ** 56n - 1n],
    [2n ** 54n + 1n, 2n ** 57n + 7n],
    [2n ** 60n - 1n, 2n ** 63n - 9n],
  ])('a string of %i bytes has bit %i and no later one', (length, last) => {
    for (const runs of [false, true]) {
      expect(codeOf(length, roaring64([last], runs))).toBeUndefined();
      expect(codeOf(length, roaring64([BigInt(last) + 1n], runs))).toBe('RDB_BAD_BITMAP');
      expect(codeOf(length, roaring64([2n ** 64n - 1n], runs))).toBe('RDB_BAD_BITMAP');
    }
  });

  it('holds for bitsets', () => {
    expect(codeOf(8192, roaring64(range(0, 65536)))).toBeUndefined();
    expect(codeOf(8191, roaring64(range(0, 65536)))).toBe('RDB_BAD_BITMAP');
    expect(codeOf(8191, roaring64(range(0, 65528)))).toBeUndefined();
  });

  it.each([2n ** 60n, 2n ** 63n, 2n ** 64n - 1n])('%i bytes are too many', (length) => {
    expect(codeOf(length, roaring64([]))).toBe('RDB_BAD_BITMAP');
  });

  it('of an empty string has no bit', () => {
    expect(codeOf(0, roaring64([]))).toBeUndefined();
    expect(codeOf(0, roaring64([0]))).toBe('RDB_BAD_BITMAP');
  });
});

describe('faults', () => {
  const bucket = (hex: string): Uint8Array => concatBytes(fromHex('0100000000000000 00000000'), fromHex(hex));
  const bitset = (bits: number, cardinality: number): Uint8Array => {
    const body = new Uint8Array(8192);
    for (let i = 0; i < bits; i++) body[i >> 3] = (body[i >> 3] ?? 0) | (1 << (i & 7));
    return concatBytes(
      bucket('3a300000 01000000 0000'),
      Uint8Array.of((cardinality - 1) & 255, (cardinality - 1) >> 8),
      fromHex('10000000'),
      body,
    );
  };

  it.each([
    ['nothing', new Uint8Array(0)],
    ['half a number of buckets', new Uint8Array(7)],
    ['a bucket that is missing', fromHex('0100000000000000')],
    ['2^32 − 1 buckets', fromHex('ffffffff00000000')],
    ['2^32 buckets', fromHex('0000000001000000')],
    ['half a bucket', fromHex('0100000000000000 00000000')],
    ['an unknown cookie', bucket('3c300000 01000000')],
    ['the cookie without runs in the low half only', bucket('3a300100 01000000 0000 0000 10000000 0500')],
    ['65537 containers', bucket('3a300000 01000100')],
    ['2^32 − 1 containers', bucket('3a300000 ffffffff')],
    ['containers that are missing', bucket('3a300000 02000000 0000 0000')],
    ['offsets that are missing', bucket('3a300000 01000000 0000 0000 1000')],
    ['an array that is missing', bucket('3a300000 01000000 0000 0000 10000000')],
    ['half an array', bucket('3a300000 01000000 0000 0100 10000000 0100')],
    ['an array in descending order', bucket('3a300000 01000000 0000 0100 10000000 0200 0100')],
    ['a repeated value', bucket('3a300000 01000000 0000 0100 10000000 0200 0200')],
    ['containers in descending order', bucket('3a300000 02000000 0100 0000 0000 0000 10000000 12000000 0200 0100')],
    ['a repeated container', bucket('3a300000 02000000 0000 0000 0000 0000 10000000 12000000 0200 0300')],
    ['run flags that are missing', bucket('3b300000')],
    ['runs that are missing', bucket('3b300000 01 0000 0000')],
    ['half a run', bucket('3b300000 01 0000 0000 0100 0000')],
    ['runs that overlap', bucket('3b300000 01 0000 0000 0200 0000 0500 0500 0100')],
    ['runs in descending order', bucket('3b300000 01 0000 0000 0200 0900 0000 0000 0000')],
    ['a run beyond its container', bucket('3b300000 01 0000 0000 0100 ffff 0100')],
    ['65535 runs', bucket('3b300000 01 0000 0000 ffff 0000 0000')],
    ['half a bitset', bitset(5000, 5000).slice(0, -1)],
    ['a bitset of fewer bits', bitset(5000, 5001)],
    ['a bitset of more bits', bitset(5001, 5000)],
    [
      'buckets in descending order',
      concatBytes(
        fromHex('0200000000000000'),
        fromHex('01000000 3a300000 00000000'),
        fromHex('00000000 3a300000 00000000'),
      ),
    ],
    [
      'a repeated bucket',
      concatBytes(
        fromHex('0200000000000000'),
        fromHex('01000000 3a300000 00000000'),
        fromHex('01000000 3a300000 00000000'),
      ),
    ],
    ['bytes left over', concatBytes(roaring64([1]), 'x')],
    ['bytes left over after nothing', concatBytes(roaring64([]), 'x')],
  ])('%s', (_name, roaring) => {
    expect(codeOf(2 ** 30, roaring)).toBe('RDB_BAD_BITMAP');
    expect(outcome(100, roaring).error?.code).toBe('RDB_BAD_BITMAP');
  });

  it('the bitset by hand is sound', () => {
    expect(codeOf(2 ** 20, bitset(5000, 5000))).toBeUndefined();
  });

  it('end in a typed error or a string when bytes are changed', () => {
    const change = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(300_000), { maxLength: 12 }),
        fc.boolean(),
        change,
        (positions, runs, changes) => {
          const roaring = roaring64(positions, runs);
          for (const [at, byte] of changes) roaring[at % roaring.length] = byte;
          const { error } = readWhole(fileOf(50_000, roaring), { mode: 'digest' });
          expect(error?.code ?? 'RDB_BAD_BITMAP').toBe('RDB_BAD_BITMAP');
        },
      ),
      { numRuns: 500 },
    );
  });

  it('that cost nothing: a tiny blob for a huge string', () => {
    const started = process.cpuUsage();
    // Every container of a bucket full: 256 KiB of runs for 512 MiB.
    const header = new ByteWriter()
      .u64(1)
      .u32(0)
      .u32((12347 | (65535 << 16)) >>> 0)
      .raw(new Uint8Array(8192).fill(0xff));
    for (let key = 0; key < 65536; key++) header.u16(key).u16(65535);
    header.raw(new Uint8Array(4 * 65536));
    for (let key = 0; key < 65536; key++) header.u16(1).u16(0).u16(65535);
    const roaring = header.toBytes();
    expect(readWhole(fileOf(2 ** 29, roaring), { mode: 'digest' }).error).toBeNull();
    expect(readWhole(fileOf(2 ** 29 - 1, roaring), { mode: 'digest' }).error?.code).toBe('RDB_BAD_BITMAP');
    expect(process.cpuUsage(started).user).toBeLessThan(3_000_000);
  });
});
