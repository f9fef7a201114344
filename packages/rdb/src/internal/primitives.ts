/** Primitives as rules of their own, for places that are passed once per value. Loops over elements use the input directly. */
import { type Int64, uint64FromWords } from '@rdbkit/bytes';
import type { Decoding, Rule } from './decoding.ts';

/** A plain length of at most 2^53 − 1. */
export function* length(d: Decoding): Rule<number> {
  const { input } = d;
  let value = input.readLength();
  while (value < 0) {
    yield;
    value = input.readLength();
  }
  return value;
}

/**
 * The same where that needs no more input; otherwise `undefined`, with nothing read. `take…(d) ?? (yield* …(d))` makes no
 * generator in all but a few cases.
 */
export function takeLength({ input }: Decoding): number | undefined {
  const value = input.readLength();
  return value < 0 ? undefined : value;
}

/** See {@link takeLength}. */
export function takeNumber64({ input }: Decoding): Int64 | undefined {
  return input.readLength64() ? uint64FromWords(input.hi, input.lo) : undefined;
}

/** An unsigned number of the full 64 bits. */
export function* number64(d: Decoding): Rule<Int64> {
  while (!d.input.readLength64()) yield;
  return uint64FromWords(d.input.hi, d.input.lo);
}
