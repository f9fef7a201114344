/**
 * A buffer between a writer and a slower sink: what is whole is handed out, what is not can be taken back.
 *
 * @module
 */
import { ByteBuffer } from './byte-buffer.ts';

const DEFAULT_CAPACITY = 256 * 1024;

/** A buffer that grew beyond this for one big value is not kept for reuse. */
const KEPT_CAPACITY = 16 * 1024 * 1024;

const EMPTY = new Uint8Array(0);

/**
 * A growing run of bytes, the front part of which is committed: it may be taken, and sent on. The rest can be rolled back.
 *
 * @example
 * ```ts
 * import { OutputBuffer } from '@rdbkit/resp';
 * const out = new OutputBuffer();
 * out.copy(Uint8Array.of(1, 2), 0, 2);
 * out.commit();
 * out.copy(Uint8Array.of(3), 0, 1);
 * out.rollback();
 * console.log(out.take()); // Uint8Array(2) [ 1, 2 ]
 * ```
 */
export class OutputBuffer extends ByteBuffer {
  /** End of what may be sent. */
  committed = 0;
  /** Bytes committed since the beginning, those already taken included. */
  committedBytes = 0;
  private readonly capacity: number;
  private readonly spares: Uint8Array[] = [];
  private readonly maxSpares: number;

  /**
   * @param capacity - Bytes to begin with. The buffer grows as needed.
   * @param spares - How many arrays that were given back are kept for reuse.
   */
  constructor(capacity: number = DEFAULT_CAPACITY, spares: number = 1) {
    super(capacity);
    this.capacity = capacity;
    this.maxSpares = spares;
  }

  /** Everything so far is whole and may be sent. */
  commit(): void {
    this.committedBytes += this.pos - this.committed;
    this.committed = this.pos;
  }

  /** Drops what was written since the last {@link OutputBuffer.commit}. */
  rollback(): void {
    this.pos = this.committed;
  }

  /**
   * Hands out what is committed. The view is the caller's until it is given to {@link OutputBuffer.release}; writing goes
   * on in another array meanwhile.
   */
  take(): Uint8Array {
    const count = this.committed;
    if (count === 0) return EMPTY;
    const taken = this.bytes;
    const rest = this.pos - count;
    let next = this.spares.pop();
    if (next === undefined || next.length < rest) next = new Uint8Array(Math.max(this.capacity, rest * 2));
    if (rest > 0) next.set(taken.subarray(count, this.pos));
    this.adopt(next);
    this.forgetSources();
    this.pos = rest;
    this.committed = 0;
    return taken.subarray(0, count);
  }

  /** Gives back a view from {@link OutputBuffer.take}: its memory will be written to again. */
  release(view: Uint8Array): void {
    const { byteLength } = view.buffer;
    if (byteLength > KEPT_CAPACITY) return;
    if (this.spares.length < this.maxSpares) this.spares.push(new Uint8Array(view.buffer));
    else if (byteLength > (this.spares.at(-1)?.length ?? 0))
      this.spares[this.spares.length - 1] = new Uint8Array(view.buffer);
  }
}
