/**
 * Runs every example of the documentation: the `ts` blocks of the guides and READMEs, and those of the doc comments.
 *
 * A comment behind a `console.log(…)`, or on the line below, is what that call prints. White space counts as one blank;
 * words after a comma or a colon may explain. In a loop, every call prints that, or with `…` at the comment's end the first.
 * The examples find a dump as `bytes`, `chunks` and the file `example.rdb` in the current folder, and a log as the folder
 * `appendonlydir` beside it.
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format } from 'node:util';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const EXAMPLE_DUMP = join(ROOT, 'docs', 'guide', 'example.rdb');
const EXAMPLE_LOG = join(ROOT, 'docs', 'guide', 'appendonlydir');

interface Example {
  /** File and line of its first line of code. */
  readonly name: string;
  readonly code: string;
}

function filesBelow(folder: string, suffix: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(suffix) && !file.endsWith('.test.ts'))
    .map((file) => join(folder, file))
    .sort();
}

/** The `ts` blocks of a Markdown file or, each line behind its asterisk, of doc comments. */
function examplesIn(file: string): Example[] {
  const isSource = file.endsWith('.ts');
  const examples: Example[] = [];
  let block: string[] | null = null;
  for (const [i, raw] of readFileSync(join(ROOT, file), 'utf8').split('\n').entries()) {
    const line = isSource ? /^\s*\* ?(.*)$/.exec(raw)?.[1] : raw;
    if (line === undefined) {
      block = null;
    } else if (block === null) {
      if (line.trim() === '```ts') block = [];
    } else if (line.trim() === '```') {
      examples.push({ name: `${file}:${i + 1 - block.length}`, code: block.join('\n') });
      block = null;
    } else {
      block.push(line);
    }
  }
  return examples;
}

// Examples of what is not published may lean on what is around them.
const packages = readdirSync(join(ROOT, 'packages')).filter((name) => name !== 'testkit');
const files = [
  'README.md',
  ...filesBelow(join('docs', 'guide'), '.md'),
  ...packages.map((name) => join('packages', name, 'README.md')),
  ...packages.flatMap((name) => filesBelow(join('packages', name, 'src'), '.ts')),
];
const examples = files.flatMap(examplesIn);

/** One line of an example with the text it says it prints. */
interface Expectation {
  readonly line: string;
  readonly text: string;
  readonly printed: string[];
}

/** The call's line, and the comment there or below. */
const PRINTING_LINES = /^(.*\b)console\.log\((.*?;)(?: \/\/ |\n *\/\/ )(.+)$/gm;
const IMPORT = /^import (?:(\{[^}]*\}|\* as \w+) from )?'([^']+)';$/gm;
type AsyncFunctionConstructor = new (...names: string[]) => (...values: unknown[]) => Promise<void>;
const AsyncFunction = (async () => {}).constructor as AsyncFunctionConstructor;

/** Marks printing lines, takes the types away, and turns imports into calls so that the rest can be a function's body. */
function compile(code: string): { script: string; expectations: Expectation[] } {
  const expectations: Expectation[] = [];
  const marked = code.replaceAll(PRINTING_LINES, (line: string, before: string, call: string, text: string) => {
    expectations.push({ line: line.trim(), text, printed: [] });
    return `${before}console.at(${expectations.length - 1}, ${call}`;
  });
  const { outputText } = ts.transpileModule(marked, {
    compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext },
  });
  const script = outputText
    .replace(IMPORT, (_, names: string | undefined, from: string) => {
      const binding = names?.startsWith('*') ? names.slice('* as '.length) : names?.replaceAll(' as ', ': ');
      return `${binding === undefined ? '' : `const ${binding} = `}await load('${from}');`;
    })
    .replace(/^export \{\};$/gm, '')
    .replace(/^export /gm, '');
  return { script, expectations };
}

async function run(code: string): Promise<Expectation[]> {
  const { script, expectations } = compile(code);
  const print = {
    at: (i: number, ...values: unknown[]): number | undefined => expectations[i]?.printed.push(format(...values)),
    log: (): void => {},
  };
  const bytes = new Uint8Array(readFileSync(EXAMPLE_DUMP));
  const chunks = [bytes.subarray(0, 100), bytes.subarray(100, 101), bytes.subarray(101)];
  const load = async (name: string): Promise<unknown> => import(name);
  await new AsyncFunction('load', 'console', 'bytes', 'chunks', `{${script}\n}`)(load, print, bytes, chunks);
  return expectations;
}

function flatten(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}

function isExplained(text: string, printed: string): boolean {
  return text === printed || text.startsWith(`${printed}, `) || text.startsWith(`${printed}: `);
}

const folder = mkdtempSync(join(tmpdir(), 'rdbkit-examples-'));
const home = process.cwd();

beforeAll(() => {
  cpSync(EXAMPLE_DUMP, join(folder, 'example.rdb'));
  cpSync(EXAMPLE_LOG, join(folder, 'appendonlydir'), { recursive: true });
  process.chdir(folder);
});

afterAll(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true });
});

describe('examples print what they say', () => {
  test.each(examples.map(({ name, code }) => [name, code]))('%s', async (_name, code) => {
    for (const { line, text, printed } of await run(code)) {
      expect(printed, `nothing printed by: ${line}`).not.toHaveLength(0);
      const isFirstOnly = text.endsWith(' …');
      const wanted = isFirstOnly ? text.slice(0, -2) : text;
      for (const output of (isFirstOnly ? printed.slice(0, 1) : printed).map(flatten)) {
        if (!isExplained(wanted, output)) expect(output, line).toBe(wanted);
      }
    }
  });
});

// Beside this file, so that packages are found as they are for a user of `rdbkit`.
const VIRTUAL_FOLDER = fileURLToPath(new URL('.', import.meta.url));
const FIXTURES =
  'declare const bytes: Uint8Array<ArrayBuffer>;\ndeclare const chunks: readonly Uint8Array<ArrayBuffer>[];\n';

test('examples are well typed', { timeout: 60_000 }, () => {
  const virtual = new Map(
    examples.map(({ code }, i) => [join(VIRTUAL_FOLDER, `example-${i}.ts`), `${code}\nexport {};\n`]),
  );
  virtual.set(join(VIRTUAL_FOLDER, 'example-fixtures.d.ts'), FIXTURES);
  const options: ts.CompilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noImplicitOverride: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    target: ts.ScriptTarget.ES2023,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.asynciterable.d.ts'],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    customConditions: ['rdbkit-source'],
    types: ['node'],
    typeRoots: [join(ROOT, 'node_modules', '@types')],
  };
  const host = ts.createCompilerHost(options);
  const getSourceFile = host.getSourceFile.bind(host);
  const fileExists = host.fileExists.bind(host);
  host.fileExists = (name) => virtual.has(name) || fileExists(name);
  host.getSourceFile = (name, languageVersion, ...rest) => {
    const text = virtual.get(name);
    return text === undefined
      ? getSourceFile(name, languageVersion, ...rest)
      : ts.createSourceFile(name, text, languageVersion);
  };
  const program = ts.createProgram([...virtual.keys()], options, host);
  const faults = examples.flatMap(({ name }, i) => {
    const file = program.getSourceFile(join(VIRTUAL_FOLDER, `example-${i}.ts`));
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
      ({ messageText }) => `${name} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
    );
  });
  expect(faults).toEqual([]);
});

test.each([
  ['RDB', 'rdb'],
  ['AOF', 'aof'],
  ['RESP', 'resp'],
  ['ENDPOINT', 'restore'],
  ['RESTORE', 'restore'],
])('docs/reference/errors.md has every code that begins with %s, and no other', (prefix, name) => {
  const inSources = new RegExp(`(?<=')${prefix}_[A-Z_]+(?=')`, 'g');
  const inRows = new RegExp(`(?<=^\\| \`)${prefix}_[A-Z_]+(?=\` \\|)`, 'gm');
  const sources = filesBelow(join('packages', name, 'src'), '.ts').map((file) =>
    readFileSync(join(ROOT, file), 'utf8'),
  );
  const codes = new Set(sources.flatMap((source) => source.match(inSources) ?? []));
  const rows = readFileSync(join(ROOT, 'docs', 'reference', 'errors.md'), 'utf8').match(inRows) ?? [];
  expect(codes.size).toBeGreaterThan(0);
  expect(rows.toSorted()).toEqual([...codes].sort());
});
