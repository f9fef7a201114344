/** One pipeline to one shard: sends parts, takes the replies to its units, and goes on through every outage. */
import { type Reply, RespBuffer } from '@rdbkit/resp';
import type { Connection, ReplyHandler } from '../../connection.ts';
import { EndpointError } from '../../endpoint-error.ts';
import { Patience } from '../../patience.ts';
import { classifyReply } from '../../reply-class.ts';
import { RestoreError } from '../../restore-error.ts';
import type { Shard, Topology } from '../../topology.ts';
import { BulkExchange, type BulkResult, ConnectionLost } from './bulk-exchange.ts';
import {
  committed,
  composeExists,
  composeUnit,
  deleteCommand,
  renameAttempt,
  type SetForm,
  selectCommand,
  temporaryNameOf,
} from './compose.ts';
import {
  commandsOf,
  type Exchange,
  ExistenceExchange,
  type ExistenceSink,
  GroupExchange,
  type GroupSink,
  type Phase,
  SideExchange,
  UnitExchange,
} from './exchange.ts';
import { Outbox } from './outbox.ts';
import type { Part } from './part.ts';
import type { ReplicaQuorum } from './replica-quorum.ts';
import { SafetyNet } from './safety-net.ts';
import {
  BUILT,
  DONE,
  EXISTED,
  EXISTING,
  EXPIRES,
  FAILED,
  FUNCTION,
  KNOWN,
  NEW,
  REPLACED,
  RESENT,
  RESTORED,
  RETRY,
  SENT,
  SET,
  SKIPPED,
} from './unit-table.ts';

/** What to do with keys that exist. */
export type ExistingPolicy = 'replace' | 'skip' | 'fail';

/** What a lane needs of the whole. */
export interface LaneHost {
  readonly topology: Topology;
  readonly existing: ExistingPolicy;
  /** Whether keys that are about to be written to a database have to be looked for first. */
  mayExist(lane: Lane, db: number): boolean;
  /** Keys in one `EXISTS`. */
  readonly keysPerCheck: number;
  readonly setForm: SetForm;
  /** Whether there are several databases to choose from. */
  readonly canSelect: boolean;
  /** Ends every temporary name, before the digits of the attempt. */
  readonly temporarySuffix: Uint8Array;
  /** Nothing new is sent. */
  readonly isStopped: boolean;
  readonly retryForMs: number;
  /** `MSET` does not work. */
  canGroup: boolean;
  /** Another node has the unit. */
  redirect(lane: Lane, part: Part, unit: number, text: string): void;
  /** Writes a unit in another way after the target refused it; false when there is none. */
  rewrite(lane: Lane, part: Part, unit: number, text: string): boolean;
  /** All of a part is safe. */
  released(lane: Lane, part: Part): void;
  /** The shard has no slots any more. */
  shardGone(lane: Lane): void;
  stop(error: Error): void;
  /** Nothing more can be written: what the target answered. */
  refusedAll(lane: Lane, text: string): void;
  waiting(lane: Lane, reason: string | null): void;
  reconnected(lane: Lane): void;
  /** Whether a part whose keys were looked for can be sent; otherwise it will be {@link Lane.requeue}d. */
  mayStart(lane: Lane, part: Part): boolean;
  readonly batchBytes: number;
  warn(message: string): void;
  acknowledged(units: number): void;
  wrote(bytes: number, commands: number): void;
  measured(ms: number): void;
  retried(units: number): void;
}

/** The buffers grow beyond a batch by what one step of the reader adds. */
const OUTBOX_MARGIN = 192 * 1024;
const ATTEMPTS_PER_RUN = 100;
const MOST_RECENT = 2;

export class Lane implements ReplyHandler, GroupSink, ExistenceSink {
  readonly shard: Shard;
  /** Number of the lane among those of its shard. */
  readonly index: number;
  readonly patience: Patience;
  private readonly host: LaneHost;
  private readonly net: SafetyNet;
  private connection: Connection | null = null;
  /** Runs of the server's process that were met last. */
  private runId: string | null = null;
  private hasConnected = false;
  /** What was sent and is being answered. */
  private readonly wire: Exchange[] = [];
  /** Parts that can be sent. */
  private queue: Part[] = [];
  /** Every part that is not safe yet. */
  readonly parts: Set<Part> = new Set();
  private selected = -1;
  /** Why nothing is sent until all has been answered. */
  private trouble: { readonly kind: 'wait' | 'rediscover'; readonly text: string } | null = null;
  /** Connections so far. */
  connections = 0;
  private isRecovering = false;
  private readonly ending = new AbortController();
  private isClosed = false;
  private attempt = 0;
  /** Names of abandoned attempts that may be left at the target. */
  private readonly garbage: { readonly db: number; readonly name: Uint8Array }[] = [];
  private wakers: (() => void)[] = [];

  /** What is being gathered for it. */
  readonly outbox: Outbox;
  /** Names of keys that were acknowledged lately and do not expire. */
  private readonly recent: { readonly db: number; readonly key: Uint8Array }[] = [];

  /** @param earlierRuns - Their temporary names may be left at the target, and must not be used again. */
  constructor(host: LaneHost, shard: Shard, index: number, replicas: number | 'auto', earlierRuns: number) {
    this.host = host;
    this.shard = shard;
    this.index = index;
    this.patience = new Patience({
      retryForMs: host.retryForMs,
      signal: this.ending.signal,
      onWait: ({ reason }) => host.waiting(this, reason),
    });
    this.net = new SafetyNet(this, replicas);
    this.outbox = new Outbox(host.batchBytes + OUTBOX_MARGIN, host.existing !== 'replace');
    this.attempt = earlierRuns * ATTEMPTS_PER_RUN;
  }

  // ---- connection ------------------------------------------------------------------------------------------------

  get isConnected(): boolean {
    return this.connection !== null;
  }

  /** Bytes sent and not answered are waited for. */
  get isBusy(): boolean {
    return this.wire.length > 0;
  }

  get unansweredCommands(): number {
    return this.connection?.pending ?? 0;
  }

  /** Nothing is left to be sent or answered. */
  get isQuiet(): boolean {
    return this.wire.length === 0 && this.queue.length === 0;
  }

  /** Connects, after as much waiting as patience allows. Errors end up at the host. */
  connect(): void {
    void this.attemptConnection();
  }

  private async attemptConnection(): Promise<void> {
    if (this.isRecovering || this.isClosed) return;
    this.isRecovering = true;
    try {
      const connection = await this.reach();
      if (this.isClosed || this.host.isStopped) {
        connection.close();
        return;
      }
      this.welcome(connection);
    } catch (error) {
      this.giveUp(error);
    } finally {
      this.isRecovering = false;
      this.wake();
    }
    this.pump();
  }

  /** A connection to a server that has what was acknowledged. */
  private async reach(): Promise<Connection> {
    for (;;) {
      const connection = await this.host.topology.connect(this.shard, this, this.patience);
      const { runId } = connection.peer;
      const isOther = this.hasConnected && (runId === null || runId !== this.runId);
      try {
        if (isOther && !this.net.quorum.isWanted) await this.checkMemory(connection);
        if (connection.ended !== null) throw connection.ended;
        return connection;
      } catch (error) {
        if (!(error instanceof EndpointError) || !error.isPassing) throw error;
        await this.patience.wait(error.message, error);
      }
    }
  }

  private welcome(connection: Connection): void {
    const { runId } = connection.peer;
    const isFirst = !this.hasConnected;
    this.connection = connection;
    this.connections++;
    this.runId = runId;
    this.hasConnected = true;
    this.selected = -1;
    this.trouble = null;
    if (!isFirst) this.attempt++;
    this.host.waiting(this, null);
    if (!isFirst) this.host.reconnected(this);
    this.net.connected(connection);
  }

  /** Whether replicas have what was acknowledged. */
  get quorum(): ReplicaQuorum {
    return this.net.quorum;
  }

  /** What was acknowledged so far may be deleted from here on: that it is gone says nothing. */
  forget(): void {
    this.recent.length = 0;
  }

  /** Remembers a key of a part that is safe. */
  remember(part: Part): void {
    const { units } = part;
    for (let unit = units.count - 1; unit >= 0; unit--) {
      const outcome = units.outcome[unit];
      const isKept = ((units.flags[unit] as number) & EXPIRES) === 0 && (units.kind[unit] as number) < FUNCTION;
      if (!isKept || (outcome !== RESTORED && outcome !== REPLACED)) continue;
      const { start, end } = part.keyOf(unit);
      this.recent.push({ db: part.db, key: part.bytes.slice(start, end) });
      if (this.recent.length > MOST_RECENT) this.recent.shift();
      return;
    }
  }

  /**
   * Another process answers, and nobody else had what the last one acknowledged: is it still there?
   *
   * @throws {RestoreError} the last two keys that were acknowledged are gone.
   */
  private async checkMemory(connection: Connection): Promise<void> {
    const last = this.recent.slice(-MOST_RECENT);
    let gone = 0;
    for (const { db, key } of last) {
      if (this.host.canSelect) await connection.ask('SELECT', db);
      if ((await connection.ask('EXISTS', key)) === 0) gone++;
    }
    if (gone === 0 || gone < last.length) return;
    throw new RestoreError(
      'RESTORE_LOST',
      `${this.shard.label} was restarted and has lost keys that it had acknowledged`,
      'nothing tells how many: run it again with --existing skip (or replace) and without the journal. A target with appendonly yes keeps them.',
    );
  }

  /** Nothing helps: the run is over, or the shard is. */
  giveUp(error: unknown): void {
    if (this.isClosed) return;
    if (error instanceof EndpointError && error.code === 'ENDPOINT_SHARD_GONE') this.host.shardGone(this);
    else this.host.stop(error instanceof Error ? error : new Error(String(error)));
  }

  closed(error: EndpointError): void {
    this.lose();
    if (this.isClosed || this.host.isStopped) {
      this.wake();
      return;
    }
    this.host.waiting(this, error.message);
    this.connect();
  }

  /** Without a connection: all that is not safe has to be sent again. */
  private lose(): void {
    this.connection = null;
    const again = new Set<Part>(this.queue);
    for (const exchange of this.wire.splice(0)) {
      const { part } = exchange;
      exchange.eachUnanswered((unit) => {
        if (part !== null && part.units.state[unit] === SENT) this.resend(part, unit);
      });
      if (exchange instanceof BulkExchange) exchange.lost();
      if (part === null) continue;
      part.exchanges = 0;
      again.add(part);
    }
    for (const part of this.net.dropAll()) again.add(part);
    for (const part of again) {
      const { units } = part;
      for (let unit = 0; unit < units.count; unit++) {
        const state = units.state[unit];
        if (state === BUILT) this.resend(part, unit);
        const outcome = units.outcome[unit];
        if (state === DONE && (outcome === RESTORED || outcome === REPLACED)) {
          part.open++;
          units.outcome[unit] = 0;
          this.resend(part, unit);
        }
      }
    }
    this.queue = [...again];
    this.trouble = null;
    this.wake();
  }

  private resend(part: Part, unit: number): void {
    const { units } = part;
    units.state[unit] = RETRY;
    units.flags[unit] = (units.flags[unit] as number) | RESENT;
    this.host.retried(1);
  }

  /** Ends the lane; what is not answered stays as it is. */
  close(): void {
    this.isClosed = true;
    // Whatever it is waiting for, such as a connection that nobody needs any more.
    this.ending.abort();
    this.connection?.close();
    this.connection = null;
    this.wake();
  }

  drain(): void {
    // What is in flight is bounded by the window, whatever the socket says.
  }

  // ---- sending ---------------------------------------------------------------------------------------------------

  /** Takes a part over. */
  enqueue(part: Part): void {
    this.parts.add(part);
    this.queue.push(part);
    this.pump();
  }

  /** A part can be sent now. */
  requeue(part: Part): void {
    this.queue.push(part);
    this.pump();
  }

  /** Nothing new is to be sent. */
  stopped(): void {
    this.wake();
  }

  /** Takes all parts away, with what is to be done for them undone as far as it can be. */
  surrender(): Part[] {
    this.lose();
    this.queue = [];
    const parts = [...this.parts];
    this.parts.clear();
    this.close();
    return parts;
  }

  /** Sends whatever can be sent. */
  pump(): void {
    if (this.connection === null || this.trouble !== null || this.host.isStopped || this.isClosed) return;
    if (this.queue.length === 0) {
      this.net.tend();
      return;
    }
    const { queue } = this;
    this.queue = [];
    for (const part of queue) {
      if (this.trouble !== null || this.connection === null) {
        this.queue.push(part);
        continue;
      }
      if (part.isChecked || !this.host.mayExist(this, part.db)) this.send(part);
      else this.check(part, this.uncheckedGroups(part));
    }
    this.net.tend();
  }

  private write(chunk: Uint8Array, commands: number, exchange: Exchange): void {
    if (exchange.part !== null) exchange.part.exchanges++;
    this.wire.push(exchange);
    this.host.wrote(chunk.length, commands);
    this.connection?.write(chunk, commands);
  }

  private select(db: number): void {
    if (this.selected === db || !this.host.canSelect) return;
    this.selected = db;
    const refused = (text: string): void => this.host.refusedAll(this, text);
    this.write(selectCommand(db), 1, new SideExchange(refused));
  }

  private send(part: Part): void {
    this.leaveExisting(part);
    if (part.open === 0) {
      if (part.exchanges === 0) this.answered(part);
      return;
    }
    this.select(part.db);
    if (isUntouched(part)) this.sendWhole(part);
    else this.sendSome(part);
  }

  /** Keys that are known to exist get their outcome unless they are to be replaced. */
  private leaveExisting(part: Part): void {
    const { existing } = this.host;
    if (existing === 'replace') return;
    const { units } = part;
    for (let unit = 0; unit < units.count; unit++) {
      const flags = units.flags[unit] as number;
      if (units.state[unit] === NEW && (flags & EXISTED) !== 0)
        part.settle(unit, existing === 'skip' ? SKIPPED : EXISTING);
    }
  }

  private sendWhole(part: Part): void {
    const { units } = part;
    part.sentAt = performance.now();
    for (let unit = 0; unit < units.count; unit++) units.state[unit] = SENT;
    if (part.form === 'mset') this.write(part.bytes, part.groups.length, new GroupExchange(part, this));
    else
      this.write(
        part.bytes.subarray(units.start[0]),
        part.commands,
        new UnitExchange(part, 0, units.count, 'all', this),
      );
  }

  private sendSome(part: Part): void {
    const { units } = part;
    let from = 0;
    while (from < units.count) {
      if (!isSendable(units.state[from] as number)) {
        from++;
        continue;
      }
      const phase = this.phaseOf(part, from);
      let to = from;
      const out = new RespBuffer(16 * 1024);
      let commands = 0;
      while (to < units.count && isSendable(units.state[to] as number) && this.phaseOf(part, to) === phase) {
        this.renew(part, to);
        composeUnit(out, part, to, phase, this.host.setForm);
        if (part.form === 'mset') units.way[to] = SET;
        commands += commandsOf(part, to, phase);
        units.state[to] = SENT;
        to++;
      }
      this.write(committed(out), commands, new UnitExchange(part, from, to, phase, this));
      from = to;
    }
  }

  private phaseOf(part: Part, unit: number): Phase {
    if (part.units.finishBytes[unit] === 0) return 'all';
    return part.units.state[unit] === BUILT ? 'finish' : 'build';
  }

  /** A unit that is built anew gets a new name to be built under. */
  private renew(part: Part, unit: number): void {
    const { units } = part;
    if (units.state[unit] !== RETRY) return;
    const name = temporaryNameOf(part, unit);
    if (name === null) return;
    if (renameAttempt(part, unit, this.host.temporarySuffix, this.attempt)) this.garbage.push({ db: part.db, name });
  }

  // ---- existence -------------------------------------------------------------------------------------------------

  private uncheckedGroups(part: Part): number[][] {
    const { units } = part;
    const groups: number[][] = [];
    let group: number[] = [];
    for (let unit = 0; unit < units.count; unit++) {
      if (units.state[unit] !== NEW || ((units.flags[unit] as number) & KNOWN) !== 0) continue;
      group.push(unit);
      if (group.length < this.host.keysPerCheck) continue;
      groups.push(group);
      group = [];
    }
    if (group.length > 0) groups.push(group);
    return groups;
  }

  private check(part: Part, groups: readonly (readonly number[])[]): void {
    if (groups.length === 0) {
      part.isChecked = true;
      if (this.host.mayStart(this, part)) this.send(part);
      return;
    }
    this.select(part.db);
    const out = new RespBuffer(16 * 1024);
    for (const group of groups) composeExists(out, part, group);
    const commands = groups.length * (part.isAsking ? 2 : 1);
    this.write(committed(out), commands, new ExistenceExchange(part, groups, this));
  }

  existence(part: Part, unit: number, exists: boolean): void {
    const { flags } = part.units;
    flags[unit] = (flags[unit] as number) | KNOWN | (exists ? EXISTED : 0);
  }

  someExist(part: Part, units: readonly number[]): void {
    this.check(
      part,
      units.map((unit) => [unit]),
    );
  }

  existenceRefused(part: Part, unit: number, text: string): void {
    this.refused(part, unit, text, 'all');
  }

  // ---- replies ---------------------------------------------------------------------------------------------------

  ok(count: number): void {
    let rest = count;
    while (rest > 0) {
      const exchange = this.wire[0];
      if (exchange === undefined) return;
      rest -= exchange.ok(rest);
      // That keys can be looked for does not mean that they can be written.
      if (exchange instanceof UnitExchange || exchange instanceof GroupExchange) this.patience.progress();
      if (exchange.isDone) this.advance();
    }
  }

  none(): void {
    this.wire[0]?.none();
    if (this.wire[0]?.isDone) this.advance();
  }

  error(text: string): void {
    this.wire[0]?.error(text);
    if (this.wire[0]?.isDone) this.advance();
  }

  private advance(): void {
    const part = this.wire.shift()?.part ?? null;
    if (part !== null) {
      part.exchanges--;
      if (part.exchanges === 0) this.settled(part);
    }
    if (this.wire.length === 0) {
      if (this.trouble !== null) void this.recover();
      this.wake();
    }
    this.net.tend();
  }

  /** Everything that was sent of a part is answered: what next? */
  private settled(part: Part): void {
    if (part.open === 0) {
      this.answered(part);
      return;
    }
    if (!part.isChecked && this.uncheckedGroups(part).length === 0) {
      part.isChecked = true;
      if (!this.host.mayStart(this, part)) return;
    }
    this.requeue(part);
  }

  private answered(part: Part): void {
    this.host.acknowledged(part.isCopy ? 0 : part.units.count);
    if (part.sentAt > 0) this.host.measured(performance.now() - part.sentAt);
    this.net.add(part);
  }

  /** For the net: a part is safe. */
  release(part: Part): void {
    this.parts.delete(part);
    this.host.released(this, part);
  }

  succeeded(part: Part, unit: number, phase: Phase): void {
    const { units } = part;
    if (phase === 'build') units.state[unit] = BUILT;
    else part.settle(unit, ((units.flags[unit] as number) & EXISTED) === 0 ? RESTORED : REPLACED);
  }

  blocked(part: Part, unit: number, phase: Phase): void {
    const { units } = part;
    // A key that was not there when we first looked, and that we may have written since, is ours.
    if (((units.flags[unit] as number) & RESENT) !== 0) this.succeeded(part, unit, phase === 'build' ? 'all' : phase);
    else if (this.host.existing === 'replace') units.state[unit] = RETRY;
    else part.settle(unit, this.host.existing === 'skip' ? SKIPPED : EXISTING);
  }

  refused(part: Part, unit: number, text: string, phase: Phase): void {
    const { units } = part;
    const { id, action } = classifyReply(text);
    if (id === 'library-exists') {
      this.blocked(part, unit, phase);
      return;
    }
    switch (action) {
      case 'exists':
        this.blocked(part, unit, phase);
        return;
      case 'wait':
      case 'rediscover':
        units.state[unit] = units.state[unit] === NEW ? NEW : RETRY;
        this.trouble ??= { kind: action, text };
        this.host.retried(1);
        return;
      case 'redirect':
        this.host.redirect(this, part, unit, text);
        return;
      case 'stop':
        units.state[unit] = units.state[unit] === NEW ? NEW : RETRY;
        this.host.refusedAll(this, text);
        return;
      default:
        if (units.state[unit] === SENT && this.host.rewrite(this, part, unit, text)) return;
        part.reasons.set(unit, text);
        part.settle(unit, FAILED);
    }
  }

  groupBlocked(part: Part, from: number, to: number): void {
    for (let unit = from; unit < to; unit++) part.units.state[unit] = RETRY;
  }

  groupRefused(part: Part, from: number, to: number, text: string): void {
    const { action } = classifyReply(text);
    const isPassing = action === 'wait' || action === 'rediscover' || action === 'stop' || action === 'redirect';
    if (!isPassing) {
      this.host.canGroup = false;
      this.groupBlocked(part, from, to);
    } else {
      for (let unit = from; unit < to; unit++) this.refused(part, unit, text, 'all');
    }
  }

  /** The server is no master any more. */
  demoted(text: string): void {
    this.trouble ??= { kind: 'rediscover', text };
    if (this.wire.length === 0) void this.recover();
  }

  /** Something that the user should know. */
  warn(message: string): void {
    this.host.warn(`${this.shard.label}: ${message}`);
  }

  // ---- recovery --------------------------------------------------------------------------------------------------

  /** Waits for what passes by itself, or looks for the master, then goes on. */
  private async recover(): Promise<void> {
    const { trouble } = this;
    if (trouble === null || this.isRecovering || this.host.isStopped || this.isClosed) return;
    this.isRecovering = true;
    const isMoved = trouble.kind === 'rediscover';
    try {
      if (isMoved) {
        this.connection?.close();
        this.lose();
      }
      const wait = this.patience.wait(`${this.shard.label} answers: ${trouble.text}`);
      await Promise.all([wait, this.host.topology.rediscover()]);
      this.trouble = null;
      this.host.waiting(this, null);
    } catch (error) {
      this.giveUp(error);
      return;
    } finally {
      this.isRecovering = false;
    }
    if (this.connection === null) this.connect();
    else this.pump();
  }

  // ---- one thing at a time, for long values, waiting and cleaning up -------------------------------------------------

  /** Resolves when there is a connection and no trouble; rejects when the run is over. */
  async ready(): Promise<Connection> {
    for (;;) {
      if (this.isClosed || this.host.isStopped) throw new ConnectionLost('the restore has been stopped');
      if (this.connection !== null && this.trouble === null) return this.connection;
      await new Promise<void>((resolve) => {
        this.wakers.push(resolve);
      });
    }
  }

  /** Resolves when nothing is unanswered, or there is no connection any more. */
  async quiet(): Promise<void> {
    while (this.wire.length > 0 && this.connection !== null && !this.isClosed) {
      await new Promise<void>((resolve) => {
        this.wakers.push(resolve);
      });
    }
  }

  private wake(): void {
    for (const wake of this.wakers.splice(0)) wake();
  }

  /**
   * Sends commands in a database and resolves with the first error among the replies that is not to be ignored, or `null`.
   *
   * @throws ConnectionLost when the connection was gone before all were answered.
   */
  async sendAlone(
    db: number,
    bytes: Uint8Array,
    commands: number,
    isIgnored: (text: string) => boolean = () => false,
  ): Promise<BulkResult> {
    await this.ready();
    this.select(db);
    const exchange = new BulkExchange(commands, isIgnored);
    this.write(bytes, commands, exchange);
    const result = await exchange.result;
    this.patience.progress();
    return result;
  }

  /**
   * Sends the commands of a transaction, then `EXEC`. Resolves with its reply and the first error among those before.
   *
   * @param connections - It must go to this one, see {@link Lane.connections}.
   * @throws ConnectionLost or {EndpointError}: it is not known whether it was carried out.
   */
  async transact(
    db: number,
    bytes: Uint8Array,
    commands: number,
    connections: number,
  ): Promise<{ refusal: string | null; reply: Reply }> {
    const connection = await this.ready();
    if (this.connections !== connections) throw new ConnectionLost('the connection was lost');
    this.select(db);
    const exchange = new BulkExchange(commands, () => false);
    this.write(bytes, commands, exchange);
    this.host.wrote(0, 1);
    const [{ error }, reply] = await Promise.all([exchange.result, connection.ask('EXEC')]);
    return { refusal: error, reply };
  }

  /** One command whose reply is wanted. */
  async ask(db: number, ...args: readonly (string | number | Uint8Array)[]): Promise<Reply> {
    const connection = await this.ready();
    this.select(db);
    return await connection.call(...args);
  }

  /** After trouble that {@link Lane.sendAlone} told of. */
  async await(kind: 'wait' | 'rediscover', text: string): Promise<void> {
    this.trouble ??= { kind, text };
    if (this.wire.length === 0) await this.recover();
    await this.ready();
  }

  /** Resolves when all parts are safe and what abandoned attempts left behind is gone. */
  async cleanUp(): Promise<void> {
    for (const { db, name } of this.garbage.splice(0)) {
      await this.sendAlone(db, deleteCommand(name), 1).catch(() => {});
    }
  }
}

function isUntouched(part: Part): boolean {
  const { units } = part;
  if (part.isAsking) return false;
  for (let unit = 0; unit < units.count; unit++) {
    if (units.state[unit] !== NEW || units.finishBytes[unit] !== 0) return false;
  }
  return true;
}

function isSendable(state: number): boolean {
  return state === NEW || state === RETRY || state === BUILT;
}
