/**
 * Intset (Redis ≥ 2.4, `intset.c`): u32 width (2, 4 or 8), u32 count, then signed little-endian integers, strictly ascending.
 */
import { i16, i32, PackedCursor, PackedFault, u32 } from './packed-cursor.ts';

const HEADER = 8;

function bad(message: string, pos: number): PackedFault {
  return new PackedFault('RDB_BAD_INTSET', `intset: ${message}`, pos);
}

export class IntsetCursor extends PackedCursor {
  private width = 2;
  private previousHi = 0;
  private previousLo = 0;

  open(bytes: Uint8Array, start: number, end: number): void {
    if (end - start < HEADER) throw bad(`expected at least 8 bytes, found ${end - start}`, start);
    const width = u32(bytes, start);
    if (width !== 2 && width !== 4 && width !== 8)
      throw bad(`expected a width of 2, 4 or 8 bytes, found ${width}`, start);
    const count = u32(bytes, start + 4);
    if (count === 0) throw bad('no members', start + 4);
    if (end - start !== HEADER + width * count)
      throw bad(`${count} members of ${width} bytes do not fill ${end - start} bytes`, start + 4);
    this.width = width;
    this.count = count;
    this.bytes = bytes;
    this.pos = start + HEADER;
    this.end = end;
    this.passed = 0;
  }

  next(): boolean {
    const { bytes, pos, width } = this;
    if (pos === this.end) return false;
    if (width === 2) this.setInteger(i16(bytes, pos));
    else if (width === 4) this.setInteger(i32(bytes, pos));
    else this.setInteger64(u32(bytes, pos), u32(bytes, pos + 4));
    // Compared as (signed high word, unsigned low word): exact for every width.
    const hi = width === 8 ? i32(bytes, pos + 4) : this.integer < 0 ? -1 : 0;
    const lo = width === 8 ? this.lo : this.integer >>> 0;
    if (this.passed > 0 && (hi < this.previousHi || (hi === this.previousHi && lo <= this.previousLo)))
      throw bad('members are not in ascending order', pos);
    this.previousHi = hi;
    this.previousLo = lo;
    this.pos = pos + width;
    this.passed++;
    return true;
  }
}
