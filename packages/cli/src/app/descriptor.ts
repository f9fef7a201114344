import { type BigIntStats, fstatSync } from 'node:fs';

/**
 * What stands behind an open descriptor.
 *
 * Asked for with bigints, because Node 20's `fstatSync` of numbers shares its result with the module loader: after it was
 * called for a pipe, `import()` takes links for files, and loads a package that is linked from two places twice.
 */
export function statDescriptor(fd: number): BigIntStats {
  return fstatSync(fd, { bigint: true });
}
