/**
 * Byte strings out of a dump as text that is safe to print: nothing in a key can move the cursor, change colours, turn
 * the direction of writing, or pass for the end of the quotes.
 *
 * @module
 */
import { Buffer, isUtf8 } from 'node:buffer';

/** Bytes of a key that are looked at; the longest line of a terminal shows fewer. */
const LOOKED_AT = 1024;

/** What has no shape of its own or changes how its neighbours are shown: escaped although it is valid text. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Cs}]/u;

/** What cannot stand between quotes as it is. */
const ESCAPED = /["\\\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Cs}]/u;

/** Takes two columns of a terminal; near enough for cutting to a width. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** Takes no column. */
const COMBINING = /\p{Mn}|\p{Me}/u;

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * A byte string in double quotes, as `redis-cli` shows it but with valid UTF-8 left readable: `"user:1"`, `"ä\xff\n"`.
 * What is longer than `width` columns is cut, with an ellipsis after the closing quote.
 *
 * @param lookedAt - Bytes that are looked at, at most: more than a line shows need not be.
 */
export function printable(bytes: Uint8Array, width = 80, lookedAt: number = LOOKED_AT): string {
  const looked = bytes.length > lookedAt ? bytes.subarray(0, lookedAt) : bytes;
  const plain = plainText(looked);
  // No character takes more than two columns.
  if (plain !== null && 3 + 2 * plain.length <= width) return bytes.length > lookedAt ? `"${plain}"…` : `"${plain}"`;
  let text = '';
  let columns = 3;
  for (const part of parts(looked)) {
    columns += columnsOf(part);
    if (columns > width) return `"${text}"…`;
    text += part;
  }
  return bytes.length > lookedAt ? `"${text}"…` : `"${text}"`;
}

/** The text as a whole, if nothing in it needs an escape. */
function plainText(bytes: Uint8Array): string | null {
  if (!isUtf8(bytes)) return null;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  return ESCAPED.test(text) ? null : text;
}

/** The pieces that may not be cut: an escape or a character. */
function* parts(bytes: Uint8Array): Generator<string> {
  let i = 0;
  while (i < bytes.length) {
    const length = characterLength(bytes, i);
    const character = length === 0 ? undefined : strict.decode(bytes.subarray(i, i + length));
    if (character === undefined) {
      yield hex(bytes[i] ?? 0);
      i++;
      continue;
    }
    const escaped = SHORT_ESCAPES[character];
    if (escaped !== undefined) yield escaped;
    else if (INVISIBLE.test(character)) yield Array.from(bytes.subarray(i, i + length), hex).join('');
    else yield character;
    i += length;
  }
}

/** Length of the UTF-8 character at `at`, 0 when there is none. */
function characterLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  try {
    strict.decode(bytes.subarray(at, at + length));
    return length;
  } catch {
    return 0;
  }
}

function hex(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}

/** Columns of a terminal that a text takes which has no control characters. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) width += columnsOf(character);
  return width;
}

function columnsOf(part: string): number {
  if (part.length > 2 || part.startsWith('\\')) return part.length;
  if (COMBINING.test(part)) return 0;
  return WIDE.test(part) ? 2 : 1;
}

/** Text from outside (a file name, an argument) made safe in the same way, but without quotes. */
export function printableText(text: string, width: number = Number.POSITIVE_INFINITY): string {
  const quoted = printable(new TextEncoder().encode(text).subarray(0, LOOKED_AT), width);
  return quoted.replace(/^"|"(?=…?$)/g, '').replace(/\\(["\\])/g, '$1');
}
