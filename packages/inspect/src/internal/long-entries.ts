/** Finds out cheaply whether a listpack is worth being walked. */

const END = 0xff;

/**
 * Whether a listpack has a string of more than `limit` bytes, which is at least 63. Believes what it reads, up to the end of the
 * blob.
 */
export function hasLongEntry(bytes: Uint8Array, start: number, end: number, limit: number): boolean {
  for (let at = start + 6; at < end; ) {
    const first = bytes[at] as number;
    if (first < 0x80) {
      at += 2;
    } else if (first < 0xc0) {
      at += 2 + (first & 0x3f);
    } else if (first < 0xe0) {
      at += 3;
    } else if (first < 0xf0) {
      const length = ((first & 0x0f) << 8) | (bytes[at + 1] as number);
      if (length > limit) return true;
      at += length + 2 + (length + 2 < 128 ? 1 : 2);
    } else if (first === END) {
      return false;
    } else if (first > 0xf0) {
      at += first === 0xf1 ? 4 : first === 0xf2 ? 5 : first === 0xf3 ? 6 : 10;
    } else {
      // 32 bits of length: above 4095 bytes, so that it is long for all limits but the highest.
      return true;
    }
  }
  return false;
}
