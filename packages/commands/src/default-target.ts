/**
 * Who will read what is written, when nobody says so.
 *
 * @module
 */
import type { RdbHeader } from '@rdbkit/rdb';
import { lowestReleaseOf, rdbVersionOf } from './capabilities.ts';
import { type Flavour, NEWEST, packVersion, type Target } from './target.ts';

/** What a dump says of the server that wrote it: the AUX fields of these names, `null` where there is none. */
export interface WriterFields {
  /** `redis-ver`. */
  readonly redis: string | null;
  /** `valkey-ver`. */
  readonly valkey: string | null;
  /** `df-ver`. */
  readonly dragonfly: string | null;
}

/**
 * The target when the user named none: the server that wrote the dump, or, when it does not say so or says something that
 * the RDB version belies (development builds call themselves 255.255.255), the lowest release with that RDB version.
 */
export function defaultTarget(header: RdbHeader, writer: WriterFields): Target {
  const { redis, valkey, dragonfly } = writer;
  const flavour: Flavour = valkey !== null || header.dialect === 'valkey' ? 'valkey' : 'redis';
  if (dragonfly !== null || header.dialect === 'dragonfly') {
    // Dragonfly writes version 9 whatever it is.
    return { flavour: 'dragonfly', version: parseVersion(dragonfly ?? '') ?? NEWEST };
  }
  const version = parseVersion((flavour === 'valkey' ? valkey : redis) ?? '');
  if (version !== undefined) {
    // There has been no Redis 6.3.
    const isKeydb = header.dialect === 'keydb' || (flavour === 'redis' && Math.floor(version / 1000) === 6003);
    const target: Target = { flavour: isKeydb ? 'keydb' : flavour, version };
    if (rdbVersionOf(target) === header.version) return target;
  }
  return lowestReleaseOf(header.dialect === 'keydb' ? 'keydb' : flavour, header.version);
}

function parseVersion(text: string): number | undefined {
  const match = /^v?(\d{1,3})\.(\d{1,3})(?:\.(\d{1,3}))?/.exec(text.replace(/^df-/, ''));
  if (match === null) return undefined;
  return packVersion(Number(match[1]), Number(match[2]), Number(match[3] ?? 0));
}
