/**
 * Restoring a backup into a live endpoint.
 *
 * @module
 */

import type { Duplex } from 'node:stream';
import { AofSet } from '@rdbkit/aof';
import type { EmitOptions } from '@rdbkit/commands';
import { type RdbSource, VALUE_TYPES } from '@rdbkit/rdb';
import { formatAddress } from './address.ts';
import { describeEndpoint, type Endpoint, parseEndpoint, streamEndpoint } from './endpoint.ts';
import { Account } from './internal/engine/account.ts';
import { FIRST_ATTEMPT } from './internal/engine/compose.ts';
import { Engine } from './internal/engine/engine.ts';
import { type ByteSource, Feeder } from './internal/engine/feeder.ts';
import { Journal, type JournalFacts, type Past } from './internal/engine/journal.ts';
import { LogFeeder } from './internal/engine/log-feeder.ts';
import { Planner } from './internal/engine/planner.ts';
import { occupiedDatabases, settingsFor } from './internal/engine/prepare.ts';
import type { Settings } from './internal/engine/settings.ts';
import { sourceBytes } from './internal/engine/source-bytes.ts';
import type { Tally } from './internal/engine/tally.ts';
import { KINDS, WAYS } from './internal/engine/unit-table.ts';
import { openTopology } from './open-topology.ts';
import { Patience } from './patience.ts';
import { type Probe, probe } from './probe.ts';
import { RestoreError } from './restore-error.ts';
import type { LogReplayOptions, RestoreEvent, RestoreOptions } from './restore-options.ts';
import type { RestoreCounts, RestorePlan, RestoreProgress, RestoreResult } from './restore-progress.ts';
import type { ServerState } from './server-state.ts';
import type { Topology } from './topology.ts';

/**
 * A backup: the bytes of an RDB as a whole, or chunk by chunk; something that is asked for one chunk after the other; or an
 * append-only log, which `openAof` of `@rdbkit/aof` opens.
 */
export type RestoreSource = RdbSource | ByteSource | AofSet;

/** Where to restore to: an address, a parsed one, or streams that the caller makes, one for each connection. */
export type RestoreTarget = string | Endpoint | { readonly connect: () => Duplex | Promise<Duplex> };

const DEFAULT_PROGRESS_MS = 200;

/** A restore that has been thought through: connected, the target probed, nothing written. Made by {@link prepareRestore}. */
export class PreparedRestore {
  readonly endpoint: Endpoint;
  readonly probe: Probe;
  private readonly topology: Topology;
  private readonly options: RestoreOptions;
  private readonly settings: Settings;
  private readonly watch: { failovers: number };

  /** Use {@link prepareRestore}. */
  constructor(
    topology: Topology,
    probed: Probe,
    settings: Settings,
    options: RestoreOptions,
    watch: { failovers: number },
  ) {
    this.endpoint = topology.endpoint;
    this.topology = topology;
    this.probe = probed;
    this.settings = settings;
    this.options = options;
    this.watch = watch;
  }

  /** Ends it without having written anything. */
  close(): void {
    this.topology.close();
  }

  /**
   * Reads a source and says what restoring it would do; what would be lost goes to the option `records`. Nothing is written.
   *
   * @throws {RdbError} the source is damaged.
   */
  async plan(source: RestoreSource): Promise<RestorePlan> {
    const { options, settings, probe: probed } = this;
    const planner = new Planner(settings, (record) => options.records?.add(record));
    if (source instanceof AofSet) await planner.runLog(source, this.logOptions(source), options.signal);
    else await planner.run(sourceBytes(source), options.signal);
    const counts = countsOf(planner.batch.tally, new Map());
    const states = probed.nodes.map(({ state }) => state);
    return {
      ...counts,
      target: describeEndpoint(this.endpoint),
      product: probed.product,
      kind: this.topology.kind,
      nodes: probed.nodes.map(({ shard }) => formatAddress(shard.address)),
      replicas: probed.replicas,
      keys: counts.restored,
      keysRead: planner.keys,
      logCommands: planner.logCommands,
      databases: planner.databases,
      bytes: planner.bytes,
      commands: planner.commands,
      keysThere: states.every(({ keys }) => keys !== null) ? sumOfKeys(states) : null,
      usesRestore: settings.form === 'cheapest',
      buildsAside: settings.build === 'aside',
      warnings: probed.warnings,
    };
  }

  /**
   * Restores a source. Once.
   *
   * @throws see {@link restore}. The error's property `result` says how far it came.
   */
  async run(source: RestoreSource): Promise<RestoreResult> {
    const startedAt = performance.now();
    const { options, topology, settings } = this;
    try {
      const { journal, past, facts } = this.openJournal();
      const account = new Account((record) => options.records?.add(record));
      if (past !== null) account.continue(past);
      account.attach(journal, () => options.records?.position() ?? 0);
      if (past !== null) options.records?.goBack(past.reportBytes);
      const engine = new Engine(topology, settings, account, facts, journal, past, (event) => options.onEvent?.(event));
      const logOptions = source instanceof AofSet ? this.logOptions(source) : null;
      const more = logOptions === null ? {} : baseOptions(logOptions);
      const feeder = new Feeder(engine, past, `${facts.suffix}${FIRST_ATTEMPT}`, more);
      const progress = (): RestoreProgress => progressOf(engine, feeder, this.watch.failovers, startedAt);
      const timer = setInterval(() => options.onProgress?.(progress()), options.progressMs ?? DEFAULT_PROGRESS_MS);
      timer.unref();
      const onAbort = (): void => engine.stop(new RestoreError('RESTORE_ABORTED', 'the restore was interrupted'));
      options.signal?.addEventListener('abort', onAbort);
      if (options.signal?.aborted === true) onAbort();
      let failure: unknown = null;
      let log: LogFeeder | null = null;
      try {
        if (source instanceof AofSet) {
          const chosen = logOptions ?? {};
          if (past === null) this.checkLog(chosen, facts);
          log = new LogFeeder(engine, feeder, past, chosen, (record) => options.records?.add(record));
          await log.run(source);
        } else {
          await feeder.run(sourceBytes(source));
        }
      } catch (error) {
        failure = error;
      } finally {
        clearInterval(timer);
        options.signal?.removeEventListener('abort', onAbort);
      }
      failure = engine.failure ?? failure;
      await engine.finish(failure === null);
      failure = engine.failure ?? failure;
      options.onProgress?.(progress());
      const result: RestoreResult = {
        ...countsOf(account.tally, account.reasons),
        ...progress(),
        target: describeEndpoint(this.endpoint),
        product: this.probe.product,
        keysBefore: feeder.keysBefore,
        checksum: feeder.summary?.checksum ?? null,
        trailingBytes: feeder.summary?.trailingBytes ?? 0,
        log: log === null ? null : log.result,
        warnings: this.probe.warnings,
      };
      if (failure === null) return result;
      if (failure instanceof Error) Object.assign(failure, { result });
      throw failure instanceof Error ? failure : new Error('not an error', { cause: failure });
    } finally {
      topology.close();
    }
  }

  private logOptions(set: AofSet): LogReplayOptions {
    const { log = {} } = this.options;
    return { ...log, baseOnly: log.baseOnly === true && set.segments[0]?.format !== 'resp' };
  }

  /** Whether commands can be replayed: each exactly once, and on nothing but what the log says. */
  private checkLog({ baseOnly = false }: LogReplayOptions, { occupied }: JournalFacts): void {
    if (baseOnly) return;
    const { settings, topology } = this;
    const dump = 'have a server load the log, and restore a dump that it saves; or only the base of the log.';
    if (topology.kind === 'cluster')
      throw new RestoreError('RESTORE_LOG', 'the commands of a log cannot be replayed into a cluster', dump);
    if (!settings.canTransact) {
      const message = 'the target has no MULTI, without which nobody knows after an outage what was carried out';
      throw new RestoreError('RESTORE_LOG', message, dump);
    }
    if (settings.db !== null) {
      throw new RestoreError(
        'RESTORE_DATABASES',
        'a log selects databases itself, and the address names one',
        'leave it out of the address and map databases with --map-db.',
      );
    }
    if (settings.existing === 'replace' || occupied?.length === 0) return;
    throw new RestoreError(
      'RESTORE_LOG',
      'the target has keys already, which the commands of the log would change',
      'empty it; or --existing replace replays the log over what is there.',
    );
  }

  private openJournal(): { journal: Journal | null; past: Past | null; facts: JournalFacts } {
    const { journal: wanted } = this.options;
    const facts: JournalFacts = {
      occupied: occupiedDatabases(this.probe),
      suffix: `:rdbkit-${Math.floor(Math.random() * 2 ** 52).toString(36)}-`,
    };
    if (wanted === undefined) return { journal: null, past: null, facts };
    const { existing, form, db } = this.settings;
    const identity = {
      source: wanted.source,
      target: describeEndpoint(this.endpoint),
      options: `existing ${existing}, ${form}${db === null ? '' : `, database ${db}`}${wanted.choices ? `, ${wanted.choices}` : ''}`,
    };
    if (wanted.resume !== true) return { journal: Journal.begin(wanted.path, identity, facts), past: null, facts };
    const { journal, past } = Journal.resume(wanted.path, identity);
    return { journal, past, facts: past.facts };
  }
}

/**
 * Connects to a target and finds out what it can do. Nothing is written there.
 *
 * @throws {EndpointError} the target cannot be reached or used.
 * @throws {RangeError} the address or an option is not understood.
 */
export async function prepareRestore(target: RestoreTarget, options: RestoreOptions = {}): Promise<PreparedRestore> {
  const endpoint = endpointOf(target);
  const watch = { failovers: 0 };
  const onEvent = (event: RestoreEvent): void => {
    if (event.type === 'failover') watch.failovers++;
    options.onEvent?.(event);
  };
  const patience = new Patience({
    signal: options.signal,
    ...(options.retryForMs === undefined ? {} : { retryForMs: options.retryForMs }),
  });
  const topology = await openTopology(endpoint, {
    patience,
    onEvent,
    ...(options.connectTimeoutMs === undefined ? {} : { connectTimeoutMs: options.connectTimeoutMs }),
    ...(options.replyTimeoutMs === undefined ? {} : { replyTimeoutMs: options.replyTimeoutMs }),
  });
  try {
    const probed = await probe(topology, patience);
    const settings = settingsFor(topology, probed, options);
    onEvent({ type: 'probed', product: probed.product, label: describeEndpoint(endpoint) });
    return new PreparedRestore(topology, probed, settings, options, watch);
  } catch (error) {
    topology.close();
    throw error;
  }
}

/**
 * Restores a backup into a live endpoint: key by key acknowledged, sent again after every outage, nothing lost in silence.
 *
 * Resolves when the target has all of it, and its replicas too where there are some; counts tell what became of the keys.
 * Every error has a property `result` with these counts as far as it came.
 *
 * @throws {RdbError} the source is damaged; what came before is restored.
 * @throws {EndpointError} the target cannot be reached or used, or was waited for too long.
 * @throws {RestoreError} the target refuses what is necessary, or the restore was aborted.
 * @throws {RangeError} the address or an option is not understood.
 */
export async function restore(
  source: RestoreSource,
  target: RestoreTarget,
  options: RestoreOptions = {},
): Promise<RestoreResult> {
  const prepared = await prepareRestore(target, options);
  return await prepared.run(source);
}

/** Keys of a base that have expired may be prolonged by a later command. */
function baseOptions({ baseOnly = false, postponeExpiredTo }: LogReplayOptions): EmitOptions {
  return baseOnly ? {} : { expired: 'keep', postponeExpiredTo };
}

function endpointOf(target: RestoreTarget): Endpoint {
  if (typeof target === 'string') return parseEndpoint(target);
  return 'kind' in target ? target : streamEndpoint(target.connect);
}

function progressOf(engine: Engine, feeder: Feeder, failovers: number, startedAt: number): RestoreProgress {
  return {
    bytesRead: feeder.bytes,
    keysRead: feeder.keys,
    settled: engine.acknowledgedUnits,
    bytesSent: engine.sentBytes,
    commandsSent: engine.sentCommands,
    windowBytes: engine.flightBytes,
    windowCommands: engine.flightCommands,
    latencyMs: engine.latencyMs,
    resent: engine.resentUnits,
    reconnects: engine.reconnects,
    failovers,
    waiting: [...engine.waits].map(([lane, reason]) => ({ label: lane.shard.label, reason })),
    seconds: (performance.now() - startedAt) / 1000,
  };
}

const VALUE_KINDS = [...new Set(VALUE_TYPES.map(({ kind }) => kind))];

function sumOfKeys(states: readonly ServerState[]): Map<number, number> {
  const sum = new Map<number, number>();
  for (const { keys } of states) for (const [db, count] of keys ?? []) sum.set(db, (sum.get(db) ?? 0) + count);
  return sum;
}

function countsOf(tally: Tally, reasons: ReadonlyMap<string, number>): RestoreCounts {
  const count = (filter: (kind: number, way: number) => boolean): number => {
    let total = 0;
    tally.restored.forEach((restored, at) => {
      if (filter(Math.floor(at / WAYS.length), at % WAYS.length)) total += restored;
    });
    return total;
  };
  const isKey = (kind: number): boolean => (VALUE_KINDS as readonly string[]).includes(KINDS[kind] as string);
  const { replaced, skipped, existing, failed, expiredKeys, expiredFields } = tally;
  const { emptyKeys, unwantedKeys, impossibleKeys } = tally;
  return {
    restored: count(isKey),
    byType: Object.fromEntries(
      VALUE_KINDS.map((kind) => [kind, count((number) => KINDS[number] === kind)]),
    ) as RestoreCounts['byType'],
    byWay: Object.fromEntries(
      WAYS.map((way, number) => [way, count((kind, found) => isKey(kind) && found === number)]),
    ) as RestoreCounts['byWay'],
    replaced,
    skipped,
    existing,
    failed,
    failures: [...reasons].map(([reason, times]) => ({ reason, count: times })).sort((a, b) => b.count - a.count),
    expiredKeys,
    expiredFields,
    emptyKeys,
    unwantedKeys,
    impossibleKeys,
    functions: count((kind) => KINDS[kind] === 'function'),
    scripts: count((kind) => KINDS[kind] === 'script'),
  };
}
