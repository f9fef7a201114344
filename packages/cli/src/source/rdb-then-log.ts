/**
 * An RDB, and the commands behind it if there are any although it does not say so: what a server makes of a dump that was
 * given to it as its append-only file.
 *
 * @module
 */
import type { AofFileSummary, AofReader } from '@rdbkit/aof';
import { DataError } from '@rdbkit/bytes';
import type { RdbReader } from '@rdbkit/rdb';

const ASTERISK = 0x2a;
const HASH = 0x23;

/** Whether a log may begin with this byte. */
export function beginsLog(byte: number | undefined): boolean {
  return byte === ASTERISK || byte === HASH;
}

/** Reads both parts. */
export class RdbThenLog {
  /** What the log was found to be; `null` when there is none, or it is not over. */
  summary: AofFileSummary | null = null;
  /** Offset of the first byte behind the RDB; 0 when no log begins there. */
  base = 0;
  private readonly rdb: RdbReader;
  private readonly begin: (offset: number) => AofReader | null;
  private log: AofReader | null = null;
  /** What follows the RDB has been looked at. */
  private isEndKnown = false;
  private fed = 0;

  /** @param begin - Makes a reader for the log that begins at an offset; `null` to leave it unread. */
  constructor(rdb: RdbReader, begin: (offset: number) => AofReader | null) {
    this.rdb = rdb;
    this.begin = begin;
  }

  /** Whether there is a log that is being read. */
  get hasLog(): boolean {
    return this.log !== null;
  }

  /** As the readers have it: returns whether there is more to be decoded without more input. */
  push(chunk: Uint8Array): boolean {
    return this.log === null ? this.rdb.push(chunk) : this.log.push(chunk);
  }

  /** Decodes more of what is in memory. */
  more(): boolean {
    return this.log === null ? this.rdb.more() : this.log.more();
  }

  /** After all of a chunk has been decoded. Commands begin with the first byte behind the RDB, or what is there are none. */
  passed(chunk: Uint8Array): void {
    const at = this.rdb.offset - this.fed;
    this.fed += chunk.length;
    if (this.isEndKnown || !this.rdb.done || at >= chunk.length) return;
    this.isEndKnown = true;
    if (!beginsLog(chunk[at])) return;
    const { offset } = this.rdb;
    const log = this.begin(offset);
    if (log === null) return;
    this.rdb.handOver();
    this.log = log;
    this.base = offset;
    log.push(chunk.subarray(at));
  }

  /** There is no more input. */
  finish(): void {
    if (this.log === null) this.rdb.finish();
    else this.summary = this.log.finish();
  }

  /** An error with its offset counted from the beginning of the file. */
  situate(error: unknown): unknown {
    if (error instanceof DataError && this.log !== null) error.offset += this.base;
    return error;
  }
}
