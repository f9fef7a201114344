/**
 * A file with a line of JSON for each thing that is told about a key.
 *
 * @module
 */
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { CliError, systemMessage } from '../app/cli-error.ts';
import { EXIT } from '../app/exit-code.ts';
import { printableText } from '../lang/printable.ts';

const BUFFER = 64 * 1024;

/** The file; what was there before is gone, unless it is opened to go on. */
export class ReportFile {
  private readonly fd: number;
  private readonly name: string;
  private waiting = '';
  private written = 0;

  /** @param goesOn - Keep what is there; {@link ReportFile.goBack} says how much of it. */
  constructor(path: string, goesOn = false) {
    this.name = printableText(path, 80);
    this.fd = this.guard(() => openSync(path, goesOn ? 'a' : 'w'));
  }

  write(line: string): void {
    this.waiting += line;
    if (this.waiting.length > BUFFER) this.flush();
  }

  /** Bytes in the file, everything included. */
  position(): number {
    this.flush();
    return this.written;
  }

  /** Drops what lies behind a position. */
  goBack(position: number): void {
    this.guard(() => ftruncateSync(this.fd, position));
    this.written = position;
  }

  close(): void {
    this.flush();
    closeSync(this.fd);
  }

  private flush(): void {
    if (this.waiting === '') return;
    const bytes = new TextEncoder().encode(this.waiting);
    this.waiting = '';
    this.guard(() => writeSync(this.fd, bytes));
    this.written += bytes.length;
  }

  private guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw new CliError(EXIT.FAILED, `cannot write ${this.name}: ${systemMessage(error)}`, { cause: error });
    }
  }
}
