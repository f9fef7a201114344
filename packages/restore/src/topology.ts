/**
 * Who holds the data: the masters behind an endpoint, followed through failovers and resharding.
 *
 * @module
 */
import type { Address } from './address.ts';
import type { Connection, ReplyHandler } from './connection.ts';
import type { Endpoint, EndpointKind } from './endpoint.ts';
import type { Patience } from './patience.ts';

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

/** What happened to the topology, for a log and for counting. */
export type TopologyEvent =
  /** A shard has another master. */
  | {
      readonly type: 'failover';
      readonly shard: Shard;
      readonly from: Address;
      readonly to: Address;
    }
  /** Slots have another shard than before. */
  | { readonly type: 'resharding'; readonly slots: number }
  /** A Sentinel or a node that was asked for the topology did not answer as it should; others are asked. */
  | { readonly type: 'silent'; readonly address: Address; readonly reason: string }
  /** Something that the user should know, but that hinders nothing. */
  | { readonly type: 'warning'; readonly message: string };

/** What an error reply `MOVED` or `ASK` means. */
export interface Redirection {
  /** Who is to be sent the command. */
  readonly shard: Shard;
  /** For this one command only, directly behind `ASKING`. */
  readonly isAsk: boolean;
}

/** The masters behind an endpoint. Made by {@link openTopology}. */
export interface Topology {
  readonly kind: EndpointKind;
  readonly endpoint: Endpoint;

  /** The shards that have slots, or the only one. */
  shards(): readonly Shard[];

  /** The shard with a slot (0 to 16383); `null` when no node has it at present: wait, and {@link Topology.rediscover}. */
  ownerOf(slot: number): Shard | null;

  /**
   * Connects to the master of a shard: logged in, not loading, and a master by its own account. Waits, asks again who it is,
   * and follows failovers as long as `patience` has it; it does not call `progress()` when it succeeds.
   *
   * @throws {EndpointError} `ENDPOINT_GAVE_UP`; `ENDPOINT_SHARD_GONE` when others have the shard's slots now; any error that
   * does not pass by itself, such as `ENDPOINT_WRONG_PASSWORD`; and the reason of the patience's signal.
   */
  connect(shard: Shard, handler: ReplyHandler, patience: Patience): Promise<Connection>;

  /** Looks anew who the masters are. Never rejects, and is not done more often than makes sense. */
  rediscover(): Promise<void>;

  /**
   * Whom the error reply `MOVED …` or `ASK …` of `from` names. After `MOVED` the slot has a new owner at once.
   *
   * @throws RangeError if the text is neither.
   */
  redirect(text: string, from: Shard): Redirection;

  /** Ends everything that watches, and all connections. */
  close(): void;
}
