/**
 * Damaged input, in words: what is wrong, where, what was saved, what helps.
 *
 * @module
 */
import type { DataError } from '@rdbkit/bytes';
import { CliError } from '../app/cli-error.ts';
import { EXIT } from '../app/exit-code.ts';
import { printable, printableText } from '../lang/printable.ts';
import { countOf, formatCount } from '../lang/units.ts';
import { type SourcePart, situateInPart } from '../source/dragonfly-set.ts';

const KEY_WIDTH = 70;

const HINTS: readonly (readonly [code: RegExp, hint: string])[] = [
  [/^RDB_TRUNCATED$/, 'it was probably cut off while it was written or copied: compare its size with the original.'],
  [
    /^RDB_CHECKSUM$/,
    'all of it could be read and was written, but some bytes are not what the server wrote. --no-checksum does not look.',
  ],
  [/^RDB_BAD_SET$/, 'a snapshot of Dragonfly is its summary and one file for each shard, all of the same moment.'],
  [
    /^RDB_BAD_TYPE$/,
    'if another product wrote it, --dialect names it; redis-check-rdb tells whether it is sound for Redis.',
  ],
  [/^RDB_UNSUPPORTED_VERSION$/, '--any-version tries to read it all the same.'],
  [
    /^AOF_(?:TRUNCATED|OPEN_MULTI)$/,
    'only the last file of a log may end like this: some of its commands are missing. Look for another copy.',
  ],
  [/^AOF_/, 'rdbkit check tells up to which byte the log is good; redis-check-aof --fix cuts a copy of it there.'],
  [/^RDB_LIMIT$/, 'if the server was configured for longer strings, --max-string-bytes allows them.'],
  [
    /^RDB_UNSUPPORTED/,
    'the dump may come from a fork or a newer server; redis-check-rdb of that server tells whether it is sound.',
  ],
];

const DEFAULT_HINT = 'redis-check-rdb of the server that wrote it tells whether it can be loaded there.';

/** The source of the damage, for messages. */
export interface DamagedSource {
  readonly name: string;
  /** Bytes of the file; `null` when that is unknown. */
  readonly total: number | null;
  /** Offsets are those of the unpacked data. */
  readonly compressed: boolean;
  /** The files that it consists of, when there are several. */
  readonly parts?: readonly SourcePart[] | null;
}

/**
 * The error for the user.
 *
 * @param completeItems - Keys, or keys and commands, that could be read.
 * @param output - The file that has the results up to that place, if it is a file.
 * @param results - What these are.
 */
export function describeDamage(
  error: DataError,
  source: DamagedSource,
  completeItems: number,
  output: string | undefined,
  results = 'commands',
): CliError {
  situateInPart(error, source.parts ?? null);
  const { path, offset, code } = error;
  const details = [where(error, source)];
  if (path.key !== null) {
    const db = path.db === null ? '' : ` of database ${path.db}`;
    const element = path.element === null ? '' : `, ${path.element}`;
    details.push(`in the key ${printable(path.key, KEY_WIDTH)}${db}${element}`);
  } else if (path.element !== null) {
    details.push(`in ${path.element}`);
  }
  const items = code.startsWith('AOF')
    ? countOf(completeItems, 'key or command', 'keys and commands')
    : countOf(completeItems, 'key');
  if (offset > 0) details.push(`${items} before that place could be read completely`);
  if (output !== undefined) details.push(`${printableText(output, KEY_WIDTH)} has the ${results} up to there`);
  const hint = HINTS.find(([pattern]) => pattern.test(code))?.[1] ?? DEFAULT_HINT;
  const verdict =
    code.endsWith('_TRUNCATED') || code === 'AOF_OPEN_MULTI'
      ? 'is incomplete'
      : code.startsWith('RDB_UNSUPPORTED')
        ? 'cannot be read'
        : 'is damaged';
  return new CliError(EXIT.DAMAGED, `${source.name} ${verdict}: ${error.message}`, { details, hint, cause: error });
}

function where({ offset, code, file }: DataError, { total, compressed, parts }: DamagedSource): string {
  const place = `at byte ${formatCount(offset)}`;
  const name = file === null ? '' : ` of ${printable(file, KEY_WIDTH)}`;
  if (compressed) return `${place}${name} of the unpacked data [${code}]`;
  return total === null || (parts ?? null) !== null
    ? `${place}${name} [${code}]`
    : `${place} of ${formatCount(total)}${name === '' ? '' : `${name.replace(' of', ' in')}`} [${code}]`;
}
