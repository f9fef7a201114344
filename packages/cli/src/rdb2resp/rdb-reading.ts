/**
 * An RDB, and the commands behind it if there are any although it does not say so: what a server makes of a dump that was
 * given to it as its append-only file.
 *
 * @module
 */
import { AofReader } from '@rdbkit/aof';
import { DataError } from '@rdbkit/bytes';
import { RdbReader } from '@rdbkit/rdb';
import { CliError } from '../app/cli-error.ts';
import { EXIT } from '../app/exit-code.ts';
import { countOf } from '../lang/units.ts';
import type { FileChecksum } from '../source/file-checksum.ts';
import type { RdbSource } from '../source/open-source.ts';
import { describeDamage } from './damage.ts';
import { dumpEmitter, rdbOptions } from './dump-writer.ts';
import type { Job } from './job.ts';
import { checkLogFlags, postponeTo } from './log-flags.ts';
import { LogWriter } from './log-writer.ts';
import type { Reading, ReadingOutcome } from './reading.ts';
import type { SelectingEmitter } from './visitor.ts';

const ASTERISK = 0x2a;
const HASH = 0x23;

/** Commands behind an RDB. */
interface Tail {
  readonly writer: LogWriter;
  readonly reader: AofReader;
  /** Offset of its first byte. */
  readonly base: number;
}

/** Reads an RDB. */
export class RdbReading implements Reading {
  private readonly job: Job;
  private readonly source: RdbSource;
  private readonly emitter: SelectingEmitter;
  private readonly reader: RdbReader;
  /** The checksum, when it is computed in another thread. */
  private readonly checksum: FileChecksum | null;
  private isVerified = false;
  private tail: Tail | null = null;
  /** What follows the RDB has been looked at. */
  private isEndKnown = false;
  private fed = 0;
  private fault: CliError | null = null;

  constructor(job: Job, source: RdbSource) {
    this.job = job;
    this.source = source;
    const { flags, startedAt } = job;
    const isLog = flags['expired-grace'] !== undefined;
    this.emitter = dumpEmitter(job, isLog ? { expired: 'keep', postponeExpiredTo: postponeTo(flags, startedAt) } : {});
    this.checksum = flags['no-checksum'] ? null : source.startChecksum();
    const options = rdbOptions(flags);
    this.reader = new RdbReader(this.emitter, this.checksum === null ? options : { ...options, checksum: false });
  }

  get position(): number {
    return this.source.input.position;
  }

  get total(): number | null {
    return this.source.input.total;
  }

  close(): void {
    this.source.input.close();
  }

  async read(): Promise<void> {
    try {
      await this.readAll();
    } finally {
      await this.checksum?.close();
    }
  }

  private async readAll(): Promise<void> {
    const { job, reader } = this;
    const { input } = this.source;
    for (;;) {
      const next = input.read();
      const chunk = next instanceof Promise ? await next : next;
      if (job.isStopped) return;
      if (chunk === null) break;
      let hasMore = this.push(chunk);
      for (;;) {
        const flushed = job.flushFull();
        if (flushed !== undefined) await flushed;
        if (!hasMore) break;
        hasMore = reader.more();
      }
      if (reader.done && !this.isEndKnown) this.lookBehind(chunk);
      this.fed += chunk.length;
      const pause = job.step(this.items);
      if (pause !== undefined) await pause;
      if (job.selection.exhausted) return;
    }
    if (this.tail === null) reader.finish();
    else this.tail.reader.finish();
    await this.verify();
  }

  private async verify(): Promise<void> {
    const { summary } = this.emitter;
    if (this.checksum === null || summary?.checksum !== 'unverified') return;
    await this.checksum.verify(summary.bytes);
    this.isVerified = true;
  }

  private get items(): number {
    return this.reader.keys + (this.tail?.writer.log.counts.commands ?? 0);
  }

  private push(chunk: Uint8Array): boolean {
    if (this.tail === null) return this.reader.push(chunk);
    this.tail.reader.push(chunk);
    return false;
  }

  /** Commands begin with the first byte behind the RDB, or what is there are no commands. */
  private lookBehind(chunk: Uint8Array): void {
    const at = this.reader.offset - this.fed;
    if (at >= chunk.length) return;
    this.isEndKnown = true;
    const { job } = this;
    if ((chunk[at] !== ASTERISK && chunk[at] !== HASH) || job.flags['from-base-only']) return;
    checkLogFlags(job.flags);
    this.reader.handOver();
    this.noteSkipped();
    const base = this.reader.offset;
    const writer = new LogWriter(job, this.emitter, base);
    const reader = new AofReader(writer, writer.options);
    this.tail = { writer, reader, base };
    reader.push(chunk.subarray(at));
  }

  /** Later commands may prolong keys that are left out by now: who would have known that any follow? */
  private noteSkipped(): void {
    const { selection } = this.job;
    if (selection.skipped.expired === 0) return;
    const keys = countOf(selection.skipped.expired, 'expired key was', 'expired keys were');
    const message = `${keys} left out of the RDB, but commands follow it that may go on with them`;
    this.fault = new CliError(EXIT.PARTIAL, message, { hint: '--expired-grace 1d keeps them for so long.' });
  }

  abort(): void {
    if (this.tail === null) this.emitter.abort();
    else this.tail.writer.abort();
  }

  damageOf(error: unknown): CliError {
    if (error instanceof DataError) {
      if (this.tail !== null) error.offset += this.tail.base;
      const { input, compressed, name } = this.source;
      return describeDamage(error, { name, total: input.total, compressed }, this.reader.keys, this.job.rescuedFile);
    }
    return this.job.damageOf(error);
  }

  verdict(): CliError | null {
    const { until } = this.job.flags;
    if (this.tail === null && until !== undefined)
      return new CliError(EXIT.FAILED, `${this.source.name} is a dump: --until had no effect, all of it was written`, {
        hint: 'a dump has one moment, only append-only logs have a history.',
      });
    return this.tail?.writer.verdict() ?? this.fault;
  }

  outcome(): ReadingOutcome {
    const { emitter, reader, tail } = this;
    return {
      header: emitter.rdbHeader,
      writer: emitter.writerName,
      target: emitter.target,
      checksum: this.isVerified ? 'ok' : (emitter.summary?.checksum ?? null),
      keysRead: reader.keys,
      counts: emitter.counts,
      log: tail?.writer.outcome() ?? null,
      stoppedAtLimit: this.job.selection.exhausted && emitter.summary === null,
    };
  }
}
