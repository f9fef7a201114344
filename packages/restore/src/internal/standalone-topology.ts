/**
 * One fixed address: a server, a socket file, a proxy, a port-forward, a caller's stream. Who is behind it may change; a cut
 * connection, or a master that says it is none any more, is the only sign of that.
 *
 * @module
 */

import { formatAddress } from '../address.ts';
import type { Connection, ReplyHandler } from '../connection.ts';
import type { Patience } from '../patience.ts';
import type { Redirection, Shard, Topology, TopologyEvent } from '../topology.ts';
import type { Dialer } from './dialer.ts';
import { type MutableShard, TopologyBase } from './topology-base.ts';

export class StandaloneTopology extends TopologyBase implements Topology {
  readonly kind = 'standalone';
  private readonly shard: MutableShard;

  constructor(dialer: Dialer, tell: (event: TopologyEvent) => void) {
    super(dialer, tell);
    const [address] = dialer.endpoint.addresses;
    if (address === undefined) throw new TypeError('an endpoint without an address');
    this.shard = { id: 0, address, label: formatAddress(address) };
  }

  shards(): readonly Shard[] {
    return [this.shard];
  }

  ownerOf(): Shard {
    return this.shard;
  }

  async connect(shard: Shard, handler: ReplyHandler, patience: Patience): Promise<Connection> {
    return await this.persist(shard, handler, patience, (limits) => this.dialer.openServer(shard.address, limits));
  }

  async rediscover(): Promise<void> {
    // There is nobody to ask; connecting again is all that helps.
  }

  redirect(text: string): Redirection {
    throw new RangeError(`a standalone server does not redirect: ${text}`);
  }
}
