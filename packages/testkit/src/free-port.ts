/**
 * Ports of the loopback address that nobody uses.
 *
 * @module
 */
import { createServer } from 'node:net';

/** Where nodes of a cluster talk to each other, counted from their port. */
const CLUSTER_BUS_OFFSET = 10_000;

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

/** A free port of the loopback address whose cluster bus port is free too; below those that systems hand out. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 11_000 + Math.floor(Math.random() * 11_000);
    if ((await isFree(port)) && (await isFree(port + CLUSTER_BUS_OFFSET))) return port;
  }
}
