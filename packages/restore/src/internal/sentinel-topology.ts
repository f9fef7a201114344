/**
 * One master that Sentinels watch: they are asked for it, subscribed to, and asked again from time to time because a
 * subscription can die silently.
 *
 * @module
 */
import { type Address, formatAddress } from '../address.ts';
import type { Connection, ReplyHandler } from '../connection.ts';
import { EndpointError } from '../endpoint-error.ts';
import type { Patience } from '../patience.ts';
import type { Redirection, Shard, Topology, TopologyEvent } from '../topology.ts';
import type { Attempt, Dialer } from './dialer.ts';
import { type Announcement, SentinelClient, switchedMaster } from './sentinel-client.ts';
import { type MutableShard, TopologyBase, troubleOf } from './topology-base.ts';

export class SentinelTopology extends TopologyBase implements Topology {
  readonly kind = 'sentinel';
  private readonly client: SentinelClient;
  private readonly pollMs: number;
  private shard: MutableShard | null = null;
  private readonly subscriptions = new Map<string, Connection | 'connecting'>();
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | null = null;

  constructor(dialer: Dialer, tell: (event: TopologyEvent) => void, pollMs: number) {
    super(dialer, tell);
    this.client = new SentinelClient(dialer, tell);
    this.pollMs = pollMs;
  }

  /** First contact. While a Sentinel itself has trouble with the master it waits, otherwise failure is final. */
  async open(patience: Patience): Promise<void> {
    for (;;) {
      const found = await this.client.findMaster({ signal: patience.signal, diagnose: true });
      try {
        const connection = await this.openAnnounced(found, { signal: patience.signal, diagnose: true });
        const trouble = troubleOf(connection);
        connection.close();
        if (trouble === null || trouble.code === 'ENDPOINT_LOADING') {
          const label = `${this.client.masterName} (${formatAddress(found.address)})`;
          this.shard = { id: 0, address: found.address, label };
          break;
        }
        if (trouble.code !== 'ENDPOINT_REPLICA') throw trouble;
        await patience.wait(`waiting for a master: ${trouble.message}`, trouble);
      } catch (error) {
        if (!(error instanceof EndpointError) || !error.isPassing || !(found.isDown || isTransient(error))) throw error;
        await patience.wait(error.message, error);
      }
    }
    this.watch();
    this.timer = setInterval(() => {
      this.watch();
      void this.rediscover();
    }, this.pollMs);
    this.timer.unref();
  }

  /** Connects to the master that was announced; if there never was a way to it, says what may help. */
  private async openAnnounced(found: Announcement, attempt: Attempt): Promise<Connection> {
    try {
      return await this.dialer.openServer(found.address, attempt);
    } catch (error) {
      if (!(error instanceof EndpointError) || !attempt.diagnose || !isUnreachable(error)) throw error;
      const announced = formatAddress(found.announced);
      const hint = `Sentinel announces ${announced}; if it is reached otherwise from here, add --nat ${announced}=HOST:PORT`;
      // The address is part of the message already.
      throw new EndpointError(error.code, error.message, { hint, cause: error });
    }
  }

  private get master(): MutableShard {
    if (this.shard === null) throw new TypeError('the topology is not open');
    return this.shard;
  }

  shards(): readonly Shard[] {
    return [this.master];
  }

  ownerOf(): Shard {
    return this.master;
  }

  async connect(shard: Shard, handler: ReplyHandler, patience: Patience): Promise<Connection> {
    return await this.persist(shard, handler, patience, async (limits) => {
      const found = await this.client.findMaster(limits);
      const connection = await this.openAnnounced(found, limits).catch((error: unknown) => {
        this.client.defer(found.sentinel);
        throw error;
      });
      if (connection.peer.role === 'replica') this.client.defer(found.sentinel);
      else this.follow(found.address);
      return connection;
    });
  }

  /** Takes an address as that of the master. */
  private follow(address: Address): void {
    const shard = this.master;
    if (formatAddress(address) === formatAddress(shard.address)) return;
    shard.label = `${this.client.masterName} (${formatAddress(address)})`;
    this.promote(shard, address);
  }

  async rediscover(): Promise<void> {
    this.looking ??= this.look().finally(() => {
      this.looking = null;
    });
    await this.looking;
  }

  /** Asks who the master is; another one than before counts only if it says so itself. */
  private async look(): Promise<void> {
    try {
      const found = await this.client.findMaster({});
      if (this.isClosed || formatAddress(found.address) === formatAddress(this.master.address)) return;
      const connection = await this.dialer.openServer(found.address);
      const { role } = connection.peer;
      connection.close();
      if (role === 'master' && !this.isClosed) this.follow(found.address);
    } catch (error) {
      // Whoever needs the master meets the same error in `connect`.
      if (!(error instanceof EndpointError)) throw error;
    }
  }

  /** Subscribes at each Sentinel where we are not. */
  private watch(): void {
    for (const sentinel of this.client.sentinels) {
      const id = formatAddress(sentinel);
      if (this.subscriptions.has(id)) continue;
      this.subscriptions.set(id, 'connecting');
      this.subscribe(sentinel, id).catch(() => this.subscriptions.delete(id));
    }
  }

  private async subscribe(sentinel: Address, id: string): Promise<void> {
    const connection = await this.dialer.open(sentinel, 'sentinel');
    connection.whenEnded(() => this.subscriptions.delete(id));
    if (this.isClosed) {
      connection.close();
      return;
    }
    this.subscriptions.set(id, connection);
    connection.onUnasked((message) => {
      if (switchedMaster(message, this.client.masterName) === null) return;
      this.client.prefer(sentinel);
      void this.rediscover();
    });
    await connection.call('SUBSCRIBE', '+switch-master');
  }

  redirect(text: string): Redirection {
    throw new RangeError(`a server behind Sentinel does not redirect: ${text}`);
  }

  override close(): void {
    clearInterval(this.timer);
    super.close();
    for (const connection of this.subscriptions.values()) if (connection !== 'connecting') connection.close();
  }
}

function isUnreachable(error: EndpointError): boolean {
  return ['ENDPOINT_REFUSED', 'ENDPOINT_UNREACHABLE', 'ENDPOINT_TIMEOUT', 'ENDPOINT_DNS'].includes(error.code);
}

/** Passes whether or not a failover goes on. */
function isTransient(error: EndpointError): boolean {
  return error.code === 'ENDPOINT_MAX_CLIENTS';
}
