/**
 * The world around a command, injected so that tests need no process of their own.
 *
 * @module
 */
import type { OutputSink } from '../sink/output-sink.ts';
import type { ByteInput } from '../source/byte-input.ts';
import type { StopSignal } from './exit-code.ts';

/** A stream that text is written to. */
export interface TextOutput {
  readonly isTerminal: boolean;
  /** Width of the terminal now. */
  columns(): number;
  write(text: string): void;
}

interface StandardInput {
  readonly isTerminal: boolean;
  /** It is a file, pipe or socket: somebody meant it to be read. */
  readonly isGiven: boolean;
  open(): ByteInput;
}

interface StandardOutput extends TextOutput {
  /** For data. `release` gets each view back once its memory may be used again. */
  open(release: (view: Uint8Array) => void): OutputSink;
}

/** The world around a command. */
export interface Host {
  /** Arguments without the program's name. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: StandardInput;
  readonly stdout: StandardOutput;
  readonly stderr: TextOutput;
  /** Unix milliseconds. */
  now(): number;
  /** Calls back on signals until the returned function is called. */
  onSignal(handler: (signal: StopSignal) => void): () => void;
  /** Asks the person at the terminal for something that is not shown. Throws `CliError` where there is none. */
  askSecret(prompt: string): Promise<string>;
  /** Ends the process at once. */
  exit(code: number): void;
}
