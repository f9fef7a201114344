import type { AofFileSummary } from '@rdbkit/aof';
import { countOf, formatTime } from '../lang/units.ts';

/** What a log, or the log part of a file, holds, in words. */
export function logContent({
  format,
  commands,
  transactions,
  firstTimestamp,
  lastTimestamp,
}: AofFileSummary): string[] {
  if (format === 'empty') return ['empty'];
  if (format === 'rdb') return [];
  return [
    countOf(commands, 'command'),
    ...(transactions > 0 ? [countOf(transactions, 'transaction')] : []),
    ...(firstTimestamp !== null && lastTimestamp !== null
      ? [`${formatTime(firstTimestamp)} to ${formatTime(lastTimestamp)}`]
      : []),
  ];
}

/** The same for JSON. */
export function logFacts({
  format,
  commands,
  transactions,
  firstTimestamp,
  lastTimestamp,
}: AofFileSummary): Record<string, unknown> {
  return { format, commands, transactions, firstTimestamp, lastTimestamp };
}
