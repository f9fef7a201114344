/**
 * The world as Node has it.
 *
 * @module
 */
import { closeSync, openSync } from 'node:fs';
import { isatty } from 'node:tty';
import { DescriptorSink, type OutputSink, StreamSink } from '../sink/output-sink.ts';
import { inputFromDescriptor } from '../source/byte-input.ts';
import { askHidden } from './ask-hidden.ts';
import { usageError } from './cli-error.ts';
import { statDescriptor } from './descriptor.ts';
import { SIGNAL_EXIT, type StopSignal } from './exit-code.ts';
import type { Host, TextOutput } from './host.ts';

const DEFAULT_COLUMNS = 80;
const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;

/** The process that we are. */
export function nodeHost(): Host {
  return {
    args: process.argv.slice(2),
    env: process.env,
    stdin: {
      isTerminal: isatty(STDIN),
      isGiven: isGiven(STDIN),
      open: () => inputFromDescriptor(STDIN, 'standard input'),
    },
    stdout: { ...textOutput(STDOUT, () => process.stdout), open: openStandardOutput },
    stderr: textOutput(STDERR, () => process.stderr),
    now: Date.now,
    onSignal: listen,
    askSecret,
    exit: (code) => process.exit(code),
  };
}

function isGiven(fd: number): boolean {
  const stat = statDescriptor(fd);
  return stat.isFile() || stat.isFIFO() || stat.isSocket();
}

function textOutput(fd: number, stream: () => NodeJS.WriteStream): TextOutput {
  // A stream is made only when it is needed: it changes how the system treats the file behind it.
  let opened: NodeJS.WriteStream | null = null;
  const open = (): NodeJS.WriteStream => {
    if (opened === null) {
      opened = stream();
      // Nobody listens any more: there is nobody to tell.
      opened.on('error', () => {});
    }
    return opened;
  };
  const isTerminal = isatty(fd);
  return {
    isTerminal,
    columns: () => (isTerminal ? open().columns : 0) || DEFAULT_COLUMNS,
    write: (text) => void open().write(text),
  };
}

function openStandardOutput(release: (view: Uint8Array) => void): OutputSink {
  const name = 'standard output';
  const stat = statDescriptor(STDOUT);
  if (stat.isFIFO() || stat.isSocket()) return new StreamSink(process.stdout, name, release);
  return new DescriptorSink(STDOUT, name, release);
}

async function askSecret(prompt: string): Promise<string> {
  let fd: number;
  try {
    // Standard input may be the dump.
    fd = openSync('/dev/tty', 'r+');
  } catch {
    throw usageError(
      'there is no terminal to ask for the password',
      '--password-file FILE or RDBKIT_PASSWORD give it.',
    );
  }
  try {
    return await askHidden(fd, prompt);
  } finally {
    closeSync(fd);
  }
}

function listen(handler: (signal: StopSignal) => void): () => void {
  const signals = Object.keys(SIGNAL_EXIT) as StopSignal[];
  for (const signal of signals) process.on(signal, handler);
  return () => {
    for (const signal of signals) process.off(signal, handler);
  };
}
