/**
 * What rdbkit inspect prints with --json: everything, as one document whose shape is stable.
 *
 * @module
 */
import { formatTarget } from '@rdbkit/commands';
import type { Advice, HistogramBar, InspectionReport, PrefixNode } from '@rdbkit/inspect';
import type { KeySelection } from '@rdbkit/rdb';
import { jsonBytes } from '../lang/json-bytes.ts';
import type { DumpEnd } from '../reading/dump-run.ts';

/** All there is to print. */
export interface Findings {
  readonly report: InspectionReport;
  readonly advice: readonly Advice[];
  readonly end: DumpEnd;
  readonly selection: KeySelection;
  /** Whether all keys of the dump were counted, so that sums can be compared with what the server said of itself. */
  readonly isWhole: boolean;
}

/** The document, with a line end. Memory is in whole bytes; byte strings are text or `{"$base64"}`. */
export function jsonDocument({ report, advice, end, selection }: Findings): string {
  const { file, profile, prefixes } = report;
  const document = {
    source: end.source.name,
    complete: end.damage === null && !end.isCutShort,
    error: end.damage === null ? null : { message: end.damage.message, details: end.damage.details },
    unreadLog: end.unread,
    file: {
      dialect: end.header?.dialect ?? null,
      rdbVersion: end.header?.version ?? null,
      writer: file.writer,
      createdAt: file.createdAtMs === null ? null : new Date(file.createdAtMs).toISOString(),
      usedMemory: file.usedMemory,
      bits: file.bits,
      bytes: end.summary?.bytes ?? null,
      checksum: end.checksum,
      aux: file.aux,
    },
    model:
      profile === null
        ? null
        : {
            target: formatTarget(profile.target),
            isKnown: report.hasModel,
            isOwn: profile.isOwn,
            allocator: profile.allocator,
            thresholds: profile.thresholds,
            hasMemoryUsage: profile.hasUsage,
            assumptions: ASSUMPTIONS,
          },
    total: report.total,
    nameBytes: report.nameBytes,
    memory: {
      keys: report.total.memory,
      tables: report.tables,
      total: report.total.memory + report.tables,
      datasetOverhead: report.overhead,
    },
    databases: report.databases,
    otherDatabases: report.otherDatabases,
    types: report.types,
    expiry: {
      at: new Date(report.expiry.atMs).toISOString(),
      isCreation: report.expiry.isCreation,
      bars: bars(report.expiry.bars),
      none: report.total.keys - report.total.expires,
      overByNow: report.expiry.overByNow,
      hashFields: report.expiry.hashFields,
    },
    idle: report.idle === null ? null : bars(report.idle),
    frequency: report.frequency === null ? null : bars(report.frequency),
    sizes: report.sizes,
    largest: report.largest,
    largestElements: report.largestElements,
    nearThresholds: report.nearThresholds,
    prefixes:
      prefixes === null
        ? null
        : {
            separator: prefixes.separator,
            isExact: prefixes.isExact,
            limit: prefixes.limit,
            heaviest: prefixes.heaviest.map(withoutChildren),
            tree: prefixes.root,
          },
    slots: report.slots,
    functions: report.functions,
    functionCount: report.functionCount,
    modules: report.modules,
    otherModules: report.otherModules,
    streams: report.streams,
    emptyKeys: report.emptyKeys,
    warnings: report.warnings,
    advice,
    unselectedKeys: selection.skipped,
    seconds: Math.round(end.seconds * 1000) / 1000,
  };
  return `${JSON.stringify(document, plain)}\n`;
}

/** What a dump cannot tell, and is taken for granted. */
export const ASSUMPTIONS: readonly string[] = [
  'the server has loaded the dump: what it has grown by commands may have room to spare',
  'its thresholds are the defaults, except that what the dump has packed stays packed on its own server',
  'hash tables are settled: while one is being moved to a larger one, both exist',
  'collisions in hash tables and levels of skip lists are averages',
  'no memory for clients, replication, scripts and functions, and none for fragmentation',
];

function withoutChildren({ children: _, ...node }: PrefixNode): Omit<PrefixNode, 'children'> {
  return node;
}

/** The lowest bar has no lower end. */
function bars(list: readonly HistogramBar[]): unknown[] {
  return list.map((bar) => ({ ...bar, from: Number.isFinite(bar.from) ? bar.from : null }));
}

/** Byte strings as in all our JSON, fractions of bytes rounded. */
function plain(name: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return jsonBytes(value);
  if (typeof value === 'number' && FRACTIONS.has(name)) return Math.round(value * 1000) / 1000;
  return typeof value === 'number' ? Math.round(value) : value;
}

const FRACTIONS: ReadonlySet<string> = new Set(['seconds', 'skew', 'meanKeys']);
