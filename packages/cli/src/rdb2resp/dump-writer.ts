/**
 * The emitter of an RDB, as the flags want it.
 *
 * @module
 */
import type { EmitOptions } from '@rdbkit/commands';
import { rdbOptions } from '../reading/reader-options.ts';
import type { Source } from '../source/open-source.ts';
import type { Job } from './job.ts';
import { SelectingEmitter } from './visitor.ts';

/** A key's commands are held back until it is whole, up to this length. */
export const HOLD_BACK_BYTES: number = 2 * 1024 * 1024;

/**
 * An emitter that writes the selected keys of an RDB into the job's output.
 *
 * @param more - Options that the source makes necessary.
 */
export function dumpEmitter(job: Job, source: Pick<Source, 'dialect'>, more: EmitOptions = {}): SelectingEmitter {
  const { flags, selection } = job;
  const options: EmitOptions = {
    target: flags.target,
    form: flags.restore ? 'restore' : 'plain',
    existing: flags.existing,
    batch: flags.batch,
    maxCommandBytes: flags['max-command-bytes'],
    flushBytes: HOLD_BACK_BYTES,
    now: job.startedAt,
    expired: selection.expired,
    stripTtl: flags['strip-ttl'],
    shiftTtlMs: flags['shift-ttl'],
    shape: (header) => selection.accept(header),
    acceptSize: selection.hasSizeBounds ? (bytes) => selection.acceptSize(bytes) : undefined,
    rdb: rdbOptions(flags, source),
    onNote: (note) => job.notes.add(note),
    onWarning: (warning) => job.warnings.add(warning),
    ...more,
  };
  return new SelectingEmitter(job.out, options, selection);
}
