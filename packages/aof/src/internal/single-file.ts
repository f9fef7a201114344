/** Files that are no files: bytes in memory and streams. */
import type { AofFile, AofSource } from '../files.ts';

export function fileOfBytes(bytes: Uint8Array): AofFile {
  return {
    size: bytes.length,
    async *read(start: number = 0, end: number = bytes.length): AsyncGenerator<Uint8Array> {
      yield bytes.subarray(start, end);
    },
  };
}

/** A stream whose first bytes have been looked at. It can be read once. */
export class StreamFile implements AofFile {
  readonly size: null = null;
  private readonly chunks: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  private head: Uint8Array | null = null;
  private isRead = false;

  constructor(source: Exclude<AofSource, Uint8Array>) {
    this.chunks = iteratorOf(source);
  }

  /** The first `count` bytes, or all there are, at most a chunk more. They are read again by `read`. */
  async peek(count: number): Promise<Uint8Array> {
    if (this.head !== null) return this.head;
    const pieces: Uint8Array[] = [];
    let length = 0;
    while (length < count) {
      const next = await this.chunks.next();
      if (next.done === true) break;
      // A copy: `slice` of a Buffer is none.
      pieces.push(new Uint8Array(next.value));
      length += next.value.length;
    }
    const head = new Uint8Array(length);
    let at = 0;
    for (const piece of pieces) {
      head.set(piece, at);
      at += piece.length;
    }
    this.head = head;
    return head;
  }

  async close(): Promise<void> {
    await this.chunks.return?.();
  }

  async *read(start: number = 0, end: number = Infinity): AsyncGenerator<Uint8Array> {
    if (this.isRead || start !== 0 || end !== Infinity)
      throw new TypeError('a stream can be read only once, and from its beginning');
    this.isRead = true;
    const { head } = this;
    this.head = null;
    try {
      if (head !== null) yield head;
      for (;;) {
        const next = await this.chunks.next();
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      await this.close();
    }
  }
}

function iteratorOf(source: Exclude<AofSource, Uint8Array>): AsyncIterator<Uint8Array> | Iterator<Uint8Array> {
  if (Symbol.iterator in source) return source[Symbol.iterator]();
  if (Symbol.asyncIterator in source) return source[Symbol.asyncIterator]();
  // Not every browser's streams are async iterables yet.
  const reader = (source as ReadableStream<Uint8Array>).getReader();
  return {
    async next() {
      const { done, value } = await reader.read();
      return done ? { done, value: undefined } : { done, value };
    },
    async return() {
      await reader.cancel();
      return { done: true, value: undefined };
    },
  };
}
