// Masters followed through everything that happens to them, with real servers, Sentinels, clusters and proxies.
import { connect as connectSocket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { ReplyError, replyText } from '@rdbkit/resp';
import {
  freePort,
  makeCertificates,
  moveSlot,
  newestServer,
  programForTests,
  type ServerOptions,
  slotShare,
  startCluster,
  startHaproxy,
  startReplicas,
  startSentinels,
  startServer,
  startTcpProxy,
  type TestCluster,
  type TestServer,
  tlsForTests,
  until,
} from '@rdbkit/testkit';
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  type Connection,
  type Endpoint,
  type EndpointError,
  formatAddress,
  openTopology,
  Patience,
  parseEndpoint,
  type ReplyHandler,
  type Shard,
  streamEndpoint,
  type Topology,
  type TopologyEvent,
  type TopologyOptions,
} from './index.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const program = newestServer() as NonNullable<ReturnType<typeof newestServer>>;
const haproxy = programForTests('haproxy') as string;
const tls = tlsForTests() as NonNullable<ReturnType<typeof tlsForTests>>;

/** Undone after each test, last first. */
const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const undo of cleanups.splice(0).reverse()) await undo();
});

function cleaned<T extends { stop(): Promise<void> }>(thing: T): T {
  cleanups.push(() => thing.stop());
  return thing;
}

async function started(options: ServerOptions = {}): Promise<TestServer> {
  return cleaned(await startServer(program, { tcp: true, ...options }));
}

interface Opened {
  readonly topology: Topology;
  readonly events: TopologyEvent[];
}

async function opened(endpoint: Endpoint | string, options: TopologyOptions = {}): Promise<Opened> {
  const events: TopologyEvent[] = [];
  const topology = await openTopology(typeof endpoint === 'string' ? parseEndpoint(endpoint) : endpoint, {
    onEvent: (event) => events.push(event),
    patience: new Patience({ retryForMs: 10_000 }),
    ...options,
  });
  cleanups.push(() => topology.close());
  return { topology, events };
}

/** A handler that only remembers how the connection ended. */
function watcher(): ReplyHandler & { readonly ends: EndpointError[] } {
  const ends: EndpointError[] = [];
  return { ends, ok: () => {}, none: () => {}, error: () => {}, drain: () => {}, closed: (error) => ends.push(error) };
}

const patient = (): Patience => new Patience({ retryForMs: 20_000 });

function only(topology: Topology): Shard {
  const [shard] = topology.shards();
  return shard ?? expect.unreachable('no shard');
}

async function linked(
  topology: Topology,
  shard: Shard = only(topology),
): Promise<{ connection: Connection; ends: EndpointError[] }> {
  const handler = watcher();
  return { connection: await topology.connect(shard, handler, patient()), ends: handler.ends };
}

const at = (server: TestServer): string => `127.0.0.1:${server.port}`;
const sorted = (ports: readonly number[]): number[] => ports.toSorted((a, b) => a - b);
const portOf = (shard: Shard): number => ('port' in shard.address ? shard.address.port : 0);

describe.skipIf(program === undefined)('one address', () => {
  test.skipIf(tls === undefined)('plain, TLS with a user, a socket file, a stream of our own', async () => {
    const certificates = makeCertificates(tls.openssl);
    const acl = 'app on >secret ~* +@all';
    const server = cleaned(await startServer(tls.program, { tls: certificates, config: { user: acl } }));
    const tcp = await started();
    if (!('path' in server.address)) return expect.unreachable();
    let dials = 0;
    const stream = streamEndpoint(() => {
      dials++;
      return connectSocket(tcp.port, '127.0.0.1');
    });
    const ca = certificates.ca;
    const endpoints: [Endpoint, TestServer][] = [
      [parseEndpoint(at(tcp)), tcp],
      [parseEndpoint(`rediss://app:secret@localhost:${server.tlsPort}/3`, { tls: { ca } }), server],
      [parseEndpoint(`unix://${server.address.path}`), server],
      [stream, tcp],
    ];
    for (const [endpoint, target] of endpoints) {
      const { topology } = await opened(endpoint, { clientName: 'rdbkit-test' });
      expect(topology.kind).toBe('standalone');
      const { connection } = await linked(topology);
      expect(connection.peer).toMatchObject({ role: 'master', mode: 'standalone' });
      expect(connection.peer.runId).toBe((await target.info('server')).run_id);
      const key = formatAddress(connection.address);
      expect(await connection.call('SET', key, 'v')).toBe('OK');
      expect(String(await target.call('CLIENT', 'LIST'))).toMatch(/name=rdbkit-test/);
      await target.call('SELECT', endpoint.db);
      expect(Number(await target.call('EXISTS', key))).toBe(1);
    }
    expect(dials).toBe(2);
    return undefined;
  });

  test('a server that is killed and comes back loading', async () => {
    const config = { appendonly: 'yes', 'key-load-delay': 2000, 'loading-process-events-interval-bytes': 1024 };
    const server = await started({ config });
    await server.call('DEBUG', 'POPULATE', 300);
    await server.call('BGREWRITEAOF');
    await until('the AOF', async () => (await server.info('persistence')).aof_rewrite_in_progress === '0');
    const { topology } = await opened(at(server));
    const { connection, ends } = await linked(topology);
    await server.kill();
    await expect.poll(() => ends.map(({ code }) => code)).toEqual(['ENDPOINT_CLOSED']);
    const reasons: string[] = [];
    const patience = new Patience({ retryForMs: 20_000, onWait: ({ reason }) => reasons.push(reason) });
    const again = topology.connect(only(topology), watcher(), patience);
    await server.start();
    const { peer } = await again;
    expect(peer.isLoading).toBe(false);
    expect(peer.runId).not.toBe(connection.peer.runId);
    expect(reasons.some((reason) => reason.includes('connection refused'))).toBe(true);
    expect(reasons.some((reason) => /the server loads its dataset/.test(reason))).toBe(true);
    expect(Number(await server.call('DBSIZE'))).toBe(300);
  });

  test('a server that hangs', async () => {
    const server = await started();
    const { topology } = await opened(at(server), { replyTimeoutMs: 400, connectTimeoutMs: 400 });
    const { connection, ends } = await linked(topology);
    server.freeze();
    connection.write(Buffer.from('*1\r\n$4\r\nPING\r\n'), 1);
    await expect.poll(() => ends.map(({ code }) => code), { timeout: 3000 }).toEqual(['ENDPOINT_TIMEOUT']);
    const impatient = new Patience({ retryForMs: 700 });
    await expect(topology.connect(only(topology), watcher(), impatient)).rejects.toMatchObject({
      code: 'ENDPOINT_GAVE_UP',
      message: expect.stringMatching(/^gave up after 0.7 s: .*nothing was answered within/) as string,
    });
    const again = linked(topology);
    server.thaw();
    expect(await (await again).connection.call('PING')).toBe('PONG');
  });

  test('a proxy that cuts, refuses, falls silent and leads elsewhere', async () => {
    const [server, other] = [await started(), await started()];
    const proxy = cleaned(await startTcpProxy(server.address));
    const { topology } = await opened(`127.0.0.1:${proxy.port}`, { heartbeatMs: 100, replyTimeoutMs: 400 });
    const first = await linked(topology);
    proxy.cut();
    await expect.poll(() => first.ends).toHaveLength(1);
    proxy.isRefusing = true;
    const waiting = linked(topology);
    await pause(300);
    proxy.isRefusing = false;
    const second = await waiting;
    expect(second.connection.peer.runId).toBe(first.connection.peer.runId);
    // Nothing is due, yet the heartbeat notices.
    proxy.freeze();
    await expect.poll(() => second.ends.map(({ code }) => code), { timeout: 3000 }).toEqual(['ENDPOINT_TIMEOUT']);
    proxy.thaw();
    proxy.target = other.address;
    const third = await linked(topology);
    expect(third.connection.peer.runId).toBe((await other.info('server')).run_id);
  });

  test('somebody who stops it stops the waiting', async () => {
    const server = await started();
    const { topology } = await opened(at(server));
    await server.kill();
    const controller = new AbortController();
    const patience = new Patience({ signal: controller.signal });
    const waiting = topology.connect(only(topology), watcher(), patience);
    setTimeout(() => controller.abort(new Error('interrupted')), 200);
    await expect(waiting).rejects.toThrow('interrupted');
  });
});

describe.skipIf(program === undefined || haproxy === undefined)('behind HAProxy', () => {
  test.each([false, true])('that follows the master; cuts connections: %s', async (cutsOnDemotion) => {
    const [a, b] = [await started(), await started()];
    await b.call('REPLICAOF', '127.0.0.1', a.port);
    const proxy = cleaned(await startHaproxy(haproxy, [a, b], { cutsOnDemotion }));
    const { topology } = await opened(`127.0.0.1:${proxy.port}`);
    const { connection, ends } = await linked(topology);
    expect(connection.peer.runId).toBe((await a.info('server')).run_id);
    // The way of a failover by hand: the new master is made before the old one is told.
    await b.call('REPLICAOF', 'NO', 'ONE');
    await a.call('REPLICAOF', '127.0.0.1', b.port);
    if (cutsOnDemotion) {
      await expect.poll(() => ends.map(({ code }) => code), { timeout: 5000 }).toEqual(['ENDPOINT_CLOSED']);
    } else {
      const reply = await connection.ask('SET', 'k', 'v');
      expect(reply instanceof ReplyError && reply.prefix).toBe('READONLY');
      connection.close();
    }
    const again = await linked(topology);
    expect(again.connection.peer).toMatchObject({ role: 'master', runId: (await b.info('server')).run_id });
    expect(await again.connection.call('SET', 'k', 'v')).toBe('OK');
  });

  test('while no master is there', async () => {
    const server = await started();
    const proxy = cleaned(await startHaproxy(haproxy, [server], { cutsOnDemotion: true }));
    const { topology } = await opened(`127.0.0.1:${proxy.port}`);
    const { ends } = await linked(topology);
    await server.kill();
    await expect.poll(() => ends).toHaveLength(1);
    const again = linked(topology);
    await pause(500);
    await server.start();
    expect(await (await again).connection.call('PING')).toBe('PONG');
  });

  test('that cuts idle connections', async () => {
    const server = await started();
    const proxy = cleaned(await startHaproxy(haproxy, [server], { idleMs: 400 }));
    const { topology } = await opened(`127.0.0.1:${proxy.port}`, { heartbeatMs: 100 });
    const { connection, ends } = await linked(topology);
    await pause(1200);
    expect(ends).toEqual([]);
    expect(await connection.call('PING')).toBe('PONG');
  });
});

describe.skipIf(program === undefined)('Sentinel', () => {
  const password = 'secret';

  interface Group {
    readonly servers: readonly TestServer[];
    readonly sentinels: readonly TestServer[];
    readonly uri: string;
  }

  async function startGroup(): Promise<Group> {
    const master = await started({ password, config: { 'repl-diskless-sync-delay': 0 } });
    const replicas = (await startReplicas(master, 2, { password })).map(cleaned);
    const options = { masterPassword: password, password: 'sentinel-secret' };
    const sentinels = (await startSentinels(master, 2, options)).map(cleaned);
    const uri = `redis-sentinel://:${password}@${sentinels.map(at).join(',')}/mymaster?sentinelPassword=sentinel-secret`;
    return { servers: [master, ...replicas], sentinels, uri };
  }

  test('the master killed, a failover by command, a Sentinel gone, an announced address out of reach', async () => {
    const { servers, sentinels, uri } = await startGroup();
    const [master] = servers;
    const [sentinel, ...others] = sentinels;
    if (master === undefined || sentinel === undefined) return expect.unreachable();
    const { topology, events } = await opened(uri, { pollMs: 500 });
    expect(topology.kind).toBe('sentinel');
    const shard = only(topology);
    expect(shard.label).toBe(`mymaster (${at(master)})`);
    const before = await linked(topology);
    expect(before.connection.peer.replicas).toBe(2);

    // A failover by command: the old master lives on, and the connection to it is ended by Sentinel or by us.
    expect(String(await others[0]?.call('SENTINEL', 'FAILOVER', 'mymaster'))).toBe('OK');
    await expect.poll(() => before.ends.map(({ code }) => code), { timeout: 15_000 }).toEqual(['ENDPOINT_DEMOTED']);
    const after = await linked(topology);
    expect(after.connection.peer.role).toBe('master');
    expect(after.connection.peer.runId).not.toBe(before.connection.peer.runId);
    expect(portOf(shard)).not.toBe(master.port);
    expect(events.filter(({ type }) => type === 'failover')).toMatchObject([
      { shard, from: { port: master.port }, to: shard.address },
    ]);
    expect(await after.connection.call('SET', 'k', '1')).toBe('OK');
    // Sentinel would make it a replica, too, after 8 s.
    await master.reconnect();
    await master.call('REPLICAOF', '127.0.0.1', portOf(shard));
    await until('the old master to follow', async () => {
      await master.reconnect(); // it is cut when its role changes
      return (await master.info('replication')).master_link_status === 'up';
    });

    await until('the Sentinels to be done', async () => {
      const infos = await Promise.all(others.map((other) => other.info('sentinel')));
      return infos.every(({ master0 }) =>
        master0?.includes(`status=ok,address=${formatAddress(shard.address)},slaves=2`),
      );
    });

    // Killed, with the Sentinel that is asked first.
    const second = servers.find((server) => server.port === portOf(shard));
    await sentinel.kill();
    await second?.kill();
    await expect.poll(() => after.ends.length).toBe(1);
    const third = await linked(topology);
    expect(third.connection.peer.role).toBe('master');
    expect(portOf(shard)).not.toBe(second?.port);
    expect(replyText(await third.connection.call('GET', 'k'))).toBe('1');
    expect(events.filter(({ type }) => type === 'failover')).toHaveLength(2);
    expect(events.some((event) => event.type === 'silent' && formatAddress(event.address) === at(sentinel))).toBe(true);

    // The other Sentinels were found through the one that was named, and lead to the master under another address.
    const proxy = cleaned(await startTcpProxy({ host: '127.0.0.1', port: portOf(shard) }));
    const one = uri.replace(sentinels.map(at).join(','), others.map(at).join(','));
    const mapped = { nat: [`127.0.0.1:${portOf(shard)}=127.0.0.1:${proxy.port}`] };
    const through = await opened(parseEndpoint(one, mapped));
    expect(portOf(only(through.topology))).toBe(proxy.port);
    expect(await (await linked(through.topology)).connection.call('PING')).toBe('PONG');

    const nowhere = { nat: [`127.0.0.1:${portOf(shard)}=127.0.0.1:${await freePort()}`] };
    await expect(opened(parseEndpoint(one, nowhere))).rejects.toMatchObject({
      code: 'ENDPOINT_REFUSED',
      hint: expect.stringMatching(/^Sentinel announces 127.0.0.1:\d+; .* add --nat 127.0.0.1:\d+=HOST:PORT$/) as string,
    });
    return undefined;
  });

  test('no Sentinel there, and one that wants another password', async () => {
    const [first, second] = [await freePort(), await freePort()];
    await expect(opened(`redis-sentinel://127.0.0.1:${first},127.0.0.1:${second}/mymaster`)).rejects.toMatchObject({
      code: 'ENDPOINT_NO_MASTER',
      message: expect.stringMatching(
        /^none of 2 Sentinels names a master; 127.0.0.1:\d+: connection refused$/,
      ) as string,
    });
    const master = await started();
    const [sentinel] = (await startSentinels(master, 0, { count: 1, password: 'x' })).map(cleaned);
    if (sentinel === undefined) return expect.unreachable();
    await expect(opened(`redis-sentinel://${at(sentinel)}/mymaster`)).rejects.toMatchObject({
      code: 'ENDPOINT_LOGIN_REQUIRED',
    });
    await expect(opened(`redis-sentinel://${at(sentinel)}/mymaster?sentinelPassword=y`)).rejects.toMatchObject({
      code: 'ENDPOINT_WRONG_PASSWORD',
    });
    return undefined;
  });
});

describe.skipIf(program === undefined)('Cluster', () => {
  async function startedCluster(replicas: 0 | 1, masters = 3): Promise<TestCluster> {
    return cleaned(await startCluster(program, { masters, replicas }));
  }

  function nodeAt(cluster: TestCluster, index: number): TestServer {
    return cluster.masters[index] ?? expect.unreachable('no such node');
  }

  /** Writes one key, wherever its slot is. */
  async function put(topology: Topology, slot: number, key: string): Promise<Shard> {
    const patience = patient();
    let shard = topology.ownerOf(slot);
    let isAsk = false;
    for (;;) {
      if (shard === null) {
        await patience.wait('a slot without a node');
        await topology.rediscover();
        shard = topology.ownerOf(slot);
        continue;
      }
      const connection = await topology.connect(shard, watcher(), patience);
      if (isAsk) await connection.call('ASKING');
      const reply = await connection.ask('SET', key, 'v');
      connection.close();
      if (!(reply instanceof ReplyError)) return shard;
      if (reply.prefix === 'CLUSTERDOWN') {
        await patience.wait(reply.message);
        continue;
      }
      ({ shard, isAsk } = topology.redirect(reply.message, shard));
    }
  }

  test('the map, one seed is enough, from a plain address too', async () => {
    const cluster = await startedCluster(1);
    for (const uri of [`redis-cluster://${at(nodeAt(cluster, 1))}`, at(cluster.replicas[0] as TestServer)]) {
      const { topology } = await opened(uri);
      expect(topology.kind).toBe('cluster');
      expect(sorted(topology.shards().map(portOf))).toEqual(sorted(cluster.masters.map(({ port }) => port)));
      for (const [i, { port }] of cluster.masters.entries()) {
        const [first, last] = slotShare(i, 3);
        for (const slot of [first, last]) expect(topology.ownerOf(slot)?.address).toMatchObject({ port });
      }
    }
    await expect(opened(`redis-cluster://${at(nodeAt(cluster, 0))}/1`)).rejects.toMatchObject({
      code: 'ENDPOINT_DATABASE',
      message: expect.stringMatching(/a cluster has database 0 only, not 1/) as string,
    });

    const { topology, events } = await opened(`redis-cluster://${at(nodeAt(cluster, 0))}`);
    const victim = topology.ownerOf(0) ?? expect.unreachable();
    const { ends, connection } = await linked(topology, victim);
    await nodeAt(cluster, 0).kill();
    await expect.poll(() => ends).toHaveLength(1);
    const again = await linked(topology, victim);
    expect(again.connection.peer).toMatchObject({ role: 'master' });
    expect(again.connection.peer.runId).not.toBe(connection.peer.runId);
    expect(topology.ownerOf(0)).toBe(victim);
    expect(portOf(victim)).toBe(cluster.replicas[0]?.port);
    expect(events.filter(({ type }) => type === 'failover')).toHaveLength(1);
    expect(events.filter(({ type }) => type === 'resharding')).toEqual([]);
    expect(await put(topology, 0, '{06S}')).toBe(victim);
  });

  test('slots on the move, a master that gets its first ones, one that loses all', async () => {
    const cluster = await startedCluster(0, 2);
    const [a, b] = [nodeAt(cluster, 0), nodeAt(cluster, 1)];
    const { topology, events } = await opened(`redis-cluster://${at(a)}`);
    const [first, second] = [topology.ownerOf(0), topology.ownerOf(16_383)];
    if (first === null || second === null) return expect.unreachable();

    // In between the key is asked for at the other node, without a change of the map.
    await moveSlot(0, a, b, async () => {
      expect(await put(topology, 0, '{06S}')).toBe(second);
      expect(topology.ownerOf(0)).toBe(first);
    });
    expect(await put(topology, 0, '{06S}')).toBe(second);
    expect(topology.ownerOf(0)).toBe(second);
    await topology.rediscover();
    expect(topology.ownerOf(0)).toBe(second);
    expect(events.filter(({ type }) => type === 'failover')).toEqual([]);

    const fresh = await started({ cluster: true });
    await a.call('CLUSTER', 'MEET', '127.0.0.1', fresh.port);
    await until('all know the new node', async () => {
      const infos = await Promise.all([a, b, fresh].map((node) => node.call('CLUSTER', 'INFO')));
      return infos.every((info) => /cluster_known_nodes:3/.test(String(info)) && /cluster_state:ok/.test(String(info)));
    });
    let third: Shard | undefined;
    await moveSlot(1, a, fresh, async () => {
      third = await put(topology, 1, '{Qi}');
      expect(portOf(third)).toBe(fresh.port);
    });
    expect(topology.shards()).toHaveLength(2);
    await topology.rediscover();
    await until('the new map', async () => {
      await topology.rediscover();
      return topology.shards().length === 3;
    });
    expect(topology.ownerOf(1)).toBe(third);

    const all = Array.from({ length: slotShare(0, 2)[1] - 1 }, (_, i) => i + 2);
    const id = String(await b.call('CLUSTER', 'MYID'));
    for (const node of [b, a, fresh]) {
      await node.client.callAll(all.map((slot) => ['CLUSTER', 'SETSLOT', slot, 'NODE', id]));
    }
    await until('the first shard to be gone', async () => {
      await topology.rediscover();
      return topology.shards().length === 2;
    });
    expect(topology.ownerOf(2)).toBe(second);
    await expect(linked(topology, first)).rejects.toMatchObject({ code: 'ENDPOINT_SHARD_GONE' });
    expect(() => topology.redirect('ERR no', second)).toThrow(RangeError);
    return undefined;
  });

  test('behind port-forwards', async () => {
    const cluster = await startedCluster(0);
    const proxies = await Promise.all(cluster.masters.map((node) => startTcpProxy(node.address)));
    for (const proxy of proxies) cleaned(proxy);
    const seed = `redis-cluster://127.0.0.1:${proxies[0]?.port}`;
    const nat = cluster.masters.map((node, i) => `${at(node)}=127.0.0.1:${proxies[i]?.port}`);
    const { topology } = await opened(parseEndpoint(seed, { nat }));
    expect(sorted(topology.shards().map(portOf))).toEqual(sorted(proxies.map(({ port }) => port)));
    const shard = topology.ownerOf(0) ?? expect.unreachable();
    const { shard: moved } = topology.redirect(`MOVED 5 ${at(nodeAt(cluster, 2))}`, shard);
    expect(portOf(moved)).toBe(proxies[2]?.port);

    const nowhere = [...nat.slice(0, 2), `${at(nodeAt(cluster, 2))}=127.0.0.1:${await freePort()}`];
    await expect(opened(parseEndpoint(seed, { nat: nowhere }))).rejects.toMatchObject({
      code: 'ENDPOINT_CLUSTER',
      message: expect.stringMatching(
        /^the cluster announces 127.0.0.1:\d+, where it cannot be reached from here/,
      ) as string,
      hint: `if the node is reached otherwise, add --nat ${at(nodeAt(cluster, 2))}=HOST:PORT`,
    });
  });
});
