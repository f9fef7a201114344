/** Results: what is recorded, printed and compared. */
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';
import type { Run } from './case.ts';
import type { Measured } from './measure.ts';

/** The result of one case on one dump. */
export interface Result {
  /** For instance `rdb/logical mixed`. */
  readonly name: string;
  /** The group with which it took turns; empty for one that was measured alone. */
  readonly group: string;
  /** The Node that ran it, such as `v20.19.0`; `null` for rivals, which have none. */
  readonly node: string | null;
  readonly bytes: number;
  readonly medianSeconds: number;
  readonly minSeconds: number;
  readonly maxSeconds: number;
  readonly medianCpuSeconds: number | null;
  /** What the servers took that it wrote to; `null` where there are none. */
  readonly medianTargetCpuSeconds: number | null;
  /** By the median. */
  readonly mibPerSecond: number;
  readonly peakRssMib: number | null;
  readonly runs: readonly Pick<Run, 'seconds' | 'cpuSeconds'>[];
}

/** What could not be measured, or not as often as it should have been: a run failed. */
export interface Absence {
  readonly name: string;
  readonly group: string;
  readonly node: string | null;
  readonly reason: string;
}

/** A file of results. */
export interface Recording {
  readonly machine: string;
  /** Day, as in 2026-01-31. */
  readonly date: string;
  /** Average number of processes that wanted to run in the minute before: anything but 0 disturbs. */
  readonly loadBefore: number;
  readonly scale: number;
  /** Of ours, Node and the rivals that were found. */
  readonly versions: Readonly<Record<string, string>>;
  readonly results: readonly Result[];
  readonly absent: readonly Absence[];
}

/** What a result is the result of. */
export type ResultOf = Pick<Result, 'name' | 'group' | 'node'>;

const MIB = 1024 * 1024;

export function summarize(of: ResultOf, runs: readonly Measured[]): Result {
  const seconds = runs.map((run) => run.seconds);
  const medianSeconds = median(seconds);
  const bytes = runs[0]?.bytes ?? 0;
  const peaks = runs.map((run) => run.peakRssBytes).filter((value) => value !== null);
  return {
    ...of,
    bytes,
    medianSeconds: round(medianSeconds),
    minSeconds: round(Math.min(...seconds)),
    maxSeconds: round(Math.max(...seconds)),
    medianCpuSeconds: medianOf(runs.map((run) => run.cpuSeconds)),
    medianTargetCpuSeconds: medianOf(runs.map((run) => run.targetCpuSeconds)),
    mibPerSecond: Math.round(bytes / MIB / medianSeconds),
    peakRssMib: peaks.length === 0 ? null : Math.round(Math.max(...peaks) / MIB),
    runs: runs.map((run) => ({
      seconds: round(run.seconds),
      cpuSeconds: run.cpuSeconds === null ? null : round(run.cpuSeconds),
    })),
  };
}

/** Of those that are known. */
function medianOf(values: readonly (number | null | undefined)[]): number | null {
  const known = values.filter((value) => value !== null && value !== undefined);
  return known.length === 0 ? null : round(median(known));
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
  return `${cpu?.model.trim()}, ${availableParallelism()} CPUs, ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${release()}`;
}

export function currentLoad(): number {
  return Math.round((loadavg()[0] ?? 0) * 100) / 100;
}

export const HEADINGS: string = line(['case', 'median', 'min … max', 'CPU', 'MiB/s', 'peak RSS', '']);

/** A line for reading. `before` is the same case in the recording that is compared with. */
export function formatResult(result: Result, before: Result | undefined): string {
  const { medianSeconds, minSeconds, maxSeconds, medianCpuSeconds, mibPerSecond, peakRssMib } = result;
  return line([
    titleOf(result),
    inSeconds(medianSeconds),
    `${minSeconds.toFixed(2)} … ${maxSeconds.toFixed(2)}`,
    medianCpuSeconds === null ? '?' : inSeconds(medianCpuSeconds),
    String(mibPerSecond),
    peakRssMib === null ? '?' : `${peakRssMib} MiB`,
    before === undefined ? '' : formatChange(result, before),
  ]);
}

/** The name with the Node, if that matters. */
export function titleOf({ name, node }: ResultOf): string {
  return node === null ? name : `${name} [${node.split('.')[0]}]`;
}

/** The same in another recording: of the same group and Node, if it has that. */
export function counterpart(result: ResultOf, { results }: Recording): Result | undefined {
  const same = results.filter(({ name }) => name === result.name);
  return same.find(({ group, node }) => group === result.group && node === result.node) ?? same[0];
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
  return `${name.padEnd(52)}${columns.map((column, i) => column.padStart(widths[i] ?? 0)).join('  ')}`.trimEnd();
}
