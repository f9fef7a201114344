/**
 * How long a sick target is waited for, and how often it is tried.
 *
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { EndpointError } from './endpoint-error.ts';

/** A wait that begins, for a progress display. */
export interface Wait {
  /** What is waited for, one line, printable. */
  readonly reason: string;
  /** Milliseconds until the next try. */
  readonly delayMs: number;
  /** Milliseconds since the trouble began. */
  readonly sinceMs: number;
  /** Milliseconds until patience ends. */
  readonly remainingMs: number;
}

/** Options of {@link Patience}. */
export interface PatienceOptions {
  /**
   * Milliseconds from the first failure until giving up, unless something works in between.
   * @default 300000 (5 minutes)
   */
  readonly retryForMs?: number;
  /** Told before each wait. */
  readonly onWait?: (wait: Wait) => void;
  /** Ends every wait with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export const DEFAULT_RETRY_FOR_MS: number = 5 * 60_000;
const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 2000;

/**
 * One outage after the other: each begins with the first {@link Patience.wait} and ends with {@link Patience.progress}; one
 * that lasts longer than allowed ends in an error. One instance serves one pipeline, since another node's success says
 * nothing about a sick one.
 *
 * @example
 * ```ts
 * import { Patience } from '@rdbkit/restore';
 * const patience = new Patience({ retryForMs: 100 });
 * await patience.wait('the server loads its dataset');
 * patience.progress(); // an answer at last
 * ```
 */
export class Patience {
  private readonly retryForMs: number;
  private readonly onWait: (wait: Wait) => void;
  /** Ends every wait. */
  readonly signal: AbortSignal | undefined;
  /** When the present outage began; `null` while all is well. */
  private since: number | null = null;
  private waits = 0;

  constructor(options: PatienceOptions = {}) {
    this.retryForMs = options.retryForMs ?? DEFAULT_RETRY_FOR_MS;
    this.onWait = options.onWait ?? (() => {});
    this.signal = options.signal;
  }

  /** Something worked: the next failure begins a new outage. */
  progress(): void {
    this.since = null;
    this.waits = 0;
  }

  /** Milliseconds that waiting may still take. */
  get remainingMs(): number {
    if (this.since === null) return this.retryForMs;
    return Math.max(0, this.since + this.retryForMs - performance.now());
  }

  /**
   * Waits before the next try: 50 ms at first, doubling to 2 s, each varied by a quarter so that many pipelines do not try
   * at once; or `delayMs`.
   *
   * @throws {EndpointError} with code `ENDPOINT_GAVE_UP` and `cause` when time is up. Also the reason of the signal.
   */
  async wait(reason: string, cause?: unknown, delayMs?: number): Promise<void> {
    this.signal?.throwIfAborted();
    const now = performance.now();
    this.since ??= now;
    const sinceMs = now - this.since;
    const remainingMs = Math.max(0, this.retryForMs - sinceMs);
    if (remainingMs === 0) throw this.gaveUp(reason, cause);
    const backOff = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.waits) * (0.75 + Math.random() / 2);
    const delay = Math.min(delayMs ?? backOff, remainingMs);
    this.waits = Math.min(this.waits + 1, 10);
    this.onWait({ reason, delayMs: delay, sinceMs, remainingMs });
    try {
      await sleep(delay, undefined, this.signal === undefined ? {} : { signal: this.signal });
    } catch (error) {
      this.signal?.throwIfAborted();
      throw error;
    }
  }

  private gaveUp(reason: string, cause: unknown): EndpointError {
    const seconds = Math.round(this.retryForMs / 100) / 10;
    const hint = cause instanceof EndpointError && cause.hint !== null ? { hint: cause.hint } : {};
    return new EndpointError('ENDPOINT_GAVE_UP', `gave up after ${seconds} s: ${reason}`, { cause, ...hint });
  }
}
