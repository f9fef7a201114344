/** The name under which a value is built before it is renamed: in the same cluster slot as its key. */
import { keySlot } from '@rdbkit/bytes';

const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

/** @returns Bytes of a name with the slot of `bytes[start, end)` that ends in `suffix`. */
export function temporaryKey(bytes: Uint8Array, start: number, end: number, suffix: Uint8Array): Uint8Array {
  const name = bytes.subarray(start, end);
  const open = name.indexOf(OPENING_BRACE);
  const close = open < 0 ? -1 : name.indexOf(CLOSING_BRACE, open + 1);
  // The key's own hash tag also rules the longer name.
  if (close > open + 1) return join(name, suffix);
  // Without a tag the whole key decides, and it can be the tag unless a brace in it would end that early.
  if (name.length > 0 && !name.includes(CLOSING_BRACE))
    return join(Uint8Array.of(OPENING_BRACE), name, Uint8Array.of(CLOSING_BRACE), suffix);
  return join(tagOfSlot(keySlot(bytes, start, end)), name, suffix);
}

/** A number for each slot that was met, as hash tag: found by trying one after the other. */
const TAGS = new Map<number, Uint8Array>();
let tried = 0;

function tagOfSlot(slot: number): Uint8Array {
  const encoder = new TextEncoder();
  for (let known = TAGS.get(slot); ; known = TAGS.get(slot)) {
    if (known !== undefined) return known;
    const tag = encoder.encode(`{${tried++}}`);
    const met = keySlot(tag, 0, tag.length);
    if (!TAGS.has(met)) TAGS.set(met, tag);
  }
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
