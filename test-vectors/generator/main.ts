// Makes dumps with any server at hand, together with what a correct reader must find in them.
import { parseArgs } from 'node:util';
import { inspectServer } from '@rdbkit/testkit';
import { writeBench, writeGiantList } from './write-bench.ts';
import { writeVectors } from './write-vectors.ts';

const USAGE = `Usage: npx tsx test-vectors/generator/main.ts --server PATH --out PATH [options]

Writes <set>.rdb, <set>.expected.jsonl and <set>.dump-payloads.jsonl into the folder --out for every data set that the
server can make. Each dump is loaded into a fresh server and compared before the next one is made.

  --server PATH      server program: redis-server, valkey-server, keydb-server
  --out PATH         folder; with --bench or --giant-list the file to write
  --profile NAME     base: the sizes written in the data sets (default); random: sizes, limits and names from the seed
  --seed TEXT        what all random content depends on (default: vectors)
  --sets A,B         only these data sets; "large" is made only when named
  --module SPEC      a module file, with its arguments after blanks; may be repeated; adds the set "modules"
  --label TEXT       version to write down instead of the server's own
  --bench N          instead: one dump of N mixed keys
  --giant-list N     instead: one dump with a single list of N elements
`;

function count(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(`not a count: ${text}`);
  return value;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      server: { type: 'string' },
      out: { type: 'string' },
      profile: { type: 'string', default: 'base' },
      seed: { type: 'string', default: 'vectors' },
      sets: { type: 'string', default: '' },
      module: { type: 'string', multiple: true, default: [] },
      label: { type: 'string' },
      bench: { type: 'string' },
      'giant-list': { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const { server, out, profile, seed } = values;
  if (values.help || server === undefined || out === undefined || (profile !== 'base' && profile !== 'random')) {
    process.stderr.write(USAGE);
    return values.help ? 0 : 2;
  }
  const program = inspectServer(server);
  if (program === undefined) throw new Error(`${server} does not say that it is a server`);
  if (values.bench !== undefined) {
    process.stderr.write(`${out}: ${await writeBench(program, out, count(values.bench), seed)}\n`);
  } else if (values['giant-list'] !== undefined) {
    process.stderr.write(`${out}: ${await writeGiantList(program, out, count(values['giant-list']), seed)}\n`);
  } else {
    const sets = values.sets.split(',').filter((name) => name !== '');
    const label = values.label ?? program.version.join('.');
    const written = await writeVectors({ program, out, profile, seed, label, modules: values.module, sets });
    process.stderr.write(`${out}: ${written.join(' ')}\n`);
  }
  return 0;
}

process.exitCode = await main();
