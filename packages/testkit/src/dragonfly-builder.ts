/**
 * Files as Dragonfly writes them, from its sources (`rdb_save.cc`, `rdb_extensions.h`, up to 1.40): a single RDB, or the summary
 * and the shards of a DFS set.
 *
 * @module
 */
import { ByteWriter, concatBytes, type RdbString } from './byte-writer.ts';
import { lz4Frame, zstdFrame } from './compressed-frames.ts';
import { type KeyAttributes, RdbBuilder } from './rdb-builder.ts';
import type { RdbValue } from './rdb-values.ts';

/** What stands before a key besides. */
export interface DragonflyAttributes extends KeyAttributes {
  /** Opcode 220. Bit 0: sticky; bit 1: memcached flags follow. */
  readonly mask?: number;
  readonly memcachedFlags?: number;
}

/**
 * Records of Dragonfly, whether they stand in a file, in compressed bytes or in a piece:
 *
 * ```
 * 201 | 202  str frame               compressed records
 * 203                                nothing
 * 210  len n, str                    journal
 * 211  u64                           a place in it
 * 200  u64                           the end of a full synchronisation
 * 220  u32 mask [ u32 flags ]        before a type byte
 * 222  str index, [ len ], len n, (u32 id, u64 document, u32 level, (u32 k, u32 * k) * (level + 1)) * n
 * 223  len shard, str index, len n, (str key, len document) * n
 * 224  u32 id, u32 size, bytes       a piece of a value
 * ```
 */
export class DragonflyRecords {
  private readonly out: ByteWriter = new ByteWriter();

  raw(bytes: Uint8Array): this {
    this.out.raw(bytes);
    return this;
  }

  aux(name: RdbString, value: RdbString): this {
    this.out.u8(250).str(name).str(value);
    return this;
  }

  selectDb(db: number): this {
    this.out.u8(254).len(db);
    return this;
  }

  key(name: RdbString, value: RdbValue, attributes: DragonflyAttributes = {}): this {
    const { expireAtMs, mask, memcachedFlags } = attributes;
    if (expireAtMs !== undefined) this.out.u8(252).u64(expireAtMs);
    if (mask !== undefined) this.out.u8(220).u32(mask);
    if (memcachedFlags !== undefined) this.out.u32(memcachedFlags);
    this.out.u8(value.typeCode).str(name).raw(value.bytes);
    return this;
  }

  /** Compressed as Dragonfly does by default. */
  lz4(records: DragonflyRecords): this {
    return this.compressed(202, lz4Frame(records.toBytes()));
  }

  /** A frame whose only block is stored: what it says of itself is what a real one says. */
  zstd(records: DragonflyRecords): this {
    return this.compressed(201, zstdFrame([{ stored: records.toBytes() }]));
  }

  compressed(opcode: 201 | 202, frame: Uint8Array): this {
    this.out.u8(opcode).str(frame);
    return this;
  }

  piece(id: number, bytes: Uint8Array): this {
    this.out.u8(224).u32(id).u32(bytes.length).raw(bytes);
    return this;
  }

  blobEnd(): this {
    this.out.u8(203);
    return this;
  }

  journal(entries: number, blob: RdbString): this {
    this.out.u8(210).len(entries).str(blob);
    return this;
  }

  journalOffset(offset: number): this {
    this.out.u8(211).u64(offset);
    return this;
  }

  fullsyncEnd(): this {
    this.out.u8(200).u64(0);
    return this;
  }

  /** @param nodes - Of each its neighbours, level by level. */
  vectorIndex(index: RdbString, entryPoint: number | null, nodes: readonly (readonly (readonly number[])[])[]): this {
    this.out.u8(222).str(index);
    if (entryPoint !== null) this.out.len(entryPoint);
    this.out.len(nodes.length);
    for (const [id, levels] of nodes.entries()) {
      this.out
        .u32(id)
        .u64(1000 + id)
        .u32(levels.length - 1);
      for (const neighbours of levels) {
        this.out.u32(neighbours.length);
        for (const neighbour of neighbours) this.out.u32(neighbour);
      }
    }
    return this;
  }

  docIndex(shard: number, index: RdbString, documents: readonly (readonly [RdbString, number])[]): this {
    this.out.u8(223).len(shard).str(index).len(documents.length);
    for (const [key, id] of documents) this.out.str(key).len(id);
    return this;
  }

  toBytes(): Uint8Array {
    return this.out.toBytes();
  }
}

/** What is told at the beginning of a file. */
export interface DragonflyFileOptions {
  /** `null` for a release before 1.26, which did not tell it. */
  readonly version?: string | null;
  /** Fields between `snapshot-id` and the end of the head. */
  readonly fields?: readonly (readonly [string, RdbString])[];
  readonly snapshotId?: string;
  /** Bytes behind the end: files are written in whole blocks. */
  readonly trailing?: Uint8Array;
}

/** A whole file: magic of version 9, AUX fields, records, end, a checksum of zeros. */
export function dragonflyFile(records: DragonflyRecords, options: DragonflyFileOptions = {}): Uint8Array {
  const { version = 'df-v1.40.1', fields = [], snapshotId, trailing = new Uint8Array(0) } = options;
  const file = new RdbBuilder({ version: 9 });
  if (snapshotId !== undefined) file.aux('snapshot-id', snapshotId);
  file.aux('redis-ver', '6.2.11');
  if (version !== null) file.aux('df-ver', version);
  file.aux('redis-bits', '64').aux('ctime', '1760000000').aux('used-mem', '1048576').aux('aof-preamble', '0');
  for (const [name, value] of fields) file.aux(name, value);
  return concatBytes(file.raw(records.toBytes()).finish('zero'), trailing);
}

/** A DFS set: the content of each file by its name. */
export function dragonflySet(
  name: string,
  shards: readonly DragonflyRecords[],
  options: { readonly snapshotId?: string; readonly summary?: readonly (readonly [string, RdbString])[] } = {},
): Map<string, Uint8Array> {
  const { snapshotId = '0123456789abcdef0123456789abcdef', summary = [] } = options;
  const files = new Map<string, Uint8Array>();
  const fields = [...summary, ['shard-count', String(shards.length)] as const, ['table-mem', '65536'] as const];
  files.set(`${name}-summary.dfs`, dragonflyFile(new DragonflyRecords(), { snapshotId, fields }));
  for (const [i, shard] of shards.entries()) {
    const file = dragonflyFile(shard, { snapshotId, fields: [['shard-id', String(i)]] });
    files.set(`${name}-${String(i).padStart(4, '0')}.dfs`, file);
  }
  return files;
}
