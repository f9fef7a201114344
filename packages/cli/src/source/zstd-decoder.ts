import { createRequire } from 'node:module';
import type { ZstdDecoderFactory } from '@rdbkit/bytes';
import type * as Fzstd from 'fzstd';

/** Loaded when there is zstd to be unpacked, not at every start. */
let loaded: typeof Fzstd | null = null;

/** zstd in JavaScript: Node has had its own only since 22.15. */
export const zstdDecoder: ZstdDecoderFactory = (sink) => {
  loaded ??= createRequire(import.meta.url)('fzstd') as typeof Fzstd;
  const stream = new loaded.Decompress((bytes) => sink(bytes));
  return { push: (bytes, isLast) => void stream.push(bytes, isLast) };
};
