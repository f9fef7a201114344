/** Finding the files of a log. */
import { AofSetError } from './errors.ts';
import type { AofDirectory, AofFile, AofSource } from './files.ts';
import { HEAD_BYTES, isManifest, readHead } from './internal/head.ts';
import { latin1, nameBytes, nameText, sameName } from './internal/names.ts';
import { readBytes } from './internal/read-bytes.ts';
import { fileOfBytes, StreamFile } from './internal/single-file.ts';
import { isTar } from './internal/tar-magic.ts';
import { type AofManifest, type AofManifestEntry, parseManifest } from './manifest.ts';
import type { AofOpenOptions } from './options.ts';
import type { AofSegment } from './segment.ts';
import { type AofPart, AofSet } from './set.ts';
import { tarDirectory } from './tar.ts';
import type { AofWarning } from './visitor.ts';

const DEFAULT_FILE_NAME = 'appendonly.aof';
const DEFAULT_DIRECTORY_NAME = 'appendonlydir';
const MANIFEST_SUFFIX = '.manifest';
/** A manifest of 10,000 files has half a MiB. */
const MAX_MANIFEST_BYTES = 64 * 1024 * 1024;
/** Names in a message. */
const SHOWN_NAMES = 3;

/** What a log can be opened from. */
export type AofInput = AofDirectory | AofFile | AofSource;

/**
 * Opens a log:
 *
 * - a directory: an `appendonlydir`, or the data directory that it is in. As servers from 7.0 on do, it takes the one file of
 *   an older server that lies in the data directory when there is no manifest, or the manifest lists nothing;
 * - a file: a log with or without RDB, or a tar archive of such a directory;
 * - bytes, an iterable of chunks or a stream of such a file. An archive cannot come as a stream: its files may be in any order.
 *
 * The manifest and the first bytes of each file are read, nothing more. In Node, `openAof` of `@rdbkit/aof/node` also takes paths.
 *
 * @throws {AofManifestError} when the manifest breaks a rule.
 * @throws {AofSetError} when there is no log, a file of it is missing, or it is not clear which log is meant.
 * @throws {AofTarError} when an archive cannot be read.
 * @example
 * ```ts
 * import { openAof } from '@rdbkit/aof';
 * const log = await openAof(new TextEncoder().encode('#TS:1700000000\r\n*1\r\n$8\r\nFLUSHALL\r\n'));
 * const [segment] = log.segments;
 * console.log(segment?.role, segment?.format, segment?.startTime); // single resp 1700000000
 * ```
 */
export async function openAof(input: AofInput, options: AofOpenOptions = {}): Promise<AofSet> {
  if (isDirectory(input)) return openDirectory(input, options);
  if (isFile(input)) return openFile(input, options);
  if (input instanceof Uint8Array) return openFile(fileOfBytes(input), options);
  return openFile(new StreamFile(input), options);
}

function isDirectory(input: AofInput): input is AofDirectory {
  return 'list' in input && 'directory' in input;
}

function isFile(input: AofInput): input is AofFile {
  return 'read' in input && 'size' in input;
}

async function openFile(file: AofFile, options: AofOpenOptions): Promise<AofSet> {
  const head =
    file instanceof StreamFile
      ? await file.peek(HEAD_BYTES)
      : file.size === null
        ? null
        : await readBytes(file, 0, HEAD_BYTES);
  if (head !== null && isTar(head)) {
    if (file.size !== null) return openDirectory(await tarDirectory(file), options);
    const message =
      'a tar archive cannot be read as a stream, because its files may be in any order: store it in a file first';
    throw new AofSetError('AOF_TAR_STREAM', message, 0);
  }
  if (head !== null && isManifest(head)) {
    const message =
      'this is the manifest of an append-only directory: expected the directory, which has the files that it lists';
    throw new AofSetError('AOF_NO_DIRECTORY', message, 0);
  }
  return single(file, null, head);
}

function single(file: AofFile, name: Uint8Array | null, head: Uint8Array | null): AofSet {
  const segment: AofSegment = {
    role: 'single',
    name,
    seq: null,
    size: file.size,
    ...(head === null ? { format: null, startTime: null } : readHead(head)),
    startOffset: null,
    endOffset: null,
  };
  return new AofSet([{ segment, file }], [], null, []);
}

async function openDirectory(directory: AofDirectory, options: AofOpenOptions): Promise<AofSet> {
  const here = await findManifest(directory, options);
  if (here !== null) return openManifest(directory, null, here);
  const below = await directory.directory(nameBytes(options.appendDirName ?? DEFAULT_DIRECTORY_NAME));
  const found = below === null ? null : await findManifest(below, options);
  if (below !== null && found !== null) return openManifest(below, directory, found);
  if (options.manifest !== undefined) {
    const message = `there is no manifest of the name ${nameText(nameBytes(options.manifest))}`;
    throw new AofSetError('AOF_NO_MANIFEST', message, 0);
  }
  const name = nameBytes(options.appendFileName ?? DEFAULT_FILE_NAME);
  const old = await directory.file(name);
  if (old !== null) return openOld(old, name);
  throw await noLog(directory, name);
}

/** The log of a server before 7.0, which a newer one moves into its directory when it starts. */
async function openOld(file: AofFile, name: Uint8Array): Promise<AofSet> {
  return single(file, name, await readBytes(file, 0, HEAD_BYTES));
}

/** The name of the manifest in a directory. */
async function findManifest(directory: AofDirectory, options: AofOpenOptions): Promise<Uint8Array | null> {
  if (options.manifest !== undefined) {
    const name = nameBytes(options.manifest);
    return (await directory.file(name)) === null ? null : name;
  }
  const names = await directory.list();
  if (options.appendFileName !== undefined) {
    const wanted = Uint8Array.of(...nameBytes(options.appendFileName), ...nameBytes(MANIFEST_SUFFIX));
    return names.find((name) => sameName(name, wanted)) ?? null;
  }
  const manifests = names.filter((name) => {
    const text = latin1(name);
    // What a server was about to rename when it stopped.
    return text.endsWith(MANIFEST_SUFFIX) && text.length > MANIFEST_SUFFIX.length && !text.startsWith('temp-');
  });
  if (manifests.length > 1) {
    const message = `there are several manifests (${shownNames(manifests)}): name the one that is meant (option manifest)`;
    throw new AofSetError('AOF_SEVERAL_MANIFESTS', message, 0);
  }
  return manifests[0] ?? null;
}

async function openManifest(directory: AofDirectory, parent: AofDirectory | null, name: Uint8Array): Promise<AofSet> {
  const manifest = await readManifest(directory, name);
  const { base, incrs, histories } = manifest;
  const oldName = prefixOf(name);
  const old = parent === null ? null : await parent.file(oldName);
  const warnings: AofWarning[] = [];
  if (old !== null) {
    const isEmpty = base === null && incrs.length === 0;
    const isUnfinished =
      base !== null && incrs.length === 0 && sameName(base.file, oldName) && (await directory.file(oldName)) === null;
    if (isEmpty || isUnfinished) return openOld(old, oldName);
    const message = `${nameText(oldName)} beside the directory is not read: the manifest lists the files that make up the log`;
    warnings.push({ code: 'AOF_OLD_FILE', message, offset: 0, file: oldName });
  }
  const parts: AofPart[] = [];
  for (const entry of base === null ? incrs : [base, ...incrs]) parts.push(await openEntry(directory, entry, name));
  const history: AofSegment[] = [];
  for (const entry of histories) {
    const file = await directory.file(entry.file);
    history.push(segmentOf(entry, file, file === null ? null : await readBytes(file, 0, HEAD_BYTES)));
  }
  warnings.push(...(await unlisted(directory, manifest, oldName)));
  return new AofSet(parts, history, manifest, warnings);
}

async function readManifest(directory: AofDirectory, name: Uint8Array): Promise<AofManifest> {
  const file = await directory.file(name);
  if (file === null) throw missing(name, 'it is no ordinary file');
  if ((file.size ?? 0) > MAX_MANIFEST_BYTES) {
    const message = `${nameText(name)} has ${file.size} bytes: too long for a manifest`;
    throw new AofSetError('AOF_NO_MANIFEST', message, 0);
  }
  try {
    return parseManifest(await readBytes(file, 0, file.size ?? MAX_MANIFEST_BYTES));
  } catch (error) {
    if (error instanceof Error && 'file' in error) error.file = name;
    throw error;
  }
}

async function openEntry(directory: AofDirectory, entry: AofManifestEntry, manifest: Uint8Array): Promise<AofPart> {
  if (sameName(entry.file, manifest)) throw missing(entry.file, 'it is the manifest itself');
  const file = await directory.file(entry.file);
  if (file === null) {
    const isOld = entry.type === 'base' && sameName(entry.file, prefixOf(manifest));
    const hint = isOld ? '; after an upgrade that was interrupted it is in the directory above: open that one' : '';
    throw missing(entry.file, `there is no such file in the directory${hint}`);
  }
  const head = await readBytes(file, 0, HEAD_BYTES);
  if (isManifest(head)) throw missing(entry.file, 'that file is a manifest');
  return { segment: segmentOf(entry, file, head), file };
}

function segmentOf(entry: AofManifestEntry, file: AofFile | null, head: Uint8Array | null): AofSegment {
  return {
    role: entry.type,
    name: entry.file,
    seq: entry.seq,
    size: file?.size ?? null,
    ...(head === null ? { format: null, startTime: null } : readHead(head)),
    startOffset: entry.startOffset,
    endOffset: entry.endOffset,
  };
}

/** Files that look like parts of the log, but are in no line: copies of a directory that changed meanwhile have them. */
async function unlisted(directory: AofDirectory, manifest: AofManifest, prefix: Uint8Array): Promise<AofWarning[]> {
  const { base, incrs, histories } = manifest;
  const listed = new Set([...(base === null ? [] : [base]), ...incrs, ...histories].map(({ file }) => latin1(file)));
  const names = (await directory.list()).filter((name) => {
    const text = latin1(name);
    const rest = text.startsWith(latin1(prefix)) ? text.slice(prefix.length) : '';
    return /^\.\d+\.(?:base\.(?:rdb|aof)|incr\.aof)$/.test(rest) && !listed.has(text);
  });
  if (names.length === 0) return [];
  const message = `the manifest does not list ${shownNames(names)}: not read, as by a server. A copy made while the log was rewritten looks like this, and may lack commands`;
  return [{ code: 'AOF_UNLISTED_FILE', message, offset: 0, file: names[0] }];
}

/** What the names of the other files begin with: the server's `appendfilename`. */
function prefixOf(manifest: Uint8Array): Uint8Array {
  return latin1(manifest).endsWith(MANIFEST_SUFFIX) ? manifest.subarray(0, -MANIFEST_SUFFIX.length) : manifest;
}

function missing(name: Uint8Array, why: string): AofSetError {
  const error = new AofSetError('AOF_MISSING_FILE', `${nameText(name)}, which is part of the log: ${why}`, 0);
  error.file = name;
  return error;
}

async function noLog(directory: AofDirectory, name: Uint8Array): Promise<AofSetError> {
  const names = await directory.list();
  const found = names.length === 0 ? 'no files' : shownNames(names);
  const message = `expected a manifest, a directory of the name appendonlydir or a file of the name ${nameText(name)}, found ${found}`;
  return new AofSetError('AOF_NO_LOG', message, 0);
}

function shownNames(names: readonly Uint8Array[]): string {
  const shown = names.slice(0, SHOWN_NAMES).map(nameText).join(', ');
  return names.length > SHOWN_NAMES ? `${shown} and ${names.length - SHOWN_NAMES} more` : shown;
}
