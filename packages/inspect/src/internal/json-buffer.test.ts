import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonBuffer } from './json-buffer.ts';

/** What is written for a byte string with other bytes around it, read again. */
function readBack(bytes: Uint8Array, before: number, after: number, around: number): unknown {
  const whole = new Uint8Array(before + bytes.length + after).fill(around);
  whole.set(bytes, before);
  const out = new JsonBuffer('auto', 16);
  out.string(whole, before, before + bytes.length);
  return JSON.parse(Buffer.from(out.bytes.subarray(0, out.pos)).toString());
}

function expected(bytes: Uint8Array): unknown {
  const content = Buffer.from(bytes);
  return isUtf8(bytes) ? content.toString() : { $base64: content.toString('base64') };
}

describe('a JSON string', () => {
  // Bytes that need an escape, or do not look like it, and those beside them in the alphabet.
  const special = [0x00, 0x1f, 0x20, 0x21, 0x22, 0x23, 0x5b, 0x5c, 0x5d, 0x7e, 0x7f, 0x80, 0xff];

  it.each(special)('has the byte %i wherever it stands', (byte) => {
    for (const around of [0x61, 0x00, 0x22, 0xff]) {
      for (let length = 1; length <= 33; length++) {
        for (let at = 0; at < length; at++) {
          const bytes = new Uint8Array(length).fill(0x20);
          bytes[at] = byte;
          // With and without room for a stride behind it.
          for (const after of [0, 3, 8]) expect(readBack(bytes, at % 5, after, around)).toEqual(expected(bytes));
        }
      }
    }
  });

  it('is what the bytes are, of any length', () => {
    const text = fc.string({ unit: 'binary', maxLength: 1500 }).map((string) => Uint8Array.from(Buffer.from(string)));
    fc.assert(
      fc.property(fc.oneof(text, fc.uint8Array({ maxLength: 600 })), fc.nat(20), fc.nat(20), (bytes, before, after) => {
        expect(readBack(bytes, before, after, 0x22)).toEqual(expected(bytes));
      }),
    );
  });
});
