// What users get wrong, asked of real servers: each mistake ends at once in one line that says what to do, and no text holds
// a secret.
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';
import {
  type Certificates,
  isAtLeast,
  makeCertificates,
  newestServer,
  serversForTests,
  startReplicas,
  startSentinels,
  startServer,
  type TestServer,
  tlsForTests,
} from '@rdbkit/testkit';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  EndpointError,
  type EndpointOptions,
  openTopology,
  Patience,
  parseEndpoint,
  type ReplyHandler,
  type TopologyEvent,
  type TopologyOptions,
} from './index.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 });

const PASSWORD = 'open-sesame';
const SILENT: ReplyHandler = { ok: () => {}, none: () => {}, error: () => {}, drain: () => {}, closed: () => {} };

/** What came of first contact: an error, or what a connection is answered. */
async function contact(
  uri: string,
  options: EndpointOptions = {},
  topologyOptions: TopologyOptions = {},
): Promise<{ error: EndpointError | null; events: TopologyEvent[]; ms: number; answer: string }> {
  const events: TopologyEvent[] = [];
  const started = performance.now();
  try {
    const topology = await openTopology(parseEndpoint(uri, options), {
      onEvent: (event) => events.push(event),
      patience: new Patience({ retryForMs: 3000 }),
      ...topologyOptions,
    });
    try {
      const [shard] = topology.shards();
      if (shard === undefined) return expect.unreachable();
      const connection = await topology.connect(shard, SILENT, new Patience({ retryForMs: 3000 }));
      const answer = String(await connection.call('SET', 'k', 'v'));
      return { error: null, events, ms: performance.now() - started, answer };
    } finally {
      topology.close();
    }
  } catch (error) {
    if (!(error instanceof EndpointError)) throw error;
    checkTexts(error);
    return { error, events, ms: performance.now() - started, answer: '' };
  }
}

/** One line each, and no secret in any form. */
function checkTexts(error: EndpointError): void {
  for (const text of [error.message, error.hint ?? '']) expect(text).not.toMatch(/[\n\r]/);
  expect(`${error.stack}${JSON.stringify(error)}${error.hint}${String(error.cause)}`).not.toContain('sesame');
}

function lineOf(error: EndpointError | null): string {
  return error === null ? 'fine' : `${error.code} ${error.message} (${error.hint})`;
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('places where there is no Redis', () => {
  const servers: Server[] = [];
  afterAll(() => {
    for (const server of servers) server.close();
  });

  test('nobody listens', async () => {
    const server = createServer();
    const port = await listen(server);
    server.close();
    const { error, ms } = await contact(`redis://:${PASSWORD}@127.0.0.1:${port}`);
    expect(lineOf(error)).toBe(
      `ENDPOINT_REFUSED 127.0.0.1:${port}: connection refused (is the server running, and is this its port?)`,
    );
    expect(ms).toBeLessThan(2000);
  });

  test('an unknown host', async () => {
    const { error } = await contact('redis://no-such-host.invalid');
    expect(error?.code).toBe('ENDPOINT_DNS');
    expect(error?.message).toMatch(/^no-such-host.invalid:6379: the host name /);
  });

  test('no socket file', async () => {
    const { error } = await contact('unix:///tmp/no-such-file.sock');
    expect(lineOf(error)).toMatch(/^ENDPOINT_REFUSED \/tmp\/no-such-file.sock: there is no such socket file \(compare/);
  });

  test('a web server', async () => {
    const server = createHttpServer((_request, response) => response.end('hello'));
    servers.push(server);
    const port = await listen(server);
    const { error } = await contact(`redis://:${PASSWORD}@127.0.0.1:${port}`);
    expect(lineOf(error)).toMatch(
      /^ENDPOINT_NOT_REDIS .* a web server answers here, not Redis \(compare host and port/,
    );
  });

  test('somebody who hangs up', async () => {
    const server = createServer((socket) => socket.destroy());
    servers.push(server);
    const { error } = await contact(`redis://127.0.0.1:${await listen(server)}`);
    expect(lineOf(error)).toMatch(
      /^ENDPOINT_CLOSED .* before anything was answered \(a proxy without a working server/,
    );
  });

  test('somebody who says nothing', async () => {
    const server = createServer(() => {});
    servers.push(server);
    const port = await listen(server);
    const { error } = await contact(`redis://127.0.0.1:${port}`, {}, { connectTimeoutMs: 300 });
    expect(lineOf(error)).toMatch(
      /^ENDPOINT_TIMEOUT .* nothing was answered within 0.3 s \(is this the port of a Redis/,
    );
    const overTls = await contact(`rediss://127.0.0.1:${port}`, {}, { connectTimeoutMs: 300 });
    expect(lineOf(overTls.error)).toMatch(/^ENDPOINT_TIMEOUT .* the TLS handshake did not end within 0.3 s/);
  });

  test('a password is not sent to somebody who does not speak RESP', async () => {
    let received = '';
    const server = createServer((socket) => {
      socket.on('data', (bytes) => {
        received += bytes.toString();
        socket.write('250 mail.example\r\n');
      });
      socket.on('error', () => {});
    });
    servers.push(server);
    const { error } = await contact(`redis://app:${PASSWORD}@127.0.0.1:${await listen(server)}`);
    expect(lineOf(error)).toMatch(/^ENDPOINT_NOT_REDIS .* is not Redis: it said "250 mail.example"/);
    expect(received).toBe('*1\r\n$4\r\nPING\r\n');
  });

  test('a server in protected mode', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.end(
        '-DENIED Redis is running in protected mode because protected mode is enabled and no password is set.\r\n',
      );
    });
    servers.push(server);
    const { error } = await contact(`redis://127.0.0.1:${await listen(server)}`);
    expect(lineOf(error)).toMatch(
      /^ENDPOINT_PROTECTED .* is in protected mode: it serves its own host only \(set a password/,
    );
  });

  test('a server with as many clients as it allows is waited for', async () => {
    let refusals = 2;
    const server = createServer((socket) => {
      socket.on('error', () => {});
      if (refusals-- > 0) socket.end('-ERR max number of clients reached\r\n');
      else socket.on('data', () => socket.write('-ERR unknown command\r\n'));
    });
    servers.push(server);
    const waits: string[] = [];
    const patience = new Patience({ retryForMs: 5000, onWait: ({ reason }) => waits.push(reason) });
    const topology = await openTopology(parseEndpoint(`redis://127.0.0.1:${await listen(server)}`), { patience });
    topology.close();
    expect(waits).toHaveLength(2);
    expect(waits[0]).toMatch(/as many clients as it allows/);
  });
});

const servers = serversForTests((program) => isAtLeast(program, 2, 6));
const newest = newestServer();

describe.skipIf(servers.length === 0).each(servers.map((program) => [program.label, program] as const))(
  'logins at %s',
  (_label, program) => {
    let server: TestServer;
    let open: TestServer;
    beforeAll(async () => {
      server = await startServer(program, { tcp: true, password: PASSWORD });
      open = await startServer(program, { tcp: true, databases: 4 });
    });
    afterAll(async () => {
      await server.stop();
      await open.stop();
    });

    test('right', async () => {
      const { error, answer } = await contact(`redis://:${PASSWORD}@127.0.0.1:${server.port}/3`);
      expect([lineOf(error), answer]).toEqual(['fine', 'OK']);
      expect((await contact(`127.0.0.1:${server.port}`, { env: { REDISCLI_AUTH: PASSWORD } })).error).toBeNull();
      expect((await contact(`redis://default:${PASSWORD}@127.0.0.1:${server.port}`)).error).toBeNull();
    });

    test('none', async () => {
      const { error } = await contact(`redis://127.0.0.1:${server.port}`);
      expect(lineOf(error)).toMatch(
        /^ENDPOINT_LOGIN_REQUIRED 127.0.0.1:\d+: the server wants a login, and none was given \(give a password with --askpass/,
      );
    });

    test('wrong', async () => {
      const { error, ms } = await contact(`redis://:x-${PASSWORD}@127.0.0.1:${server.port}`);
      expect(lineOf(error)).toMatch(/^ENDPOINT_WRONG_PASSWORD 127.0.0.1:\d+: wrong password \(/);
      expect(ms).toBeLessThan(3000);
      const user = await contact(`redis://app:${PASSWORD}@127.0.0.1:${server.port}`);
      expect(lineOf(user.error)).toMatch(
        isAtLeast(program, 6)
          ? /^ENDPOINT_WRONG_PASSWORD .* wrong password for user app, or no such user/
          : /^ENDPOINT_WRONG_PASSWORD .* older than 6.0 and has no users \(leave the user name out\)/,
      );
    });

    test('needless', async () => {
      const { error, events } = await contact(`redis://:${PASSWORD}@127.0.0.1:${open.port}`);
      expect(lineOf(error)).toBe('fine');
      expect(events).toEqual([{ type: 'warning', message: 'a password was given, but the server has none' }]);
    });

    test('a database that does not exist', async () => {
      const { error } = await contact(`redis://127.0.0.1:${open.port}/4`);
      expect(lineOf(error)).toMatch(/^ENDPOINT_DATABASE 127.0.0.1:\d+: the server has no database 4 \(raise/);
    });
  },
);

describe.skipIf(newest === undefined)('other mistakes', () => {
  const program = newest as NonNullable<typeof newest>;
  const running: TestServer[] = [];
  afterAll(async () => {
    await Promise.all(running.map((server) => server.stop()));
  });
  const started = async (...args: Parameters<typeof startServer>): Promise<TestServer> => {
    const server = await startServer(...args);
    running.push(server);
    return server;
  };

  test('users: what they may, and who is switched off', async () => {
    const server = await started(program, { tcp: true });
    await server.call('ACL', 'SETUSER', 'app', 'on', `>${PASSWORD}`, '~*', '+@all', '-info', '-role', '-hello');
    await server.call('ACL', 'SETUSER', 'off', 'off', `>${PASSWORD}`, '~*', '+@all');
    await server.call('ACL', 'SETUSER', 'few', 'on', `>${PASSWORD}`, '~*', '+set');
    const at = `127.0.0.1:${server.port}`;
    expect(lineOf((await contact(`redis://app:${PASSWORD}@${at}`)).error)).toBe('fine');
    expect(lineOf((await contact(`redis://off:${PASSWORD}@${at}`)).error)).toMatch(/switched off/);
    // Neither PING nor INFO, but what is needed.
    expect(lineOf((await contact(`redis://few:${PASSWORD}@${at}`)).error)).toBe('fine');
    expect(lineOf((await contact(`redis://few:${PASSWORD}@${at}/1`)).error)).toMatch(
      /^ENDPOINT_NOT_PERMITTED .* cannot select database 1: NOPERM/,
    );
  });

  test('a server that does not know AUTH quotes no password', async () => {
    const server = await started(program, { tcp: true, config: { 'rename-command': 'AUTH ""' } });
    const { error } = await contact(`redis://:${PASSWORD}@127.0.0.1:${server.port}`);
    expect(lineOf(error)).toMatch(/^ENDPOINT_NOT_PERMITTED .* the login failed: ERR unknown command 'AUTH' \(null\)$/);
  });

  test('a replica', async () => {
    const master = await started(program, { tcp: true });
    const [replica] = await startReplicas(master, 1);
    if (replica === undefined) return expect.unreachable();
    running.push(replica);
    const { error, ms } = await contact(`redis://127.0.0.1:${replica.port}`);
    expect(lineOf(error)).toMatch(
      new RegExp(
        `^ENDPOINT_REPLICA .* the server is a replica of 127.0.0.1:${master.port} \\(it takes no writes: name its`,
      ),
    );
    expect(ms).toBeLessThan(2000);

    const [sentinel] = await startSentinels(master, 1, { count: 1 });
    if (sentinel === undefined) return expect.unreachable();
    running.push(sentinel);
    const direct = await contact(`redis://127.0.0.1:${sentinel.port}`);
    expect(lineOf(direct.error)).toMatch(
      new RegExp(
        `^ENDPOINT_WRONG_MODE .* this is a Sentinel.*redis-sentinel://127.0.0.1:${sentinel.port}/mymaster\\)$`,
      ),
    );
    const unknown = await contact(`redis-sentinel://127.0.0.1:${sentinel.port}/other`);
    expect(lineOf(unknown.error)).toMatch(
      /^ENDPOINT_UNKNOWN_MASTER .* this Sentinel knows no master 'other'; it watches mymaster/,
    );
    const noSentinel = await contact(`redis-sentinel://127.0.0.1:${master.port}/mymaster`);
    expect(lineOf(noSentinel.error)).toMatch(
      new RegExp(`^ENDPOINT_WRONG_MODE .* a data server, not a Sentinel \\(write redis://127.0.0.1:${master.port}, or`),
    );
    const noCluster = await contact(`redis-cluster://127.0.0.1:${master.port}`);
    expect(lineOf(noCluster.error)).toMatch(
      new RegExp(`^ENDPOINT_WRONG_MODE .* belongs to no cluster \\(write redis://127.0.0.1:${master.port}\\)$`),
    );
    return undefined;
  });

  test('a node without slots', async () => {
    const node = await started(program, { cluster: true });
    const { error } = await contact(`redis://127.0.0.1:${node.port}`);
    expect(lineOf(error)).toMatch(/^ENDPOINT_CLUSTER .* this node belongs to no cluster with slots/);
  });
});

const tls = tlsForTests();

describe.skipIf(tls === undefined)('TLS', () => {
  const { program, openssl } = tls as NonNullable<typeof tls>;
  let certificates: Certificates;
  let elsewhere: Certificates;
  let selfSigned: Certificates;
  let server: TestServer;
  let tunnelled: TestServer;
  let own: TestServer;
  let strict: TestServer;
  let plain: TestServer;
  beforeAll(async () => {
    certificates = makeCertificates(openssl);
    elsewhere = makeCertificates(openssl, { names: ['DNS:redis.internal'] });
    selfSigned = makeCertificates(openssl, { selfSigned: true });
    server = await startServer(program, { tls: certificates, password: PASSWORD });
    tunnelled = await startServer(program, { tls: elsewhere });
    own = await startServer(program, { tls: selfSigned });
    strict = await startServer(program, { tls: certificates, config: { 'tls-auth-clients': 'yes' } });
    plain = await startServer(program, { tcp: true });
  });
  afterAll(async () => {
    await Promise.all([server, tunnelled, own, strict, plain].map((one) => one.stop()));
  });
  const at = (one: TestServer): string => `rediss://127.0.0.1:${one.tlsPort}`;

  test('right: CA, login, host name, database', async () => {
    const options = { password: PASSWORD, tls: { ca: certificates.ca } };
    const byName = `rediss://localhost:${server.tlsPort}/2`;
    expect(lineOf((await contact(at(server), options)).error)).toBe('fine');
    expect(lineOf((await contact(byName, options)).error)).toBe('fine');
    expect(lineOf((await contact(`${at(server)}?cacert=${certificates.ca}`, { password: PASSWORD })).error)).toBe(
      'fine',
    );
    expect(lineOf((await contact(at(server), { password: PASSWORD, tls: { insecure: true } })).error)).toBe('fine');
  });

  test('wrong password', async () => {
    const { error } = await contact(at(server), { password: 'sesame', tls: { ca: certificates.ca } });
    expect(error?.code).toBe('ENDPOINT_WRONG_PASSWORD');
  });

  test('a certificate that nobody vouches for, or that is signed by itself', async () => {
    expect(lineOf((await contact(at(server))).error)).toMatch(
      /^ENDPOINT_TLS .* certificate was signed by nobody we trust \(give the right CA with --cacert, or .* --insecure\)$/,
    );
    expect(lineOf((await contact(at(own))).error)).toMatch(
      /^ENDPOINT_TLS .* certificate is self-signed \(give the right CA with --cacert/,
    );
    expect(lineOf((await contact(at(own), { tls: { ca: selfSigned.serverCert } })).error)).toBe('fine');
  });

  test('a certificate for another name, as behind a tunnel', async () => {
    const ca = elsewhere.ca;
    expect(lineOf((await contact(at(tunnelled), { tls: { ca } })).error)).toMatch(
      /^ENDPOINT_TLS .* certificate is for another name \(redis.internal\) \(behind a tunnel .* --sni\)$/,
    );
    expect(lineOf((await contact(at(tunnelled), { tls: { ca, servername: 'redis.internal' } })).error)).toBe('fine');
  });

  test('a server that asks for our certificate', async () => {
    const { ca, clientCert: cert, clientKey: key } = certificates;
    expect(lineOf((await contact(at(strict), { tls: { ca } })).error)).toMatch(
      /^ENDPOINT_TLS .* does not accept our certificate, or wants one and has got none \(.* --cert and --key\)$/,
    );
    expect(lineOf((await contact(at(strict), { tls: { ca, cert, key } })).error)).toBe('fine');
  });

  test('files that cannot be used', async () => {
    const { ca, clientCert: cert, clientKey: key } = certificates;
    const line = async (options: object): Promise<string> =>
      lineOf((await contact(at(strict), { tls: { ca, ...options } })).error);
    expect(await line({ ca: '/no/such.pem' })).toMatch(
      /cannot read the CA certificates in "\/no\/such.pem": no such file/,
    );
    expect(await line({ ca: key })).toMatch(/no certificate in PEM form in/);
    expect(await line({ cert })).toMatch(/needs both --cert and --key/);
    expect(await line({ cert, key: cert })).toMatch(/^ENDPOINT_TLS cannot use .* \(PEM files are needed/);
    expect(await line({ cert: Buffer.from('x'), key })).toMatch(/cannot use .*the given bytes/);
  });

  test('TLS against a plain port, and the reverse', async () => {
    const toPlain = await contact(`rediss://:${PASSWORD}@127.0.0.1:${plain.port}`);
    expect(lineOf(toPlain.error)).toMatch(
      /^ENDPOINT_TLS_MISMATCH .* this port does not speak TLS \(write redis:\/\/ instead of rediss:\/\/\)$/,
    );
    const toTls = await contact(`redis://:${PASSWORD}@127.0.0.1:${server.tlsPort}`);
    expect(lineOf(toTls.error)).toMatch(
      /^ENDPOINT_TLS_MISMATCH .* this port speaks TLS \(write rediss:\/\/ instead of redis:\/\/\)$/,
    );
    expect(Math.max(toPlain.ms, toTls.ms)).toBeLessThan(4000);
  });
});
