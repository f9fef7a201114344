/**
 * Listpack (Redis ≥ 5.0, `listpack.c`):
 *
 * ```
 * u32 total bytes, u16 element count (65535 = unknown), element *, 0xff
 * element: encoding and data, back-length
 * ```
 */
import { i16, i24, i32, PackedCursor, PackedFault, u16, u32 } from './packed-cursor.ts';

const HEADER = 6;
const END = 0xff;
const UNKNOWN_COUNT = 65535;

function bad(message: string, pos: number): PackedFault {
  return new PackedFault('RDB_BAD_LISTPACK', `listpack: ${message}`, pos);
}

export class ListpackCursor extends PackedCursor {
  open(bytes: Uint8Array, start: number, end: number): void {
    if (end - start < HEADER + 1) throw bad(`expected at least 7 bytes, found ${end - start}`, start);
    if (u32(bytes, start) !== end - start)
      throw bad(`its header says ${u32(bytes, start)} bytes, it has ${end - start}`, start);
    if (bytes[end - 1] !== END)
      throw bad(`expected the end mark 0xff, found 0x${bytes[end - 1].toString(16)}`, end - 1);
    const count = u16(bytes, start + 4);
    this.count = count === UNKNOWN_COUNT ? -1 : count;
    this.bytes = bytes;
    this.pos = start + HEADER;
    this.end = end;
    this.passed = 0;
  }

  next(): boolean {
    const { bytes, pos } = this;
    // The last byte is the end mark, so an entry must be over before it.
    const last = this.end - 1;
    const first = bytes[pos];
    let size: number;
    if (first < 0x80) {
      this.setInteger(first);
      size = 1;
    } else if (first < 0xc0) {
      size = 1 + (first & 0x3f);
      if (pos + size >= last) throw this.overrun();
      this.setString(pos + 1, pos + size);
    } else if (first < 0xe0) {
      size = 2;
      if (pos + size >= last) throw this.overrun();
      const value = ((first & 0x1f) << 8) | bytes[pos + 1];
      this.setInteger(value >= 4096 ? value - 8192 : value);
    } else if (first < 0xf0) {
      if (pos + 2 >= last) throw this.overrun();
      size = 2 + (((first & 0x0f) << 8) | bytes[pos + 1]);
      if (pos + size >= last) throw this.overrun();
      this.setString(pos + 2, pos + size);
    } else if (first === END) {
      return this.finish();
    } else {
      size = this.wide(first, pos, last);
    }
    const after = pos + size;
    if (after >= last) throw this.overrun();
    // Almost every entry has a back-length of one byte.
    if (size <= 127) {
      if (bytes[after] !== size)
        throw bad(`an element of ${size} bytes has the back-length byte ${bytes[after]}`, after);
      this.pos = after + 1;
    } else {
      this.pos = this.checkBackLength(after, size, last);
    }
    this.passed++;
    return true;
  }

  /** The encodings 0xf0 to 0xfe: 32-bit string length and the wide integers. */
  private wide(first: number, pos: number, last: number): number {
    const { bytes } = this;
    const size =
      first === 0xf0 ? 5 : first === 0xf1 ? 3 : first === 0xf2 ? 4 : first === 0xf3 ? 5 : first === 0xf4 ? 9 : 0;
    if (size === 0) throw bad(`unknown element encoding 0x${first.toString(16)}`, pos);
    if (pos + size >= last) throw this.overrun();
    switch (first) {
      case 0xf0: {
        const length = u32(bytes, pos + 1);
        if (pos + size + length >= last) throw this.overrun();
        this.setString(pos + size, pos + size + length);
        return size + length;
      }
      case 0xf1:
        this.setInteger(i16(bytes, pos + 1));
        return size;
      case 0xf2:
        this.setInteger(i24(bytes, pos + 1));
        return size;
      case 0xf3:
        this.setInteger(i32(bytes, pos + 1));
        return size;
      default:
        this.setInteger64(u32(bytes, pos + 1), u32(bytes, pos + 5));
        return size;
    }
  }

  /**
   * Checks a back-length of more than one byte and returns the position after it. It is big-endian in groups of 7
   * bits, all but the first byte with the top bit set. Servers before mid-2026 store the sizes 16383, 2097151 and
   * 268435455 one byte wider than needed, later ones do not; both are accepted, so leading zero groups are.
   */
  private checkBackLength(pos: number, size: number, last: number): number {
    const { bytes } = this;
    let value = bytes[pos];
    let at = pos + 1;
    if (value < 0x80) {
      while (at < last && at < pos + 5 && value < size && bytes[at] >= 0x80) value = value * 128 + (bytes[at++] & 0x7f);
    }
    const width = at - pos;
    if (value !== size || width > backLengthWidth(size) + (isBorderSize(size) ? 1 : 0))
      throw bad(`the back-length of an element of ${size} bytes is wrong`, pos);
    return at;
  }

  private finish(): false {
    if (this.pos !== this.end - 1) throw bad('an end mark before the end', this.pos);
    if (this.count >= 0 && this.count !== this.passed)
      throw bad(`its header says ${this.count} elements, it has ${this.passed}`, this.pos);
    return false;
  }

  private overrun(): PackedFault {
    return bad('an element runs over the end', this.pos);
  }
}

function backLengthWidth(size: number): number {
  return size <= 127 ? 1 : size <= 16383 ? 2 : size <= 2097151 ? 3 : size <= 268435455 ? 4 : 5;
}

function isBorderSize(size: number): boolean {
  return size === 16383 || size === 2097151 || size === 268435455;
}
