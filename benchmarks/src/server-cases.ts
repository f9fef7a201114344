/** What the commands cost the server that reads them: the largest part of a restore. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AbsentError, type FunctionCase, type Outcome } from './case.ts';
import { findProgram, RDB2RESP } from './programs.ts';

/** A server on a socket of its own, gone when this process ends. */
class Server {
  private readonly socket: string;
  private readonly client: string;
  private readonly child: ChildProcess;

  constructor(folder: string) {
    const program = findProgram('RDBKIT_BENCH_SERVER', 'redis-server');
    const client = findProgram('RDBKIT_BENCH_CLI', 'redis-cli');
    if (program === undefined || client === undefined)
      throw new AbsentError('redis-server and redis-cli are not on PATH');
    this.client = client;
    this.socket = join(folder, 'socket');
    const flags = ['--port', '0', '--unixsocket', this.socket, '--save', '', '--dir', folder];
    this.child = spawn(program, flags, { stdio: 'ignore' });
    // This process may end while the server runs, and takes it along.
    this.child.unref();
    process.on('exit', () => this.child.kill('SIGKILL'));
    for (let tries = 0; this.ask('PING') !== 'PONG'; tries++) {
      if (tries === 100) throw new AbsentError('the server does not answer');
      spawnSync('sleep', ['0.1']);
    }
  }

  ask(...command: string[]): string {
    return spawnSync(this.client, ['-s', this.socket, ...command], { encoding: 'utf8' }).stdout.trim();
  }

  /** Sends a file of commands; returns the seconds until the last reply. */
  pipe(path: string): number {
    const input = openSync(path, 'r');
    try {
      const start = performance.now();
      const { stdout } = spawnSync(this.client, ['-s', this.socket, '--pipe'], {
        stdio: [input, 'pipe', 'ignore'],
        encoding: 'utf8',
      });
      const seconds = (performance.now() - start) / 1000;
      if (!stdout.includes('errors: 0,'))
        throw new Error(`the server refused commands: ${stdout.trim().split('\n').at(-1)}`);
      return seconds;
    } finally {
      closeSync(input);
    }
  }

  cpuSeconds(): number {
    const info = this.ask('INFO', 'cpu');
    const [user, system] = ['used_cpu_user', 'used_cpu_sys'].map((name) =>
      Number(new RegExp(`^${name}:(.*)$`, 'm').exec(info)?.[1]),
    );
    return (user ?? Number.NaN) + (system ?? Number.NaN);
  }
}

function serverCase(name: string, title: string, flags: readonly string[]): FunctionCase {
  return {
    kind: 'function',
    name: `server/${name}`,
    title,
    datasets: ['mixed', 'tiny-strings'],
    prepare({ path, bytes }) {
      const folder = mkdtempSync(join(tmpdir(), 'rdbkit-bench-'));
      process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
      const server = new Server(folder);
      const commands = join(folder, 'commands.resp');
      const { status, stderr } = spawnSync(process.execPath, [RDB2RESP, '--quiet', ...flags, '-o', commands, path], {
        encoding: 'utf8',
      });
      if (status !== 0) throw new Error(`rdb2resp ended with ${status}: ${stderr}`);
      return (): Outcome => {
        server.ask('FLUSHALL');
        const before = server.cpuSeconds();
        const seconds = server.pipe(commands);
        return { bytes, seconds, cpuSeconds: server.cpuSeconds() - before };
      };
    },
  };
}

export const SERVER_CASES: readonly FunctionCase[] = [
  serverCase('plain', 'redis-cli --pipe with plain commands; CPU is that of the server', []),
  serverCase('restore', 'redis-cli --pipe with --restore; CPU is that of the server', ['--restore']),
  serverCase('append', 'redis-cli --pipe with plain commands and --existing append; CPU is that of the server', [
    '--existing',
    'append',
  ]),
];
