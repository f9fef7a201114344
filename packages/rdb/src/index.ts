export {
  DIALECT_NAMES,
  DIALECTS,
  type DialectInfo,
  highestVersionOf,
  OPCODES,
  type Opcode,
  PRODUCTS,
  type Product,
  type RecordSupport,
} from './dialects.ts';
export {
  DUMP_FOOTER_BYTES,
  type DumpInfo,
  readDump,
  readRawValue,
  writeDumpFooter,
  writeSummedDumpFooter,
} from './dump-payload.ts';
export {
  RdbChecksumError,
  RdbError,
  RdbFormatError,
  RdbLimitError,
  RdbTruncatedError,
  RdbUnsupportedError,
} from './errors.ts';
export {
  RdbAssembler,
  type RdbEvent,
  type RdbKey,
  type RdbKeyInfo,
  type RdbValue,
  rdbEvents,
  rdbKeys,
  type StreamEntry,
} from './events.ts';
export { Glob } from './glob.ts';
export type { RdbOptions } from './options.ts';
export { type PackedCursor, PackedFault, packedCursor } from './packed.ts';
export { asyncChunks, type RdbSource, readRdb, readRdbSync } from './read.ts';
export { RdbReader } from './reader.ts';
export {
  KeySelection,
  type KeySelectionSpec,
  type PrefixRename,
  SELECTABLE_TYPES,
  type SelectableType,
  type SkipReason,
  type TtlSelection,
} from './selection.ts';
export { compareChecksum } from './stored-checksum.ts';
export { type Support, VALUE_TYPES, type ValueKind, type ValueType, valueType, valueTypesOf } from './types.ts';
export * from './visitor.ts';
