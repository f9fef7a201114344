/**
 * A dump copied as it is, and verified on the way.
 *
 * @module
 */
import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { acceptsModule, capabilitiesOf, formatTarget, type Target } from '@rdbkit/commands';
import { type KeyHeader, type Level, RdbReader, type RdbSummary, RdbVisitorBase, type RdbWarning } from '@rdbkit/rdb';
import { CliError, errorCode, systemMessage } from '../app/cli-error.ts';
import { EXIT } from '../app/exit-code.ts';
import type { InputFlags } from '../flags/input-flags.ts';
import { printableText } from '../lang/printable.ts';
import { rdbOptions } from '../reading/reader-options.ts';
import type { RdbSource } from '../source/open-source.ts';

const MODULE_2 = 7;
const DAMAGED_MODULE = 6;

/** The target cannot load the dump because of something in it. */
export class NotLoadable extends Error {}

/** Looks for what the version of a dump does not tell: modules, and what only its own family of servers reads. */
class Scan extends RdbVisitorBase {
  readonly modules = new Set<string>();
  readonly warnings: RdbWarning[] = [];
  hasMemberExpiries = false;
  private readonly target: Target | null;

  constructor(target: Target | null) {
    super();
    this.target = target;
  }

  override aux(name: Uint8Array): void {
    if (String.fromCharCode(...name.subarray(0, 32)) === 'keydb-subexpire-key') this.hasMemberExpiries = true;
    if (this.hasMemberExpiries && this.target !== null && this.target.flavour !== 'keydb')
      throw new NotLoadable('members of values expire by themselves, which only KeyDB reads out of a dump');
  }

  override key({ typeCode }: KeyHeader): Level {
    return typeCode === MODULE_2 || typeCode === DAMAGED_MODULE ? 'logical' : 'skip';
  }

  override module(name: string): void {
    this.needs(name);
  }

  override moduleAux(name: string): void {
    this.needs(name);
  }

  override warning(warning: RdbWarning): void {
    this.warnings.push(warning);
  }

  private needs(name: string): void {
    if (this.modules.has(name)) return;
    this.modules.add(name);
    const { target } = this;
    if (target !== null && !acceptsModule(capabilitiesOf(target), name))
      throw new NotLoadable(`${formatTarget(target)} has no ${name}`);
  }
}

/** What was found while copying. */
export interface CopyResult {
  readonly summary: RdbSummary;
  readonly modules: readonly string[];
  readonly hasMemberExpiries: boolean;
  readonly warnings: readonly RdbWarning[];
}

/** Called between steps; to be awaited when it returns a promise. Returns whether somebody wants the work to stop. */
type Pace = (keys: number) => boolean | Promise<boolean>;

/** A copy that is being made. */
export class RdbCopy {
  private readonly source: RdbSource;
  private readonly path: string;
  private readonly name: string;
  private readonly scan: Scan;
  private readonly reader: RdbReader;

  constructor(source: RdbSource, path: string, target: Target | undefined, flags: InputFlags) {
    this.source = source;
    this.path = path;
    this.name = printableText(path, 80);
    this.scan = new Scan(target ?? null);
    this.reader = new RdbReader(this.scan, rdbOptions(flags, source));
  }

  get keys(): number {
    return this.reader.keys;
  }

  /**
   * Writes the file and sees to it that it is on the disk. A file that is not complete is removed.
   *
   * @param flag - of `open`: `wx` for a file that must be new.
   * @returns `null` when the work was stopped.
   * @throws DataError for damage, {@link NotLoadable} when the target could not load it.
   */
  async write(flag: 'w' | 'wx', pace: Pace): Promise<CopyResult | null> {
    const fd = this.guard(() => openSync(this.path, flag, 0o666));
    let result: CopyResult | null = null;
    try {
      result = await this.copy(fd, pace);
      if (result !== null) this.guard(() => fsyncSync(fd));
      return result;
    } finally {
      closeSync(fd);
      if (result === null) rmSync(this.path, { force: true });
    }
  }

  private async copy(fd: number, pace: Pace): Promise<CopyResult | null> {
    const { reader, scan } = this;
    const { input } = this.source;
    let fed = 0;
    for (;;) {
      const next = input.read();
      const chunk = next instanceof Promise ? await next : next;
      if (chunk === null) break;
      let hasMore = reader.push(chunk);
      while (hasMore) hasMore = reader.more();
      // Servers would take what follows the RDB for commands.
      const end = reader.done ? Math.min(chunk.length, Math.max(0, reader.offset - fed)) : chunk.length;
      this.append(fd, chunk, end);
      fed += chunk.length;
      if (await pace(reader.keys)) return null;
    }
    if (await pace(reader.keys)) return null;
    const summary = reader.finish();
    const { hasMemberExpiries, warnings } = scan;
    return { summary, modules: [...scan.modules], hasMemberExpiries, warnings };
  }

  private append(fd: number, bytes: Uint8Array, end: number): void {
    this.guard(() => {
      for (let at = 0; at < end; ) at += writeSync(fd, bytes, at, end - at);
    });
  }

  private guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      const hint = errorCode(error) === 'ENOSPC' ? { hint: 'the disk is full.' } : {};
      throw new CliError(EXIT.FAILED, `cannot write ${this.name}: ${systemMessage(error)}`, { ...hint, cause: error });
    }
  }
}
