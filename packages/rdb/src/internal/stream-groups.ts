/** What belongs to a consumer group: its pending entries, its consumers, and what each of them owns. Layout: see `streams.ts`. */
import { type Int64, int64FromWords, uint64FromWords } from '@rdbkit/bytes';
import type { PendingEntries, StreamConsumer, StreamGroupHead } from '../visitor.ts';
import type { Decoding, Rule } from './decoding.ts';
import type { RdbInput } from './input.ts';
import { NameSet } from './name-set.ts';
import { length, takeLength } from './primitives.ts';

const ID_BYTES = 16;
const PENDING_BYTES = ID_BYTES + 8;

/** Is told what a group has, in the order of the file. An ID stands in the input at `pos`, in 16 bytes. */
interface GroupSink {
  announce(pending: number): void;
  /** An entry, with the time of its delivery in 8 bytes behind the ID. */
  pending(input: RdbInput, pos: number): void;
  /** How often that entry was delivered. */
  deliveries(hi: number, lo: number): void;
  consumer(consumer: StreamConsumer): void;
  /** An entry of that consumer. */
  owned(input: RdbInput, pos: number): void;
  /** An entry that was handed back (Redis ≥ 8.8): pending, and owned by nobody. */
  handedBack(input: RdbInput, pos: number): void;
  end(): void;
}

/** Reads what stands behind the head of a group. */
export function* groupMembers(d: Decoding, version: number, sink: GroupSink): Rule {
  const { input } = d;
  const pending = takeLength(d) ?? (yield* length(d));
  sink.announce(pending);
  for (let i = 0; i < pending; i++) {
    while (input.end - input.pos < PENDING_BYTES) yield;
    sink.pending(input, input.pos);
    input.pos += PENDING_BYTES;
    while (!input.readLength64()) yield;
    sink.deliveries(input.hi, input.lo);
  }

  const consumers = takeLength(d) ?? (yield* length(d));
  const names = consumers > 1 ? new NameSet() : null;
  for (let i = 0; i < consumers; i++) {
    const at = input.offset;
    while (!input.readString()) yield;
    const name = input.sb.slice(input.ss, input.se);
    if (names?.add(name, 0, name.length) === false)
      throw d.bad('RDB_BAD_STREAM', 'two consumers of a group have the same name', at);
    while (!input.readU64()) yield;
    const seenMs = int64FromWords(input.hi, input.lo);
    let activeMs: Int64 | null = null;
    if (version >= 3) {
      while (!input.readU64()) yield;
      activeMs = int64FromWords(input.hi, input.lo);
    }
    sink.consumer({ name, seenMs, activeMs });
    const owned = takeLength(d) ?? (yield* length(d));
    for (let n = 0; n < owned; n++) {
      while (input.end - input.pos < ID_BYTES) yield;
      sink.owned(input, input.pos);
      input.pos += ID_BYTES;
    }
  }
  if (version >= 5) {
    const handedBack = yield* length(d);
    for (let n = 0; n < handedBack; n++) {
      while (input.end - input.pos < ID_BYTES) yield;
      sink.handedBack(input, input.pos);
      input.pos += ID_BYTES;
    }
  }
  sink.end();
}

function warnOfUnowned(d: Decoding, count: number): void {
  if (count > 0) d.warn('RDB_PENDING_NO_OWNER', `${count} pending entries of a group belong to no consumer`);
}

function warnOfTwoOwners(d: Decoding, count: number): void {
  if (count <= 0) return;
  d.warn(
    'RDB_PENDING_TWO_OWNERS',
    `${count} pending entries of a group belong to two consumers; the last one in the file is taken`,
  );
}

/** Gathers a group, for one call of `streamGroup`. */
export class WholeGroup implements GroupSink {
  private readonly d: Decoding;
  private readonly head: StreamGroupHead;
  private list: PendingList = NO_PENDING;
  private readonly consumers: StreamConsumer[] = [];
  private duplicateOwners = 0;
  private handedBackCount = 0;
  /** Where the next entry most likely stands: consumers list theirs in the same order. */
  private guess = 0;

  constructor(d: Decoding, head: StreamGroupHead) {
    this.d = d;
    this.head = head;
  }

  announce(pending: number): void {
    if (pending > 0) this.list = new PendingList(pending);
  }

  pending({ bytes, view }: RdbInput, pos: number): void {
    this.list.add(bytes, pos, view.getBigInt64(pos + ID_BYTES, true));
    if (!this.list.isAscending()) throw disordered(this.d);
  }

  deliveries(hi: number, lo: number): void {
    this.list.setDeliveryCount(hi, lo);
  }

  consumer(consumer: StreamConsumer): void {
    this.consumers.push(consumer);
    this.guess = 0;
  }

  owned({ bytes }: RdbInput, pos: number): void {
    const { d, list } = this;
    const consumer = this.consumers.length - 1;
    const index = list.find(bytes, pos, this.guess);
    if (index < 0) throw d.bad('RDB_BAD_STREAM', 'a consumer owns a pending entry that its group does not have');
    const owner = list.owner[index];
    if (owner === consumer) throw d.bad('RDB_BAD_STREAM', 'a consumer lists a pending entry twice');
    if (owner >= 0) this.duplicateOwners++;
    list.owner[index] = consumer;
    this.guess = index + 1;
  }

  handedBack({ bytes }: RdbInput, pos: number): void {
    const { d, list } = this;
    if (this.handedBackCount++ === 0) this.guess = 0;
    const index = list.find(bytes, pos, this.guess);
    if (index < 0) throw d.bad('RDB_BAD_STREAM', 'a handed-back entry is not among the pending ones of its group');
    if (list.owner[index] >= 0) throw d.bad('RDB_BAD_STREAM', 'a handed-back entry belongs to a consumer');
    this.guess = index + 1;
  }

  end(): void {
    const { d, head, consumers, list: pending, duplicateOwners } = this;
    warnOfTwoOwners(d, duplicateOwners);
    let unowned = -this.handedBackCount;
    for (let i = 0; i < pending.count; i++) if (pending.owner[i] < 0) unowned++;
    warnOfUnowned(d, unowned);
    const { name, lastMs, lastSeq, entriesRead } = head;
    d.visitor.streamGroup({ name, lastMs, lastSeq, entriesRead, consumers, pending, duplicateOwners });
  }
}

/**
 * Passes a group on as it comes, so that millions of pending entries need no memory. Whether each of them has one owner shows in
 * their numbers alone; what could be told by keeping them only is not looked at.
 */
export class ToldGroup implements GroupSink {
  private readonly d: Decoding;
  private lastMs: Int64 = 0;
  private lastSeq: Int64 = -1;
  /** Pending entries less those that are owned or were handed back. */
  private unowned = 0;

  constructor(d: Decoding, head: StreamGroupHead) {
    this.d = d;
    d.visitor.streamGroupStart(head);
  }

  announce(): void {}

  pending({ view }: RdbInput, pos: number): void {
    const ms = uint64FromWords(view.getUint32(pos), view.getUint32(pos + 4));
    const seq = uint64FromWords(view.getUint32(pos + 8), view.getUint32(pos + 12));
    if (ms < this.lastMs || (ms === this.lastMs && seq <= this.lastSeq)) throw disordered(this.d);
    this.lastMs = ms;
    this.lastSeq = seq;
    this.unowned++;
    const time = int64FromWords(view.getUint32(pos + ID_BYTES + 4, true), view.getUint32(pos + ID_BYTES, true));
    this.d.visitor.streamPending(ms, seq, time);
  }

  deliveries(): void {}

  consumer(consumer: StreamConsumer): void {
    this.d.visitor.streamConsumer(consumer);
  }

  owned({ view }: RdbInput, pos: number): void {
    this.unowned--;
    const ms = uint64FromWords(view.getUint32(pos), view.getUint32(pos + 4));
    this.d.visitor.streamOwned(ms, uint64FromWords(view.getUint32(pos + 8), view.getUint32(pos + 12)));
  }

  handedBack(): void {
    this.unowned--;
  }

  end(): void {
    const { d, unowned } = this;
    warnOfTwoOwners(d, -unowned);
    warnOfUnowned(d, unowned);
    d.visitor.streamGroupEnd();
  }
}

function disordered(d: Decoding): Error {
  return d.bad('RDB_BAD_STREAM', 'pending entries are not in ascending order');
}

/** Room for entries that is made at once, however many are announced. */
const FIRST_PENDING = 16;
/** Nearly all entries were delivered a few times only. */
const SMALL_NUMBERS: readonly bigint[] = Array.from({ length: 32 }, (_, i) => BigInt(i));

/** Pending entries while they are read: grows with what really arrives, whatever count was announced. */
class PendingList implements PendingEntries {
  count = 0;
  ids: Uint8Array = NO_IDS;
  deliveredAtMs: BigInt64Array = NO_TIMES;
  deliveryCount: BigUint64Array = NO_COUNTS;
  owner: Int32Array = NO_OWNERS;

  /** @param announced - How many entries are said to follow. */
  constructor(announced: number) {
    if (announced > 0) this.grow(Math.min(announced, FIRST_PENDING));
  }

  add(bytes: Uint8Array, at: number, deliveredAtMs: bigint): void {
    const { count } = this;
    if (count === this.owner.length) this.grow(count * 2);
    const { ids } = this;
    const to = count * ID_BYTES;
    for (let i = 0; i < ID_BYTES; i++) ids[to + i] = bytes[at + i];
    this.deliveredAtMs[count] = deliveredAtMs;
    this.owner[count] = -1;
    this.count++;
  }

  /** Of the entry added last. */
  setDeliveryCount(hi: number, lo: number): void {
    this.deliveryCount[this.count - 1] =
      hi === 0 && lo < SMALL_NUMBERS.length ? SMALL_NUMBERS[lo] : (BigInt(hi) << 32n) | BigInt(lo);
  }

  /** Whether the entry added last follows the one before it. */
  isAscending(): boolean {
    return (
      this.count < 2 || compareIds(this.ids, (this.count - 2) * ID_BYTES, this.ids, (this.count - 1) * ID_BYTES) < 0
    );
  }

  /**
   * Index of an ID, or −1. It is looked for from `guess` on in steps that double, because consumers list their entries in order:
   * with many consumers the next one is a little further on.
   */
  find(bytes: Uint8Array, at: number, guess: number): number {
    const { ids, count } = this;
    let low = 0;
    let high = count - 1;
    for (let step = 1, i = guess; i < count; i += step, step *= 2) {
      const order = compareIds(ids, i * ID_BYTES, bytes, at);
      if (order === 0) return i;
      if (order > 0) {
        high = i - 1;
        break;
      }
      low = i + 1;
    }
    while (low <= high) {
      const middle = (low + high) >> 1;
      const order = compareIds(ids, middle * ID_BYTES, bytes, at);
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  private grow(capacity: number): void {
    const { ids, deliveredAtMs, deliveryCount, owner } = this;
    this.ids = new Uint8Array(capacity * ID_BYTES);
    this.deliveredAtMs = new BigInt64Array(capacity);
    this.deliveryCount = new BigUint64Array(capacity);
    this.owner = new Int32Array(capacity);
    // Most lists never grow again.
    if (this.count === 0) return;
    this.ids.set(ids);
    this.deliveredAtMs.set(deliveredAtMs);
    this.deliveryCount.set(deliveryCount);
    this.owner.set(owner);
  }
}

const NO_IDS = new Uint8Array(0);
const NO_TIMES = new BigInt64Array(0);
const NO_COUNTS = new BigUint64Array(0);
const NO_OWNERS = new Int32Array(0);
const NO_PENDING = new PendingList(0);

function compareIds(a: Uint8Array, aAt: number, b: Uint8Array, bAt: number): number {
  for (let i = 0; i < ID_BYTES; i++) {
    const difference = a[aAt + i] - b[bAt + i];
    if (difference !== 0) return difference;
  }
  return 0;
}
