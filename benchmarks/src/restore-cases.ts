/** From a dump to servers that have all of it: ours and rivals, into fresh servers on loopback. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { RdbReader, RdbVisitorBase } from '@rdbkit/rdb';
import { startServer } from '@rdbkit/testkit';
import type { CaseInput, Run, ServerCase } from './case.ts';
import { chunksOf } from './chunks.ts';
import { timeProgram } from './measure.ts';
import { RDB2RESP, RDBKIT } from './programs.ts';
import { findRival } from './rivals.ts';
import {
  countKeys,
  cpuSeconds,
  runOnTarget,
  serverProgram,
  startSingle,
  startThreeMasters,
  type Target,
} from './targets.ts';

const LOCAL_DATASETS = ['mixed', 'tiny-strings', 'tables', 'documents'];
const CLUSTER_DATASETS = ['mixed', 'tiny-strings'];
const KIB = 1024;
const CHUNK_BYTES = 256 * KIB;
const LOAD_PATIENCE_MS = 120_000;

class KeyCounter extends RdbVisitorBase {
  keys = 0;

  override key(): 'skip' {
    this.keys++;
    return 'skip';
  }
}

function keysIn(path: string): number {
  const counter = new KeyCounter();
  const reader = new RdbReader(counter, { checksum: false });
  for (const chunk of chunksOf(path, CHUNK_BYTES)) reader.push(chunk);
  reader.finish();
  return counter.keys;
}

function portOf({ masters }: Target): string {
  return String(masters[0]?.port);
}

/** `prepare` gets ready what is not measured; what it returns restores the dump once. */
function restoreCase(
  name: string,
  title: string,
  prepare: (input: CaseInput, folder: string) => (target: Target) => Promise<Run>,
  { datasets = LOCAL_DATASETS, start = startSingle } = {},
): ServerCase {
  return {
    kind: 'server',
    name,
    title,
    datasets,
    async prepare(input, folder) {
      serverProgram();
      const run = prepare(input, folder);
      const keys = keysIn(input.path);
      return () => runOnTarget(start, keys, run);
    },
  };
}

const CLUSTER = { datasets: CLUSTER_DATASETS, start: startThreeMasters };

function pipeCase(name: string, title: string, flags: readonly string[]): ServerCase {
  return restoreCase(
    `rival/redis-cli-pipe-${name}`,
    `redis-cli --pipe with a ready-made stream: ${title}`,
    ({ path }, folder) => {
      const cli = findRival('redis-cli');
      const stream = join(folder, 'commands.resp');
      const { status, stderr } = spawnSync(process.execPath, [RDB2RESP, '--quiet', ...flags, '-o', stream, path], {
        encoding: 'utf8',
      });
      if (status !== 0) throw new Error(`rdb2resp ended with ${status}: ${stderr}`);
      return (target) => timeProgram([cli, '-p', portOf(target), '--pipe'], { input: stream });
    },
  );
}

/** Its settings are in a file beside the program; a copy of it is changed. */
function rmtSettings(rmt: string, folder: string, settings: Readonly<Record<string, string>>): Record<string, string> {
  let text = readFileSync(join(dirname(realpathSync(rmt)), '..', 'conf', 'redis-rdb-cli.conf'), 'latin1');
  for (const [name, value] of Object.entries(settings))
    text = text.replace(new RegExp(`^${name}=.*$`, 'm'), `${name}=${value}`);
  const path = join(folder, 'rmt.conf');
  writeFileSync(path, text, 'latin1');
  return { _JAVA_OPTIONS: `-Dconf=${path} -Dcli.log.path=${folder}` };
}

function rmtCase(
  name: string,
  title: string,
  settings: Readonly<Record<string, string>>,
  where: 'single' | 'cluster' = 'single',
): ServerCase {
  return restoreCase(
    `rival/rmt-${name}`,
    `redis-rdb-cli rmt, ${title} (Java)`,
    ({ path }, folder) => {
      const rmt = findRival('redis-rdb-cli rmt');
      const env = rmtSettings(rmt, folder, settings);
      return (target) => {
        const nodes = join(target.masters[0]?.folder ?? '', 'nodes.conf');
        const to = where === 'single' ? ['-m', `redis://127.0.0.1:${portOf(target)}`] : ['-c', nodes];
        return timeProgram([rmt, '-s', path, ...to], { env });
      };
    },
    where === 'single' ? {} : CLUSTER,
  );
}

function shakeCase(name: string, where: 'single' | 'cluster'): ServerCase {
  return restoreCase(
    `rival/redis-shake${name}`,
    'RedisShake, rdb_reader (Go)',
    ({ path }, folder) => {
      const shake = findRival('RedisShake');
      return (target) => {
        // It keeps notes on what it does, which another run must not find.
        const own = mkdtempSync(join(folder, 'shake-'));
        const config = join(own, 'shake.toml');
        const lines = [
          '[rdb_reader]',
          `filepath = ${JSON.stringify(path)}`,
          '[redis_writer]',
          `cluster = ${where === 'cluster'}`,
          `address = "127.0.0.1:${portOf(target)}"`,
          '[advanced]',
          `dir = ${JSON.stringify(own)}`,
          'log_level = "warn"',
        ];
        writeFileSync(config, `${lines.join('\n')}\n`);
        return timeProgram([shake, config]);
      };
    },
    where === 'single' ? {} : CLUSTER,
  );
}

/** The server reads the file itself: what no restore over a connection can be expected to beat. */
const SERVER_LOAD: ServerCase = {
  kind: 'server',
  name: 'rival/server-load',
  title: 'a server that starts with the dump, until it answers',
  datasets: LOCAL_DATASETS,
  async prepare({ path }) {
    const program = serverProgram();
    const keys = keysIn(path);
    const config = { dir: dirname(path), dbfilename: basename(path) };
    return async () => {
      const start = performance.now();
      const server = await startServer(program, { tcp: true, config, readyWithinMs: LOAD_PATIENCE_MS });
      const seconds = (performance.now() - start) / 1000;
      try {
        const found = await countKeys([server]);
        if (found !== keys) throw new Error(`the server has ${found} keys, the dump has ${keys}`);
        const { used_memory_rss } = await server.info('memory');
        return { seconds, cpuSeconds: await cpuSeconds(server), peakRssBytes: Number(used_memory_rss) };
      } finally {
        await server.stop();
      }
    };
  },
};

export const RESTORE_CASES: readonly ServerCase[] = [
  restoreCase(
    'restore/local',
    'rdbkit restore into one server',
    ({ path }) =>
      (target) =>
        timeProgram([process.execPath, RDBKIT, 'restore', '--quiet', path, `redis://127.0.0.1:${portOf(target)}`]),
  ),
  pipeCase('restore', 'RESTORE', ['--restore']),
  pipeCase('plain', 'plain commands', []),
  rmtCase('default', 'as it comes: 4 threads', {}),
  rmtCase('no-flush-4', 'migrate_flush=no, 4 threads', { migrate_flush: 'no' }),
  rmtCase('no-flush-8', 'migrate_flush=no, 8 threads', { migrate_flush: 'no', migrate_threads: '8' }),
  restoreCase('rival/librdb-redis', 'librdb rdb-cli redis -r -l 1000 (C)', ({ path }) => {
    const program = findRival('librdb rdb-cli');
    return (target) =>
      timeProgram([program, path, 'redis', '-h', '127.0.0.1', '-p', portOf(target), '-r', '-l', '1000']);
  }),
  shakeCase('', 'single'),
  SERVER_LOAD,
  restoreCase(
    'restore/cluster',
    'rdbkit restore into a cluster of three masters',
    ({ path }) =>
      (target) =>
        timeProgram([
          process.execPath,
          RDBKIT,
          'restore',
          '--quiet',
          path,
          `redis-cluster://127.0.0.1:${portOf(target)}`,
        ]),
    CLUSTER,
  ),
  rmtCase('cluster', 'into the cluster, as it comes: 4 threads', {}, 'cluster'),
  rmtCase('cluster-no-flush-4', 'into the cluster, migrate_flush=no, 4 threads', { migrate_flush: 'no' }, 'cluster'),
  rmtCase(
    'cluster-no-flush-8',
    'into the cluster, migrate_flush=no, 8 threads',
    { migrate_flush: 'no', migrate_threads: '8' },
    'cluster',
  ),
  shakeCase('-cluster', 'cluster'),
];
