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
export interface Example {
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
  [String(EXIT.DAMAGED), 'The input is damaged; standard error says where'],
  [String(EXIT.PARTIAL), 'Done, but some keys were not; they are reported'],
];

const WIDEST = 100;
const NARROWEST = 40;
/** Where the texts begin. */
const INDENT = 26;

/** What an overview of several commands tells. */
interface CommandOverview {
  readonly name: string;
  readonly brief: string;
  readonly commands: Readonly<Record<string, { readonly help: HelpPage }>>;
  readonly examples: readonly Example[];
}

/** The overview of a program with several commands, for a terminal of so many columns. */
export function formatOverview(overview: CommandOverview, columns: number, colors: Colors): string {
  const { name, brief, commands, examples } = overview;
  const { width, heading, rows, flags } = layout(columns, colors);
  const lines = [
    ...wrap(brief, width),
    '',
    `${heading('Usage')}  ${name} COMMAND [FLAGS] [ARGUMENTS]`,
    '',
    heading('Commands'),
    ...rows(Object.entries(commands).map(([command, { help }]) => [command, help.brief])),
    ...rows([['help COMMAND', 'Print the page of a command']]),
    ...flags(GENERAL, {}),
    '',
    heading('Examples'),
    ...exampleLines(examples, colors),
  ];
  return `${lines.join('\n')}\n`;
}

/** The page as text for a terminal of so many columns. */
export function formatHelp(page: HelpPage, columns: number, colors: Colors): string {
  const { width, heading, rows, flags } = layout(columns, colors);
  const lines = [
    ...wrap(page.brief, width),
    '',
    `${heading('Usage')}  ${page.usage}`,
    '',
    ...rows(page.positionals),
    ...[...page.groups, GENERAL].flatMap((group) => flags(group, page.aliases)),
    '',
    heading('Exit codes'),
    ...rows(EXIT_CODES),
    '',
    heading('Examples'),
    ...exampleLines(page.examples, colors),
  ];
  return `${lines.join('\n')}\n`;
}

interface Layout {
  readonly width: number;
  readonly heading: (text: string) => string;
  readonly rows: (entries: readonly (readonly [name: string, brief: string])[]) => string[];
  readonly flags: (group: FlagGroup, aliases: HelpPage['aliases']) => string[];
}

function layout(columns: number, colors: Colors): Layout {
  const width = Math.max(NARROWEST, Math.min(columns, WIDEST));
  const heading = (text: string): string => colors.bold(text);
  const rows: Layout['rows'] = (entries) => entries.flatMap(([name, brief]) => row(name, brief, width, colors));
  const flags: Layout['flags'] = (group, aliases) => {
    const shown = Object.entries(group.flags).filter(([, flag]) => !flag.hidden);
    return [
      '',
      heading(group.title),
      ...rows(shown.map(([name, flag]) => [flagName(name, flag, aliases), flag.brief])),
    ];
  };
  return { width, heading, rows, flags };
}

function exampleLines(examples: readonly Example[], colors: Colors): string[] {
  return examples.flatMap(({ title, line }) => [`  ${colors.dim(`# ${title}`)}`, `  ${line}`]);
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
