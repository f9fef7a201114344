/**
 * What is settled about the command line before the parser sees it.
 *
 * @module
 */
import type { ColorMode } from './messages.ts';

/** Flags that may stand alone, and what they mean then. The parser itself would take the next argument for their value. */
const ALONE: ReadonlyMap<string, string> = new Map([
  ['--color', '--color=always'],
  ['--no-color', '--color=never'],
  ['--progress', '--progress=bar'],
  ['--no-progress', '--progress=none'],
]);

const ASSIGNMENT = /^(--[a-z][a-z-]+)=(|[^]*\n[^]*)$/;

/**
 * Puts arguments into the forms that the parser understands: flags that stand alone get their value; values that are
 * empty or contain a line end become arguments of their own.
 */
export function normaliseArguments(args: readonly string[]): string[] {
  const normal: string[] = [];
  for (const [i, arg] of args.entries()) {
    if (arg === '--') return [...normal, ...args.slice(i)];
    const assignment = ASSIGNMENT.exec(arg);
    if (assignment === null) normal.push(ALONE.get(arg) ?? arg);
    else normal.push(assignment[1] ?? '', assignment[2] ?? '');
  }
  return normal;
}

/**
 * For a program with commands: `help NAME` becomes `NAME --help`, and the colour may also be chosen before the command.
 */
export function commandFirst(args: readonly string[]): string[] {
  const at = args.findIndex((arg) => !arg.startsWith('--color='));
  if (at < 0) return [...args];
  const [command = '', ...rest] = args.slice(at);
  const colors = args.slice(0, at);
  if (command !== 'help') return [command, ...colors, ...rest];
  const [name = '', ...more] = rest;
  return name === '' || name.startsWith('-') ? ['--help'] : [name, '--help', ...more];
}

/** The colour mode that the arguments ask for; errors in the rest of them are to have it too. */
export function colorModeOf(args: readonly string[]): ColorMode {
  let mode: ColorMode = 'auto';
  for (const arg of normaliseArguments(args)) {
    if (arg === '--') break;
    const value = /^--color=(auto|always|never)$/.exec(arg)?.[1];
    if (value !== undefined) mode = value as ColorMode;
  }
  return mode;
}
