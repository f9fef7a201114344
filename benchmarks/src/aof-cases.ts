/** Cases of the reader of append-only files. */
import { type AofCommand, AofReader, AofVisitorBase, aofCommands, openAof, readAof } from '@rdbkit/aof';
import { openAof as openPath } from '@rdbkit/aof/node';
import type { FunctionCase } from './case.ts';
import { chunksOf } from './chunks.ts';

const DATASETS = ['incr-log'];
const CHUNK_BYTES = 64 * 1024;

/** Adds up the lengths of all arguments: the least that a consumer can do. */
class Touch extends AofVisitorBase {
  length = 0;

  override command(command: AofCommand): void {
    for (let i = 0; i < command.argc; i++) this.length += command.argEnd(i) - command.argStart(i);
  }
}

export const AOF_CASES: readonly FunctionCase[] = [
  {
    kind: 'function',
    name: 'aof/read',
    title: 'visitor that looks at each argument, chunks of 64 KiB',
    datasets: DATASETS,
    prepare:
      ({ path }) =>
      () => {
        const reader = new AofReader(new Touch());
        for (const chunk of chunksOf(path, CHUNK_BYTES)) reader.push(chunk);
        return reader.finish().goodBytes;
      },
  },
  {
    kind: 'function',
    name: 'aof/read-path',
    title: 'the same by readAof, opened by its path',
    datasets: DATASETS,
    prepare:
      ({ path }) =>
      async () =>
        (await readAof(await openPath(path), new Touch())).bytes,
  },
  {
    kind: 'function',
    name: 'aof/commands',
    title: 'async iterator of commands, with copies of their arguments',
    datasets: DATASETS,
    prepare:
      ({ path, bytes }) =>
      async () => {
        let count = 0;
        for await (const _command of aofCommands(await openAof(chunksOf(path, CHUNK_BYTES)))) count++;
        return count > 0 ? bytes : 0;
      },
  },
];
