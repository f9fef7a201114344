/**
 * Values in pieces (Dragonfly ≥ 1.38): u32 id, u32 size, so many bytes. The pieces of an id, one after the other, are a key
 * with its attributes and its value; there is no end mark. Other records, and pieces of other values, may stand in between.
 *
 * A visitor is given one key after the other. The value that was opened first is decoded as its pieces come, however long it is;
 * what comes in between waits in memory until it is complete.
 */
import { RdbFormatError, RdbLimitError } from '../errors.ts';
import { type RdbVisitor, RdbVisitorBase } from '../visitor.ts';
import type { Decoding, Rule } from './decoding.ts';
import type { Frame } from './frame.ts';
import { decodingWithin, pour } from './within.ts';

const HEAD_BYTES = 8;
const VALUE = 'a value in pieces';
const RECORDS = 'the records between the pieces of a value';

/** Records that wait. */
interface Records {
  readonly kind: 'records';
  /** The database that was selected before them. */
  readonly db: number;
  readonly origin: number;
  readonly parts: Uint8Array[];
}

/** A value of which not all pieces have been decoded. */
interface Value {
  readonly kind: 'value';
  readonly id: number;
  readonly db: number;
  readonly origin: number;
  /** Reads along without delivering anything, to know where it ends. */
  d: Decoding;
  rule: Rule;
  /** Pieces that wait. */
  parts: Uint8Array[];
}

export class Pieces {
  /** Looks at what waits. */
  readonly nobody: RdbVisitor = new RdbVisitorBase();
  private readonly frame: Frame;
  private readonly visitor: RdbVisitor;
  private live: Value | null = null;
  private readonly open = new Map<number, Value>();
  private waiting: (Records | Value)[] = [];
  private waitingBytes = 0;

  /** @param frame - The first one with a piece. */
  constructor(frame: Frame) {
    this.frame = frame;
    this.visitor = frame.d.visitor;
  }

  /** Whether a value is being delivered that is not complete. */
  get isOpen(): boolean {
    return this.live !== null;
  }

  incomplete(offset: number): RdbFormatError {
    return new RdbFormatError(
      'RDB_BAD_PIECES',
      `the file ends, but ${this.open.size} values in pieces are not complete`,
      offset,
    );
  }

  /** A piece, behind its opcode. */
  *piece(d: Decoding, at: number): Rule {
    const { input } = d;
    while (input.end - input.pos < HEAD_BYTES) yield;
    const id = input.view.getUint32(input.pos, true);
    let left = input.view.getUint32(input.pos + 4, true);
    input.pos += HEAD_BYTES;
    if (id === 0 || left === 0) throw d.bad('RDB_BAD_PIECES', `a piece of ${left} bytes of the value ${id}`, at);
    const value = this.open.get(id) ?? this.begin(d, id, d.origin < 0 ? at : d.origin);
    while (left > 0) {
      while (input.pos >= input.end) yield;
      const step = Math.min(left, input.end - input.pos);
      const bytes = input.bytes.subarray(input.pos, input.pos + step);
      input.pos += step;
      left -= step;
      if (value !== this.live) this.keep(value.parts, bytes, at);
      const isWhole = yield* pour(value.d, value.rule, bytes, VALUE);
      if (!isWhole) continue;
      if (left > 0 || value.d.input.available > 0)
        throw d.bad('RDB_BAD_PIECES', `a piece goes on after the end of the value ${id}`, at);
      this.open.delete(id);
      if (value === this.live) yield* this.deliverWaiting();
      return;
    }
  }

  /** Keeps a record for later. */
  wait(db: number, bytes: Uint8Array, offset: number): void {
    let last = this.waiting.at(-1);
    if (last?.kind !== 'records') {
      last = { kind: 'records', db, origin: offset, parts: [] };
      this.waiting.push(last);
    }
    this.keep(last.parts, bytes, offset);
  }

  private keep(parts: Uint8Array[], bytes: Uint8Array, offset: number): void {
    const { maxStringBytes } = this.frame.d.options;
    this.waitingBytes += bytes.length;
    if (this.waitingBytes > maxStringBytes) {
      throw new RdbLimitError(
        'RDB_LIMIT',
        `more than ${maxStringBytes} bytes wait for a value in pieces to be complete (option maxStringBytes)`,
        offset,
      );
    }
    parts.push(bytes.slice());
  }

  private begin(d: Decoding, id: number, origin: number): Value {
    const isLive = this.live === null;
    const { db } = d.header;
    const value: Value = { kind: 'value', id, db, origin, ...this.reading(isLive, db, origin), parts: [] };
    this.open.set(id, value);
    if (isLive) this.live = value;
    else this.waiting.push(value);
    return value;
  }

  private reading(isLive: boolean, db: number, origin: number): Pick<Value, 'd' | 'rule'> {
    const visitor = isLive ? this.visitor : this.nobody;
    const d = decodingWithin(this.frame.d, visitor, db, origin);
    const frame = isLive ? this.frame.within(d) : this.frame.beside(d);
    return { d, rule: frame.key() };
  }

  /** Delivers what waits, up to the next value that is not complete, which is delivered as its pieces come from then on. */
  private *deliverWaiting(): Rule {
    this.live = null;
    for (;;) {
      const next = this.waiting.shift();
      if (next === undefined) break;
      const { d, rule } = next.kind === 'value' ? this.reading(true, next.db, next.origin) : this.records(next);
      for (let part = next.parts.shift(); part !== undefined; part = next.parts.shift()) {
        this.waitingBytes -= part.length;
        yield* pour(d, rule, part, next.kind === 'value' ? VALUE : RECORDS);
      }
      if (next.kind === 'records' || this.open.get(next.id) !== next) continue;
      next.d = d;
      next.rule = rule;
      this.live = next;
      return;
    }
  }

  private records(records: Records): Pick<Value, 'd' | 'rule'> {
    const d = decodingWithin(this.frame.d, this.visitor, records.db, records.origin);
    return { d, rule: this.frame.within(d).records() };
  }
}
