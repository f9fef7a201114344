/** Commands on two keys of which only one is wanted: what the command does to that one, where it can be told. */
import { encodeHead } from '@rdbkit/resp';
import { argumentIs, type CommandArguments } from './key-rule.ts';

const DEL = encodeHead(2, 'DEL');
const LPOP = encodeHead(2, 'LPOP');
const RPOP = encodeHead(2, 'RPOP');
const SREM = encodeHead(3, 'SREM');
const SADD = encodeHead(3, 'SADD');

/** The head of the command that stands for it, and the arguments that follow behind the key, or `null`. */
export interface Part {
  readonly head: Uint8Array;
  readonly more: readonly number[];
}

/**
 * What a logged command did to one of its two keys, if that can be told without the other.
 *
 * @param isSource - It is the first of the keys.
 */
export function partOf(name: string, args: CommandArguments, isSource: boolean): Part | null {
  switch (name) {
    case 'RENAME':
    case 'RENAMENX':
      return isSource ? { head: DEL, more: [] } : null;
    case 'RPOPLPUSH':
    case 'BRPOPLPUSH':
      return isSource ? { head: RPOP, more: [] } : null;
    case 'LMOVE':
    case 'BLMOVE':
      return isSource && args.argc > 3 ? { head: argumentIs(args, 3, 'LEFT') ? LPOP : RPOP, more: [] } : null;
    case 'SMOVE':
      return args.argc > 3 ? { head: isSource ? SREM : SADD, more: [3] } : null;
    default:
      return null;
  }
}
