import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Glob } from './glob.ts';

const encoder = new TextEncoder();

function matches(pattern: string, text: string): boolean {
  const bytes = encoder.encode(text);
  return new Glob(pattern).matches(bytes, 0, bytes.length);
}

/** `stringmatchlen` of util.c, rule by rule and recursive, on arrays: slow, and easy to hold against the original. */
function reference(pattern: readonly number[], text: readonly number[]): boolean {
  if (pattern.length === 0) return text.length === 0;
  const [first, ...rest] = pattern;
  if (first === 0x2a) return reference(rest, text) || (text.length > 0 && reference(pattern, text.slice(1)));
  if (text.length === 0) return false;
  const [byte, ...others] = text;
  if (first === 0x3f) return reference(rest, others);
  if (first === 0x5b) {
    let left = rest;
    const not = left[0] === 0x5e;
    if (not) left = left.slice(1);
    let match = false;
    for (;;) {
      if (left.length >= 2 && left[0] === 0x5c) {
        match ||= left[1] === byte;
        left = left.slice(2);
      } else if (left.length === 0) {
        break;
      } else if (left[0] === 0x5d) {
        left = left.slice(1);
        break;
      } else if (left.length >= 3 && left[1] === 0x2d) {
        match ||= byte >= Math.min(left[0], left[2]) && byte <= Math.max(left[0], left[2]);
        left = left.slice(3);
      } else {
        match ||= left[0] === byte;
        left = left.slice(1);
      }
    }
    return match !== not && reference(left, others);
  }
  const escaped = first === 0x5c && rest.length > 0;
  const literal = escaped ? rest[0] : first;
  return literal === byte && reference(escaped ? rest.slice(1) : rest, others);
}

describe('Glob', () => {
  it.each([
    ['', '', true],
    ['', 'a', false],
    ['*', '', true],
    ['**', '', true],
    ['?', '', false],
    ['abc', 'abc', true],
    ['abc', 'abcd', false],
    ['a*', 'a', true],
    ['*c', 'abc', true],
    ['*c', 'abcd', false],
    ['a*c*e', 'abcde', true],
    ['a*c*e', 'aec', false],
    ['*ab*ab', 'ab', false],
    ['*ab*ab', 'abab', true],
    ['*ab*ab', 'xabyab', true],
    ['h?llo', 'hallo', true],
    ['h[ae]llo', 'hillo', false],
    ['h[^e]llo', 'hallo', true],
    ['h[^e]llo', 'hello', false],
    ['h[a-b]llo', 'hbllo', true],
    ['h[b-a]llo', 'hallo', true],
    ['a\\*b', 'a*b', true],
    ['a\\*b', 'axb', false],
    ['a\\', 'a\\', true],
    ['[\\]]', ']', true],
    ['[', '[', false],
    ['[^', 'x', true],
    ['[]', 'x', false],
    ['[]x', 'x', false],
    ['[^]', 'x', true],
    ['[abc', 'b', true],
    ['[a-]', 'a', true],
    ['[a-]', '_', true],
    ['[a-]', 'b', false],
    ['[a-]z]', 'z', true],
    ['[-a]', '-', true],
    ['[\\', '\\', true],
    ['K', 'k', false],
  ])('%j on %j is %j', (pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected);
    expect(reference([...encoder.encode(pattern)], [...encoder.encode(text)])).toBe(expected);
  });

  it('works on bytes, not characters', () => {
    const umlaut = encoder.encode('ä');
    expect(new Glob('?').matches(umlaut, 0, 2)).toBe(false);
    expect(new Glob('??').matches(umlaut, 0, 2)).toBe(true);
    expect(new Glob('ä').matches(umlaut, 0, 2)).toBe(true);
    const range = new Glob(Uint8Array.of(0x5b, 0x61, 0x2d, 0xff, 0x5d));
    expect([0x60, 0x61, 0x80, 0xff].map((byte) => range.matches(Uint8Array.of(byte), 0, 1))).toEqual([
      false,
      true,
      true,
      true,
    ]);
  });

  it('looks at nothing outside of start and end', () => {
    const bytes = encoder.encode('xxuser:1yy');
    expect(new Glob('user:?').matches(bytes, 2, 8)).toBe(true);
    expect(new Glob('*:1').matches(bytes, 2, 8)).toBe(true);
    expect(new Glob('*y').matches(bytes, 2, 8)).toBe(false);
    expect(new Glob('x*').matches(bytes, 2, 8)).toBe(false);
  });

  it('keeps its own copy of the pattern', () => {
    const pattern = encoder.encode('a*');
    const glob = new Glob(pattern);
    pattern[0] = 0x62;
    expect(glob.matches(encoder.encode('ab'), 0, 2)).toBe(true);
    expect(glob.pattern).toEqual(encoder.encode('a*'));
  });

  it('agrees with the reference', () => {
    const byte = fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(...encoder.encode('ab*?[]^-\\')) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 255 }) },
    );
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 10 }), fc.array(byte, { maxLength: 8 }), (pattern, text) => {
        const bytes = Uint8Array.from([0, ...text, 0]);
        const actual = new Glob(Uint8Array.from(pattern)).matches(bytes, 1, 1 + text.length);
        expect(actual).toBe(reference(pattern, text));
      }),
      { numRuns: 5000 },
    );
  });

  it('agrees with the reference where a match is likely', () => {
    const piece = fc.constantFrom('a', 'b', 'ab', '*', '?', '[ab]', '[^b]', '\\a');
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 7 }),
        fc.array(fc.constantFrom('a', 'b'), { maxLength: 9 }),
        (pieces, letters) => {
          const pattern = [...encoder.encode(pieces.join(''))];
          expect(matches(pieces.join(''), letters.join(''))).toBe(
            reference(pattern, [...encoder.encode(letters.join(''))]),
          );
        },
      ),
      { numRuns: 5000 },
    );
  });

  it('does not blow up on many stars', () => {
    const text = 'a'.repeat(50_000);
    const before = performance.now();
    expect(matches(`${'*a'.repeat(40)}*b`, text)).toBe(false);
    expect(matches(`${'*a'.repeat(40)}*b*`, text)).toBe(false);
    expect(matches(`${'*aaaaaaaab'.repeat(40)}*`, text)).toBe(false);
    expect(performance.now() - before).toBeLessThan(2000);
  });
});
