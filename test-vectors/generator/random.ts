import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';

const WORDS = (
  'amber anchor atlas autumn basket beacon birch breeze bridge candle canyon cedar chapel cinder cobalt copper coral ' +
  'crater delta desert dune ember fabric falcon fern field flint forest garden glacier granite harbor hazel helmet ' +
  'island ivory jasper kernel lantern ledger linen magnet maple marble meadow mirror needle nickel novel oasis orbit ' +
  'orchid paddle pebble pepper pillar planet prairie quartz quiver raven reef ribbon ripple saddle salmon sapphire ' +
  'shadow signal silver spruce summit tablet thicket timber topaz tundra valley velvet violet walnut willow winter'
).split(' ');

/** A stream of pseudo-random values that depends on a text only (xoshiro128**). */
export class Random {
  private readonly state: Uint32Array;

  constructor(seed: string) {
    const digest = createHash('sha256').update(seed).digest();
    this.state = Uint32Array.from([0, 4, 8, 12], (offset) => digest.readUInt32LE(offset) || 1);
  }

  uint32(): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.state;
    const product = Math.imul(b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const third = c ^ a;
    const fourth = d ^ b;
    this.state[1] = b ^ third;
    this.state[0] = a ^ fourth;
    this.state[2] = third ^ (b << 9);
    this.state[3] = (fourth << 11) | (fourth >>> 21);
    return result;
  }

  /** A number in [0, 1). */
  unit(): number {
    return this.uint32() / 2 ** 32;
  }

  /** An integer in [low, high]. */
  int(low: number, high: number): number {
    return low + Math.floor(this.unit() * (high - low + 1));
  }

  /** A signed integer with at most `bits` bits of magnitude. */
  bigint(bits: number): bigint {
    const wide = (BigInt(this.uint32()) << 32n) | BigInt(this.uint32());
    const magnitude = wide >> BigInt(64 - bits);
    return this.uint32() % 2 === 0 ? magnitude : -magnitude;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.int(0, items.length - 1)] as Item;
  }

  /** Bytes that do not compress. */
  noise(length: number): Buffer {
    return Buffer.from(Uint8Array.from({ length }, () => this.uint32() >>> 24));
  }

  letters(length: number): string {
    return String.fromCharCode(...Array.from({ length }, () => this.int(97, 122)));
  }

  word(): string {
    return this.pick(WORDS);
  }

  /** Words, `length` bytes of them. */
  text(length: number): string {
    let text = '';
    while (text.length < length) text += this.word() + (this.uint32() % 8 === 0 ? '.\n' : ' ');
    return text.slice(0, length);
  }

  /** A JSON document of about `length` bytes. */
  json(length: number): string {
    const lines: unknown[] = [];
    for (let size = 60; size < length; size += 100) {
      lines.push({
        sku: this.int(1, 99_999_999),
        name: `${this.word()} ${this.word()}`,
        state: this.pick(['open', 'paid', 'sent', 'returned']),
        price: this.int(100, 99_999) / 100,
        tags: [this.word(), this.word()],
      });
    }
    return JSON.stringify({ order: this.int(1, 1e9), customer: `${this.word()}@example.com`, lines });
  }
}
