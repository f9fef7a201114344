/**
 * XXH32, the checksum of LZ4 frames (xxHash specification, XXH32 algorithm). Seed 0.
 *
 * @module
 */
const PRIME1 = 0x9e3779b1;
const PRIME2 = 0x85ebca77;
const PRIME3 = 0xc2b2ae3d;
const PRIME4 = 0x27d4eb2f;
const PRIME5 = 0x165667b1;

const STRIPE_BYTES = 16;

/**
 * An XXH32 of bytes that come in pieces.
 *
 * @example
 * ```ts
 * import { Xxh32 } from '@rdbkit/bytes';
 * const sum = new Xxh32();
 * sum.update(new TextEncoder().encode('abc'), 0, 3);
 * console.log(sum.digest().toString(16)); // 32d153ff
 * ```
 */
export class Xxh32 {
  private lane1 = 0;
  private lane2 = 0;
  private lane3 = 0;
  private lane4 = 0;
  private length = 0;
  /** Bytes of a stripe that is not complete. */
  private readonly rest = new Uint8Array(STRIPE_BYTES);
  private restLength = 0;

  constructor() {
    this.reset();
  }

  /** Begins anew. */
  reset(): void {
    this.lane1 = (PRIME1 + PRIME2) | 0;
    this.lane2 = PRIME2 | 0;
    this.lane3 = 0;
    this.lane4 = -PRIME1 | 0;
    this.length = 0;
    this.restLength = 0;
  }

  /** Adds `bytes[start, end)`. */
  update(bytes: Uint8Array, start: number, end: number): void {
    this.length += end - start;
    let at = start;
    if (this.restLength > 0) {
      const taken = Math.min(STRIPE_BYTES - this.restLength, end - at);
      this.rest.set(bytes.subarray(at, at + taken), this.restLength);
      this.restLength += taken;
      at += taken;
      if (this.restLength < STRIPE_BYTES) return;
      this.stripes(this.rest, 0, STRIPE_BYTES);
      this.restLength = 0;
    }
    const whole = at + ((end - at) & -STRIPE_BYTES);
    if (whole > at) this.stripes(bytes, at, whole);
    this.rest.set(bytes.subarray(whole, end));
    this.restLength = end - whole;
  }

  /** The sum of what was added so far, an unsigned number of 32 bits. More may be added afterwards. */
  digest(): number {
    const { rest, restLength, length } = this;
    let sum =
      length >= STRIPE_BYTES
        ? rotate(this.lane1, 1) + rotate(this.lane2, 7) + rotate(this.lane3, 12) + rotate(this.lane4, 18)
        : PRIME5;
    sum = (sum + length) | 0;
    let at = 0;
    for (; at + 4 <= restLength; at += 4) {
      sum = Math.imul(rotate(sum + Math.imul(word(rest, at), PRIME3), 17), PRIME4);
    }
    for (; at < restLength; at++) sum = Math.imul(rotate(sum + Math.imul(rest[at], PRIME5), 11), PRIME1);
    sum = Math.imul(sum ^ (sum >>> 15), PRIME2);
    sum = Math.imul(sum ^ (sum >>> 13), PRIME3);
    return (sum ^ (sum >>> 16)) >>> 0;
  }

  private stripes(bytes: Uint8Array, start: number, end: number): void {
    let { lane1, lane2, lane3, lane4 } = this;
    for (let at = start; at < end; at += STRIPE_BYTES) {
      lane1 = Math.imul(rotate(lane1 + Math.imul(word(bytes, at), PRIME2), 13), PRIME1);
      lane2 = Math.imul(rotate(lane2 + Math.imul(word(bytes, at + 4), PRIME2), 13), PRIME1);
      lane3 = Math.imul(rotate(lane3 + Math.imul(word(bytes, at + 8), PRIME2), 13), PRIME1);
      lane4 = Math.imul(rotate(lane4 + Math.imul(word(bytes, at + 12), PRIME2), 13), PRIME1);
    }
    this.lane1 = lane1;
    this.lane2 = lane2;
    this.lane3 = lane3;
    this.lane4 = lane4;
  }
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
