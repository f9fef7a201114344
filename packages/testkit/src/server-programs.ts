/**
 * Which servers there are to test against.
 *
 * @module
 */
import { execFileSync } from 'node:child_process';
import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/** Products that speak the protocol. */
export type ServerFlavour = 'redis' | 'valkey' | 'keydb';

/** A server program on this machine. */
export interface ServerProgram {
  readonly flavour: ServerFlavour;
  /** Major, minor, patch; a release candidate calls itself by the number before it. */
  readonly version: readonly [number, number, number];
  /** For instance `redis-7.2.6`. */
  readonly label: string;
  readonly path: string;
}

const PROGRAM_NAMES = ['redis-server', 'valkey-server', 'keydb-server'];

/** Environment variable with folders of servers, each holding a program or folders with one. */
export const SERVERS_VARIABLE = 'RDBKIT_SERVERS';

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function foldersIn(dir: string): string[] {
  try {
    return readdirSync(dir, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(dir, entry.name));
  } catch {
    return [];
  }
}

function programsIn(dir: string): string[] {
  return PROGRAM_NAMES.map((name) => join(dir, name)).filter(isExecutable);
}

/** Asks a program what it is; `undefined` when it does not answer like a server. */
export function inspectServer(path: string): ServerProgram | undefined {
  let text: string;
  try {
    text = execFileSync(path, ['--version'], {
      encoding: 'utf8',
      timeout: 10_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return undefined;
  }
  const found = /(?:v=|version |v)(\d+)\.(\d+)\.(\d+)/.exec(text);
  if (found === null) return undefined;
  const flavour = /valkey/i.test(text) ? 'valkey' : /keydb/i.test(text) ? 'keydb' : 'redis';
  const version = [Number(found[1]), Number(found[2]), Number(found[3])] as const;
  return { flavour, version, label: `${flavour}-${version.join('.')}`, path };
}

let known: readonly ServerProgram[] | undefined;

/** Every server on `PATH` and in the folders of {@link SERVERS_VARIABLE}, oldest first; looked for once. */
export function findServers(): readonly ServerProgram[] {
  known ??= lookForServers();
  return known;
}

function lookForServers(): readonly ServerProgram[] {
  const named = (process.env[SERVERS_VARIABLE] ?? '').split(delimiter).filter((dir) => dir !== '');
  const onPath = (process.env.PATH ?? '').split(delimiter).filter((dir) => dir !== '');
  const dirs = [...named.flatMap((dir) => [dir, ...foldersIn(dir)]), ...onPath];
  const programs = new Map<string, ServerProgram>();
  for (const path of dirs.flatMap(programsIn)) {
    const program = inspectServer(path);
    // One of each version is enough. The path stays as found: servers look at the name by which they are called.
    if (program !== undefined && !programs.has(program.label)) programs.set(program.label, program);
  }
  return [...programs.values()].sort(byFlavourAndVersion);
}

function byFlavourAndVersion(a: ServerProgram, b: ServerProgram): number {
  if (a.flavour !== b.flavour) return a.flavour < b.flavour ? -1 : 1;
  return a.version[0] - b.version[0] || a.version[1] - b.version[1] || a.version[2] - b.version[2];
}

/** Whether the server's version is `major.minor` or later; says nothing about its flavour. */
export function isAtLeast(program: ServerProgram, major: number, minor = 0): boolean {
  const [ownMajor, ownMinor] = program.version;
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}

/** Why tests that need a server cannot run here; `null` when they can. */
export function skipReason(): string | null {
  if (findServers().length > 0) return null;
  return `no server: none of ${PROGRAM_NAMES.join(', ')} on PATH or in ${SERVERS_VARIABLE}`;
}

let hasTold = false;

/**
 * The servers to test against, for use at the top of a test file. Without any it says so once and returns none, so
 * that the suite is skipped; on CI, where a server is part of the set-up, it throws.
 */
export function serversForTests(accept: (program: ServerProgram) => boolean = () => true): readonly ServerProgram[] {
  const reason = skipReason();
  if (reason !== null) {
    if (process.env.CI === 'true') throw new Error(reason);
    if (!hasTold) console.warn(`skipped: ${reason}`);
    hasTold = true;
  }
  return findServers().filter(accept);
}

/** The newest server that `accept` agrees to, or `undefined`; see {@link serversForTests}. */
export function newestServer(accept: (program: ServerProgram) => boolean = () => true): ServerProgram | undefined {
  return serversForTests(accept).toSorted((a, b) => supportRank(b) - supportRank(a))[0];
}

/** Valkey 7.2 is level with Redis 7.2; after that each goes its own way. */
function supportRank(program: ServerProgram): number {
  const [major, minor, patch] = program.version;
  return major * 10_000 + minor * 100 + patch + (program.flavour === 'redis' ? 0.5 : 0);
}

/** The command-line client that belongs to the server, or any on `PATH`; `undefined` when there is none. */
export function findCli(program: ServerProgram): string | undefined {
  const names = [`${program.flavour}-cli`, 'redis-cli', 'valkey-cli'];
  const dirs = [dirname(program.path), ...(process.env.PATH ?? '').split(delimiter)];
  return dirs.flatMap((dir) => names.map((name) => join(dir, name))).find(isExecutable);
}
