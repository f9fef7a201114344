// What real servers and their check tools make of logs, beside what this reader does.
import { Buffer } from 'node:buffer';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  isAtLeast,
  RdbBuilder,
  type ServerProgram,
  ServerStartError,
  serversForTests,
  stringValue,
  withServer,
} from '@rdbkit/testkit';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { bytesOf, command, MemoryDirectory } from '../testing/logs.ts';
import { type AofReport, checkAof } from './check.ts';
import { openAof } from './open.ts';
import type { AofReadOptions } from './options.ts';

vi.setConfig({ testTimeout: 60_000 });

const SET = command('SET', 'a', '1');
const MULTI = command('MULTI');
const EXEC = command('EXEC');
const RDB = Buffer.from(new RdbBuilder({ version: 9 }).key('k', stringValue('v')).finish()).toString('latin1');

const MANIFEST = 'appendonlydir/appendonly.aof.manifest';

/** The base and the incremental files of a log, and whether what a server does is not to be followed. */
interface Case {
  readonly name: string;
  readonly base?: string;
  readonly incrs: readonly string[];
  /** Up to here servers keep the last file, where it is good up to another place; Valkey 9 keeps what is good. */
  readonly serverKeeps?: number;
  /** The check tool agrees with the lenient reader, or knows less than the strict one. */
  readonly tool?: 'passes' | 'refuses';
}

const CASES: readonly Case[] = [
  { name: 'whole', base: SET, incrs: [SET] },
  { name: 'empty', base: '', incrs: [''] },
  { name: 'an RDB base', base: RDB, incrs: [SET] },
  { name: 'an RDB and commands in the base', base: RDB + SET, incrs: [SET] },
  { name: 'an RDB in an incremental file', base: SET, incrs: [RDB + SET], tool: 'refuses' },
  { name: 'annotations', base: `#TS:1\r\n${SET}`, incrs: [`# x\r\n${SET}#TS:2\r\n`] },
  { name: 'an annotation in a transaction', incrs: [MULTI + SET + '#TS:1\r\n' + SET + EXEC] },
  { name: 'an annotation without line end', incrs: [`${SET}#TS:17`] },
  { name: 'an annotation without line end in the base', base: `${SET}#TS:17`, incrs: [SET] },
  { name: 'commands in lower case', incrs: [command('select', '3') + command('multi') + SET + command('exec')] },
  ...[
    '*',
    '*3',
    '*3\r',
    '*3\r\n',
    '*3\r\n$',
    '*3\r\n$3',
    '*3\r\n$3\r\n',
    '*3\r\n$3\r\nSE',
    '*3\r\n$3\r\nSET',
    '*3\r\n$3\r\nSET\r\n',
    SET.slice(0, -2),
    SET.slice(0, -1),
  ].flatMap((tail): Case[] => [
    { name: `cut in the last file: ${JSON.stringify(tail)}`, base: SET, incrs: [SET, SET + tail] },
    { name: `cut in another file: ${JSON.stringify(tail)}`, base: SET, incrs: [SET + tail, SET] },
  ]),
  { name: 'cut in another file, the last one empty', incrs: [`${SET}*3\r\n`, ''] },
  { name: 'cut in the base without incremental files', base: `${SET}*3\r\n`, incrs: [] },
  { name: 'an open transaction', incrs: [SET + MULTI + SET] },
  { name: 'an open transaction in another file', incrs: [SET + MULTI + SET, SET] },
  { name: 'an open transaction, cut in a command', incrs: [`${SET}${MULTI}${SET}*3\r\n`], serverKeeps: 69 },
  { name: 'cut right behind the RDB', base: `${RDB}*3\r\n`, incrs: [], serverKeeps: 0 },
  { name: 'a base that is no whole RDB', base: RDB.slice(0, 20), incrs: [SET] },
  { name: 'zeros at the end', incrs: [`${SET}\0\0\0\0`] },
  { name: 'other bytes at the end', incrs: [`${SET}oops`] },
  { name: 'an inline command', incrs: [`${SET}PING\r\n`] },
  { name: 'a blank line', incrs: [`${SET}\r\n${SET}`] },
  { name: 'no arguments', incrs: ['*0\r\n'], tool: 'passes' },
  { name: 'a bad argument', incrs: ['*1\r\n:1\r\n'] },
  {
    name: 'LF only',
    incrs: [
      SET.replaceAll('\r\n', '\n').replace('\nSET\n', '\nSETxx').replace('\na\n', '\nayy').replace('\n1\n', '\n1zz'),
    ],
  },
  { name: 'other bytes behind arguments', incrs: [`*3\r\n$3\r\nSETxx$1\r\nayy$1\r\n1zz`] },
  { name: 'text behind numbers', incrs: ['*3 a\r\n$3 b\r\nSET\r\n$1 c\r\na\r\n$1\r\n1\r\n'] },
  { name: 'EXEC alone', incrs: [EXEC + SET] },
  { name: 'MULTI twice', incrs: [MULTI + MULTI + SET + EXEC] },
  { name: 'SELECT of a word', incrs: [command('SELECT', 'one') + SET], tool: 'passes' },
];

/** The files of a case, by their path in a data directory. */
function filesOf({ base, incrs }: Case): Record<string, Uint8Array> {
  const files: Record<string, Uint8Array> = {};
  const lines: string[] = [];
  const add = (name: string, line: string, content: string): void => {
    files[`appendonlydir/${name}`] = bytesOf(content);
    lines.push(`file ${name} ${line}\n`);
  };
  if (base !== undefined) add('appendonly.aof.1.base.rdb', 'seq 1 type b', base);
  for (const [i, content] of incrs.entries()) add(`appendonly.aof.${i + 1}.incr.aof`, `seq ${i + 1} type i`, content);
  files[MANIFEST] = bytesOf(lines.join(''));
  return files;
}

async function judge(files: Record<string, Uint8Array>, options: AofReadOptions): Promise<AofReport> {
  return await checkAof(await openAof(new MemoryDirectory(files)), options);
}

/** Length of a file after a server has started; `null` when it does not start. */
async function startOn(
  program: ServerProgram,
  files: Record<string, Uint8Array>,
  file: string,
): Promise<number | null> {
  try {
    return await withServer(program, { files, config: { appendonly: 'yes' } }, async (server) => {
      await server.call('PING');
      return statSync(join(server.folder, 'appendonlydir', file)).size;
    });
  } catch (error) {
    // Not one that is only slow.
    if (error instanceof ServerStartError && /ended while it started/.test(error.message)) return null;
    throw error;
  }
}

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rdbkit-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A server that is called by the name of its check tool is that tool. */
function passesCheck(program: ServerProgram, files: Record<string, Uint8Array>): boolean {
  const here = mkdtempSync(join(folder, 'check-'));
  mkdirSync(join(here, 'appendonlydir'));
  for (const [path, content] of Object.entries(files)) writeFileSync(join(here, path), content);
  const tool = join(here, `${program.flavour}-check-aof`);
  symlinkSync(program.path, tool);
  return spawnSync(tool, [join(here, MANIFEST)]).status === 0;
}

const programs = serversForTests((program) => isAtLeast(program, 7) && program.flavour !== 'keydb');

describe.each(programs.map((program) => [program.label, program] as const))('%s', (_label, program) => {
  it.each(CASES.map((one) => [one.name, one] as const))('%s', async (_name, one) => {
    const files = filesOf(one);
    const strict = await judge(files, {});
    expect(passesCheck(program, files), 'the check tool').toBe(
      one.tool === undefined ? strict.verdict === 'sound' : one.tool === 'passes',
    );
    const { verdict, cut, segments, goodUpTo } = await judge(files, { lenient: true });
    const last = goodUpTo?.segment ?? segments.at(-1)?.segment;
    const kept = await startOn(program, files, Buffer.from(last?.name ?? '').toString());
    expect(kept !== null, 'the server').toBe(verdict !== 'damaged');
    // The server has cut the file where we say that it is good up to.
    const isMended = program.flavour === 'valkey' && isAtLeast(program, 9);
    if (cut !== null) expect(kept).toBe(isMended ? cut.goodBytes : (one.serverKeeps ?? cut.goodBytes));
  });
});
