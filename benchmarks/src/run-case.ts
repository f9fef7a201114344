/**
 * The process of one case: node run-case.js JOB PATH [RUNS]. Prints each run as JSON.
 *
 * Makes so many runs, or else one for each line on standard input, so that cases can take turns.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { AbsentError } from './case.ts';
import { everyJob } from './cases.ts';
import { type Measured, prepareRuns } from './measure.ts';

/** What the process says before its first run. */
export interface Greeting {
  /** Why the case cannot be measured here. */
  readonly absent?: string;
}

const [name = '', path = '', runs] = process.argv.slice(2);
const job = everyJob().find((each) => each.name === name);
if (job === undefined) throw new RangeError(`no case ${name}`);

const folder = mkdtempSync(join(tmpdir(), 'rdbkit-bench-'));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

function say(what: Greeting | Measured): void {
  console.log(JSON.stringify(what));
}

try {
  const run = await prepareRuns(job.case_, { path, bytes: path === '' ? 0 : statSync(path).size }, folder);
  say({});
  const turns = runs === undefined ? createInterface({ input: process.stdin }) : Array.from({ length: Number(runs) });
  for await (const _turn of turns) say(await run());
} catch (error) {
  if (!(error instanceof AbsentError)) throw error;
  say({ absent: error.message });
}
