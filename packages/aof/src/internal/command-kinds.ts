/** The commands that change what the reader has to know. */
import type { AofCommand, AofCommandKind } from '../command.ts';

const MAX_DB = 2 ** 31 - 1;
const MAX_DB_DIGITS = 10;

/** By length first: nearly every command is told apart by that. */
export function classify(command: AofCommand): AofCommandKind {
  const length = command.spans[1] - command.spans[0];
  if (length === 6) return command.argIs(0, 'SELECT') ? 'select' : 'other';
  if (length === 5) return command.argIs(0, 'MULTI') ? 'multi' : 'other';
  if (length === 4) return command.argIs(0, 'EXEC') ? 'exec' : 'other';
  return 'other';
}

/** The database that a `SELECT` names, or −1. */
export function readDb(command: AofCommand): number {
  if (command.argc !== 2) return -1;
  const start = command.argStart(1);
  const end = command.argEnd(1);
  if (start === end || end - start > MAX_DB_DIGITS) return -1;
  let db = 0;
  for (let at = start; at < end; at++) {
    const digit = command.bytes[at] - 0x30;
    if (digit < 0 || digit > 9) return -1;
    db = db * 10 + digit;
  }
  return db > MAX_DB ? -1 : db;
}
