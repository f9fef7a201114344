/** What Dragonfly decodes to elements as other servers do, in layouts of its own (`rdb_save.cc`, `rdb_load.cc`, 0.14 … 1.40). */
import type { Decoding, Rule } from './decoding.ts';
import { moduleIdBytes } from './modules.ts';
import type { NameSet } from './name-set.ts';
import { length } from './primitives.ts';
import { skipString } from './skip.ts';

/** Members' and fields' expiry counts seconds from 2023-02-01 00:00:00 UTC. */
const EXPIRY_BASE_SECONDS = 1_675_209_600;
/** Servers keep the times in 48 bits of milliseconds. */
const MAX_EXPIRY_MS = 2 ** 48 - 1;

const JSON_MODULE = 'ReJSON-RL';
const JSON_ENCODING = 3;
const MODULE_STRING = 5;
const MODULE_EOF = 0;

/**
 * Types 20 (before version 10) and 30: `str` JSON text. Delivered as the module RedisJSON keeps it, which Dragonfly reads too:
 * module ID, opcode 5, the string as it stands, opcode 0.
 */
export function* json(d: Decoding): Rule {
  const { input } = d;
  const from = input.offset;
  input.mark = input.pos;
  const rest = skipString(d);
  while (rest.next().done !== true) yield;
  const id = moduleIdBytes(JSON_MODULE, JSON_ENCODING);
  const start = from - input.base;
  const value = new Uint8Array(id.length + 2 + input.pos - start);
  value.set(id);
  value[id.length] = MODULE_STRING;
  value.set(input.bytes.subarray(start, input.pos), id.length + 1);
  value[value.length - 1] = MODULE_EOF;
  input.mark = -1;
  d.visitor.module(JSON_MODULE, JSON_ENCODING, value, 0, value.length);
}

/** Type 31: `len` n, (`str` field, `str` value, `str` expiry) * n. */
export function* hashWithExpiry(d: Decoding): Rule {
  const { input, visitor } = d;
  const count = yield* elementCount(d);
  visitor.hashStart(count);
  const seen = d.newSeen();
  for (let i = 0; i < count; i++) {
    while (!input.readString()) yield;
    checkSeen(d, seen);
    let fieldBytes = input.sb;
    let fieldStart = input.ss;
    let fieldEnd = input.se;
    let hasValue = input.readString();
    let valueBytes = input.sb;
    let valueStart = input.ss;
    let valueEnd = input.se;
    if (!hasValue || !input.readTextInteger()) {
      fieldBytes = fieldBytes.slice(fieldStart, fieldEnd);
      fieldEnd -= fieldStart;
      fieldStart = 0;
      while (!hasValue) {
        yield;
        hasValue = input.readString();
      }
      valueBytes = input.sb.slice(input.ss, input.se);
      valueStart = 0;
      valueEnd = valueBytes.length;
      while (!input.readTextInteger()) yield;
    }
    visitor.hashField(fieldBytes, fieldStart, fieldEnd, valueBytes, valueStart, valueEnd, expiry(d));
  }
}

/** Type 32: `len` n, (`str` member, `str` expiry) * n. */
export function* setWithExpiry(d: Decoding): Rule {
  const { input, visitor } = d;
  const count = yield* elementCount(d);
  visitor.setStart(count);
  const seen = d.newSeen();
  for (let i = 0; i < count; i++) {
    while (!input.readString()) yield;
    checkSeen(d, seen);
    let bytes = input.sb;
    let start = input.ss;
    let end = input.se;
    if (!input.readTextInteger()) {
      bytes = bytes.slice(start, end);
      end -= start;
      start = 0;
      do yield;
      while (!input.readTextInteger());
    }
    visitor.setMember(bytes, start, end, expiry(d));
  }
}

function* elementCount(d: Decoding): Rule<number> {
  const count = yield* length(d);
  if (count === 0) d.empty = true;
  return count;
}

function checkSeen(d: Decoding, seen: NameSet | null): void {
  const { input } = d;
  if (seen !== null && !seen.add(input.sb, input.ss, input.se))
    throw d.bad('RDB_BAD_DUPLICATE', 'a member or field comes twice');
}

/** The time that was read last, in milliseconds. */
function expiry(d: Decoding): number | null {
  const seconds = d.input.integer;
  if (seconds === -1) return null;
  const ms = (seconds + EXPIRY_BASE_SECONDS) * 1000;
  if (!(ms >= 0 && ms <= MAX_EXPIRY_MS))
    throw d.bad('RDB_BAD_FIELD_EXPIRY', `a member or field has the impossible expiry ${seconds}`);
  return ms;
}
