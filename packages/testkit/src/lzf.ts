/**
 * A small LZF compressor: valid token streams for crafted files, not the servers' very bytes.
 *
 * @module
 */

const MAX_LITERALS = 32;
const MAX_DISTANCE = 8192;
const MAX_MATCH = 264;

/** Compresses `input` into LZF tokens; the result may be longer than the input. */
export function lzfCompress(input: Uint8Array): Uint8Array {
  const out: number[] = [];
  const lastSeen = new Map<number, number>();
  let literalsFrom = 0;
  let at = 0;
  const flushLiterals = (until: number): void => {
    for (let from = literalsFrom; from < until; from += MAX_LITERALS) {
      const run = input.subarray(from, Math.min(from + MAX_LITERALS, until));
      out.push(run.length - 1, ...run);
    }
  };
  while (at + 2 < input.length) {
    const triple = ((input[at] ?? 0) << 16) | ((input[at + 1] ?? 0) << 8) | (input[at + 2] ?? 0);
    const candidate = lastSeen.get(triple);
    lastSeen.set(triple, at);
    if (candidate === undefined || at - candidate > MAX_DISTANCE) {
      at += 1;
      continue;
    }
    let length = 3;
    while (length < MAX_MATCH && at + length < input.length && input[candidate + length] === input[at + length]) {
      length += 1;
    }
    flushLiterals(at);
    out.push(...backReference(length, at - candidate));
    at += length;
    literalsFrom = at;
  }
  flushLiterals(input.length);
  return Uint8Array.from(out);
}

/** The token that repeats `length` (3–264) bytes from `distance` (1–8192) bytes back. */
export function backReference(length: number, distance: number): readonly number[] {
  const high = (distance - 1) >> 8;
  const low = (distance - 1) & 0xff;
  return length - 2 < 7 ? [((length - 2) << 5) | high, low] : [(7 << 5) | high, length - 2 - 7, low];
}
