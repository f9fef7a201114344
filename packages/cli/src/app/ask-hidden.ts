/** A line typed on a terminal that does not show it. */
import { writeSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import { CliError } from './cli-error.ts';
import { EXIT } from './exit-code.ts';

const END_OF_INPUT = '\u0004';
const INTERRUPT = '\u0003';
const ERASE: ReadonlySet<string> = new Set(['\u0008', '\u007f']);

/** Asks on the terminal behind a descriptor, which stays open. */
export async function askHidden(fd: number, prompt: string): Promise<string> {
  const terminal = new ReadStream(fd);
  terminal.setRawMode(true);
  writeSync(fd, prompt);
  try {
    return await new Promise<string>((resolve, reject) => {
      let text = '';
      terminal.on('data', (chunk: Buffer) => {
        for (const char of chunk.toString('utf8')) {
          if (char === '\r' || char === '\n' || char === END_OF_INPUT) {
            resolve(text);
            return;
          }
          if (char === INTERRUPT) {
            reject(new CliError(EXIT.FAILED, 'interrupted while the password was asked for'));
            return;
          }
          text = ERASE.has(char) ? Array.from(text).slice(0, -1).join('') : text + char;
        }
      });
      terminal.on('error', reject);
    });
  } finally {
    terminal.setRawMode(false);
    terminal.pause();
    writeSync(fd, '\n');
  }
}
