// Dumps of many servers into every kind of target that stays the same from dump to dump. The judge is a server that loads the
// dump itself. RDBKIT_THOROUGH=1: all recorded dumps that this server can load, not only those of the repository.
import { readRdbSync } from '@rdbkit/rdb';
import {
  ContentCollector,
  DumpRefusedError,
  eachVector,
  listVectors,
  makeCertificates,
  newestServer,
  programForTests,
  startCluster,
  startHaproxy,
  startReplicas,
  startSentinels,
  startServer,
  type TestServer,
  tlsForTests,
  type Vector,
} from '@rdbkit/testkit';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { digestOf, pieces, uri } from '../testing/sample.ts';
import { parseEndpoint } from './endpoint.ts';
import { type RestoreTarget, restore } from './restore.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const isThorough = process.env.RDBKIT_THOROUGH === '1';
const program = newestServer();
if (program === undefined) console.warn('not compared: no server');
const haproxy = programForTests('haproxy');
const tls = tlsForTests();
/** Time that must be left for a key to be compared. */
const SOON_MS = 3_600_000;

interface Place {
  readonly name: string;
  readonly target: RestoreTarget;
  readonly masters: readonly TestServer[];
}

const cleanups: (() => Promise<void> | void)[] = [];
const places: Place[] = [];
let loader: TestServer;

function cleaned<T extends { stop(): Promise<void> }>(thing: T): T {
  cleanups.push(() => thing.stop());
  return thing;
}

beforeAll(async () => {
  if (program === undefined) return;
  loader = cleaned(await startServer(program, { databases: 1000 }));
  const start = async (options: Parameters<typeof startServer>[1] = {}): Promise<TestServer> =>
    cleaned(await startServer(program, { databases: 1000, ...options }));
  const unix = await start();
  const plain = await start({ tcp: true });
  const replicated = await start({ tcp: true });
  const replicas = (await startReplicas(replicated, 2)).map(cleaned);
  const sentinels = (await startSentinels(replicated, 2)).map(cleaned);
  const cluster = cleaned(await startCluster(program, { masters: 3, replicas: 0 }));
  const names = sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',');
  places.push(
    { name: 'socket', target: uri(unix), masters: [unix] },
    { name: 'plain', target: uri(plain), masters: [plain] },
    { name: 'sentinel', target: `redis-sentinel://${names}/mymaster`, masters: [replicated] },
    { name: 'cluster', target: `redis-cluster://127.0.0.1:${cluster.masters[0]?.port}`, masters: cluster.masters },
  );
  if (haproxy !== undefined) {
    const proxy = cleaned(await startHaproxy(haproxy, [...replicas, replicated]));
    places.push({ name: 'haproxy', target: `redis://127.0.0.1:${proxy.port}`, masters: [replicated] });
  }
  if (tls !== undefined) {
    const certificates = makeCertificates(tls.openssl);
    const options = { tcp: true, tls: certificates, password: 'admin', databases: 1000 };
    const server = cleaned(await startServer(tls.program, options));
    const ca = { tls: { ca: certificates.ca } };
    const target = parseEndpoint(`rediss://:admin@127.0.0.1:${server.tlsPort}`, ca);
    places.push({ name: 'tls', target, masters: [server] });
  }
});

afterAll(async () => {
  for (const undo of cleanups.reverse()) await undo();
});

/** The digest of what the server makes of the dump; `null` when it refuses it. */
async function loadedDigest(dump: Uint8Array): Promise<string | null> {
  try {
    await loader.loadDump(dump);
  } catch (error) {
    if (error instanceof DumpRefusedError) return null;
    throw error;
  }
  return await digestOf([loader]);
}

/** Nothing in it expires while it is compared. */
function isLasting(dump: Uint8Array): boolean {
  const collector = new ContentCollector();
  readRdbSync(dump, collector);
  const now = Date.now();
  return collector.content().records.every((record) => {
    const { expireAtMs } = record;
    const at = expireAtMs === null ? null : typeof expireAtMs === 'number' ? expireAtMs : expireAtMs.approximately;
    return at === null || at < now - 1000 || at > now + SOON_MS;
  });
}

/** Whole dumps that need no module. */
function isComparable({ name, manifest }: Vector): boolean {
  if (manifest !== null && manifest.state !== 'good') return false;
  return !/modules:|\/modules$|module\.rdb$|future_v19/.test(`${manifest?.exercises} ${name}`);
}

describe.skipIf(program === undefined)('a recorded dump is the same in every place', () => {
  const vectors = (isThorough ? listVectors() : listVectors('test-vectors')).filter(isComparable);
  let compared = 0;

  it.each(eachVector(vectors))('%s', async (_name, vector) => {
    const dump = vector.read();
    if (!isLasting(dump)) return;
    const digest = await loadedDigest(dump);
    if (digest === null) return;
    const sizes = await loader.databaseSizes();
    const isOneDatabase = [...sizes.keys()].every((db) => db === 0);
    for (const { name, target, masters } of places.filter((place) => isOneDatabase || place.name !== 'cluster')) {
      for (const master of masters) await master.flush();
      const result = await restore(pieces(dump), target, { expired: 'skip' });
      expect(result, name).toMatchObject({ failed: 0, existing: 0, reconnects: 0 });
      expect(await digestOf(masters), name).toBe(digest);
      compared++;
    }
  });

  it('and there were many', () => {
    console.info(`compared: ${compared}, in ${places.map(({ name }) => name).join(', ')}`);
    expect(compared).toBeGreaterThan(places.length * 10);
  });
});
