/** Measures: node dist/index.js [OPTIONS] [EXPRESSION…]; see the README. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { everyJob, groupJobs, isRival, type JobGroup, pageJobs } from './cases.ts';
import { DATASETS, ensureDataset } from './data/datasets.ts';
import {
  type Absence,
  counterpart,
  currentLoad,
  describeMachine,
  formatResult,
  HEADINGS,
  type Recording,
  type Result,
  type ResultOf,
  summarize,
  titleOf,
} from './results.ts';
import { rivalVersions } from './rivals.ts';
import { type Turn, takeTurns } from './take-turns.ts';

const HELP = `Usage: node dist/index.js [OPTIONS] [EXPRESSION…]

Measures the cases whose name one of the regular expressions finds, or all: a process for each. Runs of cases that are
compared with each other take turns.

  --page            only what docs/benchmarks.md shows
  --list            name the cases and dumps, and end
  --generate        generate the dumps that the cases need, name their paths, and end
  --runs N          counted runs of each case (default 5)
  --node FILE       the Node that runs ours; several times: each of them in turn (default: the one that runs this)
  --scale X         size of the dumps, 1 is the full one
  --data FOLDER     where the dumps are kept (default: the folder data of this package)
  --json FILE       record the results
  --compare FILE    compare with recorded results
`;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    help: { type: 'boolean', default: false },
    page: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    generate: { type: 'boolean', default: false },
    runs: { type: 'string', default: '5' },
    node: { type: 'string', multiple: true, default: [process.execPath] },
    scale: { type: 'string', default: '1' },
    data: { type: 'string', default: fileURLToPath(new URL('../data', import.meta.url)) },
    json: { type: 'string' },
    compare: { type: 'string' },
  },
});
const scale = Number(options.scale);
const runs = Number(options.runs);
if (!(scale > 0)) throw new RangeError(`--scale: expected a positive number, got ${options.scale}`);
if (!Number.isSafeInteger(runs) || runs < 1)
  throw new RangeError(`--runs: expected a positive integer, got ${options.runs}`);
const expressions = positionals.map((text) => new RegExp(text));
const jobs = (options.page ? pageJobs() : everyJob()).filter(
  ({ name }) => expressions.length === 0 || expressions.some((expression) => expression.test(name)),
);

if (options.help) process.stdout.write(HELP);
else if (options.list) list();
else if (options.generate) generate();
else await measureAll();

function list(): void {
  for (const { name, case_ } of jobs) console.log(`${name.padEnd(46)}${case_.title}`);
  console.log('\nDumps:');
  for (const { name, size, description } of DATASETS)
    console.log(`${name.padEnd(16)}${String(size).padStart(9)}  ${description}`);
}

function generate(): void {
  for (const name of new Set(jobs.map(({ dataset }) => dataset))) if (name !== null) console.log(pathOf(name));
}

function pathOf(dataset: string | null): string {
  return dataset === null ? '' : ensureDataset(dataset, options.data, scale);
}

async function measureAll(): Promise<void> {
  const before =
    options.compare === undefined ? null : (JSON.parse(readFileSync(options.compare, 'utf8')) as Recording);
  const nodes = options.node.map((path) => ({ path, version: nodeVersion(path) }));
  const loadBefore = currentLoad();
  const versions = { ...ownVersions(nodes.map(({ version }) => version)), ...rivalVersions() };
  console.log(`${describeMachine()}; load ${loadBefore}`);
  console.log(
    Object.entries(versions)
      .map((pair) => pair.join(' '))
      .join(', '),
  );
  if (before !== null) console.log(`compared with ${before.date}: ${before.machine}; load ${before.loadBefore}`);
  console.log(`\n${HEADINGS}`);
  const results: Result[] = [];
  const absent: Absence[] = [];
  const date = new Date().toISOString().slice(0, 10);
  const head: Omit<Recording, 'results' | 'absent'> = { machine: describeMachine(), date, loadBefore, scale, versions };
  for (const group of groupJobs(jobs)) {
    const outcome = await measureGroup(group, nodes);
    for (const result of outcome.results)
      console.log(formatResult(result, before === null ? undefined : counterpart(result, before)));
    for (const absence of outcome.absent) console.log(`${titleOf(absence).padEnd(52)}not measured: ${absence.reason}`);
    results.push(...outcome.results);
    absent.push(...outcome.absent);
    // Again and again, so that what was measured is there when a later case ends it all.
    if (options.json !== undefined)
      writeFileSync(options.json, `${JSON.stringify({ ...head, results, absent }, null, 2)}\n`);
  }
}

interface NodeProgram {
  readonly path: string;
  readonly version: string;
}

async function measureGroup(
  { name: group, jobs: members, isForEveryNode }: JobGroup,
  nodes: readonly NodeProgram[],
): Promise<{ results: Result[]; absent: Absence[] }> {
  const own = isForEveryNode ? nodes : nodes.slice(0, 1);
  const turns = members.flatMap((job): (Turn & { of: ResultOf })[] => {
    const path = pathOf(job.dataset);
    const of = { name: job.name, group };
    if (isRival(job)) return [{ of: { ...of, node: null }, job, node: process.execPath, path }];
    return own.map((node) => ({ of: { ...of, node: node.version }, job, node: node.path, path }));
  });
  const outcomes = await takeTurns(turns, runs);
  const results: Result[] = [];
  const absent: Absence[] = [];
  for (const [i, outcome] of outcomes.entries()) {
    const of = turns[i]?.of;
    if (of === undefined) continue;
    if (outcome.failure !== null) absent.push({ ...of, reason: outcome.failure });
    if (outcome.runs.length > 0) results.push(summarize(of, outcome.runs));
  }
  return { results, absent };
}

function nodeVersion(path: string): string {
  return execFileSync(path, ['--version'], { encoding: 'utf8' }).trim();
}

function ownVersions(nodes: readonly string[]): Record<string, string> {
  const manifest = new URL('../../packages/cli/package.json', import.meta.url);
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  return { rdbkit: version, Node: nodes.join(', ') };
}
