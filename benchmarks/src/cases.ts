/** Every case. */
import { AOF_CASES } from './aof-cases.ts';
import { BYTES_CASES } from './bytes-cases.ts';
import type { Case } from './case.ts';
import { COMMANDS_CASES } from './commands-cases.ts';
import { GROUPS, type Group } from './contests.ts';
import { INSPECT_CASES } from './inspect-cases.ts';
import { PROGRAM_CASES } from './program-cases.ts';
import { RDB_CASES } from './rdb-cases.ts';
import { RESP_CASES } from './resp-cases.ts';
import { RESTORE_CASES } from './restore-cases.ts';
import { RIVAL_CASES } from './rival-cases.ts';

export const CASES: readonly Case[] = [
  ...BYTES_CASES,
  ...RESP_CASES,
  ...RDB_CASES,
  ...AOF_CASES,
  ...COMMANDS_CASES,
  ...INSPECT_CASES,
  ...PROGRAM_CASES,
  ...RIVAL_CASES,
  ...RESTORE_CASES,
];

/** A case with the dump it runs on. */
export interface Job {
  /** For instance `rdb/logical mixed`; just the case's name when it makes its own data. */
  readonly name: string;
  readonly case_: Case;
  readonly dataset: string | null;
}

/** Whether a case measures somebody else's program. */
export function isRival({ case_ }: Job): boolean {
  return case_.name.startsWith('rival/');
}

/** Every case on every dump that it names. */
export function everyJob(): Job[] {
  return CASES.flatMap((case_): Job[] =>
    case_.datasets.length === 0
      ? [{ name: case_.name, case_, dataset: null }]
      : case_.datasets.map((dataset) => ({ name: `${case_.name} ${dataset}`, case_, dataset })),
  );
}

/** A group with those of its jobs that were asked for. */
export interface JobGroup extends Omit<Group, 'jobs'> {
  readonly jobs: readonly Job[];
}

/** The jobs by groups; a job that is in none, or of whose groups nothing else was asked for, is measured once and alone. */
export function groupJobs(jobs: readonly Job[]): JobGroup[] {
  const byName = new Map(jobs.map((job) => [job.name, job]));
  const seen = new Set<string>();
  const groups: JobGroup[] = [];
  for (const group of GROUPS) {
    const members = group.jobs.map((name) => byName.get(name)).filter((job) => job !== undefined);
    if (members.every(({ name }) => seen.has(name)) && members.length < 2) continue;
    for (const { name } of members) seen.add(name);
    groups.push({ ...group, jobs: members });
  }
  const alone = jobs.filter(({ name }) => !seen.has(name));
  return [...groups, ...alone.map((job) => ({ name: '', jobs: [job], isForEveryNode: true }))];
}

/** The jobs that docs/benchmarks.md shows. */
export function pageJobs(): Job[] {
  const names = new Set(GROUPS.flatMap((group) => group.jobs));
  return everyJob().filter(({ name }) => names.has(name));
}
