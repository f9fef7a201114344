/** Where our programs are. */
import { fileURLToPath } from 'node:url';

/** Our own programs, compiled. */
export const RDB2RESP: string = ownProgram('rdb2resp');
export const RDBKIT: string = ownProgram('rdbkit');

function ownProgram(name: string): string {
  return fileURLToPath(new URL(`../../packages/cli/bin/${name}.js`, import.meta.url));
}
