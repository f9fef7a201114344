/** What became of the keys, counted. */
import { EXISTING, FAILED, KINDS, REPLACED, RESTORED, SKIPPED, WAYS } from './unit-table.ts';

/** Counts by kind and way, and the reasons of failures. */
export class Tally {
  /** `[kind · ways + way]` */
  readonly restored: Uint32Array = new Uint32Array(KINDS.length * WAYS.length);
  replaced = 0;
  skipped = 0;
  existing = 0;
  failed = 0;
  /** What was left out while reading. */
  expiredKeys = 0;
  expiredFields = 0;
  emptyKeys = 0;
  unwantedKeys = 0;
  impossibleKeys = 0;

  /** Counts one unit. */
  count(kind: number, way: number, outcome: number): void {
    switch (outcome) {
      case REPLACED:
        this.replaced++;
        break;
      case SKIPPED:
        this.skipped++;
        return;
      case EXISTING:
        this.existing++;
        return;
      case FAILED:
        this.failed++;
        return;
      case RESTORED:
        break;
      default:
        return;
    }
    const at = kind * WAYS.length + way;
    this.restored[at] = (this.restored[at] as number) + 1;
  }

  add(other: Tally): void {
    for (let i = 0; i < this.restored.length; i++)
      this.restored[i] = (this.restored[i] as number) + (other.restored[i] as number);
    for (const name of NUMBERS) this[name] += other[name];
  }

  /** As few numbers as will do, for the journal; {@link Tally.parse} reads them. */
  format(): number[] {
    const numbers: number[] = NUMBERS.map((name) => this[name]);
    this.restored.forEach((count, at) => {
      if (count > 0) numbers.push(at, count);
    });
    return numbers;
  }

  static parse(numbers: readonly number[]): Tally {
    const tally = new Tally();
    NUMBERS.forEach((name, i) => {
      tally[name] = numbers[i] ?? 0;
    });
    for (let i = NUMBERS.length; i + 1 < numbers.length; i += 2)
      tally.restored[numbers[i] as number] = numbers[i + 1] as number;
    return tally;
  }
}

const NUMBERS = [
  'replaced',
  'skipped',
  'existing',
  'failed',
  'expiredKeys',
  'expiredFields',
  'emptyKeys',
  'unwantedKeys',
  'impossibleKeys',
] as const satisfies readonly (keyof Tally)[];
