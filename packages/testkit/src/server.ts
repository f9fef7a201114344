/**
 * Real servers for tests: started in a folder of their own, ended whatever happens.
 *
 * @module
 */
import type { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { NetConnectOpts } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Certificates } from './certificates.ts';
import type { Content } from './content.ts';
import { freePort } from './free-port.ts';
import { GuardedProcess } from './guarded-process.ts';
import { type ReadBackOptions, readBack } from './read-back.ts';
import { type Argument, type PipeResult, type Reply, ReplyError, RespClient } from './resp-client.ts';
import { findCli, isAtLeast, type ServerProgram } from './server-programs.ts';

/** How a server is started. */
export interface ServerOptions {
  /** Further lines of the configuration, by name; a list gives several lines. */
  readonly config?: Readonly<Record<string, string | number | readonly string[]>>;
  /** A dump to load at the start. */
  readonly dump?: Uint8Array;
  /** Files for its folder, by path. */
  readonly files?: Readonly<Record<string, Uint8Array>>;
  /** Folder whose content is copied into the server's own before the start, such as an `appendonlydir`. */
  readonly contentOf?: string;
  /** Module files, each with its arguments after blanks. */
  readonly modules?: readonly string[];
  /** @default 16 */
  readonly databases?: number;
  /** Listen on a free port of the loopback address instead of a socket file. */
  readonly tcp?: boolean;
  /** Start as a node of a cluster (implies `tcp`). */
  readonly cluster?: boolean;
  /** Start as a Sentinel (implies `tcp`). */
  readonly sentinel?: boolean;
  /** Listen with TLS on a port as well: {@link TestServer.tlsPort}. */
  readonly tls?: Certificates;
  /** The password that the default user has from the start on. */
  readonly password?: string;
  /**
   * Milliseconds until the server must answer, loading included.
   * @default 30000
   */
  readonly readyWithinMs?: number;
}

/** The server ended, or did not answer in time. */
export class ServerStartError extends Error {
  override readonly name: string = 'ServerStartError';
  /** The end of what the server printed. */
  readonly log: string;

  constructor(message: string, log: string) {
    super(`${message}\n${log}`);
    this.log = log;
  }
}

/** The server would not load a dump. */
export class DumpRefusedError extends Error {
  override readonly name: string = 'DumpRefusedError';
}

const LOG_SHOWN = 3000;

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

const running = new Set<TestServer>();
process.on('exit', () => {
  for (const server of running) server.removeFolder();
});

/** A running server and one connection to it. Made by {@link startServer}. */
export class TestServer {
  readonly program: ServerProgram;
  /** The server's working folder: `dump.rdb`, `server.conf`. */
  readonly folder: string;
  /** Where to connect: a path or a loopback port. */
  readonly address: NetConnectOpts;
  /** The port that speaks TLS; 0 without the option `tls`. */
  readonly tlsPort: number;
  private readonly options: ServerOptions;
  private process: GuardedProcess | null = null;
  private pid = 0;
  private connection: RespClient | null = null;
  /** Set while it ran; lines of the configuration when it starts again. */
  private readonly settings = new Map<string, string>();
  private readonly probes = new Map<string, Promise<boolean>>();

  /** Use {@link startServer}. */
  constructor(
    program: ServerProgram,
    folder: string,
    address: NetConnectOpts,
    options: ServerOptions,
    tlsPort: number,
  ) {
    this.program = program;
    this.folder = folder;
    this.address = address;
    this.options = options;
    this.tlsPort = tlsPort;
  }

  /** The plain port; 0 for a server on a socket file. */
  get port(): number {
    return 'port' in this.address ? this.address.port : 0;
  }

  /** Starts the process and waits until it answers. */
  async start(): Promise<void> {
    this.writeConfig();
    const args = this.options.sentinel ? ['server.conf', '--sentinel'] : ['server.conf'];
    this.process = new GuardedProcess(this.folder, this.program.path, ...args);
    running.add(this);
    try {
      await this.waitUntilReady();
    } catch (error) {
      await this.end();
      throw error;
    }
  }

  private writeConfig(): void {
    const { program, options } = this;
    const lines = new Map<string, readonly string[]>();
    if (!options.sentinel) {
      lines.set('databases', [String(options.databases ?? 16)]);
      lines.set('appendonly', ['no']);
      lines.set('dbfilename', ['dump.rdb']);
      if (isAtLeast(program, 2, 6)) lines.set('save', ['""']);
      if (isAtLeast(program, 7) && program.flavour !== 'keydb') lines.set('enable-debug-command', ['yes']);
    }
    if ('path' in this.address) {
      lines.set('port', ['0']);
      lines.set('unixsocket', ['server.sock']);
    } else {
      lines.set('port', [String(this.address.port)]);
      lines.set('bind', ['127.0.0.1']);
    }
    if (options.tls !== undefined) {
      lines.set('tls-port', [String(this.tlsPort)]);
      lines.set('bind', ['127.0.0.1']);
      lines.set('tls-cert-file', [options.tls.serverCert]);
      lines.set('tls-key-file', [options.tls.serverKey]);
      lines.set('tls-ca-cert-file', [options.tls.ca]);
      lines.set('tls-auth-clients', ['no']);
    }
    if (options.password !== undefined) {
      lines.set('requirepass', [options.password]);
      if (!options.sentinel) lines.set('masterauth', [options.password]);
    }
    if (options.cluster) {
      lines.set('cluster-enabled', ['yes']);
      lines.set('cluster-config-file', ['nodes.conf']);
      lines.delete('databases');
    }
    if (options.modules !== undefined) lines.set('loadmodule', options.modules);
    for (const [name, value] of Object.entries(options.config ?? {})) {
      lines.set(name, typeof value === 'object' ? value : [String(value)]);
    }
    for (const [name, value] of this.settings) lines.set(name, [value]);
    const text = [...lines].flatMap(([name, values]) => values.map((value) => `${name} ${value}\n`)).join('');
    writeFileSync(join(this.folder, 'server.conf'), text);
  }

  private async waitUntilReady(): Promise<void> {
    const deadline = Date.now() + (this.options.readyWithinMs ?? 30_000);
    while (Date.now() < deadline) {
      if (this.process === null || this.process.hasEnded) {
        throw new ServerStartError(`${this.program.label} ended while it started`, this.log().slice(-LOG_SHOWN));
      }
      try {
        this.connection ??= await this.connect();
        await this.connection.call('PING');
        if (!isAtLeast(this.program, 2, 6)) await this.connection.call('CONFIG', 'SET', 'save', '');
        this.pid = await this.processId();
        return;
      } catch (error) {
        // LOADING is an answer; anything else means that there is no usable connection yet.
        if (!(error instanceof ReplyError)) {
          this.connection?.close();
          this.connection = null;
        }
        await pause(10);
      }
    }
    throw new ServerStartError(`${this.program.label} did not answer in time`, this.log().slice(-LOG_SHOWN));
  }

  /** The connection; commands on it share the selected database. */
  get client(): RespClient {
    if (this.connection === null) throw new Error('the server is not running');
    return this.connection;
  }

  /** Another connection, logged in. */
  async connect(): Promise<RespClient> {
    const client = await RespClient.connect(this.address);
    if (this.options.password !== undefined) await client.call('AUTH', this.options.password);
    return client;
  }

  /** Makes the connection anew: a server that becomes a replica cuts those of its clients. */
  async reconnect(): Promise<void> {
    this.connection?.close();
    this.connection = await this.connect();
  }

  async call(...args: readonly Argument[]): Promise<Reply> {
    return await this.client.call(...args);
  }

  /** Whether the server knows the command; a subcommand is a further argument. */
  async supports(...command: readonly string[]): Promise<boolean> {
    const id = command.join(' ');
    let probe = this.probes.get(id);
    if (probe === undefined) {
      probe = this.call(...command).then(
        () => true,
        (error: unknown) => !(error instanceof ReplyError && /unknown (sub)?command/i.test(error.message)),
      );
      this.probes.set(id, probe);
    }
    return await probe;
  }

  /** Changes a setting, for good: `loadDump` may start the server again. */
  async configure(name: string, value: string): Promise<void> {
    await this.call('CONFIG', 'SET', name, value);
    this.settings.set(name, value);
  }

  /** A section of INFO, or all of it, as names and values. */
  async info(section?: string): Promise<Readonly<Record<string, string>>> {
    // 2.4 has no sections.
    const args = section === undefined || !isAtLeast(this.program, 2, 6) ? [] : [section];
    const reply = await this.call('INFO', ...args);
    const lines = String(reply).split('\r\n');
    const pairs = lines.filter((line) => line.includes(':')).map((line) => line.split(/:(.*)/s, 2));
    return Object.fromEntries(pairs) as Record<string, string>;
  }

  /** The server's own process number. */
  async processId(): Promise<number> {
    return Number((await this.info()).process_id);
  }

  /** Checksum of all keys, types, values and whether keys expire; says nothing on groups, times and functions. */
  async debugDigest(): Promise<string> {
    return String(await this.call('DEBUG', 'DIGEST'));
  }

  /** Number of keys in each database that has any. */
  async databaseSizes(): Promise<ReadonlyMap<number, number>> {
    const sizes = new Map<number, number>();
    for (const [name, value] of Object.entries(await this.info('keyspace'))) {
      const db = /^db(\d+)$/.exec(name);
      const keys = /keys=(\d+)/.exec(value);
      if (db !== null && keys !== null) sizes.set(Number(db[1]), Number(keys[1]));
    }
    return sizes;
  }

  /** Removes all keys and functions, and selects database 0. */
  async flush(): Promise<void> {
    await this.call('FLUSHALL');
    if (await this.supports('FUNCTION', 'LIST')) await this.call('FUNCTION', 'FLUSH');
    await this.call('SELECT', 0);
  }

  /**
   * Makes the content that of a dump: without a restart where the server can do that.
   *
   * @throws {DumpRefusedError} the server runs on, empty.
   */
  async loadDump(dump: Uint8Array): Promise<void> {
    const path = join(this.folder, 'dump.rdb');
    let refusal: unknown;
    if (isAtLeast(this.program, 6)) {
      await this.flush();
      writeFileSync(path, dump);
      try {
        await this.call('DEBUG', 'RELOAD', 'NOSAVE');
        return;
      } catch (error) {
        refusal = error;
      }
    } else {
      await this.end();
      writeFileSync(path, dump);
      try {
        await this.start();
        return;
      } catch (error) {
        refusal = error;
      }
    }
    const log = this.log().slice(-LOG_SHOWN);
    await this.end();
    rmSync(path, { force: true });
    await this.start();
    throw new DumpRefusedError(`${this.program.label}: ${String(refusal)}\n${log}`);
  }

  /** Has the server write its content and returns the file. */
  async saveDump(): Promise<Buffer> {
    await this.call('SAVE');
    return readFileSync(join(this.folder, 'dump.rdb'));
  }

  /** Feeds RESP to the server over the test's own connection; database 0 is selected afterwards. */
  async pipe(source: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<PipeResult> {
    const result = await this.client.pipe(source);
    await this.call('SELECT', 0);
    return result;
  }

  /** Feeds RESP to the server through `redis-cli --pipe`, as users do. */
  async pipeThroughCli(resp: Uint8Array): Promise<{ readonly status: number | null; readonly output: string }> {
    const cli = findCli(this.program);
    if (cli === undefined) throw new Error('no redis-cli');
    const where = 'path' in this.address ? ['-s', this.address.path] : ['-p', String(this.address.port)];
    const child = spawn(cli, [...where, '--pipe'], { stdio: ['pipe', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString();
      });
    }
    child.stdin.on('error', () => {});
    child.stdin.end(resp);
    const status = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    return { status, output };
  }

  /** Everything the server holds. */
  async readBack(options: ReadBackOptions = {}): Promise<Content> {
    return await readBack(this, options);
  }

  /** What the server printed since it was started. */
  log(): string {
    return this.process?.output ?? '';
  }

  /** Ends the process at once, as `kill -9` does; the folder stays. */
  async kill(): Promise<void> {
    await this.end();
  }

  /** Starts the process again after {@link TestServer.kill}, or ends and starts it. */
  async restart(): Promise<void> {
    await this.end();
    await this.start();
  }

  /** Stops the process: connections stay and nothing is answered, as on a machine that hangs. */
  freeze(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  /** Lets the process go on after {@link TestServer.freeze}. */
  thaw(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  private async end(): Promise<void> {
    this.connection?.close();
    this.connection = null;
    await this.process?.end();
  }

  /** Ends the server and removes its folder. */
  async stop(): Promise<void> {
    await this.end();
    running.delete(this);
    this.removeFolder();
  }

  /** Removes the working folder. */
  removeFolder(): void {
    if (existsSync(this.folder)) rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Starts a server; the caller stops it. @throws {ServerStartError} with the server's own words. */
export async function startServer(program: ServerProgram, options: ServerOptions = {}): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'rdbkit-'));
  const byPort = options.tcp === true || options.cluster === true || options.sentinel === true;
  const address = byPort ? { host: '127.0.0.1', port: await freePort() } : { path: join(folder, 'server.sock') };
  const tlsPort = options.tls === undefined ? 0 : await freePort();
  if (options.dump !== undefined) writeFileSync(join(folder, 'dump.rdb'), options.dump);
  for (const [path, content] of Object.entries(options.files ?? {})) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  if (options.contentOf !== undefined) cpSync(options.contentOf, folder, { recursive: true });
  const server = new TestServer(program, folder, address, options, tlsPort);
  try {
    await server.start();
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

/** Runs `use` with a server that ends afterwards in any case. */
export async function withServer<Result>(
  program: ServerProgram,
  options: ServerOptions,
  use: (server: TestServer) => Promise<Result>,
): Promise<Result> {
  const server = await startServer(program, options);
  try {
    return await use(server);
  } finally {
    await server.stop();
  }
}
