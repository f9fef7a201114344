/** Whether replicas have what a master has acknowledged: one of them may be the next master, and lack it. */
import { ReplyError, replyText } from '@rdbkit/resp';
import type { Connection } from '../../connection.ts';
import { classifyReply } from '../../reply-class.ts';
import { parseServerState } from '../../server-state.ts';

const WAIT_MS = 1000;
/**
 * Replicas that were there and are gone may belong to another master by now, and this server be the last to learn that it is
 * none: for so long nothing that they lack counts as safe. A Sentinel demotes a former master that can be reached after 8 s.
 */
const GRACE_MS = 15_000;

export class ReplicaQuorum {
  /** What was found when too few replicas had what was sent. */
  shortage = '';
  private readonly replicas: number | 'auto';
  private readonly warn: (message: string) => void;
  /** How many replicas must have everything. */
  private wanted = 0;
  /** When fewer replicas than wanted were found first; `null` while all are there. */
  private missingSince: number | null = null;

  /** @param replicas - How many must have everything; `auto`: all that are online. */
  constructor(replicas: number | 'auto', warn: (message: string) => void) {
    this.replicas = replicas;
    this.warn = warn;
  }

  /** Whether there are replicas to be asked. */
  get isWanted(): boolean {
    return this.wanted > 0;
  }

  connected({ peer }: Connection): void {
    const online = peer.replicas ?? 0;
    // Behind a new master the replicas of the former one appear one after the other.
    this.wanted = this.replicas === 'auto' ? Math.max(online, Math.min(this.wanted, 1)) : this.replicas;
    this.missingSince = null;
  }

  /**
   * Asks whether what was acknowledged is safe; `false`: not yet, ask again after a while.
   *
   * @throws {EndpointError} the connection is gone.
   * @throws {ReplyError} the server is no master any more.
   */
  async has(connection: Connection): Promise<boolean> {
    if (this.wanted === 0) return true;
    const reply = await connection.ask('WAIT', this.wanted, WAIT_MS);
    if (reply instanceof ReplyError) {
      if (this.replicas !== 'auto' || classifyReply(reply.message).action === 'rediscover') throw reply;
      // A proxy, or a server that has no replicas in this sense.
      this.wanted = 0;
      return true;
    }
    const found = Number(reply);
    this.shortage = `${found} of ${this.wanted} replicas have what was sent`;
    if (found >= this.wanted) this.missingSince = null;
    else if (this.replicas === 'auto') await this.lookFor(connection);
    return found >= this.wanted;
  }

  /** Fewer replicas than wanted have what was sent: they lag behind, or some are gone. */
  private async lookFor(connection: Connection): Promise<void> {
    const online = parseServerState(replyText(await connection.call('INFO'))).replicas ?? 0;
    if (online >= this.wanted) {
      this.missingSince = null;
      return;
    }
    this.missingSince ??= performance.now();
    if (performance.now() - this.missingSince < GRACE_MS) return;
    const left = online === 0 ? 'only there' : `there and on ${online} of them`;
    this.warn(`${this.wanted - online} of its replicas are gone: what it acknowledges from here on is ${left}`);
    this.wanted = online;
    this.missingSince = null;
  }
}
