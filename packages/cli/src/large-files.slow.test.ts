/** Files that are large enough for a second thread, by the programs as processes. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Crc64 } from '@rdbkit/bytes';
import {
  hashValue,
  type KeyAttributes,
  listValue,
  RdbBuilder,
  type RdbValue,
  setValue,
  stringValue,
  zset2Value,
} from '@rdbkit/testkit';
import { afterAll, describe, expect, it, vi } from 'vitest';

vi.setConfig({ testTimeout: 120_000 });

const folder = mkdtempSync(join(tmpdir(), 'rdbkit-large-'));
afterAll(() => rmSync(folder, { recursive: true }));

const REPEATED = 60;
const CHECKSUM_BYTES = 8;

/** A megabyte of keys of all sizes, then one long value, all of it many times. */
function largeFile(): Uint8Array {
  const builder = new RdbBuilder().aux('redis-ver', '7.2.5').selectDb(0);
  const begin = builder.unfinished().length;
  const words = (count: number): string[] => Array.from({ length: count }, (_, i) => `word ${i * 7919}`);
  for (let i = 0; i < 1200; i++) {
    const value: RdbValue[] = [
      stringValue('x'.repeat((i * 37) % 900)),
      listValue(words(i % 60)),
      setValue(words(1 + (i % 40))),
      hashValue(words(1 + (i % 30)).map((word) => [word, `${word}!`])),
      zset2Value(words(1 + (i % 30)).map((word, n) => [word, n / 3])),
    ];
    const attributes: KeyAttributes = i % 3 === 0 ? { expireAtMs: 4_000_000_000_000 } : i % 7 === 0 ? { freq: 9 } : {};
    builder.key(`key:${i}`, value[i % value.length] as RdbValue, attributes);
  }
  builder.key('long', stringValue('y'.repeat(200_000)));
  const once = builder.unfinished();
  const body = Buffer.concat([
    once,
    ...Array.from({ length: REPEATED }, () => once.subarray(begin)),
    Uint8Array.of(255),
    new Uint8Array(CHECKSUM_BYTES),
  ]);
  const crc = new Crc64();
  crc.update(body, 0, body.length - CHECKSUM_BYTES);
  crc.writeTo(body, body.length - CHECKSUM_BYTES);
  return body;
}

const good = largeFile();
const end = good.length;

function written(name: string, change: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes): string {
  const path = join(folder, name);
  writeFileSync(path, change(Uint8Array.from(good)));
  return path;
}

interface Ran {
  readonly code: number | null;
  readonly digest: string;
  readonly error: string;
}

/** What becomes of a dump as a file, which a second thread reads too, and through a pipe, where there is one thread. */
function both(path: string, args: readonly string[]): { readonly file: Ran; readonly pipe: Ran } {
  const program = fileURLToPath(new URL('../dist/programs/rdb2resp.js', import.meta.url));
  const run = (command: string, source: string): Ran => {
    const { status, stdout, stderr } = spawnSync(
      'sh',
      ['-c', command, path, process.execPath, program, ...args, '--json', source],
      { maxBuffer: 256 * 1024 * 1024 },
    );
    const account = stderr
      .toString()
      .split('\n')
      .find((line) => line.startsWith('{'));
    const { error } = JSON.parse(account ?? '') as { error: { message: string } | null };
    return {
      code: status,
      digest: createHash('sha256').update(stdout).digest('hex'),
      error: (error?.message ?? '').replaceAll(path, 'X').replaceAll('standard input', 'X'),
    };
  };
  return { file: run('exec "$@"', path), pipe: run('cat "$0" | "$@"', '-') };
}

describe('a file that another thread sums', () => {
  it.each([
    [[]],
    [['--restore']],
    [['--restore', '--no-checksum']],
    [['--restore', '--type', 'hash']],
    [['--restore', '--limit', '5']],
  ])('becomes what it becomes through a pipe: %s', (args) => {
    expect(end).toBeGreaterThan(32 * 1024 * 1024);
    const { file, pipe } = both(written('good'), args);
    expect(file).toEqual({ ...pipe, code: 0, error: '' });
  });

  it.each([
    ['a wrong checksum', (bytes: Uint8Array) => bytes.fill(1, end - CHECKSUM_BYTES)],
    ['a wrong byte in a value', (bytes: Uint8Array) => bytes.fill(0x7a, end - 1000, end - 999)],
    ['an unknown opcode', (bytes: Uint8Array) => bytes.fill(0xe1, end - CHECKSUM_BYTES - 1, end - CHECKSUM_BYTES)],
    ['its end missing', (bytes: Uint8Array) => bytes.subarray(0, end - 300_000)],
  ])('has the same fault as through a pipe: %s', (name, change) => {
    for (const args of [[], ['--restore']]) {
      const { file, pipe } = both(written(name, change), args);
      expect(pipe.code).toBe(3);
      expect(file).toEqual(pipe);
    }
  });

  it('may have more behind it', () => {
    const path = written('followed', (bytes) => Buffer.concat([bytes, Buffer.alloc(40, 0x61)]));
    const { file, pipe } = both(path, ['--restore']);
    expect(file).toEqual(pipe);
    expect(file.code).toBe(0);
  });
});
