/**
 * How messages look on stderr.
 *
 * @module
 */
import pc from 'picocolors';
import { CliError } from './cli-error.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import type { Host, TextOutput } from './host.ts';

export type Colors = ReturnType<typeof pc.createColors>;

/** When to use colours. */
export type ColorMode = 'auto' | 'always' | 'never';

/**
 * The colours for a stream. The flag decides, then `NO_COLOR`, then `FORCE_COLOR`, then whether it is a terminal.
 */
export function colorsFor(output: Pick<TextOutput, 'isTerminal'>, env: Host['env'], mode: ColorMode): Colors {
  return pc.createColors(wantsColor(output, env, mode));
}

function wantsColor(output: Pick<TextOutput, 'isTerminal'>, env: Host['env'], mode: ColorMode): boolean {
  if (mode !== 'auto') return mode === 'always';
  if (env.NO_COLOR) return false;
  const forced = env.FORCE_COLOR;
  if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false';
  return output.isTerminal && env.TERM !== 'dumb';
}

/** Prints what the program has to say to stderr, in one look. */
export class Messages {
  readonly colors: Colors;
  private readonly program: string;
  private readonly output: TextOutput;
  /** Takes a progress display away before a line is printed. */
  private clear: () => void = () => {};

  constructor(program: string, output: TextOutput, colors: Colors) {
    this.program = program;
    this.output = output;
    this.colors = colors;
  }

  /** Sets what is to be done before a line can be printed. */
  beforeLine(clear: () => void): void {
    this.clear = clear;
  }

  /** A line of plain talk. */
  line(text: string): void {
    this.clear();
    this.output.write(`${text}\n`);
  }

  info(text: string): void {
    this.line(`${this.colors.bold(`${this.program}:`)} ${text}`);
  }

  warn(text: string): void {
    this.line(`${this.colors.bold(`${this.program}:`)} ${this.colors.yellow('warning:')} ${text}`);
  }

  error(text: string, details: readonly string[] = [], hint: string | null = null): void {
    this.line(`${this.colors.bold(`${this.program}:`)} ${this.colors.red('error:')} ${text}`);
    for (const detail of details) this.line(`  ${detail}`);
    if (hint !== null) this.hint(hint);
  }

  hint(text: string): void {
    this.line(`  ${this.colors.cyan('hint:')} ${text}`);
  }

  /** Prints an error and says how to exit. */
  report(error: unknown, env: Host['env']): ExitCode {
    if (error instanceof CliError) {
      this.error(error.message, error.details, error.hint);
      return error.exitCode;
    }
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    const hint = 'this is a fault of the program: please report it. RDBKIT_DEBUG=1 shows where it happened.';
    this.error(`internal error: ${text}`, [], hint);
    if (env.RDBKIT_DEBUG && error instanceof Error) this.line(error.stack ?? '');
    return EXIT.FAILED;
  }
}
