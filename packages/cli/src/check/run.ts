/**
 * The work of rdbkit check.
 *
 * @module
 */
import { EXIT, type ExitCode, SIGNAL_EXIT } from '../app/exit-code.ts';
import { colorsFor } from '../app/messages.ts';
import type { CliContext } from '../app/program.ts';
import { StopRequest } from '../app/stop-request.ts';
import { createProgress } from '../progress/progress.ts';
import { closeSource, openSource, type Source } from '../source/open-source.ts';
import { checkLog } from './check-log.ts';
import { checkRdb, type Pace } from './check-rdb.ts';
import type { CheckFlags } from './command.ts';
import type { Findings } from './findings.ts';
import { reportJson, reportLines } from './report.ts';

/** Signals are heard at least this often. */
const YIELD_MS = 50;

const breathe = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

/** Ends a check that nobody wants any more. */
class Stopped extends Error {}

/** Runs the command. */
export async function runCheck(context: CliContext, flags: CheckFlags, path?: string): Promise<ExitCode> {
  const { host, messages } = context;
  const source = await openSource(path, host);
  const progress = createProgress(flags.quiet ? 'none' : flags.progress, host, messages.colors, totalOf(source), false);
  messages.beforeLine(() => progress.clear());
  const stop = new StopRequest(host, { onStop: () => source.input?.close(), onAbandon: () => {} });
  let position = 0;
  let yieldedAt = host.now();
  const pace: Pace = (items) => {
    if (stop.signal !== null) throw new Stopped();
    progress.update(source.input?.position ?? position, items);
    const now = host.now();
    if (now - yieldedAt <= YIELD_MS) return undefined;
    yieldedAt = now;
    return breathe();
  };
  let findings: Findings;
  try {
    findings =
      source.kind === 'rdb'
        ? await checkRdb(source, flags, pace)
        : await checkLog(source, flags, pace, (bytes) => {
            position = bytes;
          });
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    findings = NOTHING;
  } finally {
    progress.clear();
    stop.dispose();
    await closeSource(source);
  }
  if (stop.signal !== null) {
    messages.error('interrupted: nothing can be said of the whole');
    return SIGNAL_EXIT[stop.signal];
  }
  if (flags.json) {
    host.stdout.write(`${JSON.stringify(reportJson(source.name, findings))}\n`);
  } else if (!flags.quiet || findings.verdict !== 'sound') {
    const colors = colorsFor(host.stdout, host.env, flags.color);
    host.stdout.write(`${reportLines(source.name, findings, colors).join('\n')}\n`);
  }
  return findings.verdict === 'sound' ? EXIT.OK : EXIT.DAMAGED;
}

const NOTHING: Findings = {
  verdict: 'sound',
  files: [],
  cut: null,
  remarks: [],
  moreRemarks: 0,
  keys: 0,
  commands: 0,
  unknownCommands: [],
};

function totalOf(source: Source): number | null {
  if (source.input !== null) return source.input.total;
  return source.kind === 'log' ? source.set.size : null;
}
