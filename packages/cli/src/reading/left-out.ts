/**
 * Keys that a command did not take, in words.
 *
 * @module
 */
import type { KeySelection, SkipReason } from '@rdbkit/rdb';
import { countOf, formatCount } from '../lang/units.ts';

const REASONS: Readonly<Record<Exclude<SkipReason, 'expired'>, string>> = {
  db: 'database',
  type: 'type',
  key: 'name',
  ttl: 'expiry',
  slot: 'slot',
  size: 'size',
  limit: 'limit',
};

/** What was left out and why, one line each; nothing when nothing was. */
export function leftOutLines(selection: KeySelection, emptyKeys: number): string[] {
  const { skipped, renamed } = selection;
  const lines: string[] = [];
  if (skipped.expired > 0)
    lines.push(`${countOf(skipped.expired, 'key')} had expired and were left out (--expired keep takes them)`);
  if (emptyKeys > 0) lines.push(`${countOf(emptyKeys, 'key')} without elements, left out as servers do`);
  const reasons = reasonsNotToSelect(selection);
  if (reasons.length > 0) lines.push(`not selected: ${reasons.join(', ')}`);
  if (renamed > 0) lines.push(`${countOf(renamed, 'key')} renamed`);
  return lines;
}

/** Such as `by type 3`, for each reason that there was but expiry. */
export function reasonsNotToSelect({ skipped }: KeySelection): string[] {
  return Object.entries(REASONS)
    .map(([reason, word]) => [word, skipped[reason as SkipReason]] as const)
    .filter(([, count]) => count > 0)
    .map(([word, count]) => `by ${word} ${formatCount(count)}`);
}
