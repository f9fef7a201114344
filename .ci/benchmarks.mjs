// Measures what docs/benchmarks.md shows, and writes it there: node .ci/benchmarks.mjs OPTIONS…
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureBuild, ensureDependencies, root } from './setup.mjs';

ensureDependencies();
ensureBuild();

const programs = join(root, 'benchmarks', 'dist');
const recording = join(root, 'benchmarks', 'results', 'page.json');

for (const args of [['index.js', '--page', '--json', recording, ...process.argv.slice(2)], ['report.js']]) {
  const [name, ...options] = args;
  const { status } = spawnSync(process.execPath, [join(programs, name), ...options], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
