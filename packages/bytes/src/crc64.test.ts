import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Crc64, crc64 } from './crc64.ts';

/** The definition, bit by bit (rdb-format notes, §1.5). */
function reference(bytes: Uint8Array): bigint {
  let crc = 0n;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0x95ac9329ac4bc9b5n : crc >> 1n;
  }
  return crc;
}

function hex(text: string): Uint8Array {
  return Uint8Array.from(text.replaceAll(' ', '').match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

describe('Crc64', () => {
  it('has the check value of CRC-64/Jones', () => {
    expect(crc64(new TextEncoder().encode('123456789'))).toBe(0xe9c6d914c4b8d9can);
    expect(crc64(new Uint8Array(0))).toBe(0n);
    expect(crc64(Uint8Array.of(1))).toBe(0x7ad870c830358979n);
  });

  it.each([
    ['string 10', '00c00a 0a00 6e9f57450eae63bb'],
    ['string hello', '000568656c6c6f 0b00 0aad620598abc983'],
    ['intset', '0b0e 02000000 03000000 fbff 0100 e803 0900 c33e0d3e3e548117'],
    ['hash', '1012 120000000400816602817602816e020101ff 0a00 fce408f17922e016'],
    ['hash with expiry', '18 00b4c5dab8010000 02 01 0161 0131 00 0162 0132 0c00 2d56a5b930ba1476'],
    [
      'file',
      '524544495330303131 fa 09 72656469732d766572 05 372e322e30 fe 00 fb 01 01 fc 00b4c5dab8010000 00 01 6b 01 76 ff f41b10b9ce07c190',
    ],
  ])('verifies the trailer of %s', (_, text) => {
    const bytes = hex(text);
    const body = bytes.length - 8;
    const crc = new Crc64();
    crc.update(bytes, 0, body);
    expect(crc.matches(bytes, body)).toBe(true);
    const written = new Uint8Array(10);
    crc.writeTo(written, 1);
    expect(written.subarray(1, 9)).toEqual(bytes.subarray(body));
    expect([written[0], written[9]]).toEqual([0, 0]);
    for (let i = body; i < bytes.length; i++) {
      const damaged = bytes.slice();
      damaged[i] ^= 0x80;
      expect(crc.matches(damaged, body)).toBe(false);
    }
  });

  it('agrees with the definition for every short length and alignment', () => {
    const bytes = Uint8Array.from({ length: 60 }, (_, i) => (i * 37 + 11) & 255);
    const crc = new Crc64();
    for (let start = 0; start < 8; start++) {
      for (let end = start; end <= bytes.length; end++) {
        crc.reset();
        crc.update(bytes, start, end);
        expect(crc.digest()).toBe(reference(bytes.subarray(start, end)));
      }
    }
  });

  it('agrees with the definition where runs are read a word at a time', () => {
    const buffer = new Uint8Array(3100).map((_, i) => (i * i * 7 + (i >> 3)) & 255);
    for (let offset = 0; offset < 4; offset++) {
      const bytes = new Uint8Array(buffer.buffer, offset, 3000);
      for (let start = 0; start < 4; start++) {
        for (const length of [1023, 1024, 1025, 1031, 1032, 1039, 2990]) {
          const crc = new Crc64();
          crc.update(bytes, start, start + length);
          expect(crc.digest()).toBe(reference(bytes.subarray(start, start + length)));
        }
      }
    }
  });

  it('does not depend on where the input is split', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.array(fc.nat(300)), (bytes, cuts) => {
        const crc = new Crc64();
        let from = 0;
        for (const cut of [...cuts, bytes.length].map((c) => Math.min(c, bytes.length)).sort((a, b) => a - b)) {
          crc.update(bytes, from, cut);
          from = cut;
        }
        expect(crc.digest()).toBe(reference(bytes));
      }),
    );
  });

  it('resumes from saved words', () => {
    const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);
    const first = new Crc64();
    first.update(bytes, 0, 41);
    const second = new Crc64();
    second.lo = first.lo;
    second.hi = first.hi;
    second.update(bytes, 41, 100);
    expect(second.digest()).toBe(crc64(bytes));
  });

  it('keeps both words signed, so that they compare with what is read by shifts', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const crc = new Crc64();
        crc.update(bytes, 0, bytes.length);
        expect([crc.lo, crc.hi]).toEqual([crc.lo | 0, crc.hi | 0]);
      }),
    );
  });

  it('appends the checksum of what follows without its bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.uint8Array({ maxLength: 3000 }), (a, b) => {
        const first = new Crc64();
        first.update(a, 0, a.length);
        const second = new Crc64();
        second.update(b, 0, b.length);
        first.append(second.lo, second.hi, b.length);
        expect(first.digest()).toBe(crc64(Uint8Array.of(...a, ...b)));
      }),
    );
  });

  it('appends gigabytes', () => {
    // Zero bytes in front do not change a checksum that starts at 0; zero bytes behind do.
    const whole = new Crc64();
    whole.update(Uint8Array.of(1, 2, 3), 0, 3);
    const halves = new Crc64();
    halves.lo = whole.lo;
    halves.hi = whole.hi;
    whole.append(0, 0, 2 ** 33 + 5);
    for (const part of [2 ** 32, 2 ** 32, 5]) halves.append(0, 0, part);
    expect(whole.digest()).toBe(halves.digest());
    expect(whole.digest()).not.toBe(0n);
  });
});
