/**
 * Reading a dump for a command: the loop with its progress, its signals and its checksum, and what becomes of the results
 * when the dump is damaged or the user wants to stop.
 *
 * @module
 */
import { DataError } from '@rdbkit/bytes';
import {
  type RdbHeader,
  type RdbOptions,
  RdbReader,
  type RdbSummary,
  type RdbVisitor,
  type RdbWarning,
} from '@rdbkit/rdb';
import type { OutputBuffer } from '@rdbkit/resp';
import { type CliError, OutputClosed } from '../app/cli-error.ts';
import { EXIT, type ExitCode, SIGNAL_EXIT, type StopSignal } from '../app/exit-code.ts';
import type { CliContext } from '../app/program.ts';
import { StopRequest } from '../app/stop-request.ts';
import type { GeneralFlags } from '../flags/general-flags.ts';
import type { InputFlags } from '../flags/input-flags.ts';
import { printableText } from '../lang/printable.ts';
import { formatCount, humanSize } from '../lang/units.ts';
import { createProgress } from '../progress/progress.ts';
import { type OutputSink, openOutputFile } from '../sink/output-sink.ts';
import type { FileChecksum } from '../source/file-checksum.ts';
import { describeDamage } from './damage.ts';
import { CommandsBehind, type DumpSource, openDump, type UnreadLog, unreadWords } from './dump-source.ts';
import { readerOptions } from './reader-options.ts';
import { WarningPrinter } from './warning-printer.ts';

/** Written at a time, unless a single value is longer. */
const FLUSH_BYTES = 256 * 1024;
/** Signals are heard at least this often, even when nothing has to be waited for. */
const YIELD_MS = 50;
/** Ctrl-C reaches all programs of a pipeline, but its effect on another one may be seen before it has reached us. */
const SIGNAL_MS = 30;

/** The flags of a command that reads a dump. */
export type ReadingFlags = Omit<GeneralFlags, 'json'> & InputFlags & { readonly output: string | undefined };

/** How far reading came. */
export interface DumpEnd {
  readonly source: DumpSource;
  /** `null` when not even that could be read. */
  readonly header: RdbHeader | null;
  /** `null` unless the end was reached. */
  readonly summary: RdbSummary | null;
  readonly checksum: string | null;
  /** The rest of the log that the dump is the beginning of; `null` when there is none. */
  readonly unread: UnreadLog | null;
  /** What is wrong with the dump. */
  readonly damage: CliError | null;
  /** Reading ended before, because the task had enough. */
  readonly isCutShort: boolean;
  /** Keys found. */
  readonly keysRead: number;
  readonly seconds: number;
}

/** What is done with a dump. */
export interface DumpTask {
  readonly visitor: RdbVisitor;
  /** What is committed here is written out. */
  readonly out: OutputBuffer;
  /** What the results are called: `records`. */
  readonly results: string;
  /** How it wants the dump to be read. */
  readonly rdb?: RdbOptions;
  /** Whether reading on would bring nothing more. */
  isDone(): boolean;
  /** The rest of the current key cannot be read. */
  abort(): void;
  /** Reading is over, whatever the reason: puts what is left into `out`, and tells how to exit unless the dump is damaged. */
  conclude(end: DumpEnd): ExitCode | Promise<ExitCode>;
  /** Everything is written: says what was done. Not called when the user is not to be bothered. */
  report(end: DumpEnd): void;
}

/** Makes a task. @param position - Where the reader is. */
export type MakeTask = (position: () => number) => DumpTask;

/**
 * Reads a source and writes what a task makes of it.
 *
 * @param path - `-` or `undefined` for standard input.
 */
export async function runDump(
  context: CliContext,
  flags: ReadingFlags,
  path: string | undefined,
  make: MakeTask,
): Promise<ExitCode> {
  const source = await openDump(path, context.host);
  try {
    return await new DumpRun(context, flags, path, source, make).run();
  } finally {
    await source.close();
  }
}

const breathe = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

class DumpRun {
  private readonly context: CliContext;
  private readonly flags: ReadingFlags;
  private readonly source: DumpSource;
  private readonly behind: CommandsBehind;
  private readonly task: DumpTask;
  private readonly reader: RdbReader;
  private readonly sink: OutputSink;
  private readonly startedAt: number;
  /** `undefined`: standard output. */
  private readonly outputFile: string | undefined;
  private readonly checksum: FileChecksum | null;
  private readonly progress: ReturnType<typeof createProgress>;
  private readonly stop: StopRequest;
  private readonly warnings: WarningPrinter;
  private header: RdbHeader | null = null;
  private summary: RdbSummary | null = null;
  private isVerified = false;
  private isCutShort = false;
  /** A file gets its name only when it is worth having. */
  private isSettled = false;

  constructor(context: CliContext, flags: ReadingFlags, path: string | undefined, source: DumpSource, make: MakeTask) {
    const { host, messages } = context;
    this.context = context;
    this.flags = flags;
    this.source = source;
    this.behind = new CommandsBehind(source);
    this.startedAt = host.now();
    this.warnings = new WarningPrinter(messages);
    this.checksum = flags['no-checksum'] ? null : source.startChecksum();
    this.task = make(() => this.reader.offset);
    this.watch(this.task.visitor);
    this.reader = new RdbReader(this.task.visitor, {
      ...readerOptions(flags, source),
      ...(this.checksum === null ? {} : { checksum: false }),
      ...this.task.rdb,
    });
    const release = (view: Uint8Array): void => this.task.out.release(view);
    this.outputFile = flags.output === '-' ? undefined : flags.output;
    this.sink =
      this.outputFile === undefined ? host.stdout.open(release) : openOutputFile(this.outputFile, path, release);
    const dataOnTerminal = this.outputFile === undefined && host.stdout.isTerminal;
    this.progress = createProgress(
      flags.quiet ? 'none' : flags.progress,
      host,
      messages.colors,
      source.input.total,
      dataOnTerminal,
    );
    messages.beforeLine(() => this.progress.clear());
    this.stop = new StopRequest(host, {
      onStop: () => source.input.close(),
      onAbandon: () => {
        this.sink.abort();
        messages.error('interrupted while the output was not being read');
      },
    });
  }

  /** Learns from the calls to the visitor what the command has to know itself. */
  private watch(visitor: RdbVisitor): void {
    const header = visitor.header.bind(visitor);
    visitor.header = (given: RdbHeader) => {
      this.header = given;
      header(given);
    };
    const warning = visitor.warning.bind(visitor);
    visitor.warning = (given: RdbWarning) => {
      this.warnings.add(given);
      warning(given);
    };
  }

  async run(): Promise<ExitCode> {
    try {
      return await this.work();
    } catch (error) {
      if (error instanceof OutputClosed) return await this.outputClosed();
      throw error;
    } finally {
      this.progress.clear();
      this.stop.dispose();
      if (!this.isSettled) this.sink.abort();
      await this.checksum?.close();
    }
  }

  private async work(): Promise<ExitCode> {
    const damage = await this.read();
    const { task, sink, stop } = this;
    if (damage !== null || stop.signal !== null) task.abort();
    if (stop.signal !== null && this.outputFile !== undefined) return this.interrupted(stop.signal);
    const end = this.end(damage);
    const exitCode = await task.conclude(end);
    await this.flush();
    if (stop.signal !== null) {
      await sink.drain();
      return this.interrupted(stop.signal);
    }
    await sink.finish();
    this.isSettled = true;
    this.progress.clear();
    this.warnings.finish();
    if (end.unread !== null) this.context.messages.warn(unreadWords(end.unread));
    if (!this.flags.quiet) task.report(end);
    return damage === null ? exitCode : this.context.messages.report(damage, this.context.host.env);
  }

  private end(damage: CliError | null): DumpEnd {
    const { source, header, summary, isCutShort } = this;
    return {
      source,
      header,
      summary,
      checksum: this.isVerified ? 'ok' : (summary?.checksum ?? null),
      unread: this.behind.unread(summary),
      damage,
      isCutShort,
      keysRead: this.reader.keys,
      seconds: (this.context.host.now() - this.startedAt) / 1000,
    };
  }

  /** Reads to the end, until the task has enough or somebody wants to stop. Returns what is wrong with the dump. */
  private async read(): Promise<CliError | null> {
    try {
      await this.readAll();
      return null;
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      const { name, input, compressed, base, parts } = this.source;
      if (base !== null) error.file ??= base.name;
      const place = { name, total: input.total, compressed, parts };
      return describeDamage(error, place, this.reader.keys, this.outputFile, this.task.results);
    }
  }

  private async readAll(): Promise<void> {
    const { source, task, reader, stop, behind } = this;
    const { input } = source;
    const { host } = this.context;
    let yieldedAt = host.now();
    for (;;) {
      const next = input.read();
      const chunk = next instanceof Promise ? await next : next;
      if (stop.signal !== null) return;
      if (chunk === null) break;
      let hasMore = reader.push(chunk);
      if (task.out.committed >= FLUSH_BYTES) await this.flush();
      while (hasMore) {
        hasMore = reader.more();
        if (task.out.committed >= FLUSH_BYTES) await this.flush();
      }
      behind.passed(chunk, reader.done ? reader.offset : null);
      this.progress.update(input.position, reader.keys);
      if (behind.isMeasured) break;
      if (task.isDone()) {
        this.isCutShort = true;
        return;
      }
      const now = host.now();
      if (now - yieldedAt > YIELD_MS) {
        yieldedAt = now;
        await breathe();
      }
    }
    this.summary = behind.follow ? reader.handOver().summary : reader.finish();
    if (this.summary.checksum === 'unverified' && this.checksum !== null) {
      await this.checksum.verify(this.summary.bytes);
      this.isVerified = true;
    }
  }

  private async flush(): Promise<void> {
    const view = this.task.out.take();
    if (view.length > 0) await this.sink.write(view);
  }

  /** Nobody reads our output any more: no reason to complain, unless a signal ended the reader and is meant for us, too. */
  private async outputClosed(): Promise<ExitCode> {
    await new Promise((resolve) => {
      setTimeout(resolve, SIGNAL_MS);
    });
    const { signal } = this.stop;
    return signal === null ? EXIT.OK : this.interrupted(signal);
  }

  private interrupted(signal: StopSignal): ExitCode {
    const { messages } = this.context;
    messages.error('interrupted', [
      `after ${formatCount(this.reader.keys)} keys, ${humanSize(this.source.input.position)} of ${this.source.name}`,
      this.outputFile === undefined
        ? `the ${this.task.results} written so far are complete`
        : `${printableText(this.outputFile, 80)} was not written`,
    ]);
    messages.hint('nothing is left behind: to go on, run the same command again.');
    return SIGNAL_EXIT[signal];
  }
}
