import type { CommandArguments } from '../src/index.ts';

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
