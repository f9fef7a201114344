/**
 * A run of rdb2resp, whatever its source: output, progress, signals, and an account of it all.
 *
 * @module
 */
import { DataError } from '@rdbkit/bytes';
import type { KeySelection } from '@rdbkit/rdb';
import { RespBuffer } from '@rdbkit/resp';
import { CliError, OutputClosed } from '../app/cli-error.ts';
import { EXIT, type ExitCode, SIGNAL_EXIT, type StopSignal } from '../app/exit-code.ts';
import type { Host } from '../app/host.ts';
import type { Messages } from '../app/messages.ts';
import type { CliContext } from '../app/program.ts';
import { StopRequest } from '../app/stop-request.ts';
import { printableText } from '../lang/printable.ts';
import { countOf, humanSize } from '../lang/units.ts';
import { createProgress, type Progress } from '../progress/progress.ts';
import { WarningPrinter } from '../reading/warning-printer.ts';
import { type OutputSink, openOutputFile } from '../sink/output-sink.ts';
import type { Rdb2respFlags } from './flags.ts';
import { NoteLog } from './note-log.ts';
import type { Reading } from './reading.ts';
import { jsonSummary, type Outcome, printSummary } from './summary.ts';

/** Written at a time, unless a single value is longer. */
const FLUSH_BYTES = 256 * 1024;
/** Signals are heard at least this often, even when nothing has to be waited for. */
const YIELD_MS = 50;
/** Ctrl-C reaches all programs of a pipeline, but its effect on another one may be seen before it has reached us. */
const SIGNAL_MS = 30;

const breathe = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

/** What a job works on and how. */
export interface JobSetup {
  readonly context: CliContext;
  readonly flags: Rdb2respFlags;
  /** The source as the user named it, and as messages name it. */
  readonly path: string | undefined;
  readonly name: string;
  readonly selection: KeySelection;
  /** Unix milliseconds. */
  readonly startedAt: number;
  /** What a command that is made of this one has to add to its account. */
  readonly addition?: Addition;
}

/** An addition to the account of a job. */
export interface Addition {
  /** Output that breaks off because of damage is of no use. */
  readonly discardsDamaged: boolean;
  /** Fields of the JSON. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** One run over one source. */
export class Job {
  readonly host: Host;
  readonly flags: Rdb2respFlags;
  readonly selection: KeySelection;
  readonly startedAt: number;
  /** The source, for messages. */
  readonly name: string;
  /** `undefined`: standard output. */
  readonly outputFile: string | undefined;
  /** The file that has what was written before damage was met, if one has. */
  get rescuedFile(): string | undefined {
    return this.addition?.discardsDamaged ? undefined : this.outputFile;
  }
  readonly out: RespBuffer = new RespBuffer();
  readonly notes: NoteLog;
  readonly warnings: WarningPrinter;
  private readonly messages: Messages;
  private readonly addition: Addition | null;
  private readonly reading: Reading;
  private readonly sink: OutputSink;
  private readonly progress: Progress;
  private readonly stop: StopRequest;
  private yieldedAt: number;
  /** A file gets its name only when it is worth having. */
  private isSettled = false;

  constructor(setup: JobSetup, makeReading: (job: Job) => Reading) {
    const { host, messages } = setup.context;
    const { flags } = setup;
    this.host = host;
    this.messages = messages;
    this.addition = setup.addition ?? null;
    this.flags = flags;
    this.selection = setup.selection;
    this.startedAt = setup.startedAt;
    this.yieldedAt = setup.startedAt;
    this.name = setup.name;
    this.notes = new NoteLog(flags.report);
    this.warnings = new WarningPrinter(messages);
    this.outputFile = flags.output === '-' ? undefined : flags.output;
    this.reading = makeReading(this);
    const release = (view: Uint8Array): void => this.out.release(view);
    this.sink =
      this.outputFile === undefined ? host.stdout.open(release) : openOutputFile(this.outputFile, setup.path, release);
    const mode = flags.quiet ? 'none' : flags.progress;
    const dataOnTerminal = this.outputFile === undefined && host.stdout.isTerminal;
    this.progress = createProgress(mode, host, messages.colors, this.reading.total, dataOnTerminal);
    messages.beforeLine(() => this.progress.clear());
    this.stop = new StopRequest(host, {
      onStop: () => this.reading.close(),
      onAbandon: () => {
        this.sink.abort();
        messages.error('interrupted while the output was not being read: it may end within a command');
      },
    });
  }

  /** Whether somebody wants the work to stop. */
  get isStopped(): boolean {
    return this.stop.signal !== null;
  }

  /** Passes on what has been written, when it is worth it. To be awaited when it returns a promise. */
  flushFull(): void | Promise<void> {
    return this.out.committed >= FLUSH_BYTES ? this.flush() : undefined;
  }

  /** Between two steps of the reading: passes on, shows progress, lets signals through. To be awaited like `flushFull`. */
  step(items: number): void | Promise<void> {
    this.progress.update(this.reading.position, items);
    const now = this.host.now();
    const isDue = now - this.yieldedAt > YIELD_MS;
    if (isDue) this.yieldedAt = now;
    const flushed = this.flushFull();
    if (!isDue) return flushed;
    return flushed === undefined ? breathe() : flushed.then(breathe);
  }

  /** An error in the middle of the work that is about the source, but not about its bytes. Others are thrown on. */
  damageOf(error: unknown): CliError {
    if (error instanceof CliError && error.exitCode !== EXIT.FAILED) return error;
    throw error;
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
    }
  }

  private async work(): Promise<ExitCode> {
    let fault: CliError | null = null;
    try {
      await this.reading.read();
    } catch (error) {
      if (!this.isStopped) fault = this.reading.damageOf(error);
      this.reading.abort();
    }
    await this.flush();
    if (this.stop.signal !== null) {
      await this.sink.drain();
      return this.interrupted(this.stop.signal, 'the commands written so far are complete, their last one included');
    }
    if (fault !== null && this.addition?.discardsDamaged) return this.account(fault.exitCode, fault);
    await this.sink.finish();
    this.isSettled = true;
    fault ??= this.reading.verdict();
    if (fault !== null) return this.account(fault.exitCode, fault);
    return this.account(this.notes.hasUnwritten ? EXIT.PARTIAL : EXIT.OK, null);
  }

  private flush(): void | Promise<void> {
    const view = this.out.take();
    return view.length > 0 ? this.sink.write(view) : undefined;
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
    const { keysRead, log } = this.reading.outcome();
    const done =
      log === null
        ? countOf(keysRead, 'key')
        : countOf(keysRead + log.counts.commands, 'key and command', 'keys and commands');
    this.messages.error('interrupted', [
      `after ${done}, ${humanSize(this.reading.position)} of ${this.name}`,
      this.outputFile === undefined ? state : `${printableText(this.outputFile, 80)} was not written`,
    ]);
    this.messages.hint(
      this.flags.existing === 'append' || log !== null
        ? 'to begin again, empty the target first: what is there already would be written twice.'
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
    if (json) this.messages.line(JSON.stringify({ ...jsonSummary(outcome), ...this.addition?.json }));
    else if (error === null || outcome.commands > 0) printSummary(outcome, this.messages, quiet);
    if (error !== null) this.messages.report(error, this.host.env);
    return exitCode;
  }

  private outcome(exitCode: ExitCode, error: CliError | null): Outcome {
    const cause = error?.cause;
    const outcome = this.reading.outcome();
    return {
      ...outcome,
      stoppedAtLimit: outcome.stoppedAtLimit && error === null,
      source: this.name,
      bytesRead: this.reading.position,
      seconds: (this.host.now() - this.startedAt) / 1000,
      selection: this.selection,
      commands: this.out.commands,
      bytesWritten: this.out.committedBytes,
      notes: this.notes,
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
