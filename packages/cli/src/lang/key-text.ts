/**
 * Keys as users type them.
 *
 * @module
 */

const ESCAPES: Readonly<Record<string, number>> = {
  n: 0x0a,
  r: 0x0d,
  t: 0x09,
  a: 0x07,
  b: 0x08,
  '\\': 0x5c,
  '"': 0x22,
};

const TOKEN = /\\x([0-9a-fA-F]{2})|\\([nrtab\\"])|\\|"|[^\\"]/gu;

/**
 * The bytes of a key. In double quotes it is read as it is printed, by `redis-cli` and by us: `"\xff\n"`; anything else is
 * the name itself.
 *
 * @throws RangeError for what is in quotes but cannot be read.
 */
export function parseKey(text: string): Uint8Array {
  const encoder = new TextEncoder();
  if (text.length < 2 || !text.startsWith('"') || !text.endsWith('"')) return encoder.encode(text);
  const bytes: number[] = [];
  for (const [token, hex, escape] of text.slice(1, -1).matchAll(TOKEN)) {
    if (hex !== undefined) bytes.push(Number.parseInt(hex, 16));
    else if (escape !== undefined) bytes.push(ESCAPES[escape] ?? 0);
    else if (token === '\\' || token === '"') throw new RangeError(`${text} has ${faultOf(token)} in its quotes`);
    else bytes.push(...encoder.encode(token));
  }
  return Uint8Array.from(bytes);
}

function faultOf(token: string): string {
  return token === '"'
    ? 'a quote that is not written as \\"'
    : 'a backslash that is not part of \\xff, \\n, \\r, \\t, \\a, \\b, \\\\ or \\"';
}
