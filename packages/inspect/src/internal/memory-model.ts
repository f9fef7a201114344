/**
 * The sizes of things in a server's memory: what `MEMORY USAGE` counts of them, and what they take. Two numbers come out of most
 * methods; they are left in the registers `usage` and `allocated`.
 */
import { type Allocator, allocationSize } from '../allocator.ts';
import type { Layout } from './layout.ts';

const OBJECT = 16;
const DICT_ENTRY = 24;
const COLLISION_ENTRY = 16;
const POINTER = 8;
const BUCKET = 64;
const BUCKET_SLOTS = 7;
const EMBEDDED_HEADER = 3;
const SKIPLIST_PAIR = 16;
const SKIPLIST_NODE = 16;
const MAX_SHARED_INTEGER = 9999;
/** From this length on a key's block has room for an expiry, whether there is one or not. */
const LONG_KEY = 128;
const MAX_BLOCK_ENTRY = 128;
const EXPIRY = 8;
const FIELD_EXPIRY_RECORD = 16;
const FLAT_RADIX_NODE = 244;
const FLAT_RADIX_KEY = 16;

/** Lengths whose sizes are looked up. */
const TABULATED = 512;
const SMALL_BLOCKS = 1024;

export class MemoryModel {
  readonly layout: Layout;
  readonly allocator: Allocator;
  usage = 0;
  allocated = 0;
  /** The string value of the last call shares its object's block. */
  isEmbedded = false;

  private readonly smallBlocks = new Float64Array(SMALL_BLOCKS);
  private readonly taken = new Float64Array(TABULATED);
  private readonly counted = new Float64Array(TABULATED);
  private readonly membersCounted = new Float64Array(TABULATED);
  private readonly membersTaken = new Float64Array(TABULATED);
  private readonly fieldsCounted = new Float64Array(TABULATED);
  private readonly fieldsTaken = new Float64Array(TABULATED);
  private readonly keysCounted = new Float64Array(TABULATED);
  private readonly keysTaken = new Float64Array(TABULATED);
  private readonly objectsCounted = new Float64Array(TABULATED);
  private readonly objectsTaken = new Float64Array(TABULATED);
  /** Filled as they are asked for. */
  private readonly nodes = new Float64Array(TABULATED);

  constructor(layout: Layout, allocator: Allocator) {
    this.layout = layout;
    this.allocator = allocator;
    for (let n = 1; n < SMALL_BLOCKS; n++) this.smallBlocks[n] = allocationSize(allocator, n);
    for (let n = 0; n < TABULATED; n++) {
      this.taken[n] = this.computeTaken(n);
      this.counted[n] = this.computeCounted(n);
      this.membersCounted[n] = this.computeMemberCounted(n);
      this.membersTaken[n] = this.computeMemberTaken(n);
      this.fieldsCounted[n] = this.computeFieldCounted(n);
      this.fieldsTaken[n] = this.computeFieldTaken(n);
      this.keysCounted[n] = this.computeKeyCounted(n);
      this.keysTaken[n] = this.computeKeyTaken(n);
      this.objectsCounted[n] = this.computeObjectCounted(n);
      this.objectsTaken[n] = this.computeObjectTaken(n);
    }
  }

  /** Bytes that a block takes. */
  block(size: number): number {
    return size < SMALL_BLOCKS ? (this.smallBlocks[size] as number) : allocationSize(this.allocator, size);
  }

  // ---- strings -------------------------------------------------------------------------------------------------------

  /** What a string of its own takes. */
  stringTaken(length: number): number {
    return length < TABULATED ? (this.taken[length] as number) : this.computeTaken(length);
  }

  /** What `MEMORY USAGE` counts of it. */
  stringCounted(length: number): number {
    return length < TABULATED ? (this.counted[length] as number) : this.computeCounted(length);
  }

  private computeTaken(length: number): number {
    return this.block(this.stringBytes(length));
  }

  private computeCounted(length: number): number {
    const { stringUsage } = this.layout;
    if (stringUsage === 'asked' || (stringUsage === 'long-taken' && length > 0 && length < 32))
      return this.stringBytes(length);
    return this.computeTaken(length);
  }

  private stringBytes(length: number): number {
    return length + 1 + (length === 0 && this.layout.stringHeader === 'short' ? EMBEDDED_HEADER : this.header(length));
  }

  /** A string inside of another block, in the form that fits its length. */
  private inlined(length: number): number {
    return length + 1 + this.header(length);
  }

  private header(length: number): number {
    if (this.layout.stringHeader === 'long') return 8;
    if (length < 32) return 1;
    if (length <= (this.layout.lowHeaderLimits ? 252 : 255)) return 3;
    if (length <= (this.layout.lowHeaderLimits ? 65530 : 65535)) return 5;
    return length <= 0xffffffff - 10 ? 9 : 17;
  }

  // ---- keys ----------------------------------------------------------------------------------------------------------

  /** A key with an object whose value is elsewhere. */
  key(length: number, expires: boolean): void {
    const { keyName, objectUsage } = this.layout;
    if (keyName !== 'in-object') {
      this.keyEntry(length, expires);
      this.usage += OBJECT;
      this.allocated += this.block(OBJECT);
      return;
    }
    const hasExpiry = expires || length >= LONG_KEY;
    const size = OBJECT + (hasExpiry ? EXPIRY : 0) + 1 + this.inlined(length);
    this.allocated = this.block(size);
    if (objectUsage === 'asked') {
      // A block that happens to have room for an expiry counts as if it had one.
      this.usage = !hasExpiry && this.allocated >= size + EXPIRY ? size + EXPIRY : size;
    } else {
      this.usage = objectUsage === 'flat' ? OBJECT : this.allocated;
    }
  }

  /** A key with a string value; `integer` is its value if it is one, as far as that is known, else `undefined`. */
  stringKey(length: number, expires: boolean, valueLength: number, integer: number | undefined): void {
    const { layout } = this;
    this.isEmbedded = false;
    if (integer !== undefined) {
      this.key(length, expires);
      const isShared = layout.sharedIntegers && integer >= 0 && integer <= MAX_SHARED_INTEGER;
      if (isShared) this.allocated -= this.block(OBJECT);
      return;
    }
    if (layout.keyName === 'in-object') {
      this.stringInKeyBlock(length, expires, valueLength);
      return;
    }
    this.isEmbedded = valueLength <= layout.embeddedBytes;
    this.keyEntry(length, expires);
    this.usage += this.objectCounted(valueLength);
    this.allocated += this.objectTaken(valueLength);
  }

  private stringInKeyBlock(length: number, expires: boolean, valueLength: number): void {
    const { sharedBlockBytes, sharedBlockCountsExpiry, reusesPointer } = this.layout;
    const value = EMBEDDED_HEADER + valueLength + 1;
    // Servers with a limit of 64 take every key's header for one byte.
    const key = reusesPointer ? this.inlined(length) : length + 2;
    const object = reusesPointer ? OBJECT - POINTER : OBJECT;
    const least = reusesPointer ? Math.max(value, POINTER) : value;
    const bare = object + 1 + this.inlined(length) + least;
    const size = object + 1 + key + value;
    // An expiry is set once the value is in memory: where it still fits into the block, nothing moves.
    const grows = sharedBlockCountsExpiry && expires && this.block(bare) < bare + EXPIRY;
    if (size + (grows ? EXPIRY : 0) > sharedBlockBytes) {
      this.key(length, expires);
      this.usage += this.stringCounted(valueLength);
      this.allocated += this.stringTaken(valueLength);
      return;
    }
    this.isEmbedded = true;
    this.allocated = this.block(bare + (expires ? EXPIRY : 0));
    this.usage = this.allocated;
  }

  /** A key's name and its entries in the tables, where the name is not in the object's block. */
  private keyEntry(length: number, expires: boolean): void {
    this.usage = length < TABULATED ? (this.keysCounted[length] as number) : this.computeKeyCounted(length);
    this.allocated = length < TABULATED ? (this.keysTaken[length] as number) : this.computeKeyTaken(length);
    if (expires) this.allocated += this.block(DICT_ENTRY);
  }

  private computeKeyCounted(length: number): number {
    if (this.layout.keyName === 'in-entry') return this.computeKeyTaken(length);
    const longer = this.layout.keyUsageOfArgument && length > 0 && length < 32 ? EMBEDDED_HEADER - 1 : 0;
    return DICT_ENTRY + this.stringCounted(length) + longer;
  }

  private computeKeyTaken(length: number): number {
    if (this.layout.keyName === 'in-entry') return this.block(2 * POINTER + 1 + this.inlined(length));
    return this.block(DICT_ENTRY) + this.stringTaken(length);
  }

  /** What `MEMORY USAGE` counts of a string object that is not a number. */
  private objectCounted(length: number): number {
    return length < TABULATED ? (this.objectsCounted[length] as number) : this.computeObjectCounted(length);
  }

  private computeObjectCounted(length: number): number {
    const { embeddedBytes, embeddedUsage } = this.layout;
    if (length > embeddedBytes) return OBJECT + this.stringCounted(length);
    return embeddedUsage === 'taken' ? this.computeObjectTaken(length) : OBJECT + 2 + length;
  }

  /** What it takes. */
  private objectTaken(length: number): number {
    return length < TABULATED ? (this.objectsTaken[length] as number) : this.computeObjectTaken(length);
  }

  private computeObjectTaken(length: number): number {
    const { embeddedBytes, stringHeader } = this.layout;
    if (length > embeddedBytes) return this.block(OBJECT) + this.stringTaken(length);
    return this.block(OBJECT + (stringHeader === 'long' ? 8 : EMBEDDED_HEADER) + length + 1);
  }

  // ---- packed --------------------------------------------------------------------------------------------------------

  /** Adds a packed blob. */
  packed(bytes: number): void {
    const taken = this.block(bytes);
    this.allocated += taken;
    this.usage += this.layout.packedUsage === 'taken' ? taken : bytes;
  }

  /** Adds what stands before the listpack of a hash whose fields expire. */
  fieldExpiryStruct(): void {
    const { fieldExpiryBytes, isTracked } = this.layout;
    const taken = this.block(fieldExpiryBytes);
    this.allocated += taken;
    this.usage += isTracked ? fieldExpiryBytes : taken;
  }

  // ---- elements of hash tables: what each of them adds, without its table ---------------------------------------------

  /** Counted of a member of a set. */
  memberCounted(length: number): number {
    return length < TABULATED ? (this.membersCounted[length] as number) : this.computeMemberCounted(length);
  }

  private computeMemberCounted(length: number): number {
    const { table, setEntryUsage } = this.layout;
    return this.stringCounted(length) + (table === 'dict' && setEntryUsage === 'flat' ? DICT_ENTRY : 0);
  }

  /** What it takes, unless elements are objects. */
  memberTaken(length: number): number {
    return length < TABULATED ? (this.membersTaken[length] as number) : this.computeMemberTaken(length);
  }

  /** What it takes if they are. */
  memberObject(length: number, integer: number | undefined): number {
    return this.block(DICT_ENTRY) + this.elementObject(length, integer);
  }

  private computeMemberTaken(length: number): number {
    const { layout } = this;
    return this.stringTaken(length) + (layout.table === 'buckets' || layout.entryFreeSets ? 0 : this.block(DICT_ENTRY));
  }

  /** What an element takes that is an object by itself. */
  elementObject(length: number, integer: number | undefined): number {
    if (integer !== undefined) return integer >= 0 && integer <= MAX_SHARED_INTEGER ? 0 : this.block(OBJECT);
    return this.objectTaken(length);
  }

  /** A field of a hash and its value, in `usage` and `allocated`. */
  field(length: number, valueLength: number, expires: boolean, valueInteger: number | undefined): void {
    const { layout } = this;
    if (layout.hashFields === 'blocks') {
      this.fieldBlock(length, valueLength, expires);
      return;
    }
    if (layout.elementObjects) {
      this.usage = 0;
      const value = this.elementObject(valueLength, valueInteger);
      this.allocated = this.block(DICT_ENTRY) + this.elementObject(length, undefined) + value;
      return;
    }
    if (!expires || layout.hashFields === 'strings') {
      this.usage = this.fieldCounted(length) + this.stringCounted(valueLength);
      this.allocated = this.fieldTaken(length) + this.stringTaken(valueLength);
      return;
    }
    // Metadata comes with two bytes of flags.
    const field = this.block(fieldBytes(length) + FIELD_EXPIRY_RECORD + 2);
    this.usage = DICT_ENTRY + field + this.stringCounted(valueLength);
    this.allocated = this.block(DICT_ENTRY) + field + this.stringTaken(valueLength);
  }

  /** Counted of a field that does not expire, without its value, where the two are not one block. */
  private fieldCounted(length: number): number {
    return length < TABULATED ? (this.fieldsCounted[length] as number) : this.computeFieldCounted(length);
  }

  private computeFieldCounted(length: number): number {
    const isString = this.layout.hashFields === 'strings';
    return DICT_ENTRY + (isString ? this.stringCounted(length) : this.block(fieldBytes(length)));
  }

  /** What it takes. */
  private fieldTaken(length: number): number {
    return length < TABULATED ? (this.fieldsTaken[length] as number) : this.computeFieldTaken(length);
  }

  private computeFieldTaken(length: number): number {
    const isString = this.layout.hashFields === 'strings';
    return this.block(DICT_ENTRY) + (isString ? this.stringTaken(length) : this.block(fieldBytes(length)));
  }

  private fieldBlock(length: number, valueLength: number, expires: boolean): void {
    const { isTracked } = this.layout;
    const expiry = expires ? (isTracked ? FIELD_EXPIRY_RECORD : EXPIRY) : 0;
    // The shortest header has no room for the marks that an expiry and a pointer need.
    const marked = length < 32 ? length + EMBEDDED_HEADER + 1 : this.inlined(length);
    const field = expires ? marked : this.inlined(length);
    const value = EMBEDDED_HEADER + valueLength + 1;
    const entry = isTracked ? DICT_ENTRY : 0;
    if (field + expiry + value <= MAX_BLOCK_ENTRY) {
      this.allocated = this.block(field + expiry + value);
      this.usage = entry + (isTracked ? field + expiry + value : this.allocated);
      return;
    }
    const size = POINTER + marked + expiry;
    this.allocated = this.block(size) + this.stringTaken(valueLength);
    this.usage = entry + (isTracked ? size : this.block(size)) + this.stringCounted(valueLength);
  }

  /** A member of a sorted set: expectations over the level of its node, which is drawn by lot. */
  scored(length: number, integer: number | undefined): void {
    const { layout } = this;
    const node = this.node(length);
    if (layout.elementObjects) {
      this.usage = 0;
      this.allocated = this.block(DICT_ENTRY) + node + this.elementObject(length, integer);
      return;
    }
    const hasEntry = layout.table === 'dict';
    const isSeparate = layout.skiplistMember === 'separate';
    this.usage = node + (hasEntry ? DICT_ENTRY : 0) + (isSeparate ? this.stringCounted(length) : 0);
    const entry = hasEntry && layout.skiplistMember !== 'shared' ? this.block(DICT_ENTRY) : 0;
    this.allocated = node + entry + (isSeparate ? this.stringTaken(length) : 0);
  }

  private node(length: number): number {
    const row = this.layout.skiplistMember === 'separate' ? 0 : length;
    if (row >= TABULATED) return this.computeNode(row);
    if (this.nodes[row] === 0) this.nodes[row] = this.computeNode(row);
    return this.nodes[row] as number;
  }

  private computeNode(length: number): number {
    const { skiplistMember, skiplistLevels } = this.layout;
    const rest = skiplistMember === 'separate' ? POINTER : this.inlined(length) + (skiplistMember === 'shared' ? 0 : 1);
    let expected = 0;
    let probability = 0.75;
    for (let level = 1; level <= skiplistLevels; level++) {
      expected += probability * this.block(SKIPLIST_NODE + 16 * level + rest);
      probability /= 4;
    }
    return expected;
  }

  // ---- tables --------------------------------------------------------------------------------------------------------

  /** Adds the table of a collection with `count` elements, in `usage` and `allocated`. */
  table(count: number, hasFreeEntries: boolean): void {
    const { layout } = this;
    // Tracked tables of sets and hashes have their sum of sizes beside them.
    const struct = layout.tableBytes;
    if (layout.table === 'buckets') {
      const buckets = bucketCount(count);
      const chained = chainedBuckets(count, buckets);
      this.usage += struct + BUCKET * (buckets + chained);
      this.allocated += this.block(struct) + this.block(BUCKET * buckets) + this.block(BUCKET) * chained;
      return;
    }
    const slots = slotCount(count);
    this.usage += struct + POINTER * slots;
    this.allocated += this.block(struct) + this.block(POINTER * slots);
    if (!hasFreeEntries) return;
    const collided = collisions(count, slots);
    this.allocated += this.block(COLLISION_ENTRY) * collided;
    if (layout.setEntryUsage === 'taken') this.usage += COLLISION_ENTRY * collided;
  }

  /** Adds the structures around the members of a sorted set. */
  skiplist(count: number): void {
    const { layout } = this;
    const { usage } = this;
    const head = SKIPLIST_NODE + 16 * layout.skiplistLevels;
    this.table(count, layout.skiplistMember === 'shared');
    if (layout.skiplistHeadInside) {
      this.usage += SKIPLIST_PAIR + head;
      this.allocated += this.block(SKIPLIST_PAIR) + this.block(head);
      return;
    }
    const headTaken = this.block(layout.skiplistMember === 'shared' ? head : head + POINTER);
    this.allocated += this.block(SKIPLIST_PAIR) + this.block(layout.skiplistBytes) + headTaken;
    this.usage = layout.sparseSkiplistUsage
      ? usage + SKIPLIST_PAIR + POINTER * slotCount(count)
      : this.usage + SKIPLIST_PAIR + layout.skiplistBytes + headTaken;
  }

  /** What the tables of a database take, without the entries that its keys have been counted with. */
  keyspace(keys: number, expires: number): number {
    return this.keyspaceTable(keys) + this.keyspaceTable(expires);
  }

  private keyspaceTable(count: number): number {
    if (count === 0) return 0;
    if (this.layout.table === 'buckets') {
      const buckets = bucketCount(count);
      return this.block(BUCKET * buckets) + this.block(BUCKET) * chainedBuckets(count, buckets);
    }
    const slots = slotCount(count);
    const entries = this.layout.entryFreeKeyspace ? this.block(COLLISION_ENTRY) * collisions(count, slots) : 0;
    return this.block(POINTER * slots) + entries;
  }

  /**
   * What the server counts as overhead of a database, and leaves out of `used_memory_dataset`: tables, entries, and 16 bytes for
   * each object.
   */
  overhead(keys: number, expires: number): number {
    const { table, entryFreeKeyspace } = this.layout;
    const objects = OBJECT * keys;
    if (table === 'buckets') return objects + this.keyspace(keys, expires);
    const entry = entryFreeKeyspace ? COLLISION_ENTRY : DICT_ENTRY;
    const slots = slotCount(keys) + (expires === 0 ? 0 : slotCount(expires));
    return objects + entry * (keys + expires) + POINTER * slots;
  }

  // ---- lists ---------------------------------------------------------------------------------------------------------

  /** Adds the structure of a quicklist and `nodes` nodes, without what is in them. */
  quicklist(nodes: number): void {
    const { quicklistBytes, quicklistNodeBytes, isTracked } = this.layout;
    const struct = this.block(quicklistBytes);
    const node = this.block(quicklistNodeBytes);
    this.allocated += struct + nodes * node;
    this.usage += isTracked ? struct + nodes * node : quicklistBytes + nodes * quicklistNodeBytes;
  }

  // ---- streams -------------------------------------------------------------------------------------------------------

  /** Adds a stream's own structure. */
  stream(): void {
    const { streamBytes, streamUsageHasStruct, isTracked } = this.layout;
    const taken = this.block(streamBytes);
    this.allocated += taken;
    if (streamUsageHasStruct) this.usage += isTracked ? taken : streamBytes;
  }

  /** Adds a radix tree. */
  radixTree(keys: number, nodes: number, nodeBytes: number): void {
    const { radixTreeBytes, exactRadixUsage } = this.layout;
    const taken = this.block(radixTreeBytes) + nodeBytes;
    this.allocated += taken;
    this.usage += exactRadixUsage ? taken : keys * FLAT_RADIX_KEY + nodes * FLAT_RADIX_NODE;
  }

  /** Adds a radix tree that only counts where sizes are tracked. */
  hiddenRadixTree(nodeBytes: number): void {
    const { radixTreeBytes, isTracked } = this.layout;
    const taken = this.block(radixTreeBytes) + nodeBytes;
    this.allocated += taken;
    if (isTracked) this.usage += taken;
  }

  /** Adds `count` blocks of a stream's structures. */
  blocks(size: number, count: number): void {
    const taken = this.block(size) * count;
    this.allocated += taken;
    this.usage += this.layout.isTracked ? taken : size * count;
  }

  /** Adds a consumer's name. */
  consumerName(length: number): void {
    this.allocated += this.stringTaken(length);
    this.usage += this.layout.isTracked ? this.stringCounted(length) : length;
  }
}

/** A field's own block, where it has one that is not a plain string. */
function fieldBytes(length: number): number {
  return length + 1 + (length < 32 ? 1 : length <= 0xffff ? 3 : 9);
}

/** Slots of a settled hash table. */
function slotCount(count: number): number {
  return count <= 4 ? 4 : 2 ** Math.ceil(Math.log2(count));
}

/** Keys that share their slot with one before them, on average. */
function collisions(count: number, slots: number): number {
  return count - slots * -Math.expm1(count * Math.log1p(-1 / slots));
}

/** Buckets of seven, so many that they are at most 91 % full. */
function bucketCount(count: number): number {
  const least = Math.ceil((count * 5) / 32);
  return least <= 1 ? 1 : 2 ** Math.ceil(Math.log2(least));
}

/** Buckets that hang on full ones, on average. A full bucket gives up one place for the link. */
function chainedBuckets(count: number, buckets: number): number {
  if (buckets === 1) return count <= BUCKET_SLOTS ? 0 : Math.ceil((count - BUCKET_SLOTS) / (BUCKET_SLOTS - 1));
  const mean = count / buckets;
  let probability = Math.exp(-mean);
  let below = probability;
  let chained = 0;
  let border = BUCKET_SLOTS;
  for (let n = 1; n <= 40; n++) {
    if (n > border) {
      chained += 1 - below;
      border += BUCKET_SLOTS - 1;
    }
    probability *= mean / n;
    below += probability;
  }
  return Math.max(0, chained) * buckets;
}
