/** A part of a file as one array. */
import type { AofFile } from '../files.ts';

/** The bytes `[start, end)`, or fewer where the file ends. Owned by the caller. */
export async function readBytes(file: AofFile, start: number, end: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of file.read(start, end)) {
    // A copy: `slice` of a Buffer is none.
    const piece = new Uint8Array(chunk.subarray(0, end - start - length));
    pieces.push(piece);
    length += piece.length;
    if (length === end - start) break;
  }
  if (pieces.length === 1) return pieces[0];
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
