/**
 * A world of its own for a program: everything it reads, writes and waits for is in the hands of the test.
 *
 * @module
 */
import { Buffer } from 'node:buffer';
import { expect } from 'vitest';
import type { StopSignal } from '../src/app/exit-code.ts';
import type { Host } from '../src/app/host.ts';
import { type CommandSet, type Program, runProgram } from '../src/app/program.ts';
import type { OutputSink } from '../src/sink/output-sink.ts';
import type { ByteInput } from '../src/source/byte-input.ts';

/** What a program did. */
export interface Run {
  readonly code: number;
  /** The commands on standard output, their arguments joined by blanks; fails when it is anything else. */
  readonly commands: string[];
  /** A character for each byte. */
  readonly stdout: string;
  readonly stderr: string;
}

/** What the program finds around it. */
export interface World {
  readonly stdin?: Uint8Array | ByteInput;
  readonly stdoutFailure?: Error;
  readonly env?: Record<string, string>;
  /** What is typed when something is asked for. */
  readonly secret?: string;
  readonly stderrIsTerminal?: boolean;
  /** @default {@link NOW} */
  readonly now?: () => number;
  /** @default 80 */
  readonly stdoutColumns?: number;
  /** Gets hold of the function that sends a signal. */
  readonly signals?: (send: (signal: StopSignal) => void) => void;
}

/** The time in that world, Unix milliseconds. */
export const NOW = 1_700_000_000_000;

/** Runs a program in this process. */
export async function runInWorld(
  program: Program | CommandSet,
  args: readonly string[],
  world: World = {},
): Promise<Run> {
  const output: Buffer[] = [];
  let stderr = '';
  let text = '';
  const sink = (release: (view: Uint8Array) => void): OutputSink => ({
    write(view) {
      if (world.stdoutFailure !== undefined) throw world.stdoutFailure;
      output.push(Buffer.from(view));
      release(view.fill(0));
    },
    drain() {},
    finish() {},
    abort() {},
  });
  const host: Host = {
    args,
    env: world.env ?? {},
    stdin: {
      isTerminal: world.stdin === undefined,
      isGiven: world.stdin !== undefined,
      open: () => inputOf(world.stdin),
    },
    stdout: {
      isTerminal: false,
      columns: () => world.stdoutColumns ?? 80,
      write: (more) => {
        text += more;
      },
      open: sink,
    },
    stderr: {
      isTerminal: world.stderrIsTerminal ?? false,
      columns: () => 80,
      write: (more) => {
        stderr += more;
      },
    },
    now: world.now ?? (() => NOW),
    onSignal: (handler) => {
      world.signals?.(handler);
      return () => {};
    },
    askSecret: async () => world.secret ?? '',
    exit: (code) => {
      throw new Error(`exit ${code}`);
    },
  };
  const code = await runProgram(program, host);
  const stdout = Buffer.concat(output).toString('latin1');
  return {
    code,
    // Not every output is commands.
    get commands() {
      return commandsIn(stdout);
    },
    stdout: stdout + text,
    stderr,
  };
}

function inputOf(source: World['stdin']): ByteInput {
  if (source === undefined) throw new Error('nothing to read');
  if (!(source instanceof Uint8Array)) return source;
  let rest: Uint8Array | null = source;
  return {
    position: source.length,
    total: null,
    read: () => {
      const chunk = rest;
      rest = null;
      return chunk;
    },
    close() {},
  };
}

/** The commands in RESP, their arguments joined by blanks. Fails unless the text is a row of whole commands. */
export function commandsIn(text: string): string[] {
  const commands: string[] = [];
  let pos = 0;
  const line = (kind: string): number => {
    const end = text.indexOf('\r\n', pos);
    expect(text[pos]).toBe(kind);
    const value = Number(text.slice(pos + 1, end));
    pos = end + 2;
    return value;
  };
  while (pos < text.length) {
    const args = Array.from({ length: line('*') }, () => {
      const length = line('$');
      const arg = text.slice(pos, pos + length);
      pos += length + 2;
      expect(text.slice(pos - 2, pos)).toBe('\r\n');
      return arg;
    });
    commands.push(args.join(' '));
  }
  return commands;
}
