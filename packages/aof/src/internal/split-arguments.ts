/**
 * A line of a manifest, split and quoted as servers do it (`sdssplitargs` and `sdscatrepr` in sds.c).
 *
 * Tokens are separated by white space. `"…"` knows the escapes `\xHH`, `\n`, `\r`, `\t`, `\b`, `\a` and takes any other
 * character behind a backslash as it is; `'…'` only knows `\'`. A quote may begin in the middle of a token, and must be followed by
 * white space or the end.
 */
import { latin1 } from './names.ts';

const BACKSLASH = '\\';
const SPACE = /[ \t\n\v\f\r]/;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', a: '\x07' };

/**
 * Splits a line into tokens.
 *
 * @param line - One character for each byte.
 * @returns tokens of the same kind; `null` when a quote is not closed, or something follows it directly.
 */
export function splitArguments(line: string): string[] | null {
  const tokens: string[] = [];
  let at = 0;
  for (;;) {
    while (at < line.length && SPACE.test(line[at])) at++;
    if (at === line.length) return tokens;
    let token = '';
    for (let isOpen = true; isOpen && at < line.length; ) {
      const character = line[at];
      if (character === '"' || character === "'") {
        const end = closingQuote(line, at);
        if (end < 0 || (end + 1 < line.length && !SPACE.test(line[end + 1]))) return null;
        const inner = line.slice(at + 1, end);
        token += character === '"' ? unescapeDouble(inner) : inner.replaceAll("\\'", "'");
        at = end + 1;
        isOpen = false;
      } else if (SPACE.test(character)) {
        isOpen = false;
      } else {
        token += character;
        at++;
      }
    }
    tokens.push(token);
  }
}

/** Index of the quote that closes the one at `at`, or −1. */
function closingQuote(line: string, at: number): number {
  const quote = line[at];
  for (let i = at + 1; i < line.length; i++) {
    if (line[i] === quote) return i;
    if (line[i] === BACKSLASH && (quote === '"' || line[i + 1] === quote)) i++;
  }
  return -1;
}

function unescapeDouble(text: string): string {
  return text.replaceAll(/\\(?:x([0-9a-fA-F]{2})|([^]))/g, (_, hex: string | undefined, other: string) =>
    hex === undefined ? (ESCAPES[other] ?? other) : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** The name as it stands in a manifest: in quotes when it needs them. */
export function quoteArgument(name: Uint8Array): string {
  const text = latin1(name);
  // Servers leave a single quote as it is, which they cannot read again.
  if (!/[^!-~]|[\\"']/.test(text)) return text;
  const escaped = text.replaceAll(/[^ -~]|[\\"]/g, (character) => {
    if (character === BACKSLASH || character === '"') return `\\${character}`;
    const letter = Object.keys(ESCAPES).find((key) => ESCAPES[key] === character);
    return letter === undefined ? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}` : `\\${letter}`;
  });
  return `"${escaped}"`;
}
