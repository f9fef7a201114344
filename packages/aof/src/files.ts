/**
 * Where bytes come from, as the reader sees it: files by name in a directory, whatever that is (a folder, an archive,
 * a map in memory). Names are bytes, because file names are.
 *
 * @module
 */

type MaybePromise<T> = T | Promise<T>;

/** A file, or a pipe that is read once. */
export interface AofFile {
  /** Length in bytes; `null` when it is unknown, as for a pipe. */
  readonly size: number | null;
  /**
   * The bytes `[start, end)` in chunks of any size, each valid until the next is asked for. A pipe can only be read once,
   * and from 0.
   *
   * @param end - defaults to the end of the file.
   */
  read(start?: number, end?: number): AsyncIterable<Uint8Array>;
  /** Gives back what was taken to read it, such as a temporary file. */
  close?(): MaybePromise<void>;
}

/** Files by name. */
export interface AofDirectory {
  /** Names of the files in it, without those of directories. */
  list(): MaybePromise<readonly Uint8Array[]>;
  /** The file of that name, which has no separator in it; `null` when there is none, or it is no ordinary file. */
  file(name: Uint8Array): MaybePromise<AofFile | null>;
  /** The directory of that name in this one; `null` when there is none. */
  directory(name: Uint8Array): MaybePromise<AofDirectory | null>;
}

/** What a single file may come from: bytes in memory, or chunks of any size, each valid until the next is asked for. */
export type AofSource = Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>;
