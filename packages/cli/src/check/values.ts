import { type KeyHeader, type Level, type RdbHeader, type RdbSummary, RdbVisitorBase, valueType } from '@rdbkit/rdb';
import { formatCount } from '../lang/units.ts';
import type { Remark } from '../reading/warning-printer.ts';

/** Remarks that are kept. */
const MOST_REMARKS = 100;

/** Has every value decoded down to its elements, and counts. */
export class ValueCheck extends RdbVisitorBase {
  readonly remarks: Remark[] = [];
  moreRemarks = 0;
  readonly kinds: Map<string, number> = new Map();
  /** Offset of the record of the key that was begun last. */
  keyOffset = 0;
  private file: RdbHeader | null = null;
  private writer: string | null = null;
  private summary: RdbSummary | null = null;
  private functions = 0;

  override header(header: RdbHeader): void {
    this.file = header;
  }

  override aux(name: Uint8Array, value: Uint8Array): void {
    const field = String.fromCharCode(...name.subarray(0, 32));
    const text = String.fromCharCode(...value.subarray(0, 32)).replace(/[^\x21-\x7e]/g, '.');
    if (field === 'redis-ver') this.writer ??= text;
    if (field === 'valkey-ver') this.writer = `valkey ${text}`;
    if (field === 'df-ver') this.writer = `dragonfly ${text}`;
  }

  override functionLibrary(): void {
    this.functions++;
  }

  override key({ typeCode, offset }: KeyHeader): Level {
    this.keyOffset = offset;
    const kind = valueType(typeCode, this.file?.dialect ?? 'redis')?.kind ?? 'module';
    this.kinds.set(kind, (this.kinds.get(kind) ?? 0) + 1);
    return 'logical';
  }

  override warning({ code, message, offset, db, key }: Remark): void {
    if (this.remarks.length < MOST_REMARKS)
      this.remarks.push({ code, message, offset, ...(db === undefined ? {} : { db }), key: key ?? null });
    else this.moreRemarks++;
  }

  override end(summary: RdbSummary): void {
    this.summary = summary;
  }

  /** What the RDB holds, in words. */
  get content(): string[] {
    const { file, writer, kinds, functions } = this;
    if (file === null) return [];
    const by = writer === null ? '' : ` by ${writer}`;
    const counts = [...kinds].map(([kind, count]) => `${kind} ${formatCount(count)}`);
    return [
      `${file.dialect === 'valkey' ? 'VALKEY' : 'REDIS'} version ${file.version}${by}`,
      ...(counts.length > 0 ? [counts.join(', ')] : []),
      ...(functions > 0 ? [`function libraries ${functions}`] : []),
      CHECKSUMS[this.summary?.checksum ?? 'unverified'],
    ].filter((text) => text !== '');
  }

  get facts(): Record<string, unknown> {
    return {
      dialect: this.file?.dialect ?? null,
      rdbVersion: this.file?.version ?? null,
      writer: this.writer,
      byType: Object.fromEntries(this.kinds),
      functions: this.functions,
      checksum: this.summary?.checksum ?? null,
    };
  }
}

const CHECKSUMS: Readonly<Record<RdbSummary['checksum'], string>> = {
  ok: 'checksum right',
  absent: 'without a checksum',
  disabled: 'written without a checksum',
  unverified: '',
};
