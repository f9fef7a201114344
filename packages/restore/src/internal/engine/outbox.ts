/** What is being gathered for one pipeline: the units that the emitter writes, and strings that go together by `MSET`. */
import { encodeBulks, RespBuffer } from '@rdbkit/resp';
import type { Batch } from './batch.ts';
import { Part } from './part.ts';
import { KNOWN, MSET, type UnitTable } from './unit-table.ts';

/** Keys in one `MSET`: beyond this the target gains nothing any more. */
const GROUP_KEYS = 64;
/** A command does not grow far beyond this. */
const GROUP_BYTES = 16 * 1024;
/** Longer strings go by themselves: what one command costs is nothing beside their bytes. */
export const LONGEST_GROUPED = 2048;
/** Arrays that are kept for reuse, of each buffer. */
const SPARES = 16;

const NAMES = { mset: encodeBulks('MSET'), msetnx: encodeBulks('MSETNX') };

export class Outbox {
  readonly main: RespBuffer;
  private readonly strings: RespBuffer;
  private readonly groupName: Uint8Array;
  private readonly tables: UnitTable[] = [];
  private part: Part | null = null;
  private stringPart: Part | null = null;
  /** Keys in the open `MSET`; 0 when none is open. */
  private grouped = 0;
  private groupAt = 0;
  /** Where the unit that is being written begins. */
  unitAt = 0;
  /** Commands in `main` when it began. */
  commandsAt = 0;

  /** @param capacity - Bytes of a part, as a rule. */
  constructor(capacity: number, isNx: boolean) {
    this.main = new RespBuffer(capacity, SPARES);
    this.strings = new RespBuffer(capacity, SPARES);
    this.groupName = isNx ? NAMES.msetnx : NAMES.mset;
  }

  /** Bytes gathered. */
  get bytes(): number {
    return this.main.pos + this.strings.pos;
  }

  /** Units gathered. */
  get units(): number {
    return (this.part?.units.count ?? 0) + (this.stringPart?.units.count ?? 0);
  }

  /** The database of what is gathered, −1 when there is nothing. */
  get db(): number {
    return (this.part ?? this.stringPart)?.db ?? -1;
  }

  /** Before a unit is written to `main`. */
  begin(): void {
    this.unitAt = this.main.committed;
    this.commandsAt = this.main.committedCommands;
  }

  /** The unit that was begun is complete. Returns its part and number. */
  add(batch: Batch, db: number, offset: number, kind: number, way: number, flags: number): Part {
    this.part ??= new Part(batch, 'units', db, { buffer: this.main, tables: this.tables });
    const { part } = this;
    part.units.add(this.unitAt, this.main.committedCommands - this.commandsAt, offset, kind, way, flags);
    this.committedAt = this.main.committed;
    return part;
  }

  /** More commands belong to the unit that was added last. */
  extend(): void {
    const { part } = this;
    if (part === null) return;
    const { units } = part;
    const last = units.count - 1;
    const more = this.main.committedCommands - this.commandsAt - (units.commands[last] as number);
    units.commands[last] = (units.commands[last] as number) + more;
    if (units.finishBytes[last] === 0) return;
    units.finishCommands[last] = (units.finishCommands[last] as number) + more;
    units.finishBytes[last] = (units.finishBytes[last] as number) + this.main.committed - this.committedAt;
    this.committedAt = this.main.committed;
  }

  /** End of the unit that was added last, as far as {@link Outbox.extend} knows. */
  committedAt = 0;

  /** Adds a pair of key and value, both as they stand in the arguments, to an `MSET`. */
  addString(
    batch: Batch,
    db: number,
    offset: number,
    kind: number,
    name: Uint8Array,
    nameEnd: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    const { strings } = this;
    this.stringPart ??= new Part(batch, 'mset', db, { buffer: strings, tables: this.tables });
    const { stringPart: part } = this;
    if (this.grouped === 0) {
      this.groupAt = part.units.count;
      part.groups.push(this.groupAt);
      strings.begin(1 + 2 * GROUP_KEYS);
      strings.raw(this.groupName);
    }
    part.units.add(strings.pos, 1, offset, kind, MSET, 0);
    strings.copy(name, 0, nameEnd);
    strings.bulk(bytes, start, end);
    this.grouped++;
    if (this.grouped === GROUP_KEYS || strings.pos - strings.openAt > GROUP_BYTES) this.endGroup();
  }

  private endGroup(): void {
    const { strings, stringPart: part } = this;
    if (this.grouped === 0 || part === null) return;
    const before = strings.pos;
    strings.end(1 + 2 * this.grouped);
    const shift = strings.pos - before;
    if (shift !== 0) {
      // The head has become shorter, what follows it has moved.
      const { start } = part.units;
      for (let unit = this.groupAt; unit < part.units.count; unit++) start[unit] = (start[unit] as number) + shift;
    }
    strings.commit();
    this.grouped = 0;
  }

  /** Hands out what is gathered. */
  take(): Part[] {
    this.endGroup();
    const parts: Part[] = [];
    const { part, stringPart } = this;
    if (stringPart !== null) parts.push(sealed(stringPart, this.strings.take(), stringPart.groups.length));
    if (part !== null) {
      const bytes = this.main.take();
      // A unit that is being written has moved to the front.
      this.unitAt = 0;
      parts.push(sealed(part, bytes, sum(part.units.commands, part.units.count)));
    }
    this.part = null;
    this.stringPart = null;
    return parts;
  }

  /**
   * Hands out what is committed of a unit that goes on, or ends, and what was gathered before it. The bytes of the unit are the
   * caller's.
   */
  takeBegun(): { parts: Part[]; begun: Uint8Array; commands: number } {
    const { unitAt, commandsAt, main, part } = this;
    const commands = main.committedCommands - commandsAt;
    this.part = null;
    const parts = this.take();
    const bytes = main.take();
    this.unitAt = 0;
    if (part !== null) parts.push(sealed(part, bytes.subarray(0, unitAt), sum(part.units.commands, part.units.count)));
    const begun = bytes.slice(unitAt);
    if (part === null) main.release(bytes);
    return { parts, begun, commands };
  }
}

function sealed(part: Part, bytes: Uint8Array, commands: number): Part {
  part.bytes = bytes;
  part.commands = commands;
  part.open = part.units.count;
  return part;
}

function sum(column: Uint32Array, count: number): number {
  let total = 0;
  for (let i = 0; i < count; i++) total += column[i] as number;
  return total;
}

/** A part of one unit that is sent in this form and not asked for, such as a function library. */
export function sidePart(batch: Batch, bytes: Uint8Array, kind: number, way: number, offset: number): Part {
  const part = new Part(batch, 'units', 0);
  part.units.add(0, 1, offset, kind, way, KNOWN);
  part.isChecked = true;
  return sealed(part, bytes, 1);
}

/** A part of one unit cut out of another one. */
export function partOf(part: Part, unit: number, bytes: Uint8Array): Part {
  const { units } = part;
  const stray = new Part(part.batch, 'units', part.db);
  stray.units.add(
    0,
    units.commands[unit] as number,
    units.offset[unit] as number,
    units.kind[unit] as number,
    units.way[unit] as number,
    units.flags[unit] as number,
  );
  stray.units.finishBytes[0] = units.finishBytes[unit] as number;
  stray.units.finishCommands[0] = units.finishCommands[unit] as number;
  stray.isChecked = part.isChecked;
  stray.isCopy = part.isCopy;
  return sealed(stray, bytes, units.commands[unit] as number);
}
