/**
 * Sizes and durations as users write them and as we print them.
 *
 * Sizes follow the servers' configuration files: `1k` is 1000 bytes, `1kb` is 1024. Each exact form that is printed can
 * be given back as a flag and means the same.
 *
 * @module
 */

/** Largest first. A unit with `b` counts in 1024s, without it in 1000s. */
const SIZE_UNITS: readonly (readonly [name: string, bytes: number])[] = [
  ['tb', 1024 ** 4],
  ['t', 1000 ** 4],
  ['gb', 1024 ** 3],
  ['g', 1000 ** 3],
  ['mb', 1024 ** 2],
  ['m', 1000 ** 2],
  ['kb', 1024],
  ['k', 1000],
];

const SIZE = /^(\d+(?:\.\d+)?) ?([a-z]*)$/;

/**
 * Parses a size: `512`, `64kb`, `1.5gb`, `100m`; `KiB`, `MiB`, `GiB` and `TiB` are understood too.
 *
 * @throws RangeError for anything else, and for what is no whole number of bytes.
 */
export function parseSize(text: string): number {
  const match = SIZE.exec(text.trim().toLowerCase());
  const unit = match?.[2]?.replace(/^([kmgt])ib$/, '$1b') ?? '';
  const factor = unit === '' || unit === 'b' ? 1 : SIZE_UNITS.find(([name]) => name === unit)?.[1];
  if (match === null || factor === undefined) {
    throw new RangeError(`expected a size such as 512, 64kb or 1.5gb (1k is 1000, 1kb is 1024), got ${quote(text)}`);
  }
  const bytes = Number(match[1]) * factor;
  if (!Number.isSafeInteger(bytes)) throw new RangeError(`${quote(text)} is not a whole number of bytes`);
  return bytes;
}

/** A size exactly, in the largest unit that fits: `64mb`, `1k`, `1537`. {@link parseSize} reads it back. */
export function formatSize(bytes: number): string {
  const unit = SIZE_UNITS.find(([, size]) => bytes >= size && bytes % size === 0);
  return unit === undefined ? String(bytes) : `${bytes / unit[1]}${unit[0]}`;
}

const HUMAN_SIZES = ['KiB', 'MiB', 'GiB', 'TiB'];

/** A size for reading, to three digits: `17 bytes`, `1.50 MiB`. */
export function humanSize(bytes: number): string {
  let value = bytes;
  let unit = -1;
  // 999.5 would be printed as 1000.
  while (unit + 1 < HUMAN_SIZES.length && value >= (unit < 0 ? 1000 : 999.5)) {
    value /= 1024;
    unit++;
  }
  if (unit < 0) return `${value} ${value === 1 ? 'byte' : 'bytes'}`;
  return `${threeDigits(value)} ${HUMAN_SIZES[unit]}`;
}

/** The same for a table: `17 B`, `1.50 MiB`. */
export function sizeCell(bytes: number): string {
  return humanSize(Math.round(bytes)).replace(/ bytes?$/, ' B');
}

/** A share in percent, to a tenth below 10: `0.4 %`, `12 %`. What is not nothing is not shown as nothing. */
export function shareCell(part: number, whole: number): string {
  const share = whole === 0 ? 0 : (part / whole) * 100;
  if (share > 0 && share < 0.1) return '<0.1 %';
  if (share === 100 || share === 0) return `${share} %`;
  return `${share >= 9.95 ? Math.min(share, 99).toFixed(0) : share.toFixed(1)} %`;
}

function threeDigits(value: number): string {
  if (value >= 99.95) return value.toFixed(0);
  return value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Largest first; weeks are read, but not printed. */
const DURATION_UNITS: readonly (readonly [name: string, ms: number])[] = [
  ['w', 7 * DAY],
  ['d', DAY],
  ['h', HOUR],
  ['m', MINUTE],
  ['s', SECOND],
  ['ms', 1],
];

const DURATION = /^([+-]?)((?:\d+(?:\.\d+)?(?:ms|[wdhms]))+|\d+(?:\.\d+)?)$/;
const DURATION_PART = /(\d+(?:\.\d+)?)(ms|[wdhms])/g;

/**
 * Parses a duration: `90` (seconds), `250ms`, `1h30m`, `-7d`, `+2w`.
 *
 * @returns Milliseconds.
 * @throws RangeError for anything else, and for what is no whole number of milliseconds.
 */
export function parseDuration(text: string): number {
  const match = DURATION.exec(text.trim().toLowerCase());
  if (match === null) {
    throw new RangeError(
      `expected a duration such as 90, 250ms, 1h30m or 7d (a number alone is seconds), got ${quote(text)}`,
    );
  }
  const [, sign, amount = ''] = match;
  let ms = 0;
  if (/[a-z]/.test(amount)) {
    for (const [, count, unit] of amount.matchAll(DURATION_PART)) {
      const size = DURATION_UNITS.find(([name]) => name === unit)?.[1] ?? Number.NaN;
      ms += Number(count) * size;
    }
  } else {
    ms = Number(amount) * SECOND;
  }
  // 0.1 seconds times 1000 may come out beside 100.
  const rounded = Math.round(ms);
  if (!Number.isSafeInteger(rounded) || Math.abs(rounded - ms) > 1e-6) {
    throw new RangeError(`${quote(text)} is not a whole number of milliseconds`);
  }
  return sign === '-' && rounded !== 0 ? -rounded : rounded;
}

/** A duration exactly: `1d12h`, `-250ms`, `0s`. {@link parseDuration} reads it back. */
export function formatDuration(ms: number): string {
  let rest = Math.abs(ms);
  let text = '';
  for (const [name, size] of DURATION_UNITS.slice(1)) {
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${name}`;
    rest -= count * size;
  }
  if (text === '') return '0s';
  return ms < 0 ? `-${text}` : text;
}

/** A duration for reading: `0.35 s`, `12.3 s`, `4 min 05 s`, `2 h 30 min`. */
export function humanDuration(ms: number): string {
  if (ms < MINUTE - 50) return `${threeDigits(ms / SECOND)} s`;
  const seconds = Math.round(ms / SECOND);
  const twoDigits = (value: number): string => String(value).padStart(2, '0');
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${twoDigits(seconds % 60)} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`;
}

/** A number with thousands set apart: `1,000,009`. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** `1 key`, `2,000 keys`. The plural is the singular with an s unless given. */
export function countOf(count: number, singular: string, plural = `${singular}s`): string {
  return `${formatCount(count)} ${count === 1 ? singular : plural}`;
}

function quote(text: string): string {
  return JSON.stringify(text);
}

/** A time in Unix seconds, as `2026-01-31T12:00:00Z`. */
export function formatTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString().replace('.000Z', 'Z');
}
