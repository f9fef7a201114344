import type { CommandArguments, LoggedCommand } from '../src/index.ts';

/** The words of a command, one behind the other in one array. */
export function argumentsOf(words: readonly string[]): CommandArguments {
  const encoder = new TextEncoder();
  const parts = words.map((word) => encoder.encode(word));
  const ends: number[] = [];
  for (const part of parts) ends.push((ends.at(-1) ?? 0) + part.length);
  const bytes = new Uint8Array(ends.at(-1) ?? 0);
  for (const [i, part] of parts.entries()) bytes.set(part, (ends[i] as number) - part.length);
  return {
    bytes,
    argc: words.length,
    argStart: (i) => (ends[i] as number) - (parts[i] as Uint8Array).length,
    argEnd: (i) => ends[i] as number,
  };
}

/** A command as a log has it: RESP, with the places of its arguments. */
export function loggedCommand(words: readonly string[], db = 0, present: number = words.length): LoggedCommand {
  const encoder = new TextEncoder();
  const parts: Uint8Array[] = [encoder.encode(`*${words.length}\r\n`)];
  const spans: [number, number][] = [];
  let length = parts[0]?.length ?? 0;
  for (const word of words) {
    const bytes = encoder.encode(word);
    const head = encoder.encode(`$${bytes.length}\r\n`);
    spans.push([length + head.length, length + head.length + bytes.length]);
    parts.push(head, bytes, encoder.encode('\r\n'));
    length += head.length + bytes.length + 2;
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  const name = words[0]?.toUpperCase();
  const kind = name === 'SELECT' ? 'select' : name === 'MULTI' ? 'multi' : name === 'EXEC' ? 'exec' : 'other';
  return {
    bytes,
    start: 0,
    end: present < words.length ? (spans[present]?.[0] ?? 0) + 1 : length,
    kind,
    db,
    argc: words.length,
    present,
    argStart: (i) => spans[i]?.[0] ?? 0,
    argEnd: (i) => spans[i]?.[1] ?? 0,
  };
}
