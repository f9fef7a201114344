/** Passing over values: what levels `skip` and `raw` cost. Nothing is decompressed, and nothing is kept unless the window is marked. */
import type { Decoding, Rule } from './decoding.ts';

/** The parts that a repeated item of a plain value is made of. */
export const STR = 0;
export const LEN = 1;
export const EIGHT_BYTES = 2;
export const ASCII_DOUBLE = 3;
export type Part = typeof STR | typeof LEN | typeof EIGHT_BYTES | typeof ASCII_DOUBLE;

const NAN_LENGTH = 253;

/** Passes over a string that may not be in the window as a whole. */
export function* skipString(d: Decoding): Rule {
  const { input } = d;
  let stored = input.readStringHead();
  while (stored < 0) {
    yield;
    stored = input.readStringHead();
  }
  yield* skipBytes(d, stored);
}

export function* skipBytes(d: Decoding, count: number): Rule {
  const { input } = d;
  let left = count;
  for (;;) {
    const step = Math.min(left, input.end - input.pos);
    input.pos += step;
    left -= step;
    if (left === 0) return;
    yield;
  }
}

/**
 * Passes over a counted value (`len` n, item * n) that is in the window as a whole; otherwise leaves the position where it
 * was. Most values are, and this way they cost no generator.
 */
export function trySkipCounted(d: Decoding, item: readonly Part[]): boolean {
  const { input } = d;
  const start = input.pos;
  const count = input.readLength();
  if (count < 0) return false;
  if (!trySkipParts(d, count, item)) {
    input.pos = start;
    return false;
  }
  if (count === 0) d.empty = true;
  return true;
}

/** Passes over `count` items made of `parts` that are in the window as a whole; otherwise stops somewhere among them. */
export function trySkipParts(d: Decoding, count: number, parts: readonly Part[]): boolean {
  for (let i = 0; i < count; i++) {
    for (const part of parts) if (!trySkipPart(d, part)) return false;
  }
  return true;
}

export function* skipCounted(d: Decoding, item: readonly Part[]): Rule {
  const { input } = d;
  let count = input.readLength();
  while (count < 0) {
    yield;
    count = input.readLength();
  }
  yield* skipParts(d, count, item);
  if (count === 0) d.empty = true;
}

/** Passes over `count` items made of `parts`. */
export function* skipParts(d: Decoding, count: number, parts: readonly Part[]): Rule {
  for (let i = 0; i < count; i++) {
    for (const part of parts) {
      if (trySkipPart(d, part)) continue;
      if (part === STR) {
        yield* skipString(d);
      } else {
        do yield;
        while (!trySkipPart(d, part));
      }
    }
  }
}

function trySkipPart(d: Decoding, part: Part): boolean {
  const { input } = d;
  switch (part) {
    case STR:
      return input.skipString();
    case LEN:
      return input.readLength64();
    case EIGHT_BYTES:
      if (input.end - input.pos < 8) return false;
      input.pos += 8;
      return true;
    case ASCII_DOUBLE: {
      if (input.pos >= input.end) return false;
      const length = input.bytes[input.pos];
      const size = length >= NAN_LENGTH ? 1 : 1 + length;
      if (input.end - input.pos < size) return false;
      input.pos += size;
      return true;
    }
  }
}
