/**
 * What stands for `lz4js` in the bundled programs: it is loaded when the first block is unpacked, not at every start. Its package
 * has no text of its licence that a bundle could pass on.
 *
 * @module
 */
import { createRequire } from 'node:module';

type DecompressBlock = (
  source: Uint8Array,
  target: Uint8Array,
  sourceStart: number,
  sourceLength: number,
  targetStart: number,
) => number;

let loaded: { readonly decompressBlock: DecompressBlock } | null = null;

/** The function of that name. */
export const decompressBlock: DecompressBlock = (source, target, sourceStart, sourceLength, targetStart) => {
  loaded ??= createRequire(import.meta.url)('lz4js') as { readonly decompressBlock: DecompressBlock };
  return loaded.decompressBlock(source, target, sourceStart, sourceLength, targetStart);
};
