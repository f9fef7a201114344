/**
 * What `OBJECT ENCODING` says of a key once the server that wrote a dump has loaded it.
 *
 * Most of it follows from the type byte. Strings depend on their length and, in servers that keep key and value in one
 * object, on the key; a quicklist of one listpack is loaded as that listpack from 7.2 on. Thresholds that can be configured are
 * taken to be the ones the dump was written with: a value written as a listpack stays one.
 *
 * Sources: `object.c`, `t_list.c`, `rdb.c` of Redis 2.4 … 8.8 and Valkey 7.2 … 9.1; `object.cpp` of KeyDB 6.3.
 *
 * @module
 */
import { packVersion, type Target } from '@rdbkit/commands';
import { type Dialect, valueType } from '@rdbkit/rdb';

/** Longest decimal of a 64-bit integer, with its sign. */
const MAX_INTEGER_TEXT = 20;
const ZERO = 0x30;
const MINUS = 0x2d;
const LARGEST = '9223372036854775807';
const SMALLEST = '9223372036854775808';

/** Header and terminator of a short string. */
const STRING_OVERHEAD = 4;
const EXPIRY_BYTES = 8;
/** Up to here a key's own header takes one byte, above it three. */
const SHORT_KEY = 31;

const REDIS_3_0 = packVersion(3, 0, 0);
const REDIS_3_2 = packVersion(3, 2, 0);
const LISTPACK_LISTS = packVersion(7, 2, 0);
const REDIS_8_2 = packVersion(8, 2, 0);
const VALKEY_8_1 = packVersion(8, 1, 0);
const VALKEY_9_1 = packVersion(9, 1, 0);

/** How a server decides whether a string is kept within its object. */
interface Embedding {
  /** Bytes of the string, or of the whole object when `withKey`. */
  readonly limit: number;
  /** The key, its expiry and this header count as well. */
  readonly withKey: boolean;
  readonly headerBytes: number;
}

const NEVER: Embedding = { limit: -1, withKey: false, headerBytes: 0 };

function embeddingOf({ flavour, version }: Target): Embedding {
  if (flavour === 'keydb') return { limit: 48, withKey: false, headerBytes: 0 };
  if (flavour === 'valkey') {
    if (version >= VALKEY_9_1) return { limit: 128, withKey: true, headerBytes: 8 };
    if (version >= VALKEY_8_1) return { limit: 64, withKey: true, headerBytes: 16 };
    return { limit: 44, withKey: false, headerBytes: 0 };
  }
  if (flavour === 'redis' && version >= REDIS_8_2) return { limit: 64, withKey: true, headerBytes: 16 };
  if (version < REDIS_3_0) return NEVER;
  return { limit: version < REDIS_3_2 ? 39 : 44, withKey: false, headerBytes: 0 };
}

/**
 * Encodings as one server names them.
 *
 * @example
 * ```ts
 * import { ObjectEncodings } from '@rdbkit/inspect';
 * import { parseTarget } from '@rdbkit/commands';
 * const encodings = new ObjectEncodings(parseTarget('7.2'), 'redis');
 * const value = new TextEncoder().encode('12345');
 * console.log(encodings.ofString(value, 0, 5, 3, false), encodings.ofType(16)); // int listpack
 * ```
 */
export class ObjectEncodings {
  private readonly dialect: Dialect;
  private readonly embedding: Embedding;
  private readonly hasListpackLists: boolean;

  /**
   * @param server - The server that wrote the dump, or another one that can load it.
   * @param dialect - The dump's.
   */
  constructor(server: Target, dialect: Dialect) {
    this.dialect = dialect;
    this.embedding = embeddingOf(server);
    this.hasListpackLists = server.flavour !== 'keydb' && server.version >= LISTPACK_LISTS;
  }

  /** The encoding of a value of this type byte. For a string, and for a quicklist, the commonest one. */
  ofType(typeCode: number): string {
    const type = valueType(typeCode, this.dialect);
    if (type === undefined) return 'unknown';
    // Servers have no word for what only a module understands.
    return type.kind === 'module' ? 'raw' : type.encoding;
  }

  /** The encoding of a list whose nodes are known. @param isOneListpack - It is a quicklist of one node, a listpack. */
  ofQuicklist(isOneListpack: boolean): string {
    return isOneListpack && this.hasListpackLists ? 'listpack' : 'quicklist';
  }

  /** The encoding of a string, the bytes of which are `bytes[start, end)`. */
  ofString(bytes: Uint8Array, start: number, end: number, keyLength: number, hasExpiry: boolean): string {
    const length = end - start;
    if (length <= MAX_INTEGER_TEXT && isInteger(bytes, start, end)) return 'int';
    return this.ofText(length, keyLength, hasExpiry);
  }

  /** The encoding of a string of `length` bytes that is no integer. */
  ofText(length: number, keyLength: number, hasExpiry: boolean): string {
    const { limit, withKey, headerBytes } = this.embedding;
    if (!withKey) return length <= limit ? 'embstr' : 'raw';
    const key = 1 + keyLength + (keyLength <= SHORT_KEY ? 2 : STRING_OVERHEAD);
    const all = headerBytes + (hasExpiry ? EXPIRY_BYTES : 0) + key + STRING_OVERHEAD + length;
    return all <= limit ? 'embstr' : 'raw';
  }
}

/** Whether this is what a server would print for a 64-bit integer: such a string is kept as the integer. */
export function isInteger(bytes: Uint8Array, start: number, end: number): boolean {
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
