/** The process of one case: node run-case.js JOB PATH RUNS. Prints what it measured as JSON. */
import { statSync } from 'node:fs';
import { AbsentError } from './case.ts';
import { selectJobs } from './cases.ts';
import { measureFunction, measureProgram } from './measure.ts';

const [name = '', path = '', runs = ''] = process.argv.slice(2);
const job = selectJobs([]).find((each) => each.name === name);
if (job === undefined) throw new RangeError(`no case ${name}`);
const input = { path, bytes: path === '' ? 0 : statSync(path).size };
const { case_ } = job;

try {
  const measured =
    case_.kind === 'function'
      ? await measureFunction(case_, input, Number(runs))
      : measureProgram(case_, input, Number(runs));
  console.log(JSON.stringify(measured));
} catch (error) {
  if (!(error instanceof AbsentError)) throw error;
  console.log(JSON.stringify({ absent: error.message }));
}
