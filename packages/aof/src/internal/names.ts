/** File names: bytes, of which most are text. */

const SLASH = 0x2f;
const BACKSLASH = 0x5c;

/** A name as the bytes it has in a file system. */
export function nameBytes(name: string | Uint8Array): Uint8Array {
  return typeof name === 'string' ? new TextEncoder().encode(name) : name;
}

export function sameName(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** One character for each byte: a key for maps, and something regular expressions can look at. */
export function latin1(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 1024) text += String.fromCharCode(...bytes.subarray(at, at + 1024));
  return text;
}

/** The name for a message: as text if it is any, else with escapes. */
export function nameText(name: Uint8Array): string {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(name);
  } catch {
    text = latin1(name);
  }
  return text.replaceAll(/[^\P{C}]|[^\S ]/gu, (character) =>
    [...new TextEncoder().encode(character)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join(''),
  );
}

/** What is wrong with a name that must stand for a file inside of its directory; `null` when nothing is. */
export function nameFault(name: Uint8Array): string | null {
  if (name.length === 0) return 'is empty';
  if (name.includes(SLASH) || name.includes(BACKSLASH)) return 'has a path separator in it';
  if (name.includes(0)) return 'has a zero byte in it';
  if (name.every((byte) => byte === 0x2e) && name.length <= 2) return 'stands for a directory';
  return null;
}
