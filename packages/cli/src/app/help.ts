/**
 * Help pages: flags in groups, wrapped to the terminal, with examples.
 *
 * @module
 */
import { EXIT } from './exit-code.ts';
import type { Colors } from './messages.ts';

/** What help needs to know of a flag; the parser's flag parameters have it. */
interface DocumentedFlag {
  readonly brief: string;
  readonly kind: 'boolean' | 'counter' | 'enum' | 'parsed';
  readonly placeholder?: string | undefined;
  readonly values?: readonly string[] | undefined;
  readonly hidden?: boolean | undefined;
}

/** Flags under a heading. */
interface FlagGroup {
  readonly title: string;
  readonly flags: Readonly<Record<string, DocumentedFlag>>;
}

/** A command line, and what it is good for. */
interface Example {
  readonly title: string;
  readonly line: string;
}

/** Everything on a help page. */
export interface HelpPage {
  readonly brief: string;
  readonly usage: string;
  readonly positionals: readonly (readonly [name: string, brief: string])[];
  readonly groups: readonly FlagGroup[];
  /** One-letter names of flags. */
  readonly aliases: Readonly<Record<string, string>>;
  readonly examples: readonly Example[];
}

const GENERAL: FlagGroup = {
  title: 'General',
  flags: {
    help: { kind: 'boolean', brief: 'Print this page' },
    version: { kind: 'boolean', brief: 'Print the version' },
  },
};

const EXIT_CODES: readonly (readonly [name: string, brief: string])[] = [
  [String(EXIT.OK), 'All done'],
  [String(EXIT.FAILED), 'Failed: endpoint, input or output'],
  [String(EXIT.USAGE), 'Wrong usage'],
  [String(EXIT.DAMAGED), 'The input is damaged: what was complete before that place has been written'],
  [String(EXIT.PARTIAL), 'Done, but some keys were not; they are reported'],
];

const WIDEST = 100;
const NARROWEST = 40;
/** Where the texts begin. */
const INDENT = 26;

/** The page as text for a terminal of so many columns. */
export function formatHelp(page: HelpPage, columns: number, colors: Colors): string {
  const width = Math.max(NARROWEST, Math.min(columns, WIDEST));
  const heading = (text: string): string => colors.bold(text);
  const rows = (entries: readonly (readonly [string, string])[]): string[] =>
    entries.flatMap(([name, brief]) => row(name, brief, width, colors));
  const lines = [
    ...wrap(page.brief, width),
    '',
    `${heading('Usage')}  ${page.usage}`,
    '',
    ...rows(page.positionals),
    ...[...page.groups, GENERAL].flatMap(({ title, flags }) => [
      '',
      heading(title),
      ...rows(
        Object.entries(flags)
          .filter(([, flag]) => !flag.hidden)
          .map(([name, flag]) => [flagName(name, flag, page.aliases), flag.brief]),
      ),
    ]),
    '',
    heading('Exit codes'),
    ...rows(EXIT_CODES),
    '',
    heading('Examples'),
    ...page.examples.flatMap(({ title, line }) => [`  ${colors.dim(`# ${title}`)}`, `  ${line}`]),
  ];
  return `${lines.join('\n')}\n`;
}

function flagName(name: string, flag: DocumentedFlag, aliases: HelpPage['aliases']): string {
  const alias = Object.entries({ ...aliases, h: 'help', V: 'version' }).find(([, target]) => target === name)?.[0];
  const value = flag.placeholder ?? flag.values?.join('|') ?? (flag.kind === 'parsed' ? 'VALUE' : '');
  const long = value === '' ? `--${name}` : `--${name} ${value}`;
  return alias === undefined ? long : `-${alias}, ${long}`;
}

function row(name: string, brief: string, width: number, colors: Colors): string[] {
  const [first = '', ...rest] = wrap(brief, width - INDENT);
  const margin = ' '.repeat(INDENT);
  const texts = rest.map((line) => margin + line);
  const shown = `  ${colors.cyan(name)}`;
  const columns = 2 + name.length;
  if (columns + 2 > INDENT) return [shown, margin + first, ...texts];
  return [shown + ' '.repeat(INDENT - columns) + first, ...texts];
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
