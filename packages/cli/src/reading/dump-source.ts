/**
 * The dump in a source: all of it, or what an append-only log begins with.
 *
 * @module
 */
import type { AofFile, AofSegment } from '@rdbkit/aof';
import type { Dialect, RdbSummary } from '@rdbkit/rdb';
import { CliError, usageError } from '../app/cli-error.ts';
import { EXIT } from '../app/exit-code.ts';
import type { Host } from '../app/host.ts';
import { printable } from '../lang/printable.ts';
import { countOf, humanSize } from '../lang/units.ts';
import type { ByteInput } from '../source/byte-input.ts';
import type { SourcePart } from '../source/dragonfly-set.ts';
import type { FileChecksum } from '../source/file-checksum.ts';
import { closeSource, type LogSource, openSource, type RdbSource } from '../source/open-source.ts';
import { beginsLog } from '../source/rdb-then-log.ts';

const NAME_WIDTH = 60;

/** A dump, ready to be read. */
export interface DumpSource {
  /** Of the source, for messages. */
  readonly name: string;
  readonly input: ByteInput;
  readonly compressed: boolean;
  /** As in {@link RdbSource}. */
  readonly dialect: Dialect | null;
  readonly parts: readonly SourcePart[] | null;
  readonly startChecksum: () => FileChecksum | null;
  /** The file with the dump, when it is one of a log's; its name may be unknown. */
  readonly base: AofSegment | null;
  /** The other files of the log. */
  readonly later: readonly AofSegment[];
  close(): Promise<void>;
}

/**
 * Opens a source that has a dump in it.
 *
 * @param path - `-` or `undefined` for standard input.
 * @throws CliError when it has none.
 */
export async function openDump(path: string | undefined, host: Host): Promise<DumpSource> {
  const source = await openSource(path, host);
  if (source.kind === 'rdb') return dumpOf(source);
  try {
    return baseOf(source);
  } catch (error) {
    await closeSource(source);
    throw error;
  }
}

function dumpOf(source: RdbSource): DumpSource {
  const { name, input, compressed, dialect, parts, startChecksum } = source;
  const close = (): Promise<void> => closeSource(source);
  return { name, input, compressed, dialect, parts, startChecksum, base: null, later: [], close };
}

function baseOf(source: LogSource): DumpSource {
  const { name, set, compressed } = source;
  const [base, ...later] = set.parts;
  if (base === undefined) throw usageError(`${name} lists no files: there is nothing in the log`);
  const { format } = base.segment;
  if (format !== 'rdb' && format !== 'rdb+resp') {
    const file = base.segment.name === null ? '' : `, ${printable(base.segment.name, NAME_WIDTH)},`;
    const hint =
      'rdb2resp reads it as it is. A server that has loaded it makes a dump of it with SAVE, or a log that begins with one with BGREWRITEAOF (aof-use-rdb-preamble yes).';
    throw new CliError(
      EXIT.USAGE,
      `${name} has commands only: its first file${file} is no RDB that could be looked at`,
      {
        hint,
      },
    );
  }
  const input = new PartInput(base.file, source.input);
  return {
    name,
    input,
    compressed,
    dialect: null,
    parts: null,
    startChecksum: () => null,
    base: base.segment,
    later: later.map(({ segment }) => segment),
    close: async () => {
      await input.end();
      await closeSource(source);
    },
  };
}

/** A file of a log as an input. */
class PartInput implements ByteInput {
  private readonly file: AofFile;
  /** What the file comes from, when it is a stream. */
  private readonly stream: ByteInput | null;
  private readonly chunks: AsyncIterator<Uint8Array>;
  private read_ = 0;
  private isClosed = false;

  constructor(file: AofFile, stream: ByteInput | null) {
    this.file = file;
    this.stream = stream;
    this.chunks = file.read()[Symbol.asyncIterator]();
  }

  get position(): number {
    return this.stream?.position ?? this.read_;
  }

  get total(): number | null {
    return this.stream === null ? this.file.size : this.stream.total;
  }

  async read(): Promise<Uint8Array | null> {
    if (this.isClosed) return null;
    const next = await this.chunks.next();
    if (next.done === true) return null;
    this.read_ += next.value.length;
    return next.value;
  }

  close(): void {
    this.isClosed = true;
    this.stream?.close();
  }

  /** Closes it, and the file that it is read from even if that was not read to its end. */
  async end(): Promise<void> {
    this.close();
    await this.chunks.return?.();
  }
}

/** What a log has behind its dump. */
export interface UnreadLog {
  /** Bytes behind the dump in its own file and in all later ones; `null` when that is unknown. */
  readonly bytes: number | null;
  /** Later files. */
  readonly files: number;
}

/** Finds out where the dump ends, and whether it is commands that follow. */
export class CommandsBehind {
  private readonly source: DumpSource;
  private fed = 0;
  private isEndKnown = false;
  private inFile = false;

  constructor(source: DumpSource) {
    this.source = source;
  }

  /** Commands follow the dump in its own file. */
  get follow(): boolean {
    return this.inFile;
  }

  /** Whether there is nothing more to be learnt from reading on. */
  get isMeasured(): boolean {
    return this.inFile && !this.source.compressed && this.source.input.total !== null;
  }

  /**
   * Takes note of a chunk that has been decoded.
   *
   * @param end - Where the dump ends, once that is known.
   */
  passed(chunk: Uint8Array, end: number | null): void {
    const at = end === null ? chunk.length : end - this.fed;
    this.fed += chunk.length;
    if (this.isEndKnown || at >= chunk.length) return;
    this.isEndKnown = true;
    // A dump that nobody calls a log may end with the marks of a replication stream, or in garbage.
    this.inFile = this.source.base !== null || beginsLog(chunk[at]);
  }

  /**
   * What was not read; `null` when there is nothing.
   *
   * @param dump - `null` when its end was not reached.
   */
  unread(dump: RdbSummary | null): UnreadLog | null {
    const { base, later, input } = this.source;
    const files = later.length;
    if (dump === null) return base === null ? null : { bytes: null, files };
    if (!this.inFile && files === 0) return null;
    const whole = this.isMeasured ? input.total : this.fed;
    let bytes: number | null = this.inFile && whole !== null ? whole - dump.bytes : 0;
    for (const { size } of later) bytes = size === null || bytes === null ? null : bytes + size;
    return { bytes, files };
  }
}

/** What was not read, in words. */
export function unreadWords({ bytes, files }: UnreadLog): string {
  const what = bytes === null ? 'any commands' : `${humanSize(bytes)} of commands`;
  return `${what} after the dump${files > 0 ? ` (in ${countOf(files, 'more file')})` : ''} were not looked at`;
}
