/** Writes keys as units into outboxes. */
import { CommandEmitter, type EmitOptions, type Note, type Way, type WrittenKey } from '@rdbkit/commands';
import type { KeyHeader, Level, ValueKind } from '@rdbkit/rdb';
import { RespBuffer } from '@rdbkit/resp';
import type { Batch } from './batch.ts';
import { committed } from './compose.ts';
import { LONGEST_GROUPED, type Outbox } from './outbox.ts';
import type { Part } from './part.ts';
import { COMMANDS, EXPIRES, FUNCTION, KINDS, RESTORE, SCRIPT, SET, TRANSCODED } from './unit-table.ts';

const KIND_NUMBERS = new Map<ValueKind, number>(KINDS.map((kind, number) => [kind as ValueKind, number]));
const WAY_NUMBERS: Readonly<Record<Way, number>> = {
  set: SET,
  restore: RESTORE,
  transcoded: TRANSCODED,
  commands: COMMANDS,
};

/** A value too long to be held as a whole that is being written. */
export interface LongUnit {
  readonly db: number;
  readonly offset: number;
  readonly outbox: Outbox;
}

interface EndOfLong {
  readonly outbox: Outbox;
  /** Where it ends in the outbox. */
  readonly bytes: number;
  readonly commands: number;
  readonly written: WrittenKey;
}

/** Where units go. */
export interface UnitTarget {
  /** What the unit at hand belongs to. */
  readonly batch: Batch;
  /** Whether `MSET` can be used. */
  readonly canGroup: boolean;
  readonly acceptsFunctions: boolean;
  /** Whether the key is wanted, after its header was shaped. */
  accept(header: KeyHeader): boolean;
  /** Where its unit goes. */
  route(header: KeyHeader): Outbox;
  /** A function library or script: one command for every shard. */
  broadcast(bytes: Uint8Array, kind: number): void;
  note(note: Note): void;
}

type OwnOptions = 'shape' | 'takeString' | 'select' | 'onNote' | 'flushBytes' | 'form';

export class UnitEmitter extends CommandEmitter {
  private readonly units: UnitTarget;
  private readonly side: RespBuffer;
  private outbox: Outbox | null = null;
  private offset = 0;
  private db = 0;
  private isTaken = false;
  /** A key is being written. */
  isInKey = false;
  /** The value that is being written is longer than what is held: its commands are taken away as they come. */
  private isLong = false;
  /** Commands in the outbox when some were taken away. */
  private longCommandsAt = 0;
  /** A long value that has come to its end, whose last commands have not been taken. */
  private ending: EndOfLong | null = null;

  constructor(
    units: UnitTarget,
    options: Omit<EmitOptions, OwnOptions>,
    form: 'plain' | 'cheapest',
    flushBytes: number,
  ) {
    const side = new RespBuffer(4096);
    super(side, {
      ...options,
      form,
      flushBytes,
      select: false,
      shape: (header) => this.admit(header),
      takeString: (name, nameEnd, bytes, start, end) => this.take(name, nameEnd, bytes, start, end),
      onNote: (note) => units.note(note),
    });
    this.units = units;
    this.side = side;
  }

  /** The key at hand: its outbox, database and offset. */
  get current(): LongUnit {
    return { db: this.db, offset: this.offset, outbox: this.outbox as Outbox };
  }

  private admit(header: KeyHeader): boolean {
    this.offset = header.offset;
    this.isTaken = false;
    if (!this.units.accept(header)) return false;
    this.db = header.db;
    this.outbox = this.units.route(header);
    this.redirect(this.outbox.main);
    this.outbox.begin();
    this.isInKey = true;
    return true;
  }

  override key(header: KeyHeader): Level {
    this.outbox = null;
    return super.key(header);
  }

  private take(name: Uint8Array, nameEnd: number, bytes: Uint8Array, start: number, end: number): boolean {
    if (!this.units.canGroup || end - start > LONGEST_GROUPED) return false;
    this.outbox?.addString(this.units.batch, this.db, this.offset, 0, name, nameEnd, bytes, start, end);
    this.isTaken = true;
    return true;
  }

  override keyEnd(): void {
    super.keyEnd();
    this.isInKey = false;
    const { outbox, written } = this;
    if (this.isLong && outbox !== null) {
      const { main } = outbox;
      const commands = main.committedCommands - this.longCommandsAt;
      this.ending = { outbox, bytes: main.committed, commands, written: { ...written } };
      this.isLong = false;
      return;
    }
    if (outbox === null || this.isTaken || written.way === null) return;
    const kind = KIND_NUMBERS.get(written.kind) as number;
    const flags = written.expires ? EXPIRES : 0;
    const part = outbox.add(this.units.batch, written.db, this.offset, kind, WAY_NUMBERS[written.way], flags);
    if (written.finishBytes === 0) return;
    const last = part.units.count - 1;
    part.units.finishBytes[last] = written.finishBytes;
    part.units.finishCommands[last] = written.finishCommands;
  }

  /** Whether commands of the key at hand can be sent already: its value is too long to be held. */
  get isOverlong(): boolean {
    if (!this.isInKey || this.outbox === null) return false;
    return this.isLong || this.outbox.main.committed > this.outbox.unitAt;
  }

  /** Whether commands of the key at hand have been taken away. */
  get isLongTaken(): boolean {
    return this.isLong;
  }

  /** Whether a long value has come to its end. */
  get hasEnded(): boolean {
    return this.ending !== null;
  }

  /** Takes the first commands of a long value, and what was gathered before it. */
  takeBegun(): { readonly parts: Part[]; readonly bytes: Uint8Array; readonly commands: number } {
    const { main } = this.outbox as Outbox;
    const { parts, begun, commands } = (this.outbox as Outbox).takeBegun();
    this.isLong = true;
    this.longCommandsAt = main.committedCommands;
    return { parts, bytes: begun, commands };
  }

  /** Takes more commands of a long value. */
  takeMore(): { readonly bytes: Uint8Array; readonly commands: number } {
    const { main } = this.outbox as Outbox;
    const commands = main.committedCommands - this.longCommandsAt;
    this.longCommandsAt = main.committedCommands;
    const view = main.take();
    const bytes = view.slice();
    main.release(view);
    return { bytes, commands };
  }

  /** Takes the last commands of a long value. What follows them in the outbox belongs to the next units. */
  takeEnd(): { readonly bytes: Uint8Array; readonly commands: number; readonly written: WrittenKey } {
    const { outbox, bytes, commands, written } = this.ending as EndOfLong;
    this.ending = null;
    return { bytes: outbox.main.bytes.slice(0, bytes), commands, written };
  }

  // What KeyDB and old servers put into auxiliary fields may be commands, for the key before or for every shard.
  override aux(name: Uint8Array, value: Uint8Array): void {
    const before = this.outbox?.main.committedBytes;
    if (this.isScript(name)) {
      if (!this.units.acceptsFunctions) return;
      this.beside(() => super.aux(name, value), SCRIPT);
      return;
    }
    super.aux(name, value);
    if (this.outbox !== null && this.outbox.main.committedBytes !== before && !this.isTaken) this.outbox.extend();
  }

  private isScript(name: Uint8Array): boolean {
    return name.length === 3 && String.fromCharCode(...name).toLowerCase() === 'lua';
  }

  override functionPreGa(name: Uint8Array): void {
    if (this.units.acceptsFunctions) super.functionPreGa(name);
  }

  override functionLibrary(code: Uint8Array): void {
    if (!this.units.acceptsFunctions) return;
    this.beside(() => super.functionLibrary(code), FUNCTION);
  }

  private beside(write: () => void, kind: number): void {
    this.outbox = null;
    this.redirect(this.side);
    write();
    const bytes = committed(this.side);
    if (bytes.length > 0) this.units.broadcast(bytes.slice(), kind);
  }
}
