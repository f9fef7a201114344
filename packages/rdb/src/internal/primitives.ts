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

/** An unsigned number of the full 64 bits. */
export function* number64(d: Decoding): Rule<Int64> {
  while (!d.input.readLength64()) yield;
  return uint64FromWords(d.input.hi, d.input.lo);
}
