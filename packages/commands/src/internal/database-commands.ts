/** Logged commands that name databases, or empty them, when databases are left out or get other numbers. */
import type { KeySelection } from '@rdbkit/rdb';
import { encodeBulks, encodeHead, type RespBuffer } from '@rdbkit/resp';
import type { CommandSpec } from '../command-table.ts';
import type { LoggedCommand } from '../log-options.ts';
import type { CommandEdits } from './command-edits.ts';
import { argumentIs, countIn } from './key-rule.ts';

const DEL = encodeHead(2, 'DEL');
const FLUSHDB = encodeBulks('FLUSHDB');

const NAMES: ReadonlySet<string> = new Set(['MOVE', 'COPY', 'SWAPDB', 'FLUSHALL', 'FLUSHDB']);

/** What the commands are written with. */
export interface DatabaseWriter {
  readonly out: RespBuffer;
  readonly edits: CommandEdits;
  /** Before a command is written: its database, `null` when any will do. */
  readonly begin: (db: number | null) => void;
  /** Writes the command with what is in the edits. */
  readonly write: (command: LoggedCommand) => void;
  /** Appends a key of the command under its new name. */
  readonly writeKey: (command: LoggedCommand, at: number) => void;
  /** Reports that the command cannot be written. */
  readonly impossible: (command: LoggedCommand, message: string) => void;
}

/** Whether a command names databases or empties them. */
export function isAboutDatabases({ name }: CommandSpec): boolean {
  return NAMES.has(name);
}

/** Whether a command empties databases. */
export function emptiesDatabases({ name }: CommandSpec): boolean {
  return name === 'FLUSHALL' || name === 'FLUSHDB';
}

/** Writes such commands. */
export class DatabaseCommands {
  private readonly selection: KeySelection;
  private readonly writer: DatabaseWriter;

  constructor(selection: KeySelection, writer: DatabaseWriter) {
    this.selection = selection;
    this.writer = writer;
  }

  /** Writes or reports one whose keys are wanted, as far as their names tell. Returns whether a wanted database is concerned. */
  write(spec: CommandSpec, command: LoggedCommand): boolean {
    switch (spec.name) {
      case 'MOVE':
        return this.move(command);
      case 'COPY':
        return this.copy(command);
      case 'SWAPDB':
        return this.swap(command);
      case 'FLUSHDB':
        return this.flush(command);
      default:
        return this.flushAll(command);
    }
  }

  private move(command: LoggedCommand): boolean {
    const { selection, writer } = this;
    const from = command.db;
    const to = countIn(command, 2);
    if (!selection.acceptsDb(from)) {
      if (!selection.acceptsDb(to)) return false;
      writer.impossible(command, `MOVE brings a key from database ${from}, which was left out`);
      return true;
    }
    const target = selection.mappedDb(to);
    if (!selection.acceptsDb(to)) {
      writer.begin(selection.mappedDb(from));
      writer.out.beginWith(DEL);
      writer.writeKey(command, 1);
    } else if (target !== selection.mappedDb(from)) {
      if (target !== to) writer.edits.number(2, target);
      this.writeIn(from, command);
    }
    return true;
  }

  private copy(command: LoggedCommand): boolean {
    const { selection, writer } = this;
    const from = command.db;
    let optionAt = 3;
    while (optionAt + 1 < command.present && !argumentIs(command, optionAt, 'DB')) optionAt++;
    const isOther = optionAt + 1 < command.present;
    const to = isOther ? countIn(command, optionAt + 1) : from;
    if (!selection.acceptsDb(to)) return false;
    if (!selection.acceptsDb(from)) {
      writer.impossible(command, `COPY brings a key from database ${from}, which was left out`);
      return true;
    }
    const target = selection.mappedDb(to);
    if (isOther && target === selection.mappedDb(from)) {
      if (haveSameBytes(command, 1, 2)) return true;
      writer.edits.drop(optionAt);
      writer.edits.drop(optionAt + 1);
    } else if (target !== to) {
      writer.edits.number(optionAt + 1, target);
    }
    this.writeIn(from, command);
    return true;
  }

  private swap(command: LoggedCommand): boolean {
    const { selection, writer } = this;
    const dbs = [countIn(command, 1), countIn(command, 2)] as const;
    const wanted = dbs.filter((db) => selection.acceptsDb(db)).length;
    if (wanted === 0) return false;
    const [first, second] = dbs.map((db) => selection.mappedDb(db)) as [number, number];
    if (wanted === 1 || (first !== second && dbs.some((db) => selection.sharesDb(db)))) {
      const why = wanted === 1 ? 'one of which was left out' : 'and databases become one';
      writer.impossible(command, `SWAPDB exchanges the databases ${dbs.join(' and ')}, ${why}`);
    } else if (first !== second) {
      if (first !== dbs[0]) writer.edits.number(1, first);
      if (second !== dbs[1]) writer.edits.number(2, second);
      writer.begin(null);
      writer.write(command);
    }
    return true;
  }

  private flush(command: LoggedCommand): boolean {
    const { selection, writer } = this;
    if (!selection.acceptsDb(command.db)) return false;
    if (selection.sharesDb(command.db)) {
      writer.impossible(command, `FLUSHDB empties database ${command.db}, and databases become one`);
    } else {
      this.writeIn(command.db, command);
    }
    return true;
  }

  private flushAll(command: LoggedCommand): boolean {
    const { selection, writer } = this;
    const dbs = selection.selectedDbs;
    if (dbs === null) {
      writer.begin(null);
      writer.write(command);
      return true;
    }
    const { out } = writer;
    for (const db of new Set(dbs.map((one) => selection.mappedDb(one)))) {
      writer.begin(db);
      out.begin(command.argc);
      out.raw(FLUSHDB);
      for (let i = 1; i < command.argc; i++) out.bulk(command.bytes, command.argStart(i), command.argEnd(i));
    }
    return true;
  }

  private writeIn(db: number, command: LoggedCommand): void {
    this.writer.begin(this.selection.mappedDb(db));
    this.writer.write(command);
  }
}

function haveSameBytes(command: LoggedCommand, a: number, b: number): boolean {
  const start = command.argStart(a);
  const other = command.argStart(b);
  const length = command.argEnd(a) - start;
  if (command.argEnd(b) - other !== length) return false;
  for (let i = 0; i < length; i++) if (command.bytes[start + i] !== command.bytes[other + i]) return false;
  return true;
}
