// Runs every check, one after the other, and counts: node .ci/checks.mjs
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './setup.mjs';

const scratch = mkdtempSync(join(tmpdir(), 'rdbkit-ci-'));
const report = join(scratch, 'tests.json');

/** A later check is of no use when one marked `isBasic` has failed. */
const CHECKS = [
  { name: 'set-up', command: 'npm', args: ['run', 'setup'], isBasic: true },
  { name: 'types', command: 'npm', args: ['run', 'typecheck'] },
  { name: 'lint', command: 'npm', args: ['run', 'lint', '--', '--format=unix'] },
  { name: 'format', command: 'npm', args: ['run', 'format:check', '--', '--colors=off', '--max-diagnostics=200'] },
  { name: 'unused code', command: 'npm', args: ['run', 'knip'] },
  {
    name: 'tests',
    command: 'npm',
    args: ['test', '--', '--no-color', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
  },
  { name: 'packages', command: process.execPath, args: [join('.ci', 'pack-test.mjs')] },
];

let failedChecks = 0;
for (const { name, command, args, isBasic } of CHECKS) {
  console.log(`\n=== ${name}`);
  const started = performance.now();
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    env: { ...process.env, CI: 'true' },
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (error) console.log(error.message);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`=== ${name}: ${status === 0 ? 'ok' : 'FAILED'} (${seconds} s)`);
  if (status === 0) continue;
  // Failed tests are counted by name below.
  if (name !== 'tests') failedChecks++;
  if (isBasic) break;
}

/** Counts of the test run; a run that left no report, or failed outside of any test, counts as one failure. */
function readTestCounts() {
  let result;
  try {
    result = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    return { passed: 0, failed: failedChecks > 0 ? 0 : 1, skipped: 0 };
  }
  const failed = result.numFailedTests || (result.success ? 0 : 1);
  return { passed: result.numPassedTests, failed, skipped: result.numPendingTests + result.numTodoTests };
}

const { passed, failed, skipped } = readTestCounts();
rmSync(scratch, { recursive: true, force: true });
const totalFailed = failed + failedChecks;
console.log(`\n${passed} passed, ${totalFailed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = totalFailed === 0 ? 0 : 1;
