/**
 * An append-only file or directory.
 *
 * @module
 */
import { readAof } from '@rdbkit/aof';
import { DataError } from '@rdbkit/bytes';
import { CliError } from '../app/cli-error.ts';
import { EXIT } from '../app/exit-code.ts';
import { isPlainBase, postponeTo } from '../flags/log-flags.ts';
import { formatTime } from '../lang/units.ts';
import { describeDamage } from '../reading/damage.ts';
import type { LogSource } from '../source/open-source.ts';
import { dumpEmitter } from './dump-writer.ts';
import type { Job } from './job.ts';
import { LogWriter } from './log-writer.ts';
import type { Reading, ReadingOutcome } from './reading.ts';
import type { SelectingEmitter } from './visitor.ts';

/** Ends a reading that nobody wants any more. */
class Stopped extends Error {}

/** Reads a log. */
export class LogReading implements Reading {
  private readonly job: Job;
  private readonly source: LogSource;
  private readonly emitter: SelectingEmitter;
  private readonly writer: LogWriter;
  private bytesRead = 0;

  constructor(job: Job, source: LogSource) {
    this.job = job;
    this.source = source;
    const { flags, startedAt } = job;
    const keeps = { expired: 'keep', postponeExpiredTo: postponeTo(flags, startedAt) } as const;
    this.emitter = dumpEmitter(job, source, isPlainBase(flags, source) ? {} : keeps);
    this.writer = new LogWriter(job, this.emitter);
  }

  get position(): number {
    return this.source.input?.position ?? this.bytesRead;
  }

  get total(): number | null {
    const { set, input } = this.source;
    if (input !== null) return input.total;
    return this.job.flags['from-base-only'] ? (set.segments[0]?.size ?? null) : set.size;
  }

  close(): void {
    this.source.input?.close();
  }

  async read(): Promise<void> {
    const { job, writer } = this;
    this.checkTime();
    await readAof(this.source.set, writer, {
      ...writer.options,
      baseOnly: job.flags['from-base-only'],
      between: (bytesRead) => {
        this.bytesRead = bytesRead;
        if (job.isStopped) throw new Stopped();
        return job.step(this.emitter.keys + writer.log.counts.commands);
      },
    });
  }

  /** A base that has later changes in it cannot be brought back to an earlier time. */
  private checkTime(): void {
    const { until } = this.job.flags;
    const start = this.source.set.segments[0]?.startTime ?? null;
    if (until === undefined || start === null || start <= until) return;
    const hint = 'take the backup before: the log of an older base reaches back further.';
    throw new CliError(
      EXIT.FAILED,
      `the log begins at ${formatTime(start)} only, later than --until ${formatTime(until)}: nothing was written`,
      { hint },
    );
  }

  abort(): void {
    this.writer.abort();
  }

  damageOf(error: unknown): CliError {
    if (!(error instanceof DataError)) return this.job.damageOf(error);
    const { source } = this;
    const segment = source.set.segments.find(({ name }) => name === error.file) ?? null;
    const place = { name: source.name, total: segment?.size ?? null, compressed: source.compressed };
    return describeDamage(error, place, this.emitter.keys + this.writer.log.counts.commands, this.job.rescuedFile);
  }

  verdict(): CliError | null {
    return this.writer.verdict();
  }

  outcome(): ReadingOutcome {
    const { emitter } = this;
    return {
      header: emitter.rdbHeader,
      writer: emitter.writerName,
      target: emitter.target,
      checksum: emitter.summary?.checksum ?? null,
      keysRead: emitter.keys,
      counts: emitter.counts,
      log: this.writer.outcome(),
      stoppedAtLimit: this.job.selection.exhausted && emitter.summary === null,
    };
  }
}
