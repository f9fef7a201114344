import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable, printableText } from './printable.ts';

const encoder = new TextEncoder();

describe('printable', () => {
  it.each([
    ['', '""'],
    ['user:1', '"user:1"'],
    ['say "hi"\\', '"say \\"hi\\"\\\\"'],
    ['a\nb\r\t\0\x1b[31m\x7f', '"a\\nb\\r\\t\\x00\\x1b[31m\\x7f"'],
    ['grün 日本 😀', '"grün 日本 😀"'],
    ['evil\u202etxt', '"evil\\xe2\\x80\\xaetxt"'],
    ['zero\u200bwidth', '"zero\\xe2\\x80\\x8bwidth"'],
    ['c1\u009b', '"c1\\xc2\\x9b"'],
    ['\ufeffbom', '"\\xef\\xbb\\xbfbom"'],
  ])('%j', (text, expected) => {
    expect(printable(encoder.encode(text))).toBe(expected);
  });

  it('shows bytes that are no text in hexadecimal', () => {
    expect(printable(Uint8Array.of(0x61, 0xff, 0xc3, 0x28, 0xf0, 0x9f))).toBe('"a\\xff\\xc3(\\xf0\\x9f"');
  });

  it('cuts at the width, never inside of a character or an escape', () => {
    expect(printable(encoder.encode('abcdefghij'), 10)).toBe('"abcdefg"…');
    expect(printable(encoder.encode('日本日本'), 8)).toBe('"日本"…');
    expect(printable(Uint8Array.of(0xff, 0xff, 0xff), 10)).toBe('"\\xff"…');
    expect(printable(new Uint8Array(5000).fill(0x61), 10_000)).toBe(`"${'a'.repeat(1024)}"…`);
  });

  it('prints nothing that acts on a terminal, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(printable(bytes, 1000)).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      }),
    );
  });

  it('names different keys differently', () => {
    const shown = (bytes: Uint8Array): string => printable(bytes, 1000);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5 }), fc.uint8Array({ maxLength: 5 }), (a, b) => {
        expect(shown(a) === shown(b)).toBe(a.join() === b.join());
      }),
    );
  });
});

describe('printableText', () => {
  it('has no quotes of its own', () => {
    expect(printableText('a "b" \\ c')).toBe('a "b" \\ c');
    expect(printableText('x\x1b[0m')).toBe('x\\x1b[0m');
    expect(printableText('abcdefghij', 8)).toBe('abcde…');
  });
});
