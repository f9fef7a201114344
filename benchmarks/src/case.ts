/** What a case is. */

/** A dump, and how it is to be read. */
export interface CaseInput {
  readonly path: string;
  readonly bytes: number;
}

/** What a run tells when the process's own clocks do not measure the right thing. */
export interface Outcome {
  readonly bytes: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** Says that a case cannot be measured here. */
export class AbsentError extends Error {
  override readonly name: string = 'AbsentError';
}

/** Measures a function of ours inside a process of its own, after one run that is not counted. */
export interface FunctionCase {
  readonly kind: 'function';
  readonly name: string;
  /** What it shows, for the list of cases. */
  readonly title: string;
  /** Names of the dumps it runs on; empty for a case that makes its own data. */
  readonly datasets: readonly string[];
  /**
   * Does what is not to be measured. The function it returns is measured, and returns the number of bytes it went through.
   * Throws {@link AbsentError} when something is missing.
   */
  readonly prepare: (input: CaseInput) => () => number | Promise<number> | Outcome;
}

/** Measures a program from start to end, its output thrown away. */
export interface ProgramCase {
  readonly kind: 'program';
  readonly name: string;
  readonly title: string;
  readonly datasets: readonly string[];
  /** The program with its arguments, or why it cannot be measured. */
  readonly command: (path: string) => readonly [program: string, ...args: string[]] | { readonly absent: string };
}

export type Case = FunctionCase | ProgramCase;
