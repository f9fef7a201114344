/** Redis-On-Rocks (ctrip): bitmaps in pieces. */
import type { Decoding, Rule } from './decoding.ts';
import { length } from './primitives.ts';
import { skipString } from './skip.ts';

/**
 * `len` total, `len` bytes of a piece, `str` * ⌈total / piece⌉, the last one shorter. All in a row they are a string.
 */
export function* rorBitmap(d: Decoding): Rule {
  const { input, visitor } = d;
  const at = input.offset;
  const total = yield* length(d);
  const pieces = Math.ceil(total / (yield* pieceBytes(d, at)));
  if (total > d.options.maxStringBytes) throw d.tooLong('a bitmap');
  const isWhole = total <= d.options.pieceBytes;
  const parts: Uint8Array[] = [];
  if (!isWhole) visitor.stringStart(total);
  let read = 0;
  for (let i = 0; i < pieces; i++) {
    while (!input.readString()) yield;
    read += input.se - input.ss;
    if (read > total) break;
    if (isWhole) parts.push(input.sb.slice(input.ss, input.se));
    else visitor.stringPiece(input.sb, input.ss, input.se);
  }
  if (read !== total) throw d.bad('RDB_BAD_BITMAP', `pieces of other than the ${total} bytes that a bitmap has`, at);
  if (!isWhole) {
    visitor.stringEnd();
    return;
  }
  const whole = new Uint8Array(total);
  let end = 0;
  for (const part of parts) {
    whole.set(part, end);
    end += part.length;
  }
  visitor.string(whole, 0, total);
}

export function* skipRorBitmap(d: Decoding): Rule {
  const at = d.input.offset;
  const total = yield* length(d);
  const pieces = Math.ceil(total / (yield* pieceBytes(d, at)));
  for (let i = 0; i < pieces; i++) if (!d.input.skipString()) yield* skipString(d);
}

function* pieceBytes(d: Decoding, at: number): Rule<number> {
  const bytes = yield* length(d);
  if (bytes === 0) throw d.bad('RDB_BAD_BITMAP', 'a bitmap in pieces of no bytes', at);
  return bytes;
}
