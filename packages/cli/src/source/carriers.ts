/**
 * The formats that a source may be compressed with, told by their first bytes.
 *
 * @module
 */
import { Lz4Unpacker, ZstdUnpacker } from '@rdbkit/bytes';
import { type ByteInput, PeekedInput } from './byte-input.ts';
import { detectSource, type SourceKind } from './detect.ts';
import { GunzipInput } from './gunzip-input.ts';
import { UnpackedInput } from './unpacked-input.ts';
import { zstdDecoder } from './zstd-decoder.ts';

type Unpack = (inner: ByteInput, name: string) => ByteInput;

const CARRIERS: Readonly<Partial<Record<SourceKind, Unpack>>> = {
  gzip: (inner, name) => new GunzipInput(inner, name),
  zstd: (inner, name) => new UnpackedInput(inner, name, 'zstd', new ZstdUnpacker(zstdDecoder)),
  lz4: (inner, name) => new UnpackedInput(inner, name, 'lz4', new Lz4Unpacker()),
};

/**
 * Unpacks a source on the way.
 *
 * @param head - The first bytes of the input, read already; owned by the result.
 * @param name - The source, for messages.
 * @returns `null` when it is not compressed, or in a way that is not known.
 */
export function unpackCarrier(kind: SourceKind, head: Uint8Array, input: ByteInput, name: string): ByteInput | null {
  if (kind === 'vkcs') return unpackVkcs(head, input, name);
  return CARRIERS[kind]?.(new PeekedInput(head, input), name) ?? null;
}

const VKCS_HEAD_BYTES = 8;
const VKCS_VERSION = 1;
const VKCS_RDB = 0;

/**
 * A compressed RDB stream of Valkey 9.2 (development): `VKCS`, u8 version, u8 codec, u8 flags, u8 what is in it; then one frame
 * of the codec. The frame tells itself what it is.
 */
function unpackVkcs(head: Uint8Array, input: ByteInput, name: string): ByteInput | null {
  const frame = head.subarray(VKCS_HEAD_BYTES);
  const kind = detectSource(frame);
  if (head[4] !== VKCS_VERSION || head[7] !== VKCS_RDB || (kind !== 'lz4' && kind !== 'zstd')) return null;
  return unpackCarrier(kind, frame, input, name);
}
