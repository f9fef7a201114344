/** How to know a tar archive. */
import { latin1 } from './names.ts';

/** Archives consist of blocks of this size. */
export const TAR_BLOCK_BYTES = 512;

/** Whether these first 512 bytes of a file are the header of a tar archive. */
export function isTar(head: Uint8Array): boolean {
  return head.length >= TAR_BLOCK_BYTES && latin1(head.subarray(257, 262)) === 'ustar';
}
