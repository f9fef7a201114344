/**
 * A directory with a log in it, written so that no server ever finds half of one: first the files, then the manifest that
 * names them.
 *
 * @module
 */
import { Buffer } from 'node:buffer';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { type AofManifestEntry, parseManifest, writeManifest } from '@rdbkit/aof';
import { CliError, systemMessage } from '../app/cli-error.ts';
import { EXIT } from '../app/exit-code.ts';
import type { BaseFormat } from './flags.ts';
import type { OutputPlan } from './output-plan.ts';

/** A log directory that is being written. */
export class LogDirectory {
  /** Where the base is to be written. */
  readonly basePath: string;
  /** Names of the files, once they are written. */
  readonly baseName: string;
  readonly incrName: string;
  readonly manifestName: string;
  private readonly path: string;
  private readonly name: string;
  private readonly seq: number;
  private readonly isNew: boolean;
  private isDone = false;

  /** Makes the directory, unless it is there. */
  constructor({ path, name, fileName }: OutputPlan, base: BaseFormat) {
    this.path = path;
    this.name = name;
    this.isNew = this.guard(() => {
      if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return false;
      mkdirSync(path);
      return true;
    });
    this.seq = this.freeNumber(fileName);
    this.baseName = `${fileName}.${this.seq}.base.${base === 'rdb' ? 'rdb' : 'aof'}`;
    this.incrName = `${fileName}.${this.seq}.incr.aof`;
    this.manifestName = `${fileName}.manifest`;
    this.basePath = join(path, this.baseName);
  }

  /** A number that no file of the log that may be there has. */
  private freeNumber(fileName: string): number {
    const numbers = readdirSync(this.path)
      .filter((file) => file.startsWith(`${fileName}.`))
      .map((file) => Number(/^(\d+)\.(?:base|incr)\./.exec(file.slice(fileName.length + 1))?.[1] ?? 0));
    return Math.max(0, ...numbers) + 1;
  }

  /** The base is written: adds what makes a log of it. The files of the log that was there before are deleted at the end. */
  finish(): void {
    this.guard(() => {
      const old = this.listedFiles();
      this.writeFile(this.incrName, '');
      syncDirectory(this.path);
      const entry = (file: string, type: AofManifestEntry['type']): AofManifestEntry => ({
        file: Buffer.from(file),
        seq: this.seq,
        type,
        startOffset: null,
        endOffset: null,
      });
      const manifest = writeManifest({
        base: entry(this.baseName, 'base'),
        incrs: [entry(this.incrName, 'incr')],
        histories: [],
      });
      const temporary = `temp-${this.manifestName}`;
      this.writeFile(temporary, manifest);
      renameSync(join(this.path, temporary), join(this.path, this.manifestName));
      syncDirectory(this.path);
      this.isDone = true;
      // They are not in the manifest any more: nothing depends on them.
      for (const file of old) rmSync(Buffer.concat([Buffer.from(`${this.path}/`), file]), { force: true });
    });
  }

  /** Removes what was written, unless the log is complete. */
  abort(): void {
    if (this.isDone) return;
    for (const file of [this.baseName, this.incrName, `temp-${this.manifestName}`])
      rmSync(join(this.path, file), { force: true });
    if (!this.isNew) return;
    try {
      rmdirSync(this.path);
    } catch {
      // Somebody has put something into it in the meantime.
    }
  }

  /** What a server writes to: the directory, if it is new, and the files. */
  get paths(): string[] {
    const files = [this.baseName, this.incrName, this.manifestName].map((file) => join(this.path, file));
    return this.isNew ? [this.path, ...files] : files;
  }

  /** Base and incremental files that the manifest lists which is about to be replaced. */
  private listedFiles(): Uint8Array[] {
    let text: Uint8Array;
    try {
      text = readFileSync(join(this.path, this.manifestName));
    } catch {
      return [];
    }
    try {
      const { base, incrs, histories } = parseManifest(text);
      return [...(base === null ? [] : [base]), ...incrs, ...histories].map(({ file }) => file);
    } catch {
      // It cannot be read, and what it may mean is left alone.
      return [];
    }
  }

  private writeFile(name: string, content: Uint8Array | string): void {
    const fd = openSync(join(this.path, name), name.startsWith('temp-') ? 'w' : 'wx', 0o666);
    try {
      if (content.length > 0) writeSync(fd, content as Uint8Array);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }

  private guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw new CliError(EXIT.FAILED, `cannot write ${this.name}: ${systemMessage(error)}`, { cause: error });
    }
  }
}

function syncDirectory(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
