/**
 * Checksums of values on their way from the thread that computes them to the one that writes `RESTORE`: a ring in memory that
 * both share.
 *
 * A message for each of millions of values costs more than most sums; a ring costs a few stores. The producer waits when it is a
 * whole ring ahead. The consumer never waits: what is not there yet it computes itself.
 *
 * @module
 */
import type { ValueSums } from '@rdbkit/commands';

/** Keys that the producer may be ahead: more than a chunk of the file has, unless they are nearly nothing. */
const ENTRIES = 64 * 1024;
const MASK = ENTRIES - 1;
/** Length, type, sum. */
const ENTRY_WORDS = 4;
/** Numbers of keys, of which only the lower 32 bits are kept: the first that has not been put, and the first that is still of interest. */
const PUT = 0;
const WANTED = 1;
/** Nobody asks any more. */
const CLOSED = 2;
const HEAD_WORDS = 4;
/** The producer makes its progress known, and looks how far the consumer is, after so many keys. */
const STEP = 16;
/** Stands for the length of what has no sum. */
const NONE = -1;
const MAX_INT32 = 0x7fff_ffff;

/** The memory of a ring. */
export function newSumRing(): SharedArrayBuffer {
  return new SharedArrayBuffer((HEAD_WORDS + ENTRIES * ENTRY_WORDS) * Int32Array.BYTES_PER_ELEMENT);
}

/** The side of the ring that fills it. */
export class SumProducer {
  private readonly words: Int32Array;
  private key = 0;
  private wanted = 0;
  private isClosed = false;

  constructor(ring: SharedArrayBuffer) {
    this.words = new Int32Array(ring);
  }

  /** Whether the sum of the next key would still be of use. */
  get isWanted(): boolean {
    return !this.isClosed && ahead(this.key, this.wanted) >= 0;
  }

  /** Puts the sum of the next key; waits for room. */
  put(typeCode: number, length: number, lo: number, hi: number): void {
    const { words, key } = this;
    if ((key & (STEP - 1)) === 0) this.step();
    const at = HEAD_WORDS + (key & MASK) * ENTRY_WORDS;
    words[at] = length > MAX_INT32 ? NONE : length;
    words[at + 1] = typeCode;
    words[at + 2] = lo;
    words[at + 3] = hi;
    this.key = (key + 1) | 0;
  }

  /** Leaves the next key to the consumer. */
  pass(): void {
    this.put(0, NONE, 0, 0);
  }

  /** There are no more keys. */
  finish(): void {
    Atomics.store(this.words, PUT, this.key);
  }

  private step(): void {
    const { words, key } = this;
    Atomics.store(words, PUT, key);
    for (;;) {
      // In this order: whoever closes the ring changes the other word afterwards.
      const wanted = Atomics.load(words, WANTED);
      this.isClosed = Atomics.load(words, CLOSED) !== 0;
      this.wanted = wanted;
      if (this.isClosed || ahead(key, wanted) <= ENTRIES - STEP) return;
      Atomics.wait(words, WANTED, wanted);
    }
  }
}

/** The side of the ring that asks. */
export class SumConsumer implements ValueSums {
  lo = 0;
  hi = 0;
  private readonly words: Int32Array;
  private put = 0;

  constructor(ring: SharedArrayBuffer) {
    this.words = new Int32Array(ring);
  }

  find(key: number, typeCode: number, length: number): boolean {
    const { words } = this;
    if (ahead(key, this.put) >= 0) {
      this.put = Atomics.load(words, PUT);
      if (ahead(key, this.put) >= 0) return false;
    }
    const at = HEAD_WORDS + (key & MASK) * ENTRY_WORDS;
    if (words[at] !== length || words[at + 1] !== typeCode) return false;
    this.lo = words[at + 2] as number;
    this.hi = words[at + 3] as number;
    return true;
  }

  /** Nothing is asked any more of keys before this one. */
  passed(key: number): void {
    Atomics.store(this.words, WANTED, key | 0);
    Atomics.notify(this.words, WANTED);
  }

  /** Nothing is asked any more at all. */
  close(): void {
    Atomics.store(this.words, CLOSED, 1);
    Atomics.add(this.words, WANTED, 1);
    Atomics.notify(this.words, WANTED);
  }
}

/** How far a key is ahead of another one: less than half of all 32-bit numbers. */
function ahead(key: number, other: number): number {
  return (key - other) | 0;
}
