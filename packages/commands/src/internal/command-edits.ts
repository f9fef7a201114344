/** Changes to the arguments of a logged command, and the command written with them. */
import type { PrefixRename } from '@rdbkit/rdb';
import type { RespBuffer } from '@rdbkit/resp';
import type { CommandArguments } from './key-rule.ts';

const KEEP = 0;
const DROP = 1;
const RENAME = 2;
const NUMBER = 3;

/** One object, filled again and again. */
export class CommandEdits {
  /** Whether anything is changed. */
  isEmpty = true;
  private ops = new Uint8Array(64);
  private readonly renames = new Map<number, PrefixRename>();
  private readonly numbers = new Map<number, number>();
  private dropped = 0;

  /** Forgets all. */
  clear(): void {
    if (this.isEmpty) return;
    this.isEmpty = true;
    this.dropped = 0;
    this.renames.clear();
    this.numbers.clear();
    this.ops.fill(KEEP);
  }

  /** Leaves an argument out. */
  drop(at: number): void {
    if (this.ops[at] !== DROP) this.dropped++;
    this.set(at, DROP);
  }

  /** Gives an argument another beginning, unless it is left out. */
  rename(at: number, rename: PrefixRename): void {
    if (this.ops[at] === DROP) return;
    this.set(at, RENAME);
    this.renames.set(at, rename);
  }

  /** Puts a number in the place of an argument. */
  number(at: number, value: number): void {
    this.set(at, NUMBER);
    this.numbers.set(at, value);
  }

  private set(at: number, op: number): void {
    this.isEmpty = false;
    if (at >= this.ops.length) {
      const more = new Uint8Array(Math.max(at + 1, this.ops.length * 2));
      more.set(this.ops);
      this.ops = more;
    }
    this.ops[at] = op;
  }

  /** Appends the command as it is then, up to the argument before `end`. */
  write(args: CommandArguments, end: number, out: RespBuffer): void {
    out.begin(args.argc - this.dropped);
    for (let i = 0; i < end; i++) {
      const op = i < this.ops.length ? this.ops[i] : KEEP;
      const rename = op === RENAME ? this.renames.get(i) : undefined;
      if (op === DROP) continue;
      if (op === NUMBER) {
        out.bulkInteger(this.numbers.get(i) ?? 0);
      } else if (rename === undefined) {
        out.bulk(args.bytes, args.argStart(i), args.argEnd(i));
      } else {
        writeRenamed(args.bytes, args.argStart(i), args.argEnd(i), rename, out);
      }
    }
  }
}

/** Appends a name with another beginning. */
export function writeRenamed(
  bytes: Uint8Array,
  start: number,
  end: number,
  { from, to }: PrefixRename,
  out: RespBuffer,
): void {
  const rest = start + from.length;
  out.bulkStart(to.length + end - rest);
  out.raw(to);
  out.copy(bytes, rest, end);
  out.bulkEnd();
}
