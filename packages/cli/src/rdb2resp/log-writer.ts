/**
 * The commands of a log on their way into the output, with the RDB parts that come before them.
 *
 * @module
 */
import {
  type AofCommand,
  type AofCut,
  type AofFileSummary,
  type AofOptions,
  type AofSegment,
  type AofStop,
  AofVisitorBase,
  type AofWarning,
} from '@rdbkit/aof';
import { LogEmitter } from '@rdbkit/commands';
import type { RdbVisitor } from '@rdbkit/rdb';
import { CliError } from '../app/cli-error.ts';
import { EXIT } from '../app/exit-code.ts';
import { postponeTo } from '../flags/log-flags.ts';
import { formatCount } from '../lang/units.ts';
import { rdbOptions } from '../reading/reader-options.ts';
import { HOLD_BACK_BYTES } from './dump-writer.ts';
import type { Job } from './job.ts';
import type { LogOutcome } from './reading.ts';
import type { SelectingEmitter } from './visitor.ts';

/** A command is gathered up to this length; a longer one is passed on in pieces. */
const COMMAND_BYTES = 8 * 1024 * 1024;

/** Writes what an AOF reader delivers. */
export class LogWriter extends AofVisitorBase {
  readonly log: LogEmitter;
  /** How the log is to be read. */
  readonly options: AofOptions;
  private readonly job: Job;
  private readonly dump: SelectingEmitter;
  private readonly base: number;
  private isInDump = false;
  private segmentName: Uint8Array | null = null;
  private cutOff: AofCut | null = null;
  private stopped: AofStop | null = null;
  private readonly files: LogOutcome['files'][number][] = [];

  /**
   * @param dump - Writes RDB parts.
   * @param base - Offset of the log's first byte, when something else comes before it.
   */
  constructor(job: Job, dump: SelectingEmitter, base = 0) {
    super();
    this.job = job;
    this.dump = dump;
    this.base = base;
    const { flags } = job;
    this.log = new LogEmitter(job.out, {
      selection: job.selection,
      now: job.startedAt,
      stripTtl: flags['strip-ttl'],
      shiftTtlMs: flags['shift-ttl'],
      postponeExpiredTo: postponeTo(flags, job.startedAt),
      holdBytes: HOLD_BACK_BYTES,
      onNote: (note) => job.notes.add(note),
    });
    this.log.selectedDb = dump.selectedDb ?? 0;
    const maxStringBytes = flags['max-string-bytes'];
    this.options = {
      until: flags.until ?? null,
      commandBytes: COMMAND_BYTES,
      rdb: rdbOptions(flags, { dialect: null }),
      ...(maxStringBytes === undefined ? {} : { maxStringBytes }),
    };
  }

  override segment({ name }: AofSegment): void {
    this.segmentName = name;
  }

  override rdbStart(): RdbVisitor {
    this.isInDump = true;
    this.dump.selectedDb = null;
    return this.dump;
  }

  override rdbEnd(): void {
    this.isInDump = false;
    this.log.selectedDb = this.dump.selectedDb ?? this.log.selectedDb;
  }

  override command(command: AofCommand): void {
    this.log.command(command);
  }

  override longCommand(command: AofCommand): void {
    this.log.longCommand(command);
  }

  override commandPiece(bytes: Uint8Array, start: number, end: number): void {
    this.log.commandPiece(bytes, start, end);
  }

  override commandEnd(): void {
    this.log.commandEnd();
  }

  override warning({ code, message, offset, file }: AofWarning): void {
    this.job.warnings.add({ code, message, offset: offset + this.base, file });
  }

  override cut(cut: AofCut): void {
    this.log.abandon();
    this.cutOff = cut;
    const from = formatCount(cut.goodBytes + this.base);
    const message = `${cut.message}; what is incomplete, from byte ${from} on, is left out, as servers do`;
    const code = cut.reason === 'transaction' ? 'AOF_OPEN_MULTI' : 'AOF_TRUNCATED';
    this.job.warnings.add({ code, message, offset: cut.offset + this.base, file: this.segmentName });
  }

  override stop(stop: AofStop): void {
    this.log.abandon();
    this.stopped = stop;
  }

  override segmentEnd(summary: AofFileSummary): void {
    this.files.push({ name: this.segmentName, summary });
  }

  /** What is not complete is taken back. */
  abort(): void {
    if (this.isInDump) this.dump.abort();
    else this.log.abandon();
  }

  /** What has to be said of the whole, at its end. */
  verdict(): CliError | null {
    const { until } = this.job.flags;
    if (this.log.isBroken) {
      const hint = 'it was too long to be held back until its end; give the file itself instead of a pipe.';
      return new CliError(EXIT.DAMAGED, 'the log ends within a long command, and so does the output', { hint });
    }
    if (
      until === undefined ||
      this.stopped !== null ||
      this.files.some(({ summary }) => summary.lastTimestamp !== null)
    )
      return null;
    const hint = 'servers write timestamps when they are configured with aof-timestamp-enabled yes.';
    return new CliError(
      EXIT.FAILED,
      'the log has no timestamps, so that --until had no effect: all of it was written',
      {
        hint,
      },
    );
  }

  outcome(): LogOutcome {
    const { log, files, cutOff, stopped } = this;
    return { counts: log.counts, files, cut: cutOff, stop: stopped, offset: this.base };
  }
}
