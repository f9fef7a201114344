/**
 * Cells of comma-separated values, as RFC 4180 has them, made of byte strings.
 *
 * @module
 */
import { type Int64, MAX_DOUBLE_TEXT_BYTES, writeDouble, writeInt64Text } from '@rdbkit/bytes';
import { characterLength, JsonBuffer } from './json-buffer.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const TAB = 0x09;
const CR = 0x0d;
const LF = 0x0a;
const APOSTROPHE = 0x27;
const INTEGER_BYTES = 20;

/** By byte: what a cell has to be quoted for, and what is not ASCII. */
const QUOTED = 1;
const NOT_ASCII = 2;

/** How cells are written. */
export interface CsvForm {
  /** Between cells. */
  readonly delimiter: ',' | '\t';
  /** Puts an apostrophe before text that a spreadsheet would take for a formula. */
  readonly escapeFormulas: boolean;
}

/** What spreadsheets compute, or strip to get at something to compute. */
const FORMULA_STARTS: ReadonlySet<number> = new Set(Array.from('=+-@\t\r', (character) => character.charCodeAt(0)));

/** A buffer of rows. */
export class CsvBuffer extends JsonBuffer {
  private readonly delimiter: number;
  private readonly isTsv: boolean;
  private readonly escapeFormulas: boolean;
  private readonly classes: Uint8Array;

  constructor({ delimiter, escapeFormulas }: CsvForm) {
    super('base64');
    this.isTsv = delimiter === '\t';
    this.delimiter = this.isTsv ? TAB : COMMA;
    this.escapeFormulas = escapeFormulas;
    const special = new Set([QUOTE, CR, LF, this.delimiter]);
    this.classes = Uint8Array.from({ length: 256 }, (_, byte) =>
      byte >= 0x80 ? NOT_ASCII : special.has(byte) ? QUOTED : 0,
    );
  }

  /** Ends a cell that another one follows. */
  nextCell(): void {
    this.byte(this.delimiter);
  }

  /** Ends a row: with CR LF, as the RFC has it, where commas separate. */
  endRow(): void {
    if (!this.isTsv) this.byte(CR);
    this.byte(LF);
  }

  /**
   * Writes a cell of text. One that is empty gets quotes, which tell it from one that is absent.
   *
   * @returns false when the bytes are no UTF-8: the cell has them in Base64.
   */
  textCell(bytes: Uint8Array, start: number, end: number): boolean {
    // Every byte may be a quote, which is doubled; then the quotes around, and an apostrophe.
    this.reserve(2 * (end - start) + 3);
    const { classes, bytes: out } = this;
    const at = this.pos;
    const isFormula = this.escapeFormulas && isFormulaLike(bytes, start, end);
    let pos = at;
    if (isFormula) out[pos++] = APOSTROPHE;
    for (let i = start; i < end; i++) {
      const byte = bytes[i] as number;
      const kind = classes[byte];
      if (kind === QUOTED) return this.quotedCell(bytes, start, end, isFormula);
      if (kind === NOT_ASCII) {
        const length = characterLength(bytes, i, end);
        if (length === 0) return this.base64Cell(bytes, start, end);
        for (let k = 1; k < length; k++) out[pos++] = bytes[i++] as number;
        out[pos++] = bytes[i] as number;
      } else {
        out[pos++] = byte;
      }
    }
    if (pos === at) {
      out[pos++] = QUOTE;
      out[pos++] = QUOTE;
    }
    this.pos = pos;
    return true;
  }

  private quotedCell(bytes: Uint8Array, start: number, end: number, isFormula: boolean): boolean {
    const { bytes: out } = this;
    let { pos } = this;
    out[pos++] = QUOTE;
    if (isFormula) out[pos++] = APOSTROPHE;
    for (let i = start; i < end; i++) {
      const byte = bytes[i] as number;
      if (byte >= 0x80) {
        const length = characterLength(bytes, i, end);
        if (length === 0) return this.base64Cell(bytes, start, end);
        for (let k = 1; k < length; k++) out[pos++] = bytes[i++] as number;
        out[pos++] = bytes[i] as number;
        continue;
      }
      if (byte === QUOTE) out[pos++] = QUOTE;
      out[pos++] = byte;
    }
    out[pos++] = QUOTE;
    this.pos = pos;
    return true;
  }

  private base64Cell(bytes: Uint8Array, start: number, end: number): false {
    this.base64(bytes, start, end);
    return false;
  }

  /** Writes a cell of bytes as they are, in quotes where that is needed. An empty one has none. */
  bytesCell(bytes: Uint8Array, start: number, end: number): void {
    this.reserve(2 * (end - start) + 2);
    const { classes, bytes: out } = this;
    let isQuoted = false;
    for (let i = start; i < end && !isQuoted; i++) isQuoted = classes[bytes[i] as number] === QUOTED;
    let { pos } = this;
    if (isQuoted) out[pos++] = QUOTE;
    for (let i = start; i < end; i++) {
      const byte = bytes[i] as number;
      if (byte === QUOTE) out[pos++] = QUOTE;
      out[pos++] = byte;
    }
    if (isQuoted) out[pos++] = QUOTE;
    this.pos = pos;
  }

  /** Writes a cell with a whole number, without quotes whatever its size. */
  integerCell(value: Int64): void {
    this.reserve(INTEGER_BYTES);
    this.pos = writeInt64Text(this.bytes, this.pos, value);
  }

  /** Writes a cell with a number: `inf`, `-inf` and `nan` among them. */
  doubleCell(value: number): void {
    this.reserve(MAX_DOUBLE_TEXT_BYTES);
    this.pos = writeDouble(this.bytes, this.pos, value);
  }
}

/** Whether a spreadsheet might compute this. A plain number is none the worse for being taken for one. */
function isFormulaLike(bytes: Uint8Array, start: number, end: number): boolean {
  if (start === end || !FORMULA_STARTS.has(bytes[start] as number)) return false;
  let text = '';
  for (let i = start; i < end && text.length < MAX_DOUBLE_TEXT_BYTES; i++)
    text += String.fromCharCode(bytes[i] as number);
  return end - start > MAX_DOUBLE_TEXT_BYTES || !/^[+-]\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(text);
}
