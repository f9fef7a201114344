/**
 * Errors that are meant for the user: what was seen, what may have caused it, what helps.
 *
 * @module
 */
import { EXIT, type ExitCode } from './exit-code.ts';

/** An error with everything that is printed about it. Its texts are safe to print. */
export class CliError extends Error {
  override readonly name: string = 'CliError';
  readonly exitCode: ExitCode;
  /** Further lines: where, how far. */
  readonly details: readonly string[];
  /** What may have caused it and what helps. */
  readonly hint: string | null;

  constructor(
    exitCode: ExitCode,
    message: string,
    more: { details?: readonly string[]; hint?: string; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause });
    this.exitCode = exitCode;
    this.details = more.details ?? [];
    this.hint = more.hint ?? null;
  }
}

/** The command line does not make sense. */
export function usageError(message: string, hint?: string): CliError {
  return new CliError(EXIT.USAGE, message, hint === undefined ? {} : { hint });
}

/** The output's reader went away (`EPIPE`): nothing to complain about. */
export class OutputClosed extends Error {
  override readonly name: string = 'OutputClosed';
}

/** What an error of the system says without its code and call: `no such file or directory`. */
export function systemMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message.replace(/^[A-Z0-9]+: /, '').replace(/, [a-z]+( '.*')?$/, '');
}

/** The code of a system error, for instance `ENOENT`. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
