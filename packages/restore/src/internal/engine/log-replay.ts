/**
 * Runs the commands of a log at the target, each exactly once, whatever happens on the way.
 *
 * Commands such as `INCR` must not be sent twice. Hence they go in transactions, and each transaction ends by writing into a key
 * of ours how far the log has come: after an outage this key tells whether the last one was carried out, at the same server, at
 * the replica that has become the master, and after the end of this very process.
 */
import { encodeBulks, encodeHead, type Reply, ReplyError, RespBuffer, replyText } from '@rdbkit/resp';
import { EndpointError } from '../../endpoint-error.ts';
import { classifyReply } from '../../reply-class.ts';
import { RestoreError } from '../../restore-error.ts';
import type { RestoreRecord } from '../../restore-record.ts';
import { ConnectionLost } from './bulk-exchange.ts';
import { committed, deleteCommand, selectCommand } from './compose.ts';
import type { Lane } from './lane.ts';
import type { LogBatch, LogUnit } from './log-batch.ts';

const MULTI = encodeHead(1, 'MULTI');
const SET = encodeHead(3, 'SET');
/** Acknowledged bytes after which the replicas are asked. */
const ASK_EVERY_BYTES = 2 * 1024 * 1024;

/** What is needed of the whole. */
export interface LogReplayHost {
  readonly isStopped: boolean;
  readonly canSelect: boolean;
  /** How much is remembered, to be sent again after a server that was restarted without the last of it. */
  readonly historyBytes: number;
  laneFor(slot: number, turn: number): Lane;
  refusedAll(lane: Lane, text: string): void;
  /** Resolves when so much may be sent. */
  pace(commands: number, bytes: number): Promise<void>;
  acknowledged(units: number): void;
  retried(units: number): void;
}

/** How a transaction ended. */
type Ending = 'done' | 'lost' | { readonly refusal: string };

export class LogReplay {
  private readonly host: LogReplayHost;
  private readonly lane: Lane;
  /** Database of the mark. */
  private readonly db: number;
  private readonly mark: Uint8Array;
  private readonly onRecord: (record: RestoreRecord) => void;
  /** Sent, or to be sent from `next` on; those before may have to be sent again. */
  private history: LogBatch[] = [];
  private next = 0;
  private unsafeBytes = 0;
  /** The mark has been set. */
  private hasBegun = false;
  /** The target may be somewhere else in the log than is thought here. */
  private isLost = true;
  /** Number of the lane's connection for which it is known where the target is. */
  private connection = 0;
  /** Commands that the target refused. */
  failed = 0;

  constructor(host: LogReplayHost, db: number, mark: string, onRecord: (record: RestoreRecord) => void) {
    this.host = host;
    this.lane = host.laneFor(-1, 0);
    this.db = db;
    this.mark = new TextEncoder().encode(mark);
    this.onRecord = onRecord;
  }

  /**
   * Finds out how far the log has come at the target: the number of a command, 0 at the beginning.
   *
   * @param hasBegun - An earlier run has begun with it.
   */
  async begin(hasBegun: boolean): Promise<number> {
    this.hasBegun = hasBegun;
    return await this.position();
  }

  /** Sets the mark before the first command, so that to miss it means to have lost everything. */
  async setMark(): Promise<void> {
    if (this.hasBegun) return;
    const { mark } = this;
    const out = new RespBuffer(mark.length + 64);
    out.raw(SET);
    out.bulk(mark, 0, mark.length);
    out.raw(encodeBulks('0'));
    const bytes = committed(out);
    await this.sendMark(bytes);
    this.unsafeBytes = bytes.length;
    this.hasBegun = true;
    await this.catchUp(1);
  }

  /** Removes the mark. */
  async removeMark(): Promise<void> {
    await this.sendMark(deleteCommand(this.mark));
  }

  private async sendMark(bytes: Uint8Array): Promise<void> {
    for (;;) {
      try {
        const { error } = await this.lane.sendAlone(this.db, bytes, 1);
        if (error === null) return;
        await this.refused(error);
      } catch (error) {
        await this.survive(error);
      }
    }
  }

  private async position(): Promise<number> {
    for (;;) {
      try {
        await this.lane.ready();
        this.connection = this.lane.connections;
        const reply = await this.lane.ask(this.db, 'GET', this.mark);
        if (reply === null && this.hasBegun) throw this.lost(0);
        return reply === null ? 0 : Number(replyText(reply));
      } catch (error) {
        await this.survive(error);
      }
    }
  }

  private lost(found: number): RestoreError {
    return new RestoreError(
      'RESTORE_LOST',
      `${this.lane.shard.label} has lost commands that it had acknowledged: it is at command ${found} of the log`,
      found > 0
        ? 'with a journal, --resume goes on from there.'
        : 'empty it and begin anew, without the journal; appendonly yes keeps what is acknowledged.',
    );
  }

  /** Runs a batch. Resolves when it has been carried out, and what is remembered is not too much. Throws when the run is over. */
  async add(batch: LogBatch): Promise<void> {
    this.history.push(batch);
    await this.catchUp(ASK_EVERY_BYTES);
    this.forget();
  }

  /** Resolves when all is safe. */
  async finish(): Promise<void> {
    await this.catchUp(1);
  }

  /** Sends what is not sent, and has it made safe when so many bytes are not. */
  private async catchUp(askBytes: number): Promise<void> {
    for (;;) {
      if (this.isLost) await this.resume();
      const batch = this.history[this.next];
      if (batch !== undefined) {
        await this.run(batch);
      } else if (this.unsafeBytes < askBytes) {
        return;
      } else {
        await this.makeSafe();
      }
    }
  }

  /** Runs the next batch, or puts its halves in its place when something of it is refused. */
  private async run(batch: LogBatch): Promise<void> {
    const { host } = this;
    const ending = await this.transact(batch);
    if (ending === 'done') {
      host.acknowledged(batch.commands);
      this.lane.patience.progress();
      this.next++;
      this.unsafeBytes += batch.bytes.length;
      return;
    }
    if (ending === 'lost' || (await this.refused(ending.refusal))) {
      this.isLost = true;
      host.retried(batch.commands);
      return;
    }
    if (batch.units.length > 1) {
      this.history.splice(this.next, 1, ...batch.halves());
      return;
    }
    this.fail(batch.units[0] as LogUnit, ending.refusal);
    this.history[this.next] = batch.emptied;
  }

  /** Whether a refusal passes, which it has when this resolves. */
  private async refused(text: string): Promise<boolean> {
    const { action } = classifyReply(text);
    if (action === 'wait' || action === 'rediscover') {
      await this.lane.await(action, text);
      return true;
    }
    if (action === 'stop' || action === 'redirect') {
      this.host.refusedAll(this.lane, text);
      throw new ConnectionLost(text);
    }
    return false;
  }

  private async transact(batch: LogBatch): Promise<Ending> {
    await this.host.pace(batch.commands, batch.bytes.length);
    let refusal: string | null;
    let reply: Reply;
    try {
      ({ refusal, reply } = await this.lane.transact(this.db, ...this.compose(batch), this.connection));
    } catch (error) {
      if (this.host.isStopped) throw error;
      if (error instanceof ConnectionLost || error instanceof EndpointError) return 'lost';
      throw error;
    }
    if (reply instanceof ReplyError) return { refusal: refusal ?? reply.message };
    if (!Array.isArray(reply)) return { refusal: `EXEC was answered by ${String(reply)}` };
    // Commands are carried out or not one by one; what was refused is not tried again, as in a server that loads its log.
    const before = this.host.canSelect ? (batch.db < 0 ? 2 : 3) : 1;
    reply.slice(before, before + batch.commands).forEach((answer, i) => {
      if (answer instanceof ReplyError) this.fail(batch.unitOf(i), answer.message);
    });
    return 'done';
  }

  /** The transaction of a batch, and how many commands it has without `EXEC`. */
  private compose(batch: LogBatch): [bytes: Uint8Array, commands: number] {
    const { mark, db } = this;
    const out = new RespBuffer(batch.bytes.length + 2 * mark.length + 256);
    const select = this.host.canSelect ? selectCommand(db) : EMPTY;
    const remove = deleteCommand(mark);
    out.raw(MULTI);
    // A SWAPDB among the commands must not take an older mark along.
    out.raw(select);
    out.raw(remove);
    if (batch.db >= 0 && this.host.canSelect) out.raw(selectCommand(batch.db));
    out.copy(batch.bytes, 0, batch.bytes.length);
    out.raw(select);
    out.raw(SET);
    out.bulk(mark, 0, mark.length);
    out.raw(encodeBulks(String(batch.last)));
    const own = this.host.canSelect ? (batch.db < 0 ? 5 : 6) : 3;
    return [committed(out), batch.commands + own];
  }

  private fail(unit: LogUnit, text: string): void {
    this.failed++;
    const what = unit.isTransaction
      ? `the transaction that ends with command ${unit.number}`
      : `command ${unit.number}`;
    const code = /^([A-Z][A-Z0-9_]*)(?: |$)/.exec(text)?.[1] ?? 'ERR';
    this.onRecord({ outcome: 'failed', db: 0, key: null, code, message: `${what} of the log: ${text}` });
  }

  /** After an outage: goes on behind what the target has. */
  private async resume(): Promise<void> {
    const found = await this.position();
    this.isLost = false;
    const at = this.history.findIndex((batch) => batch.after === found);
    const last = this.history.at(-1);
    if (at < 0 && last !== undefined && found !== last.last) throw this.lost(found);
    const next = at < 0 ? this.history.length : at;
    this.tellUnanswered(this.history.slice(this.next, next));
    this.next = next;
  }

  /** Batches were carried out, but what the target answered was lost with the connection. */
  private tellUnanswered(batches: readonly LogBatch[]): void {
    const commands = batches.reduce((sum, batch) => sum + batch.commands, 0);
    if (commands === 0) return;
    this.host.acknowledged(commands);
    for (const batch of batches) this.unsafeBytes += batch.bytes.length;
    const what = commands === 1 ? 'a command of the log was' : `${commands} commands of the log were`;
    this.lane.warn(`${what} carried out, but the answer was lost: whether the target refused any of it is not known`);
  }

  /** Asks the replicas. */
  private async makeSafe(): Promise<void> {
    const { lane } = this;
    try {
      const connection = await lane.ready();
      if (lane.connections !== this.connection) this.isLost = true;
      else if (await lane.quorum.has(connection)) this.unsafeBytes = 0;
      else await lane.patience.wait(`${lane.shard.label}: ${lane.quorum.shortage}`);
    } catch (error) {
      if (error instanceof ReplyError) await this.refused(error.message);
      else await this.survive(error);
      this.isLost = true;
    }
  }

  /** After an error that is an outage: waits until it is over. Others are thrown. */
  private async survive(error: unknown): Promise<void> {
    const isOutage = error instanceof ConnectionLost || (error instanceof EndpointError && error.isPassing);
    if (error instanceof ReplyError && (await this.refused(error.message))) return;
    if (!isOutage || this.host.isStopped) throw error;
    await this.lane.ready();
  }

  /** What is safe, and long ago. */
  private forget(): void {
    let bytes = this.history.reduce((sum, batch) => sum + batch.bytes.length, 0);
    while (this.history.length > 1 && this.unsafeBytes < bytes && bytes > this.host.historyBytes && this.next > 1) {
      bytes -= (this.history.shift() as LogBatch).bytes.length;
      this.next--;
    }
  }
}

const EMPTY = new Uint8Array(0);
