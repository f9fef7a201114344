// Runs one of the workspace's programs after setting up what is missing: node .ci/exec.mjs NAME ARGUMENTS…
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { ensureBuild, ensureDependencies, root, say } from './setup.mjs';

const [name, ...args] = process.argv.slice(2);
ensureDependencies();
ensureBuild();

const program = join(root, 'packages', 'cli', 'bin', `${name}.js`);
// npm moved us to the root of the workspace; file names are meant where the user stands.
const child = spawn(process.execPath, [program, ...args], { cwd: process.env.INIT_CWD ?? root, stdio: 'inherit' });
// A terminal sends Ctrl-C to the program as well: it decides what that means, we only wait for its answer.
process.on('SIGINT', () => {});
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  say(`${name}: ${error.message}`);
  process.exitCode = 1;
});
child.on('exit', (code, signal) => {
  process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0);
});
