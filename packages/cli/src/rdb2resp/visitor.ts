import { CommandEmitter, type EmitOptions } from '@rdbkit/commands';
import type { KeySelection, RdbHeader, RdbSummary } from '@rdbkit/rdb';
import type { RespBuffer } from '@rdbkit/resp';

/** Writes what is selected, and remembers what the file says of itself. */
export class SelectingEmitter extends CommandEmitter {
  rdbHeader: RdbHeader | null = null;
  summary: RdbSummary | null = null;
  /** The server that wrote the dump, as it calls itself. */
  writerName: string | null = null;
  /** Keys that were read completely. */
  keys = 0;
  private readonly selection: KeySelection;

  constructor(out: RespBuffer, options: EmitOptions, selection: KeySelection) {
    super(out, options);
    this.selection = selection;
  }

  override header(header: RdbHeader): void {
    this.rdbHeader = header;
    super.header(header);
  }

  override aux(name: Uint8Array, value: Uint8Array): void {
    const field = String.fromCharCode(...name.subarray(0, 32)).toLowerCase();
    const text = (): string => String.fromCharCode(...value.subarray(0, 32)).replace(/[^\x21-\x7e]/g, '.');
    if (field === 'redis-ver') this.writerName ??= text();
    if (field === 'valkey-ver') this.writerName = `valkey ${text()}`;
    if (field === 'df-ver') this.writerName = `dragonfly ${text()}`;
    // Cached scripts go with the function libraries.
    if (field === 'lua' && !this.selection.acceptsFunctions) return;
    super.aux(name, value);
  }

  override functionLibrary(code: Uint8Array): void {
    if (this.selection.acceptsFunctions) super.functionLibrary(code);
  }

  override functionPreGa(name: Uint8Array): void {
    if (this.selection.acceptsFunctions) super.functionPreGa(name);
  }

  override keyEnd(): void {
    this.keys++;
    super.keyEnd();
  }

  override end(summary: RdbSummary): void {
    this.summary = summary;
    super.end(summary);
  }
}
