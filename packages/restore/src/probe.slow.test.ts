import { createServer, type Server } from 'node:net';
import {
  isAtLeast,
  newestServer,
  type ServerOptions,
  type ServerProgram,
  serversForTests,
  startCluster,
  startReplicas,
  startServer,
  type TestServer,
} from '@rdbkit/testkit';
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  type CommandState,
  openTopology,
  Patience,
  type Probe,
  type ProbedCommand,
  parseEndpoint,
  probe,
} from './index.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const undo of cleanups.splice(0).reverse()) await undo();
});

async function started(program: ServerProgram, options: ServerOptions = {}): Promise<TestServer> {
  const server = await startServer(program, { tcp: true, ...options });
  cleanups.push(() => server.stop());
  return server;
}

async function probed(uri: string): Promise<Probe> {
  const topology = await openTopology(parseEndpoint(uri));
  try {
    return await probe(topology, new Patience({ retryForMs: 5000 }));
  } finally {
    topology.close();
  }
}

/** The commands that are not usable, with what they are. */
function hindered(result: Probe): Partial<Record<ProbedCommand, CommandState>> {
  return Object.fromEntries(Object.entries(result.commands).filter(([, state]) => state !== 'usable'));
}

/** What a version lacks. */
function missingIn(program: ServerProgram): Partial<Record<ProbedCommand, CommandState>> {
  const has = (major: number, minor = 0): boolean => isAtLeast(program, major, minor);
  const since: readonly [ProbedCommand, boolean][] = [
    ['wait', has(3)],
    ['unlink', has(4)],
    ['xadd', has(5)],
    ['xgroup', has(5)],
    ['xsetid', has(5)],
    ['function', has(7)],
    ['hpexpireat', program.flavour === 'valkey' ? has(9) : has(7, 4)],
    ['restore', has(2, 6)],
    ['pexpireat', has(2, 6)],
    ['script', has(2, 6)],
    ['eval', has(2, 6)],
  ];
  return Object.fromEntries(since.filter(([, isThere]) => !isThere).map(([name]) => [name, 'missing']));
}

const servers = serversForTests();

describe.skipIf(servers.length === 0).each(servers.map((program) => [program.label, program] as const))(
  '%s',
  (_label, program) => {
    test('all that its version has, and nothing is changed', async () => {
      const server = await started(program, { databases: 5 });
      await server.call('SET', 'k', 'v');
      const digest = await server.debugDigest();
      const result = await probed(`127.0.0.1:${server.port}/2`);
      const { flavour, version } = program;
      expect(result.target).toEqual({ flavour, version: version[0] * 1_000_000 + version[1] * 1000 + version[2] });
      expect(result.product.toLowerCase()).toBe(`${flavour} ${version.join('.')}`);
      expect(hindered(result)).toEqual(missingIn(program));
      expect(result.databases).toBe(isAtLeast(program, 2, 6) ? 5 : null);
      expect(result.replicas).toBe(0);
      expect(result.warnings).toEqual([]);
      expect(await server.debugDigest()).toBe(digest);
      expect(await server.databaseSizes()).toEqual(new Map([[0, 1]]));
    });
  },
);

const newest = newestServer() as NonNullable<ReturnType<typeof newestServer>>;

describe.skipIf(newest === undefined)('what is forbidden, and what to look out for', () => {
  test('by an ACL, by renaming', async () => {
    const config = { 'rename-command': ['MULTI ""', 'UNLINK other-name'] };
    const server = await started(newest, { config });
    const rules = ['~app:*', '+@all', '-restore', '-function|load', '-eval', '-config', '-info', '-module'];
    await server.call('ACL', 'SETUSER', 'app', 'on', '>secret', ...rules);
    const result = await probed(`redis://app:secret@127.0.0.1:${server.port}`);
    expect(hindered(result)).toMatchObject({ multi: 'missing', unlink: 'missing', restore: 'denied', eval: 'denied' });
    expect(result.commands.set).toBe('usable');
    expect(result.databases).toBeNull();
    expect(result.modules).toBeNull();
    expect(result.replicas).toBe(0);
    // HELLO and ROLE tell what INFO does not.
    expect(result.nodes[0]?.state).toMatchObject({ role: 'master', mode: 'standalone' });
    expect(result.target.version).toBeLessThan(999_999_999);
    expect(result.warnings).toEqual(['the user may write some keys only: those that its ACL does not name will fail']);
  });

  test('eviction, replicas', async () => {
    const config = { maxmemory: '100mb', 'maxmemory-policy': 'allkeys-lru' };
    const server = await started(newest, { config });
    const replicas = await startReplicas(server, 2);
    for (const replica of replicas) cleanups.push(() => replica.stop());
    const result = await probed(`127.0.0.1:${server.port}`);
    expect(result.replicas).toBe(2);
    expect(result.warnings).toHaveLength(1);
    expect(result.warnings[0]).toMatch(/evicts keys \(maxmemory-policy allkeys-lru\) at 104857600 bytes/);
  });

  test('all masters of a cluster', async () => {
    const cluster = await startCluster(newest, { masters: 2 });
    cleanups.push(() => cluster.stop());
    const [a, b] = cluster.masters;
    await b?.configure('maxmemory', '100mb');
    await b?.configure('maxmemory-policy', 'allkeys-random');
    await b?.call('ACL', 'SETUSER', 'default', '-function|load');
    const result = await probed(`127.0.0.1:${a?.port}`);
    expect(result.nodes).toHaveLength(2);
    expect(result.databases).toBe(1);
    expect(hindered(result)).toEqual({ function: 'denied', ...missingIn(newest) });
    expect(result.warnings).toMatchObject([expect.stringMatching(`127.0.0.1:${b?.port} evicts keys`)]);
  });

  test('a proxy that hangs up at commands that it does not know', async () => {
    const known = /^(PING|RESTORE|SET|MSET|DEL|HSET)$/;
    const server = createServer((socket) => {
      let text = '';
      socket.on('error', () => {});
      socket.on('data', (bytes) => {
        text += bytes.toString('latin1');
        for (;;) {
          const command = takeCommand();
          if (command === null) return;
          if (!known.test(command)) {
            socket.destroy();
            return;
          }
          socket.write(command === 'RESTORE' ? '-ERR DUMP payload version or checksum are wrong\r\n' : '+OK\r\n');
        }
      });
      /** The name of the first whole command. */
      const takeCommand = (): string | null => {
        const count = /^\*(\d+)\r\n/.exec(text);
        if (count === null) return null;
        let at = count[0].length;
        let name = '';
        for (let i = 0; i < Number(count[1]); i++) {
          const head = /^\$(\d+)\r\n/.exec(text.slice(at));
          if (head === null) return null;
          const start = at + head[0].length;
          at = start + Number(head[1]) + 2;
          if (text.length < at) return null;
          if (i === 0) name = text.slice(start, at - 2);
        }
        text = text.slice(at);
        return name;
      };
    });
    const port = await listen(server);
    cleanups.push(() => {
      server.close();
    });
    const result = await probed(`127.0.0.1:${port}`);
    expect(result.product).toBe('unknown server');
    const usable = Object.entries(result.commands).filter(([, state]) => state === 'usable');
    expect(usable.map(([name]) => name)).toEqual(['restore', 'set', 'mset', 'del', 'hset']);
    expect(Object.values(hindered(result)).every((state) => state === 'missing')).toBe(true);
  });
});

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
