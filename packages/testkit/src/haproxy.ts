/**
 * HAProxy in front of servers, sending everybody to the one that is a master.
 *
 * @module
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { GuardedProcess } from './guarded-process.ts';
import { RespClient } from './resp-client.ts';
import type { TestServer } from './server.ts';
import { until } from './topologies.ts';

/** A running HAProxy. */
export interface TestHaproxy {
  readonly port: number;
  stop(): Promise<void>;
}

/** How HAProxy is set up. */
export interface HaproxyOptions {
  /** Cut connections to a server that is no master any more, instead of leaving them open. */
  readonly cutsOnDemotion?: boolean;
  /**
   * Milliseconds after which an idle connection is cut.
   * @default 30000
   */
  readonly idleMs?: number;
  /** The servers' password, for the checks. */
  readonly password?: string;
}

/**
 * Starts HAProxy with the usual check for Redis (`info replication` says `role:master`) and waits until it finds a master.
 *
 * @param haproxy - The program, see `programForTests`.
 */
export async function startHaproxy(
  haproxy: string,
  servers: readonly TestServer[],
  options: HaproxyOptions = {},
): Promise<TestHaproxy> {
  const { cutsOnDemotion = false, idleMs = 30_000, password } = options;
  const folder = mkdtempSync(join(tmpdir(), 'rdbkit-haproxy-'));
  const port = await freePort();
  const login =
    password === undefined ? [] : [`tcp-check send AUTH\\ ${password}\\r\\n`, 'tcp-check expect string +OK'];
  const onDown = cutsOnDemotion ? 'on-marked-down shutdown-sessions' : '';
  const lines = [
    'defaults',
    'mode tcp',
    'timeout connect 1s',
    `timeout client ${idleMs}ms`,
    `timeout server ${idleMs}ms`,
    'timeout check 1s',
    'frontend redis',
    `bind 127.0.0.1:${port}`,
    'default_backend masters',
    'backend masters',
    'option tcp-check',
    'tcp-check connect',
    ...login,
    'tcp-check send PING\\r\\n',
    'tcp-check expect string +PONG',
    'tcp-check send info\\ replication\\r\\n',
    'tcp-check expect string role:master',
    'tcp-check send QUIT\\r\\n',
    'tcp-check expect string +OK',
    `default-server inter 100ms fall 1 rise 1 ${onDown}`,
    ...servers.map((server, i) => `server s${i} 127.0.0.1:${server.port} check`),
  ];
  writeFileSync(join(folder, 'haproxy.cfg'), `${lines.join('\n')}\n`);
  const running = new GuardedProcess(folder, haproxy, '-db', '-f', 'haproxy.cfg');
  const stop = async (): Promise<void> => {
    await running.end();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    // Before its first checks it sends people to all servers in turns.
    let inARow = 0;
    await until('HAProxy', async () => {
      if (running.hasEnded) throw new Error(`haproxy ended: ${running.output.slice(-2000)}`);
      inARow = (await leadsToMaster(port, password)) ? inARow + 1 : 0;
      return inARow > 2 * servers.length;
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, stop };
}

async function leadsToMaster(port: number, password: string | undefined): Promise<boolean> {
  let client: RespClient | undefined;
  try {
    client = await RespClient.connect({ host: '127.0.0.1', port });
    if (password !== undefined) await client.call('AUTH', password);
    return /role:master/.test(String(await client.call('INFO', 'replication')));
  } catch {
    return false;
  } finally {
    client?.close();
  }
}
