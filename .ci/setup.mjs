// Makes a fresh clone ready: dependencies, compiled output and, for the tests, a server, a browser and a few programs.
// Needs Node and npm, nothing else. All talk goes to stderr, since stdout may be somebody's RESP.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
const stateDir = join(root, 'node_modules', '.rdbkit');

export function say(text) {
  process.stderr.write(`${text}\n`);
}

/** Ends the process with a message: set-up that failed must not look like a result. */
function fail(text) {
  say(`set-up: ${text}`);
  process.exit(1);
}

function runToStderr(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
    ...options,
  });
  if (error) say(`${command}: ${error.message}`);
  return status ?? 1;
}

function readState(name) {
  try {
    return readFileSync(join(stateDir, name), 'utf8');
  } catch {
    return '';
  }
}

function writeState(name, value) {
  mkdirSync(stateDir, { recursive: true });
  writeFileSync(join(stateDir, name), value);
}

function packageDirs() {
  const packages = join(root, 'packages');
  return readdirSync(packages)
    .map((name) => join(packages, name))
    .filter((dir) => existsSync(join(dir, 'package.json')))
    .concat(join(root, 'benchmarks'));
}

/** Installs the locked dependencies unless that was done for exactly these manifests. */
export function ensureDependencies() {
  const hash = createHash('sha256');
  const manifests = [root, ...packageDirs()].map((dir) => join(dir, 'package.json'));
  for (const file of [join(root, 'pnpm-lock.yaml'), join(root, 'pnpm-workspace.yaml'), ...manifests]) {
    hash.update(readFileSync(file));
  }
  const wanted = hash.digest('hex');
  if (readState('installed') === wanted) return;
  say('set-up: installing dependencies');
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  // CI=true: pnpm must not stop to ask whether it may replace a node_modules of another kind.
  const env = { ...process.env, CI: 'true' };
  // The log level of our .npmrc would hide why npm could not bring pnpm.
  const pnpm = ['exec', '--yes', '--loglevel=error', `--package=${packageManager}`, '--', 'pnpm'];
  if (runToStderr('npm', [...pnpm, 'install', '--frozen-lockfile'], { env }) !== 0) {
    fail('dependencies could not be installed');
  }
  writeState('installed', wanted);
}

/** Newest change below `dir` among the files that decide what is built. */
function newestSource(dir) {
  let newest = statSync(dir).mtimeMs; // a removed file changes its folder
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) newest = Math.max(newest, newestSource(path));
    else if (/\.(?:tsx?|css)$/.test(entry.name) && !entry.name.endsWith('.test.ts')) {
      newest = Math.max(newest, statSync(path).mtimeMs);
    }
  }
  return newest;
}

/** Makes, of a package's sources or compiled output, what is read as one file. */
const BUNDLER = 'bundle.mjs';

function hasBundle(dir) {
  return existsSync(join(dir, BUNDLER));
}

/** Compiles the packages unless their output is newer than every source. */
export function ensureBuild() {
  let newest = statSync(join(root, 'tsconfig.base.json')).mtimeMs;
  let hasAllOutput = true;
  const projects = packageDirs();
  for (const dir of projects) {
    newest = Math.max(newest, statSync(join(dir, 'tsconfig.json')).mtimeMs, newestSource(join(dir, 'src')));
    hasAllOutput &&= existsSync(join(dir, 'dist', 'index.js'));
    if (hasBundle(dir)) newest = Math.max(newest, statSync(join(dir, BUNDLER)).mtimeMs);
  }
  const stamp = `${newest} ${readState('installed')}`;
  if (hasAllOutput && readState('built') === stamp) return;
  say('set-up: compiling');
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  if (runToStderr(process.execPath, [tsc, '-b', ...projects], { shell: false }) !== 0) {
    fail('the packages do not compile');
  }
  for (const dir of projects.filter(hasBundle)) {
    if (runToStderr(process.execPath, [join(dir, BUNDLER)], { shell: false }) !== 0) fail(`${dir} cannot be bundled`);
  }
  writeState('built', stamp);
}

/** First of `names` that is an executable on PATH, or undefined. */
export function findOnPath(names) {
  for (const name of names) {
    // Some programs are for administrators, whose folders are not on everybody's PATH.
    for (const dir of [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']) {
      try {
        accessSync(join(dir, name), constants.X_OK);
        return join(dir, name);
      } catch {
        // not here
      }
    }
  }
  return undefined;
}

const SERVERS = ['redis-server', 'valkey-server'];
const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

function isDebianRoot() {
  if (process.getuid?.() !== 0 || !findOnPath(['apt-get'])) return false;
  try {
    return /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return false;
  }
}

/** Installs Debian packages without letting any of them start a service, now or at the next boot. */
function installDebianPackages(names) {
  say(`set-up: installing ${names.join(' and ')} (Debian packages)`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const policy = '/usr/sbin/policy-rc.d';
  const addsPolicy = !existsSync(policy);
  // Exit code 101 tells maintainer scripts that starting services is not allowed.
  if (addsPolicy) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    if (runToStderr('apt-get', ['-qq', 'update'], { env }) !== 0) return;
    runToStderr(
      'apt-get',
      ['-qq', '-y', '-o', 'DPkg::Lock::Timeout=300', '--no-install-recommends', 'install', ...names],
      { env },
    );
    for (const service of ['redis-server', 'haproxy']) {
      if (!names.includes(service) || !findOnPath(['systemctl'])) continue;
      runToStderr('systemctl', ['--quiet', 'disable', `${service}.service`], { stdio: 'ignore' });
    }
  } finally {
    if (addsPolicy) rmSync(policy, { force: true });
  }
}

/** What the tests need, the Debian package with it, and what becomes of them without. */
const TEST_PROGRAMS = [
  {
    names: SERVERS,
    package: 'redis-server',
    isFound: () => Boolean(process.env.RDBKIT_SERVERS) || findOnPath(SERVERS) !== undefined,
    loss: 'and RDBKIT_SERVERS unset; server suites will be skipped',
  },
  { names: BROWSERS, package: 'chromium', loss: 'browser tests will be skipped' },
  { names: ['openssl'], package: 'openssl', loss: 'tests of TLS will be skipped' },
  { names: ['haproxy'], package: 'haproxy', loss: 'tests behind HAProxy will be skipped' },
];

function isMissing({ names, isFound = () => findOnPath(names) !== undefined }) {
  return !isFound();
}

/** Looks for the programs to test with; on Debian, as root, installs what is missing. */
export function ensureTestPrograms() {
  const missing = TEST_PROGRAMS.filter(isMissing).map((program) => program.package);
  if (missing.length > 0 && isDebianRoot()) installDebianPackages(missing);

  const lacks = TEST_PROGRAMS.filter(isMissing);
  for (const { names, loss } of lacks) say(`set-up: none of ${names.join(', ')} on PATH: ${loss}`);
  if (lacks.length > 0 && process.env.CI === 'true') fail('CI needs all of them');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  ensureDependencies();
  ensureBuild();
  if (!process.argv.includes('--build')) ensureTestPrograms();
}
