/**
 * The masters of a cluster and their slots, followed through failovers and resharding.
 *
 * A shard is known by its master's node ID. When a node that was no master takes over what a vanished one had, it continues
 * that one's shard, so that whoever works with the shard need not notice.
 *
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ReplyError } from '@rdbkit/resp';
import { type Address, formatAddress, type TcpAddress } from '../address.ts';
import type { Connection, ReplyHandler } from '../connection.ts';
import { EndpointError } from '../endpoint-error.ts';
import type { Patience } from '../patience.ts';
import type { Redirection, Shard, Topology } from '../topology.ts';
import { type AnnouncedNode, parseRedirection, readSlotRanges, SLOTS, type SlotRange } from './cluster-map.ts';
import type { Attempt } from './dialer.ts';
import { type MutableShard, TopologyBase, troubleOf } from './topology-base.ts';

/** Milliseconds between two looks at the map: one node's trouble brings a redirection for each command on the way. */
const REFRESH_INTERVAL_MS = 200;

interface ClusterShard extends MutableShard {
  /** The master's node ID; `null` while only its address is known. */
  nodeId: string | null;
  /** The master's address as announced. */
  announced: TcpAddress;
  replicas: readonly AnnouncedNode[];
  /** Slots by the last map. */
  slots: number;
  /** Named by a redirection, and not in any map since: it may be about to get its first slot. */
  isNew: boolean;
}

export class ClusterTopology extends TopologyBase implements Topology {
  readonly kind = 'cluster';
  private readonly owners: (ClusterShard | null)[] = Array.from({ length: SLOTS }, () => null);
  private known: ClusterShard[] = [];
  private nextId = 0;
  /** The node that gave the map, kept for the next time. */
  private informant: Connection | null = null;
  private readonly silent = new Set<string>();
  private refreshing: Promise<void> | null = null;
  private refreshedAt = Number.NEGATIVE_INFINITY;
  /** Turns the list of nodes that are asked, so that not always the same one is. */
  private turn = 0;

  /** First contact: the map, and a look at each master. */
  async open(patience: Patience): Promise<void> {
    const attempt: Attempt = { signal: patience.signal, diagnose: true };
    for (;;) {
      await this.readMap(this.endpoint.addresses, attempt);
      const gap = this.owners.indexOf(null);
      if (gap < 0) break;
      const end = this.owners.findIndex((owner, slot) => slot > gap && owner !== null);
      const range = `${gap} to ${(end < 0 ? SLOTS : end) - 1}`;
      const error = new EndpointError('ENDPOINT_CLUSTER', `no node of the cluster has the slots ${range}`, {
        hint: 'see CLUSTER INFO and CLUSTER NODES there',
      });
      await patience.wait(error.message, error);
    }
    for (const shard of this.shards()) await this.visit(shard, attempt);
  }

  /** Finds out whether there is a way to a master. */
  private async visit(shard: Shard, attempt: Attempt): Promise<void> {
    const { announced } = shard as ClusterShard;
    try {
      (await this.dialer.openServer(shard.address, { ...attempt, diagnose: false })).close();
    } catch (error) {
      if (!(error instanceof EndpointError)) throw error;
      if (!error.isPassing) throw error;
      const text = `the cluster announces ${formatAddress(announced)}, where it cannot be reached from here; ${error.message}`;
      const hint = `if the node is reached otherwise, add --nat ${formatAddress(announced)}=HOST:PORT`;
      throw new EndpointError('ENDPOINT_CLUSTER', text, { hint, cause: error });
    }
  }

  shards(): readonly Shard[] {
    return this.known.filter(({ slots }) => slots > 0);
  }

  ownerOf(slot: number): Shard | null {
    return this.owners[slot] ?? null;
  }

  async connect(shard: Shard, handler: ReplyHandler, patience: Patience): Promise<Connection> {
    const own = shard as ClusterShard;
    return await this.persist(shard, handler, patience, async (limits) => {
      if (!this.known.includes(own)) {
        throw new EndpointError('ENDPOINT_SHARD_GONE', `${shard.label} is no master of the cluster any more`);
      }
      let connection: Connection | null = null;
      try {
        connection = await this.dialer.openServer(own.address, limits);
        const trouble = troubleOf(connection);
        if (trouble === null || trouble.code === 'ENDPOINT_LOADING') return connection;
        throw trouble;
      } catch (error) {
        connection?.close();
        await this.rediscover();
        throw error;
      }
    });
  }

  redirect(text: string, from: Shard): Redirection {
    const parsed = parseRedirection(text);
    if (parsed === null) throw new RangeError(`expected MOVED or ASK, got ${JSON.stringify(text)}`);
    const { isAsk, slot, host, port } = parsed;
    const announced = { host: host === '' ? (from as ClusterShard).announced.host : host, port };
    const shard = this.shardAt(announced);
    if (!isAsk) {
      this.owners[slot] = shard;
      void this.rediscover();
    }
    return { shard, isAsk };
  }

  /** The shard whose master has an announced address; a replica with it has taken over. */
  private shardAt(announced: TcpAddress): ClusterShard {
    const text = formatAddress(announced);
    const found = this.known.find((shard) => formatAddress(shard.announced) === text);
    if (found !== undefined) return found;
    for (const shard of this.known) {
      const replica = shard.replicas.find(({ address }) => formatAddress(address) === text);
      if (replica === undefined) continue;
      this.moveTo(shard, replica);
      return shard;
    }
    return this.add({ address: announced, id: null }, true);
  }

  private add(node: AnnouncedNode, isNew: boolean): ClusterShard {
    const address = this.endpoint.nat.apply(node.address);
    const shard: ClusterShard = {
      id: this.nextId++,
      address,
      label: formatAddress(address),
      nodeId: node.id,
      announced: node.address,
      replicas: [],
      slots: 0,
      isNew,
    };
    this.known.push(shard);
    return shard;
  }

  /** Another node is the shard's master, or the same one has another address. */
  private moveTo(shard: ClusterShard, node: AnnouncedNode): void {
    const address = this.endpoint.nat.apply(node.address);
    shard.nodeId = node.id;
    shard.announced = node.address;
    if (formatAddress(address) === formatAddress(shard.address)) return;
    shard.label = formatAddress(address);
    this.promote(shard, address);
  }

  async rediscover(): Promise<void> {
    this.refreshing ??= this.refresh().finally(() => {
      this.refreshing = null;
    });
    await this.refreshing;
  }

  private async refresh(): Promise<void> {
    const restMs = this.refreshedAt + REFRESH_INTERVAL_MS - performance.now();
    if (restMs > 0) await sleep(restMs);
    if (this.isClosed) return;
    try {
      await this.readMap(this.nodesToAsk(), {});
    } catch (error) {
      // The map stays as it is; whoever needs a node meets the trouble in `connect`.
      if (!(error instanceof EndpointError)) throw error;
    } finally {
      this.refreshedAt = performance.now();
    }
  }

  /** Masters and replicas in turns, then what the user named. */
  private nodesToAsk(): readonly Address[] {
    const { nat } = this.endpoint;
    const nodes = this.known.flatMap((shard) => [
      shard.address,
      ...shard.replicas.map(({ address }) => nat.apply(address)),
    ]);
    this.turn = (this.turn + 1) % Math.max(1, nodes.length);
    const turned = [...nodes.slice(this.turn), ...nodes.slice(0, this.turn), ...this.endpoint.addresses];
    return [...new Map(turned.map((address) => [formatAddress(address), address])).values()];
  }

  /**
   * Asks one node after the other for the map.
   *
   * @throws {EndpointError} The first node's, if none answers.
   */
  private async readMap(addresses: readonly Address[], attempt: Attempt): Promise<void> {
    let failure: EndpointError | null = null;
    for (const address of addresses) {
      if (this.isClosed) return;
      try {
        this.apply(await this.askMap(address, attempt));
        this.silent.delete(formatAddress(address));
        return;
      } catch (error) {
        if (!(error instanceof EndpointError)) throw error;
        failure ??= error;
        if (this.silent.has(formatAddress(address))) continue;
        this.silent.add(formatAddress(address));
        this.tell({ type: 'silent', address, reason: error.message });
      }
    }
    throw failure ?? new EndpointError('ENDPOINT_CLUSTER', 'no node of the cluster is known');
  }

  private async askMap(address: Address, attempt: Attempt): Promise<readonly SlotRange[]> {
    if (this.informant !== null && formatAddress(this.informant.address) !== formatAddress(address)) {
      this.informant.close();
      this.informant = null;
    }
    if (this.informant === null || this.informant.ended !== null) {
      this.informant = await this.dialer.open(address, 'data', attempt);
    }
    const reply = await this.informant.ask('CLUSTER', 'SLOTS');
    if (reply instanceof ReplyError) throw refusal(reply, address);
    const ranges = readSlotRanges(reply, 'host' in address ? address.host : '127.0.0.1');
    if (ranges.length > 0) return ranges;
    throw new EndpointError('ENDPOINT_CLUSTER', 'this node belongs to no cluster with slots', { address });
  }

  /** Takes a map over. */
  private apply(ranges: readonly SlotRange[]): void {
    const masters = new Map<string, ClusterShard>();
    const nodes = new Map<string, { node: AnnouncedNode; ranges: SlotRange[] }>();
    for (const range of ranges) {
      const id = range.master.id ?? formatAddress(range.master.address);
      const entry = nodes.get(id) ?? { node: range.master, ranges: [] };
      entry.ranges.push(range);
      nodes.set(id, entry);
    }
    const taken = new Set<ClusterShard>();
    for (const [id, { node }] of nodes) {
      const shard = this.shardOf(node);
      if (shard === undefined) continue;
      this.moveTo(shard, node);
      masters.set(id, shard);
      taken.add(shard);
    }
    for (const [id, { node, ranges: own }] of nodes) {
      if (masters.has(id)) continue;
      const former = this.formerOwner(own, taken);
      if (former !== null) this.moveTo(former, node);
      const shard = former ?? this.add(node, false);
      masters.set(id, shard);
      taken.add(shard);
    }
    this.assign([...nodes].map(([id, { ranges: own }]) => [masters.get(id) as ClusterShard, own]));
  }

  /** The shard that a node is the master of already. */
  private shardOf(node: AnnouncedNode): ClusterShard | undefined {
    const address = formatAddress(node.address);
    return (
      this.known.find(({ nodeId }) => nodeId !== null && nodeId === node.id) ??
      this.known.find(
        ({ nodeId, announced }) => (nodeId === null || node.id === null) && formatAddress(announced) === address,
      )
    );
  }

  /** The shard that had most of these slots, if its master is none any more. */
  private formerOwner(ranges: readonly SlotRange[], taken: ReadonlySet<ClusterShard>): ClusterShard | null {
    const counts = new Map<ClusterShard | null, number>();
    for (const { first, last } of ranges) {
      for (let slot = first; slot <= last; slot++) {
        const owner = this.owners[slot] ?? null;
        counts.set(owner, (counts.get(owner) ?? 0) + 1);
      }
    }
    const [owner] = [...counts].toSorted(([, a], [, b]) => b - a)[0] ?? [];
    return owner == null || taken.has(owner) ? null : owner;
  }

  private assign(shards: readonly (readonly [ClusterShard, readonly SlotRange[]])[]): void {
    const before = [...this.owners];
    const isFirst = this.known.every(({ slots }) => slots === 0);
    this.owners.fill(null);
    for (const shard of this.known) shard.slots = 0;
    for (const [shard, ranges] of shards) {
      shard.isNew = false;
      shard.replicas = ranges[0]?.replicas ?? [];
      for (const { first, last } of ranges) {
        this.owners.fill(shard, first, last + 1);
        shard.slots += last - first + 1;
      }
    }
    this.known = this.known.filter(({ slots, isNew }) => slots > 0 || isNew);
    const moved = this.owners.filter((owner, slot) => owner !== null && owner !== before[slot]).length;
    if (moved > 0 && !isFirst) this.tell({ type: 'resharding', slots: moved });
  }

  override close(): void {
    super.close();
    this.informant?.close();
  }
}

function refusal(reply: ReplyError, address: Address): EndpointError {
  if (/cluster support disabled/i.test(reply.message)) {
    const hint = `write redis://${formatAddress(address)}`;
    return new EndpointError('ENDPOINT_WRONG_MODE', 'this server belongs to no cluster', { address, hint });
  }
  if (/unknown command/i.test(reply.message)) {
    const hint = `write redis://${formatAddress(address)} if it is not a cluster, or looks like none`;
    return new EndpointError('ENDPOINT_WRONG_MODE', 'this server does not know CLUSTER SLOTS', { address, hint });
  }
  const code = reply.prefix === 'NOPERM' ? 'ENDPOINT_NOT_PERMITTED' : 'ENDPOINT_CLUSTER';
  return new EndpointError(code, `CLUSTER SLOTS was refused: ${reply.message}`, { address });
}
