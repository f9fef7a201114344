export {
  acceptsModule,
  type Capabilities,
  capabilitiesOf,
  type FieldExpiry,
  lowestReleaseOf,
  rdbVersionOf,
} from './capabilities.ts';
export { type Access, type CommandArguments, type CommandSpec, findCommand, keysOf } from './command-table.ts';
export type { EmitCounts, Way, WrittenKey } from './counts.ts';
export { defaultTarget, type WriterFields } from './default-target.ts';
export { CommandEmitter } from './emitter.ts';
export { KeyPositions } from './key-positions.ts';
export { LogEmitter } from './log-emitter.ts';
export type { LogCounts, LoggedCommand, LogOptions } from './log-options.ts';
export { NOTE_LEVELS, type Note, type NoteCode, type NoteLevel } from './notes.ts';
export type { EmitOptions, Existing, Form, StringTaker, ValueSums } from './options.ts';
export { type Flavour, formatTarget, NEWEST, packVersion, parseTarget, type Target } from './target.ts';
