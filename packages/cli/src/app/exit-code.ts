/**
 * What the programs tell the shell.
 *
 * @module
 */

/** Exit codes, the same for all commands. */
export const EXIT = {
  /** All done. */
  OK: 0,
  /** Failed: endpoint, input or output, a fault of ours. */
  FAILED: 1,
  /** Used wrongly. */
  USAGE: 2,
  /** The input is damaged, or a check found a difference. */
  DAMAGED: 3,
  /** Done, but some keys were not; each is reported. */
  PARTIAL: 4,
} as const;

/**
 * A signal ended the work: 128 and its number, as shells have it. SIGHUP is not among them: with a handler of our own,
 * `nohup` would be of no effect.
 */
export const SIGNAL_EXIT = { SIGINT: 130, SIGTERM: 143 } as const;

/** The signals that end work cleanly. */
export type StopSignal = keyof typeof SIGNAL_EXIT;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT] | (typeof SIGNAL_EXIT)[StopSignal];
