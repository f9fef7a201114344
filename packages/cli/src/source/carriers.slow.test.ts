/** Every dump at hand, compressed in every way. */
import { spawnSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import { eachVector, listVectors, lz4Frame } from '@rdbkit/testkit';
import { describe, expect, it, vi } from 'vitest';
import { storedZstd, unpacked } from '../../testing/packed-sources.ts';

vi.setConfig({ testTimeout: 30_000 });

/** A compressor on this machine, or `null`. */
function compressor(program: string): ((path: string) => Buffer) | null {
  if (spawnSync(program, ['--version']).status !== 0) {
    console.warn(`not tested: frames of the program ${program}, which is not installed`);
    return null;
  }
  return (path) => spawnSync(program, ['-c', path], { maxBuffer: 64 * 1024 * 1024 }).stdout;
}

const programs = ['zstd', 'lz4'].flatMap((name) => compressor(name) ?? []);

const vectors = listVectors('test-vectors', 'corpus');

describe('a dump compressed in any way is the same dump', () => {
  it.each(eachVector(vectors))('%s', async (_name, vector) => {
    const plain = vector.read();
    for (const packed of [gzipSync(plain), lz4Frame(plain, { contentSum: true }), storedZstd(plain)]) {
      expect((await unpacked(packed)).equals(plain)).toBe(true);
    }
    for (const compress of programs) expect((await unpacked(compress(vector.path))).equals(plain)).toBe(true);
  });
});
