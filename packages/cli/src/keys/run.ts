/**
 * The work of rdbkit keys.
 *
 * @module
 */
import { KeyList, type KeyListOptions } from '@rdbkit/inspect';
import { usageError } from '../app/cli-error.ts';
import { EXIT, type ExitCode } from '../app/exit-code.ts';
import { colorsFor } from '../app/messages.ts';
import type { CliContext } from '../app/program.ts';
import { keySelection } from '../flags/selection-flags.ts';
import { countOf, formatCount } from '../lang/units.ts';
import { runDump } from '../reading/dump-run.ts';
import { leftOutLines } from '../reading/left-out.ts';
import type { KeysFlags } from './command.ts';
import { CsvKeys, JsonlKeys, KeyTable, type KeyWriter } from './key-writers.ts';
import { type KeyRow, TopKeys } from './top-keys.ts';

/** Keys that are sorted, unless told otherwise: they are held in memory. */
const DEFAULT_TOP = 100;

/** Hands keys on. */
class Lister extends KeyList {
  private readonly next: (row: KeyRow) => void;

  constructor(options: KeyListOptions, next: (row: KeyRow) => void) {
    super(options);
    this.next = next;
  }

  protected listed(): void {
    const { facts } = this;
    this.next({
      db: this.db,
      name: this.name.subarray(0, this.nameLength),
      type: facts.kind,
      encoding: this.encoding,
      elements: facts.elements,
      bytes: this.bytes,
      memory: facts.isGuess ? null : Math.round(facts.allocated),
      expireAtMs: this.expireAtMs,
    });
  }
}

/** Runs the command. */
export async function runKeys(context: CliContext, flags: KeysFlags, path?: string): Promise<ExitCode> {
  const { host, messages } = context;
  if (flags['escape-formulas'] && flags.format !== 'csv' && flags.format !== 'tsv')
    throw usageError('--escape-formulas is for --format csv and tsv');
  const selection = keySelection(flags, host.now());
  const writer = writerOf(context, flags);
  const isSorted = flags.sort !== undefined || flags.top !== undefined;
  const limit = flags.top ?? DEFAULT_TOP;
  const top = isSorted ? new TopKeys(flags.sort ?? 'memory', limit) : null;
  return runDump(context, flags, path, (position) => {
    const options = {
      selection,
      stripTtl: flags['strip-ttl'],
      shiftTtlMs: flags['shift-ttl'],
      target: flags.target,
      position,
    };
    const lister = new Lister(options, top === null ? (row) => writer.write(row) : (row) => top.add(row));
    return {
      visitor: lister,
      out: writer.out,
      results: 'keys',
      isDone: () => selection.exhausted,
      abort() {},
      conclude() {
        for (const row of top?.sorted() ?? []) writer.write(row);
        writer.finish();
        return EXIT.OK;
      },
      report({ isCutShort }) {
        const shown = top === null || lister.keys <= limit ? '' : `, the first ${formatCount(limit)} of them listed`;
        messages.info(`${countOf(lister.keys, 'key')}${shown}`);
        for (const line of leftOutLines(selection, lister.emptyKeys)) messages.line(`  ${line}`);
        if (isCutShort) messages.line('  the limit was reached, the rest of the source was not read');
      },
    };
  });
}

function writerOf({ host }: CliContext, flags: KeysFlags): KeyWriter {
  switch (flags.format) {
    case 'jsonl':
      return new JsonlKeys();
    case 'csv':
      return new CsvKeys(',', flags['escape-formulas']);
    case 'tsv':
      return new CsvKeys('\t', flags['escape-formulas']);
    case 'table': {
      const isTerminal = flags.output === undefined && host.stdout.isTerminal;
      return new KeyTable(
        isTerminal ? host.stdout.columns() : Number.POSITIVE_INFINITY,
        colorsFor({ isTerminal }, host.env, flags.color),
      );
    }
  }
}
