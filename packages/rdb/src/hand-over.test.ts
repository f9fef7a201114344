import { RdbBuilder, stringValue } from '@rdbkit/testkit';
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
