/**
 * CRC-64/Jones as RDB files use it, computed the plain way, so that it can judge the fast one under test.
 *
 * @module
 */

const REFLECTED_POLYNOMIAL_HIGH = 0x95ac9329;
const REFLECTED_POLYNOMIAL_LOW = 0xac4bc9b5;

const TABLE_HIGH = new Uint32Array(256);
const TABLE_LOW = new Uint32Array(256);
for (let i = 0; i < 256; i++) {
  let high = 0;
  let low = i;
  for (let bit = 0; bit < 8; bit++) {
    const carry = low & 1;
    low = ((low >>> 1) | (high << 31)) >>> 0;
    high >>>= 1;
    if (carry === 1) {
      high = (high ^ REFLECTED_POLYNOMIAL_HIGH) >>> 0;
      low = (low ^ REFLECTED_POLYNOMIAL_LOW) >>> 0;
    }
  }
  TABLE_HIGH[i] = high;
  TABLE_LOW[i] = low;
}

/** The checksum of `bytes`. */
export function crc64(bytes: Uint8Array): bigint {
  let high = 0;
  let low = 0;
  for (const byte of bytes) {
    const index = (low ^ byte) & 0xff;
    low = (((low >>> 8) | (high << 24)) ^ (TABLE_LOW[index] ?? 0)) >>> 0;
    high = ((high >>> 8) ^ (TABLE_HIGH[index] ?? 0)) >>> 0;
  }
  return (BigInt(high) << 32n) | BigInt(low);
}
