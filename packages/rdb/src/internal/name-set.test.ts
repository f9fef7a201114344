import { Crc64 } from '@rdbkit/bytes';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NameSet } from './name-set.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('a set of names', () => {
  it('tells a repeated name', () => {
    const names = new NameSet();
    expect(names.add(bytes('a'), 0, 1)).toBe(true);
    expect(names.add(bytes('b'), 0, 1)).toBe(true);
    expect(names.add(bytes('xay'), 1, 2)).toBe(false);
  });

  it('takes the empty name, and bytes that are no text', () => {
    const names = new NameSet();
    expect(names.add(bytes(''), 0, 0)).toBe(true);
    expect(names.add(bytes('abc'), 2, 2)).toBe(false);
    expect(names.add(Uint8Array.of(0xff), 0, 1)).toBe(true);
    expect(names.add(Uint8Array.of(0xfe), 0, 1)).toBe(true);
    expect(names.add(Uint8Array.of(0), 0, 1)).toBe(true);
    expect(names.add(Uint8Array.of(0xff), 0, 1)).toBe(false);
  });

  it.each([63, 64, 65, 66, 1000, 100_000])('distinguishes names of %i bytes by every byte', (size) => {
    const names = new NameSet();
    const name = new Uint8Array(size).fill(0x61);
    expect(names.add(name, 0, size)).toBe(true);
    expect(names.add(name, 0, size - 1)).toBe(true);
    for (const at of [0, size >> 1, size - 1]) {
      const other = name.slice();
      other[at] = 0x62;
      expect(names.add(other, 0, size)).toBe(true);
      expect(names.add(other, 0, size)).toBe(false);
    }
    expect(names.add(name.slice(), 0, size)).toBe(false);
  });

  it('agrees with a set of texts, one value after the other', () => {
    const names = new NameSet();
    const random = fc.array(fc.uint8Array({ maxLength: 3, max: 3 }), { maxLength: 400 });
    fc.assert(
      fc.property(random, (list) => {
        names.clear();
        const texts = new Set<string>();
        for (const name of list) {
          const text = name.join();
          expect(names.add(name, 0, name.length)).toBe(!texts.has(text));
          texts.add(text);
        }
      }),
    );
  });

  it('finds each of a million names again', () => {
    const names = new NameSet();
    const text = new Uint8Array(4);
    const view = new DataView(text.buffer);
    for (const isNew of [true, false]) {
      let agreed = 0;
      for (let i = 0; i < 1_000_000; i++) {
        view.setUint32(0, Math.imul(i, 0x9e3779b1));
        if (names.add(text, 0, 4) === isNew) agreed++;
      }
      expect(agreed).toBe(1_000_000);
    }
    names.clear();
    expect(names.add(text, 0, 4)).toBe(true);
  });

  it('does not take a long name for a short one with the bytes of its digest', () => {
    const names = new NameSet();
    const long = new Uint8Array(1000).fill(0x61);
    const digest = new Uint8Array(16);
    new DataView(digest.buffer).setFloat64(0, 1000);
    const crc = new Crc64();
    crc.update(long, 0, 1000);
    crc.writeTo(digest, 8);
    expect(names.add(long, 0, 1000)).toBe(true);
    expect(names.add(digest, 0, 16)).toBe(true);
    expect(names.add(long, 0, 1000)).toBe(false);
    expect(names.add(digest, 0, 16)).toBe(false);
  });

  it('does not keep long names', () => {
    const names = new NameSet();
    const name = new Uint8Array(1024 * 1024);
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 100; i++) {
      name[i] = 1;
      names.add(name, 0, name.length);
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(32 * 1024 * 1024);
  });
});
