/**
 * Streams, types 15, 19, 21, 26 and 27 (`rdb.c` and `t_stream.c` of Redis 5.0 … 8.10). `V` is 1 to 5 in that order:
 *
 * ```
 * len nodes, ( str master ID in 16 bytes, str listpack ) * nodes
 * len length, len last_ms, len last_seq
 * V ≥ 2: len first_ms, len first_seq, len max_deleted_ms, len max_deleted_seq, len entries_added
 * len groups, (
 *   str name, len last_ms, len last_seq
 *   V ≥ 2: len entries_read
 *   len pending, ( id128, i64 delivery time, len delivery count ) * pending
 *   len consumers, ( str name, i64 seen, V ≥ 3: i64 active, len n, id128 * n ) * consumers
 *   V ≥ 5: len n, id128 * n
 * ) * groups
 * V ≥ 4: len duration, len max entries,
 *        len producers, ( str id, len n, ( str iid, len ms, len seq ) * n ) * producers,
 *        len iids added, len iids duplicates
 * ```
 */
import { type Int64, int64FromWords, uint64FromWords } from '@rdbkit/bytes';
import type { StreamIdmpEntry } from '../visitor.ts';
import type { Decoding, Rule } from './decoding.ts';
import { NameSet } from './name-set.ts';
import { PackedFault } from './packed-cursor.ts';
import { length, number64, takeLength, takeNumber64 } from './primitives.ts';
import { EIGHT_BYTES, LEN, type Part, STR, skipParts, trySkipParts } from './skip.ts';
import { groupMembers, ToldGroup, WholeGroup } from './stream-groups.ts';

const ID_BYTES = 16;
const ENTRY_DELETED = 1;
const ENTRY_SAME_FIELDS = 2;
const MAX_UNSIGNED = 0xffffffff;

export function* stream(d: Decoding, version: 1 | 2 | 3 | 4 | 5): Rule {
  const { input, visitor } = d;
  const nodes = takeLength(d) ?? (yield* length(d));
  visitor.streamStart();
  const walk = new NodeWalk(d);
  for (let i = 0; i < nodes; i++) {
    const at = input.offset;
    while (!input.readString()) yield;
    if (input.se - input.ss !== ID_BYTES)
      throw d.bad('RDB_BAD_STREAM', `a stream node has a key of ${input.se - input.ss} bytes, not 16`, at);
    const ms = uint64FromWords(be32(input.sb, input.ss), be32(input.sb, input.ss + 4));
    const seq = uint64FromWords(be32(input.sb, input.ss + 8), be32(input.sb, input.ss + 12));
    while (!input.readString()) yield;
    walk.node(ms, seq, at);
  }

  const lengthAt = input.offset;
  const stored = takeNumber64(d) ?? (yield* number64(d));
  if (stored !== 0 && nodes === 0)
    throw d.bad('RDB_BAD_STREAM', `a stream of ${stored} entries without a node`, lengthAt);
  const lastMs = takeNumber64(d) ?? (yield* number64(d));
  const lastSeq = takeNumber64(d) ?? (yield* number64(d));
  const hasCounters = version >= 2;
  const firstMs = hasCounters ? (takeNumber64(d) ?? (yield* number64(d))) : null;
  const firstSeq = hasCounters ? (takeNumber64(d) ?? (yield* number64(d))) : null;
  const maxDeletedMs = hasCounters ? (takeNumber64(d) ?? (yield* number64(d))) : null;
  const maxDeletedSeq = hasCounters ? (takeNumber64(d) ?? (yield* number64(d))) : null;
  const entriesAdded = hasCounters ? (takeNumber64(d) ?? (yield* number64(d))) : null;
  visitor.streamInfo({
    length: stored,
    lastMs,
    lastSeq,
    firstMs,
    firstSeq,
    maxDeletedMs,
    maxDeletedSeq,
    entriesAdded,
    liveEntries: walk.live,
  });
  if (stored !== walk.live)
    d.warn('RDB_STREAM_LENGTH', `the stream says that it has ${stored} entries, its nodes hold ${walk.live}`, lengthAt);
  if (walk.isDisordered) d.warn('RDB_STREAM_ORDER', 'the entries of the stream are not in ascending order', lengthAt);
  if (walk.isAfter(lastMs, lastSeq))
    d.warn(
      'RDB_STREAM_COUNTERS',
      `the stream says that its last ID was ${lastMs}-${lastSeq}, it has a later entry`,
      lengthAt,
    );
  if (entriesAdded !== null && entriesAdded < stored) {
    d.warn(
      'RDB_STREAM_COUNTERS',
      `the stream says that it has ${stored} entries of ${entriesAdded} that were ever added`,
      lengthAt,
    );
  }

  const groups = takeLength(d) ?? (yield* length(d));
  const names = groups > 1 ? new NameSet() : null;
  for (let i = 0; i < groups; i++) {
    const at = input.offset;
    while (!input.readString()) yield;
    const name = input.sb.slice(input.ss, input.se);
    if (names?.add(name, 0, name.length) === false) throw d.bad('RDB_BAD_STREAM', 'two groups have the same name', at);
    d.element = 'stream group';
    const lastMs = takeNumber64(d) ?? (yield* number64(d));
    const lastSeq = takeNumber64(d) ?? (yield* number64(d));
    let entriesRead: Int64 | null = null;
    if (version >= 2) {
      while (!input.readLength64()) yield;
      const isUnknown = input.hi === MAX_UNSIGNED && input.lo === MAX_UNSIGNED;
      entriesRead = isUnknown ? null : uint64FromWords(input.hi, input.lo);
    }
    if (entriesRead !== null && entriesAdded !== null && entriesRead > entriesAdded) {
      d.warn(
        'RDB_STREAM_COUNTERS',
        `a group has read ${entriesRead} entries of ${entriesAdded} that were ever added`,
        at,
      );
    }
    const head = { name, lastMs, lastSeq, entriesRead };
    yield* groupMembers(d, version, input.sized ? new ToldGroup(d, head) : new WholeGroup(d, head));
    d.element = null;
  }
  if (version >= 4) yield* idempotency(d);
}

/** Walks the listpack of a node; one instance for all nodes of a stream, because entries refer to the node's master fields. */
class NodeWalk {
  live = 0;
  private readonly d: Decoding;
  /** Highest ID of an entry so far; 0-0 cannot be one. */
  private lastMs: Int64 = 0;
  private lastSeq: Int64 = 0;
  private nodeMs: Int64 = 0;
  private nodeSeq: Int64 = -1;
  isDisordered = false;

  constructor(d: Decoding) {
    this.d = d;
  }

  /** The node whose listpack is the input's last string. */
  node(masterMs: Int64, masterSeq: Int64, at: number): void {
    const { input, visitor, packed } = this.d;
    // Servers refuse a key that comes twice, and no server writes them in another order.
    if (masterMs < this.nodeMs || (masterMs === this.nodeMs && masterSeq <= this.nodeSeq)) {
      throw this.d.bad(
        'RDB_BAD_STREAM',
        `a stream node with the key ${masterMs}-${masterSeq} does not follow ${this.nodeMs}-${this.nodeSeq}`,
        at,
      );
    }
    this.nodeMs = masterMs;
    this.nodeSeq = masterSeq;
    const cursor = this.d.listpack;
    cursor.open(input.sb, input.ss, input.se);
    const count = this.counter('its number of entries');
    const deleted = this.counter('its number of deleted entries');
    if (packed) {
      this.live += count;
      visitor.streamNode(masterMs, masterSeq, input.sb, input.ss, input.se);
      return;
    }
    const masterFields = this.counter('its number of master fields');
    const fieldsAt = cursor.pos;
    for (let i = 0; i < masterFields; i++) this.expect('a master field');
    if (this.counter('the end of the master entry') !== 0) throw this.bad('the master entry does not end with 0');
    let live = 0;
    let dead = 0;
    while (cursor.next()) {
      const before = cursor.passed - 1;
      const flags = this.whole('entry flags');
      const ms = addModulo64(masterMs, this.signed('milliseconds'));
      const seq = addModulo64(masterSeq, this.signed('sequence'));
      const isSame = (flags & ENTRY_SAME_FIELDS) !== 0;
      const fields = isSame ? masterFields : this.counter('a number of fields');
      const isDeleted = (flags & ENTRY_DELETED) !== 0;
      if (isDeleted) {
        dead++;
      } else {
        live++;
        if (ms > this.lastMs || (ms === this.lastMs && seq > this.lastSeq)) {
          this.lastMs = ms;
          this.lastSeq = seq;
        } else {
          this.isDisordered = true;
        }
        visitor.streamEntry(ms, seq, fields);
      }
      if (isSame) this.sameFields(fieldsAt, fields, isDeleted);
      else this.ownFields(fields, isDeleted);
      const elements = cursor.passed - before;
      if (this.counter('the length of an entry') !== elements)
        throw this.bad(`an entry of ${elements} elements says that it has another number of them`);
    }
    if (live !== count || dead !== deleted) {
      this.d.warn(
        'RDB_STREAM_NODE_COUNT',
        `a stream node says ${count} live and ${deleted} deleted entries, it holds ${live} and ${dead}`,
      );
    }
    this.live += live;
  }

  /** Whether an entry has an ID beyond this one. */
  isAfter(ms: Int64, seq: Int64): boolean {
    return this.lastMs > ms || (this.lastMs === ms && this.lastSeq > seq);
  }

  private sameFields(fieldsAt: number, count: number, isDeleted: boolean): void {
    const { visitor } = this.d;
    const cursor = this.d.listpack;
    const fields = this.d.masterFields;
    fields.bytes = cursor.bytes;
    fields.end = cursor.end;
    fields.pos = fieldsAt;
    for (let i = 0; i < count; i++) {
      this.expect('a value');
      if (isDeleted) continue;
      cursor.text();
      fields.next();
      fields.text();
      visitor.streamField(fields.tb, fields.ts, fields.te, cursor.tb, cursor.ts, cursor.te);
    }
  }

  private ownFields(count: number, isDeleted: boolean): void {
    const { visitor } = this.d;
    const cursor = this.d.listpack;
    for (let i = 0; i < count; i++) {
      this.expect('a field');
      cursor.text();
      const bytes = cursor.tb;
      const start = cursor.ts;
      const end = cursor.te;
      this.expect('a value');
      if (isDeleted) continue;
      cursor.text();
      visitor.streamField(bytes, start, end, cursor.tb, cursor.ts, cursor.te);
    }
  }

  private expect(what: string): void {
    if (!this.d.listpack.next()) throw this.bad(`it ends where ${what} should stand`);
  }

  private counter(what: string): number {
    this.expect(what);
    const value = this.whole(what);
    if (value < 0) throw this.bad(`${what} is negative`);
    return value;
  }

  private signed(what: string): Int64 {
    this.expect(what);
    const cursor = this.d.listpack;
    if (!cursor.isInteger) throw this.bad(`${what} is not a number`);
    return cursor.isWide ? int64FromWords(cursor.hi, cursor.lo) : cursor.integer;
  }

  /** The entry that the cursor stands on, as an integer. */
  private whole(what: string): number {
    const cursor = this.d.listpack;
    if (!cursor.isInteger || cursor.isWide) throw this.bad(`${what} is not a number`);
    return cursor.integer;
  }

  private bad(message: string): PackedFault {
    return new PackedFault('RDB_BAD_STREAM', `stream node: ${message}`, this.d.listpack.pos);
  }
}

/** IDs of entries are stored as differences to the node's master ID, modulo 2^64. */
function addModulo64(a: Int64, b: Int64): Int64 {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (sum >= 0 && sum <= Number.MAX_SAFE_INTEGER) return sum;
  }
  const sum = BigInt.asUintN(64, BigInt(a) + BigInt(b));
  return sum <= MAX_SAFE ? Number(sum) : sum;
}

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

const MAX_IDMP_SECONDS = 86400;
const MAX_IDMP_ENTRIES = 10000;

function* idempotency(d: Decoding): Rule {
  const { input, visitor } = d;
  const at = input.offset;
  const durationSeconds = yield* length(d);
  const maxEntries = yield* length(d);
  if (durationSeconds < 1 || durationSeconds > MAX_IDMP_SECONDS)
    throw d.bad('RDB_BAD_STREAM', `an idempotency period of ${durationSeconds} s`, at);
  if (maxEntries < 1 || maxEntries > MAX_IDMP_ENTRIES)
    throw d.bad('RDB_BAD_STREAM', `an idempotency table of ${maxEntries} entries`, at);
  const count = yield* length(d);
  const producers: { id: Uint8Array; entries: StreamIdmpEntry[] }[] = [];
  for (let i = 0; i < count; i++) {
    while (!input.readString()) yield;
    const id = input.sb.slice(input.ss, input.se);
    const entries: StreamIdmpEntry[] = [];
    const entryCount = yield* length(d);
    for (let n = 0; n < entryCount; n++) {
      while (!input.readString()) yield;
      const iid = input.sb.slice(input.ss, input.se);
      entries.push({ iid, ms: yield* number64(d), seq: yield* number64(d) });
    }
    producers.push({ id, entries });
  }
  visitor.streamIdmp({
    durationSeconds,
    maxEntries,
    producers,
    iidsAdded: yield* number64(d),
    iidsDuplicates: yield* number64(d),
  });
}

function be32(bytes: Uint8Array, at: number): number {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
}

/** Passes over a stream. */
export function* skipStream(d: Decoding, version: number): Rule {
  yield* skipParts(d, yield* length(d), NODE_PARTS);
  yield* skipParts(d, version >= 2 ? 8 : 3, LENGTH_PARTS);
  const groups = yield* length(d);
  for (let i = 0; i < groups; i++) {
    yield* skipParts(d, 1, version >= 2 ? GROUP_PARTS_2 : GROUP_PARTS);
    yield* skipParts(d, yield* length(d), PENDING_PARTS);
    const consumers = yield* length(d);
    for (let n = 0; n < consumers; n++) {
      yield* skipParts(d, 1, version >= 3 ? CONSUMER_PARTS_3 : CONSUMER_PARTS);
      yield* skipParts(d, yield* length(d), ID_PARTS);
    }
    if (version >= 5) yield* skipParts(d, yield* length(d), ID_PARTS);
  }
  if (version < 4) return;
  yield* skipParts(d, 2, LENGTH_PARTS);
  const producers = yield* length(d);
  for (let i = 0; i < producers; i++) {
    yield* skipParts(d, 1, PRODUCER_PARTS);
    yield* skipParts(d, yield* length(d), RECORD_PARTS);
  }
  yield* skipParts(d, 2, LENGTH_PARTS);
}

/**
 * Passes over a stream that is in the window as a whole; otherwise leaves the position where it was. A stream has many small parts;
 * with a generator for each, streams were a seventh of the time in which a dump is passed over (case `rdb/skip-no-checksum mixed`).
 */
export function trySkipStream(d: Decoding, version: number): boolean {
  const { input } = d;
  const start = input.pos;
  if (trySkipStreamParts(d, version)) return true;
  input.pos = start;
  return false;
}

function trySkipStreamParts(d: Decoding, version: number): boolean {
  const { input } = d;
  if (!trySkipMany(d, NODE_PARTS)) return false;
  if (!trySkipParts(d, version >= 2 ? 8 : 3, LENGTH_PARTS)) return false;
  const groups = input.readLength();
  if (groups < 0) return false;
  const group = version >= 2 ? GROUP_PARTS_2 : GROUP_PARTS;
  const consumer = version >= 3 ? CONSUMER_PARTS_3 : CONSUMER_PARTS;
  for (let i = 0; i < groups; i++) {
    if (!trySkipParts(d, 1, group) || !trySkipMany(d, PENDING_PARTS)) return false;
    const consumers = input.readLength();
    if (consumers < 0) return false;
    for (let n = 0; n < consumers; n++) {
      if (!trySkipParts(d, 1, consumer) || !trySkipMany(d, ID_PARTS)) return false;
    }
    if (version >= 5 && !trySkipMany(d, ID_PARTS)) return false;
  }
  if (version < 4) return true;
  if (!trySkipParts(d, 2, LENGTH_PARTS)) return false;
  const producers = input.readLength();
  if (producers < 0) return false;
  for (let i = 0; i < producers; i++) {
    if (!trySkipParts(d, 1, PRODUCER_PARTS) || !trySkipMany(d, RECORD_PARTS)) return false;
  }
  return trySkipParts(d, 2, LENGTH_PARTS);
}

/** A count and so many items. */
function trySkipMany(d: Decoding, parts: readonly Part[]): boolean {
  const count = d.input.readLength();
  return count >= 0 && trySkipParts(d, count, parts);
}

const NODE_PARTS: readonly Part[] = [STR, STR];
const GROUP_PARTS: readonly Part[] = [STR, LEN, LEN];
const GROUP_PARTS_2: readonly Part[] = [STR, LEN, LEN, LEN];
const CONSUMER_PARTS: readonly Part[] = [STR, EIGHT_BYTES];
const CONSUMER_PARTS_3: readonly Part[] = [STR, EIGHT_BYTES, EIGHT_BYTES];
const PRODUCER_PARTS: readonly Part[] = [STR];
const RECORD_PARTS: readonly Part[] = [STR, LEN, LEN];
const LENGTH_PARTS: readonly Part[] = [LEN];
const ID_PARTS: readonly Part[] = [EIGHT_BYTES, EIGHT_BYTES];
const PENDING_PARTS: readonly Part[] = [EIGHT_BYTES, EIGHT_BYTES, EIGHT_BYTES, LEN];
