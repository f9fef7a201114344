/**
 * What in a dump is worth a look, and what may be done about it.
 *
 * @module
 */
import type { InspectionReport, LargeKey } from './inspection-report.ts';
import type { PrefixNode } from './prefix-tree.ts';

/** One thing worth a look. */
export interface Advice {
  /** Stable: `huge-key`, `long-element`, `many-elements`, `expired-share`, `no-expiry`, `partial-expiry`, `near-threshold`, `pending-entries`, `slot-skew`, `long-names`, `memory-ratio`, `empty-keys`. */
  readonly code: string;
  /** What was found, in a few words. */
  readonly title: string;
  /** What it means and what helps. */
  readonly text: string;
  /** The memory that it is about, in bytes; `null` where that is not the point. */
  readonly memory: number | null;
  /** The key that it is about, or a first one. */
  readonly key: Pick<LargeKey, 'db' | 'key' | 'keyBytes'> | null;
  /** The prefix that it is about. */
  readonly prefix: Uint8Array | null;
}

const MIB = 1024 * 1024;
const HUGE_BYTES = 64 * MIB;
const HUGE_SHARE = 0.05;
const HUGE_LEAST = 8 * MIB;
const LONG_ELEMENT = MIB;
const MANY_ELEMENTS = 1_000_000;
const EXPIRED_SHARE = 0.05;
const LIKE_A_CACHE =
  /(?:^|[^a-z])(?:cache|cached|session|sess|tmp|temp|lock|token|otp|nonce|ratelimit|throttle)s?(?:[^a-z]|$)/i;
const FEW_WITHOUT = 0.5;
const LEAST_KEYS = 100;
const LEAST_PREFIX_SHARE = 0.01;
const PENDING_LEAST = 1000;
const PENDING_DAYS = 7;
const SLOT_SHARE = 0.02;
const NAME_SHARE = 0.3;
const RATIO_LOW = 0.75;
const RATIO_HIGH = 1.25;
const RATIO_LEAST_BYTES = 16 * MIB;
const STARTUP_BYTES = MIB;
const DAY_MS = 86_400_000;
const MOST_OF_A_KIND = 3;

/**
 * Looks through a report.
 *
 * @example
 * ```ts
 * import { adviceFor, Inspection } from '@rdbkit/inspect';
 * import { readRdbSync } from '@rdbkit/rdb';
 * const inspection = new Inspection();
 * readRdbSync(bytes, inspection);
 * console.log(adviceFor(inspection.report()).length); // 0
 * ```
 */
export function adviceFor(report: InspectionReport): Advice[] {
  return [
    ...hugeKeys(report),
    ...longElements(report),
    ...manyElements(report),
    ...expiredKeys(report),
    ...prefixes(report),
    ...nearThresholds(report),
    ...pendingEntries(report),
    ...slots(report),
    ...names(report),
    ...memoryRatio(report),
    ...emptyKeys(report),
  ];
}

const NOTHING = { memory: null, key: null, prefix: null };

function hugeKeys({ largest, total }: InspectionReport): Advice[] {
  return largest.byMemory
    .filter(({ memory }) => memory >= HUGE_BYTES || (memory >= HUGE_LEAST && memory >= total.memory * HUGE_SHARE))
    .slice(0, MOST_OF_A_KIND)
    .map((key) => ({
      ...NOTHING,
      code: 'huge-key',
      title: `One ${key.type} takes ${percent(key.memory, total.memory)} of the memory`,
      text: 'Deleting, copying or reading such a key at once stops the server for a while, and a cluster cannot spread it. Split it over several keys, and remove it with UNLINK.',
      memory: key.memory,
      key,
    }));
}

function longElements({ largestElements }: InspectionReport): Advice[] {
  return largestElements
    .filter(({ bytes }) => bytes >= LONG_ELEMENT)
    .slice(0, MOST_OF_A_KIND)
    .map((element) => ({
      ...NOTHING,
      code: 'long-element',
      title: `One element of a ${element.type} is longer than 1 MiB`,
      text: 'Every command that touches it moves all of it. Keep such a value in a key of its own, or outside of the server.',
      memory: element.bytes,
      key: element,
    }));
}

function manyElements({ largest }: InspectionReport): Advice[] {
  return largest.byElements
    .filter(({ elements }) => elements >= MANY_ELEMENTS)
    .slice(0, MOST_OF_A_KIND)
    .map((key) => ({
      ...NOTHING,
      code: 'many-elements',
      title: `A ${key.type} has more than a million elements`,
      text: 'Commands over all of them, such as SMEMBERS, HGETALL or LRANGE 0 -1, block the server. Read it with SCAN commands, or split it.',
      memory: key.memory,
      key,
    }));
}

function expiredKeys({ expiry, total }: InspectionReport): Advice[] {
  const over = expiry.bars[0];
  if (over === undefined || total.keys === 0 || over.keys < total.keys * EXPIRED_SHARE) return [];
  return [
    {
      ...NOTHING,
      code: 'expired-share',
      title: `${percent(over.keys, total.keys)} of the keys had expired when the dump was made`,
      text: 'The server had not got round to removing them, and they took memory until then. A higher active-expire-effort removes them sooner; a primary drops them when it loads the dump.',
      memory: over.memory,
    },
  ];
}

/** Prefixes whose keys live forever though others of their kind do not, or though their name says that they should not. */
function prefixes({ prefixes: found, total }: InspectionReport): Advice[] {
  const advice: Advice[] = [];
  for (const node of found?.root.children ?? []) {
    if (node.keys < LEAST_KEYS || node.memory < total.memory * LEAST_PREFIX_SHARE) continue;
    const lasting = node.keys - node.expires;
    if (node.expires > 0 && lasting > 0 && lasting < node.keys * FEW_WITHOUT) advice.push(partialExpiry(node, lasting));
    else if (node.expires === 0 && LIKE_A_CACHE.test(String.fromCharCode(...node.prefix))) advice.push(noExpiry(node));
  }
  return advice.slice(0, 2 * MOST_OF_A_KIND);
}

function partialExpiry(node: PrefixNode, lasting: number): Advice {
  return {
    ...NOTHING,
    code: 'partial-expiry',
    title: `${percent(lasting, node.keys)} of the keys with this prefix do not expire, the others do`,
    text: 'Their expiry may have been forgotten, or lost: SET without KEEPTTL removes it.',
    memory: (node.memory * lasting) / node.keys,
    prefix: node.prefix,
  };
}

function noExpiry(node: PrefixNode): Advice {
  return {
    ...NOTHING,
    code: 'no-expiry',
    title: 'No key with this prefix expires, though its name sounds as if they should',
    text: 'What is never removed grows until the memory is full. Set an expiry with the value, or an eviction policy for all keys.',
    memory: node.memory,
    prefix: node.prefix,
  };
}

function nearThresholds({ nearThresholds: found, total }: InspectionReport): Advice[] {
  return found
    .filter(({ memory }) => memory >= total.memory * LEAST_PREFIX_SHARE)
    .map(({ type, because, setting, limit, keys, memory }) => ({
      ...NOTHING,
      code: 'near-threshold',
      title: `${keys === 1 ? `A ${type} is` : `${count(keys)} keys of type ${type} are`} just too ${because === 'elements' ? 'large' : 'long'} to be packed`,
      text: `They have up to twice as ${because === 'elements' ? 'many elements' : 'long an element'} as ${setting} ${limit} allows. Packed, such keys often take a third of the memory; a higher limit costs time per command.`,
      memory,
    }));
}

function pendingEntries({ streams, expiry }: InspectionReport): Advice[] {
  return streams.largestGroups
    .filter(({ pending, oldestDeliveryMs }) => {
      return (
        pending >= PENDING_LEAST && oldestDeliveryMs !== null && expiry.atMs - oldestDeliveryMs > PENDING_DAYS * DAY_MS
      );
    })
    .slice(0, MOST_OF_A_KIND)
    .map((group) => ({
      ...NOTHING,
      code: 'pending-entries',
      title: `A consumer group has ${count(group.pending)} entries that were delivered but never acknowledged`,
      text: 'They cost memory twice, and nobody works on them any more: XAUTOCLAIM gives them to another consumer, XACK drops them.',
      key: group,
    }));
}

function slots({ slots: found, total }: InspectionReport): Advice[] {
  const [heaviest] = found?.heaviest ?? [];
  if (heaviest === undefined || total.keys < LEAST_KEYS || heaviest.memory < total.memory * SLOT_SHARE) return [];
  return [
    {
      ...NOTHING,
      code: 'slot-skew',
      title: `Slot ${heaviest.slot} has ${percent(heaviest.memory, total.memory)} of the memory`,
      text: 'A slot cannot be divided between nodes. Hash tags ({…} in names) that put many keys into one slot are the usual reason.',
      memory: heaviest.memory,
    },
  ];
}

function names({ nameBytes, total }: InspectionReport): Advice[] {
  if (total.keys < LEAST_KEYS || nameBytes < total.memory * NAME_SHARE) return [];
  return [
    {
      ...NOTHING,
      code: 'long-names',
      title: `The names of keys make up ${percent(nameBytes, total.memory)} of the memory`,
      text: 'Shorter names, or fields of one hash instead of many keys, take less.',
      memory: nameBytes,
    },
  ];
}

/** The estimate against what the server said of itself. */
function memoryRatio({ file, profile, hasModel, total, tables }: InspectionReport): Advice[] {
  const { usedMemory } = file;
  if (usedMemory === null || profile === null || !hasModel || !profile.isOwn || usedMemory < RATIO_LEAST_BYTES)
    return [];
  const ratio = (total.memory + tables) / (usedMemory - STARTUP_BYTES);
  if (ratio >= RATIO_LOW && ratio <= RATIO_HIGH) return [];
  return [
    {
      ...NOTHING,
      code: 'memory-ratio',
      title: `The estimate is ${percent(ratio, 1)} of the memory that the server used when it saved`,
      text:
        ratio < RATIO_LOW
          ? 'The rest may be buffers of clients and replicas, the replication backlog, data of modules, scripts, or another allocator.'
          : 'The server may pack larger collections than usual (hash-max-listpack-entries and the like), or use another allocator.',
    },
  ];
}

function emptyKeys({ emptyKeys: keys }: InspectionReport): Advice[] {
  if (keys === 0) return [];
  return [
    {
      ...NOTHING,
      code: 'empty-keys',
      title: `${count(keys)} ${keys === 1 ? 'key has' : 'keys have'} no elements`,
      text: 'No command makes such a key, servers skip it when they load the dump. A module or a bug has left it behind.',
    },
  ];
}

function percent(part: number, whole: number): string {
  const share = whole === 0 ? 0 : (part / whole) * 100;
  return `${share >= 10 ? share.toFixed(0) : share.toFixed(1)} %`;
}

function count(value: number): string {
  return String(value).replace(/\B(?=(?:\d{3})+$)/g, ',');
}
