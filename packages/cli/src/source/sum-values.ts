import { Buffer } from 'node:buffer';
import { readSync } from 'node:fs';
import { Crc64 } from '@rdbkit/bytes';
import { type Dialect, type KeyHeader, type Level, type RdbHeader, RdbReader, RdbVisitorBase } from '@rdbkit/rdb';
import type { SumProducer } from './sum-ring.ts';

const CHUNK_BYTES = 256 * 1024;

/** The file cannot be summed like this. */
class NotForUs extends Error {}

/**
 * Takes the sums of values out of the sum of the file. What a file's sum is after a value comes from what it was before it and from the
 * value's own; the sum of what `RESTORE` takes, a type byte and the value, comes from the same two.
 */
class ValueVisitor extends RdbVisitorBase {
  reader: RdbReader | null = null;
  private readonly ring: SumProducer;
  private readonly sum = new Crc64();
  private readonly typeByte = new Uint8Array(1);
  private typeCode = 0;
  private startsAt = 0;
  private isWanted = false;

  constructor(ring: SumProducer) {
    super();
    this.ring = ring;
  }

  override header({ dialect }: RdbHeader): void {
    // Values in pieces and in compressed frames have no sum in that of the file.
    if (dialect === 'dragonfly') throw new NotForUs();
  }

  override key(header: KeyHeader): Level {
    const { reader, ring, sum, typeByte } = this;
    this.isWanted = ring.isWanted;
    if (reader === null || !this.isWanted) return 'skip';
    const { crc } = reader;
    this.typeCode = header.typeCode;
    typeByte[0] = header.typeCode;
    sum.reset();
    sum.update(typeByte, 0, 1);
    sum.lo ^= crc.lo;
    sum.hi ^= crc.hi;
    this.startsAt = reader.offset;
    return 'skip';
  }

  override keyEnd(end: number): void {
    const { reader, ring, sum } = this;
    if (reader === null || !this.isWanted) {
      ring.pass();
      return;
    }
    const { crc } = reader;
    const length = end - this.startsAt;
    sum.append(crc.lo, crc.hi, length);
    ring.put(this.typeCode, length, sum.lo, sum.hi);
  }
}

/**
 * Sums an RDB and the values in it, wherever the descriptor stands.
 *
 * @returns where the RDB ends, its checksum verified, in bytes; `null` when it has none, and for what cannot be summed like this
 * or is damaged, which the one who decodes it will find.
 */
export function sumValues(fd: number, dialect: Dialect | null, ring: SumProducer): number | null {
  const visitor = new ValueVisitor(ring);
  const reader = new RdbReader(visitor, { dialect, anyVersion: true });
  visitor.reader = reader;
  const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  try {
    for (let at = 0; !reader.done; ) {
      const count = readSync(fd, buffer, 0, CHUNK_BYTES, at);
      if (count === 0) break;
      reader.push(buffer.subarray(0, count));
      at += count;
    }
    const { summary } = reader.handOver();
    return summary.checksum === 'ok' ? summary.bytes : null;
  } catch {
    return null;
  } finally {
    ring.finish();
  }
}
