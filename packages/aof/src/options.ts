/** Options of the AOF reader. All limits are in bytes. */
import type { RdbOptions } from '@rdbkit/rdb';

/** Options of a reader of one file; see also {@link AofReadOptions} for a set of files. */
export interface AofOptions {
  /**
   * Read as laxly as a server's loader does: any two bytes after an argument, lines that end in LF only, numbers followed by
   * other text, nested `MULTI`, `EXEC` without `MULTI`, `SELECT` of something that is no number. By default these are errors, as for
   * `redis-check-aof`.
   * @default false
   */
  readonly lenient?: boolean;
  /**
   * A command longer than this is not gathered: the visitor gets it in pieces (`longCommand`).
   * @default 67108864 (64 MiB)
   */
  readonly commandBytes?: number;
  /**
   * Longest argument that is accepted. The servers' own limit is 512 MiB unless configured.
   * @default 536870912 (512 MiB)
   */
  readonly maxStringBytes?: number;
  /**
   * Stop before the first `#TS:` annotation that is later than this, in Unix seconds.
   * @default null (read everything)
   */
  readonly until?: number | null;
  /**
   * What becomes of a log that ends in the middle of a command or a transaction. `cut`: what is incomplete is left out and
   * reported, as servers do with the last file (`aof-load-truncated yes`). `error`: it is an {@link AofTruncatedError}.
   * @default 'cut'
   */
  readonly tail?: 'cut' | 'error';
  /**
   * A format error is treated like an end of file when less than this many bytes, counted from the end of the last good
   * command, would be lost (`aof-load-corrupt-tail-max-size` of Redis 8.4). Only with `tail: 'cut'`.
   * @default 0 (never)
   */
  readonly corruptTailBytes?: number;
  /**
   * Length of the file, when it is known: a long command that cannot be complete is then not begun.
   * @default null (unknown)
   */
  readonly size?: number | null;
  /** Name of the file, for errors and warnings. */
  readonly file?: Uint8Array | null;
  /**
   * Read only the RDB part, and not the commands behind it.
   * @default false
   */
  readonly rdbOnly?: boolean;
  /** Options for an RDB part. */
  readonly rdb?: RdbOptions;
}

/** The options with every default filled in. */
export type ResolvedAofOptions = Required<AofOptions>;

const MIB = 1024 * 1024;

/** Fills in the defaults; throws `RangeError` for a value that makes no sense. */
export function resolveOptions(options: AofOptions): ResolvedAofOptions {
  const resolved: ResolvedAofOptions = {
    lenient: options.lenient ?? false,
    commandBytes: options.commandBytes ?? 64 * MIB,
    maxStringBytes: options.maxStringBytes ?? 512 * MIB,
    until: options.until ?? null,
    tail: options.tail ?? 'cut',
    corruptTailBytes: options.corruptTailBytes ?? 0,
    size: options.size ?? null,
    file: options.file ?? null,
    rdbOnly: options.rdbOnly ?? false,
    rdb: options.rdb ?? {},
  };
  // Lengths within a command are kept in 32 bits.
  inRange('commandBytes', resolved.commandBytes, 1, 1024 * MIB);
  inRange('maxStringBytes', resolved.maxStringBytes, 1, Number.MAX_SAFE_INTEGER);
  inRange('corruptTailBytes', resolved.corruptTailBytes, 0, Number.MAX_SAFE_INTEGER);
  if (resolved.size !== null) inRange('size', resolved.size, 0, Number.MAX_SAFE_INTEGER);
  if (resolved.until !== null && Number.isNaN(resolved.until)) throw new RangeError('until must be a time, got NaN');
  return resolved;
}

function inRange(name: string, value: number, least: number, most: number): void {
  if (!Number.isSafeInteger(value) || value < least || value > most)
    throw new RangeError(`${name} must be an integer from ${least} to ${most}, got ${value}`);
}

/** How to find the log in a directory. */
export interface AofOpenOptions {
  /**
   * Name of the manifest in the directory.
   * @default `appendFileName` with `.manifest` behind it, else the only file whose name ends so
   */
  readonly manifest?: string | Uint8Array;
  /**
   * The server's `appendfilename`: the name of a log before 7.0, and what the names of all later files begin with.
   * @default 'appendonly.aof' for a log before 7.0, whatever is there for later ones
   */
  readonly appendFileName?: string | Uint8Array;
  /**
   * The server's `appenddirname`: the directory to look for in a data directory.
   * @default 'appendonlydir'
   */
  readonly appendDirName?: string | Uint8Array;
}

/** Options for reading a set of files. Those about the end of the log hold for its last file. */
export interface AofReadOptions extends Omit<AofOptions, 'size' | 'file' | 'rdbOnly'> {
  /**
   * Read only the base: the state at the last rewrite.
   * @default false
   */
  readonly baseOnly?: boolean;
  /**
   * Called after each step of at most 64 KiB of input, with the number of bytes read so far. The next step waits for what it
   * returns: the place to pass on what has come out, to show progress, or to stop by throwing.
   */
  readonly between?: (bytesRead: number) => void | Promise<void>;
}
