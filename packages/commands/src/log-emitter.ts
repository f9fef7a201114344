/**
 * From the commands of a log to those that a server shall run.
 *
 * @module
 */
import { KeySelection, type PrefixRename } from '@rdbkit/rdb';
import { encodeHead, type RespBuffer } from '@rdbkit/resp';
import { type CommandArguments, type CommandSpec, findCommand, findKeys } from './command-table.ts';
import { CommandEdits, writeRenamed } from './internal/command-edits.ts';
import { DatabaseCommands, emptiesDatabases, isAboutDatabases } from './internal/database-commands.ts';
import { EXPIRY_RULES, ExpirySite, timeAt } from './internal/expiry-sites.ts';
import { withoutProducer } from './internal/idempotency.ts';
import { argumentIs } from './internal/key-rule.ts';
import { partOf } from './internal/split-commands.ts';
import { KeyPositions } from './key-positions.ts';
import { type LogCounts, type LoggedCommand, type LogOptions, zeroLogCounts } from './log-options.ts';
import { NOTE_LEVELS, type NoteCode } from './notes.ts';

const SELECT = encodeHead(2, 'SELECT');
const MULTI = encodeHead(1, 'MULTI');
const EXEC = encodeHead(1, 'EXEC');
const DISCARD = encodeHead(1, 'DISCARD');

const HOLD_BYTES = 8 * 1024 * 1024;
/** Names of unknown commands that are reported. */
const MOST_NAMES = 100;
const LONGEST_NAME = 64;

/** Commands that run code, or look up keys whose names they make up. */
const COMPUTING: ReadonlySet<string> = new Set(['EVAL', 'EVALSHA', 'FCALL']);

/** A transaction: none; begun, but nothing of it is written; `MULTI` is written. */
type Transaction = 'none' | 'begun' | 'open';

/**
 * Writes the commands of a log into a {@link RespBuffer}: byte for byte, where nothing has to change; else only what
 * concerns the wanted keys, under their new names and in their new databases. Reads what `AofReader` of `@rdbkit/aof` delivers.
 *
 * After each command, or transaction, everything written is committed. The first command is written as for a connection
 * that has database 0 selected; see {@link LogEmitter.selectedDb}.
 *
 * @example
 * ```ts
 * import { AofReader, AofVisitorBase, type AofCommand } from '@rdbkit/aof';
 * import { LogEmitter } from '@rdbkit/commands';
 * import { KeySelection } from '@rdbkit/rdb';
 * import { RespBuffer } from '@rdbkit/resp';
 *
 * const out = new RespBuffer();
 * const emitter = new LogEmitter(out, { selection: new KeySelection({ keys: ['a*'] }) });
 * class Log extends AofVisitorBase {
 *   override command(command: AofCommand): void {
 *     emitter.command(command);
 *   }
 * }
 * const reader = new AofReader(new Log());
 * reader.push(new TextEncoder().encode('*4\r\n$3\r\nDEL\r\n$2\r\na1\r\n$2\r\nb1\r\n$2\r\na2\r\n'));
 * reader.finish();
 * console.log(new TextDecoder().decode(out.take()).split('\r\n').join(' ')); // *3 $3 DEL $2 a1 $2 a2
 * ```
 */
export class LogEmitter {
  /** The database that the reader of the commands has selected; −1 when that is not known. May be set between commands. */
  selectedDb = 0;
  /** What became of the commands. */
  readonly counts: LogCounts = zeroLogCounts();
  /** The output ends within a command: one that was delivered in pieces, of which the last are missing. */
  isBroken = false;

  private readonly out: RespBuffer;
  private readonly options: LogOptions;
  private readonly selection: KeySelection;
  private readonly databases: DatabaseCommands;
  private readonly now: number;
  private readonly holdBytes: number;
  /** Databases or keys are left out or changed, so that a command cannot just be copied. */
  private readonly isShaping: boolean;
  private readonly changesTimes: boolean;
  private readonly edits = new CommandEdits();
  private readonly keys = new KeyPositions();
  private readonly site = new ExpirySite();
  private readonly noted = new Set<string>();
  private transaction: Transaction = 'none';
  /** A part of the transaction, or of a command in pieces, is committed. */
  private hasLeaked = false;
  private committedDb = 0;
  private commandsInTransaction = 0;
  /** What becomes of the pieces that follow. */
  private pieces: 'none' | 'written' | 'left out' = 'none';

  /** @param out - Receives the commands. */
  constructor(out: RespBuffer, options: LogOptions = {}) {
    this.out = out;
    this.options = options;
    this.selection = options.selection ?? new KeySelection();
    this.now = options.now ?? Date.now();
    this.holdBytes = options.holdBytes ?? HOLD_BYTES;
    const { selection } = this;
    this.isShaping =
      selection.selectsNames || selection.selectedDbs !== null || selection.mapsDbs || selection.renamesKeys;
    this.changesTimes =
      options.stripTtl === true || (options.shiftTtlMs ?? 0) !== 0 || (options.postponeExpiredTo ?? null) !== null;
    this.databases = new DatabaseCommands(selection, {
      out,
      edits: this.edits,
      begin: (db) => this.begin(db),
      write: (command) => this.write(command),
      writeKey: (command, at) => this.writeKey(command, at),
      impossible: (command, message) => this.impossible('LOG_NEEDS_OTHER_DB', command, message),
    });
  }

  /** Takes a command. */
  command(command: LoggedCommand): void {
    switch (command.kind) {
      case 'select':
        this.select(command);
        break;
      case 'multi':
        this.multi(command);
        break;
      case 'exec':
        this.exec(command);
        break;
      default:
        this.counts.commands++;
        this.commandsInTransaction++;
        this.other(command);
    }
    this.settle();
  }

  /** Takes the beginning of a command that comes in pieces. */
  longCommand(command: LoggedCommand): void {
    this.counts.commands++;
    this.commandsInTransaction++;
    this.pieces = 'left out';
    this.other(command);
    this.settlePart();
  }

  /** Takes a piece of it. */
  commandPiece(bytes: Uint8Array, start: number, end: number): void {
    if (this.pieces !== 'written') return;
    this.out.copy(bytes, start, end);
    this.settlePart();
  }

  /** The command that came in pieces is complete. */
  commandEnd(): void {
    this.pieces = 'none';
    this.settle();
  }

  /**
   * The log ends here, or cannot be read on: what is not complete is taken back, and a transaction that the reader of the
   * commands has begun to run is given up by `DISCARD`.
   */
  abandon(): void {
    const { out } = this;
    this.isBroken = this.pieces === 'written' && this.hasLeaked;
    const isOpen = this.transaction !== 'none';
    if (isOpen) this.counts.dropped += this.commandsInTransaction;
    out.rollback();
    this.selectedDb = this.committedDb;
    if (isOpen && this.hasLeaked && !this.isBroken) {
      out.beginWith(DISCARD);
      this.selectedDb = -1;
      out.commit();
    }
    this.transaction = 'none';
    this.pieces = 'none';
    this.hasLeaked = false;
  }

  // ---- the frame -------------------------------------------------------------------------------------------------

  private select(command: LoggedCommand): void {
    // With databases left out or changed, one is selected when it is needed.
    if (this.isShaping) return;
    this.out.command(command.bytes, command.start, command.end);
    this.selectedDb = numberIn(command, 1);
  }

  private multi(command: LoggedCommand): void {
    this.transaction = 'begun';
    this.commandsInTransaction = 0;
    if (this.isShaping) return;
    this.out.command(command.bytes, command.start, command.end);
    this.transaction = 'open';
  }

  private exec(command: LoggedCommand): void {
    if (this.transaction === 'none' || !this.isShaping) this.out.command(command.bytes, command.start, command.end);
    else if (this.transaction === 'open') this.out.beginWith(EXEC);
    this.transaction = 'none';
  }

  /** Before a command is written: its database, and the transaction that it stands in. */
  private begin(db: number | null): void {
    if (this.transaction === 'begun') {
      this.out.beginWith(MULTI);
      this.transaction = 'open';
    }
    if (db === null || this.selectedDb === db) return;
    this.out.beginWith(SELECT);
    this.out.bulkInteger(db);
    this.selectedDb = db;
  }

  /** At the border of a command. */
  private settle(): void {
    if (this.transaction !== 'none') {
      this.settlePart();
      return;
    }
    this.out.commit();
    this.committedDb = this.selectedDb;
    this.hasLeaked = false;
  }

  /** Within a transaction or a command: what waits stays small. */
  private settlePart(): void {
    if (this.out.pos - this.out.committed < this.holdBytes) return;
    this.out.commit();
    this.committedDb = this.selectedDb;
    this.hasLeaked = true;
  }

  // ---- a command -------------------------------------------------------------------------------------------------

  private other(command: LoggedCommand): void {
    const spec = findCommand(command);
    this.edits.clear();
    if (spec === null) {
      this.unknown(command);
      return;
    }
    if (!this.isShaping) {
      if (emptiesDatabases(spec)) this.noteEmptying(spec);
      if (!this.adapted(spec, command)) return;
      this.begin(command.db);
      this.write(command);
      return;
    }
    if (isAboutDatabases(spec)) {
      if (emptiesDatabases(spec)) this.noteEmptying(spec);
      this.aboutDatabases(spec, command);
      return;
    }
    findKeys(spec, command, this.keys);
    if (!this.selection.acceptsDb(command.db) && (this.keys.count > 0 || !isAboutCode(spec))) {
      this.counts.unselected.db++;
      return;
    }
    if (COMPUTING.has(spec.name) || (spec.name === 'SORT' && looksUpKeys(command))) this.noteComputing(spec);
    if (this.shaped(spec, command) && this.adapted(spec, command)) {
      this.begin(this.selection.mappedDb(command.db));
      this.write(command);
    }
  }

  private aboutDatabases(spec: CommandSpec, command: LoggedCommand): void {
    findKeys(spec, command, this.keys);
    if (this.keys.count > 0 && this.selection.acceptsDb(command.db)) {
      const isWanted = this.refusal(command, this.keys.at(this.keys.target < 0 ? 0 : this.keys.target)) === null;
      if (!isWanted) {
        this.counts.unselected.key++;
        return;
      }
      for (let i = 0; i < this.keys.count; i++) this.renameKey(command, this.keys.at(i));
      const isWhole = this.keys.count < 2 || this.refusal(command, this.keys.at(0)) === null;
      if (!isWhole) {
        this.impossible('LOG_NEEDS_OTHER_KEYS', command, `${spec.name} reads a key that was left out`);
        return;
      }
    }
    if (!this.databases.write(spec, command)) this.counts.unselected.db++;
  }

  /** Copies the command, or writes it with its changes. */
  private write(command: LoggedCommand): void {
    const { out, edits } = this;
    if (this.pieces === 'left out') this.pieces = 'written';
    if (edits.isEmpty) {
      out.command(command.bytes, command.start, command.end);
      return;
    }
    edits.write(command, command.present, out);
    // What follows the last argument that is there, and its line end, is the beginning of the next one.
    if (command.present < command.argc) out.copy(command.bytes, command.argEnd(command.present - 1) + 2, command.end);
  }

  private unknown(command: LoggedCommand): void {
    this.counts.unknown++;
    const name = printableName(command.bytes, command.argStart(0), command.argEnd(0));
    if (this.noted.size < MOST_NAMES)
      this.noteOnce('LOG_UNKNOWN_COMMAND', `no known server has the command ${name}: it is written as it is`);
    if (!this.selection.acceptsDb(command.db)) {
      this.counts.unselected.db++;
      return;
    }
    this.begin(this.selection.mappedDb(command.db));
    this.write(command);
  }

  // ---- its keys --------------------------------------------------------------------------------------------------

  /** Whether something of the command is to be written as it is, apart from what is in the edits afterwards. */
  private shaped(spec: CommandSpec, command: LoggedCommand): boolean {
    const { keys, selection } = this;
    if (keys.count === 0 || (!selection.selectsNames && !selection.renamesKeys)) return true;
    if (keys.at(keys.count - 1) >= command.present) {
      this.impossible('LOG_NEEDS_OTHER_KEYS', command, `${spec.name} is too long to be looked through for its keys`);
      return false;
    }
    let wanted = 0;
    let reason: 'key' | 'slot' = 'key';
    for (let i = 0; i < keys.count; i++) {
      const refusal = this.refusal(command, keys.at(i));
      if (refusal === null) wanted++;
      else reason = refusal;
    }
    const isTargetWanted = keys.target < 0 || this.refusal(command, keys.at(keys.target)) === null;
    if (wanted === 0 || !isTargetWanted) {
      this.counts.unselected[reason]++;
      return false;
    }
    if (wanted < keys.count && !this.split(spec, command, wanted)) return false;
    for (let i = 0; i < keys.count; i++) this.renameKey(command, keys.at(i));
    return true;
  }

  /** Leaves out the keys that are not wanted, if the command can do without them; else writes or reports what it can. */
  private split(spec: CommandSpec, command: LoggedCommand, wanted: number): boolean {
    const { keys, edits, counts } = this;
    if (spec.unit > 0 && command.present === command.argc) {
      for (let i = 0; i < keys.count; i++) {
        if (this.refusal(command, keys.at(i)) === null) continue;
        for (let k = 0; k < spec.unit; k++) edits.drop(keys.at(i) + k);
      }
      if (spec.name === 'MSETEX') edits.number(1, wanted);
      counts.split++;
      return true;
    }
    if (keys.count === 2 && keys.target < 0 && this.writePart(spec, command)) {
      counts.split++;
      return false;
    }
    this.impossible('LOG_NEEDS_OTHER_KEYS', command, `${spec.name} needs keys that were left out`);
    return false;
  }

  private writePart(spec: CommandSpec, command: LoggedCommand): boolean {
    const isSource = this.refusal(command, this.keys.at(0)) === null;
    const part = partOf(spec.name, command, isSource);
    if (part === null) return false;
    const { out } = this;
    this.begin(this.selection.mappedDb(command.db));
    out.beginWith(part.head);
    this.writeKey(command, this.keys.at(isSource ? 0 : 1));
    for (const at of part.more) out.bulk(command.bytes, command.argStart(at), command.argEnd(at));
    return true;
  }

  private writeKey(command: LoggedCommand, at: number): void {
    const rename = this.renameOf(command, at);
    const { bytes } = command;
    if (rename === null) this.out.bulk(bytes, command.argStart(at), command.argEnd(at));
    else writeRenamed(bytes, command.argStart(at), command.argEnd(at), rename, this.out);
  }

  private renameKey(command: LoggedCommand, at: number): void {
    const rename = this.renameOf(command, at);
    if (rename !== null) this.edits.rename(at, rename);
  }

  private renameOf(command: LoggedCommand, at: number): PrefixRename | null {
    if (!this.selection.renamesKeys) return null;
    return this.selection.renameOf(command.bytes, command.argStart(at), command.argEnd(at));
  }

  private refusal(command: LoggedCommand, at: number): 'key' | 'slot' | null {
    return this.selection.refusalOfName(command.bytes, command.argStart(at), command.argEnd(at));
  }

  // ---- its other arguments ----------------------------------------------------------------------------------------

  /** Changes what a client may not say, and the time of expiry as the options want it. Returns whether anything of the command is left. */
  private adapted(spec: CommandSpec, command: LoggedCommand): boolean {
    if (spec.name === 'XADD' && withoutProducer(firstOf(command), this.edits)) this.noteProducer(command);
    if (!this.changesTimes) return true;
    const rule = EXPIRY_RULES.get(spec.name);
    if (rule === undefined) return true;
    const { site, edits, options } = this;
    site.clear();
    rule(firstOf(command), site);
    if (site.at < 0) return true;
    if (options.stripTtl) return this.withoutTime(spec);
    const time = timeAt(command, site);
    if (time === null) return true;
    let changed = time + (options.shiftTtlMs ?? 0);
    const postponed = options.postponeExpiredTo ?? null;
    if (postponed !== null && changed <= this.now) {
      changed = postponed;
      this.counts.postponedTimes++;
    }
    if (changed !== time) edits.number(site.at, site.isSeconds ? Math.ceil(changed / 1000) : Math.max(1, changed));
    return true;
  }

  private withoutTime(spec: CommandSpec): boolean {
    const { site, edits } = this;
    if (spec.name.startsWith('RESTORE')) {
      edits.number(site.at, 0);
      return true;
    }
    if (site.optionAt < 0) {
      this.counts.stripped++;
      return false;
    }
    edits.drop(site.optionAt);
    edits.drop(site.at);
    return true;
  }

  // ---- notes -----------------------------------------------------------------------------------------------------

  private impossible(code: NoteCode, command: LoggedCommand, message: string): void {
    this.counts.impossible++;
    const at = this.keys.count === 0 ? -1 : this.firstWanted(command);
    const key = at < 0 ? null : command.bytes.slice(command.argStart(at), command.argEnd(at));
    this.options.onNote?.({ code, level: NOTE_LEVELS[code], db: command.db, key, message: `${message}: not written` });
  }

  private firstWanted(command: LoggedCommand): number {
    for (let i = 0; i < this.keys.count; i++) {
      const at = this.keys.at(i);
      if (at < command.present && this.refusal(command, at) === null) return at;
    }
    return -1;
  }

  private noteProducer(command: LoggedCommand): void {
    const key = command.bytes.slice(command.argStart(1), command.argEnd(1));
    const message = 'records of idempotent producers are lost, only a server that loads its log takes them';
    this.options.onNote?.({
      code: 'STREAM_IDMP_LOST',
      level: NOTE_LEVELS.STREAM_IDMP_LOST,
      db: command.db,
      key,
      message,
    });
  }

  private noteEmptying(spec: CommandSpec): void {
    this.noteOnce('LOG_EMPTIES_TARGET', `the log has ${spec.name}: what the target held before is emptied as well`);
  }

  private noteComputing(spec: CommandSpec): void {
    if (!this.selection.selectsNames && !this.selection.renamesKeys) return;
    this.noteOnce('LOG_COMPUTED_KEYS', `${spec.name} may reach keys whose names it makes up: these are not looked at`);
  }

  private noteOnce(code: NoteCode, message: string): void {
    if (this.noted.has(message)) return;
    this.noted.add(message);
    this.options.onNote?.({ code, level: NOTE_LEVELS[code], db: 0, key: null, message });
  }
}

/** Commands that concern no database at all. */
function isAboutCode({ name }: CommandSpec): boolean {
  return name.startsWith('FUNCTION') || name === 'SCRIPT' || name === 'PUBLISH' || name === 'SPUBLISH';
}

/** Whether a `SORT` gets values by patterns of keys. */
function looksUpKeys(command: LoggedCommand): boolean {
  for (let i = 2; i < command.present; i++)
    if (argumentIs(command, i, 'BY') || argumentIs(command, i, 'GET')) return true;
  return false;
}

/** The number in an argument, −1 when there is none. */
function numberIn(command: LoggedCommand, at: number): number {
  if (at >= command.present) return -1;
  let value = 0;
  for (let i = command.argStart(at); i < command.argEnd(at); i++) {
    const digit = (command.bytes[i] as number) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** The arguments that are there. */
function firstOf(command: LoggedCommand): CommandArguments {
  if (command.present === command.argc) return command;
  return {
    bytes: command.bytes,
    argc: command.present,
    argStart: (i) => command.argStart(i),
    argEnd: (i) => command.argEnd(i),
  };
}

function printableName(bytes: Uint8Array, start: number, end: number): string {
  const text = String.fromCharCode(...bytes.subarray(start, Math.min(end, start + LONGEST_NAME)));
  return text.replace(/[^\x21-\x7e]/g, '.');
}
