/**
 * What all topologies do alike: verified connections to masters, and getting rid of those to former masters.
 *
 * @module
 */
import { type Address, formatAddress } from '../address.ts';
import type { Connection, ReplyHandler } from '../connection.ts';
import type { Endpoint } from '../endpoint.ts';
import { EndpointError } from '../endpoint-error.ts';
import type { Patience } from '../patience.ts';
import type { Shard, TopologyEvent } from '../topology.ts';
import type { Dialer } from './dialer.ts';

/** A shard whose master may change. */
export interface MutableShard extends Shard {
  address: Address;
  label: string;
}

/** What keeps a server from taking data; `null` when nothing does. */
export function troubleOf(connection: Connection): EndpointError | null {
  const { peer, address } = connection;
  if (peer.role === 'sentinel') {
    return new EndpointError('ENDPOINT_WRONG_MODE', 'this is a Sentinel, which holds no data', { address });
  }
  if (peer.isLoading) {
    const eta = peer.loadingEtaSeconds === null ? '' : `, ${peer.loadingEtaSeconds} s to go`;
    return new EndpointError('ENDPOINT_LOADING', `the server loads its dataset${eta}`, { address });
  }
  if (peer.role === 'replica') {
    const master = peer.masterAddress;
    const of = master === null ? '' : ` of ${formatAddress(master)}`;
    const hint = 'it takes no writes: name its master instead, or the Sentinels or the cluster that know it';
    return new EndpointError('ENDPOINT_REPLICA', `the server is a replica${of}`, { address, hint });
  }
  return null;
}

/** How one attempt is made. */
export interface Limits {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

const LAST_TRY_MS = 1000;

/** The common ground of topologies. */
export abstract class TopologyBase {
  readonly endpoint: Endpoint;
  protected readonly dialer: Dialer;
  protected readonly tell: (event: TopologyEvent) => void;
  protected isClosed = false;
  /** Connections that were handed out and live. */
  private readonly live = new Map<Connection, Shard>();

  constructor(dialer: Dialer, tell: (event: TopologyEvent) => void) {
    this.dialer = dialer;
    this.endpoint = dialer.endpoint;
    this.tell = tell;
  }

  /**
   * Tries until there is a connection to a master.
   *
   * @param attempt - One try. What it throws and what passes by itself is waited out.
   */
  protected async persist(
    shard: Shard,
    handler: ReplyHandler,
    patience: Patience,
    attempt: (limits: Limits) => Promise<Connection>,
  ): Promise<Connection> {
    for (;;) {
      let trouble: EndpointError;
      try {
        const { remainingMs, signal } = patience;
        // The last try shall not end for want of time alone: its error is what the user gets to see.
        const connection = await attempt({ timeoutMs: Math.max(remainingMs, LAST_TRY_MS), signal });
        const found = connection.ended ?? troubleOf(connection);
        if (this.isClosed) connection.close();
        if (found === null) {
          this.live.set(connection, shard);
          connection.whenEnded(() => this.live.delete(connection));
          connection.attach(handler);
          return connection;
        }
        connection.close();
        trouble = found;
      } catch (error) {
        if (!(error instanceof EndpointError)) throw error;
        trouble = error;
      }
      if (this.isClosed) throw new EndpointError('ENDPOINT_CLOSED', 'the topology was closed');
      if (!trouble.isPassing) throw trouble;
      await patience.wait(trouble.message, trouble);
    }
  }

  /** Another server has become a shard's master: what is connected to a former one must not go on. */
  protected promote(shard: MutableShard, to: Address): void {
    const from = shard.address;
    shard.address = to;
    this.tell({ type: 'failover', shard, from, to });
    const text = `${formatAddress(to)} is the master now`;
    for (const [connection, owner] of this.live) {
      if (owner === shard && formatAddress(connection.address) !== formatAddress(to)) {
        connection.fail(new EndpointError('ENDPOINT_DEMOTED', text, { address: connection.address }));
      }
    }
  }

  close(): void {
    this.isClosed = true;
    for (const connection of this.live.keys()) connection.close();
  }
}
