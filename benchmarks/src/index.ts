/** Measures: node dist/index.js [OPTIONS] [EXPRESSION…]; see the README. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Job, selectJobs } from './cases.ts';
import { DATASETS, ensureDataset } from './data/datasets.ts';
import type { Measured } from './measure.ts';
import {
  currentLoad,
  describeMachine,
  formatResult,
  HEADINGS,
  type Recording,
  type Result,
  summarize,
} from './results.ts';

const HELP = `Usage: node dist/index.js [OPTIONS] [EXPRESSION…]

Measures the cases whose name one of the regular expressions finds, or all: a process for each.

  --list            name the cases and dumps, and end
  --generate        generate the dumps that the cases need, name their paths, and end
  --runs N          counted runs of each case (default 5)
  --scale X         size of the dumps, 1 is the full one
  --data FOLDER     where the dumps are kept (default: the folder data of this package)
  --json FILE       record the results
  --compare FILE    compare with recorded results
`;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    help: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    generate: { type: 'boolean', default: false },
    runs: { type: 'string', default: '5' },
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
const jobs = selectJobs(positionals.map((text) => new RegExp(text)));

if (options.help) process.stdout.write(HELP);
else if (options.list) list();
else if (options.generate) generate();
else measureAll();

function list(): void {
  for (const { name, case_ } of jobs) console.log(`${name.padEnd(42)}${case_.title}`);
  console.log('\nDumps:');
  for (const { name, size, description } of DATASETS)
    console.log(`${name.padEnd(15)}${String(size).padStart(9)}  ${description}`);
}

function generate(): void {
  const names = new Set(jobs.map(({ dataset }) => dataset).filter((dataset) => dataset !== null));
  for (const name of names) console.log(ensureDataset(name, options.data, scale));
}

function measureAll(): void {
  const before =
    options.compare === undefined ? null : (JSON.parse(readFileSync(options.compare, 'utf8')) as Recording);
  const loadBefore = currentLoad();
  console.log(`${describeMachine()}; load ${loadBefore}`);
  if (before !== null) console.log(`compared with ${before.date}: ${before.machine}; load ${before.loadBefore}`);
  console.log(`\n${HEADINGS}`);
  const results: Result[] = [];
  const absent: Record<string, string> = {};
  for (const job of jobs) {
    const measured = measure(job);
    if ('absent' in measured) {
      absent[job.name] = measured.absent;
      console.log(`${job.name.padEnd(42)}not measured: ${measured.absent}`);
      continue;
    }
    const result = summarize(job.name, measured);
    results.push(result);
    console.log(
      formatResult(
        result,
        before?.results.find(({ name }) => name === job.name),
      ),
    );
  }
  if (options.json === undefined) return;
  const date = new Date().toISOString().slice(0, 10);
  const recording: Recording = { machine: describeMachine(), date, loadBefore, scale, results, absent };
  writeFileSync(options.json, `${JSON.stringify(recording, null, 2)}\n`);
}

/** Cases warm each other's code, so each has a process of its own. */
function measure({ name, dataset }: Job): Measured | { readonly absent: string } {
  const path = dataset === null ? '' : ensureDataset(dataset, options.data, scale);
  const script = fileURLToPath(new URL('./run-case.js', import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, name, path, String(runs)], {
    encoding: 'utf8',
  });
  if (status !== 0) return { absent: stderr.trim().split('\n').at(-1) ?? 'it failed' };
  return JSON.parse(stdout) as Measured;
}
