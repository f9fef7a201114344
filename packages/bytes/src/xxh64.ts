/**
 * XXH64, of which zstd frames keep the lower half (xxHash specification, XXH64 algorithm). Seed 0.
 *
 * The numbers of 64 bits are pairs of 32: `BigInt` is slower by more than ten times here.
 *
 * @module
 */
const STRIPE_BYTES = 32;

/** The five primes: higher and lower word of each. */
const PRIME_HIGH = Int32Array.of(0x9e3779b1, 0xc2b2ae3d, 0x165667b1, 0x85ebca77, 0x27d4eb2f);
const PRIME_LOW = Int32Array.of(0x85ebca87, 0x27d4eb4f, 0x9e3779f9, 0xc2b2ae63, 0x165667c5);
const P1 = 0;
const P2 = 1;
const P3 = 2;
const P4 = 3;
const P5 = 4;

/** What the functions below return: a number of 64 bits as two words. */
let high = 0;
let low = 0;

/**
 * An XXH64 of bytes that come in pieces.
 *
 * @example
 * ```ts
 * import { Xxh64 } from '@rdbkit/bytes';
 * const sum = new Xxh64();
 * sum.update(new TextEncoder().encode('abc'), 0, 3);
 * console.log(sum.digest().toString(16)); // 44bc2cf5ad770999
 * ```
 */
export class Xxh64 {
  private readonly laneHigh = new Int32Array(4);
  private readonly laneLow = new Int32Array(4);
  private length = 0;
  /** Bytes of a stripe that is not complete. */
  private readonly rest = new Uint8Array(STRIPE_BYTES);
  private restLength = 0;

  constructor() {
    this.reset();
  }

  /** Begins anew. */
  reset(): void {
    const { laneHigh, laneLow } = this;
    add(PRIME_HIGH[P1], PRIME_LOW[P1], PRIME_HIGH[P2], PRIME_LOW[P2]);
    laneHigh[0] = high;
    laneLow[0] = low;
    laneHigh[1] = PRIME_HIGH[P2];
    laneLow[1] = PRIME_LOW[P2];
    laneHigh[2] = 0;
    laneLow[2] = 0;
    // −prime 1
    laneLow[3] = -PRIME_LOW[P1];
    laneHigh[3] = ~PRIME_HIGH[P1];
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

  /** The lower 32 bits of the sum of what was added so far, unsigned. More may be added afterwards. */
  lowDigest(): number {
    this.finish();
    return low >>> 0;
  }

  /** The sum of what was added so far. More may be added afterwards. */
  digest(): bigint {
    this.finish();
    return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  }

  private stripes(bytes: Uint8Array, start: number, end: number): void {
    const { laneHigh, laneLow } = this;
    for (let at = start; at < end; at += STRIPE_BYTES) {
      for (let lane = 0; lane < 4; lane++) {
        const from = at + lane * 8;
        round(laneHigh[lane], laneLow[lane], word(bytes, from + 4), word(bytes, from));
        laneHigh[lane] = high;
        laneLow[lane] = low;
      }
    }
  }

  /** Leaves the sum in `high` and `low`. */
  private finish(): void {
    const { rest, restLength, length } = this;
    if (length >= STRIPE_BYTES) this.mergeLanes();
    else {
      high = PRIME_HIGH[P5];
      low = PRIME_LOW[P5];
    }
    add(high, low, Math.floor(length / 0x1_0000_0000), length | 0);
    let at = 0;
    for (; at + 8 <= restLength; at += 8) {
      const [sumHigh, sumLow] = [high, low];
      round(0, 0, word(rest, at + 4), word(rest, at));
      rotate(sumHigh ^ high, sumLow ^ low, 27);
      multiply(high, low, P1);
      add(high, low, PRIME_HIGH[P4], PRIME_LOW[P4]);
    }
    if (at + 4 <= restLength) {
      const [sumHigh, sumLow] = [high, low];
      multiply(0, word(rest, at), P1);
      rotate(sumHigh ^ high, sumLow ^ low, 23);
      multiply(high, low, P2);
      add(high, low, PRIME_HIGH[P3], PRIME_LOW[P3]);
      at += 4;
    }
    for (; at < restLength; at++) {
      const [sumHigh, sumLow] = [high, low];
      multiply(0, rest[at], P5);
      rotate(sumHigh ^ high, sumLow ^ low, 11);
      multiply(high, low, P1);
    }
    // sum ^= sum >>> 33; sum *= prime 2; sum ^= sum >>> 29; sum *= prime 3; sum ^= sum >>> 32
    multiply(high, low ^ (high >>> 1), P2);
    multiply(high ^ (high >>> 29), low ^ ((low >>> 29) | (high << 3)), P3);
    low ^= high;
  }

  private mergeLanes(): void {
    const { laneHigh, laneLow } = this;
    let sumHigh = 0;
    let sumLow = 0;
    for (const [lane, bits] of [1, 7, 12, 18].entries()) {
      rotate(laneHigh[lane], laneLow[lane], bits);
      add(high, low, sumHigh, sumLow);
      sumHigh = high;
      sumLow = low;
    }
    for (let lane = 0; lane < 4; lane++) {
      round(0, 0, laneHigh[lane], laneLow[lane]);
      multiply(sumHigh ^ high, sumLow ^ low, P1);
      add(high, low, PRIME_HIGH[P4], PRIME_LOW[P4]);
      sumHigh = high;
      sumLow = low;
    }
  }
}

/** `rotate(lane + input · prime 2, 31) · prime 1`. */
function round(laneHigh: number, laneLow: number, inputHigh: number, inputLow: number): void {
  multiply(inputHigh, inputLow, P2);
  add(high, low, laneHigh, laneLow);
  rotate(high, low, 31);
  multiply(high, low, P1);
}

function add(aHigh: number, aLow: number, bHigh: number, bLow: number): void {
  const sum = (aLow >>> 0) + (bLow >>> 0);
  low = sum | 0;
  high = (aHigh + bHigh + (sum > 0xffffffff ? 1 : 0)) | 0;
}

/** Left, by fewer than 32 bits. */
function rotate(aHigh: number, aLow: number, bits: number): void {
  high = (aHigh << bits) | (aLow >>> (32 - bits));
  low = (aLow << bits) | (aHigh >>> (32 - bits));
}

/** By a prime. The product of the lower words is put together from products of 16 bits, which a double holds. */
function multiply(aHigh: number, aLow: number, prime: number): void {
  const bHigh = PRIME_HIGH[prime];
  const bLow = PRIME_LOW[prime];
  const a0 = aLow & 0xffff;
  const a1 = aLow >>> 16;
  const b0 = bLow & 0xffff;
  const b1 = bLow >>> 16;
  const first = a0 * b0;
  const middle = a1 * b0 + (first >>> 16);
  const second = a0 * b1 + (middle & 0xffff);
  const carried = a1 * b1 + Math.floor(middle / 0x10000) + Math.floor(second / 0x10000);
  low = (second << 16) | (first & 0xffff);
  high = (carried + Math.imul(aHigh, bLow) + Math.imul(aLow, bHigh)) | 0;
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
}
