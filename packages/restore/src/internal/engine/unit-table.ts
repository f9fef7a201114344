/**
 * The units of a part: what must be answered as one, nearly always one key. Columns of numbers instead of objects, because a
 * restore has millions of them.
 */
import type { Way } from '@rdbkit/commands';
import { SELECTABLE_TYPES, type SelectableType } from '@rdbkit/rdb';

/** Not sent yet. */
export const NEW = 0;
/** Sent, not answered. */
export const SENT = 1;
/** To be sent again. */
export const RETRY = 2;
/** Built under another name; what gives it its own is to be sent. */
export const BUILT = 3;
/** Its outcome is known. */
export const DONE = 4;
/** Handed on to another part, which has its outcome. */
export const ELSEWHERE = 5;

/** It is known whether the key existed before. */
export const KNOWN = 1;
/** The key existed before. */
export const EXISTED = 2;
/** It was sent before and may have been carried out: a key that is found in its place may be ours. */
export const RESENT = 4;
/** The value expires: that it is gone says nothing. */
export const EXPIRES = 8;

/** What became of a unit; 0 is nothing yet. */
export const RESTORED = 1;
export const REPLACED = 2;
export const SKIPPED = 3;
export const EXISTING = 4;
export const FAILED = 5;

/** Kinds of units, by number. */
export const KINDS: readonly (SelectableType | 'script')[] = [...SELECTABLE_TYPES, 'script'];
export const FUNCTION = 8;
export const SCRIPT = 9;

/** How a unit is written. */
export type RestoreWay = 'mset' | Way;
/** Ways, by number. */
export const WAYS: readonly RestoreWay[] = ['mset', 'set', 'restore', 'transcoded', 'commands'];
export const MSET = 0;
export const SET = 1;
export const RESTORE = 2;
export const TRANSCODED = 3;
export const COMMANDS = 4;

const FIRST_CAPACITY = 256;

export class UnitTable {
  count = 0;
  /** Where the unit begins in the bytes of its part. */
  start: Uint32Array = new Uint32Array(FIRST_CAPACITY);
  commands: Uint32Array = new Uint32Array(FIRST_CAPACITY);
  /** The commands at its end that are sent when all others were answered well: their bytes and number. */
  finishBytes: Uint32Array = new Uint32Array(FIRST_CAPACITY);
  finishCommands: Uint8Array = new Uint8Array(FIRST_CAPACITY);
  /** Where the key's record begins in the source. */
  offset: Float64Array = new Float64Array(FIRST_CAPACITY);
  kind: Uint8Array = new Uint8Array(FIRST_CAPACITY);
  way: Uint8Array = new Uint8Array(FIRST_CAPACITY);
  state: Uint8Array = new Uint8Array(FIRST_CAPACITY);
  flags: Uint8Array = new Uint8Array(FIRST_CAPACITY);
  outcome: Uint8Array = new Uint8Array(FIRST_CAPACITY);

  /** Adds a unit; returns its number. */
  add(start: number, commands: number, offset: number, kind: number, way: number, flags: number): number {
    const unit = this.count++;
    if (unit === this.start.length) this.grow();
    this.start[unit] = start;
    this.commands[unit] = commands;
    this.finishBytes[unit] = 0;
    this.finishCommands[unit] = 0;
    this.offset[unit] = offset;
    this.kind[unit] = kind;
    this.way[unit] = way;
    this.state[unit] = NEW;
    this.flags[unit] = flags;
    this.outcome[unit] = 0;
    return unit;
  }

  clear(): void {
    this.count = 0;
  }

  private grow(): void {
    this.start = longer(this.start, new Uint32Array(this.start.length * 2));
    this.commands = longer(this.commands, new Uint32Array(this.commands.length * 2));
    this.finishBytes = longer(this.finishBytes, new Uint32Array(this.finishBytes.length * 2));
    this.finishCommands = longer(this.finishCommands, new Uint8Array(this.finishCommands.length * 2));
    this.offset = longer(this.offset, new Float64Array(this.offset.length * 2));
    this.kind = longer(this.kind, new Uint8Array(this.kind.length * 2));
    this.way = longer(this.way, new Uint8Array(this.way.length * 2));
    this.state = longer(this.state, new Uint8Array(this.state.length * 2));
    this.flags = longer(this.flags, new Uint8Array(this.flags.length * 2));
    this.outcome = longer(this.outcome, new Uint8Array(this.outcome.length * 2));
  }
}

function longer<Column extends Uint8Array | Uint32Array | Float64Array>(from: Column, to: Column): Column {
  to.set(from);
  return to;
}
