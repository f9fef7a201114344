/**
 * What is acknowledged is not safe yet where there are replicas: one of them may become the master and lack it. Parts are held
 * here until `WAIT` says that the replicas have them, and sent again when the connection is lost before.
 */
import { ReplyError, replyText } from '@rdbkit/resp';
import type { Connection } from '../../connection.ts';
import { EndpointError } from '../../endpoint-error.ts';
import { classifyReply } from '../../reply-class.ts';
import { parseServerState } from '../../server-state.ts';
import type { Lane } from './lane.ts';
import type { Part } from './part.ts';

/** Acknowledged bytes after which the replicas are asked, unless there is nothing else to do. */
const ASK_EVERY_BYTES = 2 * 1024 * 1024;
const WAIT_MS = 1000;
/**
 * When all replicas are gone one of them may be about to become the master, without what the old one has acknowledged since.
 * For so long nothing counts as safe; whoever is demoted meanwhile says so.
 */
const GRACE_MS = 10_000;

export class SafetyNet {
  private readonly lane: Lane;
  private readonly replicas: number | 'auto';
  private connection: Connection | null = null;
  private held: Part[] = [];
  private heldBytes = 0;
  private isAsking = false;
  /** Since when no replica is online. */
  private goneSince: number | null = null;
  /** How many replicas must have everything. */
  private wanted = 0;

  constructor(lane: Lane, replicas: number | 'auto') {
    this.lane = lane;
    this.replicas = replicas;
  }

  /** Whether there are replicas to be asked. */
  get isHolding(): boolean {
    return this.wanted > 0;
  }

  connected(connection: Connection): void {
    this.connection = connection;
    if (this.replicas !== 'auto') {
      this.wanted = this.replicas;
      return;
    }
    const online = connection.peer.replicas ?? 0;
    this.wanted = online === 0 && this.wanted > 0 ? 1 : online;
  }

  /** All of a part is acknowledged. */
  add(part: Part): void {
    if (this.wanted === 0) {
      this.lane.release(part);
      return;
    }
    this.held.push(part);
    this.heldBytes += part.bytes.length;
    this.tend();
  }

  /** Parts that are held, which the connection has been lost for. */
  dropAll(): Part[] {
    this.connection = null;
    const parts = this.held;
    this.held = [];
    this.heldBytes = 0;
    return parts;
  }

  /** Asks the replicas when it is time to. */
  tend(): void {
    if (this.held.length === 0 || this.isAsking || this.connection === null) return;
    if (this.heldBytes >= ASK_EVERY_BYTES || this.lane.isQuiet) void this.ask(this.connection);
  }

  private async ask(connection: Connection): Promise<void> {
    this.isAsking = true;
    const covered = this.held.length;
    try {
      const reply = await connection.call('WAIT', this.wanted, WAIT_MS);
      // The held parts are others by now, or to be sent again, when this is not the connection any more.
      if (connection !== this.connection) return;
      const found = Number(reply);
      if (found >= this.wanted) this.release(covered);
      else await this.missing(connection, found);
    } catch (error) {
      if (error instanceof ReplyError && classifyReply(error.message).action === 'rediscover') {
        // It became a replica while it was asked: what is held is not safe, and has to go to its successor.
        this.lane.demoted(error.message);
      } else if (error instanceof ReplyError && this.replicas === 'auto') {
        // A proxy, or a server that has no replicas in this sense.
        this.wanted = 0;
        this.release(this.held.length);
      } else if (connection === this.connection || isEnd(error)) {
        this.lane.giveUp(error);
      }
      // A lost connection is seen to elsewhere.
    } finally {
      this.isAsking = false;
    }
    this.tend();
  }

  private release(count: number): void {
    this.goneSince = null;
    this.lane.patience.progress();
    for (const part of this.held.splice(0, count)) {
      this.heldBytes -= part.bytes.length;
      this.lane.release(part);
    }
  }

  /** Fewer replicas than wanted have what was sent: they lag behind, or some are gone. */
  private async missing(connection: Connection, found: number): Promise<void> {
    if (this.replicas === 'auto') {
      const online = parseServerState(replyText(await connection.call('INFO'))).replicas ?? 0;
      if (connection !== this.connection) return;
      this.goneSince = online > 0 ? null : (this.goneSince ?? performance.now());
      if (online > 0 && online < this.wanted) {
        this.wanted = online;
        return;
      }
      if (this.goneSince !== null && performance.now() - this.goneSince >= GRACE_MS) {
        this.wanted = 0;
        this.lane.warn('its replicas are gone: what it acknowledges from here on is only there');
        this.release(this.held.length);
        return;
      }
    }
    await this.lane.patience.wait(`${this.lane.shard.label}: ${found} of ${this.wanted} replicas have what was sent`);
  }
}

function isEnd(error: unknown): boolean {
  return error instanceof EndpointError && error.code === 'ENDPOINT_GAVE_UP';
}
