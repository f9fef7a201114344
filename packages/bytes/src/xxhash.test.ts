import { xxh32, xxh64 } from '@rdbkit/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Xxh32 } from './xxh32.ts';
import { Xxh64 } from './xxh64.ts';

const pieces = fc.array(fc.uint8Array({ maxLength: 70 }), { maxLength: 6 });

describe('xxHash', () => {
  it.each([
    ['', 0x02cc5d05, 0xef46db3751d8e999n],
    ['a', 0x550d7456, 0xd24ec4f1a98c6e5bn],
    ['abc', 0x32d153ff, 0x44bc2cf5ad770999n],
    ['Nobody inspects the spammish repetition', 0xe2293b2f, 0xfbcea83c8a378bf1n],
  ])('published sums of %j', (text, sum32, sum64) => {
    const bytes = new TextEncoder().encode(text);
    const a = new Xxh32();
    a.update(bytes, 0, bytes.length);
    const b = new Xxh64();
    b.update(bytes, 0, bytes.length);
    expect([a.digest(), b.digest()]).toEqual([sum32, sum64]);
    expect(b.lowDigest()).toBe(Number(sum64 & 0xffff_ffffn));
  });

  it('is the same in pieces, whatever was asked in between', () => {
    fc.assert(
      fc.property(pieces, (parts) => {
        const a = new Xxh32();
        const b = new Xxh64();
        let whole = new Uint8Array(0);
        for (const part of parts) {
          a.update(part, 0, part.length);
          b.update(part, 0, part.length);
          whole = Uint8Array.from([...whole, ...part]);
          expect([a.digest(), b.digest()]).toEqual([xxh32(whole), xxh64(whole)]);
        }
        a.reset();
        b.reset();
        expect([a.digest(), b.digest()]).toEqual([xxh32(new Uint8Array(0)), xxh64(new Uint8Array(0))]);
      }),
    );
  });
});
