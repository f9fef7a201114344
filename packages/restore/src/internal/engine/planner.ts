/** Goes over a source as a restore would, and sends nothing. */
import { type AofSet, readAof } from '@rdbkit/aof';
import type { Note } from '@rdbkit/commands';
import { type KeyHeader, RdbReader } from '@rdbkit/rdb';
import type { LogReplayOptions } from '../../restore-options.ts';
import type { RestoreRecord } from '../../restore-record.ts';
import { recordOf } from './account.ts';
import { Batch } from './batch.ts';
import { type ByteSource, readSteps } from './feeder.ts';
import { LogGatherer } from './log-feeder.ts';
import { Outbox } from './outbox.ts';
import type { Part } from './part.ts';
import type { Settings } from './settings.ts';
import { UnitEmitter, type UnitTarget } from './unit-emitter.ts';
import { COMMANDS, KINDS, RESTORED } from './unit-table.ts';

const CAPACITY = 512 * 1024;

export class Planner implements UnitTarget {
  readonly batch: Batch = new Batch(1, 0);
  readonly canGroup: boolean;
  readonly acceptsFunctions: boolean;
  readonly reader: RdbReader;
  keys = 0;
  bytes = 0;
  commands = 0;
  /** Of an append-only log, without those that make its base. */
  logCommands = 0;
  /** Keys by database of the target. */
  readonly databases: Map<number, number> = new Map();
  private expired = 0;
  private readonly settings: Settings;
  private readonly emitter: UnitEmitter;
  private readonly outbox: Outbox;
  private readonly onRecord: (record: RestoreRecord) => void;

  constructor(settings: Settings, onRecord: (record: RestoreRecord) => void) {
    this.settings = settings;
    this.onRecord = onRecord;
    this.canGroup = settings.canGroup;
    this.acceptsFunctions = settings.acceptsFunctions;
    this.outbox = new Outbox(CAPACITY, false);
    this.emitter = new UnitEmitter(this, { ...settings.emitting, rdb: settings.rdb }, settings.form, CAPACITY);
    this.reader = new RdbReader(this.emitter, settings.rdb);
  }

  accept(header: KeyHeader): boolean {
    this.keys++;
    const { shape, db } = this.settings;
    const accepted = shape?.(header) ?? true;
    if (accepted !== true) {
      if (accepted === 'expired') this.expired++;
      else this.batch.tally.unwantedKeys++;
      return false;
    }
    if (db !== null) header.db = db;
    this.databases.set(header.db, (this.databases.get(header.db) ?? 0) + 1);
    return true;
  }

  route(): Outbox {
    return this.outbox;
  }

  broadcast(bytes: Uint8Array, kind: number): void {
    this.bytes += bytes.length;
    this.commands++;
    this.batch.tally.count(kind, COMMANDS, RESTORED);
  }

  note(note: Note): void {
    const record = recordOf(note);
    if (record !== null) this.onRecord(record);
  }

  async run(source: ByteSource, signal?: AbortSignal): Promise<void> {
    await readSteps(source, this.reader, () => {
      this.settle();
      return signal?.aborted === true;
    });
    this.reader.finish();
    this.end();
  }

  /** The same for an append-only log. */
  async runLog(set: AofSet, options: LogReplayOptions, signal?: AbortSignal): Promise<void> {
    const gatherer = new LogGatherer(this.emitter, this.settings, options, 0, this.onRecord);
    const settle = async (): Promise<void> => {
      this.settle();
      signal?.throwIfAborted();
      const batch = gatherer.take();
      if (batch !== null) this.add(batch.bytes.length, batch.commands);
    };
    await readAof(set, gatherer, gatherer.reading(settle));
    await settle();
    this.logCommands = gatherer.emitter.counts.commands;
    this.end();
  }

  private settle(): void {
    if (this.emitter.isOverlong || this.emitter.hasEnded) this.dropLong();
    if (this.outbox.bytes > CAPACITY) this.drop();
  }

  private end(): void {
    this.drop();
    const { expiredKeys, expiredFields, emptyKeys, impossibleKeys } = this.emitter.counts;
    Object.assign(this.batch.tally, {
      expiredKeys: expiredKeys + this.expired,
      expiredFields,
      emptyKeys,
      impossibleKeys,
    });
  }

  private drop(): void {
    for (const part of this.outbox.take()) this.count(part);
  }

  private dropLong(): void {
    const { emitter } = this;
    if (emitter.hasEnded) {
      const { bytes, commands, written } = emitter.takeEnd();
      this.add(bytes.length, commands);
      this.batch.tally.count((KINDS as readonly string[]).indexOf(written.kind), COMMANDS, RESTORED);
    } else if (emitter.isLongTaken) {
      const { bytes, commands } = emitter.takeMore();
      this.add(bytes.length, commands);
    } else {
      const { parts, bytes, commands } = emitter.takeBegun();
      for (const part of parts) this.count(part);
      this.add(bytes.length, commands);
    }
  }

  private add(bytes: number, commands: number): void {
    this.bytes += bytes;
    this.commands += commands;
  }

  private count(part: Part): void {
    const { units } = part;
    for (let unit = 0; unit < units.count; unit++)
      this.batch.tally.count(units.kind[unit] as number, units.way[unit] as number, RESTORED);
    this.add(part.bytes.length, part.commands);
    part.release();
  }
}
