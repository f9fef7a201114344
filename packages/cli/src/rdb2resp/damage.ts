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
import type { Source } from '../source/open-source.ts';

const KEY_WIDTH = 70;

const HINTS: readonly (readonly [code: RegExp, hint: string])[] = [
  [/^RDB_TRUNCATED$/, 'it was probably cut off while it was written or copied: compare its size with the original.'],
  [
    /^RDB_CHECKSUM$/,
    'all of it could be read and was written, but some bytes are not what the server wrote. --no-checksum does not look.',
  ],
  [/^RDB_UNSUPPORTED_VERSION$/, '--any-version tries to read it all the same.'],
  [/^RDB_LIMIT$/, 'if the server was configured for longer strings, --max-string-bytes allows them.'],
  [
    /^RDB_UNSUPPORTED|^RDB_BAD_TYPE$/,
    'the dump may come from a fork or a newer server; redis-check-rdb of that server tells whether it is sound.',
  ],
];

const DEFAULT_HINT = 'redis-check-rdb of the server that wrote it tells whether it can be loaded there.';

/**
 * The error for the user.
 *
 * @param output - The file that has the commands up to that place, if it is a file.
 */
export function describeDamage(
  error: DataError,
  source: Source,
  completeKeys: number,
  output: string | undefined,
): CliError {
  const { path, offset, code } = error;
  const details = [where(error, source)];
  if (path.key !== null) {
    const db = path.db === null ? '' : ` of database ${path.db}`;
    const element = path.element === null ? '' : `, ${path.element}`;
    details.push(`in the key ${printable(path.key, KEY_WIDTH)}${db}${element}`);
  } else if (path.element !== null) {
    details.push(`in ${path.element}`);
  }
  if (offset > 0) details.push(`${countOf(completeKeys, 'key')} before that place could be read completely`);
  if (output !== undefined) details.push(`${printableText(output, KEY_WIDTH)} has the commands up to there`);
  const hint = HINTS.find(([pattern]) => pattern.test(code))?.[1] ?? DEFAULT_HINT;
  const verdict =
    code === 'RDB_TRUNCATED' ? 'is incomplete' : code.startsWith('RDB_UNSUPPORTED') ? 'cannot be read' : 'is damaged';
  return new CliError(EXIT.DAMAGED, `${source.name} ${verdict}: ${error.message}`, { details, hint, cause: error });
}

function where({ offset, code }: DataError, { input, compressed }: Source): string {
  const place = `at byte ${formatCount(offset)}`;
  if (compressed) return `${place} of the unpacked data [${code}]`;
  return input.total === null ? `${place} [${code}]` : `${place} of ${formatCount(input.total)} [${code}]`;
}
