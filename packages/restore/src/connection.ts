/**
 * One authenticated connection to one server.
 *
 * @module
 */
import type { Duplex } from 'node:stream';
import { type Reply, ReplyError, ReplyScanner, type ReplyVisitor, RespBuffer, RespError } from '@rdbkit/resp';
import type { Address } from './address.ts';
import { EndpointError } from './endpoint-error.ts';
import { brokenConnection, describeForeignBytes } from './internal/system-errors.ts';
import { type ServerState, UNKNOWN_SERVER } from './server-state.ts';

/**
 * Takes what comes back for the commands that {@link Connection.write} sent, in their order.
 *
 * Calls come synchronously out of the socket's data event; none of them may throw. Replies to {@link Connection.call} and
 * RESP3 pushes are not among them.
 */
export interface ReplyHandler extends ReplyVisitor {
  /** After {@link Connection.write} returned `false`: there is room again. */
  drain(): void;
  /** The connection is gone, and what was not answered will not be. Called once, last; not after our own `close`. */
  closed(error: EndpointError): void;
}

/** An argument of a command; numbers are sent as text. */
export type Argument = string | number | Uint8Array;

/** Options of a {@link Connection}. */
export interface ConnectionOptions {
  /**
   * Milliseconds without a byte in either direction while replies are awaited, after which the connection counts as dead.
   * @default 60000
   */
  readonly replyTimeoutMs?: number;
  /**
   * Milliseconds without traffic after which a `PING` keeps proxies from hanging up, and shows whether anybody is there.
   * @default 10000
   */
  readonly heartbeatMs?: number;
}

export const DEFAULT_REPLY_TIMEOUT_MS = 60_000;
const DEFAULT_HEARTBEAT_MS = 10_000;
const LONGEST_TICK_MS = 1000;
const TICKS_PER_TIMEOUT = 20;

/** Bytes that are written and not yet taken by the system, above which writing shall pause, and below which it goes on. */
const HIGH_WATER_BYTES = 512 * 1024;
const LOW_WATER_BYTES = 128 * 1024;

/** Replies that are awaited: so many of written commands, or the one of a call. */
interface Expected {
  left: number;
  readonly settle: ((outcome: Reply | EndpointError) => void) | null;
}

const NO_HANDLER: ReplyHandler = { ok: () => {}, none: () => {}, error: () => {}, drain: () => {}, closed: () => {} };

/**
 * A connection that is logged in. Made by {@link Topology.connect}.
 *
 * It always reads, hence writing cannot end in a deadlock in which both sides wait for the other to read.
 */
export class Connection {
  readonly address: Address;
  /** The server at the other end, as it was when the connection was made. */
  peer: ServerState = UNKNOWN_SERVER;
  private readonly stream: Duplex;
  private handler: ReplyHandler = NO_HANDLER;
  private readonly scanner: ReplyScanner;
  private readonly expected: Expected[] = [];
  private awaited = 0;
  private bufferedBytes = 0;
  private isFull = false;
  /** Whether anything was ever received; what never spoke RESP is no Redis. */
  private hasAnswered = false;
  private failure: EndpointError | null = null;
  private readonly onEnd: (() => void)[] = [];
  private unasked: ((reply: Reply) => void) | null = null;
  // Silence is counted in ticks of a timer, not in time: after the process itself was stopped or busy, a tick comes late,
  // but what was received meanwhile is looked at before the next one.
  private readonly ticker: NodeJS.Timeout;
  private silentTicks = 0;

  /** Use {@link Topology.connect}. `stream` is connected, and ours from now on. */
  constructor(stream: Duplex, address: Address, options: ConnectionOptions = {}) {
    this.stream = stream;
    this.address = address;
    this.scanner = new ReplyScanner({
      ok: (count) => {
        if (this.answered(count)) this.handler.ok(count);
      },
      none: () => {
        if (this.answered(1)) this.handler.none();
      },
      error: (text, isNested) => {
        if (this.answered(1)) this.handler.error(text, isNested);
      },
    });
    const { replyTimeoutMs = DEFAULT_REPLY_TIMEOUT_MS, heartbeatMs = DEFAULT_HEARTBEAT_MS } = options;
    const tickMs = Math.min(LONGEST_TICK_MS, replyTimeoutMs / TICKS_PER_TIMEOUT, heartbeatMs / 2);
    this.ticker = setInterval(() => this.tick(replyTimeoutMs / tickMs, heartbeatMs / tickMs, replyTimeoutMs), tickMs);
    this.ticker.unref();
    stream.on('data', (chunk: Uint8Array) => this.receive(chunk));
    stream.on('error', (error: Error) => this.fail(brokenConnection(error, address)));
    stream.on('end', () => this.fail(brokenConnection(null, address)));
    stream.on('close', () => this.fail(brokenConnection(null, address)));
  }

  /** Commands that were sent and not answered, calls included. */
  get pending(): number {
    return this.awaited;
  }

  /** Whether it is neither over nor full. */
  get isWritable(): boolean {
    return this.failure === null && !this.isFull;
  }

  /** Why it ended; `null` while it lives. */
  get ended(): EndpointError | null {
    return this.failure;
  }

  /** Sets who is told about replies and the end; until then nobody is. */
  attach(handler: ReplyHandler): void {
    this.handler = handler;
  }

  /** Sets who takes replies that nobody asked for: messages of channels. Without anybody they end the connection. */
  onUnasked(take: (reply: Reply) => void): void {
    this.unasked = take;
  }

  /** Adds what is done at the end, whoever brought it about. */
  whenEnded(run: () => void): void {
    if (this.failure === null) this.onEnd.push(run);
    else run();
  }

  /**
   * Sends bytes in which `commands` commands begin: one that needs several writes counts with the first of them. The bytes
   * must stay as they are until `flushed` is called, which does not happen after the end.
   *
   * @returns Whether there is room for more; if not, {@link ReplyHandler.drain} tells when there is. More may be written all
   * the same. After the end nothing is sent.
   */
  write(chunks: Uint8Array | readonly Uint8Array[], commands: number, flushed?: () => void): boolean {
    if (this.failure !== null) return false;
    if (commands > 0) this.expect(commands);
    return this.send(chunks, flushed);
  }

  private expect(commands: number): void {
    this.awaited += commands;
    const last = this.expected.at(-1);
    if (last !== undefined && last.settle === null) last.left += commands;
    else this.expected.push({ left: commands, settle: null });
  }

  private send(chunks: Uint8Array | readonly Uint8Array[], flushed?: () => void): boolean {
    const { stream } = this;
    const list = chunks instanceof Uint8Array ? [chunks] : chunks;
    const bytes = list.reduce((sum, chunk) => sum + chunk.length, 0);
    this.bufferedBytes += bytes;
    if (this.bufferedBytes > HIGH_WATER_BYTES) this.isFull = true;
    const taken = (error?: Error | null): void => {
      if (error == null) this.taken(bytes, flushed);
    };
    stream.cork();
    list.forEach((chunk, i) => {
      stream.write(chunk, i === list.length - 1 ? taken : undefined);
    });
    stream.uncork();
    return !this.isFull;
  }

  /** The system took `bytes`. */
  private taken(bytes: number, flushed: (() => void) | undefined): void {
    this.silentTicks = 0;
    this.bufferedBytes -= bytes;
    if (this.failure !== null) return;
    flushed?.();
    if (!this.isFull || this.bufferedBytes > LOW_WATER_BYTES) return;
    this.isFull = false;
    this.handler.drain();
  }

  /**
   * Sends one command, at the border of commands, and waits for its reply.
   *
   * @throws {ReplyError} if the server answers with an error.
   * @throws {EndpointError} if the connection ends first.
   */
  async call(...args: readonly Argument[]): Promise<Reply> {
    const reply = await this.ask(...args);
    if (reply instanceof ReplyError) throw reply;
    return reply;
  }

  /** As {@link Connection.call}, but an error reply is a reply like others. */
  async ask(...args: readonly Argument[]): Promise<Reply> {
    const outcome = await new Promise<Reply | EndpointError>((resolve) => {
      if (this.failure !== null) {
        resolve(this.failure);
        return;
      }
      this.awaited++;
      this.expected.push({ left: 1, settle: resolve });
      this.send(encodeCommand(args));
    });
    if (outcome instanceof EndpointError) throw outcome;
    return outcome;
  }

  private receive(chunk: Uint8Array): void {
    this.silentTicks = 0;
    let at = 0;
    try {
      while (at < chunk.length && this.failure === null) at = this.takeReplies(chunk, at);
    } catch (error) {
      if (!(error instanceof RespError)) throw error;
      this.fail(this.hasAnswered ? this.protocolError(error.message) : describeForeignBytes(chunk, this.address));
    }
  }

  private takeReplies(chunk: Uint8Array, start: number): number {
    const [next] = this.expected;
    if (next !== undefined && next.settle === null) {
      return this.scanner.count(chunk, start, next.left);
    }
    const at = this.scanner.read(chunk, start);
    const { value } = this.scanner;
    if (value === undefined) return at;
    this.hasAnswered = true;
    if (next !== undefined) {
      this.expected.shift();
      this.awaited--;
      next.settle?.(value);
    } else if (this.unasked !== null) {
      this.unasked(value);
    } else {
      const text = value instanceof ReplyError ? `: ${value.message}` : '';
      this.fail(this.protocolError(`the server sent an answer to no command${text}`));
    }
    return at;
  }

  /** Takes written commands off the list, before anybody is told: who is told may send more, or end the connection. */
  private answered(count: number): boolean {
    const [next] = this.expected;
    if (this.failure !== null || next === undefined) return false;
    this.hasAnswered = true;
    this.awaited -= count;
    next.left -= count;
    if (next.left === 0) this.expected.shift();
    return true;
  }

  private tick(timeoutTicks: number, heartbeatTicks: number, timeoutMs: number): void {
    this.silentTicks++;
    if (this.awaited > 0 && this.silentTicks >= timeoutTicks) {
      const seconds = Math.round(timeoutMs / 100) / 10;
      const text = `no sign of life for ${seconds} s, although answers are due`;
      this.fail(new EndpointError('ENDPOINT_TIMEOUT', text, { address: this.address }));
    } else if (this.awaited === 0 && this.unasked === null && this.silentTicks >= heartbeatTicks) {
      // Its failure is the connection's, which is reported anyway.
      this.ask('PING').catch(() => {});
    }
  }

  private protocolError(text: string): EndpointError {
    return new EndpointError('ENDPOINT_PROTOCOL', text, { address: this.address });
  }

  /** Ends the connection because of `error`, and tells so. */
  fail(error: EndpointError): void {
    if (this.failure !== null) return;
    this.end(error);
    this.handler.closed(error);
  }

  /** Ends the connection: its handler is not told, calls that wait are rejected. */
  close(): void {
    if (this.failure !== null) return;
    this.end(new EndpointError('ENDPOINT_CLOSED', 'the connection was closed from here', { address: this.address }));
  }

  private end(error: EndpointError): void {
    this.failure = error;
    clearInterval(this.ticker);
    this.stream.destroy();
    for (const { settle } of this.expected.splice(0)) settle?.(error);
    this.awaited = 0;
    for (const run of this.onEnd.splice(0)) run();
  }
}

function encodeCommand(args: readonly Argument[]): Uint8Array {
  const buffer = new RespBuffer(256);
  const encoder = new TextEncoder();
  buffer.begin(args.length);
  for (const arg of args) {
    const bytes = arg instanceof Uint8Array ? arg : encoder.encode(String(arg));
    buffer.bulk(bytes, 0, bytes.length);
  }
  buffer.commit();
  return buffer.take();
}
