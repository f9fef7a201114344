/**
 * The work of rdbkit get.
 *
 * @module
 */
import { Buffer } from 'node:buffer';
import { CommandEmitter } from '@rdbkit/commands';
import { JsonWriter, KeyExport } from '@rdbkit/inspect';
import type { KeySelectionSpec, RdbOptions, RdbVisitor } from '@rdbkit/rdb';
import { type OutputBuffer, RespBuffer } from '@rdbkit/resp';
import { CliError, usageError } from '../app/cli-error.ts';
import { EXIT, type ExitCode } from '../app/exit-code.ts';
import type { CliContext } from '../app/program.ts';
import { selectionSpec } from '../flags/selection-flags.ts';
import { printable } from '../lang/printable.ts';
import { humanSize } from '../lang/units.ts';
import { runDump } from '../reading/dump-run.ts';
import type { GetFlags } from './command.ts';
import { DumpValue } from './dump-value.ts';
import { OneKey } from './one-key.ts';
import { RawValue, ReadableValue, timeText } from './value-text.ts';

const KEY_WIDTH = 60;

/** What writes the value of the key that is selected. */
interface ValueWriter {
  readonly visitor: RdbVisitor;
  readonly out: OutputBuffer;
  readonly rdb?: RdbOptions;
  abort(): void;
}

/** The longest payload that servers take. */
const LONGEST_PAYLOAD = 512 * 1024 * 1024;

/** The commands of keys, and of nothing around them. */
class KeyEmitter extends CommandEmitter {
  override aux(name: Uint8Array, value: Uint8Array): void {
    if (Buffer.from(name).toString('latin1') !== 'lua') super.aux(name, value);
  }
  override functionLibrary(): void {}
  override functionPreGa(): void {}
  override moduleAux(): void {}
}

/** Runs the command. */
export async function runGet(context: CliContext, flags: GetFlags, path: string, key: Uint8Array): Promise<ExitCode> {
  const { host, messages } = context;
  if (flags.binary !== undefined && flags.format !== 'json') throw usageError('--binary is about --format json');
  const shaping = {
    key: undefined,
    'not-key': undefined,
    'key-regex': undefined,
    'not-key-regex': undefined,
    slots: undefined,
    limit: undefined,
    'map-db': undefined,
    'rename-prefix': undefined,
    'strip-ttl': false,
    'shift-ttl': undefined,
  };
  const selection = new OneKey(key, onlyKeys(selectionSpec({ ...flags, ...shaping }, host.now())));
  const name = printable(key, KEY_WIDTH);
  // The checksum covers the whole file, most of which is not going to be read.
  return runDump(context, { ...flags, 'no-checksum': true }, path, (position) => {
    const writer = writerOf(flags, selection, position);
    const { visitor } = writer;
    let isOver = false;
    const keyEnd = visitor.keyEnd.bind(visitor);
    visitor.keyEnd = (end) => {
      keyEnd(end);
      if (selection.found !== null) isOver = true;
    };
    return {
      ...writer,
      results: 'beginning of the value',
      isDone: () => isOver,
      conclude({ damage }) {
        if (damage !== null) return EXIT.DAMAGED;
        if (selection.found === null) throw missing(name, selection);
        if (visitor instanceof KeyExport && visitor.emptyKeys > 0)
          throw new CliError(EXIT.PARTIAL, `the key ${name} has no elements: no server would load it`);
        return EXIT.OK;
      },
      report({ source }) {
        const { found } = selection;
        if (found === null || !(visitor instanceof ReadableValue)) return;
        const expiry = visitor.expiry === null ? '' : `, expires ${timeText(visitor.expiry)}`;
        const read = `${humanSize(source.input.position)} read`;
        messages.info(`db ${found.db}, ${name}: ${visitor.description}${expiry} (${read})`);
      },
    };
  });
}

function writerOf(flags: GetFlags, selection: OneKey, position: () => number): ValueWriter {
  const exporting = (visitor: KeyExport & { readonly out: OutputBuffer }): ValueWriter => ({
    visitor,
    out: visitor.out,
    abort: () => visitor.abort(),
  });
  switch (flags.format) {
    case 'read':
      return exporting(new ReadableValue({ selection, position }));
    case 'raw':
      return exporting(new RawValue({ selection, position }));
    case 'json':
      return exporting(new JsonWriter({ selection, position, binary: flags.binary, auxRecords: false }));
    case 'dump': {
      const visitor = new DumpValue(selection);
      return { visitor, out: visitor.out, rdb: { rawBytes: LONGEST_PAYLOAD }, abort: () => visitor.out.rollback() };
    }
    case 'resp': {
      const out = new RespBuffer();
      const visitor = new KeyEmitter(out, {
        shape: (header) => selection.accept(header),
        acceptSize: selection.hasSizeBounds ? (bytes) => selection.acceptSize(bytes) : undefined,
        expired: 'keep',
      });
      return { visitor, out, abort: () => visitor.abort() };
    }
  }
}

/** Libraries of functions have names as well, but are no keys. */
function onlyKeys(spec: KeySelectionSpec): KeySelectionSpec {
  return { ...spec, notTypes: [...(spec.notTypes ?? []), 'function'] };
}

/** The key is not there, or not as it was asked for. */
function missing(name: string, selection: OneKey): CliError {
  const { expiredAtMs, refusedDbs } = selection;
  if (expiredAtMs !== null) {
    return new CliError(EXIT.PARTIAL, `the key ${name} expired ${timeText(expiredAtMs)}`, {
      hint: '--expired keep prints it all the same.',
    });
  }
  if (refusedDbs.length > 0) {
    return new CliError(EXIT.PARTIAL, `no key ${name} as it is asked for`, {
      details: [`there is one in database ${refusedDbs.join(', ')}`],
    });
  }
  return new CliError(EXIT.PARTIAL, `there is no key ${name}`, {
    hint: 'rdbkit keys lists what there is; a name with odd bytes is written as it is printed there, in double quotes.',
  });
}
