/** Telling a sound log from one that a crash has cut off and from a damaged one. */
import { DataError } from '@rdbkit/bytes';
import { type KeyHeader, type Level, type RdbVisitor, RdbVisitorBase } from '@rdbkit/rdb';
import type { AofCommand } from './command.ts';
import type { AofReadOptions } from './options.ts';
import { type AofPosition, pushAll, readerOf, summarize } from './read.ts';
import type { AofSegment } from './segment.ts';
import type { AofSet } from './set.ts';
import { type AofCut, type AofFileSummary, AofVisitorBase, type AofWarning } from './visitor.ts';

/** What was found out about a file. */
export interface AofSegmentReport {
  readonly segment: AofSegment;
  /** Of the part before the damage, if there is any. */
  readonly summary: AofFileSummary;
  /** The damage: an `AofError` or an `RdbError`. */
  readonly error: DataError | null;
}

/** What was found out about a log. */
export interface AofReport {
  /**
   * - `sound`: all of it can be loaded.
   * - `cut`: the last file ends in the middle of something; a server cuts that off and starts.
   * - `damaged`: a server refuses to start.
   */
  readonly verdict: 'sound' | 'cut' | 'damaged';
  /** All files, those behind a damaged one too. */
  readonly segments: readonly AofSegmentReport[];
  /** The first damage. */
  readonly error: DataError | null;
  readonly cut: AofCut | null;
  /** Where the good part ends; `null` when there are no files. */
  readonly goodUpTo: AofPosition | null;
  /** The first of them; see `warningCount`. */
  readonly warnings: readonly AofWarning[];
  readonly warningCount: number;
}

/** Options of {@link checkAof}. */
export interface AofCheckOptions extends AofReadOptions {
  /** Called with each command, which is borrowed: for checks of one's own. Not for commands that come in pieces. */
  readonly command?: (command: AofCommand) => void;
}

/** Warnings that are kept. */
const MAX_WARNINGS = 100;

/** Has every value decoded. */
class DecodeAll extends RdbVisitorBase {
  private readonly found: Findings;

  constructor(found: Findings) {
    super();
    this.found = found;
  }

  override key(_header: KeyHeader): Level {
    return 'logical';
  }
  override warning({ code, message, offset }: AofWarning | Parameters<RdbVisitor['warning']>[0]): void {
    this.found.warning({ code, message, offset, file: this.found.file });
  }
}

class Findings extends AofVisitorBase {
  readonly warnings: AofWarning[] = [];
  warningCount = 0;
  file: Uint8Array | null = null;
  private readonly onCommand: ((command: AofCommand) => void) | null;

  constructor(onCommand: ((command: AofCommand) => void) | undefined) {
    super();
    this.onCommand = onCommand ?? null;
  }

  override command(command: AofCommand): void {
    this.onCommand?.(command);
  }
  override rdbStart(): RdbVisitor {
    return new DecodeAll(this);
  }
  override warning(warning: AofWarning): void {
    this.warningCount++;
    if (this.warnings.length < MAX_WARNINGS) this.warnings.push(warning);
  }
}

/**
 * Reads a whole log with every check there is, and says how far it is good. Damage in one file does not keep the ones behind it from
 * being looked at.
 *
 * @throws what reading the files throws, such as an error of the system. Damage is no error here.
 * @example
 * ```ts
 * import { checkAof, openAof } from '@rdbkit/aof';
 * const log = await openAof(new TextEncoder().encode('*1\r\n$5\r\nMULTI\r\n*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n'));
 * const { verdict, cut, goodUpTo } = await checkAof(log);
 * console.log(verdict, cut?.reason, goodUpTo?.offset); // cut transaction 0
 * ```
 */
export async function checkAof(set: AofSet, options: AofCheckOptions = {}): Promise<AofReport> {
  const findings = new Findings(options.command);
  for (const warning of set.warnings) findings.warning(warning);
  const segments: AofSegmentReport[] = [];
  let bytes = 0;
  for (const part of set.parts) {
    findings.file = part.segment.name;
    const reader = readerOf(set, part, findings, options);
    let error: DataError | null = null;
    let summary: AofFileSummary | null = null;
    try {
      for await (const step of pushAll(part, reader)) {
        const pause = options.between?.(bytes + step);
        if (pause !== undefined) await pause;
      }
      summary = reader.finish();
    } catch (caught) {
      if (!(caught instanceof DataError)) throw caught;
      error = caught;
    }
    summary ??= reader.soFar;
    bytes += part.segment.size ?? summary.bytes;
    segments.push({ segment: part.segment, summary, error });
    if (summary.stop !== null) break;
  }
  const bad = segments.findIndex(({ error }) => error !== null);
  const { cut, goodUpTo } = summarize(bad < 0 ? segments : segments.slice(0, bad + 1));
  const { warnings, warningCount } = findings;
  const verdict = bad >= 0 ? 'damaged' : cut === null ? 'sound' : 'cut';
  return { verdict, segments, error: segments[bad]?.error ?? null, cut, goodUpTo, warnings, warningCount };
}
