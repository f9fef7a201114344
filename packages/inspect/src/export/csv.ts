/**
 * Rows of elements as comma- or tab-separated values.
 *
 * @module
 */
import type { KeyHeader } from '@rdbkit/rdb';
import { CsvBuffer } from '../internal/csv-buffer.ts';
import { ElementRows, ROW_COLUMNS } from './element-rows.ts';
import type { ExportOptions } from './key-export.ts';

/** Options of {@link CsvWriter}. */
export interface CsvOptions extends ExportOptions {
  /**
   * `\t` for tab-separated values: quoted in the same way, but with lines that end with LF alone.
   * @default ','
   */
  readonly delimiter?: ',' | '\t' | undefined;
  /**
   * Puts an apostrophe before text that a spreadsheet would take for a formula. Off, because it changes data.
   * @default false
   */
  readonly escapeFormulas?: boolean | undefined;
}

/**
 * Writes rows into {@link CsvWriter.out}, a heading first.
 *
 * A text is what it is, as UTF-8. Where a key, field or value is no UTF-8, its cell has Base64, and the last column `base64`
 * names the columns of that row for which this is so, separated by blanks.
 *
 * @example
 * ```ts
 * import { CsvWriter } from '@rdbkit/inspect';
 * import { readRdbSync } from '@rdbkit/rdb';
 * const writer = new CsvWriter();
 * readRdbSync(bytes, writer);
 * const [, first] = new TextDecoder().decode(writer.out.take()).split('\r\n');
 * console.log(first); // 0,greeting,string,embstr,,,,,,,"hello, world",,,
 * ```
 */
export class CsvWriter extends ElementRows {
  /** Receives the rows. Take what is committed whenever there is enough of it. */
  readonly out: CsvBuffer;
  /** The cells that all rows of the current key begin with. */
  private readonly head: CsvBuffer;
  private isNameText = true;

  constructor(options: CsvOptions = {}) {
    const form = { delimiter: options.delimiter ?? ',', escapeFormulas: options.escapeFormulas ?? false } as const;
    const out = new CsvBuffer(form);
    super(out, options);
    this.out = out;
    this.head = new CsvBuffer(form);
    for (const [i, name] of ROW_COLUMNS.entries()) {
      if (i > 0) out.nextCell();
      out.ascii(name);
    }
    out.endRow();
    out.commit();
  }

  protected keepName(header: KeyHeader): void {
    const { head } = this;
    head.pos = 0;
    head.integerCell(this.db);
    head.nextCell();
    this.isNameText = head.textCell(header.bytes, header.start, header.end);
    head.nextCell();
  }

  protected beginRows(): void {
    const { head } = this;
    head.ascii(this.type);
    head.nextCell();
    head.ascii(this.encoding);
    head.nextCell();
    for (const value of [this.expireAtMs, this.idleSeconds, this.freq]) {
      if (value !== null) head.integerCell(value);
      head.nextCell();
    }
  }

  protected writeRow(): void {
    const { out, head } = this;
    out.copy(head.bytes, 0, head.pos);
    if (this.index !== null) out.integerCell(this.index);
    out.nextCell();
    if (this.idMs !== null) {
      out.integerCell(this.idMs);
      out.ascii('-');
      out.integerCell(this.idSeq);
    }
    out.nextCell();
    const isFieldText = this.fieldEnd < 0 || out.textCell(this.fieldBytes, this.fieldStart, this.fieldEnd);
    out.nextCell();
    const isValueText = this.valueEnd < 0 || out.textCell(this.valueBytes, this.valueStart, this.valueEnd);
    out.nextCell();
    if (this.score !== null) out.doubleCell(this.score);
    out.nextCell();
    if (this.fieldExpireAtMs !== null) out.integerCell(this.fieldExpireAtMs);
    out.nextCell();
    if (!this.isNameText || !isFieldText || !isValueText) {
      out.ascii(base64Columns(!this.isNameText, !isFieldText, !isValueText));
    }
    out.endRow();
  }
}

/** Names of the columns that are in Base64. */
export function base64Columns(key: boolean, field: boolean, value: boolean): string {
  return [key ? 'key' : '', field ? 'field' : '', value ? 'value' : ''].filter((name) => name !== '').join(' ');
}
