/** Writes an RDB file in a stream, with its checksum: as little memory as possible, whatever the size of the file. */
import { Buffer } from 'node:buffer';
import { closeSync, openSync, renameSync, writeSync } from 'node:fs';
import { Crc64 } from '@rdbkit/bytes';

const BUFFER_BYTES = 4 * 1024 * 1024;

export class RdbFile {
  private readonly path: string;
  private readonly fd: number;
  private readonly buffer = Buffer.alloc(BUFFER_BYTES);
  private readonly crc = new Crc64();
  private pos = 0;

  /** Writes beside `path` and takes that name at the end. */
  constructor(path: string, version: number) {
    this.path = path;
    this.fd = openSync(`${path}.part`, 'w');
    this.ascii(`REDIS${String(version).padStart(4, '0')}`);
  }

  u8(value: number): void {
    this.reserve(1);
    this.buffer[this.pos++] = value;
  }

  u64(value: bigint): void {
    this.reserve(8);
    this.pos = this.buffer.writeBigUInt64LE(value, this.pos);
  }

  double(value: number): void {
    this.reserve(8);
    this.pos = this.buffer.writeDoubleLE(value, this.pos);
  }

  /** A length in its shortest form. */
  length(value: number): void {
    this.reserve(9);
    const { buffer } = this;
    if (value < 0x40) {
      buffer[this.pos++] = value;
    } else if (value < 0x4000) {
      this.pos = buffer.writeUInt16BE(0x4000 | value, this.pos);
    } else if (value <= 0xffffffff) {
      buffer[this.pos++] = 0x80;
      this.pos = buffer.writeUInt32BE(value, this.pos);
    } else {
      buffer[this.pos++] = 0x81;
      this.pos = buffer.writeBigUInt64BE(BigInt(value), this.pos);
    }
  }

  /** Characters without a length. */
  ascii(text: string): void {
    this.reserve(text.length);
    this.pos += this.buffer.write(text, this.pos, 'latin1');
  }

  text(value: string): void {
    this.length(value.length);
    this.ascii(value);
  }

  bytes(value: Uint8Array): void {
    this.reserve(value.length);
    this.buffer.set(value, this.pos);
    this.pos += value.length;
  }

  string(value: Uint8Array): void {
    this.length(value.length);
    this.bytes(value);
  }

  /** A string that servers store as an integer. */
  integer(value: number): void {
    this.reserve(5);
    const { buffer } = this;
    if (value >= -0x80 && value < 0x80) {
      buffer[this.pos++] = 0xc0;
      this.pos = buffer.writeInt8(value, this.pos);
    } else if (value >= -0x8000 && value < 0x8000) {
      buffer[this.pos++] = 0xc1;
      this.pos = buffer.writeInt16LE(value, this.pos);
    } else {
      buffer[this.pos++] = 0xc2;
      this.pos = buffer.writeInt32LE(value, this.pos);
    }
  }

  compressed(value: Uint8Array, uncompressed: number): void {
    this.u8(0xc3);
    this.length(value.length);
    this.length(uncompressed);
    this.bytes(value);
  }

  aux(name: string, value: string): void {
    this.u8(250);
    this.text(name);
    this.text(value);
  }

  selectDb(db: number, keys: number, expires: number): void {
    this.u8(254);
    this.length(db);
    this.u8(251);
    this.length(keys);
    this.length(expires);
  }

  expireAt(ms: number): void {
    this.u8(252);
    this.u64(BigInt(ms));
  }

  finish(): void {
    this.u8(255);
    this.flush();
    this.crc.writeTo(this.buffer, 0);
    writeSync(this.fd, this.buffer, 0, 8);
    closeSync(this.fd);
    renameSync(`${this.path}.part`, this.path);
  }

  private reserve(count: number): void {
    if (this.pos + count > this.buffer.length) this.flush();
  }

  private flush(): void {
    this.crc.update(this.buffer, 0, this.pos);
    for (let at = 0; at < this.pos; ) at += writeSync(this.fd, this.buffer, at, this.pos - at);
    this.pos = 0;
  }
}
