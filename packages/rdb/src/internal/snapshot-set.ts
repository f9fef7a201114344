/**
 * The files of a Dragonfly snapshot (DFS set) as one input: its summary and its shards, one file after the other in any order.
 * What the files say of themselves is compared: each belongs to the same snapshot, and none is missing.
 */
import { RdbFormatError } from '../errors.ts';

/** Missing shards that are named. */
const NAMED = 5;

export class SnapshotSet {
  /** How many shards there are, as the summary says. */
  private count: number | null = null;
  /** The snapshot, as the first file says. */
  private id: string | null = null;
  private readonly shards = new Set<number>();

  /** Of the file at hand. */
  private shard: number | null = null;
  private hasCount = false;

  /** An AUX field of the file at hand. */
  field(name: string, value: string, offset: number): void {
    switch (name) {
      case 'snapshot-id':
        if (this.id !== null && this.id !== value)
          throw bad(`a file of the snapshot ${value} among those of the snapshot ${this.id}`, offset);
        this.id = value;
        break;
      case 'shard-count':
        this.count = numberIn(value);
        this.hasCount = true;
        break;
      case 'shard-id':
        this.shard = numberIn(value);
        break;
    }
  }

  /** The end of the file at hand. Summaries tell a shard, too: the one that happened to write them. */
  endFile(hasKeys: boolean, offset: number): void {
    const { shard } = this;
    if (shard !== null && (hasKeys || !this.hasCount)) {
      if (this.shards.has(shard)) throw bad(`shard ${shard} comes twice`, offset);
      this.shards.add(shard);
    }
    this.shard = null;
    this.hasCount = false;
  }

  /** At the end of the input: throws when shards are missing; a text when it cannot be told whether they are. */
  finish(offset: number): string | null {
    const { count, shards } = this;
    if (count === null) {
      if (shards.size === 0) return null;
      return `without a summary it is not known whether other shards are missing than ${listOf([...shards])}`;
    }
    const missing: number[] = [];
    for (let shard = 0; shard < count && missing.length <= NAMED; shard++) {
      if (!shards.has(shard)) missing.push(shard);
    }
    if (missing.length === 0) return null;
    throw bad(`shards are missing: ${listOf(missing)} of the ${count} that the summary counts`, offset);
  }
}

function bad(message: string, offset: number): RdbFormatError {
  return new RdbFormatError('RDB_BAD_SET', message, offset);
}

function numberIn(text: string): number | null {
  return /^\d{1,5}$/.test(text) ? Number(text) : null;
}

function listOf(shards: readonly number[]): string {
  const named = shards.toSorted((a, b) => a - b).slice(0, NAMED);
  return `${named.join(', ')}${shards.length > NAMED ? ' …' : ''}`;
}
