/**
 * LZ4 and zstd frames, written by hand.
 *
 * @module
 */
import { ByteWriter, concatBytes } from './byte-writer.ts';
import { xxh32, xxh64 } from './xxhash.ts';

/** How an LZ4 frame is to be made. The defaults are those of Dragonfly's snapshots: linked blocks, no checksums. */
export interface Lz4FrameOptions {
  /** Bytes of the content in each block. */
  readonly blockBytes?: number;
  readonly independent?: boolean;
  readonly blockSums?: boolean;
  readonly contentSum?: boolean;
  readonly contentSize?: boolean | bigint;
  /** Blocks are stored as they are. */
  readonly stored?: boolean;
}

/**
 * An LZ4 frame with the largest block at 64 KiB:
 *
 * ```
 * 04 22 4d 18   magic
 * u8            version 01, independent, block sums, content size, content sum, 0, dictionary
 * 40            largest block: 64 KiB
 * u64           content size, if told
 * u8            bits 8-15 of the XXH32 of the descriptor
 * (u32 size, block, [ u32 XXH32 ])*, u32 0, [ u32 XXH32 ]
 * ```
 */
export function lz4Frame(content: Uint8Array, options: Lz4FrameOptions = {}): Uint8Array {
  const { blockBytes = 65536, independent = false, blockSums = false, contentSum = false } = options;
  const { contentSize = true, stored = false } = options;
  const descriptor = new ByteWriter()
    .u8(
      0x40 |
        (independent ? 0x20 : 0) |
        (blockSums ? 0x10 : 0) |
        (contentSize === false ? 0 : 0x08) |
        (contentSum ? 0x04 : 0),
    )
    .u8(0x40);
  if (contentSize !== false) descriptor.u64(contentSize === true ? content.length : contentSize);
  const head = descriptor.toBytes();
  const out = new ByteWriter()
    .u32(0x184d2204)
    .raw(head)
    .u8((xxh32(head) >>> 8) & 0xff);
  const places = new Map<number, number>();
  for (let at = 0; at < content.length; at += blockBytes) {
    const end = Math.min(content.length, at + blockBytes);
    if (independent) places.clear();
    const block = stored ? content.slice(at, end) : lz4Block(content, at, end, places);
    out.u32(stored ? block.length + 0x80000000 : block.length).raw(block);
    if (blockSums) out.u32(xxh32(block));
  }
  out.u32(0);
  if (contentSum) out.u32(xxh32(content));
  return out.toBytes();
}

/** A skippable frame: magic 184d2a50, u32 size, bytes. */
export function skippableFrame(content: Uint8Array): Uint8Array {
  return new ByteWriter().u32(0x184d2a50).u32(content.length).raw(content).toBytes();
}

const MIN_MATCH = 4;
/** The last bytes of a block are literals. */
const LAST_LITERALS = 5;
const FARTHEST = 65535;

/**
 * The block for `content[start, end)`: sequences of a token (literals in the upper half, match − 4 in the lower; 15 goes on in
 * bytes up to one below 255), literals, u16 offset.
 *
 * @param places - Where four bytes stood last, by their value; of the blocks before, too, when references may reach into them.
 */
function lz4Block(content: Uint8Array, start: number, end: number, places: Map<number, number>): Uint8Array {
  const out = new ByteWriter();
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const key = (at: number): number => view.getUint32(at);
  let anchor = start;
  for (let at = start; at + MIN_MATCH + LAST_LITERALS < end; ) {
    const earlier = places.get(key(at));
    places.set(key(at), at);
    if (earlier === undefined || at - earlier > FARTHEST) {
      at++;
      continue;
    }
    let length = MIN_MATCH;
    while (at + length < end - LAST_LITERALS && content[earlier + length] === content[at + length]) length++;
    sequence(out, content.slice(anchor, at), at - earlier, length);
    at += length;
    anchor = at;
  }
  sequence(out, content.slice(anchor, end), 0, 0);
  return out.toBytes();
}

function sequence(out: ByteWriter, literals: Uint8Array, offset: number, length: number): void {
  const match = length - MIN_MATCH;
  out.u8((Math.min(15, literals.length) << 4) | (offset === 0 ? 0 : Math.min(15, match)));
  if (literals.length >= 15) restOfLength(out, literals.length - 15);
  out.raw(literals);
  if (offset === 0) return;
  out.u16(offset);
  if (match >= 15) restOfLength(out, match - 15);
}

function restOfLength(out: ByteWriter, rest: number): void {
  let left = rest;
  for (; left >= 255; left -= 255) out.u8(255);
  out.u8(left);
}

/** A block of a zstd frame: bytes as they are, one byte repeated, or one that is compressed already. */
export type ZstdBlock =
  | { readonly stored: Uint8Array }
  | { readonly repeated: number; readonly count: number }
  | { readonly compressed: Uint8Array; readonly content: Uint8Array };

/** How a zstd frame is to be made. */
export interface ZstdFrameOptions {
  readonly contentSum?: boolean;
  /** What it says of its content's size; the true one if left out, `null` for none, with a window of 128 KiB. */
  readonly contentSize?: number | null;
}

/**
 * A zstd frame:
 *
 * ```
 * 28 b5 2f fd   magic
 * u8            a0: content size in 4 bytes, single segment; or 00; and 04 for a checksum
 * u32 | u8      content size, or the window: 38 is 128 KiB
 * (u24 last, kind, size; bytes)*, [ u32 lower half of the XXH64 ]
 * ```
 */
export function zstdFrame(blocks: readonly ZstdBlock[], options: ZstdFrameOptions = {}): Uint8Array {
  const content = concatBytes(...blocks.map(contentOf));
  const { contentSum = true, contentSize = content.length } = options;
  const out = new ByteWriter().u32(0xfd2fb528).u8((contentSize === null ? 0 : 0xa0) | (contentSum ? 4 : 0));
  if (contentSize === null) out.u8(0x38);
  else out.u32(contentSize);
  for (const [i, block] of blocks.entries()) {
    const last = i === blocks.length - 1 ? 1 : 0;
    if ('stored' in block) out.u24((block.stored.length << 3) | last).raw(block.stored);
    else if ('repeated' in block) out.u24((block.count << 3) | (1 << 1) | last).u8(block.repeated);
    else out.u24((block.compressed.length << 3) | (2 << 1) | last).raw(block.compressed);
  }
  if (contentSum) out.u32(Number(xxh64(content) & 0xffff_ffffn));
  return out.toBytes();
}

function contentOf(block: ZstdBlock): Uint8Array {
  if ('stored' in block) return block.stored;
  return 'repeated' in block ? new Uint8Array(block.count).fill(block.repeated) : block.content;
}
