/**
 * rdbkit inspect: its flags, its help page, and where its work is found.
 *
 * @module
 */
import { parseTarget, type Target } from '@rdbkit/commands';
import { ALLOCATORS, type Allocator } from '@rdbkit/inspect';
import { buildCommand, type FlagParametersForType } from '@stricli/core';
import { type CliCommand, type CliContext, commandFunction } from '../app/program.ts';
import { type FileFlags, fileFlags } from '../flags/file-flags.ts';
import { type GeneralFlags, generalFlags } from '../flags/general-flags.ts';
import { type InputFlags, inputFlags } from '../flags/input-flags.ts';
import { parseCount } from '../flags/parsers.ts';
import { type SelectionFlags, selectionFlags } from '../flags/selection-flags.ts';

/** What is looked at, and for whom. */
interface AnalysisFlags {
  readonly top: number;
  readonly separator: string;
  readonly target: Target | undefined;
  readonly allocator: Allocator | undefined;
  readonly slots: boolean;
}

/** Beside the page. */
interface ReportFlags {
  readonly html: string | undefined;
}

/** All flags of the command. `--slots` counts slots here; keys cannot be chosen by them. */
export interface InspectFlags
  extends AnalysisFlags,
    ReportFlags,
    Omit<SelectionFlags, 'slots'>,
    FileFlags,
    InputFlags,
    GeneralFlags {}

const MOST_LISTED = 1000;

const analysisFlags: FlagParametersForType<AnalysisFlags, CliContext> = {
  top: {
    kind: 'parsed',
    parse: parseTop,
    default: '10',
    placeholder: 'N',
    brief: 'List so many of the largest keys and prefixes (default: 10)',
  },
  separator: {
    kind: 'parsed',
    parse: parseSeparator,
    default: ':',
    placeholder: 'TEXT',
    brief: 'What prefixes of names end with (default: a colon)',
  },
  target: {
    kind: 'parsed',
    parse: parseTarget,
    optional: true,
    placeholder: 'VERSION',
    brief: 'Estimate the memory of this server: 7.2, valkey-9 … (default: the one that wrote the dump)',
  },
  allocator: {
    kind: 'enum',
    values: ALLOCATORS,
    optional: true,
    brief: 'Where its memory comes from (default: jemalloc-q8, the one that Redis and Valkey bring along)',
  },
  slots: {
    kind: 'boolean',
    default: false,
    withNegated: false,
    brief: 'Show how keys and memory spread over the hash slots of a cluster',
  },
};

const reportFlags: FlagParametersForType<ReportFlags, CliContext> = {
  html: {
    kind: 'parsed',
    parse: parseReportFile,
    optional: true,
    placeholder: 'FILE',
    brief: 'Write a report for the browser to FILE as well, one that works offline; with --quiet nothing else',
  },
};

function parseReportFile(text: string): string {
  if (text === '-') throw new RangeError('the report goes to a file, standard output is for the page');
  return text;
}

function parseTop(text: string): number {
  const count = parseCount(text, 1);
  if (count > MOST_LISTED) throw new RangeError(`expected ${MOST_LISTED} at most, got ${count}`);
  return count;
}

function parseSeparator(text: string): string {
  if (text === '') throw new RangeError('the separator is empty');
  return text;
}

const { slots: _, ...choosingFlags } = selectionFlags;

const BRIEF = 'Shows what is in a dump, and what it costs in memory.';

/** The command. */
export const inspect: CliCommand = {
  help: {
    brief: BRIEF,
    usage: 'rdbkit inspect [FLAGS] [SOURCE]',
    positionals: [
      [
        'SOURCE',
        'RDB file, or append-only log, whose base is read; also compressed (gzip, zstd, LZ4); - or nothing reads standard input',
      ],
    ],
    aliases: { o: 'output', q: 'quiet' },
    groups: [
      { title: 'Analysis', flags: analysisFlags },
      {
        title: 'Output',
        flags: {
          ...fileFlags,
          ...reportFlags,
          json: { ...generalFlags.json, brief: 'One JSON document instead of a page' },
        },
      },
      { title: 'Selecting keys', flags: choosingFlags },
      { title: 'Reading', flags: inputFlags },
      {
        title: 'Talking, on stderr',
        flags: { progress: generalFlags.progress, quiet: generalFlags.quiet, color: generalFlags.color },
      },
    ],
    examples: [
      { title: 'The page', line: 'rdbkit inspect dump.rdb' },
      { title: 'What would this take on another server?', line: 'rdbkit inspect --target valkey-9 dump.rdb' },
      { title: 'A report to look through and to pass on', line: 'rdbkit inspect --html report.html dump.rdb' },
      { title: 'The largest key, for a script', line: "rdbkit inspect --json dump.rdb | jq '.largest.byMemory[0]'" },
    ],
  },
  command: buildCommand<InspectFlags, [source?: string], CliContext>({
    loader: async () => {
      const { runInspect } = await import('./run.ts');
      return commandFunction(runInspect);
    },
    parameters: {
      flags: { ...analysisFlags, ...choosingFlags, ...fileFlags, ...reportFlags, ...inputFlags, ...generalFlags },
      aliases: { o: 'output', q: 'quiet' },
      positional: {
        kind: 'tuple',
        parameters: [{ brief: 'RDB file or append-only log', parse: String, placeholder: 'SOURCE', optional: true }],
      },
    },
    docs: { brief: BRIEF },
  }),
};
