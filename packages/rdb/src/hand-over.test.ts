import { crc64, RdbBuilder, stringValue } from '@rdbkit/testkit';
import { describe, expect, it } from 'vitest';
import { RdbReader } from './reader.ts';
import { type RdbSummary, RdbVisitorBase, type RdbWarning } from './visitor.ts';

const RDB = new RdbBuilder().key('k', stringValue('v')).finish();
const REST = new TextEncoder().encode('*1\r\n$8\r\nFLUSHALL\r\n');

class Ends extends RdbVisitorBase {
  readonly warnings: RdbWarning[] = [];
  readonly ends: RdbSummary[] = [];

  override warning(warning: RdbWarning): void {
    this.warnings.push(warning);
  }
  override end(summary: RdbSummary): void {
    this.ends.push(summary);
  }
}

describe('what stands behind an RDB', () => {
  it.each([1, 5, RDB.length, RDB.length + 3, 1000])('is handed over when it comes in chunks of %d bytes', (size) => {
    const bytes = Uint8Array.of(...RDB, ...REST);
    const visitor = new Ends();
    const reader = new RdbReader(visitor, { strict: true });
    let at = 0;
    while (!reader.done) reader.push(bytes.subarray(at, (at += size)));
    const { summary, rest } = reader.handOver();
    expect(summary).toMatchObject({ bytes: RDB.length, keys: 1, checksum: 'ok', trailingBytes: 0 });
    expect(rest).toEqual(bytes.subarray(RDB.length, at));
    expect(visitor.warnings).toEqual([]);
    expect(visitor.ends).toEqual([summary]);
  });

  it('cannot be handed over before', () => {
    const reader = new RdbReader(new Ends());
    reader.push(RDB.subarray(0, -1));
    expect(() => reader.handOver()).toThrow('has not been read');
  });
});

describe('the checksum on the way', () => {
  it('is that of everything decoded so far, wherever chunks end', () => {
    for (const size of [1, 7, RDB.length]) {
      const sums: [number, bigint][] = [];
      class Watch extends RdbVisitorBase {
        override key(): 'skip' {
          sums.push([reader.offset, reader.crc.digest()]);
          return 'skip';
        }
        override keyEnd(): void {
          sums.push([reader.offset, reader.crc.digest()]);
        }
      }
      const reader: RdbReader = new RdbReader(new Watch());
      for (let at = 0; at < RDB.length; at += size) reader.push(RDB.subarray(at, at + size));
      expect(reader.finish().checksum).toBe('ok');
      expect(sums).toHaveLength(2);
      for (const [offset, sum] of sums) expect(sum).toBe(crc64(RDB.subarray(0, offset)));
    }
  });
});
