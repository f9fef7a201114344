/**
 * Glob patterns over bytes, as the servers' `KEYS` command has them (`util.c`, `stringmatchlen`).
 *
 * ```ebnf
 * pattern = *( "*" / "?" / class / "\" byte / byte )
 * class   = "[" [ "^" ] *( "\" byte / byte "-" byte / byte ) [ "]" ]
 * ```
 *
 * `*` stands for any bytes, `?` and a class for exactly one. The corners are the servers' own: a range may be written in
 * either order, a class that is not closed ends with the pattern, `[]` matches nothing and `[^]` any byte, the end of a
 * range may be `]`, and a `\` at the very end stands for itself. One thing differs: bytes from 0x80 on are numbers
 * above 0x7f in a range, on every processor (a server compares `char`, which most compilers for x86 make signed).
 *
 * @module
 */

const STAR = 0x2a;
const QUESTION = 0x3f;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const CARET = 0x5e;
const DASH = 0x2d;
const BACKSLASH = 0x5c;

/** A token is a byte (0–255), any byte, a gap (`*`), or `FIRST_CLASS + n` for the n-th class. */
const ANY = 256;
const GAP = 257;
const FIRST_CLASS = 258;

/**
 * A compiled glob pattern.
 *
 * @example
 * ```ts
 * import { Glob } from '@rdbkit/rdb';
 * const glob = new Glob('user:[0-9]*');
 * const key = new TextEncoder().encode('user:17');
 * console.log(glob.matches(key, 0, key.length)); // true
 * ```
 */
export class Glob {
  /** The pattern as it was given. */
  readonly pattern: Uint8Array;
  private readonly tokens: Uint32Array;
  /** 256 entries a class: 1 for the bytes that belong to it. */
  private readonly classes: Uint8Array;
  /** Tokens that consume a byte, which is the shortest possible match. */
  private readonly fixedLength: number;
  /** Index of the first token after the last gap, or −1 when there is no gap. */
  private readonly tail: number;

  /** @param pattern - Bytes, or text that is taken as UTF-8. */
  constructor(pattern: Uint8Array | string) {
    this.pattern = typeof pattern === 'string' ? new TextEncoder().encode(pattern) : pattern.slice();
    const { tokens, classes } = compile(this.pattern);
    this.tokens = Uint32Array.from(tokens);
    this.classes = new Uint8Array(classes.length * 256);
    for (const [i, members] of classes.entries()) this.classes.set(members, i * 256);
    this.fixedLength = tokens.filter((token) => token !== GAP).length;
    this.tail = tokens.lastIndexOf(GAP) + 1 || -1;
  }

  /** Whether the whole of `bytes[start, end)` matches. */
  matches(bytes: Uint8Array, start: number, end: number): boolean {
    const { tokens, tail } = this;
    const spare = end - start - this.fixedLength;
    if (spare < 0) return false;
    if (tail < 0) return spare === 0 && this.matchesRun(0, tokens.length, bytes, start);
    // What follows the last gap must stand at the end. Before that, each run between two gaps is placed as far left as
    // possible: if that leaves no room for the rest, no other placement does. Hence no backtracking, and time is
    // bounded by length × longest run.
    const tailLength = tokens.length - tail;
    const tailStart = end - tailLength;
    if (!this.matchesRun(tail, tokens.length, bytes, tailStart)) return false;
    let pos = start;
    let from = 0;
    let anchored = true;
    while (from < tail) {
      let to = from;
      while (tokens[to] !== GAP) to++;
      const length = to - from;
      if (anchored) {
        if (!this.matchesRun(from, to, bytes, pos)) return false;
      } else {
        while (!this.matchesRun(from, to, bytes, pos)) {
          if (++pos + length > tailStart) return false;
        }
      }
      pos += length;
      if (pos > tailStart) return false;
      anchored = false;
      from = to + 1;
    }
    return true;
  }

  /** Whether the tokens `[from, to)`, none of them a gap, match the bytes at `pos`. The caller knows that there are enough. */
  private matchesRun(from: number, to: number, bytes: Uint8Array, pos: number): boolean {
    const { tokens } = this;
    for (let i = from; i < to; i++) {
      const token = tokens[i];
      const byte = bytes[pos++];
      if (token === byte || token === ANY) continue;
      if (token < FIRST_CLASS || this.classes[(token - FIRST_CLASS) * 256 + byte] === 0) return false;
    }
    return true;
  }
}

function compile(pattern: Uint8Array): { tokens: number[]; classes: Uint8Array[] } {
  const tokens: number[] = [];
  const classes: Uint8Array[] = [];
  let i = 0;
  while (i < pattern.length) {
    const byte = pattern[i++];
    if (byte === STAR) {
      if (tokens.at(-1) !== GAP) tokens.push(GAP);
    } else if (byte === QUESTION) {
      tokens.push(ANY);
    } else if (byte === OPEN) {
      const members = new Uint8Array(256);
      i = compileClass(pattern, i, members);
      tokens.push(FIRST_CLASS + classes.length);
      classes.push(members);
    } else if (byte === BACKSLASH && i < pattern.length) {
      tokens.push(pattern[i++]);
    } else {
      tokens.push(byte);
    }
  }
  return { tokens, classes };
}

/** Reads a class from behind its `[`; returns the position behind its `]`. */
function compileClass(pattern: Uint8Array, start: number, members: Uint8Array): number {
  const end = pattern.length;
  let i = start;
  const negated = i < end && pattern[i] === CARET;
  if (negated) i++;
  while (i < end && pattern[i] !== CLOSE) {
    if (pattern[i] === BACKSLASH && i + 1 < end) {
      members[pattern[i + 1]] = 1;
      i += 2;
    } else if (i + 2 < end && pattern[i + 1] === DASH) {
      const low = Math.min(pattern[i], pattern[i + 2]);
      const high = Math.max(pattern[i], pattern[i + 2]);
      members.fill(1, low, high + 1);
      i += 3;
    } else {
      members[pattern[i++]] = 1;
    }
  }
  if (negated) for (let byte = 0; byte < 256; byte++) members[byte] ^= 1;
  return Math.min(i + 1, end);
}
