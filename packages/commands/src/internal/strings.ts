/** Strings: one `SET` with everything in it where the target allows that. */
import { writeInt64Text } from '@rdbkit/bytes';
import type { KeyHeader } from '@rdbkit/rdb';
import { encodeBulks, encodeHead } from '@rdbkit/resp';
import type { Session } from './session.ts';

const SET = [3, 4, 5, 6].map((count) => encodeHead(count, 'SET'));
const SETNX = encodeHead(3, 'SETNX');
const APPEND = encodeHead(3, 'APPEND');
const NX = encodeBulks('NX');
const PXAT = encodeBulks('PXAT');

/** How a string begins in a file: the top two bits say how its length is told, or that it is something special. */
const LENGTH_6_BITS = 0;
const LENGTH_14_BITS = 1;
const LENGTH_32_BITS = 0x80;
const INT_8_BITS = 0xc0;
const INT_16_BITS = 0xc1;
const INT_32_BITS = 0xc2;

/** A string of a file that needs no decompression: where it stands. */
const found: { bytes: Uint8Array; start: number; end: number } = { bytes: new Uint8Array(0), start: 0, end: 0 };
const digits = new Uint8Array(16);

/** Finds the string whose raw value is `bytes[start, end)`. Returns false for one that is compressed. */
function findString(bytes: Uint8Array, start: number, end: number): boolean {
  const first = bytes[start] as number;
  found.bytes = bytes;
  found.end = end;
  if (first >> 6 === LENGTH_6_BITS) {
    found.start = start + 1;
  } else if (first >> 6 === LENGTH_14_BITS) {
    found.start = start + 2;
  } else if (first === LENGTH_32_BITS) {
    found.start = start + 5;
  } else if (first === INT_8_BITS || first === INT_16_BITS || first === INT_32_BITS) {
    const shift = first === INT_8_BITS ? 24 : first === INT_16_BITS ? 16 : 0;
    let value = 0;
    for (let i = end - 1; i > start; i--) value = (value << 8) | (bytes[i] as number);
    found.bytes = digits;
    found.start = 0;
    found.end = writeInt64Text(digits, 0, (value << shift) >> shift);
  } else {
    return false;
  }
  return true;
}

export class Strings {
  private readonly s: Session;
  /** The command and the key are in the output, the value is missing. */
  private isDirect = false;
  /** Where the key's bytes are, from the start of the command. */
  private keyFrom = 0;
  private keyTo = 0;
  private isFirstPiece = false;

  constructor(session: Session) {
    this.s = session;
  }

  /**
   * Before the value: when one command will do it is begun here, so that the key's bytes are copied once only.
   */
  start(header: KeyHeader): void {
    const { s } = this;
    const { out, caps, expireAtMs } = s;
    const isKept = s.options.existing === 'keep';
    this.isDirect =
      s.options.takeString === null &&
      (expireAtMs === null || caps.setPxat) &&
      (!isKept || caps.setOptions || expireAtMs === null);
    if (!this.isDirect) {
      s.setName(header.bytes, header.start, header.end);
      return;
    }
    s.select();
    if (isKept && !caps.setOptions) out.beginWith(SETNX);
    else out.beginWith(SET[(isKept ? 1 : 0) + (expireAtMs === null ? 0 : 2)] as Uint8Array);
    out.bulk(header.bytes, header.start, header.end);
    this.keyTo = out.pos - 2 - out.openAt;
    this.keyFrom = this.keyTo - (header.end - header.start);
  }

  /** Before the value, when the key's name is in the session already. */
  startNamed(): void {
    this.isDirect = false;
  }

  value(bytes: Uint8Array, start: number, end: number): void {
    if (!this.isDirect) {
      if (!this.isTaken(bytes, start, end)) this.named(bytes, start, end);
      return;
    }
    this.s.out.bulk(bytes, start, end);
    this.options();
  }

  /** What follows the value in one `SET` with everything in it. */
  private options(): void {
    const { s } = this;
    const { out } = s;
    if (s.options.existing === 'keep' && s.caps.setOptions) out.raw(NX);
    if (s.expireAtMs !== null) {
      out.raw(PXAT);
      s.positiveTime(s.expireAtMs);
    }
    s.written('set');
  }

  private isTaken(bytes: Uint8Array, start: number, end: number): boolean {
    const { s } = this;
    const { takeString } = s.options;
    if (takeString === null || s.expireAtMs !== null) return false;
    if (!takeString(s.name.bytes, s.name.pos, bytes, start, end)) return false;
    s.written('set');
    return true;
  }

  /**
   * Writes a raw value of type 0 as one `SET`, the name being in the session, where that loses nothing and takes no
   * decompression. Returns false, with nothing written, where it does.
   */
  raw(bytes: Uint8Array, start: number, end: number): boolean {
    const { s } = this;
    const { out, caps, expireAtMs } = s;
    const isKept = s.options.existing === 'keep';
    if (s.metadata !== null || (caps.restoreOptions && (s.idleSeconds !== null || s.freq !== null))) return false;
    if ((expireAtMs !== null && !caps.setPxat) || (isKept && !caps.setOptions)) return false;
    if (!findString(bytes, start, end)) return false;
    if (this.isTaken(found.bytes, found.start, found.end)) return true;
    s.select();
    out.beginWith(SET[(isKept ? 1 : 0) + (expireAtMs === null ? 0 : 2)] as Uint8Array);
    s.key();
    out.bulk(found.bytes, found.start, found.end);
    this.options();
    return true;
  }

  /** With the name in the session. */
  private named(bytes: Uint8Array, start: number, end: number): void {
    const { s } = this;
    const { out, caps, expireAtMs } = s;
    const isKept = s.options.existing === 'keep';
    if (isKept && expireAtMs === null) {
      s.select();
      out.beginWith(caps.setOptions ? (SET[1] as Uint8Array) : SETNX);
      s.key();
      out.bulk(bytes, start, end);
      if (caps.setOptions) out.raw(NX);
      s.written('set');
      return;
    }
    if (caps.setPxat && expireAtMs !== null && (!isKept || caps.setOptions)) {
      s.select();
      out.beginWith(SET[isKept ? 3 : 2] as Uint8Array);
      s.key();
      out.bulk(bytes, start, end);
      this.options();
      return;
    }
    // Without an expiry one command does it all.
    if (expireAtMs === null) s.select();
    else s.beginOverwriting();
    out.beginWith(SET[0] as Uint8Array);
    s.key();
    out.bulk(bytes, start, end);
    s.end('set');
  }

  /** Takes back the command that was begun; the key's name is in the session afterwards. */
  undo(): void {
    if (!this.isDirect) return;
    const { s } = this;
    const { out } = s;
    s.setName(out.bytes, out.openAt + this.keyFrom, out.openAt + this.keyTo);
    out.abandon();
    this.isDirect = false;
  }

  startPieces(): void {
    this.undo();
    this.isFirstPiece = true;
  }

  /** A part of a long value: no command longer than the limit, whatever the parts are. */
  piece(bytes: Uint8Array, start: number, end: number): void {
    const { s } = this;
    const { out } = s;
    const limit = s.options.maxCommandBytes;
    for (let from = start; from < end; from += limit) {
      if (this.isFirstPiece) s.beginOverwriting();
      else s.checkpoint();
      out.beginWith(this.isFirstPiece ? (SET[0] as Uint8Array) : APPEND);
      s.key();
      out.bulk(bytes, from, Math.min(from + limit, end));
      this.isFirstPiece = false;
    }
  }

  endPieces(): void {
    this.s.end('commands');
  }
}
