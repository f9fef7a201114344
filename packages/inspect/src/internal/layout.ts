/**
 * How servers lay out keys and values in memory, as far as sizes depend on it: one table, in which a row states what its
 * release changes against the row before it. For 64-bit builds.
 *
 * From the structures in the tagged sources of Redis 2.4 … 8.0 and 8.6 and Valkey 8.0 … 9.1, checked against running servers.
 * What is said of Redis 8.4 rests on measurements, of Redis 8.2 and Valkey 9.0 on what is known of their changes.
 */
import { packVersion, type Target } from '@rdbkit/commands';

export interface Layout {
  /** `MEMORY USAGE` exists. 4.0. */
  readonly hasUsage: boolean;
  /** Header of a string: always 8 bytes, or as long as its length needs. 3.2. */
  readonly stringHeader: 'long' | 'short';
  /** Lengths up to 252 and 65,530 instead of 255 and 65,535 have the shorter header. */
  readonly lowHeaderLimits: boolean;
  /** Longest string value that shares the block of its object; −1 for none. */
  readonly embeddedBytes: number;
  /** Elements of sets, hashes and sorted sets are objects of their own. Up to 3.2. */
  readonly elementObjects: boolean;
  /** Where a key's name is: a block of its own, in the table's entry, or in the object's block. */
  readonly keyName: 'separate' | 'in-entry' | 'in-object';
  /** Block up to which a string value is in it together with its key, in bytes. */
  readonly sharedBlockBytes: number;
  /** The expiry counts for that limit. */
  readonly sharedBlockCountsExpiry: boolean;
  /** A value that is in the block takes the place of the pointer to it. Valkey 9.1. */
  readonly reusesPointer: boolean;
  /** What `MEMORY USAGE` counts of an object's block: 16 bytes flat, what was asked for, or what it takes. */
  readonly objectUsage: 'flat' | 'asked' | 'taken';
  /** What it counts of a string object that is one block: its length and 18, or what it takes. */
  readonly embeddedUsage: 'length' | 'taken';
  /** What it counts of a key's name is that of its own argument, which has the longer header. 4.0. */
  readonly keyUsageOfArgument: boolean;
  /** What it counts of other strings; `long-taken` differs from `taken` for up to 31 bytes. */
  readonly stringUsage: 'asked' | 'taken' | 'long-taken';
  /** Encoding of small aggregates. */
  readonly packed: 'ziplist' | 'listpack';
  /** What it counts of a packed blob. */
  readonly packedUsage: 'asked' | 'taken';
  /** Small sets of strings are packed. 7.2. */
  readonly packedSets: boolean;
  /** Hashes before 2.6 are packed as zipmaps. */
  readonly zipmaps: boolean;
  /** Lists: linked list or ziplist up to 3.0, then quicklist. */
  readonly quicklists: boolean;
  /** Lists of one packed node are nothing but that node. 7.2. */
  readonly packedLists: boolean;
  readonly quicklistBytes: number;
  readonly quicklistNodeBytes: number;
  /** A list element that is too long for a node has one of its own, unpacked. 7.2. */
  readonly plainListNodes: boolean;
  /** Hash tables: chains of entries, or buckets of seven. */
  readonly table: 'dict' | 'buckets';
  /** The table's own structure. */
  readonly tableBytes: number;
  /** Sets have entries only where members collide. 7.2. */
  readonly entryFreeSets: boolean;
  /** What `MEMORY USAGE` counts of them: a whole entry for each member, or what there is. */
  readonly setEntryUsage: 'flat' | 'taken';
  /** So has the keyspace. 8.2. */
  readonly entryFreeKeyspace: boolean;
  /** Fields of a hash: two strings, a string with room for an expiry and one, or one block if it is small enough. */
  readonly hashFields: 'strings' | 'field-and-string' | 'blocks';
  readonly skiplistBytes: number;
  readonly skiplistLevels: number;
  /** What the member's string adds to the block of its node: it has a block of its own, shares it, or shares it and takes a byte more. */
  readonly skiplistMember: 'separate' | 'shared' | 'shared-and-byte';
  /** The head of the skip list is a part of its structure. Valkey 9.1. */
  readonly skiplistHeadInside: boolean;
  /** `MEMORY USAGE` leaves out the structures of a sorted set. 4.0. */
  readonly sparseSkiplistUsage: boolean;
  readonly streamBytes: number;
  /** `MEMORY USAGE` counts a stream's structure. 6.2. */
  readonly streamUsageHasStruct: boolean;
  readonly radixTreeBytes: number;
  /** `MEMORY USAGE` counts radix trees by what they take instead of by number of nodes. */
  readonly exactRadixUsage: boolean;
  readonly groupBytes: number;
  readonly consumerBytes: number;
  readonly pendingBytes: number;
  /** An index from pending entries to their groups. 8.2. */
  readonly pendingIndex: boolean;
  /** What stands before the listpack of a hash whose fields expire. 7.4. */
  readonly fieldExpiryBytes: number;
  /** `MEMORY USAGE` is kept up to date by the server instead of being computed by walking the value. 8.2. */
  readonly isTracked: boolean;
  /** Objects for the numbers 0 to 9999 exist once. */
  readonly sharedIntegers: boolean;
  /** A hash with a field that expires is: a packed one with a structure of its own, or never packed. */
  readonly packedFieldExpiry: boolean;
}

interface Release {
  readonly since: string;
  readonly has: Partial<Layout>;
}

const FIRST: Layout = {
  hasUsage: false,
  stringHeader: 'long',
  lowHeaderLimits: false,
  embeddedBytes: -1,
  elementObjects: true,
  keyName: 'separate',
  sharedBlockBytes: 0,
  sharedBlockCountsExpiry: false,
  reusesPointer: false,
  objectUsage: 'flat',
  embeddedUsage: 'length',
  keyUsageOfArgument: true,
  stringUsage: 'asked',
  packed: 'ziplist',
  packedUsage: 'asked',
  packedSets: false,
  zipmaps: true,
  quicklists: false,
  packedLists: false,
  quicklistBytes: 40,
  quicklistNodeBytes: 32,
  plainListNodes: false,
  table: 'dict',
  tableBytes: 96,
  entryFreeSets: false,
  setEntryUsage: 'flat',
  entryFreeKeyspace: false,
  hashFields: 'strings',
  skiplistBytes: 32,
  skiplistLevels: 32,
  skiplistMember: 'separate',
  skiplistHeadInside: false,
  sparseSkiplistUsage: true,
  streamBytes: 40,
  streamUsageHasStruct: false,
  radixTreeBytes: 24,
  exactRadixUsage: false,
  groupBytes: 32,
  consumerBytes: 24,
  pendingBytes: 24,
  pendingIndex: false,
  fieldExpiryBytes: 32,
  isTracked: false,
  sharedIntegers: true,
  packedFieldExpiry: true,
};

const REDIS: readonly Release[] = [
  { since: '2.4.0', has: {} },
  { since: '2.6.0', has: { zipmaps: false } },
  { since: '3.0.0', has: { embeddedBytes: 39 } },
  { since: '3.2.0', has: { stringHeader: 'short', embeddedBytes: 44, quicklists: true } },
  { since: '4.0.0', has: { elementObjects: false, hasUsage: true } },
  { since: '5.0.0', has: { skiplistLevels: 64, sparseSkiplistUsage: false, keyUsageOfArgument: false } },
  { since: '6.0.0', has: { skiplistLevels: 32, stringUsage: 'taken' } },
  { since: '6.2.0', has: { streamUsageHasStruct: true } },
  {
    since: '7.0.0',
    has: {
      embeddedUsage: 'taken',
      packed: 'listpack',
      packedUsage: 'taken',
      quicklistNodeBytes: 40,
      tableBytes: 56,
      streamBytes: 80,
      groupBytes: 40,
    },
  },
  {
    since: '7.2.0',
    has: { packedSets: true, packedLists: true, plainListNodes: true, entryFreeSets: true, consumerBytes: 32 },
  },
  { since: '7.4.0', has: { hashFields: 'field-and-string' } },
  {
    since: '8.2.0',
    has: {
      lowHeaderLimits: true,
      keyName: 'in-object',
      sharedBlockBytes: 64,
      quicklistBytes: 48,
      entryFreeKeyspace: true,
      groupBytes: 48,
      pendingBytes: 32,
      pendingIndex: true,
      streamBytes: 120,
      sharedIntegers: false,
    },
  },
  { since: '8.2.1', has: { objectUsage: 'taken' } },
  {
    since: '8.4.0',
    has: {
      objectUsage: 'asked',
      stringUsage: 'long-taken',
      packedUsage: 'asked',
      skiplistBytes: 40,
      radixTreeBytes: 32,
      exactRadixUsage: true,
      isTracked: true,
    },
  },
  {
    since: '8.6.0',
    has: {
      objectUsage: 'taken',
      hashFields: 'blocks',
      skiplistMember: 'shared',
      streamBytes: 160,
      groupBytes: 56,
      pendingBytes: 64,
      fieldExpiryBytes: 24,
    },
  },
];

const upTo = (version: number): Release[] =>
  REDIS.filter(({ since }) => packText(since) <= version).map(({ has }) => ({ since: '0.0.0', has }));

const VALKEY: readonly Release[] = [
  ...upTo(packVersion(7, 2, 0)),
  { since: '7.2.0', has: { packedFieldExpiry: false } },
  { since: '8.0.0', has: { lowHeaderLimits: true, keyName: 'in-entry', setEntryUsage: 'taken' } },
  {
    since: '8.1.0',
    has: {
      keyName: 'in-object',
      sharedBlockBytes: 64,
      sharedBlockCountsExpiry: true,
      table: 'buckets',
      tableBytes: 72,
      hashFields: 'blocks',
      radixTreeBytes: 32,
      exactRadixUsage: true,
      sharedIntegers: false,
    },
  },
  { since: '8.1.3', has: { objectUsage: 'taken' } },
  { since: '9.0.0', has: { tableBytes: 80 } },
  {
    since: '9.1.0',
    has: {
      sharedBlockBytes: 128,
      reusesPointer: true,
      skiplistMember: 'shared-and-byte',
      skiplistHeadInside: true,
    },
  },
];

/** KeyDB branched off Redis 6 and kept its structures. */
const KEYDB: readonly Release[] = [...upTo(packVersion(6, 2, 0)), { since: '0.0.0', has: { embeddedBytes: 48 } }];

/** The layout of a server, or `null` when nothing is known of it. */
export function layoutOf({ flavour, version }: Target): Layout | null {
  if (flavour === 'dragonfly') return null;
  const releases = flavour === 'valkey' ? VALKEY : flavour === 'keydb' ? KEYDB : REDIS;
  let layout = FIRST;
  for (const { since, has } of releases) if (packText(since) <= version) layout = { ...layout, ...has };
  return layout;
}

function packText(version: string): number {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  return packVersion(major, minor, patch);
}
