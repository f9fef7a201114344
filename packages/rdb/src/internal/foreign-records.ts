/** Records of other products that are passed over, and those that cannot be. */
import { RdbUnsupportedError } from '../errors.ts';
import type { Rule } from './decoding.ts';
import type { Frame } from './frame.ts';
import { length, number64 } from './primitives.ts';
import { LEN, STR, skipBytes, skipParts } from './skip.ts';

const FULLSYNC_END = 200;
const COMPRESSED_BLOB_END = 203;
const JOURNAL_BLOB = 210;
const JOURNAL_OFFSET = 211;
const VECTOR_INDEX = 222;
const SHARD_DOC_INDEX = 223;

const GCAS = 101;
const GFLAGS = 102;
const RAM_LRU = 107;
const SLOT_NUM = 121;

const ROR_OBJECT_FLAGS = 128;
const ROR_SST = 130;
const ROR_CUCKOO_FILTER = 132;
const ROR_FIRST_META = 133;
const ROR_LAST_META = 137;

/** A record that has no part in the values, behind its opcode. */
export function* foreignRecord(frame: Frame, code: number, at: number): Rule {
  const { d } = frame;
  switch (code) {
    case COMPRESSED_BLOB_END:
      return;
    case FULLSYNC_END:
    case JOURNAL_OFFSET:
      yield* skipBytes(d, 8);
      return;
    case JOURNAL_BLOB:
      frame.warnOnce('RDB_JOURNAL', 'commands of a replication stand between the keys; they are not read', at);
      yield* skipParts(d, 1, [LEN, STR]);
      return;
    case VECTOR_INDEX:
      frame.warnOnce('RDB_SEARCH_INDEX', SEARCH_INDEX, at);
      yield* vectorIndex(frame, at);
      return;
    case SHARD_DOC_INDEX:
      frame.warnOnce('RDB_SEARCH_INDEX', SEARCH_INDEX, at);
      yield* skipParts(d, 1, [LEN, STR]);
      yield* skipParts(d, yield* length(d), [STR, LEN]);
      return;
    case RAM_LRU:
    case SLOT_NUM:
    case ROR_SST - 1:
    case ROR_SST + 1:
      frame.warnOnce(
        'RDB_FOREIGN_RECORD',
        `records with the opcode ${code} of dialect ${d.dialect} are passed over`,
        at,
      );
      yield* number64(d);
      return;
    case ROR_OBJECT_FLAGS:
      frame.warnOnce(
        'RDB_FOREIGN_RECORD',
        `records with the opcode ${code} of dialect ${d.dialect} are passed over`,
        at,
      );
      yield* skipBytes(d, 1);
      return;
    case ROR_CUCKOO_FILTER:
      yield* rorCuckooFilter(frame);
      return;
    case GCAS:
    case GFLAGS:
      throw new RdbUnsupportedError(
        'RDB_UNSUPPORTED_RECORD',
        `opcode ${code} of Redis Enterprise, whose layout is not known`,
        at,
      );
    case ROR_SST:
      throw new RdbUnsupportedError(
        'RDB_UNSUPPORTED_RECORD',
        'files of RocksDB begin here: the values that Redis-On-Rocks keeps on disk cannot be read; a dump for other servers has them in memory',
        at,
      );
  }
  if (code >= ROR_FIRST_META && code <= ROR_LAST_META) {
    frame.warnOnce('RDB_FOREIGN_RECORD', 'what Redis-On-Rocks knows of values on disk is passed over', at);
    yield* skipParts(d, 1, [STR, LEN, STR]);
  }
}

const SEARCH_INDEX = 'data of a search index is passed over: Dragonfly builds it again from the keys';

/**
 * VECTOR_INDEX: `str` index and field, [ since 1.39 `len` entry point ], `len` nodes, (u32 id, u64 document, u32 level,
 * (u32 k, u32 * k) * (level + 1)) * nodes.
 */
function* vectorIndex(frame: Frame, at: number): Rule {
  const { d } = frame;
  const version = /^df-v?(\d+)\.(\d+)/.exec(frame.dragonflyVersion);
  if (version === null) {
    throw new RdbUnsupportedError(
      'RDB_UNSUPPORTED_RECORD',
      'the graph of a search index, whose layout depends on a version of Dragonfly that the file does not tell',
      at,
    );
  }
  const hasEntryPoint = Number(version[1]) > 1 || Number(version[2]) >= 39;
  yield* skipParts(d, 1, hasEntryPoint ? [STR, LEN] : [STR]);
  const nodes = yield* length(d);
  for (let node = 0; node < nodes; node++) {
    yield* skipBytes(d, 12);
    const levels = (yield* u32(frame)) + 1;
    for (let level = 0; level < levels; level++) yield* skipBytes(d, 4 * (yield* u32(frame)));
  }
}

function* u32({ d: { input } }: Frame): Rule<number> {
  while (input.end - input.pos < 4) yield;
  const value = input.view.getUint32(input.pos, true);
  input.pos += 4;
  return value;
}

/**
 * `len` format, `len` bits of a tag, `len` tables, (`len` bits of a tag, `len` bytes of a bucket, `len` buckets, `len` used,
 * `len` tag, `len` index of the victim, `len` tags, bytes · buckets bytes) * tables.
 */
function* rorCuckooFilter(frame: Frame): Rule {
  const { d } = frame;
  yield* skipParts(d, 1, [LEN, LEN]);
  const tables = yield* length(d);
  for (let table = 0; table < tables; table++) {
    yield* number64(d);
    const bytes = (yield* length(d)) * (yield* length(d));
    yield* skipParts(d, 1, [LEN, LEN, LEN, LEN]);
    yield* skipBytes(d, bytes);
  }
}
