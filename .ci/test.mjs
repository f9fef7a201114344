// Runs the tests after setting up what is missing: node .ci/test.mjs [--fast] VITEST-ARGUMENTS…
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureBuild, ensureDependencies, ensureTestPrograms, root } from './setup.mjs';

const args = process.argv.slice(2);
const isFast = args[0] === '--fast';
if (isFast) args.shift();

ensureDependencies();
ensureBuild(); // tests of the programs run what was compiled
ensureTestPrograms();

const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const exclude = isFast ? ['--exclude', '**/*.slow.test.ts'] : [];
const { status } = spawnSync(process.execPath, [vitest, 'run', ...exclude, ...args], { cwd: root, stdio: 'inherit' });
process.exitCode = status ?? 1;
