/** Looking into commands that were written here: offsets only, nothing is checked that our own encoder guarantees. */

const CR = 0x0d;
const ZERO = 0x30;

/** The end of the line that was read last. */
let lineEnd = 0;

/** Reads the number in the line `*12` or `$12` at `pos`. */
function numberAt(bytes: Uint8Array, pos: number): number {
  let value = 0;
  let at = pos + 1;
  for (let byte = bytes[at] as number; byte !== CR; byte = bytes[++at] as number) value = value * 10 + byte - ZERO;
  lineEnd = at + 2;
  return value;
}

/** A bulk string: its content is `bytes[start, end)`, what follows it begins at `next`. */
export interface Bulk {
  start: number;
  end: number;
  next: number;
}

/** Finds the bulk string at `pos`. */
export function bulkAt(bytes: Uint8Array, pos: number): Bulk {
  const length = numberAt(bytes, pos);
  const start = lineEnd;
  return { start, end: start + length, next: start + length + 2 };
}

/** How many arguments the command at `pos` has, its name counted. */
export function argumentCount(bytes: Uint8Array, pos: number): number {
  return numberAt(bytes, pos);
}

/** Finds an argument of the command at `pos`; 0 is its name. */
export function argumentAt(bytes: Uint8Array, pos: number, index: number): Bulk {
  numberAt(bytes, pos);
  let bulk = bulkAt(bytes, lineEnd);
  for (let i = 0; i < index; i++) bulk = bulkAt(bytes, bulk.next);
  return bulk;
}

/** Where the command at `pos` ends. */
export function commandEnd(bytes: Uint8Array, pos: number): number {
  const count = numberAt(bytes, pos);
  let at = lineEnd;
  for (let i = 0; i < count; i++) {
    const length = numberAt(bytes, at);
    at = lineEnd + length + 2;
  }
  return at;
}
