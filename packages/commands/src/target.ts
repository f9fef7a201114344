/**
 * Who will read what is written: a server's flavour and version.
 *
 * @module
 */
/** The families of servers whose commands are known. */
export type Flavour = 'redis' | 'valkey' | 'keydb' | 'dragonfly';

/** A server's flavour and version. */
export interface Target {
  readonly flavour: Flavour;
  /** Major, minor and patch number as `major · 10^6 + minor · 10^3 + patch`, so that versions compare as numbers. */
  readonly version: number;
}

/** The newest release there will ever be: the version of a flavour without one. */
export const NEWEST = 999_999_999;

const WORD = /^(?:(redis|valkey|keydb|dragonfly)(?:[- ]?v?(?=\d)|$))?(?:(\d{1,3})(?:\.(\d{1,3}))?(?:\.(\d{1,3}))?)?$/i;

/**
 * Packs a version's numbers as in {@link Target.version}.
 *
 * @example
 * ```ts
 * import { packVersion } from '@rdbkit/commands';
 * console.log(packVersion(7, 0, 15)); // 7000015
 * ```
 */
export function packVersion(major: number, minor: number, patch: number): number {
  return major * 1_000_000 + minor * 1000 + patch;
}

/**
 * Parses what users write after `--target`: `6.2`, `7.0.15`, `redis-7.2`, `valkey-8`, `valkey-9.1.0`, `keydb-6.3`,
 * `dragonfly`. A number without a name is a Redis version; parts that are left out are 0; a name without a number means
 * the newest known release.
 *
 * @throws RangeError for anything else.
 *
 * @example
 * ```ts
 * import { formatTarget, parseTarget } from '@rdbkit/commands';
 * console.log(formatTarget(parseTarget('valkey-8'))); // valkey 8.0.0
 * ```
 */
export function parseTarget(word: string): Target {
  const match = WORD.exec(word.trim());
  if (match === null || match[0] === '') {
    throw new RangeError(`expected a version such as 7.2, valkey-8.1, keydb-6.3 or dragonfly, got '${word}'`);
  }
  const [, name, major, minor, patch] = match;
  const flavour = (name?.toLowerCase() ?? 'redis') as Flavour;
  if (major === undefined) return { flavour, version: NEWEST };
  return { flavour, version: packVersion(Number(major), Number(minor ?? 0), Number(patch ?? 0)) };
}

/** A target in words: `redis 7.0.15`. */
export function formatTarget(target: Target): string {
  if (target.version >= NEWEST) return target.flavour;
  const { version } = target;
  return `${target.flavour} ${Math.floor(version / 1_000_000)}.${Math.floor(version / 1000) % 1000}.${version % 1000}`;
}
