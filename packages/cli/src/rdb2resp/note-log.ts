/**
 * Collects what does not arrive as it was: grouped, with some keys of each group by name, and all of them in a file
 * when one is wanted.
 *
 * @module
 */
import type { Note, NoteCode } from '@rdbkit/commands';
import { jsonBytes } from '../lang/json-bytes.ts';
import { type RecordGroup, RecordGroups } from '../records/record-groups.ts';
import { ReportFile } from '../records/report-file.ts';

/** The codes that mean: something whole of the dump is not written. */
const NOT_WRITTEN: ReadonlySet<NoteCode> = new Set<NoteCode>([
  'TYPE_NOT_SUPPORTED',
  'MODULE_NOT_SUPPORTED',
  'BITMAP_TOO_LONG',
  'FUNCTION_LOST',
  'FUNCTION_PRE_GA',
  'LOG_NEEDS_OTHER_KEYS',
  'LOG_NEEDS_OTHER_DB',
]);

/** What became of the things a group of notes is about. */
export type Outcome = 'not written' | 'changed' | 'note';

/** Notes that say the same. */
export type NoteGroup = RecordGroup<Outcome, NoteCode>;

/** Collects notes. */
export class NoteLog {
  private readonly groups = new RecordGroups<Outcome, NoteCode>();
  private readonly report: ReportFile | null;

  /** @param reportPath - A file that gets one JSON line for each note. */
  constructor(reportPath?: string) {
    this.report = reportPath === undefined ? null : new ReportFile(reportPath);
  }

  add(note: Note): void {
    const { code, db, key, message } = note;
    const outcome = outcomeOf(note);
    this.report?.write(
      `${JSON.stringify({ db, ...(key === null ? {} : { key: jsonBytes(key) }), outcome, code, message })}\n`,
    );
    this.groups.add({ outcome, code, db, key, message });
  }

  /** The groups of an outcome, the largest first. */
  list(outcome: Outcome): NoteGroup[] {
    return this.groups.list(outcome);
  }

  /** Whether anything whole was not written. */
  get hasUnwritten(): boolean {
    return this.list('not written').length > 0;
  }

  close(): void {
    this.report?.close();
  }
}

function outcomeOf({ code, level }: Note): Outcome {
  if (NOT_WRITTEN.has(code)) return 'not written';
  return level === 'loss' ? 'changed' : 'note';
}
