/**
 * LZ4 frames (LZ4 frame format 1.6), unpacked block by block.
 *
 * The blocks themselves are decompressed by `lz4js`, which checks nothing: damaged bytes would become wrong ones, or make it
 * work for minutes. Therefore each block is gone over before, without copying, so that it is known to be sound and how long its
 * output is.
 *
 * ```
 * frame = magic FLG BD [ u64 content size ] [ u32 dictionary ] check byte, block*, u32 0, [ u32 XXH32 of the content ]
 * block = u32 size (highest bit: stored as it is), bytes, [ u32 XXH32 of the bytes ]
 * FLG   = bits 7-6 version 01, 5 blocks are independent, 4 block sums, 3 content size, 2 content sum, 0 dictionary
 * BD    = bits 6-4 largest block: 4 64 KiB, 5 256 KiB, 6 1 MiB, 7 4 MiB
 * ```
 *
 * @module
 */
import { decompressBlock } from 'lz4js';
import { FrameUnpacker, type Steps } from './internal/frame-unpacker.ts';
import { Xxh32 } from './xxh32.ts';

const MAGIC = 0x184d2204;

const VERSION_MASK = 0xc0;
const VERSION = 0x40;
const INDEPENDENT = 0x20;
const BLOCK_SUMS = 0x10;
const CONTENT_SIZE = 0x08;
const CONTENT_SUM = 0x04;
const RESERVED = 0x02;
const DICTIONARY = 0x01;

const SMALLEST_BLOCK_CODE = 4;
const STORED = 0x80000000;
/** How far back a match may reach. */
const HISTORY_BYTES = 64 * 1024;
const MIN_MATCH = 4;

/** What a frame's descriptor says. */
interface Descriptor {
  readonly flags: number;
  readonly maxBlockBytes: number;
  /** `null` when it is not told. */
  readonly contentBytes: bigint | null;
}

/**
 * Unpacks LZ4 frames, also several, with linked or independent blocks. All sizes and checksums that a frame has are verified.
 * See `Unpacker` for the use.
 */
export class Lz4Unpacker extends FrameUnpacker {
  private output: Uint8Array = new Uint8Array(0);
  /** End of what stands in `output`: the history of the next block. */
  private filled = 0;

  constructor() {
    super('lz4', MAGIC);
  }

  protected override *frame(): Steps {
    const descriptor = yield* this.descriptor();
    const { flags, contentBytes } = descriptor;
    const { input } = this;
    const sum = (flags & CONTENT_SUM) === 0 ? null : new Xxh32();
    let produced = 0;
    this.filled = 0;
    for (;;) {
      yield* this.need(4);
      const head = input.view.getUint32(input.pos, true);
      if (head === 0) break;
      const bytes = yield* this.block(descriptor, head);
      sum?.update(bytes, 0, bytes.length);
      produced += bytes.length;
      yield bytes;
    }
    input.pos += 4;
    if (contentBytes !== null && BigInt(produced) !== contentBytes)
      throw this.error('BAD_FRAME', `the lz4 frame says that it has ${contentBytes} bytes, it has ${produced}`);
    if (sum !== null) yield* this.compareSum(sum, 'the content');
  }

  private *descriptor(): Steps<Descriptor> {
    const { input } = this;
    const at = input.offset;
    yield* this.need(1);
    const flags = input.bytes[input.pos];
    if ((flags & VERSION_MASK) !== VERSION || (flags & RESERVED) !== 0)
      throw this.error('BAD_FRAME', `lz4 frame flags of 0x${flags.toString(16)}`);
    const sizeBytes = (flags & CONTENT_SIZE) === 0 ? 0 : 8;
    const length = 2 + sizeBytes + ((flags & DICTIONARY) === 0 ? 0 : 4);
    yield* this.need(length + 1);
    const { bytes, pos, view } = input;
    const check = new Xxh32();
    check.update(bytes, pos, pos + length);
    if (((check.digest() >>> 8) & 0xff) !== bytes[pos + length])
      throw this.error('BAD_FRAME', 'the head of an lz4 frame does not have the check byte that it says', at);
    const blockCode = (bytes[pos + 1] >> 4) & 7;
    if ((bytes[pos + 1] & 0x8f) !== 0 || blockCode < SMALLEST_BLOCK_CODE)
      throw this.error('BAD_FRAME', `an lz4 block descriptor of 0x${bytes[pos + 1].toString(16)}`, at + 1);
    if ((flags & DICTIONARY) !== 0)
      throw this.error('UNSUPPORTED', 'the lz4 frame needs a dictionary, which is not in it', at);
    input.pos += length + 1;
    return {
      flags,
      maxBlockBytes: 1 << (8 + 2 * blockCode),
      contentBytes: sizeBytes === 0 ? null : view.getBigUint64(pos + 2, true),
    };
  }

  private *block(descriptor: Descriptor, head: number): Steps<Uint8Array> {
    const { input } = this;
    const { flags, maxBlockBytes } = descriptor;
    const at = input.offset;
    const size = head & ~STORED;
    if (size > maxBlockBytes)
      throw this.error('BAD_BLOCK', `an lz4 block of ${size} bytes where ${maxBlockBytes} is the most`, at);
    const hasSum = (flags & BLOCK_SUMS) !== 0;
    yield* this.need(4 + size + (hasSum ? 4 : 0));
    input.pos += 4;
    const start = input.pos;
    const end = start + size;
    const { bytes } = input;
    input.pos = end;
    if (hasSum) {
      const sum = new Xxh32();
      sum.update(bytes, start, end);
      yield* this.compareSum(sum, 'a block');
    }
    if ((flags & INDEPENDENT) !== 0) this.filled = 0;
    const length = (head & STORED) === 0 ? this.lengthOf(start, end, maxBlockBytes) : size;
    this.makeRoom(length);
    const { output, filled } = this;
    if ((head & STORED) === 0) decompressBlock(bytes, output, start, size, filled);
    else output.set(bytes.subarray(start, end), filled);
    this.filled = filled + length;
    return output.subarray(filled, filled + length);
  }

  private *compareSum(sum: Xxh32, of: string): Steps {
    const { input } = this;
    yield* this.need(4);
    const stored = input.view.getUint32(input.pos, true);
    if (stored !== sum.digest()) throw this.error('CHECKSUM', `the checksum of ${of} of an lz4 frame is wrong`);
    input.pos += 4;
  }

  /** Room for a block's output behind the history that it may refer to. */
  private makeRoom(length: number): void {
    const { output, filled } = this;
    if (output.length - filled >= length) return;
    const kept = Math.min(filled, HISTORY_BYTES);
    if (output.length >= kept + length) {
      output.copyWithin(0, filled - kept, filled);
    } else {
      // Several blocks fit, so that the history is not moved for each.
      this.output = new Uint8Array(HISTORY_BYTES + Math.max(2 * length, HISTORY_BYTES));
      this.output.set(output.subarray(filled - kept, filled));
    }
    this.filled = kept;
  }

  /** Goes over the sequences of a block and returns the length of its output. */
  private lengthOf(start: number, end: number, most: number): number {
    const { bytes } = this.input;
    const history = Math.min(this.filled, HISTORY_BYTES);
    let pos = start;
    let length = 0;
    for (;;) {
      if (pos >= end) throw this.badBlock(pos, 'ends within a sequence');
      const token = bytes[pos++];
      let literals = token >> 4;
      if (literals === 15) {
        let more: number;
        do {
          if (pos >= end) throw this.badBlock(pos, 'ends within a length');
          more = bytes[pos++];
          literals += more;
        } while (more === 255);
      }
      if (literals > end - pos) throw this.badBlock(pos, `says that ${literals} bytes follow where ${end - pos} do`);
      pos += literals;
      length += literals;
      if (length > most) throw this.badBlock(pos, `has more than ${most} bytes`);
      if (pos === end) return length;
      if (end - pos < 2) throw this.badBlock(pos, 'ends within a reference');
      const offset = bytes[pos] | (bytes[pos + 1] << 8);
      if (offset === 0 || offset > history + length)
        throw this.badBlock(pos, `refers to ${offset} bytes before a place that has ${history + length}`);
      pos += 2;
      let match = (token & 15) + MIN_MATCH;
      if (match === 15 + MIN_MATCH) {
        let more: number;
        do {
          if (pos >= end) throw this.badBlock(pos, 'ends within a length');
          more = bytes[pos++];
          match += more;
        } while (more === 255);
      }
      length += match;
      if (length > most) throw this.badBlock(pos, `has more than ${most} bytes`);
    }
  }

  private badBlock(pos: number, what: string): Error {
    return this.error('BAD_BLOCK', `an lz4 block ${what}`, this.input.base + pos);
  }
}
