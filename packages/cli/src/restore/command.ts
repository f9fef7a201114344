/**
 * rdbkit restore: its flags, its help page, and where its work is found.
 *
 * @module
 */
import { buildCommand } from '@stricli/core';
import { type CliCommand, type CliContext, commandFunction } from '../app/program.ts';
import { generalFlags } from '../flags/general-flags.ts';
import { inputFlags } from '../flags/input-flags.ts';
import { logFlags } from '../flags/log-flags.ts';
import { selectionFlags, shapingFlags } from '../flags/selection-flags.ts';
import { accessFlags, paceFlags, type RestoreFlags, workFlags } from './flags.ts';

const BRIEF = 'Restores a dump or log into a live server, Sentinel set-up or cluster, with every key acknowledged.';

/** The command. */
export const restore: CliCommand = {
  help: {
    brief: BRIEF,
    usage: 'rdbkit restore [FLAGS] SOURCE TARGET',
    positionals: [
      ['SOURCE', "RDB file, append-only file or its directory, also gzip'd; - reads standard input"],
      [
        'TARGET',
        'redis://host:6379, rediss://…, redis-sentinel://host,host/master, redis-cluster://host, unix:///path',
      ],
    ],
    aliases: { q: 'quiet' },
    groups: [
      { title: 'What happens', flags: workFlags },
      { title: 'Pace and patience', flags: paceFlags },
      { title: 'Reaching the target', flags: accessFlags },
      { title: 'Which keys', flags: selectionFlags },
      { title: 'Changing them on the way', flags: shapingFlags },
      { title: 'Reading', flags: inputFlags },
      { title: 'Append-only logs', flags: logFlags },
      { title: 'Talking, on stderr', flags: generalFlags },
    ],
    examples: [
      { title: 'Into an empty server', line: 'rdbkit restore dump.rdb redis://localhost:6379' },
      { title: 'What would be done?', line: 'rdbkit restore --plan dump.rdb redis://localhost:6379' },
      {
        title: 'Behind Sentinel, to go on from after any failure',
        line: 'rdbkit restore --journal r.journal dump.rdb redis-sentinel://s1,s2,s3/mymaster',
      },
      {
        title: 'Going on',
        line: 'rdbkit restore --journal r.journal --resume dump.rdb redis-sentinel://s1,s2,s3/mymaster',
      },
      {
        title: 'Into a cluster with TLS, over keys that exist',
        line: 'rdbkit restore --existing replace --cacert ca.pem --password-file pw dump.rdb rediss+cluster://node1:6379',
      },
    ],
  },
  command: buildCommand<RestoreFlags, [source: string, target: string], CliContext>({
    loader: async () => {
      const { runRestore } = await import('./run.ts');
      return commandFunction(runRestore);
    },
    parameters: {
      flags: {
        ...workFlags,
        ...paceFlags,
        ...accessFlags,
        ...selectionFlags,
        ...shapingFlags,
        ...inputFlags,
        ...logFlags,
        ...generalFlags,
      },
      aliases: { q: 'quiet' },
      positional: {
        kind: 'tuple',
        parameters: [
          { brief: 'RDB file or append-only log', parse: String, placeholder: 'SOURCE' },
          { brief: 'address', parse: String, placeholder: 'TARGET' },
        ],
      },
    },
    docs: { brief: BRIEF },
  }),
};
