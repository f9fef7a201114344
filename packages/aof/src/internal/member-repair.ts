/**
 * `PEXPIREMEMBERAT key member milliseconds` in logs that KeyDB (6.3.4) has rewritten without RDB preamble: the member stands
 * there without its `$length` line and without CRLF behind it, directly followed by the head of the next argument.
 *
 * ```
 * *4 CRLF $15 CRLF PEXPIREMEMBERAT CRLF $1 CRLF s CRLF member$13 CRLF 1700000000000 CRLF
 * ```
 *
 * The member ends where the rest reads as a number of milliseconds with its length before it.
 */
import { writeDecimal } from '@rdbkit/bytes';
import type { AofCommand } from '../command.ts';

export const MEMBER_ARGC = 4;
/** Index of the argument without length. */
export const MEMBER_AT = 2;

const CR = 0x0d;
const LF = 0x0a;
const DOLLAR = 0x24;
/** What is added at most: `$`, ten digits, CRLF before the member and CRLF behind it. */
const ADDED_BYTES = 1 + 10 + 2 + 2;
/** Digits of the largest time in milliseconds. */
const MAX_DIGITS = 19;

export function isMemberExpiry(command: AofCommand): boolean {
  return command.argIs(0, 'PEXPIREMEMBERAT');
}

interface FoundMember {
  /** Index of the member's end, or −1. */
  readonly at: number;
  /** Index behind the command. */
  readonly end: number;
  /** Where to search on when more has come. */
  readonly resume: number;
}

/** Looks for the head of the last argument in `bytes[from, end)`. */
export function findMember(bytes: Uint8Array, from: number, end: number): FoundMember {
  let at = from;
  for (; at < end; at++) {
    if (bytes[at] !== DOLLAR) continue;
    const behind = timeEnd(bytes, at, end);
    if (behind > 0) return { at, end: behind, resume: at };
    // It may be the right one, cut off by the end of what is there.
    if (behind === 0) break;
  }
  return { at: -1, end: -1, resume: at };
}

/** Index behind `$<n> CRLF <n digits> CRLF` at `at`; 0 when the bytes end too early to tell, −1 when something else is there. */
function timeEnd(bytes: Uint8Array, at: number, end: number): number {
  let pos = at + 1;
  let length = 0;
  for (; pos < end && isDigit(bytes[pos]) && pos - at <= 2; pos++) length = length * 10 + bytes[pos] - 0x30;
  if (pos === end) return 0;
  if (pos === at + 1 || length === 0 || length > MAX_DIGITS) return -1;
  const stop = pos + 2 + length + 2;
  for (let i = pos; i < Math.min(stop, end); i++) {
    const isRight =
      i === pos || i === stop - 2
        ? bytes[i] === CR
        : i === pos + 1 || i === stop - 1
          ? bytes[i] === LF
          : isDigit(bytes[i]);
    if (!isRight) return -1;
  }
  return stop <= end ? stop : 0;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/**
 * Puts the command into a buffer of its own, as it should have been written.
 *
 * @param memberStart, memberEnd, end - Indices in the command's bytes as they stand in the log.
 */
export function writeMemberExpiry(command: AofCommand, memberStart: number, memberEnd: number, end: number): void {
  const { bytes, start } = command;
  const memberLength = memberEnd - memberStart;
  const before = memberStart - start;
  const repaired = new Uint8Array(end - start + ADDED_BYTES);
  repaired.set(bytes.subarray(start, memberStart));
  let at = before;
  repaired[at++] = DOLLAR;
  at = writeDecimal(repaired, at, memberLength);
  repaired[at++] = CR;
  repaired[at++] = LF;
  const { spans } = command;
  spans[2 * MEMBER_AT] = at;
  repaired.set(bytes.subarray(memberStart, memberEnd), at);
  at += memberLength;
  spans[2 * MEMBER_AT + 1] = at;
  repaired[at++] = CR;
  repaired[at++] = LF;
  const timeBytes = end - memberEnd;
  repaired.set(bytes.subarray(memberEnd, end), at);
  at += timeBytes;
  let digits = 1;
  while (isDigit(bytes[end - 2 - digits - 1])) digits++;
  spans[2 * MEMBER_AT + 2] = at - 2 - digits;
  spans[2 * MEMBER_AT + 3] = at - 2;
  command.bytes = repaired;
  command.start = 0;
  command.end = at;
  command.repaired = true;
}
