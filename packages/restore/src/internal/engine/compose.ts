/** The bytes that are sent for some units of a part, when it is not simply all of them. */
import { Buffer } from 'node:buffer';
import { encodeBulks, encodeHead, RespBuffer } from '@rdbkit/resp';
import { argumentAt, bulkAt, commandEnd } from './command-view.ts';
import type { Phase } from './exchange.ts';
import type { Part } from './part.ts';

const SET = encodeHead(3, 'SET');
const SET_NX = encodeHead(4, 'SET');
const SETNX = encodeHead(3, 'SETNX');
const NX = encodeBulks('NX');
const EXISTS = encodeBulks('EXISTS');
const ASKING = encodeHead(1, 'ASKING');
const SELECT = encodeHead(2, 'SELECT');
const DEL = encodeHead(2, 'DEL');

/** How a string is set without touching one that exists. */
export type SetForm = 'replace' | 'nx' | 'setnx';

/** Appends a unit's commands; those of a part of form `mset` as `SET`. */
export function composeUnit(out: RespBuffer, part: Part, unit: number, phase: Phase, setForm: SetForm): void {
  const { bytes, units } = part;
  const start = units.start[unit] as number;
  if (part.form === 'mset') {
    const key = bulkAt(bytes, start);
    const value = bulkAt(bytes, key.next);
    out.beginWith(setForm === 'nx' ? SET_NX : setForm === 'setnx' ? SETNX : SET);
    out.copy(bytes, start, value.next);
    if (setForm === 'nx') out.raw(NX);
    return;
  }
  const end = part.endOf(unit);
  const finishAt = end - (units.finishBytes[unit] as number);
  const from = phase === 'finish' ? finishAt : start;
  const to = phase === 'build' ? finishAt : end;
  if (!part.isAsking) {
    out.copy(bytes, from, to);
    return;
  }
  for (let at = from; at < to; ) {
    const next = commandEnd(bytes, at);
    out.raw(ASKING);
    out.copy(bytes, at, next);
    at = next;
  }
}

/** Appends `EXISTS` with the keys of some units. */
export function composeExists(out: RespBuffer, part: Part, units: readonly number[]): void {
  if (part.isAsking) out.raw(ASKING);
  out.begin(1 + units.length);
  out.raw(EXISTS);
  for (const unit of units) {
    const key = part.keyOf(unit);
    out.bulk(part.bytes, key.start, key.end);
  }
}

/** `SELECT` with a database. */
export function selectCommand(db: number): Uint8Array {
  const out = new RespBuffer(64);
  out.beginWith(SELECT);
  out.bulkInteger(db);
  return committed(out);
}

/** `DEL` of one key. */
export function deleteCommand(key: Uint8Array): Uint8Array {
  const out = new RespBuffer(key.length + 64);
  out.beginWith(DEL);
  out.bulk(key, 0, key.length);
  return committed(out);
}

/** What was written, as bytes of one's own. */
export function committed(out: RespBuffer): Uint8Array {
  out.commit();
  return out.take();
}

/** The name under which a unit is built, as bytes of one's own; `null` for one that is written in place. */
export function temporaryNameOf(part: Part, unit: number): Uint8Array | null {
  const finish = part.units.finishBytes[unit] as number;
  if (finish === 0) return null;
  const { start, end } = argumentAt(part.bytes, part.endOf(unit) - finish, 1);
  return part.bytes.slice(start, end);
}

/** Digits at the end of a temporary name that tell one attempt from the other. */
const ATTEMPT_DIGITS = 3;
/** Those of the first attempt. */
export const FIRST_ATTEMPT = '000';
const DIGITS = 36;

/**
 * Gives a unit another temporary name of the same length: what is left of an earlier attempt in some buffer on the way must
 * not be mixed into this one.
 *
 * @param suffix - Ends every temporary name, before the digits.
 * @returns whether it is another one.
 */
export function renameAttempt(part: Part, unit: number, suffix: Uint8Array, attempt: number): boolean {
  const digits = (attempt % DIGITS ** ATTEMPT_DIGITS).toString(DIGITS).padStart(ATTEMPT_DIGITS, '0');
  const { bytes, units } = part;
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = part.endOf(unit);
  const first = view.indexOf(suffix, units.start[unit]) + suffix.length;
  if (view.toString('latin1', first, first + ATTEMPT_DIGITS) === digits) return false;
  for (let at = view.indexOf(suffix, units.start[unit]); at >= 0 && at < end; at = view.indexOf(suffix, at + 1))
    view.write(digits, at + suffix.length, 'latin1');
  return true;
}
