/** Any form of a source as bytes that are asked for. */
import { asyncChunks } from '@rdbkit/rdb';
import type { RestoreSource } from '../../restore.ts';
import type { ByteSource } from './feeder.ts';

export function sourceBytes(source: RestoreSource): ByteSource {
  if (source instanceof Uint8Array) return fromIterator([source][Symbol.iterator]());
  if (Symbol.iterator in source) return fromIterator(source[Symbol.iterator]());
  if ('read' in source && typeof source.read === 'function' && !(Symbol.asyncIterator in source)) return source;
  return fromIterator(asyncChunks(source as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]());
}

function fromIterator(iterator: Iterator<Uint8Array> | AsyncIterator<Uint8Array>): ByteSource {
  return {
    read() {
      const next = iterator.next();
      if (!(next instanceof Promise)) return next.done === true ? null : next.value;
      return next.then((result) => (result.done === true ? null : result.value));
    },
  };
}
