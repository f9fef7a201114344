/**
 * zstd frames (RFC 8878), taken apart block by block. Blocks are decompressed by a decoder that is injected: what a frame says
 * of itself is verified here, since not every decoder does.
 *
 * ```
 * frame = magic descriptor [ u8 window ] [ dictionary ] [ content size ] block* [ u32 lower half of the content's XXH64 ]
 * block = u24: bit 0 the last one, bits 2-1 kind (0 stored, 1 one byte repeated, 2 compressed), the rest size; bytes
 * ```
 *
 * @module
 */
import { FrameUnpacker, type Steps } from './internal/frame-unpacker.ts';
import type { UnpackError } from './unpacker.ts';
import { Xxh64 } from './xxh64.ts';

const MAGIC = 0xfd2fb528;
const MAGIC_BYTES = 4;

const SINGLE_SEGMENT = 0x20;
const RESERVED = 0x08;
const CONTENT_SUM = 0x04;
const DICTIONARY_BYTES: readonly number[] = [0, 1, 2, 4];

const BLOCK_HEAD_BYTES = 3;
const REPEATED = 1;
const COMPRESSED = 2;
const MAX_BLOCK_BYTES = 128 * 1024;
/** As of the zstd program: what is above takes a flag there. */
const MAX_WINDOW_BYTES = 128 * 1024 * 1024;

/** Decompresses the blocks of one frame. */
export interface ZstdFrameDecoder {
  /**
   * Takes the head of the frame, then block after block, each with its own head. Output may come later than its block, but all
   * has come when the last block was taken. The frame never says that it has a checksum.
   *
   * @param bytes - Borrowed while the call lasts.
   * @throws anything, when the bytes cannot be decompressed.
   */
  push(bytes: Uint8Array, isLast: boolean): void;
}

/** Makes the decoder of a frame, which hands its output to `sink`, owned by the receiver. */
export type ZstdDecoderFactory = (sink: (bytes: Uint8Array) => void) => ZstdFrameDecoder;

interface Header {
  readonly bytes: Uint8Array;
  readonly hasSum: boolean;
  /** `null` when it is not told. */
  readonly contentBytes: bigint | null;
  readonly maxBlockBytes: number;
}

/**
 * Unpacks zstd frames, also several. Sizes and checksums that a frame has are verified. Memory is bounded by the frame's window,
 * which may be 128 MiB at most. See `Unpacker` for the use.
 */
export class ZstdUnpacker extends FrameUnpacker {
  private readonly makeDecoder: ZstdDecoderFactory;
  private readonly ready: Uint8Array[] = [];

  constructor(makeDecoder: ZstdDecoderFactory) {
    super('zstd', MAGIC);
    this.makeDecoder = makeDecoder;
  }

  protected override *frame(): Steps {
    const { input, ready } = this;
    const { bytes, hasSum, contentBytes, maxBlockBytes } = yield* this.header();
    const decoder = this.makeDecoder((output) => ready.push(output));
    const sum = hasSum ? new Xxh64() : null;
    let produced = 0;
    let isLast = false;
    this.push(decoder, bytes, false);
    while (!isLast) {
      const size = yield* this.blockSize(maxBlockBytes);
      isLast = (input.bytes[input.pos] & 1) === 1;
      const block = input.bytes.subarray(input.pos, input.pos + size);
      this.push(decoder, block, isLast);
      input.pos += size;
      for (let output = ready.shift(); output !== undefined; output = ready.shift()) {
        sum?.update(output, 0, output.length);
        produced += output.length;
        if (contentBytes !== null && produced > contentBytes) throw this.wrongSize(contentBytes, `more than that`);
        if (output.length > 0) yield output;
      }
    }
    if (contentBytes !== null && BigInt(produced) !== contentBytes) throw this.wrongSize(contentBytes, `${produced}`);
    if (sum === null) return;
    yield* this.need(4);
    if (input.view.getUint32(input.pos, true) !== sum.lowDigest())
      throw this.error('CHECKSUM', 'the checksum of the content of a zstd frame is wrong');
    input.pos += 4;
  }

  private *header(): Steps<Header> {
    const { input } = this;
    const at = input.offset;
    yield* this.need(1);
    const descriptor = input.bytes[input.pos];
    if ((descriptor & RESERVED) !== 0)
      throw this.error('BAD_FRAME', `a zstd frame descriptor of 0x${descriptor.toString(16)}`, at);
    const isSingle = (descriptor & SINGLE_SEGMENT) !== 0;
    const dictionaryBytes = DICTIONARY_BYTES[descriptor & 3];
    const sizeCode = descriptor >> 6;
    const sizeBytes = sizeCode === 0 ? (isSingle ? 1 : 0) : 1 << sizeCode;
    const length = 1 + (isSingle ? 0 : 1) + dictionaryBytes + sizeBytes;
    yield* this.need(length);
    const { pos } = input;
    const sizeAt = pos + length - sizeBytes;
    const contentBytes = sizeBytes === 0 ? null : this.contentSize(sizeAt, sizeBytes);
    const window = isSingle ? Number(contentBytes) : windowSize(input.bytes[pos + 1]);
    for (let i = sizeAt - dictionaryBytes; i < sizeAt; i++) {
      if (input.bytes[i] !== 0)
        throw this.error('UNSUPPORTED', 'the zstd frame needs a dictionary, which is not in it', at);
    }
    if (window > MAX_WINDOW_BYTES)
      throw this.error(
        'UNSUPPORTED',
        `the zstd frame needs a window of ${window} bytes, ${MAX_WINDOW_BYTES} is the most; zstd -d --long=31 unpacks it`,
        at,
      );
    const bytes = new Uint8Array(MAGIC_BYTES + length);
    new DataView(bytes.buffer).setUint32(0, MAGIC, true);
    bytes.set(input.bytes.subarray(pos, pos + length), MAGIC_BYTES);
    bytes[MAGIC_BYTES] &= ~CONTENT_SUM;
    input.pos += length;
    return {
      bytes,
      hasSum: (descriptor & CONTENT_SUM) !== 0,
      contentBytes,
      maxBlockBytes: Math.min(window, MAX_BLOCK_BYTES),
    };
  }

  private contentSize(at: number, bytes: number): bigint {
    const { view } = this.input;
    switch (bytes) {
      case 1:
        return BigInt(view.getUint8(at));
      case 2:
        return BigInt(view.getUint16(at, true) + 256);
      case 4:
        return BigInt(view.getUint32(at, true));
      default:
        return view.getBigUint64(at, true);
    }
  }

  /** Waits for a whole block and returns how many bytes it takes, its head included. */
  private *blockSize(maxBlockBytes: number): Steps<number> {
    const { input } = this;
    yield* this.need(BLOCK_HEAD_BYTES);
    const head = input.view.getUint16(input.pos, true) | (input.bytes[input.pos + 2] << 16);
    const kind = (head >> 1) & 3;
    const size = head >> 3;
    if (kind > COMPRESSED || size > maxBlockBytes)
      throw this.error('BAD_BLOCK', `a zstd block of kind ${kind} and ${size} bytes, ${maxBlockBytes} is the most`);
    const taken = BLOCK_HEAD_BYTES + (kind === REPEATED ? 1 : size);
    yield* this.need(taken);
    return taken;
  }

  private push(decoder: ZstdFrameDecoder, bytes: Uint8Array, isLast: boolean): void {
    try {
      decoder.push(bytes, isLast);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw this.error('BAD_BLOCK', `a zstd block cannot be decompressed: ${reason}`);
    }
  }

  private wrongSize(contentBytes: bigint, found: string): UnpackError {
    return this.error('BAD_FRAME', `the zstd frame says that it has ${contentBytes} bytes, it has ${found}`);
  }
}

function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}
