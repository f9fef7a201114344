/**
 * The page of the documentation about dialects, made of the tables in the sources.
 *
 * @module
 */
import { join } from 'node:path';
import { REPOSITORY_ROOT } from '@rdbkit/testkit';
import { DIALECTS, OPCODES, PRODUCTS } from '../src/dialects.ts';
import { VALUE_TYPES } from '../src/types.ts';
import type { Dialect } from '../src/visitor.ts';

/** The page. */
export const DIALECTS_PAGE: string = join(REPOSITORY_ROOT, 'docs', 'reference', 'dialects.md');

const HEAD = `<!-- Made by \`npm run docs:dialects\` from packages/rdb/src/dialects.ts and types.ts. -->

# Dialects

Most products of the family write the RDB of Redis. Some have types and records of their own, and use the same numbers for
different things. rdbkit reads a dump as of one dialect: the one that it shows by its first bytes and AUX fields, or the one
that is named with the option \`dialect\` of the library or the flag \`--dialect\` of the programs.

What becomes of values and records:

- *decoded*, *read*: all that is in them;
- *opaque*: a value is handed over as its bytes, and restored where the server has the same type; elsewhere it is reported;
- *skipped*: a record that is no part of the values is passed over, with a warning if it tells anything;
- *refused*: its end cannot be found, or what it holds cannot be read: the dump ends there with an error that says so.

Layouts of Dragonfly are those of its sources up to 1.40. No file that a Dragonfly server wrote was at hand: its rows are
tested with files that are built from these layouts.
`;

function table(columns: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Its text. */
export function dialectsPage(): string {
  const nameOf = (dialect: Dialect | null): string => (dialect === null ? 'all' : `\`${dialect}\``);
  const parts = [
    HEAD,
    '## Products\n',
    table(
      ['Product', 'Dialect', ''],
      PRODUCTS.map(({ name, dialect, note }) => [name, dialect === null ? 'none' : `\`${dialect}\``, note]),
    ),
    '\n## How they are told apart\n',
    table(
      ['Dialect', 'Highest version', 'Builds on', 'Told by'],
      DIALECTS.map(({ name, highestVersion, base, toldBy }) => [
        `\`${name}\``,
        highestVersion,
        base === null ? '' : `\`${base}\``,
        toldBy,
      ]),
    ),
    '\n## Value types\n',
    table(
      ['Number', 'Type', 'Dialect', 'Kind', 'Encoding', 'RDB version', 'Since', ''],
      VALUE_TYPES.map(({ code, name, dialect, kind, encoding, since, release, support }) => [
        code,
        name,
        nameOf(dialect),
        kind,
        encoding,
        since,
        release,
        support,
      ]),
    ),
    '\n## Records\n',
    table(
      ['Number', 'Record', 'Dialect', 'RDB version', 'Since', 'What it carries', ''],
      OPCODES.map(({ code, name, dialect, since, release, content, support }) => [
        code,
        name,
        nameOf(dialect),
        since,
        release,
        content,
        support,
      ]),
    ),
  ];
  return `${parts.join('\n')}\n`;
}
