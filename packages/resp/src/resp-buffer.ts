/**
 * Commands as RESP, written into a growing buffer without strings and without allocations.
 *
 * @module
 */
import { type Int64, writeDecimal, writeDouble, writeInt64Text } from '@rdbkit/bytes';
import { OutputBuffer } from './output-buffer.ts';

const CR = 0x0d;
const LF = 0x0a;
const ZERO = 0x30;
const ASTERISK = 0x2a;
const DOLLAR = 0x24;

/** `$`, at most 16 digits, two line ends, and the surplus of copying. */
const BULK_FRAME_BYTES = 29;

/** A bulk string with a number: the number's text has at most 25 bytes, hence two digits of length. */
const NUMBER_BULK_BYTES = 32;

/** Size of the `$…` line of a bulk string of fewer than 10 bytes. */
export const SHORT_FRAME = 4;
/** Size of the `$…` line of a bulk string of 10 to 99 bytes. */
export const LONG_FRAME = 5;

/**
 * A growing buffer of RESP commands.
 *
 * What was written is, from the front: whole commands that were {@link RespBuffer.commit}ted and may be sent; commands
 * that may still be {@link RespBuffer.rollback | rolled back}; at most one open command whose number of arguments is
 * not settled. Invariant: `committed ≤ openAt ≤ pos`.
 *
 * @example
 * ```ts
 * import { RespBuffer } from '@rdbkit/resp';
 * const text = (s: string): Uint8Array => new TextEncoder().encode(s);
 * const buffer = new RespBuffer();
 * buffer.begin(3);
 * for (const argument of ['SET', 'k', 'v']) buffer.bulk(text(argument), 0, argument.length);
 * buffer.end(3);
 * buffer.commit();
 * console.log(new TextDecoder().decode(buffer.take()).split('\r\n').join(' ')); // *3 $3 SET $1 k $1 v
 * ```
 */
export class RespBuffer extends OutputBuffer {
  /** Start of the command begun last. */
  openAt = 0;
  /** Commands begun and not rolled back. */
  commands = 0;
  /** Commands committed since the beginning, those already taken included. */
  committedCommands = 0;
  /** The number of arguments that the head of the open command states. */
  private stated = 0;

  /**
   * Begins a command with the number of arguments it is expected to have (the command's name counts).
   * {@link RespBuffer.end} corrects it.
   */
  begin(count: number): void {
    this.reserve(BULK_FRAME_BYTES);
    this.openAt = this.pos;
    this.commands++;
    this.stated = count;
    const out = this.bytes;
    out[this.pos] = ASTERISK;
    const pos = writeDecimal(out, this.pos + 1, count);
    out[pos] = CR;
    out[pos + 1] = LF;
    this.pos = pos + 2;
  }

  /** Begins a command with a ready-made head: {@link encodeHead}. It needs no {@link RespBuffer.end}. */
  beginWith(head: Uint8Array): void {
    this.openAt = this.pos;
    this.commands++;
    this.copy(head, 0, head.length);
  }

  /** Appends a whole command that is RESP already: `bytes[start, end)`. */
  command(bytes: Uint8Array, start: number, end: number): void {
    this.openAt = this.pos;
    this.commands++;
    this.copy(bytes, start, end);
  }

  /**
   * Ends a command that was begun with {@link RespBuffer.begin}, now that its number of arguments is known.
   *
   * A head must not have leading zeros, so when the number has more or fewer digits than expected the arguments move.
   */
  end(count: number): void {
    if (count === this.stated) return;
    const bodyAt = this.openAt + 1 + digits(this.stated) + 2;
    const shift = digits(count) - digits(this.stated);
    if (shift !== 0) {
      if (shift > 0) this.reserve(shift);
      this.bytes.copyWithin(bodyAt + shift, bodyAt, this.pos);
      this.pos += shift;
    }
    this.stated = count;
    const pos = writeDecimal(this.bytes, this.openAt + 1, count);
    this.bytes[pos] = CR;
    this.bytes[pos + 1] = LF;
  }

  /** Takes back the command begun last, all of it. */
  abandon(): void {
    this.pos = this.openAt;
    this.commands--;
  }

  /** Appends bytes that are RESP already: {@link encodeBulks}. */
  raw(bytes: Uint8Array): void {
    this.copy(bytes, 0, bytes.length);
  }

  /** Appends `bytes[start, end)` as a bulk string. */
  bulk(bytes: Uint8Array, start: number, end: number): void {
    const count = end - start;
    this.reserve(count + BULK_FRAME_BYTES);
    const out = this.bytes;
    let pos = this.pos;
    out[pos++] = DOLLAR;
    if (count < 10) {
      out[pos++] = ZERO + count;
    } else if (count < 100) {
      // Without the call: nine strings of ten are that short.
      const tens = (count / 10) | 0;
      out[pos++] = ZERO + tens;
      out[pos++] = ZERO + count - tens * 10;
    } else {
      pos = writeDecimal(out, pos, count);
    }
    out[pos++] = CR;
    out[pos++] = LF;
    this.pos = pos;
    this.put(bytes, start, end);
    pos = this.pos;
    out[pos] = CR;
    out[pos + 1] = LF;
    this.pos = pos + 2;
  }

  /** Appends the `$…` line of a bulk string of `count` bytes; the caller appends these and calls {@link RespBuffer.bulkEnd}. */
  bulkStart(count: number): void {
    this.reserve(BULK_FRAME_BYTES);
    const out = this.bytes;
    out[this.pos] = DOLLAR;
    const pos = writeDecimal(out, this.pos + 1, count);
    out[pos] = CR;
    out[pos + 1] = LF;
    this.pos = pos + 2;
  }

  /** Appends the line end after a bulk string's bytes. */
  bulkEnd(): void {
    this.reserve(2);
    const out = this.bytes;
    out[this.pos] = CR;
    out[this.pos + 1] = LF;
    this.pos += 2;
  }

  /** Appends an integer as a bulk string. */
  bulkInteger(value: Int64): void {
    this.reserve(NUMBER_BULK_BYTES);
    const at = this.pos + SHORT_FRAME;
    this.frame(at, writeInt64Text(this.bytes, at, value));
  }

  /** Appends a double as a bulk string: the shortest text that reads back as the same double. */
  bulkDouble(value: number): void {
    this.reserve(NUMBER_BULK_BYTES);
    const at = this.pos + SHORT_FRAME;
    this.frame(at, writeDouble(this.bytes, at, value));
  }

  /**
   * Makes a bulk string of a text of fewer than 100 bytes that was written in place: it stands at `bytes[at, end)` with
   * `at` = `pos` + {@link SHORT_FRAME} or + {@link LONG_FRAME}, the right one of which saves moving it, and two bytes of
   * room follow it.
   */
  frame(at: number, end: number): void {
    const out = this.bytes;
    const count = end - at;
    let pos = this.pos;
    out[pos++] = DOLLAR;
    if (count >= 10) {
      const tens = (count / 10) | 0;
      if (at !== pos + 4) out.copyWithin(pos + 4, at, end);
      out[pos++] = ZERO + tens;
      out[pos++] = ZERO + count - tens * 10;
    } else {
      if (at !== pos + 3) out.copyWithin(pos + 3, at, end);
      out[pos++] = ZERO + count;
    }
    out[pos++] = CR;
    out[pos++] = LF;
    pos += count;
    out[pos] = CR;
    out[pos + 1] = LF;
    this.pos = pos + 2;
  }

  /** Everything so far is whole and may be sent. No command may be open. */
  override commit(): void {
    super.commit();
    this.committedCommands = this.commands;
    this.openAt = this.pos;
  }

  /** Drops what was written since the last {@link RespBuffer.commit}. */
  override rollback(): void {
    super.rollback();
    this.commands = this.committedCommands;
    this.openAt = this.pos;
  }

  override take(): Uint8Array {
    this.openAt -= this.committed;
    return super.take();
  }
}

function digits(n: number): number {
  let count = 1;
  for (let rest = n; rest >= 10; rest = Math.floor(rest / 10)) count++;
  return count;
}

/**
 * The bulk strings of some texts, for {@link RespBuffer.raw}.
 *
 * @example
 * ```ts
 * import { encodeBulks } from '@rdbkit/resp';
 * console.log(new TextDecoder().decode(encodeBulks('SET'))); // $3 SET, each with its line end
 * ```
 */
export function encodeBulks(...texts: readonly string[]): Uint8Array {
  const encoder = new TextEncoder();
  return encoder.encode(texts.map((text) => `$${encoder.encode(text).length}\r\n${text}\r\n`).join(''));
}

/**
 * The head of a command of `count` arguments whose first ones are `texts`, for {@link RespBuffer.beginWith}.
 *
 * @example
 * ```ts
 * import { encodeHead } from '@rdbkit/resp';
 * console.log(new TextDecoder().decode(encodeHead(2, 'DEL'))); // *2 $3 DEL, each with its line end
 * ```
 */
export function encodeHead(count: number, ...texts: readonly string[]): Uint8Array {
  const body = encodeBulks(...texts);
  const head = new TextEncoder().encode(`*${count}\r\n`);
  const out = new Uint8Array(head.length + body.length);
  out.set(head);
  out.set(body, head.length);
  return out;
}
