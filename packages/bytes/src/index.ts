export { Crc64, crc64 } from './crc64.ts';
export { MAX_DOUBLE_TEXT_BYTES, parseDouble, writeDouble } from './doubles.ts';
export { DataError, type DataPath } from './errors.ts';
export {
  decimalLength,
  type Int64,
  int64FromWords,
  parseDecimal,
  uint64FromWords,
  writeDecimal,
  writeDecimal64,
  writeInt64Text,
  writeUnsignedDecimal64,
} from './integers.ts';
export { Lz4Unpacker } from './lz4.ts';
export {
  compressLzf,
  decompressLzf,
  LZF_BAD_REFERENCE,
  LZF_OUTPUT_OVERRUN,
  LZF_OUTPUT_SHORT,
  LZF_TOKEN_OVERRUN,
  LzfInflater,
  type LzfSink,
  lzfFaultText,
  MAX_LZF_EXPANSION,
} from './lzf.ts';
export { keySlot } from './slot.ts';
export { UnpackError, type Unpacker } from './unpacker.ts';
export { Window, type WindowOptions } from './window.ts';
export { Xxh32 } from './xxh32.ts';
export { Xxh64 } from './xxh64.ts';
export { type ZstdDecoderFactory, type ZstdFrameDecoder, ZstdUnpacker } from './zstd.ts';
