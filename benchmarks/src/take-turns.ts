/** Measuring cases whose runs take turns. */
import { CaseProcess, NotMeasuredError } from './case-process.ts';
import type { Job } from './cases.ts';
import type { Measured } from './measure.ts';

/** A job with what it needs. */
export interface Turn {
  readonly job: Job;
  /** The program that runs it. */
  readonly node: string;
  /** The dump; empty when the case makes its own data. */
  readonly path: string;
}

/** What became of a job. */
export interface TurnResult {
  /** The runs that count. */
  readonly runs: readonly Measured[];
  /** Why there are none, or no more. */
  readonly failure: string | null;
}

/** A job that has taken so long makes no more runs, once it has made three. */
const PATIENCE_SECONDS = 15;
const ENOUGH_RUNS = 3;
/** After so long one run must do. */
const LAST_PATIENCE_SECONDS = 90;
/** A job that is done in a moment makes more runs. */
const MOMENT_SECONDS = 1;
const TIMES_MORE_RUNS = 4;

class Player {
  private process: CaseProcess | null = null;
  private failure: string | null = null;
  private spentSeconds = 0;
  private readonly runs: Measured[] = [];
  private readonly turn: Turn;

  constructor(turn: Turn) {
    this.turn = turn;
  }

  /** Gets ready, with a run that does not count: it compiles what is called often, and has the system read the files. */
  async start(): Promise<void> {
    const { job, node, path } = this.turn;
    await this.noteFailure(async () => {
      this.process = await CaseProcess.start(node, job.name, path);
      // Servers are fresh in each run, and what writes to them is a program that starts anew.
      if (job.case_.kind !== 'server') this.spentSeconds += (await this.process.run()).seconds;
    });
  }

  async play(): Promise<void> {
    await this.noteFailure(async () => {
      if (this.process === null) return;
      const run = await this.process.run();
      this.spentSeconds += run.seconds;
      this.runs.push(run);
    });
  }

  isDone(wanted: number): boolean {
    const { spentSeconds, runs, failure } = this;
    if (failure !== null) return true;
    if (runs.length === 0) return false;
    if (spentSeconds > LAST_PATIENCE_SECONDS) return true;
    if (runs.length >= ENOUGH_RUNS && spentSeconds > PATIENCE_SECONDS) return true;
    return runs.length >= (spentSeconds < MOMENT_SECONDS ? wanted * TIMES_MORE_RUNS : wanted);
  }

  async end(): Promise<TurnResult> {
    await this.process?.end();
    return { runs: this.runs, failure: this.failure };
  }

  private async noteFailure(what: () => Promise<void>): Promise<void> {
    try {
      await what();
    } catch (error) {
      if (!(error instanceof NotMeasuredError)) throw error;
      this.failure = error.message;
    }
  }
}

/** Makes about `wanted` runs of each, one of each in turn. */
export async function takeTurns(turns: readonly Turn[], wanted: number): Promise<TurnResult[]> {
  const players = turns.map((turn) => new Player(turn));
  for (const player of players) await player.start();
  for (;;) {
    const left = players.filter((player) => !player.isDone(wanted));
    if (left.length === 0) break;
    for (const player of left) await player.play();
  }
  return await Promise.all(players.map((player) => player.end()));
}
