/**
 * Redis 8.6 and later log the messages of idempotent producers with their ids, as in `XADD key IDMP producer iid 5-1 …`. They
 * take this from a log, not from a client, who must not name an id together with `IDMP`.
 *
 * @module
 */
import type { CommandEdits } from './command-edits.ts';
import { argumentIs, type CommandArguments } from './key-rule.ts';

const FLAGS = ['NOMKSTREAM', 'KEEPREF', 'DELREF', 'ACKED'] as const;

/** Leaves the producer out of an `XADD`. Returns whether there was one. */
export function withoutProducer(args: CommandArguments, edits: CommandEdits): boolean {
  for (let i = 2; i < args.argc; i++) {
    if (FLAGS.some((flag) => argumentIs(args, i, flag))) continue;
    const count = argumentIs(args, i, 'IDMPAUTO') ? 2 : argumentIs(args, i, 'IDMP') ? 3 : 0;
    for (let k = 0; k < count; k++) edits.drop(i + k);
    return count > 0;
  }
  return false;
}
