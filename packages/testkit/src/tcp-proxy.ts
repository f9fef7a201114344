/**
 * A proxy that does what networks do: cuts connections at a chosen byte, falls silent, leads elsewhere.
 *
 * @module
 */
import { connect, createServer, type NetConnectOpts, type Server, type Socket } from 'node:net';

/** Forwards connections to a server, as well or as badly as it is told. Made by {@link startTcpProxy}. */
export class TcpProxy {
  /** Where new connections lead to. */
  target: NetConnectOpts;
  /** Connections that were taken since the beginning. */
  accepted = 0;
  /** Bytes that clients sent and that were passed on. */
  forwarded = 0;
  /** New connections are closed at once. */
  isRefusing = false;
  private readonly server: Server;
  private readonly pairs = new Set<readonly [client: Socket, upstream: Socket]>();
  private isFrozen = false;
  private cutAt = Number.POSITIVE_INFINITY;

  /** Use {@link startTcpProxy}. */
  constructor(target: NetConnectOpts) {
    this.target = target;
    this.server = createServer((client) => this.accept(client));
  }

  get port(): number {
    const address = this.server.address();
    return address !== null && typeof address === 'object' ? address.port : 0;
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.server.listen(0, '127.0.0.1', resolve);
    });
  }

  private accept(client: Socket): void {
    this.accepted++;
    if (this.isRefusing) {
      client.destroy();
      return;
    }
    const upstream = connect(this.target);
    const pair = [client, upstream] as const;
    this.pairs.add(pair);
    const end = (): void => {
      this.pairs.delete(pair);
      client.destroy();
      upstream.destroy();
    };
    for (const socket of pair) {
      socket.setNoDelay(true);
      socket.on('error', end);
      socket.on('close', end);
    }
    client.on('data', (bytes) => {
      const rest = this.cutAt - this.forwarded;
      const passed = bytes.length < rest ? bytes : bytes.subarray(0, rest);
      this.forwarded += passed.length;
      if (!upstream.write(passed)) {
        client.pause();
        upstream.once('drain', () => {
          if (!this.isFrozen) client.resume();
        });
      }
      if (this.forwarded < this.cutAt) return;
      this.cutAt = Number.POSITIVE_INFINITY;
      // What was passed on is to arrive; answers to it are lost.
      client.destroy();
      upstream.end(() => end());
    });
    upstream.on('data', (bytes) => {
      client.write(bytes);
    });
    if (this.isFrozen) for (const socket of pair) socket.pause();
  }

  /** Cuts the connection over which the byte at this position, counted as in {@link TcpProxy.forwarded}, is sent. */
  cutAfter(position: number): void {
    this.cutAt = position;
  }

  /** Cuts all connections. */
  cut(): void {
    for (const [client, upstream] of this.pairs) {
      client.destroy();
      upstream.destroy();
    }
  }

  /** Passes nothing on any more and closes nothing: a cable that was pulled out. */
  freeze(): void {
    this.isFrozen = true;
    for (const pair of this.pairs) for (const socket of pair) socket.pause();
  }

  thaw(): void {
    this.isFrozen = false;
    for (const pair of this.pairs) for (const socket of pair) socket.resume();
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
    });
  }
}

/** Starts a proxy on a free loopback port. */
export async function startTcpProxy(target: NetConnectOpts): Promise<TcpProxy> {
  const proxy = new TcpProxy(target);
  await proxy.listen();
  return proxy;
}
