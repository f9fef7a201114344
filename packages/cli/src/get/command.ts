/**
 * rdbkit get: its flags, its help page, and where its work is found.
 *
 * @module
 */
import type { BinaryForm } from '@rdbkit/inspect';
import { buildCommand, type FlagParametersForType } from '@stricli/core';
import { type CliCommand, type CliContext, commandFunction } from '../app/program.ts';
import { type FileFlags, fileFlags } from '../flags/file-flags.ts';
import { type GeneralFlags, generalFlags } from '../flags/general-flags.ts';
import { type InputFlags, inputFlags } from '../flags/input-flags.ts';
import { type SelectionFlags, selectionFlags } from '../flags/selection-flags.ts';
import { parseKey } from '../lang/key-text.ts';

/** What the value looks like. */
interface ValueFlags {
  readonly format: 'read' | 'json' | 'raw' | 'dump' | 'resp';
  readonly binary: BinaryForm | undefined;
}

/** What the name does not tell already. */
type ChoosingFlags = Omit<SelectionFlags, NamingFlag>;
type NamingFlag = 'key' | 'not-key' | 'key-regex' | 'not-key-regex' | 'slots' | 'limit';

/** All flags of the command. */
export interface GetFlags
  extends ValueFlags,
    FileFlags,
    ChoosingFlags,
    Omit<InputFlags, 'no-checksum'>,
    Omit<GeneralFlags, 'json'> {}

const valueFlags: FlagParametersForType<ValueFlags, CliContext> = {
  format: {
    kind: 'enum',
    values: ['read', 'json', 'raw', 'dump', 'resp'],
    default: 'read',
    placeholder: 'FORMAT',
    brief:
      'read: for reading (default); json: the record of export; raw: the bytes, elements a line each; dump: a payload for RESTORE; resp: the commands that rebuild it',
  },
  binary: {
    kind: 'enum',
    values: ['auto', 'base64'],
    optional: true,
    placeholder: 'HOW',
    brief:
      'Byte strings in JSON: auto is text where they are UTF-8 (default), base64 is {"$base64": …} for all of them',
  },
};

const {
  key: _key,
  'not-key': _notKey,
  'key-regex': _keyRegex,
  'not-key-regex': _notKeyRegex,
  slots: _slots,
  limit: _limit,
  ...choosingFlags
} = selectionFlags;
const { json: _json, ...talkFlags } = generalFlags;
const { 'no-checksum': _noChecksum, ...readFlags } = inputFlags;

const BRIEF = 'Prints the value of one key, and reads no further than that key.';

/** The command. */
export const get: CliCommand = {
  help: {
    brief: BRIEF,
    usage: 'rdbkit get [FLAGS] SOURCE KEY',
    positionals: [
      [
        'SOURCE',
        'RDB file, or append-only log, whose base is read; also compressed (gzip, zstd, LZ4); - reads standard input',
      ],
      ['KEY', 'Its name, or in double quotes with escapes as they are printed: \'"\\xff\\n"\''],
    ],
    aliases: { f: 'format', o: 'output', q: 'quiet' },
    groups: [
      { title: 'Output', flags: { ...valueFlags, ...fileFlags } },
      { title: 'Which one, if the name is not enough', flags: choosingFlags },
      { title: 'Reading', flags: readFlags },
      { title: 'Talking, on stderr', flags: talkFlags },
    ],
    examples: [
      { title: 'A hash of database 3', line: 'rdbkit get dump.rdb user:1 --db 3' },
      {
        title: 'One key out of a backup into a server',
        line: 'rdbkit get dump.rdb user:1 --format resp | redis-cli --pipe',
      },
    ],
  },
  command: buildCommand<GetFlags, [source: string, key: Uint8Array], CliContext>({
    loader: async () => {
      const { runGet } = await import('./run.ts');
      return commandFunction(runGet);
    },
    parameters: {
      flags: { ...valueFlags, ...fileFlags, ...choosingFlags, ...readFlags, ...talkFlags },
      aliases: { f: 'format', o: 'output', q: 'quiet' },
      positional: {
        kind: 'tuple',
        parameters: [
          { brief: 'RDB file or append-only log', parse: String, placeholder: 'SOURCE' },
          { brief: 'Key', parse: parseKey, placeholder: 'KEY' },
        ],
      },
    },
    docs: { brief: BRIEF },
  }),
};
