import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { eachVector, hashValue, listVectors, moduleValue, RdbBuilder, setValue, stringValue } from '@rdbkit/testkit';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { commandsIn, NOW, type Run, runInWorld, type World } from '../../testing/world.ts';
import { OutputClosed } from '../app/cli-error.ts';
import type { StopSignal } from '../app/exit-code.ts';
import type { ByteInput } from '../source/byte-input.ts';
import { program } from './program.ts';

const folder = mkdtempSync(join(tmpdir(), 'rdbkit-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

const DAY = 86_400_000;

const run = (args: readonly string[], world?: World): Promise<Run> => runInWorld(program, args, world);

let files = 0;
function write(content: Uint8Array | string): string {
  const path = join(folder, `source-${files++}`);
  writeFileSync(path, content);
  return path;
}

function smallDump(): RdbBuilder {
  return new RdbBuilder({ version: 10 })
    .aux('redis-ver', '7.0.15')
    .functionLibrary('#!lua name=lib\nreturn 1')
    .selectDb(0)
    .key('user:1', stringValue('one'))
    .key('user:2', stringValue('two'), { expireAtMs: NOW + DAY })
    .key('gone', stringValue('x'), { expireAtMs: NOW - 1000 })
    .key('bag', setValue(['m']))
    .selectDb(3)
    .key('other', hashValue([['f', 'v']]));
}

const dump = smallDump().finish();
const path = write(dump);
const EVERYTHING = [
  'FUNCTION LOAD REPLACE #!lua name=lib\nreturn 1',
  'SELECT 0',
  'SET user:1 one',
  `SET user:2 two PXAT ${NOW + DAY}`,
  'DEL bag',
  'SADD bag m',
  'SELECT 3',
  'DEL other',
  'HSET other f v',
];

beforeEach(() => {
  for (const name of readdirSync(folder)) if (!name.startsWith('source-')) rmSync(join(folder, name));
});

describe('sources', () => {
  it.each([
    ['a file', [path], {}],
    ['standard input', [], { stdin: dump }],
    ['standard input by its name', ['-'], { stdin: dump }],
    ['gzip', [write(gzipSync(dump))], {}],
    ["gzip'd standard input", [], { stdin: gzipSync(dump) }],
    ['a name behind --', ['--', path], {}],
  ])('%s', async (_, args, world) => {
    const { code, commands, stderr } = await run(args, world);
    expect(commands).toEqual(EVERYTHING);
    expect(stderr).toContain('4 keys written as 9 commands');
    expect(code).toBe(0);
  });

  it('a Dragonfly snapshot, by what is in it', async () => {
    const file = new RdbBuilder({ version: 9 })
      .aux('snapshot-id', '0123')
      .aux('redis-ver', '6.2.11')
      .aux('shard-id', '3')
      .key('k', stringValue('v'))
      .finish();
    const { code, commands, stderr } = await run([write(file)]);
    expect(commands).toEqual(['SELECT 0', 'SET k v']);
    expect(stderr).toContain('whether other shards are missing than 3');
    expect(code).toBe(0);
  });

  it('bytes after the end are worth a warning', async () => {
    const { code, stderr } = await run([write(Buffer.concat([dump, Buffer.from('abc')]))]);
    expect(stderr).toContain('warning: 3 bytes follow the end of the RDB');
    expect(code).toBe(0);
  });

  it.each(eachVector(listVectors('test-vectors').filter(({ name }) => /mixed|streams|hash-ttl/.test(name))))(
    '%s',
    async (_name, vector) => {
      for (const args of [[], ['--restore'], ['--existing', 'keep', '--target', '8.8']]) {
        const { code, stderr } = await run(['--json', '--expired', 'keep', ...args, vector.path]);
        const summary = JSON.parse(stderr.slice(stderr.lastIndexOf('\n{') + 1)) as Record<string, number>;
        expect(summary.keysRead).toBe(vector.expected()?.meta.keys);
        expect(code).toBe((summary.notWritten as unknown as unknown[]).length > 0 ? 4 : 0);
      }
    },
  );
});

describe('selection and shaping', () => {
  const [FUNCTION = ''] = EVERYTHING;

  it.each([
    [
      ['--type', 'string,set'],
      ['SELECT 0', 'SET user:1 one', `SET user:2 two PXAT ${NOW + DAY}`, 'DEL bag', 'SADD bag m'],
    ],
    [['--type=function'], [FUNCTION]],
    [
      ['--not-type', 'string', '--not-type', 'hash,function'],
      ['SELECT 0', 'DEL bag', 'SADD bag m'],
    ],
    [
      ['--db', '3'],
      [FUNCTION, 'SELECT 3', 'DEL other', 'HSET other f v'],
    ],
    [
      ['--db', '3', '--map-db', '3:0'],
      [FUNCTION, 'SELECT 0', 'DEL other', 'HSET other f v'],
    ],
    [
      ['--key', 'user:[1]', '--key', 'nothing'],
      [FUNCTION, 'SELECT 0', 'SET user:1 one'],
    ],
    [
      ['--not-key', '*:*', '--key-regex', '^b'],
      [FUNCTION, 'SELECT 0', 'DEL bag', 'SADD bag m'],
    ],
    [['--not-key-regex', '\\d|a|o'], [FUNCTION]],
    [
      ['--ttl', 'any'],
      [FUNCTION, 'SELECT 0', `SET user:2 two PXAT ${NOW + DAY}`],
    ],
    [
      ['--ttl', 'expired'],
      [FUNCTION, 'SELECT 0', `SET gone x PXAT ${NOW - 1000}`],
    ],
    [
      ['--ttl', '2h..25h'],
      [FUNCTION, 'SELECT 0', `SET user:2 two PXAT ${NOW + DAY}`],
    ],
    [
      ['--limit', '1'],
      [FUNCTION, 'SELECT 0', 'SET user:1 one'],
    ],
    [
      ['--limit', '1', '--shift-ttl', '+1m', '--key', 'gone'],
      [FUNCTION, 'SELECT 0', `SET gone x PXAT ${NOW + 59_000}`],
    ],
    [
      ['--ttl', 'any', '--strip-ttl'],
      [FUNCTION, 'SELECT 0', 'SET user:2 two', 'SET gone x'],
    ],
    [
      ['--ttl', 'live', '--shift-ttl', '-1h'],
      [FUNCTION, 'SELECT 0', `SET user:2 two PXAT ${NOW + 23 * 3_600_000}`],
    ],
    [
      ['--rename-prefix', 'user::people:', '--type', 'string', '--ttl', 'none'],
      ['SELECT 0', 'SET people:1 one'],
    ],
    [
      ['--existing', 'append', '--type', 'set'],
      ['SELECT 0', 'SADD bag m'],
    ],
    [
      ['--max-size', '3', '--type', 'string,set'],
      ['SELECT 0', 'DEL bag', 'SADD bag m'],
    ],
    [
      ['--slots', '0-16383', '--type', 'hash'],
      ['SELECT 3', 'DEL other', 'HSET other f v'],
    ],
  ])('%j', async (args, commands) => {
    const result = await run([...args, path]);
    expect(result.commands).toEqual(commands);
    expect(result.code).toBe(0);
  });

  it('stops reading at the limit', async () => {
    const damagedLater = dump.slice();
    damagedLater.fill(0xff, dump.length - 20);
    const { code, stderr } = await run(['--limit', '1', write(damagedLater)]);
    expect(code).toBe(3);
    const far = smallDump();
    for (let i = 0; i < 100_000; i++) far.key(`key:${i}`, stringValue('value'));
    const cut = far.unfinished();
    const limited = await run(['--limit', '1', write(cut)]);
    expect(limited.code).toBe(0);
    expect(limited.stderr).toContain('limit:        reached');
    expect(stderr).not.toContain('limit:        reached');
  });

  it('accounts for what was left out', async () => {
    const { stderr } = await run(['--type', 'string', '--not-key', '*:2', path]);
    expect(stderr).toContain('types:        string 1');
    expect(stderr).toContain('expired:      1 key, not written (--expired keep writes them)');
    expect(stderr).toContain('not selected: by type 2, by name 1');
  });
});

describe('output', () => {
  it('into a file', async () => {
    const output = join(folder, 'out.resp');
    const { code, stdout } = await run(['-o', output, path]);
    expect(code).toBe(0);
    expect(stdout).toBe('');
    expect(commandsIn(readFileSync(output, 'latin1'))).toEqual(EVERYTHING);
  });

  it('as RESTORE', async () => {
    const { commands } = await run(['--restore', '--type', 'set', path]);
    expect(commands.map((command) => command.split(' ').slice(0, 3).join(' '))).toEqual(['SELECT 0', 'RESTORE bag 0']);
  });

  it('summary as JSON', async () => {
    const { stderr } = await run(['--json', '--type', 'string', path]);
    expect(JSON.parse(stderr)).toMatchObject({
      source: path,
      dialect: 'redis',
      rdbVersion: 10,
      writer: '7.0.15',
      target: 'redis 7.0.15',
      checksum: 'ok',
      keysRead: 5,
      keysWritten: 2,
      byType: { string: 2 },
      expiredKeys: 1,
      unselectedKeys: { type: 2 },
      commands: 3,
      exitCode: 0,
      error: null,
    });
  });

  it('nothing is said when quiet', async () => {
    expect((await run(['-q', path])).stderr).toBe('');
    expect((await run(['--quiet', '--progress', path])).stderr).toBe('');
  });

  it('ends quietly when nobody reads any more', async () => {
    const { code, stderr } = await run([path], { stdoutFailure: new OutputClosed('closed') });
    expect([code, stderr]).toEqual([0, '']);
  });

  it('fails when it cannot be written', async () => {
    const { code, stderr } = await run(['-o', join(folder, 'no', 'where'), path]);
    expect(code).toBe(1);
    expect(stderr).toContain('no such file or directory');
  });

  it('with a bar on a terminal, and colours when forced', async () => {
    const { stderr } = await run(['--progress', path], { env: { FORCE_COLOR: '1' } });
    expect(stderr).toContain('\x1b[1mrdb2resp:\x1b[22m');
    expect((await run(['--no-color', path], { env: { FORCE_COLOR: '1' } })).stderr).not.toContain('\x1b');
  });
});

describe('damage', () => {
  it('is told with place and key, and everything before it is written', async () => {
    const whole = smallDump().unfinished();
    const cut = whole.subarray(0, whole.length - 3);
    const { code, commands, stderr } = await run([write(cut)]);
    expect(code).toBe(3);
    expect(commands).toEqual(EVERYTHING.slice(0, 6));
    expect(stderr).toContain(`is incomplete: the input ends after ${cut.length} bytes`);
    expect(stderr).toContain(`at byte ${cut.length} of ${cut.length} [RDB_TRUNCATED]`);
    expect(stderr).toContain('in the key "other" of database 3');
    expect(stderr).toContain('4 keys before that place could be read completely');
    expect(stderr).toContain('hint: ');
  });

  it('leaves a file with whole commands', async () => {
    const output = join(folder, 'out.resp');
    const { code, stderr } = await run(['-o', output, write(dump.subarray(0, 90))]);
    expect(code).toBe(3);
    expect(commandsIn(readFileSync(output, 'latin1'))).toEqual(EVERYTHING.slice(0, 4));
    expect(stderr).toContain('out.resp has the commands up to there');
  });

  it('in every cut ends with code 3 and a command border', async () => {
    for (let length = 0; length < dump.length; length++) {
      const { code, commands } = await run(['-q'], { stdin: dump.slice(0, length) });
      expect([length, code]).toEqual([length, 3]);
      expect(EVERYTHING.slice(0, commands.length)).toEqual(commands);
    }
  });

  it('of the checksum is told after everything was written, or not looked for', async () => {
    const wrong = write(smallDump().finish('bad'));
    const { code, commands, stderr } = await run([wrong]);
    expect(code).toBe(3);
    expect(commands).toEqual(EVERYTHING);
    expect(stderr).toContain('[RDB_CHECKSUM]');
    expect((await run(['--no-checksum', wrong])).code).toBe(0);
  });

  it("of gzip'd data is told as such", async () => {
    const { code, stderr } = await run([write(gzipSync(dump).subarray(0, -20))]);
    expect(code).toBe(3);
    expect(stderr).toContain('the gzip data of');
    const bad = await run([write(gzipSync(dump.subarray(0, 90)))]);
    expect(bad.stderr).toContain('of the unpacked data [RDB_TRUNCATED]');
  });

  it('is in the JSON, too', async () => {
    const { stderr } = await run(['--json', write(dump.subarray(0, 90))]);
    const [line = ''] = stderr.split('\n');
    expect(JSON.parse(line)).toMatchObject({ exitCode: 3, error: { code: 'RDB_TRUNCATED', offset: 90 } });
  });
});

describe('what the target cannot have', () => {
  const file = new RdbBuilder({ version: 10 })
    .aux('redis-ver', '7.0.15')
    .functionLibrary('#!lua name=lib')
    .selectDb(0)
    .key('m\n1', moduleValue('bf-------', 1, [{ uint: 1 }] as never))
    .key('k', stringValue('v'))
    .finish();

  it('is reported, key by key, with exit code 4', async () => {
    const report = join(folder, 'report.jsonl');
    const { code, commands, stderr } = await run(['-q', '--target', 'dragonfly', '--report', report, write(file)]);
    expect(code).toBe(4);
    expect(commands).toEqual(['SELECT 0', 'SET k v']);
    expect(stderr).toContain('not written: 1 key: the target cannot have the module of type bf-------');
    expect(stderr).toContain('    db 0 "m\\n1"');
    expect(stderr).toContain('not written: function libraries are lost');
    const lines = readFileSync(report, 'utf8').trim().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      expect.objectContaining({ outcome: 'not written', code: 'FUNCTION_LOST' }),
      expect.objectContaining({ db: 0, key: 'm\n1', outcome: 'not written', code: 'MODULE_NOT_SUPPORTED' }),
    ]);
  });
});

describe('usage', () => {
  it.each([
    [['--keys', 'a', 'x'], 'there is no flag --keys, did you mean --key?'],
    [['--max-comand-bytes', '1', 'x'], 'did you mean --max-command-bytes?'],
    [['-x'], 'there is no flag -x'],
    [['a', 'b'], 'unexpected argument "b"'],
    [['--db', 'x', 'a'], '--db: expected a whole number'],
    [['--type', 'strng', 'a'], '--type: expected string, list'],
    [['--target', 'oracle-9', 'a'], '--target: expected a version'],
    [['--limit'], '--limit needs a value'],
    [['--limit', '1', '--limit', '2', 'a'], '--limit is given twice'],
    [['--batch', '0', 'a'], '--batch: expected a whole number from 1 on'],
    [['--max-command-bytes', '0', 'a'], '--max-command-bytes: expected at least 1 byte'],
    [['--strip-ttl', '--shift-ttl', '1d', path], '--strip-ttl and --shift-ttl exclude each other'],
    [['--min-size', '2kb', '--max-size', '1kb', path], '--min-size 2,048 is more than --max-size 1,024'],
    [['--ttl', 'expired', '--expired', 'skip', path], 'exclude each other'],
    [['--map-db', '0:1,0:2', path], 'twice'],
    [['--quiet=', path], 'error'],
    [[], 'no source given'],
    [['-o', path, path], 'is the source itself'],
  ])('%j', async (args, words) => {
    const { code, stdout, stderr } = await run(args);
    expect(stderr).toContain(words);
    expect([code, stdout]).toEqual([2, '']);
  });

  it('help and version go to standard output', async () => {
    const help = await run(['--help']);
    expect(help.code).toBe(0);
    for (const { flags } of program.help.groups) {
      for (const name of Object.keys(flags)) expect(help.stdout).toContain(`--${name}`);
    }
    expect((await run([path, '-h'])).stdout).toBe(help.stdout);
    for (const line of help.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    expect((await run(['--version'])).stdout).toMatch(/^rdb2resp \d+\.\d+\.\d+\n$/);
  });
});

describe('interruption', () => {
  /** Delivers the chunk, then nothing until it is closed. */
  function stalling(chunk: Uint8Array, arrived: () => void): ByteInput {
    let given = false;
    let end: (chunk: null) => void = () => {};
    return {
      position: chunk.length,
      total: null,
      read: () => {
        if (!given) {
          given = true;
          return chunk;
        }
        setImmediate(arrived);
        return new Promise<null>((resolve) => {
          end = resolve;
        });
      },
      close: () => end(null),
    };
  }

  it('ends at a command border and says how to go on', async () => {
    let send: (signal: StopSignal) => void = () => {};
    const filled = smallDump();
    for (let i = 0; i < 100; i++) filled.key(`key:${i}`, stringValue('value'));
    const input = stalling(filled.unfinished(), () => send('SIGINT'));
    const { code, commands, stderr } = await run(['--existing', 'append'], {
      stdin: input,
      signals: (handler) => {
        send = handler;
      },
    });
    expect(code).toBe(130);
    expect(commands.at(-1)).toBe('SET key:99 value');
    expect(stderr).toContain('interrupted');
    expect(stderr).toContain('after 105 keys');
    expect(stderr).toContain('hint: to begin again, empty the target first');
  });

  it('leaves no file behind', async () => {
    let send: (signal: StopSignal) => void = () => {};
    const filled = smallDump();
    for (let i = 0; i < 100; i++) filled.key(`key:${i}`, stringValue('value'));
    const output = join(folder, 'out.resp');
    const { code, stderr } = await run(['-o', output], {
      stdin: stalling(filled.unfinished(), () => send('SIGTERM')),
      signals: (handler) => {
        send = handler;
      },
    });
    expect(code).toBe(143);
    expect(existsSync(output)).toBe(false);
    expect(readdirSync(folder).filter((name) => name.includes('partial'))).toEqual([]);
    expect(stderr).toContain('hint: to go on, run the same command again');
  });
});
