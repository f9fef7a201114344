/**
 * Streams as commands: entries, then last ID and counters, then groups with their consumers and pending entries.
 *
 * Servers let a consumer claim existing entries only. So an entry that is pending though it was deleted is put in for a
 * moment, in its place, and taken out again at the end.
 */
import { type Int64, writeInt64Text } from '@rdbkit/bytes';
import {
  type Dialect,
  type RdbOptions,
  RdbVisitorBase,
  readRawValue,
  type StreamGroup,
  type StreamIdmp,
  type StreamInfo,
} from '@rdbkit/rdb';
import { encodeBulks, encodeHead, LONG_FRAME } from '@rdbkit/resp';
import type { Session } from './session.ts';
import { compareIds, StreamIds } from './stream-ids.ts';
import { indexByOwner, StreamParts } from './stream-parts.ts';

const XADD = encodeBulks('XADD');
const XADD_EMPTIED = encodeBulks('MAXLEN', '0', '0-1', 'x', 'y');
const X_Y = encodeBulks('x', 'y');
const XSETID = encodeBulks('XSETID');
const ENTRIESADDED = encodeBulks('ENTRIESADDED');
const MAXDELETEDID = encodeBulks('MAXDELETEDID');
const XGROUP_CREATE = encodeBulks('XGROUP', 'CREATE');
const ENTRIESREAD = encodeBulks('ENTRIESREAD');
const MADE_EMPTY = encodeBulks('rdbkit', '0', 'MKSTREAM');
const XGROUP_DESTROY = encodeHead(4, 'XGROUP', 'DESTROY');
const RDBKIT = encodeBulks('rdbkit');
const XGROUP_CREATECONSUMER = encodeHead(5, 'XGROUP', 'CREATECONSUMER');
const XREADGROUP = encodeHead(9, 'XREADGROUP', 'GROUP');
const HISTORY = encodeBulks('COUNT', '1', 'STREAMS');
const ZERO = encodeBulks('0');
const XCLAIM = encodeBulks('XCLAIM');
const TIME = encodeBulks('TIME');
const RETRYCOUNT = encodeBulks('RETRYCOUNT');
const FORCE = encodeBulks('FORCE');
const JUSTID = encodeBulks('JUSTID');
const XNACK = encodeBulks('XNACK');
const FAIL_IDS = encodeBulks('FAIL', 'IDS');
const XTRIM = encodeHead(4, 'XTRIM');
const MAXLEN = encodeBulks('MAXLEN');
const XDEL = encodeBulks('XDEL');
const XCFGSET = encodeHead(6, 'XCFGSET');
const IDMP_DURATION = encodeBulks('IDMP-DURATION');
const IDMP_MAXSIZE = encodeBulks('IDMP-MAXSIZE');
const XIDMPRECORD = encodeHead(5, 'XIDMPRECORD');

const ID_BYTES = 16;
/** Longest text of an ID, its frame included. */
const ID_ROOM = 64;
const DASH = 0x2d;

/** Emits one stream after the other. */
export class Streams extends RdbVisitorBase {
  private readonly s: Session;
  readonly parts: StreamParts = new StreamParts();
  /** IDs of entries that must exist for a while; `null` when the entries are read once only. */
  private wanted: StreamIds | null = null;
  /** Indexes into `wanted` of what was put in. */
  private readonly standIns: number[] = [];
  private entries = 0;
  /** How many of them stand before the first entry. */
  private leading = 0;
  /** The last entry. */
  private topMs: Int64 = 0;
  private topSeq: Int64 = 0;
  private isInEntry = false;
  private hasTooLate = false;

  private readonly rdbOptions: RdbOptions | undefined;

  constructor(session: Session, rdbOptions: RdbOptions | undefined) {
    super();
    this.s = session;
    this.rdbOptions = rdbOptions;
  }

  /** Writes the stream whose value is `bytes[start, end)`, and whose parts were read from it already. */
  value(parts: StreamParts, typeCode: number, dialect: Dialect, bytes: Uint8Array, start: number, end: number): void {
    this.start();
    const wanted = new StreamIds();
    for (const { pending } of parts.groups) wanted.addBytes(pending.ids, pending.count);
    if (this.s.caps.idmpRecords) for (const { entries } of parts.idmp?.producers ?? []) wanted.addAll(entries);
    if (wanted.count > 0) this.wanted = wanted;
    readRawValue(typeCode, dialect, bytes, start, end, this, 'logical', this.rdbOptions);
    this.finish(false);
  }

  /** Before the calls for a stream. */
  start(): void {
    this.parts.clear();
    this.wanted = null;
    this.standIns.length = 0;
    this.entries = 0;
    this.leading = 0;
    this.topMs = 0;
    this.topSeq = 0;
    this.isInEntry = false;
    this.hasTooLate = false;
  }

  // ---- entries ---------------------------------------------------------------------------------------------------

  override streamEntry(ms: Int64, seq: Int64, fields: number): void {
    const { s } = this;
    if (this.wanted !== null) this.standInsBefore(ms, seq);
    if (fields === 0) {
      s.note('STREAM_ENTRY_LOST', 'an entry without fields is lost');
      this.isInEntry = false;
      return;
    }
    this.isInEntry = true;
    this.entries++;
    this.topMs = ms;
    this.topSeq = seq;
    this.add(3 + 2 * fields, ms, seq);
  }

  override streamField(
    fieldBytes: Uint8Array,
    fieldStart: number,
    fieldEnd: number,
    valueBytes: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): void {
    if (!this.isInEntry) return;
    const { out } = this.s;
    out.bulk(fieldBytes, fieldStart, fieldEnd);
    out.bulk(valueBytes, valueStart, valueEnd);
  }

  private add(count: number, ms: Int64, seq: Int64): void {
    const { s } = this;
    if (s.began) s.checkpoint();
    else s.begin();
    s.out.begin(count);
    s.out.raw(XADD);
    s.key();
    this.id(ms, seq);
  }

  private standInsBefore(ms: Int64, seq: Int64): void {
    const wanted = this.wanted as StreamIds;
    for (let i = wanted.pass(ms, seq); i >= 0; i = wanted.pass(ms, seq)) this.standIn(wanted, i);
  }

  private standIn(wanted: StreamIds, index: number): void {
    const ms = wanted.ms(index);
    const seq = wanted.seq(index);
    // No entry can have the ID 0-0.
    if (compareIds(ms, seq, 0, 0) === 0) return;
    if (this.entries === 0) this.leading++;
    this.standIns.push(index);
    this.add(5, ms, seq);
    this.s.out.raw(X_Y);
  }

  // ---- what follows the entries ----------------------------------------------------------------------------------

  override streamInfo(info: StreamInfo): void {
    this.parts.streamInfo(info);
    const { wanted } = this;
    if (wanted === null) return;
    for (let i = wanted.passRest(); i >= 0; i = wanted.passRest()) {
      // Beyond the last ID an entry could not be taken out again without a trace.
      if (compareIds(wanted.ms(i), wanted.seq(i), info.lastMs, info.lastSeq) <= 0) this.standIn(wanted, i);
      else this.hasTooLate = true;
    }
  }
  override streamGroup(group: StreamGroup): void {
    this.parts.groups.push(group);
  }
  override streamIdmp(idmp: StreamIdmp): void {
    this.parts.idmp = idmp;
  }

  /** After the calls for a stream. */
  finish(isUnchecked: boolean): void {
    const { s, parts } = this;
    const info = parts.info as StreamInfo;
    if (!s.began) {
      s.begin();
      this.empty(info);
    }
    this.lastId(info, this.standIns.length > 0);
    for (const group of parts.groups) this.group(group);
    this.idmp();
    this.removeStandIns(info);
    this.notes(isUnchecked);
    s.end('commands');
  }

  /** A stream without entries. */
  private empty(info: StreamInfo): void {
    const { s } = this;
    if (compareIds(info.lastMs, info.lastSeq, 0, 0) > 0) {
      s.out.begin(7);
      s.out.raw(XADD);
      s.key();
      s.out.raw(XADD_EMPTIED);
      return;
    }
    s.out.begin(6);
    s.out.raw(XGROUP_CREATE);
    s.key();
    s.out.raw(MADE_EMPTY);
    s.out.beginWith(XGROUP_DESTROY);
    s.key();
    s.out.raw(RDBKIT);
  }

  /** `XSETID` with everything that the target lets be set. */
  private lastId(info: StreamInfo, hasStandIns: boolean): void {
    const { s } = this;
    const { out } = s;
    let { lastMs, lastSeq } = info;
    let isChanged = false;
    if (compareIds(lastMs, lastSeq, this.topMs, this.topSeq) < 0) {
      lastMs = this.topMs;
      lastSeq = this.topSeq;
      isChanged = true;
    }
    if (!s.caps.streamCounters) {
      if (this.parts.hasCounters) {
        s.note('STREAM_COUNTERS_LOST', 'counters of the stream and its groups are lost, the target has none');
      }
      // XADD has set it, unless later entries were deleted.
      if (
        this.entries === 0 ||
        this.standIns.length > 0 ||
        compareIds(lastMs, lastSeq, this.topMs, this.topSeq) !== 0
      ) {
        out.begin(3);
        out.raw(XSETID);
        s.key();
        this.id(lastMs, lastSeq);
      }
      return;
    }
    const present = this.entries + (hasStandIns ? this.standIns.length : 0);
    let added = info.entriesAdded ?? info.length;
    if (added < present) {
      if (added < this.entries && info.entriesAdded !== null) isChanged = true;
      added = present;
    }
    let { maxDeletedMs, maxDeletedSeq } = info;
    if (
      maxDeletedMs !== null &&
      maxDeletedSeq !== null &&
      compareIds(maxDeletedMs, maxDeletedSeq, lastMs, lastSeq) > 0
    ) {
      maxDeletedMs = lastMs;
      maxDeletedSeq = lastSeq;
      isChanged = true;
    }
    const hasDeleted =
      maxDeletedMs !== null && maxDeletedSeq !== null && compareIds(maxDeletedMs, maxDeletedSeq, 0, 0) > 0;
    if (isChanged && !hasStandIns) {
      s.note('STREAM_COUNTERS_CHANGED', 'last ID or counters of the stream contradict its entries and are adjusted');
    }
    out.begin(hasDeleted ? 7 : 5);
    out.raw(XSETID);
    s.key();
    this.id(lastMs, lastSeq);
    out.raw(ENTRIESADDED);
    out.bulkInteger(added);
    if (hasDeleted) {
      out.raw(MAXDELETEDID);
      this.id(maxDeletedMs as Int64, maxDeletedSeq as Int64);
    }
  }

  private group(group: StreamGroup): void {
    const { s } = this;
    const { out } = s;
    const { name, consumers } = group;
    const entriesRead = s.caps.streamCounters ? group.entriesRead : null;
    s.checkpoint();
    out.begin(entriesRead === null ? 5 : 7);
    out.raw(XGROUP_CREATE);
    s.key();
    out.bulk(name, 0, name.length);
    this.id(group.lastMs, group.lastSeq);
    if (entriesRead !== null) {
      out.raw(ENTRIESREAD);
      out.bulkInteger(entriesRead);
    }

    const { order, starts } = indexByOwner(group);
    consumers.forEach((consumer, owner) => {
      const from = starts[owner] as number;
      const to = starts[owner + 1] as number;
      if (from === to) this.consumer(name, consumer.name);
      else this.claims(group, consumer.name, order.subarray(from, to));
    });
    const unowned = order.subarray(starts[consumers.length]);
    if (unowned.length > 0 && s.caps.nack) this.unowned(group, unowned);
  }

  private consumer(group: Uint8Array, name: Uint8Array): void {
    const { s } = this;
    const { out } = s;
    s.checkpoint();
    if (s.caps.createConsumer) {
      out.beginWith(XGROUP_CREATECONSUMER);
      s.key();
      out.bulk(group, 0, group.length);
      out.bulk(name, 0, name.length);
      return;
    }
    // Reading its own history makes a consumer and changes nothing else.
    out.beginWith(XREADGROUP);
    out.bulk(group, 0, group.length);
    out.bulk(name, 0, name.length);
    out.raw(HISTORY);
    s.key();
    out.raw(ZERO);
  }

  /** `XCLAIM` for the pending entries of a consumer: those with the same time and count share a command. */
  private claims({ name, pending }: StreamGroup, consumer: Uint8Array, indexes: Int32Array): void {
    const { s } = this;
    const { out } = s;
    for (let from = 0; from < indexes.length; ) {
      const first = indexes[from] as number;
      const to = this.alike(
        indexes,
        from,
        (i) =>
          pending.deliveredAtMs[i] === pending.deliveredAtMs[first] &&
          pending.deliveryCount[i] === pending.deliveryCount[first],
      );
      s.checkpoint();
      out.begin(5 + (to - from) + 6);
      out.raw(XCLAIM);
      s.key();
      out.bulk(name, 0, name.length);
      out.bulk(consumer, 0, consumer.length);
      out.raw(ZERO);
      for (; from < to; from++) this.rawId(pending.ids, (indexes[from] as number) * ID_BYTES);
      out.raw(TIME);
      out.bulkInteger(pending.deliveredAtMs[first] as bigint);
      out.raw(RETRYCOUNT);
      out.bulkInteger(pending.deliveryCount[first] as bigint);
      out.raw(FORCE);
      out.raw(JUSTID);
    }
  }

  /** `XNACK` for the pending entries of nobody: those with the same count share a command. */
  private unowned({ name, pending }: StreamGroup, indexes: Int32Array): void {
    const { s } = this;
    const { out } = s;
    for (let from = 0; from < indexes.length; ) {
      const first = indexes[from] as number;
      const to = this.alike(indexes, from, (i) => pending.deliveryCount[i] === pending.deliveryCount[first]);
      s.checkpoint();
      out.begin(6 + (to - from) + 3);
      out.raw(XNACK);
      s.key();
      out.bulk(name, 0, name.length);
      out.raw(FAIL_IDS);
      out.bulkInteger(to - from);
      for (; from < to; from++) this.rawId(pending.ids, (indexes[from] as number) * ID_BYTES);
      out.raw(RETRYCOUNT);
      out.bulkInteger(pending.deliveryCount[first] as bigint);
      out.raw(FORCE);
    }
  }

  /** End of a run that begins at `from`, of at most one batch. */
  private alike(indexes: Int32Array, from: number, isAlike: (index: number) => boolean): number {
    const limit = Math.min(indexes.length, from + this.s.options.batch);
    let to = from + 1;
    while (to < limit && isAlike(indexes[to] as number)) to++;
    return to;
  }

  /** Takes out what was put in for the claims. */
  private removeStandIns(info: StreamInfo): void {
    const { s, standIns } = this;
    const { out } = s;
    if (standIns.length === 0) return;
    const wanted = this.wanted as StreamIds;
    s.checkpoint();
    // Trimming, unlike deletion, leaves the last deleted ID alone, as it did when these entries were trimmed.
    if (this.leading > 0) {
      out.beginWith(XTRIM);
      s.key();
      out.raw(MAXLEN);
      out.bulkInteger(this.entries + standIns.length - this.leading);
    }
    const { batch } = s.options;
    for (let from = this.leading; from < standIns.length; from += batch) {
      const some = standIns.slice(from, from + batch);
      s.checkpoint();
      out.begin(2 + some.length);
      out.raw(XDEL);
      s.key();
      for (const index of some) this.id(wanted.ms(index), wanted.seq(index));
    }
    if (s.caps.streamCounters) this.lastId(info, false);
  }

  private idmp(): void {
    const { s, parts } = this;
    const { out, caps } = s;
    const { idmp } = parts;
    if (idmp === null || !parts.hasIdmp) return;
    if (caps.idmpSettings && parts.hasIdmpSettings) {
      out.beginWith(XCFGSET);
      s.key();
      out.raw(IDMP_DURATION);
      out.bulkInteger(idmp.durationSeconds);
      out.raw(IDMP_MAXSIZE);
      out.bulkInteger(idmp.maxEntries);
    }
    if (!caps.idmpRecords) return;
    for (const { id, entries } of idmp.producers) {
      for (const { iid, ms, seq } of entries) {
        s.checkpoint();
        out.beginWith(XIDMPRECORD);
        s.key();
        out.bulk(id, 0, id.length);
        out.bulk(iid, 0, iid.length);
        this.id(ms, seq);
      }
    }
  }

  private notes(isUnchecked: boolean): void {
    const { s, parts } = this;
    const { caps } = s;
    if (parts.groups.some(({ consumers }) => consumers.length > 0)) {
      s.noteOnce('STREAM_CONSUMER_TIMES_LOST', 'commands cannot set when a consumer was last seen or active');
    }
    if (parts.twoOwnersCount > 0)
      s.note(
        'STREAM_TWO_OWNERS',
        `${parts.twoOwnersCount} pending entries belong to two consumers; the last one has them`,
      );
    if (!caps.nack && parts.unownedCount > 0) {
      s.note(
        'STREAM_UNOWNED_LOST',
        `${parts.unownedCount} pending entries that belong to no consumer are lost, the target has no place for them`,
      );
    }
    if (this.hasTooLate) s.note('STREAM_PENDING_LOST', 'pending entries beyond the last ID of the stream are lost');
    if (isUnchecked && parts.pendingCount > 0) {
      s.note(
        'STREAM_PENDING_UNCHECKED',
        'pending entries whose message was deleted are lost: the stream is too long to look for them',
      );
    }
    if (parts.hasIdmpSettings && !caps.idmpSettings) {
      s.note('STREAM_IDMP_LOST', 'settings of idempotent producers are lost, the target has none');
    }
    const { idmp } = parts;
    if (caps.idmpRecords && idmp !== null && (idmp.iidsDuplicates !== 0 || idmp.iidsAdded !== parts.idmpRecordCount)) {
      s.note('STREAM_IDMP_LOST', 'counters of idempotent producers begin anew, only RESTORE keeps them');
    }
    if (parts.idmpRecordCount > 0 && !caps.idmpRecords) {
      s.note(
        'STREAM_IDMP_LOST',
        `${parts.idmpRecordCount} records of idempotent producers are lost, the target has no command for them`,
      );
    }
  }

  // ---- IDs -------------------------------------------------------------------------------------------------------

  private id(ms: Int64, seq: Int64): void {
    const { out } = this.s;
    out.reserve(ID_ROOM);
    const at = out.pos + LONG_FRAME;
    const dash = writeInt64Text(out.bytes, at, ms);
    out.bytes[dash] = DASH;
    out.frame(at, writeInt64Text(out.bytes, dash + 1, seq));
  }

  /** An ID of 16 bytes. */
  private rawId(ids: Uint8Array, at: number): void {
    this.id(wordsAt(ids, at), wordsAt(ids, at + 8));
  }
}

function wordsAt(bytes: Uint8Array, at: number): Int64 {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, 8);
  const value = view.getUint32(0) * 0x1_0000_0000 + view.getUint32(4);
  return Number.isSafeInteger(value) ? value : view.getBigUint64(0);
}
