import type { ZstdDecoderFactory } from '@rdbkit/bytes';
import { Decompress } from 'fzstd';

/** zstd in JavaScript: Node has had its own only since 22.15. */
export const zstdDecoder: ZstdDecoderFactory = (sink) => {
  const stream = new Decompress((bytes) => sink(bytes));
  return { push: (bytes, isLast) => void stream.push(bytes, isLast) };
};
