/** What each database comes to, in bounded memory however many there are. */
import type { InspectionReport } from '../inspection-report.ts';
import { Sums } from './sums.ts';

/** Servers have 16 unless told otherwise; a dump can announce any number. */
const MAX_DATABASES = 256;

/** What the server needs for a database beside what its keys were said to take, in bytes. */
interface DatabaseCosts {
  tableBytes(keys: number, expires: number): number;
  datasetOverhead(keys: number, expires: number): number;
}

/** The first databases each by itself, the others as one. */
export class DatabaseRows {
  private readonly listed = new Map<number, Sums>();
  private readonly others: Sums = new Sums();
  private otherTables = 0;
  private otherOverhead = 0;
  private readonly costs: DatabaseCosts;

  constructor(costs: DatabaseCosts) {
    this.costs = costs;
  }

  /** Adds keys of a database; the sums are its own from then on. Of one that is not listed they have to be all, or its tables are not quite right. */
  add(db: number, sums: Sums): void {
    const listed = this.listed.get(db);
    if (listed !== undefined) {
      listed.addAll(sums);
    } else if (this.listed.size < MAX_DATABASES) {
      this.listed.set(db, sums);
    } else {
      const { keys, expires } = sums.plain();
      this.others.addAll(sums);
      this.otherTables += this.costs.tableBytes(keys, expires);
      this.otherOverhead += this.costs.datasetOverhead(keys, expires);
    }
  }

  facts(): Pick<InspectionReport, 'databases' | 'otherDatabases' | 'tables' | 'overhead'> {
    const { costs } = this;
    const databases = [...this.listed]
      .map(([db, sums]) => ({ db, ...sums.plain() }))
      .map((row) => ({ ...row, tables: costs.tableBytes(row.keys, row.expires) }))
      .sort((a, b) => a.db - b.db);
    return {
      databases,
      otherDatabases: this.others.keys === 0 ? null : { ...this.others.plain(), tables: this.otherTables },
      tables: databases.reduce((sum, { tables }) => sum + tables, this.otherTables),
      overhead: databases.reduce((sum, row) => sum + costs.datasetOverhead(row.keys, row.expires), this.otherOverhead),
    };
  }
}
