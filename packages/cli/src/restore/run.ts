/**
 * The work of rdbkit restore.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { DataError } from '@rdbkit/bytes';
import type { KeyHeader, KeySelection } from '@rdbkit/rdb';
import {
  EndpointError,
  formatMetrics,
  identifyFile,
  type PreparedRestore,
  prepareRestore,
  RestoreError,
  type RestoreEvent,
  type RestoreOptions,
  type RestoreProgress,
  type RestoreResult,
} from '@rdbkit/restore';
import { CliError, usageError } from '../app/cli-error.ts';
import { EXIT, type ExitCode, SIGNAL_EXIT } from '../app/exit-code.ts';
import type { CliContext } from '../app/program.ts';
import { StopRequest } from '../app/stop-request.ts';
import { keySelection } from '../flags/selection-flags.ts';
import { printableText } from '../lang/printable.ts';
import { countOf } from '../lang/units.ts';
import { createProgress } from '../progress/progress.ts';
import { describeDamage } from '../rdb2resp/damage.ts';
import { rdbOptions } from '../rdb2resp/dump-writer.ts';
import { WarningPrinter } from '../rdb2resp/warning-printer.ts';
import { PeekedInput, readHead } from '../source/byte-input.ts';
import { closeSource, openSource, type RdbSource } from '../source/open-source.ts';
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
  const selection = keySelection(chosen, host.now());
  const endpoint = await endpointOf(target, flags, tlsKey, host);
  const source = await openRdb(path, context);
  try {
    const records = new RecordLog(flags.plan ? undefined : flags.report, flags.resume);
    try {
      const job = new Job(context, chosen, source, selection, records);
      const identity = flags.journal === undefined ? '' : await job.identify(path);
      return await job.run(async (options) => await prepareRestore(endpoint, options), identity);
    } finally {
      records.close();
    }
  } finally {
    source.input.close();
  }
}

async function openRdb(path: string, { host }: CliContext): Promise<RdbSource> {
  const source = await openSource(path, host);
  if (source.kind === 'rdb') return source;
  await closeSource(source);
  throw usageError(
    `${source.name} is an append-only log, which restore does not take yet`,
    'rdb2resp LOG | redis-cli --pipe replays it into a server.',
  );
}

/** One run. */
class Job {
  private readonly context: CliContext;
  private readonly flags: RestoreFlags;
  private source: RdbSource;
  private readonly selection: KeySelection;
  private readonly records: RecordLog;
  private readonly warnings: WarningPrinter;
  private readonly abort = new AbortController();
  private latest: RestoreProgress | null = null;
  private readonly startedAt: number;

  constructor(
    context: CliContext,
    flags: RestoreFlags,
    source: RdbSource,
    selection: KeySelection,
    records: RecordLog,
  ) {
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
    const { input, parts } = this.source;
    if (path !== '-' && input.total !== null && parts === null) return identifyFile(path);
    const head = await readHead(input, IDENTIFYING_BYTES);
    this.source = { ...this.source, input: new PeekedInput(head, input) };
    const digest = createHash('sha256').update(head.subarray(0, IDENTIFYING_BYTES)).digest('hex').slice(0, 32);
    return `a stream, sha256 of its beginning ${digest}`;
  }

  async run(prepare: (options: RestoreOptions) => Promise<PreparedRestore>, identity: string): Promise<ExitCode> {
    const { host, messages } = this.context;
    const { flags } = this;
    const mode = flags.quiet ? 'none' : flags.progress;
    const progress = createProgress(mode, host, messages.colors, this.source.input.total, false);
    messages.beforeLine(() => progress.clear());
    const stop = new StopRequest(host, {
      onStop: () => this.abort.abort(),
      onAbandon: () => {},
    });
    const metrics = new MetricsServer(() =>
      this.latest === null ? '' : formatMetrics(this.latest, this.source.input.total),
    );
    const show = (state: RestoreProgress): void => {
      this.latest = state;
      const [trouble] = state.waiting;
      const reason = trouble === undefined ? undefined : `waiting: ${printableText(trouble.reason, 120)}`;
      progress.update(this.source.input.position, state.keysRead, reason);
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
      const result = await prepared.run(this.source.input);
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
      ...(flags.journal === undefined
        ? {}
        : { journal: { path: flags.journal, resume: flags.resume, source: identity, choices: choicesOf(flags) } }),
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
      const plan = await prepared.plan(this.source.input);
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
    return isPartial || this.records.list('not restored').length > 0 ? EXIT.PARTIAL : EXIT.OK;
  }

  private failed(error: unknown): ExitCode {
    const result = resultOf(error);
    if (error instanceof DataError) {
      const { name, compressed, input, parts } = this.source;
      const damage = describeDamage(
        error,
        { name, compressed, total: input.total, parts },
        result?.keysRead ?? 0,
        undefined,
      );
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
  private resumeHint(result: RestoreResult | null, error: unknown): string | null {
    if (result === null) return null;
    if (error instanceof RestoreError && /LOST|JOURNAL/.test(error.code)) return null;
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

/** Every flag that decides which keys are written and what they become. */
function choicesOf(flags: RestoreFlags): string {
  const names = [
    'db',
    'key',
    'not-key',
    'key-regex',
    'not-key-regex',
    'type',
    'not-type',
    'ttl',
    'slots',
    'min-size',
    'max-size',
    'limit',
    'expired',
    'map-db',
    'rename-prefix',
    'strip-ttl',
    'shift-ttl',
  ] as const satisfies readonly (keyof RestoreFlags)[];
  return names
    .filter((name) => flags[name] !== undefined && flags[name] !== false)
    .map(
      (name) =>
        `--${name} ${JSON.stringify(flags[name], (_, value: unknown) => (value instanceof RegExp ? String(value) : value))}`,
    )
    .join(' ');
}
