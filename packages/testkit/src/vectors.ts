/**
 * The dumps to test with: those in this repository, and larger collections beside it where they are at hand.
 *
 * @module
 */
import { Buffer } from 'node:buffer';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Content, type FunctionRecord, type KeyRecord, parseJsonLines } from './content.ts';

/** The folder of the repository. */
export const REPOSITORY_ROOT: string = fileURLToPath(new URL('../../../', import.meta.url));

/** Where a dump comes from. */
export type VectorOrigin = 'test-vectors' | 'corpus' | 'peer-data' | 'extra';

/** Environment variable with a folder of further dumps, laid out like `test-vectors`. */
export const EXTRA_VECTORS_VARIABLE = 'RDBKIT_VECTORS';

/** The folder of each collection; it need not be there. */
export const COLLECTIONS: Readonly<Record<VectorOrigin, string>> = {
  'test-vectors': join(REPOSITORY_ROOT, 'test-vectors'),
  corpus: join(REPOSITORY_ROOT, '..', 'shared', 'corpus'),
  'peer-data': join(REPOSITORY_ROOT, '..', 'shared', 'peer-data'),
  extra: process.env[EXTRA_VECTORS_VARIABLE] ?? '',
};

/** First line of an `.expected.jsonl` file. */
export interface VectorMeta {
  readonly server: string;
  readonly version: string;
  readonly dataset: string;
  /** The nine bytes of the header. */
  readonly header: string;
  readonly checksum: boolean;
  readonly keys: number;
  readonly functions: readonly FunctionRecord[];
  readonly modules?: readonly { readonly name: string; readonly version: number }[];
  readonly moduleAux?: Readonly<Record<string, readonly string[]>>;
}

/** What a DUMP of a key gave. */
export interface DumpPayload {
  readonly db: number;
  /** Base64. */
  readonly key: string;
  readonly payload: Buffer;
}

/** A row of the list that comes with the peers' files, by column name; `-` is an empty value. */
export type ManifestRow = Readonly<Record<string, string>>;

/** A dump. */
export interface Vector {
  /** For instance `corpus/redis-7.2.6/lists`. */
  readonly name: string;
  readonly origin: VectorOrigin;
  /** Absolute path. */
  readonly path: string;
  /** Only for the peers' files. */
  readonly manifest: ManifestRow | null;
  /** The file. */
  read(): Buffer;
  /** What a correct reader finds; `null` when nobody wrote it down. */
  expected(): (Content & { readonly meta: VectorMeta }) | null;
  /** The keys' DUMP payloads; empty when nobody wrote them down. */
  dumpPayloads(): DumpPayload[];
}

/** Text is shown when a test needs a collection that is not here. */
export function missingCollections(): string[] {
  return (['corpus', 'peer-data'] as const)
    .filter((origin) => !existsSync(COLLECTIONS[origin]))
    .map((origin) => `${origin}: ../shared/${origin} is not beside the repository`);
}

let hasTold = false;

/** Says, once, which collections are not there to be tested with. */
export function tellMissingCollections(): void {
  const missing = missingCollections();
  if (missing.length > 0 && !hasTold) console.warn(`not tested: ${missing.join('; ')}`);
  hasTold = true;
}

/** Every dump of the given origins, in a fixed order. Says once which collections are missing. */
export function listVectors(...origins: readonly VectorOrigin[]): Vector[] {
  const wanted = origins.length > 0 ? origins : (Object.keys(COLLECTIONS) as VectorOrigin[]);
  tellMissingCollections();
  return wanted.flatMap((origin) => {
    if (!existsSync(COLLECTIONS[origin])) return [];
    return origin === 'peer-data' ? peerVectors() : folderVectors(origin);
  });
}

function folderVectors(origin: Exclude<VectorOrigin, 'peer-data'>): Vector[] {
  const folder = COLLECTIONS[origin];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
    .flatMap((server) =>
      readdirSync(join(folder, server))
        .filter((file) => file.endsWith('.rdb'))
        .sort()
        .map((file) => vectorAt(origin, join(folder, server), `${origin}/${server}`, file.slice(0, -'.rdb'.length))),
    );
}

function vectorAt(origin: VectorOrigin, folder: string, prefix: string, name: string): Vector {
  const path = join(folder, `${name}.rdb`);
  return {
    name: `${prefix}/${name}`,
    origin,
    path,
    manifest: null,
    read: () => readFileSync(path),
    expected: () => readExpected(join(folder, `${name}.expected.jsonl`)),
    dumpPayloads: () => readPayloads(join(folder, `${name}.dump-payloads.jsonl`)),
  };
}

/** An `.expected.jsonl` file; `null` when there is none. */
export function readExpected(path: string): (Content & { readonly meta: VectorMeta }) | null {
  if (!existsSync(path)) return null;
  const [first, ...records] = parseJsonLines(readFileSync(path, 'utf8'));
  const { meta } = first as { meta: VectorMeta };
  return { meta, records: records as KeyRecord[], functions: meta.functions };
}

function readPayloads(path: string): DumpPayload[] {
  if (!existsSync(path)) return [];
  const lines = parseJsonLines(readFileSync(path, 'utf8')) as { db: number; key: string; payload: string }[];
  return lines.map(({ db, key, payload }) => ({ db, key, payload: Buffer.from(payload, 'base64') }));
}

function peerVectors(): Vector[] {
  const folder = COLLECTIONS['peer-data'];
  return readPeerManifest()
    .filter((row) => row.kind === 'rdb')
    .map((row) => {
      const path = join(folder, row.path ?? '');
      return {
        name: `peer-data/${row.path}`,
        origin: 'peer-data' as const,
        path,
        manifest: row,
        read: () => readFileSync(path),
        expected: () => null,
        dumpPayloads: () => [],
      };
    });
}

/** The list of the peers' files. */
export function readPeerManifest(): ManifestRow[] {
  const [header = '', ...lines] = readFileSync(join(COLLECTIONS['peer-data'], 'MANIFEST.tsv'), 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  const names = header.split('\t');
  return lines.map((line) => {
    const values = line.split('\t');
    return Object.fromEntries(names.map((name, i) => [name, values[i] ?? '-']));
  });
}

/** Rows for `it.each`, with the name first: `it.each(eachVector(…))('%s', (_name, vector) => …)`. */
export function eachVector(vectors: readonly Vector[]): [name: string, vector: Vector][] {
  return vectors.map((vector) => [vector.name, vector]);
}
