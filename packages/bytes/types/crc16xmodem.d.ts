/**
 * The package's own declarations refer to Node's types, which would let them leak into code that has to run anywhere.
 */
declare const crc16xmodem: (bytes: Uint8Array, previous?: number) => number;
export default crc16xmodem;
