/**
 * Programs that end with the test that started them, whatever happens to it.
 *
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';

// The shell is the program's parent: it ends the program when our end of its standard input closes, which the system
// sees to even when this process is killed. SIGKILL also ends a program that is stopped.
const WATCHDOG = `exec 3<&0
"$@" </dev/null 3<&- &
server=$!
(cat <&3 >/dev/null; kill -9 "$server" 2>/dev/null) &
watcher=$!
exec 3<&-
wait "$server"
status=$?
kill "$watcher" 2>/dev/null
exit "$status"`;

const LOG_LIMIT = 200_000;

/** A running program. */
export class GuardedProcess {
  private readonly child: ChildProcess;
  /** Settled when the program has ended. */
  readonly exited: Promise<void>;
  private text = '';

  /** Starts a program in a folder. */
  constructor(folder: string, command: string, ...args: readonly string[]) {
    const child = spawn('/bin/sh', ['-c', WATCHDOG, 'sh', command, ...args], {
      cwd: folder,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.child = child;
    child.stdin.on('error', () => {});
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text: string) => {
        this.text = (this.text + text).slice(-LOG_LIMIT);
      });
    }
    this.exited = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', () => resolve());
    });
    this.exited.catch(() => {});
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** What it printed. */
  get output(): string {
    return this.text;
  }

  /** Ends it at once and waits for that. */
  async end(): Promise<void> {
    this.child.stdin?.end();
    await this.exited.catch(() => {});
  }
}
