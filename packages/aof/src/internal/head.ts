/** What the first bytes of a file tell. */
import { RdbReader, RdbVisitorBase } from '@rdbkit/rdb';
import type { AofFormat } from '../visitor.ts';
import { hasRdbMagic } from './magic.ts';
import { latin1 } from './names.ts';

/** Bytes that suffice, for an RDB with all the AUX fields that servers write. */
export const HEAD_BYTES = 4096;

/** The pairs of a manifest's line may come in any order. */
const MANIFEST_LINE = /^[ \t]*(?:file|seq|type)[ \t]+\S.*[ \t](?:file|seq|type)[ \t]+\S/i;

export interface Head {
  readonly format: AofFormat;
  /** Unix seconds: of a `#TS:` line at the beginning, or when the RDB was made; `null` when nothing tells. */
  readonly startTime: number | null;
}

export function readHead(head: Uint8Array): Head {
  if (head.length === 0) return { format: 'empty', startTime: null };
  if (hasRdbMagic(head, 0, head.length, true) === true) return { format: 'rdb', startTime: creationTime(head) };
  const stamp = /^#TS:(\d{1,15})\r?\n/.exec(latin1(head.subarray(0, 32)));
  return { format: 'resp', startTime: stamp === null ? null : Number(stamp[1]) };
}

/** Whether a file that begins like this is a manifest. */
export function isManifest(head: Uint8Array): boolean {
  const line = latin1(head)
    .split('\n')
    .find((text) => !text.startsWith('#'));
  return line !== undefined && MANIFEST_LINE.test(line);
}

class CreationTime extends RdbVisitorBase {
  seconds: number | null = null;

  override aux(name: Uint8Array, value: Uint8Array): void {
    const text = latin1(value.subarray(0, 16));
    if (latin1(name.subarray(0, 8)) === 'ctime' && /^\d{1,15}$/.test(text)) this.seconds = Number(text);
  }
}

function creationTime(head: Uint8Array): number | null {
  const visitor = new CreationTime();
  try {
    new RdbReader(visitor, { checksum: false }).push(head);
  } catch {
    // Whoever reads the file is told.
  }
  return visitor.seconds;
}
