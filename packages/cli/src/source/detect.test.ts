import { crc64 } from '@rdbkit/bytes';
import { describe, expect, it } from 'vitest';
import { detectSource, isDumpPayload } from './detect.ts';

const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

describe('detectSource', () => {
  it.each([
    ['', 'empty'],
    ['REDIS0011\xfa', 'rdb'],
    ['VALKEY080', 'rdb'],
    ['RED', 'rdb'],
    ['REDIS', 'rdb'],
    ['VALKE', 'rdb'],
    ['\x1f\x8b\x08', 'gzip'],
    ['\x28\xb5\x2f\xfd', 'zstd'],
    ['\x04\x22\x4d\x18', 'lz4'],
    ['\xfd7zXZ\0', 'xz'],
    ['BZh91', 'bzip2'],
    ['PK\x03\x04', 'zip'],
    [`dump.rdb${'\0'.repeat(249)}ustar\x0000`, 'tar'],
    ['*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n', 'aof'],
    ['*3\r', 'aof'],
    ['#TS:1700000000\r\n*2\r\n', 'aof'],
    ['# a remark\n*2\r\n', 'aof'],
    ['file appendonly.aof.1.base.rdb seq 1 type b\nfile x seq 1 type i\n', 'manifest'],
    ['# note\nseq 1  type b file "a b.rdb"\n', 'manifest'],
    ['VKCS\x01', 'vkcs'],
    ['$EOF:0123456789\r\nREDIS0011', 'replication'],
    ['\n\n$1234\r\nREDIS0011', 'replication'],
    ['+FULLRESYNC 0123 1\r\n$', 'replication'],
    ['{"key": 1}', 'unknown'],
    ['-NOAUTH Authentication required.\r\n', 'unknown'],
    ['redis0011', 'unknown'],
    ['file', 'unknown'],
    ['*', 'aof'],
    ['REDIS0009\xfa\x0caof-preamble\xc0\x01', 'preamble'],
    ['REDIS0011\xfa\x08aof-base\xc0\x01', 'rdb'],
    ['\0\0\0\0', 'unknown'],
  ])('%j is %s', (text, kind) => {
    expect(detectSource(latin1(text))).toBe(kind);
  });
});

describe('isDumpPayload', () => {
  function payload(...body: number[]): Uint8Array {
    const bytes = Uint8Array.of(...body, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    new DataView(bytes.buffer).setBigUint64(bytes.length - 8, crc64(bytes.subarray(0, -8)), true);
    return bytes;
  }

  it('goes by the checksum', () => {
    const good = payload(4, 1, 0x61);
    expect(isDumpPayload(good)).toBe(true);
    expect(isDumpPayload(good.subarray(1))).toBe(false);
    good[2] = 0x62;
    expect(isDumpPayload(good)).toBe(false);
    expect(isDumpPayload(new Uint8Array(0))).toBe(false);
    expect(isDumpPayload(new Uint8Array(100))).toBe(false);
  });
});
