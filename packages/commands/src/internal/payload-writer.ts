/** The primitives of RDB, written: lengths, strings, 64-bit numbers. */
import type { Int64 } from '@rdbkit/bytes';
import { ByteBuffer } from '@rdbkit/resp';

const LENGTH_14_BITS = 0x40;
const LENGTH_32_BITS = 0x80;
const LENGTH_64_BITS = 0x81;

export class PayloadWriter extends ByteBuffer {
  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.pos++] = value;
  }

  /** `len`, in its shortest form. */
  length(value: Int64): void {
    this.reserve(9);
    const out = this.bytes;
    if (value <= 0x3f) {
      out[this.pos++] = Number(value);
    } else if (value <= 0x3fff) {
      out[this.pos++] = LENGTH_14_BITS | (Number(value) >> 8);
      out[this.pos++] = Number(value) & 0xff;
    } else if (value <= 0xffff_ffff) {
      out[this.pos++] = LENGTH_32_BITS;
      this.pos = be32(out, this.pos, Number(value));
    } else {
      out[this.pos++] = LENGTH_64_BITS;
      const wide = BigInt(value);
      this.pos = be32(out, this.pos, Number(BigInt.asUintN(32, wide >> 32n)));
      this.pos = be32(out, this.pos, Number(BigInt.asUintN(32, wide)));
    }
  }

  /** Room for a `len` that is told later: {@link PayloadWriter.patchLength}. Returns where it is. */
  openLength(): number {
    this.reserve(5);
    const at = this.pos;
    this.bytes[at] = LENGTH_32_BITS;
    this.pos = at + 5;
    return at;
  }

  patchLength(at: number, value: number): void {
    be32(this.bytes, at + 1, value);
  }

  /** `str`, plain. */
  string(bytes: Uint8Array, start: number, end: number): void {
    this.length(end - start);
    this.copy(bytes, start, end);
  }

  u64(value: Int64): void {
    this.reserve(8);
    const wide = typeof value === 'number' && value >= 0 ? null : BigInt(value);
    const low = wide === null ? (value as number) % 0x1_0000_0000 : Number(BigInt.asUintN(32, wide));
    const high =
      wide === null ? Math.floor((value as number) / 0x1_0000_0000) : Number(BigInt.asUintN(32, wide >> 32n));
    this.pos = le32(this.bytes, le32(this.bytes, this.pos, low), high);
  }

  /** A stream ID in 16 raw bytes. */
  id(ms: Int64, seq: Int64): void {
    this.reserve(16);
    this.pos = writeId(this.bytes, this.pos, ms, seq);
  }

  f64(value: number): void {
    this.reserve(8);
    scratch.setFloat64(0, value, true);
    this.copy(scratchBytes, 0, 8);
  }
}

const scratchBytes = new Uint8Array(8);
const scratch = new DataView(scratchBytes.buffer);

/** Writes a stream ID as it stands in files: milliseconds, then sequence, both u64be. */
function writeId(out: Uint8Array, pos: number, ms: Int64, seq: Int64): number {
  return be64(out, be64(out, pos, ms), seq);
}

function be64(out: Uint8Array, pos: number, value: Int64): number {
  if (typeof value === 'number')
    return be32(out, be32(out, pos, Math.floor(value / 0x1_0000_0000)), value % 0x1_0000_0000);
  return be32(out, be32(out, pos, Number(BigInt.asUintN(32, value >> 32n))), Number(BigInt.asUintN(32, value)));
}

function be32(out: Uint8Array, pos: number, value: number): number {
  out[pos] = value >>> 24;
  out[pos + 1] = value >>> 16;
  out[pos + 2] = value >>> 8;
  out[pos + 3] = value;
  return pos + 4;
}

function le32(out: Uint8Array, pos: number, value: number): number {
  out[pos] = value;
  out[pos + 1] = value >>> 8;
  out[pos + 2] = value >>> 16;
  out[pos + 3] = value >>> 24;
  return pos + 4;
}
