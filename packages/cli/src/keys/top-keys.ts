/**
 * The first keys by some order, without holding more than these.
 *
 * @module
 */

import { compareBytes } from '@rdbkit/inspect';

/** What is listed of a key. */
export interface KeyRow {
  readonly db: number;
  /** Borrowed unless said otherwise. */
  readonly name: Uint8Array;
  readonly type: string;
  readonly encoding: string;
  readonly elements: number;
  /** In the file. */
  readonly bytes: number;
  /** Estimated; `null` when nothing is known. */
  readonly memory: number | null;
  readonly expireAtMs: number | bigint | null;
}

/** What keys can be sorted by. */
export const SORT_FIELDS = ['memory', 'bytes', 'elements', 'expiry', 'key'] as const;

export type SortField = (typeof SORT_FIELDS)[number];

type Compare = (a: KeyRow, b: KeyRow) => number;

const ORDERS: Readonly<Record<SortField, Compare>> = {
  memory: (a, b) => (b.memory ?? -1) - (a.memory ?? -1),
  bytes: (a, b) => b.bytes - a.bytes,
  elements: (a, b) => b.elements - a.elements,
  expiry: (a, b) => compareTimes(a.expireAtMs, b.expireAtMs),
  key: (a, b) => compareBytes(a.name, b.name),
};

/** Soonest first, what never expires last. */
function compareTimes(a: KeyRow['expireAtMs'], b: KeyRow['expireAtMs']): number {
  if (a === null || b === null) return (a === null ? 1 : 0) - (b === null ? 1 : 0);
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Keeps the first `limit` keys of an order: a heap with the last of them on top. Keys that are equal come in file order. */
export class TopKeys {
  private readonly limit: number;
  private readonly compare: Compare;
  private readonly heap: { readonly row: KeyRow; readonly at: number }[] = [];
  private seen = 0;

  constructor(field: SortField, limit: number) {
    this.limit = limit;
    this.compare = ORDERS[field];
  }

  /** Takes a key, whose name it copies if it is among the first so far. */
  add(row: KeyRow): void {
    const at = this.seen++;
    const { heap } = this;
    const last = heap[0];
    if (heap.length === this.limit && last !== undefined && this.compare(row, last.row) >= 0) return;
    const entry = { row: { ...row, name: row.name.slice() }, at };
    if (heap.length < this.limit) {
      heap.push(entry);
      this.up(heap.length - 1);
    } else {
      heap[0] = entry;
      this.down();
    }
  }

  /** The keys, first one first. */
  sorted(): KeyRow[] {
    return this.heap.toSorted((a, b) => (this.isAfter(a, b) ? 1 : -1)).map(({ row }) => row);
  }

  private isAfter(a: TopKeys['heap'][number], b: TopKeys['heap'][number]): boolean {
    const order = this.compare(a.row, b.row);
    return order !== 0 ? order > 0 : a.at > b.at;
  }

  private up(from: number): void {
    for (let i = from; i > 0; ) {
      const parent = (i - 1) >> 1;
      if (!this.swapIfAfter(i, parent)) return;
      i = parent;
    }
  }

  private down(): void {
    const { heap } = this;
    for (let i = 0; ; ) {
      const left = 2 * i + 1;
      const right = left + 1;
      if (left >= heap.length) return;
      const [a, b] = [heap[left], heap[right]];
      const child = a !== undefined && b !== undefined && this.isAfter(b, a) ? right : left;
      if (!this.swapIfAfter(child, i)) return;
      i = child;
    }
  }

  /** Moves the entry at `i` to `parent` if it comes after the one there. */
  private swapIfAfter(i: number, parent: number): boolean {
    const { heap } = this;
    const [child, above] = [heap[i], heap[parent]];
    if (child === undefined || above === undefined || !this.isAfter(child, above)) return false;
    heap[i] = above;
    heap[parent] = child;
    return true;
  }
}
