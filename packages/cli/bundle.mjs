// Bundles the programs into dist/programs: node bundle.mjs
// Finding, reading and linking two hundred modules one by one takes longer than many a dump does.
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { noticesOf } from '../../.ci/notices.mjs';
// The page of reports goes into the programs.
import '../report/bundle.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const folder = join(here, 'dist', 'programs');

const OPTIONS = {
  absWorkingDir: here,
  // A worker is found beside the file that starts it: nothing lies deeper.
  entryNames: '[name]',
  chunkNames: '[name]-[hash]',
  outdir: 'dist/programs',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  // Straight from the sources, so that a bundle is never older than what was compiled last.
  conditions: ['rdbkit-source'],
  alias: { lz4js: './src/source/lazy-lz4.ts' },
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
};

// Each for itself: what programs share would lie in twenty small files, and each file that is looked for costs half a millisecond.
const programs = ['src/bin/rdb2resp.ts', 'src/bin/rdbkit.ts', 'src/source/checksum-worker.ts'];
const results = await Promise.all(programs.map((program) => build({ ...OPTIONS, entryPoints: [program] })));

const outputs = new Set(
  results.flatMap(({ metafile }) => Object.keys(metafile.outputs).map((path) => join(here, path))),
);
for (const name of readdirSync(folder)) {
  if (!outputs.has(join(folder, name))) rmSync(join(folder, name));
}
const inputs = results.flatMap(({ metafile }) => Object.keys(metafile.inputs));
writeFileSync(join(folder, 'LICENSES.txt'), noticesOf([...new Set(inputs)], here));
