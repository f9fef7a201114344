/** The incremental reader: chunks in, visitor calls out. */
import { type Crc64, DataError } from '@rdbkit/bytes';
import { RdbTruncatedError } from './errors.ts';
import { Decoding, type Rule } from './internal/decoding.ts';
import { BLOCK_BYTES, Frame } from './internal/frame.ts';
import { RdbInput } from './internal/input.ts';
import { PackedFault } from './internal/packed-cursor.ts';
import { type RdbOptions, resolveOptions } from './options.ts';
import type { RdbSummary, RdbVisitor } from './visitor.ts';

/** Chunks are fed to the window in steps of this size, so that a huge chunk is not copied as a whole. */
const STEP_BYTES = 64 * 1024;
/** What is left of a chunk when a long value has to be decoded first waits in memory, up to this size. */
const QUEUED_BYTES = 3 * STEP_BYTES;
const REPLICATION_MARK_BYTES = 40;

/**
 * Reads an RDB from chunks of any size.
 *
 * Everything happens synchronously inside {@link RdbReader.push}; memory is bounded by the longest key, element, packed
 * blob or `raw` value, whichever is longest, and by the field names of hash templates and the pending entries of one stream
 * group.
 *
 * @example
 * ```ts
 * import { RdbReader, RdbVisitorBase } from '@rdbkit/rdb';
 * class Count extends RdbVisitorBase {
 *   keys = 0;
 *   override keyEnd(): void {
 *     this.keys++;
 *   }
 * }
 * const count = new Count();
 * const reader = new RdbReader(count);
 * for (const chunk of chunks) reader.push(chunk);
 * console.log(reader.finish().keys === count.keys); // true
 * ```
 */
export class RdbReader {
  private readonly visitor: RdbVisitor;
  private readonly decoding: Decoding;
  private readonly frame: Frame;
  private readonly rule: Rule<Omit<RdbSummary, 'trailingBytes'>>;
  private summary: Omit<RdbSummary, 'trailingBytes'> | null = null;
  private trailing = 0;
  private failed = false;

  constructor(visitor: RdbVisitor, options: RdbOptions = {}) {
    const resolved = resolveOptions(options);
    this.visitor = visitor;
    this.decoding = new Decoding(new RdbInput(resolved.checksum, resolved.maxStringBytes), visitor, resolved);
    // The longest thing that is gathered in ordinary use, what shows it to be too long, and what comes before the first of it is decoded.
    this.decoding.input.straightTo = resolved.rawBytes + STEP_BYTES + QUEUED_BYTES;
    this.frame = new Frame(this.decoding);
    this.rule = this.frame.file();
  }

  /** Whether the end of the RDB, checksum included, has been read. What is pushed from then on only counts as trailing. */
  get done(): boolean {
    return this.summary !== null;
  }

  /** Absolute offset up to which the input was decoded, in bytes. */
  get offset(): number {
    return this.decoding.input.offset;
  }

  /**
   * The checksum of everything before {@link RdbReader.offset}. Owned by the reader, who goes on with it; of use only with the option
   * `checksum` and before the end of the file.
   */
  get crc(): Crc64 {
    const { input } = this.decoding;
    input.sumToPosition();
    return input.crc;
  }

  /** Keys that were read completely. */
  get keys(): number {
    return this.frame.keys;
  }

  /**
   * Decodes as far as the chunk allows. The chunk is the caller's again when this returns.
   *
   * @returns whether there is something left to be decoded without more input. It happens after a value turned out to be
   * longer than the option `rawBytes`: it is in memory by then, and is decoded in steps, so that a consumer who turns
   * it into something longer can pass that on in between. Call {@link RdbReader.more} then; the next `push` and `finish` decode
   * all of it.
   * @throws {RdbError} one of its subclasses, when the data is bad. The reader is of no further use then.
   */
  push(chunk: Uint8Array): boolean {
    let at = 0;
    while (this.hasMore()) this.more();
    while (at < chunk.length && this.summary === null) {
      const hasMore = this.hasMore();
      const end = hasMore ? chunk.length : Math.min(chunk.length, at + STEP_BYTES);
      this.decoding.input.feed(chunk, at, end);
      at = end;
      if (!hasMore) this.advance();
      if (this.hasMore() && chunk.length - at > QUEUED_BYTES) while (this.more());
    }
    this.trailing += chunk.length - at;
    return this.hasMore();
  }

  /**
   * Decodes a step of what is left in memory; see {@link RdbReader.push}, whose result and errors it has.
   */
  more(): boolean {
    this.decoding.input.reveal(STEP_BYTES);
    this.advance();
    return this.hasMore();
  }

  /**
   * Reads input that is in memory as a whole, without copying it. Instead of `push`, not together with it.
   *
   * @throws {RdbError} one of its subclasses, when the data is bad.
   */
  pushAll(bytes: Uint8Array): void {
    this.decoding.input.over(bytes);
    this.advance();
  }

  /**
   * Says that there is no more input.
   *
   * @throws {RdbTruncatedError} when the RDB is not over.
   */
  finish(): RdbSummary {
    if (this.hasMore()) while (this.more());
    if (this.frame.ended !== null) this.endSet(this.frame.ended);
    if (this.summary === null) {
      const { input } = this.decoding;
      const read = input.base + input.end;
      this.failed = true;
      this.frame.announce();
      throw this.decoding.situate(
        new RdbTruncatedError('RDB_TRUNCATED', `the input ends after ${read} bytes, in the middle of the RDB`, read),
      );
    }
    const summary: RdbSummary = { ...this.summary, trailingBytes: this.trailing };
    this.warnOfTrailing(summary);
    this.visitor.end(summary);
    return summary;
  }

  /**
   * Ends the reading of an RDB that has something else behind it, such as the commands of an append-only file. To be called
   * instead of `finish`, once the reader is {@link RdbReader.done}: what follows is then no matter for a warning and not counted in the summary.
   *
   * @returns the summary, and what is in the reader's buffer behind the end of the RDB: borrowed until the reader is used
   * again. What the last `push` did not need to look at is not in it.
   * @throws {Error} when the end has not been read yet.
   */
  handOver(): { readonly summary: RdbSummary; readonly rest: Uint8Array } {
    if (this.summary === null) throw new Error('the end of the RDB has not been read yet');
    const { input } = this.decoding;
    const summary: RdbSummary = { ...this.summary, trailingBytes: 0 };
    this.visitor.end(summary);
    input.reveal(input.heldBack);
    return { summary, rest: input.bytes.subarray(input.pos, input.end) };
  }

  /** Where a file of Dragonfly ended, others may follow, until there is no more input. */
  private endSet(ended: Omit<RdbSummary, 'trailingBytes'>): void {
    const { input } = this.decoding;
    this.summary = ended;
    this.trailing = input.offset + input.available - ended.bytes;
    this.guard(() => this.frame.finishSet());
  }

  private warnOfTrailing({ dialect, bytes, trailingBytes }: RdbSummary): void {
    if (trailingBytes === 0 || (dialect === 'dragonfly' && trailingBytes < BLOCK_BYTES)) return;
    if (trailingBytes === REPLICATION_MARK_BYTES) {
      const message = 'the 40 bytes after the end look like the mark that ends a diskless replication stream';
      this.decoding.warn('RDB_REPLICATION_MARK', message, bytes);
    } else {
      this.decoding.warn('RDB_TRAILING_BYTES', `${trailingBytes} bytes follow the end of the RDB`, bytes);
    }
  }

  private hasMore(): boolean {
    const { input, pace } = this.decoding;
    return this.summary === null && (input.heldBack > 0 || pace.paused);
  }

  private advance(): void {
    if (this.failed) throw new Error('this reader has failed and cannot go on');
    this.decoding.pace.paused = false;
    this.guard(() => {
      const step = this.rule.next();
      if (step.done !== true) return;
      this.summary = step.value;
      const { input } = this.decoding;
      this.trailing = input.available + input.heldBack;
    });
  }

  private guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.failed = true;
      this.frame.announce();
      if (error instanceof PackedFault) throw this.decoding.situate(this.decoding.locate(error));
      if (error instanceof DataError) throw this.decoding.situate(error);
      throw error;
    }
  }
}
