import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { encodeCommand, RdbBuilder, setValue, stringValue } from '@rdbkit/testkit';
import { afterAll, describe, expect, it } from 'vitest';
import { type Run, runInWorld, type World } from '../../testing/world.ts';
import type { StopSignal } from '../app/exit-code.ts';
import { program } from '../rdbkit/program.ts';

const folder = mkdtempSync(join(tmpdir(), 'rdbkit-check-'));
afterAll(() => rmSync(folder, { recursive: true }));

const check = (args: readonly string[], world?: World): Promise<Run> => runInWorld(program, ['check', ...args], world);

let files = 0;
function write(content: Uint8Array | string): string {
  const path = join(folder, `source-${files++}`);
  writeFileSync(path, content);
  return path;
}

const log = (...lines: readonly string[]): Buffer =>
  Buffer.concat(
    lines.map((line) =>
      line.startsWith('#') ? Buffer.from(`${line}\r\n`) : Buffer.from(encodeCommand(line.split(' '))),
    ),
  );

const builder = (): RdbBuilder =>
  new RdbBuilder({ version: 11 })
    .aux('redis-ver', '7.2.6')
    .functionLibrary('#!lua name=lib\nreturn 1')
    .selectDb(0)
    .key('a', stringValue('one'))
    .key('b', setValue(['m', 'n']));

const dump = builder().finish();

/** A directory with a base and incremental files. */
function directory(base: Uint8Array, ...incrs: readonly Uint8Array[]): string {
  const path = join(folder, `dir-${files++}`);
  mkdirSync(path);
  writeFileSync(join(path, 'base'), base);
  const lines = incrs.map((incr, i) => {
    writeFileSync(join(path, `incr-${i + 1}`), incr);
    return `file incr-${i + 1} seq ${i + 1} type i\n`;
  });
  writeFileSync(join(path, 'a.manifest'), `file base seq 1 type b\n${lines.join('')}`);
  return path;
}

describe('a dump', () => {
  it.each([
    ['a file', [write(dump)], {}],
    ["gzip'd", [write(gzipSync(dump))], {}],
    ['standard input', [], { stdin: dump }],
  ])('that is sound: %s', async (_, args, world) => {
    const { code, stdout, stderr } = await check(args, world);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain(' is sound\n');
    expect(stdout).toContain('REDIS version 11 by 7.2.6, string 1, set 1, function libraries 1, checksum right');
  });

  it('is not talked about when it is sound and nobody asked', async () => {
    expect(await check(['-q', write(dump)])).toMatchObject({ code: 0, stdout: '', stderr: '' });
    const bad = await check(['-q', write(dump.subarray(0, -20))]);
    expect(bad.code).toBe(3);
    expect(bad.stdout).toContain('is incomplete');
  });

  it('that is cut off', async () => {
    const whole = builder().finish();
    // Within the set: its members are the last thing before the end mark and the checksum.
    const { code, stdout } = await check([write(whole.subarray(0, whole.length - 12))]);
    expect(code).toBe(3);
    expect(stdout).toContain(' is incomplete\n');
    expect(stdout).toContain('[RDB_TRUNCATED]');
    expect(stdout).toContain('in the key "b" of database 0');
    const start = Buffer.from(whole).indexOf('\x01b', 0, 'latin1') - 1;
    expect(stdout).toContain(`good up to byte ${start} (1 key)`);
  });

  it('that is changed somewhere', async () => {
    const changed = Buffer.from(dump);
    changed[changed.indexOf('one')] = 0x58;
    const { code, stdout } = await check([write(changed)]);
    expect(code).toBe(3);
    expect(stdout).toContain(' is damaged\n');
    expect(stdout).toContain('[RDB_CHECKSUM]');
    expect((await check(['--no-checksum', write(changed)])).code).toBe(0);
  });

  it('in which a member comes twice, which is found only here', async () => {
    const bad = new RdbBuilder({ version: 11 })
      .selectDb(0)
      .key('twice', setValue(['m', 'm']))
      .finish();
    const { code, stdout } = await check([write(bad)]);
    expect(code).toBe(3);
    expect(stdout).toContain('[RDB_BAD_DUPLICATE]');
  });

  it('with bytes behind it', async () => {
    const { code, stdout } = await check([write(Buffer.concat([dump, Buffer.from('rest')]))]);
    expect(code).toBe(0);
    expect(stdout).toContain('note: 4 bytes follow the end of the RDB');
  });

  it('with commands behind it', async () => {
    const path = write(Buffer.concat([dump, log('SET a 1', 'SOME.THING'), Buffer.from('*1\r')]));
    const { code, stdout } = await check([path]);
    expect(code).toBe(3);
    expect(stdout).toContain('is cut off at its end');
    expect(stdout).toContain(`good up to byte ${dump.length + log('SET a 1', 'SOME.THING').length}`);
    expect(stdout).toContain('no known server has SOME.THING');
    const damaged = await check(['--json', write(Buffer.concat([dump, log('SET a 1'), Buffer.from('x')]))]);
    expect(JSON.parse(damaged.stdout)).toMatchObject({
      verdict: 'damaged',
      files: [{ name: null, keys: 2, error: { offset: dump.length + log('SET a 1').length } }],
    });
  });
});

describe('a log', () => {
  it('that is sound', async () => {
    const path = directory(dump, log('#TS:1700000000', 'MULTI', 'SET a 1', 'EXEC'), log('#TS:1700000009', 'SET b 2'));
    const { code, stdout } = await check([path]);
    expect(code).toBe(0);
    expect(stdout).toContain('"base": ');
    expect(stdout).toContain('REDIS version 11, 2 keys, checksum right');
    expect(stdout).toContain('"incr-1": 72 bytes, 3 commands, 1 transaction, 2023-11-14T22:13:20Z to');
  });

  it('that is cut off', async () => {
    const good = log('#TS:1700000000', 'SET a 1');
    const path = directory(dump, Buffer.concat([good, log('MULTI', 'SET b 1')]));
    const { code, stdout } = await check([path]);
    expect(code).toBe(3);
    expect(stdout).toContain('is cut off at its end');
    expect(stdout).toContain('before the EXEC of the transaction');
    expect(stdout).toContain(`a server leaves out the last ${log('MULTI', 'SET b 1').length} bytes and starts`);
    expect(stdout).toContain(`good up to byte ${good.length} of "incr-1", 2023-11-14T22:13:20Z (2 keys and 1 command)`);
  });

  it('that is damaged in one file is read on in the next', async () => {
    const path = directory(dump, Buffer.concat([log('SET a 1'), Buffer.alloc(9)]), log('SET b 1'));
    const { code, stdout } = await check(['--json', path]);
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({
      verdict: 'damaged',
      goodUpTo: { file: 'incr-1', byte: log('SET a 1').length },
      files: [
        { name: 'base', error: null, rdb: { version: 11, keys: 2, checksum: 'ok' } },
        { name: 'incr-1', commands: 1, error: { offset: log('SET a 1').length } },
        { name: 'incr-2', commands: 1, error: null },
      ],
      cut: null,
    });
  });

  it('whose file is cut off before the last one', async () => {
    const path = directory(dump, log('SET a 1').subarray(0, -3), log('SET b 1'));
    const { code, stdout } = await check([path]);
    expect(code).toBe(3);
    expect(stdout).toContain('is damaged');
    expect(stdout).toContain('[AOF_TRUNCATED]');
  });

  it('whose base is damaged inside of a value', async () => {
    const bad = new RdbBuilder({ version: 11 })
      .selectDb(0)
      .key('twice', setValue(['m', 'm']))
      .finish();
    const { code, stdout } = await check([directory(bad, log('SET b 1'))]);
    expect(code).toBe(3);
    expect(stdout).toContain('[RDB_BAD_DUPLICATE]');
    expect(stdout).toContain('in the key "twice" of database 0');
  });
});

it('wants something that can be checked', async () => {
  expect(await check([join(folder, 'missing')])).toMatchObject({ code: 1 });
  expect(await check([])).toMatchObject({ code: 2 });
  expect(await check([write('<html>')])).toMatchObject({ code: 3 });
});

it('says nothing of the whole when it is interrupted', async () => {
  let send: (signal: StopSignal) => void = () => {};
  const long = builder();
  for (let i = 0; i < 1000; i++) long.key(`key:${i}`, stringValue('value'));
  const content = long.finish();
  let given = 0;
  const stdin = {
    position: 0,
    total: null,
    read: () => {
      if (given > content.length / 2) send('SIGTERM');
      const chunk = content.subarray(given, (given += 1000));
      return chunk.length > 0 ? chunk : null;
    },
    close() {},
  };
  const signals = (handler: (signal: StopSignal) => void): void => {
    send = handler;
  };
  const { code, stdout, stderr } = await check([], { stdin, signals });
  expect([code, stdout]).toEqual([143, '']);
  expect(stderr).toContain('interrupted');
});
