/** Cases of writing commands, in memory. */
import { CommandEmitter, parseTarget } from '@rdbkit/commands';
import { RdbReader } from '@rdbkit/rdb';
import { RespBuffer } from '@rdbkit/resp';
import type { FunctionCase } from './case.ts';
import { chunksOf } from './chunks.ts';
import { EVERY_SIZE } from './data/datasets.ts';

const CHUNK_BYTES = 64 * 1024;
const FLUSH_BYTES = 256 * 1024;

function commandsCase(form: 'plain' | 'restore'): FunctionCase {
  return {
    kind: 'function',
    name: `commands/${form}`,
    title: `reading and writing commands of the form ${form}, without output`,
    datasets: EVERY_SIZE,
    prepare:
      ({ path, bytes }) =>
      () => {
        const out = new RespBuffer();
        const reader = new RdbReader(new CommandEmitter(out, { form, target: parseTarget('7.0') }));
        for (const chunk of chunksOf(path, CHUNK_BYTES)) {
          reader.push(chunk);
          if (out.committed >= FLUSH_BYTES) out.release(out.take());
        }
        reader.finish();
        return bytes;
      },
  };
}

export const COMMANDS_CASES: readonly FunctionCase[] = [commandsCase('plain'), commandsCase('restore')];
