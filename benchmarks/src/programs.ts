/** Where programs are. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Our own programs, compiled. */
export const RDB2RESP: string = ownProgram('rdb2resp');
export const RDBKIT: string = ownProgram('rdbkit');

function ownProgram(name: string): string {
  return fileURLToPath(new URL(`../../packages/cli/bin/${name}.js`, import.meta.url));
}

/** Another program: named by an environment variable, else found on PATH. */
export function findProgram(variable: string, name: string): string | undefined {
  const named = process.env[variable];
  if (named !== undefined && named !== '') return named;
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
