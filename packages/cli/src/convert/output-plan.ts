/**
 * What is to be written where, decided before anything is read.
 *
 * @module
 */
import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { formatTarget, packVersion, type Target } from '@rdbkit/commands';
import { usageError } from '../app/cli-error.ts';
import { printableText } from '../lang/printable.ts';
import type { OutputFlags, OutputFormat } from './flags.ts';

const DEFAULT_FILE_NAME = 'appendonly.aof';
const DEFAULT_DIRECTORY_NAME = 'appendonlydir';
const NAME_WIDTH = 80;

/** What is to be written. */
export interface OutputPlan {
  readonly format: OutputFormat;
  readonly path: string;
  /** For messages. */
  readonly name: string;
  /** The server's `appendfilename`. */
  readonly fileName: string;
}

/**
 * Decides by the flags and by what is there.
 *
 * @throws CliError when it is not clear what is meant, or something is in the way.
 */
export function planOutput(flags: OutputFlags): OutputPlan {
  const { output } = flags;
  if (output === '' || output === '-')
    throw usageError('--output wants the name of a file or a directory', 'what a server starts from is no stream.');
  const name = printableText(output, NAME_WIDTH);
  const there = statSync(output.replace(/(?<=.)\/+$/, ''), { throwIfNoEntry: false });
  const format = flags.format ?? formatOf(output, there?.isDirectory() ?? false);
  if (format === null) {
    const hint = `end it with / for the directory of Redis 7.0 and later, with .aof for the one file of older servers, or say --format.`;
    throw usageError(`it is not clear what ${name} shall be: a directory or a file`, hint);
  }
  checkTarget(format, flags.target);
  if (format === 'aof') {
    if (flags['append-filename'] !== undefined)
      throw usageError(
        '--append-filename is about the files in a directory',
        'the one file has the name that -o gives.',
      );
    if (there?.isDirectory())
      throw usageError(`${name} is a directory`, `did you mean ${join(name, DEFAULT_FILE_NAME)}?`);
    if (there !== undefined && !flags.overwrite) throw usageError(`${name} exists`, '--overwrite replaces it.');
    return { format, path: output, name, fileName: basename(output) };
  }
  if (there !== undefined) {
    if (!there.isDirectory()) throw usageError(`${name} is a file, where a directory is to be written`);
    checkDirectory(output, name, flags);
  }
  return { format, path: output, name, fileName: flags['append-filename'] ?? DEFAULT_FILE_NAME };
}

function formatOf(output: string, isDirectory: boolean): OutputFormat | null {
  if (isDirectory || output.endsWith('/') || basename(output) === DEFAULT_DIRECTORY_NAME) return 'appendonlydir';
  return output.endsWith('.aof') ? 'aof' : null;
}

/** A directory that has something in it is written to only if that is a log, and the user wants it to be replaced. */
function checkDirectory(path: string, name: string, flags: OutputFlags): void {
  const files = readdirSync(path);
  if (files.length === 0) return;
  const manifest = files.find((file) => file.endsWith('.manifest') && !file.startsWith('temp-'));
  if (manifest === undefined) {
    const hint = `did you mean ${join(name, DEFAULT_DIRECTORY_NAME)}/?`;
    throw usageError(`${name} is not empty and has no append-only log in it`, hint);
  }
  const fileName = flags['append-filename'] ?? DEFAULT_FILE_NAME;
  const isSame = manifest === `${fileName}.manifest`;
  if (flags.overwrite && isSame) return;
  const hint = isSame
    ? '--overwrite replaces that log; no server may be using it.'
    : `its "appendfilename" is another one: --append-filename ${printableText(manifest.replace(/\.manifest$/, ''))}`;
  throw usageError(`${name} has an append-only log (${printableText(manifest, NAME_WIDTH)})`, hint);
}

/** Servers before 7.0 look for a file, and later ones take it as well. */
function checkTarget(format: OutputFormat, target: Target | undefined): void {
  if (target === undefined) return;
  const text = formatTarget(target);
  if (target.flavour === 'dragonfly') throw usageError('Dragonfly has no append-only files');
  const knowsDirectories = target.flavour !== 'keydb' && target.version >= packVersion(7, 0, 0);
  if (format === 'appendonlydir' && !knowsDirectories)
    throw usageError(`${text} does not know append-only directories`, 'name the one file for it: -o appendonly.aof');
}
