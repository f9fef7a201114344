/**
 * The journal of a restore: a file that only grows, a line for each batch before it is sent and one when all of it is safe. Whatever
 * happens to the process in between, the file tells which keys are restored, which may be, and which of these existed before.
 */
import { Buffer } from 'node:buffer';
import { closeSync, fdatasync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { RestoreError } from '../../restore-error.ts';
import type { Batch } from './batch.ts';
import { Tally } from './tally.ts';

const FORMAT = 'rdbkit restore journal';
const VERSION = 1;
const SYNC_EVERY_MS = 1000;

/** What a journal must agree with to be gone on from. */
export interface JournalIdentity {
  /** Of the source: size and digests. */
  readonly source: string;
  readonly target: string;
  /** Everything chosen that decides what is written. */
  readonly options: string;
}

/** What stays the same over all runs. */
export interface JournalFacts {
  /** Databases of the target that had keys at the beginning; `null`: not known, any may have. */
  readonly occupied: readonly number[] | null;
  /** Ends the temporary names. */
  readonly suffix: string;
}

interface Header extends JournalIdentity, JournalFacts {
  readonly format: string;
  readonly version: number;
}

type SentLine = readonly ['sent', id: number, from: number, to: number, existing: readonly number[]];
type SafeLine = readonly [
  'safe',
  id: number,
  tally: readonly number[],
  reasons: Readonly<Record<string, number>>,
  report: number,
];
type Line =
  | Header
  | SentLine
  | SafeLine
  | readonly ['run']
  | readonly ['logging']
  | readonly ['logged']
  | readonly ['end'];

/** A stretch of the source, both ends included. */
interface Stretch {
  from: number;
  to: number;
}

/** What an earlier run has left. */
export class Past {
  facts!: JournalFacts;
  /** Runs so far. */
  runs = 1;
  isEnded = false;
  /** The commands of a log have been begun with, their base is safe. */
  isLogging = false;
  /** All commands of a log are safe. */
  isLogged = false;
  lastId = 0;
  readonly tally: Tally = new Tally();
  readonly reasons: Map<string, number> = new Map();
  /** Bytes of the report that belong to safe batches. */
  reportBytes = 0;
  /** Stretches that are safe, and those that may have been sent; ascending, apart from each other. */
  private safe: Stretch[] = [];
  private sent: Stretch[] = [];
  private readonly existing = new Set<number>();

  /** Whether the record at an offset is restored. */
  isSafe(offset: number): boolean {
    return contains(this.safe, offset);
  }

  /** Whether the record at an offset may have been sent. */
  maySent(offset: number): boolean {
    return contains(this.sent, offset);
  }

  /** Whether the key of a record that may have been sent existed before. */
  existed(offset: number): boolean {
    return this.existing.has(offset);
  }

  /** Takes the lines of a journal in. */
  read(lines: readonly Line[]): void {
    const open = new Map<number, Stretch>();
    for (const line of lines) {
      if (!Array.isArray(line)) continue;
      switch (line[0] as string) {
        case 'sent':
          this.takeSent(line as unknown as SentLine, open);
          break;
        case 'safe':
          this.takeSafe(line as unknown as SafeLine, open);
          break;
        case 'run':
          this.runs++;
          break;
        case 'logging':
          this.isLogging = true;
          break;
        case 'logged':
          this.isLogged = true;
          break;
        case 'end':
          this.isEnded = true;
          break;
      }
    }
    this.safe = merged(this.safe);
    this.sent = merged([...open.values()]);
  }

  private takeSent([, id, from, to, existing]: SentLine, open: Map<number, Stretch>): void {
    this.lastId = Math.max(this.lastId, id);
    const stretch = open.get(id);
    if (stretch === undefined) open.set(id, { from, to });
    else stretch.to = Math.max(stretch.to, to);
    for (const offset of existing) this.existing.add(offset);
  }

  private takeSafe([, id, tally, reasons, report]: SafeLine, open: Map<number, Stretch>): void {
    const stretch = open.get(id);
    if (stretch === undefined) return;
    open.delete(id);
    this.safe.push(stretch);
    this.tally.add(Tally.parse(tally));
    this.reportBytes = Math.max(this.reportBytes, report);
    for (const [reason, count] of Object.entries(reasons))
      this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + count);
  }
}

/** Stretches in order, those that touch or overlap as one. Batches follow each other: nothing of the source is between two ids. */
function merged(stretches: readonly Stretch[]): Stretch[] {
  const result: Stretch[] = [];
  for (const stretch of stretches.toSorted((a, b) => a.from - b.from)) {
    const last = result.at(-1);
    if (last !== undefined && stretch.from <= last.to) last.to = Math.max(last.to, stretch.to);
    else result.push({ ...stretch });
  }
  return result;
}

function contains(stretches: readonly Stretch[], offset: number): boolean {
  let low = 0;
  let high = stretches.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((stretches[middle] as Stretch).to < offset) low = middle + 1;
    else high = middle;
  }
  const stretch = stretches[low];
  return stretch !== undefined && stretch.from <= offset;
}

export class Journal {
  private readonly path: string;
  private readonly fd: number;
  private isDirty = false;
  private isSyncing = false;
  private syncedAt = 0;

  private constructor(path: string, fd: number) {
    this.path = path;
    this.fd = fd;
  }

  /**
   * Begins a journal; the file must not exist, unless it is empty.
   *
   * @throws {RestoreError} the file exists or cannot be written.
   */
  static begin(path: string, identity: JournalIdentity, facts: JournalFacts): Journal {
    if (readExisting(path).length > 0) {
      throw new RestoreError(
        'RESTORE_JOURNAL_MISMATCH',
        `there is a journal ${path} already`,
        'go on from it with --resume, or remove it to begin anew.',
      );
    }
    const journal = new Journal(
      path,
      guard(path, () => openSync(path, 'w', 0o600)),
    );
    journal.append({ format: FORMAT, version: VERSION, ...identity, ...facts });
    journal.close(false);
    return new Journal(
      path,
      guard(path, () => openSync(path, 'a')),
    );
  }

  /**
   * Goes on with a journal.
   *
   * @throws {RestoreError} there is none, it is damaged, or it belongs to another restore.
   */
  static resume(path: string, identity: JournalIdentity): { journal: Journal; past: Past } {
    const text = readExisting(path);
    const { lines, goodBytes } = parseLines(path, text);
    const [header] = lines;
    if (header === undefined || Array.isArray(header) || (header as Header).format !== FORMAT) {
      throw new RestoreError(
        'RESTORE_JOURNAL_MISMATCH',
        `there is no journal in ${path} to go on from`,
        'run it without --resume.',
      );
    }
    const found = header as Header;
    if (found.version !== VERSION)
      throw new RestoreError(
        'RESTORE_JOURNAL_MISMATCH',
        `the journal ${path} has version ${found.version}, expected ${VERSION}`,
      );
    for (const name of ['source', 'target', 'options'] as const) {
      if (found[name] === identity[name]) continue;
      throw new RestoreError(
        'RESTORE_JOURNAL_MISMATCH',
        `the journal ${path} is of another ${name}: it says ${found[name]}, this is ${identity[name]}`,
        'use the same source, target and flags, or begin anew with another journal.',
      );
    }
    const past = new Past();
    past.facts = { occupied: found.occupied, suffix: found.suffix };
    past.read(lines);
    const fd = guard(path, () => openSync(path, 'r+'));
    guard(path, () => ftruncateSync(fd, goodBytes));
    closeSync(fd);
    const journal = new Journal(
      path,
      guard(path, () => openSync(path, 'a')),
    );
    journal.append(['run']);
    return { journal, past };
  }

  /** A batch is about to be sent; again with a larger `to` when it has grown. */
  sent({ id, from, to }: Batch, existing: readonly number[]): void {
    this.append(['sent', id, from, to, existing]);
  }

  /** All of a batch is safe. */
  safe(id: number, tally: Tally, reasons: ReadonlyMap<string, number>, reportBytes: number): void {
    this.append(['safe', id, tally.format(), Object.fromEntries(reasons), reportBytes]);
  }

  /** The base of a log is safe, its commands follow. */
  logging(): void {
    this.append(['logging']);
  }

  /** All commands of a log are safe. */
  logged(): void {
    this.append(['logged']);
  }

  private append(line: Line): void {
    guard(this.path, () => writeSync(this.fd, `${JSON.stringify(line)}\n`));
    this.isDirty = true;
    const now = performance.now();
    if (this.isSyncing || now - this.syncedAt < SYNC_EVERY_MS) return;
    this.isSyncing = true;
    this.syncedAt = now;
    // In the background: against a crash of the machine, of which at most the last second is lost.
    fdatasync(this.fd, () => {
      this.isSyncing = false;
    });
  }

  /** Closes the file; `isEnded`: there is nothing to go on with. */
  close(isEnded: boolean): void {
    if (isEnded) this.append(['end']);
    if (this.isDirty) guard(this.path, () => fsyncSync(this.fd));
    closeSync(this.fd);
  }
}

function readExisting(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw failed(path, error);
  }
}

/** The lines of a journal. The last one may be torn, no other. */
function parseLines(path: string, text: string): { lines: Line[]; goodBytes: number } {
  const lines: Line[] = [];
  let goodBytes = 0;
  while (goodBytes < text.length) {
    const end = text.indexOf('\n', goodBytes);
    if (end < 0) break;
    try {
      lines.push(JSON.parse(Buffer.from(text.slice(goodBytes, end), 'latin1').toString()) as Line);
    } catch {
      if (end + 1 === text.length) break;
      throw new RestoreError(
        'RESTORE_JOURNAL_DAMAGED',
        `the journal ${path} is damaged in line ${lines.length + 1}, at byte ${goodBytes}`,
        'begin anew: --existing replace writes every key again, --existing skip those that are missing.',
      );
    }
    goodBytes = end + 1;
  }
  return { lines, goodBytes };
}

function guard<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw failed(path, error);
  }
}

function failed(path: string, error: unknown): RestoreError {
  const text = error instanceof Error ? error.message : String(error);
  return new RestoreError('RESTORE_JOURNAL_FAILED', `cannot use the journal ${path}: ${text}`, null, error);
}
