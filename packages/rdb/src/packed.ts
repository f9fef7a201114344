/**
 * Reading packed blobs, such as the ones that a `packed` consumer is given.
 *
 * @module
 */
import { IntsetCursor } from './internal/intset.ts';
import { ListpackCursor } from './internal/listpack.ts';
import { type PackedCursor, PackedFault } from './internal/packed-cursor.ts';
import { ZiplistCursor } from './internal/ziplist.ts';
import { ZipmapCursor } from './internal/zipmap.ts';
import type { PackedEncoding } from './visitor.ts';

export { type PackedCursor, PackedFault };

/**
 * Makes a cursor for blobs of an encoding. One can be used for any number of them, one after the other.
 *
 * The fields of the entries, `isInteger`, `integer` and `tb[ts, te)`, are the cursor's and change with the next call.
 *
 * @throws RangeError for `quicklist-plain` and `roaring`, which have no entries.
 *
 * @example
 * ```ts
 * import { packedCursor } from '@rdbkit/rdb';
 * const listpack = Uint8Array.of(13, 0, 0, 0, 2, 0, 0x82, 0x68, 0x69, 3, 7, 1, 0xff);
 * const cursor = packedCursor('listpack');
 * const entries: string[] = [];
 * for (cursor.open(listpack, 0, listpack.length); cursor.next(); ) {
 *   cursor.text();
 *   entries.push(new TextDecoder().decode(cursor.tb.subarray(cursor.ts, cursor.te)));
 * }
 * console.log(entries.join(' ')); // hi 7
 * ```
 * Blobs that break a rule end in a {@link PackedFault}; a visitor lets it pass, the reader makes an `RdbFormatError` of it.
 */
export function packedCursor(encoding: PackedEncoding): PackedCursor {
  switch (encoding) {
    case 'listpack':
    case 'quicklist-listpack':
      return new ListpackCursor();
    case 'ziplist':
    case 'quicklist-ziplist':
      return new ZiplistCursor();
    case 'intset':
      return new IntsetCursor();
    case 'zipmap':
      return new ZipmapCursor();
    case 'quicklist-plain':
    case 'roaring':
      throw new RangeError(`${encoding} has no entries`);
  }
}
