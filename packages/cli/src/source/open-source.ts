/**
 * Opening what a user names as a source: finding out what it is, unpacking it, or saying why it cannot be read.
 *
 * @module
 */
import { openSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type AofSet, AofSetError } from '@rdbkit/aof';
import { openAof } from '@rdbkit/aof/node';
import { DataError } from '@rdbkit/bytes';
import type { Dialect, RdbHeader } from '@rdbkit/rdb';
import { CliError, systemMessage, usageError } from '../app/cli-error.ts';
import { EXIT } from '../app/exit-code.ts';
import type { Host } from '../app/host.ts';
import { printable, printableText } from '../lang/printable.ts';
import { type ByteInput, inputFromDescriptor, PeekedInput, readHead } from './byte-input.ts';
import { unpackCarrier } from './carriers.ts';
import { DETECTION_BYTES, detectSource, isDumpPayload, type SourceKind } from './detect.ts';
import {
  checkSet,
  type DragonflySet,
  headOf,
  isNamedAsSetFile,
  SetInput,
  type SourcePart,
  setInFolder,
  setOfFile,
} from './dragonfly-set.ts';
import { FileChecksum, type ValueWish } from './file-checksum.ts';

/** An RDB, ready to be read. */
export interface RdbSource {
  readonly kind: 'rdb';
  /** For messages. */
  readonly name: string;
  /** `null` when not even that is whole. */
  readonly header: RdbHeader | null;
  readonly input: ByteInput;
  /** The bytes of `input` are not those of the file. */
  readonly compressed: boolean;
  /** The dialect to read it as, where the source shows it in another way than by its content; else `null`. */
  readonly dialect: Dialect | null;
  /** The files that `input` consists of, when there are several; else `null`. */
  readonly parts: readonly SourcePart[] | null;
  /** Sums the bytes of `input` in another thread, when they are a file's and many; and the values in it, if that is wished. */
  readonly startChecksum: (wish?: ValueWish) => FileChecksum | null;
}

/** A file that is being read, and may be opened again. */
interface OpenedFile {
  readonly path: string;
  readonly fd: number;
}

/** An append-only file, or a directory of them, ready to be read. */
export interface LogSource {
  readonly kind: 'log';
  /** For messages. */
  readonly name: string;
  readonly set: AofSet;
  /** What the one file is read from, when it is no file of its own. */
  readonly input: ByteInput | null;
  readonly compressed: boolean;
  readonly dialect: null;
}

/** What can be read. */
export type Source = RdbSource | LogSource;

/** Gives back what was opened. */
export async function closeSource(source: Source): Promise<void> {
  if (source.kind === 'log') await source.set.close();
  source.input?.close();
}

/** What is there may be sound, but is not a log, or not clearly one. */
const UNCLEAR: ReadonlySet<string> = new Set([
  'AOF_NO_LOG',
  'AOF_NO_MANIFEST',
  'AOF_SEVERAL_MANIFESTS',
  'AOF_UNSUPPORTED_TAR',
]);

/** Shown of something unknown. */
const SHOWN_BYTES = 16;

/** A DUMP payload is recognised by its end; beyond this size nobody looks. */
const LARGEST_PAYLOAD = 16 * 1024 * 1024;

/**
 * Opens a source.
 *
 * @param path - `-` or `undefined` for standard input.
 * @throws CliError when there is none, or when it is nothing that can be read.
 */
export async function openSource(path: string | undefined, host: Host): Promise<Source> {
  if (path === undefined || path === '-') return openInput('standard input', openStandardInput(path, host), null);
  if (path === '') throw usageError('the name of the source is empty', 'is a variable of your script unset?');
  const name = printableText(path, 250);
  if (isDirectory(path, name)) return await openDirectory(path, name);
  if (isNamedAsSetFile(path)) return await openSet(setOfFile(path), name);
  const fd = openFile(path, name);
  return openInput(name, inputFromDescriptor(fd, name), { path, fd });
}

/** @param file - What the input reads; `null` when it is no file that may be opened again. */
async function openInput(name: string, input: ByteInput, file: OpenedFile | null): Promise<Source> {
  try {
    return await recognise(name, input, input.total === null ? null : file);
  } catch (error) {
    input.close();
    throw error;
  }
}

function openStandardInput(path: string | undefined, host: Host): ByteInput {
  // Where nothing is piped in, as in a cron job, standard input is no terminal, but nothing to read either.
  if (path === undefined ? host.stdin.isGiven : !host.stdin.isTerminal) return host.stdin.open();
  const hint = 'name a file, or pipe one in: zcat dump.rdb.gz | …';
  throw usageError(path === undefined ? 'no source given' : 'standard input is a terminal', hint);
}

function isDirectory(path: string, name: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    throw cannotOpen(name, error);
  }
}

function cannotOpen(name: string, error: unknown): CliError {
  return new CliError(EXIT.FAILED, `cannot open ${name}: ${systemMessage(error)}`, { cause: error });
}

function openFile(path: string, name: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw cannotOpen(name, error);
  }
}

async function recognise(name: string, input: ByteInput, file: OpenedFile | null): Promise<Source> {
  const head = await readHead(input, DETECTION_BYTES);
  const kind = detectSource(head);
  const unpacked = unpackCarrier(kind, head, input, name);
  if (unpacked === null) return openContent(kind, name, head, new PeekedInput(head, input), file, null);
  const innerHead = await readHead(unpacked, DETECTION_BYTES);
  const innerAll = new PeekedInput(innerHead, unpacked);
  return openContent(detectSource(innerHead), name, innerHead, innerAll, null, kind);
}

/** @param carrier - What it was compressed with. */
async function openContent(
  kind: SourceKind,
  name: string,
  head: Uint8Array,
  input: ByteInput,
  file: OpenedFile | null,
  carrier: SourceKind | null,
): Promise<Source> {
  const compressed = carrier !== null;
  if (kind === 'rdb') {
    const startChecksum = (wish?: ValueWish): FileChecksum | null =>
      file === null ? null : FileChecksum.start(file.path, file.fd, wish);
    return { kind, name, header: headOf(head).rdb, input, compressed, dialect: null, parts: null, startChecksum };
  }
  const path = file === null ? null : file.path;
  if (kind === 'aof' || kind === 'preamble' || kind === 'tar') return openLog(name, input, path, compressed);
  if (kind === 'manifest' && path !== null) return openLog(name, input, path, compressed);
  throw await refusal(kind, compressed ? `${name} (inside ${carrier})` : name, head, input);
}

/** A snapshot of Dragonfly. Releases before 1.26 did not say in its files that they are of Dragonfly. */
async function openSet(set: DragonflySet, name: string): Promise<RdbSource> {
  await checkSet(set, openPart);
  const input = new SetInput(set, openPart);
  const first = await openPart(join(set.folder, set.files[0] ?? ''));
  let header: RdbHeader | null;
  try {
    header = headOf(await readHead(first, DETECTION_BYTES)).rdb;
  } finally {
    first.close();
  }
  const { parts } = input;
  return {
    kind: 'rdb',
    name,
    header: header === null ? null : { ...header, dialect: 'dragonfly' },
    input,
    compressed: false,
    dialect: 'dragonfly',
    parts,
    startChecksum: () => null,
  };
}

/** Opens one file, unpacked. */
async function openPart(path: string): Promise<ByteInput> {
  const name = printableText(path, 250);
  const input = inputFromDescriptor(openFile(path, name), name);
  try {
    const head = await readHead(input, DETECTION_BYTES);
    const kind = detectSource(head);
    const unpacked = unpackCarrier(kind, head, input, name);
    if (unpacked !== null) return unpacked;
    if (kind !== 'rdb') throw await refusal(kind, name, head, input);
    return new PeekedInput(head, input);
  } catch (error) {
    input.close();
    throw error;
  }
}

/** A log from a stream or, where its files have to be found or its size is of use, from its path. */
async function openLog(name: string, input: ByteInput, path: string | null, compressed: boolean): Promise<LogSource> {
  if (path === null)
    return {
      kind: 'log',
      name,
      set: await openLogSet(name, () => openAof(chunksOf(input))),
      input,
      compressed,
      dialect: null,
    };
  input.close();
  return {
    kind: 'log',
    name,
    set: await openLogSet(name, () => openAof(path)),
    input: null,
    compressed,
    dialect: null,
  };
}

async function openLogSet(name: string, open: () => Promise<AofSet>): Promise<AofSet> {
  try {
    return await open();
  } catch (error) {
    if (error instanceof DataError) {
      const details = error.file === null ? [] : [`in ${printable(error.file)}`];
      const message = `${name} cannot be read: ${error.message} [${error.code}]`;
      throw new CliError(UNCLEAR.has(error.code) ? EXIT.USAGE : EXIT.DAMAGED, message, { details, cause: error });
    }
    throw error instanceof CliError ? error : cannotOpen(name, error);
  }
}

async function* chunksOf(input: ByteInput): AsyncGenerator<Uint8Array> {
  for (;;) {
    const chunk = await input.read();
    if (chunk === null) return;
    yield chunk;
  }
}

/** What is recognised but not read: what it is, and what to do instead. */
const UNSUPPORTED: Readonly<Partial<Record<SourceKind, readonly [what: string, hint: string]>>> = {
  gzip: ['gzip within another compression', 'unpack it once: gunzip -c FILE | …'],
  zstd: ['zstd within another compression', 'unpack it once: zstd -dc FILE | …'],
  lz4: ['LZ4 within another compression', 'unpack it once: lz4 -dc FILE | …'],
  xz: ['compressed with xz', 'unpack it on the way: xz -dc FILE | …'],
  bzip2: ['compressed with bzip2', 'unpack it on the way: bzip2 -dc FILE | …'],
  zip: ['a zip archive', 'unpack one file on the way: unzip -p ARCHIVE dump.rdb | …'],
  manifest: [
    'the manifest of an append-only directory, without the directory',
    'name the directory, or the file in it.',
  ],
  vkcs: [
    'a compressed RDB stream of Valkey (VKCS) of an unknown kind',
    'save a dump without compression of the stream.',
  ],
  replication: [
    'a recorded replication stream',
    'the RDB in it begins behind the first line: tail -n +2 FILE | … may do.',
  ],
};

async function refusal(kind: SourceKind, name: string, head: Uint8Array, input: ByteInput): Promise<CliError> {
  const unsupported = UNSUPPORTED[kind];
  if (unsupported !== undefined) return notSupported(`${name} is ${unsupported[0]}`, unsupported[1]);
  if (kind === 'empty') {
    const hint = 'the program that should have written it has probably failed, or the disk was full.';
    return new CliError(EXIT.DAMAGED, `${name} is empty: expected an RDB file or a log`, { hint });
  }
  if (await isPayload(input)) {
    return notSupported(
      `${name} is a DUMP payload`,
      'it is the value of one key and restored with the command RESTORE.',
    );
  }
  const details = [
    'expected REDIS or VALKEY and a version number at the beginning, or a command in RESP',
    `found ${showBytes(head)}`,
  ];
  const hint = /^(?:-|<|\{|Error|ERR|Could)/.test(String.fromCharCode(...head.subarray(0, 8)))
    ? 'this looks like the output of a program that failed, rather than its data.'
    : 'was the file encrypted, or compressed in some other way?';
  return new CliError(EXIT.DAMAGED, `${name} is neither an RDB file nor an append-only file`, { details, hint });
}

/** An error for what is known, but not read. */
function notSupported(what: string, hint: string): CliError {
  return new CliError(EXIT.USAGE, `${what}, which is not supported yet`, { hint });
}

async function isPayload(input: ByteInput): Promise<boolean> {
  if (input.total !== null && input.total > LARGEST_PAYLOAD) return false;
  const bytes = await readHead(input, LARGEST_PAYLOAD + 1);
  return bytes.length <= LARGEST_PAYLOAD && isDumpPayload(bytes);
}

function showBytes(head: Uint8Array): string {
  const shown = head.subarray(0, SHOWN_BYTES);
  const hex = Array.from(shown, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  const text = String.fromCharCode(...shown).replace(/[^\x20-\x7e]/g, '.');
  return `${hex}${head.length > SHOWN_BYTES ? ' …' : ''}  |${text}|`;
}

/** A directory is a snapshot or a log, or it is not clear which of its files is meant. */
async function openDirectory(path: string, name: string): Promise<Source> {
  const snapshot = setInFolder(path);
  if (snapshot !== null) return await openSet(snapshot, name);
  const files = readdirSync(path);
  const isAppendOnly = files.some((file) => file.endsWith('.manifest') && !file.startsWith('temp-'));
  const dumps = files.filter((file) => file.endsWith('.rdb'));
  if (!isAppendOnly && dumps.length > 0) {
    const others = files.filter((file) => file === 'appendonlydir' || file.endsWith('.aof'));
    const [first = ''] = [...others, ...dumps];
    const hint = `did you mean ${join(name, printableText(first))}?`;
    const has = others.length > 0 ? ', and has a dump as well as an append-only log' : '';
    throw usageError(`${name} is a directory${has}`, others.length > 0 || dumps.length === 1 ? hint : undefined);
  }
  try {
    const set = await openLogSet(name, () => openAof(path));
    return { kind: 'log', name, set, input: null, compressed: false, dialect: null };
  } catch (error) {
    if (!(error instanceof CliError && error.cause instanceof AofSetError && error.cause.code === 'AOF_NO_LOG'))
      throw error;
    throw usageError(`${name} is a directory without a dump or an append-only log`, `${error.cause.message}.`);
  }
}
