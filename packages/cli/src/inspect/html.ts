/**
 * What rdbkit inspect writes with --html: the report of @rdbkit/report, from the same findings as the page.
 *
 * @module
 */
import { basename, resolve } from 'node:path';
import type { InspectionReport } from '@rdbkit/inspect';
import { reportData, reportHtml } from '@rdbkit/report';
import { usageError } from '../app/cli-error.ts';
import { readVersion } from '../app/version.ts';
import { printable, printableText } from '../lang/printable.ts';
import { leftOutLines } from '../reading/left-out.ts';
import { type OutputSink, openOutputFile } from '../sink/output-sink.ts';
import type { InspectFlags } from './command.ts';
import { ASSUMPTIONS, type Findings } from './json.ts';
import { checksumWords } from './page.ts';

/** So many of the largest keys are in a report, if no more are asked for. */
export const LARGEST_IN_REPORT = 1000;

const BASE_NOTE = 'This is the base of an append-only log: what was written since is not in it.';
const NAME_WIDTH = 200;
const TITLE_WIDTH = 80;

/** The file of a report. It gets its name when it is complete. */
export class ReportFile {
  readonly name: string;
  /** Bytes written. */
  size = 0;
  private readonly sink: OutputSink;

  /**
   * @param source - What is read.
   * @throws CliError when there can be no such file.
   */
  constructor({ output }: Pick<InspectFlags, 'output'>, path: string, source: string | undefined) {
    this.name = printableText(path, TITLE_WIDTH);
    if (output !== undefined && output !== '-' && resolve(output) === resolve(path))
      throw usageError(`--html and --output both name ${this.name}`, 'give the page and the report a file each.');
    this.sink = openOutputFile(path, source, () => {});
  }

  async write(findings: Findings, nowMs: number): Promise<void> {
    const bytes = new TextEncoder().encode(await htmlOf(findings, nowMs));
    await this.sink.write(bytes);
    await this.sink.finish();
    this.size = bytes.length;
  }

  /** Gives up; harmless after {@link ReportFile.write}. */
  abort(): void {
    this.sink.abort();
  }
}

function htmlOf({ report, advice, end, selection }: Findings, nowMs: number): Promise<string> {
  const { damage, source, summary, checksum, isCutShort } = end;
  // Whoever is given the report need not know where the dump was.
  const title = printableText(basename(source.name), TITLE_WIDTH);
  return reportHtml(
    reportData({
      report,
      advice,
      title,
      generator: `rdbkit ${readVersion()}`,
      generatedAtMs: nowMs,
      damage: damage === null ? null : [damage.message.replace(source.name, title), ...damage.details].join(', '),
      isPart: isCutShort,
      notes: [...(source.base === null ? [] : [BASE_NOTE]), ...leftOutLines(selection, 0)],
      bytes: summary?.bytes ?? source.input.position,
      checksum: checksumWords(checksum),
      show: nameText,
      assumptions: ASSUMPTIONS,
    }),
  );
}

/** A name as it is where nobody could mistake it, otherwise in quotes and with escapes. */
function nameText(bytes: Uint8Array): string {
  const quoted = printable(bytes, NAME_WIDTH);
  const bare = /^"([^"\\]+)"(…?)$/.exec(quoted);
  if (bare === null) return quoted;
  const [, name = '', rest = ''] = bare;
  return /^\s|\s\s|\s$/.test(name) ? quoted : name + rest;
}

/** The first of each list. */
export function shortened(report: InspectionReport, top: number): InspectionReport {
  const { largest, largestElements, prefixes, streams } = report;
  const first = <T>(list: readonly T[]): readonly T[] => list.slice(0, top);
  return {
    ...report,
    largest: {
      byMemory: first(largest.byMemory),
      byBytes: first(largest.byBytes),
      byElements: first(largest.byElements),
    },
    largestElements: first(largestElements),
    prefixes: prefixes === null ? null : { ...prefixes, heaviest: first(prefixes.heaviest) },
    streams: { ...streams, largestGroups: first(streams.largestGroups) },
  };
}
