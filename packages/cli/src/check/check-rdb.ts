/**
 * Checking a dump, and the commands behind it if there are any.
 *
 * @module
 */
import {
  type AofCommand,
  type AofCut,
  type AofFileSummary,
  AofReader,
  AofVisitorBase,
  type AofWarning,
} from '@rdbkit/aof';
import { DataError } from '@rdbkit/bytes';
import { RdbReader } from '@rdbkit/rdb';
import { countOf } from '../lang/units.ts';
import { rdbOptions } from '../reading/reader-options.ts';
import { type SourcePart, situateInPart } from '../source/dragonfly-set.ts';
import type { RdbSource } from '../source/open-source.ts';
import { RdbThenLog } from '../source/rdb-then-log.ts';
import type { CheckFlags } from './command.ts';
import { CommandNames } from './command-names.ts';
import type { CheckedFile, Findings } from './findings.ts';
import { logContent, logFacts } from './log-content.ts';
import { ValueCheck } from './values.ts';

const BEHIND_THE_END: ReadonlySet<string> = new Set(['RDB_TRAILING_BYTES', 'RDB_REPLICATION_MARK']);

/** Called between steps with the number of things read. To be awaited when it returns a promise. */
export type Pace = (items: number) => void | Promise<void>;

/** Passes on what is found in the commands behind an RDB. */
class Tail extends AofVisitorBase {
  commands = 0;
  private readonly names: CommandNames;
  private readonly values: ValueCheck;
  private readonly base: number;

  constructor(names: CommandNames, values: ValueCheck, base: number) {
    super();
    this.names = names;
    this.values = values;
    this.base = base;
  }

  override command(command: AofCommand): void {
    this.commands++;
    this.names.add(command);
  }

  override warning(warning: AofWarning): void {
    this.values.warning({ ...warning, offset: warning.offset + this.base });
  }
}

/** Checks a dump. Damage is no error here. */
export async function checkRdb(source: RdbSource, flags: CheckFlags, pace: Pace): Promise<Findings> {
  const values = new ValueCheck();
  const names = new CommandNames();
  const reader = new RdbReader(values, { ...rdbOptions(flags, source), strict: true });
  let tail: Tail | null = null;
  const parts = new RdbThenLog(reader, (offset) => {
    tail = new Tail(names, values, offset);
    return new AofReader(tail);
  });
  const commands = (): number => tail?.commands ?? 0;
  let error: DataError | null = null;
  let bytes = 0;
  try {
    for (;;) {
      const chunk = await source.input.read();
      if (chunk === null) break;
      let hasMore = parts.push(chunk);
      while (hasMore) hasMore = parts.more();
      parts.passed(chunk);
      bytes += chunk.length;
      await pace(reader.keys + commands());
    }
    parts.finish();
  } catch (caught) {
    const situated = parts.situate(caught);
    if (!(situated instanceof DataError)) throw situated;
    // Strictness makes errors of remarks. These are about what is no part of the dump any more.
    if (BEHIND_THE_END.has(situated.code)) values.warning(situated);
    else error = situated;
  }
  const log = parts.summary;
  const cut = log?.cut ?? null;
  const file: CheckedFile = {
    name: null,
    content: [...values.content, ...(log === null ? [] : logContent(log))],
    bytes,
    goodBytes: error === null ? bytes - (cut?.droppedBytes ?? 0) : goodUpTo(error, values),
    lastTimestamp: log?.lastTimestamp ?? null,
    facts: { ...values.facts, keys: reader.keys, ...(log === null ? {} : logFacts(log)) },
    error,
  };
  return {
    verdict: error !== null ? 'damaged' : cut !== null ? 'cut' : 'sound',
    files: source.parts === null ? [file] : filesOf(source.parts, file),
    cut: cutOf(cut, log),
    remarks: values.remarks,
    moreRemarks: values.moreRemarks,
    keys: reader.keys,
    commands: commands(),
    unknownCommands: names.unknown,
  };
}

/** The files of a source that were looked at, of what was found in them all. */
function filesOf(parts: readonly SourcePart[], all: CheckedFile): CheckedFile[] {
  const starts = parts.flatMap(({ start }) => start ?? []);
  const { error, goodBytes } = all;
  const faulty = error === null ? starts.length : starts.findLastIndex((start) => start <= error.offset);
  situateInPart(error, parts);
  return starts.map((start, i) => {
    const bytes = (starts[i + 1] ?? all.bytes) - start;
    const isFirst = i === 0;
    return {
      name: new TextEncoder().encode(parts[i]?.name),
      content: isFirst ? [`snapshot of ${countOf(parts.length, 'file')}`, ...all.content] : [],
      bytes,
      goodBytes: i < faulty ? bytes : i === faulty ? Math.max(0, goodBytes - start) : 0,
      lastTimestamp: null,
      facts: isFirst ? all.facts : {},
      error: i === faulty ? error : null,
    };
  });
}

/** Up to the border of a key, when it is a key that is damaged. */
function goodUpTo(error: DataError, values: ValueCheck): number {
  return error.path.key === null ? error.offset : values.keyOffset;
}

function cutOf(cut: AofCut | null, log: AofFileSummary | null): Findings['cut'] {
  return cut === null || log === null ? null : { message: cut.message, droppedBytes: cut.droppedBytes };
}
