// The same dump into every kind of target, replicas included. RDBKIT_THOROUGH=1: a million keys, or those of the file RDBKIT_DUMP, and
// what it took is printed.
import { readFileSync } from 'node:fs';
import {
  makeCertificates,
  newestServer,
  programForTests,
  type ServerProgram,
  startCluster,
  startHaproxy,
  startReplicas,
  startSentinels,
  startServer,
  type TestServer,
  tlsForTests,
  until,
} from '@rdbkit/testkit';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { digestOf, makeSample, pieces, type Sample, uri } from '../testing/sample.ts';
import { parseEndpoint } from './endpoint.ts';
import { type RestoreTarget, restore } from './restore.ts';
import type { RestoreOptions } from './restore-options.ts';

const isThorough = process.env.RDBKIT_THOROUGH === '1';
const givenDump = isThorough ? process.env.RDBKIT_DUMP : undefined;
const KEYS = isThorough ? 1_000_000 : 3000;
vi.setConfig({ testTimeout: isThorough ? 600_000 : 90_000, hookTimeout: isThorough ? 600_000 : 60_000 });

const program = newestServer();
const haproxy = programForTests('haproxy');
const tls = tlsForTests();

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
  if (program === undefined) return;
  sample = givenDump === undefined ? await makeSample(program, { keys: KEYS }) : await loaded(program, givenDump);
});

/** A dump as a server sees it that loads it. */
async function loaded(by: ServerProgram, path: string): Promise<Sample> {
  const dump = readFileSync(path);
  const server = await startServer(by, { dump });
  try {
    return { dump, digest: await server.debugDigest(), keys: Number(await server.call('DBSIZE')) };
  } finally {
    await server.stop();
  }
}

async function check(
  target: RestoreTarget,
  masters: readonly TestServer[],
  options: RestoreOptions = {},
): Promise<void> {
  const result = await restore(pieces(sample.dump), target, options);
  expect(result).toMatchObject({
    restored: sample.keys,
    existing: 0,
    replaced: 0,
    failed: 0,
    resent: 0,
    reconnects: 0,
  });
  expect(await digestOf(masters)).toBe(sample.digest);
  if (!isThorough) return;
  const megabytes = Math.round(process.memoryUsage.rss() / 2 ** 20);
  console.warn(
    `${expect.getState().currentTestName}: ${result.seconds.toFixed(1)} s, with the dump in memory ${megabytes} MiB`,
  );
}

/** Replicas have all that counted as safe. */
async function checkReplicas(replicas: readonly TestServer[], digest: string): Promise<void> {
  await until('the replicas have all of it', async () => {
    for (const replica of replicas) if ((await digestOf([replica])) !== digest) return false;
    return true;
  });
}

describe.skipIf(program === undefined)('all of a dump', () => {
  it.each(['auto', 'plain'] as const)('into a server, form %s', async (form) => {
    const server = cleaned(await startServer(program as ServerProgram, { tcp: true }));
    await check(uri(server), [server], { form });
  });

  it('over a socket file', async () => {
    const server = cleaned(await startServer(program as ServerProgram));
    await check(uri(server), [server]);
  });

  it.skipIf(tls === undefined)('over TLS, as a user who may do no more than is needed', async () => {
    const found = tls as NonNullable<typeof tls>;
    const certificates = makeCertificates(found.openssl);
    const server = cleaned(await startServer(found.program, { tcp: true, tls: certificates, password: 'admin' }));
    const rules = 'on >secret ~* -@all +@write +@keyspace +@connection +info +role +wait +function|load -flushall';
    await server.call('ACL', 'SETUSER', 'loader', ...rules.split(' '));
    const ca = { tls: { ca: certificates.ca } };
    await check(parseEndpoint(`rediss://loader:secret@127.0.0.1:${server.tlsPort}`, ca), [server]);
  });

  it.skipIf(haproxy === undefined)('behind HAProxy that looks for the master', async () => {
    const master = cleaned(await startServer(program as ServerProgram, { tcp: true }));
    const replicas = (await startReplicas(master, 1)).map(cleaned);
    const proxy = cleaned(await startHaproxy(haproxy as string, [...replicas, master]));
    await check(`redis://127.0.0.1:${proxy.port}`, [master]);
    await checkReplicas(replicas, sample.digest);
  });

  it('by way of three Sentinels, with two replicas', async () => {
    const master = cleaned(await startServer(program as ServerProgram, { tcp: true }));
    const replicas = (await startReplicas(master, 2)).map(cleaned);
    const sentinels = (await startSentinels(master, 2)).map(cleaned);
    expect(sentinels).toHaveLength(3);
    await check(`redis-sentinel://${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/mymaster`, [master]);
    await checkReplicas(replicas, sample.digest);
  });

  it.each(['auto', 'plain'] as const)('into a cluster of three masters with a replica each, form %s', async (form) => {
    const cluster = cleaned(await startCluster(program as ServerProgram, { masters: 3, replicas: 1 }));
    await check(`redis-cluster://127.0.0.1:${cluster.masters[0]?.port}`, cluster.masters, { form });
  });
});
