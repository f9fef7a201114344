/** Strings: one `SET` with everything in it where the target allows that. */
import type { KeyHeader } from '@rdbkit/rdb';
import { encodeBulks, encodeHead } from '@rdbkit/resp';
import type { Session } from './session.ts';

const SET = [3, 4, 5, 6].map((count) => encodeHead(count, 'SET'));
const SETNX = encodeHead(3, 'SETNX');
const APPEND = encodeHead(3, 'APPEND');
const NX = encodeBulks('NX');
const PXAT = encodeBulks('PXAT');

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
    this.isDirect = (expireAtMs === null || caps.setPxat) && (!isKept || caps.setOptions || expireAtMs === null);
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
    const { s } = this;
    const { out } = s;
    if (!this.isDirect) {
      this.named(bytes, start, end);
      return;
    }
    out.bulk(bytes, start, end);
    if (s.options.existing === 'keep' && s.caps.setOptions) out.raw(NX);
    if (s.expireAtMs !== null) {
      out.raw(PXAT);
      s.positiveTime(s.expireAtMs);
    }
    s.written('set');
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
    s.beginOverwriting();
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
