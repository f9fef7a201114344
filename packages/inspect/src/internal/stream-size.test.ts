import { parseTarget } from '@rdbkit/commands';
import type { StreamGroup } from '@rdbkit/rdb';
import { describe, expect, it } from 'vitest';
import { layoutOf } from './layout.ts';
import { MemoryModel } from './memory-model.ts';
import { RadixTreeSize } from './radix-tree.ts';
import { StreamSize } from './stream-size.ts';

const ID_BYTES = 16;
const target = parseTarget('redis-7.2');
const layout = layoutOf(target) ?? expect.fail('no layout');
const newModel = (): MemoryModel => new MemoryModel(layout, 'jemalloc-q8');

/** A group whose pending entries have the IDs 1-0, 2-0, …, each owned as told. */
function groupOf(consumers: number, owner: Int32Array): StreamGroup {
  const ids = new Uint8Array(owner.length * ID_BYTES);
  const view = new DataView(ids.buffer);
  for (let i = 0; i < owner.length; i++) view.setUint32(i * ID_BYTES + 4, i + 1);
  return {
    name: new Uint8Array(4),
    lastMs: 0,
    lastSeq: 0,
    entriesRead: null,
    consumers: Array.from({ length: consumers }, () => ({ name: new Uint8Array(3), seenMs: 0, activeMs: null })),
    pending: {
      count: owner.length,
      ids,
      deliveredAtMs: new BigInt64Array(owner.length),
      deliveryCount: new BigUint64Array(owner.length),
      owner,
    },
    duplicateOwners: 0,
  };
}

/** What a stream with nothing but this group takes. */
function taken(group: StreamGroup): number {
  const model = newModel();
  const stream = new StreamSize(model);
  stream.begin();
  stream.group(group);
  model.usage = 0;
  model.allocated = 0;
  stream.conclude();
  return model.allocated;
}

/** What the tree of some of the entries takes, beyond an empty one. */
function treeTaken(ids: Uint8Array, entries: readonly number[]): number {
  const model = newModel();
  const sizeOf = (chosen: readonly number[]): number => {
    const tree = new RadixTreeSize(model);
    for (const i of chosen) tree.add(ids, i * ID_BYTES, (i + 1) * ID_BYTES);
    tree.finish();
    return tree.bytes;
  };
  return sizeOf(entries) - sizeOf([]);
}

describe('pending entries', () => {
  it('are in the trees of those who own them', () => {
    const owner = Int32Array.from({ length: 500 }, (_, i) => [2, -1, 0, 2, 1, 0, 0][i % 7] ?? -1);
    const owned = groupOf(3, owner);
    const trees = [0, 1, 2].map((consumer) => {
      const entries = [...owner.keys()].filter((i) => owner[i] === consumer);
      expect(entries.length).toBeGreaterThan(50);
      return treeTaken(owned.pending.ids, entries);
    });
    const unowned = taken(groupOf(3, new Int32Array(500).fill(-1)));
    expect(taken(owned) - unowned).toBe(trees.reduce((sum, tree) => sum + tree, 0));
  });

  it('are looked at once, however many consumers there are', () => {
    // A look at every entry for every consumer would be six thousand million steps.
    const consumers = 30_000;
    const owner = Int32Array.from({ length: 200_000 }, (_, i) => (i * 7919) % consumers);
    expect(taken(groupOf(consumers, owner))).toBeGreaterThan(200_000 * ID_BYTES);
  });
});
