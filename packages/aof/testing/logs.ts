/** Logs put together for tests, and what a reader says of them. */
import { Buffer } from 'node:buffer';
import { type KeyHeader, type Level, RdbVisitorBase } from '@rdbkit/rdb';
import type { AofCommand } from '../src/command.ts';
import type { AofDirectory, AofFile } from '../src/files.ts';
import type { AofOptions } from '../src/options.ts';
import { AofReader } from '../src/reader.ts';
import type { AofSegment } from '../src/segment.ts';
import {
  type AofAnnotation,
  type AofCut,
  type AofFileSummary,
  type AofStop,
  AofVisitorBase,
  type AofWarning,
} from '../src/visitor.ts';

/** Text with one character for each byte. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** A logged command. */
export function command(...args: readonly (string | Uint8Array)[]): string {
  const parts = args.map((arg) => Buffer.from(arg).toString('latin1'));
  return `*${parts.length}\r\n${parts.map((part) => `$${part.length}\r\n${part}\r\n`).join('')}`;
}

/** Writes down all calls. Pieces of long commands are joined, so that the way they were cut does not show. */
export class CallLog extends AofVisitorBase {
  readonly calls: string[] = [];
  /** What was logged, in order, annotations included. */
  readonly copied: Buffer[] = [];
  private long = '';

  override segment({ role, name }: AofSegment): void {
    this.calls.push(`segment ${role} ${name === null ? '-' : Buffer.from(name).toString()}`);
  }
  override rdbStart(): RdbVisitorBase {
    this.calls.push('rdb');
    return new KeyLog(this.calls);
  }
  override rdbEnd(summary: { readonly bytes: number }): void {
    this.calls.push(`rdb-end ${summary.bytes}`);
  }
  override command(found: AofCommand): void {
    const args = Array.from({ length: found.argc }, (_, i) => Buffer.from(found.arg(i)).toString('latin1'));
    const marks = `${found.inTransaction ? ' in-transaction' : ''}${found.repaired ? ' repaired' : ''}`;
    this.calls.push(
      `@${found.offset} ${found.kind} db${found.db} ts${found.timestamp}${marks} ${JSON.stringify(args)}`,
    );
    this.copy(found.bytes, found.start, found.end);
  }
  override longCommand(found: AofCommand): void {
    const args = Array.from({ length: found.present }, (_, i) => Buffer.from(found.arg(i)).toString('latin1'));
    this.long = `@${found.offset} long db${found.db} ${found.present}/${found.argc} ${JSON.stringify(args)}`;
    this.calls.push(this.long);
    this.copy(found.bytes, found.start, found.end);
  }
  override commandPiece(bytes: Uint8Array, start: number, end: number): void {
    this.copy(bytes, start, end);
  }
  override commandEnd(): void {
    this.calls.push('long-end');
  }
  override annotation({ offset, timestamp, bytes, start, end }: AofAnnotation): void {
    this.calls.push(`@${offset} annotation ${timestamp} ${Buffer.from(bytes.subarray(start, end)).toString('latin1')}`);
  }
  override warning({ code, offset }: AofWarning): void {
    this.calls.push(`@${offset} warning ${code}`);
  }
  override cut({ reason, goodBytes, droppedBytes, offset, openTransaction }: AofCut): void {
    const open = openTransaction ? ' open' : '';
    this.calls.push(`@${offset} cut ${reason} good ${goodBytes} dropped ${droppedBytes}${open}`);
  }
  override stop({ offset, timestamp, openTransaction }: AofStop): void {
    this.calls.push(`@${offset} stop ${timestamp}${openTransaction ? ' open' : ''}`);
  }
  override segmentEnd({ goodBytes, bytes }: AofFileSummary): void {
    this.calls.push(`end ${goodBytes}/${bytes}`);
  }

  private copy(bytes: Uint8Array, start: number, end: number): void {
    this.copied.push(Buffer.from(bytes.subarray(start, end)));
  }
}

class KeyLog extends RdbVisitorBase {
  private readonly calls: string[];

  constructor(calls: string[]) {
    super();
    this.calls = calls;
  }

  override key({ db, bytes, start, end }: KeyHeader): Level {
    this.calls.push(`key db${db} ${Buffer.from(bytes.subarray(start, end)).toString('latin1')}`);
    return 'raw';
  }
  override rawTooLong(): 'logical' {
    return 'logical';
  }
}

/** What reading a file came to. */
export interface Outcome {
  readonly calls: readonly string[];
  readonly copied: Buffer;
  readonly summary: AofFileSummary | null;
  readonly error: (Error & { code?: string; offset?: number }) | null;
}

/** Reads a file in chunks of `size` bytes, all in the same memory. */
export function read(bytes: Uint8Array, options: AofOptions = {}, size: number = bytes.length + 1): Outcome {
  return readPieces(
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size)),
    options,
  );
}

/** Reads a file in these pieces. What has been pushed is overwritten. */
export function readPieces(pieces: readonly Uint8Array[], options: AofOptions = {}): Outcome {
  const log = new CallLog();
  const reader = new AofReader(log, options);
  const outcome = (summary: AofFileSummary | null, error: Error | null): Outcome => ({
    calls: log.calls,
    copied: Buffer.concat(log.copied),
    summary,
    error,
  });
  try {
    for (const piece of pieces) {
      // A copy: slices of a Buffer are none.
      const chunk = new Uint8Array(piece);
      reader.push(chunk);
      chunk.fill(0xaa);
    }
    return outcome(reader.finish(), null);
  } catch (error) {
    return outcome(null, error as Error);
  }
}

/** A directory in memory. Names of files with `/` in them are in directories of it. */
export class MemoryDirectory implements AofDirectory {
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Files that were asked for. */
  readonly asked: string[] = [];
  private readonly chunkBytes: number;

  constructor(files: Readonly<Record<string, string | Uint8Array>>, chunkBytes = 7) {
    this.files = new Map(
      Object.entries(files).map(([name, content]) => [name, typeof content === 'string' ? bytesOf(content) : content]),
    );
    this.chunkBytes = chunkBytes;
  }

  list(): Uint8Array[] {
    return [...this.files.keys()].filter((name) => !name.includes('/')).map(bytesOf);
  }

  file(name: Uint8Array): AofFile | null {
    const text = Buffer.from(name).toString('latin1');
    this.asked.push(text);
    const bytes = this.files.get(text);
    return bytes === undefined ? null : memoryFile(bytes, this.chunkBytes);
  }

  directory(name: Uint8Array): MemoryDirectory | null {
    const prefix = `${Buffer.from(name).toString('latin1')}/`;
    const below = [...this.files].filter(([path]) => path.startsWith(prefix));
    if (below.length === 0) return null;
    const files = Object.fromEntries(below.map(([path, bytes]) => [path.slice(prefix.length), bytes]));
    return new MemoryDirectory(files, this.chunkBytes);
  }
}

/** A file in memory, read in chunks. */
export function memoryFile(bytes: Uint8Array, chunkBytes = 7): AofFile {
  return {
    size: bytes.length,
    async *read(start: number = 0, end: number = bytes.length): AsyncGenerator<Uint8Array> {
      const last = Math.min(end, bytes.length);
      for (let at = start; at < last; at += chunkBytes) yield bytes.subarray(at, Math.min(at + chunkBytes, last));
    },
  };
}
