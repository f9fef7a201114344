/**
 * Arrays, type 28 (Redis ≥ 8.8):
 *
 * ```
 * len count, len has_cursor, { len cursor }?, (len index, len tag, payload) * count
 * tag 0: str   tag 1: i64   tag 2: f64   tag 3: str of at most 7 bytes
 * ```
 */
import { type Int64, uint64FromWords, writeDecimal64, writeDouble } from '@rdbkit/bytes';
import type { Decoding, Rule } from './decoding.ts';
import { length } from './primitives.ts';
import { skipString } from './skip.ts';

const TAG_STRING = 0;
const TAG_INTEGER = 1;
const TAG_DOUBLE = 2;
const TAG_SHORT_STRING = 3;
const SHORT_STRING_BYTES = 7;
const MAX_UNSIGNED = 0xffffffff;

/** Room for any number's text, `.0` included. */
const number = new Uint8Array(40);

export function* array(d: Decoding, isSkipped: boolean): Rule {
  const { input, visitor } = d;
  const count = yield* length(d);
  if (count === 0) throw d.bad('RDB_BAD_ARRAY', 'an array without elements');
  const hasCursor = yield* length(d);
  if (hasCursor > 1) throw d.bad('RDB_BAD_ARRAY', `an array with the cursor flag ${hasCursor}`);
  let cursor: Int64 | null = null;
  if (hasCursor === 1) cursor = yield* index(d);
  if (!isSkipped) visitor.arrayStart(count, cursor);
  let previous: Int64 = -1;
  for (let i = 0; i < count; i++) {
    const at = yield* index(d);
    if (at <= previous) throw d.bad('RDB_BAD_ARRAY', `array index ${at} does not follow ${previous}`);
    previous = at;
    const tag = yield* length(d);
    switch (tag) {
      case TAG_STRING:
      case TAG_SHORT_STRING:
        if (isSkipped) {
          if (!input.skipString()) yield* skipString(d);
          break;
        }
        while (!input.readElement()) yield;
        if (tag === TAG_SHORT_STRING && input.se - input.ss > SHORT_STRING_BYTES)
          throw d.bad('RDB_BAD_ARRAY', `a short array string of ${input.se - input.ss} bytes`);
        visitor.arrayElement(at, input.sb, input.ss, input.se);
        break;
      case TAG_INTEGER:
        while (!input.readU64()) yield;
        if (!isSkipped) visitor.arrayElement(at, number, 0, writeDecimal64(number, 0, input.hi, input.lo));
        break;
      case TAG_DOUBLE:
        while (input.end - input.pos < 8) yield;
        if (!isSkipped) visitor.arrayElement(at, number, 0, writeArrayDouble(input.view.getFloat64(input.pos, true)));
        input.pos += 8;
        break;
      default:
        throw d.bad('RDB_BAD_ARRAY', `unknown array element tag ${tag}`);
    }
  }
}

/** The text that such a double stands for: the shortest that reads back the same, with a point. */
function writeArrayDouble(value: number): number {
  const end = writeDouble(number, 0, value);
  for (let i = 0; i < end; i++) {
    const c = number[i];
    if (c === POINT || c === LETTER_E || c >= LETTER_A) return end;
  }
  number[end] = POINT;
  number[end + 1] = ZERO;
  return end + 2;
}

const POINT = 0x2e;
const ZERO = 0x30;
const LETTER_E = 0x45;
const LETTER_A = 0x61;

function* index(d: Decoding): Rule<Int64> {
  const { input } = d;
  while (!input.readLength64()) yield;
  if (input.hi === MAX_UNSIGNED && input.lo === MAX_UNSIGNED)
    throw d.bad('RDB_BAD_ARRAY', 'an array index of 2^64 - 1');
  return uint64FromWords(input.hi, input.lo);
}
