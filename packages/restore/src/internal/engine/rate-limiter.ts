/** A bound on how much is done each second. */
import { setTimeout as sleep } from 'node:timers/promises';

/** What may be done at once after a pause, in seconds of the rate. */
const BURST_SECONDS = 0.1;

export class RateLimiter {
  private readonly perSecond: number;
  /** When all that was allowed so far is within the rate; milliseconds. */
  private dueAt: number;

  /** @param perSecond - `Infinity` for no bound. */
  constructor(perSecond: number) {
    this.perSecond = perSecond;
    this.dueAt = performance.now();
  }

  /** How much should be asked for at a time at most, for an even flow. */
  get portion(): number {
    return Math.max(1, this.perSecond * BURST_SECONDS);
  }

  /** Resolves when `amount` more is within the rate. */
  async take(amount: number, signal: AbortSignal): Promise<void> {
    if (this.perSecond === Number.POSITIVE_INFINITY) return;
    const now = performance.now();
    this.dueAt = Math.max(this.dueAt, now - BURST_SECONDS * 1000) + (amount / this.perSecond) * 1000;
    if (this.dueAt > now) await sleep(this.dueAt - now, undefined, { signal }).catch(() => {});
  }
}
