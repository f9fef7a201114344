/**
 * A tar archive as a directory: nothing is unpacked, its files are read where they stand.
 *
 * Reads the headers of POSIX (ustar, pax) and GNU tar: long names, sizes above 8 GiB, hard links.
 *
 * @module
 */
import { AofTarError } from './errors.ts';
import type { AofDirectory, AofFile } from './files.ts';
import { latin1, nameText } from './internal/names.ts';
import { readBytes } from './internal/read-bytes.ts';
import { TAR_BLOCK_BYTES as BLOCK } from './internal/tar-magic.ts';

/** A pax header or a GNU name longer than this is no such thing. */
const MAX_META_BYTES = 1024 * 1024;
/** Files and directories of an archive that are remembered. */
const MAX_ENTRIES = 1_000_000;

const TYPE_FILE = new Set(['0', '\0', '7']);
const TYPE_LINK = '1';
const TYPE_SPARSE = 'S';
const TYPE_LONG_NAME = 'L';
const TYPE_LONG_LINK = 'K';
const TYPE_PAX = 'x';
const TYPE_GLOBAL_PAX = 'g';

interface TarHeader {
  readonly name: string;
  readonly size: number;
  readonly type: string;
  readonly link: string;
}

/** The part of an archive that makes up a file, or a directory by names. Names have one character for each byte. */
type Entry = { readonly at: number; readonly size: number } | Map<string, Entry>;

/**
 * Reads the headers of an archive. Where it has one directory at the top and nothing beside it, that one is returned.
 * A name that leads out of the archive is left out; a file that comes twice is there as it was the last time.
 *
 * @param archive - Its size must be known.
 * @throws {AofTarError} when it is no tar, is cut off, or has a sparse file.
 */
export async function tarDirectory(archive: AofFile): Promise<AofDirectory> {
  const { size } = archive;
  if (size === null) throw new TypeError('the size of the archive must be known: it is not read from front to back');
  let top = await readTree(archive, size);
  for (;;) {
    const [only] = top.values();
    if (top.size !== 1 || !(only instanceof Map)) return new TarDirectory(archive, top);
    top = only;
  }
}

async function readTree(archive: AofFile, size: number): Promise<Map<string, Entry>> {
  const root = new Map<string, Entry>();
  let count = 0;
  let longName: string | null = null;
  let longLink: string | null = null;
  let pax: ReadonlyMap<string, string> = new Map();
  for (let at = 0; at < size; ) {
    const block = await readBytes(archive, at, at + BLOCK);
    if (block.length < BLOCK) throw cutOff(size);
    // Two blocks of zeros end an archive; what follows may be anything.
    if (block.every((byte) => byte === 0)) break;
    const header = parseHeader(block, at);
    const data = at + BLOCK;
    const length = Number(pax.get('size') ?? header.size);
    at = data + Math.ceil(length / BLOCK) * BLOCK;
    if (data + length > size) throw cutOff(size);
    if (header.type === TYPE_GLOBAL_PAX) continue;
    if (header.type === TYPE_PAX || header.type === TYPE_LONG_NAME || header.type === TYPE_LONG_LINK) {
      if (length > MAX_META_BYTES)
        throw new AofTarError('AOF_BAD_TAR', `an extended header of ${length} bytes`, data - BLOCK);
      const text = latin1(await readBytes(archive, data, data + length));
      if (header.type === TYPE_PAX) pax = parsePax(text, data);
      else if (header.type === TYPE_LONG_NAME) longName = text.replace(/\0[^]*$/, '');
      else longLink = text.replace(/\0[^]*$/, '');
      continue;
    }
    const name = pax.get('path') ?? longName ?? header.name;
    const link = pax.get('linkpath') ?? longLink ?? header.link;
    const isSparse = header.type === TYPE_SPARSE || pax.has('GNU.sparse.major') || pax.has('GNU.sparse.size');
    if (isSparse) {
      const message = `${nameText(bytesOf(name))} is stored as a sparse file, which is not read: make the archive without --sparse`;
      throw new AofTarError('AOF_UNSUPPORTED_TAR', message, data - BLOCK);
    }
    longName = null;
    longLink = null;
    pax = new Map();
    if (++count > MAX_ENTRIES)
      throw new AofTarError('AOF_UNSUPPORTED_TAR', `an archive of more than ${MAX_ENTRIES} entries`, data - BLOCK);
    if (TYPE_FILE.has(header.type)) put(root, name, { at: data, size: length });
    else if (header.type === TYPE_LINK) linkTo(root, name, link);
  }
  return root;
}

function parseHeader(block: Uint8Array, at: number): TarHeader {
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? 0x20 : block[i];
  const field = (start: number, length: number): string =>
    latin1(block.subarray(start, start + length)).replace(/\0[^]*$/, '');
  if (parseOctal(field(148, 8)) !== sum)
    throw new AofTarError('AOF_BAD_TAR', 'expected the header of a file, found other bytes or a wrong checksum', at);
  const isUstar = field(257, 6) === 'ustar' && block[262] === 0;
  const prefix = isUstar ? field(345, 155) : '';
  const name = field(0, 100);
  const size = parseSize(block);
  if (size === null) throw new AofTarError('AOF_BAD_TAR', 'the size of a file is no number', at);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    size,
    type: String.fromCharCode(block[156]),
    link: field(157, 100),
  };
}

/** Octal digits, or, with the highest bit set, a big-endian number. */
function parseSize(block: Uint8Array): number | null {
  const field = block.subarray(124, 136);
  if ((field[0] & 0x80) === 0) return parseOctal(latin1(field).replace(/\0[^]*$/, ''));
  let value = field[0] & 0x7f;
  for (const byte of field.subarray(1)) value = value * 256 + byte;
  return Number.isSafeInteger(value) ? value : null;
}

function parseOctal(text: string): number | null {
  const digits = text.trim();
  if (digits === '') return 0;
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : null;
}

/** Records of `<length> <key>=<value> LF`, where the length counts all of the record. */
function parsePax(text: string, offset: number): Map<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < text.length; ) {
    const length = Number(/^(\d{1,7}) /.exec(text.slice(at, at + 8))?.[1] ?? 0);
    const record = /^\d+ ([^=]+)=([^]*)\n$/.exec(text.slice(at, at + length));
    if (record === null) throw new AofTarError('AOF_BAD_TAR', 'a pax header breaks its rules', offset + at);
    const [, key = '', value = ''] = record;
    if (key === 'size' && !(/^\d+$/.test(value) && Number.isSafeInteger(Number(value))))
      throw new AofTarError('AOF_BAD_TAR', 'the size of a file is no number', offset + at);
    records.set(key, value);
    at += length;
  }
  return records;
}

/** The parts of a path; `null` when it leads out of the archive. */
function partsOf(path: string): string[] | null {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  return parts.length === 0 || parts.includes('..') ? null : parts;
}

function put(root: Map<string, Entry>, path: string, node: Entry): void {
  const parts = partsOf(path);
  // Archives of macOS have such files beside those that are meant.
  if (parts === null || parts.at(-1)?.startsWith('._')) return;
  let folder = root;
  for (const part of parts.slice(0, -1)) {
    let next = folder.get(part);
    if (!(next instanceof Map)) {
      next = new Map<string, Entry>();
      folder.set(part, next);
    }
    folder = next;
  }
  folder.set(parts.at(-1) as string, node);
}

function linkTo(root: Map<string, Entry>, path: string, target: string): void {
  let node: Entry | undefined = root;
  for (const part of partsOf(target) ?? []) node = node instanceof Map ? node.get(part) : undefined;
  if (node !== undefined && !(node instanceof Map)) put(root, path, node);
}

function cutOff(size: number): AofTarError {
  return new AofTarError('AOF_BAD_TAR', `the archive ends after ${size} bytes, in the middle of a file`, size);
}

function bytesOf(name: string): Uint8Array {
  return Uint8Array.from(name, (character) => character.charCodeAt(0));
}

class TarDirectory implements AofDirectory {
  private readonly archive: AofFile;
  private readonly nodes: ReadonlyMap<string, Entry>;

  constructor(archive: AofFile, nodes: ReadonlyMap<string, Entry>) {
    this.archive = archive;
    this.nodes = nodes;
  }

  list(): Uint8Array[] {
    return [...this.nodes].filter(([, node]) => !(node instanceof Map)).map(([name]) => bytesOf(name));
  }

  file(name: Uint8Array): AofFile | null {
    const node = this.nodes.get(latin1(name));
    if (node === undefined || node instanceof Map) return null;
    const { archive } = this;
    const { at, size } = node;
    return {
      size,
      read: (start = 0, end = size) => archive.read(at + start, at + Math.min(end, size)),
      close: () => archive.close?.(),
    };
  }

  directory(name: Uint8Array): AofDirectory | null {
    const node = this.nodes.get(latin1(name));
    return node instanceof Map ? new TarDirectory(this.archive, node) : null;
  }
}
