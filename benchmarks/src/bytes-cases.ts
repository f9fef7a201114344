/** Cases of the byte level. */
import { Buffer } from 'node:buffer';
import { Crc64, compressLzf, decompressLzf, Window } from '@rdbkit/bytes';
import type { FunctionCase } from './case.ts';
import { Random } from './data/random.ts';

const MIB = 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;
const RUN_BYTES = 350;

function randomBytes(count: number): Uint8Array {
  const random = new Random(5);
  return Uint8Array.from({ length: count }, () => random.next());
}

/** A document of words and numbers, as caches are full of. */
function document(): Uint8Array {
  const random = new Random(6);
  const items = Array.from({ length: 20 }, (_, i) => ({
    id: random.between(1, 1e6),
    name: `item ${i}`,
    price: random.between(1, 1e5) / 100,
    isActive: i % 3 === 0,
    tags: ['new', 'sale', 'featured'].slice(i % 3),
  }));
  return Buffer.from(JSON.stringify({ version: 2, items }));
}

export const BYTES_CASES: readonly FunctionCase[] = [
  {
    kind: 'function',
    name: 'bytes/crc64',
    title: 'CRC-64 over 256 MiB in runs of 64 KiB',
    datasets: [],
    prepare() {
      const chunk = randomBytes(CHUNK_BYTES);
      return () => {
        const crc = new Crc64();
        let bytes = 0;
        for (; bytes < 256 * MIB; bytes += chunk.length) crc.update(chunk, 0, chunk.length);
        return bytes;
      };
    },
  },
  {
    kind: 'function',
    name: 'bytes/crc64-runs',
    title: 'CRC-64 of each of the runs of 350 bytes in 256 MiB: the payloads of DUMP',
    datasets: [],
    prepare() {
      const chunk = randomBytes(CHUNK_BYTES);
      return () => {
        const crc = new Crc64();
        let bytes = 0;
        while (bytes < 256 * MIB) {
          for (let at = 0; at + RUN_BYTES <= CHUNK_BYTES; at += RUN_BYTES) {
            crc.reset();
            crc.update(chunk, at, at + RUN_BYTES);
            bytes += RUN_BYTES;
          }
        }
        return bytes;
      };
    },
  },
  {
    kind: 'function',
    name: 'bytes/window',
    title: 'feeding 1 GiB to the window in chunks of 64 KiB, without checksum: the cost of the copy',
    datasets: [],
    prepare() {
      const chunk = randomBytes(CHUNK_BYTES);
      return () => {
        const window = new Window();
        let bytes = 0;
        for (; bytes < 1024 * MIB; bytes += chunk.length) {
          window.feed(chunk, 0, chunk.length);
          // A few bytes are always left over, as in the middle of a key.
          window.pos = window.end - 20;
        }
        return bytes;
      };
    },
  },
  {
    kind: 'function',
    name: 'bytes/lzf',
    title: 'decompressing 128 MiB of JSON documents, counted as output',
    datasets: [],
    prepare() {
      const text = document();
      const packed = compressLzf(text, 0, text.length) as Uint8Array;
      const out = new Uint8Array(text.length);
      return () => {
        let bytes = 0;
        for (; bytes < 128 * MIB; bytes += out.length) decompressLzf(packed, 0, packed.length, out, 0, out.length);
        return bytes;
      };
    },
  },
  {
    kind: 'function',
    name: 'bytes/lzf-compress',
    title: 'compressing 32 MiB of JSON documents, counted as input',
    datasets: [],
    prepare() {
      const text = document();
      return () => {
        let bytes = 0;
        for (; bytes < 32 * MIB; bytes += text.length) compressLzf(text, 0, text.length);
        return bytes;
      };
    },
  },
];
