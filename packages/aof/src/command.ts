/** A logged command, as the reader hands it over. */

/** What a command does to the reader's state; `other` for all that do nothing to it. */
export type AofCommandKind = 'other' | 'select' | 'multi' | 'exec';

/**
 * A command in the reader's buffer. One object is used for all commands of a reader: it and its bytes are **borrowed**, valid
 * until the call returns.
 *
 * `bytes[start, end)` is the command as it was logged, from `*` to the last CRLF, so that it can be copied as it is.
 * Argument 0 is the command's name.
 */
export class AofCommand {
  bytes: Uint8Array = EMPTY;
  start = 0;
  end = 0;
  /** Absolute offset of the command in its file, in bytes. */
  offset = 0;
  /** Number of arguments, the name included. */
  argc = 0;
  /** How many arguments are there: `argc`, unless the command is delivered in pieces. */
  present = 0;
  kind: AofCommandKind = 'other';
  /** Number of the database in which it runs. For `SELECT`, the one it leaves. */
  db = 0;
  /** Whether it stands between `MULTI` and `EXEC`; true for these two as well. */
  inTransaction = false;
  /** Time of the last annotation before it, in Unix seconds; `null` when there was none. */
  timestamp: number | null = null;
  /** The log's bytes were broken by the server that wrote them, and are put right here; see the warning `AOF_REPAIRED_MEMBER`. */
  repaired = false;
  /** Start and end of each argument, relative to `start`. @internal */
  spans: Int32Array = new Int32Array(2 * 64);

  /** Where argument `i` begins in `bytes`. */
  argStart(i: number): number {
    return this.start + this.spans[2 * i];
  }

  /** Where argument `i` ends in `bytes`. */
  argEnd(i: number): number {
    return this.start + this.spans[2 * i + 1];
  }

  /** A view of argument `i`: borrowed like the command. */
  arg(i: number): Uint8Array {
    return this.bytes.subarray(this.argStart(i), this.argEnd(i));
  }

  /** Whether argument `i` is this word, in any case. @param upperCase - ASCII, in upper case. */
  argIs(i: number, upperCase: string): boolean {
    const start = this.argStart(i);
    if (this.argEnd(i) - start !== upperCase.length) return false;
    for (let at = 0; at < upperCase.length; at++) {
      const byte = this.bytes[start + at];
      const upper = byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte;
      if (upper !== upperCase.charCodeAt(at)) return false;
    }
    return true;
  }
}

const EMPTY = new Uint8Array(0);
