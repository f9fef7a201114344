/** Reading one value at the level that the consumer asked for. */
import { LzfInflater, lzfFaultText } from '@rdbkit/bytes';
import type { Level } from '../visitor.ts';
import type { Decoding, Rule } from './decoding.ts';
import type { ValueRule } from './value-rules.ts';

const STRING = 0;

/**
 * Reads a value without a generator when it is one string, or is passed over, and the window has all of it. Returns false,
 * with nothing read and nothing delivered, when {@link readValue} has to do it.
 */
export function tryReadValue(d: Decoding, rule: ValueRule, level: Level): boolean {
  const { input } = d;
  if (level !== 'raw' && level !== 'skip') {
    input.sized = level === 'sizes';
    d.packed = level !== 'logical';
    if (rule.ofString === null) return false;
    if (d.header.typeCode === STRING) {
      if (input.sized ? !input.readSized() : isLongString(d) || !input.readString()) return false;
      // Most keys are strings: not by the rule, of which there are too many for the engine to guess which one is called.
      d.visitor.string(input.sb, input.ss, input.se);
      return true;
    }
    if (!input.readString()) return false;
    rule.ofString(d);
    return true;
  }
  const start = input.pos;
  if (!rule.trySkip(d)) return false;
  if (level === 'raw') {
    if (input.pos - start > d.options.rawBytes && !rule.isRawOnly) {
      input.pos = start;
      d.empty = false;
      return false;
    }
    deliverRaw(d, rule, start);
  }
  return true;
}

/** Reads a value of any length. No generator itself, because one more for each value is what shows (`commands/plain mixed`). */
export function readValue(d: Decoding, rule: ValueRule, level: Level): Rule {
  if (level === 'skip') return rule.skip(d);
  return level === 'raw' ? readRaw(d, rule) : decodeValue(d, rule, level);
}

function decodeValue(d: Decoding, rule: ValueRule, level: Exclude<Level, 'raw' | 'skip'>): Rule {
  d.packed = level !== 'logical';
  d.input.sized = level === 'sizes';
  return d.header.typeCode === STRING ? stringValue(d) : rule.decode(d);
}

function* readRaw(d: Decoding, rule: ValueRule): Rule {
  if (yield* captureRaw(d, rule)) return;
  const level = d.visitor.rawTooLong();
  // All of it is in the window now. Reading it on in one go would leave the consumer no chance to pass its results on.
  d.input.hold();
  yield;
  yield* level === 'skip' ? rule.skip(d) : decodeValue(d, rule, level);
}

/** Gathers a value in the window; gives up, back at its start, when it is longer than the option `rawBytes`. */
function* captureRaw(d: Decoding, rule: ValueRule): Rule<boolean> {
  const { input } = d;
  const limit = rule.isRawOnly ? d.options.maxStringBytes : d.options.rawBytes;
  input.mark = input.pos;
  const rest = rule.skip(d);
  for (;;) {
    const isDone = rest.next().done === true;
    if (input.pos - input.mark > limit) {
      if (rule.isRawOnly) throw d.tooLong('an opaque value');
      input.pos = input.mark;
      input.mark = -1;
      d.empty = false;
      return false;
    }
    if (isDone) break;
    yield;
  }
  const start = input.mark;
  input.mark = -1;
  deliverRaw(d, rule, start);
  return true;
}

function deliverRaw(d: Decoding, rule: ValueRule, start: number): void {
  const { input } = d;
  if (!d.empty && rule.isEmptyRaw !== null) d.empty = rule.isEmptyRaw(input.bytes, start, input.pos);
  if (d.empty && d.emptyIsError) return;
  d.rawOffset = input.base + start;
  d.visitor.raw(input.bytes, start, input.pos);
}

/** Type 0, which comes in pieces when it is long, so that no string is ever in memory as a whole because of us. */
function* stringValue(d: Decoding): Rule {
  const { input, visitor } = d;
  const { pieceBytes } = d.options;
  if (input.sized) {
    while (!input.readSized()) yield;
    visitor.string(input.sb, input.ss, input.se);
    return;
  }
  const first = input.offset;
  let stored = input.readStringHead();
  while (stored < 0) {
    yield;
    stored = input.readStringHead();
  }
  const length = input.uncompressed < 0 ? stored : input.uncompressed;
  if (length <= pieceBytes || input.isIntegerForm) {
    // Back to the head: nothing was suspended since it became readable, so it is still where it was, in the moved window.
    input.pos = first - input.base;
    while (!input.readString()) yield;
    visitor.string(input.sb, input.ss, input.se);
    return;
  }
  visitor.stringStart(length);
  if (input.uncompressed < 0) {
    for (let left = stored; left > 0; ) {
      const step = Math.min(left, pieceBytes);
      while (input.end - input.pos < step) yield;
      visitor.stringPiece(input.bytes, input.pos, input.pos + step);
      input.pos += step;
      left -= step;
    }
  } else {
    const inflater = new LzfInflater(length);
    const sink = (bytes: Uint8Array, from: number, to: number): void => visitor.stringPiece(bytes, from, to);
    for (let left = stored; left > 0; ) {
      while (input.pos >= input.end) yield;
      const step = Math.min(left, input.end - input.pos);
      const fault = inflater.push(input.bytes, input.pos, input.pos + step, sink);
      if (fault !== 0) throw badLzf(d, fault, first);
      input.pos += step;
      left -= step;
    }
    const fault = inflater.finish(sink);
    if (fault !== 0) throw badLzf(d, fault, first);
  }
  visitor.stringEnd();
}

function badLzf(d: Decoding, fault: number, offset: number): Error {
  return d.bad('RDB_BAD_LZF', `compressed string: ${lzfFaultText(fault)}`, offset);
}

/** Whether the value is a string to be delivered in pieces, even if it is in the window: the events must not depend on chunks. */
function isLongString(d: Decoding): boolean {
  const { input } = d;
  const { pieceBytes } = d.options;
  if (input.pos >= input.end) return false;
  // The first byte tells that the length has no more than 14 bits.
  if (input.bytes[input.pos] < 0x80 && pieceBytes >= MAX_14_BITS) return false;
  const start = input.pos;
  const stored = input.readStringHead();
  input.pos = start;
  return Math.max(stored, input.uncompressed) > pieceBytes && !input.isIntegerForm;
}

const MAX_14_BITS = 0x3fff;
