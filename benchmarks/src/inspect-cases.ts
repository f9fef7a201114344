/** Cases of the analyses, to be held against `rdb/skip`: the reader finding its way through a dump, and nothing else. */
import { Inspection, KeyMeter } from '@rdbkit/inspect';
import { RdbReader, type RdbVisitor } from '@rdbkit/rdb';
import type { FunctionCase } from './case.ts';
import { chunksOf } from './chunks.ts';
import { EVERY_DUMP } from './data/datasets.ts';

const CHUNK_BYTES = 64 * 1024;

function visitorCase(
  name: string,
  title: string,
  make: () => { visitor: RdbVisitor; finish: () => void },
): FunctionCase {
  return {
    kind: 'function',
    name: `inspect/${name}`,
    title,
    datasets: EVERY_DUMP,
    prepare:
      ({ path }) =>
      () => {
        const { visitor, finish } = make();
        const reader = new RdbReader(visitor);
        for (const chunk of chunksOf(path, CHUNK_BYTES)) reader.push(chunk);
        const { bytes } = reader.finish();
        finish();
        return bytes;
      },
  };
}

export const INSPECT_CASES: readonly FunctionCase[] = [
  visitorCase('meter', 'the memory of each key', () => ({ visitor: new KeyMeter(), finish: () => {} })),
  visitorCase('all', 'all analyses in one pass', () => {
    const visitor = new Inspection();
    return { visitor, finish: () => visitor.report() };
  }),
];
