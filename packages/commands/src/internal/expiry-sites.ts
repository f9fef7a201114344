/**
 * Where a logged command has a time at which something expires. Logs have absolute times: relative ones are turned into these
 * when they are written, from 2.6 on.
 *
 * @module
 */
import type { CommandArguments } from './key-rule.ts';
import { argumentIs, countIn } from './key-rule.ts';

/** One object, filled again and again. */
export class ExpirySite {
  /** The argument that is the time; −1: the command has none. */
  at = -1;
  /** The argument before it, such as `PXAT`, that could be left out together with it; −1: the command is about the time only. */
  optionAt = -1;
  /** In seconds, not milliseconds. */
  isSeconds = false;

  clear(): void {
    this.at = -1;
    this.optionAt = -1;
    this.isSeconds = false;
  }
}

/** Looks for the time of one command. */
export type ExpiryRule = (args: CommandArguments, site: ExpirySite) => void;

function argument(at: number, isSeconds: boolean): ExpiryRule {
  return (args, site) => {
    if (at >= args.argc) return;
    site.at = at;
    site.isSeconds = isSeconds;
  };
}

/** `PXAT milliseconds` or `EXAT seconds` among the arguments from `first(args)` on, up to one that is `end`. */
function option(first: (args: CommandArguments) => number, end: string | null): ExpiryRule {
  return (args, site) => {
    for (let i = first(args); i + 1 < args.argc; i++) {
      if (end !== null && argumentIs(args, i, end)) return;
      const isSeconds = argumentIs(args, i, 'EXAT');
      if (!isSeconds && !argumentIs(args, i, 'PXAT')) continue;
      site.optionAt = i;
      site.at = i + 1;
      site.isSeconds = isSeconds;
      return;
    }
  };
}

/** `RESTORE key time payload … ABSTTL`, where 0 means that there is none. */
const restore: ExpiryRule = (args, site) => {
  if (args.argc < 5 || (args.argEnd(2) - args.argStart(2) === 1 && args.bytes[args.argStart(2)] === 0x30)) return;
  for (let i = 4; i < args.argc; i++) if (argumentIs(args, i, 'ABSTTL')) site.at = 2;
};

/** By the name of the command. */
export const EXPIRY_RULES: ReadonlyMap<string, ExpiryRule> = new Map([
  ['PEXPIREAT', argument(2, false)],
  ['EXPIREAT', argument(2, true)],
  ['HPEXPIREAT', argument(2, false)],
  ['HEXPIREAT', argument(2, true)],
  ['PEXPIREMEMBERAT', argument(3, false)],
  ['EXPIREMEMBERAT', argument(3, true)],
  ['SET', option(() => 3, null)],
  ['GETEX', option(() => 2, null)],
  ['HSETEX', option(() => 2, 'FIELDS')],
  ['HGETEX', option(() => 2, 'FIELDS')],
  ['MSETEX', option((args) => 2 + 2 * countIn(args, 1), null)],
  ['RESTORE', restore],
  ['RESTORE-ASKING', restore],
]);

/** A time that is written with more digits than this is beyond all times. */
const MOST_DIGITS = 16;

/** The time at the site in Unix milliseconds; `null` when no time can be made out. */
export function timeAt(args: CommandArguments, { at, isSeconds }: ExpirySite): number | null {
  let start = args.argStart(at);
  const end = args.argEnd(at);
  const { bytes } = args;
  const isNegative = bytes[start] === 0x2d;
  if (isNegative) start++;
  if (start === end || end - start > MOST_DIGITS) return null;
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = (bytes[i] as number) - 0x30;
    if (digit < 0 || digit > 9) return null;
    value = value * 10 + digit;
  }
  const ms = (isNegative ? -value : value) * (isSeconds ? 1000 : 1);
  return Number.isSafeInteger(ms) ? ms : null;
}
