import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { fromHex, intString } from './byte-writer.ts';
import { crc64 } from './crc64.ts';
import { lzfCompress } from './lzf.ts';
import { intset, listpack, roaring64, ziplist } from './packed-builder.ts';
import { dumpPayload, RdbBuilder } from './rdb-builder.ts';
import { bitmapValue, blobValue, hash2Value, hashMetadataValue, moduleId, stringValue } from './rdb-values.ts';
import { streamValue } from './stream-builder.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

// The vectors of the format notes.
describe('the builder writes the known vectors', () => {
  it('CRC-64', () => {
    expect(crc64(Buffer.from('123456789'))).toBe(0xe9c6d914c4b8d9can);
  });

  it.each([
    ['an integer', dumpPayload(stringValue(intString(10, 8)), 10), '00c00a 0a00 6e9f57450eae63bb'],
    ['a string', dumpPayload(stringValue('hello'), 11), '000568656c6c6f 0b00 0aad620598abc983'],
    [
      'an intset',
      dumpPayload(blobValue(11, intset([-5, 1, 1000])), 9),
      '0b0e 02000000 03000000 fbff 0100 e803 0900 c33e0d3e3e548117',
    ],
    ['a listpack', listpack(['f', 'v', 'n', 1]), '12000000 0400 816602 817602 816e02 0101 ff'],
    ['a ziplist', ziplist(['a', 7, 1000]), '14000000 0f000000 0300 000161 03f8 02c0e803 ff'],
    ['LZF', lzfCompress(Buffer.from('a'.repeat(30))), '0061e01400'],
    [
      'a hash with field expiry',
      dumpPayload(
        hashMetadataValue([
          ['a', '1', 1893456000000],
          ['b', '2', null],
        ]),
        12,
      ),
      '18 00b4c5dab8010000 02 01 0161 0131 00 0162 0132 0c00 2d56a5b930ba1476',
    ],
    [
      'an empty bitmap',
      dumpPayload(bitmapValue(0, roaring64([])), 16, { checksum: 'zero' }),
      '21 00 08 0000000000000000 1000 0000000000000000',
    ],
    [
      'a stream',
      dumpPayload(
        streamValue({
          layout: 3,
          entries: [
            { id: '1-1', fields: [['a', 1]] },
            { id: '1-2', fields: [['a', 2]] },
          ],
          groups: [
            {
              name: 'g',
              lastId: '1-1',
              entriesRead: 1,
              pending: [{ id: '1-1', consumer: 'c', deliveredAtMs: 1700000000000, deliveries: 3 }],
              consumers: [{ name: 'c', seenMs: 1700000000000 }],
            },
          ],
        }),
        11,
      ),
      `15 01 10 00000000000000010000000000000001
       26 26000000 0f00  0201 0001 0101 816102 0001 0201 0001 0001 0101 0401 0201 0001 0101 0201 0401  ff
       02 01 02 01 01 00 00 02 01 01 67 01 01 01 01 00000000000000010000000000000001 0068e5cf8b010000 03
       01 01 63 0068e5cf8b010000 0068e5cf8b010000 01 00000000000000010000000000000001 0b00 32794c60ace610d5`,
    ],
    [
      'a Redis file',
      new RdbBuilder({ version: 11 })
        .aux('redis-ver', '7.2.0')
        .selectDb(0)
        .resizeDb(1, 1)
        .key('k', stringValue('v'), { expireAtMs: 1893456000000 })
        .finish(),
      `524544495330303131 fa 09 72656469732d766572 05 372e322e30 fe 00 fb 01 01
       fc 00b4c5dab8010000 00 01 6b 01 76 ff f41b10b9ce07c190`,
    ],
    [
      'a Valkey file',
      new RdbBuilder({ version: 80 })
        .selectDb(0)
        .resizeDb(1, 0)
        .key(
          'h',
          hash2Value([
            ['a', '1', null],
            ['b', '2', 1893456000000],
          ]),
        )
        .finish(),
      `56414c4b4559303830 fe 00 fb 01 00 16 01 68 02
       01 61 01 31 ffffffffffffffff 01 62 01 32 00b4c5dab8010000 ff a615e1eff9095f3f`,
    ],
  ])('%s', (_name, bytes, expected) => {
    expect(hex(bytes)).toBe(hex(fromHex(expected)));
  });

  it('module type numbers', () => {
    expect(moduleId('ReJSON-RL', 3)).toBe(0x45e25238df912c03n);
  });
});
