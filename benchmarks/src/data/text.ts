/** Names and values as applications have them. */
import type { Random } from './random.ts';

export const WORDS: readonly string[] =
  'account active address amount archive balance batch billing cart category city client code color comment count country created currency customer data date delivery discount email event expired feature first group height history index invoice item label last level limit location login message name note number offer order page parent payment phone price product profile quantity rating reason region report role score session shipping size source start state status stock street summary tag target tax team text time title token total type unit update url user value version view weight zone'.split(
    ' ',
  );

/** Text to cut random pieces from: faster than making it up, and as hard to compress. */
export function textPool(random: Random): string {
  const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_';
  let pool = '';
  for (let i = 0; i < 65536; i++) pool += letters[random.next() & 63];
  return pool;
}

/** Cuts `length` characters, the first of which is a letter so that they never read as a number. */
export function cut(random: Random, pool: string, length: number): string {
  const at = random.next() % (pool.length - length);
  return `x${pool.slice(at, at + length - 1)}`;
}

/** A document with some of so many items. */
export function json(random: Random, fewest: number, most: number): string {
  const items = Array.from({ length: random.between(fewest, most) }, () => ({
    [random.pick(WORDS)]: random.pick(WORDS),
    id: random.between(1, 1e6),
    price: random.between(1, 1e5) / 100,
    description: `${random.pick(WORDS)} ${random.pick(WORDS)} ${random.pick(WORDS)}`,
    isActive: random.next() % 2 === 0,
  }));
  return JSON.stringify({ version: 2, customer: { id: random.next(), name: random.pick(WORDS) }, items });
}
