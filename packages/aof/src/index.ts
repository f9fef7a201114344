export { type AofCheckOptions, type AofReport, type AofSegmentReport, checkAof } from './check.ts';
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
export { type AofEvent, type AofLoggedCommand, aofBaseKeys, aofCommands, aofEvents } from './events.ts';
export type { AofDirectory, AofFile, AofSource } from './files.ts';
export { type AofManifest, type AofManifestEntry, parseManifest, writeManifest } from './manifest.ts';
export { type AofInput, openAof } from './open.ts';
export type { AofOpenOptions, AofOptions, AofReadOptions } from './options.ts';
export { type AofPosition, type AofSummary, readAof } from './read.ts';
export { AofReader } from './reader.ts';
export type { AofRole, AofSegment } from './segment.ts';
export { type AofPart, AofSet } from './set.ts';
export { tarDirectory } from './tar.ts';
export * from './visitor.ts';
