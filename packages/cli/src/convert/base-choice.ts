/**
 * Whether a server can load a dump as it is.
 *
 * @module
 */
import { formatTarget, packVersion, rdbVersionOf, type Target } from '@rdbkit/commands';
import type { Dialect, RdbHeader } from '@rdbkit/rdb';
import { usageError } from '../app/cli-error.ts';
import { CHANGING_FLAGS } from '../flags/selection-flags.ts';
import { formatCount } from '../lang/units.ts';
import type { BaseFormat, ConvertFlags } from './flags.ts';

/** The highest version that Redis and Valkey share; Valkey from 9.0 on takes no later one of Redis. */
const LAST_SHARED_VERSION = 11;

/** What the base is made of, and why it is not the dump itself. */
export interface BaseChoice {
  readonly base: BaseFormat;
  readonly reason: string | null;
}

/** Chooses. @throws CliError when the user wants what is impossible. */
export function chooseBase(flags: ConvertFlags, header: RdbHeader | null): BaseChoice {
  const obstacle = changeIn(flags) ?? dialectObstacle(header) ?? versionObstacle(flags.target, header);
  if (obstacle === null) return { base: flags.base ?? 'rdb', reason: null };
  if (flags.base === 'rdb') throw usageError(`--base rdb is not possible: ${obstacle}`);
  return { base: 'resp', reason: obstacle };
}

/** A flag that leaves out or changes something. */
function changeIn(flags: ConvertFlags): string | null {
  const found = CHANGING_FLAGS.find((name) => flags[name] !== undefined && flags[name] !== false);
  return found === undefined ? null : `--${found} changes what is in the dump`;
}

/** Dialects of servers that have append-only files. */
const LOADED: ReadonlySet<Dialect> = new Set<Dialect>(['redis', 'valkey', 'keydb']);

function dialectObstacle(header: RdbHeader | null): string | null {
  if (header === null || LOADED.has(header.dialect)) return null;
  return `no server with append-only files loads a dump of the dialect ${header.dialect}`;
}

function versionObstacle(target: Target | undefined, header: RdbHeader | null): string | null {
  if (target === undefined || header === null) return null;
  const text = formatTarget(target);
  if (target.version < packVersion(4, 0, 0)) return `${text} loads commands only, no RDB`;
  const isShared = header.dialect !== 'valkey' && header.version <= LAST_SHARED_VERSION;
  if (!isShared && (header.dialect === 'valkey') !== (target.flavour === 'valkey'))
    return `${text} does not load ${header.dialect === 'valkey' ? 'VALKEY' : 'REDIS'} version ${header.version}`;
  const highest = target.flavour === 'keydb' ? 9 : rdbVersionOf(target);
  if (header.version <= highest) return null;
  return `the dump has RDB version ${formatCount(header.version)}, ${text} loads up to ${highest}`;
}
