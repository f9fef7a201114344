/**
 * What the page shows: a report as plain data, with names as text and lists as long as a page can bear.
 *
 * @module
 */
import { formatTarget } from '@rdbkit/commands';
import type { Advice, HistogramBar, InspectionReport, KeySums, LargeKey, LogBar, PrefixNode } from '@rdbkit/inspect';

/** A bar: values from `from` on and below `to`; `null` is an open end. */
export interface DataBar {
  readonly from: number | null;
  readonly to: number | null;
  readonly keys: number;
  readonly memory: number;
}

/** Sums over keys. */
export interface DataSums {
  readonly keys: number;
  readonly expires: number;
  readonly elements: number;
  readonly bytes: number;
  readonly memory: number;
}

/** A prefix: what it adds to the one above it, keys, bytes, memory, keys that expire, and those below it, heaviest first. */
export type DataPrefix = readonly [
  part: string,
  keys: number,
  bytes: number,
  memory: number,
  expires: number,
  below: readonly DataPrefix[],
];

/** Sums over the keys of a type. */
export interface DataType extends DataSums {
  readonly type: string;
  readonly encodings: readonly (DataSums & { readonly encoding: string })[];
  /** Of so many keys nothing is known but the size of their data. */
  readonly guessed: number;
  /** By memory. */
  readonly sizes: readonly DataBar[];
  /** By elements; `null` for types without. */
  readonly lengths: readonly DataBar[] | null;
}

/** A large key. */
export interface DataKey {
  readonly db: number;
  readonly key: string;
  readonly type: string;
  readonly encoding: string;
  readonly elements: number;
  readonly bytes: number;
  readonly memory: number;
  readonly expireAtMs: number | null;
}

/** A large element. */
export interface DataElement {
  readonly db: number;
  readonly key: string;
  readonly type: string;
  /** A field or member; `null` where elements have no names, or none that was kept. */
  readonly name: string | null;
  readonly bytes: number;
}

/** A consumer group. */
export interface DataGroup {
  readonly db: number;
  readonly key: string;
  readonly group: string;
  readonly consumers: number;
  readonly pending: number;
  readonly lag: number | null;
  readonly oldestDeliveryMs: number | null;
}

/** Something worth a look. */
export interface DataAdvice {
  readonly title: string;
  readonly text: string;
  readonly memory: number | null;
  /** A key that it is about. */
  readonly key: string | null;
  /** A prefix that it is about. */
  readonly prefix: string | null;
  /** The way down to that prefix in the tree: which of those below, at each level; `null` when it is not there. */
  readonly path: readonly number[] | null;
}

/** Everything on the page. */
export interface ReportData {
  /** The dump's name. */
  readonly title: string;
  readonly generator: string;
  readonly generatedAtMs: number;
  /** What is wrong with the dump; `null` when nothing is. */
  readonly damage: string | null;
  /** Reading ended before the dump did, because that was asked for. */
  readonly isPart: boolean;
  /** What else a reader has to know, such as which keys were left out. */
  readonly notes: readonly string[];
  readonly file: {
    readonly format: string;
    readonly writer: string | null;
    readonly createdAtMs: number | null;
    readonly usedMemory: number | null;
    readonly bytes: number;
    readonly checksum: string;
  };
  readonly model: {
    readonly name: string;
    readonly isKnown: boolean;
    readonly isOwn: boolean;
    readonly allocator: string;
  } | null;
  readonly total: DataSums;
  readonly tables: number;
  readonly emptyKeys: number;
  readonly databases: readonly (DataSums & { readonly db: number })[];
  /** Those that are too many to be listed, as one. */
  readonly otherDatabases: DataSums | null;
  readonly types: readonly DataType[];
  readonly expiry: {
    readonly isCreation: boolean;
    readonly atMs: number;
    readonly bars: readonly DataBar[];
    readonly overByNow: number;
    readonly hashFields: number;
  };
  readonly idle: readonly DataBar[] | null;
  readonly frequency: readonly DataBar[] | null;
  readonly separator: string;
  /** `null` when names were not taken apart. */
  readonly prefixes: DataPrefix | null;
  /** By how much sums of prefixes may be too low, and what a prefix that is missing has at most; `null` when all are exact. */
  readonly prefixError: { readonly memory: number; readonly missing: number } | null;
  readonly keys: readonly DataKey[];
  readonly elements: readonly DataElement[];
  readonly streams: {
    readonly groups: number;
    readonly consumers: number;
    readonly pending: number;
    readonly largestGroups: readonly DataGroup[];
  };
  readonly slots: {
    readonly used: number;
    readonly skew: number;
    readonly heaviest: readonly { readonly slot: number; readonly keys: number; readonly memory: number }[];
    readonly ranges: readonly {
      readonly first: number;
      readonly last: number;
      readonly keys: number;
      readonly memory: number;
    }[];
  } | null;
  readonly functions: readonly { readonly name: string; readonly engine: string; readonly bytes: number }[];
  readonly functionCount: number;
  readonly modules: readonly {
    readonly name: string;
    readonly keys: number;
    readonly bytes: number;
    readonly auxBytes: number;
  }[];
  readonly advice: readonly DataAdvice[];
  /** What the reader found odd. */
  readonly warnings: readonly { readonly code: string; readonly message: string; readonly count: number }[];
  /** What the estimate takes for granted. */
  readonly assumptions: readonly string[];
}

/** A report, and what is known beside it. */
export interface ReportInput {
  readonly report: InspectionReport;
  readonly advice: readonly Advice[];
  /** The dump's name. */
  readonly title: string;
  /** For instance `rdbkit 0.1.0`. */
  readonly generator: string;
  readonly generatedAtMs: number;
  /** What is wrong with the dump; `null` when nothing is. */
  readonly damage: string | null;
  /** Reading ended before the dump did, because that was asked for. */
  readonly isPart: boolean;
  /** What else a reader has to know, such as which keys were left out; a sentence each. */
  readonly notes: readonly string[];
  /** Size of the dump, as far as it was read. */
  readonly bytes: number;
  /** In words. */
  readonly checksum: string;
  /** A byte string as text for reading, with an end to its length. */
  readonly show: (bytes: Uint8Array) => string;
  /** What the estimate takes for granted, a sentence each. */
  readonly assumptions: readonly string[];
}

/** Prefixes on the page, at most: the heaviest. */
const MOST_PREFIXES = 4000;
const MOST_ELEMENTS = 200;
const MOST_GROUPS = 200;
/** Names that are no keys have no other end. */
const MOST_CHARACTERS = 200;

/** Makes the page's data. */
export function reportData(input: ReportInput): ReportData {
  const { report, show } = input;
  const { file, profile, prefixes, expiry } = report;
  const kept = prefixes === null ? null : heaviest(prefixes.root);
  return {
    title: input.title,
    generator: input.generator,
    generatedAtMs: input.generatedAtMs,
    damage: input.damage,
    isPart: input.isPart,
    notes: input.notes,
    file: {
      format: `${file.dialect === 'valkey' ? 'VALKEY' : 'REDIS'} RDB ${file.version}`,
      writer: file.writer?.slice(0, MOST_CHARACTERS) ?? null,
      createdAtMs: file.createdAtMs,
      usedMemory: file.usedMemory,
      bytes: input.bytes,
      checksum: input.checksum,
    },
    model:
      profile === null
        ? null
        : {
            name: capitalised(formatTarget(profile.target)),
            isKnown: report.hasModel,
            isOwn: profile.isOwn,
            allocator: profile.allocator,
          },
    total: sums(report.total),
    tables: Math.round(report.tables),
    emptyKeys: report.emptyKeys,
    databases: report.databases.map((database) => ({ db: database.db, ...sums(database) })),
    otherDatabases: report.otherDatabases === null ? null : sums(report.otherDatabases),
    types: types(report),
    expiry: { ...expiry, bars: expiry.bars.map(bar) },
    idle: report.idle?.map(bar) ?? null,
    frequency: report.frequency?.map(bar) ?? null,
    separator: prefixes === null ? '' : show(prefixes.separator),
    prefixes: kept === null ? null : prefix(kept, 0, show),
    prefixError:
      prefixes === null || kept === null || prefixes.isExact
        ? null
        : { memory: Math.round(mostMissing(kept)), missing: Math.round(prefixes.limit.memory) },
    keys: largestKeys(report).map((key) => dataKey(key, show)),
    elements: report.largestElements.slice(0, MOST_ELEMENTS).map(({ db, key, type, name, bytes }) => ({
      db,
      key: show(key),
      type,
      name: name === null || name.length === 0 ? null : show(name),
      bytes,
    })),
    streams: {
      ...report.streams,
      largestGroups: report.streams.largestGroups.slice(0, MOST_GROUPS).map(({ db, key, group, ...facts }) => {
        const { consumers, pending, lag, oldestDeliveryMs } = facts;
        return { db, key: show(key), group: show(group), consumers, pending, lag, oldestDeliveryMs };
      }),
    },
    slots: slots(report),
    functions: report.functions.map((library) => ({ ...library, name: library.name.slice(0, MOST_CHARACTERS) })),
    functionCount: report.functionCount,
    // No module is called that: names have letters, digits, hyphens and underlines.
    modules: [
      ...report.modules,
      ...(report.otherModules === null ? [] : [{ name: '(others)', ...report.otherModules }]),
    ],
    advice: input.advice.map(({ title, text, key, prefix: about, memory }) => ({
      title,
      text,
      memory: memory === null ? null : Math.round(memory),
      key: key === null ? null : show(key.key),
      prefix: about === null ? null : show(about),
      path: about === null || kept === null ? null : pathTo(kept, about),
    })),
    warnings: report.warnings.map(({ code, message, count }) => ({ code, message, count })),
    assumptions: input.assumptions,
  };
}

function types({ types: found, sizes }: InspectionReport): DataType[] {
  const sizesOf = new Map(sizes.map((size) => [size.type, size]));
  return found.map((type) => ({
    type: type.type,
    ...sums(type),
    encodings: type.encodings.map((encoding) => ({ encoding: encoding.encoding, ...sums(encoding) })),
    guessed: type.guessed,
    sizes: (sizesOf.get(type.type)?.memory ?? []).map(bar),
    lengths: sizesOf.get(type.type)?.elements?.map(bar) ?? null,
  }));
}

/** The three lists of largest keys as one. */
function largestKeys({ largest }: InspectionReport): LargeKey[] {
  return [...new Set([...largest.byMemory, ...largest.byBytes, ...largest.byElements])];
}

function dataKey({ key, memory, ...facts }: LargeKey, show: ReportInput['show']): DataKey {
  const { db, type, encoding, elements, bytes, expireAtMs } = facts;
  return { db, key: show(key), type, encoding, elements, bytes, memory: Math.round(memory), expireAtMs };
}

function slots({ slots: found }: InspectionReport): ReportData['slots'] {
  if (found === null) return null;
  const rounded = <T extends { readonly memory: number }>(row: T): T => ({ ...row, memory: Math.round(row.memory) });
  const { used, skew, heaviest: most, ranges } = found;
  return { used, skew, heaviest: most.map(rounded), ranges: ranges.map(rounded) };
}

/** The tree with so many nodes that a page can hold it. */
function heaviest(root: PrefixNode): PrefixNode {
  const all: PrefixNode[] = [];
  const gather = (node: PrefixNode): void => {
    all.push(node);
    node.children.forEach(gather);
  };
  gather(root);
  if (all.length <= MOST_PREFIXES) return root;
  // A node is as heavy as those below it together: what is above one that is kept is kept, too.
  all.sort((a, b) => b.memory - a.memory || a.prefix.length - b.prefix.length);
  const kept = new Set(all.slice(0, MOST_PREFIXES));
  const prune = (node: PrefixNode): PrefixNode => ({
    ...node,
    children: node.children.filter((child) => kept.has(child)).map(prune),
  });
  return prune(root);
}

function mostMissing(node: PrefixNode): number {
  return node.children.reduce((most, child) => Math.max(most, mostMissing(child)), node.error.memory);
}

function pathTo(root: PrefixNode, prefix_: Uint8Array): number[] | null {
  const path: number[] = [];
  let node = root;
  while (node.prefix.length < prefix_.length) {
    const next = node.children.findIndex(({ prefix: start }) => start.every((byte, i) => byte === prefix_[i]));
    const child = node.children[next];
    if (child === undefined) return null;
    path.push(next);
    node = child;
  }
  return path;
}

function prefix(node: PrefixNode, from: number, show: ReportInput['show']): DataPrefix {
  const { keys, bytes, memory, expires } = node;
  const below = node.children.map((child) => prefix(child, node.prefix.length, show));
  const part = from === node.prefix.length ? '' : show(node.prefix.subarray(from));
  return [part, keys, bytes, Math.round(memory), expires, below];
}

function sums({ keys, expires, elements, bytes, memory }: KeySums): DataSums {
  return { keys, expires, elements, bytes, memory: Math.round(memory) };
}

function bar({ from, to, keys, memory }: HistogramBar | LogBar): DataBar {
  return { from: Number.isFinite(from) ? from : null, to, keys, memory: Math.round(memory) };
}

function capitalised(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
