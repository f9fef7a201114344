import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { encodeCommand, RdbBuilder, setValue, stringValue } from '@rdbkit/testkit';
import { afterAll, describe, expect, it } from 'vitest';
import { NOW, type Run, runInWorld, type World } from '../../testing/world.ts';
import type { StopSignal } from '../app/exit-code.ts';
import { program } from './program.ts';

const folder = mkdtempSync(join(tmpdir(), 'rdbkit-log-'));
afterAll(() => rmSync(folder, { recursive: true }));

const DAY = 86_400_000;
const PAST = NOW - 1000;

const run = (args: readonly string[], world?: World): Promise<Run> => runInWorld(program, args, world);

let files = 0;
function write(content: Uint8Array | string): string {
  const path = join(folder, `source-${files++}`);
  writeFileSync(path, content);
  return path;
}

/** A log of commands, whose arguments are parted by blanks, and of lines that begin with #. */
function log(...lines: readonly string[]): Buffer {
  return Buffer.concat(
    lines.map((line) =>
      line.startsWith('#') ? Buffer.from(`${line}\r\n`) : Buffer.from(encodeCommand(line.split(' '))),
    ),
  );
}

function base(version = 10): RdbBuilder {
  return new RdbBuilder({ version })
    .selectDb(2)
    .key('user:1', stringValue('one'))
    .key('gone', stringValue('x'), { expireAtMs: PAST });
}

const marked = (): RdbBuilder =>
  new RdbBuilder({ version: 9 })
    .aux('aof-preamble', '1')
    .selectDb(2)
    .key('user:1', stringValue('one'))
    .key('gone', stringValue('x'), { expireAtMs: PAST });

/** A directory with a base and incremental files. */
function directory(baseFile: readonly [name: string, content: Uint8Array], ...incrs: readonly Uint8Array[]): string {
  const path = join(folder, `dir-${files++}`);
  mkdirSync(path);
  const [name, content] = baseFile;
  writeFileSync(join(path, `a.1.base.${name}`), content);
  const lines = incrs.map((incr, i) => {
    writeFileSync(join(path, `a.${i + 1}.incr.aof`), incr);
    return `file a.${i + 1}.incr.aof seq ${i + 1} type i\n`;
  });
  writeFileSync(join(path, 'a.manifest'), `file a.1.base.${name} seq 1 type b\n${lines.join('')}`);
  return path;
}

describe('a plain log', () => {
  const lines = ['SELECT 3', 'set a 1', 'MULTI', 'INCR a', 'SELECT 0', 'DEL b c', 'EXEC'];
  const content = log(...lines);

  it.each([
    ['a file', [write(content)], {}],
    ['standard input', [], { stdin: content }],
    ["gzip'd", [], { stdin: gzipSync(content) }],
  ])('comes out byte for byte: %s', async (_, args, world) => {
    const { code, stdout, stderr } = await run(args, world);
    expect([code, stdout]).toEqual([0, content.toString('latin1')]);
    expect(stderr).toContain('7 commands written');
    expect(stderr).toContain('read:         3 commands, ');
  });

  it('loses annotations only', async () => {
    const { code, stdout } = await run([
      write(log('#TS:1700000000', 'SET a 1', '#a remark', 'MULTI', '#TS:5', 'EXEC')),
    ]);
    expect([code, stdout]).toEqual([0, log('SET a 1', 'MULTI', 'EXEC').toString('latin1')]);
  });

  it('is selected from by keys and databases', async () => {
    const source = write(log('SELECT 1', 'MSET a:1 x b:1 y', 'SELECT 0', 'SET a:2 z', 'RENAME b:1 a:3', 'FOO x'));
    const args = ['--key', 'a:*', '--map-db', '1:5', '--rename-prefix', 'a::c:', source];
    const { code, commands, stderr } = await run(args);
    expect(commands).toEqual(['SELECT 5', 'MSET c:1 x', 'SELECT 0', 'SET c:2 z', 'FOO x']);
    expect(stderr).toContain('split:        1 command, written for the selected keys');
    expect(stderr).toContain('unknown:      1 command, written as they are');
    expect(stderr).toContain('not written: 1 key: RENAME needs keys that were left out');
    expect(code).toBe(4);
  });

  it('accounts for itself in JSON', async () => {
    const source = write(log('#TS:1700000000', 'SET a 1', 'SET b 1', '#TS:1700000010', 'FLUSHALL'));
    const { stderr } = await run(['--json', '--until', '1700000005', '--key', 'a', source]);
    expect(JSON.parse(stderr)).toMatchObject({
      keysWritten: 0,
      commands: 1,
      log: {
        files: [{ name: null, format: 'resp', commands: 2, lastTimestamp: 1_700_000_000 }],
        commands: 2,
        unselectedCommands: { db: 0, key: 1, slot: 0 },
        cut: null,
        stop: { timestamp: 1_700_000_010 },
      },
    });
  });
});

describe('an RDB with commands behind it', () => {
  it('is written with keys whose time has passed, for later commands go on with them', async () => {
    const source = write(
      Buffer.concat([marked().finish(), log(`SELECT 2`, `PEXPIREAT gone ${NOW + DAY * 9}`, 'GET x')]),
    );
    const { code, commands, stderr } = await run([source]);
    expect(commands).toEqual([
      'SELECT 2',
      'SET user:1 one',
      'SET gone x',
      `PEXPIREAT gone ${NOW + DAY}`,
      'SELECT 2',
      `PEXPIREAT gone ${NOW + DAY * 9}`,
      'GET x',
    ]);
    expect(stderr).toContain('2 keys and 2 commands, ');
    expect(stderr).toContain('put off:      1 expiry time that has passed');
    expect(code).toBe(0);
  });

  it('begins in database 0 again', async () => {
    const source = write(Buffer.concat([marked().finish(), log('INCR n')]));
    expect((await run([source])).commands.slice(-2)).toEqual(['SELECT 0', 'INCR n']);
  });

  it('is read the same in the smallest pieces', async () => {
    const content = Buffer.concat([marked().finish(), log('SELECT 2', 'INCR n')]);
    const whole = await run([write(content)]);
    for (const dump of [content, Buffer.concat([base(9).finish(), log('SELECT 2', 'INCR n')])]) {
      let at = 0;
      const stdin = {
        position: 0,
        total: null,
        read: () => (at < dump.length ? dump.subarray(at, ++at) : null),
        close() {},
      };
      const { commands } = await run(['--expired-grace', '1d'], { stdin });
      expect(commands).toEqual(whole.commands);
    }
  });

  it('that does not say so is found out', async () => {
    const source = write(Buffer.concat([base().finish(), log('SELECT 2', 'INCR n')]));
    const { code, commands, stderr } = await run([source]);
    expect(commands).toEqual(['SELECT 2', 'SET user:1 one', 'SELECT 2', 'INCR n']);
    expect(stderr).toContain('1 expired key was left out of the RDB, but commands follow it');
    expect(code).toBe(4);
    const again = await run(['--expired-grace', '1h', source]);
    expect(again.commands).toContain(`SET gone x PXAT ${NOW + 3_600_000}`);
    expect(again.code).toBe(0);
    const first = await run(['--from-base-only', source]);
    expect([first.code, first.commands]).toEqual([0, ['SELECT 2', 'SET user:1 one']]);
    expect(await run(['--limit', '5', source])).toMatchObject({ code: 2 });
  });

  it('tells where it is damaged from the beginning of the file', async () => {
    const dump = base().finish();
    const { code, stderr } = await run([write(Buffer.concat([dump, log('INCR n'), Buffer.from('*1\r\nx')]))]);
    expect(code).toBe(3);
    expect(stderr).toContain(`at byte ${dump.length + log('INCR n').length + 4} of `);
  });

  it('is no log when other bytes follow', async () => {
    const { code, stderr } = await run([write(Buffer.concat([base().finish(), Buffer.from('garbage')]))]);
    expect(code).toBe(0);
    expect(stderr).toContain('[RDB_TRAILING_BYTES]');
  });
});

describe('an append-only directory', () => {
  it('is read file by file, each from database 0 on', async () => {
    const path = directory(['aof', log('SELECT 4', 'SET a 1')], log('SET b 2', 'SELECT 4'), log('SELECT 4', 'SET c 3'));
    const { code, commands, stderr } = await run([path]);
    expect(commands).toEqual(['SELECT 4', 'SET a 1', 'SELECT 0', 'SET b 2', 'SELECT 4', 'SELECT 4', 'SET c 3']);
    expect(stderr).toContain('files:        "a.1.base.aof", "a.1.incr.aof", "a.2.incr.aof"');
    expect(code).toBe(0);
    expect((await run([join(path, 'a.manifest')])).commands).toEqual(commands);
  });

  it('reads RDBs wherever they stand', async () => {
    const other = new RdbBuilder({ version: 10 })
      .selectDb(2)
      .key('later', setValue(['m']))
      .finish();
    const path = directory(['rdb', base().finish()], log('SELECT 2', 'INCR n'), Buffer.concat([other, log('INCR m')]));
    const { commands } = await run([path]);
    expect(commands).toEqual([
      'SELECT 2',
      'SET user:1 one',
      `SET gone x PXAT ${NOW + DAY}`,
      'SELECT 2',
      'INCR n',
      'SELECT 2',
      'DEL later',
      'SADD later m',
      'SELECT 0',
      'INCR m',
    ]);
  });

  it('or only its base', async () => {
    const path = directory(['rdb', base().finish()], log('INCR n'));
    const { code, commands, stderr } = await run(['--from-base-only', '--type', 'string', path]);
    expect([code, commands]).toEqual([0, ['SELECT 2', 'SET user:1 one']]);
    expect(stderr).toContain('expired:      1 key');
    const plain = directory(['aof', log('SET a 1')], log('INCR n'));
    expect((await run(['--from-base-only', plain])).commands).toEqual(['SET a 1']);
  });

  it('is damaged when a file before the last one is cut off', async () => {
    const path = directory(['aof', log('SET a 1').subarray(0, -3)], log('SET b 2'));
    const { code, commands, stderr } = await run([path]);
    expect([code, commands]).toEqual([3, []]);
    expect(stderr).toContain('is incomplete: the log ends after');
    expect(stderr).toContain('in "a.1.base.aof" [AOF_TRUNCATED]');
    expect(stderr).toContain('only the last file of a log may end like this');
  });
});

describe('the end of a log', () => {
  it.each([
    ['within a command', log('SET a 1', 'SET b 2').subarray(0, -1), ['SET a 1'], 'in the middle of the command'],
    ['within a transaction', log('SET a 1', 'MULTI', 'SET b 2'), ['SET a 1'], 'before the EXEC of the transaction'],
    ['with an annotation', Buffer.concat([log('SET a 1'), Buffer.from('#TS:17')]), ['SET a 1'], 'no command is lost'],
  ])('%s is left out, as servers do', async (_, content, expected, words) => {
    const { code, commands, stderr } = await run(['-q', write(content)]);
    expect([code, commands]).toEqual([0, expected]);
    expect(stderr).toContain('warning: the log ends after');
    expect(stderr).toContain(words);
  });

  it('that is no end but damage is an error', async () => {
    const { code, commands, stderr } = await run([
      write(Buffer.concat([log('MULTI', 'SET a 1', 'EXEC'), Buffer.alloc(50)])),
    ]);
    expect([code, commands]).toEqual([3, ['MULTI', 'SET a 1', 'EXEC']]);
    expect(stderr).toContain('[AOF_BAD_');
    expect(stderr).toContain('1 key or command before that place');
  });

  it('gives up a transaction that was too long to be held back', async () => {
    const value = 'x'.repeat(100_000);
    const lines = ['MULTI', ...Array.from({ length: 40 }, (_, i) => `SET k${i} ${value}`)];
    const { code, commands, stderr } = await run([write(log(...lines))]);
    expect(commands[0]).toBe('MULTI');
    expect(commands.at(-1)).toBe('DISCARD');
    expect(stderr).toContain('dropped:      40 commands of a transaction without end');
    expect(code).toBe(0);
  });
});

describe('a point in time', () => {
  const content = log(
    '#TS:1700000000',
    'SET a 1',
    '#TS:1700000010',
    'SET a 2',
    'MULTI',
    '#TS:1700000020',
    'SET a 3',
    'EXEC',
  );

  it.each([
    ['1700000000', ['SET a 1']],
    ['2023-11-14T22:13:29Z', ['SET a 1']],
    ['2023-11-14T23:13:30+01:00', ['SET a 1', 'SET a 2']],
    ['1700000019', ['SET a 1', 'SET a 2']],
    ['1700000020', ['SET a 1', 'SET a 2', 'MULTI', 'SET a 3', 'EXEC']],
  ])('%s', async (until, expected) => {
    const { code, commands } = await run(['--until', until, write(content)]);
    expect([code, commands]).toEqual([0, expected]);
  });

  it('says where it stopped', async () => {
    const { stderr } = await run(['--until', '1700000001', write(content)]);
    expect(stderr).toContain('until:        stopped before 2023-11-14T22:13:30Z, at byte 43');
  });

  it('is not to be had from a log that begins later', async () => {
    const { code, stdout, stderr } = await run(['--until', '1600000000', write(content)]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('the log begins at 2023-11-14T22:13:20Z only, later than --until 2020-09-13T12:26:40Z');
  });

  it('is not to be had without timestamps', async () => {
    const { code, stderr } = await run(['--until', '1700000000', write(log('SET a 1'))]);
    expect(code).toBe(1);
    expect(stderr).toContain('the log has no timestamps');
    const dump = await run(['--until', '1700000000', write(base().finish())]);
    expect(dump.code).toBe(1);
    expect(dump.stderr).toContain('is a dump: --until had no effect');
  });

  it.each(['yesterday', '2026-01-31', '2026-01-31T12:00:00', '1700000000000', ''])('%j is none', async (until) => {
    const { code, stderr } = await run([`--until=${until}`, write(content)]);
    expect(code).toBe(2);
    expect(stderr).toContain('--until: expected');
  });
});

describe('flags that a log cannot meet', () => {
  it.each([
    [['--type', 'string'], '--type cannot be told of the commands'],
    [['--limit', '1'], '--limit cannot be told'],
    [['--ttl', 'any'], '--ttl cannot be told'],
    [['--existing', 'keep'], '--existing keep is not possible'],
    [['--expired', 'skip'], '--expired skip is not possible'],
    [['--until', '1', '--from-base-only'], 'exclude each other'],
  ])('%j', async (args, words) => {
    const { code, stdout, stderr } = await run([...args, write(log('SET a 1'))]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(words);
  });
});

describe('times that have passed', () => {
  const source = write(log(`SET a 1 PXAT ${PAST}`, `PEXPIREAT a ${NOW + 5}`));

  it('are put off', async () => {
    const { commands } = await run([source]);
    expect(commands).toEqual([`SET a 1 PXAT ${NOW + DAY}`, `PEXPIREAT a ${NOW + 5}`]);
  });

  it('stay if asked for', async () => {
    expect((await run(['--expired-grace', '0', source])).commands[0]).toBe(`SET a 1 PXAT ${PAST}`);
  });

  it('are shifted before they are judged', async () => {
    expect((await run(['--shift-ttl', '+2s', source])).commands[0]).toBe(`SET a 1 PXAT ${PAST + 2000}`);
  });
});

it('stops at a signal, at the border of a command', async () => {
  let send: (signal: StopSignal) => void = () => {};
  const content = log(...Array.from({ length: 20_000 }, (_, i) => `SET key:${i} value`));
  let at = 0;
  const stdin = {
    position: 0,
    total: null,
    read: () => {
      if (at > content.length / 2) send('SIGINT');
      const chunk = content.subarray(at, (at += 10_001));
      return chunk.length > 0 ? chunk : null;
    },
    close() {},
  };
  const signals = (handler: (signal: StopSignal) => void): void => {
    send = handler;
  };
  const { code, commands, stderr } = await run([], { stdin, signals });
  expect(code).toBe(130);
  expect(commands.length).toBeGreaterThan(5000);
  expect(commands.length).toBeLessThan(15_000);
  expect(stderr).toContain('interrupted');
  expect(stderr).toContain('empty the target first');
});
