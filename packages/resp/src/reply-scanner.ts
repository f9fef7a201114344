/**
 * Replies as they arrive, cut anywhere: counted without making anything of them, or decoded.
 *
 * @module
 */
import { ByteBuffer } from './byte-buffer.ts';
import { type Reply, ReplyError } from './reply.ts';
import { RespError } from './resp-error.ts';

const CR = 0x0d;
const LF = 0x0a;
const PLUS = 0x2b;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const LETTER_O = 0x4f;
const LETTER_K = 0x4b;
/** `+OK` and its line end. */
const OK_BYTES = 5;

/** Takes what {@link ReplyScanner.count} finds, in order. */
export interface ReplyVisitor {
  /** `count` replies in a row that are none of the following. */
  ok(count: number): void;
  /** Null, the integer 0 or false. */
  none(): void;
  /**
   * An error: its text without the `-`, at most 4 KiB of it. With `isNested` the first one inside an array, which counts
   * as one reply with all that is in it.
   */
  error(text: string, isNested: boolean): void;
}

/** Limits of a {@link ReplyScanner}. */
export interface ReplyLimits {
  /**
   * Bytes of a line. Of an error's, 4 KiB are kept.
   * @default 1048576 (1 MiB)
   */
  readonly maxLineBytes?: number;
  /**
   * Bytes of a reply that is decoded.
   * @default 67108864 (64 MiB)
   */
  readonly maxReplyBytes?: number;
}

const DEFAULT_MAX_LINE_BYTES = 1024 * 1024;
const DEFAULT_MAX_REPLY_BYTES = 64 * 1024 * 1024;
/** Of a longer line only the beginning is kept. */
const KEPT_LINE_BYTES = 4096;
/** Arrays inside of arrays. */
const MAX_DEPTH = 32;
/** Bytes of a string and elements of an array that may be announced; nothing is reserved for them. */
const MAX_LENGTH = 2 ** 32;
/** What an element of a decoded array costs at least. */
const ELEMENT_BYTES = 16;
/** `txt:` in front of a verbatim string. */
const VERBATIM_PREFIX = 4;

/** What the byte at the scanner's position belongs to. */
type State = 'line' | 'body' | 'body end';

/** What has come to its end, if anything. `push` is a message that nobody asked for (RESP3). */
type Outcome = 'unfinished' | 'ok' | 'none' | 'error' | 'push';

/** An array that has begun. An attribute (RESP3) precedes the reply that it belongs to. */
interface Frame {
  readonly kind: 'array' | 'attribute' | 'push';
  /** Elements still to come. */
  left: number;
  /** The elements so far; stays empty unless the reply is decoded. */
  readonly elements: Reply[];
}

const decoder = new TextDecoder();

/**
 * Splits a stream of replies, of RESP2 or RESP3, into replies.
 *
 * It is given each chunk as often as it takes: {@link ReplyScanner.count} passes over as many replies as the caller says and
 * tells a visitor what they are, {@link ReplyScanner.read} decodes one. Both return where they stopped. A reply must be
 * finished with the method it was begun with. Messages that nobody asked for (RESP3) are passed over.
 *
 * @example
 * ```ts
 * import { ReplyScanner } from '@rdbkit/resp';
 * const replies = new TextEncoder().encode('+OK\r\n+OK\r\n-ERR no\r\n$2\r\nhi\r\n');
 * const scanner = new ReplyScanner({
 *   ok: (count) => console.log(`${count} fine`), // 2 fine
 *   none: () => {},
 *   error: (text) => console.log(text), // ERR no
 * });
 * const at = scanner.count(replies, 0, 3);
 * scanner.read(replies, at);
 * console.log(scanner.value); // Uint8Array(2) [ 104, 105 ]
 * ```
 */
export class ReplyScanner {
  /** Replies that the last {@link ReplyScanner.count} came to the end of. */
  counted = 0;
  /** The reply that the last {@link ReplyScanner.read} came to the end of; `undefined` when more bytes are needed. */
  value: Reply | undefined = undefined;
  private readonly visitor: ReplyVisitor;
  private readonly maxLineBytes: number;
  private readonly maxReplyBytes: number;
  private state: State = 'line';
  private readonly frames: Frame[] = [];
  /** The beginning of a line that was cut, at most {@link KEPT_LINE_BYTES} of it. */
  private readonly held: ByteBuffer = new ByteBuffer(256);
  private heldBytes = 0;
  /** Bytes of the body still to come, or of its line end. */
  private left = 0;
  /** `$`, `=` or `!`: what the body will be. */
  private bodyType = 0;
  private readonly body: ByteBuffer = new ByteBuffer(256);
  private isDecoding = false;
  /** What the reply that is being decoded has taken. */
  private decodedBytes = 0;
  private nestedError: string | null = null;
  private outcome: Outcome = 'unfinished';
  private result: Reply = null;
  /** Offset of the next byte in the whole stream. */
  private base = 0;
  /** Offset of the present line. */
  private lineOffset = 0;

  constructor(visitor: ReplyVisitor, limits: ReplyLimits = {}) {
    this.visitor = visitor;
    this.maxLineBytes = limits.maxLineBytes ?? DEFAULT_MAX_LINE_BYTES;
    this.maxReplyBytes = limits.maxReplyBytes ?? DEFAULT_MAX_REPLY_BYTES;
  }

  /** Whether all bytes so far made whole replies. */
  get isBetweenReplies(): boolean {
    return this.state === 'line' && this.heldBytes === 0 && this.frames.length === 0;
  }

  /**
   * Passes over at most `limit` replies from `chunk[start]` on; {@link ReplyScanner.counted} says how many were finished.
   *
   * @returns Where it stopped: behind the last of them, or the chunk's end.
   * @throws {RespError} The scanner cannot go on after that.
   */
  count(chunk: Uint8Array, start: number, limit: number): number {
    let at = start;
    let ok = 0;
    this.counted = 0;
    try {
      while (this.counted < limit && at < chunk.length) {
        if (this.isBetweenReplies) {
          this.isDecoding = false;
          const found = countOk(chunk, at, limit - this.counted);
          at += found * OK_BYTES;
          this.base += found * OK_BYTES;
          this.counted += found;
          ok += found;
          if (this.counted === limit || at === chunk.length) break;
        }
        at = this.advance(chunk, at);
        if (this.outcome === 'unfinished' || this.outcome === 'push') continue;
        this.counted++;
        if (this.outcome === 'ok') {
          ok++;
          continue;
        }
        if (ok > 0) this.visitor.ok(ok);
        ok = 0;
        if (this.outcome === 'none') this.visitor.none();
        else this.reportError();
      }
    } finally {
      if (ok > 0) this.visitor.ok(ok);
    }
    return at;
  }

  private reportError(): void {
    const nested = this.nestedError;
    this.nestedError = null;
    if (nested !== null) this.visitor.error(nested, true);
    else if (this.result instanceof ReplyError) this.visitor.error(this.result.message, false);
  }

  /**
   * Decodes the reply at `chunk[start]`; {@link ReplyScanner.value} has it when it is whole.
   *
   * @returns Where it stopped: behind the reply, or the chunk's end.
   * @throws {RespError} The scanner cannot go on after that.
   */
  read(chunk: Uint8Array, start: number): number {
    let at = start;
    this.value = undefined;
    while (at < chunk.length) {
      if (this.isBetweenReplies) {
        this.isDecoding = true;
        this.decodedBytes = 0;
      }
      at = this.advance(chunk, at);
      if (this.outcome === 'unfinished' || this.outcome === 'push') continue;
      this.value = this.result;
      this.nestedError = null;
      break;
    }
    return at;
  }

  /** Goes on until a reply or a push has ended, or the chunk. */
  private advance(chunk: Uint8Array, start: number): number {
    const base = this.base;
    let at = start;
    this.outcome = 'unfinished';
    while (at < chunk.length && this.outcome === 'unfinished') {
      if (this.state === 'line') at = this.takeLine(chunk, at);
      else if (this.state === 'body') at = this.takeBody(chunk, at);
      else at = this.takeBodyEnd(chunk, at);
      this.base = base + at - start;
    }
    return at;
  }

  private takeLine(chunk: Uint8Array, start: number): number {
    let end = start;
    this.lineOffset = this.base - this.heldBytes;
    while (end < chunk.length && chunk[end] !== LF) end++;
    if (this.heldBytes + end - start > this.maxLineBytes) {
      throw new RespError('RESP_LIMIT', `a line of a reply is longer than ${this.maxLineBytes} bytes`, this.lineOffset);
    }
    if (this.heldBytes === 0 && end < chunk.length) {
      this.line(chunk, start, end);
      return end + 1;
    }
    const kept = Math.min(end - start, KEPT_LINE_BYTES - this.held.pos);
    this.held.copy(chunk, start, start + kept);
    this.heldBytes += end - start;
    if (end === chunk.length) return end;
    const { bytes, pos } = this.held;
    const isWhole = pos === this.heldBytes;
    this.held.pos = 0;
    this.heldBytes = 0;
    if (isWhole) {
      this.line(bytes, 0, pos);
    } else {
      // Only texts are that long; whether the line ends in CR is of no importance any more.
      bytes[pos - 1] = CR;
      this.line(bytes, 0, pos);
    }
    return end + 1;
  }

  /** A whole line: `bytes[start, end)` with its CR, without its LF. */
  private line(bytes: Uint8Array, start: number, end: number): void {
    const textEnd = end - 1;
    if (textEnd <= start || bytes[textEnd] !== CR) this.refuse(bytes, start, end);
    const textAt = start + 1;
    switch (bytes[start]) {
      case PLUS:
        this.finish('ok', this.isDecoding ? this.text(bytes, textAt, textEnd) : null);
        break;
      case MINUS:
        this.finish('error', new ReplyError(this.text(bytes, textAt, Math.min(textEnd, textAt + KEPT_LINE_BYTES))));
        break;
      case 0x3a: // :
        if (!isInteger(bytes, textAt, textEnd)) this.refuse(bytes, start, end);
        if (this.isDecoding) this.finish('ok', integer(this.text(bytes, textAt, textEnd)));
        else this.finish(textEnd === textAt + 1 && bytes[textAt] === ZERO ? 'none' : 'ok', null);
        break;
      case 0x24: // $
      case 0x3d: // =
      case 0x21: // !
        this.beginBody(bytes, start, end);
        break;
      case 0x2a: // *
      case 0x7e: // ~
        this.beginFrame('array', 1, bytes, start, end);
        break;
      case 0x25: // %
        this.beginFrame('array', 2, bytes, start, end);
        break;
      case 0x7c: // |
        this.beginFrame('attribute', 2, bytes, start, end);
        break;
      case 0x3e: // >
        if (this.frames.length > 0) this.refuse(bytes, start, end);
        this.beginFrame('push', 1, bytes, start, end);
        break;
      case 0x5f: // _
        this.finish('none', null);
        break;
      case 0x23: // #
        this.finish(bytes[textAt] === 0x74 ? 'ok' : 'none', bytes[textAt] === 0x74);
        break;
      case 0x2c: // ,
        this.finish('ok', this.isDecoding ? double(this.text(bytes, textAt, textEnd)) : null);
        break;
      case 0x28: // (
        if (!isInteger(bytes, textAt, textEnd)) this.refuse(bytes, start, end);
        this.finish('ok', this.isDecoding ? BigInt(this.text(bytes, textAt, textEnd)) : null);
        break;
      default:
        this.refuse(bytes, start, end);
    }
  }

  private beginBody(bytes: Uint8Array, start: number, end: number): void {
    const length = this.length(bytes, start, end);
    if (length < 0) return this.finish('none', null);
    if (this.isDecoding) this.charge(length);
    this.bodyType = bytes[start] ?? 0;
    this.body.pos = 0;
    this.left = length;
    this.state = 'body';
    if (length === 0) this.endBody();
    return undefined;
  }

  private takeBody(chunk: Uint8Array, start: number): number {
    const taken = Math.min(this.left, chunk.length - start);
    if (this.isDecoding) this.body.copy(chunk, start, start + taken);
    else if (this.bodyType === 0x21) {
      const kept = Math.min(taken, KEPT_LINE_BYTES - this.body.pos);
      this.body.copy(chunk, start, start + kept);
    }
    this.left -= taken;
    if (this.left === 0) this.endBody();
    return start + taken;
  }

  private endBody(): void {
    this.state = 'body end';
    this.left = 2;
  }

  private takeBodyEnd(chunk: Uint8Array, start: number): number {
    const wanted = this.left === 2 ? CR : LF;
    if (chunk[start] !== wanted) {
      throw new RespError('RESP_SYNTAX', 'a string of a reply is not of the announced length', this.base);
    }
    this.left--;
    if (this.left === 0) {
      this.state = 'line';
      this.finishBody();
    }
    return start + 1;
  }

  private finishBody(): void {
    const { bytes, pos } = this.body;
    if (this.bodyType === 0x21) this.finish('error', new ReplyError(decoder.decode(bytes.subarray(0, pos))));
    else if (!this.isDecoding) this.finish('ok', null);
    else if (this.bodyType === 0x24) this.finish('ok', bytes.slice(0, pos));
    else this.finish('ok', decoder.decode(bytes.subarray(VERBATIM_PREFIX, pos)));
  }

  private beginFrame(kind: Frame['kind'], factor: number, bytes: Uint8Array, start: number, end: number): void {
    const count = this.length(bytes, start, end);
    if (count < 0) return this.finish('none', null);
    if (this.frames.length === MAX_DEPTH) {
      throw new RespError('RESP_LIMIT', `arrays in a reply are nested deeper than ${MAX_DEPTH}`, this.lineOffset);
    }
    if (count > 0) this.frames.push({ kind, left: count * factor, elements: [] });
    else if (kind === 'array') this.finish('ok', []);
    else if (kind === 'push') this.outcome = 'push';
    return undefined;
  }

  /** Ends a value, and all arrays of which it is the last element. */
  private finish(outcome: 'ok' | 'none' | 'error', value: Reply): void {
    let ended: Reply = value;
    let frame = this.frames.at(-1);
    if (frame === undefined) {
      this.outcome = outcome;
      this.result = ended;
      return;
    }
    // A push or an attribute says nothing about a command.
    if (value instanceof ReplyError && this.frames.every(({ kind }) => kind === 'array')) {
      this.nestedError ??= value.message;
    }
    while (frame !== undefined) {
      if (this.isDecoding && frame.kind === 'array') {
        this.charge(ELEMENT_BYTES);
        frame.elements.push(ended);
      }
      frame.left--;
      if (frame.left > 0) return;
      this.frames.pop();
      if (frame.kind !== 'array') {
        // What an attribute belongs to is still to come.
        if (frame.kind === 'push') this.outcome = 'push';
        return;
      }
      ended = frame.elements;
      frame = this.frames.at(-1);
    }
    this.outcome = this.nestedError === null ? 'ok' : 'error';
    this.result = ended;
  }

  /** The number of a line such as `$12`; −1 for none (RESP2's null). */
  private length(bytes: Uint8Array, start: number, end: number): number {
    const text = this.text(bytes, start + 1, end - 1);
    if (text === '-1') return -1;
    if (!/^\d+$/.test(text)) this.refuse(bytes, start, end);
    const length = Number(text);
    if (length > MAX_LENGTH)
      throw new RespError('RESP_LIMIT', `a reply announces ${text} bytes or elements`, this.lineOffset);
    return length;
  }

  private text(bytes: Uint8Array, start: number, end: number): string {
    if (this.isDecoding) this.charge(end - start);
    return decoder.decode(bytes.subarray(start, end));
  }

  private charge(bytes: number): void {
    this.decodedBytes += bytes;
    if (this.decodedBytes > this.maxReplyBytes) {
      throw new RespError('RESP_LIMIT', `a reply is longer than ${this.maxReplyBytes} bytes`, this.lineOffset);
    }
  }

  private refuse(bytes: Uint8Array, start: number, end: number): never {
    const found = decoder.decode(bytes.subarray(start, Math.min(end, start + 40))).trimEnd();
    throw new RespError('RESP_SYNTAX', `expected a reply, found ${JSON.stringify(found)}`, this.lineOffset);
  }
}

/** How many replies from `at` on are `+OK`, at most `limit`. Nearly all are: 5 bytes each that need no state. */
function countOk(chunk: Uint8Array, start: number, limit: number): number {
  let at = start;
  const stop = Math.min(chunk.length - OK_BYTES + 1, start + limit * OK_BYTES);
  while (
    at < stop &&
    chunk[at] === PLUS &&
    chunk[at + 1] === LETTER_O &&
    chunk[at + 2] === LETTER_K &&
    chunk[at + 3] === CR &&
    chunk[at + 4] === LF
  ) {
    at += OK_BYTES;
  }
  return (at - start) / OK_BYTES;
}

function isInteger(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  if (bytes[at] === MINUS || bytes[at] === PLUS) at++;
  if (at === end) return false;
  for (; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte < ZERO || byte > NINE) return false;
  }
  return true;
}

function integer(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

function double(text: string): number {
  if (text === 'inf') return Number.POSITIVE_INFINITY;
  return text === '-inf' ? Number.NEGATIVE_INFINITY : Number(text);
}
