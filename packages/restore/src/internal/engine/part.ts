/** A part of a batch: bytes for one pipeline and one database, with the units in them. Kept until all of it is safe. */
import type { RespBuffer } from '@rdbkit/resp';
import type { Batch } from './batch.ts';
import { argumentAt, type Bulk, bulkAt } from './command-view.ts';
import { DONE, ELSEWHERE, UnitTable } from './unit-table.ts';

/**
 * How the bytes are laid out. `units`: one unit after the other, each of one or more commands. `mset`: commands `MSET` or `MSETNX`, a
 * unit being one pair of key and value within them.
 */
export type PartForm = 'units' | 'mset';

/** Where the memory of parts comes from. */
export interface PartOrigin {
  readonly buffer: RespBuffer;
  /** Ready for the next ones. */
  readonly tables: UnitTable[];
}

/** Tables that are kept for reuse. */
const SPARE_TABLES = 32;

export class Part {
  readonly batch: Batch;
  readonly form: PartForm;
  readonly db: number;
  /** Where its memory goes back to. */
  private readonly origin: PartOrigin | null;
  bytes: Uint8Array;
  readonly units: UnitTable;
  /** `mset`: the first unit of each command. */
  readonly groups: number[] = [];
  /** Commands in `bytes`. */
  commands = 0;
  /** Units without an outcome. */
  open = 0;
  /** Exchanges under way. */
  exchanges = 0;
  /** It was asked which of the keys exist, or nobody wants to know. */
  isChecked = false;
  /** Goes to a node that does not own the slot yet: each command needs `ASKING`. */
  isAsking = false;
  /** How often it was redirected. */
  hops = 0;
  /** When all of it was sent at once. */
  sentAt = 0;
  /** One of several that do the same on different nodes: this one is not counted. */
  isCopy = false;
  /** Why units failed. */
  readonly reasons: Map<number, string> = new Map();

  constructor(batch: Batch, form: PartForm, db: number, origin: PartOrigin | null = null) {
    this.batch = batch;
    this.form = form;
    this.db = db;
    this.origin = origin;
    this.units = origin?.tables.pop() ?? new UnitTable();
    this.bytes = NOTHING;
  }

  /** The end of a unit's commands; of a part of form `units`. */
  endOf(unit: number): number {
    const next = unit + 1;
    return next < this.units.count ? (this.units.start[next] as number) : this.bytes.length;
  }

  /** The key of a unit, within `bytes`. */
  keyOf(unit: number): Bulk {
    const { bytes, units } = this;
    const start = units.start[unit] as number;
    if (this.form === 'mset') return bulkAt(bytes, start);
    const finish = units.finishBytes[unit] as number;
    // `RENAME temporary key` begins what gives a value its own name.
    return finish > 0 ? argumentAt(bytes, this.endOf(unit) - finish, 2) : argumentAt(bytes, start, 1);
  }

  /** The outcome of a unit is known. */
  settle(unit: number, outcome: number): void {
    this.units.state[unit] = DONE;
    this.units.outcome[unit] = outcome;
    this.open--;
  }

  /** Gives its memory back: neither `bytes` nor `units` may be looked at any more. */
  release(): void {
    const { origin, units } = this;
    if (origin === null) return;
    origin.buffer.release(this.bytes);
    units.clear();
    if (origin.tables.length < SPARE_TABLES) origin.tables.push(units);
  }

  /** Another part has the unit now. */
  handOver(unit: number): void {
    this.units.state[unit] = ELSEWHERE;
    this.open--;
  }
}

const NOTHING = new Uint8Array(0);
