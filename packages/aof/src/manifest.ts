/**
 * The manifest of an append-only directory (Redis 7.0 and later, Valkey): which files make up the log, and in which order.
 *
 * ```
 * manifest = 1*( comment / line )
 * comment  = "#" text LF                        the "#" is the line's first byte
 * line     = pair 1*SP pair 1*SP pair *( 1*SP pair ) LF
 * pair     = ( "file" / "seq" / "type" / "startoffset" / "endoffset" / other ) 1*SP value
 * ```
 *
 * Rules as in aof.c of Redis 8.4: a line has at most 1024 bytes with its LF, which the last one must have too; keys in any
 * case and order, unknown ones are passed over; of a value of `type` the first character counts.
 *
 * @module
 */
import { AofManifestError } from './errors.ts';
import { latin1, nameFault, nameText } from './internal/names.ts';
import { quoteArgument, splitArguments } from './internal/split-arguments.ts';

/** What a line of a manifest says of a file. */
export interface AofManifestEntry {
  /** Name of the file in the directory of the manifest: bytes, without separator. */
  readonly file: Uint8Array;
  /** From 1 on. That of the base says nothing about those of the incremental files. */
  readonly seq: number;
  readonly type: 'base' | 'incr' | 'history';
  /** Replication offset of the file's first and last byte (Redis 8.0 and later); `null` where it is not there. */
  readonly startOffset: bigint | null;
  readonly endOffset: bigint | null;
}

/** A manifest. All arrays are in the order of the lines. */
export interface AofManifest {
  /** `null` when there is none. */
  readonly base: AofManifestEntry | null;
  /** In the order in which they are loaded, after the base. */
  readonly incrs: readonly AofManifestEntry[];
  /** Files that a rewrite has replaced: never loaded, and deleted sooner or later. */
  readonly histories: readonly AofManifestEntry[];
}

/** With LF. */
const MAX_LINE_BYTES = 1024;
const LF = 0x0a;
const HASH = 0x23;
const TYPES: Readonly<Record<string, AofManifestEntry['type']>> = { b: 'base', i: 'incr', h: 'history' };

/**
 * Reads a manifest. Every rule of the servers is checked, and two that they lack: no file may come twice, and a name must be that
 * of a file in the same directory.
 *
 * @throws {AofManifestError} with the line, when a rule is broken.
 * @example
 * ```ts
 * import { parseManifest } from '@rdbkit/aof';
 * const manifest = parseManifest(new TextEncoder().encode(
 *   'file appendonly.aof.1.base.rdb seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n',
 * ));
 * console.log(manifest.incrs.length, manifest.base?.seq); // 1 1
 * ```
 */
export function parseManifest(bytes: Uint8Array): AofManifest {
  if (bytes.length === 0)
    throw new AofManifestError('AOF_MANIFEST_EMPTY', 'the manifest is empty: expected a line for each file', 0, 0);
  let base: AofManifestEntry | null = null;
  const incrs: AofManifestEntry[] = [];
  const histories: AofManifestEntry[] = [];
  const lineOf = new Map<string, number>();
  for (const line of linesOf(bytes)) {
    const entry = parseLine(line);
    const key = latin1(entry.file);
    const earlier = lineOf.get(key);
    if (earlier !== undefined) {
      const message = `${nameText(entry.file)} is in line ${earlier} already`;
      throw line.fault('AOF_MANIFEST_DUPLICATE', message);
    }
    lineOf.set(key, line.number);
    if (entry.type === 'history') {
      histories.push(entry);
    } else if (entry.type === 'base') {
      if (base !== null) throw line.fault('AOF_MANIFEST_BASE', 'a second file of type b (base)');
      base = entry;
    } else {
      const last = incrs.at(-1)?.seq ?? 0;
      if (entry.seq <= last)
        throw line.fault(
          'AOF_MANIFEST_ORDER',
          `expected a sequence number above ${last} for the next file of type i, found ${entry.seq}`,
        );
      incrs.push(entry);
    }
  }
  return { base, incrs, histories };
}

class Line {
  readonly text: string;
  readonly number: number;
  readonly offset: number;

  constructor(text: string, number: number, offset: number) {
    this.text = text;
    this.number = number;
    this.offset = offset;
  }

  fault(code: string, message: string): AofManifestError {
    return new AofManifestError(code, `line ${this.number} of the manifest: ${message}`, this.offset, this.number);
  }
}

function* linesOf(bytes: Uint8Array): Generator<Line> {
  let number = 0;
  for (let start = 0, next = 0; start < bytes.length; start = next) {
    const lf = bytes.indexOf(LF, start);
    next = lf < 0 ? bytes.length : lf + 1;
    number++;
    const line = new Line(latin1(bytes.subarray(start, Math.min(next, start + MAX_LINE_BYTES))), number, start);
    if (next - start > MAX_LINE_BYTES)
      throw line.fault('AOF_MANIFEST_LINE', `${next - start} bytes, of at most ${MAX_LINE_BYTES} with LF`);
    if (bytes[start] === HASH) continue;
    if (lf < 0) throw line.fault('AOF_MANIFEST_LINE', 'there is no LF at its end: the manifest is cut off');
    if (line.text.includes('\0')) throw line.fault('AOF_MANIFEST_FORMAT', 'a zero byte');
    yield line;
  }
}

function parseLine(line: Line): AofManifestEntry {
  const tokens = splitArguments(line.text);
  if (tokens === null) throw line.fault('AOF_MANIFEST_FORMAT', `a quote that is not closed: ${shown(line)}`);
  if (tokens.length < 6 || tokens.length % 2 !== 0)
    throw line.fault('AOF_MANIFEST_FORMAT', `expected "file NAME seq NUMBER type b, i or h", found ${shown(line)}`);
  const pairs = new Map<string, string>();
  for (let i = 0; i < tokens.length; i += 2) pairs.set(tokens[i].toLowerCase(), tokens[i + 1]);
  const value = (key: string): string => {
    const found = pairs.get(key);
    if (found === undefined) throw line.fault('AOF_MANIFEST_FORMAT', `there is no "${key}" in ${shown(line)}`);
    return found;
  };
  const file = Uint8Array.from(value('file'), (character) => character.charCodeAt(0));
  const fault = nameFault(file);
  if (fault !== null)
    throw line.fault(
      'AOF_MANIFEST_NAME',
      `the name ${quoteArgument(file)} ${fault}; it must be that of a file beside the manifest`,
    );
  const seq = /^\d+$/.test(value('seq')) ? Number(value('seq')) : 0;
  if (seq < 1 || !Number.isSafeInteger(seq))
    throw line.fault('AOF_MANIFEST_SEQ', `expected a sequence number from 1 on, found ${JSON.stringify(value('seq'))}`);
  const type = TYPES[value('type').charAt(0)];
  if (type === undefined)
    throw line.fault('AOF_MANIFEST_TYPE', `expected type b, i or h, found ${JSON.stringify(value('type'))}`);
  return {
    file,
    seq,
    type,
    startOffset: parseOffset(pairs.get('startoffset')),
    endOffset: parseOffset(pairs.get('endoffset')),
  };
}

/** Tells nothing about the log, so that nonsense does no harm. */
function parseOffset(text: string | undefined): bigint | null {
  return text !== undefined && /^\d+$/.test(text) ? BigInt(text) : null;
}

function shown({ text }: Line): string {
  const line = text.trim();
  return JSON.stringify(line.length > 100 ? `${line.slice(0, 100)}…` : line);
}

/**
 * Writes a manifest as servers do: base, histories, incremental files, names in quotes where they need them.
 *
 * @throws {RangeError} when a server could not read it: an impossible name or sequence number, incremental files out of
 * order, a line that is too long.
 * @example
 * ```ts
 * import { writeManifest } from '@rdbkit/aof';
 * const base = { file: new TextEncoder().encode('appendonly.aof.1.base.rdb'), seq: 1, type: 'base', startOffset: null, endOffset: null } as const;
 * const text = new TextDecoder().decode(writeManifest({ base, incrs: [], histories: [] }));
 * console.log(text); // file appendonly.aof.1.base.rdb seq 1 type b
 * ```
 */
export function writeManifest(manifest: AofManifest): Uint8Array {
  const entries = [...(manifest.base === null ? [] : [manifest.base]), ...manifest.histories, ...manifest.incrs];
  const lines = entries.map(({ file, seq, type, startOffset, endOffset }) => {
    const start = startOffset === null ? '' : ` startoffset ${startOffset}`;
    const end = endOffset === null ? '' : ` endoffset ${endOffset}`;
    return `file ${quoteArgument(file)} seq ${seq} type ${type.charAt(0)}${start}${end}\n`;
  });
  // A manifest without files is a comment: servers refuse an empty one.
  const bytes = new TextEncoder().encode(lines.length > 0 ? lines.join('') : '# no files\n');
  try {
    parseManifest(bytes);
  } catch (error) {
    throw error instanceof AofManifestError ? new RangeError(error.message) : error;
  }
  return bytes;
}
