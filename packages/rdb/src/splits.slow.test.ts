// The way the input is cut into chunks must not be seen in what the visitor is told.
import { eachVector, listVectors, type Vector } from '@rdbkit/testkit';
import { describe, expect, it, vi } from 'vitest';
import {
  EventLog,
  type LogOptions,
  type Outcome,
  outcomeOf,
  randomFrom,
  readInChunks,
  readInSteps,
  readWhole,
} from '../testing/event-log.ts';
import { RdbTruncatedError } from './errors.ts';
import type { RdbOptions } from './options.ts';
import { readRdb } from './read.ts';
import type { Level } from './visitor.ts';

vi.setConfig({ testTimeout: 120_000 });

const LEVELS: readonly Level[] = ['skip', 'raw', 'sizes', 'packed', 'logical'];
/** `skip`, `sizes` and `packed` have no limits that matter. */
const LIMITED: readonly Level[] = ['raw', 'logical'];
/** Small limits, so that long values and their other forms are met in small files. */
const TIGHT: RdbOptions = { rawBytes: 100, pieceBytes: 40, maxBitmapBytes: 64 };
/** Up to this size, files are split and cut at every position; larger ones at some that the seed chooses. */
const EVERY_POSITION_UP_TO = 640;
const SAMPLES = 8;
const CUTS_PER_LARGE_FILE = 150;
const SEED = 20260904;

/** The dumps in the repository, and those of the corpus and of the peers that are not the same over again. */
function distinct(vectors: readonly Vector[]): Vector[] {
  const shapes = new Set<string>();
  return vectors.filter((vector) => {
    const bytes = vector.read();
    // Dumps of one data set by neighbouring versions have the same size and records.
    const shape =
      vector.manifest === null
        ? `${vector.name.split('/').at(-1)} ${bytes.length >> 5} ${bytes.toString('latin1', 0, 9)}`
        : vector.manifest.sha256;
    if (shape === undefined || shapes.has(shape)) return false;
    shapes.add(shape);
    return true;
  });
}

const vectors = distinct(listVectors('test-vectors', 'corpus', 'peer-data')).filter(
  (vector) => vector.read().length < 400_000,
);
const small = vectors.filter((vector) => vector.read().length <= EVERY_POSITION_UP_TO);
const large = vectors.filter((vector) => vector.read().length > EVERY_POSITION_UP_TO);

function isSame(a: Outcome, b: Outcome): boolean {
  return (
    a.events === b.events &&
    a.error?.code === b.error?.code &&
    a.error?.message === b.error?.message &&
    a.error?.offset === b.error?.offset
  );
}

/** Compares digests first, and the logs only to show where two differ. */
function expectSame(
  bytes: Uint8Array,
  read: (log: LogOptions, options: RdbOptions) => Outcome,
  level: Level,
  options: RdbOptions,
  whole: Outcome,
): void {
  const log: LogOptions = { level, mode: 'digest' };
  if (isSame(read(log, options), whole)) return;
  expect(read({ level }, options)).toEqual(readWhole(bytes, { level }, options));
  expect.unreachable('the digests differ, the logs do not');
}

/** Reads in chunks of one byte, of some sizes, and at random positions. */
function checkChunks(bytes: Uint8Array, level: Level, options: RdbOptions, random: (below: number) => number): Outcome {
  const whole = readWhole(bytes, { level, mode: 'digest' }, options);
  for (const size of bytes.length < 4000
    ? [1, 2, 3, 7, 61]
    : bytes.length < 30_000
      ? [1, 1 + random(5000)]
      : [1 + random(60)]) {
    expectSame(bytes, (log, o) => readInSteps(bytes, size, log, o), level, options, whole);
  }
  for (let n = 0; n < 2; n++) {
    const cuts = Array.from({ length: 1 + random(12) }, () => random(bytes.length + 1)).sort((a, b) => a - b);
    expectSame(bytes, (log, o) => readInChunks(bytes, cuts, log, o), level, options, whole);
  }
  return whole;
}

describe('split at every position', () => {
  it.each(eachVector(small))('%s', (name, vector) => {
    const bytes = new Uint8Array(vector.read());
    const random = randomFrom(SEED + name.length);
    for (const level of LEVELS) {
      for (const options of LIMITED.includes(level) ? [{}, TIGHT] : [{}]) {
        const whole = checkChunks(bytes, level, options, random);
        for (let cut = 1; cut < bytes.length; cut++) {
          expectSame(bytes, (log, o) => readInChunks(bytes, [cut], log, o), level, options, whole);
        }
      }
    }
  });
});

describe('split at some positions', () => {
  it.each(eachVector(large))('%s', (name, vector) => {
    const bytes = new Uint8Array(vector.read());
    const random = randomFrom(SEED + name.length);
    for (const level of LEVELS) {
      for (const options of LIMITED.includes(level) ? [{}, TIGHT] : [{}]) {
        const whole = checkChunks(bytes, level, options, random);
        for (let n = 0; n < SAMPLES; n++) {
          const cut = 1 + random(bytes.length - 1);
          expectSame(bytes, (log, o) => readInChunks(bytes, [cut], log, o), level, options, whole);
        }
      }
    }
  });
});

describe('cut off', () => {
  const sound = vectors.filter((vector) => readWhole(new Uint8Array(vector.read()), { mode: 'digest' }).error === null);

  it.each(eachVector(sound))('%s', (name, vector) => {
    const bytes = new Uint8Array(vector.read());
    const { error, events } = readWhole(bytes, { level: 'skip' });
    expect(error).toBeNull();
    // Bytes after the end are not missed.
    const end = Number(/^end \w+ \d+ \d+ (\d+)/m.exec(events)?.[1]);
    const random = randomFrom(SEED + name.length);
    const isSmall = end <= 2 * EVERY_POSITION_UP_TO;
    const cuts = isSmall
      ? Array.from({ length: end }, (_, at) => at)
      : Array.from({ length: CUTS_PER_LARGE_FILE }, () => random(end));
    for (const cut of cuts) {
      const part = bytes.subarray(0, cut);
      const level = LEVELS[cut % LEVELS.length] ?? 'logical';
      const options = cut % 3 === 0 ? TIGHT : {};
      const chunk = 1 + random(cut + 1);
      for (const found of [
        readWhole(part, { level, mode: 'digest' }, options),
        readInSteps(part, chunk, { level, mode: 'digest' }, options),
      ]) {
        expect(found.error).toBeInstanceOf(RdbTruncatedError);
        expect(found.error?.code).toBe('RDB_TRUNCATED');
        expect(found.error?.offset).toBe(cut);
      }
    }
  });
});

describe('from a source', () => {
  async function* asyncChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += size) {
      if (at % 3 === 0) await Promise.resolve();
      yield bytes.slice(at, at + size);
    }
  }

  function stream(bytes: Uint8Array, size: number): ReadableStream<Uint8Array> {
    let at = 0;
    return new ReadableStream({
      pull(controller) {
        if (at >= bytes.length) {
          controller.close();
          return;
        }
        controller.enqueue(bytes.slice(at, at + size));
        at += size;
      },
    });
  }

  /** As in browsers without async iteration of streams. */
  function streamWithoutIterator(bytes: Uint8Array, size: number): ReadableStream<Uint8Array> {
    const inner = stream(bytes, size);
    return { getReader: () => inner.getReader() } as ReadableStream<Uint8Array>;
  }

  function* syncChunks(bytes: Uint8Array, size: number): Generator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }

  async function outcome(source: Parameters<typeof readRdb>[0]): Promise<Outcome> {
    const log = new EventLog({ mode: 'digest' });
    let failure: unknown = null;
    await readRdb(source, log).catch((error: unknown) => {
      failure = error;
    });
    return outcomeOf(log, () => {
      if (failure instanceof Error) throw failure;
    });
  }

  const some = vectors.filter((_vector, i) => i % 5 === 0);

  it.each(eachVector(some))('%s', async (name, vector) => {
    const bytes = new Uint8Array(vector.read());
    const random = randomFrom(SEED + name.length);
    for (const cut of [bytes.length, random(bytes.length)]) {
      const part = bytes.subarray(0, cut);
      const whole = readWhole(part, { mode: 'digest' });
      const size = 1 + random(Math.min(cut + 1, 5000));
      const sources = [
        asyncChunks(part, size),
        stream(part, size),
        streamWithoutIterator(part, size),
        syncChunks(part, size),
        part,
      ];
      for (const source of sources) expect(isSame(await outcome(source), whole)).toBe(true);
    }
  });

  it('takes empty chunks', async () => {
    const bytes = new Uint8Array(vectors[0]?.read() ?? []);
    const chunks = [
      new Uint8Array(0),
      bytes.subarray(0, 20),
      new Uint8Array(0),
      new Uint8Array(0),
      bytes.subarray(20),
      new Uint8Array(0),
    ];
    expect(isSame(await outcome(chunks), readWhole(bytes, { mode: 'digest' }))).toBe(true);
  });

  it('leaves a stream that it does not need any more', async () => {
    let isCancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(100)),
      cancel: () => {
        isCancelled = true;
      },
    });
    expect((await outcome(endless)).error?.code).toBe('RDB_BAD_MAGIC');
    expect(isCancelled).toBe(true);
  });
});
