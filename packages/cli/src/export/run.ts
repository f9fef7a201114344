/**
 * The work of rdbkit export.
 *
 * @module
 */
import { DataError } from '@rdbkit/bytes';
import {
  CsvWriter,
  type ExportOptions,
  JsonWriter,
  RdbtoolsJsonWriter,
  RdbtoolsMemoryWriter,
  type RowLoss,
} from '@rdbkit/inspect';
import type { KeySelection, RdbVisitor } from '@rdbkit/rdb';
import type { OutputBuffer } from '@rdbkit/resp';
import { usageError } from '../app/cli-error.ts';
import { EXIT, type ExitCode } from '../app/exit-code.ts';
import type { CliContext } from '../app/program.ts';
import { keySelection, selectsKeys } from '../flags/selection-flags.ts';
import { countOf, humanDuration, humanSize } from '../lang/units.ts';
import { type DumpEnd, type DumpTask, runDump } from '../reading/dump-run.ts';
import { leftOutLines } from '../reading/left-out.ts';
import type { ExportFlags } from './command.ts';

/** What all writers have. */
interface Writer extends RdbVisitor {
  readonly out: OutputBuffer;
  readonly keys: number;
  readonly emptyKeys: number;
  readonly losses?: Readonly<Record<RowLoss, number>>;
  abort?(): void;
  finish?(): void;
}

/** Runs the command. */
export async function runExport(context: CliContext, flags: ExportFlags, path?: string): Promise<ExitCode> {
  const { format } = flags;
  if (flags.binary !== undefined && format !== 'jsonl' && format !== 'json')
    throw usageError(`--binary is about JSON: --format ${format} has its own way with bytes`);
  if (flags['escape-formulas'] && format !== 'csv' && format !== 'tsv')
    throw usageError('--escape-formulas is for --format csv and tsv');
  const selection = keySelection(flags, context.host.now());
  const make = await writerOf(flags);
  return runDump(context, flags, path, (position) => {
    const writer = make({ selection, stripTtl: flags['strip-ttl'], shiftTtlMs: flags['shift-ttl'], position });
    return exportTask(context, flags, writer, selection);
  });
}

type MakeWriter = (options: ExportOptions & { readonly position: () => number }) => Writer;

/** The writer of a format; what is large is loaded only now. */
async function writerOf(flags: ExportFlags): Promise<MakeWriter> {
  switch (flags.format) {
    case 'jsonl':
    case 'json': {
      const layout = flags.format === 'json' ? 'array' : 'lines';
      return (options) => new JsonWriter({ ...options, binary: flags.binary, layout, auxRecords: !selectsKeys(flags) });
    }
    case 'csv':
    case 'tsv': {
      const delimiter = flags.format === 'tsv' ? '\t' : ',';
      return (options) => new CsvWriter({ ...options, delimiter, escapeFormulas: flags['escape-formulas'] });
    }
    case 'parquet': {
      const { ParquetRows } = await import('./parquet.ts');
      return (options) => new ParquetRows(options);
    }
    case 'rdbtools-json':
      return (options) => new RdbtoolsJsonWriter(options);
    case 'rdbtools-memory':
      return (options) => new RdbtoolsMemoryWriter(options);
  }
}

function exportTask({ messages }: CliContext, flags: ExportFlags, writer: Writer, selection: KeySelection): DumpTask {
  return {
    visitor: writer,
    out: writer.out,
    results: 'keys',
    isDone: () => selection.exhausted,
    abort: () => writer.abort?.(),
    conclude: () => {
      writer.finish?.();
      return EXIT.OK;
    },
    report: (end) => {
      if (flags.json) {
        messages.line(jsonSummary(end, flags, writer, selection));
        return;
      }
      messages.info(
        `${countOf(writer.keys, 'key')} exported, ${humanSize(writer.out.committedBytes)} in ${humanDuration(end.seconds * 1000)}`,
      );
      for (const line of [...leftOutLines(selection, writer.emptyKeys), ...lossLines(writer.losses)])
        messages.line(`  ${line}`);
      if (end.isCutShort) messages.line('  the limit was reached, the rest of the source was not read');
    },
  };
}

/** What the table has no place for, in words. */
function lossLines(losses: Writer['losses']): string[] {
  if (losses === undefined) return [];
  const { functions, streamGroups, keyMetadata, idempotentProducers } = losses;
  const parts = [
    functions > 0 ? countOf(functions, 'function library', 'function libraries') : '',
    streamGroups > 0 ? countOf(streamGroups, 'consumer group') : '',
    keyMetadata > 0 ? `metadata of ${countOf(keyMetadata, 'key')}` : '',
    idempotentProducers > 0 ? `producers of ${countOf(idempotentProducers, 'stream')}` : '',
  ].filter((part) => part !== '');
  return parts.length === 0 ? [] : [`not in the table: ${parts.join(', ')} (--format jsonl has them)`];
}

function jsonSummary(end: DumpEnd, flags: ExportFlags, writer: Writer, selection: KeySelection): string {
  const { expired, ...unselected } = selection.skipped;
  const cause = end.damage?.cause;
  return JSON.stringify({
    source: end.source.name,
    dialect: end.header?.dialect ?? null,
    rdbVersion: end.header?.version ?? null,
    checksum: end.checksum,
    format: flags.format,
    keysRead: end.keysRead,
    keysWritten: writer.keys,
    bytesWritten: writer.out.committedBytes,
    expiredKeys: expired,
    emptyKeys: writer.emptyKeys,
    unselectedKeys: unselected,
    renamedKeys: selection.renamed,
    ...(writer.losses === undefined ? {} : { losses: writer.losses }),
    stoppedAtLimit: end.isCutShort,
    unreadLog: end.unread,
    seconds: Math.round(end.seconds * 1000) / 1000,
    error:
      end.damage === null
        ? null
        : {
            message: end.damage.message,
            code: cause instanceof DataError ? cause.code : null,
            offset: cause instanceof DataError ? cause.offset : null,
          },
  });
}
