/**
 * From a command's definition to an exit code: what is the same for all programs and commands.
 *
 * @module
 */
import {
  type ApplicationText,
  ArgumentScannerError,
  buildApplication,
  type Command,
  type CommandContext,
  formatMessageForArgumentScannerError,
  ExitCode as ParserExitCode,
  run,
  type StricliIntegration,
  type StricliProcess,
  text_en,
} from '@stricli/core';
import { colorModeOf, normaliseArguments } from './arguments.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { formatHelp, type HelpPage } from './help.ts';
import type { Host } from './host.ts';
import { colorsFor, Messages } from './messages.ts';
import { readVersion } from './version.ts';

/** What a command runs with. */
export interface CliContext extends CommandContext {
  readonly process: StricliProcess;
  readonly host: Host;
  readonly messages: Messages;
}

/** A command-line program with one command. */
export interface Program {
  readonly name: string;
  readonly command: Command<CliContext>;
  readonly help: HelpPage;
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
export async function runProgram(program: Program, host: Host): Promise<number> {
  const colorMode = colorModeOf(host.args);
  const messages = new Messages(program.name, host.stderr, colorsFor(host.stderr, host.env, colorMode));
  const integrations: Record<string, StricliIntegration<CliContext>> = {
    help: {
      flag: {
        brief: '',
        aliases: ['h'],
        global: true,
        run() {
          const colors = colorsFor(host.stdout, host.env, colorMode);
          host.stdout.write(formatHelp(program.help, host.stdout.columns(), colors));
        },
      },
    },
    version: {
      flag: {
        brief: '',
        aliases: ['V'],
        run() {
          host.stdout.write(`${program.name} ${readVersion()}\n`);
        },
      },
    },
  };
  const application = buildApplication(
    program.command,
    {
      name: program.name,
      scanner: {
        caseStyle: 'original',
        allowArgumentEscapeSequence: true,
        // As the parser's default, but for a lower threshold: a guess should be a near one.
        distanceOptions: { threshold: 4, weights: { insertion: 1, deletion: 3, substitution: 2, transposition: 0 } },
      },
      documentation: { disableAnsiColor: true },
      localization: { text: textsOf(program.name) },
    },
    integrations,
  );
  // The parser prints its errors as lines; ours get their look here.
  const process: StricliProcess = {
    stdout: host.stdout,
    stderr: { write: (text) => messages.error(text.trimEnd()) },
    env: {},
  };
  await run(application, normaliseArguments(host.args), { process, host, messages });
  return exitCodeOf(process.exitCode);
}

/** The parser's own codes are negative. */
function exitCodeOf(code: StricliProcess['exitCode']): number {
  if (typeof code !== 'number') return EXIT.FAILED;
  if (code >= 0) return code;
  return code === ParserExitCode.InvalidArgument || code === ParserExitCode.UnknownCommand ? EXIT.USAGE : EXIT.FAILED;
}

function textsOf(program: string): ApplicationText {
  return {
    ...text_en,
    exceptionWhileParsingArguments: (error) => `${parsingMessage(error)}\n  ${program} --help lists all flags`,
  };
}

function parsingMessage(error: unknown): string {
  if (!(error instanceof ArgumentScannerError)) return `cannot read the arguments: ${messageOf(error)}`;
  return formatMessageForArgumentScannerError(error, {
    FlagNotFoundError: ({ input, corrections }) => `there is no flag --${input}${didYouMean(corrections, '--')}`,
    AliasNotFoundError: ({ input }) => `there is no flag -${input}`,
    ArgumentParseError: ({ externalFlagNameOrPlaceholder: name, exception }) =>
      name === name.toUpperCase() ? `${name}: ${messageOf(exception)}` : `--${name}: ${messageOf(exception)}`,
    EnumValidationError: ({ externalFlagName, input, values }) =>
      `--${externalFlagName}: expected ${listOf(values)}, got ${JSON.stringify(input)}`,
    InvalidNegatedFlagSyntaxError: ({ externalFlagName }) => `--${externalFlagName} takes no value`,
    UnexpectedFlagError: ({ externalFlagName, previousInput, input }) =>
      `--${externalFlagName} is given twice: ${JSON.stringify(previousInput)} and ${JSON.stringify(input)}`,
    UnexpectedPositionalError: ({ expectedCount, input }) =>
      `unexpected argument ${JSON.stringify(input)}: there is ${expectedCount === 1 ? 'one source' : 'none'}`,
    UnsatisfiedFlagError: ({ externalFlagName }) => `--${externalFlagName} needs a value`,
    UnsatisfiedPositionalError: ({ placeholder }) => `${placeholder} is missing`,
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function didYouMean(corrections: readonly string[], prefix: string): string {
  if (corrections.length === 0) return '';
  return `, did you mean ${listOf(corrections.map((name) => prefix + name))}?`;
}

function listOf(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
