/**
 * What rdbkit restore says at the end: for reading, or as JSON.
 *
 * @module
 */
import type { RecordOutcome, RestoreCounts, RestorePlan, RestoreResult } from '@rdbkit/restore';
import type { Colors, Messages } from '../app/messages.ts';
import { jsonBytes } from '../lang/json-bytes.ts';
import { printable } from '../lang/printable.ts';
import { countOf, formatCount, humanDuration, humanSize } from '../lang/units.ts';
import { logTotals } from '../rdb2resp/log-summary.ts';
import type { Group, RecordLog } from './record-log.ts';

const KEY_WIDTH = 60;
/** Keys of a group that are printed one by one. */
const SHOWN_KEYS = 10;
/** Rates of less time than this say nothing. */
const SHORT_SECONDS = 0.2;
const LABEL_WIDTH = 13;

const WAYS: Readonly<Record<string, string>> = {
  mset: 'MSET',
  set: 'SET',
  restore: 'RESTORE',
  transcoded: 'RESTORE of another layout',
  commands: 'commands',
};

/** Why it ended before its time. */
export interface Failure {
  readonly message: string;
  readonly code: string | null;
}

/** Prints the summary for reading. What is missing is printed even when the rest is not wanted. */
export function printSummary(result: RestoreResult, records: RecordLog, messages: Messages, quiet: boolean): void {
  const { colors } = messages;
  if (!quiet) {
    messages.info(`${headline(result)} restored into ${result.target} (${result.product})`);
    for (const line of lines(result, colors)) messages.line(`  ${line}`);
  }
  printGroups(records, messages, quiet);
}

function headline({ restored, log }: RestoreResult): string {
  const keys = countOf(restored, 'key');
  return log === null ? keys : `${keys} and ${countOf(log.counts.commands - log.failed, 'command')}`;
}

function lines(result: RestoreResult, colors: Colors): string[] {
  const { seconds } = result;
  const out: string[] = [];
  const add = (label: string, text: string): void => {
    if (text !== '') out.push(`${colors.dim(`${label}:`.padEnd(LABEL_WIDTH))} ${text}`);
  };
  add('types', listed(result.byType));
  add('written by', listed(result.byWay, WAYS));
  add('and', others(result));
  add('replaced', result.replaced === 0 ? '' : `${formatCount(result.replaced)} of them were there before`);
  add('skipped', result.skipped === 0 ? '' : `${countOf(result.skipped, 'key')} that the target had`);
  add('existing', result.existing === 0 ? '' : `${countOf(result.existing, 'key')} that the target had, left alone`);
  add('failed', result.failures.map(({ reason, count }) => `${formatCount(count)} ${reason}`).join('; '));
  add('left out', leftOut(result));
  add('before', result.keysBefore === 0 ? '' : `${countOf(result.keysBefore, 'key')} found restored by earlier runs`);
  for (const [label, text] of logLines(result)) add(label, text);
  const things = result.keysRead + (result.log?.counts.commands ?? 0);
  const unit = result.log === null ? 'keys' : 'keys and commands';
  const pace = seconds > SHORT_SECONDS ? `, ${formatCount(Math.round(things / seconds))} ${unit}/s` : '';
  add('read', `${countOf(result.keysRead, 'key')}, ${humanSize(result.bytesRead)}`);
  add('sent', `${countOf(result.commandsSent, 'command')}, ${humanSize(result.bytesSent)}`);
  add('time', `${humanDuration(seconds * 1000)}${pace}`);
  const trouble = [
    result.reconnects > 0 ? countOf(result.reconnects, 'reconnection') : '',
    result.failovers > 0 ? countOf(result.failovers, 'failover') : '',
    result.resent > 0 ? `${countOf(result.resent, 'key')} sent again` : '',
  ].filter((text) => text !== '');
  add('on the way', trouble.join(', '));
  return out;
}

function logLines({ log }: RestoreResult): [label: string, text: string][] {
  if (log === null) return [];
  const { counts, failed, summary } = log;
  const files = (summary?.segments ?? []).map(({ segment, summary: file }) => ({ name: segment.name, summary: file }));
  const lines: [string, string][] = [['log', countOf(counts.commands, 'command')]];
  if (failed > 0) lines.push(['refused', countOf(failed, 'command')]);
  return [...lines, ...logTotals({ counts, files, cut: summary?.cut ?? null, stop: summary?.stop ?? null, offset: 0 })];
}

function listed(counts: Readonly<Record<string, number>>, names: Readonly<Record<string, string>> = {}): string {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${names[name] ?? name} ${formatCount(count)}`)
    .join(', ');
}

function others({ functions, scripts }: Pick<RestoreCounts, 'functions' | 'scripts'>): string {
  return [
    functions > 0 ? countOf(functions, 'function library', 'function libraries') : '',
    scripts > 0 ? countOf(scripts, 'script') : '',
  ]
    .filter((text) => text !== '')
    .join(', ');
}

type LeftOut = Pick<RestoreCounts, 'expiredKeys' | 'expiredFields' | 'emptyKeys' | 'unwantedKeys' | 'impossibleKeys'>;

function leftOut(counts: LeftOut): string {
  return [
    [counts.expiredKeys, 'expired'],
    [counts.expiredFields, 'expired hash fields'],
    [counts.emptyKeys, 'without elements'],
    [counts.unwantedKeys, 'not selected'],
    [counts.impossibleKeys, 'impossible at this target'],
  ]
    .filter(([count]) => (count as number) > 0)
    .map(([count, what]) => `${formatCount(count as number)} ${what}`)
    .join(', ');
}

const SECTIONS: readonly (readonly [outcome: RecordOutcome, label: string, color: 'red' | 'yellow' | 'dim'])[] = [
  ['note', 'note', 'dim'],
  ['changed', 'changed', 'yellow'],
  ['existing', 'existing', 'yellow'],
  ['not restored', 'not restored', 'red'],
  ['failed', 'failed', 'red'],
];

function printGroups(records: RecordLog, messages: Messages, quiet: boolean): void {
  for (const [outcome, label, color] of SECTIONS) {
    if (quiet && outcome === 'note') continue;
    for (const group of records.list(outcome)) printGroup(group, messages, messages.colors[color](`${label}:`));
  }
}

function printGroup({ count, samples, message }: Group, messages: Messages, label: string): void {
  if (samples.length === 0) {
    messages.line(`  ${label} ${message}${count > 1 ? ` (${formatCount(count)} times)` : ''}`);
    return;
  }
  messages.line(`  ${label} ${countOf(count, 'key')}: ${message}`);
  const shown = samples.slice(0, SHOWN_KEYS);
  for (const { db, key } of shown) messages.line(`    db ${db} ${printable(key, KEY_WIDTH)}`);
  if (count > shown.length)
    messages.line(`    and ${formatCount(count - shown.length)} more (--report FILE names them all)`);
}

function jsonGroups(records: RecordLog): Record<string, unknown> {
  return Object.fromEntries(
    SECTIONS.map(([outcome]) => [
      outcome,
      records.list(outcome).map(({ code, message, count, samples }) => ({
        code,
        message,
        count,
        samples: samples.map(({ db, key }) => ({ db, key: jsonBytes(key) })),
      })),
    ]),
  );
}

/** The summary as one line of JSON. */
export function jsonSummary(
  source: string,
  result: RestoreResult | null,
  records: RecordLog,
  exitCode: number,
  error: Failure | null,
): string {
  const log = result?.log == null ? null : { ...result.log.counts, failed: result.log.failed };
  return JSON.stringify({ source, ...result, log, waiting: undefined, keysBy: jsonGroups(records), exitCode, error });
}

/** The plan for reading. */
export function planLines(source: string, plan: RestorePlan, colors: Colors): string[] {
  const out: string[] = [];
  const add = (label: string, text: string): void => {
    if (text !== '') out.push(`${colors.dim(`${label}:`.padEnd(LABEL_WIDTH))} ${text}`);
  };
  const masters = plan.nodes.length === 1 ? 'one master' : `${plan.nodes.length} masters`;
  add('target', `${plan.target}: ${plan.product}, ${plan.kind}, ${masters}${replicas(plan)}`);
  add('there now', thereNow(plan));
  add('source', `${source}, ${countOf(plan.keysRead, 'key')}`);
  add('would write', `${countOf(plan.keys, 'key')}, ${countOf(plan.commands, 'command')}, ${humanSize(plan.bytes)}`);
  add('log', plan.logCommands === 0 ? '' : `${countOf(plan.logCommands, 'command')} to be run one after the other`);
  add('types', listed(plan.byType));
  add('by', listed(plan.byWay, WAYS));
  add('and', others(plan));
  add('databases', [...plan.databases].map(([db, count]) => `${db} (${countOf(count, 'key')})`).join(', '));
  add('left out', leftOut(plan));
  if (!plan.usesRestore) add('RESTORE', 'is not available or not wanted: ordinary commands rebuild the values');
  if (!plan.buildsAside) add('RENAME', 'is not available: values of several commands are seen while they grow');
  for (const warning of plan.warnings) add('warning', warning);
  return out;
}

function replicas(plan: RestorePlan): string {
  return plan.replicas === null || plan.replicas === 0 ? '' : `, ${countOf(plan.replicas, 'replica')}`;
}

function thereNow({ keysThere }: RestorePlan): string {
  if (keysThere === null) return 'unknown';
  if (keysThere.size === 0) return 'nothing';
  return [...keysThere].map(([db, count]) => `${countOf(count, 'key')} in database ${db}`).join(', ');
}

/** Prints what would be lost. */
export function printPlanLosses(records: RecordLog, messages: Messages): void {
  printGroups(records, messages, false);
}

/** The plan as one line of JSON. */
export function jsonPlan(source: string, plan: RestorePlan, records: RecordLog): string {
  const { databases, keysThere, ...facts } = plan;
  return JSON.stringify({
    source,
    ...facts,
    databases: Object.fromEntries(databases),
    keysThere: keysThere === null ? null : Object.fromEntries(keysThere),
    keysBy: jsonGroups(records),
  });
}
