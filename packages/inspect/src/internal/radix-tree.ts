/**
 * The radix tree of streams (`rax.c`), counted without being built: keys come in ascending order, so that only the path to the
 * last one has to be remembered.
 *
 * A node has a header of 4 bytes, its characters, padding to 8, and pointers: one for a node that stands for a run of characters,
 * one for each child of a node that branches, and one more for the value of a key that ends before it.
 */
import type { MemoryModel } from './memory-model.ts';

const HEADER = 4;
const POINTER = 8;

export class RadixTreeSize {
  /** Nodes, as far as they are closed; the rest comes with {@link RadixTreeSize.finish}. */
  nodes = 0;
  /** What they take. */
  bytes = 0;
  keys = 0;

  private readonly model: MemoryModel;
  // The path to the last key, as far as `top`: for each node on it that branches or ends a key its depth, its children, whether a key ends
  // there, and the length of the way to its first child as long as that is the only one.
  private readonly depths: number[] = [0];
  private readonly children: number[] = [0];
  private readonly ends: boolean[] = [false];
  private readonly ways: number[] = [0];
  private top = 0;
  private previous = new Uint8Array(16);
  private previousLength = 0;

  constructor(model: MemoryModel) {
    this.model = model;
  }

  /** Starts on another tree. */
  clear(): void {
    this.nodes = 0;
    this.bytes = 0;
    this.keys = 0;
    this.top = 0;
    this.children[0] = 0;
    this.ends[0] = false;
    this.ways[0] = 0;
    this.previousLength = 0;
  }

  /** Adds a key, which must be greater than the one before it. */
  add(bytes: Uint8Array, start: number, end: number): void {
    const { depths, children } = this;
    const length = end - start;
    let common = 0;
    const limit = Math.min(length, this.previousLength);
    while (common < limit && bytes[start + common] === this.previous[common]) common++;
    if (this.keys > 0) {
      while (this.top > 0 && (depths[this.top] ?? 0) > common) {
        const below = depths[this.top - 1] ?? 0;
        this.close(Math.max(below, common), below < common);
      }
    }
    if (length > this.previous.length) this.previous = new Uint8Array(length * 2);
    for (let i = common; i < length; i++) this.previous[i] = bytes[start + i] as number;
    this.previousLength = length;
    this.keys++;
    const { top } = this;
    if (depths[top] === length) {
      this.ends[top] = true;
      return;
    }
    children[top] = (children[top] ?? 0) + 1;
    this.push(length, 0, true);
  }

  /** Closes the tree. */
  finish(): void {
    while (this.top > 0) this.close(this.depths[this.top - 1] ?? 0, false);
    this.count(this.children[0] ?? 0, this.ways[0] ?? 0, this.ends[0] ?? false);
  }

  private push(depth: number, children: number, ends: boolean): void {
    this.top++;
    this.depths[this.top] = depth;
    this.children[this.top] = children;
    this.ends[this.top] = ends;
    this.ways[this.top] = 0;
  }

  /** Closes the deepest node on the path, whose parent is at `depth`: a new node when it `splits` the way down to it. */
  private close(depth: number, splits: boolean): void {
    const { top } = this;
    const own = this.depths[top] ?? 0;
    this.count(this.children[top] ?? 0, this.ways[top] ?? 0, this.ends[top] ?? false);
    this.top--;
    if (splits) this.push(depth, 1, false);
    const parent = this.top;
    const way = own - depth;
    if (this.children[parent] === 1) {
      this.ways[parent] = way;
    } else {
      // The parent branches: it has the first character, the rest is a node of its own.
      const first = this.ways[parent] ?? 0;
      if (first > 1) this.block(first - 1, 1, false);
      this.ways[parent] = 0;
      if (way > 1) this.block(way - 1, 1, false);
    }
  }

  private count(children: number, way: number, ends: boolean): void {
    if (children === 1) {
      this.block(way, 1, ends);
    } else {
      // The way to the first child was counted when the second one was closed.
      this.block(children, children, ends);
    }
  }

  private block(characters: number, pointers: number, ends: boolean): void {
    const padding = (POINTER - ((HEADER + characters) % POINTER)) % POINTER;
    this.nodes++;
    this.bytes += this.model.block(HEADER + characters + padding + POINTER * pointers + (ends ? POINTER : 0));
  }
}
