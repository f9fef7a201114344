/** Making the runs of one case. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Case, CaseInput, CommandLine, FunctionCase, Run } from './case.ts';

/** A run, and the bytes it went through. */
export interface Measured extends Run {
  readonly bytes: number;
}

const KIB = 1024;

/** Prepares a case. The function it returns makes a run each time it is called. */
export async function prepareRuns(case_: Case, input: CaseInput, folder: string): Promise<() => Promise<Measured>> {
  if (case_.kind === 'function') return functionRuns(case_, input);
  if (case_.kind === 'server') {
    const run = await case_.prepare(input, folder);
    return async () => ({ ...(await run()), bytes: input.bytes });
  }
  const command = case_.command(input.path);
  return async () => ({ ...(await timeProgram(command)), bytes: input.bytes });
}

function functionRuns(case_: FunctionCase, input: CaseInput): () => Promise<Measured> {
  const run = case_.prepare(input);
  return async () => {
    const cpu = process.cpuUsage();
    const start = performance.now();
    const bytes = await run();
    const seconds = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    return { bytes, seconds, cpuSeconds: (user + system) / 1e6, peakRssBytes: process.resourceUsage().maxRSS * KIB };
  };
}

const TIME = '/usr/bin/time';
const LAST_WORDS = 10_000;

interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** A file for its standard input. */
  readonly input?: string;
}

/** A program that takes longer hangs. */
const LONGEST_RUN_MS = 120_000;

/** Runs a program from start to end. CPU time and memory need GNU time. @throws Error with its last words when it fails. */
export async function timeProgram([program, ...args]: CommandLine, { env, input }: ProgramOptions = {}): Promise<Run> {
  const hasTime = existsSync(TIME);
  // Programs run in it, because some leave files of their own where they run.
  const folder = mkdtempSync(join(tmpdir(), 'rdbkit-bench-'));
  const report = join(folder, 'time');
  const stdin = openSync(input ?? '/dev/null', 'r');
  const nowhere = openSync('/dev/null', 'w');
  try {
    const [command, all] = hasTime ? [TIME, ['-q', '-f', '%U %S %M', '-o', report, program, ...args]] : [program, args];
    const start = performance.now();
    const child = spawn(command, all, {
      cwd: folder,
      env: { ...process.env, ...env },
      stdio: [stdin, nowhere, 'pipe'],
      // A process group of its own, to be ended with all that it started.
      detached: true,
    });
    const failure = await failureOf(child);
    const seconds = (performance.now() - start) / 1000;
    if (failure !== null) throw new Error(`${basename(program)} ${failure}`);
    if (!hasTime) return { seconds, cpuSeconds: null, peakRssBytes: null };
    const [user = 0, system = 0, kib = 0] = readFileSync(report, 'utf8').trim().split(' ').map(Number);
    return { seconds, cpuSeconds: user + system, peakRssBytes: kib * KIB };
  } finally {
    closeSync(stdin);
    closeSync(nowhere);
    rmSync(folder, { recursive: true });
  }
}

/** Waits until it has ended; `null` when it ended well. */
async function failureOf(child: ChildProcess): Promise<string | null> {
  let words = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-LAST_WORDS);
  });
  const endGroup = (): void => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
  };
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    endGroup();
  }, LONGEST_RUN_MS);
  process.once('exit', endGroup);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', resolve);
    });
    if (isLate) return `did not end within ${LONGEST_RUN_MS / 1000} s`;
    return code === 0 ? null : `ended with ${code ?? 'a signal'}: ${words.trim().split('\n').at(-1)}`;
  } finally {
    clearTimeout(timer);
    process.off('exit', endGroup);
  }
}
