/** What is told about keys: a file with all of it, and groups for the summary. */
import type { RecordOutcome, RecordLog as RestoreLog, RestoreRecord } from '@rdbkit/restore';
import { jsonBytes } from '../lang/json-bytes.ts';
import { type RecordGroup, RecordGroups } from '../records/record-groups.ts';
import { ReportFile } from '../records/report-file.ts';

/** Records that say the same. */
export type Group = RecordGroup<RecordOutcome, string>;

export class RecordLog implements RestoreLog {
  private readonly groups = new RecordGroups<RecordOutcome, string>();
  private readonly report: ReportFile | null;

  /** @param goesOn - Keep what earlier runs have reported. */
  constructor(path: string | undefined, goesOn: boolean) {
    this.report = path === undefined ? null : new ReportFile(path, goesOn);
  }

  add(record: RestoreRecord): void {
    const { db, key, outcome, code, message } = record;
    // Notes are for the summary: nothing is missing.
    if (outcome !== 'note') {
      this.report?.write(
        `${JSON.stringify({ db, ...(key === null ? {} : { key: jsonBytes(key) }), outcome, code, message })}\n`,
      );
    }
    this.groups.add(record);
  }

  position(): number {
    return this.report?.position() ?? 0;
  }

  goBack(position: number): void {
    this.report?.goBack(position);
  }

  list(outcome: RecordOutcome): Group[] {
    return this.groups.list(outcome);
  }

  close(): void {
    this.report?.close();
  }
}
