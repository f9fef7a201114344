/** Making the runs of one case. */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
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
  return async () => ({ ...timeProgram(command), bytes: input.bytes });
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

interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** A file for its standard input. */
  readonly input?: string;
}

/** Runs a program from start to end. CPU time and memory need GNU time. @throws Error with its last words when it fails. */
export function timeProgram([program, ...args]: CommandLine, { env, input }: ProgramOptions = {}): Run {
  const hasTime = existsSync(TIME);
  // Programs run in it, because some leave files of their own where they run.
  const folder = mkdtempSync(join(tmpdir(), 'rdbkit-bench-'));
  const report = join(folder, 'time');
  const stdin = openSync(input ?? '/dev/null', 'r');
  const nowhere = openSync('/dev/null', 'w');
  try {
    const [command, all] = hasTime ? [TIME, ['-q', '-f', '%U %S %M', '-o', report, program, ...args]] : [program, args];
    const start = performance.now();
    const result = spawnSync(command, all, {
      cwd: folder,
      env: { ...process.env, ...env },
      stdio: [stdin, nowhere, 'pipe'],
      encoding: 'utf8',
    });
    const seconds = (performance.now() - start) / 1000;
    if (result.status !== 0) throw new Error(failure(program, result));
    if (!hasTime) return { seconds, cpuSeconds: null, peakRssBytes: null };
    const [user = 0, system = 0, kib = 0] = readFileSync(report, 'utf8').trim().split(' ').map(Number);
    return { seconds, cpuSeconds: user + system, peakRssBytes: kib * KIB };
  } finally {
    closeSync(stdin);
    closeSync(nowhere);
    rmSync(folder, { recursive: true });
  }
}

function failure(program: string, { status, stderr, error }: SpawnSyncReturns<string>): string {
  const words = (error?.message ?? stderr).trim().split('\n').at(-1);
  return `${basename(program)} ended with ${status ?? 'a signal'}: ${words}`;
}
