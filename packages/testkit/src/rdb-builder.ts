/**
 * Whole RDB files and DUMP payloads, record by record.
 *
 * @module
 */
import { type Bytes, ByteWriter, concatBytes, type RdbString } from './byte-writer.ts';
import { crc64 } from './crc64.ts';
import { type ModuleItem, moduleId, moduleItems, type RdbValue } from './rdb-values.ts';

/** What the checksum of a file or payload should be. */
export type ChecksumKind = 'ok' | 'zero' | 'bad' | 'absent';

/** What stands before a key. */
export interface KeyAttributes {
  /** Opcode 252. */
  readonly expireAtMs?: number | bigint;
  /** Opcode 253. */
  readonly expireAtSeconds?: number;
  /** Opcode 248. */
  readonly idleSeconds?: number | bigint;
  /** Opcode 249. */
  readonly freq?: number;
  /** A block made by `keyMetadata`, opcode included. */
  readonly metadata?: Uint8Array;
}

/**
 * Builds an RDB file.
 *
 * @example
 * ```ts
 * const file = new RdbBuilder({ version: 11 })
 *   .aux('redis-ver', '7.2.0')
 *   .selectDb(0)
 *   .key('k', stringValue('v'), { expireAtMs: 1893456000000 })
 *   .finish();
 * ```
 */
export class RdbBuilder {
  private readonly out: ByteWriter = new ByteWriter();
  private readonly version: number;

  /** @param options - `version` 80 and above gives the Valkey magic unless `magic` says otherwise. */
  constructor(options: { readonly version?: number; readonly magic?: Bytes } = {}) {
    this.version = options.version ?? 11;
    const digits = String(this.version);
    const magic = this.version >= 80 ? `VALKEY${digits.padStart(3, '0')}` : `REDIS${digits.padStart(4, '0')}`;
    this.out.raw(options.magic ?? magic);
  }

  /** Bytes written so far: the offset of what comes next. */
  get offset(): number {
    return this.out.length;
  }

  /** Any bytes. */
  raw(bytes: Bytes): this {
    this.out.raw(bytes);
    return this;
  }

  aux(name: RdbString, value: RdbString): this {
    this.out.u8(250).str(name).str(value);
    return this;
  }

  selectDb(db: number | bigint): this {
    this.out.u8(254).len(db);
    return this;
  }

  resizeDb(keys: number | bigint, expires: number | bigint): this {
    this.out.u8(251).len(keys).len(expires);
    return this;
  }

  slotInfo(slot: number, keys: number, expires: number): this {
    this.out.u8(244).len(slot).len(keys).len(expires);
    return this;
  }

  /** Valkey ≥ 9.0. */
  slotImport(job: RdbString, ranges: readonly (readonly [number, number])[]): this {
    this.out.u8(243).str(job).len(ranges.length);
    for (const [first, last] of ranges) this.out.len(first).len(last);
    return this;
  }

  functionLibrary(code: RdbString): this {
    this.out.u8(245).str(code);
    return this;
  }

  functionPreGa(name: RdbString, engine: RdbString, description: RdbString | null, code: RdbString): this {
    this.out.u8(246).str(name).str(engine);
    if (description === null) this.out.len(0);
    else this.out.len(1).str(description);
    this.out.str(code);
    return this;
  }

  /** @param when - 1 before the databases, 2 after. */
  moduleAux(name: string, encodingVersion: number, when: number, items: readonly ModuleItem[]): this {
    this.out.u8(247).len(moduleId(name, encodingVersion), 64).len(2).len(when).raw(moduleItems(items));
    return this;
  }

  /** Redis ≥ 8.10. */
  hashTemplate(id: number | bigint, fields: readonly RdbString[], count?: number): this {
    this.out
      .u8(242)
      .len(id)
      .len(count ?? fields.length);
    for (const field of fields) this.out.str(field);
    return this;
  }

  /** Opcode 252 on its own. */
  expireAtMs(ms: number | bigint): this {
    this.out.u8(252).u64(ms);
    return this;
  }

  key(name: RdbString, value: RdbValue, attributes: KeyAttributes = {}): this {
    const { expireAtMs, expireAtSeconds, idleSeconds, freq, metadata } = attributes;
    if (expireAtMs !== undefined) this.out.u8(252).u64(expireAtMs);
    if (expireAtSeconds !== undefined) this.out.u8(253).u32(expireAtSeconds >>> 0);
    if (idleSeconds !== undefined) this.out.u8(248).len(idleSeconds);
    if (freq !== undefined) this.out.u8(249).u8(freq);
    if (metadata !== undefined) this.out.raw(metadata);
    this.out.u8(value.typeCode).str(name).raw(value.bytes);
    return this;
  }

  /** What has been written, without an end. */
  unfinished(): Uint8Array {
    return this.out.toBytes();
  }

  /** The file with its end opcode and checksum; none before version 5 unless asked for. */
  finish(checksum?: ChecksumKind): Uint8Array {
    const body = concatBytes(this.out.toBytes(), Uint8Array.of(255));
    return concatBytes(body, checksumBytes(body, checksum ?? (this.version < 5 ? 'absent' : 'ok')));
  }
}

function checksumBytes(body: Uint8Array, kind: ChecksumKind): Uint8Array {
  if (kind === 'absent') return new Uint8Array(0);
  const sum = kind === 'zero' ? 0n : kind === 'bad' ? crc64(body) ^ 1n : crc64(body);
  return new ByteWriter().u64(sum).toBytes();
}

/** A DUMP payload: the value, preceded by `metadata` when given, and the footer. */
export function dumpPayload(
  value: RdbValue,
  version: number,
  options: { readonly checksum?: ChecksumKind; readonly metadata?: Uint8Array } = {},
): Uint8Array {
  const metadata = options.metadata ?? new Uint8Array(0);
  const body = concatBytes(
    metadata,
    Uint8Array.of(value.typeCode),
    value.bytes,
    new ByteWriter().u16(version).toBytes(),
  );
  return concatBytes(body, checksumBytes(body, options.checksum ?? 'ok'));
}
