/**
 * All analyses of a dump in one pass.
 *
 * @module
 */
import type {
  Dialect,
  KeyHeader,
  Level,
  RdbHeader,
  RdbSummary,
  RdbWarning,
  StreamConsumer,
  StreamGroupHead,
  StreamInfo,
  ValueKind,
} from '@rdbkit/rdb';
import { Histogram } from './histograms.ts';
import {
  type InspectionReport,
  type KeySums,
  type LargeElement,
  type LargeKey,
  LEAST_LARGE_ELEMENT,
  MAX_NAME_BYTES,
  type ModuleFacts,
  type NearThreshold,
  type StreamGroupFacts,
  type WarningFacts,
} from './inspection-report.ts';
import { DatabaseRows } from './internal/databases.ts';
import { SlotSums } from './internal/slots.ts';
import { Sums, TypeRow } from './internal/sums.ts';
import { KeyMeter, type KeyMeterOptions, type NearLimit } from './key-meter.ts';
import { PrefixTree, type PrefixTreeOptions } from './prefix-tree.ts';
import { TopList } from './top-list.ts';

/** Options of an {@link Inspection}. */
export interface InspectionOptions extends Omit<KeyMeterOptions, 'largestElements'> {
  /**
   * How many of the largest keys, elements, groups and prefixes are listed.
   * @default 10
   */
  readonly top?: number | undefined;
  /** How names are taken apart; `null` for not at all. */
  readonly prefixes?: PrefixTreeOptions | null | undefined;
  /**
   * Count hash slots.
   * @default false
   */
  readonly slots?: boolean | undefined;
  /**
   * The present, in Unix milliseconds.
   * @default the time of construction
   */
  readonly nowMs?: number | undefined;
  /** Whether a key is counted; asked once for each. Keys that are not are only passed over. */
  readonly accept?: ((header: KeyHeader) => boolean) | undefined;
  /** Whether an accepted key is counted, now that its value turns out to take so many bytes in the dump. Needs `position`. */
  readonly acceptSize?: ((bytes: number) => boolean) | undefined;
  /** Absolute offset up to which the input was decoded: the reader's `offset`. */
  readonly position?: (() => number) | undefined;
}

type ModuleSums = { -readonly [K in keyof ModuleFacts]: ModuleFacts[K] };

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const EXPIRY_LIMITS: readonly number[] = [0, MINUTE, HOUR, DAY, 7 * DAY, 30 * DAY, 365 * DAY];
const IDLE_LIMITS: readonly number[] = [60, 3600, 86_400, 7 * 86_400, 30 * 86_400, 365 * 86_400];
const FREQUENCY_LIMITS: readonly number[] = [1, 5, 10, 25, 50, 100, 200];

const MAX_AUX = 64;
const MAX_AUX_BYTES = 4096;
const MAX_FUNCTIONS = 1000;
const MAX_MODULES = 1000;
const MAX_WARNING_CODES = 100;
const LEAST_PREFIX_SHARE = 1000;

/**
 * Looks at everything that a dump tells without its values being kept: sums by database, type and encoding, the largest keys and
 * elements, prefixes, expiry, idle times, sizes, slots, functions, modules, stream groups. Memory is bounded whatever the
 * dump: by the options `top` and `prefixes`, and as the reader's is.
 *
 * @example
 * ```ts
 * import { Inspection } from '@rdbkit/inspect';
 * import { readRdbSync } from '@rdbkit/rdb';
 * const inspection = new Inspection();
 * readRdbSync(bytes, inspection);
 * const { total, types } = inspection.report();
 * console.log(total.keys, types.map(({ type, keys }) => `${type} ${keys}`).sort().join()); // 10 hash 2,list 1,set 1,stream 1,string 4,zset 1
 * ```
 */
export class Inspection extends KeyMeter {
  private readonly settings: InspectionOptions;
  private readonly nowMs: number;

  private dialect: Dialect = 'redis';
  private version = 0;
  private readonly aux_: { name: Uint8Array; value: Uint8Array }[] = [];
  private readonly facts_: {
    created: number | null;
    usedMemory: number | null;
    bits: number | null;
    writer: string | null;
  } = {
    created: null,
    usedMemory: null,
    bits: null,
    writer: null,
  };
  private summary: RdbSummary | null = null;

  private nameBytes = 0;
  private emptyKeys = 0;
  private expiringHashFields = 0;
  private overByNow = 0;
  private readonly databases: DatabaseRows = new DatabaseRows(this);
  private currentDb = -1;
  private readonly types = new Map<ValueKind, TypeRow>();
  /** The row of the type, by type byte. */
  private readonly rows: (TypeRow | undefined)[] = new Array<TypeRow | undefined>(256).fill(undefined);
  private readonly expiry = new Histogram(EXPIRY_LIMITS);
  private readonly idle = new Histogram(IDLE_LIMITS);
  private readonly frequency = new Histogram(FREQUENCY_LIMITS);
  private hasIdle = false;
  private hasFrequency = false;
  private readonly byMemory: TopList<LargeKey>;
  private readonly byBytes: TopList<LargeKey>;
  private readonly byElements: TopList<LargeKey>;
  private readonly elements: TopList<LargeElement>;
  private readonly groups: TopList<StreamGroupFacts>;
  private readonly groupSums = { groups: 0, consumers: 0, pending: 0 };
  private readonly near = new Map<NearLimit, { -readonly [K in keyof NearThreshold]: NearThreshold[K] }>();
  private readonly prefixes: PrefixTree | null;
  private readonly slots: SlotSums | null;
  private readonly functions: { name: string; engine: string; bytes: number }[] = [];
  private functionCount = 0;
  private readonly modules = new Map<string, ModuleSums>();
  private otherModules: ModuleSums | null = null;
  private readonly warnings = new Map<string, { -readonly [K in keyof WarningFacts]: WarningFacts[K] }>();

  // Of the current key.
  private current: KeyHeader | null = null;
  private isCounted = false;
  private startsAt = 0;
  private valueAt = 0;
  private moduleName = '';
  private streamAdded: number | null = null;
  private group: StreamGroupHead | null = null;
  private groupPending = 0;
  private groupConsumers = 0;
  private oldestDelivery = 0;

  constructor(options: InspectionOptions = {}) {
    super(options);
    this.settings = options;
    this.nowMs = options.nowMs ?? Date.now();
    const top = options.top ?? 10;
    this.byMemory = new TopList(top);
    this.byBytes = new TopList(top);
    // Every string has one element.
    this.byElements = new TopList(top, 1);
    this.elements = new TopList(top, LEAST_LARGE_ELEMENT);
    this.elementFloor = this.elements.floor;
    this.groups = new TopList(top, -1);
    this.prefixes = options.prefixes === null ? null : new PrefixTree(options.prefixes ?? {});
    this.slots = options.slots === true ? new SlotSums() : null;
  }

  // ---- around the keys -----------------------------------------------------------------------------------------------

  override header(header: RdbHeader): void {
    super.header(header);
    this.dialect = header.dialect;
    this.version = header.version;
  }

  override aux(name: Uint8Array, value: Uint8Array): void {
    super.aux(name, value);
    if (this.aux_.length < MAX_AUX)
      this.aux_.push({ name: name.slice(0, MAX_AUX_BYTES), value: value.slice(0, MAX_AUX_BYTES) });
    const field = ascii(name);
    const text = ascii(value);
    const number = /^\d{1,15}$/.test(text) ? Number(text) : null;
    if (field === 'ctime' && number !== null) this.facts_.created = number * SECOND;
    else if (field === 'used-mem') this.facts_.usedMemory = number;
    else if (field === 'redis-bits') this.facts_.bits = number;
    else if (field in WRITERS) this.facts_.writer = `${WRITERS[field]} ${text}`;
  }

  override functionLibrary(code: Uint8Array): void {
    // #!lua name=mylib
    const head = /^#!(\S+)[^\n]*?\bname=(\S+)/.exec(ascii(code.subarray(0, MAX_AUX_BYTES)));
    this.addFunction(head?.[2] ?? '', head?.[1] ?? '', code.length);
  }

  override functionPreGa(
    name: Uint8Array,
    engine: Uint8Array,
    _description: Uint8Array | null,
    code: Uint8Array,
  ): void {
    this.addFunction(ascii(name), ascii(engine), code.length);
  }

  private addFunction(name: string, engine: string, bytes: number): void {
    this.functionCount++;
    if (this.functions.length < MAX_FUNCTIONS) this.functions.push({ name, engine, bytes });
  }

  override moduleAux(name: string, _encodingVersion: number, _when: number, payload: Uint8Array): void {
    this.moduleSums(name).auxBytes += payload.length;
  }

  private moduleSums(name: string): ModuleSums {
    let sums = this.modules.get(name);
    if (sums !== undefined) return sums;
    sums = { keys: 0, bytes: 0, auxBytes: 0 };
    if (this.modules.size === MAX_MODULES) return (this.otherModules ??= sums);
    this.modules.set(name, sums);
    return sums;
  }

  override warning(warning: RdbWarning): void {
    const known = this.warnings.get(warning.code);
    if (known !== undefined) known.count++;
    else if (this.warnings.size < MAX_WARNING_CODES) {
      const { code, message, offset, db, key } = warning;
      this.warnings.set(code, { code, message, offset, db, key: key?.slice(0, MAX_NAME_BYTES) ?? null, count: 1 });
    }
  }

  override end(summary: RdbSummary): void {
    this.summary = summary;
  }

  // ---- keys ----------------------------------------------------------------------------------------------------------

  override key(header: KeyHeader): Level {
    const level = super.key(header);
    this.isCounted = this.settings.accept === undefined || this.settings.accept(header);
    if (!this.isCounted) return 'skip';
    this.current = header;
    this.startsAt = header.offset;
    this.valueAt = this.settings.position?.() ?? 0;
    this.moduleName = '';
    this.streamAdded = null;
    return level;
  }

  override keyEnd(end: number): void {
    const { current: header, facts } = this;
    if (!this.isCounted || header === null) return;
    super.keyEnd(end);
    if (this.settings.acceptSize?.(end - this.valueAt) === false) return;
    if (facts.isEmpty) {
      this.emptyKeys++;
      return;
    }
    const { kind, elements, usage, allocated: memory } = facts;
    const bytes = end - this.startsAt;
    const { expireAtMs } = header;
    const expires = expireAtMs !== null;
    if (header.db !== this.currentDb) {
      this.leaveDb();
      this.currentDb = header.db;
    }
    const type = this.rows[header.typeCode] ?? this.enterType(header.typeCode, kind);
    type.of(facts.encoding).add(expires, elements, bytes, memory, usage);
    type.memoryBars.add(memory, memory);
    if (kind !== 'string' && kind !== 'module') type.elementBars.add(elements, memory);
    if (facts.isGuess) type.guessed++;
    this.nameBytes += header.end - header.start;

    if (expireAtMs !== null) {
      const time = Number(expireAtMs);
      this.expiry.add(time - (this.facts_.created ?? this.nowMs), bytes, memory);
      if (time <= this.nowMs) this.overByNow++;
    }
    if (header.idleSeconds !== null) {
      this.idle.add(Number(header.idleSeconds), bytes, memory);
      this.hasIdle = true;
    }
    if (header.freq !== null) {
      this.frequency.add(header.freq, bytes, memory);
      this.hasFrequency = true;
    }
    this.expiringHashFields += facts.expiringFields;
    if (this.moduleName !== '') this.countModule(bytes);
    if (facts.nearLimit !== null) this.countNear(memory);

    if (memory > this.byMemory.floor || bytes > this.byBytes.floor || elements > this.byElements.floor) {
      const entry = this.entry(header, bytes);
      this.byMemory.add(memory, entry);
      this.byBytes.add(bytes, entry);
      this.byElements.add(elements, entry);
    }
    this.prefixes?.add(header.bytes, header.start, header.end, bytes, memory, expires);
    this.slots?.add(header.bytes, header.start, header.end, memory);
  }

  /** Gives the database what its keys came to. They were added up by type alone. */
  private leaveDb(): void {
    const sums = new Sums();
    for (const type of this.types.values()) type.leave(sums);
    if (sums.keys > 0) this.databases.add(this.currentDb, sums);
  }

  private enterType(typeCode: number, kind: ValueKind): TypeRow {
    let row = this.types.get(kind);
    if (row === undefined) {
      row = new TypeRow(kind);
      this.types.set(kind, row);
    }
    this.rows[typeCode] = row;
    return row;
  }

  private entry(header: KeyHeader, bytes: number): LargeKey {
    const { kind: type, encoding, elements, allocated: memory, usage, isGuess } = this.facts;
    return {
      db: header.db,
      key: nameOf(header),
      keyBytes: header.end - header.start,
      type,
      encoding,
      elements,
      bytes,
      memory,
      usage,
      expireAtMs: header.expireAtMs === null ? null : Number(header.expireAtMs),
      isGuess,
    };
  }

  private countModule(bytes: number): void {
    const sums = this.moduleSums(this.moduleName);
    sums.keys++;
    sums.bytes += bytes;
  }

  private countNear(memory: number): void {
    const { kind: type, nearLimit } = this.facts;
    if (nearLimit === null) return;
    let row = this.near.get(nearLimit);
    if (row === undefined) {
      row = { type, ...nearLimit, keys: 0, memory: 0 };
      this.near.set(nearLimit, row);
    }
    row.keys++;
    row.memory += memory;
  }

  // ---- values: what the meter does not keep --------------------------------------------------------------------------

  override module(name: string, encodingVersion: number, bytes: Uint8Array, start: number, end: number): void {
    super.module(name, encodingVersion, bytes, start, end);
    this.moduleName = name;
  }

  override streamInfo(info: StreamInfo): void {
    super.streamInfo(info);
    this.streamAdded = info.entriesAdded === null ? null : Number(info.entriesAdded);
  }

  override streamGroupStart(group: StreamGroupHead): void {
    super.streamGroupStart(group);
    this.group = group;
    this.groupPending = 0;
    this.groupConsumers = 0;
    this.oldestDelivery = Number.POSITIVE_INFINITY;
  }

  override streamPending(ms: number | bigint, seq: number | bigint, deliveredAtMs: number | bigint): void {
    super.streamPending(ms, seq, deliveredAtMs);
    this.groupPending++;
    if (deliveredAtMs < this.oldestDelivery) this.oldestDelivery = Number(deliveredAtMs);
  }

  override streamConsumer(consumer: StreamConsumer): void {
    super.streamConsumer(consumer);
    this.groupConsumers++;
  }

  override streamGroupEnd(): void {
    super.streamGroupEnd();
    const { current, group, groupPending: pending, groupConsumers: consumers } = this;
    if (current === null || group === null) return;
    this.groupSums.groups++;
    this.groupSums.consumers += consumers;
    this.groupSums.pending += pending;
    const { entriesRead } = group;
    const lag =
      this.streamAdded === null || entriesRead === null ? null : Math.max(0, this.streamAdded - Number(entriesRead));
    const rank = pending + (lag ?? 0);
    if (rank <= this.groups.floor) return;
    this.groups.add(rank, {
      db: current.db,
      key: nameOf(current),
      keyBytes: current.end - current.start,
      group: group.name.slice(0, MAX_NAME_BYTES),
      consumers,
      pending,
      lag,
      oldestDeliveryMs: pending === 0 ? null : this.oldestDelivery,
    });
  }

  protected override largeElement(length: number, name: Uint8Array | null): void {
    const { current } = this;
    if (current === null) return;
    const { db } = current;
    this.elements.add(length, {
      db,
      key: nameOf(current),
      keyBytes: current.end - current.start,
      type: this.kindOfKey,
      name,
      bytes: length,
    });
    this.elementFloor = this.elements.floor;
  }

  // ---- the result ----------------------------------------------------------------------------------------------------

  /** What has been found so far. It can be asked for at any time, after an error as well; the arrays are the caller's. */
  report(): InspectionReport {
    this.settle();
    this.leaveDb();
    const { facts_, prefixes } = this;
    const types = [...this.types.values()].map((row) => ({ row, ...row.sums() })).sort((a, b) => b.memory - a.memory);
    const total = this.total();
    return {
      file: {
        dialect: this.dialect,
        version: this.version,
        writer: facts_.writer,
        createdAtMs: facts_.created,
        usedMemory: facts_.usedMemory,
        bits: facts_.bits,
        aux: this.aux_,
        summary: this.summary,
      },
      profile: this.profile,
      hasModel: this.hasModel,
      total,
      nameBytes: this.nameBytes,
      ...this.databases.facts(),
      types: types.map(({ row, ...sums }) => ({
        type: row.type,
        ...sums,
        encodings: row.byEncoding(),
        guessed: row.guessed,
      })),
      expiry: {
        atMs: facts_.created ?? this.nowMs,
        isCreation: facts_.created !== null,
        bars: this.expiry.bars(),
        overByNow: this.overByNow,
        hashFields: this.expiringHashFields,
      },
      idle: this.hasIdle ? this.idle.bars() : null,
      frequency: this.hasFrequency ? this.frequency.bars() : null,
      sizes: types.map(({ row }) => ({
        type: row.type,
        memory: row.memoryBars.bars(),
        elements: row.type === 'string' || row.type === 'module' ? null : row.elementBars.bars(),
      })),
      largest: {
        byMemory: this.byMemory.items(),
        byBytes: this.byBytes.items(),
        byElements: this.byElements.items(),
      },
      largestElements: this.elements.items(),
      nearThresholds: [...this.near.values()].sort((a, b) => b.memory - a.memory),
      prefixes:
        prefixes === null
          ? null
          : {
              separator: prefixes.separator,
              isExact: prefixes.isExact,
              limit: prefixes.limit,
              root: prefixes.root(total.memory / LEAST_PREFIX_SHARE),
              heaviest: prefixes.heaviest(this.settings.top ?? 10),
            },
      slots: this.slots?.facts() ?? null,
      functions: this.functions,
      functionCount: this.functionCount,
      modules: [...this.modules]
        .map(([name, sums]) => ({ name, ...sums }))
        .sort((a, b) => b.bytes + b.auxBytes - a.bytes - a.auxBytes),
      otherModules: this.otherModules,
      streams: { ...this.groupSums, largestGroups: this.groups.items() },
      emptyKeys: this.emptyKeys,
      warnings: [...this.warnings.values()],
    };
  }

  private total(): KeySums {
    const total = new Sums();
    for (const type of this.types.values()) type.addTo(total);
    return total.plain();
  }
}

const WRITERS: Readonly<Record<string, string>> = {
  'redis-ver': 'Redis',
  'valkey-ver': 'Valkey',
  'df-ver': 'Dragonfly',
};

/** The key's name, owned, as far as it is kept. */
function nameOf({ bytes, start, end }: KeyHeader): Uint8Array {
  return bytes.slice(start, Math.min(end, start + MAX_NAME_BYTES));
}

function ascii(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.subarray(0, MAX_AUX_BYTES));
}
