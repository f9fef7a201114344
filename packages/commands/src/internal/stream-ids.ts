/** Sorted lists of stream IDs: which of them a stream still has. */
import type { Int64 } from '@rdbkit/bytes';

/** An ID in words of 32 bits: comparing these needs no BigInt. */
const WORDS = 4;
const ID_BYTES = 16;
const WORD = 0x1_0000_0000;

/** IDs that are asked for, ascending and without repetition. {@link StreamIds.pass} marks those that exist. */
export class StreamIds {
  count = 0;
  private words: Uint32Array = new Uint32Array(0);
  private found: Uint8Array = new Uint8Array(0);
  /** The next one to be passed. */
  private at = 0;
  private readonly entry = new Uint32Array(WORDS);

  /** Adds IDs that ascend, 16 bytes each as in files. */
  addBytes(ids: Uint8Array, count: number): void {
    const view = new DataView(ids.buffer, ids.byteOffset, count * ID_BYTES);
    const words = new Uint32Array(count * WORDS);
    for (let i = 0; i < words.length; i++) words[i] = view.getUint32(i * 4, false);
    this.merge(words);
  }

  /** Adds IDs in any order. */
  addAll(ids: readonly { readonly ms: Int64; readonly seq: Int64 }[]): void {
    const sorted = [...ids].sort((a, b) => compareInt64(a.ms, b.ms) || compareInt64(a.seq, b.seq));
    const words = new Uint32Array(sorted.length * WORDS);
    sorted.forEach(({ ms, seq }, i) => setWords(words, i * WORDS, ms, seq));
    this.merge(words);
  }

  private merge(more: Uint32Array): void {
    const mine = this.words;
    const merged = new Uint32Array(this.count * WORDS + more.length);
    let a = 0;
    let b = 0;
    let to = 0;
    while (a < this.count * WORDS || b < more.length) {
      const order = a >= this.count * WORDS ? 1 : b >= more.length ? -1 : compareWords(mine, a, more, b);
      const source = order <= 0 ? mine : more;
      const from = order <= 0 ? a : b;
      if (order <= 0) a += WORDS;
      if (order >= 0) b += WORDS;
      if (to > 0 && compareWords(merged, to - WORDS, source, from) === 0) continue;
      for (let i = 0; i < WORDS; i++) merged[to + i] = source[from + i] as number;
      to += WORDS;
    }
    this.words = merged;
    this.count = to / WORDS;
    this.found = new Uint8Array(this.count);
  }

  /** Begins to go over the entries of the stream. */
  rewind(): void {
    this.at = 0;
  }

  /** Index of the next ID that lies before the entry and so is no entry, or −1. The entry itself is marked as found. */
  pass(ms: Int64, seq: Int64): number {
    if (this.at >= this.count) return -1;
    setWords(this.entry, 0, ms, seq);
    const order = compareWords(this.words, this.at * WORDS, this.entry, 0);
    if (order < 0) return this.at++;
    if (order === 0) this.found[this.at++] = 1;
    return -1;
  }

  /** Index of the next ID after the last entry, or −1. */
  passRest(): number {
    return this.at < this.count ? this.at++ : -1;
  }

  ms(index: number): Int64 {
    return this.int64(index * WORDS);
  }

  seq(index: number): Int64 {
    return this.int64(index * WORDS + 2);
  }

  private int64(at: number): Int64 {
    const high = this.words[at] as number;
    const low = this.words[at + 1] as number;
    const value = high * WORD + low;
    return Number.isSafeInteger(value) ? value : (BigInt(high) << 32n) | BigInt(low);
  }
}

function setWords(words: Uint32Array, at: number, ms: Int64, seq: Int64): void {
  words[at] = high(ms);
  words[at + 1] = low(ms);
  words[at + 2] = high(seq);
  words[at + 3] = low(seq);
}

function high(value: Int64): number {
  return typeof value === 'number' ? Math.floor(value / WORD) : Number(BigInt.asUintN(32, value >> 32n));
}

function low(value: Int64): number {
  return typeof value === 'number' ? value % WORD : Number(BigInt.asUintN(32, value));
}

function compareWords(a: Uint32Array, aAt: number, b: Uint32Array, bAt: number): number {
  for (let i = 0; i < WORDS; i++) {
    const x = a[aAt + i] as number;
    const y = b[bAt + i] as number;
    if (x !== y) return x < y ? -1 : 1;
  }
  return 0;
}

function compareInt64(a: Int64, b: Int64): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Compares two stream IDs. */
export function compareIds(aMs: Int64, aSeq: Int64, bMs: Int64, bSeq: Int64): number {
  return compareInt64(aMs, bMs) || compareInt64(aSeq, bSeq);
}
