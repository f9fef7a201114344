/**
 * Doubles as decimal text that every server reads back to the same value, and the reverse.
 *
 * Scores appear as such text in old dumps (rdb-format notes, §4.1), in ziplists and listpacks (§4.2) and in commands.
 *
 * @module
 */
import { writeDecimal } from './integers.ts';

const ZERO = 0x30;
const PLUS = 0x2b;
const MINUS = 0x2d;
const DOT = 0x2e;
const LOWER_E = 0x65;
/** Set in the lower-case letters of ASCII only. */
const LOWER_CASE = 0x20;

/** From here on not every integer is a double. */
const EXACT_BELOW = 2 ** 53;

/** 10^0 … 10^22: all the powers of ten that are doubles without rounding. */
const POWERS_OF_TEN: readonly number[] = [
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
  1e21, 1e22,
];

/** How many decimals are tried before the engine's own conversion: prices, coordinates and times in milliseconds. */
const SHORT_DECIMALS = 6;

/** Longest text of a double: sign, 17 digits, point, `e-308`; or sign, `0.00000` and 17 digits. */
export const MAX_DOUBLE_TEXT_BYTES = 25;

/**
 * Writes a double as text from which C's `strtod` makes the same double: integers below 2^53 as such, `-0`, `inf`,
 * `-inf`, `nan`, everything else with the fewest digits that identify it, possibly with an exponent (`1.5e-7`).
 *
 * @param out - Must have room for {@link MAX_DOUBLE_TEXT_BYTES} bytes.
 * @returns The position after the last byte written.
 *
 * @example
 * ```ts
 * import { writeDouble } from '@rdbkit/bytes';
 * const out = new Uint8Array(25);
 * console.log(new TextDecoder().decode(out.subarray(0, writeDouble(out, 0, 0.1)))); // 0.1
 * ```
 */
export function writeDouble(out: Uint8Array, pos: number, x: number): number {
  const magnitude = Math.abs(x);
  if (magnitude < EXACT_BELOW) {
    if (Math.floor(x) === x) {
      if (x === 0 && 1 / x < 0) return writeAscii(out, pos, '-0');
      return writeDecimal(out, pos, x);
    }
    if (magnitude >= 1e-3 && magnitude < 1e9) {
      // Below 10^15, digits / 10^k is one rounding of the very decimal that is written, as in strtod. If that gives
      // back x then the text does, and no text with fewer digits can.
      for (let decimals = 1; decimals <= SHORT_DECIMALS; decimals++) {
        const power = POWERS_OF_TEN[decimals];
        const digits = Math.round(magnitude * power);
        if (digits / power === magnitude) {
          if (x < 0) out[pos++] = MINUS;
          return writeFixed(out, pos, digits, decimals);
        }
      }
    }
    return writeAscii(out, pos, String(x));
  }
  if (x === Infinity) return writeAscii(out, pos, 'inf');
  if (x === -Infinity) return writeAscii(out, pos, '-inf');
  if (Number.isNaN(x)) return writeAscii(out, pos, 'nan');
  return writeAscii(out, pos, String(x));
}

/** Writes `digits` / 10^`decimals`, `digits` being below 10^15. */
function writeFixed(out: Uint8Array, pos: number, digits: number, decimals: number): number {
  const power = POWERS_OF_TEN[decimals];
  const whole = Math.floor(digits / power);
  let fraction = (digits - whole * power) | 0;
  const dot = writeDecimal(out, pos, whole);
  out[dot] = DOT;
  for (let i = dot + decimals; i > dot; i--) {
    const quotient = (fraction / 10) | 0;
    out[i] = ZERO + fraction - quotient * 10;
    fraction = quotient;
  }
  return dot + decimals + 1;
}

function writeAscii(out: Uint8Array, pos: number, text: string): number {
  for (let i = 0; i < text.length; i++) out[pos + i] = text.charCodeAt(i);
  return pos + text.length;
}

/**
 * Reads `bytes[start, end)` as a decimal floating-point number, in the way of C's `strtod` but strictly: the whole
 * range must be the number. Accepts a sign, digits with an optional point (`.5` and `5.` too) and an exponent, and in any
 * case `inf`, `infinity` and `nan`. Like `strtod`, gives an infinity for what is too big and 0 for what is too small.
 *
 * @returns `undefined` for any other text: the empty one, spaces, hexadecimal.
 *
 * @example
 * ```ts
 * import { parseDouble } from '@rdbkit/bytes';
 * const text = new TextEncoder().encode('-1.5e3');
 * console.log(parseDouble(text, 0, 6), parseDouble(text, 0, 5)); // -1500 undefined
 * ```
 */
export function parseDouble(bytes: Uint8Array, start: number, end: number): number | undefined {
  if (start >= end) return undefined;
  let i = start;
  const negative = bytes[i] === MINUS;
  if (negative || bytes[i] === PLUS) i++;

  let mantissa = 0;
  let digit = 0;
  const whole = i;
  while (i < end && (digit = bytes[i] - ZERO) >= 0 && digit <= 9) {
    mantissa = mantissa * 10 + digit;
    i++;
  }
  let digits = i - whole;
  let exponent = 0;
  if (i < end && bytes[i] === DOT) {
    const fraction = ++i;
    while (i < end && (digit = bytes[i] - ZERO) >= 0 && digit <= 9) {
      mantissa = mantissa * 10 + digit;
      i++;
    }
    exponent = fraction - i;
    digits += i - fraction;
  }
  if (digits === 0) return parseName(bytes, whole, end, negative);
  if (i < end) {
    if ((bytes[i] | LOWER_CASE) !== LOWER_E) return undefined;
    i++;
    const down = i < end && bytes[i] === MINUS;
    if (down || (i < end && bytes[i] === PLUS)) i++;
    if (i === end) return undefined;
    let power = 0;
    for (; i < end; i++) {
      digit = bytes[i] - ZERO;
      if (digit < 0 || digit > 9) return undefined;
      power = power * 10 + digit;
    }
    exponent += down ? -power : power;
  }

  // With both operands exact there is one rounding, that of the operation, so the result is the nearest double. A
  // mantissa that was rounded on the way has reached 2^53 and cannot come back below it.
  if (mantissa < EXACT_BELOW && exponent >= -22 && exponent <= 22) {
    const value = exponent < 0 ? mantissa / POWERS_OF_TEN[-exponent] : mantissa * POWERS_OF_TEN[exponent];
    return negative ? -value : value;
  }
  // The text has just been found to be one that `Number` reads in the same way.
  let text = '';
  for (let k = start; k < end; k++) text += String.fromCharCode(bytes[k]);
  return Number(text);
}

/** Reads what may stand after the sign in place of digits. */
function parseName(bytes: Uint8Array, start: number, end: number, negative: boolean): number | undefined {
  if (isWord(bytes, start, end, 'inf') || isWord(bytes, start, end, 'infinity')) return negative ? -Infinity : Infinity;
  return isWord(bytes, start, end, 'nan') ? NaN : undefined;
}

/** Whether `bytes[start, end)` is this word of lower-case letters, in any case. */
function isWord(bytes: Uint8Array, start: number, end: number, word: string): boolean {
  if (end - start !== word.length) return false;
  for (let i = 0; i < word.length; i++) {
    if ((bytes[start + i] | LOWER_CASE) !== word.charCodeAt(i)) return false;
  }
  return true;
}
