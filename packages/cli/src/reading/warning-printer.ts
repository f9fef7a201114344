import type { Messages } from '../app/messages.ts';
import { printable } from '../lang/printable.ts';
import { countOf, formatCount } from '../lang/units.ts';

/** Of each code; the others are counted. */
const SHOWN = 5;
const KEY_WIDTH = 60;

/** The notes of what is written speak of these too. */
const SPOKEN_OF: ReadonlySet<string> = new Set(['RDB_EMPTY_KEY', 'RDB_FUNCTION_PRE_GA']);

/** Something odd, but no damage, that a reader of RDB files or of logs found. */
export interface Remark {
  readonly code: string;
  readonly message: string;
  readonly offset: number;
  readonly db?: number;
  readonly key?: Uint8Array | null;
  readonly file?: Uint8Array | null;
}

/** Prints what the reader finds odd, without flooding the screen. */
export class WarningPrinter {
  private readonly messages: Messages;
  private readonly counts = new Map<string, number>();

  constructor(messages: Messages) {
    this.messages = messages;
  }

  add({ code, message, offset, db = 0, key = null, file = null }: Remark): void {
    if (SPOKEN_OF.has(code)) return;
    const count = (this.counts.get(code) ?? 0) + 1;
    this.counts.set(code, count);
    if (count > SHOWN) return;
    const place = file === null ? '' : ` of ${printable(file, KEY_WIDTH)}`;
    const where = key === null ? '' : `, in the key ${printable(key, KEY_WIDTH)} of database ${db}`;
    this.messages.warn(`${message} (at byte ${formatCount(offset)}${place}${where}) [${code}]`);
  }

  /** Says how many were not shown. */
  finish(): void {
    for (const [code, count] of this.counts) {
      if (count > SHOWN) this.messages.warn(`${countOf(count - SHOWN, 'more warning')} of this kind [${code}]`);
    }
  }
}
