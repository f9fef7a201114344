/** What a case is. */

/** A dump, and how it is to be read. */
export interface CaseInput {
  readonly path: string;
  readonly bytes: number;
}

/** One run. */
export interface Run {
  readonly seconds: number;
  /** User and system time of all threads and of processes that it started; `null` when it is not known. */
  readonly cpuSeconds: number | null;
  /** Largest resident set of the process, or of the largest one that it started; `null` when it is not known. */
  readonly peakRssBytes: number | null;
  /** What the servers took that it wrote to. */
  readonly targetCpuSeconds?: number;
}

/** Says that a case cannot be measured here. */
export class AbsentError extends Error {
  override readonly name: string = 'AbsentError';
}

interface AnyCase {
  /** Names of rivals begin with `rival/`: what they do has nothing to do with the Node that measures. */
  readonly name: string;
  /** What it shows, for the list of cases. */
  readonly title: string;
  /** Names of the dumps it runs on; empty for a case that makes its own data. */
  readonly datasets: readonly string[];
}

/** Measures a function of ours inside a process of its own, after one run that is not counted. */
export interface FunctionCase extends AnyCase {
  readonly kind: 'function';
  /** Does what is not to be measured. The function it returns is measured, and returns the number of bytes it went through. */
  readonly prepare: (input: CaseInput) => () => number | Promise<number>;
}

/** A program with its arguments. */
export type CommandLine = readonly [program: string, ...args: string[]];

/** Measures a program from start to end, its output thrown away. */
export interface ProgramCase extends AnyCase {
  readonly kind: 'program';
  /** @throws {AbsentError} when the program is not here. */
  readonly command: (path: string) => CommandLine;
}

/** Measures something that servers take part in. */
export interface ServerCase extends AnyCase {
  readonly kind: 'server';
  /**
   * Does what is not to be measured; `folder` is a place for files. The function it returns makes one run.
   *
   * @throws {AbsentError} when something is missing.
   */
  readonly prepare: (input: CaseInput, folder: string) => Promise<() => Promise<Run>>;
}

export type Case = FunctionCase | ProgramCase | ServerCase;
