/** Types of values, and the times that keys expire at. */
export const STRING = 0;
export const SET = 2;
export const HASH = 4;
export const ZSET_2 = 5;
export const SET_INTSET = 11;
export const HASH_LISTPACK = 16;
export const ZSET_LISTPACK = 17;
export const LIST_QUICKLIST_2 = 18;
export const STREAM_LISTPACKS_2 = 19;
export const PACKED_NODE = 2;

/** Expiry times lie in the decade after this one: 2100-01-01. */
export const FAR_MS = 4_102_444_800_000;
export const DECADE_MS = 315_360_000_000;
