/** Values written anew in layouts that old servers read too. */
import type { Int64 } from '@rdbkit/bytes';
import { writeDouble } from '@rdbkit/bytes';
import { RdbVisitorBase } from '@rdbkit/rdb';
import { judgeField, LOST, MAX_PAYLOAD_MS } from './field-policy.ts';
import { PayloadWriter } from './payload-writer.ts';
import type { Session } from './session.ts';

export const STRING = 0;
export const LIST = 1;
export const SET = 2;
/** Scores as text. */
export const ZSET = 3;
export const HASH = 4;
/** Scores as doubles. */
export const ZSET_2 = 5;
/** Redis: times of fields relative to the earliest. */
const HASH_METADATA = 24;
/** Valkey: times of fields as they are. */
const HASH_2 = 22;

const PLUS_INFINITY_LENGTH = 254;
const MINUS_INFINITY_LENGTH = 255;

/** Takes the calls for one value and builds its plain form in `payload`. */
export class Transcoder extends RdbVisitorBase {
  readonly payload: PayloadWriter = new PayloadWriter(64 * 1024);
  private readonly s: Session;
  private typeCode = STRING;
  private earliestMs: Int64 = 0;
  private countAt = 0;
  /** The value was a bitmap that is too long for a string. */
  isTooLong = false;
  private count = 0;

  constructor(session: Session) {
    super();
    this.s = session;
  }

  /** @param earliestMs - The earliest expiry of a field, for {@link HASH_METADATA}. */
  start(typeCode: number, earliestMs: Int64 = 0): void {
    this.typeCode = typeCode;
    this.earliestMs = earliestMs;
    this.payload.pos = 0;
    this.count = 0;
    this.isTooLong = false;
  }

  /** After the value. Returns whether it has any element. */
  finish(): boolean {
    if (this.typeCode === STRING) return true;
    if (this.count > 0) this.payload.patchLength(this.countAt, this.count);
    return this.count > 0;
  }

  private open(): void {
    this.countAt = this.payload.openLength();
  }

  override string(bytes: Uint8Array, start: number, end: number): void {
    this.payload.string(bytes, start, end);
  }
  override stringStart(length: number): void {
    this.payload.length(length);
  }
  override stringPiece(bytes: Uint8Array, start: number, end: number): void {
    this.payload.copy(bytes, start, end);
  }
  override bitmap(): void {
    this.isTooLong = true;
  }
  override listStart(): void {
    this.open();
  }
  override listElement(bytes: Uint8Array, start: number, end: number): void {
    this.payload.string(bytes, start, end);
    this.count++;
  }
  override setStart(): void {
    this.open();
  }
  override setMember(bytes: Uint8Array, start: number, end: number): void {
    this.payload.string(bytes, start, end);
    this.count++;
  }

  override zsetStart(): void {
    this.open();
  }
  override zsetMember(bytes: Uint8Array, start: number, end: number, score: number): void {
    const { payload } = this;
    payload.string(bytes, start, end);
    this.count++;
    if (this.typeCode === ZSET_2) {
      payload.f64(score);
      return;
    }
    if (score === Number.POSITIVE_INFINITY || score === Number.NEGATIVE_INFINITY) {
      payload.byte(score > 0 ? PLUS_INFINITY_LENGTH : MINUS_INFINITY_LENGTH);
      return;
    }
    payload.reserve(32);
    const from = payload.pos + 1;
    const to = writeDouble(payload.bytes, from, score);
    payload.bytes[payload.pos] = to - from;
    payload.pos = to;
  }

  override hashStart(): void {
    if (this.typeCode === HASH_METADATA) this.payload.u64(this.earliestMs);
    this.open();
  }
  override hashField(
    fieldBytes: Uint8Array,
    fieldStart: number,
    fieldEnd: number,
    valueBytes: Uint8Array,
    valueStart: number,
    valueEnd: number,
    recorded: Int64 | null,
  ): void {
    const { payload, typeCode } = this;
    let expireAtMs = recorded;
    if (recorded !== null) {
      const judged = judgeField(this.s, recorded, typeCode === HASH ? 0 : MAX_PAYLOAD_MS);
      if (judged === undefined) return;
      expireAtMs = judged === LOST ? null : judged;
    }
    this.count++;
    if (typeCode === HASH_METADATA)
      payload.length(expireAtMs === null ? 0 : Number(expireAtMs) - Number(this.earliestMs) + 1);
    payload.string(fieldBytes, fieldStart, fieldEnd);
    payload.string(valueBytes, valueStart, valueEnd);
    if (typeCode === HASH_2) payload.u64(expireAtMs ?? -1);
  }
}

/** Goes over a hash whose fields expire, to know what is to be written. */
export class HashScan extends RdbVisitorBase {
  private readonly s: Session;
  private maxMs = 0;
  fields = 0;
  /** Fields that have expired and are left out. */
  dropped = 0;
  /** Fields that lose their expiry. */
  lost = 0;
  /** Fields that keep an expiry, and the earliest of these. */
  expiring = 0;
  earliestMs: Int64 = 0;

  constructor(session: Session) {
    super();
    this.s = session;
  }

  /** @param maxMs - The latest time that can be held; 0 when none can. */
  start(maxMs: number): void {
    this.maxMs = maxMs;
    this.fields = 0;
    this.dropped = 0;
    this.lost = 0;
    this.expiring = 0;
  }

  override hashField(
    _f: Uint8Array,
    _fs: number,
    _fe: number,
    _v: Uint8Array,
    _vs: number,
    _ve: number,
    recorded: Int64 | null,
  ): void {
    this.fields++;
    if (recorded === null) return;
    const judged = judgeField(this.s, recorded, this.maxMs);
    if (judged === undefined) {
      this.dropped++;
    } else if (judged === LOST) {
      this.lost++;
    } else if (judged !== null) {
      if (this.expiring === 0 || judged < this.earliestMs) this.earliestMs = judged;
      this.expiring++;
    }
  }
}
