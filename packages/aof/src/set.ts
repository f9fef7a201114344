/** The files of a log, in the order in which they are loaded. */
import type { AofFile } from './files.ts';
import type { AofManifest } from './manifest.ts';
import type { AofSegment } from './segment.ts';
import type { AofWarning } from './visitor.ts';

/** A file of a log with the way to its bytes. */
export interface AofPart {
  readonly segment: AofSegment;
  readonly file: AofFile;
}

/**
 * A log that `openAof` has found. It is read by {@link readAof} and what is built on it; a set of files as often as one likes, a
 * stream once.
 */
export class AofSet {
  /** What is loaded, in this order: the base, then the incremental files; or the one file there is. May be empty. */
  readonly parts: readonly AofPart[];
  /** Files that a rewrite has replaced: listed, never loaded, perhaps gone. */
  readonly history: readonly AofSegment[];
  /** `null` for a single file. */
  readonly manifest: AofManifest | null;
  /** What was odd about the directory. {@link readAof} passes them on to the visitor. */
  readonly warnings: readonly AofWarning[];

  constructor(
    parts: readonly AofPart[],
    history: readonly AofSegment[],
    manifest: AofManifest | null,
    warnings: readonly AofWarning[],
  ) {
    this.parts = parts;
    this.history = history;
    this.manifest = manifest;
    this.warnings = warnings;
  }

  /** The files that are loaded. */
  get segments(): AofSegment[] {
    return this.parts.map(({ segment }) => segment);
  }

  /** Gives back what opening has taken: a stream, or the temporary copy of an archive that came as one. Else does nothing. */
  async close(): Promise<void> {
    for (const { file } of this.parts) await file.close?.();
  }

  /** Length of all files that are loaded, in bytes; `null` when one of them is a stream. */
  get size(): number | null {
    let sum = 0;
    for (const { size } of this.segments) {
      if (size === null) return null;
      sum += size;
    }
    return sum;
  }
}
