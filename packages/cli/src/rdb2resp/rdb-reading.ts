/**
 * An RDB, perhaps with commands behind it.
 *
 * @module
 */
import { AofReader } from '@rdbkit/aof';
import { DataError } from '@rdbkit/bytes';
import { RdbReader } from '@rdbkit/rdb';
import { CliError } from '../app/cli-error.ts';
import { EXIT } from '../app/exit-code.ts';
import { postponeTo } from '../flags/log-flags.ts';
import { countOf } from '../lang/units.ts';
import { describeDamage } from '../reading/damage.ts';
import { rdbOptions } from '../reading/reader-options.ts';
import type { FileChecksum } from '../source/file-checksum.ts';
import type { RdbSource } from '../source/open-source.ts';
import { RdbThenLog } from '../source/rdb-then-log.ts';
import { dumpEmitter } from './dump-writer.ts';
import { checkLogFlags } from './flags.ts';
import type { Job } from './job.ts';
import { LogWriter } from './log-writer.ts';
import type { Reading, ReadingOutcome } from './reading.ts';
import type { SelectingEmitter } from './visitor.ts';

/** Reads an RDB. */
export class RdbReading implements Reading {
  private readonly job: Job;
  private readonly source: RdbSource;
  private readonly emitter: SelectingEmitter;
  private readonly reader: RdbReader;
  /** The checksum, when it is computed in another thread. */
  private readonly checksum: FileChecksum | null;
  private isVerified = false;
  private readonly parts: RdbThenLog;
  /** Writes the commands behind the RDB, if there are any. */
  private tail: LogWriter | null = null;
  private fault: CliError | null = null;

  constructor(job: Job, source: RdbSource) {
    this.job = job;
    this.source = source;
    const { flags, startedAt } = job;
    const isLog = flags['expired-grace'] !== undefined;
    const options = rdbOptions(flags, source);
    const isSummed = !flags['no-checksum'] || flags.restore;
    this.checksum = isSummed
      ? source.startChecksum(flags.restore ? { dialect: options.dialect ?? null } : undefined)
      : null;
    this.emitter = dumpEmitter(job, source, {
      ...(isLog ? { expired: 'keep', postponeExpiredTo: postponeTo(flags, startedAt) } : {}),
      valueSums: this.checksum?.values,
    });
    this.reader = new RdbReader(this.emitter, this.checksum === null ? options : { ...options, checksum: false });
    this.parts = new RdbThenLog(this.reader, (offset) => this.beginLog(offset));
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
    const { job, parts } = this;
    const { input } = this.source;
    for (;;) {
      const next = input.read();
      const chunk = next instanceof Promise ? await next : next;
      if (job.isStopped) return;
      if (chunk === null) break;
      let hasMore = parts.push(chunk);
      for (;;) {
        const flushed = job.flushFull();
        if (flushed !== undefined) await flushed;
        if (!hasMore) break;
        hasMore = parts.more();
      }
      parts.passed(chunk);
      this.checksum?.values?.passed(this.reader.keys);
      const pause = job.step(this.items);
      if (pause !== undefined) await pause;
      if (job.selection.exhausted) return;
    }
    parts.finish();
    await this.verify();
  }

  private async verify(): Promise<void> {
    const { summary } = this.emitter;
    if (this.checksum === null || this.job.flags['no-checksum'] || summary?.checksum !== 'unverified') return;
    await this.checksum.verify(summary.bytes);
    this.isVerified = true;
  }

  private get items(): number {
    return this.reader.keys + (this.tail?.log.counts.commands ?? 0);
  }

  private beginLog(offset: number): AofReader | null {
    const { job } = this;
    if (job.flags['from-base-only']) return null;
    checkLogFlags(job.flags);
    this.noteSkipped();
    this.tail = new LogWriter(job, this.emitter, offset);
    return new AofReader(this.tail, this.tail.options);
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
    else this.tail.abort();
  }

  damageOf(error: unknown): CliError {
    const situated = this.parts.situate(error);
    if (!(situated instanceof DataError)) return this.job.damageOf(error);
    const { input, compressed, name, parts } = this.source;
    return describeDamage(
      situated,
      { name, total: input.total, compressed, parts },
      this.reader.keys,
      this.job.rescuedFile,
    );
  }

  verdict(): CliError | null {
    const { until } = this.job.flags;
    if (this.tail === null && until !== undefined)
      return new CliError(EXIT.FAILED, `${this.source.name} is a dump: --until had no effect, all of it was written`, {
        hint: 'a dump has one moment, only append-only logs have a history.',
      });
    return this.tail?.verdict() ?? this.fault;
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
      log: tail?.outcome() ?? null,
      stoppedAtLimit: this.job.selection.exhausted && emitter.summary === null,
    };
  }
}
