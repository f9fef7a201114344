/** A case in a process of its own, which makes a run when it is told to. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Measured } from './measure.ts';
import type { Greeting } from './run-case.ts';

const SCRIPT = fileURLToPath(new URL('./run-case.js', import.meta.url));

/** The case cannot be measured here, or failed. */
export class NotMeasuredError extends Error {
  override readonly name: string = 'NotMeasuredError';
}

export class CaseProcess {
  private readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;
  private readonly closed: Promise<void>;
  private errors = '';

  private constructor(node: string, job: string, path: string) {
    const child = spawn(node, [SCRIPT, job, path], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.child = child;
    this.lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    child.stdin.on('error', () => {});
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.errors += text;
    });
    this.closed = new Promise((resolve) => {
      child.once('error', (error) => {
        this.errors += error.message;
        resolve();
      });
      child.once('close', () => resolve());
    });
  }

  /** Starts a process for a case and has it prepare what is not measured. @throws {NotMeasuredError} */
  static async start(node: string, job: string, path: string): Promise<CaseProcess> {
    const process = new CaseProcess(node, job, path);
    const { absent } = (await process.nextLine()) as Greeting;
    if (absent === undefined) return process;
    await process.end();
    throw new NotMeasuredError(absent);
  }

  /** Makes one run. @throws {NotMeasuredError} when it fails; the process has ended then. */
  async run(): Promise<Measured> {
    this.child.stdin?.write('\n');
    return (await this.nextLine()) as Measured;
  }

  async end(): Promise<void> {
    this.child.stdin?.end();
    await this.closed;
  }

  private async nextLine(): Promise<unknown> {
    const { done, value } = await this.lines.next();
    if (done !== true) return JSON.parse(value);
    await this.closed;
    const words = this.errors.split('\n').find((line) => /^\w*Error: /.test(line)) ?? this.errors.trim();
    throw new NotMeasuredError(`failed: ${words.replace(/^\w*Error: /, '')}`);
  }
}
