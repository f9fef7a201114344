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

const { metafile } = await build({
  absWorkingDir: here,
  entryPoints: ['src/bin/rdb2resp.ts', 'src/bin/rdbkit.ts', 'src/source/checksum-worker.ts'],
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
  // Its package has no text of its licence that could be passed on.
  external: ['@stricli/core'],
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
});

const outputs = new Set(Object.keys(metafile.outputs).map((path) => join(here, path)));
for (const name of readdirSync(folder)) {
  if (!outputs.has(join(folder, name))) rmSync(join(folder, name));
}
writeFileSync(join(folder, 'LICENSES.txt'), noticesOf(Object.keys(metafile.inputs), here));
