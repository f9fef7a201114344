/** The nodes of a list. */
import type { Thresholds } from '../memory-profile.ts';
import type { MemoryModel } from './memory-model.ts';
import type { PackedSize } from './packed-size.ts';

/** What servers add to an element's length when they estimate whether it still fits into a node. */
const ENTRY_OVERHEAD = 8;
const LIST_NODE = 24;
const LINKED_LIST = 48;

export class QuicklistSize {
  private readonly model: MemoryModel;
  /** The node that elements are pushed to. */
  private readonly open: PackedSize;
  private readonly nodeLimit: number;
  private nodes = 0;
  private hasPlainNode = false;
  private lastNodeBytes = 0;
  private counted = 0;
  private taken = 0;
  /** For linked lists. */
  private largest = 0;
  private objects = 0;

  constructor(model: MemoryModel, open: PackedSize, nodeLimit: number) {
    this.model = model;
    this.open = open;
    this.nodeLimit = nodeLimit;
  }

  clear(): void {
    this.nodes = 0;
    this.hasPlainNode = false;
    this.counted = 0;
    this.taken = 0;
    this.largest = 0;
    this.objects = 0;
    this.open.clear();
  }

  /** A node that the server takes over as it is. */
  packedNode(bytes: number): void {
    const { model } = this;
    const taken = model.block(bytes);
    this.nodes++;
    this.lastNodeBytes = bytes;
    this.taken += taken;
    this.counted += model.layout.packedUsage === 'taken' ? taken : bytes;
  }

  /** A node that is one element. */
  plainNode(bytes: number): void {
    this.packedNode(bytes);
    this.hasPlainNode = true;
  }

  // A node that the server packs anew, element by element.

  beginNode(): void {
    this.open.clear();
  }

  nodeElement(bytes: Uint8Array, start: number, end: number): void {
    this.open.addString(bytes, start, end);
  }

  endNode(): void {
    if (this.open.entries > 0) this.packedNode(this.open.bytes);
    this.open.clear();
  }

  /** An element of a list that is built by pushing its elements. */
  push(bytes: Uint8Array, start: number, end: number): void {
    const { model, open, nodeLimit } = this;
    const length = end - start;
    if (!model.layout.quicklists) {
      this.objects += model.block(LIST_NODE) + model.elementObject(length, undefined);
      if (length > this.largest) this.largest = length;
      open.addString(bytes, start, end);
      return;
    }
    if (model.layout.plainListNodes && length > nodeLimit) {
      this.endNode();
      this.plainNode(length);
      return;
    }
    if (open.entries > 0 && open.bytes + length + ENTRY_OVERHEAD > nodeLimit) this.endNode();
    open.addString(bytes, start, end);
  }

  /** Adds the list to the key that the model has at hand, and returns its encoding. */
  conclude(count: number, thresholds: Thresholds): string {
    const { model } = this;
    const { layout } = model;
    if (!layout.quicklists) return this.concludeClassic(count, thresholds);
    this.endNode();
    if (layout.packedLists && this.nodes === 1 && !this.hasPlainNode) {
      model.packed(this.lastNodeBytes);
      return 'listpack';
    }
    model.quicklist(this.nodes);
    model.usage += this.counted;
    model.allocated += this.taken;
    return 'quicklist';
  }

  /** Redis up to 3.0: one ziplist, or a linked list of objects. */
  private concludeClassic(count: number, thresholds: Thresholds): string {
    const { model } = this;
    if (count <= thresholds.listMaxZiplistEntries && this.largest <= thresholds.listMaxZiplistValue) {
      model.packed(this.open.bytes);
      return 'ziplist';
    }
    model.allocated += model.block(LINKED_LIST) + this.objects;
    return 'linkedlist';
  }
}
