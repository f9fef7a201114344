/**
 * What each server understands: the one table that knows which type codes RESTORE accepts and which commands and options
 * exist. A row states what its release adds to the row before it.
 *
 * From `rdb.c`, `rdb.h` and the command tables of the tagged sources and from runs of the servers; rows of Dragonfly from
 * its sources only.
 *
 * @module
 */
import type { Dialect } from '@rdbkit/rdb';
import { type Flavour, packVersion, type Target } from './target.ts';

/** How a server lets fields of a hash expire by themselves. */
export type FieldExpiry =
  | 'none'
  /** `HPEXPIREAT key ms FIELDS n field…` */
  | 'hpexpireat'
  /** `PEXPIREMEMBERAT key field ms` (KeyDB). */
  | 'pexpirememberat'
  /** `HEXPIRE key seconds FIELDS n field…`, relative to now (Dragonfly). */
  | 'hexpire';

/** How a server lets members of a set expire by themselves. */
export type MemberExpiry =
  | 'none'
  /** `PEXPIREMEMBERAT key member ms` (KeyDB). */
  | 'pexpirememberat';

/** What a release has. Each name is followed by the first Redis with it. */
interface Features {
  /** `PEXPIREAT`, `SCRIPT LOAD`. 2.6. */
  readonly milliseconds: boolean;
  /** `SET … NX`. 2.6.12. */
  readonly setOptions: boolean;
  /** `ZADD` with a score that is closer to 0 than 2.2e-308. All but 2.6. */
  readonly subnormalScores: boolean;
  /** `RESTORE … REPLACE`. 3.0. */
  readonly restoreReplace: boolean;
  /** `HSET` with several pairs. 4.0. */
  readonly hsetPairs: boolean;
  /** `RESTORE … ABSTTL`, `IDLETIME`, `FREQ`. 5.0. */
  readonly restoreOptions: boolean;
  /** Streams. 5.0. */
  readonly streams: boolean;
  /** `SET … PXAT`. 6.2. */
  readonly setPxat: boolean;
  /** `XGROUP CREATECONSUMER`. 6.2. */
  readonly createConsumer: boolean;
  /** `XSETID … ENTRIESADDED MAXDELETEDID`, `XGROUP CREATE … ENTRIESREAD`. 7.0. */
  readonly streamCounters: boolean;
  /** `FUNCTION LOAD`. 7.0. */
  readonly functions: boolean;
  /** Fields of a hash that expire. 7.4. */
  readonly fieldExpiry: FieldExpiry;
  /** The type code that holds such a hash in a payload, −1 for none. 7.4. */
  readonly fieldExpiryType: number;
  /** Members of a set that expire. KeyDB; Dragonfly by payloads only, because its `SADDEX` counts from now and up to two years. */
  readonly memberExpiry: MemberExpiry;
  /** The type code that holds such a set in a payload, −1 for none. Dragonfly. */
  readonly memberExpiryType: number;
  /** Keys that are not evicted: `RESTORE … STICK`. Dragonfly. */
  readonly sticky: boolean;
  /** Vector sets, a module type that needs no module to be loaded. 8.0. */
  readonly vectorSets: boolean;
  /** `XCFGSET`. 8.6. */
  readonly idmpSettings: boolean;
  /** `XIDMPRECORD`. 8.6.2. */
  readonly idmpRecords: boolean;
  /** Payloads that begin with KEY_META. 8.6. */
  readonly keyMetadata: boolean;
  /** `ARMSET`, `ARSEEK`. 8.8. */
  readonly arrays: boolean;
  /** `XNACK`. 8.8. */
  readonly nack: boolean;
}

/** What one release of one server understands. */
export interface Capabilities extends Features {
  readonly target: Target;
  /** The dialect of the type codes above 21. */
  readonly dialect: Dialect;
  /** Highest version of a DUMP payload; 0 where there is no RESTORE. */
  readonly payloadVersion: number;
  /** Type codes that RESTORE accepts, those above 21 in this dialect. */
  readonly types: ReadonlySet<number>;
  /** Modules that can be had at all, or `null` when any may be loaded. */
  readonly modules: readonly string[] | null;
}

interface Release {
  readonly since: string;
  /** Version of the RDB files that it writes. */
  readonly rdb: number;
  /** Highest payload version; `rdb` unless stated. */
  readonly payload?: number;
  readonly types?: readonly number[];
  readonly has?: Partial<Features>;
}

const NOTHING: Features = {
  milliseconds: false,
  setOptions: false,
  subnormalScores: true,
  restoreReplace: false,
  hsetPairs: false,
  restoreOptions: false,
  streams: false,
  setPxat: false,
  createConsumer: false,
  streamCounters: false,
  functions: false,
  fieldExpiry: 'none',
  fieldExpiryType: -1,
  memberExpiry: 'none',
  memberExpiryType: -1,
  sticky: false,
  vectorSets: false,
  idmpSettings: false,
  idmpRecords: false,
  keyMetadata: false,
  arrays: false,
  nack: false,
};

const REDIS: readonly Release[] = [
  { since: '2.4.0', rdb: 2, payload: 0 },
  {
    since: '2.6.0',
    rdb: 6,
    types: [0, 1, 2, 3, 4, 9, 10, 11, 12, 13],
    has: { milliseconds: true, subnormalScores: false },
  },
  { since: '2.6.12', rdb: 6, has: { setOptions: true } },
  { since: '2.8.0', rdb: 6, has: { subnormalScores: true } },
  { since: '3.0.0', rdb: 6, has: { restoreReplace: true } },
  { since: '3.2.0', rdb: 7, types: [14] },
  { since: '4.0.0', rdb: 8, types: [5, 7], has: { hsetPairs: true } },
  { since: '5.0.0', rdb: 9, types: [15], has: { restoreOptions: true, streams: true } },
  { since: '6.2.0', rdb: 9, has: { setPxat: true, createConsumer: true } },
  { since: '7.0.0', rdb: 10, types: [16, 17, 18, 19], has: { streamCounters: true, functions: true } },
  { since: '7.2.0', rdb: 11, types: [20, 21] },
  { since: '7.4.0', rdb: 12, types: [24, 25], has: { fieldExpiry: 'hpexpireat', fieldExpiryType: 24 } },
  { since: '8.0.0', rdb: 12, has: { vectorSets: true } },
  { since: '8.6.0', rdb: 13, types: [26], has: { keyMetadata: true, idmpSettings: true } },
  { since: '8.6.2', rdb: 13, has: { idmpRecords: true } },
  { since: '8.8.0', rdb: 14, types: [27, 28], has: { arrays: true, nack: true } },
  { since: '8.10.0', rdb: 15, types: [29, 31] },
  { since: '8.12.0', rdb: 16, types: [33] },
];

/** Where Valkey parted from Redis. */
const REDIS_7_2: readonly Release[] = REDIS.filter(({ since }) => packText(since) <= packVersion(7, 2, 0));

const VALKEY: readonly Release[] = [
  ...REDIS_7_2.map((release) => ({ ...release, since: '0.0.0' })),
  { since: '7.2.0', rdb: 11 },
  { since: '9.0.0', rdb: 80, types: [22], has: { fieldExpiry: 'hpexpireat', fieldExpiryType: 22 } },
  { since: '9.2.0', rdb: 81, types: [23] },
];

const KEYDB: readonly Release[] = [
  ...REDIS.filter(({ since }) => packText(since) <= packVersion(6, 2, 0)).map((release) => ({
    ...release,
    since: '0.0.0',
  })),
  { since: '6.3.0', rdb: 9, has: { fieldExpiry: 'pexpirememberat', memberExpiry: 'pexpirememberat' } },
];

const DRAGONFLY: readonly Release[] = [
  {
    since: '0.0.0',
    rdb: 9,
    payload: 9,
    types: [0, 2, 3, 4, 5, 7, 11, 12, 13, 14, 15, 16, 17, 18],
    has: {
      milliseconds: true,
      setOptions: true,
      restoreReplace: true,
      hsetPairs: true,
      restoreOptions: true,
      streams: true,
      setPxat: true,
      createConsumer: true,
    },
  },
  { since: '1.7.0', rdb: 9, payload: 11, types: [19, 20, 21], has: { streamCounters: true } },
  {
    since: '1.13.0',
    rdb: 9,
    payload: 11,
    types: [31, 32],
    has: { fieldExpiryType: 31, memberExpiryType: 32, sticky: true },
  },
  { since: '1.15.0', rdb: 9, payload: 11, types: [30] },
  { since: '1.17.0', rdb: 9, payload: 11, types: [33] },
  { since: '1.24.0', rdb: 9, payload: 12, has: { fieldExpiry: 'hexpire' } },
  { since: '1.35.0', rdb: 9, payload: 12, types: [34] },
  { since: '1.38.0', rdb: 9, payload: 12, types: [35, 36] },
  { since: '1.40.0', rdb: 9, payload: 12, types: [37] },
];

const RELEASES: Readonly<Record<Flavour, readonly Release[]>> = {
  redis: REDIS,
  valkey: VALKEY,
  keydb: KEYDB,
  dragonfly: DRAGONFLY,
};

/**
 * Looks up what a server understands. A version newer than all known ones counts as the newest known, one older than
 * all as the oldest.
 *
 * @example
 * ```ts
 * import { capabilitiesOf, parseTarget } from '@rdbkit/commands';
 * const { payloadVersion, fieldExpiry } = capabilitiesOf(parseTarget('7.0.15'));
 * console.log(payloadVersion, fieldExpiry); // 10 none
 * ```
 */
export function capabilitiesOf(target: Target): Capabilities {
  const types = new Set<number>();
  let features = NOTHING;
  let payloadVersion = 0;
  for (const release of releasesUpTo(target)) {
    for (const type of release.types ?? []) types.add(type);
    features = { ...features, ...release.has };
    payloadVersion = release.payload ?? release.rdb;
  }
  return {
    ...features,
    target,
    dialect: target.flavour,
    payloadVersion,
    types,
    modules: target.flavour === 'dragonfly' ? ['ReJSON-RL'] : null,
  };
}

/** Whether a server may have the module with this name: whether it is worth trying to restore its values. */
export function acceptsModule(capabilities: Capabilities, name: string): boolean {
  if (name === 'vectorset') return capabilities.vectorSets;
  return capabilities.modules?.includes(name) ?? true;
}

/** The version of the RDB files that a server writes. */
export function rdbVersionOf(target: Target): number {
  return releasesUpTo(target).at(-1)?.rdb ?? 0;
}

/** The first release that wrote RDB files of a version, or of the next version that any release wrote. */
export function lowestReleaseOf(flavour: Flavour, rdbVersion: number): Target {
  const releases = RELEASES[flavour].filter(({ since }) => since !== '0.0.0');
  const release = releases.find(({ rdb }) => rdb >= rdbVersion) ?? releases.at(-1);
  return { flavour, version: packText(release?.since ?? '') };
}

function releasesUpTo(target: Target): readonly Release[] {
  const releases = RELEASES[target.flavour];
  const known = releases.filter(({ since }) => packText(since) <= target.version);
  return known.length > 0 ? known : releases.slice(0, 1);
}

function packText(version: string): number {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  return packVersion(major, minor, patch);
}
