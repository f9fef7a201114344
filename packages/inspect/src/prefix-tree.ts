/**
 * What keys cost by the beginnings of their names.
 *
 * @module
 */

/** Sums over keys. */
export interface PrefixSums {
  readonly keys: number;
  /** Serialized. */
  readonly bytes: number;
  readonly memory: number;
  /** Keys that expire. */
  readonly expires: number;
}

/** A prefix, up to and including a separator, and everything below it. */
export interface PrefixNode extends PrefixSums {
  /** The whole prefix; empty for all keys. */
  readonly prefix: Uint8Array;
  /** Heaviest first. What is missing to the sums of this node are keys that end at this level and prefixes that were given up. */
  readonly children: readonly PrefixNode[];
  /**
   * The true sums are at least those of the node, and at most greater by this. All 0 as long as nothing was given up.
   */
  readonly error: PrefixSums;
}

/** Options of a {@link PrefixTree}. */
export interface PrefixTreeOptions {
  /** @default ':' */
  readonly separator?: Uint8Array | string | undefined;
  /**
   * Prefixes that are counted at a time. When there are more, the lightest are given up.
   * @default 65536
   */
  readonly nodes?: number | undefined;
  /**
   * Separators of a name that are looked at; a part of more than 256 bytes ends that, too.
   * @default 8
   */
  readonly depth?: number | undefined;
}

const ROOT = 0;
/** What is longer between two separators ends the way down, so that names of any length take bounded memory. */
const LONGEST_SEGMENT = 256;
const WEIGHT_CLASSES = 256;
const WORD = 4;
const TWO_WORDS = 8;

/**
 * Counts keys, bytes and memory for every prefix of their names that ends in a separator, in bounded memory.
 *
 * As long as there are no more prefixes than the option `nodes` allows, all sums are exact. When there are more, the lightest
 * half (by memory, of those without a longer prefix below them) is given up: their sums stay in those of the shorter prefixes, but
 * if such a prefix is met again its count starts anew. What it may lack is bounded by what was given up below its parent and what
 * the parent itself lacks, and by the heaviest of what was ever given up; the smaller of the two is the node's `error`. So for
 * every prefix `sum ≤ true sum ≤ sum + error`, and {@link PrefixTree.limit} bounds the true sums of every prefix that is not in
 * the tree. Both stay below 2 · memory of all keys / `nodes` as long as most of the light prefixes weigh about the same.
 *
 * @example
 * ```ts
 * import { PrefixTree } from '@rdbkit/inspect';
 * const tree = new PrefixTree();
 * for (const name of ['user:1:name', 'user:2:name', 'config']) tree.add(new TextEncoder().encode(name), 0, name.length, 20, 80, false);
 * const [user] = tree.root().children;
 * console.log(new TextDecoder().decode(user?.prefix), user?.keys, user?.memory); // user: 2 160
 * ```
 */
export class PrefixTree {
  /** What names are taken apart at. */
  readonly separator: Uint8Array;
  private readonly depth: number;
  private readonly capacity: number;

  // Nodes are numbers; 0 is the root. Those that were given up wait in a list to be used again.
  private readonly parents: Int32Array;
  private readonly childCounts: Int32Array;
  private readonly hashes: Int32Array;
  private readonly starts: Int32Array;
  private readonly lengths: Int32Array;
  /** The first eight bytes of the segments, 0 where there are fewer. */
  private readonly heads: Int32Array;
  private readonly tails: Int32Array;
  private readonly isUsed: Uint8Array;
  /** Four numbers a node: keys, bytes, memory, expires, of keys that end there. Those further down are added when somebody asks. */
  private readonly sums: Float64Array;
  private readonly errors: Float64Array;
  /** Sums of children that were given up. */
  private readonly lost: Float64Array;
  private readonly free: Int32Array;
  private freeCount = 0;
  private used = 1;
  /** Open addressing: node number + 1, or 0. Twice as many places as nodes, at least. */
  private readonly slots: Int32Array;
  private readonly slotMask: number;
  private readonly slotShift: number;
  // Odd, and drawn by lot for each tree, so that nobody can make a dump whose prefixes all share a place.
  private readonly ofHead: number = oddNumber();
  private readonly ofTail: number = oddNumber();
  private readonly ofParent: number = oddNumber();
  private readonly ofRest: number = oddNumber();
  /** The segments' bytes. */
  private text = new Uint8Array(4096);
  private textEnd = 0;
  /** Of all that was given up, the most of each sum. */
  private readonly given = new Float64Array(SUMS);
  /** The bytes of the key that is counted, and a view of them. */
  private bytes: Uint8Array = NOTHING;
  private view: DataView = new DataView(NOTHING.buffer);
  /** Those of the ones before: a reader has a window and a place for a name that has to wait, and making a view takes long. */
  private otherBytes: Uint8Array = NOTHING;
  private otherView: DataView = this.view;

  /** @throws RangeError for an empty separator and for numbers that are not positive. */
  constructor(options: PrefixTreeOptions = {}) {
    const { separator = ':', nodes = 65_536, depth = 8 } = options;
    this.separator = typeof separator === 'string' ? new TextEncoder().encode(separator) : separator;
    if (this.separator.length === 0) throw new RangeError('the separator is empty');
    if (!Number.isSafeInteger(depth) || depth < 1) throw new RangeError(`depth: ${depth} is not a positive number`);
    // Otherwise the way down to one prefix could take all of them.
    if (!Number.isSafeInteger(nodes) || nodes < depth)
      throw new RangeError(`nodes: ${nodes} is not a number from the depth, ${depth}, on`);
    this.depth = depth;
    this.capacity = nodes + 1;
    const count = this.capacity;
    this.parents = new Int32Array(count);
    this.childCounts = new Int32Array(count);
    this.hashes = new Int32Array(count);
    this.starts = new Int32Array(count);
    this.lengths = new Int32Array(count);
    this.heads = new Int32Array(count);
    this.tails = new Int32Array(count);
    this.isUsed = new Uint8Array(count);
    this.sums = new Float64Array(SUMS * count);
    this.errors = new Float64Array(SUMS * count);
    this.lost = new Float64Array(SUMS * count);
    this.free = new Int32Array(count);
    const places = 2 ** Math.ceil(Math.log2(count * 2));
    this.slots = new Int32Array(places);
    this.slotMask = places - 1;
    this.slotShift = Math.clz32(places - 1);
  }

  /** Whether nothing was given up, so that all sums are exact. */
  get isExact(): boolean {
    return this.given[0] === 0;
  }

  /** What a prefix that is not in the tree comes to at most. All 0 if there is none. */
  get limit(): PrefixSums {
    return sumsAt(this.given, 0);
  }

  /** Counts a key. The bytes are the caller's again afterwards. */
  add(bytes: Uint8Array, start: number, end: number, size: number, memory: number, expires: boolean): void {
    if (bytes !== this.bytes) this.lookAt(bytes);
    const { depth } = this;
    let node = ROOT;
    let from = start;
    for (let level = 0; level < depth; level++) {
      const at = this.segmentEnd(from, Math.min(end, from + LONGEST_SEGMENT));
      if (at < 0) break;
      node = this.child(node, from, at);
      from = at;
    }
    const { sums } = this;
    const at = SUMS * node;
    sums[at] = (sums[at] as number) + 1;
    sums[at + 1] = (sums[at + 1] as number) + size;
    sums[at + MEMORY] = (sums[at + MEMORY] as number) + memory;
    if (expires) sums[at + 3] = (sums[at + 3] as number) + 1;
  }

  private lookAt(bytes: Uint8Array): void {
    const view =
      bytes === this.otherBytes ? this.otherView : new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.otherBytes = this.bytes;
    this.otherView = this.view;
    this.bytes = bytes;
    this.view = view;
  }

  /**
   * The tree as it stands.
   *
   * @param least - Nodes with less memory than this are left out.
   */
  root(least = 0): PrefixNode {
    const totals = this.totals();
    const children: number[][] = [];
    for (let node = 1; node < this.used; node++) {
      if (this.isUsed[node] === 0 || (totals[SUMS * node + MEMORY] as number) < least) continue;
      (children[this.parents[node] as number] ??= []).push(node);
    }
    return this.describe(ROOT, new Uint8Array(0), totals, children);
  }

  /** The prefixes with the most memory, whatever their length; of those with the same memory the shorter first. */
  heaviest(count: number): PrefixNode[] {
    const totals = this.totals();
    const nodes: number[] = [];
    for (let node = 1; node < this.used; node++) if (this.isUsed[node] === 1) nodes.push(node);
    const memory = (node: number): number => totals[SUMS * node + MEMORY] as number;
    nodes.sort((a, b) => memory(b) - memory(a) || this.prefixOf(a).length - this.prefixOf(b).length);
    return nodes.slice(0, count).map((node) => this.describe(node, this.prefixOf(node), totals, []));
  }

  /** The sums with those of all that is further down. */
  private totals(): Float64Array {
    const { sums, parents } = this;
    const totals = sums.slice(0, SUMS * this.used);
    for (let node = 1; node < this.used; node++) {
      if (this.isUsed[node] === 0) continue;
      for (let above = node; above !== ROOT; ) {
        above = parents[above] as number;
        for (let i = 0; i < SUMS; i++)
          totals[SUMS * above + i] = (totals[SUMS * above + i] as number) + (sums[SUMS * node + i] as number);
      }
    }
    return totals;
  }

  private describe(
    node: number,
    prefix: Uint8Array,
    totals: Float64Array,
    children: readonly (readonly number[])[],
  ): PrefixNode {
    const below = (children[node] ?? []).map((child) => {
      const longer = new Uint8Array(prefix.length + (this.lengths[child] as number));
      longer.set(prefix);
      longer.set(this.segment(child), prefix.length);
      return this.describe(child, longer, totals, children);
    });
    below.sort((a, b) => b.memory - a.memory || compareBytes(a.prefix, b.prefix));
    return { prefix, ...sumsAt(totals, node), children: below, error: sumsAt(this.errors, node) };
  }

  private prefixOf(node: number): Uint8Array {
    const path: number[] = [];
    for (let at = node; at !== ROOT; at = this.parents[at] as number) path.unshift(at);
    return concat(path.map((at) => this.segment(at)));
  }

  private segment(node: number): Uint8Array {
    const start = this.starts[node] as number;
    return this.text.subarray(start, start + (this.lengths[node] as number));
  }

  /** Where the first separator ends, or −1. */
  private segmentEnd(start: number, end: number): number {
    const { bytes, separator } = this;
    const first = separator[0] as number;
    if (separator.length === 1) return this.endOfByte(first, start, end);
    for (let at = start; ; ) {
      at = this.endOfByte(first, at, end);
      if (at < 0) return -1;
      if (this.isSeparator(bytes, at - 1, end)) return at - 1 + separator.length;
    }
  }

  /**
   * Behind the first such byte, or −1. Names are short and of all lengths, so that the end of a loop over their bytes is what the
   * processor guesses wrong: eight bytes a step leave less to guess (`inspect/all mixed`), even if some of them stand behind the
   * name. The trick finds the lowest zero byte of a word.
   */
  private endOfByte(byte: number, start: number, end: number): number {
    const { bytes, view } = this;
    const pattern = Math.imul(byte, 0x01010101);
    let at = start;
    for (; at < end && at + TWO_WORDS <= bytes.length; at += TWO_WORDS) {
      const low = zeroBytes(view.getInt32(at, true) ^ pattern);
      const high = zeroBytes(view.getInt32(at + WORD, true) ^ pattern);
      if ((low | high) === 0) continue;
      const found = at + 1 + (low !== 0 ? lowestByte(low) : WORD + lowestByte(high));
      return found <= end ? found : -1;
    }
    for (; at < end; at++) if (bytes[at] === byte) return at + 1;
    return -1;
  }

  private isSeparator(bytes: Uint8Array, at: number, end: number): boolean {
    const { separator } = this;
    if (at + separator.length > end) return false;
    for (let i = 1; i < separator.length; i++) if (bytes[at + i] !== separator[i]) return false;
    return true;
  }

  private child(parent: number, start: number, end: number): number {
    const { bytes, view, slots, slotMask, parents, heads, tails, lengths } = this;
    const length = end - start;
    let head = 0;
    let tail = 0;
    const within = Math.min(length, TWO_WORDS);
    if (start + TWO_WORDS <= bytes.length) {
      head = view.getInt32(start, true) & (HEAD_MASKS[within] as number);
      tail = view.getInt32(start + WORD, true) & (TAIL_MASKS[within] as number);
    } else {
      for (let i = 0; i < within; i++) {
        if (i < WORD) head |= (bytes[start + i] as number) << (8 * i);
        else tail |= (bytes[start + i] as number) << (8 * (i - WORD));
      }
    }
    let hash = (Math.imul(head, this.ofHead) + Math.imul(tail, this.ofTail) + Math.imul(parent, this.ofParent)) | 0;
    for (let at = start + TWO_WORDS; at < end; at++) hash = Math.imul(hash + (bytes[at] as number), this.ofRest);
    for (let place = hash >>> this.slotShift; ; place = (place + 1) & slotMask) {
      const node = (slots[place] as number) - 1;
      if (node < 0) break;
      if (
        heads[node] === head &&
        tails[node] === tail &&
        parents[node] === parent &&
        (length <= TWO_WORDS || (lengths[node] === length && this.isText(node, bytes, start)))
      ) {
        return node;
      }
    }
    const node = this.insert(parent, hash, bytes, start, end);
    heads[node] = head;
    tails[node] = tail;
    return node;
  }

  private isText(node: number, bytes: Uint8Array, start: number): boolean {
    const { text } = this;
    const from = this.starts[node] as number;
    const length = this.lengths[node] as number;
    for (let i = 0; i < length; i++) if (text[from + i] !== bytes[start + i]) return false;
    return true;
  }

  private insert(parent: number, hash: number, bytes: Uint8Array, start: number, end: number): number {
    if (this.freeCount === 0 && this.used === this.capacity) this.giveUp(parent);
    const node = this.freeCount > 0 ? (this.free[--this.freeCount] as number) : this.used++;
    const length = end - start;
    this.isUsed[node] = 1;
    this.parents[node] = parent;
    this.hashes[node] = hash;
    this.childCounts[node] = 0;
    this.childCounts[parent] = (this.childCounts[parent] as number) + 1;
    this.sums.fill(0, SUMS * node, SUMS * node + SUMS);
    this.lost.fill(0, SUMS * node, SUMS * node + SUMS);
    for (let i = 0; i < SUMS; i++) {
      // A key that is missing here came while the parent was as it is, and was lost below it, or before, and is missing there too.
      const missing = (this.lost[SUMS * parent + i] as number) + (this.errors[SUMS * parent + i] as number);
      this.errors[SUMS * node + i] = Math.min(this.given[i] as number, missing);
    }
    this.keep(node, bytes, start, length);
    this.place(node);
    return node;
  }

  private keep(node: number, bytes: Uint8Array, start: number, length: number): void {
    if (this.textEnd + length > this.text.length) {
      const larger = new Uint8Array(Math.max(this.text.length * 2, this.textEnd + length));
      larger.set(this.text.subarray(0, this.textEnd));
      this.text = larger;
    }
    const { text, textEnd } = this;
    for (let i = 0; i < length; i++) text[textEnd + i] = bytes[start + i] as number;
    this.starts[node] = textEnd;
    this.lengths[node] = length;
    this.textEnd += length;
  }

  private place(node: number): void {
    const { slots, slotMask } = this;
    let place = (this.hashes[node] as number) >>> this.slotShift;
    while (slots[place] !== 0) place = (place + 1) & slotMask;
    slots[place] = node + 1;
  }

  /** Gives up the lightest half of the prefixes without a longer one below them, but not the one that is being counted. */
  private giveUp(current: number): void {
    const { sums, parents, isUsed, childCounts } = this;
    const classes = new Int32Array(WEIGHT_CLASSES);
    let leaves = 0;
    for (let node = 1; node < this.used; node++) {
      if (isUsed[node] === 0 || childCounts[node] !== 0 || node === current) continue;
      const weight = weightClass(sums[SUMS * node + MEMORY] as number);
      classes[weight] = (classes[weight] as number) + 1;
      leaves++;
    }
    let border = 0;
    for (let taken = 0; border < WEIGHT_CLASSES; border++) {
      taken += classes[border] as number;
      if (taken * 2 >= leaves) break;
    }
    for (let node = 1; node < this.used; node++) {
      if (isUsed[node] === 0 || childCounts[node] !== 0 || node === current) continue;
      if (weightClass(sums[SUMS * node + MEMORY] as number) > border) continue;
      const parent = parents[node] as number;
      for (let i = 0; i < SUMS; i++) {
        const sum = (sums[SUMS * node + i] as number) + (this.errors[SUMS * node + i] as number);
        this.given[i] = Math.max(this.given[i] as number, sum);
        this.lost[SUMS * parent + i] = (this.lost[SUMS * parent + i] as number) + (sums[SUMS * node + i] as number);
        sums[SUMS * parent + i] = (sums[SUMS * parent + i] as number) + (sums[SUMS * node + i] as number);
      }
      isUsed[node] = 0;
      childCounts[parent] = (childCounts[parent] as number) - 1;
      this.free[this.freeCount++] = node;
    }
    this.rebuild();
  }

  /** Makes the table of places anew, and moves the bytes of the segments together. */
  private rebuild(): void {
    this.slots.fill(0);
    const nodes: number[] = [];
    for (let node = 1; node < this.used; node++) if (this.isUsed[node] === 1) nodes.push(node);
    nodes.sort((a, b) => (this.starts[a] as number) - (this.starts[b] as number));
    let end = 0;
    for (const node of nodes) {
      const start = this.starts[node] as number;
      const length = this.lengths[node] as number;
      this.text.copyWithin(end, start, start + length);
      this.starts[node] = end;
      end += length;
      this.place(node);
    }
    this.textEnd = end;
  }
}

const SUMS = 4;
const MEMORY = 2;

function sumsAt(sums: Float64Array, node: number): PrefixSums {
  const at = SUMS * node;
  return {
    keys: sums[at] as number,
    bytes: sums[at + 1] as number,
    memory: sums[at + MEMORY] as number,
    expires: sums[at + 3] as number,
  };
}

const NOTHING = new Uint8Array(0);
/** By number of bytes: what of two words belongs to them. */
const HEAD_MASKS = Int32Array.of(0, 0xff, 0xffff, 0xffffff, -1, -1, -1, -1, -1);
const TAIL_MASKS = Int32Array.of(0, 0, 0, 0, 0, 0xff, 0xffff, 0xffffff, -1);

/** Four classes for each doubling. */
function weightClass(memory: number): number {
  return memory < 1 ? 0 : Math.min(WEIGHT_CLASSES - 1, Math.floor(Math.log2(memory) * 4) + 1);
}

/** Marks the zero bytes of a word by their highest bits; above the lowest of them there may be marks that mean nothing. */
function zeroBytes(word: number): number {
  return (word - 0x01010101) & ~word & 0x80808080;
}

/** The number of the lowest byte that is marked. */
function lowestByte(marks: number): number {
  return (31 - Math.clz32(marks & -marks)) >> 3;
}

function oddNumber(): number {
  return (Math.random() * 2 ** 32) | 1;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Byte-wise order; a prefix comes before what continues it. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return (a[i] as number) - (b[i] as number);
  return a.length - b.length;
}
