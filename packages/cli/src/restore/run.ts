/**
 * The work of rdbkit restore.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import type { AofSegment } from '@rdbkit/aof';
import { DataError } from '@rdbkit/bytes';
import type { KeyHeader, KeySelection } from '@rdbkit/rdb';
import {
  EndpointError,
  formatMetrics,
  identifyFile,
  type LogReplayOptions,
  type PreparedRestore,
  prepareRestore,
  RestoreError,
  type RestoreEvent,
  type RestoreOptions,
  type RestoreProgress,
  type RestoreResult,
  type RestoreSource,
} from '@rdbkit/restore';
import { CliError, usageError } from '../app/cli-error.ts';
import { EXIT, type ExitCode, SIGNAL_EXIT } from '../app/exit-code.ts';
import type { CliContext } from '../app/program.ts';
import { StopRequest } from '../app/stop-request.ts';
import { checkLogSelection, isPlainBase, postponeTo } from '../flags/log-flags.ts';
import { CHANGING_FLAGS, keySelection } from '../flags/selection-flags.ts';
import { printableText } from '../lang/printable.ts';
import { countOf, formatCount } from '../lang/units.ts';
import { createProgress } from '../progress/progress.ts';
import { describeDamage } from '../reading/damage.ts';
import { rdbOptions } from '../reading/reader-options.ts';
import { WarningPrinter } from '../reading/warning-printer.ts';
import { PeekedInput, readHead } from '../source/byte-input.ts';
import { closeSource, openSource, type Source } from '../source/open-source.ts';
import { endpointOf, splitKeyFlags } from './access.ts';
import type { RestoreFlags } from './flags.ts';
import { MetricsServer } from './metrics-server.ts';
import { RecordLog } from './record-log.ts';
import { jsonPlan, jsonSummary, planLines, printPlanLosses, printSummary } from './summary.ts';

/** Enough of a stream to tell one dump from another: times and sizes stand at its beginning. */
const IDENTIFYING_BYTES = 4096;

/** Runs the command. */
export async function runRestore(
  context: CliContext,
  flags: RestoreFlags,
  path: string,
  target: string,
): Promise<ExitCode> {
  const { host } = context;
  if (flags.resume && flags.journal === undefined) throw usageError('--resume needs --journal FILE');
  const { globs, tlsKey } = splitKeyFlags(flags);
  const chosen = { ...flags, key: globs };
  const startedAt = host.now();
  const asked = keySelection(chosen, startedAt);
  const endpoint = await endpointOf(target, flags, tlsKey, host);
  const source = await openSource(path, host);
  try {
    const isLog = source.kind === 'log' && !isPlainBase(flags, source);
    if (isLog) checkLogSelection(chosen);
    else if (source.kind === 'rdb') checkRdbFlags(flags, source.name);
    const selection = isLog ? keySelection({ ...chosen, expired: 'keep' }, startedAt) : asked;
    const records = new RecordLog(flags.plan ? undefined : flags.report, flags.resume);
    try {
      const job = new Job(context, chosen, source, selection, records);
      const identity = flags.journal === undefined ? '' : await job.identify(path);
      return await job.run(async (options) => await prepareRestore(endpoint, options), identity);
    } finally {
      records.close();
    }
  } finally {
    await closeSource(source);
  }
}

/** A dump has one moment. */
function checkRdbFlags(flags: RestoreFlags, name: string): void {
  for (const flag of ['until', 'from-base-only'] as const)
    if (flags[flag] !== undefined && flags[flag] !== false)
      throw usageError(`--${flag} is for append-only logs, and ${name} is a dump`);
}

/** One run. */
class Job {
  private readonly context: CliContext;
  private readonly flags: RestoreFlags;
  private source: Source;
  private readonly selection: KeySelection;
  private readonly records: RecordLog;
  private readonly warnings: WarningPrinter;
  private readonly abort = new AbortController();
  private latest: RestoreProgress | null = null;
  private readonly startedAt: number;

  constructor(context: CliContext, flags: RestoreFlags, source: Source, selection: KeySelection, records: RecordLog) {
    this.context = context;
    this.flags = flags;
    this.source = source;
    this.selection = selection;
    this.records = records;
    this.warnings = new WarningPrinter(context.messages);
    this.startedAt = context.host.now();
  }

  /** Says what the source is, for the journal. */
  async identify(path: string): Promise<string> {
    const { source } = this;
    if (source.kind === 'log' && source.input === null) return identifySet(source.set.segments);
    const { input } = source;
    if (input === null || source.kind === 'log')
      throw usageError('--journal needs a log that can be read again', 'store it in a file first.');
    if (path !== '-' && input.total !== null && source.parts === null) return identifyFile(path);
    const head = await readHead(input, IDENTIFYING_BYTES);
    this.source = { ...source, input: new PeekedInput(head, input) };
    const digest = createHash('sha256').update(head.subarray(0, IDENTIFYING_BYTES)).digest('hex').slice(0, 32);
    return `a stream, sha256 of its beginning ${digest}`;
  }

  /** Bytes of the source that were read, and all there are. */
  private get position(): number {
    return this.source.input?.position ?? this.latest?.bytesRead ?? 0;
  }

  private get total(): number | null {
    const { source, flags } = this;
    if (source.kind === 'rdb' || source.input !== null) return source.input?.total ?? null;
    return flags['from-base-only'] ? (source.set.segments[0]?.size ?? null) : source.set.size;
  }

  private get content(): RestoreSource {
    return this.source.kind === 'rdb' ? this.source.input : this.source.set;
  }

  async run(prepare: (options: RestoreOptions) => Promise<PreparedRestore>, identity: string): Promise<ExitCode> {
    const { host, messages } = this.context;
    const { flags } = this;
    const mode = flags.quiet ? 'none' : flags.progress;
    const progress = createProgress(mode, host, messages.colors, this.total, false);
    messages.beforeLine(() => progress.clear());
    const stop = new StopRequest(host, {
      onStop: () => this.abort.abort(),
      onAbandon: () => {},
    });
    const metrics = new MetricsServer(() => (this.latest === null ? '' : formatMetrics(this.latest, this.total)));
    const show = (state: RestoreProgress): void => {
      this.latest = state;
      const [trouble] = state.waiting;
      const reason = trouble === undefined ? undefined : `waiting: ${printableText(trouble.reason, 120)}`;
      progress.update(this.position, Math.max(state.keysRead, state.settled), reason);
    };
    try {
      const port = flags['metrics-port'];
      if (port !== undefined) {
        const at = await metrics.listen(flags['metrics-host'], port);
        if (!flags.quiet) messages.info(`metrics at ${at}`);
      }
      const prepared = await prepare(this.options(identity, show));
      for (const warning of prepared.probe.warnings) messages.warn(warning);
      if (flags.plan) return await this.plan(prepared);
      const result = await prepared.run(this.content);
      return this.account(this.verdict(result), result, null);
    } catch (error) {
      const { signal } = stop;
      if (signal !== null) return this.account(SIGNAL_EXIT[signal], resultOf(error), this.interrupted());
      return this.failed(error);
    } finally {
      progress.clear();
      stop.dispose();
      metrics.close();
    }
  }

  private options(identity: string, onProgress: (progress: RestoreProgress) => void): RestoreOptions {
    const { flags, selection } = this;
    const rate = flags['max-rate'];
    return {
      existing: flags.existing,
      connections: flags.connections,
      windowBytes: flags['window-bytes'],
      windowCommands: flags['window-commands'],
      maxOps: flags['max-ops'],
      maxBytesPerSecond: rate,
      retryForMs: flags['retry-for'],
      waitReplicas: flags['wait-replicas'],
      form: flags['no-restore'] ? 'plain' : 'auto',
      functions: selection.acceptsFunctions,
      shape: (header) => this.accept(header),
      acceptSize: selection.hasSizeBounds ? (bytes) => selection.acceptSize(bytes) : undefined,
      now: this.startedAt,
      expired: selection.expired,
      stripTtl: flags['strip-ttl'],
      shiftTtlMs: flags['shift-ttl'],
      rdb: rdbOptions(flags, this.source),
      records: this.records,
      signal: this.abort.signal,
      onProgress,
      onEvent: (event) => this.tell(event),
      onWarning: (warning) => this.warnings.add(warning),
      log: this.logOptions(),
      ...(flags.journal === undefined
        ? {}
        : { journal: { path: flags.journal, resume: flags.resume, source: identity, choices: choicesOf(flags) } }),
    };
  }

  private logOptions(): LogReplayOptions {
    const { flags, selection, startedAt, warnings } = this;
    const { until = null, 'from-base-only': baseOnly } = flags;
    return {
      until,
      baseOnly,
      selection,
      postponeExpiredTo: postponeTo(flags, startedAt),
      onWarning: (warning) => warnings.add(warning),
      onCut: (cut) => {
        const code = cut.reason === 'transaction' ? 'AOF_OPEN_MULTI' : 'AOF_TRUNCATED';
        const from = formatCount(cut.goodBytes);
        const message = `${cut.message}; what is incomplete, from byte ${from} on, is left out, as servers do`;
        warnings.add({ code, message, offset: cut.offset, file: null });
      },
    };
  }

  private accept(header: KeyHeader): boolean | 'expired' {
    const { selection } = this;
    const { expired } = selection.skipped;
    if (selection.accept(header)) return true;
    return selection.skipped.expired > expired ? 'expired' : false;
  }

  /** What happens on the way is worth a line in a log; a terminal shows it in the progress line. */
  private tell(event: RestoreEvent): void {
    const { messages, host } = this.context;
    if (this.flags.quiet) return;
    switch (event.type) {
      case 'failover':
        messages.info(`${event.shard.label} is the master now`);
        break;
      case 'resharding':
        messages.info(`${countOf(event.slots, 'slot')} moved to other nodes`);
        break;
      case 'warning':
        messages.warn(event.message);
        break;
      case 'waiting':
        if (!host.stderr.isTerminal) this.tellOnce(event.reason);
        break;
      case 'going on':
        if (!host.stderr.isTerminal) messages.info(`going on with ${event.shard.label}`);
        this.told = '';
        break;
      default:
        break;
    }
  }

  private told = '';

  private tellOnce(reason: string): void {
    if (reason === this.told) return;
    this.told = reason;
    this.context.messages.info(`waiting: ${printableText(reason, 200)}`);
  }

  private async plan(prepared: PreparedRestore): Promise<ExitCode> {
    const { host, messages } = this.context;
    try {
      const plan = await prepared.plan(this.content);
      const { name } = this.source;
      if (this.flags.json) {
        host.stdout.write(`${jsonPlan(name, plan, this.records)}\n`);
      } else {
        host.stdout.write(`${planLines(name, plan, messages.colors).join('\n')}\n`);
        printPlanLosses(this.records, messages);
      }
      return plan.impossibleKeys > 0 ? EXIT.PARTIAL : EXIT.OK;
    } finally {
      prepared.close();
    }
  }

  private verdict(result: RestoreResult): ExitCode {
    const isPartial = result.failed > 0 || result.existing > 0 || result.impossibleKeys > 0;
    return isPartial || (result.log?.failed ?? 0) > 0 || this.records.list('not restored').length > 0
      ? EXIT.PARTIAL
      : EXIT.OK;
  }

  private failed(error: unknown): ExitCode {
    const result = resultOf(error);
    if (error instanceof DataError) {
      const { source } = this;
      const { name, compressed } = source;
      const parts = source.kind === 'rdb' ? source.parts : null;
      const place = { name, compressed, total: this.total, parts };
      const damage = describeDamage(error, place, result?.keysRead ?? this.latest?.keysRead ?? 0, undefined);
      return this.account(damage.exitCode, result, damage);
    }
    if (error instanceof EndpointError || error instanceof RestoreError) {
      const hint = [error.hint, this.resumeHint(result, error)].filter((line) => line !== null).join('\n        ');
      const shown = new CliError(EXIT.FAILED, error.message, { ...(hint === '' ? {} : { hint }), cause: error });
      return this.account(EXIT.FAILED, result, shown);
    }
    if (error instanceof RangeError) throw usageError(error.message);
    throw error;
  }

  /** How to go on, unless going on makes no sense. */
  private resumeHint(result: RestoreResult | null, error: EndpointError | RestoreError): string | null {
    const isTold = this.flags.journal !== undefined && error.hint?.includes('--resume') === true;
    if (result === null || isTold) return null;
    if (error instanceof RestoreError && /LOST|JOURNAL|LOG|DATABASES/.test(error.code)) return null;
    if (this.flags.journal !== undefined) return 'then run the same command with --resume to go on.';
    return 'then run it again with --existing replace, or with --existing skip to add what is missing; --journal FILE would have made it possible to go on.';
  }

  private interrupted(): CliError {
    const { journal } = this.flags;
    return new CliError(EXIT.FAILED, 'interrupted', {
      hint:
        journal === undefined
          ? 'run it again with --existing replace, or with --existing skip to add what is missing; --journal FILE makes it possible to go on.'
          : 'to go on, run the same command with --resume.',
    });
  }

  /** Says what was done, and what went wrong. */
  private account(exitCode: ExitCode, result: RestoreResult | null, error: CliError | null): ExitCode {
    const { host, messages } = this.context;
    const { quiet, json } = this.flags;
    this.warnings.finish();
    if (json) {
      const cause = error?.cause;
      const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : null;
      const failure = error === null ? null : { message: error.message, code };
      host.stdout.write(`${jsonSummary(this.source.name, result, this.records, exitCode, failure)}\n`);
    } else if (result !== null) {
      printSummary(result, this.records, messages, quiet);
    }
    if (error !== null) messages.report(error, host.env);
    return exitCode;
  }
}

function resultOf(error: unknown): RestoreResult | null {
  return error instanceof Error && 'result' in error ? (error.result as RestoreResult) : null;
}

/** Says which log it is: a server that goes on writing to it makes it another one. */
function identifySet(segments: readonly AofSegment[]): string {
  const hash = createHash('sha256');
  for (const { name, size, seq } of segments) hash.update(name ?? '').update(`\0${seq}:${size}\n`);
  return `a log, sha256 of its names and sizes ${hash.digest('hex').slice(0, 32)}`;
}

/** Every flag that decides which keys are written and what they become. */
function choicesOf(flags: RestoreFlags): string {
  const names = [
    ...CHANGING_FLAGS,
    'dialect',
    'until',
    'from-base-only',
    'expired-grace',
  ] as const satisfies readonly (keyof RestoreFlags)[];
  return names
    .filter((name) => flags[name] !== undefined && flags[name] !== false)
    .map(
      (name) =>
        `--${name} ${JSON.stringify(flags[name], (_, value: unknown) => (value instanceof RegExp ? String(value) : value))}`,
    )
    .join(' ');
}
