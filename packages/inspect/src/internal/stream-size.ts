/** Streams: nodes in a radix tree, groups, consumers and pending entries. */
import type { StreamIdmp } from '@rdbkit/rdb';
import type { MemoryModel } from './memory-model.ts';
import { RadixTreeSize } from './radix-tree.ts';

const ID_BYTES = 16;
const SEQ_AT = 8;
/** Of an entry that is pending: a list of the groups it is pending in, and this one's place in the list. */
const INDEX_LIST = 48;
const INDEX_LIST_NODE = 24;
/** Idempotent producers: the producer, its table, and what is remembered of a message. */
const PRODUCER = 24;
const PRODUCER_TABLE = 56;
const PRODUCER_SLOT = 8;
const PRODUCER_ENTRY = 32;
const DICT_ENTRY = 24;

export class StreamSize {
  private readonly model: MemoryModel;
  private readonly tree: RadixTreeSize;
  private readonly groupTree: RadixTreeSize;
  /** Of pending entries: those of the group, then those of each consumer. */
  private readonly memberTree: RadixTreeSize;
  private isOfConsumer = false;
  private readonly nameTree: RadixTreeSize;
  private hasGroups = false;
  /** The largest of the groups' trees: what the index over all of them comes to, unless groups differ a lot. */
  private indexBytes = 0;
  private indexKeys = 0;
  private readonly id = new Uint8Array(ID_BYTES);
  private readonly view = new DataView(this.id.buffer);
  private counted = 0;
  private taken = 0;

  constructor(model: MemoryModel) {
    this.model = model;
    this.tree = this.newTree();
    this.groupTree = this.newTree();
    this.memberTree = this.newTree();
    this.nameTree = this.newTree();
  }

  begin(): void {
    this.tree.clear();
    this.groupTree.clear();
    this.hasGroups = false;
    this.indexBytes = 0;
    this.indexKeys = 0;
    this.counted = 0;
    this.taken = 0;
  }

  node(ms: number | bigint, seq: number | bigint, bytes: number): void {
    const { model } = this;
    this.setWord(0, ms);
    this.setWord(SEQ_AT, seq);
    this.tree.add(this.id, 0, ID_BYTES);
    const taken = model.block(bytes);
    this.taken += taken;
    // Stream nodes count as they were before other blobs did.
    this.counted += model.layout.streamUsageHasStruct && !model.layout.isTracked ? taken : bytes;
  }

  private setWord(at: number, value: number | bigint): void {
    const { view } = this;
    if (typeof value === 'bigint') {
      view.setBigUint64(at, value);
    } else {
      view.setUint32(at, value / 2 ** 32);
      view.setUint32(at + 4, value);
    }
  }

  // A group, part by part. The tree at hand is that of all pending entries, then that of each consumer's.

  groupStart(name: Uint8Array): void {
    const { model } = this;
    this.hasGroups = true;
    this.groupTree.add(name, 0, name.length);
    this.collect(() => model.blocks(model.layout.groupBytes, 1));
    this.nameTree.clear();
    this.memberTree.clear();
    this.isOfConsumer = false;
  }

  /** An entry of the group, or of the consumer that was told last; in ascending order. */
  pending(ms: number | bigint, seq: number | bigint): void {
    this.setWord(0, ms);
    this.setWord(SEQ_AT, seq);
    this.memberTree.add(this.id, 0, ID_BYTES);
  }

  consumer(name: Uint8Array): void {
    const { model } = this;
    this.closeTree();
    this.isOfConsumer = true;
    this.nameTree.add(name, 0, name.length);
    this.collect(() => {
      model.blocks(model.layout.consumerBytes, 1);
      model.consumerName(name.length);
    });
  }

  groupEnd(): void {
    const { model, nameTree } = this;
    this.closeTree();
    nameTree.finish();
    this.collect(() => model.hiddenRadixTree(nameTree.bytes));
  }

  private closeTree(): void {
    const { model, memberTree } = this;
    const { layout } = model;
    this.collect(() => {
      this.addTree(memberTree);
      if (this.isOfConsumer) return;
      model.blocks(layout.pendingBytes, memberTree.keys);
      if (layout.pendingIndex) model.allocated += model.block(INDEX_LIST_NODE) * memberTree.keys;
    });
    if (!this.isOfConsumer && memberTree.bytes > this.indexBytes) {
      this.indexBytes = memberTree.bytes;
      this.indexKeys = memberTree.keys;
    }
    memberTree.clear();
  }

  idmp({ producers }: StreamIdmp): void {
    const { model } = this;
    if (producers.length === 0) return;
    this.collect(() => {
      const names = this.nameTree;
      names.clear();
      for (const { id, entries } of producers) {
        names.add(id, 0, id.length);
        model.blocks(PRODUCER, 1);
        model.blocks(PRODUCER_TABLE, 1);
        model.blocks(PRODUCER_SLOT * 2 ** Math.ceil(Math.log2(Math.max(4, entries.length))), 1);
        model.blocks(DICT_ENTRY, entries.length);
        for (const { iid } of entries) model.blocks(PRODUCER_ENTRY + iid.length, 1);
      }
      names.finish();
      model.hiddenRadixTree(names.bytes);
    });
  }

  /** Adds the stream to the key that the model has at hand. */
  conclude(): void {
    const { model } = this;
    model.usage += this.counted;
    model.allocated += this.taken;
    model.stream();
    this.addTree(this.tree);
    if (!this.hasGroups) return;
    this.groupTree.finish();
    model.hiddenRadixTree(this.groupTree.bytes);
    if (!model.layout.pendingIndex) return;
    model.hiddenRadixTree(this.indexBytes);
    model.allocated += model.block(INDEX_LIST) * this.indexKeys;
  }

  /** What `add` leaves in the model goes to the sums of this stream. */
  private collect(add: () => void): void {
    const { model } = this;
    model.usage = 0;
    model.allocated = 0;
    add();
    this.counted += model.usage;
    this.taken += model.allocated;
  }

  private addTree(tree: RadixTreeSize): void {
    tree.finish();
    this.model.radixTree(tree.keys, tree.nodes, tree.bytes);
  }

  private newTree(): RadixTreeSize {
    return new RadixTreeSize(this.model);
  }
}
