/** Sums over keys while they are made. */
import type { ValueKind } from '@rdbkit/rdb';
import { LogHistogram } from '../histograms.ts';
import type { KeySums } from '../inspection-report.ts';

const KEYS = 0;
const EXPIRES = 1;
const ELEMENTS = 2;
const BYTES = 3;
const MEMORY = 4;
const USAGE = 5;
const CELLS = 6;

/** In the cells of one array, in the order of the constants above. */
export class Sums {
  private readonly cells = new Float64Array(CELLS);

  add(expires: boolean, elements: number, bytes: number, memory: number, usage: number): void {
    const { cells } = this;
    cells[KEYS] = (cells[KEYS] as number) + 1;
    if (expires) cells[EXPIRES] = (cells[EXPIRES] as number) + 1;
    cells[ELEMENTS] = (cells[ELEMENTS] as number) + elements;
    cells[BYTES] = (cells[BYTES] as number) + bytes;
    cells[MEMORY] = (cells[MEMORY] as number) + memory;
    cells[USAGE] = (cells[USAGE] as number) + usage;
  }

  addAll(other: Sums): void {
    for (let i = 0; i < CELLS; i++) this.cells[i] = (this.cells[i] as number) + (other.cells[i] as number);
  }

  clear(): void {
    this.cells.fill(0);
  }

  get keys(): number {
    return this.cells[KEYS] as number;
  }

  plain(): KeySums {
    const [keys = 0, expires = 0, elements = 0, bytes = 0, memory = 0, usage = 0] = this.cells;
    return { keys, expires, elements, bytes, memory, usage };
  }
}

/** The keys of one encoding: those of the current database apart from those of the ones before, so that a key is added once. */
class EncodingRow {
  readonly encoding: string;
  readonly current: Sums = new Sums();
  readonly before: Sums = new Sums();

  constructor(encoding: string) {
    this.encoding = encoding;
  }
}

/** The keys of one type. */
export class TypeRow {
  readonly type: ValueKind;
  guessed = 0;
  readonly memoryBars: LogHistogram = new LogHistogram();
  readonly elementBars: LogHistogram = new LogHistogram();
  private readonly rows: EncodingRow[] = [];

  constructor(type: ValueKind) {
    this.type = type;
  }

  /** The sums of an encoding in the current database. A type has but a few. */
  of(encoding: string): Sums {
    const { rows } = this;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as EncodingRow;
      if (row.encoding === encoding) return row.current;
    }
    const row = new EncodingRow(encoding);
    rows.push(row);
    return row.current;
  }

  /** Ends the current database, whose sums these keys are added to. */
  leave(database: Sums): void {
    for (const { current, before } of this.rows) {
      if (current.keys === 0) continue;
      database.addAll(current);
      before.addAll(current);
      current.clear();
    }
  }

  /** Of all databases that have been left. */
  sums(): KeySums {
    const sums = new Sums();
    this.addTo(sums);
    return sums.plain();
  }

  /** Adds them. */
  addTo(sums: Sums): void {
    for (const { before } of this.rows) sums.addAll(before);
  }

  byEncoding(): (KeySums & { readonly encoding: string })[] {
    return this.rows
      .map(({ encoding, before }) => ({ encoding, ...before.plain() }))
      .sort((a, b) => b.memory - a.memory);
  }
}
