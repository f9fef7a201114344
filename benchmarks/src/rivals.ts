/** Programs by others: where they are, and which version. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { AbsentError } from './case.ts';

interface Rival {
  /** Environment variable with its path. */
  readonly variable: string;
  /** Its name on PATH. */
  readonly program: string;
  /** Tells programs of the same name apart. */
  readonly accepts?: (path: string) => boolean;
  /** How it tells its version, and the expression that finds it; many do not. */
  readonly version?: VersionQuestion;
}

function isScript(path: string): boolean {
  return readFileSync(path).subarray(0, 2).toString() === '#!';
}

type VersionQuestion = readonly [args: readonly string[], found: RegExp];

const JAVA_VERSION: VersionQuestion = [['-V'], /v(\d[\d.]*)/];
const SERVER_VERSION: VersionQuestion = [['--version'], /(\d+\.\d+\.\d+)/];

/** What the recording calls them. */
export type RivalName =
  | 'librdb rdb-cli'
  | 'HDT3213/rdb'
  | 'redis-rdb-tools rdb'
  | 'redis-rdb-cli rct'
  | 'redis-rdb-cli rmt'
  | 'RedisShake'
  | 'redis-server'
  | 'redis-cli'
  | 'redis-check-rdb'
  | 'redis-check-aof';

/** Every rival. */
export const RIVALS: Readonly<Record<RivalName, Rival>> = {
  'librdb rdb-cli': { variable: 'RDBKIT_BENCH_RDB_CLI', program: 'rdb-cli', version: [[], /\[v([\d.]+)\]/] },
  'HDT3213/rdb': { variable: 'RDBKIT_BENCH_HDT_RDB', program: 'rdb', accepts: (path) => !isScript(path) },
  'redis-rdb-tools rdb': { variable: 'RDBKIT_BENCH_RDBTOOLS', program: 'rdb', accepts: isScript },
  'redis-rdb-cli rct': { variable: 'RDBKIT_BENCH_RCT', program: 'rct', version: JAVA_VERSION },
  'redis-rdb-cli rmt': { variable: 'RDBKIT_BENCH_RMT', program: 'rmt', version: JAVA_VERSION },
  RedisShake: { variable: 'RDBKIT_BENCH_REDIS_SHAKE', program: 'redis-shake' },
  'redis-server': { variable: 'RDBKIT_BENCH_SERVER', program: 'redis-server', version: SERVER_VERSION },
  'redis-cli': { variable: 'RDBKIT_BENCH_CLI', program: 'redis-cli', version: SERVER_VERSION },
  'redis-check-rdb': { variable: 'RDBKIT_BENCH_CHECK_RDB', program: 'redis-check-rdb', version: SERVER_VERSION },
  'redis-check-aof': { variable: 'RDBKIT_BENCH_CHECK_AOF', program: 'redis-check-aof', version: SERVER_VERSION },
};

/** The path of a program. @throws {AbsentError} */
export function findRival(name: RivalName): string {
  const path = lookFor(RIVALS[name]);
  if (path !== undefined) return path;
  const { program, variable } = RIVALS[name];
  throw new AbsentError(`${program} is not on PATH and ${variable} is not set`);
}

function lookFor({ variable, program, accepts = () => true }: Rival): string | undefined {
  const named = process.env[variable];
  if (named !== undefined && named !== '') return named;
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((path) => isExecutable(path) && accepts(path));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The versions of all that are here; of one that does not tell it, `unknown`. */
export function rivalVersions(): Record<string, string> {
  const versions: Record<string, string> = {};
  for (const [name, rival] of Object.entries(RIVALS)) {
    const path = lookFor(rival);
    if (path !== undefined) versions[name] = askVersion(path, rival) ?? 'unknown';
  }
  return versions;
}

function askVersion(path: string, { version }: Rival): string | undefined {
  if (version === undefined) return undefined;
  const [args, found] = version;
  const { stdout, stderr } = spawnSync(path, args, { cwd: tmpdir(), encoding: 'utf8', timeout: 10_000 });
  return found.exec(`${stdout}${stderr}`)?.[1];
}
