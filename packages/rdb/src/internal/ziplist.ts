/**
 * Ziplist (Redis 2.4 to 6.2, `ziplist.c`):
 *
 * ```
 * u32 total bytes, u32 offset of the last entry, u16 entry count (65535 = walk), entry *, 0xff
 * entry: size of the entry before (u8 < 254, or 0xfe and u32), encoding, data
 * ```
 *
 * Integers are little-endian, the 14-bit and 32-bit string lengths big-endian.
 */
import { i8, i16, i24, i32, PackedCursor, PackedFault, u16, u32 } from './packed-cursor.ts';

const HEADER = 10;
const END = 0xff;
const WIDE_PREVIOUS = 0xfe;
const UNKNOWN_COUNT = 65535;

function bad(message: string, pos: number): PackedFault {
  return new PackedFault('RDB_BAD_ZIPLIST', `ziplist: ${message}`, pos);
}

export class ZiplistCursor extends PackedCursor {
  private start = 0;
  /** Size of the entry passed last. */
  private previous = 0;
  private lastEntry = 0;

  open(bytes: Uint8Array, start: number, end: number): void {
    if (end - start < HEADER + 1) throw bad(`expected at least 11 bytes, found ${end - start}`, start);
    if (u32(bytes, start) !== end - start)
      throw bad(`its header says ${u32(bytes, start)} bytes, it has ${end - start}`, start);
    if (bytes[end - 1] !== END)
      throw bad(`expected the end mark 0xff, found 0x${bytes[end - 1].toString(16)}`, end - 1);
    const count = u16(bytes, start + 8);
    this.count = count === UNKNOWN_COUNT ? -1 : count;
    this.bytes = bytes;
    this.start = start;
    this.pos = start + HEADER;
    this.end = end;
    this.passed = 0;
    this.previous = 0;
    this.lastEntry = start + HEADER;
  }

  next(): boolean {
    const { bytes, pos } = this;
    const last = this.end - 1;
    let at = pos;
    let previous = bytes[at];
    if (previous === END) return this.finish();
    if (previous === WIDE_PREVIOUS) {
      if (at + 5 >= last) throw this.overrun();
      previous = u32(bytes, at + 1);
      at += 5;
    } else {
      at += 1;
    }
    if (previous !== this.previous)
      throw bad(`an entry says that the one before has ${previous} bytes, it has ${this.previous}`, pos);
    if (at >= last) throw this.overrun();
    const encoding = bytes[at++];
    if (encoding < 0xc0) {
      let length: number;
      if (encoding < 0x40) {
        length = encoding;
      } else if (encoding < 0x80) {
        if (at >= last) throw this.overrun();
        length = ((encoding & 0x3f) << 8) | bytes[at++];
      } else {
        if (at + 4 > last) throw this.overrun();
        length = ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
        at += 4;
      }
      if (length > last - at) throw this.overrun();
      this.setString(at, at + length);
      at += length;
    } else {
      at = this.readInteger(encoding, at, last);
    }
    this.lastEntry = pos;
    this.previous = at - pos;
    this.pos = at;
    this.passed++;
    return true;
  }

  private readInteger(encoding: number, at: number, last: number): number {
    const { bytes } = this;
    if (encoding >= 0xf1 && encoding <= 0xfd) {
      this.setInteger((encoding & 0x0f) - 1);
      return at;
    }
    const width =
      encoding === 0xc0
        ? 2
        : encoding === 0xd0
          ? 4
          : encoding === 0xe0
            ? 8
            : encoding === 0xf0
              ? 3
              : encoding === 0xfe
                ? 1
                : 0;
    if (width === 0) throw bad(`unknown entry encoding 0x${encoding.toString(16)}`, at - 1);
    if (at + width > last) throw this.overrun();
    if (width === 2) this.setInteger(i16(bytes, at));
    else if (width === 4) this.setInteger(i32(bytes, at));
    else if (width === 8) this.setInteger64(u32(bytes, at), u32(bytes, at + 4));
    else if (width === 3) this.setInteger(i24(bytes, at));
    else this.setInteger(i8(bytes, at));
    return at + width;
  }

  private finish(): false {
    if (this.pos !== this.end - 1) throw bad('an end mark before the end', this.pos);
    if (this.count >= 0 && this.count !== this.passed)
      throw bad(`its header says ${this.count} entries, it has ${this.passed}`, this.pos);
    const tail = u32(this.bytes, this.start + 4);
    if (this.start + tail !== this.lastEntry)
      throw bad(
        `its header says that the last entry is at ${tail}, it is at ${this.lastEntry - this.start}`,
        this.start + 4,
      );
    return false;
  }

  private overrun(): PackedFault {
    return bad('an entry runs over the end', this.pos);
  }
}
