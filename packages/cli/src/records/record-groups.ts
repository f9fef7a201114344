/**
 * What is told about keys, grouped by what it says, with some keys of each group by name.
 *
 * @module
 */
/** Keys that are named; the others are counted. */
const SAMPLES = 20;
/** Messages that are kept apart; what comes later is counted with the first of its code. */
const MOST_GROUPS = 100;

/** A key that something is told about. */
interface NamedKey {
  readonly db: number;
  readonly key: Uint8Array;
}

/** What is told about one key, or about none in particular. */
export interface KeyRecord<Outcome extends string, Code extends string> {
  readonly outcome: Outcome;
  readonly code: Code;
  readonly db: number;
  readonly key: Uint8Array | null;
  readonly message: string;
}

/** Records that say the same. */
export interface RecordGroup<Outcome extends string, Code extends string> {
  readonly code: Code;
  readonly outcome: Outcome;
  /** Numbers that differ are written as N. */
  message: string;
  count: number;
  /** The first of the keys. */
  readonly samples: NamedKey[];
}

/** Groups records. */
export class RecordGroups<Outcome extends string, Code extends string> {
  private readonly groups = new Map<string, RecordGroup<Outcome, Code>>();

  add({ outcome, code, db, key, message }: KeyRecord<Outcome, Code>): void {
    const group = this.groupOf(outcome, code, message);
    if (group.message !== message) group.message = withoutNumbers(message);
    group.count++;
    if (key !== null && group.samples.length < SAMPLES) group.samples.push({ db, key });
  }

  /** The groups of an outcome, the largest first. */
  list(outcome: Outcome): RecordGroup<Outcome, Code>[] {
    return [...this.groups.values()].filter((group) => group.outcome === outcome).sort((a, b) => b.count - a.count);
  }

  private groupOf(outcome: Outcome, code: Code, message: string): RecordGroup<Outcome, Code> {
    const own = `${code} ${withoutNumbers(message)}`;
    const id = this.groups.size < MOST_GROUPS || this.groups.has(own) ? own : code;
    let group = this.groups.get(id);
    if (group === undefined) {
      group = { code, outcome, message, count: 0, samples: [] };
      this.groups.set(id, group);
    }
    return group;
  }
}

/** `3 fields of test2` becomes `N fields of test2`. */
function withoutNumbers(message: string): string {
  return message.replace(/(?<![\w-])\d+(?![\w-])/g, 'N');
}
