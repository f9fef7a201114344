/** Measuring one case. */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CaseInput, FunctionCase, ProgramCase } from './case.ts';

/** One run. */
export interface Run {
  readonly seconds: number;
  /** User and system time of all threads; `null` when it is not known. */
  readonly cpuSeconds: number | null;
}

export interface Measured {
  /** Bytes that one run went through. */
  readonly bytes: number;
  readonly runs: readonly Run[];
  /** Largest resident set of the process; `null` when it is not known. */
  readonly peakRssBytes: number | null;
}

const KIB = 1024;

/** Runs the function in this process: once to warm up, then `count` times. */
export async function measureFunction(case_: FunctionCase, input: CaseInput, count: number): Promise<Measured> {
  const run = case_.prepare(input);
  let bytes = 0;
  await run();
  const runs: Run[] = [];
  for (let i = 0; i < count; i++) {
    const cpu = process.cpuUsage();
    const start = performance.now();
    const outcome = await run();
    if (typeof outcome !== 'number') {
      ({ bytes } = outcome);
      runs.push({ seconds: outcome.seconds, cpuSeconds: outcome.cpuSeconds });
      continue;
    }
    bytes = outcome;
    const seconds = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    runs.push({ seconds, cpuSeconds: (user + system) / 1e6 });
  }
  return { bytes, runs, peakRssBytes: process.resourceUsage().maxRSS * KIB };
}

const TIME = '/usr/bin/time';

/** Runs the program once to warm the file cache, then `count` times. CPU time and memory need GNU time. */
export function measureProgram(
  case_: ProgramCase,
  input: CaseInput,
  count: number,
): Measured | { readonly absent: string } {
  const command = case_.command(input.path);
  if ('absent' in command) return command;
  const runs: Run[] = [];
  let peakRssBytes: number | null = null;
  for (let i = 0; i <= count; i++) {
    const once = runOnce(command);
    if (typeof once === 'string') return { absent: once };
    peakRssBytes = once.peakRssBytes === null ? null : Math.max(peakRssBytes ?? 0, once.peakRssBytes);
    if (i > 0) runs.push(once);
  }
  return { bytes: input.bytes, runs, peakRssBytes };
}

function runOnce([program, ...args]: readonly [string, ...string[]]): (Run & { peakRssBytes: number | null }) | string {
  const hasTime = existsSync(TIME);
  // Programs run in it, because some leave files of their own where they run.
  const folder = mkdtempSync(join(tmpdir(), 'rdbkit-bench-'));
  const report = join(folder, 'time');
  const nowhere = openSync('/dev/null', 'w');
  try {
    const [command, all] = hasTime ? [TIME, ['-q', '-f', '%U %S %M', '-o', report, program, ...args]] : [program, args];
    const start = performance.now();
    const result = spawnSync(command, all, { cwd: folder, stdio: ['ignore', nowhere, 'pipe'], encoding: 'utf8' });
    const seconds = (performance.now() - start) / 1000;
    if (result.status !== 0) return failure(program, result);
    if (!hasTime) return { seconds, cpuSeconds: null, peakRssBytes: null };
    const [user = 0, system = 0, kib = 0] = readFileSync(report, 'utf8').trim().split(' ').map(Number);
    return { seconds, cpuSeconds: user + system, peakRssBytes: kib * KIB };
  } finally {
    closeSync(nowhere);
    rmSync(folder, { recursive: true });
  }
}

function failure(program: string, { status, stderr, error }: SpawnSyncReturns<string>): string {
  const [name] = program.split(/[\\/]/).slice(-1);
  return `${name} ended with ${status ?? 'a signal'}: ${(error?.message ?? stderr).trim().split('\n').at(-1)}`;
}
