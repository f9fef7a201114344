/**
 * The largest of many.
 *
 * @module
 */

/**
 * Keeps the `limit` items with the highest rank out of any number, in memory for so many. Of items with the same rank, those
 * that came first are kept.
 *
 * @example
 * ```ts
 * import { TopList } from '@rdbkit/inspect';
 * const top = new TopList<string>(2);
 * for (const word of ['a', 'abcd', 'ab', 'abc']) if (word.length > top.floor) top.add(word.length, word);
 * console.log(top.items()); // [ 'abcd', 'abc' ]
 * ```
 */
export class TopList<T> {
  /**
   * An item is kept only if its rank is above this: the lowest rank in the full list, before that `least`. Asking first saves
   * making the item.
   */
  floor: number;
  readonly limit: number;
  // A heap with the item that goes first at the root.
  private readonly ranks: number[] = [];
  private readonly turns: number[] = [];
  private readonly entries: T[] = [];
  private turn = 0;

  /** @param least - Items up to this rank are not kept at all. */
  constructor(limit: number, least = 0) {
    this.limit = limit;
    this.floor = limit > 0 ? least : Number.POSITIVE_INFINITY;
  }

  /** Adds an item whose rank is above the floor; another one may go for it. */
  add(rank: number, item: T): void {
    if (rank <= this.floor) return;
    const { ranks } = this;
    const turn = this.turn++;
    if (ranks.length < this.limit) {
      ranks.push(rank);
      this.turns.push(turn);
      this.entries.push(item);
      this.rise(ranks.length - 1);
    } else {
      ranks[0] = rank;
      this.turns[0] = turn;
      this.entries[0] = item;
      this.sink();
    }
    if (ranks.length === this.limit) this.floor = ranks[0] ?? 0;
  }

  /** The items, highest rank first. */
  items(): T[] {
    return this.order().map((i) => this.entries[i] as T);
  }

  private order(): number[] {
    return this.ranks.map((_, i) => i).sort((a, b) => (this.goesBefore(a, b) ? 1 : -1));
  }

  /** Whether the item at `a` is given up before the one at `b`. */
  private goesBefore(a: number, b: number): boolean {
    const rankA = this.ranks[a] as number;
    const rankB = this.ranks[b] as number;
    return rankA < rankB || (rankA === rankB && (this.turns[a] as number) > (this.turns[b] as number));
  }

  private rise(from: number): void {
    for (let i = from; i > 0; ) {
      const parent = (i - 1) >> 1;
      if (!this.goesBefore(i, parent)) return;
      this.swap(i, parent);
      i = parent;
    }
  }

  private sink(): void {
    for (let i = 0; ; ) {
      let first = i;
      for (const child of [2 * i + 1, 2 * i + 2]) {
        if (child < this.ranks.length && this.goesBefore(child, first)) first = child;
      }
      if (first === i) return;
      this.swap(i, first);
      i = first;
    }
  }

  private swap(a: number, b: number): void {
    for (const list of [this.ranks, this.turns, this.entries] as unknown[][]) {
      const held = list[a];
      list[a] = list[b];
      list[b] = held;
    }
  }
}
