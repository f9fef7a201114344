import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashValue, listValue, RdbBuilder, REPOSITORY_ROOT, stringValue } from '@rdbkit/testkit';
import { describe, expect, it } from 'vitest';
import { NOW, type Run, runInWorld, type World } from '../../testing/world.ts';
import { textWidth } from '../lang/printable.ts';
import { program } from '../rdbkit/program.ts';

const EXAMPLE = readFileSync(join(REPOSITORY_ROOT, 'docs', 'guide', 'example.rdb'));
async function run(dump: Uint8Array, args: readonly string[] = [], world: World = {}): Promise<Run> {
  const result = await runInWorld(program, ['inspect', ...args], { stdin: dump, ...world });
  const { code, stderr } = result;
  return { code, stderr, commands: [], stdout: Buffer.from(result.stdout, 'latin1').toString('utf8') };
}

/** Everything that a page may show, with names that try to break it. */
function everything(): Uint8Array {
  const dump = new RdbBuilder({ version: 11 })
    .aux('redis-ver', '7.2.6')
    .aux('ctime', String(Math.floor(NOW / 1000)))
    .aux('used-mem', '99000000')
    .functionLibrary('#!lua name=lib\nx')
    .selectDb(0);
  for (let i = 0; i < 300; i++) {
    dump.key(`cache:${i % 7}:${i}`, stringValue('x'.repeat(i)), { freq: i % 200 });
    dump.key(`session:${i}`, stringValue('y'), i % 3 === 0 ? {} : { expireAtMs: NOW + i * 1000 - 20_000 });
  }
  return dump
    .key(`日本語の長いキー:${'漢'.repeat(50)}`, hashValue([['フィールド', 'z'.repeat(5000)]]))
    .key('\u001b[31mred\u0007:\u202e', listValue(['a', 'b']))
    .key(Buffer.from([0xff, 0xfe, 0x3a, 0x00]), stringValue('binary'))
    .key('👩‍👩‍👧‍👦:é:x', stringValue('emoji'))
    .selectDb(15)
    .key('other', stringValue('1'), { idleSeconds: 86_400 })
    .finish();
}

describe('the page', () => {
  it('tells what is in a dump', async () => {
    const { code, stdout, stderr } = await run(EXAMPLE);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('Redis 7.0.15');
    expect(stdout).toMatch(/Keys +10 in 2 databases/);
    expect(stdout).toMatch(/952 B +45 B +string, raw +db 1 {2}"cache:home"/);
    expect(stdout).toMatch(/1 +0\.00 s +1 +1 +"billing" +"orders"/);
  });

  it.each(Array.from({ length: 17 }, (_, i) => 40 + i * 10))('fits into %d columns', async (columns) => {
    const { stdout } = await run(everything(), ['--slots', '--color=never'], { stdoutColumns: columns });
    const lines = stdout.split('\n');
    expect(Math.max(...lines.map(textWidth))).toBeLessThanOrEqual(columns);
    expect(lines.filter((line) => line !== line.trimEnd())).toEqual([]);
    for (const title of [
      'Overview',
      'Databases',
      'Types',
      'Expiry',
      'Largest keys',
      'Heaviest prefixes',
      'Hash slots',
      'Functions',
      'Worth a look',
    ])
      expect(lines).toContain(title);
  });

  it('shows names in a way that cannot do harm', async () => {
    const { stdout } = await run(everything(), ['--top', '1000', '--color=never'], { stdoutColumns: 120 });
    expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(stdout).toContain('"\\x1b[31mred\\x07:\\xe2\\x80\\xae"');
    expect(stdout).toContain('"\\xff\\xfe:\\x00"');
    expect(stdout).toContain('"日本語の長いキー:');
  });

  it('has colours when asked for them', async () => {
    const { stdout } = await run(EXAMPLE, ['--color=always']);
    expect(stdout).toContain('\u001b[1mOverview\u001b[22m');
  });

  it('lists as many as it is told to', async () => {
    const { stdout } = await run(everything(), ['--top', '2']);
    const section = /Largest keys\n(?: {2}.*\n)+/.exec(stdout)?.[0] ?? '';
    expect(section.trim().split('\n')).toHaveLength(4);
  });

  it('estimates for another server', async () => {
    const { stdout } = await run(EXAMPLE, ['--target', 'valkey-9.1', '--allocator', 'jemalloc-q16']);
    expect(stdout).toContain('on Valkey 9.1.0 with jemalloc-q16, estimated');
    const unknown = await run(EXAMPLE, ['--target', 'dragonfly']);
    expect(unknown.stdout).toContain('not known for Dragonfly');
  });

  it('takes names apart at another separator', async () => {
    const dump = new RdbBuilder().key('a/b/1', stringValue('x')).key('a/b/2', stringValue('x')).finish();
    const { stdout } = await run(dump, ['--separator', '/']);
    expect(stdout).toMatch(/"a\/"\n.* {4}"b\/"/);
  });

  it('counts the chosen keys', async () => {
    const { stdout } = await run(everything(), ['--key', 'session:*', '--ttl', 'any']);
    expect(stdout).toMatch(/Keys +200 in database 0/);
    expect(stdout).toContain('not selected:');
  });

  it('compares with the memory of the server only what is whole', async () => {
    const dump = new RdbBuilder()
      .aux('redis-ver', '7.2.6')
      .aux('used-mem', String(20 * 1024 * 1024))
      .key('a', stringValue('x'.repeat(30 * 1024 * 1024)))
      .key('b', stringValue('x'))
      .finish();
    const wide = { stdoutColumns: 120 };
    const whole = await run(dump, [], wide);
    expect(whole.stdout).toMatch(/server used 20\.0 MiB; the estimate is 1[5-9]\d % of that/);
    expect(whole.stdout).toMatch(/The estimate is 1[5-9]\d % of the memory/);
    for (const { stdout } of [await run(dump, ['--key', 'a'], wide), await run(dump.subarray(0, -12), [], wide)]) {
      expect(stdout).toContain('server used 20.0 MiB\n');
      expect(stdout).not.toContain('estimate is');
    }
  });

  it('is not at a loss without keys', async () => {
    const { code, stdout } = await run(new RdbBuilder().finish());
    expect(code).toBe(0);
    expect(stdout).toMatch(/Keys +none/);
  });
});

describe('a damaged dump', () => {
  it('is shown as far as it could be read, and exits with 3', async () => {
    const { code, stdout, stderr } = await run(EXAMPLE.subarray(0, 300));
    expect(code).toBe(3);
    expect(stdout).toMatch(/Keys +6 in database 0\n +the dump is damaged/);
    expect(stderr).toContain('is incomplete: the input ends after 300 bytes');
  });

  it('says so in JSON', async () => {
    const { code, stdout } = await run(EXAMPLE.subarray(0, 300), ['--json']);
    const document = JSON.parse(stdout) as { complete: boolean; error: { message: string }; total: { keys: number } };
    expect(code).toBe(3);
    expect([document.complete, document.total.keys]).toEqual([false, 6]);
    expect(document.error.message).toContain('in the middle of the RDB');
  });

  it('with a wrong checksum is shown whole', async () => {
    const { code, stdout, stderr } = await run(Buffer.concat([EXAMPLE.subarray(0, -1), Buffer.from([1])]));
    expect(code).toBe(3);
    expect(stdout).toMatch(/Keys +10 in 2 databases/);
    expect(stderr).toContain('RDB_CHECKSUM');
  });
});

it('sums up what is too much to be listed', async () => {
  const dump = new RdbBuilder();
  for (let i = 0; i < 1200; i++) dump.functionLibrary(`#!lua name=lib${i}\n`);
  for (let db = 0; db < 1000; db++) dump.selectDb(db).key('a', stringValue('x'));
  const { stdout } = await run(dump.finish());
  expect(stdout).toMatch(/Keys +1,000 in more than 256 databases/);
  expect(stdout).toMatch(/ {2}db 255 +1 .*\n {2}others +744 /);
  expect(stdout).toContain('and 1,188 more');
});

describe('--json', () => {
  it('is one document with everything', async () => {
    const { stdout, code } = await run(everything(), ['--json', '--slots', '--top', '1000']);
    const document = JSON.parse(stdout) as Record<string, unknown>;
    expect(code).toBe(0);
    expect(Object.keys(document)).toEqual([
      'source',
      'complete',
      'error',
      'unreadLog',
      'file',
      'model',
      'total',
      'nameBytes',
      'memory',
      'databases',
      'otherDatabases',
      'types',
      'expiry',
      'idle',
      'frequency',
      'sizes',
      'largest',
      'largestElements',
      'nearThresholds',
      'prefixes',
      'slots',
      'functions',
      'functionCount',
      'modules',
      'otherModules',
      'streams',
      'emptyKeys',
      'warnings',
      'advice',
      'unselectedKeys',
      'seconds',
    ]);
    expect(document).toMatchObject({
      complete: true,
      error: null,
      file: { writer: 'Redis 7.2.6', rdbVersion: 11, checksum: 'ok', usedMemory: 99_000_000 },
      model: { target: 'redis 7.2.6', isOwn: true, allocator: 'jemalloc-q8' },
      total: { keys: 605 },
    });
    expect(stdout).toContain('{"$base64":"//46AA=="}');
  });

  it('goes to a file', async () => {
    const { code, stdout } = await run(EXAMPLE, ['--json', '-o', '/dev/null']);
    expect([code, stdout]).toEqual([0, '']);
  });
});

it.each([
  [['--top', '0'], /expected a whole number from 1 on/],
  [['--top', '5000'], /1000 at most/],
  [['--separator', ''], /the separator is empty/],
  [['--target', 'mysql'], /expected a version/],
  [['--slots', '--ttl', 'sometimes'], /ttl/],
])('%j is wrong usage', async (args, message) => {
  const { code, stderr } = await run(EXAMPLE, args);
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
});
