// Packs the published packages, installs the tarballs into an empty folder and uses them as a stranger would.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './setup.mjs';

const scratch = mkdtempSync(join(tmpdir(), 'rdbkit-pack-'));
const consumer = join(scratch, 'consumer');
let failures = 0;

function readJson(...path) {
  return JSON.parse(readFileSync(join(...path), 'utf8'));
}

function run(command, args, cwd = root) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  return { isOk: status === 0, stdout, output: `${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}` };
}

function check(title, isOk, output = '') {
  console.log(`${isOk ? 'ok  ' : 'FAIL'} ${title}`);
  if (isOk) return;
  failures++;
  console.log(output.trimEnd().replace(/^/gm, '     '));
}

/** A tool of the workspace, by its package and the script in it. */
function tool(...path) {
  return [process.execPath, join(root, 'node_modules', ...path)];
}

const { packageManager } = readJson(root, 'package.json');
const packages = readdirSync(join(root, 'packages'))
  .map((folder) => ({ folder, manifest: readJson(root, 'packages', folder, 'package.json') }))
  .filter(({ manifest }) => !manifest.private);
const names = packages.map(({ manifest }) => manifest.name);
/** The others are for browsers, too: their declarations must not need Node's. */
const NODE_ONLY = ['@rdbkit/restore'];

function pack({ folder, manifest }) {
  const out = join(scratch, folder);
  mkdirSync(out);
  const args = ['exec', '--yes', `--package=${packageManager}`, '--', 'pnpm', 'pack', '--pack-destination', out];
  const packed = run('npm', args, join(root, 'packages', folder));
  check(`${manifest.name}: packs`, packed.isOk, packed.output);
  return join(out, readdirSync(out)[0] ?? 'missing.tgz');
}

function checkTarball(name, tarball) {
  const listed = run('tar', ['-tzf', tarball]);
  const files = listed.stdout.split('\n');
  const needed = ['LICENSE', 'README.md', 'dist/index.js', 'dist/index.d.ts', 'src/index.ts'];
  // Bundled, not compiled.
  if (name === '@rdbkit/report') needed.push('dist/page.js');
  const missing = needed.filter((file) => !files.includes(`package/${file}`));
  const unwanted = files.filter((file) => /\.test\.|tsbuildinfo|tsconfig/.test(file));
  check(
    `${name}: holds what it should`,
    missing.length + unwanted.length === 0,
    `missing: ${missing}\nunwanted: ${unwanted}`,
  );

  const publint = run(...flat(tool('publint', 'src', 'cli.js'), 'run', tarball, '--strict'));
  check(`${name}: publint`, publint.isOk, publint.output);
  const attw = run(...flat(tool('@arethetypeswrong', 'cli', 'dist', 'index.js'), tarball, '--profile', 'esm-only'));
  check(`${name}: types as every resolver sees them`, attw.isOk, attw.output);
}

function flat([command, script], ...args) {
  return [command, [script, ...args]];
}

function installTarballs(tarballs) {
  const dependencies = Object.fromEntries(names.map((name, i) => [name, `file:${tarballs[i]}`]));
  // Our packages name each other by version; none of these versions needs to be published for this test.
  const overrides = Object.fromEntries(names.map((name) => [name, `$${name}`]));
  mkdirSync(consumer);
  writeFileSync(
    join(consumer, 'package.json'),
    JSON.stringify({ name: 'consumer', version: '0.0.0', private: true, dependencies, overrides }),
  );
  const installed = run('npm', ['install', '--no-audit', '--no-fund'], consumer);
  check('tarballs install together', installed.isOk, installed.output);
}

/** Compiles a program that uses the packages; declarations are checked as well (no skipLibCheck). */
function checkTypes(title, used, types) {
  const lines = used.map((name, i) => `import * as p${i} from '${name}';\nexport const n${i}: object = p${i};`);
  writeFileSync(join(consumer, 'use.mts'), `${lines.join('\n')}\n`);
  const compilerOptions = {
    noEmit: true,
    strict: true,
    target: 'es2023',
    module: 'nodenext',
    lib: ['es2023', 'dom', 'dom.asynciterable'],
    types,
    typeRoots: [join(root, 'node_modules', '@types')],
  };
  writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['use.mts'] }));
  const tsc = run(...flat(tool('typescript', 'bin', 'tsc'), '-p', '.'), consumer);
  check(title, tsc.isOk, tsc.output);
}

function checkUse() {
  for (const name of names) {
    const esm = run(
      process.execPath,
      ['--input-type=module', '-e', `import * as it from '${name}'; if (typeof it !== 'object') process.exit(1);`],
      consumer,
    );
    check(`${name}: import`, esm.isOk, esm.output);
    const cjs = run(process.execPath, ['-e', `if (typeof require('${name}') !== 'object') process.exit(1);`], consumer);
    check(`${name}: require()`, cjs.isOk, cjs.output);
  }

  checkTypes(
    'types resolve without those of Node',
    names.filter((name) => !NODE_ONLY.includes(name)),
    [],
  );
  checkTypes('types resolve', names, ['node']);

  const { manifest } = packages.find(({ folder }) => folder === 'cli');
  for (const bin of Object.keys(manifest.bin)) {
    const version = run('npx', ['--no-install', bin, '--version'], consumer);
    check(`${bin} --version`, version.isOk && version.stdout.includes(manifest.version), version.output);
  }

  const dump = join(root, 'docs', 'guide', 'example.rdb');
  const report = run('npx', ['--no-install', 'rdbkit', 'inspect', '--html', 'report.html', dump], consumer);
  const isWritten = report.isOk && readFileSync(join(consumer, 'report.html'), 'utf8').includes('<div id="page">');
  check('rdbkit inspect --html', isWritten, report.output);
}

try {
  const tarballs = packages.map(pack);
  if (failures === 0) {
    names.forEach((name, i) => {
      checkTarball(name, tarballs[i]);
    });
    installTarballs(tarballs);
  }
  if (failures === 0) checkUse();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
process.exitCode = failures === 0 ? 0 : 1;
