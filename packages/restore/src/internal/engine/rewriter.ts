/** Commands for a value whose `RESTORE` was refused: made from the payload that was sent. */
import { CommandEmitter, type EmitOptions } from '@rdbkit/commands';
import { type Dialect, type KeyHeader, type Level, type RdbOptions, readDump } from '@rdbkit/rdb';
import { RespBuffer } from '@rdbkit/resp';
import { argumentAt, commandEnd } from './command-view.ts';
import { committed } from './compose.ts';
import { partOf } from './outbox.ts';
import type { Part } from './part.ts';
import { COMMANDS } from './unit-table.ts';

const TTL = 2;
const PAYLOAD = 3;

export class Rewriter extends CommandEmitter {
  private readonly buffer: RespBuffer;
  private readonly rdb: RdbOptions;
  private readonly dialect: Dialect | null;
  private name: Uint8Array = new Uint8Array(0);
  private db = 0;
  private expireAtMs: number | null = null;

  constructor(options: EmitOptions, rdb: RdbOptions) {
    const buffer = new RespBuffer(64 * 1024);
    super(buffer, { ...options, form: 'plain', select: false, rdb });
    // What was sent is in the target's dialect, whatever that of the source.
    this.dialect = this.target?.flavour ?? null;
    if (this.dialect !== null) this.header({ dialect: this.dialect, version: 0 });
    this.buffer = buffer;
    this.rdb = rdb;
  }

  override key(header: KeyHeader): Level {
    header.db = this.db;
    header.bytes = this.name;
    header.start = 0;
    header.end = this.name.length;
    header.expireAtMs = this.expireAtMs;
    return super.key(header);
  }

  /**
   * Makes a part of one unit out of a unit that holds a `RESTORE`; `null` when there is nothing to be written.
   *
   * @throws {RdbError} the payload cannot be read.
   */
  rewrite(part: Part, unit: number): Part | null {
    const { bytes } = part;
    const end = part.endOf(unit);
    const key = part.keyOf(unit);
    this.name = bytes.slice(key.start, key.end);
    this.db = part.db;
    this.expireAtMs = null;
    let payload: Uint8Array | null = null;
    for (let at = part.units.start[unit] as number; at < end; at = commandEnd(bytes, at)) {
      const name = text(bytes, argumentAt(bytes, at, 0));
      if (name === 'RESTORE') {
        const { start, end: payloadEnd } = argumentAt(bytes, at, PAYLOAD);
        payload = bytes.slice(start, payloadEnd);
        // Always absolute: a target that takes only relative ones gets PEXPIREAT.
        const ttl = Number(text(bytes, argumentAt(bytes, at, TTL)));
        if (ttl > 0) this.expireAtMs = ttl;
      } else if (name === 'PEXPIREAT') {
        this.expireAtMs = Number(text(bytes, argumentAt(bytes, at, 2)));
      }
    }
    if (payload === null) return null;
    readDump(payload, this, { ...this.rdb, dialect: this.dialect, checksum: false });
    const commands = committed(this.buffer);
    if (this.written.way === null) return null;
    const rewritten = partOf(part, unit, commands.slice());
    rewritten.units.commands[0] = countCommands(commands);
    rewritten.commands = rewritten.units.commands[0];
    rewritten.units.finishBytes[0] = this.written.finishBytes;
    rewritten.units.finishCommands[0] = this.written.finishCommands;
    rewritten.units.way[0] = COMMANDS;
    this.buffer.release(commands);
    return rewritten;
  }
}

function text(bytes: Uint8Array, { start, end }: { start: number; end: number }): string {
  return String.fromCharCode(...bytes.subarray(start, end));
}

function countCommands(bytes: Uint8Array): number {
  let count = 0;
  for (let at = 0; at < bytes.length; at = commandEnd(bytes, at)) count++;
  return count;
}
