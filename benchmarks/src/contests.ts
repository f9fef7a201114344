/** What is held against what: the tables of docs/benchmarks.md. */

/** Cases that do the same job on the same dump. Their runs take turns, so that what disturbs one disturbs all. */
export interface Contest {
  readonly name: string;
  readonly dataset: string;
  /** Name of the case, and what a table calls it; the first is ours. */
  readonly entries: readonly (readonly [name: string, label: string])[];
}

const PLAIN: Contest['entries'] = [
  ['rdb2resp/plain', 'rdb2resp'],
  ['rival/librdb-plain', 'librdb `rdb-cli resp` (C)'],
  ['rival/rct-resp', 'redis-rdb-cli `rct -f resp` (Java)'],
];

const RESTORE: Contest['entries'] = [
  ['rdb2resp/restore', 'rdb2resp --restore'],
  ['rival/librdb-restore', 'librdb `rdb-cli resp -r` (C)'],
  ['rival/rct-dump', 'redis-rdb-cli `rct -f dump` (Java)'],
];

const JSON_LINES: Contest['entries'] = [
  ['export/jsonl', 'rdbkit export'],
  ['rival/librdb-json', 'librdb `rdb-cli json` (C)'],
  ['rival/hdt3213-json', 'HDT3213/rdb `-c json` (Go)'],
  ['rival/rct-jsonl', 'redis-rdb-cli `rct -f jsonl` (Java)'],
];

const LOCAL: Contest['entries'] = [
  ['restore/local', 'rdbkit restore'],
  ['rival/redis-cli-pipe-restore', '`redis-cli --pipe`, ready-made `RESTORE` (C)'],
  ['rival/redis-cli-pipe-plain', '`redis-cli --pipe`, ready-made plain (C)'],
  ['rival/librdb-redis', 'librdb `rdb-cli redis -r -l 1000` (C)'],
  ['rival/rmt-default', 'redis-rdb-cli `rmt` (Java)'],
  ['rival/rmt-no-flush-4', '`rmt`, `migrate_flush=no`, 4 threads (Java)'],
  ['rival/rmt-no-flush-8', '`rmt`, `migrate_flush=no`, 8 threads (Java)'],
  ['rival/redis-shake', 'RedisShake `rdb_reader` (Go)'],
  ['rival/server-load', 'the server loads the file itself (C)'],
];

export const CONTESTS: readonly Contest[] = [
  { name: 'plain', dataset: 'mixed', entries: PLAIN },
  { name: 'restore', dataset: 'mixed', entries: RESTORE },
  { name: 'json', dataset: 'mixed', entries: JSON_LINES },
  {
    name: 'scan',
    dataset: 'mixed',
    entries: [
      ['keys/csv', 'rdbkit keys'],
      ['inspect/page', 'rdbkit inspect'],
      ['check/values', 'rdbkit check'],
      ['rival/redis-check-rdb', '`redis-check-rdb` (C)'],
    ],
  },
  {
    name: 'start',
    dataset: 'one-kib',
    entries: [
      ['start/rdb2resp', 'rdb2resp'],
      ['start/node', '`node -e 0`'],
      ['rival/librdb-plain', 'librdb `rdb-cli resp` (C)'],
      ['rival/rct-resp', 'redis-rdb-cli `rct -f resp` (Java)'],
    ],
  },
  { name: 'local', dataset: 'mixed', entries: LOCAL },
  { name: 'local-tiny', dataset: 'tiny-strings', entries: LOCAL },
  {
    name: 'cluster',
    dataset: 'mixed',
    entries: [
      ['restore/cluster', 'rdbkit restore'],
      ['rival/rmt-cluster', 'redis-rdb-cli `rmt` (Java)'],
      ['rival/rmt-cluster-no-flush-4', '`rmt`, `migrate_flush=no`, 4 threads (Java)'],
      ['rival/rmt-cluster-no-flush-8', '`rmt`, `migrate_flush=no`, 8 threads (Java)'],
      ['rival/redis-shake-cluster', 'RedisShake `rdb_reader` (Go)'],
    ],
  },
];

/** The same jobs on data of one kind. */
const FORMS: Contest['entries'] = [
  ['rdb2resp/plain', 'rdb2resp'],
  ['rival/librdb-plain', 'librdb'],
  ['rdb2resp/restore', 'rdb2resp --restore'],
  ['rival/librdb-restore', 'librdb -r'],
  ['export/jsonl', 'rdbkit export'],
  ['rival/librdb-json', 'librdb json'],
  ['rival/hdt3213-json', 'HDT3213/rdb'],
];

/** Kinds of data, each measured by itself. */
export const KINDS: readonly Contest[] = [
  { name: 'tiny strings', dataset: 'tiny-strings', entries: FORMS },
  { name: 'counters with expiry', dataset: 'many-keys', entries: FORMS },
  { name: 'hashes in listpacks', dataset: 'packed-hashes', entries: FORMS },
  {
    name: 'hash tables, skiplists',
    dataset: 'tables',
    entries: [
      ...FORMS,
      ['rival/rdbtools-plain', 'redis-rdb-tools `rdb -c protocol` (Python)'],
      ['rival/rdbtools-json', 'redis-rdb-tools `rdb -c json` (Python)'],
    ],
  },
  { name: 'compressed JSON', dataset: 'documents', entries: FORMS },
  { name: 'streams', dataset: 'streams', entries: FORMS },
  { name: 'one list', dataset: 'giant-list', entries: FORMS },
];

/** From the smallest step to the whole: what each layer takes. */
export const LAYERS: readonly (readonly [job: string, label: string])[] = [
  ['bytes/crc64', 'CRC-64'],
  ['bytes/crc64-runs', 'CRC-64 of runs of 350 bytes'],
  ['bytes/lzf', 'LZF, decompressing'],
  ['rdb/listpack', 'walking through listpacks'],
  ['rdb/read-file mixed', 'reading the file, nothing else'],
  ['rdb/skip mixed', 'keys, types, sizes; CRC'],
  ['rdb/skip-no-checksum mixed', 'the same without CRC'],
  ['rdb/raw mixed', 'raw values; CRC'],
  ['rdb/logical mixed', 'every element; CRC'],
  ['rdb/logical-no-checksum mixed', 'the same without CRC'],
  ['commands/plain mixed', 'plain commands, in memory; CRC'],
  ['commands/restore mixed', '`RESTORE` commands, in memory; CRC'],
  ['aof/read incr-log', 'reading an append-only log'],
];

/** The same at two sizes: time grows as the size does, memory does not. */
export interface Growth {
  readonly case_: string;
  readonly label: string;
  readonly small: string;
  readonly large: string;
}

function growths(small: string, large: string): Growth[] {
  return [
    { case_: 'rdb/logical', label: 'every element, in memory', small, large },
    { case_: 'commands/plain', label: 'plain commands, in memory', small, large },
    { case_: 'rdb2resp/plain', label: 'rdb2resp', small, large },
    { case_: 'rdb2resp/restore', label: 'rdb2resp --restore', small, large },
    { case_: 'export/jsonl', label: 'rdbkit export', small, large },
  ];
}

export const GROWTHS: readonly Growth[] = [
  ...growths('mixed-tenth', 'mixed'),
  ...growths('giant-list', 'giant-list-1gib'),
];

/** Jobs whose runs take turns. One job may be in several groups: each is compared within itself. */
export interface Group {
  readonly name: string;
  readonly jobs: readonly string[];
  /** Whether ours are measured with every Node that was named, or with the first alone. */
  readonly isForEveryNode: boolean;
}

function contestGroups(contests: readonly Contest[], isForEveryNode: boolean): Group[] {
  return contests.map(({ name, dataset, entries }) => {
    const jobs = entries.map(([case_]) => `${case_} ${dataset}`);
    return { name, jobs, isForEveryNode };
  });
}

export function growthGroup({ case_, small, large }: Growth): Group {
  const jobs = [`${case_} ${small}`, `${case_} ${large}`];
  return { name: `growth of ${jobs[0]}`, jobs, isForEveryNode: false };
}

export const GROUPS: readonly Group[] = [
  ...contestGroups(CONTESTS, true),
  ...LAYERS.map(([job]) => ({ name: 'layers', jobs: [job], isForEveryNode: true })),
  ...contestGroups(KINDS, false),
  ...GROWTHS.map(growthGroup),
];
