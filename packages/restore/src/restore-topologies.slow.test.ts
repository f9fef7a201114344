// Restores into HAProxy, Sentinel and clusters, with everything that happens to them meanwhile.
import { setTimeout as pause } from 'node:timers/promises';
import { keySlot } from '@rdbkit/bytes';
import {
  moveSlot,
  newestServer,
  programForTests,
  type ServerProgram,
  slotShare,
  startCluster,
  startHaproxy,
  startReplicas,
  startSentinels,
  startServer,
  type TestCluster,
  type TestServer,
  until,
} from '@rdbkit/testkit';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { digestOf, makeSample, pieces, type Sample, uri } from '../testing/sample.ts';
import { restore } from './restore.ts';
import type { RestoreOptions } from './restore-options.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

const program = newestServer();
const haproxy = programForTests('haproxy');

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const undo of cleanups.splice(0).reverse()) await undo();
});

function cleaned<T extends { stop(): Promise<void> }>(thing: T): T {
  cleanups.push(() => thing.stop());
  return thing;
}

let sample: Sample;
beforeAll(async () => {
  if (program !== undefined) sample = await makeSample(program, { keys: 6000 });
});

/** Slow enough that something can happen meanwhile. */
const slowly: RestoreOptions = { windowBytes: 128 * 1024, maxBytesPerSecond: 1.5 * 1024 * 1024, retryForMs: 30_000 };

const complete = { existing: 0, replaced: 0, failed: 0 };

async function size(server: TestServer): Promise<number> {
  const client = await server.connect();
  const keys = Number(await client.call('DBSIZE'));
  client.close();
  return keys;
}

describe.skipIf(program === undefined)('one server', () => {
  it('into another database, but not two databases into one', async () => {
    const server = cleaned(await startServer(program as ServerProgram, { tcp: true }));
    expect(await restore(pieces(sample.dump), `${uri(server)}/7`)).toMatchObject({ restored: sample.keys });
    await server.call('SELECT', 7);
    expect(await server.call('DBSIZE')).toBe(sample.keys);
    const both = await makeSample(program as ServerProgram, { keys: 100, databases: true });
    await expect(restore(pieces(both.dump), `${uri(server)}/9`)).rejects.toMatchObject({ code: 'RESTORE_DATABASES' });
    await server.call('SELECT', 9);
    expect(await server.call('DBSIZE')).toBe(100);
  });

  it('without the database that a key needs', async () => {
    const server = cleaned(await startServer(program as ServerProgram, { tcp: true, databases: 2 }));
    const both = await makeSample(program as ServerProgram, { keys: 100, databases: true });
    await expect(restore(pieces(both.dump), uri(server))).rejects.toMatchObject({ code: 'RESTORE_NO_DATABASE' });
    expect(await size(server)).toBe(100);
  });
});

describe.skipIf(program === undefined || haproxy === undefined)('HAProxy', () => {
  it.each([true, false])('that switches to a replica, cutting connections: %s', async (cutsOnDemotion) => {
    const master = cleaned(await startServer(program as ServerProgram, { tcp: true }));
    const [replica] = (await startReplicas(master, 1)) as [TestServer];
    cleaned(replica);
    const proxy = cleaned(await startHaproxy(haproxy as string, [master, replica], { cutsOnDemotion }));
    const run = restore(pieces(sample.dump), `redis://127.0.0.1:${proxy.port}`, slowly);
    await until('some keys are there', async () => (await size(master)) > 1000);
    // For a while there are two masters, and what the old one acknowledges is lost.
    await replica.call('REPLICAOF', 'NO', 'ONE');
    await pause(500);
    await master.call('REPLICAOF', '127.0.0.1', replica.port);
    expect(await run).toMatchObject({ restored: sample.keys, ...complete });
    expect(await digestOf([replica])).toBe(sample.digest);
  });
});

describe.skipIf(program === undefined)('Sentinel', () => {
  async function started(): Promise<{ address: string; master: TestServer; nodes: readonly TestServer[] }> {
    const master = cleaned(await startServer(program as ServerProgram, { tcp: true }));
    const replicas = await startReplicas(master, 2);
    for (const replica of replicas) cleaned(replica);
    const sentinels = await startSentinels(master, 2);
    for (const sentinel of sentinels) cleaned(sentinel);
    const address = `redis-sentinel://${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/mymaster`;
    return { address, master, nodes: [master, ...replicas] };
  }

  async function masterOf(nodes: readonly TestServer[]): Promise<TestServer> {
    for (const node of nodes) {
      // Who changes roles cuts connections.
      const client = await node.connect();
      const info = String(await client.call('INFO', 'replication'));
      client.close();
      if (info.includes('role:master')) return node;
    }
    throw new Error('no master');
  }

  it.each(['fail', 'replace', 'skip'] as const)('and the master killed, --existing %s', async (existing) => {
    const { address, master, nodes } = await started();
    const there = existing === 'fail' ? [] : [7, 77, 4010, 5555];
    for (const i of there) await master.call('SET', `key:${i}`, 'here before');
    const run = restore(pieces(sample.dump), address, { ...slowly, existing });
    await until('some keys are there', async () => (await size(master)) > 1500);
    await master.kill();
    const isReplaced = existing === 'replace';
    const result = await run;
    expect(result).toMatchObject({
      restored: sample.keys - (isReplaced ? 0 : there.length),
      replaced: isReplaced ? there.length : 0,
      skipped: isReplaced ? 0 : there.length,
      existing: 0,
      failed: 0,
      failovers: 1,
    });
    const next = await masterOf(nodes.slice(1));
    if (existing !== 'skip') expect(await digestOf([next])).toBe(sample.digest);
    expect(await size(next)).toBe(sample.keys);
  });

  it('and a failover by command', async () => {
    const { address, master, nodes } = await started();
    const run = restore(pieces(sample.dump), address, slowly);
    await until('some keys are there', async () => (await size(master)) > 1500);
    const port = Number(/:(\d+)/.exec(address)?.[1]);
    expect(port).toBeGreaterThan(0);
    const sentinel = await startClient(port);
    await sentinel.call('SENTINEL', 'FAILOVER', 'mymaster');
    sentinel.close();
    expect(await run).toMatchObject({ restored: sample.keys, ...complete });
    await pause(300);
    expect(await digestOf([await masterOf(nodes.slice(1))])).toBe(sample.digest);
  });
});

async function startClient(port: number) {
  const { RespClient } = await import('@rdbkit/testkit');
  return await RespClient.connect({ host: '127.0.0.1', port });
}

describe.skipIf(program === undefined)('a cluster', () => {
  async function started(replicas: 0 | 1): Promise<{ cluster: TestCluster; address: string }> {
    const cluster = cleaned(await startCluster(program as ServerProgram, { masters: 3, replicas }));
    return { cluster, address: `redis-cluster://127.0.0.1:${cluster.masters[0]?.port}` };
  }

  it('with keys that exist', async () => {
    const { cluster, address } = await started(0);
    await restore(pieces(sample.dump), address, { shape: (header) => header.offset % 3 === 0 });
    const there = (await Promise.all(cluster.masters.map(size))).reduce((a, b) => a + b, 0);
    expect(there).toBeGreaterThan(1000);
    const skip = await restore(pieces(sample.dump), address, { existing: 'skip' });
    expect(skip).toMatchObject({ restored: sample.keys - there, skipped: there, failed: 0 });
    const replace = await restore(pieces(sample.dump), address, { existing: 'replace', connections: 3 });
    expect(replace).toMatchObject({ restored: sample.keys, replaced: sample.keys, failed: 0 });
    expect(await digestOf(cluster.masters)).toBe(sample.digest);
  });

  it.each(['auto', 'plain'] as const)('with slots that move, form %s', async (form) => {
    const { cluster, address } = await started(0);
    const [first, second] = cluster.masters as [TestServer, TestServer];
    const run = restore(pieces(sample.dump), address, { ...slowly, form });
    await until('some keys are there', async () => (await size(first)) > 300);
    const [low] = slotShare(0, 3);
    // Slots in which keys of the sample are.
    const slots = [...new Set(Array.from({ length: sample.keys }, (_, i) => slotOf(`key:${i}`)))]
      .filter((slot) => slot >= low && slot <= slotShare(0, 3)[1])
      .slice(0, 60);
    for (const slot of slots) await moveSlot(slot, first, second, () => pause(5));
    const result = await run;
    expect(result).toMatchObject({ restored: sample.keys, ...complete });
    expect(result.resent).toBeGreaterThan(0);
    expect(await digestOf(cluster.masters)).toBe(sample.digest);
  });

  it('with a master that is killed and replaced', async () => {
    const { cluster, address } = await started(1);
    const [, victim, third] = cluster.masters as [TestServer, TestServer, TestServer];
    const run = restore(pieces(sample.dump), address, slowly);
    await until('some keys are there', async () => (await size(victim)) > 400);
    await victim.kill();
    expect(await run).toMatchObject({ restored: sample.keys, ...complete, failovers: 1 });
    const next = cluster.replicas[1] as TestServer;
    expect(await digestOf([cluster.masters[0] as TestServer, next, third])).toBe(sample.digest);
  });

  it('with a master that hands over to its replica', async () => {
    const { cluster, address } = await started(1);
    const [first, second, third] = cluster.masters as [TestServer, TestServer, TestServer];
    const run = restore(pieces(sample.dump), address, slowly);
    await until('some keys are there', async () => (await size(first)) > 400);
    const next = cluster.replicas[0] as TestServer;
    await next.call('CLUSTER', 'FAILOVER');
    expect(await run).toMatchObject({ restored: sample.keys, ...complete, failovers: 1 });
    expect(await digestOf([next, second, third])).toBe(sample.digest);
  });

  it('refuses other databases than it has', async () => {
    const { cluster, address } = await started(0);
    const both = await makeSample(program as ServerProgram, { keys: 100, databases: true });
    await expect(restore(pieces(both.dump), address)).rejects.toMatchObject({
      code: 'RESTORE_NO_DATABASE',
      result: { restored: 100 },
    });
    const mapped = await restore(pieces(both.dump), address, {
      existing: 'skip',
      shape: (header) => {
        header.db = 0;
        return true;
      },
    });
    expect(mapped).toMatchObject({ restored: 50, skipped: 100 });
    expect((await Promise.all(cluster.masters.map(size))).reduce((a, b) => a + b, 0)).toBe(150);
  });
});

function slotOf(key: string): number {
  const bytes = Buffer.from(key);
  return keySlot(bytes, 0, bytes.length);
}
