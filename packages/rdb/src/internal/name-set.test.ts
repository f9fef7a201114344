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

  it('does not keep long names', () => {
    const names = new NameSet();
    const name = new Uint8Array(1024 * 1024);
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 100; i++) {
      name[i] = 1;
      names.add(name, 0, name.length);
    }
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(32 * 1024 * 1024);
  });
});
