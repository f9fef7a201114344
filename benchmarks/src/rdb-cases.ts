/** Cases of the RDB reader. */
import { readFileSync } from 'node:fs';
import {
  type KeyHeader,
  type Level,
  type PackedEncoding,
  packedCursor,
  RdbReader,
  RdbVisitorBase,
  rdbEvents,
  rdbKeys,
  readRdbSync,
} from '@rdbkit/rdb';
import type { CaseInput, FunctionCase } from './case.ts';
import { chunksOf } from './chunks.ts';
import { EVERY_SIZE } from './data/datasets.ts';
import { Listpack } from './data/listpack.ts';

const KIB = 1024;
const DEFAULT_CHUNK_BYTES = 64 * KIB;
/** As many as are in 8 KiB. */
const LISTPACK_ENTRIES = 350;
/** Forms that hold a whole value cannot be asked to read the giant list. */
const SMALL_VALUES = ['mixed', 'tiny-strings'];

/** Asks for one level and adds up lengths: the least that a consumer can do with what it gets. */
class Touch extends RdbVisitorBase {
  private readonly level: Level;
  items = 0;
  length = 0;

  constructor(level: Level) {
    super();
    this.level = level;
  }

  private add(start: number, end: number): void {
    this.items++;
    this.length += end - start;
  }

  override key(header: KeyHeader): Level {
    this.add(header.start, header.end);
    return this.level;
  }
  override rawTooLong(): 'skip' {
    return 'skip';
  }
  override raw(_bytes: Uint8Array, start: number, end: number): void {
    this.add(start, end);
  }
  override packed(_encoding: PackedEncoding, _bytes: Uint8Array, start: number, end: number): void {
    this.add(start, end);
  }
  override string(_bytes: Uint8Array, start: number, end: number): void {
    this.add(start, end);
  }
  override listElement(_bytes: Uint8Array, start: number, end: number): void {
    this.add(start, end);
  }
  override setMember(_bytes: Uint8Array, start: number, end: number): void {
    this.add(start, end);
  }
  override hashField(
    _fieldBytes: Uint8Array,
    fieldStart: number,
    fieldEnd: number,
    _valueBytes: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): void {
    this.add(fieldStart, fieldEnd);
    this.add(valueStart, valueEnd);
  }
  override zsetMember(_bytes: Uint8Array, start: number, end: number): void {
    this.add(start, end);
  }
  override streamField(
    _fieldBytes: Uint8Array,
    fieldStart: number,
    fieldEnd: number,
    _valueBytes: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): void {
    this.add(fieldStart, fieldEnd);
    this.add(valueStart, valueEnd);
  }
}

function readInChunks(path: string, level: Level, chunkBytes: number, checksum: boolean): number {
  const reader = new RdbReader(new Touch(level), { checksum });
  for (const chunk of chunksOf(path, chunkBytes)) reader.push(chunk);
  return reader.finish().bytes;
}

interface Shape {
  readonly chunkBytes?: number;
  readonly checksum?: boolean;
  readonly datasets?: readonly string[];
}

function levelCase(name: string, title: string, level: Level, shape: Shape = {}): FunctionCase {
  const { chunkBytes = DEFAULT_CHUNK_BYTES, checksum = true, datasets = EVERY_SIZE } = shape;
  return {
    kind: 'function',
    name: `rdb/${name}`,
    title,
    datasets,
    prepare:
      ({ path }: CaseInput) =>
      () =>
        readInChunks(path, level, chunkBytes, checksum),
  };
}

function wholeCase(name: string, title: string, level: Level, checksum: boolean): FunctionCase {
  return {
    kind: 'function',
    name: `rdb/${name}`,
    title,
    datasets: ['mixed'],
    prepare({ path }) {
      const bytes = readFileSync(path);
      return () => readRdbSync(bytes, new Touch(level), { checksum }).bytes;
    },
  };
}

export const RDB_CASES: readonly FunctionCase[] = [
  {
    kind: 'function',
    name: 'rdb/read-file',
    title: 'reading the file in chunks of 64 KiB and nothing else: what every rdb case below pays',
    datasets: ['mixed'],
    prepare:
      ({ path }) =>
      () => {
        let bytes = 0;
        for (const chunk of chunksOf(path, DEFAULT_CHUNK_BYTES)) bytes += chunk.length;
        return bytes;
      },
  },
  levelCase('skip', 'level skip', 'skip'),
  levelCase('raw', 'level raw', 'raw'),
  levelCase('packed', 'level packed', 'packed'),
  levelCase('logical', 'level logical', 'logical'),
  levelCase('skip-no-checksum', 'level skip without CRC-64', 'skip', { checksum: false, datasets: ['mixed'] }),
  levelCase('logical-no-checksum', 'level logical without CRC-64', 'logical', { checksum: false, datasets: ['mixed'] }),
  levelCase('logical-4k', 'level logical, chunks of 4 KiB', 'logical', { chunkBytes: 4 * KIB, datasets: ['mixed'] }),
  levelCase('logical-1m', 'level logical, chunks of 1 MiB', 'logical', { chunkBytes: 1024 * KIB, datasets: ['mixed'] }),
  wholeCase('logical-whole', 'level logical, the file in memory as a whole', 'logical', true),
  wholeCase('logical-whole-no-checksum', 'the same without CRC-64', 'logical', false),
  {
    kind: 'function',
    name: 'rdb/listpack',
    title: 'walking through 256 MiB of listpacks of 8 KiB, a third of whose entries are integers',
    datasets: [],
    prepare() {
      const listpack = new Listpack();
      for (let i = 0; i < LISTPACK_ENTRIES; i++) {
        if (i % 3 === 0) listpack.integer(i * 1000);
        else listpack.text('x'.repeat(10 + (i % 40)));
      }
      const blob = listpack.finish();
      const cursor = packedCursor('listpack');
      return () => {
        let bytes = 0;
        for (; bytes < 256 * KIB * KIB; bytes += blob.length) {
          for (cursor.open(blob, 0, blob.length); cursor.next(); );
        }
        return bytes;
      };
    },
  },
  {
    kind: 'function',
    name: 'rdb/events',
    title: 'async batches of events, whole values',
    datasets: SMALL_VALUES,
    prepare:
      ({ path, bytes }) =>
      async () => {
        let keys = 0;
        for await (const batch of rdbEvents(chunksOf(path, DEFAULT_CHUNK_BYTES))) {
          for (const event of batch) if (event.type === 'key') keys++;
        }
        return keys > 0 ? bytes : 0;
      },
  },
  {
    kind: 'function',
    name: 'rdb/keys',
    title: 'async iterator of keys, whole values',
    datasets: SMALL_VALUES,
    prepare:
      ({ path, bytes }) =>
      async () => {
        let keys = 0;
        for await (const _key of rdbKeys(chunksOf(path, DEFAULT_CHUNK_BYTES))) keys++;
        return keys > 0 ? bytes : 0;
      },
  },
];
