import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compressLzf,
  decompressLzf,
  LZF_BAD_REFERENCE,
  LZF_OUTPUT_OVERRUN,
  LZF_OUTPUT_SHORT,
  LZF_TOKEN_OVERRUN,
  LzfInflater,
  lzfFaultText,
  MAX_LZF_EXPANSION,
} from './lzf.ts';

const FAULTS = [LZF_TOKEN_OVERRUN, LZF_BAD_REFERENCE, LZF_OUTPUT_OVERRUN, LZF_OUTPUT_SHORT];
const GUARD = 16;
const encoder = new TextEncoder();

/** Decompresses between guard bytes, and checks that none of them was touched. */
function decompress(src: Uint8Array, length: number): { fault: number; out: Uint8Array } {
  const dst = new Uint8Array(length + 2 * GUARD).fill(0xa5);
  const padded = new Uint8Array(src.length + 10).fill(0xff);
  padded.set(src, 5);
  const fault = decompressLzf(padded, 5, 5 + src.length, dst, GUARD, length);
  for (let i = 0; i < GUARD; i++) expect([dst[i], dst[GUARD + length + i]]).toEqual([0xa5, 0xa5]);
  return { fault, out: dst.slice(GUARD, GUARD + length) };
}

/** Feeds the inflater the parts between the cuts. */
function inflate(src: Uint8Array, length: number, cuts: readonly number[]): { fault: number; out: Uint8Array } {
  const inflater = new LzfInflater(length);
  const out: number[] = [];
  const sink = (bytes: Uint8Array, start: number, end: number): void => {
    expect(end - start).toBeGreaterThan(0);
    expect(end - start).toBeLessThanOrEqual(256 * 1024);
    for (let i = start; i < end; i++) out.push(bytes[i]);
  };
  let fault = 0;
  let from = 0;
  for (const cut of [...cuts, src.length].map((c) => Math.min(c, src.length)).sort((a, b) => a - b)) {
    fault = inflater.push(src, from, cut, sink);
    from = cut;
  }
  const last = inflater.finish(sink);
  if (fault !== 0) expect(last).toBe(fault);
  return { fault: last, out: Uint8Array.from(out) };
}

/** One token by hand. */
function literal(bytes: ArrayLike<number>): number[] {
  return [bytes.length - 1, ...Array.from(bytes)];
}
function reference(distance: number, count: number): number[] {
  const high = (distance - 1) >> 8;
  const low = (distance - 1) & 255;
  return count < 9 ? [((count - 2) << 5) | high, low] : [0xe0 | high, count - 9, low];
}

/** Bytes with repeats in them: pieces drawn from few letters, repeated. */
const compressible = fc
  .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 30 })), { maxLength: 20 })
  .map((pieces) =>
    Uint8Array.from(pieces.flatMap(([piece, times]) => Array.from({ length: times }, () => [...piece]).flat())),
  );

/** A stream of valid tokens and what it stands for, by the plainest reading of the format. */
const tokens = fc
  .array(
    fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 32 }).map((bytes) => ({ bytes, distance: 0, count: 0 })),
      fc
        .tuple(
          fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 8192 })),
          fc.integer({ min: 3, max: 264 }),
        )
        .map(([distance, count]) => ({ bytes: new Uint8Array(0), distance, count })),
    ),
    { maxLength: 80 },
  )
  .map((list) => {
    const src: number[] = [];
    const out: number[] = [];
    for (const { bytes, distance, count } of list) {
      if (count === 0) {
        src.push(...literal(bytes));
        out.push(...bytes);
      } else if (out.length > 0) {
        const back = ((distance - 1) % out.length) + 1;
        src.push(...reference(back, count));
        for (let i = 0; i < count; i++) out.push(out[out.length - back]);
      }
    }
    return { src: Uint8Array.from(src), out: Uint8Array.from(out) };
  });

describe('decompressLzf', () => {
  it('reads the vector of the format notes', () => {
    const { fault, out } = decompress(Uint8Array.of(0x00, 0x61, 0xe0, 0x14, 0x00), 30);
    expect(fault).toBe(0);
    expect(new TextDecoder().decode(out)).toBe('a'.repeat(30));
  });

  it('reads every token as the format says', () => {
    fc.assert(
      fc.property(tokens, ({ src, out }) => {
        expect(decompress(src, out.length)).toEqual({ fault: 0, out });
      }),
    );
  });

  it('copies every overlap in ascending order', () => {
    const seed = Uint8Array.from({ length: 32 }, (_, i) => i + 1);
    for (let distance = 1; distance <= 32; distance++) {
      for (let count = 3; count <= 264; count++) {
        const expected = Array.from(seed);
        for (let i = 0; i < count; i++) expected.push(expected[expected.length - distance]);
        const src = Uint8Array.from([...literal(seed), ...reference(distance, count)]);
        const out = new Uint8Array(expected.length);
        const fault = decompressLzf(src, 0, src.length, out, 0, out.length);
        if (fault !== 0 || !out.every((byte, i) => byte === expected[i])) {
          expect({ distance, count, fault, out: Array.from(out) }).toEqual({
            distance,
            count,
            fault: 0,
            out: expected,
          });
        }
      }
    }
  });

  it('reaches back 8192 bytes', () => {
    const src = Array.from({ length: 256 }, (_, i) => literal(new Uint8Array(32).fill(i))).flat();
    const { fault, out } = decompress(Uint8Array.from([...src, ...reference(8192, 40)]), 8192 + 40);
    expect(fault).toBe(0);
    expect(Array.from(out.subarray(8192))).toEqual([...new Array(32).fill(0), ...new Array(8).fill(1)]);
  });

  it('reports an input that ends inside a token', () => {
    for (const src of [[1, 0x61], [0], [0, 0x61, 0xe0], [0, 0x61, 0xe0, 0x14], [0, 0x61, 0x20]]) {
      expect(decompress(Uint8Array.from(src), 100).fault).toBe(LZF_TOKEN_OVERRUN);
      expect(inflate(Uint8Array.from(src), 100, []).fault).toBe(LZF_TOKEN_OVERRUN);
    }
  });

  it('reports a reference to before the output', () => {
    for (const src of [
      [0x20, 0],
      [0, 0x61, 0x20, 1],
      [0, 0x61, 0xff, 0, 0xff],
    ]) {
      expect(decompress(Uint8Array.from(src), 100).fault).toBe(LZF_BAD_REFERENCE);
      expect(inflate(Uint8Array.from(src), 100, []).fault).toBe(LZF_BAD_REFERENCE);
    }
  });

  it('reports output beyond the announced length', () => {
    for (const src of [
      [2, 0x61, 0x61, 0x61],
      [0, 0x61, 0x20, 0],
      [1, 0x61, 0x61, 0, 0x61],
      [0, 0x61, 0xe0, 255, 0],
    ]) {
      expect(decompress(Uint8Array.from(src), 2).fault).toBe(LZF_OUTPUT_OVERRUN);
      expect(inflate(Uint8Array.from(src), 2, []).fault).toBe(LZF_OUTPUT_OVERRUN);
    }
    expect(decompress(Uint8Array.of(0, 0x61), 0).fault).toBe(LZF_OUTPUT_OVERRUN);
  });

  it('reports output short of the announced length', () => {
    for (const src of [[], [0, 0x61], [0, 0x61, 0x20, 0]]) {
      expect(decompress(Uint8Array.from(src), 5).fault).toBe(LZF_OUTPUT_SHORT);
      expect(inflate(Uint8Array.from(src), 5, []).fault).toBe(LZF_OUTPUT_SHORT);
    }
  });

  it('refuses ranges outside the arrays', () => {
    const three = new Uint8Array(3);
    expect(() => decompressLzf(three, 0, 4, three, 0, 1)).toThrow(RangeError);
    expect(() => decompressLzf(three, 2, 1, three, 0, 1)).toThrow(RangeError);
    expect(() => decompressLzf(three, 0, 3, three, 1, 3)).toThrow(RangeError);
    expect(() => decompressLzf(three, 0, 3, three, -1, 3)).toThrow(RangeError);
    expect(() => decompressLzf(three, 0, 3, three, 0, Number.NaN)).toThrow(RangeError);
  });

  it('answers every damaged input with a fault or with bytes, the same when streaming', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          tokens.map((t) => t.src),
          fc.uint8Array({ maxLength: 200 }),
        ),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }),
        fc.nat(3000),
        fc.array(fc.nat(200), { maxLength: 5 }),
        (valid, changes, length, cuts) => {
          const src = valid.slice();
          if (src.length > 0) for (const [at, value] of changes) src[at % src.length] = value;
          const { fault, out } = decompress(src, length);
          expect([0, ...FAULTS]).toContain(fault);
          const streamed = inflate(src, length, cuts);
          expect(streamed.fault).toBe(fault);
          if (fault === 0) expect(streamed.out).toEqual(out);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('compressLzf', () => {
  it('is undone by both decompressors', () => {
    fc.assert(
      fc.property(fc.oneof(compressible, fc.uint8Array({ maxLength: 100 })), fc.array(fc.nat(500)), (bytes, cuts) => {
        const padded = new Uint8Array(bytes.length + 7).fill(bytes[0]);
        padded.set(bytes, 3);
        const packed = compressLzf(padded, 3, 3 + bytes.length);
        if (packed === null) return;
        expect(packed.length).toBeLessThanOrEqual(bytes.length - 4);
        expect(packed.byteLength).toBe(packed.buffer.byteLength);
        expect(decompress(packed, bytes.length)).toEqual({ fault: 0, out: bytes });
        expect(inflate(packed, bytes.length, cuts)).toEqual({ fault: 0, out: bytes });
      }),
    );
  });

  it('gives up when fewer than 4 bytes are saved', () => {
    expect(compressLzf(new Uint8Array(0), 0, 0)).toBeNull();
    expect(compressLzf(new Uint8Array(7), 0, 7)).toBeNull();
    expect(
      compressLzf(
        Uint8Array.from({ length: 256 }, (_, i) => i),
        0,
        256,
      ),
    ).toBeNull();
    // One literal and one reference take 4 bytes, or 5 from a length of 10 on.
    expect(compressLzf(new Uint8Array(8), 0, 8)).toEqual(Uint8Array.of(0, 0, 5 << 5, 0));
    expect(compressLzf(new Uint8Array(10), 0, 10)).toEqual(Uint8Array.of(0, 0, 0xe0, 0, 0));
  });

  it('shrinks text, over more than the reach of a reference', () => {
    const text = encoder.encode(
      JSON.stringify(
        Array.from({ length: 2000 }, (_, id) => ({ id, name: `user ${(id * 7919) % 10007}`, tags: ['a', 'b'] })),
      ),
    );
    const packed = compressLzf(text, 0, text.length);
    expect(packed).not.toBeNull();
    expect(packed!.length).toBeLessThan(text.length / 2);
    expect(decompress(packed!, text.length)).toEqual({ fault: 0, out: text });
  });
});

describe('LzfInflater', () => {
  it('gives the same for every single cut', () => {
    const bytes = encoder.encode(`${'abc'.repeat(30)}0123456789${'x'.repeat(300)}abcabc${'0123456789'.repeat(5)}`);
    const packed = compressLzf(bytes, 0, bytes.length)!;
    const single = Array.from(packed.keys());
    expect(inflate(packed, bytes.length, single)).toEqual({ fault: 0, out: bytes });
    for (const cut of single) expect(inflate(packed, bytes.length, [cut])).toEqual({ fault: 0, out: bytes });
  });

  it('hands out pieces, with references across them', () => {
    // 8000 different bytes, repeated: every reference goes far back, over the edges of the pieces.
    const unit = Uint8Array.from({ length: 8000 }, (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 24);
    const bytes = new Uint8Array(1_000_003).map((_, i) => unit[i % 8000]);
    const packed = compressLzf(bytes, 0, bytes.length)!;
    expect(decompress(packed, bytes.length).fault).toBe(0);
    const out = new Uint8Array(bytes.length);
    const sizes: number[] = [];
    let at = 0;
    const sink = (piece: Uint8Array, start: number, end: number): void => {
      out.set(piece.subarray(start, end), at);
      at += end - start;
      sizes.push(end - start);
      // The piece is lent for reading only; the buffer that holds it stays small.
      expect(piece.buffer.byteLength).toBeLessThanOrEqual(256 * 1024);
    };
    const inflater = new LzfInflater(bytes.length);
    for (let i = 0; i < packed.length; i += 1000) {
      expect(inflater.push(packed, i, Math.min(i + 1000, packed.length), sink)).toBe(0);
    }
    expect(inflater.finish(sink)).toBe(0);
    expect(at).toBe(bytes.length);
    expect(sizes.length).toBeGreaterThan(3);
    expect(out.every((byte, i) => byte === bytes[i])).toBe(true);
  });

  it('reserves little for a forged length, and finds it out at the end', () => {
    const inflater = new LzfInflater(2 ** 45);
    const sink = (): void => undefined;
    expect(inflater.push(Uint8Array.of(0, 0x61), 0, 2, sink)).toBe(0);
    expect(inflater.finish(sink)).toBe(LZF_OUTPUT_SHORT);
  });

  it('stays with its first fault and hands out nothing after it', () => {
    const inflater = new LzfInflater(10);
    const sink = (): void => {
      throw new Error('nothing to hand out');
    };
    expect(inflater.push(Uint8Array.of(0x20, 0), 0, 2, sink)).toBe(LZF_BAD_REFERENCE);
    expect(inflater.push(Uint8Array.of(0, 0x61), 0, 2, sink)).toBe(LZF_BAD_REFERENCE);
    expect(inflater.finish(sink)).toBe(LZF_BAD_REFERENCE);
  });

  it('accepts no input for no output', () => {
    expect(inflate(new Uint8Array(0), 0, [])).toEqual({ fault: 0, out: new Uint8Array(0) });
  });
});

describe('MAX_LZF_EXPANSION', () => {
  it('is never exceeded, and is approached by runs', () => {
    fc.assert(
      fc.property(tokens, ({ src, out }) => {
        expect(out.length).toBeLessThanOrEqual(src.length * MAX_LZF_EXPANSION);
      }),
    );
    const packed = compressLzf(new Uint8Array(1 << 20), 0, 1 << 20)!;
    expect((1 << 20) / packed.length).toBeGreaterThan(MAX_LZF_EXPANSION - 1);
  });
});

describe('lzfFaultText', () => {
  it('has its own words for each fault', () => {
    expect(new Set([0, ...FAULTS, 99].map(lzfFaultText)).size).toBe(6);
  });
});
