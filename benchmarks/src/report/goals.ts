/** What rdbkit wants to reach, beside what it does. */
import type { Recording, Result } from '../results.ts';
import { findFirst } from './find.ts';

export interface Goal {
  readonly what: string;
  readonly goal: string;
  readonly measured: string;
  readonly isReached: boolean;
}

type Measure = (result: Result) => number | null;

const seconds: Measure = ({ medianSeconds }) => medianSeconds;
const cpu: Measure = ({ medianCpuSeconds }) => medianCpuSeconds;

const RMT = ['rival/rmt-default', 'rival/rmt-no-flush-4', 'rival/rmt-no-flush-8'];
const RMT_CLUSTER = ['rival/rmt-cluster', 'rival/rmt-cluster-no-flush-4', 'rival/rmt-cluster-no-flush-8'];
const LEAST_TIMES_RMT = 2;
const MOST_RMT_CPU = 0.25;
const MOST_MEMORY_MIB = 120;

/** All goals of which the recording has what it takes. */
export function goalsOf(recording: Recording): Goal[] {
  const value = (group: string, name: string, measure: Measure): number | null => {
    const result = findFirst(recording, group, name);
    return result === null ? null : measure(result);
  };
  /** The least of several rivals. */
  const best = (group: string, names: readonly string[], measure: Measure): number | null => {
    const known = names.map((name) => value(group, name, measure)).filter((each) => each !== null);
    return known.length === 0 ? null : Math.min(...known);
  };
  const goals: Goal[] = [];
  const times = (what: string, of: number | null, by: number | null, least: number): void => {
    if (of === null || by === null) return;
    const ratio = of / by;
    goals.push({
      what,
      goal: `at least ${least} times as fast`,
      measured: `${ratio.toFixed(2)} times`,
      isReached: ratio >= least,
    });
  };
  const share = (what: string, of: number | null, by: number | null, most: number): void => {
    if (of === null || by === null) return;
    const ratio = of / by;
    goals.push({
      what,
      goal: `at most ${Math.round(most * 100)} %`,
      measured: `${(ratio * 100).toFixed(0)} %`,
      isReached: ratio <= most,
    });
  };
  const memory = (what: string, group: string, name: string): void => {
    const peak = value(group, name, ({ peakRssMib }) => peakRssMib);
    if (peak === null) return;
    goals.push({
      what,
      goal: `at most ${MOST_MEMORY_MIB} MiB`,
      measured: `${peak} MiB`,
      isReached: peak <= MOST_MEMORY_MIB,
    });
  };
  const against = (what: string, group: string, ours: string, rival: string, least: number): void =>
    times(what, value(group, `rival/${rival} mixed`, seconds), value(group, `${ours} mixed`, seconds), least);

  against('plain commands, against librdb', 'plain', 'rdb2resp/plain', 'librdb-plain', 2);
  against('`RESTORE` commands, against librdb', 'restore', 'rdb2resp/restore', 'librdb-restore', 2);
  against('JSON lines, against HDT3213/rdb', 'json', 'export/jsonl', 'hdt3213-json', 3);
  against('JSON lines, against librdb', 'json', 'export/jsonl', 'librdb-json', 2);
  against('plain commands, against `rct`', 'plain', 'rdb2resp/plain', 'rct-resp', 5);
  against('JSON lines, against `rct`', 'json', 'export/jsonl', 'rct-jsonl', 5);
  against('a list of the keys, against `redis-check-rdb`', 'scan', 'keys/csv', 'redis-check-rdb', 3);
  share(
    'start, against `node -e 0`',
    value('start', 'start/rdb2resp one-kib', seconds),
    value('start', 'start/node one-kib', seconds),
    1.5,
  );
  for (const [group, dataset] of [
    ['local', 'mixed'],
    ['local-tiny', 'tiny-strings'],
  ] as const) {
    const rmt = RMT.map((name) => `${name} ${dataset}`);
    const ours = `restore/local ${dataset}`;
    const stream = value(group, `rival/redis-cli-pipe-restore ${dataset}`, seconds);
    share(`restore of \`${dataset}\`, against the ready-made stream`, value(group, ours, seconds), stream, 1.03);
    times(
      `restore of \`${dataset}\`, against \`rmt\` at its best`,
      best(group, rmt, seconds),
      value(group, ours, seconds),
      LEAST_TIMES_RMT,
    );
    share(`CPU of that, against \`rmt\``, value(group, ours, cpu), best(group, rmt, cpu), MOST_RMT_CPU);
    memory('memory of that', group, ours);
  }
  const rmt = RMT_CLUSTER.map((name) => `${name} mixed`);
  const ours = 'restore/cluster mixed';
  times(
    'restore into a cluster, against `rmt` at its best',
    best('cluster', rmt, seconds),
    value('cluster', ours, seconds),
    1,
  );
  share('CPU of that, against `rmt`', value('cluster', ours, cpu), best('cluster', rmt, cpu), MOST_RMT_CPU);
  memory('memory of that', 'cluster', ours);
  return goals;
}
