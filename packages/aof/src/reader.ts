/** The incremental reader of one file: chunks in, visitor calls out. */
import { DataError } from '@rdbkit/bytes';
import { RdbReader, type RdbSummary } from '@rdbkit/rdb';
import { AofError, AofFormatError, AofLimitError, AofSetError, AofTruncatedError } from './errors.ts';
import { LogParser } from './internal/log-parser.ts';
import { hasRdbMagic } from './internal/magic.ts';
import { type AofOptions, type ResolvedAofOptions, resolveOptions } from './options.ts';
import type { AofCut, AofFileSummary, AofFormat, AofVisitor } from './visitor.ts';

/** Chunks are fed to the window in steps of this size, so that a huge chunk is not copied as a whole. */
const STEP_BYTES = 64 * 1024;
/** `RdbReader` makes steps itself, and knows what may wait for its turn. */
const RDB_STEP_BYTES = 256 * 1024;

/**
 * Reads one file of a log from chunks of any size: commands, an RDB, or an RDB followed by commands. Which of them it is
 * shows from its first bytes, as for the servers, and not from its name.
 *
 * Everything happens synchronously inside of {@link AofReader.push}. Memory is bounded by the option `commandBytes` and by
 * what `RdbReader` needs for an RDB part.
 *
 * @example
 * ```ts
 * import { type AofCommand, AofReader, AofVisitorBase } from '@rdbkit/aof';
 * class Names extends AofVisitorBase {
 *   readonly names: string[] = [];
 *   override command(command: AofCommand): void {
 *     this.names.push(new TextDecoder().decode(command.arg(0)));
 *   }
 * }
 * const names = new Names();
 * const reader = new AofReader(names);
 * reader.push(new TextEncoder().encode('*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*1\r\n$8\r\nFLUSH'));
 * const { cut } = reader.finish();
 * console.log(names.names, cut?.goodBytes); // [ 'SELECT' ] 23
 * ```
 */
export class AofReader {
  private readonly visitor: AofVisitor;
  private readonly options: ResolvedAofOptions;
  private readonly log: LogParser;
  /** What is not known yet to be an RDB or not stands in the log's window. */
  private stage: 'head' | 'rdb' | 'log' | 'ignoring' | 'damaged' | 'over' = 'head';
  private rdbReader: RdbReader | null = null;
  private rdb: RdbSummary | null = null;
  private pushed = 0;
  /** Damage that may count as the end of the file. */
  private damage: AofFormatError | AofLimitError | null = null;

  constructor(visitor: AofVisitor, options: AofOptions = {}) {
    this.visitor = visitor;
    this.options = resolveOptions(options);
    this.log = new LogParser(visitor, this.options);
  }

  /** Whether nothing more is looked at, because of the options `until` or `rdbOnly`. */
  get stopped(): boolean {
    return this.log.stop !== null || this.stage === 'ignoring';
  }

  /** Absolute offset up to which the input was decoded, in bytes. */
  get offset(): number {
    return this.stage === 'rdb' ? (this.rdbReader?.offset ?? 0) : this.log.window.offset;
  }

  /** Up to here the input consists of whole commands and transactions, in bytes. */
  get goodBytes(): number {
    return this.log.goodBytes;
  }

  /**
   * Decodes as far as the chunk allows. The chunk is the caller's again when this returns.
   *
   * @returns whether there is something left to be decoded without more input; see `RdbReader.push`. Call
   * {@link AofReader.more} then; the next `push` and `finish` decode all of it.
   * @throws {AofError} one of its subclasses, when a command is bad; {@link AofTruncatedError} only by `finish`.
   * @throws {RdbError} one of its subclasses, when an RDB part is bad. The reader is of no further use then.
   */
  push(chunk: Uint8Array): boolean {
    if (this.stage === 'over') throw new Error('this reader has failed or is finished, and cannot go on');
    for (let at = 0; at < chunk.length; ) {
      while (this.rdbReader !== null && this.hasMore) this.more();
      const end = Math.min(chunk.length, at + (this.stage === 'rdb' ? RDB_STEP_BYTES : STEP_BYTES));
      this.step(chunk, at, end);
      at = end;
    }
    return this.hasMore;
  }

  /** Decodes a step of what is left in memory; see {@link AofReader.push}, whose result and errors it has. */
  more(): boolean {
    const reader = this.rdbReader;
    if (reader === null) return false;
    this.guard(() => {
      this.hasMore = reader.more();
      if (reader.done) this.endRdb(reader, EMPTY);
    });
    return this.hasMore;
  }
  private hasMore = false;

  private step(chunk: Uint8Array, start: number, end: number): void {
    this.pushed += end - start;
    this.guard(() => {
      if (this.stage === 'rdb') {
        this.readRdb(chunk.subarray(start, end));
      } else if (this.stage === 'head' || this.stage === 'log') {
        this.log.window.feed(chunk, start, end);
        if (this.stage === 'head') this.readHead(false);
        else this.log.advance();
      }
    });
    this.checkDamage();
  }

  /** Runs a part of the decoding. */
  private guard(decode: () => void): void {
    try {
      decode();
    } catch (error) {
      this.situate(error);
      const isTail = this.options.tail === 'cut' && this.options.corruptTailBytes > 0;
      if (isTail && this.stage === 'log' && (error instanceof AofFormatError || error instanceof AofLimitError)) {
        this.damage = error;
        this.stage = 'damaged';
        return;
      }
      this.stage = 'over';
      throw error;
    }
  }

  /** Adds to an error where the reader was. */
  private situate(error: unknown): void {
    if (!(error instanceof DataError)) return;
    error.file = this.options.file;
    // An RDB part has said so itself.
    if (error instanceof AofError) error.path = { ...error.path, db: this.log.selectedDb };
  }

  /** Damage is no mere tail when too much follows it. */
  private checkDamage(): void {
    if (this.damage === null || this.pushed - this.log.goodBytes < this.options.corruptTailBytes) return;
    this.stage = 'over';
    throw this.damage;
  }

  private readHead(isAll: boolean): void {
    const { window } = this.log;
    const isRdb = hasRdbMagic(window.bytes, window.pos, window.end, isAll);
    if (isRdb === null) return;
    if (!isRdb) {
      if (this.options.rdbOnly) throw noBase();
      this.stage = 'log';
      this.log.advance();
      return;
    }
    this.stage = 'rdb';
    this.rdbReader = new RdbReader(this.visitor.rdbStart(), this.options.rdb);
    this.readRdb(window.bytes.subarray(window.pos, window.end));
  }

  private readRdb(bytes: Uint8Array): void {
    const reader = this.rdbReader as RdbReader;
    this.hasMore = reader.push(bytes);
    if (reader.done) this.endRdb(reader, bytes);
  }

  /** The log begins at the very byte behind the RDB. */
  private endRdb(reader: RdbReader, last: Uint8Array): void {
    const { summary, rest } = reader.handOver();
    this.rdbReader = null;
    this.hasMore = false;
    this.rdb = summary;
    const { log } = this;
    const { window } = log;
    log.startAt(summary.bytes);
    this.stage = this.options.rdbOnly ? 'ignoring' : 'log';
    this.visitor.rdbEnd(summary);
    if (this.options.rdbOnly) return;
    const unread = this.pushed - summary.bytes - rest.length;
    window.feed(rest, 0, rest.length);
    window.feed(last, last.length - unread, last.length);
    log.advance();
  }

  /**
   * Says that there is no more input.
   *
   * @throws {AofTruncatedError} when the log ends in the middle of a command or a transaction and the option `tail` is
   * `error`.
   * @throws {RdbTruncatedError} when an RDB part is not over.
   */
  finish(): AofFileSummary {
    if (this.stage === 'over') throw new Error('this reader has failed or is finished, and cannot go on');
    while (this.hasMore) this.more();
    if (this.stage === 'head') {
      this.guard(() => this.readHead(true));
      this.checkDamage();
    }
    if (this.rdbReader !== null) {
      const reader = this.rdbReader;
      this.guard(() => reader.finish());
    }
    const { log, visitor } = this;
    const cut = log.stop === null ? this.findCut() : null;
    if (cut !== null && this.options.tail === 'error') {
      this.stage = 'over';
      const code = cut.reason === 'transaction' ? 'AOF_OPEN_MULTI' : 'AOF_TRUNCATED';
      const error = new AofTruncatedError(code, cut.message, this.pushed, cut.goodBytes);
      this.situate(error);
      throw error;
    }
    const isWhole = cut === null && !this.stopped && this.warnOfCutAnnotation();
    const summary = this.summarize(cut, isWhole);
    if (cut !== null) visitor.cut(cut);
    if (log.stop !== null) visitor.stop(log.stop);
    visitor.segmentEnd(summary);
    this.stage = 'over';
    return summary;
  }

  /** What is known of the part that was read so far: all there is to know when an error was thrown. */
  get soFar(): AofFileSummary {
    return this.summarize(null, false);
  }

  private summarize(cut: AofCut | null, isWhole: boolean): AofFileSummary {
    const { log } = this;
    const goodBytes = isWhole ? this.pushed : log.goodBytes;
    return {
      format: this.format,
      bytes: this.pushed,
      goodBytes,
      commands: log.goodCommands,
      transactions: log.transactions,
      firstTimestamp: log.firstTimestampOffset < goodBytes ? log.firstTimestamp : null,
      lastTimestamp: isWhole ? log.timestamp : log.goodTimestamp,
      rdb: this.rdb,
      cut,
      stop: log.stop,
    };
  }

  private get format(): AofFormat {
    if (this.pushed === 0) return 'empty';
    if (this.rdb === null) return this.rdbReader === null ? 'resp' : 'rdb';
    return this.pushed === this.rdb.bytes ? 'rdb' : 'rdb+resp';
  }

  /** What is incomplete at the end. */
  private findCut(): AofCut | null {
    const { log, damage, pushed } = this;
    const { goodBytes } = log;
    const openTransaction = log.multiOffset >= 0;
    const base = { goodBytes, droppedBytes: pushed - goodBytes, openTransaction };
    if (damage !== null) {
      const message = `${damage.message}; taken for the end of the file (option corruptTailBytes)`;
      return { reason: 'format', ...base, offset: damage.offset, message };
    }
    if (!log.isBetween) {
      const offset = log.commandOffset;
      const inside = openTransaction ? `, inside of the transaction that begins at byte ${log.multiOffset}` : '';
      const message = `the log ends after ${pushed} bytes, in the middle of the command that begins at byte ${offset}${inside}`;
      return { reason: 'command', ...base, offset, message };
    }
    if (!openTransaction) return null;
    const offset = log.multiOffset;
    const message = `the log ends after ${pushed} bytes, before the EXEC of the transaction that begins at byte ${offset}`;
    return { reason: 'transaction', ...base, offset, message };
  }

  /** Servers pass over an annotation without line end. Returns whether there is none. */
  private warnOfCutAnnotation(): boolean {
    const { window } = this.log;
    if (window.available === 0) return true;
    const { offset } = window;
    this.visitor.warning({
      code: 'AOF_CUT_ANNOTATION',
      message: `the log ends after ${this.pushed} bytes, in the middle of the annotation that begins at byte ${offset}; no command is lost`,
      offset,
      file: this.options.file,
    });
    return false;
  }
}

/** The error of a log without RDB when only that was asked for. */
function noBase(): AofSetError {
  const message = 'the log has no base: it consists of commands from its beginning on';
  return new AofSetError('AOF_NO_BASE', message, 0);
}

const EMPTY = new Uint8Array(0);
