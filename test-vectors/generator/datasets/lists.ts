import { Buffer } from 'node:buffer';
import type { Argument } from '@rdbkit/testkit';
import type { DataSet } from '../data-set.ts';
import type { Load } from '../load.ts';
import type { Random } from '../random.ts';
import {
  borderIntegers,
  drawnIntegers,
  LONG_LENGTHS,
  MIDDLE_LENGTHS,
  NEAR_INTEGERS,
  ODD_STRINGS,
  SHORT_LENGTHS,
} from '../values.ts';

const NODE_SIZE = ['list-max-listpack-size', 'list-max-ziplist-size'];
/** Servers before 3.2 choose between ziplist and linked list by this. */
const ELEMENT_SIZE = ['list-max-ziplist-value'];

/** Lists in each encoding, with elements on the borders of the packed ones. */
export const lists: DataSet = {
  name: 'lists',
  async load(load) {
    const random = load.random('lists');
    const push: Push = async (name, items) => await load.runInBatches(['RPUSH', load.key(`list:${name}`)], items);
    await loadElements(load, push, random);
    await loadNodes(load, push, random);
    await loadEdited(load);
    await loadPlainNodes(load, random);
  },
};

type Push = (name: string, items: readonly Argument[]) => Promise<void>;

const numbered = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${prefix}-${i}`);

async function loadElements(load: Load, push: Push, random: Random): Promise<void> {
  await load.configure(ELEMENT_SIZE, 20_000);
  await load.configure(NODE_SIZE, -5);
  await push('one-int', [42]);
  await push('one-string', ['lonely']);
  await push('one-empty', ['']);
  await push('ints', [...borderIntegers(), ...(load.profile === 'random' ? drawnIntegers(random) : [])]);
  await push(
    'immediates',
    Array.from({ length: 16 }, (_, i) => i - 1),
  );
  await push('near-ints', NEAR_INTEGERS);
  await push('odd', ODD_STRINGS);
  await push(
    'short-strings',
    SHORT_LENGTHS.map((length) => random.text(length)),
  );
  await push(
    'middle-strings',
    MIDDLE_LENGTHS.flatMap((length) => [random.text(length), 'after', 5]),
  );
  await push(
    'long-strings',
    LONG_LENGTHS.flatMap((length) => [random.text(length), 'after', -5]),
  );
  await push('wide-strings', ['a', Buffer.alloc(16_384, random.text(60)), 'b']);
  // The size of an entry is repeated behind it or before the next: these cross its widths one by one.
  await push(
    'growing',
    Array.from({ length: 40 }, (_, i) => random.text(115 + i * 4)),
  );
  await load.configure(ELEMENT_SIZE, 64);
  await push('many', numbered('item', load.size('lists.many', 600, 520, 1200)));
  await push('large-elements', [random.text(70), 'small', random.text(900), 1, random.noise(2000)]);
}

async function loadNodes(load: Load, push: Push, random: Random): Promise<void> {
  for (const limit of [-1, -2, -3, -4]) {
    if (!(await load.configure(NODE_SIZE, limit))) return;
    await push(
      `node-limit:${limit}`,
      Array.from({ length: 36 }, (_, i) => random.text(60 + (i % 12) * 30)),
    );
  }
  await load.configure(NODE_SIZE, load.size('lists.per-node', 5, 2, 40));
  await push('small-nodes', numbered('node', load.size('lists.small-nodes', 103, 60, 400)));
  await push(
    'mixed-nodes',
    Array.from({ length: 60 }, (_, i) => (i % 3 === 0 ? i * 1000 : random.text(i * 2))),
  );
  for (const depth of [1, 2]) {
    await load.configure(['list-compress-depth'], depth);
    const count = load.size('lists.compressed', 90, 50, 260);
    await push(
      `compressed:${depth}`,
      Array.from({ length: count }, (_, i) => `the same words over and over, the same words over and over ${i}`),
    );
    await push(
      `incompressible:${depth}`,
      Array.from({ length: 30 }, () => random.noise(50)),
    );
  }
  await load.configure(['list-compress-depth'], 0);
}

async function loadEdited(load: Load): Promise<void> {
  const key = load.key('list:edited');
  await load.run('RPUSH', key, ...numbered('e', 30));
  await load.run('LSET', key, 3, '');
  await load.run('LREM', key, 1, 'e-7');
  await load.run('LINSERT', key, 'BEFORE', 'e-9', 'inserted');
  await load.run('LPUSH', key, 'head');
}

/** Elements with a node of their own (7.0). */
async function loadPlainNodes(load: Load, random: Random): Promise<void> {
  if (!(await load.configure(['list-max-listpack-size'], -2))) return;
  if (!(await load.attempt('DEBUG', 'QUICKLIST-PACKED-THRESHOLD', '200b'))) return;
  const large = load.size('lists.plain', 260, 210, 1200);
  const key = load.key('list:plain-nodes');
  await load.run(
    'RPUSH',
    key,
    'small',
    random.text(large),
    7,
    random.noise(large),
    'between',
    random.text(8200),
    'end',
  );
  await load.run('RPUSH', load.key('list:only-plain'), Buffer.alloc(large + 8192, random.text(60)));
}
