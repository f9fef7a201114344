export { AofCommand, type AofCommandKind } from './command.ts';
export {
  AofError,
  AofFormatError,
  AofLimitError,
  AofManifestError,
  AofSetError,
  AofTarError,
  AofTruncatedError,
} from './errors.ts';
export type { AofDirectory, AofFile } from './files.ts';
export type { AofOptions } from './options.ts';
export { AofReader } from './reader.ts';
export type { AofRole, AofSegment } from './segment.ts';
export * from './visitor.ts';
