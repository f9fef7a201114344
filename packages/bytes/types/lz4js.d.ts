/** The package has no declarations. What is used of it: */
export declare function decompressBlock(
  source: Uint8Array,
  target: Uint8Array,
  sourceStart: number,
  sourceLength: number,
  targetStart: number,
): number;
