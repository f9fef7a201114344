/**
 * rdb2resp: what it is called, which flags it has, and where its work is found.
 *
 * @module
 */
import { buildCommand } from '@stricli/core';
import type { HelpPage } from '../app/help.ts';
import { type CliContext, commandFunction, type Program } from '../app/program.ts';
import { generalFlags } from '../flags/general-flags.ts';
import { inputFlags } from '../flags/input-flags.ts';
import { logFlags } from '../flags/log-flags.ts';
import { selectionFlags, shapingFlags } from '../flags/selection-flags.ts';
import { outputFlags, type Rdb2respFlags } from './flags.ts';

const NAME = 'rdb2resp';
const BRIEF =
  'Turns an RDB dump or an append-only log into the commands that rebuild its data, as RESP on standard output.';

const help: HelpPage = {
  brief: BRIEF,
  usage: `${NAME} [FLAGS] [SOURCE]`,
  positionals: [
    [
      'SOURCE',
      'RDB file, append-only file, append-only directory or its manifest, a tar of one, also compressed (gzip, zstd, LZ4); - or nothing reads standard input',
    ],
  ],
  aliases: { o: 'output', q: 'quiet' },
  groups: [
    { title: 'Output', flags: outputFlags },
    { title: 'Which keys', flags: selectionFlags },
    { title: 'Changing them on the way', flags: shapingFlags },
    { title: 'Append-only logs', flags: logFlags },
    { title: 'Reading', flags: inputFlags },
    { title: 'Talking, on stderr', flags: generalFlags },
  ],
  examples: [
    { title: 'Load a dump into a server', line: 'rdb2resp dump.rdb | redis-cli --pipe' },
    {
      title: 'The same in a form that costs the server less, into Redis 7.2',
      line: 'rdb2resp --restore --target 7.2 dump.rdb | redis-cli --pipe',
    },
    {
      title: 'From another machine, without a copy on the way',
      line: 'ssh backup cat dump.rdb.gz | rdb2resp | redis-cli --pipe',
    },
    {
      title: 'Some keys, under other names, for a day',
      line: "rdb2resp --key 'user:*' --rename-prefix user::test: --shift-ttl +1d dump.rdb",
    },
    {
      title: 'What an append-only directory held at noon',
      line: 'rdb2resp --until 2026-01-31T12:00:00Z appendonlydir | redis-cli --pipe',
    },
    {
      title: 'Database 3 into database 0, nothing overwritten',
      line: 'rdb2resp --db 3 --map-db 3:0 --existing keep -o db3.resp dump.rdb',
    },
  ],
};

/** The program. */
export const program: Program = {
  name: NAME,
  help,
  command: buildCommand<Rdb2respFlags, [source?: string], CliContext>({
    loader: async () => {
      const { rdb2resp } = await import('./run.ts');
      return commandFunction(rdb2resp);
    },
    parameters: {
      flags: { ...outputFlags, ...selectionFlags, ...shapingFlags, ...logFlags, ...inputFlags, ...generalFlags },
      aliases: { o: 'output', q: 'quiet' },
      positional: {
        kind: 'tuple',
        parameters: [{ brief: 'RDB file or append-only log', parse: String, placeholder: 'SOURCE', optional: true }],
      },
    },
    docs: { brief: BRIEF },
  }),
};
