/** Reads an append-only log: its RDB goes the way of every RDB, its commands are replayed. */
import {
  type AofCommand,
  type AofCut,
  type AofSet,
  type AofSummary,
  AofVisitorBase,
  type AofWarning,
  readAof,
} from '@rdbkit/aof';
import { LogEmitter } from '@rdbkit/commands';
import type { RdbSummary, RdbVisitor } from '@rdbkit/rdb';
import { RespBuffer } from '@rdbkit/resp';
import { RestoreError } from '../../restore-error.ts';
import type { LogReplayOptions } from '../../restore-options.ts';
import type { LogResult } from '../../restore-progress.ts';
import type { RestoreRecord } from '../../restore-record.ts';
import { noDatabase, recordOf } from './account.ts';
import type { Engine } from './engine.ts';
import type { Feeder } from './feeder.ts';
import type { Past } from './journal.ts';
import { LogBatch, type LogUnit } from './log-batch.ts';
import { LogReplay } from './log-replay.ts';
import type { Settings } from './settings.ts';

/** A command, or a transaction, must be held as a whole. */
const LONGEST_UNIT = 256 * 1024 * 1024;

/** Commands of a log, as batches. */
export class LogGatherer extends AofVisitorBase {
  readonly emitter: LogEmitter;
  private readonly out = new RespBuffer();
  private readonly settings: Settings;
  private readonly options: LogReplayOptions;
  private readonly rdb: RdbVisitor;
  private units: LogUnit[] = [];
  private lastEnd = 0;
  private lastCommands = 0;
  /** Number of the command read last, and of the last one that is in no batch yet. */
  private number = 0;
  private after: number;
  private transaction = 0;
  private isInTransaction = false;
  private db = 0;
  /** The end of the RDB part. */
  summary: RdbSummary | null = null;

  /**
   * @param rdb - Takes RDB parts.
   * @param after - Number of the last command that has been carried out.
   */
  constructor(
    rdb: RdbVisitor,
    settings: Settings,
    options: LogReplayOptions,
    after: number,
    onRecord: (record: RestoreRecord) => void,
  ) {
    super();
    this.rdb = rdb;
    this.settings = settings;
    this.options = options;
    this.after = after;
    const { now, stripTtl, shiftTtlMs } = settings.emitting;
    this.emitter = new LogEmitter(this.out, {
      selection: options.selection,
      now,
      stripTtl,
      shiftTtlMs,
      postponeExpiredTo: options.postponeExpiredTo,
      onNote: (note) => {
        const record = recordOf(note);
        if (record !== null) onRecord(record);
      },
    });
    this.startBatch();
  }

  /** Commands that are gathered and complete: their bytes and number. */
  get bytes(): number {
    return this.lastEnd;
  }

  get commands(): number {
    return this.units.length;
  }

  /** Takes what is complete as a batch; `null` while there is nothing, or a transaction is open. */
  take(): LogBatch | null {
    if (this.isInTransaction || this.units.length === 0) return null;
    const view = this.out.take();
    const batch = new LogBatch(view.slice(0, this.lastEnd), this.units, this.after);
    this.out.release(view);
    this.after = batch.last;
    this.units = [];
    this.startBatch();
    return batch;
  }

  /** Each batch selects its databases itself. */
  private startBatch(): void {
    this.lastEnd = 0;
    this.lastCommands = this.out.committedCommands;
    this.emitter.selectedDb = this.settings.canSelect ? -1 : 0;
    this.db = this.emitter.selectedDb;
  }

  override rdbStart(): RdbVisitor {
    return this.rdb;
  }

  override rdbEnd(summary: RdbSummary): void {
    this.summary = summary;
  }

  override command(command: AofCommand): void {
    this.number++;
    // What earlier runs have carried out.
    if (this.number <= this.after) return;
    switch (command.kind) {
      case 'select':
        // The emitter selects a database when it needs it.
        return;
      case 'multi':
        this.isInTransaction = true;
        this.transaction = 0;
        return;
      case 'exec':
        this.isInTransaction = false;
        this.endUnit(true);
        return;
      default:
        this.checkDatabase(command);
        this.transaction++;
        this.emitter.command(command);
        if (!this.isInTransaction) this.endUnit(false);
        else if (this.out.committed - this.lastEnd > LONGEST_UNIT) throw tooLong('transaction', command.offset);
    }
  }

  private checkDatabase(command: AofCommand): void {
    const { selection } = this.options;
    if (selection !== undefined && !selection.acceptsDb(command.db)) return;
    const db = selection?.mappedDb(command.db) ?? command.db;
    const { canSelect, databases } = this.settings;
    if (db === 0) return;
    if (!canSelect) throw noDatabase(db, 'it has only one');
    if (databases !== null && db >= databases) throw noDatabase(db, `it has ${databases}`);
  }

  private endUnit(isTransaction: boolean): void {
    const { out, db } = this;
    const commands = out.committedCommands - this.lastCommands;
    this.db = this.emitter.selectedDb;
    if (out.committed === this.lastEnd) return;
    this.units.push({ end: out.committed, commands, number: this.number, isTransaction, db });
    this.lastEnd = out.committed;
    this.lastCommands = out.committedCommands;
  }

  override longCommand(command: AofCommand): void {
    throw tooLong('command', command.offset);
  }

  override cut(cut: AofCut): void {
    this.drop();
    this.options.onCut?.(cut);
  }

  override stop(): void {
    this.drop();
  }

  /** A transaction without end is left out. */
  private drop(): void {
    if (this.isInTransaction) this.emitter.counts.dropped += this.transaction;
    this.isInTransaction = false;
  }

  override warning(warning: AofWarning): void {
    this.options.onWarning?.(warning);
  }

  /** How the log is to be read. */
  reading(between: (bytes: number) => Promise<void>): Parameters<typeof readAof>[2] {
    const { until = null, baseOnly = false } = this.options;
    return { until, baseOnly, commandBytes: LONGEST_UNIT, rdb: this.settings.rdb, between };
  }
}

function tooLong(what: string, offset: number): RestoreError {
  return new RestoreError(
    'RESTORE_LOG_TOO_LONG',
    `a ${what} of the log, at byte ${offset}, is longer than ${LONGEST_UNIT / 2 ** 20} MiB`,
    'have a server load the log, and restore a dump that it saves.',
  );
}

export class LogFeeder {
  private readonly engine: Engine;
  private readonly feeder: Feeder;
  private readonly replay: LogReplay;
  private readonly past: Past | null;
  private readonly options: LogReplayOptions;
  private readonly onRecord: (record: RestoreRecord) => void;
  private gatherer: LogGatherer | null = null;
  private hasBegun = false;
  private bytes = 0;
  summary: AofSummary | null = null;

  constructor(
    engine: Engine,
    feeder: Feeder,
    past: Past | null,
    options: LogReplayOptions,
    onRecord: (record: RestoreRecord) => void,
  ) {
    this.engine = engine;
    this.feeder = feeder;
    this.past = past;
    this.options = options;
    this.onRecord = onRecord;
    this.replay = new LogReplay(engine, 0, engine.markName, onRecord);
  }

  /** What became of the commands; `null` before the first could be read. */
  get result(): LogResult | null {
    if (this.gatherer === null) return null;
    return { counts: this.gatherer.emitter.counts, failed: this.replay.failed, summary: this.summary };
  }

  /** Reads a log to its end and waits until all of it is safe, or the run is over. */
  async run(set: AofSet): Promise<void> {
    const { engine, feeder, past, replay } = this;
    await feeder.runBy(async () => {
      const isResumed = past !== null && !past.isLogged;
      const after = isResumed ? await replay.begin(past.isLogging) : past === null ? 0 : Number.POSITIVE_INFINITY;
      const gatherer = new LogGatherer(feeder.emitter, engine.settings, this.options, after, this.onRecord);
      this.gatherer = gatherer;
      const stopped = new Promise<null>((resolve) => {
        engine.onStop(() => resolve(null));
      });
      const reading = readAof(
        set,
        gatherer,
        gatherer.reading((bytes) => this.step(gatherer, bytes)),
      );
      this.summary = await Promise.race([reading, stopped]);
      reading.catch(() => {});
      feeder.summary = gatherer.summary;
      if (engine.isStopped) return;
      await this.send(gatherer, true);
      await feeder.drain();
      if (!this.hasBegun && past === null) return;
      await replay.finish();
      engine.logged();
      await replay.removeMark();
    });
  }

  private async step(gatherer: LogGatherer, bytesRead: number): Promise<void> {
    const { engine, feeder } = this;
    const bytes = bytesRead - this.bytes;
    this.bytes = bytesRead;
    if (await feeder.settle(bytes)) throw new Error('the restore has been stopped');
    await this.send(gatherer, false);
    if (engine.isStopped) throw new Error('the restore has been stopped');
  }

  /** Runs what is gathered, when it is enough or the last. */
  private async send(gatherer: LogGatherer, isLast: boolean): Promise<void> {
    const { engine, feeder, replay } = this;
    if (!isLast && gatherer.bytes < engine.batchBytes && gatherer.commands < engine.batchUnits) return;
    const batch = gatherer.take();
    if (batch === null) return;
    if (!this.hasBegun) {
      await feeder.drain();
      for (const lane of engine.allLanes) lane.forget();
      await replay.setMark();
      engine.logging();
      this.hasBegun = true;
    }
    await replay.add(batch);
  }
}
