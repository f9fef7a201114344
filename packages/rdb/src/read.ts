/** Reading a whole source in one call. */
import type { RdbOptions } from './options.ts';
import { RdbReader } from './reader.ts';
import type { RdbSummary, RdbVisitor } from './visitor.ts';

/** Where an RDB may come from: bytes in memory, or chunks of any size. */
export type RdbSource = Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>;

/**
 * Reads a source to its end. The visitor is called synchronously; a new chunk is taken from the source only after the
 * one before has been decoded.
 *
 * @throws {RdbError} one of its subclasses, when the data is bad.
 * @example
 * ```ts
 * import { readRdb, RdbVisitorBase } from '@rdbkit/rdb';
 * const summary = await readRdb(bytes, new RdbVisitorBase());
 * console.log(summary.checksum); // ok
 * ```
 */
export async function readRdb(source: RdbSource, visitor: RdbVisitor, options: RdbOptions = {}): Promise<RdbSummary> {
  if (source instanceof Uint8Array) return readRdbSync(source, visitor, options);
  const reader = new RdbReader(visitor, options);
  if (Symbol.iterator in source) {
    for (const chunk of source) reader.push(chunk);
  } else {
    for await (const chunk of asyncChunks(source)) reader.push(chunk);
  }
  return reader.finish();
}

/**
 * Reads bytes that are in memory, without copying them.
 *
 * @throws {RdbError} one of its subclasses, when the data is bad.
 */
export function readRdbSync(bytes: Uint8Array, visitor: RdbVisitor, options: RdbOptions = {}): RdbSummary {
  const reader = new RdbReader(visitor, options);
  reader.pushAll(bytes);
  return reader.finish();
}

/** Not every browser's streams are async iterables yet. */
export async function* asyncChunks(
  source: AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (Symbol.asyncIterator in source) {
    yield* source;
    return;
  }
  const reader = (source as ReadableStream<Uint8Array>).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel();
  }
}
