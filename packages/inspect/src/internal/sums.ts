/** Sums over keys while they are made. */
import type { ValueKind } from '@rdbkit/rdb';
import { LogHistogram } from '../histograms.ts';
import type { KeySums } from '../inspection-report.ts';

export class Sums implements KeySums {
  keys = 0;
  expires = 0;
  elements = 0;
  bytes = 0;
  memory = 0;
  usage = 0;

  add(expires: boolean, elements: number, bytes: number, memory: number, usage: number): void {
    this.keys++;
    if (expires) this.expires++;
    this.elements += elements;
    this.bytes += bytes;
    this.memory += memory;
    this.usage += usage;
  }

  plain(): KeySums {
    const { keys, expires, elements, bytes, memory, usage } = this;
    return { keys, expires, elements, bytes, memory, usage };
  }
}

/** Sums of sums. */
export function sumOf(parts: readonly KeySums[]): KeySums {
  const sum = { keys: 0, expires: 0, elements: 0, bytes: 0, memory: 0, usage: 0 };
  for (const part of parts) {
    for (const name of Object.keys(sum) as (keyof KeySums)[]) sum[name] += part[name];
  }
  return sum;
}

/** The keys of one type. */
export class TypeRow {
  readonly type: ValueKind;
  guessed = 0;
  readonly memoryBars: LogHistogram = new LogHistogram();
  readonly elementBars: LogHistogram = new LogHistogram();
  private readonly encodings = new Map<string, Sums>();
  private lastName = '';
  private last: Sums = new Sums();

  constructor(type: ValueKind) {
    this.type = type;
  }

  /** The sums of an encoding. Most keys have the one of the key before. */
  of(encoding: string): Sums {
    if (encoding === this.lastName) return this.last;
    let sums = this.encodings.get(encoding);
    if (sums === undefined) {
      sums = new Sums();
      this.encodings.set(encoding, sums);
    }
    this.lastName = encoding;
    this.last = sums;
    return sums;
  }

  sums(): KeySums {
    return sumOf([...this.encodings.values()]);
  }

  byEncoding(): (KeySums & { readonly encoding: string })[] {
    return [...this.encodings]
      .map(([encoding, sums]) => ({ encoding, ...sums.plain() }))
      .sort((a, b) => b.memory - a.memory);
  }
}
