/**
 * The hash slot of a key in a cluster (rdb-format notes, §9).
 *
 * @module
 */
// The bare calculator: the package's main entries wrap it in a conversion to Node's Buffer, which browsers lack.
import crc16xmodem from 'crc/calculators/crc16xmodem';

const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

/**
 * Computes the cluster slot, 0 … 16383, of the key `bytes[start, end)`.
 *
 * It is the CRC-16/XMODEM of the key's hash tag, or of the whole key when it has none. The tag is what lies between the
 * first `{` and the first `}` after it; when nothing does, the key has no tag, even if another pair of braces follows.
 *
 * @example
 * ```ts
 * import { keySlot } from '@rdbkit/bytes';
 * const key = new TextEncoder().encode('{user1000}.following');
 * console.log(keySlot(key, 0, key.length)); // 3443, the same as for user1000
 * ```
 */
export function keySlot(bytes: Uint8Array, start: number, end: number): number {
  let from = start;
  let to = end;
  let open = start;
  while (open < end && bytes[open] !== OPENING_BRACE) open++;
  let close = open + 1;
  while (close < end && bytes[close] !== CLOSING_BRACE) close++;
  if (close < end && close > open + 1) {
    from = open + 1;
    to = close;
  }
  const part = from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to);
  // 16384 slots: the lower 14 of the 16 bits.
  return crc16xmodem(part) & 0x3fff;
}
