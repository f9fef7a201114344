import type { Int64 } from '@rdbkit/bytes';

const MAX_INT64 = 2n ** 63n - 1n;

/** What becomes of expiry times. */
export class ExpiryShape {
  private readonly strip: boolean;
  private readonly shiftMs: number;

  constructor(options: { readonly stripTtl?: boolean | undefined; readonly shiftTtlMs?: number | undefined }) {
    this.strip = options.stripTtl ?? false;
    this.shiftMs = options.shiftTtlMs ?? 0;
  }

  /** A time as it is written; `null` for none. */
  apply(ms: Int64 | null): Int64 | null {
    if (ms === null || this.strip) return null;
    if (this.shiftMs === 0) return ms;
    if (typeof ms === 'number') {
      const shifted = ms + this.shiftMs;
      if (Number.isSafeInteger(shifted)) return shifted;
    }
    const shifted = BigInt(ms) + BigInt(this.shiftMs);
    return shifted > MAX_INT64 ? MAX_INT64 : shifted;
  }
}
