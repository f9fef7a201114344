import {
  arrayValue,
  backReference,
  blobValue,
  eachVector,
  hash2Value,
  hashListpackExValue,
  hashMetadataValue,
  hashValue,
  intString,
  intset,
  keyMetadata,
  listpack,
  listValue,
  listVectors,
  lzfString,
  lzfTokens,
  moduleValue,
  pathHashValue,
  quicklist2Value,
  RdbBuilder,
  type RdbValue,
  setValue,
  streamValue,
  stringValue,
  templateArrayValue,
  templateListpackValue,
  zset2Value,
  zsetValue,
} from '@rdbkit/testkit';
import { describe, expect, it } from 'vitest';
import { randomFrom, readInChunks, readInSteps, readWhole } from '../testing/event-log.ts';
import type { RdbOptions } from './options.ts';
import { readRdb } from './read.ts';
import { RdbReader } from './reader.ts';
import { RdbVisitorBase } from './visitor.ts';

const fileOf = (value: RdbValue, version = 16): Uint8Array =>
  new RdbBuilder({ version }).key('k', value).key('next', stringValue('v')).finish();

/** Pseudo-random bytes that compress a little. */
function someBytes(size: number): Uint8Array {
  const random = randomFrom(size);
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; ) {
    const run = Math.min(size - at, 1 + random(40));
    bytes.fill(random(256), at, at + run);
    at += run;
  }
  return bytes;
}

/** Collects the pieces of strings and their sizes. */
class Pieces extends RdbVisitorBase {
  announced: number[] = [];
  sizes: number[] = [];
  whole: Uint8Array[] = [];
  strings = 0;
  override key(): 'logical' {
    return 'logical';
  }
  override string(): void {
    this.strings++;
  }
  override stringStart(length: number): void {
    this.announced.push(length);
  }
  override stringPiece(bytes: Uint8Array, start: number, end: number): void {
    this.sizes.push(end - start);
    this.whole.push(bytes.slice(start, end));
  }
}

function piecesOf(file: Uint8Array, options: RdbOptions, chunk: number): Pieces {
  const pieces = new Pieces();
  const reader = new RdbReader(pieces, options);
  for (let at = 0; at < file.length; at += chunk) reader.push(file.slice(at, at + chunk));
  reader.finish();
  return pieces;
}

describe('a long string in pieces', () => {
  const bytes = someBytes(5000);
  const stored = {
    plain: bytes,
    compressed: lzfString(bytes),
    'one long run': lzfTokens(Uint8Array.from([0, 0x61, ...new Array(20).fill(backReference(250, 1)).flat()]), 5001),
  };

  it.each(Object.entries(stored))('%s', (name, string) => {
    const expected = name === 'one long run' ? new Uint8Array(5001).fill(0x61) : bytes;
    const file = fileOf(stringValue(string));
    for (const pieceBytes of [1, 2, 7, 64, 1000, expected.length - 1]) {
      for (const chunk of [1, 3, 100, 4096, file.length]) {
        const pieces = piecesOf(file, { pieceBytes }, chunk);
        expect(pieces.announced).toEqual([expected.length]);
        expect(Buffer.compare(Buffer.concat(pieces.whole), expected)).toBe(0);
        if (name === 'plain') expect(Math.max(...pieces.sizes)).toBeLessThanOrEqual(pieceBytes);
        expect(Math.min(...pieces.sizes)).toBeGreaterThan(0);
        expect(pieces.strings).toBe(1);
      }
    }
  });

  it.each(Object.entries(stored))('%s: not when it is just as long as a piece', (name, string) => {
    const length = name === 'one long run' ? 5001 : bytes.length;
    const pieces = piecesOf(fileOf(stringValue(string)), { pieceBytes: length }, 64);
    expect(pieces.announced).toEqual([]);
    expect(pieces.strings).toBe(2);
  });

  it('gives the same events with any chunks', () => {
    const random = randomFrom(7);
    for (const string of Object.values(stored)) {
      const file = fileOf(stringValue(string));
      for (const pieceBytes of [1, 10, 63, 64, 200, 4999]) {
        const whole = readWhole(file, {}, { pieceBytes });
        for (let n = 0; n < 20; n++) {
          const cuts = Array.from({ length: random(9) }, () => random(file.length)).sort((a, b) => a - b);
          expect(readInChunks(file, cuts, {}, { pieceBytes })).toEqual(whole);
        }
        expect(readInSteps(file, 1, {}, { pieceBytes })).toEqual(whole);
      }
    }
  });

  it('never of a string that is stored as integer', () => {
    for (const [value, bits] of [
      [-100, 8],
      [30000, 16],
      [-2000000000, 32],
    ] as const) {
      const file = fileOf(stringValue(intString(value, bits)));
      for (const pieceBytes of [1, 2, 3, 5]) {
        expect(readWhole(file, {}, { pieceBytes }).events).toContain(`string "${value}"`);
        expect(readInSteps(file, 1, {}, { pieceBytes }).events).toContain(`string "${value}"`);
      }
    }
  });

  it('never of elements, fields, or keys', () => {
    const long = 'x'.repeat(500);
    const file = new RdbBuilder()
      .key(long, listValue([long]))
      .key('h', hashValue([[long, long]]))
      .finish();
    expect(readWhole(file, {}, { pieceBytes: 10 })).toEqual(readWhole(file));
  });

  it.each([
    ['a token cut off', lzfTokens(Uint8Array.of(0, 0x61, 0xe0), 30)],
    ['too much output', lzfTokens(Uint8Array.of(0, 0x61, 0xe0, 0x14, 0x00), 29)],
    ['too little output', lzfTokens(Uint8Array.of(0, 0x61, 0xe0, 0x14, 0x00), 31)],
    ['a reference before the start', lzfTokens(Uint8Array.of(0, 0x61, 0xe0, 0x14, 0x01), 30)],
  ])('with a fault: %s', (_name, string) => {
    const file = fileOf(stringValue(string));
    for (const options of [{}, { pieceBytes: 4 }]) {
      const { error } = readWhole(file, {}, options);
      expect(error).toMatchObject({ code: 'RDB_BAD_LZF', offset: 12 });
      expect(readInSteps(file, 1, {}, options).error).toEqual(error);
    }
  });

  it('longer than the limit', () => {
    for (const string of [bytes, lzfString(bytes)]) {
      const file = fileOf(stringValue(string));
      for (const pieceBytes of [10, 100_000]) {
        for (const level of ['skip', 'raw', 'packed', 'logical'] as const) {
          expect(readWhole(file, { level }, { pieceBytes, maxStringBytes: 4999 }).error).toMatchObject({
            code: 'RDB_LIMIT',
            offset: 12,
          });
          expect(readInSteps(file, 1, { level }, { pieceBytes, maxStringBytes: 4999 }).error).toMatchObject({
            code: 'RDB_LIMIT',
            offset: 12,
          });
          expect(readWhole(file, { level }, { pieceBytes, maxStringBytes: 5000 }).error).toBeNull();
        }
      }
    }
  });
});

const LONG = 'x'.repeat(50);
const ENTRY = { id: '1-1', fields: [['a', LONG]] } as const;
const VALUES: readonly (readonly [string, RdbValue, number])[] = [
  ['string', stringValue(LONG), 16],
  ['compressed string', stringValue(lzfString(LONG.repeat(9))), 16],
  ['list', listValue([LONG, intString(5, 8), lzfString(LONG)]), 16],
  ['set', setValue([LONG, 'b']), 16],
  [
    'sorted set, text',
    zsetValue([
      [LONG, '1.5'],
      ['b', 254],
    ]),
    16,
  ],
  [
    'hash',
    hashValue([
      [LONG, lzfString(LONG)],
      ['b', 'c'],
    ]),
    16,
  ],
  [
    'sorted set',
    zset2Value([
      [LONG, 1],
      ['b', -0],
    ]),
    16,
  ],
  ['ziplist', blobValue(20, listpack([LONG, 5])), 16],
  ['intset', blobValue(11, intset([1, 2, 3])), 16],
  ['quicklist 2', quicklist2Value([{ plain: LONG }, { packed: listpack(['a', 5]) }]), 16],
  [
    'hash with expiry',
    hashMetadataValue([
      [LONG, 'v', 5],
      ['b', 'w', null],
    ]),
    16,
  ],
  [
    'hash with expiry, listpack',
    hashListpackExValue([
      [LONG, 'v', 5],
      ['b', 'w', null],
    ]),
    16,
  ],
  [
    'stream',
    streamValue({
      layout: 5,
      entries: [ENTRY],
      groups: [
        {
          name: 'g',
          lastId: '1-1',
          pending: [{ id: '1-1', consumer: 'c', deliveredAtMs: 1, deliveries: 1 }],
          consumers: [{ name: 'c', seenMs: 1 }],
        },
      ],
    }),
    16,
  ],
  [
    'array',
    arrayValue(
      [
        [0, { string: LONG }],
        [5, { float: 1 }],
        [9, { int: 5 }],
        [10, { short: 'ab' }],
      ],
      { cursor: 5 },
    ),
    16,
  ],
  ['template hash', templateArrayValue({ single: ['a', 'b'] }, [LONG, '2']), 16],
  ['template hash, listpack', templateListpackValue({ packed: ['a', 'b'] }, [LONG, 2]), 16],
  [
    'hash of Valkey',
    hash2Value([
      [LONG, 'v', 5],
      ['b', 'w', null],
    ]),
    80,
  ],
  ['empty list', listValue([]), 16],
];

describe('a raw value that is too long', () => {
  it('is decoded before more is asked for', async () => {
    const values = 30;
    const builder = new RdbBuilder();
    for (let i = 0; i < values; i++) builder.key(`key ${i}`, stringValue(someBytes(5000)));
    const file = builder.finish();
    let keys = 0;
    class Count extends RdbVisitorBase {
      override key(): 'raw' {
        return 'raw';
      }
      override rawTooLong(): 'logical' {
        return 'logical';
      }
      override keyEnd(): void {
        keys++;
      }
    }
    let at = 0;
    function* chunks(): Generator<Uint8Array> {
      for (; at < file.length; at += 500) {
        expect(keys).toBeGreaterThanOrEqual(Math.floor(at / 5020) - 1);
        yield file.subarray(at, at + 500);
      }
    }
    expect((await readRdb(chunks(), new Count(), { rawBytes: 2000 })).keys).toBe(values);
    at = 0;
    keys = 0;
    async function* asyncChunks(): AsyncGenerator<Uint8Array> {
      yield* chunks();
    }
    expect((await readRdb(asyncChunks(), new Count(), { rawBytes: 2000 })).keys).toBe(values);
  });

  it('is delivered in steps, whatever the chunks', () => {
    const element = 'e'.repeat(1000);
    const file = fileOf(listValue(Array.from({ length: 3000 }, () => element)));
    let elements = 0;
    class Count extends RdbVisitorBase {
      override key(): 'raw' {
        return 'raw';
      }
      override rawTooLong(): 'logical' {
        return 'logical';
      }
      override listElement(): void {
        elements++;
      }
    }
    for (const chunkBytes of [10_000, 64 * 1024, 256 * 1024]) {
      const reader = new RdbReader(new Count(), { rawBytes: 1_500_000 });
      elements = 0;
      let most = 0;
      const isStep = (action: () => boolean): boolean => {
        const before = elements;
        const hasMore = action();
        most = Math.max(most, elements - before);
        return hasMore;
      };
      for (let at = 0; at < file.length; at += chunkBytes) {
        let hasMore = isStep(() => reader.push(file.subarray(at, at + chunkBytes)));
        while (hasMore) hasMore = isStep(() => reader.more());
      }
      expect(reader.finish().trailingBytes).toBe(0);
      expect(elements).toBe(3000);
      expect(most).toBeLessThanOrEqual(Math.ceil((Math.max(chunkBytes, 64 * 1024) * 1.1) / 1000));
    }
  });

  it.each(VALUES)('%s', (_name, value, version) => {
    const file = fileOf(value, version);
    const logical = readWhole(file).events.split('\n');
    const expected = [...logical];
    expected.splice(2, 0, 'rawTooLong');
    // The value after it is short enough.
    const next = expected.findIndex((line) => line.startsWith('string "v"'));
    const size = value.bytes.length;
    for (const rawBytes of new Set([Math.max(1, size >> 1), size - 1])) {
      if (rawBytes < 1 || rawBytes >= size) continue;
      const found = readWhole(file, { level: 'raw' }, { rawBytes });
      if (rawBytes >= 2) expect(found.events.split('\n')).toEqual(expected.with(next, 'raw "\\x01v"'));
      expect(readInSteps(file, 1, { level: 'raw' }, { rawBytes })).toEqual(found);
      expect(readInSteps(file, 7, { level: 'raw' }, { rawBytes })).toEqual(found);
    }
    const whole = readWhole(file, { level: 'raw' }, { rawBytes: Math.max(2, size) });
    expect(whole.events).not.toContain('rawTooLong');
    expect(readInSteps(file, 1, { level: 'raw' }, { rawBytes: Math.max(2, size) })).toEqual(whole);
  });

  it.each(['skip', 'packed', 'logical'] as const)('may be read at level %s instead', (insteadOfRaw) => {
    for (const [, value, version] of VALUES) {
      if (value.bytes.length < 3) continue;
      const file = fileOf(value, version);
      const found = readWhole(file, { level: 'raw', insteadOfRaw }, { rawBytes: 2 });
      expect(found.error).toBeNull();
      expect(readInSteps(file, 1, { level: 'raw', insteadOfRaw }, { rawBytes: 2 })).toEqual(found);
      const plain = readWhole(file, { level: (header) => (header.end - header.start === 1 ? insteadOfRaw : 'raw') });
      expect(found.events.replace('rawTooLong\n', '')).toBe(plain.events);
    }
  });

  it('is not asked about modules, which have no other form', () => {
    const value = moduleValue('AAAAAAAAA', 1, [{ string: LONG }]);
    const file = fileOf(value);
    const found = readWhole(file, { level: 'raw' }, { rawBytes: 1 }).events;
    expect(found.split('\n')[2]).toMatch(/^raw "\\x81/);
    expect(readInSteps(file, 1, { level: 'raw' }, { rawBytes: 1 }).events).toBe(found);
  });

  it('after metadata of the key', () => {
    const metadata = keyMetadata([{ name: 'abcd', version: 1, flags: 1, items: [{ string: LONG }] }]);
    const file = new RdbBuilder({ version: 13 }).key('k', stringValue(LONG), { metadata, expireAtMs: 5 }).finish();
    const found = readWhole(file, { level: 'raw' }, { rawBytes: 10 });
    expect(found.events).toContain('rawTooLong\nstring');
    expect(readInSteps(file, 1, { level: 'raw' }, { rawBytes: 10 })).toEqual(found);
  });

  const vectors = listVectors('test-vectors').filter(
    (vector) => !vector.name.endsWith('/redis-4.0-rc1/modules') && vector.read().length < 10_000,
  );

  it.each(eachVector(vectors))('gives the same logical events: %s', (_name, vector) => {
    const bytes = new Uint8Array(vector.read());
    const logical = readWhole(bytes, { level: (header) => (header.typeCode === 7 ? 'raw' : 'logical') });
    const found = readWhole(bytes, { level: 'raw' }, { rawBytes: 1 });
    expect(found.events.replaceAll('rawTooLong\n', '')).toBe(logical.events);
  });
});

it('the other records have the limit too', () => {
  const long = 'x'.repeat(101);
  const builders: readonly [string, RdbBuilder][] = [
    ['AUX', new RdbBuilder().aux(long, 'v')],
    ['AUX value', new RdbBuilder().aux('n', long)],
    ['function', new RdbBuilder().functionLibrary(long)],
    ['module data', new RdbBuilder().moduleAux('AAAAAAAAA', 1, 1, [{ string: long }])],
    ['module data of many parts', new RdbBuilder().moduleAux('AAAAAAAAA', 1, 1, new Array(60).fill({ uint: 1 }))],
    [
      'metadata',
      new RdbBuilder({ version: 13 }).key('k', stringValue('v'), {
        metadata: keyMetadata([{ name: 'abcd', version: 1, flags: 1, items: [{ string: long }] }]),
      }),
    ],
    [
      'metadata of many parts',
      new RdbBuilder({ version: 13 }).key('k', stringValue('v'), {
        metadata: keyMetadata([{ name: 'abcd', version: 1, flags: 1, items: new Array(60).fill({ uint: 1 }) }]),
      }),
    ],
    ['template field', new RdbBuilder({ version: 15 }).hashTemplate(1, [long])],
    ['path hash', new RdbBuilder({ version: 81 }).key('k', pathHashValue([['p', new Array(30).fill(['f', 'v'])]]))],
  ];
  for (const [name, builder] of builders) {
    const file = builder.finish();
    const { error } = readWhole(file, {}, { maxStringBytes: 100 });
    expect(error?.code, name).toBe('RDB_LIMIT');
    expect(readInSteps(file, 1, {}, { maxStringBytes: 100 }).error?.code, name).toBe('RDB_LIMIT');
    expect(readWhole(file, {}, { maxStringBytes: 1000 }).error, name).toBeNull();
  }
});
