/** Values written anew in layouts that old servers read too. */
import { type Int64, writeDecimal, writeDouble } from '@rdbkit/bytes';
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
/** Dragonfly: times of fields and of members as text, in seconds from a day of its own. */
const HASH_WITH_EXPIRY = 31;
const SET_WITH_EXPIRY = 32;
const DRAGONFLY_EPOCH_SECONDS = 1_675_209_600;
const NO_EXPIRY = -1;

/** A length byte and a decimal number. */
const MAX_DECIMAL = 24;
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
  override setMember(bytes: Uint8Array, start: number, end: number, recorded: Int64 | null): void {
    let expireAtMs = recorded;
    if (recorded !== null) {
      const judged = this.judge(recorded, this.typeCode === SET);
      if (judged === undefined) return;
      expireAtMs = judged;
    }
    this.payload.string(bytes, start, end);
    if (this.typeCode === SET_WITH_EXPIRY) this.seconds(expireAtMs);
    this.count++;
  }

  /** The expiry to write; `undefined` when what has it is left out. */
  private judge(recorded: Int64, isPlain: boolean): Int64 | null | undefined {
    const judged = judgeField(this.s, recorded, isPlain ? 0 : MAX_PAYLOAD_MS);
    return judged === LOST ? null : judged;
  }

  private seconds(expireAtMs: Int64 | null): void {
    let time = NO_EXPIRY;
    if (expireAtMs !== null) {
      const ms = Number(expireAtMs);
      if (ms % 1000 !== 0)
        this.s.noteOnce('FIELD_EXPIRY_ROUNDED', 'expiries of fields and members are whole seconds at this target');
      time = Math.ceil(ms / 1000) - DRAGONFLY_EPOCH_SECONDS;
      if (time === NO_EXPIRY) time--;
    }
    const { payload } = this;
    payload.reserve(MAX_DECIMAL);
    const to = writeDecimal(payload.bytes, payload.pos + 1, time);
    payload.bytes[payload.pos] = to - payload.pos - 1;
    payload.pos = to;
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
      const judged = this.judge(recorded, typeCode === HASH);
      if (judged === undefined) return;
      expireAtMs = judged;
    }
    this.count++;
    if (typeCode === HASH_METADATA)
      payload.length(expireAtMs === null ? 0 : Number(expireAtMs) - Number(this.earliestMs) + 1);
    payload.string(fieldBytes, fieldStart, fieldEnd);
    payload.string(valueBytes, valueStart, valueEnd);
    if (typeCode === HASH_2) payload.u64(expireAtMs ?? -1);
    else if (typeCode === HASH_WITH_EXPIRY) this.seconds(expireAtMs);
  }
}

/** Goes over a hash whose fields expire, or a set whose members do, to know what is to be written. */
export class ExpiryScan extends RdbVisitorBase {
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
    this.element(recorded);
  }

  override setMember(_bytes: Uint8Array, _start: number, _end: number, recorded: Int64 | null): void {
    this.element(recorded);
  }

  private element(recorded: Int64 | null): void {
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
