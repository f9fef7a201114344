/** What became of everything, over all runs of a restore. */
import type { Note, NoteCode } from '@rdbkit/commands';
import { RestoreError } from '../../restore-error.ts';
import type { RestoreRecord } from '../../restore-record.ts';
import type { Batch } from './batch.ts';
import type { Journal, Past } from './journal.ts';
import type { Part } from './part.ts';
import { Tally } from './tally.ts';
import { DONE, EXISTED, EXISTING, FAILED, FUNCTION, SCRIPT, SKIPPED } from './unit-table.ts';

/** Different reasons of failures that are kept apart. */
const MOST_REASONS = 200;

export class Account {
  /** Of batches that are safe, earlier runs included. */
  readonly tally: Tally = new Tally();
  /** How many units failed, by the target's words. */
  readonly reasons: Map<string, number> = new Map();
  private readonly batchReasons = new Map<number, Map<string, number>>();
  private readonly onRecord: (record: RestoreRecord) => void;
  private journal: Journal | null = null;
  private position: () => number = () => 0;

  constructor(onRecord: (record: RestoreRecord) => void) {
    this.onRecord = onRecord;
  }

  /** @param position - How far the report has come, nothing of it held back. */
  attach(journal: Journal | null, position: () => number): void {
    this.journal = journal;
    this.position = position;
  }

  /** Begins with what earlier runs have done. */
  continue(past: Past): void {
    this.tally.add(past.tally);
    for (const [reason, count] of past.reasons) this.reasons.set(reason, count);
  }

  /** Takes the outcomes of a part into its batch. */
  take(part: Part): void {
    if (part.isCopy && part.reasons.size === 0) return;
    const { units, batch } = part;
    for (let unit = 0; unit < units.count; unit++) {
      if (units.state[unit] !== DONE) continue;
      const outcome = units.outcome[unit] as number;
      const kind = units.kind[unit] as number;
      if (part.isCopy && outcome !== FAILED) continue;
      batch.tally.count(kind, units.way[unit] as number, outcome);
      if (outcome >= SKIPPED) this.explain(part, unit, kind, outcome);
    }
  }

  private explain(part: Part, unit: number, kind: number, outcome: number): void {
    const isKey = kind !== FUNCTION && kind !== SCRIPT;
    const { start, end } = part.keyOf(unit);
    const reason = part.reasons.get(unit) ?? '';
    if (outcome === FAILED) this.fail(part.batch, reason);
    part.batch.records.push({
      ...describe(outcome, reason, isKey),
      db: part.db,
      key: isKey ? part.bytes.slice(start, end) : null,
    });
  }

  /** Counts and reports a unit that belongs to no part. */
  takeSingle(
    batch: Batch,
    db: number,
    key: Uint8Array,
    kind: number,
    way: number,
    outcome: number,
    reason: string,
  ): void {
    batch.tally.count(kind, way, outcome);
    if (outcome < SKIPPED) return;
    if (outcome === FAILED) this.fail(batch, reason);
    batch.records.push({ ...describe(outcome, reason, true), db, key });
  }

  private fail(batch: Batch, reason: string): void {
    const reasons = this.batchReasons.get(batch.id) ?? new Map<string, number>();
    this.batchReasons.set(batch.id, reasons);
    const general = generalReason(reason);
    reasons.set(general, (reasons.get(general) ?? 0) + 1);
  }

  /** All of a batch is safe. */
  close(batch: Batch): void {
    this.finish(batch);
    const reasons = this.takeReasons(batch);
    this.journal?.safe(batch.id, batch.tally, reasons, this.position());
  }

  /** A batch will not become safe; what is known of it counts all the same, in this run. */
  abandon(batch: Batch): void {
    this.finish(batch);
    this.takeReasons(batch);
  }

  private finish(batch: Batch): void {
    this.tally.add(batch.tally);
    for (const record of batch.records) this.onRecord(record);
  }

  private takeReasons(batch: Batch): Map<string, number> {
    const reasons = this.batchReasons.get(batch.id) ?? new Map<string, number>();
    this.batchReasons.delete(batch.id);
    for (const [reason, count] of reasons) {
      const name = this.reasons.has(reason) || this.reasons.size < MOST_REASONS ? reason : 'other reasons';
      this.reasons.set(name, (this.reasons.get(name) ?? 0) + count);
    }
    return reasons;
  }

  /** Offsets of those units of a part whose keys existed before. */
  static existing(part: Part): number[] {
    const { units } = part;
    const offsets: number[] = [];
    for (let unit = 0; unit < units.count; unit++) {
      if (((units.flags[unit] as number) & EXISTED) !== 0) offsets.push(units.offset[unit] as number);
    }
    return offsets;
  }
}

function describe(
  outcome: number,
  reason: string,
  isKey: boolean,
): Pick<RestoreRecord, 'outcome' | 'code' | 'message'> {
  if (outcome === FAILED) {
    const code = /^([A-Z][A-Z0-9_]*)(?: |$)/.exec(reason)?.[1] ?? 'ERR';
    return { outcome: 'failed', code, message: reason };
  }
  const message = isKey ? 'the key exists at the target' : 'the target has this already';
  return { outcome: outcome === EXISTING ? 'existing' : 'skipped', code: 'KEY_EXISTS', message };
}

/** Notes that speak of replies which are seen to by the engine. */
const OWN_BUSINESS: ReadonlySet<NoteCode> = new Set<NoteCode>(['BUSYKEY_ANSWERS', 'FUNCTION_ANSWERS']);
/** Notes that mean: something whole of the source is not restored. */
const NOT_RESTORED: ReadonlySet<NoteCode> = new Set<NoteCode>([
  'TYPE_NOT_SUPPORTED',
  'MODULE_NOT_SUPPORTED',
  'BITMAP_TOO_LONG',
  'FUNCTION_LOST',
  'FUNCTION_PRE_GA',
]);

/** What a note means for a report; `null` for one that is not for it. */
export function recordOf({ code, level, db, key, message }: Note): RestoreRecord | null {
  if (OWN_BUSINESS.has(code)) return null;
  const outcome = NOT_RESTORED.has(code) ? 'not restored' : level === 'loss' ? 'changed' : 'note';
  return { outcome, db, key, code, message };
}

/** Names and numbers in the words of servers differ from key to key. */
function generalReason(reason: string): string {
  return reason
    .replace(/'[^']*'/g, "'…'")
    .replace(/\d+/g, 'N')
    .slice(0, 200);
}

/** An error for keys that nobody can tell what to do with. */
export function noDatabase(db: number, why: string): RestoreError {
  return new RestoreError(
    'RESTORE_NO_DATABASE',
    `the source has keys of database ${db}, which the target does not have: ${why}`,
    `--db chooses databases of the source, --map-db ${db}:0 moves one into another.`,
  );
}
