/**
 * The log: commands and annotations.
 *
 * ```
 * log        = *( annotation | command )
 * annotation = "#" text LF                             at most 1023 bytes, from 7.0 on
 * command    = "*" argc CRLF argc*( "$" length CRLF bytes CRLF )
 * ```
 *
 * The parser keeps its place in a few numbers instead of in a generator: a command has only two kinds of parts. An argument
 * either is complete in the window and passed at once, or left until more has come; nothing before it is looked at again.
 */
import { Window } from '@rdbkit/bytes';
import { AofCommand } from '../command.ts';
import { AofFormatError, AofLimitError } from '../errors.ts';
import type { ResolvedAofOptions } from '../options.ts';
import type { AofStop, AofVisitor } from '../visitor.ts';
import { classify, readDb } from './command-kinds.ts';
import { findMember, isMemberExpiry, MEMBER_ARGC, MEMBER_AT, writeMemberExpiry } from './member-repair.ts';
import { showBytes } from './show-bytes.ts';

const CR = 0x0d;
const LF = 0x0a;
const HASH = 0x23;
const DOLLAR = 0x24;
const STAR = 0x2a;
const ZERO = 0x30;

/** Between commands. */
const BETWEEN = 0;
/** In a command that is gathered. */
const GATHERING = 1;
/** In a command that is passed on in pieces. */
const PASSING = 2;
/** In a command that goes on behind the end of the file. */
const DOOMED = 3;
/** Behind the point of time that was asked for. */
const STOPPED = 4;

/** The servers read lines into 1024 bytes, of which one is the terminating zero. */
const MAX_LINE_BYTES = 1023;
/** More digits would not be exact. */
const MAX_DIGITS = 15;
const MAX_ARGC = 2 ** 31 - 1;
/** `$0`, CRLF, CRLF. */
const LEAST_ARGUMENT_BYTES = 6;
/** Room for this many arguments is kept from command to command. */
const KEEP_SPANS = 2 * 1024 * 1024;

/** The window does not hold the whole number yet. */
const MISS = -1;
/** There is no number, but a member without length that begins with `$`. */
const MEMBER = -2;

export class LogParser {
  readonly window: Window = new Window();
  readonly command: AofCommand = new AofCommand();
  /** End of the last whole command or transaction. */
  goodBytes = 0;
  goodCommands = 0;
  transactions = 0;
  /** Time that holds for the last good command. */
  goodTimestamp: number | null = null;
  timestamp: number | null = null;
  firstTimestamp: number | null = null;
  firstTimestampOffset = 0;
  /** Offset of the `MULTI` that is open, or −1. */
  multiOffset = -1;
  stop: AofStop | null = null;

  private readonly visitor: AofVisitor;
  private readonly options: ResolvedAofOptions;
  private phase = BETWEEN;
  private db = 0;
  private commands = 0;
  /** Arguments of the current command that have been passed. */
  private passed = 0;
  /** Set by {@link LogParser.readNumber}: index behind the line. */
  private lineEnd = 0;
  /** Bytes that are missing of the argument that is being passed on, its CRLF not counted. */
  private dataLeft = 0;
  private inData = false;
  /** Where the search for the end of a member without length goes on, relative to the command. */
  private searchFrom = 0;

  constructor(visitor: AofVisitor, options: ResolvedAofOptions) {
    this.visitor = visitor;
    this.options = options;
    this.window.straightTo = options.commandBytes + STRAIGHT_MARGIN;
  }

  /** Sets the offset of the log's first byte, which is fed next. */
  startAt(offset: number): void {
    const { window } = this;
    window.pos = window.end;
    window.base = offset - window.pos;
    this.goodBytes = offset;
  }

  /** Database that is selected. */
  get selectedDb(): number {
    return this.db;
  }

  /** Decodes as far as what was fed allows. */
  advance(): void {
    const { window } = this;
    for (;;) {
      let goesOn: boolean;
      if (this.phase === BETWEEN) goesOn = this.begin();
      else if (this.phase === GATHERING) goesOn = this.gather();
      else if (this.phase === PASSING) goesOn = this.pass();
      else {
        window.pos = window.end;
        return;
      }
      if (!goesOn) return;
    }
  }

  /** Whether the input ends between commands, apart from an annotation without line end. */
  get isBetween(): boolean {
    return (
      this.phase === STOPPED ||
      (this.phase === BETWEEN && (this.window.available === 0 || this.window.bytes[this.window.pos] === HASH))
    );
  }

  /** Offset of the command that is incomplete. */
  get commandOffset(): number {
    return this.phase === BETWEEN ? this.window.offset : this.command.offset;
  }

  /** The head of a command, or an annotation. */
  private begin(): boolean {
    const { window, command } = this;
    const { bytes, pos, end } = window;
    if (pos >= end) return false;
    const first = bytes[pos];
    if (first === HASH) return this.annotation();
    if (first !== STAR) throw this.noCommand();
    const argc = this.readNumber('AOF_BAD_COMMAND');
    if (argc === MISS) return false;
    if (argc < 1 || argc > MAX_ARGC)
      throw this.bad('AOF_BAD_COMMAND', `a command cannot have ${argc} arguments`, window.offset);
    command.offset = window.offset;
    command.argc = argc;
    command.repaired = false;
    this.passed = 0;
    this.searchFrom = 0;
    if (command.spans.length > KEEP_SPANS) command.spans = new Int32Array(INITIAL_SPANS);
    window.mark = pos;
    window.pos = this.lineEnd;
    this.phase = GATHERING;
    return true;
  }

  /** Arguments, until the command is complete or too long to be gathered. */
  private gather(): boolean {
    const { window, command } = this;
    const { bytes, end } = window;
    const { argc } = command;
    const start = window.mark;
    const { maxStringBytes, commandBytes } = this.options;
    let { spans } = command;
    for (let { passed } = this; passed < argc; passed = ++this.passed) {
      const { pos } = window;
      if (pos >= end) return false;
      if (bytes[pos] !== DOLLAR) {
        if (!this.isMember()) throw this.noArgument();
        return this.repairMember();
      }
      const length = this.readNumber('AOF_BAD_ARGUMENT');
      if (length === MISS) return false;
      if (length === MEMBER) return this.repairMember();
      if (length > maxStringBytes) throw this.tooLong(length);
      const from = this.lineEnd;
      const to = from + length;
      if (to + 2 - start > commandBytes) return this.beginPassing(length);
      if (to + 2 > end) return false;
      if (bytes[to] !== CR || bytes[to + 1] !== LF) this.checkLineEnd(to);
      if (2 * passed === spans.length) {
        spans = new Int32Array(spans.length * 2);
        spans.set(command.spans);
        command.spans = spans;
      }
      spans[2 * passed] = from - start;
      spans[2 * passed + 1] = to - start;
      window.pos = to + 2;
    }
    command.bytes = bytes;
    command.start = start;
    command.end = window.pos;
    this.deliver();
    return true;
  }

  /** Hands over the command that is complete. */
  private deliver(): void {
    const { window, command, visitor } = this;
    command.present = command.argc;
    command.db = this.db;
    command.timestamp = this.timestamp;
    command.kind = classify(command);
    if (command.kind !== 'other' && !this.changeState()) {
      // The server skips it too.
      window.mark = -1;
      this.phase = BETWEEN;
      return;
    }
    command.inTransaction = this.multiOffset >= 0;
    if (command.kind === 'exec') this.multiOffset = -1;
    this.commands++;
    visitor.command(command);
    this.endCommand();
  }

  private endCommand(): void {
    const { window } = this;
    window.mark = -1;
    this.phase = BETWEEN;
    if (this.multiOffset >= 0) return;
    this.goodBytes = window.offset;
    this.goodTimestamp = this.timestamp;
    this.goodCommands = this.commands;
  }

  /** What `SELECT`, `MULTI` and `EXEC` do. Returns false for a command that servers refuse and skip. */
  private changeState(): boolean {
    const { command } = this;
    const { lenient } = this.options;
    if (command.kind === 'select') {
      const db = readDb(command);
      if (db >= 0) this.db = db;
      else if (lenient) return this.skipped('AOF_BAD_SELECT', 'SELECT without the number of a database');
      else
        throw this.bad(
          'AOF_BAD_SELECT',
          `expected the number of a database after SELECT, found ${this.shown()}`,
          command.offset,
        );
    } else if (command.kind === 'multi') {
      if (this.multiOffset < 0) {
        this.multiOffset = command.offset;
      } else {
        const message = `MULTI inside of a transaction that began at byte ${this.multiOffset}`;
        if (lenient) return this.skipped('AOF_BAD_TRANSACTION', message);
        throw this.bad('AOF_BAD_TRANSACTION', message, command.offset);
      }
    } else if (this.multiOffset < 0) {
      if (lenient) return this.skipped('AOF_BAD_TRANSACTION', 'EXEC without MULTI');
      throw this.bad('AOF_BAD_TRANSACTION', 'EXEC without MULTI', command.offset);
    } else {
      this.transactions++;
    }
    return true;
  }

  private skipped(code: string, message: string): false {
    this.visitor.warning({
      code,
      message: `${message}: skipped`,
      offset: this.command.offset,
      file: this.options.file,
    });
    return false;
  }

  /** A line that begins with `#`. */
  private annotation(): boolean {
    const { window, visitor } = this;
    const { bytes, pos } = window;
    const limit = Math.min(window.end, pos + MAX_LINE_BYTES);
    let lf = pos + 1;
    while (lf < limit && bytes[lf] !== LF) lf++;
    if (lf === limit) {
      if (limit - pos < MAX_LINE_BYTES) return false;
      throw this.bad('AOF_BAD_ANNOTATION', `an annotation is longer than ${MAX_LINE_BYTES} bytes`, window.offset);
    }
    const end = bytes[lf - 1] === CR ? lf - 1 : lf;
    const timestamp = this.readTimestamp(pos, end);
    const { offset } = window;
    const { until } = this.options;
    if (timestamp !== null) {
      if (until !== null && timestamp > until) {
        this.phase = STOPPED;
        const openTransaction = this.multiOffset >= 0;
        // Without an open transaction all before this line is good, other annotations too.
        if (!openTransaction) {
          this.goodBytes = offset;
          this.goodTimestamp = this.timestamp;
        }
        this.stop = { offset, timestamp, openTransaction };
        return true;
      }
      if (this.firstTimestamp === null) {
        this.firstTimestamp = timestamp;
        this.firstTimestampOffset = offset;
      }
      this.timestamp = timestamp;
    }
    visitor.annotation({ offset, timestamp, bytes, start: pos, end });
    window.pos = lf + 1;
    return true;
  }

  /** Seconds of `#TS:<digits>`; `null` for other lines. */
  private readTimestamp(start: number, end: number): number | null {
    const { bytes, offset } = this.window;
    if (!(bytes[start + 1] === 0x54 && bytes[start + 2] === 0x53 && bytes[start + 3] === 0x3a && end - start >= 4))
      return null;
    let value = 0;
    let at = start + 4;
    for (; at < end; at++) {
      const digit = bytes[at] - ZERO;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    if (at === end && at > start + 4 && at - start - 4 <= MAX_DIGITS) return value;
    const message = `expected Unix seconds after #TS:, found ${showBytes(bytes, start + 4, end)}`;
    if (this.options.until !== null) throw this.bad('AOF_BAD_ANNOTATION', message, offset);
    this.visitor.warning({
      code: 'AOF_BAD_TIMESTAMP',
      message: `${message}: ignored`,
      offset,
      file: this.options.file,
    });
    return null;
  }

  /**
   * Reads the number behind the byte at `pos`, up to and including the line's end; {@link MISS} when it is not there as a whole,
   * {@link MEMBER} where it can be missing.
   */
  private readNumber(code: string): number {
    const { window } = this;
    const { bytes, pos, end } = window;
    let at = pos + 1;
    let value = 0;
    for (; at < end; at++) {
      const digit = bytes[at] - ZERO;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    const digits = at - pos - 1;
    if (digits > 0 && digits <= MAX_DIGITS && at + 1 < end && bytes[at] === CR && bytes[at + 1] === LF) {
      this.lineEnd = at + 2;
      return value;
    }
    if (this.options.lenient) return this.readLaxNumber(code);
    if (at === end && digits <= MAX_DIGITS) return MISS;
    if (digits > 0 && digits <= MAX_DIGITS && at + 1 === end && bytes[at] === CR) return MISS;
    return this.badNumber(code, digits);
  }

  /** As `atoi` reads a line: digits, then whatever follows up to LF. */
  private readLaxNumber(code: string): number {
    const { bytes, pos, end } = this.window;
    const limit = Math.min(end, pos + MAX_LINE_BYTES);
    let lf = pos + 1;
    while (lf < limit && bytes[lf] !== LF) lf++;
    if (lf === limit && limit - pos < MAX_LINE_BYTES) return MISS;
    const text = String.fromCharCode(...bytes.subarray(pos + 1, lf));
    const value = Number(/^[ \t\v\f\r]*\+?(\d+)/.exec(text)?.[1] ?? Number.NaN);
    if (lf === limit || !Number.isSafeInteger(value)) return this.badNumber(code, 0);
    this.lineEnd = lf + 1;
    return value;
  }

  private badNumber(code: string, digits: number): number {
    const { window } = this;
    if (window.mark >= 0 && this.isMember()) return MEMBER;
    const what = window.mark < 0 ? 'a number of arguments' : `the length of ${this.argumentName()}`;
    const wanted = digits > MAX_DIGITS ? `${what} of at most ${MAX_DIGITS} digits` : `${what} and CRLF`;
    throw this.bad(
      code,
      `expected ${wanted} after ${String.fromCharCode(window.bytes[window.pos])}, found ${this.found(window.pos + 1)}`,
      window.offset,
    );
  }

  private checkLineEnd(at: number): void {
    if (this.options.lenient) return;
    const { window } = this;
    throw this.bad(
      'AOF_BAD_LINE_END',
      `expected CRLF behind ${this.argumentName()}, found ${showBytes(window.bytes, at, at + 2)}`,
      window.base + at,
    );
  }

  /** From here on the command is passed on as it comes. */
  private beginPassing(length: number): boolean {
    const { window, command, visitor } = this;
    const { size } = this.options;
    const least = window.base + this.lineEnd + length + 2 + (command.argc - this.passed - 1) * LEAST_ARGUMENT_BYTES;
    if (size !== null && least > size) {
      window.mark = -1;
      this.phase = DOOMED;
      return true;
    }
    command.bytes = window.bytes;
    command.start = window.mark;
    command.end = window.pos;
    command.present = this.passed;
    command.kind = 'other';
    command.db = this.db;
    command.timestamp = this.timestamp;
    command.inTransaction = this.multiOffset >= 0;
    visitor.longCommand(command);
    window.mark = -1;
    this.inData = false;
    this.phase = PASSING;
    return true;
  }

  /** Hands on what is there of a long command. */
  private pass(): boolean {
    const { window, command, visitor } = this;
    const { bytes, end } = window;
    const from = window.pos;
    // An argument's head and its CRLF are looked at only as a whole; what lies between is taken as it comes.
    while (this.passed < command.argc) {
      if (!this.inData) {
        if (window.pos >= end) break;
        if (bytes[window.pos] !== DOLLAR) throw this.noArgument();
        const length = this.readNumber('AOF_BAD_ARGUMENT');
        if (length === MISS) break;
        if (length > this.options.maxStringBytes) throw this.tooLong(length);
        window.pos = this.lineEnd;
        this.dataLeft = length;
        this.inData = true;
      }
      const taken = Math.min(this.dataLeft, end - window.pos);
      window.pos += taken;
      this.dataLeft -= taken;
      if (this.dataLeft > 0 || end - window.pos < 2) break;
      if (bytes[window.pos] !== CR || bytes[window.pos + 1] !== LF) this.checkLineEnd(window.pos);
      window.pos += 2;
      this.inData = false;
      this.passed++;
    }
    if (window.pos > from) visitor.commandPiece(bytes, from, window.pos);
    if (this.passed < command.argc) return false;
    this.commands++;
    visitor.commandEnd();
    this.endCommand();
    return true;
  }

  /** Whether the argument that is next is a member that KeyDB wrote without its length. */
  private isMember(): boolean {
    const { window, command } = this;
    if (this.passed !== MEMBER_AT || command.argc !== MEMBER_ARGC || this.phase !== GATHERING) return false;
    command.bytes = window.bytes;
    command.start = window.mark;
    return isMemberExpiry(command);
  }

  private repairMember(): boolean {
    const { window, command } = this;
    const { bytes, pos, end, mark } = window;
    const found = findMember(bytes, Math.max(pos, mark + this.searchFrom), end);
    if (found.at < 0) {
      this.searchFrom = found.resume - mark;
      if (end - mark > this.options.commandBytes) throw this.noArgument();
      return false;
    }
    command.bytes = bytes;
    command.start = mark;
    const { offset } = window;
    writeMemberExpiry(command, pos, found.at, found.end);
    window.pos = found.end;
    this.visitor.warning({
      code: 'AOF_REPAIRED_MEMBER',
      message: `PEXPIREMEMBERAT has a member without length, as KeyDB writes when it rewrites a log: its ${found.at - pos} bytes were found by what follows`,
      offset,
      file: this.options.file,
    });
    this.deliver();
    return true;
  }

  private shown(): string {
    const { command } = this;
    return command.argc < 2 ? 'nothing' : showBytes(command.bytes, command.argStart(1), command.argEnd(1));
  }

  /** The argument that is next, for a message. */
  private argumentName(): string {
    const { window, command, phase, passed: i } = this;
    if (i === 0 || phase !== GATHERING) return `argument ${i + 1} of ${command.argc}`;
    command.bytes = window.bytes;
    command.start = window.mark;
    return `argument ${i + 1} of ${command.argc} of the command ${showBytes(command.bytes, command.argStart(0), command.argEnd(0))}`;
  }

  private found(at: number): string {
    const { bytes, end } = this.window;
    return showBytes(bytes, at, Math.min(end, at + FOUND_BYTES));
  }

  private noCommand(): AofFormatError {
    const { window } = this;
    const hint =
      window.bytes[window.pos] === 0
        ? '; zero bytes at the end of a file are what a file system leaves after a power failure'
        : '';
    const message = `expected * (a command) or # (an annotation), found ${this.found(window.pos)}${hint}`;
    return this.bad('AOF_BAD_COMMAND', message, window.offset);
  }

  private noArgument(): AofFormatError {
    const { window } = this;
    return this.bad(
      'AOF_BAD_ARGUMENT',
      `expected $ and the length of ${this.argumentName()}, found ${this.found(window.pos)}`,
      window.offset,
    );
  }

  private tooLong(length: number): AofLimitError {
    return new AofLimitError(
      'AOF_LIMIT',
      `${this.argumentName()} has ${length} bytes, more than the limit of ${this.options.maxStringBytes} (option maxStringBytes)`,
      this.window.offset,
    );
  }

  private bad(code: string, message: string, offset: number): AofFormatError {
    return new AofFormatError(code, message, offset);
  }
}

const INITIAL_SPANS = 2 * 64;
/** Found bytes in messages. */
const FOUND_BYTES = 24;
/** What may be in the window beside a command that is gathered. */
const STRAIGHT_MARGIN = 4 * 64 * 1024;
