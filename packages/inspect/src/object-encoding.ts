/**
 * What `OBJECT ENCODING` says of a key once the server that wrote a dump has loaded it.
 *
 * Most of it follows from the type byte. Strings depend on their length and, in servers that keep key and value in one
 * object, on the key; a quicklist of one listpack is loaded as that listpack from 7.2 on. Thresholds that can be configured are
 * taken to be the ones the dump was written with: a value written as a listpack stays one.
 *
 * Checked against `OBJECT ENCODING` of Redis 2.4 … 8.8, Valkey 7.2 … 9.1 and KeyDB 6.3 on what they wrote.
 *
 * @module
 */
import type { Target } from '@rdbkit/commands';
import { type Dialect, valueType } from '@rdbkit/rdb';
import { type Layout, layoutOf } from './internal/layout.ts';

/** Longest decimal of a 64-bit integer, with its sign. */
const MAX_INTEGER_TEXT = 20;
const ZERO = 0x30;
const MINUS = 0x2d;
const LARGEST = '9223372036854775807';
const SMALLEST = '9223372036854775808';

/** Header and terminator of a short string. */
const STRING_OVERHEAD = 4;
/** Up to here a key's own header takes one byte, above it three. */
const SHORT_KEY = 31;
const OBJECT_BYTES = 16;
const POINTER_BYTES = 8;

/**
 * Encodings as one server names them.
 *
 * @example
 * ```ts
 * import { ObjectEncodings } from '@rdbkit/inspect';
 * import { parseTarget } from '@rdbkit/commands';
 * const encodings = new ObjectEncodings(parseTarget('7.2'), 'redis');
 * const value = new TextEncoder().encode('12345');
 * console.log(encodings.ofString(value, 0, 5, 3), encodings.ofType(16)); // int listpack
 * ```
 */
export class ObjectEncodings {
  private readonly dialect: Dialect;
  /** `null`: nothing is known of the server's ways. */
  private readonly layout: Layout | null;

  /**
   * @param server - The server that wrote the dump, or another one that can load it.
   * @param dialect - The dump's.
   */
  constructor(server: Target, dialect: Dialect) {
    this.dialect = dialect;
    this.layout = layoutOf(server);
  }

  /**
   * The encoding of a value of this type byte; of strings, the commonest one.
   *
   * @param isOneListpack - A quicklist has one node, a listpack.
   */
  ofType(typeCode: number, isOneListpack = false): string {
    const type = valueType(typeCode, this.dialect);
    if (type === undefined) return 'unknown';
    if (isOneListpack && this.layout?.packedLists === true) return 'listpack';
    // Servers have no word for what only a module understands.
    return type.kind === 'module' ? 'raw' : type.encoding;
  }

  /** The encoding of a string, the bytes of which are `bytes[start, end)`. */
  ofString(bytes: Uint8Array, start: number, end: number, keyLength: number): string {
    const length = end - start;
    if (length <= MAX_INTEGER_TEXT && isInteger(bytes, start, end)) return 'int';
    return this.ofText(length, keyLength);
  }

  /** The encoding of a string of `length` bytes that is no integer. */
  ofText(length: number, keyLength: number): string {
    if (this.layout === null) return 'raw';
    const { embeddedBytes, sharedBlockBytes, reusesPointer } = this.layout;
    if (sharedBlockBytes === 0) return length <= embeddedBytes ? 'embstr' : 'raw';
    // The expiry that a key is given after it has been loaded does not count.
    const key = 1 + keyLength + (keyLength <= SHORT_KEY ? 2 : STRING_OVERHEAD);
    const header = reusesPointer ? OBJECT_BYTES - POINTER_BYTES : OBJECT_BYTES;
    return header + key + STRING_OVERHEAD + length <= sharedBlockBytes ? 'embstr' : 'raw';
  }
}

/** Whether this is what a server would print for a 64-bit integer: such a string is kept as the integer. */
function isInteger(bytes: Uint8Array, start: number, end: number): boolean {
  const isNegative = bytes[start] === MINUS;
  const first = isNegative ? start + 1 : start;
  const digits = end - first;
  if (digits < 1 || digits > LARGEST.length) return false;
  if (bytes[first] === ZERO) return digits === 1 && !isNegative;
  for (let i = first; i < end; i++) {
    const digit = (bytes[i] as number) - ZERO;
    if (digit < 0 || digit > 9) return false;
  }
  if (digits < LARGEST.length) return true;
  const bound = isNegative ? SMALLEST : LARGEST;
  for (let i = 0; i < digits; i++) {
    const difference = (bytes[first + i] as number) - bound.charCodeAt(i);
    if (difference !== 0) return difference < 0;
  }
  return true;
}
