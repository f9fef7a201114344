/** Reads an RDB and hands its keys to the engine, batch by batch, as fast as the window lets it. */
import { setImmediate as breathe } from 'node:timers/promises';
import type { EmitCounts, EmitOptions, Note } from '@rdbkit/commands';
import { type KeyHeader, RdbReader, type RdbSummary } from '@rdbkit/rdb';
import { RestoreError } from '../../restore-error.ts';
import { noDatabase } from './account.ts';
import type { Batch } from './batch.ts';
import type { Engine } from './engine.ts';
import type { Past } from './journal.ts';
import type { Lane } from './lane.ts';
import { LongValue } from './long-value.ts';
import type { Outbox } from './outbox.ts';
import type { Part } from './part.ts';
import { UnitEmitter, type UnitTarget } from './unit-emitter.ts';
import { COMMANDS, EXISTED, KINDS, KNOWN, RESENT } from './unit-table.ts';

/** Bytes that the reader takes at a time, unless it is told otherwise: what they make must fit into the buffers. */
export const STEP_BYTES: number = 64 * 1024;
/** Replies are looked at, and sockets filled, at least this often: a local server takes what a unix socket holds in 2 ms. */
const BREATHE_EVERY_MS = 1;

/** Of libraries; more than anybody has. */
const MOST_LIBRARIES = 1e6;

/** A key whose commands are longer is sent a piece at a time. */
const LONGEST_HELD = 4 * 1024 * 1024;

/** Where bytes come from. */
export interface ByteSource {
  /** The next bytes, valid until the next call; `null` at the end. */
  read(): Uint8Array | null | Promise<Uint8Array | null>;
}

/** Whoever may want reading to end while nothing arrives. */
interface Interruptible {
  readonly isStopped: boolean;
  /** Calls back once it is. */
  onStop(call: () => void): void;
}

/**
 * Reads a source in steps.
 *
 * @param settle - Called after each step with the bytes it took; returns whether to end, maybe later.
 */
export async function readSteps(
  source: ByteSource,
  reader: RdbReader,
  settle: (bytes: number) => boolean | Promise<boolean>,
  interruptible?: Interruptible,
  stepBytes: number = STEP_BYTES,
): Promise<void> {
  for (;;) {
    const next = source.read();
    const chunk = next instanceof Promise ? await unlessStopped(next, interruptible) : next;
    if (chunk === null) return;
    for (let at = 0; at < chunk.length; at += stepBytes) {
      const step = chunk.subarray(at, at + stepBytes);
      let hasMore = reader.push(step);
      if (await settle(step.length)) return;
      while (hasMore) {
        hasMore = reader.more();
        if (await settle(0)) return;
      }
    }
  }
}

async function unlessStopped(
  next: Promise<Uint8Array | null>,
  interruptible: Interruptible | undefined,
): Promise<Uint8Array | null> {
  if (interruptible === undefined) return await next;
  return await new Promise((resolve, reject) => {
    interruptible.onStop(() => resolve(null));
    next.then(resolve, reject);
  });
}

/** A long value that has begun. */
interface Begun {
  readonly value: LongValue;
  readonly batch: Batch;
}

export class Feeder implements UnitTarget {
  readonly reader: RdbReader;
  private readonly engine: Engine;
  private readonly past: Past | null;
  /** Takes the RDB in. */
  readonly emitter: UnitEmitter;
  private open: Batch | null = null;
  private lane: Lane | null = null;
  private sourceDb = -1;
  /** Offsets of the record read last, and of the one before the key at hand. */
  private lastOffset = 0;
  private beforeKey = 0;
  private begun: Begun | null = null;
  private breathedAt = performance.now();
  private counted: EmitCounts;
  /** Parts that were closed because another database came. */
  private readonly earlier: [Lane, Part][] = [];
  /** The RDB is read by somebody else; libraries found so far. */
  private libraries = 0;
  /** Keys found in the source, those left out among them. */
  keys = 0;
  /** Of these, keys that earlier runs have restored. */
  keysBefore = 0;
  bytes = 0;
  summary: RdbSummary | null = null;

  /** @param more - Beside the options of the engine. */
  constructor(engine: Engine, past: Past | null, temporarySuffix: string, more: EmitOptions = {}) {
    const { settings } = engine;
    this.engine = engine;
    this.past = past;
    const longBytes = Math.max(1, Math.min(LONGEST_HELD, Math.floor(settings.windowBytes / 2)));
    this.emitter = new UnitEmitter(
      this,
      { ...settings.emitting, ...more, rdb: settings.rdb, temporarySuffix },
      settings.form,
      longBytes,
    );
    this.reader = new RdbReader(this.emitter, settings.rdb);
    this.counted = { ...this.emitter.counts };
  }

  // ---- UnitTarget --------------------------------------------------------------------------------------------------

  get batch(): Batch {
    this.open ??= this.engine.openBatch(this.reader.offset === 0 ? this.lastOffset : this.reader.offset);
    return this.open;
  }

  get canGroup(): boolean {
    return this.engine.canGroup;
  }

  get acceptsFunctions(): boolean {
    return this.engine.settings.acceptsFunctions;
  }

  accept(header: KeyHeader): boolean {
    this.keys++;
    const { offset } = header;
    this.beforeKey = this.lastOffset;
    this.lastOffset = offset;
    if (this.past?.isSafe(offset)) {
      this.keysBefore++;
      return false;
    }
    this.open ??= this.engine.openBatch(offset);
    this.open.to = offset;
    const sourceDb = header.db;
    const accepted = this.engine.settings.shape?.(header) ?? true;
    if (accepted !== true) {
      if (accepted === 'expired') this.open.tally.expiredKeys++;
      else this.open.tally.unwantedKeys++;
      return false;
    }
    this.placeInDatabase(header, sourceDb);
    return true;
  }

  private placeInDatabase(header: KeyHeader, sourceDb: number): void {
    const { db, databases, canSelect } = this.engine.settings;
    if (db !== null) {
      if (this.sourceDb >= 0 && this.sourceDb !== sourceDb) {
        throw new RestoreError(
          'RESTORE_DATABASES',
          `keys of the databases ${this.sourceDb} and ${sourceDb} of the source would meet in database ${db} of the target`,
          'choose one with --db, or leave the database out of the address and map them with --map-db.',
        );
      }
      this.sourceDb = sourceDb;
      header.db = db;
      return;
    }
    if (header.db === 0) return;
    if (!canSelect) throw noDatabase(header.db, 'it has only one');
    if (databases !== null && header.db >= databases) throw noDatabase(header.db, `it has ${databases}`);
  }

  route(header: KeyHeader): Outbox {
    const { engine } = this;
    const slot = engine.slotOf(header.bytes, header.start, header.end);
    const lane = engine.laneFor(slot, this.batch.id);
    this.lane = lane;
    const { outbox } = lane;
    if (outbox.db >= 0 && outbox.db !== header.db) for (const part of outbox.take()) this.earlier.push([lane, part]);
    return outbox;
  }

  broadcast(bytes: Uint8Array, kind: number): void {
    // Of libraries in the RDB of a log only their number is known; keys begin behind them.
    const offset = this.reader.offset === 0 ? ++this.libraries / MOST_LIBRARIES : this.reader.offset;
    if (this.past?.isSafe(offset)) return;
    const { batch } = this;
    batch.to = Math.max(batch.to, offset);
    this.lastOffset = offset;
    this.engine.broadcast(batch, bytes, kind, offset);
  }

  note(note: Note): void {
    this.engine.note(this.batch, note);
  }

  // ---- reading -----------------------------------------------------------------------------------------------------

  /** Reads an RDB to its end and waits until all of it is safe, or the run is over. */
  async run(source: ByteSource): Promise<void> {
    const { engine, reader } = this;
    await this.runBy(async () => {
      await readSteps(source, reader, (bytes) => this.settle(bytes), engine, engine.stepBytes);
      if (!engine.isStopped) this.summary = reader.finish();
    });
  }

  /** The same with an RDB that somebody else reads, who gives it to {@link Feeder.emitter}. */
  async runBy(read: () => Promise<void>): Promise<void> {
    const { engine } = this;
    try {
      await read();
    } catch (error) {
      if (engine.isStopped) return;
      this.emitter.abort();
      // What was read before is restored all the same.
      await this.dropBegun();
      await this.drain();
      throw error;
    }
    if (!engine.isStopped) await this.drain();
  }

  /** Sends what is gathered, and waits until all of it is safe. */
  async drain(): Promise<void> {
    await this.flush();
    await this.engine.drained();
  }

  /** After a step of the reader: sends what is due, waits for room, lets replies in. */
  async settle(bytes: number): Promise<boolean> {
    const { engine, emitter } = this;
    this.bytes += bytes;
    if (emitter.hasEnded || emitter.isOverlong) await this.continueLong();
    if (engine.isBatchFull || this.earlier.length > 0) {
      await this.flush();
      await engine.room();
    }
    if (performance.now() - this.breathedAt >= BREATHE_EVERY_MS) {
      await breathe();
      this.breathedAt = performance.now();
    }
    return engine.isStopped;
  }

  /** Sends what is gathered, as the rest of the open batch. A key that is being written belongs to the next one. */
  private async flush(): Promise<void> {
    const { engine, emitter, open: batch } = this;
    if (batch === null) return;
    const keyAt = emitter.isInKey ? emitter.current.offset : Number.POSITIVE_INFINITY;
    if (batch.from >= keyAt) return;
    this.open = null;
    if (emitter.isInKey) {
      batch.to = this.beforeKey;
      this.open = engine.openBatch(keyAt);
    }
    this.countLeftOut(batch);
    const parts = [...this.earlier.splice(0), ...engine.gather()];
    if (this.past !== null) for (const [, part] of parts) this.recall(part, this.past);
    await engine.dispatch(batch, parts);
    engine.closeBatch(batch);
  }

  /** What earlier runs know of the keys of a part. */
  private recall(part: Part, past: Past): void {
    const { units } = part;
    let isKnown = true;
    for (let unit = 0; unit < units.count; unit++) {
      const offset = units.offset[unit] as number;
      if (past.maySent(offset)) {
        const existed = past.existed(offset);
        units.flags[unit] = (units.flags[unit] as number) | KNOWN | (existed ? EXISTED : RESENT);
      } else {
        isKnown = false;
      }
    }
    part.isChecked ||= isKnown;
  }

  private countLeftOut({ tally }: Batch): void {
    const { counts } = this.emitter;
    const { counted } = this;
    for (const name of ['expiredKeys', 'expiredFields', 'emptyKeys', 'impossibleKeys'] as const)
      tally[name] += counts[name] - counted[name];
    this.counted = { ...counts };
  }

  // ---- long values -------------------------------------------------------------------------------------------------

  private async continueLong(): Promise<void> {
    const { engine, emitter } = this;
    if (this.begun === null) {
      const { db, offset } = emitter.current;
      const lane = this.lane as Lane;
      const { parts, bytes, commands } = emitter.takeBegun();
      for (const part of parts) this.earlier.push([lane, part]);
      await this.flush();
      const { batch } = this;
      batch.pending++;
      const value = new LongValue(engine, lane, db, emitter.keyName, bytes);
      this.begun = { value, batch };
      const isResent = this.past?.maySent(offset) ?? false;
      const existed = isResent ? (this.past?.existed(offset) ?? false) : await value.look();
      value.begin(existed, isResent && !existed);
      engine.announceLong(batch, existed ? [offset] : []);
      await value.send(bytes, commands);
    } else if (emitter.hasEnded) {
      await this.endLong(this.begun);
    } else {
      const { bytes, commands } = emitter.takeMore();
      if (bytes.length > 0) await this.begun.value.send(bytes, commands);
    }
  }

  private async endLong({ value, batch }: Begun): Promise<void> {
    const { engine } = this;
    const { bytes, commands, written } = this.emitter.takeEnd();
    this.begun = null;
    const finishAt = bytes.length - written.finishBytes;
    const { outcome, reason } = await value.finish(bytes, commands, finishAt, written.finishCommands);
    const kind = (KINDS as readonly string[]).indexOf(written.kind);
    engine.account.takeSingle(batch, written.db, value.key, kind, COMMANDS, outcome, reason ?? '');
    engine.acknowledged(1);
    engine.batchStep(batch);
  }

  /** The source is damaged within a key: what is there of it goes away. */
  private async dropBegun(): Promise<void> {
    const { engine, emitter } = this;
    if (this.begun === null) {
      if (!emitter.isOverlong) return;
      // Its first commands are committed, but not sent.
      for (const part of emitter.takeBegun().parts) this.earlier.push([this.lane as Lane, part]);
      return;
    }
    const { value, batch } = this.begun;
    this.begun = null;
    await value.discard();
    engine.batchStep(batch);
  }
}
