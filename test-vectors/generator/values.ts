// Values on the borders between encodings, used by several data sets.
import { Buffer } from 'node:buffer';
import type { Random } from './random.ts';

const WIDTHS = [7, 8, 12, 13, 15, 16, 23, 24, 31, 32, 53, 62, 63];

/** Integers on both sides of each width that some encoding treats on its own. */
export function borderIntegers(): string[] {
  const borders = WIDTHS.flatMap((bits) => {
    const power = 1n << BigInt(bits);
    return [power - 1n, power, power + 1n, -power, -power - 1n, -power + 1n];
  });
  const inRange = borders.filter((value) => value >= -(2n ** 63n) && value < 2n ** 63n);
  return [...new Set([0n, 1n, -1n, 12n, 13n, ...inRange].map(String))];
}

/** One integer in each width. */
export function drawnIntegers(random: Random): string[] {
  return [...WIDTHS, 3, 6, 9, 20, 28, 40, 60].map((bits) => String(random.bigint(bits)));
}

/** Texts that look like integers and must stay as they are. */
export const NEAR_INTEGERS = ['00', '-0', '+1', ' 1', '1 ', '007', '1.0', '1e5', '0x10', '--1', '-', '9'.repeat(20)];

/** Lengths of strings around each width of a length in a packed encoding. */
export const SHORT_LENGTHS = [0, 1, 2, 62, 63, 64, 65, 126, 127, 128];
export const MIDDLE_LENGTHS = [250, 251, 252, 253, 254, 255, 256];
export const LONG_LENGTHS = [4095, 4096];

/** Strings that are not plain text. */
export const ODD_STRINGS: readonly Buffer[] = [
  Buffer.from('\0'),
  Buffer.from('a\0b\0'),
  Buffer.from('line one\r\nline two\r\n'),
  Buffer.from('*1\r\n$4\r\nPING\r\n'),
  Buffer.from([0xff, 0xfe, 0x80, 0xc0, 0xaf]),
  Buffer.from([0xed, 0xa0, 0x80]),
  Buffer.from([0xe6, 0x97]),
  Buffer.from('héllo wörld 日本語 🎈'),
  Buffer.from([0xef, 0xbb, 0xbf, 0x61]),
  Buffer.from('{"a":"\\"\\u0000\\n"}'),
  Buffer.from(Array.from({ length: 256 }, (_, i) => i)),
];

/** 2100-01-01: no reader of these files lives to see it. */
export const FAR_MS = Date.UTC(2100, 0, 1);
