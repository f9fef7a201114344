/**
 * A growing run of bytes: the ground of everything that is written.
 *
 * @module
 */

/** Up to this length bytes are copied one by one. */
const LOOP_BYTES = 12;
/** Above this length the engine's own copying is worth the view that it needs. */
const STRIDES_BYTES = 512;
/** Bytes that are copied at a time in between. */
const STRIDE = 8;

const EMPTY = new Uint8Array(0);
const EMPTY_VIEW = new DataView(EMPTY.buffer);

/**
 * A growing run of bytes.
 *
 * `bytes` and `pos` are public because hot paths write through them directly, after {@link ByteBuffer.reserve}. `bytes`
 * is another array after every call that may grow it.
 *
 * @example
 * ```ts
 * import { ByteBuffer } from '@rdbkit/resp';
 * const buffer = new ByteBuffer(16);
 * buffer.copy(Uint8Array.of(1, 2, 3), 1, 3);
 * console.log(buffer.bytes.slice(0, buffer.pos)); // Uint8Array(2) [ 2, 3 ]
 * ```
 */
export class ByteBuffer {
  bytes: Uint8Array = EMPTY;
  /** Where the next byte goes. */
  pos = 0;
  /** Of `bytes`. */
  protected view: DataView = EMPTY_VIEW;
  // The arrays that strings came from lately, with their views. A reader hands out slices of three arrays: its window, and
  // two in turns for strings that were compressed.
  private first: Uint8Array = EMPTY;
  private firstView: DataView = EMPTY_VIEW;
  private second: Uint8Array = EMPTY;
  private secondView: DataView = EMPTY_VIEW;
  private third: Uint8Array = EMPTY;
  private thirdView: DataView = EMPTY_VIEW;

  /** @param capacity - Bytes to begin with. */
  constructor(capacity: number) {
    this.adopt(new Uint8Array(capacity));
  }

  /** Goes on in another array. */
  protected adopt(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Makes room for `count` more bytes at `pos`. */
  reserve(count: number): void {
    if (this.pos + count > this.bytes.length) this.grow(count);
  }

  /** Appends `bytes[start, end)`, which may lie in this buffer itself. */
  copy(bytes: Uint8Array, start: number, end: number): void {
    this.reserve(end - start + STRIDE);
    this.put(bytes, start, end);
  }

  /**
   * Appends `bytes[start, end)`, for which there must be room and {@link STRIDE} bytes more.
   *
   * Most strings are short, and making a view of one costs more than copying it. Between the lengths for which a loop over
   * bytes is best and those for which `set(subarray)` is, 8 bytes at a time through two `DataView`s are fastest (case
   * `resp/copy`); the surplus is overwritten by what comes next.
   */
  protected put(bytes: Uint8Array, start: number, end: number): void {
    const count = end - start;
    if (count <= LOOP_BYTES) {
      const out = this.bytes;
      let pos = this.pos;
      for (let i = start; i < end; i++) out[pos++] = bytes[i] as number;
      this.pos = pos;
    } else if (count <= STRIDES_BYTES && end + STRIDE <= bytes.length) {
      const from = this.viewOf(bytes);
      const to = this.view;
      let { pos } = this;
      for (let i = start; i < end; i += STRIDE) {
        to.setInt32(pos, from.getInt32(i));
        to.setInt32(pos + 4, from.getInt32(i + 4));
        pos += STRIDE;
      }
      this.pos += count;
    } else {
      this.bytes.set(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end), this.pos);
      this.pos += count;
    }
  }

  /** A view of the array that a string is copied from, made only once for each of a few arrays. */
  protected viewOf(bytes: Uint8Array): DataView {
    if (bytes === this.first) return this.firstView;
    if (bytes === this.second) return this.secondView;
    return bytes === this.third ? this.thirdView : this.makeView(bytes);
  }

  private makeView(bytes: Uint8Array): DataView {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.third = this.second;
    this.thirdView = this.secondView;
    this.second = this.first;
    this.secondView = this.firstView;
    this.first = bytes;
    this.firstView = view;
    return view;
  }

  /** Forgets the arrays that strings came from, so that a big one can be collected. */
  protected forgetSources(): void {
    this.first = EMPTY;
    this.firstView = EMPTY_VIEW;
    this.second = EMPTY;
    this.secondView = EMPTY_VIEW;
    this.third = EMPTY;
    this.thirdView = EMPTY_VIEW;
  }

  private grow(count: number): void {
    const needed = this.pos + count;
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.pos));
    this.adopt(grown);
  }
}
