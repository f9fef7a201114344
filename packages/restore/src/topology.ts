/**
 * Who holds the data: the masters behind an endpoint, followed through failovers and resharding.
 *
 * @module
 */
import type { Address } from './address.ts';

/** What happened to the topology, for a log and for counting. */
export type TopologyEvent =
  /** A shard has another master. */
  | {
      readonly type: 'failover';
      readonly shard: Shard;
      readonly from: Address;
      readonly to: Address;
      readonly reason: string;
    }
  /** Slots moved between shards. */
  | { readonly type: 'resharding'; readonly slots: number }
  /** A Sentinel or node that is asked for the topology does not answer; others are asked. */
  | { readonly type: 'silent'; readonly address: Address; readonly reason: string };

/**
 * One part of the data with one master at a time: all of it, or some slots of a cluster. The object stays the same when a
 * replica takes over; then its address changes.
 */
export interface Shard {
  /** Small number, unique and stable while the topology lives. */
  readonly id: number;
  /** Where the present master is reached; changes with a failover. */
  readonly address: Address;
  /** For people: the address, or the Sentinels' name of the master with it. */
  readonly label: string;
}
