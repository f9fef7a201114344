/**
 * The work of rdbkit convert.
 *
 * @module
 */
import { existsSync } from 'node:fs';
import { DataError } from '@rdbkit/bytes';
import { RdbReader, RdbVisitorBase } from '@rdbkit/rdb';
import { usageError } from '../app/cli-error.ts';
import { EXIT, type ExitCode } from '../app/exit-code.ts';
import type { CliContext } from '../app/program.ts';
import { printableText } from '../lang/printable.ts';
import { countOf, humanSize } from '../lang/units.ts';
import { createProgress } from '../progress/progress.ts';
import { describeDamage } from '../rdb2resp/damage.ts';
import { openOutputFile } from '../sink/output-sink.ts';
import { closeSource, openSource } from '../source/open-source.ts';
import type { ConvertFlags } from './command.ts';

/** Runs the command. */
export async function runConvert(
  { host, messages }: CliContext,
  flags: ConvertFlags,
  path?: string,
): Promise<ExitCode> {
  const { output } = flags;
  const name = printableText(output, 80);
  if (!flags.overwrite && existsSync(output)) throw usageError(`${name} exists`, '--overwrite replaces it.');
  const source = await openSource(path, host);
  if (source.kind === 'log') {
    await closeSource(source);
    throw usageError(`${source.name} is an append-only log already`, 'convert makes one of a dump.');
  }
  const sink = openOutputFile(output, path, () => {});
  const progress = createProgress(
    flags.quiet ? 'none' : flags.progress,
    host,
    messages.colors,
    source.input.total,
    false,
  );
  const reader = new RdbReader(new RdbVisitorBase());
  try {
    let left = 0;
    for (;;) {
      const chunk = await source.input.read();
      if (chunk === null) break;
      let hasMore = reader.push(chunk);
      while (hasMore) hasMore = reader.more();
      // Whatever follows the RDB would be taken for commands.
      await sink.write(chunk.subarray(0, reader.done ? Math.max(0, reader.offset - left) : chunk.length));
      left += chunk.length;
      progress.update(source.input.position, reader.keys);
    }
    const { keys, bytes } = reader.finish();
    await sink.finish();
    progress.clear();
    if (!flags.quiet) messages.info(`${countOf(keys, 'key')}, ${humanSize(bytes)}: ${name}`);
    return EXIT.OK;
  } catch (error) {
    progress.clear();
    if (error instanceof DataError)
      throw describeDamage(error, { ...source, total: source.input.total }, reader.keys, undefined);
    throw error;
  } finally {
    sink.abort();
    source.input.close();
  }
}
