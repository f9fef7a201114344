/**
 * Lists of keys: as JSON lines, as comma- or tab-separated values, as a table for reading.
 *
 * @module
 */
import { CsvBuffer, JsonBuffer } from '@rdbkit/inspect';
import { OutputBuffer } from '@rdbkit/resp';
import type { Colors } from '../app/messages.ts';
import { printable } from '../lang/printable.ts';
import { formatCount, humanSize } from '../lang/units.ts';
import type { KeyRow } from './top-keys.ts';

/** Writes keys into its buffer. */
export interface KeyWriter {
  readonly out: OutputBuffer;
  write(row: KeyRow): void;
  /** No more keys come. */
  finish(): void;
}

/** One JSON object a line. */
export class JsonlKeys implements KeyWriter {
  readonly out: JsonBuffer = new JsonBuffer('auto');

  write({ db, name, type, encoding, elements, bytes, memory, expireAtMs }: KeyRow): void {
    const { out } = this;
    out.ascii(`{"db":${db},"key":`);
    out.string(name, 0, name.length);
    out.ascii(`,"type":"${type}","encoding":"${encoding}","elements":${elements},"bytes":${bytes}`);
    if (memory !== null) out.ascii(`,"memory":${memory}`);
    if (expireAtMs !== null) {
      out.ascii(',"expireAtMs":');
      out.integer(expireAtMs);
    }
    out.ascii('}\n');
    out.commit();
  }

  finish(): void {}
}

/** One row a key. */
export class CsvKeys implements KeyWriter {
  readonly out: CsvBuffer;

  constructor(delimiter: ',' | '\t', escapeFormulas: boolean) {
    const out = new CsvBuffer({ delimiter, escapeFormulas });
    out.ascii(['db', 'key', 'type', 'encoding', 'elements', 'bytes', 'memory', 'expireAtMs', 'base64'].join(delimiter));
    out.endRow();
    out.commit();
    this.out = out;
  }

  write({ db, name, type, encoding, elements, bytes, memory, expireAtMs }: KeyRow): void {
    const { out } = this;
    out.integerCell(db);
    out.nextCell();
    const isText = out.textCell(name, 0, name.length);
    for (const text of [type, encoding]) {
      out.nextCell();
      out.ascii(text);
    }
    for (const number of [elements, bytes, memory, expireAtMs]) {
      out.nextCell();
      if (number !== null) out.integerCell(number);
    }
    out.nextCell();
    if (!isText) out.ascii('key');
    out.endRow();
    out.commit();
  }

  finish(): void {}
}

/** Widths of the columns are taken from so many keys. */
const MEASURED_ROWS = 500;
/** A name gets at least so many columns, however narrow the terminal is. */
const NARROWEST_KEY = 24;
const GAP = '  ';
const HEADING = ['db', 'type', 'encoding', 'elements', 'size', 'memory', 'expires', 'key'];
const RIGHT_ALIGNED: ReadonlySet<number> = new Set([0, 3, 4, 5]);

/** Aligned columns. Names come last, quoted, with nothing in them that could disturb a terminal. */
export class KeyTable implements KeyWriter {
  readonly out: OutputBuffer = new OutputBuffer();
  private readonly columns: number;
  private readonly colors: Colors;
  private readonly encoder = new TextEncoder();
  /** The first rows, until the widths are known. */
  private waiting: { readonly cells: readonly string[]; readonly name: Uint8Array }[] | null = [];
  private widths: readonly number[] = [];
  private keyWidth = 0;

  /** @param columns - Width of the terminal; `Infinity` where there is none. */
  constructor(columns: number, colors: Colors) {
    this.columns = columns;
    this.colors = colors;
  }

  write({ db, name, type, encoding, elements, bytes, memory, expireAtMs }: KeyRow): void {
    const cells = [
      String(db),
      type,
      encoding,
      formatCount(elements),
      sizeCell(bytes),
      memory === null ? '-' : sizeCell(memory),
      expireAtMs === null ? '-' : timeCell(expireAtMs),
    ];
    if (this.waiting === null) {
      this.line(cells, name);
      return;
    }
    this.waiting.push({ cells, name: name.slice() });
    if (this.waiting.length >= MEASURED_ROWS) this.begin(this.waiting);
  }

  finish(): void {
    if (this.waiting !== null && this.waiting.length > 0) this.begin(this.waiting);
  }

  private begin(rows: NonNullable<KeyTable['waiting']>): void {
    this.waiting = null;
    this.widths = HEADING.slice(0, -1).map((title, i) =>
      Math.max(title.length, ...rows.map(({ cells }) => cells[i]?.length ?? 0)),
    );
    const taken = this.widths.reduce((sum, width) => sum + width + GAP.length, 0);
    this.keyWidth = Math.max(NARROWEST_KEY, this.columns - taken);
    this.text(`${this.colors.bold([...this.aligned(HEADING), 'key'].join(GAP))}\n`);
    for (const { cells, name } of rows) this.line(cells, name);
  }

  private line(cells: readonly string[], name: Uint8Array): void {
    this.text(`${[...this.aligned(cells), printable(name, this.keyWidth)].join(GAP)}\n`);
  }

  private aligned(cells: readonly string[]): string[] {
    return this.widths.map((width, i) => {
      const cell = cells[i] ?? '';
      return RIGHT_ALIGNED.has(i) ? cell.padStart(width) : cell.padEnd(width);
    });
  }

  private text(text: string): void {
    const bytes = this.encoder.encode(text);
    this.out.copy(bytes, 0, bytes.length);
    this.out.commit();
  }
}

function sizeCell(bytes: number): string {
  return humanSize(bytes).replace(/ bytes?$/, ' B');
}

/** In UTC; times that no calendar has, as they are. */
function timeCell(ms: number | bigint): string {
  const date = new Date(Number(ms));
  if (Number.isNaN(date.getTime())) return String(ms);
  return `${date.toISOString().slice(0, -5)}Z`;
}
