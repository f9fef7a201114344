/**
 * Walking packed blobs in tests.
 *
 * @module
 */
import { type PackedCursor, PackedFault } from '../src/internal/packed-cursor.ts';

/** What a walk over a blob gave: the entries as text, integers marked by `#`, and the fault that ended it. */
export interface Walk {
  readonly entries: readonly string[];
  /** Code and message. */
  readonly fault: string | null;
  /** Index of the fault in the blob. */
  readonly faultAt: number | null;
}

const WALK_LIMIT = 10_000_000;

function walkAt(cursor: PackedCursor, bytes: Uint8Array, start: number, end: number): Walk {
  const entries: string[] = [];
  try {
    cursor.open(bytes, start, end);
    while (cursor.next()) {
      cursor.text();
      const mark = cursor.isInteger ? '#' : '';
      entries.push(
        mark +
          String.fromCharCode(...cursor.tb.subarray(cursor.ts, Math.min(cursor.te, cursor.ts + 1000))) +
          (cursor.te - cursor.ts > 1000 ? `…${cursor.te - cursor.ts}` : ''),
      );
      if (entries.length > WALK_LIMIT) throw new Error('the walk does not end');
    }
  } catch (error) {
    if (!(error instanceof PackedFault)) throw error;
    return { entries, fault: `${error.code} ${error.message}`, faultAt: error.pos - start };
  }
  return { entries, fault: null, faultAt: null };
}

/**
 * Walks a blob three times: alone in its array, and amid zeros and amid 0xff bytes. Throws when that makes a difference,
 * because something outside of the blob was looked at then.
 */
export function walk(cursor: PackedCursor, blob: Uint8Array): Walk {
  const alone = walkAt(cursor, blob, 0, blob.length);
  for (const fill of [0x00, 0xff]) {
    const around = new Uint8Array(blob.length + 64).fill(fill);
    around.set(blob, 32);
    const amid = walkAt(cursor, around, 32, 32 + blob.length);
    if (JSON.stringify(amid) !== JSON.stringify(alone)) {
      throw new Error(`bytes outside of the blob count: ${JSON.stringify(alone)} but ${JSON.stringify(amid)}`);
    }
  }
  return alone;
}

/** The entries of a sound blob. */
export function entries(cursor: PackedCursor, blob: Uint8Array): readonly string[] {
  const { entries: found, fault } = walk(cursor, blob);
  if (fault !== null) throw new Error(fault);
  return found;
}
