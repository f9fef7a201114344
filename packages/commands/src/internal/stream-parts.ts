/** What a stream has besides its entries. */
import { RdbVisitorBase, type StreamGroup, type StreamIdmp, type StreamInfo } from '@rdbkit/rdb';

/** Settings of a stream that never had idempotent producers. */
const DEFAULT_IDMP_SECONDS = 100;
const DEFAULT_IDMP_ENTRIES = 100;

/** Collects them; entries are ignored. */
export class StreamParts extends RdbVisitorBase {
  info: StreamInfo | null = null;
  readonly groups: StreamGroup[] = [];
  idmp: StreamIdmp | null = null;

  clear(): void {
    this.info = null;
    this.groups.length = 0;
    this.idmp = null;
  }

  override streamInfo(info: StreamInfo): void {
    this.info = info;
  }
  override streamGroup(group: StreamGroup): void {
    this.groups.push(group);
  }
  override streamIdmp(idmp: StreamIdmp): void {
    this.idmp = idmp;
  }

  get pendingCount(): number {
    return this.groups.reduce((sum, { pending }) => sum + pending.count, 0);
  }

  /** Pending entries that belong to no consumer. */
  get unownedCount(): number {
    let unowned = 0;
    for (const { pending } of this.groups) {
      for (let i = 0; i < pending.count; i++) if ((pending.owner[i] as number) < 0) unowned++;
    }
    return unowned;
  }

  /** Pending entries that two consumers claim. */
  get twoOwnersCount(): number {
    return this.groups.reduce((sum, { duplicateOwners }) => sum + duplicateOwners, 0);
  }

  /** Whether there are numbers that a stream before 7.0 does not have. */
  get hasCounters(): boolean {
    const { info } = this;
    if (info === null || info.entriesAdded === null) return false;
    return (
      info.maxDeletedMs !== 0 ||
      info.maxDeletedSeq !== 0 ||
      info.entriesAdded !== info.length ||
      this.groups.some(({ entriesRead }) => entriesRead !== null)
    );
  }

  get hasIdmpSettings(): boolean {
    const { idmp } = this;
    return idmp !== null && (idmp.durationSeconds !== DEFAULT_IDMP_SECONDS || idmp.maxEntries !== DEFAULT_IDMP_ENTRIES);
  }

  get idmpRecordCount(): number {
    return this.idmp?.producers.reduce((sum, { entries }) => sum + entries.length, 0) ?? 0;
  }

  /** Whether a stream without `idmp` would be another one. */
  get hasIdmp(): boolean {
    return (
      this.hasIdmpSettings ||
      this.idmpRecordCount > 0 ||
      (this.idmp !== null && (this.idmp.iidsAdded !== 0 || this.idmp.iidsDuplicates !== 0))
    );
  }
}

/** The pending entries of a group by owner, ascending by ID for each. */
export interface OwnerIndex {
  /** Indexes of pending entries. */
  readonly order: Int32Array;
  /** `order[starts[i], starts[i + 1])` are those of consumer i; the last consumer is followed by nobody. */
  readonly starts: Int32Array;
}

/** Sorts the pending entries of a group by owner, however many there are of either. */
export function indexByOwner({ consumers, pending }: StreamGroup): OwnerIndex {
  const nobody = consumers.length;
  const starts = new Int32Array(nobody + 2);
  const slot = (i: number): number => {
    const owner = pending.owner[i] as number;
    return owner < 0 ? nobody : owner;
  };
  for (let i = 0; i < pending.count; i++) starts[slot(i) + 1] = (starts[slot(i) + 1] as number) + 1;
  for (let i = 0; i <= nobody; i++) starts[i + 1] = (starts[i + 1] as number) + (starts[i] as number);
  const next = starts.slice();
  const order = new Int32Array(pending.count);
  for (let i = 0; i < pending.count; i++) {
    const at = next[slot(i)] as number;
    order[at] = i;
    next[slot(i)] = at + 1;
  }
  return { order, starts };
}
