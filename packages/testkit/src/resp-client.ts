/**
 * A plain connection to a server, for tests: binary-safe, in order, without any code of the packages under test.
 *
 * @module
 */
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { connect, type NetConnectOpts, type Socket } from 'node:net';

/** An error reply. */
export class ReplyError extends Error {
  override readonly name: string = 'ReplyError';
}

/** A reply; integers beyond 2^53 are bigints. */
export type Reply = string | number | bigint | Buffer | null | ReplyError | Reply[];

/** An argument of a command; numbers are sent as text. */
export type Argument = string | number | bigint | Uint8Array;

/** What became of piped commands. */
export interface PipeResult {
  readonly replies: number;
  /** Texts of the error replies, at most a hundred. */
  readonly errors: readonly string[];
  readonly errorCount: number;
}

const CRLF = Buffer.from('\r\n');
const INCOMPLETE = Symbol('incomplete');
const MAX_ERRORS_KEPT = 100;

/** A command in its wire form: an array of bulk strings. */
export function encodeCommand(args: readonly Argument[]): Buffer {
  const parts: Uint8Array[] = [Buffer.from(`*${args.length}\r\n`)];
  for (const arg of args) {
    const bytes = arg instanceof Uint8Array ? arg : Buffer.from(String(arg));
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, CRLF);
  }
  return Buffer.concat(parts);
}

/** Decodes one reply at `at.offset` and moves the offset past it. */
function decodeReply(data: Buffer, at: { offset: number }): Reply | typeof INCOMPLETE {
  const lineEnd = data.indexOf(CRLF, at.offset);
  if (lineEnd < 0) return INCOMPLETE;
  const kind = String.fromCharCode(data[at.offset] ?? 0);
  const line = data.toString('latin1', at.offset + 1, lineEnd);
  const next = lineEnd + 2;
  switch (kind) {
    case '+':
      at.offset = next;
      return line;
    case '-':
      at.offset = next;
      return new ReplyError(line);
    case ':': {
      at.offset = next;
      const number = Number(line);
      return Number.isSafeInteger(number) ? number : BigInt(line);
    }
    case '$': {
      const length = Number(line);
      if (length < 0) {
        at.offset = next;
        return null;
      }
      if (data.length < next + length + 2) return INCOMPLETE;
      at.offset = next + length + 2;
      return Buffer.from(data.subarray(next, next + length));
    }
    case '*':
      return decodeArray(data, at, Number(line), next);
    default:
      throw new Error(`unexpected reply: ${JSON.stringify(kind + line)}`);
  }
}

function decodeArray(data: Buffer, at: { offset: number }, count: number, start: number): Reply | typeof INCOMPLETE {
  if (count < 0) {
    at.offset = start;
    return null;
  }
  const inner = { offset: start };
  const items: Reply[] = [];
  for (let i = 0; i < count; i++) {
    const item = decodeReply(data, inner);
    if (item === INCOMPLETE) return INCOMPLETE;
    items.push(item);
  }
  at.offset = inner.offset;
  return items;
}

/** A connection. Replies come in the order of the commands. */
export class RespClient {
  private readonly socket: Socket;
  private readonly waiting: ((reply: Reply | Error) => void)[] = [];
  private chunks: Buffer[] = [];
  private buffered = 0;
  private needed = 0;
  private failure: Error | null = null;
  /** Takes replies that belong to no single command, while `pipe` runs. */
  private sink: ((reply: Reply) => void) | null = null;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk) => this.receive(chunk));
    socket.on('error', (error) => this.fail(error));
    socket.on('close', () => this.fail(new Error('connection closed')));
  }

  static async connect(where: NetConnectOpts): Promise<RespClient> {
    const socket = connect(where);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    socket.removeAllListeners('error');
    return new RespClient(socket);
  }

  private fail(error: Error): void {
    this.failure ??= error;
    for (const settle of this.waiting.splice(0)) settle(error);
  }

  private receive(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.buffered += chunk.length;
    // A long reply is decoded again only when the bytes at hand have doubled, or look like its end.
    if (this.buffered < this.needed && !chunk.subarray(-2).equals(CRLF)) return;
    const data = this.chunks.length === 1 ? chunk : Buffer.concat(this.chunks);
    const at = { offset: 0 };
    while (at.offset < data.length) {
      const reply = decodeReply(data, at);
      if (reply === INCOMPLETE) break;
      const settle = this.waiting.shift();
      if (settle !== undefined) settle(reply);
      else this.sink?.(reply);
    }
    const rest = data.subarray(at.offset);
    this.chunks = rest.length > 0 ? [rest] : [];
    this.buffered = rest.length;
    this.needed = rest.length > 65536 ? rest.length * 2 : 0;
  }

  private async expectReply(): Promise<Reply> {
    const reply = await new Promise<Reply | Error>((resolve) => {
      if (this.failure !== null) resolve(this.failure);
      else this.waiting.push(resolve);
    });
    if (reply instanceof Error) throw reply;
    return reply;
  }

  /** Sends one command. @throws {ReplyError} when the server answers with an error. */
  async call(...args: readonly Argument[]): Promise<Reply> {
    const reply = this.expectReply();
    this.socket.write(encodeCommand(args));
    return await reply;
  }

  /** Sends commands in one write; error replies are among the results. */
  async callAll(commands: readonly (readonly Argument[])[]): Promise<Reply[]> {
    const replies = commands.map(async () => {
      try {
        return await this.expectReply();
      } catch (error) {
        if (error instanceof ReplyError) return error;
        throw error;
      }
    });
    this.socket.write(Buffer.concat(commands.map(encodeCommand)));
    return await Promise.all(replies);
  }

  /**
   * Sends RESP as it is, as `redis-cli --pipe` does, and counts what comes back. An end mark tells when all is
   * answered, so the number of commands need not be known. The database that the last SELECT chose stays chosen.
   */
  async pipe(source: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<PipeResult> {
    const mark = randomBytes(20);
    let replies = 0;
    let errorCount = 0;
    const errors: string[] = [];
    let onClose = (): void => {};
    const done = new Promise<void>((resolve, reject) => {
      this.sink = (reply) => {
        if (reply instanceof Buffer && reply.equals(mark)) return resolve();
        replies += 1;
        if (reply instanceof ReplyError) {
          errorCount += 1;
          if (errors.length < MAX_ERRORS_KEPT) errors.push(reply.message);
        }
        return undefined;
      };
      onClose = () => reject(new Error(`connection closed after ${replies} replies`));
    });
    done.catch(() => {}); // may be rejected before it is waited for
    this.socket.once('close', onClose);
    try {
      for await (const chunk of source instanceof Uint8Array ? [source] : source) await this.write(chunk);
      await this.write(encodeCommand(['ECHO', mark]));
      await done;
    } finally {
      this.sink = null;
      this.socket.off('close', onClose);
    }
    return { replies, errors, errorCount };
  }

  private async write(chunk: Uint8Array): Promise<void> {
    if (this.failure !== null) throw this.failure;
    if (this.socket.write(chunk)) return;
    await new Promise<void>((resolve, reject) => {
      const settle = (error?: Error): void => {
        this.socket.off('drain', settle);
        this.socket.off('close', onClose);
        if (error === undefined) resolve();
        else reject(error);
      };
      const onClose = (): void => settle(this.failure ?? new Error('connection closed'));
      this.socket.once('drain', settle);
      this.socket.once('close', onClose);
    });
  }

  close(): void {
    this.socket.destroy();
  }
}
