/** The real program, in a process of its own; what it does is tested beside its commands. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RdbBuilder, stringValue } from '@rdbkit/testkit';
import { afterAll, describe, expect, it } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../../bin/rdbkit.js', import.meta.url));
const isBuilt = existsSync(fileURLToPath(new URL('../../dist/programs/rdbkit.js', import.meta.url)));
if (!isBuilt) console.warn('not tested: the program is not compiled (npm run build)');

const folder = mkdtempSync(join(tmpdir(), 'rdbkit-bin-'));
afterAll(() => rmSync(folder, { recursive: true }));

const dump = new RdbBuilder({ version: 11 }).selectDb(0).key('k', stringValue('v')).finish();

function rdbkit(
  args: readonly string[],
  input?: Uint8Array,
): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [PROGRAM, ...args], {
    cwd: folder,
    encoding: 'utf8',
    ...(input ? { input } : {}),
  });
}

describe.skipIf(!isBuilt)('rdbkit', () => {
  it('lists its commands', () => {
    const { status, stdout } = rdbkit(['--help']);
    expect(status).toBe(0);
    for (const name of ['check', 'convert']) expect(stdout).toMatch(new RegExp(`^ {2}${name} `, 'm'));
  });

  it('maps what the parser finds wrong to 2', () => {
    expect(rdbkit(['chek'])).toMatchObject({ status: 2, stderr: expect.stringContaining('did you mean check?') });
  });

  it('converts what is piped in, and checks it', () => {
    expect(rdbkit(['convert', '-q', '-o', 'log/'], dump)).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(readdirSync(join(folder, 'log'))).toContain('appendonly.aof.manifest');
    expect(rdbkit(['check', 'log'])).toMatchObject({ status: 0, stdout: expect.stringContaining('log is sound') });
    expect(rdbkit(['check', '-'], dump.subarray(0, -3))).toMatchObject({ status: 3 });
  });
});
