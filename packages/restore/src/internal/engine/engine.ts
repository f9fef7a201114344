/** A restore under way: lanes to all shards, batches in flight, and what became of them. */
import { DataError, keySlot } from '@rdbkit/bytes';
import type { Note } from '@rdbkit/commands';
import { classifyReply } from '../../reply-class.ts';
import { RestoreError } from '../../restore-error.ts';
import type { Shard, Topology } from '../../topology.ts';
import { Account, recordOf } from './account.ts';
import { Batch } from './batch.ts';
import { FIRST_ATTEMPT, type SetForm } from './compose.ts';
import { STEP_BYTES } from './feeder.ts';
import type { Journal, Past } from './journal.ts';
import { type ExistingPolicy, Lane, type LaneHost } from './lane.ts';
import type { LogReplayHost } from './log-replay.ts';
import type { LongValueHost } from './long-value.ts';
import { partOf, sidePart } from './outbox.ts';
import type { Part } from './part.ts';
import { RateLimiter } from './rate-limiter.ts';
import { Rewriter } from './rewriter.ts';
import type { Settings } from './settings.ts';
import { COMMANDS, DONE, ELSEWHERE, KINDS, RESENT, RESTORE, TRANSCODED } from './unit-table.ts';

/** Parts of the window that batches are made of: enough of them that reading, sending and answering overlap. */
const BATCHES_PER_WINDOW = 8;
const LARGEST_BATCH = 512 * 1024;
const SMALLEST_BATCH = 16 * 1024;
/** A small key with its value in a dump. */
const SMALL_KEY_BYTES = 32;
const SMALLEST_STEP = 256;

/** A unit that was redirected so often in a row waits before it is sent again. */
const PATIENT_REDIRECTS = 4;
/** Measurements that the latency is a mean of, roughly. */
const LATENCY_SMOOTHING = 8;
/** When the run is over, replies that are on their way are waited for so long. */
const DRAIN_MS = 800;

/** Something that a caller may want to show or log. */
export type EngineEvent =
  | { readonly type: 'waiting'; readonly shard: Shard; readonly reason: string }
  | { readonly type: 'going on'; readonly shard: Shard }
  | { readonly type: 'reconnected'; readonly shard: Shard }
  | { readonly type: 'warning'; readonly message: string };

export class Engine implements LaneHost, LongValueHost, LogReplayHost {
  readonly topology: Topology;
  readonly settings: Settings;
  readonly account: Account;
  readonly existing: ExistingPolicy;
  readonly keysPerCheck: number;
  readonly setForm: SetForm;
  readonly canSelect: boolean;
  readonly canTransact: boolean;
  readonly retryForMs: number;
  readonly temporarySuffix: Uint8Array;
  private readonly suffix: string;
  /** Databases that had keys at the beginning; `null`: not known, any may have. */
  private readonly occupied: ReadonlySet<number> | null;
  private readonly past: Past | null;
  private readonly journal: Journal | null;
  private readonly onEvent: (event: EngineEvent) => void;
  private readonly lanes = new Map<number, Lane[]>();
  /** Lanes to shards that are gone; a key may still be in the middle of being written to their outboxes. */
  private readonly goneLanes: Lane[] = [];
  private readonly batches = new Map<number, Batch>();
  private lastId: number;
  private rewriter: Rewriter | null = null;
  private readonly functions: { readonly bytes: Uint8Array; readonly kind: number }[] = [];
  private readonly opsLimiter: RateLimiter;
  private readonly bytesLimiter: RateLimiter;
  private readonly abort = new AbortController();
  private wakers: (() => void)[] = [];
  /** Parts of a batch whose keys are being looked for, by its number, with what was found so far. */
  private readonly checks = new Map<number, { left: number; readonly parts: [Lane, Part][] }>();

  private stopCall: () => void = () => {};
  /** Why the run is over before its time. */
  failure: Error | null = null;
  readonly batchBytes: number;
  readonly batchUnits: number;
  /** Bytes of the source that are read at a time. */
  readonly stepBytes: number;
  /** Whether `MSET` works. */
  canGroup: boolean;

  // For progress, summary and metrics.
  /** Milliseconds from sending a batch to having all of it answered, lately. */
  latencyMs = 0;
  flightBytes = 0;
  flightCommands = 0;
  sentBytes = 0;
  sentCommands = 0;
  acknowledgedUnits = 0;
  resentUnits = 0;
  reconnects = 0;
  readonly waits: Map<Lane, string> = new Map();

  constructor(
    topology: Topology,
    settings: Settings,
    account: Account,
    facts: { readonly occupied: readonly number[] | null; readonly suffix: string },
    journal: Journal | null,
    past: Past | null,
    onEvent: (event: EngineEvent) => void,
  ) {
    this.topology = topology;
    this.settings = settings;
    this.account = account;
    this.journal = journal;
    this.past = past;
    this.onEvent = onEvent;
    this.existing = settings.existing;
    this.keysPerCheck = settings.keysPerCheck;
    this.setForm = settings.setForm;
    this.canSelect = settings.canSelect;
    this.canTransact = settings.canTransact;
    this.retryForMs = settings.retryForMs;
    this.canGroup = settings.canGroup;
    this.suffix = facts.suffix;
    this.temporarySuffix = new TextEncoder().encode(facts.suffix);
    this.occupied = facts.occupied === null ? null : new Set(facts.occupied);
    this.lastId = past?.lastId ?? 0;
    this.opsLimiter = new RateLimiter(settings.maxOps);
    this.bytesLimiter = new RateLimiter(settings.maxBytesPerSecond);
    const share = Math.floor(settings.windowBytes / BATCHES_PER_WINDOW);
    this.batchBytes = Math.min(this.bytesLimiter.portion, Math.max(SMALLEST_BATCH, Math.min(LARGEST_BATCH, share)));
    this.batchUnits = Math.min(
      this.opsLimiter.portion,
      Math.max(1, Math.floor(settings.windowCommands / BATCHES_PER_WINDOW)),
    );
    // What is sent evenly must be read evenly.
    const evenly = Math.min(this.bytesLimiter.portion, this.opsLimiter.portion * SMALL_KEY_BYTES);
    this.stepBytes = Math.min(STEP_BYTES, Math.max(SMALLEST_STEP, Math.floor(evenly)));
    for (const shard of topology.shards()) this.lanesOf(shard);
  }

  get isStopped(): boolean {
    return this.failure !== null;
  }

  get historyBytes(): number {
    return this.settings.windowBytes;
  }

  /** A name at the target that nobody else uses, the same in all runs of one restore. */
  get markName(): string {
    return `rdbkit-log${this.suffix}`;
  }

  /** The journal: the commands of a log follow. */
  logging(): void {
    this.guarded(() => this.journal?.logging());
  }

  /** The journal: all commands of a log are safe. */
  logged(): void {
    this.guarded(() => this.journal?.logged());
  }

  // ---- lanes -----------------------------------------------------------------------------------------------------

  private lanesOf(shard: Shard): Lane[] {
    const known = this.lanes.get(shard.id);
    if (known !== undefined) return known;
    const lanes: Lane[] = [];
    for (let index = 0; index < this.settings.connections; index++) {
      const lane = new Lane(this, shard, index, this.settings.waitReplicas, this.past?.runs ?? 0);
      lanes.push(lane);
    }
    this.lanes.set(shard.id, lanes);
    for (const lane of lanes) lane.connect();
    // A shard that has come later lacks what was loaded everywhere.
    for (const { bytes, kind } of this.functions) this.load(lanes[0] as Lane, bytes, kind, true);
    return lanes;
  }

  get allLanes(): Lane[] {
    return [...this.lanes.values()].flat();
  }

  /** The lane for a slot, or for anything where there are none; `turn` chooses among several to the same shard. */
  laneFor(slot: number, turn: number): Lane {
    const owner = slot < 0 ? null : this.topology.ownerOf(slot);
    const shard = owner ?? (this.topology.shards()[0] as Shard);
    const lanes = this.lanes.get(shard.id) ?? this.lanesOf(shard);
    return lanes[turn % lanes.length] as Lane;
  }

  laneOf(key: Uint8Array): Lane {
    return this.laneFor(this.slotOf(key, 0, key.length), 0);
  }

  /** The slot of a key; −1 where there are none. */
  slotOf(bytes: Uint8Array, start: number, end: number): number {
    return this.topology.kind === 'cluster' ? keySlot(bytes, start, end) : -1;
  }

  mayExist(_lane: Lane, db: number): boolean {
    return this.occupied === null || this.occupied.has(db);
  }

  // ---- batches ---------------------------------------------------------------------------------------------------

  openBatch(from: number): Batch {
    const batch = new Batch(++this.lastId, from);
    this.batches.set(batch.id, batch);
    return batch;
  }

  /** Whether enough is gathered to be sent. */
  get isBatchFull(): boolean {
    let bytes = 0;
    let units = 0;
    for (const lanes of this.lanes.values()) {
      for (const { outbox } of lanes) {
        bytes += outbox.bytes;
        units += outbox.units;
      }
    }
    return bytes >= this.batchBytes || units >= this.batchUnits;
  }

  /** Takes what is gathered. */
  gather(): [Lane, Part][] {
    const parts: [Lane, Part][] = [];
    for (const lanes of this.lanes.values())
      for (const lane of lanes) for (const part of lane.outbox.take()) parts.push([lane, part]);
    for (const lane of this.goneLanes) for (const part of lane.outbox.take()) this.hand(lane, part);
    return parts;
  }

  /** Sends what was gathered for a batch. */
  async dispatch(batch: Batch, parts: readonly [Lane, Part][]): Promise<void> {
    const bytes = parts.reduce((sum, [, part]) => sum + part.bytes.length, 0);
    const commands = parts.reduce((sum, [, part]) => sum + part.commands, 0);
    await this.pace(commands, bytes);
    this.announce(batch, parts);
    for (const [lane, part] of parts) this.hand(lane, part);
  }

  /** Resolves when so much may be sent. */
  async pace(commands: number, bytes: number): Promise<void> {
    const { signal } = this.abort;
    await this.opsLimiter.take(commands, signal);
    await this.bytesLimiter.take(bytes, signal);
  }

  /** Everything of a part is known to the journal before it is sent. */
  private announce(batch: Batch, parts: readonly [Lane, Part][]): void {
    if (this.journal === null) return;
    const unchecked = parts.filter(([lane, part]) => !part.isChecked && this.mayExist(lane, part.db));
    if (unchecked.length === 0) this.guarded(() => this.journal?.sent(batch, []));
    else this.checks.set(batch.id, { left: unchecked.length, parts: [] });
  }

  /** As {@link Engine.announce}, for a value that is sent a piece at a time. */
  announceLong(batch: Batch, existing: readonly number[]): void {
    this.guarded(() => this.journal?.sent(batch, existing));
  }

  mayStart(lane: Lane, part: Part): boolean {
    const check = this.checks.get(part.batch.id);
    if (check === undefined) return true;
    check.parts.push([lane, part]);
    check.left--;
    if (check.left > 0) return false;
    this.checks.delete(part.batch.id);
    this.guarded(() =>
      this.journal?.sent(
        part.batch,
        check.parts.flatMap(([, checked]) => Account.existing(checked)),
      ),
    );
    for (const [other, checked] of check.parts) if (checked !== part) other.requeue(checked);
    return true;
  }

  private guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.stop(error instanceof Error ? error : new Error(String(error)));
    }
  }

  private hand(lane: Lane, part: Part): void {
    part.batch.pending++;
    this.flightBytes += part.bytes.length;
    this.flightCommands += part.commands;
    if (this.goneLanes.includes(lane)) this.reroute(part);
    else lane.enqueue(part);
  }

  /** Nothing more will be added to a batch. */
  closeBatch(batch: Batch): void {
    this.batchStep(batch);
  }

  /** One thing less of a batch is to be waited for. */
  batchStep(batch: Batch): void {
    batch.pending--;
    if (batch.pending > 0) return;
    this.batches.delete(batch.id);
    this.guarded(() => this.account.close(batch));
    this.wake();
  }

  released(lane: Lane, part: Part): void {
    lane.remember(part);
    this.let(part);
    part.release();
  }

  /** Resolves when the window has room, or the run is over. */
  async room(): Promise<void> {
    const { windowBytes, windowCommands } = this.settings;
    while (
      !this.isStopped &&
      this.flightBytes > 0 &&
      (this.flightBytes + this.batchBytes > windowBytes || this.flightCommands + this.batchUnits > windowCommands)
    )
      await this.change();
  }

  /** Resolves when all batches are safe, or the run is over. */
  async drained(): Promise<void> {
    while (!this.isStopped && this.batches.size > 0) await this.change();
  }

  private async change(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.wakers.push(resolve);
    });
  }

  private wake(): void {
    for (const wake of this.wakers.splice(0)) wake();
  }

  // ---- function libraries ----------------------------------------------------------------------------------------

  /** Loads something into every shard. */
  broadcast(batch: Batch, bytes: Uint8Array, kind: number, offset: number): void {
    this.functions.push({ bytes, kind });
    let isCopy = false;
    for (const lanes of this.lanes.values()) {
      this.load(lanes[0] as Lane, bytes, kind, isCopy, batch, offset);
      isCopy = true;
    }
  }

  private load(lane: Lane, bytes: Uint8Array, kind: number, isCopy: boolean, to?: Batch, offset = 0): void {
    const batch = to ?? this.openBatch(offset);
    const part = sidePart(batch, bytes, kind, COMMANDS, offset);
    part.isCopy = isCopy;
    // Whether it was loaded before an interruption is not known.
    if (this.past?.maySent(offset) === true) part.units.flags[0] = (part.units.flags[0] as number) | RESENT;
    this.hand(lane, part);
    if (to === undefined) this.closeBatch(batch);
  }

  // ---- units that take another way ---------------------------------------------------------------------------------

  redirect(lane: Lane, part: Part, unit: number, text: string): void {
    let shard: Shard;
    let isAsk: boolean;
    try {
      ({ shard, isAsk } = this.topology.redirect(text, lane.shard));
    } catch {
      this.refusedAll(lane, text);
      return;
    }
    const to = this.lanesOf(shard)[lane.index % this.settings.connections] as Lane;
    this.move(part, unit, to, isAsk, part.hops + 1);
  }

  redirected(lane: Lane, text: string): void {
    try {
      this.topology.redirect(text, lane.shard);
    } catch {
      this.refusedAll(lane, text);
    }
  }

  private move(part: Part, unit: number, to: Lane, isAsking: boolean, hops: number): void {
    const stray = partOf(part, unit, part.bytes.slice(part.units.start[unit], part.endOf(unit)));
    stray.isAsking = isAsking;
    stray.hops = hops;
    part.handOver(unit);
    this.resentUnits++;
    if (hops < PATIENT_REDIRECTS) {
      this.hand(to, stray);
      return;
    }
    stray.batch.pending++;
    const reason = `${to.shard.label}: a slot is being moved`;
    to.patience.wait(reason).then(
      () => {
        stray.batch.pending--;
        this.hand(to, stray);
      },
      (error: unknown) => to.giveUp(error),
    );
  }

  shardGone(lane: Lane): void {
    const lanes = this.lanes.get(lane.shard.id) ?? [];
    this.lanes.delete(lane.shard.id);
    this.goneLanes.push(...lanes);
    for (const gone of lanes) {
      this.waits.delete(gone);
      for (const part of gone.surrender()) this.reroute(part);
    }
  }

  /** Hands the units of a part to those who own their slots now. */
  private reroute(part: Part): void {
    const { units } = part;
    for (let unit = 0; unit < units.count && !part.isCopy; unit++) {
      if (units.state[unit] === DONE || units.state[unit] === ELSEWHERE) continue;
      const { start, end } = part.keyOf(unit);
      this.move(part, unit, this.laneFor(this.slotOf(part.bytes, start, end), 0), false, 1);
    }
    this.let(part);
  }

  /** A part is done with. */
  private let(part: Part): void {
    this.flightBytes -= part.bytes.length;
    this.flightCommands -= part.commands;
    this.account.take(part);
    this.batchStep(part.batch);
    this.wake();
  }

  rewrite(lane: Lane, part: Part, unit: number, text: string): boolean {
    const way = part.units.way[unit];
    if ((way !== RESTORE && way !== TRANSCODED) || KINDS[part.units.kind[unit] as number] === 'module') return false;
    this.rewriter ??= this.makeRewriter();
    try {
      const rewritten = this.rewriter.rewrite(part, unit);
      if (rewritten === null) return false;
      rewritten.isAsking = part.isAsking;
      part.handOver(unit);
      part.batch.records.push({
        outcome: 'note',
        db: part.db,
        key: part.bytes.slice(part.keyOf(unit).start, part.keyOf(unit).end),
        code: 'PAYLOAD_REFUSED',
        message: `the target refused the payload (${text}): written as commands`,
      });
      this.hand(lane, rewritten);
      return true;
    } catch (error) {
      if (error instanceof DataError) return false;
      throw error;
    }
  }

  private makeRewriter(): Rewriter {
    const { emitting, rdb } = this.settings;
    // What was sent has its final name and expiry.
    const { acceptSize: _size, stripTtl: _strip, shiftTtlMs: _shift, ...options } = emitting;
    return new Rewriter({ ...options, expired: 'keep', temporarySuffix: `${this.suffix}${FIRST_ATTEMPT}` }, rdb);
  }

  // ---- what is told ----------------------------------------------------------------------------------------------

  note(batch: Batch, note: Note): void {
    const record = recordOf(note);
    if (record !== null) batch.records.push(record);
  }

  waiting(lane: Lane, reason: string | null): void {
    if (reason === null) {
      if (this.waits.delete(lane)) this.onEvent({ type: 'going on', shard: lane.shard });
      return;
    }
    this.waits.set(lane, reason);
    this.onEvent({ type: 'waiting', shard: lane.shard, reason });
  }

  warn(message: string): void {
    this.onEvent({ type: 'warning', message });
  }

  reconnected(lane: Lane): void {
    this.reconnects++;
    this.onEvent({ type: 'reconnected', shard: lane.shard });
  }

  acknowledged(units: number): void {
    this.acknowledgedUnits += units;
  }

  wrote(bytes: number, commands: number): void {
    this.sentBytes += bytes;
    this.sentCommands += commands;
  }

  measured(ms: number): void {
    this.latencyMs += (ms - this.latencyMs) / LATENCY_SMOOTHING;
  }

  retried(units: number): void {
    this.resentUnits += units;
  }

  // ---- the end ---------------------------------------------------------------------------------------------------

  /** Calls back once the run is over before its time. Only the last caller is. */
  onStop(call: () => void): void {
    this.stopCall = call;
    if (this.isStopped) call();
  }

  stop(error: Error): void {
    this.failure ??= error;
    this.stopCall();
    this.abort.abort();
    this.wake();
    for (const lane of this.allLanes) lane.stopped();
  }

  refusedAll(lane: Lane, text: string): void {
    const { advice } = classifyReply(text);
    this.stop(new RestoreError('RESTORE_REFUSED', `${lane.shard.label} answers: ${text}`, `${advice}.`));
  }

  /** Ends everything. `isComplete`: nothing is left to go on with. Replies that are on their way are waited for a little. */
  async finish(isComplete: boolean): Promise<void> {
    const lanes = this.allLanes;
    if (isComplete) await Promise.all(lanes.map((lane) => lane.cleanUp()));
    const late = new Promise<void>((resolve) => {
      setTimeout(resolve, DRAIN_MS).unref();
    });
    await Promise.race([Promise.all(lanes.map((lane) => lane.quiet())), late]);
    for (const lane of lanes) lane.close();
    for (const batch of this.batches.values()) {
      for (const lane of lanes) for (const part of lane.parts) if (part.batch === batch) this.account.take(part);
      this.account.abandon(batch);
    }
    this.guarded(() => this.journal?.close(isComplete));
  }
}
