/**
 * Programs other than servers that some tests need.
 *
 * @module
 */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where a system keeps programs that ordinary users have not on their `PATH`. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/usr/local/sbin'];

const told = new Set<string>();

/**
 * The path of a program, or of the first one of several, for use at the top of a test file. Where it is missing it says so
 * once and returns `undefined`, so that the suite is skipped; on CI, where it is part of the set-up, it throws.
 */
export function programForTests(...names: readonly string[]): string | undefined {
  for (const dir of [...(process.env.PATH ?? '').split(delimiter), ...SYSTEM_FOLDERS]) {
    for (const name of names) {
      try {
        accessSync(join(dir, name), constants.X_OK);
        return join(dir, name);
      } catch {
        // not here
      }
    }
  }
  skipped(`no ${names.join(', ')} on PATH`);
  return undefined;
}

/** Says once why something is skipped; on CI it throws instead. */
export function skipped(reason: string): void {
  if (process.env.CI === 'true') throw new Error(reason);
  if (!told.has(reason)) console.warn(`skipped: ${reason}`);
  told.add(reason);
}
