// Counted radix trees against ones that are really built, as rax.c builds them.
import { parseTarget } from '@rdbkit/commands';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layoutOf } from './layout.ts';
import { MemoryModel } from './memory-model.ts';
import { RadixTreeSize } from './radix-tree.ts';

const layout = layoutOf(parseTarget('7.2'));
if (layout === null) throw new Error('no layout');
const model = new MemoryModel(layout, 'jemalloc-q8');

/** Sorted names that follow `from` characters in common: the nodes that stand for them. */
function build(names: readonly string[], from: number): { nodes: number; bytes: number } {
  const ends = names[0]?.length === from;
  const rest = ends ? names.slice(1) : names;
  const branches = new Set(rest.map((name) => name[from]));
  if (branches.size !== 1)
    return add(
      nodeOf(branches.size, branches.size, ends),
      [...branches].map((first) => tail(rest, from, first)),
    );
  // One way on: a node for the run of characters up to where something happens.
  let to = from + 1;
  while (rest.every((name) => name.length > to && name[to] === rest[0]?.[to])) to++;
  return add(nodeOf(to - from, 1, ends), [build(rest, to)]);
}

function tail(rest: readonly string[], from: number, first: string | undefined): { nodes: number; bytes: number } {
  return build(
    rest.filter((name) => name[from] === first),
    from + 1,
  );
}

function nodeOf(characters: number, pointers: number, ends: boolean): { nodes: number; bytes: number } {
  const head = Math.ceil((4 + characters) / 8) * 8;
  return { nodes: 1, bytes: model.block(head + 8 * pointers + (ends ? 8 : 0)) };
}

function add(
  node: { nodes: number; bytes: number },
  below: readonly { nodes: number; bytes: number }[],
): { nodes: number; bytes: number } {
  return below.reduce((sum, part) => ({ nodes: sum.nodes + part.nodes, bytes: sum.bytes + part.bytes }), node);
}

function counted(names: readonly string[], tree = new RadixTreeSize(model)): { nodes: number; bytes: number } {
  tree.clear();
  for (const name of names) {
    const bytes = Buffer.from(`.${name}`, 'latin1');
    tree.add(bytes, 1, bytes.length);
  }
  tree.finish();
  return { nodes: tree.nodes, bytes: tree.bytes };
}

describe('a radix tree counted from its sorted keys', () => {
  it('of any names', () => {
    const name = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 7 }).map((letters) => letters.join(''));
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 40 }), (names) => {
        const sorted = names.toSorted();
        expect(counted(sorted)).toEqual(build(sorted, 0));
      }),
      { numRuns: 500 },
    );
  });

  it('of stream IDs', () => {
    const ids = Array.from({ length: 3000 }, (_, i) => {
      const id = Buffer.alloc(16);
      id.writeBigUInt64BE(1_700_000_000_000n + BigInt(i * i), 0);
      id.writeBigUInt64BE(BigInt(i % 3), 8);
      return id.toString('latin1');
    });
    expect(counted(ids)).toEqual(build(ids, 0));
  });

  it('starts anew', () => {
    const tree = new RadixTreeSize(model);
    const first = counted(['a', 'abc', 'abd'], tree);
    counted(['x'.repeat(40)], tree);
    expect(counted(['a', 'abc', 'abd'], tree)).toEqual(first);
  });
});
