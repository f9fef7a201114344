/** Results: what is recorded, printed and compared. */
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';
import type { Measured, Run } from './measure.ts';

/** The result of one case on one dump. */
export interface Result {
  /** For instance `rdb/logical mixed`. */
  readonly name: string;
  readonly bytes: number;
  readonly medianSeconds: number;
  readonly minSeconds: number;
  readonly maxSeconds: number;
  readonly medianCpuSeconds: number | null;
  /** By the median. */
  readonly mibPerSecond: number;
  readonly peakRssMib: number | null;
  readonly runs: readonly Run[];
}

/** A file of results. */
export interface Recording {
  readonly machine: string;
  /** Day, as in 2026-01-31. */
  readonly date: string;
  /** Average number of processes that wanted to run in the minute before: anything but 0 disturbs. */
  readonly loadBefore: number;
  readonly scale: number;
  readonly results: readonly Result[];
  /** Cases that could not be measured, with the reason. */
  readonly absent: Readonly<Record<string, string>>;
}

const MIB = 1024 * 1024;

export function summarize(name: string, { bytes, runs, peakRssBytes }: Measured): Result {
  const seconds = runs.map((run) => run.seconds);
  const cpu = runs.map((run) => run.cpuSeconds).filter((value) => value !== null);
  const medianSeconds = median(seconds);
  return {
    name,
    bytes,
    medianSeconds: round(medianSeconds),
    minSeconds: round(Math.min(...seconds)),
    maxSeconds: round(Math.max(...seconds)),
    medianCpuSeconds: cpu.length === 0 ? null : round(median(cpu)),
    mibPerSecond: Math.round(bytes / MIB / medianSeconds),
    peakRssMib: peakRssBytes === null ? null : Math.round(peakRssBytes / MIB),
    runs: runs.map((run) => ({
      seconds: round(run.seconds),
      cpuSeconds: run.cpuSeconds === null ? null : round(run.cpuSeconds),
    })),
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

function round(seconds: number): number {
  return Math.round(seconds * 10_000) / 10_000;
}

export function describeMachine(): string {
  const [cpu] = cpus();
  return `${cpu?.model.trim()}, ${availableParallelism()} CPUs, ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${release()}, Node ${process.version}`;
}

export function currentLoad(): number {
  return Math.round((loadavg()[0] ?? 0) * 100) / 100;
}

export const HEADINGS: string = line(['case', 'median', 'min … max', 'CPU', 'MiB/s', 'peak RSS', '']);

/** A line for reading. `before` is the same case in the recording that is compared with. */
export function formatResult(result: Result, before: Result | undefined): string {
  const { name, medianSeconds, minSeconds, maxSeconds, medianCpuSeconds, mibPerSecond, peakRssMib } = result;
  return line([
    name,
    inSeconds(medianSeconds),
    `${minSeconds.toFixed(2)} … ${maxSeconds.toFixed(2)}`,
    medianCpuSeconds === null ? '?' : inSeconds(medianCpuSeconds),
    String(mibPerSecond),
    peakRssMib === null ? '?' : `${peakRssMib} MiB`,
    before === undefined ? '' : formatChange(result, before),
  ]);
}

/** A change counts only when all runs of one recording are faster than all of the other. */
function formatChange(now: Result, before: Result): string {
  const percent = (now.medianSeconds / before.medianSeconds - 1) * 100;
  const change = `${percent < 0 ? '' : '+'}${percent.toFixed(0)} % time`;
  if (now.bytes !== before.bytes) return `${change}, other data`;
  if (now.maxSeconds < before.minSeconds) return `${change}, faster`;
  if (now.minSeconds > before.maxSeconds) return `${change}, SLOWER`;
  return `${change}, within the spread`;
}

function inSeconds(value: number): string {
  return `${value.toFixed(3)} s`;
}

function line([name = '', ...columns]: readonly string[]): string {
  const widths = [10, 15, 10, 8, 10];
  return `${name.padEnd(42)}${columns.map((column, i) => column.padStart(widths[i] ?? 0)).join('  ')}`.trimEnd();
}
