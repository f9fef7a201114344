import type { ZstdDecoderFactory } from '@rdbkit/bytes';
import { Decompress } from 'fzstd';

/** A decoder of zstd for the option of that name. */
export const zstdDecoder: ZstdDecoderFactory = (sink) => {
  const decoder = new Decompress((bytes) => sink(bytes));
  return { push: (bytes, isLast) => void decoder.push(bytes, isLast) };
};
