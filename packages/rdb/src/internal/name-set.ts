/** Byte strings met before, to find the repeated ones. */
import { Crc64 } from '@rdbkit/bytes';

/** Longer strings are known by length and checksum: a set of them shall not take the memory of all of them. */
const LONGEST_KEPT = 64;
const DIGEST_BYTES = 16;
/** What is kept beyond this goes into another set: positions have 32 bits. */
const MOST_BYTES = 2 ** 30;
const FIRST_SLOTS = 16;
const FIRST_TEXT = 256;
/** A table that was larger is not kept for the next value: to empty it takes longer than most values. */
const KEPT_SLOTS = 1024;

const crc = new Crc64();
const digest = new Uint8Array(DIGEST_BYTES);
const digestView = new DataView(digest.buffer);

/**
 * Random words by position and byte. Whatever a file's names are, those that share a place by design need knowledge of these
 * (tabulation hashing); and to look a word up and add it takes no time beside reading the byte.
 */
let randomWords: Int32Array | null = null;

/**
 * A set of byte strings. They lie one behind the other in one array: with JavaScript's strings in a `Set`, case
 * `check/values mixed` took a third longer on Node 20, and nearly twice as long on Node 26.
 */
export class NameSet {
  private readonly random: Int32Array;
  /** Open addressing: number of the name + 1, or 0. At least twice as many as names. */
  private slots: Int32Array = NO_WORDS;
  private hashes: Int32Array = NO_WORDS;
  /** Where a name ends in `text`. */
  private ends: Uint32Array = NO_ENDS;
  private text: Uint8Array = NO_BYTES;
  private count = 0;
  private textEnd = 0;
  private older: NameSet | null = null;

  constructor() {
    randomWords ??= Int32Array.from({ length: LONGEST_KEPT * 256 }, () => Math.random() * 2 ** 32);
    this.random = randomWords;
  }

  /** Adds `bytes[start, end)`; `false` when it was there. */
  add(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start <= LONGEST_KEPT) return this.insert(bytes, start, end, 0);
    crc.reset();
    crc.update(bytes, start, end);
    digestView.setFloat64(0, end - start);
    crc.writeTo(digest, 8);
    // Not to be taken for a short name of the same bytes: two of them do not happen by chance, and a forger has his own file refused.
    return this.insert(digest, 0, DIGEST_BYTES, 1);
  }

  /** Forgets all names, for another value. */
  clear(): void {
    this.older = null;
    this.count = 0;
    this.textEnd = 0;
    if (this.slots.length <= KEPT_SLOTS) {
      this.slots.fill(0);
      return;
    }
    this.slots = NO_WORDS;
    this.hashes = NO_WORDS;
    this.ends = NO_ENDS;
    this.text = NO_BYTES;
  }

  private insert(bytes: Uint8Array, start: number, end: number, kind: 0 | 1): boolean {
    const hash = (this.hashOf(bytes, start, end) & -2) | kind;
    for (let set = this.older; set !== null; set = set.older)
      if (set.placeOf(hash, bytes, start, end) < 0) return false;
    if ((this.count + 1) * 2 > this.slots.length) this.grow();
    const place = this.placeOf(hash, bytes, start, end);
    if (place < 0) return false;
    if (this.textEnd + end - start > MOST_BYTES) {
      this.setAside();
      return this.insert(bytes, start, end, kind);
    }
    this.keep(bytes, start, end);
    this.hashes[this.count] = hash;
    this.ends[this.count] = this.textEnd;
    this.slots[place] = ++this.count;
    return true;
  }

  private hashOf(bytes: Uint8Array, start: number, end: number): number {
    const { random } = this;
    let hash = end - start;
    for (let i = start, row = 0; i < end; i++, row += 256) hash ^= random[row + bytes[i]];
    return hash;
  }

  /** The free place for a name, or −1 when the set has it. */
  private placeOf(hash: number, bytes: Uint8Array, start: number, end: number): number {
    const { slots, hashes } = this;
    const mask = slots.length - 1;
    // The lowest bit is the same for most.
    let place = (hash >>> 1) & mask;
    for (; slots[place] !== 0; place = (place + 1) & mask) {
      const name = slots[place] - 1;
      if (hashes[name] === hash && this.isName(name, bytes, start, end)) return -1;
    }
    return place;
  }

  private isName(name: number, bytes: Uint8Array, start: number, end: number): boolean {
    const { text, ends } = this;
    const from = name === 0 ? 0 : ends[name - 1];
    if (ends[name] - from !== end - start) return false;
    for (let i = start, at = from; i < end; i++, at++) if (text[at] !== bytes[i]) return false;
    return true;
  }

  private keep(bytes: Uint8Array, start: number, end: number): void {
    const needed = this.textEnd + end - start;
    if (needed > this.text.length) {
      const larger = new Uint8Array(Math.max(FIRST_TEXT, this.text.length * 2, needed));
      larger.set(this.text.subarray(0, this.textEnd));
      this.text = larger;
    }
    const { text } = this;
    let at = this.textEnd;
    for (let i = start; i < end; i++) text[at++] = bytes[i];
    this.textEnd = at;
  }

  private grow(): void {
    const size = Math.max(FIRST_SLOTS, this.slots.length * 2);
    const hashes = new Int32Array(size / 2);
    hashes.set(this.hashes.subarray(0, this.count));
    this.hashes = hashes;
    const ends = new Uint32Array(size / 2);
    ends.set(this.ends.subarray(0, this.count));
    this.ends = ends;
    const slots = new Int32Array(size);
    const mask = size - 1;
    for (let name = 0; name < this.count; name++) {
      let place = (hashes[name] >>> 1) & mask;
      while (slots[place] !== 0) place = (place + 1) & mask;
      slots[place] = name + 1;
    }
    this.slots = slots;
  }

  /** Goes on with an empty set. */
  private setAside(): void {
    const full = new NameSet();
    Object.assign(full, this);
    this.slots = NO_WORDS;
    this.hashes = NO_WORDS;
    this.ends = NO_ENDS;
    this.text = NO_BYTES;
    this.count = 0;
    this.textEnd = 0;
    this.older = full;
  }
}

const NO_WORDS = new Int32Array(0);
const NO_ENDS = new Uint32Array(0);
const NO_BYTES = new Uint8Array(0);
