/**
 * Several servers together: replicas, Sentinels, clusters.
 *
 * @module
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Reply } from './resp-client.ts';
import { type ServerOptions, startServer, type TestServer } from './server.ts';
import { isAtLeast, type ServerProgram } from './server-programs.ts';

const PATIENCE_MS = 30_000;

/** Waits until `isTrue` says so. */
export async function until(
  what: string,
  isTrue: () => Promise<boolean>,
  patienceMs: number = PATIENCE_MS,
): Promise<void> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    if (await isTrue()) return;
    if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await pause(20);
  }
}

/** Starts all or none. */
async function startAll(starts: readonly (() => Promise<TestServer>)[]): Promise<TestServer[]> {
  const results = await Promise.allSettled(starts.map((start) => start()));
  const servers = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failure = results.find((result) => result.status === 'rejected');
  if (failure === undefined) return servers;
  await Promise.all(servers.map((server) => server.stop()));
  throw failure.reason;
}

/** Starts replicas of a server with a port and waits until their links are up. */
export async function startReplicas(
  master: TestServer,
  count: number,
  options: ServerOptions = {},
): Promise<readonly TestServer[]> {
  const config = {
    'repl-diskless-sync-delay': 0,
    [isAtLeast(master.program, 5) ? 'replicaof' : 'slaveof']: `127.0.0.1 ${master.port}`,
    ...options.config,
  };
  // Otherwise masters since 6.2 wait 5 s for more of them.
  await master.call('CONFIG', 'SET', 'repl-diskless-sync-delay', 0).catch(() => {});
  const replicas = await startAll(
    Array.from({ length: count }, () => () => startServer(master.program, { tcp: true, ...options, config })),
  );
  await until('the links of the replicas', async () => {
    const infos = await Promise.all(replicas.map((replica) => replica.info('replication')));
    return infos.every(({ master_link_status: status }) => status === 'up');
  });
  // The master counts a replica only when it has said that it has all.
  await until('the master to count its replicas', async () => {
    const fields = Object.entries(await master.info('replication'));
    const isOnline = ([name, value]: [string, string]): boolean => /^slave\d+$/.test(name) && /online/.test(value);
    return fields.filter(isOnline).length >= count;
  });
  return replicas;
}

/** What Sentinels are told. */
export interface SentinelOptions {
  /** @default 3 */
  readonly count?: number;
  /** @default 'mymaster' */
  readonly name?: string;
  /**
   * Milliseconds of silence after which a server counts as down. With less than a second or two a new master seems to be
   * down at once, since Sentinels need as long to connect to it.
   * @default 2000
   */
  readonly downAfterMs?: number;
  /** The password of the servers that are watched. */
  readonly masterPassword?: string;
  /** The Sentinels' own password. */
  readonly password?: string;
}

/** Starts Sentinels that watch a master with a port, and waits until they know each other and its replicas. */
export async function startSentinels(
  master: TestServer,
  replicas: number,
  options: SentinelOptions = {},
): Promise<readonly TestServer[]> {
  const { count = 3, name = 'mymaster', downAfterMs = 2000 } = options;
  const auth = options.masterPassword === undefined ? [] : [`auth-pass ${name} ${options.masterPassword}`];
  // Sentinels log in at each other with the password that they ask for.
  const own = options.password === undefined ? [] : [`sentinel-pass ${options.password}`];
  const sentinel = [
    `monitor ${name} 127.0.0.1 ${master.port} ${Math.floor(count / 2) + 1}`,
    ...auth,
    ...own,
    `down-after-milliseconds ${name} ${downAfterMs}`,
    // Twice this must pass between two failovers.
    `failover-timeout ${name} 3000`,
  ];
  const common: ServerOptions = { sentinel: true, config: { sentinel } };
  const start = (): Promise<TestServer> =>
    startServer(master.program, options.password === undefined ? common : { ...common, password: options.password });
  const sentinels = await startAll(Array.from({ length: count }, () => start));
  await until('the Sentinels know each other', async () => {
    const infos = await Promise.all(sentinels.map((server) => server.info('sentinel')));
    const wanted = `status=ok,address=127.0.0.1:${master.port},slaves=${replicas},sentinels=${count}`;
    return infos.every((info) => info.master0?.includes(wanted) ?? false);
  });
  return sentinels;
}

/** A running cluster. */
export interface TestCluster {
  /** By the order of their slots, as they were at the start. */
  readonly masters: readonly TestServer[];
  /** The replica at an index belongs to the master there, at the start. */
  readonly replicas: readonly TestServer[];
  stop(): Promise<void>;
}

/** How a cluster is made. */
export interface ClusterOptions {
  /** @default 3 */
  readonly masters?: number;
  /**
   * Replicas of each master.
   * @default 0
   */
  readonly replicas?: 0 | 1;
  /**
   * Milliseconds until a node counts as failing.
   * @default 1000
   */
  readonly nodeTimeoutMs?: number;
  /** Further options of each node. */
  readonly server?: ServerOptions;
}

const SLOTS = 16_384;

/** The slots of the node at `index` when `count` nodes share them all: `[first, last]`. */
export function slotShare(index: number, count: number): readonly [first: number, last: number] {
  return [Math.floor((SLOTS * index) / count), Math.floor((SLOTS * (index + 1)) / count) - 1];
}

/** Starts nodes, shares the slots among the masters and waits until all agree. */
export async function startCluster(program: ServerProgram, options: ClusterOptions = {}): Promise<TestCluster> {
  const { masters: count = 3, replicas: perMaster = 0, nodeTimeoutMs = 1000, server = {} } = options;
  const config = {
    'cluster-node-timeout': nodeTimeoutMs,
    [isAtLeast(program, 5) ? 'cluster-replica-validity-factor' : 'cluster-slave-validity-factor']: 0,
    // A replica is not listed before its master has sent something.
    [isAtLeast(program, 5) ? 'repl-ping-replica-period' : 'repl-ping-slave-period']: 1,
    'repl-diskless-sync-delay': 0,
    ...server.config,
  };
  const total = count * (1 + perMaster);
  const nodes = await startAll(
    Array.from({ length: total }, () => () => startServer(program, { cluster: true, ...server, config })),
  );
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()));
  };
  try {
    const masters = nodes.slice(0, count);
    const replicas = nodes.slice(count);
    await Promise.all(
      masters.map(async (node, i) => {
        const [first, last] = slotShare(i, count);
        await node.call('CLUSTER', 'ADDSLOTS', ...Array.from({ length: last - first + 1 }, (_, k) => first + k));
        await node.call('CLUSTER', 'SET-CONFIG-EPOCH', i + 1);
      }),
    );
    for (const node of nodes.slice(1)) await nodes[0]?.call('CLUSTER', 'MEET', '127.0.0.1', node.port);
    await until('the nodes know each other', () => everyInfo(nodes, 'cluster_known_nodes', String(total)));
    await until('the nodes agree', () => everyInfo(nodes, 'cluster_state', 'ok'));
    for (const [i, replica] of replicas.entries()) {
      await replica.call('CLUSTER', 'REPLICATE', String(await masters[i % count]?.call('CLUSTER', 'MYID')));
    }
    await until('the links of the replicas', async () => {
      const infos = await Promise.all(replicas.map((replica) => replica.info('replication')));
      return infos.every(({ master_link_status: status }) => status === 'up');
    });
    // All nodes must have heard of the replicas, or `CLUSTER SLOTS` leaves some out.
    await until('the nodes know the replicas', async () => {
      const lists = await Promise.all(nodes.map((node) => node.call('CLUSTER', 'SLOTS')));
      return lists.every((list) => nodesIn(list) >= total);
    });
    return { masters, replicas, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function nodesIn(slots: Reply): number {
  if (!Array.isArray(slots)) return 0;
  return slots.reduce<number>((sum, range) => sum + (Array.isArray(range) ? range.length - 2 : 0), 0);
}

async function everyInfo(nodes: readonly TestServer[], field: string, value: string): Promise<boolean> {
  const infos = await Promise.all(nodes.map((node) => node.call('CLUSTER', 'INFO')));
  return infos.every((info) => String(info).split('\r\n').includes(`${field}:${value}`));
}

/** Moves a slot with the keys in it from one master to another, as `redis-cli --cluster reshard` does. */
export async function moveSlot(
  slot: number,
  from: TestServer,
  to: TestServer,
  whileOpen: () => Promise<void> = async () => {},
): Promise<void> {
  const [fromId, toId] = await Promise.all([from.call('CLUSTER', 'MYID'), to.call('CLUSTER', 'MYID')]);
  await to.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', String(fromId));
  await from.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', String(toId));
  await whileOpen();
  for (;;) {
    const keys = (await from.call('CLUSTER', 'GETKEYSINSLOT', slot, 100)) as Reply[];
    if (keys.length === 0) break;
    for (const key of keys) {
      await from.call('MIGRATE', '127.0.0.1', to.port, key as Uint8Array & Reply, 0, 10_000, 'REPLACE');
    }
  }
  await to.call('CLUSTER', 'SETSLOT', slot, 'NODE', String(toId));
  await from.call('CLUSTER', 'SETSLOT', slot, 'NODE', String(toId));
}
