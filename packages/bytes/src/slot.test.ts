import { expect, it } from 'vitest';
import { keySlot } from './slot.ts';

const encoder = new TextEncoder();

function slot(key: string): number {
  const bytes = encoder.encode(key);
  return keySlot(bytes, 0, bytes.length);
}

it.each([
  ['', 0],
  ['foo', 12182],
  ['user1000', 3443],
  ['123456789', 0x31c3],
])('knows the slot of %j', (key, expected) => {
  expect(slot(key)).toBe(expected);
});

it.each([
  ['{user1000}.following', 'user1000'],
  ['foo{bar}{zap}', 'bar'],
  ['foo{{bar}}zap', '{bar'],
  ['}{bar}', 'bar'],
  ['foo}{bar}', 'bar'],
])('hashes only the tag of %j', (key, tag) => {
  expect(slot(key)).toBe(slot(tag));
});

// Checked against the whole key by putting it between braces, where it is a tag (none of these has an early `}`).
it.each(['foo{bar', 'foo{', '{', 'foobar'])('hashes the whole of %j', (key) => {
  expect(slot(key)).toBe(slot(`{${key}}`));
});

it('does not look for a second tag after an empty one', () => {
  // By the definition: CRC-16/XMODEM bit by bit.
  let crc = 0;
  for (const byte of encoder.encode('foo{}{bar}')) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : crc << 1;
  }
  expect(slot('foo{}{bar}')).toBe(crc & 16383);
  expect(slot('foo{}{bar}')).not.toBe(slot('bar'));
});

it('stays within the range', () => {
  const bytes = encoder.encode('{x}foo}{');
  expect(keySlot(bytes, 3, 6)).toBe(slot('foo'));
  expect(keySlot(encoder.encode('{foo}'), 0, 4)).toBe(slot('{foo'));
  expect(keySlot(bytes, 2, 2)).toBe(0);
});
