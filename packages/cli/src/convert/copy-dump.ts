/**
 * Copying a dump with everything around it: progress, signals, an account.
 *
 * @module
 */
import { DataError } from '@rdbkit/bytes';
import { CliError } from '../app/cli-error.ts';
import { EXIT, type ExitCode, SIGNAL_EXIT } from '../app/exit-code.ts';
import type { CliContext } from '../app/program.ts';
import { StopRequest } from '../app/stop-request.ts';
import { printableText } from '../lang/printable.ts';
import { countOf, humanDuration, humanSize } from '../lang/units.ts';
import { createProgress } from '../progress/progress.ts';
import { describeDamage } from '../reading/damage.ts';
import { WarningPrinter } from '../reading/warning-printer.ts';
import type { RdbSource } from '../source/open-source.ts';
import type { ConvertFlags } from './flags.ts';
import { type CopyResult, RdbCopy } from './rdb-copy.ts';

/** Signals are heard at least this often. */
const YIELD_MS = 50;

const breathe = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

/**
 * Copies a dump to a file that must not exist, or disappears when the copy is not complete.
 *
 * @param json - Fields to add to the account as JSON.
 */
export async function copyDump(
  { host, messages }: CliContext,
  flags: ConvertFlags,
  source: RdbSource,
  path: string,
  json: Readonly<Record<string, unknown>>,
  startedAt: number,
): Promise<ExitCode> {
  const { input } = source;
  const progress = createProgress(flags.quiet ? 'none' : flags.progress, host, messages.colors, input.total, false);
  messages.beforeLine(() => progress.clear());
  const stop = new StopRequest(host, {
    onStop: () => input.close(),
    onAbandon: () => messages.error('interrupted: what was written is incomplete'),
  });
  const copy = new RdbCopy(source, path, flags.target, flags);
  let yieldedAt = startedAt;
  const pace = (keys: number): boolean | Promise<boolean> => {
    progress.update(input.position, keys);
    const now = host.now();
    if (now - yieldedAt <= YIELD_MS) return stop.signal !== null;
    yieldedAt = now;
    return breathe().then(() => stop.signal !== null);
  };
  try {
    const result = await copy.write('wx', pace);
    progress.clear();
    if (stop.signal !== null || result === null) {
      messages.error('interrupted: nothing was written');
      return stop.signal === null ? EXIT.FAILED : SIGNAL_EXIT[stop.signal];
    }
    const seconds = (host.now() - startedAt) / 1000;
    if (flags.json) messages.line(JSON.stringify({ source: source.name, ...accountOf(result, seconds), ...json }));
    printWarnings(result, messages, flags.quiet);
    if (!flags.quiet && !flags.json) {
      const { keys, bytes, checksum } = result.summary;
      const verified = checksum === 'ok' ? 'checksum verified' : 'no checksum to verify';
      messages.info(`${countOf(keys, 'key')}, ${humanSize(bytes)} in ${humanDuration(seconds * 1000)}, ${verified}`);
    }
    return EXIT.OK;
  } catch (error) {
    progress.clear();
    if (!(error instanceof DataError)) throw error;
    const place = { name: source.name, total: input.total, compressed: source.compressed, parts: source.parts };
    const damage = describeDamage(error, place, copy.keys, undefined);
    throw new CliError(damage.exitCode, damage.message, {
      details: [...damage.details, 'nothing was written'],
      ...(damage.hint === null ? {} : { hint: damage.hint }),
      cause: error,
    });
  } finally {
    stop.dispose();
  }
}

function accountOf({ summary, modules }: CopyResult, seconds: number): Record<string, unknown> {
  const { dialect, version, keys, bytes, checksum } = summary;
  return { dialect, rdbVersion: version, keys, bytes, checksum, modules, seconds: Math.round(seconds * 1000) / 1000 };
}

function printWarnings(
  { warnings, modules, hasMemberExpiries, summary }: CopyResult,
  messages: CliContext['messages'],
  isQuiet: boolean,
): void {
  const printer = new WarningPrinter(messages);
  for (const warning of warnings) printer.add(warning);
  printer.finish();
  if (summary.trailingBytes > 0)
    messages.warn('what follows the end of the RDB was left out: a server would take it for commands');
  if (isQuiet) return;
  const needed = modules.filter((name) => name !== 'vectorset').map((name) => printableText(name));
  if (needed.length > 0) messages.line(`  note: the server needs the modules of ${needed.join(', ')}`);
  if (hasMemberExpiries) messages.line('  note: members of values expire by themselves: only KeyDB reads that');
}
