/** The plots of docs/benchmarks.md. */
import { CONTESTS } from '../contests.ts';
import type { Recording } from '../results.ts';
import { barChart } from './bar-chart.ts';
import { entriesOf } from './find.ts';

const TITLES: Readonly<Record<string, string>> = {
  plain: 'mixed to plain commands',
  restore: 'mixed to RESTORE commands',
  json: 'mixed to JSON',
  scan: 'what is in mixed',
  start: 'a dump of one kibibyte: the start',
  local: 'mixed into one server',
  'local-tiny': 'tiny-strings into one server',
  cluster: 'mixed into a cluster of three masters',
};

/** File names with what is in them: one for each contest that was measured. */
export function plotsOf(recording: Recording): ReadonlyMap<string, string> {
  const plots = new Map<string, string>();
  for (const contest of CONTESTS) {
    const entries = entriesOf(recording, contest);
    if (entries.every(({ result }) => result === null)) continue;
    plots.set(`${contest.name}.svg`, barChart(TITLES[contest.name] ?? contest.name, entries));
  }
  return plots;
}
