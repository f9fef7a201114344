/** Damage to compressed records of Dragonfly: a bit changed anywhere, bytes left out. */
import { spawnSync } from 'node:child_process';
import {
  concatBytes,
  DragonflyRecords,
  dragonflyFile,
  hashValue,
  lz4Frame,
  setValue,
  stringValue,
  zstdFrame,
} from '@rdbkit/testkit';
import { describe, expect, it, vi } from 'vitest';
import { type Outcome, readInSteps, readWhole } from '../testing/event-log.ts';
import { zstdDecoder } from '../testing/zstd.ts';
import { RdbError } from './errors.ts';
import type { RdbOptions } from './options.ts';

vi.setConfig({ testTimeout: 60_000 });

const OPTIONS: RdbOptions = { zstd: zstdDecoder };
const MOST_MS = 2000;

const content = new DragonflyRecords()
  .selectDb(1)
  .key('counter', stringValue('12345'))
  .key('set', setValue(Array.from({ length: 30 }, (_, i) => `member ${i}`)))
  .key('hash', hashValue(Array.from({ length: 10 }, (_, i) => [`field ${i}`, `value ${i} ${i}`])))
  .toBytes();

/** A frame of the program zstd, with real compressed blocks. */
function byZstd(bytes: Uint8Array, ...flags: readonly string[]): Uint8Array | null {
  const { status, stdout } = spawnSync('zstd', ['-c', '-19', ...flags], { input: bytes });
  if (status === 0) return new Uint8Array(stdout);
  console.warn('not tested: frames of the program zstd, which is not installed');
  return null;
}

const stored = [{ stored: content.slice(0, 200) }, { stored: content.slice(200) }];
const lz4Summed = lz4Frame(content, { contentSum: true, blockSums: true });
const lz4Bare = lz4Frame(content);

const summed: [string, 201 | 202, Uint8Array | null][] = [
  ['LZ4 with sums', 202, lz4Summed],
  ['zstd with a sum', 201, zstdFrame(stored)],
  ['zstd with a sum, by zstd', 201, byZstd(content, '--check')],
];
const bare: [string, 201 | 202, Uint8Array | null][] = [
  ["LZ4 as Dragonfly's", 202, lz4Bare],
  ["zstd as Dragonfly's", 201, zstdFrame(stored, { contentSum: false })],
  ["zstd as Dragonfly's, by zstd", 201, byZstd(content, '--no-check')],
];

/** A file with the frame, and where the frame stands. */
function fileWith(opcode: 201 | 202, frame: Uint8Array): { file: Uint8Array; from: number; to: number } {
  const after = new DragonflyRecords().selectDb(0).key('after', stringValue('v'));
  const body = new DragonflyRecords().compressed(opcode, frame).raw(after.toBytes());
  const file = dragonflyFile(body);
  const to = file.length - 9 - after.toBytes().length;
  return { file, from: to - frame.length, to };
}

type Case = [name: string, opcode: 201 | 202, frame: Uint8Array];

/** Those that could be made. */
function given(frames: readonly [string, 201 | 202, Uint8Array | null][]): Case[] {
  return frames.flatMap(([name, opcode, frame]): Case[] => (frame === null ? [] : [[name, opcode, frame]]));
}

/** What reading damaged bytes comes to; in time, and the same whatever the chunks. */
function read(file: Uint8Array): Outcome {
  const began = performance.now();
  const { events, error } = readWhole(file, {}, OPTIONS);
  expect(performance.now() - began).toBeLessThan(MOST_MS);
  if (error !== null) expect(error).toBeInstanceOf(RdbError);
  const split = readInSteps(file, 61, {}, OPTIONS);
  expect([split.error?.code ?? null, split.error === null ? split.events : null]).toEqual([
    error?.code ?? null,
    error === null ? events : null,
  ]);
  return { events, error };
}

/** Reads the file with each bit of the frame changed. */
function flips(opcode: 201 | 202, frame: Uint8Array): { errors: number; same: number; other: number } {
  const { file, from, to } = fileWith(opcode, frame);
  const sound = read(file);
  expect(sound.error).toBeNull();
  const found = { errors: 0, same: 0, other: 0 };
  for (let at = from; at < to; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const damaged = file.slice();
      damaged[at] = (damaged[at] ?? 0) ^ (1 << bit);
      const { events, error } = read(damaged);
      found[error !== null ? 'errors' : events === sound.events ? 'same' : 'other']++;
    }
  }
  return found;
}

describe('a bit changed at every place of a frame', () => {
  it.each(given(summed))('%s: a typed error, or nothing changes', (_name, opcode, frame) => {
    const { errors, same, other } = flips(opcode, frame);
    expect(other).toBe(0);
    expect(errors).toBeGreaterThan(same * 20);
  });

  it.each(given(bare))(
    '%s: a typed error, or a value that only the bytes themselves could tell',
    (name, opcode, frame) => {
      const { errors, same, other } = flips(opcode, frame);
      expect(errors + same + other).toBe(frame.length * 8);
      console.info(`${name}: ${frame.length * 8} bits, ${errors} errors, ${same} no change, ${other} other data`);
      // Nothing in such a file is summed: bits of names and values are not noticed by anybody.
      expect(errors).toBeGreaterThan(0);
    },
  );
});

describe('bytes left out of a frame', () => {
  it.each(given([...summed, ...bare]))('%s', (_name, opcode, frame) => {
    const sound = read(fileWith(opcode, frame).file);
    for (let at = 0; at < frame.length; at++) {
      const { file } = fileWith(opcode, concatBytes(frame.slice(0, at), frame.slice(at + 1)));
      const { error, events } = read(file);
      if (error === null && events === sound.events) continue;
      if (opcode === 202) expect(error).not.toBeNull();
    }
    for (let end = 0; end < frame.length; end += 3) {
      expect(read(fileWith(opcode, frame.slice(0, end)).file).error?.code).toBe('RDB_BAD_BLOB');
    }
  });
});
