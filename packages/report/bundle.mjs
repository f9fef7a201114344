// Bundles the program and the looks of the page into dist/page.js, a module that exports both as text: node bundle.mjs
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { noticesOf } from '../../.ci/notices.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const { outputFiles, metafile } = await build({
  absWorkingDir: here('.'),
  entryPoints: { script: 'src/page/main.tsx', style: 'src/page/page.css' },
  outdir: 'dist',
  write: false,
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2022',
  platform: 'browser',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  charset: 'utf8',
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
});

const textOf = (name) => outputFiles.find(({ path }) => path.endsWith(name)).text.trim();
// A report is passed on: the notices go along with it.
const notices = noticesOf(Object.keys(metafile.inputs), here('.'));
const script = JSON.stringify(`/*\n${notices}*/\n${textOf('script.js')}`);
const style = JSON.stringify(textOf('style.css'));
mkdirSync(here('dist'), { recursive: true });
// Somebody may be reading the old one.
const partial = here(`dist/.page.${process.pid}.js`);
writeFileSync(partial, `export const script = ${script};\nexport const style = ${style};\n`);
renameSync(partial, here('dist/page.js'));
