/** Records within the input: bytes that have to be unpacked, or put together, before they can be read. */
import { DataError } from '@rdbkit/bytes';
import type { RdbVisitor } from '../visitor.ts';
import { Decoding, type Rule, SETTLED } from './decoding.ts';
import { RdbInput } from './input.ts';
import { PackedFault } from './packed-cursor.ts';

/** Held back bytes are revealed, and consumers let on, in steps of this size. */
const STEP_BYTES = 64 * 1024;
const PAUSE_BYTES = 256 * 1024;

/** A decoding of bytes that all came from one place of the input. */
export function decodingWithin(d: Decoding, visitor: RdbVisitor, db: number, origin: number): Decoding {
  const inner = new Decoding(new RdbInput(false, d.options.maxStringBytes), visitor, d.options, d);
  inner.header.db = db;
  inner.origin = origin;
  inner.header.offset = origin;
  return inner;
}

/**
 * Feeds bytes to a rule and runs it as far as they allow. It pauses now and then, for the consumer's sake.
 *
 * @returns whether the rule has come to its end.
 * @throws {DataError} with the offset where it all came from, and the path that the rule knew.
 */
export function* pour(d: Decoding, rule: Rule, bytes: Uint8Array, what: string): Rule<boolean> {
  const { input, pace } = d;
  input.feed(bytes, 0, bytes.length);
  pace.done += bytes.length;
  for (;;) {
    if (run(d, rule, what)) return true;
    if (pace.paused) yield;
    else if (input.heldBack > 0) input.reveal(STEP_BYTES);
    else break;
  }
  if (pace.done >= PAUSE_BYTES) {
    pace.done = 0;
    pace.paused = true;
    yield;
  }
  return false;
}

function run(d: Decoding, rule: Rule, what: string): boolean {
  try {
    return rule.next().done === true;
  } catch (error) {
    const fault = error instanceof PackedFault ? d.locate(error) : error;
    if (!(fault instanceof DataError) || SETTLED.has(fault)) throw fault;
    d.situate(fault);
    const { db, key, element } = fault.path;
    const place = `byte ${fault.offset} of ${what}`;
    fault.path = { db, key, element: element === null ? place : `${element}, ${place}` };
    fault.offset = d.origin;
    SETTLED.add(fault);
    throw fault;
  }
}
