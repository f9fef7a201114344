/**
 * Compressed records of Dragonfly: `len` size, a frame of LZ4 or zstd, which holds whole records. Blobs are never nested.
 */
import { Lz4Unpacker, UnpackError, type Unpacker, ZstdUnpacker } from '@rdbkit/bytes';
import { RdbUnsupportedError } from '../errors.ts';
import { type Decoding, type Rule, SETTLED } from './decoding.ts';
import type { Frame } from './frame.ts';
import { length } from './primitives.ts';
import { decodingWithin, pour } from './within.ts';

export function* unpackedRecords(frame: Frame, format: 'lz4' | 'zstd', at: number): Rule {
  const { d } = frame;
  const { input } = d;
  if (d.origin >= 0) throw d.bad('RDB_BAD_BLOB', 'compressed records within compressed records', at);
  let left = yield* length(d);
  const start = input.offset;
  const unpacker = unpackerOf(d, format, at);
  const inner = decodingWithin(d, d.visitor, d.header.db, at);
  const frameWithin = frame.within(inner);
  const records = frameWithin.records();
  while (left > 0) {
    while (input.pos >= input.end) yield;
    const step = Math.min(left, input.end - input.pos);
    unpacker.feed(input.bytes.subarray(input.pos, input.pos + step));
    input.pos += step;
    left -= step;
    for (let bytes = unpacked(d, start, unpacker.next.bind(unpacker)); bytes !== null; ) {
      if (yield* pour(inner, records, bytes, WHAT))
        throw d.bad('RDB_BAD_BLOB', 'the end of the file within compressed records', at);
      bytes = unpacked(d, start, unpacker.next.bind(unpacker));
    }
  }
  unpacked(d, start, unpacker.end.bind(unpacker));
  if (!frameWithin.isAtBorder || inner.input.available > 0)
    throw d.bad('RDB_BAD_BLOB', 'compressed records end within a record', at);
  frameWithin.checkLostAttributes();
  d.header.db = inner.header.db;
}

const WHAT = 'the unpacked records';

function unpackerOf(d: Decoding, format: 'lz4' | 'zstd', at: number): Unpacker {
  if (format === 'lz4') return new Lz4Unpacker();
  if (d.options.zstd === null) {
    throw new RdbUnsupportedError(
      'RDB_UNSUPPORTED_COMPRESSION',
      'records compressed with zstd: the option zstd names a decoder',
      at,
    );
  }
  return new ZstdUnpacker(d.options.zstd);
}

/** @param start - Where the frame begins in the input. */
function unpacked<T>(d: Decoding, start: number, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof UnpackError)) throw error;
    const fault = d.bad('RDB_BAD_BLOB', error.message, start + error.offset);
    fault.path = { db: d.header.db, key: null, element: 'compressed records' };
    SETTLED.add(fault);
    throw fault;
  }
}
