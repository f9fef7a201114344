import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareBytes, type PrefixNode, type PrefixSums, PrefixTree, type PrefixTreeOptions } from './prefix-tree.ts';

interface Key {
  readonly name: string;
  readonly size: number;
  readonly memory: number;
  readonly expires: boolean;
}

const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

/** Names do not always begin at the beginning of an array, nor end with it: what is behind them must not matter. */
const PLACES: readonly ((name: string) => readonly [bytes: Uint8Array, start: number])[] = [
  (name) => [bytesOf(name), 0],
  (name) => [bytesOf(`..${name}..`), 2],
  (name) => [at(kept, 0, `${name}::b:/-->`), 0],
  (name) => [at(crowded, 5, `${name}:${name}`), 5],
];
const kept = new Uint8Array(2048);
const crowded = new Uint8Array(4096);

function at(place: Uint8Array, start: number, text: string): Uint8Array {
  place.set(bytesOf(text), start);
  return place;
}

function treeOf(keys: readonly Key[], options: PrefixTreeOptions): PrefixTree {
  const tree = new PrefixTree(options);
  for (const [i, { name, size, memory, expires }] of keys.entries()) {
    const place = PLACES[(i * 7) % PLACES.length] ?? (() => expect.fail('no place'));
    const [bytes, start] = place(name);
    tree.add(bytes, start, start + name.length, size, memory, expires);
  }
  return tree;
}

/** The true sums of every prefix. */
function countAll(keys: readonly Key[], separator: string, depth = 8): Map<string, PrefixSums> {
  const all = new Map<string, PrefixSums>();
  for (const { name, size, memory, expires } of keys) {
    const prefixes = [''];
    for (
      let at = name.indexOf(separator);
      at >= 0 && prefixes.length <= depth;
      at = name.indexOf(separator, at + separator.length)
    ) {
      prefixes.push(name.slice(0, at + separator.length));
    }
    for (const prefix of prefixes) {
      const old = all.get(prefix) ?? { keys: 0, bytes: 0, memory: 0, expires: 0 };
      all.set(prefix, {
        keys: old.keys + 1,
        bytes: old.bytes + size,
        memory: old.memory + memory,
        expires: old.expires + (expires ? 1 : 0),
      });
    }
  }
  return all;
}

function nodesOf(node: PrefixNode): PrefixNode[] {
  return [node, ...node.children.flatMap(nodesOf)];
}

const sumsOf = ({ keys, bytes, memory, expires }: PrefixSums): PrefixSums => ({ keys, bytes, memory, expires });

// As long as what is looked at in one step, and around that.
const lengths = [3, 4, 7, 8, 9, 16, 40].map((length) => 'abcdefgh'.repeat(5).slice(0, length));
const segment = fc.constantFrom('a', 'b', 'user', 'order', '1', '2', '3', '', '\xff\x00', '\x00', '\x80;', ...lengths);
const key = fc.record({
  name: fc.array(segment, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(':')),
  size: fc.integer({ min: 1, max: 1000 }),
  memory: fc.integer({ min: 1, max: 5000 }),
  expires: fc.boolean(),
});

describe('within the budget', () => {
  it('every sum is exact', () => {
    fc.assert(
      fc.property(fc.array(key, { maxLength: 200 }), (keys) => {
        const tree = treeOf(keys, {});
        const found = nodesOf(tree.root());
        expect(new Map(found.map((node) => [textOf(node.prefix), sumsOf(node)]))).toEqual(
          keys.length === 0 ? new Map([['', { keys: 0, bytes: 0, memory: 0, expires: 0 }]]) : countAll(keys, ':'),
        );
        expect(tree.isExact).toBe(true);
        expect(found.every(({ error }) => error.keys === 0 && error.memory === 0)).toBe(true);
      }),
    );
  });

  it.each(['::', '/', '-->', '\x00'])('with the separator %j', (separator) => {
    const keys = ['a', 'a::b', 'a/b/c', 'a-->b-->c', 'x:::y', '::', '-->-->z', 'n\x00\x00u\x00l'].map((name) => ({
      name,
      size: 1,
      memory: 2,
      expires: false,
    }));
    const found = nodesOf(treeOf(keys, { separator }).root());
    expect(new Map(found.map((node) => [textOf(node.prefix), sumsOf(node)]))).toEqual(countAll(keys, separator));
  });

  it('goes down so far and no farther', () => {
    const keys = [{ name: 'a:b:c:d:e', size: 1, memory: 1, expires: false }];
    expect(nodesOf(treeOf(keys, { depth: 2 }).root()).map(({ prefix }) => textOf(prefix))).toEqual(['', 'a:', 'a:b:']);
    const long = [{ name: `a:${'b'.repeat(300)}:c`, size: 1, memory: 1, expires: false }];
    expect(nodesOf(treeOf(long, {}).root()).map(({ prefix }) => textOf(prefix))).toEqual(['', 'a:']);
  });

  it('leaves out what is light, and lists what is heavy', () => {
    const keys = [
      ['a:x', 10],
      ['a:b:x', 30],
      ['c:x', 5],
    ].map(([name, memory]) => ({ name: String(name), size: 1, memory: Number(memory), expires: false }));
    const tree = treeOf(keys, {});
    expect(nodesOf(tree.root(6)).map(({ prefix }) => textOf(prefix))).toEqual(['', 'a:', 'a:b:']);
    expect(tree.heaviest(2).map(({ prefix, memory }) => [textOf(prefix), memory])).toEqual([
      ['a:', 40],
      ['a:b:', 30],
    ]);
  });
});

describe('with more prefixes than the budget', () => {
  const some = fc.array(
    fc.record({
      name: fc
        .tuple(fc.constantFrom('hot', 'warm', 'cold'), fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 3 }))
        .map((parts) => parts.join(':')),
      size: fc.integer({ min: 1, max: 100 }),
      memory: fc.integer({ min: 1, max: 500 }),
      expires: fc.boolean(),
    }),
    { minLength: 100, maxLength: 600 },
  );

  it('every true sum is within the stated error', () => {
    fc.assert(
      fc.property(some, fc.integer({ min: 8, max: 40 }), (keys, nodes) => {
        const tree = treeOf(keys, { nodes });
        const found = new Map(nodesOf(tree.root()).map((node) => [textOf(node.prefix), node]));
        expect(found.size).toBeLessThanOrEqual(nodes + 1);
        for (const [prefix, truth] of countAll(keys, ':')) {
          const node = found.get(prefix);
          for (const name of ['keys', 'bytes', 'memory', 'expires'] as const) {
            const least = node?.[name] ?? 0;
            const most = node === undefined ? tree.limit[name] : least + node.error[name];
            if (truth[name] < least || truth[name] > most)
              expect.fail(`${prefix} has ${truth[name]} ${name}, not ${least} to ${most}`);
          }
        }
        expect(sumsOf(tree.root())).toEqual(countAll(keys, ':').get(''));
      }),
      { numRuns: 200 },
    );
  });

  it('finds what is heavy among many that are light, exactly', () => {
    const keys = Array.from({ length: 50_000 }, (_, i) => ({
      name: i % 10 === 0 ? `hot:${i}` : `one:${i}:x`,
      size: 10,
      memory: 100,
      expires: false,
    }));
    const tree = treeOf(keys, { nodes: 1000 });
    expect(tree.isExact).toBe(false);
    const [one, hot] = tree.root().children;
    expect([textOf(one?.prefix ?? bytesOf('')), one?.keys, one?.error.keys]).toEqual(['one:', 45_000, 0]);
    expect([textOf(hot?.prefix ?? bytesOf('')), hot?.keys, hot?.error.keys]).toEqual(['hot:', 5000, 0]);
    // The bound grows by what the lightest have, each time that half of the places are freed: 50,000 keys in rounds of 500 or more.
    expect(tree.limit.keys).toBeLessThanOrEqual(100);
    expect(tree.limit.memory).toBe(tree.limit.keys * 100);
  });
});

it('refuses what cannot work', () => {
  expect(() => new PrefixTree({ separator: '' })).toThrow(RangeError);
  expect(() => new PrefixTree({ nodes: 4 })).toThrow(/from the depth, 8, on/);
  expect(() => new PrefixTree({ depth: 0 })).toThrow(RangeError);
});

it('orders bytes', () => {
  const sorted = ['', 'a', 'a\x00', 'ab', 'b', '\xff'].map(bytesOf);
  expect(sorted.toReversed().sort(compareBytes)).toEqual(sorted);
});
