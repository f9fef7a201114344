import { Buffer } from 'node:buffer';
import { concatBytes, type Lz4FrameOptions, lz4Frame, skippableFrame, toBytes, zstdFrame } from '@rdbkit/testkit';
import { Decompress } from 'fzstd';
import { describe, expect, it } from 'vitest';
import { Lz4Unpacker } from './lz4.ts';
import { UnpackError, type Unpacker } from './unpacker.ts';
import { type ZstdDecoderFactory, ZstdUnpacker } from './zstd.ts';

const zstdDecoder: ZstdDecoderFactory = (sink) => {
  const stream = new Decompress((bytes) => sink(bytes));
  return { push: (bytes, isLast) => void stream.push(bytes, isLast) };
};
const lz4 = (): Unpacker => new Lz4Unpacker();
const zstd = (): Unpacker => new ZstdUnpacker(zstdDecoder);

/** Repetitive, in the way of keys. */
const text = toBytes(
  Array.from({ length: 60 }, (_, i) => `user:${i}:name=Ann${(i * 7) % 13};city=Bern${i % 5};`).join(''),
);
/** Made of `text` by zstd 1.5 with level 19: a checksum, a content size of two bytes, Huffman codes and sequences. */
const zstdText = Uint8Array.from(
  Buffer.from(
    'KLUv/WTPBZUHAJJNIBWwqQN4S4BEqg0oZmh7772llElmcDlWlZdSofTJlFlMdGnO03QtU2GbEBFaD16iQvRhMraIjvY7v9Vf/to8/Fnv7qd+/qW7' +
      'N7rtPvfqnXd74716L1X1LtT09kWvved133xbhcmK7qjEG+/p/LpHBeyJMQTNchSA/UJgIMSXrcRQmHuoIXC9/d9wl5ToARASIgQjiXkmoKApUO' +
      '0bRa0vrNZCxxLzjJLC1xpJipsI8lFXwmhNwTW2POQ5gEJAYsEPoA6fkIToPXzRTM5Fb2rJFMnKkWqRi5BNprSPSx470lWC8LofKn++5XeuGe7x' +
      'AFUB3uzXNA==',
    'base64',
  ),
);
const long = toBytes(Array.from({ length: 20_000 }, (_, i) => `${Math.imul(i, 2654435761) >>> (i % 23)},`).join(''));

function unpack(unpacker: Unpacker, packed: Uint8Array, step: number = packed.length): Uint8Array {
  const parts: Uint8Array[] = [];
  // One buffer for all pieces: what has been fed may be overwritten.
  const buffer = new Uint8Array(step);
  for (let at = 0; at < packed.length; at += step) {
    const piece = packed.subarray(at, at + step);
    buffer.set(piece);
    unpacker.feed(buffer.subarray(0, piece.length));
    for (let bytes = unpacker.next(); bytes !== null; bytes = unpacker.next()) parts.push(bytes.slice());
  }
  unpacker.end();
  return concatBytes(...parts);
}

/** Quicker than comparing element by element. */
function expectSame(found: Uint8Array, expected: Uint8Array): void {
  expect(Buffer.from(found).equals(expected)).toBe(true);
}

function failure(unpacker: Unpacker, packed: Uint8Array): UnpackError {
  try {
    unpack(unpacker, packed);
  } catch (error) {
    if (error instanceof UnpackError) return error;
    throw error;
  }
  return expect.unreachable('was unpacked');
}

const lz4Kinds: readonly (readonly [string, Lz4FrameOptions])[] = [
  ['as Dragonfly writes them', {}],
  ['independent blocks, all sums', { independent: true, blockSums: true, contentSum: true }],
  ['small linked blocks', { blockBytes: 100, contentSum: true }],
  ['nothing told', { contentSize: false, blockBytes: 999 }],
  ['stored', { stored: true, blockSums: true, blockBytes: 4000 }],
];

describe('Lz4Unpacker', () => {
  it.each(lz4Kinds)('%s', (_name, options) => {
    for (const content of [new Uint8Array(0), text, long]) {
      const frame = lz4Frame(content, options);
      for (const step of [frame.length, 1000, 1])
        if (step > 1 || content !== long) expectSame(unpack(lz4(), frame, step), content);
    }
  });

  it('reads frames one after the other, and passes over what is to be skipped', () => {
    const frames = concatBytes(lz4Frame(text), skippableFrame(text), lz4Frame(long), skippableFrame(new Uint8Array(0)));
    expectSame(unpack(lz4(), frames, 50), concatBytes(text, long));
  });

  it('an output of a thousand times the input comes block by block', () => {
    const zeros = new Uint8Array(6_000_000);
    const frame = lz4Frame(zeros, { contentSum: true });
    expect(frame.length).toBeLessThan(zeros.length / 200);
    const unpacker = lz4();
    unpacker.feed(frame);
    let longest = 0;
    let total = 0;
    for (let bytes = unpacker.next(); bytes !== null; bytes = unpacker.next()) {
      longest = Math.max(longest, bytes.length);
      total += bytes.length;
    }
    expect([longest, total]).toEqual([65536, zeros.length]);
  });

  it.each([
    ['LZ4_BAD_FRAME', 'expected a lz4 frame', [1, 2, 3, 4]],
    ['LZ4_BAD_FRAME', 'flags of 0x20', [4, 0x22, 0x4d, 0x18, 0x20]],
    ['LZ4_BAD_FRAME', 'check byte', [4, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x83]],
    ['LZ4_BAD_FRAME', 'block descriptor of 0x30', [4, 0x22, 0x4d, 0x18, 0x60, 0x30, 0xd4]],
    ['LZ4_UNSUPPORTED', 'dictionary', [4, 0x22, 0x4d, 0x18, 0x61, 0x40, 1, 0, 0, 0, 0xd0]],
    ['LZ4_TRUNCATED', 'ends after 0 bytes', []],
    ['LZ4_BAD_BLOCK', '65537 bytes', [4, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82, 1, 0, 1, 0]],
    [
      'LZ4_BAD_BLOCK',
      'refers to 5 bytes before',
      [4, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82, 5, 0, 0, 0, 0x10, 65, 5, 0, 0],
    ],
    ['LZ4_BAD_BLOCK', 'says that 3 bytes follow', [4, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82, 3, 0, 0, 0, 0x30, 65, 65]],
    ['LZ4_BAD_BLOCK', 'within a sequence', [4, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82, 4, 0, 0, 0, 0x10, 65, 1, 0]],
    ['LZ4_BAD_BLOCK', 'within a reference', [4, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82, 3, 0, 0, 0, 0x10, 65, 1]],
    ['LZ4_BAD_BLOCK', 'within a length', [4, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82, 2, 0, 0, 0, 0xf0, 255]],
    ['LZ4_BAD_BLOCK', 'within a length', [4, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82, 5, 0, 0, 0, 0x1f, 65, 1, 0, 255]],
    [
      'LZ4_BAD_BLOCK',
      'has more than 65536',
      [4, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82, 8, 1, 0, 0, 0x1f, 65, 1, 0, ...new Uint8Array(259).fill(255), 0],
    ],
  ])('%s: %s', (code, words, bytes) => {
    const error = failure(lz4(), Uint8Array.from(bytes));
    expect(error).toMatchObject({ code, message: expect.stringContaining(words) });
    expect(error.offset).toBeLessThanOrEqual(bytes.length);
  });

  it('notices a wrong content size and wrong sums', () => {
    expect(failure(lz4(), lz4Frame(text, { contentSize: 7n })).code).toBe('LZ4_BAD_FRAME');
    const sums = lz4Frame(text, { contentSum: true, blockSums: true, stored: true });
    sums[100] ^= 1;
    expect(failure(lz4(), sums)).toMatchObject({ code: 'LZ4_CHECKSUM', message: expect.stringContaining('a block') });
    const content = lz4Frame(text, { contentSum: true, stored: true });
    content[100] ^= 1;
    expect(failure(lz4(), content)).toMatchObject({ code: 'LZ4_CHECKSUM' });
  });
});

describe('ZstdUnpacker', () => {
  it('unpacks what zstd made, in pieces of any size', () => {
    for (const step of [1, 7, 1000]) expectSame(unpack(zstd(), zstdText, step), text);
  });

  it.each([[{}], [{ contentSum: false }], [{ contentSize: null }], [{ contentSize: null, contentSum: false }]])(
    'blocks of all kinds: %j',
    (options) => {
      const compressed = { compressed: zstdText.subarray(10, -4), content: text };
      const frame = zstdFrame([{ stored: text }, { repeated: 7, count: 100_000 }, { stored: text }], options);
      const expected = concatBytes(text, new Uint8Array(100_000).fill(7), text);
      expectSame(unpack(zstd(), frame), expected);
      expectSame(unpack(zstd(), concatBytes(frame, skippableFrame(text), zstdText), 13), concatBytes(expected, text));
      expectSame(unpack(zstd(), zstdFrame([compressed, compressed], options)), concatBytes(text, text));
    },
  );

  it('unpacks frames without content', () => {
    expectSame(unpack(zstd(), zstdFrame([{ stored: new Uint8Array(0) }])), new Uint8Array(0));
    expectSame(unpack(zstd(), zstdFrame([{ stored: toBytes('x') }])), toBytes('x'));
  });

  it('hands out one block at a time', () => {
    const block = { repeated: 0, count: 131072 };
    const frame = zstdFrame(new Array(60).fill(block), { contentSum: false });
    const unpacker = zstd();
    unpacker.feed(frame);
    let total = 0;
    for (let bytes = unpacker.next(); bytes !== null; bytes = unpacker.next()) {
      expect(bytes.length).toBeLessThanOrEqual(131072);
      total += bytes.length;
    }
    expect([total, frame.length]).toEqual([60 * 131072, 4 + 1 + 4 + 60 * 4]);
  });

  const head = [0x28, 0xb5, 0x2f, 0xfd];
  it.each([
    ['ZSTD_BAD_FRAME', 'expected a zstd frame', [1, 2, 3, 4]],
    ['ZSTD_BAD_FRAME', 'descriptor of 0x8', [...head, 8]],
    ['ZSTD_UNSUPPORTED', 'dictionary', [...head, 1, 0x38, 5]],
    ['ZSTD_UNSUPPORTED', 'a window of', [...head, 0, 0x90]],
    ['ZSTD_UNSUPPORTED', 'a window of', [...head, 0xa0, 0, 0, 0, 0x10]],
    ['ZSTD_TRUNCATED', 'after 4 bytes', head],
    ['ZSTD_BAD_BLOCK', 'kind 3', [...head, 0, 0x38, 7, 0, 0]],
    ['ZSTD_BAD_BLOCK', '131073 bytes', [...head, 0, 0x38, 0x0a, 0, 0x10]],
    ['ZSTD_BAD_BLOCK', 'cannot be decompressed', [...head, 0, 0x38, 0x55, 0, 0, ...new Array(20).fill(255)]],
  ])('%s: %s', (code, words, bytes) => {
    const error = failure(zstd(), Uint8Array.from(bytes));
    expect(error).toMatchObject({ code, message: expect.stringContaining(words) });
  });

  it('notices a wrong content size and a wrong sum', () => {
    for (const contentSize of [text.length - 1, text.length + 1]) {
      const error = failure(
        zstd(),
        zstdFrame([{ stored: text.subarray(0, 900) }, { stored: text.subarray(900) }], { contentSize }),
      );
      expect(error.code).toBe('ZSTD_BAD_FRAME');
    }
    const wrong = zstdFrame([{ stored: text }]);
    wrong[100] ^= 1;
    expect(failure(zstd(), wrong).code).toBe('ZSTD_CHECKSUM');
  });
});

describe('damage', () => {
  const frames: readonly (readonly [string, () => Unpacker, Uint8Array])[] = [
    ['LZ4, block sums', lz4, lz4Frame(text, { blockSums: true })],
    ['LZ4, content sum', lz4, lz4Frame(text, { contentSum: true, blockBytes: 500 })],
    ['zstd', zstd, zstdText],
    [
      'zstd, all kinds of blocks',
      zstd,
      zstdFrame([{ repeated: 3, count: 50 }, { stored: text.subarray(0, 80) }, { repeated: 3, count: 9 }]),
    ],
  ];

  it.each(frames)('%s: a bit changed anywhere is noticed, or changes nothing', (_name, make, frame) => {
    const good = unpack(make(), frame);
    for (let bit = 0; bit < frame.length * 8; bit++) {
      const bad = frame.slice();
      bad[bit >> 3] ^= 1 << (bit & 7);
      try {
        // Bits may mean nothing, and a reference to another place with the same bytes is as good.
        expect(Buffer.from(unpack(make(), bad)).equals(good), `bit ${bit}`).toBe(true);
      } catch (error) {
        if (!(error instanceof UnpackError)) throw error;
      }
    }
  });

  it.each(frames)('%s: cut anywhere it is incomplete', (_name, make, frame) => {
    for (let length = 0; length < frame.length; length++) {
      expect(failure(make(), frame.subarray(0, length)), `${length} bytes`).toMatchObject({
        code: expect.stringMatching(/_TRUNCATED$/),
      });
    }
  });
});
