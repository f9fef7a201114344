/**
 * The files of a Dragonfly snapshot (DFS set) as one source: `NAME-summary.dfs` and `NAME-0000.dfs`, `NAME-0001.dfs` …, one
 * file for each shard. Any of them stands for all.
 *
 * @module
 */
import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { DataError } from '@rdbkit/bytes';
import { type RdbHeader, RdbReader, RdbVisitorBase } from '@rdbkit/rdb';
import { CliError, systemMessage, usageError } from '../app/cli-error.ts';
import { EXIT } from '../app/exit-code.ts';
import { printableText } from '../lang/printable.ts';
import { countOf } from '../lang/units.ts';
import { type ByteInput, readHead } from './byte-input.ts';

/** While a set is being saved its files have other endings. A set may have been compressed, file by file. */
const FILE_NAME = /^(.+)-(summary|\d{4,})(\.dfs(?:\.(?:gz|zst|lz4))?)$/;

/** AUX fields stand within; scripts and definitions of indexes in a summary may go beyond, behind what is looked for. */
const HEAD_BYTES = 4096;
const SHOWN = 3;

/** A file of a source that has several, as the input has it. */
export interface SourcePart {
  readonly name: string;
  /** Offset of its first byte in the input; `null` before it was read. */
  start: number | null;
}

/** Puts into an error which file it is about, and where in it. */
export function situateInPart(error: DataError | null, parts: readonly SourcePart[] | null): void {
  if (error === null || parts === null || error.file !== null) return;
  const part = parts.findLast(({ start }) => start !== null && start <= error.offset);
  if (part === undefined) return;
  error.file = new TextEncoder().encode(part.name);
  error.offset -= part.start ?? 0;
}

/** The names of the files of one set. */
export interface DragonflySet {
  readonly folder: string;
  readonly name: string;
  /** The summary first, if there is one, then the shards. */
  readonly files: readonly string[];
}

/** Whether a file is named like one of a set. */
export function isNamedAsSetFile(path: string): boolean {
  return FILE_NAME.test(basename(path));
}

/** The set that a file belongs to. */
export function setOfFile(path: string): DragonflySet {
  const folder = dirname(path);
  const match = FILE_NAME.exec(basename(path));
  const found = setsIn(folder).find(({ name, files }) => name === match?.[1] && files.includes(basename(path)));
  if (found === undefined) throw usageError(`${printableText(path, 250)} is not named as a file of a snapshot`);
  return found;
}

/** The set in a folder; `null` when there is none. */
export function setInFolder(folder: string): DragonflySet | null {
  const sets = setsIn(folder);
  const [only, second] = sets;
  if (only === undefined) return null;
  if (second === undefined) return only;
  const shown = sets.slice(-SHOWN).map(({ files }) => printableText(join(folder, files[0] ?? ''), 250));
  throw usageError(
    `${printableText(folder, 250)} has ${countOf(sets.length, 'snapshot')} of Dragonfly`,
    `name one by any of its files: ${shown.join(', ')}${sets.length > SHOWN ? ' …' : ''}`,
  );
}

function setsIn(folder: string): DragonflySet[] {
  const groups = new Map<string, string[]>();
  for (const file of readdirSync(folder).toSorted()) {
    const match = FILE_NAME.exec(file);
    if (match === null) continue;
    const key = `${match[1]}${match[3]}`;
    groups.set(key, [...(groups.get(key) ?? []), file]);
  }
  return [...groups.values()].map((files) => {
    const isSummary = (file: string): boolean => FILE_NAME.exec(file)?.[2] === 'summary';
    const shards = files.filter((file) => !isSummary(file)).toSorted((a, b) => numberOf(a) - numberOf(b));
    return { folder, name: FILE_NAME.exec(files[0] ?? '')?.[1] ?? '', files: [...files.filter(isSummary), ...shards] };
  });
}

/** −1 for the summary. */
function numberOf(file: string): number {
  const place = FILE_NAME.exec(file)?.[2] ?? '';
  return place === 'summary' ? -1 : Number(place);
}

/** What the head of a file tells. */
class Head extends RdbVisitorBase {
  rdb: RdbHeader | null = null;
  readonly fields = new Map<string, string>();

  override header(header: RdbHeader): void {
    this.rdb = header;
  }

  override aux(name: Uint8Array, value: Uint8Array): void {
    const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes.subarray(0, 64));
    this.fields.set(text(name), text(value));
  }
}

/** Looks at the head of a dump; faults in it are for the reader to find. */
export function headOf(bytes: Uint8Array): {
  readonly rdb: RdbHeader | null;
  readonly fields: ReadonlyMap<string, string>;
} {
  const head = new Head();
  try {
    new RdbReader(head, { anyVersion: true }).push(bytes);
  } catch {
    // As far as it could be read.
  }
  return head;
}

/** Opens a file of a set, unpacked. */
export type OpenPart = (path: string) => Promise<ByteInput>;

/**
 * Compares what the files say of themselves, before anything is made of them.
 *
 * @throws CliError when files are missing, or belong to different snapshots.
 */
export async function checkSet({ folder, name, files }: DragonflySet, open: OpenPart): Promise<void> {
  const shown = printableText(name, 200);
  const shards = files.filter((file) => numberOf(file) >= 0);
  const missing = shards.findIndex((file, i) => numberOf(file) !== i);
  if (missing >= 0) throw incomplete(shown, `the file of shard ${missing} is missing`);
  let id: string | undefined;
  for (const file of files) {
    const input = await open(join(folder, file));
    let fields: ReadonlyMap<string, string>;
    try {
      ({ fields } = headOf((await readHead(input, HEAD_BYTES)).subarray(0, HEAD_BYTES)));
    } finally {
      input.close();
    }
    const count = Number(fields.get('shard-count') ?? shards.length);
    if (count > shards.length)
      throw incomplete(shown, `its summary counts ${countOf(count, 'shard')}, there are ${shards.length}`);
    const own = fields.get('snapshot-id');
    if (own !== undefined && id !== undefined && own !== id)
      throw incomplete(shown, `${printableText(file, 200)} belongs to another snapshot`);
    id ??= own;
  }
}

function incomplete(name: string, message: string): CliError {
  return new CliError(EXIT.DAMAGED, `the snapshot ${name} is incomplete: ${message}`, {
    hint: 'look for it where the snapshot was made: a set is its summary and one file for each shard.',
  });
}

/** Reads the files of a set one after the other. */
export class SetInput implements ByteInput {
  readonly total: number;
  readonly parts: readonly SourcePart[];
  private readonly folder: string;
  private readonly open: OpenPart;
  private current: ByteInput | null = null;
  private next = 0;
  /** Bytes of the files that are over. */
  private passed = 0;
  /** Unpacked bytes that were handed out. */
  private delivered = 0;
  private isClosed = false;

  constructor({ folder, files }: DragonflySet, open: OpenPart) {
    this.folder = folder;
    this.open = open;
    this.parts = files.map((name) => ({ name, start: null }));
    this.total = files.reduce((sum, file) => sum + sizeOf(join(folder, file)), 0);
  }

  get position(): number {
    return this.passed + (this.current?.position ?? 0);
  }

  async read(): Promise<Uint8Array | null> {
    for (;;) {
      if (this.isClosed) return null;
      if (this.current === null) {
        const part = this.parts[this.next];
        if (part === undefined) return null;
        this.next++;
        part.start = this.delivered;
        this.current = await this.open(join(this.folder, part.name));
      }
      const chunk = await this.current.read();
      if (chunk !== null) {
        this.delivered += chunk.length;
        return chunk;
      }
      this.passed += this.current.position;
      this.current.close();
      this.current = null;
    }
  }

  close(): void {
    this.isClosed = true;
    this.current?.close();
  }
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch (error) {
    throw new CliError(EXIT.FAILED, `cannot open ${printableText(path, 250)}: ${systemMessage(error)}`, {
      cause: error,
    });
  }
}
