/**
 * What the servers' commands do, and to which keys.
 *
 * @module
 */
import { type Access, COMMAND_ROWS } from './internal/command-rows.ts';
import { type CommandArguments, type KeyRule, parseKeyRule } from './internal/key-rule.ts';
import type { KeyPositions } from './key-positions.ts';

export type { Access } from './internal/command-rows.ts';
export type { CommandArguments } from './internal/key-rule.ts';

/** A command of the servers. */
export interface CommandSpec {
  /** In capitals; a subcommand with that of its container, as in `FUNCTION LOAD`. */
  readonly name: string;
  readonly access: Access;
  /**
   * Arguments that belong to each key, itself included, if the command can be split into one for each key without changing
   * what it does, as `DEL` and `MSET` can; 0 if it cannot.
   */
  readonly unit: number;
}

interface Entry extends CommandSpec {
  readonly bytes: Uint8Array;
  readonly rule: KeyRule;
  readonly isContainer: boolean;
}

/** More than twice the number of commands, and a power of two. */
const SLOTS = 2048;
const BLANK = 0x20;
const FNV_BASIS = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** Made when it is first needed, since most programs start without a log: it takes 3 ms. */
let table: (Entry | undefined)[] | null = null;

/**
 * Finds the command that the arguments begin with, in capitals or not, and which of its arguments are keys. Allocates
 * nothing.
 *
 * @param args - The arguments, for instance an `AofCommand`.
 * @param keys - Receives the positions of the keys.
 * @returns `null` for a command that no known server has; whether it has keys is not known either.
 * @example
 * ```ts
 * import { KeyPositions, keysOf } from '@rdbkit/commands';
 * const bytes = new TextEncoder().encode('zunionstore sum 2 a b WEIGHTS 2 1');
 * const words = [...new TextDecoder().decode(bytes).matchAll(/\S+/g)];
 * const keys = new KeyPositions();
 * const spec = keysOf(
 *   { bytes, argc: words.length, argStart: (i) => words[i].index, argEnd: (i) => words[i].index + words[i][0].length },
 *   keys,
 * );
 * console.log(spec?.name, keys.count, keys.at(0), keys.at(2), keys.target); // ZUNIONSTORE 3 1 4 0
 * ```
 */
export function keysOf(args: CommandArguments, keys: KeyPositions): CommandSpec | null {
  const command = findCommand(args);
  if (command === null) keys.clear();
  else findKeys(command, args, keys);
  return command;
}

/** The command alone, see {@link keysOf}. */
export function findCommand(args: CommandArguments): CommandSpec | null {
  const { bytes, argc } = args;
  if (argc === 0) return null;
  const start = args.argStart(0);
  const end = args.argEnd(0);
  const nameHash = hash(bytes, start, end, FNV_BASIS);
  let entry = find(bytes, start, end, 0, 0, nameHash);
  if (entry === undefined) return null;
  if (entry.isContainer && argc > 1) {
    const subStart = args.argStart(1);
    const subEnd = args.argEnd(1);
    const subHash = hash(bytes, subStart, subEnd, Math.imul(nameHash ^ BLANK, FNV_PRIME));
    entry = find(bytes, start, end, subStart, subEnd, subHash) ?? entry;
  }
  return entry;
}

/** Which arguments of a command that was found are keys. */
export function findKeys(command: CommandSpec, args: CommandArguments, keys: KeyPositions): void {
  keys.clear();
  (command as Entry).rule(args, keys);
}

/** FNV-1a of the bytes, letters as capitals. */
function hash(bytes: Uint8Array, start: number, end: number, basis: number): number {
  let value = basis;
  for (let i = start; i < end; i++) value = Math.imul(value ^ upper(bytes[i] as number), FNV_PRIME);
  return value;
}

function upper(byte: number): number {
  return byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte;
}

/** The entry of that name, or with a second range that of the name and the subcommand. */
function find(
  bytes: Uint8Array,
  start: number,
  end: number,
  subStart: number,
  subEnd: number,
  nameHash: number,
): Entry | undefined {
  table ??= makeTable();
  for (let slot = nameHash & (SLOTS - 1); ; slot = (slot + 1) & (SLOTS - 1)) {
    const entry = table[slot];
    if (entry === undefined || hasName(entry.bytes, bytes, start, end, subStart, subEnd)) return entry;
  }
}

function hasName(
  name: Uint8Array,
  bytes: Uint8Array,
  start: number,
  end: number,
  subStart: number,
  subEnd: number,
): boolean {
  const length = end - start;
  const subLength = subEnd - subStart;
  if (name.length !== (subEnd === 0 ? length : length + 1 + subLength)) return false;
  for (let i = 0; i < length; i++) if (name[i] !== upper(bytes[start + i] as number)) return false;
  if (subEnd === 0) return true;
  if (name[length] !== BLANK) return false;
  for (let i = 0; i < subLength; i++) if (name[length + 1 + i] !== upper(bytes[subStart + i] as number)) return false;
  return true;
}

function makeTable(): (Entry | undefined)[] {
  const entries: (Entry | undefined)[] = new Array<Entry | undefined>(SLOTS).fill(undefined);
  const encoder = new TextEncoder();
  const names = COMMAND_ROWS.flatMap(([access, keys, list]) =>
    list.split(' ').map((name) => ({ name: name.replace('|', ' '), access, ...parseKeyRule(keys) })),
  );
  const containers = new Set(names.flatMap(({ name }) => (name.includes(' ') ? [name.split(' ', 1)[0]] : [])));
  for (const { name, access, unit, rule } of names) {
    const bytes = encoder.encode(name);
    let slot = hash(bytes, 0, bytes.length, FNV_BASIS) & (SLOTS - 1);
    while (entries[slot] !== undefined) slot = (slot + 1) & (SLOTS - 1);
    entries[slot] = { name, access, unit, rule, bytes, isContainer: containers.has(name) };
  }
  return entries;
}
