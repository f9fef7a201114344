import { parseTarget } from '@rdbkit/commands';
import { describe, expect, it } from 'vitest';
import { layoutOf } from './layout.ts';
import { MemoryModel } from './memory-model.ts';
import { RadixTreeSize } from './radix-tree.ts';
import { StreamSize } from './stream-size.ts';

const ID_BYTES = 16;
const target = parseTarget('redis-7.2');
const layout = layoutOf(target) ?? expect.fail('no layout');
const newModel = (): MemoryModel => new MemoryModel(layout, 'jemalloc-q8');

/** What a stream takes whose only group has the pending entries 1-0, 2-0, …, each owned as told. */
function taken(consumers: number, owner: Int32Array): number {
  const model = newModel();
  const stream = new StreamSize(model);
  stream.begin();
  stream.groupStart(new Uint8Array(4));
  for (let i = 0; i < owner.length; i++) stream.pending(i + 1, 0);
  for (let consumer = 0; consumer < consumers; consumer++) {
    stream.consumer(new Uint8Array(3));
    for (let i = 0; i < owner.length; i++) if (owner[i] === consumer) stream.pending(i + 1, 0);
  }
  stream.groupEnd();
  model.usage = 0;
  model.allocated = 0;
  stream.conclude();
  return model.allocated;
}

/** What the tree of some of the entries takes, beyond an empty one. */
function treeTaken(entries: readonly number[]): number {
  const model = newModel();
  const id = new DataView(new ArrayBuffer(ID_BYTES));
  const sizeOf = (chosen: readonly number[]): number => {
    const tree = new RadixTreeSize(model);
    for (const i of chosen) {
      id.setUint32(4, i + 1);
      tree.add(new Uint8Array(id.buffer), 0, ID_BYTES);
    }
    tree.finish();
    return tree.bytes;
  };
  return sizeOf(entries) - sizeOf([]);
}

describe('pending entries', () => {
  it('are in the trees of those who own them', () => {
    const owner = Int32Array.from({ length: 500 }, (_, i) => [2, -1, 0, 2, 1, 0, 0][i % 7] ?? -1);
    const trees = [0, 1, 2].map((consumer) => {
      const entries = [...owner.keys()].filter((i) => owner[i] === consumer);
      expect(entries.length).toBeGreaterThan(50);
      return treeTaken(entries);
    });
    const unowned = taken(3, new Int32Array(500).fill(-1));
    expect(taken(3, owner) - unowned).toBe(trees.reduce((sum, tree) => sum + tree, 0));
  });
});
