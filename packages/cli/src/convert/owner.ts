import { chownSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Gives files that root has written to the owner of the directory they lie in: the server that is to use them writes to them,
 * and is seldom run by root.
 *
 * @param paths - The first one lies in that directory.
 * @returns the owner's number; `null` when nothing was changed.
 */
export function giveToOwner(paths: readonly string[]): number | null {
  if (process.getuid?.() !== 0) return null;
  const { uid, gid } = statSync(dirname(resolve(paths[0] ?? '.')));
  if (uid === 0) return null;
  for (const path of paths) chownSync(path, uid, gid);
  return uid;
}
