/**
 * Prefixes as the page walks through them.
 *
 * @module
 */
import type { DataPrefix } from '../report-data.ts';

/** A prefix, or what is left of one beside those below it. */
export interface Prefix {
  /** Different for each. */
  readonly id: string;
  /** What it adds to the one above it. */
  readonly part: string;
  readonly depth: number;
  readonly above: Prefix | null;
  readonly keys: number;
  readonly bytes: number;
  readonly memory: number;
  readonly expires: number;
  /** Longer prefixes. */
  readonly below: readonly Prefix[];
  /** These and, when there are some, the keys that belong to none of them: together all of the prefix. */
  readonly parts: readonly Prefix[];
  /** Whether these are the keys beside the prefixes below the one above. */
  readonly isRest: boolean;
}

/** Makes the tree. */
export function prefixTree(data: DataPrefix, above: Prefix | null = null, id = ''): Prefix {
  const [part, keys, bytes, memory, expires] = data;
  const sums = { keys, bytes, memory, expires };
  const depth = above === null ? 0 : above.depth + 1;
  const below: Prefix[] = [];
  const parts: Prefix[] = [];
  const prefix: Prefix = { id, part, depth, above, ...sums, below, parts, isRest: false };
  const rest = { ...sums };
  for (const [i, child] of data[5].entries()) {
    const longer = prefixTree(child, prefix, `${id}.${i}`);
    below.push(longer);
    rest.keys -= longer.keys;
    rest.bytes -= longer.bytes;
    rest.memory -= longer.memory;
    rest.expires -= longer.expires;
  }
  parts.push(...below);
  if (below.length > 0 && rest.keys > 0) {
    // Memory is in whole bytes: what is left may be a rounding error below nothing.
    rest.memory = Math.max(0, rest.memory);
    parts.push({
      id: `${id}.rest`,
      part: 'other keys',
      depth: depth + 1,
      above: prefix,
      ...rest,
      below: [],
      parts: [],
      isRest: true,
    });
  }
  return prefix;
}

/** The prefix at a path from the root, or the last one on it that there is. */
export function prefixAt(root: Prefix, path: readonly number[]): Prefix {
  let prefix = root;
  for (const step of path) prefix = prefix.below[step] ?? prefix;
  return prefix;
}

/** From the root to the prefix, both included. */
export function wayTo(prefix: Prefix): Prefix[] {
  const way: Prefix[] = [];
  for (let at: Prefix | null = prefix; at !== null; at = at.above) way.unshift(at);
  return way;
}

/** The whole of it. */
export function nameOf(prefix: Prefix): string {
  return wayTo(prefix)
    .filter(({ isRest }) => !isRest)
    .map(({ part }) => part)
    .join('');
}
