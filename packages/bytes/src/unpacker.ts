/**
 * Unpacking of compressed streams, step by step: what comes out of a step is bounded, whatever went in.
 *
 * @module
 */
import { DataError } from './errors.ts';

/**
 * Unpacks a stream of frames.
 *
 * Memory is bounded by the format: a block in and a block out, and as much of what came before as later blocks may refer to.
 *
 * @example
 * ```ts
 * import { Lz4Unpacker } from '@rdbkit/bytes';
 * const frame = Uint8Array.of(4, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82, 2, 0, 0, 0x80, 0x68, 0x69, 0, 0, 0, 0);
 * const unpacker = new Lz4Unpacker();
 * unpacker.feed(frame);
 * for (let bytes = unpacker.next(); bytes !== null; bytes = unpacker.next()) {
 *   console.log(new TextDecoder().decode(bytes)); // hi
 * }
 * unpacker.end();
 * ```
 */
export interface Unpacker {
  /** Takes a copy of compressed bytes, of any number. To be called when `next` has returned `null`. */
  feed(bytes: Uint8Array): void;
  /**
   * The next unpacked bytes, valid until the next call; `null` when more input is needed.
   *
   * @throws {UnpackError} when the stream is damaged.
   */
  next(): Uint8Array | null;
  /**
   * Says that there is no more input.
   *
   * @throws {UnpackError} when the stream ends within a frame, or had none.
   */
  end(): void;
}

/** A compressed stream cannot be unpacked (`LZ4_…`, `ZSTD_…`). `offset` counts compressed bytes. */
export class UnpackError extends DataError {
  override readonly name: string = 'UnpackError';
}
