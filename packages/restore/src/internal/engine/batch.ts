/** A stretch of the source, from one key to another: what the journal speaks of. */
import type { RestoreRecord } from '../../restore-record.ts';
import { Tally } from './tally.ts';

export class Batch {
  readonly id: number;
  /** Offsets of its first and last record in the source; `to` is set when it is closed. */
  readonly from: number;
  to = 0;
  /** Keys read from the source, those left out among them. */
  keys = 0;
  /** Parts that are not safe yet. One more while the batch is being filled. */
  pending = 1;
  /** What is to be reported once all of it is safe. */
  readonly records: RestoreRecord[] = [];
  readonly tally: Tally = new Tally();

  constructor(id: number, from: number) {
    this.id = id;
    this.from = from;
    this.to = from;
  }
}
