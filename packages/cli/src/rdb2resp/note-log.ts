/**
 * Collects what does not arrive as it was: grouped, with some keys of each group by name, and all of them in a file
 * when one is wanted.
 *
 * @module
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { Note, NoteCode, NoteLevel } from '@rdbkit/commands';
import { CliError, systemMessage } from '../app/cli-error.ts';
import { EXIT } from '../app/exit-code.ts';
import { jsonBytes } from '../lang/json-bytes.ts';
import { printableText } from '../lang/printable.ts';

/** Keys that are named; the others are counted. */
const SAMPLES = 20;
/** Messages that are kept apart; what comes later is counted with the first of its code. */
const MOST_GROUPS = 100;
const REPORT_BUFFER = 64 * 1024;

/** The codes that mean: something whole of the dump is not written. */
const NOT_WRITTEN: ReadonlySet<NoteCode> = new Set<NoteCode>([
  'TYPE_NOT_SUPPORTED',
  'MODULE_NOT_SUPPORTED',
  'BITMAP_TOO_LONG',
  'FUNCTION_LOST',
  'FUNCTION_PRE_GA',
  'LOG_NEEDS_OTHER_KEYS',
  'LOG_NEEDS_OTHER_DB',
]);

/** A key that a note is about. */
interface NotedKey {
  readonly db: number;
  readonly key: Uint8Array;
}

/** What became of the things a group of notes is about. */
export type Outcome = 'not written' | 'changed' | 'note';

/** Notes that say the same. */
export interface NoteGroup {
  readonly code: NoteCode;
  readonly level: NoteLevel;
  readonly outcome: Outcome;
  /** Numbers that differ are written as N. */
  message: string;
  count: number;
  /** The first of the keys. */
  readonly samples: NotedKey[];
}

/** Collects notes. */
export class NoteLog {
  private readonly groups = new Map<string, NoteGroup>();
  private readonly report: ReportFile | null;

  /** @param reportPath - A file that gets one JSON line for each note. */
  constructor(reportPath?: string) {
    this.report = reportPath === undefined ? null : new ReportFile(reportPath);
  }

  add(note: Note): void {
    const { code, level, db, key, message } = note;
    const outcome = outcomeOf(note);
    this.report?.write(
      `${JSON.stringify({ db, ...(key === null ? {} : { key: jsonBytes(key) }), outcome, code, message })}\n`,
    );
    const group = this.groupOf(code, level, outcome, message);
    if (group.message !== message) group.message = withoutNumbers(message);
    group.count++;
    if (key !== null && group.samples.length < SAMPLES) group.samples.push({ db, key });
  }

  /** The groups of an outcome, the largest first. */
  list(outcome: Outcome): NoteGroup[] {
    return [...this.groups.values()].filter((group) => group.outcome === outcome).sort((a, b) => b.count - a.count);
  }

  /** Whether anything whole was not written. */
  get hasUnwritten(): boolean {
    return this.list('not written').length > 0;
  }

  close(): void {
    this.report?.close();
  }

  private groupOf(code: NoteCode, level: NoteLevel, outcome: Outcome, message: string): NoteGroup {
    const own = `${code} ${withoutNumbers(message)}`;
    const id = this.groups.size < MOST_GROUPS || this.groups.has(own) ? own : code;
    let group = this.groups.get(id);
    if (group === undefined) {
      group = { code, level, outcome, message, count: 0, samples: [] };
      this.groups.set(id, group);
    }
    return group;
  }
}

/** `3 fields of test2` becomes `N fields of test2`. */
function withoutNumbers(message: string): string {
  return message.replace(/(?<![\w-])\d+(?![\w-])/g, 'N');
}

function outcomeOf({ code, level }: Note): Outcome {
  if (NOT_WRITTEN.has(code)) return 'not written';
  return level === 'loss' ? 'changed' : 'note';
}

class ReportFile {
  private readonly fd: number;
  private readonly name: string;
  private waiting = '';

  constructor(path: string) {
    this.name = printableText(path, 80);
    this.fd = this.guard(() => openSync(path, 'w'));
  }

  write(line: string): void {
    this.waiting += line;
    if (this.waiting.length > REPORT_BUFFER) this.flush();
  }

  close(): void {
    this.flush();
    closeSync(this.fd);
  }

  private flush(): void {
    const text = this.waiting;
    this.waiting = '';
    this.guard(() => writeSync(this.fd, text));
  }

  private guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw new CliError(EXIT.FAILED, `cannot write ${this.name}: ${systemMessage(error)}`, { cause: error });
    }
  }
}
