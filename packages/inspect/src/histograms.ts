/**
 * Counts by size and by time.
 *
 * @module
 */

/** One bar: values from `from` on and below `to`. */
export interface HistogramBar {
  readonly from: number;
  /** `null`: no end. */
  readonly to: number | null;
  readonly keys: number;
  /** Of these keys, serialized. */
  readonly bytes: number;
  readonly memory: number;
}

/** Bars between fixed limits. */
export class Histogram {
  private readonly limits: readonly number[];
  private readonly keys: Float64Array;
  private readonly bytes: Float64Array;
  private readonly memory: Float64Array;

  /** @param limits - Ascending; a first bar is below the first of them, a last one from the last one on. */
  constructor(limits: readonly number[]) {
    this.limits = limits;
    this.keys = new Float64Array(limits.length + 1);
    this.bytes = new Float64Array(limits.length + 1);
    this.memory = new Float64Array(limits.length + 1);
  }

  add(value: number, bytes: number, memory: number): void {
    const { limits } = this;
    let bar = 0;
    while (bar < limits.length && value >= (limits[bar] as number)) bar++;
    this.keys[bar] = (this.keys[bar] as number) + 1;
    this.bytes[bar] = (this.bytes[bar] as number) + bytes;
    this.memory[bar] = (this.memory[bar] as number) + memory;
  }

  /** The bars, empty ones too. */
  bars(): HistogramBar[] {
    return Array.from(this.keys, (keys, i) => ({
      from: i === 0 ? Number.NEGATIVE_INFINITY : (this.limits[i - 1] as number),
      to: this.limits[i] ?? null,
      keys,
      bytes: this.bytes[i] as number,
      memory: this.memory[i] as number,
    }));
  }
}

/** Bars for powers of two: 0, 1, 2–3, 4–7, and so on. */
export class LogHistogram {
  private readonly counts = new Float64Array(64);
  private readonly sums = new Float64Array(64);
  private highest = -1;

  add(value: number, memory: number): void {
    const bar = value < 1 ? 0 : value < 0x80000000 ? 32 - Math.clz32(value) : Math.floor(Math.log2(value)) + 1;
    this.counts[bar] = (this.counts[bar] as number) + 1;
    this.sums[bar] = (this.sums[bar] as number) + memory;
    if (bar > this.highest) this.highest = bar;
  }

  /** The bars up to the last one that is not empty. */
  bars(): { readonly from: number; readonly to: number; readonly keys: number; readonly memory: number }[] {
    return Array.from({ length: this.highest + 1 }, (_, bar) => ({
      from: bar === 0 ? 0 : 2 ** (bar - 1),
      to: 2 ** bar,
      keys: this.counts[bar] as number,
      memory: this.sums[bar] as number,
    }));
  }
}
