/**
 * Figures for reading.
 *
 * @module
 */

const WHOLE = new Intl.NumberFormat('en-US');
const UNITS = ['KiB', 'MiB', 'GiB', 'TiB'];

/** `1,234`. */
export function count(value: number): string {
  return WHOLE.format(value);
}

/** `1 key`, `2 keys`. */
export function countOf(value: number, name: string): string {
  return `${count(value)} ${name}${value === 1 ? '' : 's'}`;
}

/** To three digits: `17 B`, `1.50 MiB`. */
export function size(bytes: number): string {
  let value = bytes;
  let unit = -1;
  // 999.5 would become 1000.
  while (unit + 1 < UNITS.length && value >= (unit < 0 ? 1000 : 999.5)) {
    value /= 1024;
    unit++;
  }
  return unit < 0 ? `${Math.round(value)} B` : `${threeDigits(value)} ${UNITS[unit]}`;
}

/** A power of two in its own unit: `512 B`, `1 KiB`. */
export function powerOfTwo(bytes: number): string {
  let value = bytes;
  let unit = -1;
  while (value >= 1024 && unit + 1 < UNITS.length) {
    value /= 1024;
    unit++;
  }
  return `${value} ${unit < 0 ? 'B' : UNITS[unit]}`;
}

/** A number of things, short: `512`, `64 k`, `1 M` for powers of two. */
export function shortCount(value: number): string {
  if (value < 1000) return String(value);
  return value < 1e6 ? `${Number((value / 1e3).toPrecision(2))}k` : `${Number((value / 1e6).toPrecision(2))}M`;
}

/** Percent, to a tenth below 10. What is not nothing is not shown as nothing, and what is not all not as all. */
export function share(part: number, whole: number): string {
  const percent = whole === 0 ? 0 : (part / whole) * 100;
  if (percent > 0 && percent < 0.1) return '<0.1 %';
  if (percent <= 0 || percent >= 100) return `${percent <= 0 ? 0 : 100} %`;
  return `${percent >= 9.95 ? Math.min(percent, 99).toFixed(0) : percent.toFixed(1)} %`;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

const SPANS: readonly (readonly [ms: number, name: string])[] = [
  [YEAR, 'year'],
  [DAY, 'day'],
  [HOUR, 'hour'],
  [MINUTE, 'minute'],
];

/** A border between bars: `1 minute`, `7 days`. */
export function span(ms: number): string {
  const [unit, name] = SPANS.find(([length]) => ms >= length && ms % length === 0) ?? [SECOND, 'second'];
  return countOf(ms / unit, name);
}

/** A length of time in two units at most: `3 d 4 h`, `12 s`. */
export function duration(ms: number): string {
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < DAY) return twoUnits(ms, HOUR, 'h', MINUTE, 'min');
  if (ms < YEAR) return twoUnits(ms, DAY, 'd', HOUR, 'h');
  return twoUnits(ms, YEAR, 'y', DAY, 'd');
}

function twoUnits(ms: number, large: number, largeName: string, small: number, smallName: string): string {
  const rest = Math.floor((ms % large) / small);
  return `${Math.floor(ms / large)} ${largeName}${rest === 0 ? '' : ` ${rest} ${smallName}`}`;
}

/** `2026-01-31 12:00 UTC`; the bare number when there is no such date. */
export function moment(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? `${ms} ms` : `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function threeDigits(value: number): string {
  if (value >= 99.95) return value.toFixed(0);
  return value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}
