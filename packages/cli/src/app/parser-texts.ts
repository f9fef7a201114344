/**
 * What the parser has to say, in our words.
 *
 * @module
 */
import {
  type ApplicationText,
  ArgumentScannerError,
  formatMessageForArgumentScannerError,
  text_en,
} from '@stricli/core';

/**
 * The parser's texts.
 *
 * @param program - The program's name.
 * @param command - The program's name with that of the command, as the user types them.
 */
export function parserTexts(program: string, command: string): ApplicationText {
  return {
    ...text_en,
    exceptionWhileParsingArguments: (error) => `${parsingMessage(error)}\n  ${command} --help lists all flags`,
    noCommandRegisteredForInput: ({ input, corrections }) => {
      const names = corrections.map((name) => name.replaceAll('`', ''));
      const text = input.startsWith('-')
        ? `expected a command before ${input}`
        : `there is no command ${JSON.stringify(input)}${didYouMean(names, '')}`;
      return `${text}\n  ${program} --help lists all commands`;
    },
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
      `unexpected argument ${JSON.stringify(input)}: there ${argumentCount(expectedCount)}`,
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

function argumentCount(expected: number): string {
  if (expected === 0) return 'is none';
  return expected === 1 ? 'is one source' : `are ${expected} arguments`;
}
