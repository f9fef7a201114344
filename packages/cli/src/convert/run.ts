/**
 * The work of rdbkit convert: a dump in, what a server with appendonly yes starts from out.
 *
 * @module
 */
import { renameSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { CliError, usageError } from '../app/cli-error.ts';
import { EXIT, type ExitCode } from '../app/exit-code.ts';
import type { CliContext } from '../app/program.ts';
import { keySelection } from '../flags/selection-flags.ts';
import { printableText } from '../lang/printable.ts';
import { type Addition, Job } from '../rdb2resp/job.ts';
import { RdbReading } from '../rdb2resp/rdb-reading.ts';
import { closeSource, openSource, type RdbSource } from '../source/open-source.ts';
import { type BaseChoice, chooseBase } from './base-choice.ts';
import { copyDump } from './copy-dump.ts';
import type { BaseFormat, ConvertFlags } from './flags.ts';
import { LogDirectory } from './log-directory.ts';
import { type OutputPlan, planOutput } from './output-plan.ts';
import { giveToOwner } from './owner.ts';
import { NotLoadable } from './rdb-copy.ts';

/** Runs the command. */
export async function runConvert(context: CliContext, flags: ConvertFlags, path?: string): Promise<ExitCode> {
  const startedAt = context.host.now();
  const plan = planOutput(flags);
  keySelection(flags, startedAt);
  const source = await openDump(context, path);
  try {
    const choice = chooseBase(flags, source.header);
    try {
      return await new Conversion(context, flags, path, plan, startedAt).run(source, choice);
    } catch (error) {
      if (!(error instanceof NotLoadable)) throw error;
      return await withCommands(error, context, flags, path, plan, startedAt);
    }
  } finally {
    await closeSource(source);
  }
}

/** The dump turned out to be nothing that the target loads: begins again, if the source can be read again. */
async function withCommands(
  obstacle: NotLoadable,
  context: CliContext,
  flags: ConvertFlags,
  path: string | undefined,
  plan: OutputPlan,
  startedAt: number,
): Promise<ExitCode> {
  const isForced = flags.base === 'rdb';
  if (isForced || path === undefined || path === '-') {
    const hint = isForced ? 'without --base rdb it is written as commands.' : '--base resp writes it as commands.';
    throw new CliError(EXIT.FAILED, `the target cannot load the dump as it is: ${obstacle.message}`, { hint });
  }
  const source = await openDump(context, path);
  try {
    const choice: BaseChoice = { base: 'resp', reason: obstacle.message };
    return await new Conversion(context, flags, path, plan, startedAt).run(source, choice);
  } finally {
    await closeSource(source);
  }
}

async function openDump({ host }: CliContext, path: string | undefined): Promise<RdbSource> {
  const source = await openSource(path, host);
  if (source.kind === 'rdb') return source;
  await closeSource(source);
  throw usageError(
    `${source.name} is an append-only log already`,
    'convert makes one of a dump; a server takes it as it is.',
  );
}

/** One conversion of one source. */
class Conversion {
  private readonly context: CliContext;
  private readonly flags: ConvertFlags;
  private readonly path: string | undefined;
  private readonly plan: OutputPlan;
  private readonly startedAt: number;

  constructor(context: CliContext, flags: ConvertFlags, path: string | undefined, plan: OutputPlan, startedAt: number) {
    this.context = context;
    this.flags = flags;
    this.path = path;
    this.plan = plan;
    this.startedAt = startedAt;
  }

  async run(source: RdbSource, { base, reason }: BaseChoice): Promise<ExitCode> {
    const { messages } = this.context;
    if (reason !== null && !this.flags.quiet && !this.flags.json)
      messages.info(`the base is written as commands, because ${reason}`);
    return this.plan.format === 'aof' ? this.toFile(source, base) : this.toDirectory(source, base);
  }

  private async toFile(source: RdbSource, base: BaseFormat): Promise<ExitCode> {
    const { path } = this.plan;
    // Commands are written beside the file and renamed by what writes them.
    const target = base === 'resp' ? path : join(dirname(path), `.${basename(path)}.${process.pid}.partial`);
    const json = { output: path, format: this.plan.format, base };
    const code = await this.writeBase(source, base, target, json);
    if (!isWritten(code)) return code;
    if (base === 'rdb') renameSync(target, path);
    this.finish([path], []);
    return code;
  }

  private async toDirectory(source: RdbSource, base: BaseFormat): Promise<ExitCode> {
    const directory = new LogDirectory(this.plan, base);
    const { baseName, incrName, manifestName } = directory;
    try {
      const files = { base: baseName, incr: incrName, manifest: manifestName };
      const json = { output: this.plan.path, format: this.plan.format, base, files };
      const code = await this.writeBase(source, base, directory.basePath, json);
      if (!isWritten(code)) return code;
      directory.finish();
      this.finish(directory.paths, [baseName, incrName, manifestName]);
      return code;
    } finally {
      directory.abort();
    }
  }

  /** Writes the dump, or the commands that rebuild it, and accounts for that. */
  private async writeBase(
    source: RdbSource,
    base: BaseFormat,
    target: string,
    json: Addition['json'],
  ): Promise<ExitCode> {
    const { context, flags, startedAt } = this;
    if (base === 'rdb') return await copyDump(context, flags, source, target, json, startedAt);
    const setup = {
      context,
      flags: {
        ...flags,
        output: target,
        restore: false,
        existing: 'append' as const,
        batch: undefined,
        'max-command-bytes': undefined,
        report: undefined,
        until: undefined,
        'from-base-only': true,
        'expired-grace': undefined,
      },
      path: this.path,
      name: source.name,
      selection: keySelection(flags, startedAt),
      startedAt,
      addition: { discardsDamaged: true, json },
    };
    return await new Job(setup, (job) => new RdbReading(job, source)).run();
  }

  /** Says what is there now, and what to do with it. */
  private finish(paths: readonly string[], files: readonly string[]): void {
    const { messages } = this.context;
    const { name, format, fileName } = this.plan;
    const owner = giveToOwner(paths);
    if (this.flags.quiet || this.flags.json) return;
    messages.line(`  ${name}${files.length > 0 ? `: ${files.map((file) => printableText(file)).join(', ')}` : ''}`);
    if (owner !== null) messages.line(`  given to the owner of the directory that it is in (user ${owner})`);
    const names =
      format === 'aof'
        ? `appendfilename "${printableText(fileName)}"`
        : `appenddirname "${printableText(basename(resolve(this.plan.path)))}", appendfilename "${printableText(fileName)}"`;
    messages.hint(`a server finds it in its "dir" with: appendonly yes, ${names}. It must not be running yet.`);
  }
}

function isWritten(code: ExitCode): boolean {
  return code === EXIT.OK || code === EXIT.PARTIAL;
}
