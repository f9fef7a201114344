/** Builds listpacks in a buffer that is used again for each. */
import { Buffer } from 'node:buffer';

const HEADER_BYTES = 6;

export class Listpack {
  private readonly buffer: Buffer = Buffer.alloc(256 * 1024);
  private pos = HEADER_BYTES;
  private count = 0;

  clear(): void {
    this.pos = HEADER_BYTES;
    this.count = 0;
  }

  /** Latin-1 text, which must not look like an integer. */
  text(value: string): void {
    const { buffer } = this;
    const start = this.pos;
    if (value.length < 64) buffer[this.pos++] = 0x80 | value.length;
    else this.pos = buffer.writeUInt16BE(0xe000 | value.length, this.pos);
    this.pos += buffer.write(value, this.pos, 'latin1');
    this.end(start);
  }

  /** An integer of at most 32 bits, or one that is exact as a double. */
  integer(value: number): void {
    const { buffer } = this;
    const start = this.pos;
    if (value >= 0 && value < 0x80) {
      buffer[this.pos++] = value;
    } else if (value >= -0x1000 && value < 0x1000) {
      this.pos = buffer.writeUInt16BE(0xc000 | (value & 0x1fff), this.pos);
    } else if (value >= -0x8000 && value < 0x8000) {
      buffer[this.pos++] = 0xf1;
      this.pos = buffer.writeInt16LE(value, this.pos);
    } else if (value >= -0x80000000 && value < 0x80000000) {
      buffer[this.pos++] = 0xf3;
      this.pos = buffer.writeInt32LE(value, this.pos);
    } else {
      buffer[this.pos++] = 0xf4;
      this.pos = buffer.writeBigInt64LE(BigInt(value), this.pos);
    }
    this.end(start);
  }

  /** The listpack, valid until something is added. */
  finish(): Uint8Array {
    this.buffer[this.pos] = 0xff;
    const end = this.pos + 1;
    this.buffer.writeUInt32LE(end, 0);
    this.buffer.writeUInt16LE(this.count, 4);
    return this.buffer.subarray(0, end);
  }

  /** The length of the element, to be read backwards. None here has more than 16383 bytes. */
  private end(start: number): void {
    const size = this.pos - start;
    if (size > 127) this.buffer[this.pos++] = size >> 7;
    this.buffer[this.pos++] = size > 127 ? (size & 127) | 128 : size;
    this.count++;
  }
}
