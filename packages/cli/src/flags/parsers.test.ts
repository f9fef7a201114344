import { describe, expect, it } from 'vitest';
import { parseCount, parseDbMapping, parsePrefixRename, parseRegex, parseSlotRange, parseTtl } from './parsers.ts';

const decoder = new TextDecoder();

describe('flag values', () => {
  it('counts', () => {
    expect(parseCount('0')).toBe(0);
    expect(() => parseCount('0', 1)).toThrow('from 1 on');
    for (const text of ['', '-1', '1.5', '1e3', 'x', '99999999999999999'])
      expect(() => parseCount(text)).toThrow(RangeError);
  });

  it('slots', () => {
    expect(parseSlotRange('0-5460')).toEqual([0, 5460]);
    expect(parseSlotRange('42')).toEqual([42, 42]);
    for (const text of ['', '5-4', '0-16384', '-1', 'a-b', '1-2-3'])
      expect(() => parseSlotRange(text)).toThrow(RangeError);
  });

  it('database mappings', () => {
    expect(parseDbMapping('1:0')).toEqual([1, 0]);
    for (const text of ['', '1', '1:', ':0', '1:0:2', '-1:0']) expect(() => parseDbMapping(text)).toThrow(RangeError);
  });

  it.each([
    ['any', 'any'],
    ['none', 'none'],
    ['expired', 'expired'],
    ['live', 'live'],
    ['1h..7d', { minMs: 3_600_000, maxMs: 604_800_000 }],
    ['30d..', { minMs: 2_592_000_000, maxMs: null }],
    ['..60', { minMs: null, maxMs: 60_000 }],
    ['-1d..0', { minMs: -86_400_000, maxMs: 0 }],
  ])('expiry %j', (text, expected) => {
    expect(parseTtl(text)).toEqual(expected);
  });

  it.each(['', 'some', '..', '1d', '7d..1h', '1..2..3', 'a..b'])('no expiry: %j', (text) => {
    expect(() => parseTtl(text)).toThrow(RangeError);
  });

  it('regular expressions', () => {
    expect(parseRegex('^.$').test('😀')).toBe(true);
    expect(parseRegex('user\\:\\-1').test('user:-1')).toBe(true);
    expect(() => parseRegex('(')).toThrow(RangeError);
  });

  it.each([
    ['old:new', 'old', 'new'],
    ['user::people:', 'user:', 'people:'],
    ['a:b::c:d:', 'a:b:', 'c:d:'],
    ['tmp:', 'tmp', ''],
    ['tmp::', 'tmp:', ''],
    [':new', '', 'new'],
    [':new:', '', 'new:'],
    ['a\\:b:c', 'a:b', 'c'],
    ['a:b\\:c', 'a', 'b:c'],
    ['a\\\\:b', 'a\\', 'b'],
    ['a\\x:b', 'a\\x', 'b'],
    ['ü:ß', 'ü', 'ß'],
  ])('prefixes: %j', (text, from, to) => {
    const rename = parsePrefixRename(text);
    expect([decoder.decode(rename.from), decoder.decode(rename.to)]).toEqual([from, to]);
  });

  it.each(['', ':', 'old', 'a:b:c', '::', 'a::b', 'a\\:b'])('no prefixes: %j', (text) => {
    expect(() => parsePrefixRename(text)).toThrow(RangeError);
  });

  it('an ambiguous pair of prefixes is answered with both readings', () => {
    expect(() => parsePrefixRename('a:b:c')).toThrow('a\\:b:c or a:b\\:c');
  });
});
