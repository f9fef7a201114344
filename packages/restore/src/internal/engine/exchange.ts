/** What was sent down a connection and is being answered: who the replies are for. One after the other, in order. */
import type { Part } from './part.ts';
import { SET } from './unit-table.ts';

/** What is told about units as their replies come in. */
export interface UnitSink {
  /** All commands of the unit were answered well. `phase` tells which commands. */
  succeeded(part: Part, unit: number, phase: Phase): void;
  /** It found its key in the way. */
  blocked(part: Part, unit: number, phase: Phase): void;
  /** A command of it was refused; the first one counts. */
  refused(part: Part, unit: number, text: string, phase: Phase): void;
}

/** Which of a unit's commands: all, those that build its value under another name, those that give it its own. */
export type Phase = 'all' | 'build' | 'finish';

/** Commands that were sent and are being answered. */
export interface Exchange {
  readonly part: Part | null;
  /** Takes up to `count` good replies; returns how many. */
  ok(count: number): number;
  none(): void;
  error(text: string): void;
  readonly isDone: boolean;
  /** The connection is gone: calls back for all units without an answer. */
  eachUnanswered(visit: (unit: number) => void): void;
}

/** Units `[from, to)` of a part, all of which were sent. */
export class UnitExchange implements Exchange {
  readonly part: Part;
  private readonly phase: Phase;
  private readonly to: number;
  private readonly sink: UnitSink;
  private unit: number;
  /** Replies to come for the unit. */
  private left = 0;
  private failure: string | null = null;
  private isBlocked = false;
  /** No reply of the unit has come yet. */
  private isFirst = true;

  constructor(part: Part, from: number, to: number, phase: Phase, sink: UnitSink) {
    this.part = part;
    this.unit = from;
    this.to = to;
    this.phase = phase;
    this.sink = sink;
    this.begin();
  }

  get isDone(): boolean {
    return this.unit >= this.to;
  }

  private begin(): void {
    this.failure = null;
    this.isBlocked = false;
    this.isFirst = true;
    if (this.unit < this.to) this.left = commandsOf(this.part, this.unit, this.phase);
  }

  ok(count: number): number {
    let rest = count;
    while (rest > 0 && this.unit < this.to) {
      const taken = Math.min(rest, this.left);
      rest -= taken;
      this.left -= taken;
      this.isFirst = false;
      if (this.left === 0) this.end();
    }
    return count - rest;
  }

  none(): void {
    // Of a single SET … NX, or of the RENAMENX that ends a value built aside. Elsewhere 0 means nothing in particular.
    const { units } = this.part;
    const isAlone = units.commands[this.unit] === 1 && (units.way[this.unit] as number) <= SET;
    if (this.failure === null && (isAlone || (this.phase === 'finish' && this.isFirst))) this.isBlocked = true;
    this.ok(1);
  }

  error(text: string): void {
    if (!this.isBlocked) this.failure ??= text;
    this.ok(1);
  }

  private end(): void {
    const { part, unit, phase, sink } = this;
    if (this.failure !== null) sink.refused(part, unit, this.failure, phase);
    else if (this.isBlocked) sink.blocked(part, unit, phase);
    else sink.succeeded(part, unit, phase);
    this.unit++;
    this.begin();
  }

  eachUnanswered(visit: (unit: number) => void): void {
    for (let unit = this.unit; unit < this.to; unit++) visit(unit);
  }
}

/** How many replies a unit has. */
export function commandsOf(part: Part, unit: number, phase: Phase): number {
  const { units } = part;
  const all = units.commands[unit] as number;
  const finish = units.finishCommands[unit] as number;
  const count = phase === 'all' ? all : phase === 'finish' ? finish : all - finish;
  return part.isAsking ? 2 * count : count;
}

/** What is told about the commands of a part of form `mset`, of which none of the units was carried out. */
export interface GroupSink extends UnitSink {
  /** One of the keys exists. */
  groupBlocked(part: Part, from: number, to: number): void;
  groupRefused(part: Part, from: number, to: number, text: string): void;
}

/** All commands of a part of form `mset`. */
export class GroupExchange implements Exchange {
  readonly part: Part;
  private readonly sink: GroupSink;
  private group = 0;

  constructor(part: Part, sink: GroupSink) {
    this.part = part;
    this.sink = sink;
  }

  get isDone(): boolean {
    return this.group >= this.part.groups.length;
  }

  private get from(): number {
    return this.part.groups[this.group] as number;
  }

  private get to(): number {
    return this.part.groups[this.group + 1] ?? this.part.units.count;
  }

  ok(count: number): number {
    const { part, sink } = this;
    let taken = 0;
    for (; taken < count && !this.isDone; taken++) {
      for (let unit = this.from, { to } = this; unit < to; unit++) sink.succeeded(part, unit, 'all');
      this.group++;
    }
    return taken;
  }

  none(): void {
    this.sink.groupBlocked(this.part, this.from, this.to);
    this.group++;
  }

  error(text: string): void {
    this.sink.groupRefused(this.part, this.from, this.to, text);
    this.group++;
  }

  eachUnanswered(visit: (unit: number) => void): void {
    if (this.isDone) return;
    for (let unit = this.from; unit < this.part.units.count; unit++) visit(unit);
  }
}

/** What is told about keys of which it was asked whether they exist. */
export interface ExistenceSink {
  /** None of the keys of these units exists; or, of one, that it does. */
  existence(part: Part, unit: number, exists: boolean): void;
  /** Some of several do. */
  someExist(part: Part, units: readonly number[]): void;
  existenceRefused(part: Part, unit: number, text: string): void;
}

/** `EXISTS`, each with the keys of some units. */
export class ExistenceExchange implements Exchange {
  readonly part: Part;
  private readonly groups: readonly (readonly number[])[];
  private readonly sink: ExistenceSink;
  private group = 0;
  /** A node that does not own the slot yet answers `ASKING` first. */
  private asked = false;

  constructor(part: Part, groups: readonly (readonly number[])[], sink: ExistenceSink) {
    this.part = part;
    this.groups = groups;
    this.sink = sink;
  }

  get isDone(): boolean {
    return this.group >= this.groups.length;
  }

  ok(count: number): number {
    let taken = 0;
    for (; taken < count && !this.isDone; taken++) this.one();
    return taken;
  }

  private one(): void {
    const { part, sink } = this;
    if (this.isAsking()) return;
    const units = this.groups[this.group++] as readonly number[];
    if (units.length === 1) sink.existence(part, units[0] as number, true);
    else sink.someExist(part, units);
  }

  none(): void {
    const { part, sink } = this;
    for (const unit of this.groups[this.group++] as readonly number[]) sink.existence(part, unit, false);
    this.asked = false;
  }

  error(text: string): void {
    const { part, sink } = this;
    if (this.isAsking()) return;
    for (const unit of this.groups[this.group++] as readonly number[]) sink.existenceRefused(part, unit, text);
  }

  private isAsking(): boolean {
    this.asked = this.part.isAsking && !this.asked;
    return this.asked;
  }

  eachUnanswered(): void {
    // Nothing was changed by asking.
  }
}

/** One command of ours with nobody's key in it. */
export class SideExchange implements Exchange {
  readonly part = null;
  isDone = false;
  private readonly onError: (text: string) => void;

  constructor(onError: (text: string) => void) {
    this.onError = onError;
  }

  ok(): number {
    this.isDone = true;
    return 1;
  }

  none(): void {
    this.isDone = true;
  }

  error(text: string): void {
    this.isDone = true;
    this.onError(text);
  }

  eachUnanswered(): void {
    // Nobody's.
  }
}
