/**
 * What `rdb --command memory` of redis-rdb-tools (0.1.15) prints: the same columns with the same words, but with memory as
 * {@link KeyMeter} estimates it, and for every type that there is by now.
 *
 * Keys are written byte by byte, as that tool does. It quotes nothing; a key with a comma, a quote or a line end is quoted
 * here, so that the file remains one that can be read.
 *
 * @module
 */
import { type Int64, parseDecimal } from '@rdbkit/bytes';
import { valueType } from '@rdbkit/rdb';
import { CsvBuffer } from '../internal/csv-buffer.ts';
import { KeyList, type KeyListOptions } from './key-list.ts';

const HEADING = 'database,type,key,size_in_bytes,encoding,num_elements,len_largest_element,expiry\n';

const LINE_FEED = 0x0a;

/** That tool takes an integer for as long as a pointer. */
const INTEGER_BYTES = 8;
const INT32_DIGITS = 11;

/**
 * Writes the lines into {@link RdbtoolsMemoryWriter.out}.
 *
 * @example
 * ```ts
 * import { RdbtoolsMemoryWriter } from '@rdbkit/inspect';
 * import { readRdbSync } from '@rdbkit/rdb';
 * const writer = new RdbtoolsMemoryWriter();
 * readRdbSync(bytes, writer);
 * const [, first] = new TextDecoder().decode(writer.out.take()).split('\n');
 * console.log(first); // 0,string,greeting,72,string,12,12,
 * ```
 */
export class RdbtoolsMemoryWriter extends KeyList {
  /** Receives the lines. Take what is committed whenever there is enough of it. */
  readonly out: CsvBuffer = new CsvBuffer({ delimiter: ',', escapeFormulas: false });
  private moduleName = '';
  private isInt32 = false;

  constructor(options: KeyListOptions = {}) {
    super({ ...options, largestElements: true });
    this.out.ascii(HEADING);
    this.out.commit();
  }

  override string(bytes: Uint8Array, start: number, end: number): void {
    // Such a string is an integer in the file as well.
    const value = end - start <= INT32_DIGITS ? parseDecimal(bytes, start, end) : undefined;
    this.isInt32 = value !== undefined && (value | 0) === value;
    super.string(bytes, start, end);
  }

  override stringStart(length: number): void {
    this.isInt32 = false;
    super.stringStart(length);
  }

  override module(name: string, encodingVersion: number, bytes: Uint8Array, start: number, end: number): void {
    this.moduleName = name;
    super.module(name, encodingVersion, bytes, start, end);
  }

  override raw(bytes: Uint8Array, start: number, end: number): void {
    this.moduleName = valueType(this.keyType, this.dialect)?.name ?? 'unknown';
    super.raw(bytes, start, end);
  }

  protected listed(): void {
    const { out, facts } = this;
    const isString = facts.kind === 'string';
    const length = isString && this.isInt32 ? INTEGER_BYTES : Math.max(0, facts.largestElement);
    out.integerCell(this.db);
    out.nextCell();
    out.ascii(facts.kind === 'zset' ? 'sortedset' : facts.kind === 'array' ? 'list' : facts.kind);
    out.nextCell();
    out.bytesCell(this.name, 0, this.nameLength);
    out.nextCell();
    out.integerCell(Math.round(facts.usage));
    out.nextCell();
    out.ascii(this.toolEncoding());
    out.nextCell();
    out.integerCell(isString ? length : facts.elements);
    out.nextCell();
    out.integerCell(length);
    out.nextCell();
    if (this.expireAtMs !== null) out.ascii(isoTime(this.expireAtMs));
    out.byte(LINE_FEED);
    out.commit();
  }

  private toolEncoding(): string {
    const { encoding } = this;
    const { kind } = this.facts;
    if (kind === 'string') return kind;
    if (kind === 'module') return this.moduleName;
    if (kind === 'stream') return 'listpack';
    // That tool says so whatever the server made of a list.
    return kind === 'list' ? 'quicklist' : encoding;
  }
}

/** A time as Python prints one without a zone: in UTC, with microseconds unless they are zero. */
function isoTime(ms: Int64): string {
  const date = new Date(Number(ms));
  // Further away than a calendar goes.
  if (Number.isNaN(date.getTime())) return String(ms);
  const [whole = '', fraction = ''] = date.toISOString().replace('Z', '').split('.');
  return fraction === '000' ? whole : `${whole}.${fraction}000`;
}
