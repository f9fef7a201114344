/** Reading all files of a log. */
import { AofSetError } from './errors.ts';
import type { AofReadOptions } from './options.ts';
import { AofReader } from './reader.ts';
import type { AofSegment } from './segment.ts';
import type { AofPart, AofSet } from './set.ts';
import type { AofCut, AofFileSummary, AofStop, AofVisitor } from './visitor.ts';

/** Input is decoded in steps of this size. */
const STEP_BYTES = 64 * 1024;

/** A place in a log. */
export interface AofPosition {
  readonly segment: AofSegment;
  /** Offset in the file, in bytes. */
  readonly offset: number;
  /** Time that holds there, Unix seconds: of the last annotation before; `null` when there is none. */
  readonly timestamp: number | null;
}

/** What is known of a log at its end. */
export interface AofSummary {
  /** The files that were read, in order. */
  readonly segments: readonly { readonly segment: AofSegment; readonly summary: AofFileSummary }[];
  /** Commands and transactions in the good part, of all files. */
  readonly commands: number;
  readonly transactions: number;
  /** Keys of RDB parts. */
  readonly rdbKeys: number;
  /** Bytes read. */
  readonly bytes: number;
  /** Times of the first and last annotation in the good part, Unix seconds. */
  readonly firstTimestamp: number | null;
  readonly lastTimestamp: number | null;
  /** What was left out at the end of the last file. */
  readonly cut: AofCut | null;
  /** Where the option `until` ended it. */
  readonly stop: AofStop | null;
  /** Where the good part ends; `null` when there are no files. */
  readonly goodUpTo: AofPosition | null;
}

/**
 * Reads the files of a log in the order in which servers load them: the base, then the incremental files. The visitor is called
 * synchronously; a new chunk is taken only after the one before has been decoded.
 *
 * What is incomplete at the end of the last file is left out and reported ({@link AofCut}); at the end of another file it is
 * an error. The files are never changed.
 *
 * @throws {AofTruncatedError} when a file ends in the middle of a command or a transaction and is not the last one, or the
 * option `tail` is `error`.
 * @throws {AofError} another of its subclasses, when a command is bad. `file` names the file.
 * @throws {RdbError} one of its subclasses, when an RDB part is bad, which includes its being cut off.
 * @example
 * ```ts
 * import { AofVisitorBase, openAof, readAof } from '@rdbkit/aof';
 * const log = await openAof(new TextEncoder().encode('*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n#TS:1700000000\r\n*1\r\n$8\r\nFLUSHALL\r\n'));
 * const { commands, stop } = await readAof(log, new AofVisitorBase(), { until: 1699999999 });
 * console.log(commands, stop?.offset); // 1 21
 * ```
 */
export async function readAof(set: AofSet, visitor: AofVisitor, options: AofReadOptions = {}): Promise<AofSummary> {
  const steps = readSteps(set, visitor, options);
  try {
    for (;;) {
      const step = await steps.next();
      if (step.done === true) return step.value;
      const pause = options.between?.(step.value);
      if (pause !== undefined) await pause;
    }
  } finally {
    await closeSteps(steps);
  }
}

/** Gives back the files of steps that are not taken to their end. */
export async function closeSteps(steps: AsyncGenerator<number, AofSummary | null, undefined>): Promise<void> {
  await steps.return(null);
}

/** The same in steps: yields the number of bytes read so far. */
export async function* readSteps(
  set: AofSet,
  visitor: AofVisitor,
  options: AofReadOptions,
): AsyncGenerator<number, AofSummary, undefined> {
  const parts = options.baseOnly === true ? baseOf(set) : set.parts;
  for (const warning of set.warnings) visitor.warning(warning);
  warnOfLateBase(parts, visitor, options.until ?? null);
  const segments: { segment: AofSegment; summary: AofFileSummary }[] = [];
  let bytes = 0;
  for (const part of parts) {
    const reader = readerOf(set, part, visitor, options);
    visitor.segment(part.segment);
    for await (const step of pushAll(part, reader)) yield bytes + step;
    const summary = reader.finish();
    bytes += summary.bytes;
    segments.push({ segment: part.segment, summary });
    if (summary.stop !== null) break;
  }
  return summarize(segments);
}

/** A reader for a file of the set: what its end may look like depends on its place. */
export function readerOf(set: AofSet, { segment }: AofPart, visitor: AofVisitor, options: AofReadOptions): AofReader {
  const isLast = segment === set.parts.at(-1)?.segment;
  return new AofReader(visitor, {
    ...options,
    tail: isLast ? (options.tail ?? 'cut') : 'error',
    size: segment.size,
    file: segment.name,
    rdbOnly: options.baseOnly === true && segment.role === 'single',
  });
}

/** Pushes all of a file, as far as it is wanted. Yields the bytes pushed so far. */
export async function* pushAll({ file }: AofPart, reader: AofReader): AsyncGenerator<number> {
  let pushed = 0;
  for await (const chunk of file.read()) {
    for (let at = 0; at < chunk.length; at += STEP_BYTES) {
      const step = at === 0 && chunk.length <= STEP_BYTES ? chunk : chunk.subarray(at, at + STEP_BYTES);
      pushed += step.length;
      let hasMore = reader.push(step);
      yield pushed;
      while (hasMore) {
        hasMore = reader.more();
        yield pushed;
      }
      if (reader.stopped) return;
    }
  }
}

function baseOf(set: AofSet): AofPart[] {
  const [first] = set.parts;
  if (first !== undefined && first.segment.role !== 'incr') return [first];
  throw new AofSetError('AOF_NO_BASE', 'the log has no base: its manifest lists none', 0);
}

/** No annotation says so when the base has what came later already. */
function warnOfLateBase(parts: readonly AofPart[], visitor: AofVisitor, until: number | null): void {
  const segment = parts[0]?.segment;
  if (until === null || segment === undefined || segment.startTime === null || segment.startTime <= until) return;
  const from = isoTime(segment.startTime);
  const message =
    segment.format === 'resp'
      ? `the log begins at ${from} only, which is later than ${isoTime(until)}: nothing of it is read`
      : `the base of the log was written at ${from}, which is later than ${isoTime(until)}: it has later changes in it`;
  visitor.warning({ code: 'AOF_UNTIL_BEFORE_BASE', message, offset: 0, file: segment.name });
}

function isoTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? `${seconds}` : date.toISOString().replace('.000Z', 'Z');
}

/** Adds up the files. */
export function summarize(segments: readonly { segment: AofSegment; summary: AofFileSummary }[]): AofSummary {
  const summaries = segments.map(({ summary }) => summary);
  const sum = (count: (summary: AofFileSummary) => number): number =>
    summaries.reduce((total, summary) => total + count(summary), 0);
  const last = segments.at(-1);
  const firstTimestamp = summaries.find((summary) => summary.firstTimestamp !== null)?.firstTimestamp ?? null;
  const lastTimestamp = summaries.findLast((summary) => summary.lastTimestamp !== null)?.lastTimestamp ?? null;
  return {
    segments,
    commands: sum((summary) => summary.commands),
    transactions: sum((summary) => summary.transactions),
    rdbKeys: sum((summary) => summary.rdb?.keys ?? 0),
    bytes: sum((summary) => summary.bytes),
    firstTimestamp,
    lastTimestamp,
    cut: last?.summary.cut ?? null,
    stop: last?.summary.stop ?? null,
    goodUpTo:
      last === undefined ? null : { segment: last.segment, offset: last.summary.goodBytes, timestamp: lastTimestamp },
  };
}
