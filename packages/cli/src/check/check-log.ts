/**
 * Checking an append-only file or directory.
 *
 * @module
 */
import { type AofSegmentReport, checkAof } from '@rdbkit/aof';
import { countOf } from '../lang/units.ts';
import { rdbOptions } from '../reading/reader-options.ts';
import type { LogSource } from '../source/open-source.ts';
import type { Pace } from './check-rdb.ts';
import type { CheckFlags } from './command.ts';
import { CommandNames } from './command-names.ts';
import type { CheckedFile, Findings } from './findings.ts';
import { logContent, logFacts } from './log-content.ts';

/**
 * Checks a log. Damage is no error here.
 *
 * @param progress - Is told the number of bytes read.
 */
export async function checkLog(
  source: LogSource,
  flags: CheckFlags,
  pace: Pace,
  progress: (bytes: number) => void,
): Promise<Findings> {
  const names = new CommandNames();
  const maxStringBytes = flags['max-string-bytes'];
  let commands = 0;
  const report = await checkAof(source.set, {
    rdb: { ...rdbOptions(flags, source), strict: true },
    ...(maxStringBytes === undefined ? {} : { maxStringBytes }),
    command: (command) => {
      commands++;
      names.add(command);
    },
    between: (bytes) => {
      progress(bytes);
      return pace(commands);
    },
  });
  const { verdict, segments, cut, warnings, warningCount } = report;
  return {
    verdict,
    files: segments.map(fileOf),
    cut: cut === null || verdict !== 'cut' ? null : { message: cut.message, droppedBytes: cut.droppedBytes },
    remarks: warnings,
    moreRemarks: warningCount - warnings.length,
    keys: segments.reduce((sum, { summary }) => sum + (summary.rdb?.keys ?? 0), 0),
    commands: segments.reduce((sum, { summary }) => sum + summary.commands, 0),
    unknownCommands: names.unknown,
  };
}

function fileOf({ segment, summary, error }: AofSegmentReport): CheckedFile {
  const { rdb } = summary;
  const dump =
    rdb === null
      ? []
      : [`${rdb.dialect === 'valkey' ? 'VALKEY' : 'REDIS'} version ${rdb.version}`, countOf(rdb.keys, 'key')];
  return {
    name: segment.name,
    content: [...dump, ...(rdb?.checksum === 'ok' ? ['checksum right'] : []), ...logContent(summary)],
    bytes: segment.size ?? summary.bytes,
    goodBytes: summary.goodBytes,
    lastTimestamp: summary.lastTimestamp,
    facts: {
      role: segment.role,
      ...logFacts(summary),
      rdb: rdb === null ? null : { version: rdb.version, keys: rdb.keys, checksum: rdb.checksum },
    },
    error,
  };
}
