/** Raw values that become `RESTORE`, though not always as they stand. */
import type { Int64 } from '@rdbkit/bytes';
import { type Dialect, type RdbOptions, readRawValue, type StreamInfo } from '@rdbkit/rdb';
import { MAX_PAYLOAD_MS, noteLost } from './field-policy.ts';
import { isAccepted, streamType } from './plans.ts';
import { writeRestore } from './restore.ts';
import type { Session } from './session.ts';
import { StreamParts } from './stream-parts.ts';
import { STREAM_TYPES, StreamTranscoder } from './stream-transcoder.ts';
import { ExpiryScan, HASH, SET, type Transcoder } from './transcoder.ts';

/**
 * What was done with a value: `left out` was reported, an `empty` one is still to be; `commands` is for the caller to
 * write, the reason was reported.
 */
export type Outcome = 'written' | 'empty' | 'left out' | 'commands';

const PARTS = { hash: 'fields', set: 'members' } as const;

export class Restorer {
  private readonly s: Session;
  private readonly transcoder: Transcoder;
  private readonly rdbOptions: RdbOptions | undefined;
  private readonly streamTranscoder = new StreamTranscoder();
  private readonly scan: ExpiryScan;
  /** Those of the stream read last. */
  readonly parts: StreamParts = new StreamParts();

  constructor(session: Session, transcoder: Transcoder, rdbOptions: RdbOptions | undefined) {
    this.s = session;
    this.transcoder = transcoder;
    this.rdbOptions = rdbOptions;
    this.scan = new ExpiryScan(session);
  }

  /** Writes the value as one of type `to`, with the earliest expiry of its fields where the type wants that. */
  transcode(
    to: number,
    earliestMs: Int64,
    typeCode: number,
    dialect: Dialect,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): Outcome {
    const { s, transcoder } = this;
    transcoder.start(to, earliestMs);
    readRawValue(typeCode, dialect, bytes, start, end, transcoder, 'logical', this.rdbOptions);
    if (transcoder.isTooLong) {
      s.impossible('BITMAP_TOO_LONG', 'the bitmap is too long for a string, and the target has no type for it');
      return 'left out';
    }
    if (!transcoder.finish()) return 'empty';
    const { payload } = transcoder;
    writeRestore(s, to, s.caps.dialect, payload.bytes, 0, payload.pos, 'transcoded');
    return 'written';
  }

  /** A hash whose fields expire, or a set whose members do. */
  expiring(typeCode: number, dialect: Dialect, bytes: Uint8Array, start: number, end: number): Outcome {
    const { s, scan } = this;
    const { caps, counts } = s;
    const { stripTtl, shiftTtlMs } = s.options;
    const kind = s.kind === 'set' ? 'set' : 'hash';
    const to = kind === 'set' ? caps.memberExpiryType : caps.fieldExpiryType;
    const way = kind === 'set' ? caps.memberExpiry : caps.fieldExpiry;
    scan.start(to >= 0 ? MAX_PAYLOAD_MS : way === 'none' ? 0 : Number.MAX_SAFE_INTEGER);
    readRawValue(typeCode, dialect, bytes, start, end, scan, 'logical', this.rdbOptions);
    if (scan.fields === 0) return 'empty';
    if (scan.expiring > 0 && to < 0) {
      const reason = `the target takes no payload with ${PARTS[kind]} that expire: the ${kind} is written as commands`;
      s.note('RESTORE_NOT_ACCEPTED', reason);
      return 'commands';
    }
    counts.expiredFields += scan.dropped;
    if (scan.dropped === scan.fields) {
      counts.expiredKeys++;
      s.note('FIELDS_EXPIRED', `all ${PARTS[kind]} of the ${kind} have expired`);
      return 'left out';
    }
    if (scan.lost > 0) noteLost(s, kind, scan.lost);
    const isSame = scan.dropped === 0 && scan.lost === 0 && !stripTtl && shiftTtlMs === 0;
    if (isSame && isAccepted(typeCode, dialect, caps)) {
      writeRestore(s, typeCode, dialect, bytes, start, end, 'restore', true);
      return 'written';
    }
    if (scan.expiring > 0) return this.transcode(to, scan.earliestMs, typeCode, dialect, bytes, start, end);
    return this.transcode(kind === 'set' ? SET : HASH, 0, typeCode, dialect, bytes, start, end);
  }

  /** Reads what a stream has besides its entries. */
  readParts(typeCode: number, dialect: Dialect, bytes: Uint8Array, start: number, end: number): void {
    this.parts.clear();
    readRawValue(typeCode, dialect, bytes, start, end, this.parts, 'packed', this.rdbOptions);
  }

  /** A stream: servers refuse those whose stored length is wrong, or of which two consumers claim an entry. */
  stream(typeCode: number, dialect: Dialect, bytes: Uint8Array, start: number, end: number): Outcome {
    const { s, parts, streamTranscoder } = this;
    this.readParts(typeCode, dialect, bytes, start, end);
    const { length, liveEntries } = parts.info as StreamInfo;
    if (length !== liveEntries) {
      const reason = `the stream says that it has ${length} entries, it has ${liveEntries}: it is written as commands`;
      s.note('STREAM_LENGTH', reason);
      return 'commands';
    }
    const to = streamType(typeCode, s.caps);
    if (to < 0) {
      s.note('RESTORE_NOT_ACCEPTED', 'the target takes no payload of this stream: it is written as commands');
      return 'commands';
    }
    if (to === typeCode && parts.twoOwnersCount === 0) {
      writeRestore(s, typeCode, dialect, bytes, start, end, 'restore', true);
      return 'written';
    }
    this.noteStreamLosses(STREAM_TYPES.indexOf(to) + 1);
    streamTranscoder.start(to);
    readRawValue(typeCode, dialect, bytes, start, end, streamTranscoder, 'packed', this.rdbOptions);
    streamTranscoder.finish();
    const { payload } = streamTranscoder;
    writeRestore(s, to, s.caps.dialect, payload.bytes, 0, payload.pos, 'transcoded');
    return 'written';
  }

  /** What a layout (1 to 5) does not hold. */
  private noteStreamLosses(layout: number): void {
    const { s, parts } = this;
    const { twoOwnersCount, unownedCount } = parts;
    if (twoOwnersCount > 0) {
      s.note('STREAM_TWO_OWNERS', `${twoOwnersCount} pending entries belong to two consumers; the last one has them`);
    }
    if (layout < 5 && unownedCount > 0) {
      const loss = `${unownedCount} pending entries that belong to no consumer are lost, the target has no place for them`;
      s.note('STREAM_UNOWNED_LOST', loss);
    }
    if (layout < 4 && parts.hasIdmp) {
      s.note('STREAM_IDMP_LOST', 'settings and records of idempotent producers are lost, the target has none');
    }
    if (layout < 2 && parts.hasCounters) {
      s.note('STREAM_COUNTERS_LOST', 'counters of the stream and its groups are lost, the target has none');
    }
  }
}
