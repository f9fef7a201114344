/** Blobs without entries, told by their heads. They are too small to be compressed. */

const PACKED_CONTAINER = 2;
const EMPTY_ZIPLIST_BYTES = 11;
const EMPTY_LISTPACK_BYTES = 7;

export function isEmptyZiplist(bytes: Uint8Array, start: number, end: number): boolean {
  return afterEmptyZiplist(bytes, start) === end;
}

export function isEmptyListpack(bytes: Uint8Array, start: number, end: number): boolean {
  return afterEmptyListpack(bytes, start) === end;
}

/** Type 14. Looks no further than the first node that has an element. */
export function isEmptyQuicklist(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start + 1;
  while (at >= 0 && at < end) at = afterEmptyZiplist(bytes, at);
  return at === end;
}

/** Type 18: a container kind stands before each node. */
export function isEmptyQuicklist2(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start + 1;
  while (at >= 0 && at < end) at = bytes[at] === PACKED_CONTAINER ? afterEmptyListpack(bytes, at + 1) : -1;
  return at === end;
}

/** Position after the string at `at`, if that is a ziplist without entries; else −1. */
function afterEmptyZiplist(bytes: Uint8Array, at: number): number {
  return bytes[at] === EMPTY_ZIPLIST_BYTES && bytes[at + 9] === 0 && bytes[at + 10] === 0
    ? at + 1 + EMPTY_ZIPLIST_BYTES
    : -1;
}

/** Position after the string at `at`, if that is a listpack without elements; else −1. */
function afterEmptyListpack(bytes: Uint8Array, at: number): number {
  return bytes[at] === EMPTY_LISTPACK_BYTES && bytes[at + 5] === 0 && bytes[at + 6] === 0
    ? at + 1 + EMPTY_LISTPACK_BYTES
    : -1;
}
