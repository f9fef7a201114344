// Values and keys of the size that servers allow at most, made while they are read.
import { ByteWriter, backReference, RdbBuilder, rawValue, stringValue } from '@rdbkit/testkit';
import { describe, expect, it, vi } from 'vitest';
import { RdbLimitError } from './errors.ts';
import type { RdbOptions } from './options.ts';
import { readRdb } from './read.ts';
import { RdbReader } from './reader.ts';
import { type KeyHeader, type Level, RdbVisitorBase } from './visitor.ts';

vi.setConfig({ testTimeout: 60_000 });

const MIB = 1024 * 1024;
const LARGEST = 512 * MIB;
const CHUNK = 64 * 1024;

/** What stands in a long string at some place: every place has its own bytes, so that a mix-up is seen. */
function fill(chunk: Uint8Array, at: number): void {
  const words = new Uint32Array(chunk.buffer, chunk.byteOffset, chunk.byteLength >> 2);
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(((at >> 2) + i) ^ 0x5bd1e995, 0x9e3779b1);
}

function* longString(length: number): Generator<Uint8Array> {
  const chunk = new Uint8Array(CHUNK);
  for (let at = 0; at < length; at += CHUNK) {
    const size = Math.min(CHUNK, length - at);
    fill(chunk, at);
    yield chunk.subarray(0, size);
  }
}

/** A sum over bytes and places, to compare without keeping anything. */
class Sum {
  value = 0;
  length = 0;
  add(bytes: Uint8Array, start: number, end: number): void {
    let { value } = this;
    // Every seventh byte shows a mix-up as well as all of them.
    for (let i = start + ((7 - (this.length % 7)) % 7); i < end; i += 7)
      value = (Math.imul(value, 31) + (bytes[i] ?? 0)) | 0;
    this.value = value;
    this.length += end - start;
  }
}

class Watch extends RdbVisitorBase {
  readonly key1 = new Sum();
  readonly value = new Sum();
  readonly calls = new Map<string, number>();
  private readonly level: Level;
  private readonly insteadOfRaw: Exclude<Level, 'raw'>;

  constructor(level: Level, insteadOfRaw: Exclude<Level, 'raw'> = 'logical') {
    super();
    this.level = level;
    this.insteadOfRaw = insteadOfRaw;
  }
  private count(name: string): void {
    this.calls.set(name, (this.calls.get(name) ?? 0) + 1);
  }
  override key(header: KeyHeader): Level {
    this.key1.add(header.bytes, header.start, header.end);
    return this.level;
  }
  override rawTooLong(): Exclude<Level, 'raw'> {
    this.count('rawTooLong');
    return this.insteadOfRaw;
  }
  override raw(): void {
    this.count('raw');
  }
  override string(bytes: Uint8Array, start: number, end: number): void {
    this.count('string');
    this.value.add(bytes, start, end);
  }
  override stringStart(): void {
    this.count('stringStart');
  }
  override stringPiece(bytes: Uint8Array, start: number, end: number): void {
    this.value.add(bytes, start, end);
  }
  override stringEnd(): void {
    this.count('stringEnd');
  }
}

/** Reads chunks; returns how much memory was in use beyond that before, at most. */
function read(watch: Watch, chunks: Iterable<Uint8Array>, options: RdbOptions = {}): number {
  const reader = new RdbReader(watch, options);
  const inUse = (): number => process.memoryUsage.rss();
  const before = inUse();
  let most = before;
  let n = 0;
  for (const chunk of chunks) {
    let hasMore = reader.push(chunk);
    while (hasMore) hasMore = reader.more();
    if (n++ % 16 === 0) most = Math.max(most, inUse());
  }
  expect(reader.finish().keys).toBe(2);
  return Math.round((Math.max(most, inUse()) - before) / MIB);
}

function* fileWith(key: Iterable<Uint8Array>, value: Iterable<Uint8Array>): Generator<Uint8Array> {
  // The checksum of what was made is not known beforehand.
  const start = new RdbBuilder().unfinished();
  yield start;
  yield Uint8Array.of(0);
  yield* key;
  yield* value;
  yield new RdbBuilder().key('next', stringValue('v')).finish('zero').subarray(start.length);
}

function* stored(length: number, bytes: Iterable<Uint8Array>): Generator<Uint8Array> {
  yield new ByteWriter().len(length).toBytes();
  yield* bytes;
}

function expectedSum(length: number): Sum {
  const sum = new Sum();
  for (const chunk of longString(length)) sum.add(chunk, 0, chunk.length);
  return sum;
}

const short = [new ByteWriter().str('k').toBytes()];
/** Most memory that each reading took, in MiB: shown at the end. */
const memory: Record<string, number> = {};

describe('a string of 512 MiB', () => {
  it('comes in pieces, and takes no memory', () => {
    const watch = new Watch('logical');
    memory.pieces = read(watch, fileWith(short, stored(LARGEST, longString(LARGEST))));
    expect([watch.value.length, watch.value.value]).toEqual([LARGEST + 1, expectedSum(LARGEST).value]);
    expect(memory.pieces).toBeLessThan(128);
  });

  it('is passed over', () => {
    const watch = new Watch('skip');
    memory.skip = read(watch, fileWith(short, stored(LARGEST, longString(LARGEST))));
    expect(watch.calls.size).toBe(0);
    expect(memory.skip).toBeLessThan(32);
  });

  it.each(['logical', 'skip'] as const)('is too long as a raw value, and then read at level %s', (insteadOfRaw) => {
    const watch = new Watch('raw', insteadOfRaw);
    memory[`raw, then ${insteadOfRaw}`] = read(watch, fileWith(short, stored(LARGEST, longString(LARGEST))));
    expect(watch.calls.get('rawTooLong')).toBe(1);
    expect(watch.value.length).toBe(insteadOfRaw === 'logical' ? LARGEST : 0);
    expect(memory[`raw, then ${insteadOfRaw}`]).toBeLessThan(256);
  });

  it('is read as fast from a source', async () => {
    const watch = new Watch('raw', 'logical');
    const started = process.cpuUsage();
    const summary = await readRdb(fileWith(short, stored(LARGEST, longString(LARGEST))), watch);
    expect(summary.keys).toBe(2);
    expect(watch.value.length).toBe(LARGEST);
    expect(process.cpuUsage(started).user).toBeLessThan(10_000_000);
  });

  it('that 6 MB of LZF stand for comes in pieces, and takes no memory', () => {
    // One byte, then references of 264 bytes.
    const references = Math.floor((LARGEST - 1) / 264);
    const length = 1 + references * 264;
    const tokens = function* (): Generator<Uint8Array> {
      yield new ByteWriter()
        .u8(0xc3)
        .len(2 + 3 * references)
        .len(length)
        .u8(0)
        .u8(0x61)
        .toBytes();
      const many = new Uint8Array(new Array<readonly number[]>(1000).fill(backReference(264, 1)).flat());
      for (let left = references; left > 0; left -= 1000) yield many.subarray(0, 3 * Math.min(1000, left));
    };
    const watch = new Watch('logical');
    memory.lzf = read(watch, fileWith(short, tokens()));
    expect(watch.value.length).toBe(length + 1);
    expect(watch.calls.get('stringEnd')).toBe(1);
    expect(memory.lzf).toBeLessThan(128);
  });

  it('and one byte is refused before it comes', () => {
    for (const level of ['skip', 'raw', 'packed', 'logical'] as const) {
      const file = new RdbBuilder()
        .raw(Uint8Array.of(0, 1, 0x6b))
        .raw(new ByteWriter().len(LARGEST + 1).toBytes())
        .unfinished();
      const reader = new RdbReader(new Watch(level));
      expect(() => reader.push(file)).toThrow(RdbLimitError);
    }
    const patient = new RdbReader(new Watch('logical'), { maxStringBytes: LARGEST + 1 });
    patient.push(
      new RdbBuilder()
        .raw(Uint8Array.of(0, 1, 0x6b))
        .raw(new ByteWriter().len(LARGEST + 1).toBytes())
        .unfinished(),
    );
    expect(patient.keys).toBe(0);
  });
});

describe('a key of 512 MiB', () => {
  it('is read, and takes memory for itself only', () => {
    const watch = new Watch('logical');
    memory.key = read(watch, fileWith(stored(LARGEST, longString(LARGEST)), short));
    expect(watch.key1.length).toBe(LARGEST + 4);
    expect(memory.key).toBeLessThan(2200);
  });
});

describe('a long value', () => {
  it('of many elements takes no memory at all', () => {
    const elements = 20_000_000;
    const chunks = function* (): Generator<Uint8Array> {
      yield new ByteWriter().len(elements).toBytes();
      const element = new ByteWriter();
      for (let i = 0; i < 10_000; i++) element.str(`element ${i}`);
      const block = element.toBytes();
      for (let i = 0; i < elements / 10_000; i++) yield block;
    };
    for (const [level, type] of [
      ['logical', 1],
      ['logical', 2],
      ['skip', 1],
    ] as const) {
      const watch = new Watch(level);
      const name = `list of 20 M elements, ${level}, type ${type}`;
      const file = function* (): Generator<Uint8Array> {
        const start = new RdbBuilder().unfinished();
        yield start;
        yield Uint8Array.of(type);
        yield* short;
        yield* chunks();
        yield new RdbBuilder().key('next', stringValue('v')).finish('zero').subarray(start.length);
      };
      memory[name] = read(watch, file());
      expect(memory[name]).toBeLessThan(64);
    }
  });

  it('told at the end: memory in MiB', () => {
    console.log('memory in MiB beyond that before:', JSON.stringify(memory));
    expect(Object.keys(memory).length).toBeGreaterThan(0);
  });
});

describe('a consumer group with a million pending entries', () => {
  const ENTRIES = 1_000_000;
  const ENTRY = 25;

  /** The dump in chunks that are made when they are asked for. All entries belong to one consumer. */
  function* dump(): Generator<Uint8Array> {
    const ids = (count: number, size: number): Generator<Uint8Array> =>
      (function* () {
        const chunk = new Uint8Array(size * 1000);
        const view = new DataView(chunk.buffer);
        for (let at = 0; at < count; at += 1000) {
          for (let i = 0; i < 1000; i++) view.setUint32(i * size + 4, at + i + 1);
          yield chunk;
        }
      })();
    yield new RdbBuilder({ version: 11 }).key('s', rawValue(21, new ByteWriter())).unfinished();
    const counters = new ByteWriter();
    for (let i = 0; i < 9; i++) counters.len(0);
    yield counters.len(1).str('g').len(0).len(0).len(0).len(ENTRIES).toBytes();
    yield* ids(ENTRIES, ENTRY);
    yield new ByteWriter().len(1).str('c').u64(1).u64(1).len(ENTRIES).toBytes();
    yield* ids(ENTRIES, 16);
    // The end, without a checksum.
    yield Uint8Array.of(255, 0, 0, 0, 0, 0, 0, 0, 0);
  }

  class Members extends RdbVisitorBase {
    pending = 0;
    owned = 0;
    mostBuffers = 0;
    private readonly before = process.memoryUsage().arrayBuffers;
    override key(): Level {
      return 'sizes';
    }
    override streamPending(): void {
      this.pending++;
    }
    override streamOwned(): void {
      if (++this.owned % 100_000 === 0)
        this.mostBuffers = Math.max(this.mostBuffers, process.memoryUsage().arrayBuffers - this.before);
    }
  }

  it('takes no memory where sizes are asked for', () => {
    const members = new Members();
    const reader = new RdbReader(members);
    for (const chunk of dump()) reader.push(chunk);
    reader.finish();
    expect([members.pending, members.owned]).toEqual([ENTRIES, ENTRIES]);
    // Kept, they would take 36 MB.
    expect(members.mostBuffers).toBeLessThan(8 * MIB);
  });
});
