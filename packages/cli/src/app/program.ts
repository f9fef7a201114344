/**
 * From a command's definition to an exit code: what is the same for all programs and commands.
 *
 * @module
 */
import {
  buildApplication,
  buildRouteMap,
  type Command,
  type CommandContext,
  ExitCode as ParserExitCode,
  type RouteMap,
  run,
  type StricliIntegration,
  type StricliProcess,
} from '@stricli/core';
import { colorModeOf, commandFirst, normaliseArguments } from './arguments.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { type Example, formatHelp, formatOverview, type HelpPage } from './help.ts';
import type { Host } from './host.ts';
import { type Colors, colorsFor, Messages } from './messages.ts';
import { parserTexts } from './parser-texts.ts';
import { readVersion } from './version.ts';

/** What a command runs with. */
export interface CliContext extends CommandContext {
  readonly process: StricliProcess;
  readonly host: Host;
  readonly messages: Messages;
}

/** A command: how its arguments are read, and its help page. */
export interface CliCommand {
  readonly command: Command<CliContext>;
  readonly help: HelpPage;
}

/** A command-line program with one command. */
export interface Program extends CliCommand {
  readonly name: string;
}

/** A command-line program with several commands. */
export interface CommandSet {
  readonly name: string;
  readonly brief: string;
  /** By the names that users type, in the order of the overview. */
  readonly commands: Readonly<Record<string, CliCommand>>;
  readonly examples: readonly Example[];
}

/** Makes a command's function of one that returns its exit code and may throw. */
export function commandFunction<FLAGS, ARGS extends readonly unknown[]>(
  body: (context: CliContext, flags: FLAGS, ...args: ARGS) => Promise<ExitCode>,
): (this: CliContext, flags: FLAGS, ...args: ARGS) => Promise<void> {
  return async function (flags, ...args) {
    try {
      this.process.exitCode = await body(this, flags, ...args);
    } catch (error) {
      this.process.exitCode = this.messages.report(error, this.host.env);
    }
  };
}

/** Runs a program and returns what it tells the shell. */
export async function runProgram(program: Program | CommandSet, host: Host): Promise<number> {
  const colorMode = colorModeOf(host.args);
  const messages = new Messages(program.name, host.stderr, colorsFor(host.stderr, host.env, colorMode));
  const given = normaliseArguments(host.args);
  const args = 'commands' in program ? commandFirst(given) : given;
  if ('commands' in program && args.every((arg) => arg.startsWith('--color='))) {
    host.stderr.write(formatOverview(program, host.stderr.columns(), messages.colors));
    return EXIT.USAGE;
  }
  const page = pagesOf(program);
  const integrations: Record<string, StricliIntegration<CliContext>> = {
    help: {
      flag: {
        brief: '',
        aliases: ['h'],
        global: true,
        run(_, { result }) {
          const colors = colorsFor(host.stdout, host.env, colorMode);
          host.stdout.write(page(result.prefix[1], host.stdout.columns(), colors));
        },
      },
    },
    version: {
      flag: {
        brief: '',
        aliases: ['V'],
        global: true,
        run() {
          host.stdout.write(`${program.name} ${readVersion()}\n`);
        },
      },
    },
  };
  const config = {
    name: program.name,
    scanner: {
      caseStyle: 'original',
      allowArgumentEscapeSequence: true,
      // As the parser's default, but for a lower threshold: a guess should be a near one.
      distanceOptions: { threshold: 4, weights: { insertion: 1, deletion: 3, substitution: 2, transposition: 0 } },
    },
    documentation: { disableAnsiColor: true },
    localization: { text: parserTexts(program.name, commandName(program, args)) },
  } as const;
  const application =
    'commands' in program
      ? buildApplication(routesOf(program), config, integrations)
      : buildApplication(program.command, config, integrations);
  // The parser prints its errors as lines; ours get their look here.
  const process: StricliProcess = {
    stdout: host.stdout,
    stderr: { write: (text) => messages.error(text.trimEnd()) },
    env: {},
  };
  await run(application, args, { process, host, messages });
  return exitCodeOf(process.exitCode);
}

/** The commands as the parser wants them, in an object that has nothing but them. */
function routesOf({ brief, commands }: CommandSet): RouteMap<CliContext> {
  const routes = Object.create(null) as Record<string, Command<CliContext>>;
  for (const [name, { command }] of Object.entries(commands)) routes[name] = command;
  return buildRouteMap<string, CliContext>({ routes, docs: { brief } });
}

/** Makes the help page of a command, or that of the program as a whole. */
function pagesOf(
  program: Program | CommandSet,
): (command: string | undefined, columns: number, colors: Colors) => string {
  return (command, columns, colors) => {
    if (!('commands' in program)) return formatHelp(program.help, columns, colors);
    const entry = command === undefined ? undefined : program.commands[command];
    return entry === undefined ? formatOverview(program, columns, colors) : formatHelp(entry.help, columns, colors);
  };
}

/** What the user typed to name the command. */
function commandName(program: Program | CommandSet, args: readonly string[]): string {
  const [first = ''] = args;
  return 'commands' in program && Object.hasOwn(program.commands, first) ? `${program.name} ${first}` : program.name;
}

/** The parser's own codes are negative. */
function exitCodeOf(code: StricliProcess['exitCode']): number {
  if (typeof code !== 'number') return EXIT.FAILED;
  if (code >= 0) return code;
  return code === ParserExitCode.InvalidArgument || code === ParserExitCode.UnknownCommand ? EXIT.USAGE : EXIT.FAILED;
}
