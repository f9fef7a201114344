/**
 * Stream values in each of the five layouts.
 *
 * @module
 */
import { type Bytes, ByteWriter, concatBytes, type RdbString, toBytes } from './byte-writer.ts';
import { listpack, type PackedElement } from './packed-builder.ts';
import { type RdbValue, rawValue } from './rdb-values.ts';

/** An ID as `ms-seq`. */
export type StreamId = string;

/** An entry; `deleted` ones are in the node and marked as gone. */
export interface StreamEntrySpec {
  readonly id: StreamId;
  readonly fields: readonly (readonly [PackedElement, PackedElement])[];
  readonly deleted?: boolean;
}

/** A pending entry; without `consumer` nobody owns it. */
export interface PendingSpec {
  readonly id: StreamId;
  readonly consumer?: Bytes;
  readonly deliveredAtMs: number | bigint;
  readonly deliveries: number | bigint;
}

/** A consumer. */
export interface ConsumerSpec {
  readonly name: Bytes;
  readonly seenMs: number | bigint;
  /** −1: never active. */
  readonly activeMs?: number | bigint;
  /** Further IDs that the consumer claims without regard to {@link PendingSpec.consumer}. */
  readonly alsoOwns?: readonly StreamId[];
}

/** A consumer group. */
export interface GroupSpec {
  readonly name: Bytes;
  readonly lastId: StreamId;
  /** `null`: unknown. */
  readonly entriesRead?: number | bigint | null;
  readonly pending?: readonly PendingSpec[];
  readonly consumers?: readonly ConsumerSpec[];
  /** IDs in the zone of entries that were handed back; by default the pending ones without consumer. */
  readonly handedBack?: readonly StreamId[];
}

/** State of idempotent producers. */
export interface IdmpSpec {
  readonly durationSeconds: number;
  readonly maxEntries: number;
  readonly producers: readonly {
    readonly id: RdbString;
    readonly entries: readonly (readonly [RdbString, StreamId])[];
  }[];
  readonly iidsAdded: number | bigint;
  readonly iidsDuplicates: number | bigint;
}

/** A stream; what is left out follows from the entries. */
export interface StreamSpec {
  /** 1–5: types 15, 19, 21, 26, 27. */
  readonly layout: 1 | 2 | 3 | 4 | 5;
  readonly entries?: readonly StreamEntrySpec[];
  /** Entries in one node; 100 when left out. */
  readonly entriesPerNode?: number;
  /** Further nodes, ready-made. */
  readonly nodes?: readonly { readonly key: Uint8Array; readonly blob: RdbString }[];
  readonly length?: number | bigint;
  readonly lastId?: StreamId;
  readonly firstId?: StreamId;
  readonly maxDeletedId?: StreamId;
  readonly entriesAdded?: number | bigint;
  readonly groups?: readonly GroupSpec[];
  readonly idmp?: IdmpSpec;
}

const TYPE_OF_LAYOUT = [15, 19, 21, 26, 27] as const;

function parseId(id: StreamId): readonly [bigint, bigint] {
  const [ms, seq] = id.split('-');
  return [BigInt(ms ?? 0), BigInt(seq ?? 0)];
}

/** The 16 bytes of an ID. */
export function streamIdBytes(id: StreamId): Uint8Array {
  const [ms, seq] = parseId(id);
  return new ByteWriter().u64be(ms).u64be(seq).toBytes();
}

/** 15, 19, 21, 26, 27: a stream. */
export function streamValue(spec: StreamSpec): RdbValue {
  const { layout, entries = [], entriesPerNode = 100, groups = [] } = spec;
  const nodes = [...(spec.nodes ?? [])];
  for (let i = 0; i < entries.length; i += entriesPerNode) nodes.push(streamNode(entries.slice(i, i + entriesPerNode)));
  const live = entries.filter((entry) => !entry.deleted);

  const out = new ByteWriter().len(nodes.length);
  for (const { key, blob } of nodes) out.str(key).str(blob);
  out.len(spec.length ?? live.length);
  writeId(out, spec.lastId ?? entries.at(-1)?.id ?? '0-0');
  if (layout >= 2) {
    writeId(out, spec.firstId ?? live[0]?.id ?? '0-0');
    writeId(out, spec.maxDeletedId ?? entries.filter((entry) => entry.deleted).at(-1)?.id ?? '0-0');
    out.len(spec.entriesAdded ?? entries.length);
  }
  out.len(groups.length);
  for (const group of groups) writeGroup(out, group, layout);
  if (layout >= 4) writeIdmp(out, spec.idmp);
  return rawValue(TYPE_OF_LAYOUT[layout - 1] ?? 15, out);
}

function writeId(out: ByteWriter, id: StreamId): void {
  const [ms, seq] = parseId(id);
  out.len(ms).len(seq);
}

function elementKey(element: PackedElement): string {
  if (typeof element === 'number' || typeof element === 'bigint') return String(element);
  if (typeof element === 'string' || element instanceof Uint8Array)
    return Buffer.from(toBytes(element)).toString('latin1');
  return `\0${Buffer.from(element.bytes).toString('latin1')}`;
}

/** A node of the given entries: the first one gives the master ID and the master fields. */
export function streamNode(entries: readonly StreamEntrySpec[]): { key: Uint8Array; blob: Uint8Array } {
  const master = entries[0];
  if (master === undefined) throw new RangeError('a node has at least one entry');
  const [masterMs, masterSeq] = parseId(master.id);
  const masterFields = master.fields.map(([field]) => field);
  const signature = masterFields.map(elementKey).join('\x01');
  const deleted = entries.filter((entry) => entry.deleted).length;
  const elements: PackedElement[] = [entries.length - deleted, deleted, masterFields.length, ...masterFields, 0];
  for (const entry of entries) {
    const [ms, seq] = parseId(entry.id);
    const same = entry.fields.map(([field]) => elementKey(field)).join('\x01') === signature;
    elements.push((entry.deleted ? 1 : 0) | (same ? 2 : 0));
    elements.push(BigInt.asIntN(64, ms - masterMs), BigInt.asIntN(64, seq - masterSeq));
    if (same) {
      elements.push(...entry.fields.map(([, value]) => value), entry.fields.length + 3);
    } else {
      elements.push(entry.fields.length, ...entry.fields.flat(), 2 * entry.fields.length + 4);
    }
  }
  return { key: streamIdBytes(master.id), blob: listpack(elements) };
}

function writeGroup(out: ByteWriter, group: GroupSpec, layout: number): void {
  const { pending = [], consumers = [] } = group;
  out.str(group.name);
  writeId(out, group.lastId);
  if (layout >= 2) out.len(group.entriesRead ?? -1);
  out.len(pending.length);
  for (const { id, deliveredAtMs, deliveries } of pending) {
    out.raw(streamIdBytes(id)).u64(deliveredAtMs).len(deliveries);
  }
  out.len(consumers.length);
  for (const consumer of consumers) {
    const name = elementKey(consumer.name);
    const owned = pending.filter((entry) => entry.consumer !== undefined && elementKey(entry.consumer) === name);
    const ids = [...owned.map((entry) => entry.id), ...(consumer.alsoOwns ?? [])];
    out.str(consumer.name).u64(consumer.seenMs);
    if (layout >= 3) out.u64(consumer.activeMs ?? consumer.seenMs);
    out.len(ids.length).raw(concatBytes(...ids.map(streamIdBytes)));
  }
  if (layout >= 5) {
    const ids = group.handedBack ?? pending.filter((entry) => entry.consumer === undefined).map((entry) => entry.id);
    out.len(ids.length).raw(concatBytes(...ids.map(streamIdBytes)));
  }
}

function writeIdmp(out: ByteWriter, idmp: IdmpSpec | undefined): void {
  out.len(idmp?.durationSeconds ?? 100).len(idmp?.maxEntries ?? 100);
  const producers = idmp?.producers ?? [];
  out.len(producers.length);
  for (const { id, entries } of producers) {
    out.str(id).len(entries.length);
    for (const [iid, entryId] of entries) {
      out.str(iid);
      writeId(out, entryId);
    }
  }
  out.len(idmp?.iidsAdded ?? 0).len(idmp?.iidsDuplicates ?? 0);
}
