/**
 * rdbkit keys: its flags, its help page, and where its work is found.
 *
 * @module
 */
import { parseTarget, type Target } from '@rdbkit/commands';
import { buildCommand, type FlagParametersForType } from '@stricli/core';
import { type CliCommand, type CliContext, commandFunction } from '../app/program.ts';
import { type FileFlags, fileFlags } from '../flags/file-flags.ts';
import { type GeneralFlags, generalFlags } from '../flags/general-flags.ts';
import { type InputFlags, inputFlags } from '../flags/input-flags.ts';
import { parseCount } from '../flags/parsers.ts';
import { type SelectionFlags, type ShapingFlags, selectionFlags, shapingFlags } from '../flags/selection-flags.ts';
import { SORT_FIELDS, type SortField } from './top-keys.ts';

/** What the list looks like. */
interface ListFlags {
  readonly format: 'table' | 'jsonl' | 'csv' | 'tsv';
  readonly sort: SortField | undefined;
  readonly top: number | undefined;
  readonly target: Target | undefined;
  readonly 'escape-formulas': boolean;
}

/** All flags of the command. */
export interface KeysFlags
  extends ListFlags,
    FileFlags,
    SelectionFlags,
    ShapingFlags,
    InputFlags,
    Omit<GeneralFlags, 'json'> {}

const listFlags: FlagParametersForType<ListFlags, CliContext> = {
  format: {
    kind: 'enum',
    values: ['table', 'jsonl', 'csv', 'tsv'],
    default: 'table',
    placeholder: 'FORMAT',
    brief: 'table (default), jsonl, csv or tsv; only the table rounds sizes and cuts long names',
  },
  sort: {
    kind: 'enum',
    values: SORT_FIELDS,
    optional: true,
    placeholder: 'FIELD',
    brief: 'The first keys by memory, bytes or elements (largest first), expiry (soonest first) or key',
  },
  top: {
    kind: 'parsed',
    parse: parsePositive,
    optional: true,
    placeholder: 'N',
    brief: 'How many of them (default: 100); alone it means --sort memory',
  },
  target: {
    kind: 'parsed',
    parse: parseTarget,
    optional: true,
    placeholder: 'VERSION',
    brief: 'The server whose memory is estimated (default: the one that wrote the dump)',
  },
  'escape-formulas': {
    kind: 'boolean',
    default: false,
    withNegated: false,
    brief: 'csv and tsv: an apostrophe before names that a spreadsheet would take for a formula',
  },
};

const { json: _, ...talkFlags } = generalFlags;

const BRIEF = 'Lists the keys in a dump: type, encoding, elements, size, estimated memory, expiry.';

/** The command. */
export const keys: CliCommand = {
  help: {
    brief: BRIEF,
    usage: 'rdbkit keys [FLAGS] [SOURCE]',
    positionals: [
      [
        'SOURCE',
        'RDB file, or append-only log, whose base is read; also compressed (gzip, zstd, LZ4); - or nothing reads standard input',
      ],
    ],
    aliases: { f: 'format', o: 'output', q: 'quiet' },
    groups: [
      { title: 'Output', flags: { ...listFlags, ...fileFlags } },
      { title: 'Which keys', flags: selectionFlags },
      { title: 'Changing them on the way', flags: shapingFlags },
      { title: 'Reading', flags: inputFlags },
      { title: 'Talking, on stderr', flags: talkFlags },
    ],
    examples: [
      { title: 'The 20 keys that take the most memory', line: 'rdbkit keys --sort memory --top 20 dump.rdb' },
      {
        title: 'Names of sessions that never expire',
        line: "rdbkit keys --key 'session:*' --ttl none -f jsonl dump.rdb",
      },
    ],
  },
  command: buildCommand<KeysFlags, [source?: string], CliContext>({
    loader: async () => {
      const { runKeys } = await import('./run.ts');
      return commandFunction(runKeys);
    },
    parameters: {
      flags: { ...listFlags, ...fileFlags, ...selectionFlags, ...shapingFlags, ...inputFlags, ...talkFlags },
      aliases: { f: 'format', o: 'output', q: 'quiet' },
      positional: {
        kind: 'tuple',
        parameters: [{ brief: 'RDB file or append-only log', parse: String, placeholder: 'SOURCE', optional: true }],
      },
    },
    docs: { brief: BRIEF },
  }),
};

function parsePositive(text: string): number {
  return parseCount(text, 1);
}
