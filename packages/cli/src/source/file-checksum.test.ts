import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Crc64 } from '@rdbkit/bytes';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileChecksum } from './file-checksum.ts';

const folder = mkdtempSync(join(tmpdir(), 'rdbkit-sum-'));
afterAll(() => rmSync(folder, { recursive: true }));

const CONTENT_BYTES = 33 * 1024 * 1024;

/** A file that ends with the checksum of all before it, and more behind that. */
function summedFile(name: string, tail = ''): string {
  const bytes = new Uint8Array(CONTENT_BYTES + 8 + tail.length).fill(0x61, 0, CONTENT_BYTES);
  const crc = new Crc64();
  crc.update(bytes, 0, CONTENT_BYTES);
  crc.writeTo(bytes, CONTENT_BYTES);
  bytes.set(new TextEncoder().encode(tail), CONTENT_BYTES + 8);
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const whole = summedFile('whole');
const followed = summedFile('followed', 'more');

describe('FileChecksum', () => {
  let fd = -1;
  let sum: FileChecksum | null = null;
  beforeEach(() => {
    fd = -1;
    sum = null;
  });
  afterEach(async () => {
    await sum?.close();
    if (fd !== -1) closeSync(fd);
  });

  function start(path: string): FileChecksum | null {
    fd = openSync(path, 'r');
    sum = FileChecksum.start(path, fd);
    return sum;
  }

  it('accepts the right checksum and names the place of a wrong one', async () => {
    const checksum = start(whole);
    await checksum?.verify(CONTENT_BYTES + 8);
    // Eight bytes that are no checksum: where the content ends is only known to the decoder.
    await expect(checksum?.verify(CONTENT_BYTES)).rejects.toMatchObject({
      code: 'RDB_CHECKSUM',
      offset: CONTENT_BYTES - 8,
    });
  });

  it('sums what comes before the checksum when the file goes on behind it', async () => {
    await start(followed)?.verify(CONTENT_BYTES + 8);
    await expect(sum?.verify(CONTENT_BYTES + 12)).rejects.toMatchObject({ code: 'RDB_CHECKSUM' });
  });

  it('leaves small files and devices to the decoder', () => {
    const small = join(folder, 'small');
    writeFileSync(small, 'REDIS0011');
    expect(start(small)).toBeNull();
    closeSync(fd);
    expect(start('/dev/null')).toBeNull();
  });

  it('leaves a file to the decoder whose name belongs to another one by now', () => {
    fd = openSync(whole, 'r');
    expect(FileChecksum.start(followed, fd)).toBeNull();
  });
});
