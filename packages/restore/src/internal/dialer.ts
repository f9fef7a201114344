/**
 * Makes connections to the servers of one endpoint.
 *
 * @module
 */
import { connect as connectSocket, isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls, type SecureContext, type ConnectionOptions as TlsConnectionOptions } from 'node:tls';
import type { Address } from '../address.ts';
import { Connection, type ConnectionOptions } from '../connection.ts';
import type { Credentials, Endpoint, TlsOptions } from '../endpoint.ts';
import { EndpointError } from '../endpoint-error.ts';
import { readServerState } from '../server-state.ts';
import { login, type Warn } from './login.ts';
import { brokenConnection, failedConnection, plainExpected, tlsExpected } from './system-errors.ts';
import { secureContext } from './tls-context.ts';

/** Options of {@link Dialer}. */
export interface DialerOptions extends ConnectionOptions {
  /**
   * Milliseconds until a connection must be made and logged in.
   * @default 10000
   */
  readonly connectTimeoutMs?: number | undefined;
  /** The name that connections have in `CLIENT LIST`; none by default. */
  readonly clientName?: string | null | undefined;
}

/** Which of the endpoint's logins and TLS settings apply. */
export type Party = 'data' | 'sentinel';

/** Limits of one attempt. */
export interface Attempt {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
  /** Look twice at a port that does not answer as it should: whether it wants TLS, or does not speak it. */
  readonly diagnose?: boolean;
}

const DEFAULT_CONNECT_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_MS = 15_000;
const DIAGNOSIS_MS = 1500;
/** A server that reads a TLS greeting as a command waits for its end; after this it is asked in plain words. */
const TLS_SILENCE_MS = 1000;

/** What an attempt is doing, for the message when its time is up, and what is to be thrown away then. */
interface Progress {
  stage: 'connect' | 'tls' | 'login';
  discard: () => void;
}

/** Makes connections to the servers of one endpoint, with its logins and certificates. */
export class Dialer {
  readonly endpoint: Endpoint;
  private readonly options: DialerOptions;
  private readonly warn: Warn;
  private readonly contexts = new Map<TlsOptions, Promise<SecureContext>>();
  /** Servers that hang up when they are asked what they are: proxies that know few commands. */
  private readonly secretive = new WeakSet<Address>();

  constructor(endpoint: Endpoint, options: DialerOptions, warn: Warn) {
    this.endpoint = endpoint;
    this.options = options;
    this.warn = warn;
  }

  /**
   * Connects to a data server, logs in and asks it what it is.
   *
   * @throws {EndpointError}
   */
  async openServer(address: Address, attempt: Attempt = {}): Promise<Connection> {
    const connection = await this.open(address, 'data', attempt);
    if (this.secretive.has(address)) return connection;
    try {
      connection.peer = await within(this.timeoutMs(attempt), attempt.signal, address, (progress) => {
        progress.stage = 'login';
        return readServerState(connection);
      });
      const { clientName } = this.options;
      if (clientName != null) await connection.ask('CLIENT', 'SETNAME', clientName);
      return connection;
    } catch (error) {
      connection.close();
      if (!(error instanceof EndpointError) || error.code !== 'ENDPOINT_CLOSED') throw error;
    }
    const other = await this.open(address, 'data', attempt);
    this.secretive.add(address);
    return other;
  }

  /**
   * Connects and logs in.
   *
   * @throws {EndpointError}
   */
  async open(address: Address, party: Party, attempt: Attempt = {}): Promise<Connection> {
    return await within(this.timeoutMs(attempt), attempt.signal, address, (progress) =>
      this.establish(address, party, attempt.diagnose ?? false, progress),
    );
  }

  private timeoutMs(attempt: Attempt): number {
    const ownMs = this.options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS;
    return Math.max(1, Math.min(ownMs, attempt.timeoutMs ?? ownMs));
  }

  private async establish(address: Address, party: Party, diagnose: boolean, progress: Progress): Promise<Connection> {
    const { endpoint } = this;
    const tls = party === 'data' ? endpoint.tls : endpoint.sentinelTls;
    const credentials: Credentials | null = party === 'data' ? endpoint.credentials : endpoint.sentinelCredentials;
    const context = tls === null ? null : await this.contextOf(tls);
    const plain = await this.dial(address, progress);
    const stream =
      tls === null || context === null ? plain : await secure(plain, address, tls, context, diagnose, progress);
    progress.stage = 'login';
    const connection = new Connection(stream, address, this.options);
    progress.discard = () => connection.close();
    try {
      await login(connection, credentials, party === 'data' ? endpoint.db : 0, this.warn);
    } catch (error) {
      connection.close();
      if (tls === null && diagnose && isCode(error, 'ENDPOINT_CLOSED')) {
        if (await speaksTls(address)) throw tlsExpected(address);
        throw closedUnheard(error, address);
      }
      throw error;
    }
    return connection;
  }

  private contextOf(tls: TlsOptions): Promise<SecureContext> {
    let context = this.contexts.get(tls);
    if (context === undefined) {
      context = secureContext(tls);
      context.catch(() => {}); // whoever awaits it gets the error
      this.contexts.set(tls, context);
    }
    return context;
  }

  private async dial(address: Address, progress: Progress): Promise<Duplex> {
    const { connect } = this.endpoint;
    if (connect === null) return await dialSocket(address, progress);
    let stream: Duplex;
    try {
      stream = await connect();
    } catch (error) {
      throw failedConnection(error, address);
    }
    progress.discard = () => stream.destroy();
    return stream;
  }
}

function isCode(error: unknown, code: EndpointError['code']): error is EndpointError {
  return error instanceof EndpointError && error.code === code;
}

function closedUnheard(cause: EndpointError, address: Address): EndpointError {
  const hint = 'a proxy without a working server behind it does this, and a firewall';
  return new EndpointError('ENDPOINT_CLOSED', 'the connection was closed before anything was answered', {
    address,
    hint,
    cause,
  });
}

/** Runs an attempt within its time; what it has opened is thrown away when it fails. */
async function within<Result>(
  timeoutMs: number,
  signal: AbortSignal | undefined,
  address: Address,
  run: (progress: Progress) => Promise<Result>,
): Promise<Result> {
  signal?.throwIfAborted();
  const progress: Progress = { stage: 'connect', discard: () => {} };
  let timer: NodeJS.Timeout | undefined;
  let onAbort = (): void => {};
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(timedOut(progress.stage, timeoutMs, address)), timeoutMs);
    onAbort = () => reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
    signal?.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([run(progress), limit]);
  } catch (error) {
    progress.discard();
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

function timedOut(stage: Progress['stage'], timeoutMs: number, address: Address): EndpointError {
  const seconds = Math.round(timeoutMs / 100) / 10;
  const [message, hint] = {
    connect: [`no answer within ${seconds} s`, 'a firewall may drop packets to this port'],
    tls: [`connected, but the TLS handshake did not end within ${seconds} s`, 'does this port speak TLS?'],
    login: [`connected, but nothing was answered within ${seconds} s`, 'is this the port of a Redis server?'],
  }[stage] as [string, string];
  return new EndpointError('ENDPOINT_TIMEOUT', message, { address, hint });
}

async function dialSocket(address: Address, progress: Progress): Promise<Socket> {
  const socket = connectSocket({ ...address, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS });
  progress.discard = () => socket.destroy();
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', (error) => reject(failedConnection(error, address)));
    socket.once('close', () => reject(brokenConnection(null, address)));
  });
  socket.removeAllListeners();
  return socket;
}

function tlsSettings(stream: Duplex, address: Address, tls: TlsOptions): TlsConnectionOptions {
  const host = 'host' in address ? address.host : 'localhost';
  const servername = tls.servername ?? (isIP(host) === 0 ? host : undefined);
  return { socket: stream, host, ...(servername === undefined ? {} : { servername }) };
}

async function secure(
  plain: Duplex,
  address: Address,
  tls: TlsOptions,
  context: SecureContext,
  diagnose: boolean,
  progress: Progress,
): Promise<Duplex> {
  progress.stage = 'tls';
  const stream = connectTls({
    ...tlsSettings(plain, address, tls),
    secureContext: context,
    rejectUnauthorized: !(tls.insecure ?? false),
  });
  progress.discard = () => {
    stream.destroy();
    plain.destroy();
  };
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      stream.once('secureConnect', resolve);
      stream.once('error', (error) => reject(failedConnection(error, address)));
      stream.once('close', () => reject(brokenConnection(null, address)));
      if (!diagnose) return;
      const look = async (): Promise<void> => {
        if (await speaksPlainly(address)) reject(plainExpected(address));
      };
      timer = setTimeout(() => {
        look().catch(reject);
      }, TLS_SILENCE_MS);
    });
  } catch (error) {
    const isSilent = isCode(error, 'ENDPOINT_CLOSED');
    throw isSilent && diagnose && (await speaksPlainly(address)) ? plainExpected(address) : error;
  } finally {
    clearTimeout(timer);
  }
  stream.removeAllListeners('error');
  stream.removeAllListeners('close');
  return stream;
}

/** Whether a port that wants TLS by its address answers a plain `PING`. No secret is sent. */
async function speaksPlainly(address: Address): Promise<boolean> {
  if (!('host' in address)) return false;
  const socket = connectSocket(address);
  return await firstOf(socket, (settle) => {
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (bytes) => settle(bytes[0] === 0x2b || bytes[0] === 0x2d));
  });
}

/** Whether a port that is plain by its address takes part in a TLS handshake. */
async function speaksTls(address: Address): Promise<boolean> {
  if (!('host' in address)) return false;
  const socket = connectTls({ ...address, rejectUnauthorized: false });
  return await firstOf(socket, (settle) => {
    socket.once('secureConnect', () => settle(true));
  });
}

async function firstOf(socket: Socket, watch: (settle: (result: boolean) => void) => void): Promise<boolean> {
  const result = await new Promise<boolean>((resolve) => {
    socket.setTimeout(DIAGNOSIS_MS, () => resolve(false));
    socket.on('error', () => resolve(false));
    socket.on('close', () => resolve(false));
    watch(resolve);
  });
  socket.destroy();
  return result;
}
