/** Writes the recording into docs/benchmarks.md, its plots and the README: node dist/report.js */
import { readFileSync, writeFileSync } from 'node:fs';
import { plotsOf } from './report/plots.ts';
import { fillPage } from './report/tables.ts';
import type { Recording } from './results.ts';

const root = new URL('../../', import.meta.url);
const recording = JSON.parse(readFileSync(new URL('benchmarks/results/page.json', root), 'utf8')) as Recording;

for (const name of ['docs/benchmarks.md', 'README.md']) {
  const url = new URL(name, root);
  writeFileSync(url, fillPage(readFileSync(url, 'utf8'), recording));
}
for (const [name, svg] of plotsOf(recording)) writeFileSync(new URL(`docs/benchmarks/${name}`, root), svg);
