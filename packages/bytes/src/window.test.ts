import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc64 } from './crc64.ts';
import { Window } from './window.ts';

const sample = Uint8Array.from({ length: 1000 }, (_, i) => (i * 31) & 0xff);

/** More than any run of the property below feeds; every stretch of it is different. */
const input = Uint8Array.from({ length: 40 * 60_000 }, (_, i) => (i * 131 + (i >> 8)) & 0xff);

function firstDifference(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) return Math.min(a.length, b.length);
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return i;
  return -1;
}

describe('Window', () => {
  it('hands out what was fed, in order, with absolute offsets', () => {
    const window = new Window();
    window.feed(sample, 0, 10);
    window.feed(sample, 10, 30);
    expect(window.available).toBe(30);
    window.pos += 25;
    expect(window.offset).toBe(25);
    expect([...window.bytes.subarray(window.pos, window.end)]).toEqual([...sample.subarray(25, 30)]);
  });

  it('does not keep the chunk', () => {
    const window = new Window();
    const chunk = Uint8Array.of(1, 2, 3);
    window.feed(chunk, 0, 3);
    chunk.fill(9);
    expect([...window.bytes.subarray(0, 3)]).toEqual([1, 2, 3]);
  });

  it('looks at bytes in memory without copying or changing them', () => {
    const bytes = sample.slice();
    const window = new Window({ checksum: true });
    window.over(bytes);
    expect(window.bytes).toBe(bytes);
    window.pos = 1000;
    window.sumToPosition();
    expect(window.crc.digest()).toBe(crc64(sample));
    window.feed(sample, 0, 1000);
    expect(bytes).toEqual(sample);
    expect(window.offset).toBe(1000);
    expect(window.available).toBe(1000);
  });

  it('gives back the memory that one long item needed', () => {
    const window = new Window();
    const chunk = new Uint8Array(1024 * 1024);
    for (let i = 0; i < 20; i++) window.feed(chunk, 0, chunk.length);
    expect(window.bytes.length).toBeGreaterThanOrEqual(20 * chunk.length);
    window.pos = window.end;
    // The next chunk that does not fit makes room, and there is almost nothing left to keep.
    while (window.base === 0) {
      window.feed(chunk, 0, 1000);
      window.pos = window.end;
    }
    expect(window.bytes.length).toBeLessThan(1024 * 1024);
  });

  it('keeps marked bytes, whatever the chunks and reads are', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(fc.integer({ min: 1, max: 60_000 }), fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean()),
          { maxLength: 40 },
        ),
        (steps) => {
          const window = new Window({ checksum: true });
          let fed = 0;
          let markedAt = -1;
          for (const [length, part, mark] of steps) {
            window.feed(input, fed, fed + length);
            fed += length;
            if (mark && window.mark < 0) {
              window.mark = window.pos;
              markedAt = window.offset;
            } else if (mark) {
              window.mark = -1;
            }
            window.pos += Math.floor(window.available * part);
            if (window.mark >= 0) expect(window.base + window.mark).toBe(markedAt);
            expect(window.base + window.end).toBe(fed);
            const from = window.mark < 0 ? window.pos : window.mark;
            expect(
              firstDifference(window.bytes.subarray(from, window.end), input.subarray(window.base + from, fed)),
            ).toBe(-1);
          }
          window.mark = -1;
          window.sumToPosition();
          expect(window.crc.digest()).toBe(crc64(input.subarray(0, window.offset)));
        },
      ),
      { numRuns: 40 },
    );
  });
});
