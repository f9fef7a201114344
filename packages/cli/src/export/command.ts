/**
 * rdbkit export: its flags, its help page, and where its work is found.
 *
 * @module
 */
import type { BinaryForm } from '@rdbkit/inspect';
import { buildCommand, type FlagParametersForType } from '@stricli/core';
import { type CliCommand, type CliContext, commandFunction } from '../app/program.ts';
import { type FileFlags, fileFlags } from '../flags/file-flags.ts';
import { type GeneralFlags, generalFlags } from '../flags/general-flags.ts';
import { type InputFlags, inputFlags } from '../flags/input-flags.ts';
import { type SelectionFlags, type ShapingFlags, selectionFlags, shapingFlags } from '../flags/selection-flags.ts';

/** The formats, the default one first. */
const EXPORT_FORMATS = ['jsonl', 'json', 'csv', 'tsv', 'parquet', 'rdbtools-memory', 'rdbtools-json'] as const;

type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** What the data looks like. */
interface FormatFlags {
  readonly format: ExportFormat;
  readonly binary: BinaryForm | undefined;
  readonly 'escape-formulas': boolean;
}

/** All flags of the command. */
export interface ExportFlags extends FormatFlags, FileFlags, SelectionFlags, ShapingFlags, InputFlags, GeneralFlags {}

const formatFlags: FlagParametersForType<FormatFlags, CliContext> = {
  format: {
    kind: 'enum',
    values: EXPORT_FORMATS,
    default: 'jsonl',
    placeholder: 'FORMAT',
    brief:
      'jsonl: a record a line (default), json: the same in one array; csv, tsv, parquet: a row for each element; rdbtools-json, rdbtools-memory: as redis-rdb-tools writes them',
  },
  binary: {
    kind: 'enum',
    values: ['auto', 'base64'],
    optional: true,
    placeholder: 'HOW',
    brief:
      'Byte strings in JSON: auto is text where they are UTF-8 (default), base64 is {"$base64": …} for all of them',
  },
  'escape-formulas': {
    kind: 'boolean',
    default: false,
    withNegated: false,
    brief: 'csv and tsv: an apostrophe before text that a spreadsheet would take for a formula',
  },
};

const BRIEF = 'Writes what is in a dump as JSON, CSV or Parquet.';

/** The command. */
export const exportCommand: CliCommand = {
  help: {
    brief: BRIEF,
    usage: 'rdbkit export [FLAGS] [SOURCE]',
    positionals: [
      [
        'SOURCE',
        'RDB file, or append-only log, whose base is read; also compressed (gzip, zstd, LZ4); - or nothing reads standard input',
      ],
    ],
    aliases: { f: 'format', o: 'output', q: 'quiet' },
    groups: [
      { title: 'Output', flags: { ...formatFlags, ...fileFlags } },
      { title: 'Which keys', flags: selectionFlags },
      { title: 'Changing them on the way', flags: shapingFlags },
      { title: 'Reading', flags: inputFlags },
      { title: 'Talking, on stderr', flags: generalFlags },
    ],
    examples: [
      {
        title: 'All hashes of users, one JSON record a line',
        line: "rdbkit export --key 'user:*' --type hash dump.rdb",
      },
      { title: 'For DuckDB, pandas and their kin', line: 'rdbkit export --format parquet -o dump.parquet dump.rdb' },
    ],
  },
  command: buildCommand<ExportFlags, [source?: string], CliContext>({
    loader: async () => {
      const { runExport } = await import('./run.ts');
      return commandFunction(runExport);
    },
    parameters: {
      flags: { ...formatFlags, ...fileFlags, ...selectionFlags, ...shapingFlags, ...inputFlags, ...generalFlags },
      aliases: { f: 'format', o: 'output', q: 'quiet' },
      positional: {
        kind: 'tuple',
        parameters: [{ brief: 'RDB file or append-only log', parse: String, placeholder: 'SOURCE', optional: true }],
      },
    },
    docs: { brief: BRIEF },
  }),
};
