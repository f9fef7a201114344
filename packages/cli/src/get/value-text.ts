/**
 * A value for reading, and as bare bytes.
 *
 * @module
 */
import { type Int64, MAX_DOUBLE_TEXT_BYTES, writeDouble } from '@rdbkit/bytes';
import { ElementRows, type ExportOptions } from '@rdbkit/inspect';
import type { KeyHeader, StreamGroup, StreamInfo } from '@rdbkit/rdb';
import { OutputBuffer } from '@rdbkit/resp';
import { printable } from '../lang/printable.ts';

const NEWLINE = Uint8Array.of(0x0a);
const encoder = new TextEncoder();
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** What text may not contain if it is to be printed as it is: control characters other than TAB and LF, and what turns the direction of writing. */
const UNSAFE = /[^\P{Cc}\t\n]|[\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Cs}]/u;

/** What is common to both forms. */
abstract class ValueText extends ElementRows {
  readonly out: OutputBuffer;
  /** `hash, listpack`. */
  description = '';
  expiry: Int64 | null = null;

  constructor(options: ExportOptions) {
    const out = new OutputBuffer();
    super(out, options);
    this.out = out;
  }

  protected keepName(_header: KeyHeader): void {}

  protected beginRows(): void {
    this.description = `${this.type}, ${this.encoding}`;
    this.expiry = this.expireAtMs;
  }

  protected put(text: string): void {
    const bytes = encoder.encode(text);
    this.out.copy(bytes, 0, bytes.length);
  }

  protected putBytes(bytes: Uint8Array, start: number, end: number): void {
    this.out.copy(bytes, start, end);
  }

  protected newline(): void {
    this.out.copy(NEWLINE, 0, 1);
  }
}

/** The bytes: a string's as they are; elements, fields, values and scores a line each, as `redis-cli --raw` prints them. */
export class RawValue extends ValueText {
  protected writeRow(): void {
    if (this.type === 'string' || this.type === 'module') {
      this.putBytes(this.valueBytes, this.valueStart, Math.max(this.valueStart, this.valueEnd));
      return;
    }
    if (this.idMs !== null) this.put(`${this.idMs}-${this.idSeq}\n`);
    if (this.fieldEnd >= 0) {
      this.putBytes(this.fieldBytes, this.fieldStart, this.fieldEnd);
      this.newline();
    }
    if (this.valueEnd >= 0) {
      this.putBytes(this.valueBytes, this.valueStart, this.valueEnd);
      this.newline();
    }
    if (this.score !== null) this.put(`${scoreText(this.score)}\n`);
  }
}

/** Text as it is if that is safe for a terminal, otherwise with escapes; elements in quotes, numbered, one a line. */
export class ReadableValue extends ValueText {
  private line = 0;
  private entry = '';

  protected writeRow(): void {
    const value = this.valueBytes.subarray(this.valueStart, Math.max(this.valueStart, this.valueEnd));
    switch (this.type) {
      case 'string':
        this.put(`${readable(value)}\n`);
        break;
      case 'module':
        this.put(`${field(this.fieldBytes, this.fieldStart, this.fieldEnd)} ${quoted(value)}\n`);
        break;
      case 'stream':
        this.streamLine(value);
        break;
      default:
        this.elementLine(value);
    }
  }

  private elementLine(value: Uint8Array): void {
    const number = this.type === 'array' ? `${this.index}` : `${++this.line}`;
    const name = this.fieldEnd < 0 ? '' : `${field(this.fieldBytes, this.fieldStart, this.fieldEnd)} => `;
    const score = this.score === null ? '' : `  ${scoreText(this.score)}`;
    const expiry = this.fieldExpireAtMs === null ? '' : `  (expires ${timeText(this.fieldExpireAtMs)})`;
    this.put(`${number}) ${name}${quoted(value)}${score}${expiry}\n`);
  }

  private streamLine(value: Uint8Array): void {
    if (this.idMs === null) return;
    const id = `${this.idMs}-${this.idSeq}`;
    if (id !== this.entry) this.put(`${id}\n`);
    this.entry = id;
    if (this.fieldEnd < 0) return;
    this.put(`    ${field(this.fieldBytes, this.fieldStart, this.fieldEnd)} => ${quoted(value)}\n`);
  }

  override streamInfo(info: StreamInfo): void {
    if (!this.isWanted) return;
    this.put(`(${info.length} entries, last ID ${info.lastMs}-${info.lastSeq})\n`);
  }

  override streamGroup(group: StreamGroup): void {
    if (!this.isWanted) return;
    const { name, lastMs, lastSeq, pending, consumers } = group;
    this.put(`group ${quoted(name)}: last ID ${lastMs}-${lastSeq}, ${pending.count} pending\n`);
    const owned = consumers.map(() => 0);
    for (let i = 0; i < pending.count; i++) {
      const owner = pending.owner[i] ?? -1;
      if (owner >= 0) owned[owner] = (owned[owner] ?? 0) + 1;
    }
    for (const [i, consumer] of consumers.entries())
      this.put(`    consumer ${quoted(consumer.name)}: ${owned[i]} pending\n`);
  }
}

function field(bytes: Uint8Array, start: number, end: number): string {
  return quoted(bytes.subarray(start, end));
}

/** In quotes, whole. */
function quoted(bytes: Uint8Array): string {
  return printable(bytes, Number.POSITIVE_INFINITY, bytes.length);
}

/** A string value: without quotes where nothing in it needs an escape. */
function readable(bytes: Uint8Array): string {
  try {
    const text = strict.decode(bytes);
    if (!UNSAFE.test(text)) return text;
  } catch {
    // No text.
  }
  return quoted(bytes);
}

/** A score as servers print it. */
function scoreText(score: number): string {
  const text = new Uint8Array(MAX_DOUBLE_TEXT_BYTES);
  return String.fromCharCode(...text.subarray(0, writeDouble(text, 0, score)));
}

/** In UTC. */
export function timeText(ms: Int64): string {
  const date = new Date(Number(ms));
  return Number.isNaN(date.getTime()) ? `at ${ms} ms` : date.toISOString();
}
