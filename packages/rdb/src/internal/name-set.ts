/** Byte strings met before, to find the repeated ones. */
import { Crc64 } from '@rdbkit/bytes';

/** Longer strings are known by length and checksum: a set of them shall not take the memory of all of them. */
const LONGEST_KEPT = 64;
/** An engine's set holds 2^24 at most. */
const MOST_IN_ONE_SET = 2 ** 23;

const crc = new Crc64();

export class NameSet {
  private readonly sets: Set<string>[] = [new Set()];

  /** Adds `bytes[start, end)`; `false` when it was there. */
  add(bytes: Uint8Array, start: number, end: number): boolean {
    const key = end - start <= LONGEST_KEPT ? latin1(bytes, start, end) : digest(bytes, start, end);
    for (const set of this.sets) if (set.has(key)) return false;
    let last = this.sets[this.sets.length - 1];
    if (last.size >= MOST_IN_ONE_SET) {
      last = new Set();
      this.sets.push(last);
    }
    last.add(key);
    return true;
  }
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i]);
  return text;
}

/** Two strings with the same one do not happen by chance; a forger who makes them has his own file refused. */
function digest(bytes: Uint8Array, start: number, end: number): string {
  crc.reset();
  crc.update(bytes, start, end);
  // No latin1 text: it cannot be mistaken for a short string.
  return `\u2026${end - start} ${crc.digest().toString(36)}`;
}
