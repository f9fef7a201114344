/**
 * What `rdb --command json` of redis-rdb-tools (0.1.15) prints: an array with an object for each database, in which each key
 * is a member. For programs that read that; it leaves out expiry times, encodings and what is in streams and modules.
 *
 * | type | member |
 * |---|---|
 * | string | text |
 * | list, set | array |
 * | hash | object |
 * | zset | object of scores, as text |
 * | stream, module | `{}` |
 *
 * Text is ASCII with `\u` escapes; a byte that is no UTF-8 becomes the four characters `\xFF`. That tool reads dumps up to version 9
 * (Redis 6.2); later types are written as their older forms, an array as a list.
 *
 * @module
 */
import type { Int64 } from '@rdbkit/bytes';
import type { KeyHeader } from '@rdbkit/rdb';
import { OutputBuffer } from '@rdbkit/resp';
import { characterLength } from '../internal/json-buffer.ts';
import { joined } from './element-rows.ts';
import { type ExportOptions, KeyExport } from './key-export.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const SHORT_ESCAPES: ReadonlyMap<number, string> = new Map([
  [0x22, '\\"'],
  [0x5c, '\\\\'],
  [0x08, '\\b'],
  [0x09, '\\t'],
  [0x0a, '\\n'],
  [0x0c, '\\f'],
  [0x0d, '\\r'],
]);

/** Longest form of a byte: `\\xFF` with its backslash doubled, or half of a pair of `\u` escapes. */
const ESCAPED_BYTES = 6;

/** Scores below this are whole numbers in packed encodings: beyond, servers write them with an exponent. */
const PACKED_INTEGERS_BELOW = 1e17;

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Types whose scores are stored one by one: as text, and as doubles. */
const ZSET = 3;
const ZSET_2 = 5;
const SCORE_DIGITS = 17;

/**
 * Writes the document into {@link RdbtoolsJsonWriter.out}.
 *
 * @example
 * ```ts
 * import { RdbtoolsJsonWriter } from '@rdbkit/inspect';
 * import { readRdbSync } from '@rdbkit/rdb';
 * const writer = new RdbtoolsJsonWriter();
 * readRdbSync(bytes, writer);
 * writer.finish();
 * const [database] = JSON.parse(new TextDecoder().decode(writer.out.take()));
 * console.log(database.greeting); // hello, world
 * ```
 */
export class RdbtoolsJsonWriter extends KeyExport {
  /** Receives the document. Take what is committed whenever there is enough of it. */
  readonly out: OutputBuffer;
  /** The database whose object is open; −1 before the first one. */
  private openDb = -1;
  private hasKeysInDb = false;
  private isFirst = true;
  private closing = '';
  private closingOfPassed = '';
  private pieces: Uint8Array[] = [];

  constructor(options: ExportOptions = {}) {
    const out = new OutputBuffer();
    super(out, options);
    this.out = out;
    this.ascii('[');
    out.commit();
  }

  /** Writes the end of the document. */
  finish(): void {
    this.ascii(this.openDb < 0 ? ']' : '}]');
    this.out.commit();
  }

  protected beginKey(header: KeyHeader): void {
    if (this.db !== this.openDb) {
      this.ascii(this.openDb < 0 ? '{' : '},{');
      this.openDb = this.db;
      this.hasKeysInDb = false;
      // A key that is taken back must not take this back as well.
      this.handOn();
    }
    this.ascii(this.hasKeysInDb ? ',\r\n' : '\r\n');
    this.text(header.bytes, header.start, header.end);
    this.byte(COLON);
    this.isFirst = true;
    this.closing = '';
  }

  protected endKey(): void {
    this.hasKeysInDb = true;
    this.ascii(this.closing);
  }

  protected breakOff(): void {
    this.hasKeysInDb = true;
    this.ascii(this.closingOfPassed);
  }

  protected override passOn(): void {
    super.passOn();
    this.closingOfPassed = this.closing;
  }

  override string(bytes: Uint8Array, start: number, end: number): void {
    this.text(bytes, start, end);
  }

  override stringStart(): void {
    this.pieces = [];
  }

  override stringPiece(bytes: Uint8Array, start: number, end: number): void {
    this.pieces.push(bytes.slice(start, end));
  }

  override stringEnd(): void {
    const whole = joined(this.pieces);
    this.pieces = [];
    this.text(whole, 0, whole.length);
  }

  override bitmap(_length: Int64, bytes: Uint8Array, start: number, end: number): void {
    this.text(bytes, start, end);
  }

  override listStart(): void {
    this.open('[', ']');
  }

  override listElement(bytes: Uint8Array, start: number, end: number): void {
    this.element(bytes, start, end);
  }

  override setStart(): void {
    this.open('[', ']');
  }

  override setMember(bytes: Uint8Array, start: number, end: number): void {
    this.element(bytes, start, end);
  }

  override arrayStart(): void {
    this.open('[', ']');
  }

  override arrayElement(_index: Int64, bytes: Uint8Array, start: number, end: number): void {
    this.element(bytes, start, end);
  }

  override hashStart(): void {
    this.open('{', '}');
  }

  override hashField(
    fieldBytes: Uint8Array,
    fieldStart: number,
    fieldEnd: number,
    valueBytes: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): void {
    if (!this.isWanted) return;
    this.comma();
    this.text(fieldBytes, fieldStart, fieldEnd);
    this.byte(COLON);
    this.text(valueBytes, valueStart, valueEnd);
    this.elementEnd();
  }

  override zsetStart(): void {
    this.open('{', '}');
  }

  override zsetMember(bytes: Uint8Array, start: number, end: number, score: number): void {
    if (!this.isWanted) return;
    this.comma();
    this.text(bytes, start, end);
    this.ascii(`:"${scoreText(score, this.typeCode)}"`);
    this.elementEnd();
  }

  override streamStart(): void {
    this.open('{', '}');
  }

  override module(): void {
    this.open('{', '}');
  }

  private open(bracket: string, closing: string): void {
    this.ascii(bracket);
    this.closing = closing;
  }

  private element(bytes: Uint8Array, start: number, end: number): void {
    if (!this.isWanted) return;
    this.comma();
    this.text(bytes, start, end);
    this.elementEnd();
  }

  private comma(): void {
    if (this.isFirst) this.isFirst = false;
    else this.byte(COMMA);
  }

  private byte(byte: number): void {
    this.out.reserve(1);
    this.out.bytes[this.out.pos++] = byte;
  }

  private ascii(text: string): void {
    const { out } = this;
    out.reserve(text.length);
    for (let i = 0; i < text.length; i++) out.bytes[out.pos++] = text.charCodeAt(i);
  }

  /** Appends a string in quotes. */
  private text(bytes: Uint8Array, start: number, end: number): void {
    const { out } = this;
    this.byte(QUOTE);
    for (let i = start; i < end; ) {
      const byte = bytes[i] as number;
      if (byte >= 0x20 && byte < 0x7f && byte !== QUOTE && byte !== BACKSLASH) {
        if (out.pos + ESCAPED_BYTES > out.bytes.length) out.reserve(end - i + ESCAPED_BYTES);
        out.bytes[out.pos++] = byte;
        i++;
      } else if (byte < 0x80) {
        this.ascii(SHORT_ESCAPES.get(byte) ?? unicodeEscape(byte));
        i++;
      } else {
        const length = characterLength(bytes, i, end);
        if (length === 0) this.ascii(`\\\\x${byte.toString(16).toUpperCase()}`);
        else this.ascii(unicodeEscapes(decoder.decode(bytes.subarray(i, i + length))));
        i += Math.max(1, length);
      }
    }
    this.byte(QUOTE);
  }
}

function unicodeEscape(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}

function unicodeEscapes(text: string): string {
  let escaped = '';
  for (let i = 0; i < text.length; i++) escaped += unicodeEscape(text.charCodeAt(i));
  return escaped;
}

/** A score as that tool has it: the text in the file where it is stored as one; otherwise as Python prints a float, or an integer in a packed encoding. */
function scoreText(score: number, typeCode: number): string {
  if (Number.isNaN(score)) return 'nan';
  if (!Number.isFinite(score)) return score > 0 ? 'inf' : '-inf';
  const isNegativeZero = Object.is(score, -0);
  const sign = score < 0 || isNegativeZero ? '-' : '';
  if (typeCode === ZSET) return sign + serverText(Math.abs(score));
  const isPackedInteger = Number.isInteger(score) && Math.abs(score) < PACKED_INTEGERS_BELOW && !isNegativeZero;
  return typeCode !== ZSET_2 && isPackedInteger ? String(score) : sign + floatText(Math.abs(score));
}

/** What `printf("%.17g")` makes of a number that is not negative. */
function serverText(value: number): string {
  const [mantissa = '', exponent = ''] = value.toExponential(SCORE_DIGITS - 1).split('e');
  const power = Number(exponent);
  const digits = mantissa.replace('.', '').replace(/0+$/, '');
  if (power < -4 || power >= SCORE_DIGITS) {
    const fraction = digits.slice(1);
    return `${digits.slice(0, 1)}${fraction === '' ? '' : `.${fraction}`}e${exponentText(power)}`;
  }
  if (power < 0) return `0.${'0'.repeat(-power - 1)}${digits}`;
  const whole = digits.slice(0, power + 1).padEnd(power + 1, '0');
  const fraction = digits.slice(power + 1);
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

/** Shortest decimal of a float that is not negative: with an exponent from 10^16 on and below 10^-4, else with a point. */
function floatText(value: number): string {
  if (value === 0) return '0.0';
  if (value >= 1e16 || value < 1e-4) {
    const [digits = '', exponent = ''] = value.toExponential().split('e');
    return `${digits}e${exponentText(Number(exponent))}`;
  }
  const text = String(value);
  return text.includes('.') ? text : `${text}.0`;
}

function exponentText(power: number): string {
  return `${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}
