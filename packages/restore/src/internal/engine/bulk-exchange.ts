/** Commands whose replies are waited for together. */
import type { Exchange } from './exchange.ts';

/** The connection was gone before all was answered. */
export class ConnectionLost extends Error {
  override readonly name: string = 'ConnectionLost';
}

/** What came back: the first error that was not to be ignored, and whether the first reply was null or 0. */
export interface BulkResult {
  readonly error: string | null;
  readonly none: boolean;
}

export class BulkExchange implements Exchange {
  readonly part = null;
  readonly result: Promise<BulkResult>;
  private left: number;
  private failure: string | null = null;
  private isFirst = true;
  private isFirstNone = false;
  private readonly isIgnored: (text: string) => boolean;
  private resolve!: (result: BulkResult) => void;
  private reject!: (error: Error) => void;

  constructor(commands: number, isIgnored: (text: string) => boolean) {
    this.left = commands;
    this.isIgnored = isIgnored;
    this.result = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // It may be rejected before it is waited for.
    this.result.catch(() => {});
  }

  get isDone(): boolean {
    return this.left === 0;
  }

  ok(count: number): number {
    const taken = Math.min(count, this.left);
    this.left -= taken;
    this.isFirst = false;
    if (this.left === 0) this.resolve({ error: this.failure, none: this.isFirstNone });
    return taken;
  }

  none(): void {
    if (this.isFirst) this.isFirstNone = true;
    this.ok(1);
  }

  error(text: string): void {
    if (!this.isIgnored(text)) this.failure ??= text;
    this.ok(1);
  }

  eachUnanswered(): void {
    // No units.
  }

  /** The connection is gone. */
  lost(): void {
    this.reject(new ConnectionLost('the connection was lost'));
  }
}
