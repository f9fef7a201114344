/**
 * What a source is, by its content.
 *
 * @module
 */
import { crc64 } from '@rdbkit/bytes';

/** Bytes from the beginning that suffice to tell. */
export const DETECTION_BYTES = 512;

/** What a source can be. */
export type SourceKind =
  | 'rdb'
  /** An RDB that is the first part of an append-only file, as it says itself. */
  | 'preamble'
  | 'gzip'
  | 'zstd'
  | 'lz4'
  | 'xz'
  | 'bzip2'
  | 'zip'
  | 'tar'
  | 'aof'
  | 'manifest'
  | 'vkcs'
  | 'replication'
  | 'empty'
  | 'unknown';

const MAGICS: readonly (readonly [kind: SourceKind, magic: readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['lz4', [0x04, 0x22, 0x4d, 0x18]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['zip', [0x50, 0x4b, 0x03, 0x04]],
];

/** The AUX field of that name with the value 1, as a number or a text. */
const PREAMBLE = ['\xc0\x01', '\x011'].map((value) => `\x0caof-preamble${value}`);

const TAR_MAGIC_AT = 257;

/** The file names of a manifest stand in lines like `file appendonly.aof.1.base.rdb seq 1 type b`, in any order of pairs. */
const MANIFEST_LINE = /^[ \t]*(?:file|seq|type)[ \t]+\S.*[ \t](?:file|seq|type)[ \t]+\S/i;

/**
 * Tells what a source is from its first {@link DETECTION_BYTES} bytes, or from all of it when it is shorter.
 */
export function detectSource(head: Uint8Array): SourceKind {
  if (head.length === 0) return 'empty';
  const text = String.fromCharCode(...head.subarray(0, DETECTION_BYTES));
  // A file that ends within its magic is a damaged dump, not something unknown.
  if (beginsWith(text, 'REDIS') || beginsWith(text, 'VALKEY'))
    return PREAMBLE.some((field) => text.includes(field)) ? 'preamble' : 'rdb';
  if (text.startsWith('VKCS')) return 'vkcs';
  for (const [kind, magic] of MAGICS) if (magic.every((byte, i) => head[i] === byte)) return kind;
  if (text.slice(TAR_MAGIC_AT, TAR_MAGIC_AT + 5) === 'ustar') return 'tar';
  if (/^\n*(?:\$EOF:|\$\d+\r\n(?:REDIS|VALKEY)|\+FULLRESYNC |\+CONTINUE)/.test(text)) return 'replication';
  const firstLine = text.split('\n').find((line) => !line.startsWith('#') && line !== '') ?? '';
  if (MANIFEST_LINE.test(firstLine)) return 'manifest';
  if (/^\*(?:\d+\r?)?$/.test(firstLine) || text.startsWith('#TS:')) return 'aof';
  return 'unknown';
}

function beginsWith(text: string, magic: string): boolean {
  return text.startsWith(magic) || (text.length < magic.length && magic.startsWith(text));
}

const PAYLOAD_FOOTER_BYTES = 10;

/**
 * Whether these bytes are a DUMP payload: its end is a version and the CRC-64 of everything before. That of zeros is
 * zero, which says nothing.
 */
export function isDumpPayload(bytes: Uint8Array): boolean {
  const sumAt = bytes.length - 8;
  if (bytes.length < PAYLOAD_FOOTER_BYTES + 2 || bytes[sumAt - 1] !== 0) return false;
  const sum = crc64(bytes.subarray(0, sumAt));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return sum !== 0n && sum === view.getBigUint64(sumAt, true);
}
