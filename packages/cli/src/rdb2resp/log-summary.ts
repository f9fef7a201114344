/**
 * What rdb2resp says at the end about a log.
 *
 * @module
 */
import type { EmitCounts } from '@rdbkit/commands';
import { printable } from '../lang/printable.ts';
import { countOf, formatCount, formatTime } from '../lang/units.ts';
import type { LogOutcome } from './reading.ts';

const NAME_WIDTH = 60;

/** Lines for reading: label and text. */
export function logTotals({ counts, files, stop, offset }: LogOutcome): [label: string, text: string][] {
  const lines: [string, string][] = [];
  if (files.length > 1) {
    const names = files.map(({ name }) => (name === null ? '' : printable(name, NAME_WIDTH)));
    lines.push(['files', names.join(', ')]);
  }
  const last = files.findLast(({ summary }) => summary.lastTimestamp !== null)?.summary.lastTimestamp ?? null;
  if (last !== null) lines.push(['time', `up to ${formatTime(last)}`]);
  if (stop !== null)
    lines.push(['until', `stopped before ${formatTime(stop.timestamp)}, at byte ${formatCount(stop.offset + offset)}`]);
  const { db, key, slot } = counts.unselected;
  const reasons = [
    ['database', db],
    ['name', key],
    ['slot', slot],
  ] as const;
  const unselected = reasons
    .filter(([, count]) => count > 0)
    .map(([word, count]) => `by ${word} ${formatCount(count)}`);
  if (unselected.length > 0) lines.push(['commands', `not selected ${unselected.join(', ')}`]);
  if (counts.split > 0) lines.push(['split', `${countOf(counts.split, 'command')}, written for the selected keys`]);
  if (counts.stripped > 0) lines.push(['stripped', `${countOf(counts.stripped, 'command')} that only set an expiry`]);
  if (counts.unknown > 0) lines.push(['unknown', `${countOf(counts.unknown, 'command')}, written as they are`]);
  if (counts.dropped > 0) lines.push(['dropped', `${countOf(counts.dropped, 'command')} of a transaction without end`]);
  return lines;
}

/** What is said about expiry times that had passed; `null` when there were none. */
export function postponedLine({ counts, log }: { counts: EmitCounts; log: LogOutcome | null }): string | null {
  const count = counts.postponedTimes + (log?.counts.postponedTimes ?? 0);
  if (count === 0) return null;
  return `${countOf(count, 'expiry time that has', 'expiry times that have')} passed: later commands may prolong them (--expired-grace)`;
}

/** The same for JSON. */
export function logJson({ counts, files, cut, stop, offset }: LogOutcome): Record<string, unknown> {
  return {
    files: files.map(({ name, summary }) => ({
      name: name === null ? null : printable(name, Number.POSITIVE_INFINITY).slice(1, -1),
      format: summary.format,
      bytes: summary.bytes,
      goodBytes: summary.goodBytes,
      commands: summary.commands,
      transactions: summary.transactions,
      firstTimestamp: summary.firstTimestamp,
      lastTimestamp: summary.lastTimestamp,
    })),
    commands: counts.commands,
    unselectedCommands: counts.unselected,
    splitCommands: counts.split,
    unknownCommands: counts.unknown,
    strippedCommands: counts.stripped,
    droppedCommands: counts.dropped,
    cut:
      cut === null ? null : { reason: cut.reason, goodBytes: cut.goodBytes + offset, droppedBytes: cut.droppedBytes },
    stop: stop === null ? null : { timestamp: stop.timestamp, offset: stop.offset + offset },
  };
}
