/**
 * The work of rdb2resp: a source in, commands out, and an account of it.
 *
 * @module
 */
import type { ExitCode } from '../app/exit-code.ts';
import type { CliContext } from '../app/program.ts';
import { isPlainBase } from '../flags/log-flags.ts';
import { keySelection } from '../flags/selection-flags.ts';
import { closeSource, openSource } from '../source/open-source.ts';
import { checkLogFlags, type Rdb2respFlags } from './flags.ts';
import { Job } from './job.ts';
import { LogReading } from './log-reading.ts';
import { RdbReading } from './rdb-reading.ts';
import type { Reading } from './reading.ts';

/** Runs the command. */
export async function rdb2resp(context: CliContext, flags: Rdb2respFlags, path?: string): Promise<ExitCode> {
  const startedAt = context.host.now();
  // Asked for before the source is opened: contradictions are told first.
  const selection = keySelection(flags, startedAt);
  const source = await openSource(path, context.host);
  try {
    const isLog = source.kind === 'log' && !isPlainBase(flags, source);
    if (isLog) checkLogFlags(flags);
    const keepsExpired = isLog || flags['expired-grace'] !== undefined;
    const setup = {
      context,
      flags,
      path,
      name: source.name,
      startedAt,
      selection: keepsExpired ? keySelection({ ...flags, expired: 'keep' }, startedAt) : selection,
    };
    const reading = (job: Job): Reading =>
      source.kind === 'rdb' ? new RdbReading(job, source) : new LogReading(job, source);
    return await new Job(setup, reading).run();
  } finally {
    await closeSource(source);
  }
}
