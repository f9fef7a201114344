/** How the servers tell an RDB from a log. */

const MAGICS = ['REDIS', 'VALKEY'];

/**
 * Whether `bytes[start, end)` begins with the magic of an RDB; `null` when more bytes are needed to tell. A file that ends
 * within the magic counts as an RDB: it cannot be a log.
 *
 * @param isAll - No more bytes will come.
 */
export function hasRdbMagic(bytes: Uint8Array, start: number, end: number, isAll: boolean): boolean | null {
  if (start === end) return isAll ? false : null;
  for (const magic of MAGICS) {
    const length = Math.min(magic.length, end - start);
    let same = 0;
    while (same < length && bytes[start + same] === magic.charCodeAt(same)) same++;
    if (same === length) return length === magic.length || isAll ? true : null;
  }
  return false;
}
