/**
 * JSON as bytes, made of byte strings without making strings of them.
 *
 * @module
 */
import { type Int64, MAX_DOUBLE_TEXT_BYTES, writeDouble, writeInt64Text } from '@rdbkit/bytes';
import { OutputBuffer } from '@rdbkit/resp';

/** How byte strings are written: as text where they are UTF-8, or all of them in Base64. */
export type BinaryForm = 'auto' | 'base64';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Longest escape of one byte, `\u001f`. */
const ESCAPE_BYTES = 6;
/** Long strings are escaped in pieces of this size, so that room is reserved for what they need and not for the worst case. */
const PIECE_BYTES = 4096;
/** Room for what is written around a piece and for a character that crosses its end. */
const MARGIN = 16;
/** Below this length a string is not worth the view that strides need. */
const STRIDES_FROM = 16;
const STRIDE = 8;
/** Longer strings are not tried as a whole: what the attempt costs would be lost too often. */
const PLAIN_BYTES = 512;
const WORD = 4;

/** The upper bits of the bytes of each word that belong to a string, of which so many bytes are left. */
const FIRST_WORD: Int32Array = upperBits(0);
const SECOND_WORD: Int32Array = upperBits(WORD);

function upperBits(before: number): Int32Array {
  return Int32Array.from({ length: STRIDE + 1 }, (_, left) => {
    const count = Math.max(0, Math.min(WORD, left - before));
    return count === 0 ? 0 : 0x80808080 & (-1 << (8 * (WORD - count)));
  });
}

/** The longest decimal of a 64-bit integer, in quotes, with a comma. */
const INTEGER_BYTES = 24;

const encoder = new TextEncoder();

/** Bytes of a text. */
export function encode(text: string): Uint8Array {
  return encoder.encode(text);
}

/** A text that is written again and again: where it stands in {@link PHRASES}. */
export interface Phrase {
  readonly start: number;
  readonly end: number;
}

/** All phrases, in one array: copying from many small ones would take a view of each. There are some dozens. */
const PHRASES = new Uint8Array(16 * 1024);
const PHRASES_VIEW = new DataView(PHRASES.buffer);
const known = new Map<string, Phrase>();
let phrasesEnd = 0;

/** A text of ASCII characters that is written again and again, for {@link JsonBuffer.phrase}. */
export function phrase(text: string): Phrase {
  const found = known.get(text);
  if (found !== undefined) return found;
  const end = phrasesEnd + text.length;
  // A stride reads beyond the end.
  if (end + STRIDE > PHRASES.length) throw new RangeError('too many phrases');
  encoder.encodeInto(text, PHRASES.subarray(phrasesEnd));
  const made = { start: phrasesEnd, end };
  phrasesEnd = end;
  known.set(text, made);
  return made;
}

const BASE64_OPEN = phrase('{"$base64":"');
const BASE64_CLOSE = phrase('"}');
const BASE64_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const PADDING = 0x3d;

/** The two characters of 12 bits, the first one in the upper byte. */
const BASE64_PAIRS: Uint16Array = Uint16Array.from(
  { length: 4096 },
  (_, bits) => (BASE64_ALPHABET.charCodeAt(bits >> 6) << 8) | BASE64_ALPHABET.charCodeAt(bits & 63),
);

const CONTROL = 1;
const NOT_ASCII = 2;

/** By byte: 0 when it stands for itself, {@link CONTROL}, {@link NOT_ASCII}, or the character of its short escape. */
const ESCAPES: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte >= 0x80) return NOT_ASCII;
  const short = '"\\\b\f\n\r\t'.indexOf(String.fromCharCode(byte));
  if (short >= 0) return '"\\bfnrt'.charCodeAt(short);
  return byte < 0x20 ? CONTROL : 0;
});
const HEX = encode('0123456789abcdef');

/** A buffer that writes JSON. Commas and brackets are the caller's. */
export class JsonBuffer extends OutputBuffer {
  private readonly binary: BinaryForm;
  /** Bytes of a Base64 text in pieces that did not fill a group yet. */
  private carry = 0;
  private carried = 0;

  /** @param capacity - Bytes to begin with. */
  constructor(binary: BinaryForm, capacity?: number) {
    super(capacity);
    this.binary = binary;
  }

  /** Appends one byte. */
  byte(byte: number): void {
    this.reserve(1);
    this.bytes[this.pos++] = byte;
  }

  /** Appends a phrase. */
  phrase({ start, end }: Phrase): void {
    this.reserve(end - start + STRIDE);
    const to = this.view;
    let { pos } = this;
    for (let i = start; i < end; i += STRIDE) {
      to.setInt32(pos, PHRASES_VIEW.getInt32(i));
      to.setInt32(pos + 4, PHRASES_VIEW.getInt32(i + 4));
      pos += STRIDE;
    }
    this.pos += end - start;
  }

  /** Appends a text that is ours. */
  ascii(text: string): void {
    this.reserve(text.length);
    for (let i = 0; i < text.length; i++) this.bytes[this.pos++] = text.charCodeAt(i);
  }

  /** Appends a byte string: as a JSON string when it is valid UTF-8, otherwise as `{"$base64":"…"}`. */
  string(bytes: Uint8Array, start: number, end: number): void {
    if (this.binary === 'auto') {
      if (this.plain(bytes, start, end)) return;
      const at = this.pos;
      this.reserve(1);
      this.bytes[this.pos++] = QUOTE;
      if (this.escape(bytes, start, end)) {
        // Escaping leaves room.
        this.bytes[this.pos++] = QUOTE;
        return;
      }
      this.pos = at;
    }
    this.phrase(BASE64_OPEN);
    this.base64(bytes, start, end);
    this.phrase(BASE64_CLOSE);
  }

  /** Begins a byte string that is known to be written in Base64, and comes in pieces. */
  base64Start(): void {
    this.phrase(BASE64_OPEN);
    this.carried = 0;
    this.carry = 0;
  }

  base64Piece(bytes: Uint8Array, start: number, end: number): void {
    let i = start;
    while (this.carried > 0 && i < end) {
      this.carry = (this.carry << 8) | (bytes[i++] as number);
      if (++this.carried < 3) continue;
      this.base64(Uint8Array.of(this.carry >> 16, (this.carry >> 8) & 0xff, this.carry & 0xff), 0, 3);
      this.carried = 0;
      this.carry = 0;
    }
    const whole = i + Math.floor((end - i) / 3) * 3;
    this.base64(bytes, i, whole);
    for (let k = whole; k < end; k++) {
      this.carry = (this.carry << 8) | (bytes[k] as number);
      this.carried++;
    }
  }

  base64End(): void {
    if (this.carried === 1) this.base64(Uint8Array.of(this.carry), 0, 1);
    if (this.carried === 2) this.base64(Uint8Array.of(this.carry >> 8, this.carry & 0xff), 0, 2);
    this.phrase(BASE64_CLOSE);
  }

  /** Appends an integer: a JSON number, or text where a double could not hold it. */
  integer(value: Int64): void {
    this.reserve(INTEGER_BYTES);
    if (typeof value === 'number') {
      this.pos = writeInt64Text(this.bytes, this.pos, value);
      return;
    }
    this.bytes[this.pos++] = QUOTE;
    this.pos = writeInt64Text(this.bytes, this.pos, value);
    this.bytes[this.pos++] = QUOTE;
  }

  /** Appends a double: a JSON number, or `"inf"`, `"-inf"`, `"nan"`. */
  double(value: number): void {
    this.reserve(MAX_DOUBLE_TEXT_BYTES + 2);
    if (Number.isFinite(value)) {
      this.pos = writeDouble(this.bytes, this.pos, value);
      return;
    }
    this.bytes[this.pos++] = QUOTE;
    this.pos = writeDouble(this.bytes, this.pos, value);
    this.bytes[this.pos++] = QUOTE;
  }

  /** Appends a stream ID in quotes: `"1526919030474-55"`. */
  streamId(ms: Int64, seq: Int64): void {
    this.reserve(2 * INTEGER_BYTES);
    const out = this.bytes;
    out[this.pos++] = QUOTE;
    this.pos = writeInt64Text(out, this.pos, ms);
    out[this.pos++] = 0x2d;
    this.pos = writeInt64Text(out, this.pos, seq);
    out[this.pos++] = QUOTE;
  }

  /** Opens a gap before what was written from `at` on and fills it. */
  insert(at: number, bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.copyWithin(at + bytes.length, at, this.pos);
    this.bytes.set(bytes, at);
    this.pos += bytes.length;
  }

  /**
   * Appends a string in quotes if none of its bytes needs an escape, as most strings are; false, with nothing appended, when
   * it is not that simple. Both words of a stride are copied whether or not they are plain, and looked at in one go at the end;
   * what is copied beyond the end of the string is overwritten by what comes next.
   */
  private plain(bytes: Uint8Array, start: number, end: number): boolean {
    const count = end - start;
    if (count > PLAIN_BYTES || end + STRIDE > bytes.length) return false;
    this.reserve(count + 2 + STRIDE);
    const from = this.viewOf(bytes);
    const to = this.view;
    let { pos } = this;
    to.setUint8(pos++, QUOTE);
    let marks = 0;
    let i = start;
    for (const whole = end - STRIDE; i <= whole; i += STRIDE) {
      const a = from.getInt32(i);
      const b = from.getInt32(i + WORD);
      marks |= marksIn(a) | marksIn(b);
      to.setInt32(pos, a);
      to.setInt32(pos + WORD, b);
      pos += STRIDE;
    }
    if (i < end) {
      const left = end - i;
      const a = from.getInt32(i);
      const b = from.getInt32(i + WORD);
      marks |= (marksIn(a) & (FIRST_WORD[left] as number)) | (marksIn(b) & (SECOND_WORD[left] as number));
      to.setInt32(pos, a);
      to.setInt32(pos + WORD, b);
      pos += left;
    }
    if ((marks & 0x80808080) !== 0) return false;
    to.setUint8(pos++, QUOTE);
    this.pos = pos;
    return true;
  }

  /**
   * Appends the inside of a JSON string; false when it is no UTF-8, with something half-written after `pos`.
   *
   * Up to 8 bytes that stand for themselves go at a time, and then the one that does not: in JSON within JSON every sixth byte is a
   * quote, and to look at each byte took half as long again (case `export/jsonl mixed`).
   */
  escape(bytes: Uint8Array, start: number, end: number): boolean {
    let i = start;
    for (;;) {
      const stop = end - i > PIECE_BYTES ? i + PIECE_BYTES : end;
      this.reserve((stop - i) * ESCAPE_BYTES + MARGIN);
      const out = this.bytes;
      const to = this.view;
      const from = stop - i >= STRIDES_FROM ? this.viewOf(bytes) : null;
      let { pos } = this;
      while (i < stop) {
        let border = stop;
        if (from !== null && i + STRIDE <= stop) {
          const a = from.getInt32(i);
          const b = from.getInt32(i + WORD);
          to.setInt32(pos, a);
          to.setInt32(pos + WORD, b);
          const first = marksIn(a) & 0x80808080;
          const second = marksIn(b) & 0x80808080;
          // The bytes before the first mark stay as they were copied.
          const count = first === 0 ? WORD + (Math.clz32(second) >> 3) : Math.clz32(first) >> 3;
          i += count;
          pos += count;
          if ((first | second) === 0) continue;
          border = i + 1;
        }
        while (i < border) {
          const byte = bytes[i] as number;
          const escape = ESCAPES[byte] as number;
          if (escape === 0) {
            out[pos++] = byte;
            i++;
          } else if (escape === NOT_ASCII) {
            const length = characterLength(bytes, i, end);
            if (length === 0) return false;
            for (let k = 0; k < length; k++) out[pos++] = bytes[i++] as number;
          } else {
            pos = writeEscape(out, pos, byte, escape);
            i++;
          }
        }
      }
      this.pos = pos;
      if (i >= end) return true;
    }
  }

  /** Appends `bytes[start, end)` in Base64, padded. */
  base64(bytes: Uint8Array, start: number, end: number): void {
    this.reserve(Math.ceil((end - start) / 3) * 4);
    const out = this.view;
    let { pos } = this;
    let i = start;
    for (; i + 3 <= end; i += 3) {
      const first = ((bytes[i] as number) << 4) | ((bytes[i + 1] as number) >> 4);
      const second = (((bytes[i + 1] as number) & 15) << 8) | (bytes[i + 2] as number);
      out.setInt32(pos, ((BASE64_PAIRS[first] as number) << 16) | (BASE64_PAIRS[second] as number));
      pos += 4;
    }
    if (i < end) {
      const isLast = i + 1 === end;
      const second = isLast ? 0 : (bytes[i + 1] as number);
      out.setUint16(pos, BASE64_PAIRS[((bytes[i] as number) << 4) | (second >> 4)] as number);
      out.setUint16(pos + 2, BASE64_PAIRS[(second & 15) << 8] as number);
      if (isLast) out.setUint8(pos + 2, PADDING);
      out.setUint8(pos + 3, PADDING);
      pos += 4;
    }
    this.pos = pos;
  }
}

/**
 * Sets the upper bit of each byte of a word that does not stand for itself in JSON. Such a byte has its upper bit set, is below
 * 0x20, or equals a quote or backslash; each of these sets the bit in one of the four terms. Borrows reach the byte before only
 * from one that is marked, and may mark it wrongly.
 */
function marksIn(word: number): number {
  return word | (word - 0x20202020) | ((word ^ 0x22222222) - 0x01010101) | ((word ^ 0x5c5c5c5c) - 0x01010101);
}

function writeEscape(out: Uint8Array, at: number, byte: number, escape: number): number {
  let pos = at;
  out[pos++] = BACKSLASH;
  if (escape !== CONTROL) {
    out[pos++] = escape;
    return pos;
  }
  out[pos++] = 0x75;
  out[pos++] = 0x30;
  out[pos++] = 0x30;
  out[pos++] = HEX[byte >> 4] as number;
  out[pos++] = HEX[byte & 15] as number;
  return pos;
}

/** Length of the UTF-8 character beyond ASCII that begins at `at`; 0 when there is none. */
export function characterLength(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at] as number;
  const second = at + 1 < end ? (bytes[at + 1] as number) : 0;
  if (first < 0xe0) return first >= 0xc2 && isContinuation(second) ? 2 : 0;
  if (at + 2 >= end || !isContinuation(bytes[at + 2] as number)) return 0;
  // The second byte's bounds exclude overlong forms, surrogates and what is above U+10FFFF.
  if (first < 0xf0) {
    const isBound = first === 0xe0 ? second >= 0xa0 : first === 0xed ? second < 0xa0 : true;
    return isContinuation(second) && isBound ? 3 : 0;
  }
  if (first > 0xf4 || at + 3 >= end || !isContinuation(bytes[at + 3] as number)) return 0;
  const isBound = first === 0xf0 ? second >= 0x90 : first === 0xf4 ? second < 0x90 : true;
  return isContinuation(second) && isBound ? 4 : 0;
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

/** Looks at a long string in pieces: is it UTF-8 so far? */
export class Utf8Scan {
  /** Bytes that the current character still needs. */
  private missing = 0;
  private low = 0x80;
  private high = 0xbf;

  /** Whether nothing in the piece rules it out. */
  accepts(bytes: Uint8Array, start: number, end: number): boolean {
    for (let i = start; i < end; i++) {
      const byte = bytes[i] as number;
      if (this.missing > 0) {
        if (byte < this.low || byte > this.high) return false;
        this.missing--;
        this.low = 0x80;
        this.high = 0xbf;
      } else if (byte >= 0x80) {
        if (byte < 0xc2 || byte > 0xf4) return false;
        this.missing = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
        if (byte === 0xe0) this.low = 0xa0;
        else if (byte === 0xed) this.high = 0x9f;
        else if (byte === 0xf0) this.low = 0x90;
        else if (byte === 0xf4) this.high = 0x8f;
      }
    }
    return true;
  }
}
