import {
  type Dialect,
  DUMP_FOOTER_BYTES,
  type KeyHeader,
  type KeySelection,
  type Level,
  type RdbHeader,
  RdbVisitorBase,
  valueType,
  writeDumpFooter,
} from '@rdbkit/rdb';
import { OutputBuffer } from '@rdbkit/resp';
import { CliError } from '../app/cli-error.ts';
import { EXIT } from '../app/exit-code.ts';

/** The version that every server takes for the types it knows. */
const LOWEST_VERSION = 6;

/** A key's value as `DUMP` gives it, for `RESTORE`: with the lowest version that has its type, so that most servers take it. */
export class DumpValue extends RdbVisitorBase {
  readonly out: OutputBuffer = new OutputBuffer();
  private readonly selection: KeySelection;
  private dialect: Dialect = 'redis';
  private typeCode = 0;
  private metadata: Uint8Array | null = null;
  private isTaken = false;

  constructor(selection: KeySelection) {
    super();
    this.selection = selection;
  }

  override header(header: RdbHeader): void {
    this.dialect = header.dialect;
  }

  override key(header: KeyHeader): Level {
    const { db } = header;
    const isWanted = this.selection.accept(header);
    header.db = db;
    if (!isWanted) return 'skip';
    const type = valueType(header.typeCode, this.dialect);
    if (type?.restorable !== true) {
      throw new CliError(EXIT.PARTIAL, `a value of type ${header.typeCode} has no payload of its own`, {
        hint: '--format resp writes the commands that rebuild it.',
      });
    }
    this.typeCode = header.typeCode;
    this.metadata = header.metadata;
    this.isTaken = false;
    return 'raw';
  }

  override rawTooLong(): never {
    throw new CliError(EXIT.PARTIAL, 'the value is too long for one payload', {
      hint: '--format resp writes it as commands.',
    });
  }

  override raw(bytes: Uint8Array, start: number, end: number): void {
    if (this.selection.hasSizeBounds && !this.selection.acceptSize(end - start)) return;
    this.isTaken = true;
    const { out, metadata } = this;
    if (metadata !== null) out.copy(metadata, 0, metadata.length);
    out.copy(Uint8Array.of(this.typeCode), 0, 1);
    out.copy(bytes, start, end);
    const version = Math.max(LOWEST_VERSION, valueType(this.typeCode, this.dialect)?.since ?? 0);
    out.reserve(DUMP_FOOTER_BYTES);
    out.pos = writeDumpFooter(out.bytes, out.pos, 0, version);
  }

  override keyEnd(): void {
    if (this.isTaken) this.out.commit();
  }
}
