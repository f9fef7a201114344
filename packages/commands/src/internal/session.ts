/** What the writers of the different kinds of values share: the output, the key being written, options, notes, counts. */
import { type Int64, writeDecimal } from '@rdbkit/bytes';
import type { ValueKind } from '@rdbkit/rdb';
import { ByteBuffer, encodeHead, type RespBuffer } from '@rdbkit/resp';
import type { Capabilities } from '../capabilities.ts';
import { type EmitCounts, type Way, zeroCounts } from '../counts.ts';
import { NOTE_LEVELS, type Note, type NoteCode } from '../notes.ts';
import type { ResolvedEmitOptions } from '../options.ts';
import { temporaryKey } from './temporary-key.ts';

const SELECT = encodeHead(2, 'SELECT');
const DEL = encodeHead(2, 'DEL');
const PEXPIREAT = encodeHead(3, 'PEXPIREAT');
const EXPIREAT = encodeHead(3, 'EXPIREAT');
const RENAMENX = encodeHead(3, 'RENAMENX');
const RENAME = encodeHead(3, 'RENAME');

const MAX_INT64 = 0x7fff_ffff_ffff_ffffn;

/** Room for the `$…` line before a key. */
const HEAD_ROOM = 24;

export class Session {
  out: RespBuffer;
  readonly options: ResolvedEmitOptions;
  readonly caps: Capabilities;
  readonly counts: EmitCounts = zeroCounts();
  private readonly onNote: ((note: Note) => void) | null;
  private readonly noted = new Set<string>();
  private readonly suffix: Uint8Array;

  /** Number of the key at hand, as the reader counts them. */
  keyNumber = -1;
  /** Database and kind of the key being written. */
  db = 0;
  kind: ValueKind = 'string';
  /** Its expiry, after shaping. */
  expireAtMs: Int64 | null = null;
  /** Seconds since its last use, or how often it is used, as `RESTORE` takes them. */
  idleSeconds: Int64 | null = null;
  freq: number | null = null;
  /** The KEY_META block that belongs into its payload. */
  metadata: Uint8Array | null = null;
  /** It is not to be evicted, and no command has said so yet. */
  isSticky = false;
  /** How it was written, once it is. */
  way: Way | null = null;
  /** Where in `out` the commands begin that give a value built aside its name, −1 when there are none; and their number. */
  finishAt = -1;
  finishCommands = 0;
  /** Whether its first command has been written. */
  began = false;
  /** The key that commands name, as a bulk string: `name.bytes[0, name.pos)`. */
  readonly name: ByteBuffer = new ByteBuffer(256);
  /** The bytes of the key within `name`. */
  private nameAt = 0;
  /** The key to rename to in the end; empty when commands name the key itself. */
  private finalName: Uint8Array | null = null;

  /** Database selected at the target, −1 for none. */
  selected = -1;
  private committedSelected = -1;

  constructor(
    out: RespBuffer,
    options: ResolvedEmitOptions,
    caps: Capabilities,
    onNote: ((note: Note) => void) | null,
  ) {
    this.out = out;
    this.options = options;
    this.caps = caps;
    this.onNote = onNote;
    this.suffix = new TextEncoder().encode(options.temporarySuffix);
  }

  // ---- the key ---------------------------------------------------------------------------------------------------

  /** Keeps a key as the one that commands name. */
  setName(bytes: Uint8Array, start: number, end: number): void {
    const { name } = this;
    name.pos = 0;
    name.reserve(HEAD_ROOM);
    name.bytes[0] = 0x24;
    let pos = writeDecimal(name.bytes, 1, end - start);
    name.bytes[pos++] = 0x0d;
    name.bytes[pos++] = 0x0a;
    name.pos = pos;
    this.nameAt = pos;
    name.copy(bytes, start, end);
    name.reserve(2);
    name.bytes[name.pos] = 0x0d;
    name.bytes[name.pos + 1] = 0x0a;
    name.pos += 2;
    this.finalName = null;
  }

  /** Appends the key as an argument. */
  key(): void {
    this.out.copy(this.name.bytes, 0, this.name.pos);
  }

  /** The bytes of the key that is written in the end, owned by the caller. */
  keyBytes(): Uint8Array {
    return this.finalName ?? this.name.bytes.slice(this.nameAt, this.name.pos - 2);
  }

  // ---- commands around a value -----------------------------------------------------------------------------------

  select(): void {
    if (this.selected === this.db || !this.options.select) return;
    this.selected = this.db;
    this.out.beginWith(SELECT);
    this.out.bulkInteger(this.db);
  }

  /** The database that others have selected. */
  setSelected(db: number): void {
    this.selected = db;
    this.committedSelected = db;
  }

  /** Before the first command of a value that takes several. */
  begin(): void {
    this.began = true;
    this.select();
    if (this.isBuiltAside) this.beginTemporary();
    else if (this.options.existing === 'replace') this.del();
  }

  /** As {@link Session.begin} for a value whose first command overwrites what is there. */
  beginOverwriting(): void {
    this.began = true;
    this.select();
    if (this.isBuiltAside) this.beginTemporary();
  }

  private get isBuiltAside(): boolean {
    return this.options.existing === 'keep' || this.options.build === 'aside';
  }

  /** From here on commands name a key of our own, which {@link Session.end} renames if that finds nothing in its place. */
  private beginTemporary(): void {
    const final = this.keyBytes();
    const temporary = temporaryKey(final, 0, final.length, this.suffix);
    this.setName(temporary, 0, temporary.length);
    this.finalName = final;
    this.del();
  }

  del(): void {
    this.out.beginWith(DEL);
    this.key();
  }

  expire(): void {
    const { expireAtMs, out } = this;
    if (expireAtMs === null) return;
    if (this.caps.milliseconds) {
      out.beginWith(PEXPIREAT);
      this.key();
      out.bulkInteger(expireAtMs);
      return;
    }
    const ms = Number(expireAtMs);
    const seconds = Math.floor(ms / 1000);
    if (seconds * 1000 !== ms)
      this.note('EXPIRY_CUT', 'the expiry is cut to whole seconds, the target has no PEXPIREAT');
    out.beginWith(EXPIREAT);
    this.key();
    out.bulkInteger(seconds);
  }

  /** After the last command of a value that was begun: its expiry, and its final name. */
  end(way: Way): void {
    this.expire();
    const { finalName, out } = this;
    if (finalName !== null) {
      this.finishAt = out.pos;
      this.finishCommands = out.commands;
      const isKept = this.options.existing === 'keep';
      out.beginWith(isKept ? RENAMENX : RENAME);
      this.key();
      out.bulk(finalName, 0, finalName.length);
      if (isKept) this.del();
      this.finishCommands = out.commands - this.finishCommands;
      this.setName(finalName, 0, finalName.length);
    }
    this.written(way);
  }

  /** The key is written. */
  written(way: Way): void {
    this.way = way;
  }

  /** Counts the key, if it was written. */
  count(): void {
    if (this.way === null) return;
    const { kinds, ways } = this.counts;
    // Names that are written out are places in an object; one in a variable has to be looked up (`commands/plain mixed`).
    switch (this.kind) {
      case 'string':
        kinds.string++;
        break;
      case 'hash':
        kinds.hash++;
        break;
      default:
        kinds[this.kind]++;
    }
    switch (this.way) {
      case 'set':
        ways.set++;
        break;
      case 'commands':
        ways.commands++;
        break;
      case 'restore':
        ways.restore++;
        break;
      default:
        ways[this.way]++;
    }
  }

  // ---- borders ---------------------------------------------------------------------------------------------------

  /** What was written stays. */
  commit(): void {
    this.out.commit();
    this.committedSelected = this.selected;
  }

  /** At the border of a command within a key. */
  checkpoint(): void {
    if (this.out.pos - this.out.committed > this.options.flushBytes) this.commit();
  }

  /** Nothing of the key is written, as far as it is not committed. */
  drop(): void {
    this.out.rollback();
    this.finishAt = -1;
    this.selected = this.committedSelected;
    this.began = false;
    this.way = null;
  }

  // ---- expiry ----------------------------------------------------------------------------------------------------

  /** An expiry after shaping. */
  shapeExpiry(expireAtMs: Int64): Int64 | null {
    if (this.options.stripTtl) return null;
    const shifted = this.shiftExpiry(expireAtMs);
    const { postponeExpiredTo } = this.options;
    if (postponeExpiredTo === null || !this.hasExpired(shifted)) return shifted;
    this.counts.postponedTimes++;
    return postponeExpiredTo;
  }

  private shiftExpiry(expireAtMs: Int64): Int64 {
    const { shiftTtlMs } = this.options;
    if (shiftTtlMs === 0) return expireAtMs;
    if (typeof expireAtMs === 'number') {
      const shifted = expireAtMs + shiftTtlMs;
      if (Number.isSafeInteger(shifted)) return shifted;
    }
    const shifted = BigInt(expireAtMs) + BigInt(shiftTtlMs);
    return shifted > MAX_INT64 ? MAX_INT64 : shifted;
  }

  /** Appends an expiry as an argument that must be greater than 0. */
  positiveTime(expireAtMs: Int64): void {
    this.out.bulkInteger(expireAtMs > 0 ? expireAtMs : 1);
  }

  hasExpired(expireAtMs: Int64): boolean {
    return expireAtMs <= this.options.now;
  }

  // ---- notes -----------------------------------------------------------------------------------------------------

  /** Reports something about the key. */
  note(code: NoteCode, message: string): void {
    if (this.onNote === null) return;
    this.onNote({ code, level: NOTE_LEVELS[code], db: this.db, key: this.keyBytes(), message });
  }

  /** Reports something about the whole, unless it was. */
  noteOnce(code: NoteCode, message: string, what = ''): void {
    const id = `${code} ${what}`;
    if (this.noted.has(id)) return;
    this.noted.add(id);
    if (this.onNote !== null) this.onNote({ code, level: NOTE_LEVELS[code], db: this.db, key: null, message });
  }

  /** Reports that a key is left out because the target cannot hold it. */
  impossible(code: NoteCode, message: string): void {
    this.note(code, message);
    this.counts.impossibleKeys++;
  }
}
