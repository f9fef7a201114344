/**
 * The work of rdbkit inspect.
 *
 * @module
 */
import { adviceFor, Inspection, type InspectionOptions } from '@rdbkit/inspect';
import type { KeySelection } from '@rdbkit/rdb';
import { OutputBuffer } from '@rdbkit/resp';
import { EXIT, type ExitCode } from '../app/exit-code.ts';
import { colorsFor } from '../app/messages.ts';
import type { CliContext } from '../app/program.ts';
import { keySelection } from '../flags/selection-flags.ts';
import { humanSize } from '../lang/units.ts';
import { type DumpTask, runDump } from '../reading/dump-run.ts';
import type { InspectFlags } from './command.ts';
import { LARGEST_IN_REPORT, ReportFile, shortened } from './html.ts';
import { type Findings, jsonDocument } from './json.ts';
import { pageLines } from './page.ts';

/** Runs the command. */
export async function runInspect(context: CliContext, flags: InspectFlags, path?: string): Promise<ExitCode> {
  const nowMs = context.host.now();
  const selection = keySelection(
    {
      ...flags,
      slots: undefined,
      // Keys that have expired are in the dump all the same.
      expired: flags.expired ?? 'keep',
      'map-db': undefined,
      'rename-prefix': undefined,
      'strip-ttl': false,
      'shift-ttl': undefined,
    },
    nowMs,
  );
  const file = flags.html === undefined ? null : new ReportFile(flags, flags.html, path);
  try {
    return await runDump(context, flags, path, (position) => makeTask(position, file));
  } finally {
    file?.abort();
  }

  function makeTask(position: () => number, file: ReportFile | null): DumpTask {
    const options: InspectionOptions = {
      target: flags.target,
      allocator: flags.allocator,
      top: file === null ? flags.top : Math.max(flags.top, LARGEST_IN_REPORT),
      prefixes: { separator: flags.separator },
      slots: flags.slots,
      nowMs,
      accept: (header) => selection.accept(header),
      acceptSize: selection.hasSizeBounds ? (bytes) => selection.acceptSize(bytes) : undefined,
      position,
    };
    return inspectTask(context, flags, new Inspection(options), selection, file);
  }
}

function inspectTask(
  { host, messages }: CliContext,
  flags: InspectFlags,
  inspection: Inspection,
  selection: KeySelection,
  file: ReportFile | null,
): DumpTask {
  const out = new OutputBuffer();
  return {
    visitor: inspection,
    out,
    results: 'keys',
    isDone: () => selection.exhausted,
    abort: () => {},
    conclude: async (end) => {
      const report = inspection.report();
      const isWhole = end.summary !== null && selection.skippedKeys === 0;
      const advice = adviceFor(report).filter(({ code }) => isWhole || code !== 'memory-ratio');
      const findings: Findings = { report, advice, end, selection, isWhole };
      const wasInterrupted = end.summary === null && end.damage === null && !end.isCutShort;
      if (!wasInterrupted) await file?.write(findings, host.now());
      if (file !== null && flags.quiet && !flags.json && flags.output === undefined) return EXIT.OK;
      const short: Findings = { ...findings, report: shortened(report, flags.top) };
      write(out, flags.json ? jsonDocument(short) : page(short));
      return EXIT.OK;
    },
    report: () => {
      if (file !== null) messages.info(`the report is in ${file.name}, ${humanSize(file.size)}`);
    },
  };

  function page(findings: Findings): string {
    const toFile = flags.output !== undefined && flags.output !== '-';
    const colors = colorsFor(toFile ? { isTerminal: false } : host.stdout, host.env, flags.color);
    const columns = toFile ? WIDTH_OF_FILES : host.stdout.columns();
    return pageLines(findings, { columns, colors, isUnicode: isUnicode(host.env, host.stdout.isTerminal) });
  }
}

const WIDTH_OF_FILES = 100;

/** Bars are drawn where the terminal can show them; a file or pipe is taken for one that can. */
function isUnicode(env: Readonly<Record<string, string | undefined>>, isTerminal: boolean): boolean {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || '';
  return !isTerminal || /utf-?8/i.test(locale);
}

function write(out: OutputBuffer, text: string): void {
  const bytes = new TextEncoder().encode(text);
  out.copy(bytes, 0, bytes.length);
  out.commit();
}
