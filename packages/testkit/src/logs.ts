/**
 * The append-only files to test with: those in this repository, and larger collections beside it where they are at hand.
 *
 * @module
 */
import { Buffer } from 'node:buffer';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Content } from './content.ts';
import {
  COLLECTIONS,
  type ManifestRow,
  readExpected,
  readPeerManifest,
  tellMissingCollections,
  type VectorMeta,
} from './vectors.ts';

/** What the meta line of a recorded log says besides. */
export interface LogMeta extends Omit<VectorMeta, 'header' | 'checksum'> {
  /** Names of the files, in the folder of the log. */
  readonly files: readonly string[];
  /** Within what the log was cut, or null. */
  readonly cut: 'command' | 'transaction' | null;
}

/** A log that a server wrote: a folder with `appendonly.aof` or `appendonlydir`. */
export interface RecordedLog {
  /** For instance `corpus/redis-7.2.6/aof-preamble`. */
  readonly name: string;
  /** Absolute path of the folder. */
  readonly path: string;
  /** The files, by their path in the folder. */
  files(): Readonly<Record<string, Buffer>>;
  /** What a server holds that has loaded it. */
  expected(): Content & { readonly meta: LogMeta };
}

/** A log of another project. */
export interface PeerLog {
  readonly name: string;
  readonly manifest: ManifestRow;
  read(): Buffer;
}

/** A set of files written out in another project's tests, with what servers made of it. */
export interface LogCase {
  readonly name: string;
  /** What a server is started on, by path. */
  readonly files: Readonly<Record<string, Buffer>>;
  /** Lines of its configuration: name and value in turns. */
  readonly serverOptions: string;
  /** Sentence of the other project's test. */
  readonly expect: string;
  /** What real servers said, by their name. */
  readonly measured: Readonly<Record<string, LogVerdict>>;
}

/** What became of a case with one server. */
export interface LogVerdict {
  /** Exit code of `redis-check-aof` or `valkey-check-aof`. */
  readonly checkCode: number | null;
  /** Keys in each database, when it was loaded. */
  readonly loaded: Readonly<Record<string, number>> | null;
  /** The server's words, when it was not. */
  readonly refused: readonly string[] | null;
}

/** Every recorded log. Says once which collections are missing. */
export function listLogs(...origins: readonly ('test-vectors' | 'corpus')[]): RecordedLog[] {
  tellMissingCollections();
  return origins.flatMap((origin) => {
    const root = COLLECTIONS[origin];
    if (!existsSync(root)) return [];
    return readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((path) => /^[^/\\]+[/\\]aof-[^/\\]+$/.test(path) && statSync(join(root, path)).isDirectory())
      .sort()
      .map((path) => ({
        name: `${origin}/${path}`,
        path: join(root, path),
        files: () => filesBelow(join(root, path)),
        expected: () => readExpected(join(root, `${path}.expected.jsonl`)) as unknown as Content & { meta: LogMeta },
      }));
  });
}

function filesBelow(folder: string): Record<string, Buffer> {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(paths.map((path) => [relative(folder, path).replaceAll('\\', '/'), readFileSync(path)]));
}

/** The logs of other projects: single files, with or without RDB. */
export function listPeerLogs(): PeerLog[] {
  tellMissingCollections();
  const root = COLLECTIONS['peer-data'];
  if (!existsSync(root)) return [];
  return readPeerManifest()
    .filter(({ kind }) => kind === 'aof' || kind === 'aof-preamble' || kind === 'resp-stream')
    .map((manifest) => ({
      name: `peer-data/${manifest.path}`,
      manifest,
      read: () => readFileSync(join(root, manifest.path ?? '')),
    }));
}

/** The cases out of other projects' tests. */
export function listLogCases(): LogCase[] {
  tellMissingCollections();
  const path = join(COLLECTIONS['peer-data'], 'aof-cases.jsonl');
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  return lines.map((line) => {
    const record = JSON.parse(line) as {
      name: string;
      source: string;
      server_options?: string;
      expect: string;
      files_base64: Record<string, string>;
      measured: Record<string, Record<string, unknown>>;
    };
    const files = Object.entries(record.files_base64).map(([name, text]) => [name, Buffer.from(text, 'base64')]);
    const measured = Object.entries(record.measured).map(([server, found]) => [server, verdictOf(found)]);
    return {
      name: `${record.name} (${dirname(record.source) === '.' ? record.source : record.source.replace(/^.*\//, '')})`,
      files: Object.fromEntries(files) as Record<string, Buffer>,
      serverOptions: record.server_options ?? '',
      expect: record.expect,
      measured: Object.fromEntries(measured) as Record<string, LogVerdict>,
    };
  });
}

function verdictOf(found: Record<string, unknown>): LogVerdict {
  const check = Object.entries(found).find(([name]) => name.endsWith('-check-aof'))?.[1] as { rc: number } | undefined;
  const loaded = found.loaded as { dbs: Record<string, number> } | undefined;
  return {
    checkCode: check?.rc ?? null,
    loaded: loaded?.dbs ?? null,
    refused: (found.refused as string[] | undefined) ?? null,
  };
}

/** Rows for `it.each`, with the name first. */
export function eachLog<Log extends { readonly name: string }>(logs: readonly Log[]): [name: string, log: Log][] {
  return logs.map((log) => [log.name, log]);
}
