/**
 * Values of flags: from text to what it means. Each throws `RangeError` with a sentence that says what was expected.
 *
 * @module
 */
import type { PrefixRename, TtlSelection } from '@rdbkit/rdb';
import { parseDuration, parseSize } from '../lang/units.ts';

const HIGHEST_SLOT = 16383;

/** A whole number from `min` on. */
export function parseCount(text: string, min = 0): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value) || value < min) {
    throw new RangeError(`expected a whole number from ${min} on, got ${JSON.stringify(text)}`);
  }
  return value;
}

/** A number of a database. */
export function parseDb(text: string): number {
  return parseCount(text.trim());
}

/** `0-5460` or `42`. */
export function parseSlotRange(text: string): [first: number, last: number] {
  const match = /^(\d+)(?:-(\d+))?$/.exec(text.trim());
  const first = Number(match?.[1]);
  const last = Number(match?.[2] ?? match?.[1]);
  if (match === null || first > last || last > HIGHEST_SLOT) {
    throw new RangeError(`expected slots such as 0-5460 or 42, up to ${HIGHEST_SLOT}, got ${JSON.stringify(text)}`);
  }
  return [first, last];
}

/** `1:0`: what is in database 1 goes to 0. */
export function parseDbMapping(text: string): [from: number, to: number] {
  const match = /^(\d+):(\d+)$/.exec(text.trim());
  const pair = [Number(match?.[1]), Number(match?.[2])] as const;
  if (!pair.every(Number.isSafeInteger))
    throw new RangeError(`expected OLD:NEW such as 1:0, got ${JSON.stringify(text)}`);
  return [...pair];
}

/** A later number of seconds is one of milliseconds. */
const LATEST_SECONDS = 100_000_000_000;
const ISO_TIME = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)$/i;

/** A time as Unix seconds, or in the form of ISO 8601 with its time zone; Unix seconds. */
export function parseTime(text: string): number {
  if (/^\d+$/.test(text)) {
    const seconds = Number(text);
    if (seconds < LATEST_SECONDS) return seconds;
    throw new RangeError(`expected seconds since 1970, ${text} looks like milliseconds`);
  }
  const ms = ISO_TIME.test(text) ? Date.parse(text.replace(' ', 'T')) : Number.NaN;
  if (!Number.isNaN(ms)) return Math.floor(ms / 1000);
  const zone = /^\d{4}-\d\d-\d\d/.test(text) ? ' with time and time zone' : '';
  throw new RangeError(
    `expected Unix seconds or a time${zone} such as 2026-01-31T12:00:00Z or 2026-01-31T13:00:00+01:00, got ${JSON.stringify(text)}`,
  );
}

/** `any`, `none`, `expired`, `live`, or `MIN..MAX` with durations, one of which may be missing. */
export function parseTtl(text: string): TtlSelection {
  if (text === 'any' || text === 'none' || text === 'expired' || text === 'live') return text;
  const ends = text.split('..');
  if (ends.length !== 2 || text === '..') {
    throw new RangeError(
      `expected any, none, expired, live, or a range such as 1h..7d, 30d.. or ..60, got ${JSON.stringify(text)}`,
    );
  }
  const [minMs = null, maxMs = null] = ends.map((end) => (end === '' ? null : parseDuration(end)));
  if (minMs !== null && maxMs !== null && minMs > maxMs) {
    throw new RangeError(`${JSON.stringify(text)} is empty: the first duration is the longer one`);
  }
  return { minMs, maxMs };
}

/** A regular expression as in JavaScript, with whole characters rather than halves of them where its syntax allows. */
export function parseRegex(text: string): RegExp {
  try {
    return new RegExp(text, 'u');
  } catch (strictError) {
    try {
      // Escapes such as \- or \: are fine without the flag.
      return new RegExp(text);
    } catch {
      throw new RangeError(strictError instanceof Error ? strictError.message : String(strictError), {
        cause: strictError,
      });
    }
  }
}

/**
 * `OLD:NEW`, where `\:` is a colon of the names and `\\` a backslash.
 *
 * Prefixes tend to end with colons. With several, the one in the middle separates, if there is one: `user::people:` is
 * from `user:` to `people:`. With an even number only two readings make sense: `tmp::` removes `tmp:`, and `:new:` puts
 * `new:` before every name.
 */
export function parsePrefixRename(text: string): PrefixRename {
  const parts = splitAtColons(text);
  const colons = parts.length - 1;
  if (colons === 0 || text === ':') throw new RangeError(`expected OLD:NEW, got ${JSON.stringify(text)}`);
  const at = separatorOf(parts);
  if (at === null) {
    const [a = '', b = '', c = ''] = parts;
    const readings = colons === 2 ? `: ${a}\\:${b}:${c} or ${a}:${b}\\:${c}` : '';
    throw new RangeError(
      `it is not clear which colon of ${JSON.stringify(text)} separates; write \\: for the others${readings}`,
    );
  }
  const encoder = new TextEncoder();
  const join = (some: readonly string[]): Uint8Array => encoder.encode(some.join(':'));
  return { from: join(parts.slice(0, at)), to: join(parts.slice(at)) };
}

/** How many of the parts belong to the old name; `null` when that is not clear. */
function separatorOf(parts: readonly string[]): number | null {
  if (parts.length % 2 === 0) return parts.length / 2;
  if (parts.length !== 3) return null;
  if (parts[1] === '' && parts[2] === '' && parts[0] !== '') return 2;
  return parts[0] === '' && parts[1] !== '' ? 1 : null;
}

function splitAtColons(text: string): string[] {
  const parts = [''];
  for (const [token] of text.matchAll(/\\[:\\]|[^]/gu)) {
    if (token === ':') parts.push('');
    else parts[parts.length - 1] += token.length === 2 && token.startsWith('\\') ? token.slice(1) : token;
  }
  return parts;
}

/** A number that is at least 1. */
export function parsePositive(text: string): number {
  return parseCount(text, 1);
}

/** A size that is at least one byte. */
export function parsePositiveSize(text: string): number {
  const size = parseSize(text);
  if (size < 1) throw new RangeError('expected at least 1 byte');
  return size;
}
