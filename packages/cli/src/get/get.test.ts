import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RdbVisitorBase, readDump } from '@rdbkit/rdb';
import {
  blobValue,
  hashMetadataValue,
  listpack,
  listValue,
  RdbBuilder,
  streamValue,
  stringValue,
  zset2Value,
} from '@rdbkit/testkit';
import { afterAll, describe, expect, it } from 'vitest';
import { NOW, type Run, runInWorld, type World } from '../../testing/world.ts';
import { program } from '../rdbkit/program.ts';
import type { ByteInput } from '../source/byte-input.ts';

const folder = mkdtempSync(join(tmpdir(), 'rdbkit-get-'));
afterAll(() => rmSync(folder, { recursive: true }));

const run = (args: readonly string[], world: World = {}): Promise<Run> => runInWorld(program, ['get', ...args], world);

const dump = new RdbBuilder({ version: 12 })
  .functionLibrary('#!lua name=text\n')
  .selectDb(0)
  .key('text', stringValue('{"a": 1}\n\tä'))
  .key('unsafe', stringValue('\u001b[31mred'))
  .key(Uint8Array.of(0x00, 0xff, 0x0a), stringValue('binary key'))
  .key('"quoted"', stringValue('in quotes'))
  .key('list', listValue(['a', 'b\n', Uint8Array.of(0xfe)]))
  .key(
    'zset',
    zset2Value([
      ['m', 1.5],
      ['n', Number.NEGATIVE_INFINITY],
    ]),
  )
  .key(
    'hash',
    hashMetadataValue([
      ['f', 'v', 4_102_444_800_000],
      ['g', 'w', null],
    ]),
    { expireAtMs: NOW + 5000 },
  )
  .key(
    'stream',
    streamValue({
      layout: 3,
      entries: [
        {
          id: '5-1',
          fields: [
            ['a', '1'],
            ['b', '2'],
          ],
        },
        { id: '6-0', fields: [['a', '3']] },
      ],
      groups: [
        {
          name: 'g',
          lastId: '5-1',
          consumers: [{ name: 'c', seenMs: 1 }],
          pending: [{ id: '5-1', consumer: 'c', deliveredAtMs: 1, deliveries: 1 }],
        },
      ],
    }),
  )
  .key('gone', stringValue('x'), { expireAtMs: NOW - 1 })
  .key('empty', blobValue(16, listpack([])))
  .key('both', stringValue('of 0'))
  .selectDb(3)
  .key('both', stringValue('of 3'))
  .finish();
/** The magic with the version, and the end mark with the checksum. */
const HEAD_BYTES = 9;
const END_BYTES = 9;

const path = join(folder, 'dump.rdb');
writeFileSync(path, dump);

describe('rdbkit get', () => {
  it.each([
    ['text', '{"a": 1}\n\tä\n'],
    ['unsafe', '"\\x1b[31mred"\n'],
    ['list', '1) "a"\n2) "b\\n"\n3) "\\xfe"\n'],
    ['zset', '1) "m"  1.5\n2) "n"  -inf\n'],
    ['hash', '1) "f" => "v"  (expires 2100-01-01T00:00:00.000Z)\n2) "g" => "w"\n'],
    [
      'stream',
      '5-1\n    "a" => "1"\n    "b" => "2"\n6-0\n    "a" => "3"\n(2 entries, last ID 6-0)\ngroup "g": last ID 5-1, 1 pending\n    consumer "c": 1 pending\n',
    ],
    ['"\\x00\\xff\\n"', 'binary key\n'],
    ['"\\"quoted\\""', 'in quotes\n'],
  ])('prints %s for reading', async (key, expected) => {
    const { code, stdout } = await run([path, key]);
    expect([code, Buffer.from(stdout, 'latin1').toString()]).toEqual([0, expected]);
  });

  it('says what it is', async () => {
    const { stderr } = await run([path, 'hash']);
    expect(stderr).toContain('db 0, "hash": hash, hashtable, expires 2023-11-14T22:13:25.000Z');
    expect((await run(['-q', path, 'hash'])).stderr).toBe('');
  });

  it.each([
    ['list', 'a\nb\n\n\u00fe\n'],
    ['unsafe', '\u001b[31mred'],
    ['hash', 'f\nv\ng\nw\n'],
    ['zset', 'm\n1.5\nn\n-inf\n'],
  ])('%s as raw bytes', async (key, expected) => {
    expect((await run(['--format', 'raw', path, key])).stdout).toBe(expected);
  });

  it('as a record', async () => {
    const { stdout } = await run(['--format', 'json', path, 'list']);
    expect(stdout).toBe(
      '{"db":0,"key":"list","type":"list","encoding":"linkedlist","value":["a","b\\n",{"$base64":"/g=="}]}\n',
    );
    const encoded = await run(['--format', 'json', '--binary', 'base64', path, 'text']);
    expect(encoded.stdout).toContain('"key":{"$base64":"dGV4dA=="}');
  });

  it('as a payload for RESTORE, with the lowest version that has the type', async () => {
    const { stdout } = await run(['--format', 'dump', path, 'list']);
    const elements: string[] = [];
    const visitor = new (class extends RdbVisitorBase {
      override key(): 'logical' {
        return 'logical';
      }
      override listElement(bytes: Uint8Array, start: number, end: number): void {
        elements.push(Buffer.from(bytes.subarray(start, end)).toString('latin1'));
      }
    })();
    expect(readDump(Buffer.from(stdout, 'latin1'), visitor)).toEqual({ typeCode: 1, dialect: 'redis', version: 6 });
    expect(elements).toEqual(['a', 'b\n', '\u00fe']);
  });

  it('as commands, without the libraries around it', async () => {
    const { commands } = await run(['--format', 'resp', path, 'both', '--db', '3']);
    expect(commands).toEqual(['SELECT 3', 'SET both of 3']);
  });

  it('takes the first database that has the key, unless told otherwise', async () => {
    expect((await run([path, 'both'])).stdout).toBe('of 0\n');
    expect((await run([path, 'both', '--db', '3'])).stdout).toBe('of 3\n');
  });

  it.each([
    [['nosuch'], 'there is no key "nosuch"'],
    [['gone'], 'the key "gone" expired 2023-11-14T22:13:19.999Z'],
    [['both', '--db', '5'], 'there is one in database 0, 3'],
    [['both', '--type', 'list'], 'there is one in database 0, 3'],
    [['text', '--min-size', '1k'], 'there is one in database 0'],
    [['empty'], 'has no elements'],
  ])('%j is not there: 4', async (args, message) => {
    for (const format of ['read', 'json', 'raw', 'resp']) {
      const isSame = args[0] !== 'empty' || format !== 'resp';
      const { code, stdout, stderr } = await run(['--format', format, path, ...args]);
      expect([stdout, isSame && code, isSame && stderr.includes(message)]).toEqual(['', isSame && 4, isSame]);
    }
  });

  it('prints an expired key if asked', async () => {
    expect((await run([path, 'gone', '--expired', 'keep'])).stdout).toBe('x\n');
  });

  it.each([
    ['"a', '"a'],
    ['a"', 'a"'],
    ['"', '"'],
  ])('%s is a name', async (key) => {
    expect((await run([path, key])).code).toBe(4);
  });

  it.each(['"\\q"', '"a"b"', '"\\x1"'])('%s is no name', async (key) => {
    const { code, stderr } = await run([path, key]);
    expect([code, stderr.includes('in its quotes')]).toEqual([2, true]);
  });

  it('prints what comes before damage, and stops at damage that comes before it', async () => {
    const cut = dump.subarray(0, dump.length - 20);
    expect((await run(['-', 'text'], { stdin: cut })).code).toBe(0);
    const { code, stdout, stderr } = await run(['-', 'both', '--db', '3'], { stdin: cut });
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toContain('is incomplete');
  });

  it('reads no further than the key, in a dump of 300 MB', async () => {
    const record = (keys: RdbBuilder): Uint8Array => keys.finish().subarray(HEAD_BYTES, -END_BYTES);
    const builder = new RdbBuilder({ version: 11 });
    for (let i = 0; i < 1000; i++) builder.key(`key:${i}`, stringValue('x'.repeat(1000)));
    const filler = record(builder);
    const wanted = new RdbBuilder({ version: 11 }).key('wanted', stringValue('here')).finish();
    const blocks = Math.ceil(300_000_000 / filler.length);
    let block = 0;
    const input: ByteInput = {
      get position() {
        return block * filler.length;
      },
      total: blocks * filler.length,
      // The key stands behind a tenth of the file.
      read() {
        block++;
        if (block === 1) return wanted.subarray(0, HEAD_BYTES);
        if (block === 30) return wanted.subarray(HEAD_BYTES, -END_BYTES);
        return block < blocks ? filler : null;
      },
      close() {},
    };
    for (const format of ['read', 'raw', 'json', 'dump', 'resp']) {
      block = 0;
      const { code, stdout } = await run(['-', 'wanted', '--format', format], { stdin: input });
      expect([code, block, stdout.includes('here')]).toEqual([0, 30, true]);
    }
  });
});
