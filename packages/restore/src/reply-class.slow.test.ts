// What servers of all versions really answer, and that it is understood.
import { mkdirSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import {
  type Argument,
  crc64,
  isAtLeast,
  type ServerProgram,
  serversForTests,
  slotShare,
  startCluster,
  startServer,
  type TestServer,
  until,
} from '@rdbkit/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { classifyReply, type ReplyId } from './index.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const servers = serversForTests((program) => isAtLeast(program, 2, 6));

/** The text of the error that a command is answered. */
async function errorOf(server: Pick<TestServer, 'call'>, ...args: readonly Argument[]): Promise<string> {
  const answer = await server.call(...args).then(
    (reply) => `no error: ${String(reply)}`,
    (error: unknown) => String(error instanceof Error ? error.message : error),
  );
  return answer;
}

/** Sends bytes as they are and returns the first line that comes back. */
async function rawAnswer(server: TestServer, text: string): Promise<string> {
  const socket = createConnection({ host: '127.0.0.1', port: server.port });
  socket.on('error', () => {});
  if (text !== '') socket.write(text);
  const line = await new Promise<string>((resolve) => {
    socket.once('data', (bytes) => resolve(bytes.toString().split('\r\n')[0] ?? ''));
    socket.once('close', () => resolve('closed'));
  });
  socket.destroy();
  return line.replace(/^-/, '');
}

/** A DUMP payload with a right checksum. */
function payload(version: number, ...body: readonly number[]): Uint8Array {
  const bytes = Buffer.from([...body, version, 0]);
  const crc = Buffer.alloc(8);
  crc.writeBigUInt64LE(BigInt(crc64(bytes)));
  return Buffer.concat([bytes, crc]);
}

/** Makes a server again what it was before it was provoked, however that ended. What its version does not know it has not got. */
async function appease(server: TestServer): Promise<void> {
  const settings = [
    ['maxclients', '1000'],
    ['maxmemory', '0'],
    ['min-slaves-to-write', '0'],
    ['slave-serve-stale-data', 'yes'],
    ['slave-read-only', 'yes'],
    ['save', ''],
    ['lua-time-limit', '5000'],
  ] as const;
  await server.call('SCRIPT', 'KILL').catch(() => {});
  await server.call('SLAVEOF', 'NO', 'ONE');
  for (const setting of settings) await server.call('CONFIG', 'SET', ...setting).catch(() => {});
}

/** How a reply is provoked. The server is empty at first; `since` is the first version that gives it. */
interface Provocation {
  readonly id: ReplyId;
  readonly since?: readonly [major: number, minor: number];
  readonly provoke: (server: TestServer) => Promise<string>;
}

const minReplicas = (program: ServerProgram): string =>
  isAtLeast(program, 5) ? 'min-replicas-to-write' : 'min-slaves-to-write';

const PROVOCATIONS: readonly Provocation[] = [
  {
    id: 'busy-key',
    provoke: async (server) => {
      await server.call('SET', 'k', 'v');
      return await errorOf(server, 'RESTORE', 'k', 0, (await server.call('DUMP', 'k')) as Buffer);
    },
  },
  { id: 'payload-version', provoke: (server) => errorOf(server, 'RESTORE', 'k', 0, 'nothing') },
  { id: 'payload-version', provoke: (server) => errorOf(server, 'RESTORE', 'k', 0, payload(99, 0, 1, 0x78)) },
  { id: 'bad-data', provoke: (server) => errorOf(server, 'RESTORE', 'k', 0, payload(6, 99, 1, 0x78)) },
  { id: 'bad-ttl', provoke: (server) => errorOf(server, 'RESTORE', 'k', -1, payload(6, 0, 1, 0x78)) },
  {
    id: 'syntax',
    since: [3, 0],
    provoke: (server) => errorOf(server, 'RESTORE', 'k', 0, payload(6, 0, 1, 0x78), 'NOPE'),
  },
  { id: 'arity', provoke: (server) => errorOf(server, 'RESTORE', 'k') },
  { id: 'unknown-command', provoke: (server) => errorOf(server, 'NOSUCH', 'k', 'v') },
  { id: 'unknown-command', since: [6, 2], provoke: (server) => errorOf(server, 'XGROUP', 'NOSUCH', 'k') },
  {
    id: 'wrong-type',
    provoke: async (server) => {
      await server.call('SET', 'k', 'v');
      return await errorOf(server, 'RPUSH', 'k', 'x');
    },
  },
  { id: 'no-script', provoke: (server) => errorOf(server, 'EVALSHA', '0'.repeat(40), 0) },
  { id: 'no-database', provoke: (server) => errorOf(server, 'SELECT', 99) },
  { id: 'no-protocol', since: [6, 0], provoke: (server) => errorOf(server, 'HELLO', 9) },
  {
    id: 'exec-abort',
    since: [2, 8],
    provoke: async (server) => {
      await server.call('MULTI');
      await errorOf(server, 'NOSUCH');
      return await errorOf(server, 'EXEC');
    },
  },
  {
    id: 'group-exists',
    since: [5, 0],
    provoke: async (server) => {
      await server.call('XGROUP', 'CREATE', 's', 'g', '$', 'MKSTREAM');
      return await errorOf(server, 'XGROUP', 'CREATE', 's', 'g', '$');
    },
  },
  {
    id: 'stream-id',
    since: [5, 0],
    provoke: async (server) => {
      await server.call('XADD', 's', '5-1', 'f', 'v');
      return await errorOf(server, 'XADD', 's', '5-1', 'f', 'v');
    },
  },
  {
    id: 'stream-id',
    since: [5, 0],
    provoke: async (server) => {
      await server.call('XADD', 's', '5-1', 'f', 'v');
      return await errorOf(server, 'XSETID', 's', '1-1');
    },
  },
  {
    id: 'library-exists',
    since: [7, 0],
    provoke: async (server) => {
      const code = "#!lua name=lib\nredis.register_function('f', function() return 1 end)";
      await server.call('FUNCTION', 'LOAD', code);
      return await errorOf(server, 'FUNCTION', 'LOAD', code);
    },
  },
  {
    id: 'out-of-memory',
    provoke: async (server) => {
      await server.call('CONFIG', 'SET', 'maxmemory', '1');
      return await errorOf(server, 'RESTORE', 'k', 0, payload(6, 0, 1, 0x78));
    },
  },
  {
    id: 'no-replicas',
    since: [2, 8],
    provoke: async (server) => {
      await server.call('CONFIG', 'SET', minReplicas(server.program), '1');
      return await errorOf(server, 'SET', 'k', 'v');
    },
  },
  {
    id: 'read-only',
    provoke: async (server) => {
      await server.call('SLAVEOF', '127.0.0.1', '1');
      return await errorOf(server, 'SET', 'k', 'v');
    },
  },
  {
    id: 'master-down',
    provoke: async (server) => {
      await server.call('CONFIG', 'SET', 'slave-serve-stale-data', 'no');
      await server.call('CONFIG', 'SET', 'slave-read-only', 'no');
      await server.call('SLAVEOF', '127.0.0.1', '1');
      return await errorOf(server, 'SET', 'k', 'v');
    },
  },
  {
    id: 'demoted',
    since: [3, 0],
    provoke: async (server) => {
      const client = await server.connect();
      await client.call('SET', 'k', 'v');
      const waiting = errorOf(client, 'WAIT', 1, 0);
      await until('the WAIT', async () => (await server.info('clients')).blocked_clients === '1');
      await server.call('SLAVEOF', '127.0.0.1', '1');
      const text = await waiting;
      const later = await errorOf(server, 'WAIT', 1, 10);
      expect(classifyReply(later), later).toMatchObject({ id: isAtLeast(server.program, 4) ? 'demoted' : 'other' });
      client.close();
      return text;
    },
  },
  {
    id: 'busy',
    provoke: async (server) => {
      await server.call('CONFIG', 'SET', 'lua-time-limit', '1');
      const client = await server.connect();
      const script = client.call('EVAL', 'while true do end', 0).catch(() => {});
      let text = '';
      await until('the script to be late', async () => {
        text = await errorOf(server, 'SET', 'k', 'v');
        return text.startsWith('BUSY');
      });
      await server.call('SCRIPT', 'KILL');
      await script;
      client.close();
      return text;
    },
  },
  {
    id: 'cannot-persist',
    provoke: async (server) => {
      await server.call('CONFIG', 'SET', 'save', '3600 1000');
      await server.call('SET', 'k', 'v');
      await server.call('BGSAVE');
      await until('the failure of BGSAVE', async () => {
        const info = await server.info('persistence');
        return info.rdb_bgsave_in_progress === '0' && info.rdb_last_bgsave_status === 'err';
      });
      return await errorOf(server, 'SET', 'k', 'v');
    },
  },
  {
    id: 'max-clients',
    since: [2, 8],
    provoke: async (server) => {
      await server.call('CONFIG', 'SET', 'maxclients', '1');
      return await rawAnswer(server, '');
    },
  },
  { id: 'too-long', provoke: (server) => rawAnswer(server, '*2\r\n$3\r\nGET\r\n$9999999999\r\n') },
  { id: 'protocol', provoke: (server) => rawAnswer(server, '*2\r\n$3\r\nGET\r\nx\r\n') },
  { id: 'protocol', provoke: (server) => rawAnswer(server, '*9999999999\r\n') },
  { id: 'protocol', since: [2, 8], provoke: (server) => rawAnswer(server, 'SET "k\r\n') },
];

describe.skipIf(servers.length === 0).each(servers.map((program) => [program.label, program] as const))(
  '%s',
  (_label, program) => {
    let server: TestServer;
    beforeAll(async () => {
      // A folder of this name keeps BGSAVE from renaming its file.
      server = await startServer(program, { tcp: true, config: { dbfilename: 'busy.rdb' } });
      mkdirSync(join(server.folder, 'busy.rdb'));
    });
    afterEach(async () => {
      await appease(server);
    });
    afterAll(async () => {
      await server.stop();
    });

    const possible = PROVOCATIONS.filter(({ since = [2, 6] }) => isAtLeast(program, ...since));
    test.each(possible.map((provocation, i) => [provocation.id, i, provocation] as const))(
      '%s (%i)',
      async (id, _i, { provoke }) => {
        await server.call('FLUSHALL');
        const text = await provoke(server);
        expect(classifyReply(text), text).toMatchObject({ id });
      },
    );

    test('replies to a stranger, and to users', async () => {
      const text = await errorOf(server, 'AUTH', 'x', 'y');
      await server.call('CONFIG', 'SET', 'requirepass', 'p');
      const stranger = await server.connect();
      const refused = await errorOf(stranger, 'SET', 'k', 'v');
      const wrong = await errorOf(stranger, 'AUTH', 'wrong');
      await stranger.call('AUTH', 'p');
      await stranger.call('CONFIG', 'SET', 'requirepass', '');
      stranger.close();
      expect(classifyReply(refused), refused).toMatchObject({ id: 'no-auth', action: 'stop' });
      expect(classifyReply(wrong), wrong).toMatchObject({ id: 'wrong-password', action: 'stop' });
      expect(['wrong-password', 'arity', 'syntax']).toContain(classifyReply(text).id);
    });

    test.skipIf(!isAtLeast(program, 6))('what a user may not do', async () => {
      await server.call('ACL', 'SETUSER', 'few', 'on', '>p', '~few:*', '+set');
      const client = await server.connect();
      await client.call('AUTH', 'few', 'p');
      const command = await errorOf(client, 'RESTORE', 'few:k', 0, 'x');
      const key = await errorOf(client, 'SET', 'other', 'v');
      client.close();
      expect(classifyReply(command), command).toMatchObject({ id: 'no-permission' });
      expect(classifyReply(key), key).toMatchObject({ id: 'no-key-permission' });
    });
  },
);

const clusterServers = servers.filter((program) => isAtLeast(program, 4));
const few = process.env.RDBKIT_THOROUGH === '1' ? clusterServers : clusterServers.slice(-1);

describe.skipIf(few.length === 0).each(few.map((program) => [program.label, program] as const))(
  'cluster of %s',
  (_label, program) => {
    test('redirections and refusals', async () => {
      const cluster = await startCluster(program, { masters: 2 });
      try {
        const [a, b] = cluster.masters;
        if (a === undefined || b === undefined) return expect.unreachable();
        const [first] = slotShare(1, 2);
        const seen: Partial<Record<ReplyId, string>> = {};
        const note = async (id: ReplyId, text: string): Promise<void> => {
          seen[id] = text;
          expect(classifyReply(text), text).toMatchObject({ id });
        };
        // {06S} is slot 0 and {5L} is not of the first half.
        const key = '{06S}';
        expect(Number(await a.call('CLUSTER', 'KEYSLOT', key))).toBe(0);
        await note('moved', await errorOf(b, 'SET', key, 'v'));
        await note('cross-slot', await errorOf(a, 'MSET', key, 'v', 'other', 'v'));
        await note('not-in-cluster-mode', await errorOf(a, 'SWAPDB', 0, 1));
        const select = classifyReply(await errorOf(a, 'SELECT', 1)).id;
        expect(['not-in-cluster-mode', 'no-database']).toContain(select);
        await b.call('CLUSTER', 'SETSLOT', 0, 'IMPORTING', String(await a.call('CLUSTER', 'MYID')));
        await a.call('CLUSTER', 'SETSLOT', 0, 'MIGRATING', String(await b.call('CLUSTER', 'MYID')));
        await note('ask', await errorOf(a, 'SET', key, 'v'));
        await b.call('ASKING');
        await note('try-again', await errorOf(b, 'MSET', `${key}1`, 'v', `${key}2`, 'v'));
        await a.call('CLUSTER', 'DELSLOTS', first - 1);
        await until('the cluster is down', async () =>
          /cluster_state:fail/.test(String(await a.call('CLUSTER', 'INFO'))),
        );
        await note('cluster-down', await errorOf(a, 'SET', `${key}1`, 'v'));
        expect(Object.keys(seen)).toHaveLength(6);
        return undefined;
      } finally {
        await cluster.stop();
      }
    });
  },
);
