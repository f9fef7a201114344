/**
 * What is acknowledged is not safe yet where there are replicas: one of them may become the master and lack it. Parts are held
 * here until `WAIT` says that the replicas have them, and sent again when the connection is lost before.
 */
import { ReplyError } from '@rdbkit/resp';
import type { Connection } from '../../connection.ts';
import { EndpointError } from '../../endpoint-error.ts';
import { classifyReply } from '../../reply-class.ts';
import type { Lane } from './lane.ts';
import type { Part } from './part.ts';
import { ReplicaQuorum } from './replica-quorum.ts';

/** Acknowledged bytes after which the replicas are asked, unless there is nothing else to do. */
const ASK_EVERY_BYTES = 2 * 1024 * 1024;

export class SafetyNet {
  readonly quorum: ReplicaQuorum;
  private readonly lane: Lane;
  private connection: Connection | null = null;
  private held: Part[] = [];
  private heldBytes = 0;
  private isAsking = false;

  constructor(lane: Lane, replicas: number | 'auto') {
    this.lane = lane;
    this.quorum = new ReplicaQuorum(replicas, (message) => lane.warn(message));
  }

  connected(connection: Connection): void {
    this.connection = connection;
    this.quorum.connected(connection);
  }

  /** All of a part is acknowledged. */
  add(part: Part): void {
    if (!this.quorum.isWanted) {
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
    const { lane, quorum } = this;
    this.isAsking = true;
    const covered = this.held.length;
    try {
      const isSafe = await quorum.has(connection);
      // The held parts are others by now, or to be sent again, when this is not the connection any more.
      if (connection !== this.connection) return;
      if (isSafe || !quorum.isWanted) this.release(quorum.isWanted ? covered : this.held.length);
      else await lane.patience.wait(`${lane.shard.label}: ${quorum.shortage}`);
    } catch (error) {
      if (error instanceof ReplyError && classifyReply(error.message).action === 'rediscover') {
        // It became a replica while it was asked: what is held is not safe, and has to go to its successor.
        lane.demoted(error.message);
      } else if (connection === this.connection || isEnd(error)) {
        lane.giveUp(error);
      }
      // A lost connection is seen to elsewhere.
    } finally {
      this.isAsking = false;
    }
    this.tend();
  }

  private release(count: number): void {
    this.lane.patience.progress();
    for (const part of this.held.splice(0, count)) {
      this.heldBytes -= part.bytes.length;
      this.lane.release(part);
    }
  }
}

function isEnd(error: unknown): boolean {
  return error instanceof EndpointError && error.code === 'ENDPOINT_GAVE_UP';
}
