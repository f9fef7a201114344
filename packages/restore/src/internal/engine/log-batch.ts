/** Commands of a log that are sent as one transaction. */

/** Commands that cannot be parted: one, or a transaction of the log. */
export interface LogUnit {
  /** Where it ends in the bytes of its batch. */
  readonly end: number;
  /** Commands in it, as they are sent. */
  readonly commands: number;
  /** Number of its last command in the log, beginning with 1. */
  readonly number: number;
  readonly isTransaction: boolean;
  /** The database that is selected where it begins; −1: it selects one itself. */
  readonly db: number;
}

export class LogBatch {
  readonly bytes: Uint8Array;
  readonly units: readonly LogUnit[];
  /** Number of the last command before it. */
  readonly after: number;

  constructor(bytes: Uint8Array, units: readonly LogUnit[], after: number) {
    this.bytes = bytes;
    this.units = units;
    this.after = after;
  }

  /** Number of its last command. */
  get last(): number {
    return (this.units.at(-1) as LogUnit).number;
  }

  get commands(): number {
    return this.units.reduce((sum, { commands }) => sum + commands, 0);
  }

  /** The unit that the command at a position among those that were sent belongs to. */
  unitOf(position: number): LogUnit {
    let rest = position;
    for (const unit of this.units) {
      if (rest < unit.commands) return unit;
      rest -= unit.commands;
    }
    return this.units.at(-1) as LogUnit;
  }

  /** The database that is to be selected before it; −1: it does so itself. */
  get db(): number {
    return (this.units[0] as LogUnit).db;
  }

  /** The same without anything to be run: all of it was refused. */
  get emptied(): LogBatch {
    const last = this.units.at(-1) as LogUnit;
    return new LogBatch(new Uint8Array(0), [{ ...last, end: 0, commands: 0, db: -1 }], this.after);
  }

  /** Two halves. */
  halves(): [LogBatch, LogBatch] {
    const { bytes, units, after } = this;
    const middle = units.length >> 1;
    const { end, number } = units[middle - 1] as LogUnit;
    const rest = units.slice(middle).map((unit) => ({ ...unit, end: unit.end - end }));
    return [
      new LogBatch(bytes.subarray(0, end), units.slice(0, middle), after),
      new LogBatch(bytes.subarray(end), rest, number),
    ];
  }
}
