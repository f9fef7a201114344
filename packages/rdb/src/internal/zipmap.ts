/**
 * Zipmap (Redis 2.0 to 2.4, `zipmap.c`):
 *
 * ```
 * u8 count (254 and above: walk), (L key, L value, with u8 free before the value's bytes and as much junk after them) *, 0xff
 * L: one byte 0…253, or 0xfe and u32
 * ```
 *
 * The comments of the old source speak of 253 as the escape; its code uses 254. Entries come as key, value, key, value.
 */
import { PackedCursor, PackedFault, u32 } from './packed-cursor.ts';

const END = 0xff;
const WIDE_LENGTH = 0xfe;
const UNKNOWN_COUNT = 254;

function bad(message: string, pos: number): PackedFault {
  return new PackedFault('RDB_BAD_ZIPMAP', `zipmap: ${message}`, pos);
}

export class ZipmapCursor extends PackedCursor {
  /** A length below 254 was met in the form of five bytes. */
  hasWideShort = false;

  open(bytes: Uint8Array, start: number, end: number): void {
    if (end - start < 2) throw bad(`expected at least 2 bytes, found ${end - start}`, start);
    if (bytes[end - 1] !== END)
      throw bad(`expected the end mark 0xff, found 0x${bytes[end - 1].toString(16)}`, end - 1);
    const pairs = bytes[start];
    this.count = pairs >= UNKNOWN_COUNT ? -1 : 2 * pairs;
    this.bytes = bytes;
    this.pos = start + 1;
    this.end = end;
    this.passed = 0;
    this.hasWideShort = false;
  }

  next(): boolean {
    const { bytes } = this;
    const last = this.end - 1;
    let at = this.pos;
    const isValue = (this.passed & 1) === 1;
    let length = bytes[at];
    if (length === END) {
      if (isValue) throw bad('a key without a value', at);
      return this.finish();
    }
    at += 1;
    if (length === WIDE_LENGTH) {
      if (at + 4 > last) throw this.overrun();
      length = u32(bytes, at);
      at += 4;
      if (length < WIDE_LENGTH) this.hasWideShort = true;
    }
    let free = 0;
    if (isValue) {
      if (at >= last) throw this.overrun();
      free = bytes[at++];
    }
    if (length + free > last - at) throw this.overrun();
    this.setString(at, at + length);
    this.pos = at + length + free;
    this.passed++;
    return true;
  }

  private finish(): false {
    if (this.pos !== this.end - 1) throw bad('an end mark before the end', this.pos);
    if (this.passed === 0) throw bad('no fields', this.pos);
    if (this.count >= 0 && this.count !== this.passed)
      throw bad(`its header says ${this.count / 2} fields, it has ${this.passed / 2}`, this.pos);
    return false;
  }

  private overrun(): PackedFault {
    return bad('an entry runs over the end', this.pos);
  }
}
