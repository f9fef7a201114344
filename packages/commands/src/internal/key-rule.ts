/**
 * Where a command's keys stand, as a rule that finds them among its arguments.
 *
 * @module
 */
import type { KeyPositions } from '../key-positions.ts';

/** A command as it stands in bytes: argument `i` is `bytes[argStart(i), argEnd(i))`, its name is argument 0. */
export interface CommandArguments {
  readonly bytes: Uint8Array;
  readonly argc: number;
  argStart(i: number): number;
  argEnd(i: number): number;
}

/** Finds the keys of one command. */
export type KeyRule = (args: CommandArguments, keys: KeyPositions) => void;

/** A number of keys above this is no number of keys: no command has so many arguments. */
const MOST_DIGITS = 9;

/** Whether argument `i` is this word, in capitals, of ASCII letters; the argument's own case does not matter. */
export function argumentIs(args: CommandArguments, i: number, word: string): boolean {
  const start = args.argStart(i);
  if (args.argEnd(i) - start !== word.length) return false;
  const { bytes } = args;
  for (let k = 0; k < word.length; k++) {
    const code = word.charCodeAt(k);
    const byte = bytes[start + k] as number;
    if (byte !== code && byte !== (code | 0x20)) return false;
  }
  return true;
}

/** The number in argument `i`, or 0 where there is none. */
export function countIn(args: CommandArguments, i: number): number {
  if (i >= args.argc) return 0;
  const start = args.argStart(i);
  const end = args.argEnd(i);
  if (end - start > MOST_DIGITS) return 0;
  let count = 0;
  for (let at = start; at < end; at++) {
    const digit = (args.bytes[at] as number) - 0x30;
    if (digit < 0 || digit > 9) return 0;
    count = count * 10 + digit;
  }
  return count;
}

const SINGLE = /^(\d+)$/;
const RANGE = /^(\d+)\.\.(-\d+)(?:\/(\d+))?$/;
const COUNTED = /^#(\d+)>(\d+)(?:\/(\d+))?$/;

/** Makes a rule of the notation in `command-rows.ts`. */
export function parseKeyRule(notation: string): { readonly rule: KeyRule; readonly unit: number } {
  const parts = notation.split(' ').filter((part) => part !== '');
  const rules = parts.map((part): KeyRule => {
    const bare = part.replace(/[!*]$/, '');
    const rule = WORDS[bare] ?? positional(bare);
    if (!part.endsWith('!')) return rule;
    return (args, keys) => {
      keys.target = keys.count;
      rule(args, keys);
    };
  });
  const [only] = rules;
  const rule: KeyRule =
    rules.length === 1 && only !== undefined
      ? only
      : (args, keys) => {
          for (const each of rules) each(args, keys);
        };
  const splittable = parts.find((part) => part.endsWith('*'));
  const unit = splittable === undefined ? 0 : Number(/\/(\d+)/.exec(splittable)?.[1] ?? 1);
  return { rule, unit };
}

function positional(part: string): KeyRule {
  const single = SINGLE.exec(part);
  if (single !== null) {
    const at = Number(single[1]);
    return (args, keys) => {
      if (at < args.argc) keys.add(at);
    };
  }
  const range = RANGE.exec(part);
  if (range !== null) {
    const [first, last, step] = [Number(range[1]), Number(range[2]), Number(range[3] ?? 1)];
    return (args, keys) => {
      const end = args.argc + last;
      for (let at = first; at <= end; at += step) keys.add(at);
    };
  }
  const counted = COUNTED.exec(part);
  if (counted === null) throw new RangeError(`no positions of keys: ${part}`);
  const [countAt, first, step] = [Number(counted[1]), Number(counted[2]), Number(counted[3] ?? 1)];
  return (args, keys) => {
    const count = countIn(args, countAt);
    for (let i = 0, at = first; i < count && at < args.argc; i++, at += step) keys.add(at);
  };
}

/** Rules that look for words among the arguments. */
const WORDS: Readonly<Record<string, KeyRule>> = {
  /** `… STREAMS key… id…`: the first half behind the word. */
  STREAMS(args, keys) {
    const group = argumentIs(args, 0, 'XREADGROUP');
    for (let i = group ? 4 : 1; i < args.argc; i++) {
      if (!argumentIs(args, i, 'STREAMS')) continue;
      const count = (args.argc - i - 1) >> 1;
      for (let k = 1; k <= count; k++) keys.add(i + k);
      return;
    }
  },

  /** `key [BY pattern] [LIMIT offset count] [GET pattern]… [ASC|DESC] [ALPHA] [STORE key]`: the last STORE counts. */
  SORT(args, keys) {
    if (args.argc < 2) return;
    keys.add(1);
    let target = -1;
    for (let i = 2; i + 1 < args.argc; i++) {
      if (argumentIs(args, i, 'LIMIT')) {
        i += 2;
      } else if (argumentIs(args, i, 'GET') || argumentIs(args, i, 'BY')) {
        i++;
      } else if (argumentIs(args, i, 'STORE')) {
        target = i + 1;
        i++;
      }
    }
    if (target > 0) keys.addTarget(target);
  },

  /** `key … [STORE key] [STOREDIST key]`: the last of them counts. */
  GEORADIUS(args, keys) {
    if (args.argc < 2) return;
    keys.add(1);
    let target = -1;
    for (let i = 5; i + 1 < args.argc; i++) {
      if (!argumentIs(args, i, 'STORE') && !argumentIs(args, i, 'STOREDIST')) continue;
      target = i + 1;
      i++;
    }
    if (target > 0) keys.addTarget(target);
  },

  /** `host port key …`, or with an empty key `… KEYS key…` at the end. */
  MIGRATE(args, keys) {
    if (args.argc < 6) return;
    const end = args.argEnd(3) > args.argStart(3) ? 0 : args.argc;
    for (let i = 6; i < end; i++) {
      if (argumentIs(args, i, 'AUTH')) {
        i++;
      } else if (argumentIs(args, i, 'AUTH2')) {
        i += 2;
      } else if (argumentIs(args, i, 'KEYS')) {
        for (let key = i + 1; key < end; key++) keys.add(key);
        return;
      }
    }
    keys.add(3);
  },

  /** `LCS … KEYS key key …` (Redis 6.0 and 6.2). */
  STRALGO(args, keys) {
    for (let i = 2; i + 2 < args.argc; i++) {
      if (!argumentIs(args, i, 'KEYS')) continue;
      keys.add(i + 1);
      keys.add(i + 2);
      return;
    }
  },
};
