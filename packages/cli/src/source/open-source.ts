/**
 * Opening what a user names as a source: finding out what it is, unpacking it, or saying why it cannot be read.
 *
 * @module
 */
import { openSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CliError, systemMessage, usageError } from '../app/cli-error.ts';
import { EXIT } from '../app/exit-code.ts';
import type { Host } from '../app/host.ts';
import { printableText } from '../lang/printable.ts';
import { countOf } from '../lang/units.ts';
import { type ByteInput, inputFromDescriptor, PeekedInput, readHead } from './byte-input.ts';
import { DETECTION_BYTES, detectSource, isDumpPayload, type SourceKind } from './detect.ts';
import { FileChecksum } from './file-checksum.ts';
import { GunzipInput } from './gunzip-input.ts';

/** An RDB, ready to be read. */
export interface Source {
  /** For messages. */
  readonly name: string;
  readonly input: ByteInput;
  /** The bytes of `input` are not those of the file. */
  readonly compressed: boolean;
  /** Sums the bytes of `input` in another thread, when they are a file's and many. */
  readonly startChecksum: () => FileChecksum | null;
}

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
  const isStandardInput = path === undefined || path === '-';
  const name = isStandardInput ? 'standard input' : printableText(path, 250);
  const fd = isStandardInput ? null : openFile(path, name);
  const input = fd === null ? openStandardInput(path, host) : inputFromDescriptor(fd, name);
  const startChecksum = (): FileChecksum | null =>
    fd === null || path === undefined ? null : FileChecksum.start(path, fd);
  try {
    const source = await unpack(name, input);
    return { ...source, startChecksum: source.compressed ? () => null : startChecksum };
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

function openFile(path: string, name: string): number {
  if (path === '') throw usageError('the name of the source is empty', 'is a variable of your script unset?');
  try {
    if (statSync(path).isDirectory()) throw directoryError(path, name);
    return openSync(path, 'r');
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(EXIT.FAILED, `cannot open ${name}: ${systemMessage(error)}`, { cause: error });
  }
}

async function unpack(name: string, input: ByteInput): Promise<Omit<Source, 'startChecksum'>> {
  const head = await readHead(input, DETECTION_BYTES);
  const kind = detectSource(head);
  const all = new PeekedInput(head, input);
  if (kind === 'rdb') return { name, input: all, compressed: false };
  if (kind !== 'gzip') throw await refusal(kind, name, head, all);
  const unpacked = new GunzipInput(all, name);
  const innerHead = await readHead(unpacked, DETECTION_BYTES);
  const innerKind = detectSource(innerHead);
  const innerAll = new PeekedInput(innerHead, unpacked);
  if (innerKind === 'rdb') return { name, input: innerAll, compressed: true };
  throw await refusal(innerKind, `${name} (inside gzip)`, innerHead, innerAll);
}

/** What is recognised but not read: what it is, and what to do instead. */
const UNSUPPORTED: Readonly<Partial<Record<SourceKind, readonly [what: string, hint: string]>>> = {
  gzip: ['gzip inside gzip', 'unpack it once: gunzip -c FILE | …'],
  zstd: ['compressed with zstd', 'unpack it on the way: zstd -dc FILE | …'],
  lz4: ['compressed with LZ4', 'unpack it on the way: lz4 -dc FILE | …'],
  xz: ['compressed with xz', 'unpack it on the way: xz -dc FILE | …'],
  bzip2: ['compressed with bzip2', 'unpack it on the way: bzip2 -dc FILE | …'],
  zip: ['a zip archive', 'unpack one file on the way: unzip -p ARCHIVE dump.rdb | …'],
  tar: ['a tar archive', 'unpack one file on the way: tar -xOf ARCHIVE dump.rdb | …'],
  aof: [
    'an append-only file (AOF): commands already',
    'redis-cli --pipe takes it as it is, unless it has #TS: lines or ends within a command (redis-check-aof tells).',
  ],
  manifest: [
    'the manifest of an append-only directory',
    'its base file (….base.rdb) is a dump, but without what was written after it.',
  ],
  vkcs: ['a compressed RDB stream of Valkey (VKCS)', 'save a dump without compression of the stream.'],
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
    return new CliError(EXIT.DAMAGED, `${name} is empty: expected an RDB file`, { hint });
  }
  if (await isPayload(input)) {
    return notSupported(
      `${name} is a DUMP payload`,
      'it is the value of one key and restored with the command RESTORE.',
    );
  }
  const details = ['expected REDIS or VALKEY and a version number at the beginning', `found ${showBytes(head)}`];
  const hint = /^(?:-|<|\{|Error|ERR|Could)/.test(String.fromCharCode(...head.subarray(0, 8)))
    ? 'this looks like the output of a program that failed, rather than its data.'
    : 'was the file encrypted, or compressed in some other way?';
  return new CliError(EXIT.DAMAGED, `${name} is no RDB file`, { details, hint });
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

function directoryError(path: string, name: string): CliError {
  const files = readdirSync(path);
  const manifest = files.find((file) => file.endsWith('.manifest') && !file.startsWith('temp-'));
  if (manifest !== undefined) {
    return notSupported(
      `${name} is an append-only directory (it has ${printableText(manifest, 60)})`,
      UNSUPPORTED.manifest?.[1] ?? '',
    );
  }
  const shards = files.filter((file) => file.endsWith('.dfs'));
  if (shards.length > 0)
    return dragonflyError(`${name} has ${countOf(shards.length, 'file')} of a Dragonfly snapshot (DFS)`);
  if (files.includes('appendonlydir')) {
    return notSupported(
      `${name} has an append-only directory (${join(name, 'appendonlydir')})`,
      UNSUPPORTED.manifest?.[1] ?? '',
    );
  }
  const dumps = files.filter((file) => file.endsWith('.rdb'));
  return usageError(
    `${name} is a directory`,
    dumps.length === 1 ? `did you mean ${join(name, printableText(dumps[0] ?? ''))}?` : undefined,
  );
}

/** An error for a file or folder of a Dragonfly snapshot. */
export function dragonflyError(what: string): CliError {
  return notSupported(what, 'SAVE RDB, or the flag --nodf_snapshot_format, makes Dragonfly write an RDB file.');
}
