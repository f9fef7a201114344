/**
 * What rdb2resp says at the end: for reading, or as JSON.
 *
 * @module
 */
import { type EmitCounts, formatTarget } from '@rdbkit/commands';
import type { KeySelection } from '@rdbkit/rdb';
import type { Colors, Messages } from '../app/messages.ts';
import { jsonBytes } from '../lang/json-bytes.ts';
import { printable } from '../lang/printable.ts';
import { countOf, formatCount, humanDuration, humanSize } from '../lang/units.ts';
import { reasonsNotToSelect } from '../reading/left-out.ts';
import { logJson, logTotals, postponedLine } from './log-summary.ts';
import type { NoteGroup, NoteLog } from './note-log.ts';
import type { ReadingOutcome } from './reading.ts';

/** Everything that there is to say. */
export interface Outcome extends ReadingOutcome {
  /** The source, for messages. */
  readonly source: string;
  /** Bytes read from the source. */
  readonly bytesRead: number;
  readonly seconds: number;
  readonly selection: KeySelection;
  readonly bytesWritten: number;
  readonly commands: number;
  readonly notes: NoteLog;
  readonly exitCode: number;
  readonly error: { readonly message: string; readonly code: string | null; readonly offset: number | null } | null;
}

const KEY_WIDTH = 60;
/** Rates of less time than this say nothing. */
const SHORT_SECONDS = 0.2;
/** Keys of a group that are printed one by one. */
const SHOWN_KEYS = 20;

/** Prints the summary for reading. Losses are printed even when the rest is not wanted. */
export function printSummary(outcome: Outcome, messages: Messages, quiet: boolean): void {
  const { colors } = messages;
  if (!quiet) {
    messages.info(headline(outcome));
    for (const line of totals(outcome, colors)) messages.line(`  ${line}`);
    for (const group of outcome.notes.list('note')) printGroup(group, messages, colors.dim('note:'));
  }
  for (const group of outcome.notes.list('changed')) printGroup(group, messages, colors.yellow('changed:'));
  for (const group of outcome.notes.list('not written')) printGroup(group, messages, colors.red('not written:'));
}

function headline({ counts, commands, bytesWritten, log, header }: Outcome): string {
  if (log !== null && header === null) return `${countOf(commands, 'command')} written, ${humanSize(bytesWritten)}`;
  return `${countOf(writtenKeys(counts), 'key')} written as ${countOf(commands, 'command')}, ${humanSize(bytesWritten)}`;
}

function totals(outcome: Outcome, colors: Colors): string[] {
  const { counts, selection, stoppedAtLimit, header, writer, target, seconds } = outcome;
  const lines: string[] = [];
  const add = (label: string, text: string): void => {
    lines.push(`${colors.dim(`${label}:`.padEnd(13))} ${text}`);
  };
  if (header !== null && target !== null) {
    const by = writer === null ? '' : ` by ${writer}`;
    add(
      'dump',
      `${header.dialect === 'valkey' ? 'VALKEY' : 'REDIS'} version ${header.version}${by}, for ${formatTarget(target)}`,
    );
  }
  const { log } = outcome;
  const items = outcome.keysRead + (log?.counts.commands ?? 0);
  const unit = log === null ? 'keys' : 'keys and commands';
  const pace = seconds > SHORT_SECONDS ? `, ${formatCount(Math.round(items / seconds))} ${unit}/s` : '';
  const time = `in ${humanDuration(seconds * 1000)}${pace}`;
  const found = [
    header === null && log !== null ? '' : countOf(outcome.keysRead, 'key'),
    log === null ? '' : countOf(log.counts.commands, 'command'),
  ].filter((text) => text !== '');
  add('read', `${found.join(' and ')}, ${humanSize(outcome.bytesRead)} ${time}`);
  if (log !== null) for (const [label, text] of logTotals(log)) add(label, text);
  const kinds = Object.entries(counts.kinds).filter(([, count]) => count > 0);
  if (kinds.length > 0) add('types', kinds.map(([kind, count]) => `${kind} ${formatCount(count)}`).join(', '));
  const others = [
    counts.functions > 0 ? countOf(counts.functions, 'function library', 'function libraries') : '',
    counts.scripts > 0 ? countOf(counts.scripts, 'script') : '',
  ].filter((text) => text !== '');
  if (others.length > 0) add('and', others.join(', '));
  const expired = expiredKeys(selection, counts);
  const gone = [
    expired > 0 ? countOf(expired, 'key') : '',
    counts.expiredFields > 0 ? countOf(counts.expiredFields, 'hash field') : '',
  ].filter((text) => text !== '');
  if (gone.length > 0) add('expired', `${gone.join(' and ')}, not written (--expired keep writes them)`);
  const postponed = postponedLine(outcome);
  if (postponed !== null) add('put off', postponed);
  if (counts.emptyKeys > 0) add('empty', `${countOf(counts.emptyKeys, 'key')} without elements, not written`);
  const reasons = reasonsNotToSelect(selection);
  if (reasons.length > 0 && !(reasons.length === 1 && stoppedAtLimit)) add('not selected', reasons.join(', '));
  if (selection.renamed > 0) add('renamed', countOf(selection.renamed, 'key'));
  if (stoppedAtLimit) add('limit', 'reached, the rest of the source was not read');
  return lines;
}

function printGroup(group: NoteGroup, messages: Messages, label: string): void {
  const { count, samples, message } = group;
  if (samples.length === 0) {
    messages.line(`  ${label} ${message}${count > 1 ? ` (${formatCount(count)} times)` : ''}`);
    return;
  }
  messages.line(`  ${label} ${countOf(count, 'key')}: ${message}`);
  // A mere note is not worth a screen full of names.
  const shown = samples.slice(0, group.outcome === 'note' ? 3 : SHOWN_KEYS);
  for (const { db, key } of shown) messages.line(`    db ${db} ${printable(key, KEY_WIDTH)}`);
  if (count > shown.length)
    messages.line(`    and ${formatCount(count - shown.length)} more (--report FILE names them all)`);
}

/** Keys that were written. */
function writtenKeys(counts: EmitCounts): number {
  return Object.values(counts.kinds).reduce((sum, count) => sum + count, 0);
}

function expiredKeys(selection: KeySelection, counts: EmitCounts): number {
  return selection.skipped.expired + counts.expiredKeys;
}

/** The summary for JSON. */
export function jsonSummary(outcome: Outcome): Record<string, unknown> {
  const { counts, selection, notes, header, target, error } = outcome;
  const { expired: _, ...unselected } = selection.skipped;
  const groups = (list: readonly NoteGroup[]): unknown[] =>
    list.map(({ code, message, count, samples }) => ({
      code,
      message,
      count,
      samples: samples.map(({ db, key }) => ({ db, key: jsonBytes(key) })),
    }));
  return {
    source: outcome.source,
    dialect: header?.dialect ?? null,
    rdbVersion: header?.version ?? null,
    writer: outcome.writer,
    target: target === null ? null : formatTarget(target),
    checksum: outcome.checksum,
    bytesRead: outcome.bytesRead,
    keysRead: outcome.keysRead,
    keysWritten: writtenKeys(counts),
    byType: counts.kinds,
    byWay: counts.ways,
    functions: counts.functions,
    scripts: counts.scripts,
    commands: outcome.commands,
    bytesWritten: outcome.bytesWritten,
    expiredKeys: expiredKeys(selection, counts),
    expiredFields: counts.expiredFields,
    postponedTimes: counts.postponedTimes + (outcome.log?.counts.postponedTimes ?? 0),
    emptyKeys: counts.emptyKeys,
    unselectedKeys: unselected,
    renamedKeys: selection.renamed,
    stoppedAtLimit: outcome.stoppedAtLimit,
    log: outcome.log === null ? null : logJson(outcome.log),
    notWritten: groups(notes.list('not written')),
    changed: groups(notes.list('changed')),
    notes: groups(notes.list('note')),
    seconds: Math.round(outcome.seconds * 1000) / 1000,
    exitCode: outcome.exitCode,
    error,
  };
}
