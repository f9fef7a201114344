/**
 * The async forms: batches of events, commands and keys one at a time. All own what they deliver, and cost more than the visitor,
 * which they are built on.
 *
 * @module
 */
import { RdbAssembler, type RdbEvent, type RdbKey, type RdbVisitor } from '@rdbkit/rdb';
import type { AofCommand, AofCommandKind } from './command.ts';
import { AofLimitError, AofSetError } from './errors.ts';
import type { AofReadOptions } from './options.ts';
import { type AofSummary, closeSteps, readSteps } from './read.ts';
import type { AofSegment } from './segment.ts';
import type { AofSet } from './set.ts';
import {
  type AofAnnotation,
  type AofCut,
  type AofFileSummary,
  type AofStop,
  AofVisitorBase,
  type AofWarning,
} from './visitor.ts';

/** A logged command as an object that its receiver owns. */
export interface AofLoggedCommand {
  readonly segment: AofSegment;
  /** Absolute offset in the file, in bytes. */
  readonly offset: number;
  readonly kind: AofCommandKind;
  /** Number of the database in which it runs. */
  readonly db: number;
  /** The name and what follows it. */
  readonly args: readonly Uint8Array[];
  readonly inTransaction: boolean;
  /** Time of the last annotation before it, Unix seconds, or `null`. */
  readonly timestamp: number | null;
  /** See {@link AofCommand}. */
  readonly repaired: boolean;
}

/** One thing read from a log; see {@link aofEvents}. */
export type AofEvent =
  | { readonly type: 'segment'; readonly segment: AofSegment }
  /** From an RDB part. */
  | { readonly type: 'rdb'; readonly event: RdbEvent }
  | { readonly type: 'command'; readonly command: AofLoggedCommand }
  | {
      readonly type: 'annotation';
      readonly offset: number;
      readonly timestamp: number | null;
      readonly line: Uint8Array;
    }
  | { readonly type: 'warning'; readonly warning: AofWarning }
  | { readonly type: 'cut'; readonly cut: AofCut }
  | { readonly type: 'stop'; readonly stop: AofStop }
  | { readonly type: 'segment-end'; readonly summary: AofFileSummary }
  | { readonly type: 'end'; readonly summary: AofSummary };

/** The longest command that is gathered. */
const MAX_COMMAND_BYTES = 1024 * 1024 * 1024;

class Collector extends AofVisitorBase {
  private events: AofEvent[] = [];
  private current: AofSegment | null = null;
  private assembler: RdbAssembler | null = null;

  take(): AofEvent[] {
    this.takeRdb();
    const { events } = this;
    this.events = [];
    return events;
  }

  private takeRdb(): void {
    if (this.assembler?.hasEvents) for (const event of this.assembler.take()) this.events.push({ type: 'rdb', event });
  }

  override segment(segment: AofSegment): void {
    this.current = segment;
    this.events.push({ type: 'segment', segment });
  }
  override rdbStart(): RdbVisitor {
    this.assembler = new RdbAssembler();
    return this.assembler;
  }
  override rdbEnd(): void {
    this.takeRdb();
    this.assembler = null;
  }
  override command(command: AofCommand): void {
    const { offset, kind, db, inTransaction, timestamp, repaired } = command;
    // One copy with views into it costs half of a copy for each argument.
    const copy = command.bytes.slice(command.start, command.end);
    const args: Uint8Array[] = [];
    for (let i = 0; i < command.argc; i++)
      args.push(copy.subarray(command.argStart(i) - command.start, command.argEnd(i) - command.start));
    const segment = this.current as AofSegment;
    this.events.push({
      type: 'command',
      command: { segment, offset, kind, db, args, inTransaction, timestamp, repaired },
    });
  }
  override longCommand(command: AofCommand): void {
    const message = `a command of more than ${MAX_COMMAND_BYTES} bytes cannot be delivered as a whole: use a visitor`;
    throw new AofLimitError('AOF_LIMIT', message, command.offset);
  }
  override annotation({ offset, timestamp, bytes, start, end }: AofAnnotation): void {
    this.events.push({ type: 'annotation', offset, timestamp, line: bytes.slice(start, end) });
  }
  override warning(warning: AofWarning): void {
    this.events.push({ type: 'warning', warning });
  }
  override cut(cut: AofCut): void {
    this.events.push({ type: 'cut', cut });
  }
  override stop(stop: AofStop): void {
    this.events.push({ type: 'stop', stop });
  }
  override segmentEnd(summary: AofFileSummary): void {
    this.events.push({ type: 'segment-end', summary });
  }
}

/**
 * Reads a log as batches of events, one batch for each 64 KiB of input or less, and a last one with the summary. A command comes with
 * all its arguments and a key with its whole value, so memory is bounded by the longest of them.
 *
 * @throws what {@link readAof} does; batches before that have been delivered.
 * @example
 * ```ts
 * import { aofEvents, openAof } from '@rdbkit/aof';
 * const log = await openAof(new TextEncoder().encode('#TS:1700000000\r\n*1\r\n$8\r\nFLUSHALL\r\n'));
 * for await (const batch of aofEvents(log)) {
 *   console.log(batch.map(({ type }) => type).join(' ')); // segment annotation command …
 * }
 * ```
 */
export async function* aofEvents(
  set: AofSet,
  options: AofReadOptions = {},
): AsyncGenerator<AofEvent[], void, undefined> {
  const collector = new Collector();
  const steps = readSteps(set, collector, { ...options, commandBytes: MAX_COMMAND_BYTES });
  try {
    for (;;) {
      let step: IteratorResult<number, AofSummary>;
      try {
        step = await steps.next();
      } catch (error) {
        const last = collector.take();
        if (last.length > 0) yield last;
        throw error;
      }
      const batch = collector.take();
      if (step.done === true) {
        yield [...batch, { type: 'end', summary: step.value }];
        return;
      }
      if (batch.length > 0) yield batch;
    }
  } finally {
    await closeSteps(steps);
  }
}

/**
 * Reads the commands of a log, one at a time, `SELECT`, `MULTI` and `EXEC` among them. Keys of an RDB part are no commands:
 * {@link aofBaseKeys} has them. What is cut off at the end is only told by the other forms.
 *
 * @throws what {@link readAof} does; commands before that have been delivered.
 * @example
 * ```ts
 * import { aofCommands, openAof } from '@rdbkit/aof';
 * const text = new TextDecoder();
 * const log = await openAof(new TextEncoder().encode('*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n'));
 * for await (const { db, args } of aofCommands(log)) console.log(db, args.map((arg) => text.decode(arg)).join(' ')); // 0 SELECT 3 …
 * ```
 */
export async function* aofCommands(
  set: AofSet,
  options: AofReadOptions = {},
): AsyncGenerator<AofLoggedCommand, void, undefined> {
  for await (const batch of aofEvents(set, options)) {
    for (const event of batch) if (event.type === 'command') yield event.command;
  }
}

/**
 * Reads the keys of the base, one at a time, each with its whole value: the state at the last rewrite. Keys that have expired
 * are among them, because later commands may need them.
 *
 * @throws {AofSetError} `AOF_NO_BASE` when the log has no base, or the base consists of commands instead of an RDB.
 * @throws {RdbError} one of its subclasses, when the data is bad; keys before that have been delivered.
 */
export async function* aofBaseKeys(set: AofSet, options: AofReadOptions = {}): AsyncGenerator<RdbKey, void, undefined> {
  for await (const batch of aofEvents(set, { ...options, baseOnly: true })) {
    for (const event of batch) {
      if (event.type === 'rdb' && event.event.type === 'key') yield event.event.key;
      else if (event.type === 'command')
        throw new AofSetError('AOF_NO_BASE', 'the base consists of commands, not of keys', 0);
    }
  }
}
