/**
 * The work of rdb2resp: bytes in, commands out, and an account of it.
 *
 * @module
 */
import { DataError } from '@rdbkit/bytes';
import type { EmitOptions } from '@rdbkit/commands';
import { type KeySelection, type RdbOptions, RdbReader } from '@rdbkit/rdb';
import { RespBuffer } from '@rdbkit/resp';
import { CliError, OutputClosed } from '../app/cli-error.ts';
import { EXIT, type ExitCode, SIGNAL_EXIT, type StopSignal } from '../app/exit-code.ts';
import type { Host } from '../app/host.ts';
import type { Messages } from '../app/messages.ts';
import type { CliContext } from '../app/program.ts';
import { StopRequest } from '../app/stop-request.ts';
import { keySelection } from '../flags/selection-flags.ts';
import { printableText } from '../lang/printable.ts';
import { formatCount, humanSize } from '../lang/units.ts';
import { createProgress, type Progress } from '../progress/progress.ts';
import { type OutputSink, openOutputFile } from '../sink/output-sink.ts';
import type { FileChecksum } from '../source/file-checksum.ts';
import { openSource, type Source } from '../source/open-source.ts';
import { describeDamage } from './damage.ts';
import type { Rdb2respFlags } from './flags.ts';
import { NoteLog } from './note-log.ts';
import { jsonSummary, type Outcome, printSummary } from './summary.ts';
import { SelectingEmitter } from './visitor.ts';
import { WarningPrinter } from './warning-printer.ts';

/** Written at a time, unless a single value is longer. */
const FLUSH_BYTES = 256 * 1024;
/**
 * A value is gathered, and a key's commands are held back until it is whole, up to these lengths. Together with Node
 * itself they keep the program below 150 MB of memory, whatever the dump.
 */
const RAW_BYTES = 32 * 1024 * 1024;
const HOLD_BACK_BYTES = 2 * 1024 * 1024;
/** Signals are heard at least this often, even when nothing has to be waited for. */
const YIELD_MS = 50;

/** Ctrl-C reaches all programs of a pipeline, but its effect on another one may be seen before it has reached us. */
const SIGNAL_MS = 30;

const breathe = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

/** Runs the command. */
export async function rdb2resp(context: CliContext, flags: Rdb2respFlags, path?: string): Promise<ExitCode> {
  const startedAt = context.host.now();
  const selection = keySelection(flags, startedAt);
  const source = await openSource(path, context.host);
  try {
    const job = new Job(context, flags, path, source, selection, startedAt);
    return await job.run();
  } finally {
    source.input.close();
  }
}

/** One run over one source. */
class Job {
  private readonly host: Host;
  private readonly messages: Messages;
  private readonly flags: Rdb2respFlags;
  private readonly source: Source;
  private readonly selection: KeySelection;
  /** The checksum, when it is computed in another thread. */
  private readonly checksum: FileChecksum | null;
  private isVerified = false;
  private readonly startedAt: number;
  /** `undefined`: standard output. */
  private readonly outputFile: string | undefined;
  private readonly out = new RespBuffer();
  private readonly sink: OutputSink;
  private readonly notes: NoteLog;
  private readonly warnings: WarningPrinter;
  private readonly emitter: SelectingEmitter;
  private readonly reader: RdbReader;
  private readonly progress: Progress;
  private readonly stop: StopRequest;
  /** A file gets its name only when it is worth having. */
  private isSettled = false;

  constructor(
    { host, messages }: CliContext,
    flags: Rdb2respFlags,
    path: string | undefined,
    source: Source,
    selection: KeySelection,
    startedAt: number,
  ) {
    this.host = host;
    this.messages = messages;
    this.flags = flags;
    this.source = source;
    this.selection = selection;
    this.startedAt = startedAt;
    this.notes = new NoteLog(flags.report);
    this.warnings = new WarningPrinter(messages);
    this.checksum = flags['no-checksum'] ? null : source.startChecksum();
    const rdb = readerOptions(flags, this.checksum === null);
    const options: EmitOptions = {
      target: flags.target,
      form: flags.restore ? 'restore' : 'plain',
      existing: flags.existing,
      batch: flags.batch,
      maxCommandBytes: flags['max-command-bytes'],
      flushBytes: HOLD_BACK_BYTES,
      now: startedAt,
      expired: selection.expired,
      stripTtl: flags['strip-ttl'],
      shiftTtlMs: flags['shift-ttl'],
      shape: (header) => selection.accept(header),
      acceptSize: selection.hasSizeBounds ? (bytes) => selection.acceptSize(bytes) : undefined,
      rdb,
      onNote: (note) => this.notes.add(note),
      onWarning: (warning) => {
        // Commands that follow are spoken of as such.
        if (warning.code !== 'RDB_TRAILING_BYTES' || !this.emitter.isPreamble) this.warnings.add(warning);
      },
    };
    this.emitter = new SelectingEmitter(this.out, options, source.name, selection);
    this.reader = new RdbReader(this.emitter, rdb);
    const release = (view: Uint8Array): void => this.out.release(view);
    this.outputFile = flags.output === '-' ? undefined : flags.output;
    this.sink =
      this.outputFile === undefined ? host.stdout.open(release) : openOutputFile(this.outputFile, path, release);
    const mode = flags.quiet ? 'none' : flags.progress;
    const dataOnTerminal = this.outputFile === undefined && host.stdout.isTerminal;
    this.progress = createProgress(mode, host, messages.colors, source.input.total, dataOnTerminal);
    messages.beforeLine(() => this.progress.clear());
    this.stop = new StopRequest(host, {
      onStop: () => source.input.close(),
      onAbandon: () => {
        this.sink.abort();
        messages.error('interrupted while the output was not being read: it may end within a command');
      },
    });
  }

  async run(): Promise<ExitCode> {
    try {
      return await this.work();
    } catch (error) {
      if (error instanceof OutputClosed) return await this.outputClosed();
      if (error instanceof CliError) return this.account(error.exitCode, error);
      throw error;
    } finally {
      this.progress.clear();
      this.stop.dispose();
      if (!this.isSettled) this.sink.abort();
      this.notes.close();
      await this.checksum?.close();
    }
  }

  private async work(): Promise<ExitCode> {
    let damage: CliError | null = null;
    try {
      await this.copy();
    } catch (error) {
      damage = this.damageOf(error);
      this.emitter.abort();
    }
    await this.flush();
    if (this.stop.signal !== null) {
      await this.sink.drain();
      return this.interrupted(this.stop.signal, 'the commands written so far are complete, their last one included');
    }
    await this.sink.finish();
    this.isSettled = true;
    if (damage !== null) return this.account(damage.exitCode, damage);
    return this.account(this.notes.hasUnwritten ? EXIT.PARTIAL : EXIT.OK, null);
  }

  /** Reads to the end, to the limit, or until somebody wants to stop. */
  private async copy(): Promise<void> {
    const { input } = this.source;
    let yieldedAt = this.host.now();
    for (;;) {
      const next = input.read();
      const chunk = next instanceof Promise ? await next : next;
      if (this.stop.signal !== null) return;
      if (chunk === null) break;
      let hasMore = this.reader.push(chunk);
      if (this.out.committed >= FLUSH_BYTES) await this.flush();
      while (hasMore) {
        hasMore = this.reader.more();
        if (this.out.committed >= FLUSH_BYTES) await this.flush();
      }
      this.progress.update(input.position, this.reader.keys);
      if (this.selection.exhausted) return;
      const now = this.host.now();
      if (now - yieldedAt > YIELD_MS) {
        yieldedAt = now;
        await breathe();
      }
    }
    const { trailingBytes, checksum, bytes } = this.reader.finish();
    if (checksum === 'unverified' && this.checksum !== null) {
      await this.checksum.verify(bytes);
      this.isVerified = true;
    }
    if (this.emitter.isPreamble && trailingBytes > 0) throw this.preambleError(trailingBytes);
  }

  private async flush(): Promise<void> {
    const view = this.out.take();
    if (view.length > 0) await this.sink.write(view);
  }

  /** What an error in the middle of the work means for the user; errors that are not about the data are thrown on. */
  private damageOf(error: unknown): CliError {
    if (error instanceof DataError) return describeDamage(error, this.source, this.reader.keys, this.outputFile);
    if (error instanceof CliError && error.exitCode === EXIT.DAMAGED) return error;
    throw error;
  }

  private preambleError(trailingBytes: number): CliError {
    const { name } = this.source;
    return new CliError(
      EXIT.DAMAGED,
      `${name} is an append-only file (AOF) that begins with an RDB: the commands after it are not supported yet`,
      {
        details: [
          `${formatCount(trailingBytes)} bytes of commands follow the RDB`,
          'what was written is the state before these commands',
        ],
        hint: 'they are RESP already: redis-cli --pipe takes them when the RDB part is cut off.',
      },
    );
  }

  /** Nobody reads our output any more: no reason to complain, unless a signal ended the reader and is meant for us, too. */
  private async outputClosed(): Promise<ExitCode> {
    await new Promise((resolve) => {
      setTimeout(resolve, SIGNAL_MS);
    });
    const { signal } = this.stop;
    return signal === null ? EXIT.OK : this.interrupted(signal, 'the reader of the output is gone');
  }

  private interrupted(signal: StopSignal, state: string): ExitCode {
    const { existing } = this.flags;
    this.messages.error('interrupted', [
      `after ${formatCount(this.reader.keys)} keys, ${humanSize(this.source.input.position)} of ${this.source.name}`,
      this.outputFile === undefined ? state : `${printableText(this.outputFile, 80)} was not written`,
    ]);
    this.messages.hint(
      existing === 'append'
        ? 'to begin again, empty the target first: with --existing append keys would be written twice.'
        : 'to go on, run the same command again: writing a key twice does no harm.',
    );
    return SIGNAL_EXIT[signal];
  }

  /** Says what was done, and what went wrong. */
  private account(exitCode: ExitCode, error: CliError | null): ExitCode {
    this.progress.clear();
    this.warnings.finish();
    const { quiet, json } = this.flags;
    const outcome = this.outcome(exitCode, error);
    if (json) this.messages.line(jsonSummary(outcome));
    else if (error === null || outcome.commands > 0) printSummary(outcome, this.messages, quiet);
    if (error !== null) this.messages.report(error, this.host.env);
    return exitCode;
  }

  private outcome(exitCode: ExitCode, error: CliError | null): Outcome {
    const { emitter, reader, source, selection } = this;
    const cause = error?.cause;
    const { counts } = emitter;
    return {
      source: source.name,
      header: emitter.rdbHeader,
      writer: emitter.writerName,
      target: emitter.target,
      checksum: this.isVerified ? 'ok' : (emitter.summary?.checksum ?? null),
      bytesRead: source.input.position,
      keysRead: reader.keys,
      seconds: (this.host.now() - this.startedAt) / 1000,
      selection,
      counts,
      commands: counts.commands,
      bytesWritten: counts.bytes,
      notes: this.notes,
      stoppedAtLimit: selection.exhausted && emitter.summary === null && error === null,
      exitCode,
      error:
        error === null
          ? null
          : {
              message: error.message,
              code: cause instanceof DataError ? cause.code : null,
              offset: cause instanceof DataError ? cause.offset : null,
            },
    };
  }
}

function readerOptions(flags: Rdb2respFlags, sumsItself: boolean): RdbOptions {
  const maxStringBytes = flags['max-string-bytes'];
  return {
    checksum: sumsItself && !flags['no-checksum'],
    anyVersion: flags['any-version'],
    rawBytes: RAW_BYTES,
    ...(maxStringBytes === undefined ? {} : { maxStringBytes }),
  };
}
