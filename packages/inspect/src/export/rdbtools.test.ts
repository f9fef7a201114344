import { spawnSync } from 'node:child_process';
import { RdbReader, readRdbSync } from '@rdbkit/rdb';
import {
  blobValue,
  hashValue,
  listValue,
  listVectors,
  RdbBuilder,
  setValue,
  streamValue,
  stringValue,
  type Vector,
  ziplist,
  zset2Value,
} from '@rdbkit/testkit';
import { describe, expect, it } from 'vitest';
import { RdbtoolsJsonWriter } from './rdbtools-json.ts';
import { RdbtoolsMemoryWriter } from './rdbtools-memory.ts';

/** The program `rdb` of redis-rdb-tools, to compare with. */
const TOOL_VARIABLE = 'RDBKIT_RDBTOOLS';
const tool = process.env[TOOL_VARIABLE] ?? '';
if (tool === '') console.warn(`not compared with redis-rdb-tools: ${TOOL_VARIABLE} does not name its program`);

function json(bytes: Uint8Array): string {
  const writer = new RdbtoolsJsonWriter();
  readRdbSync(bytes, writer);
  writer.finish();
  return Buffer.from(writer.out.take()).toString('latin1');
}

function memory(bytes: Uint8Array): string {
  const position = (): number => reader.offset;
  const writer: RdbtoolsMemoryWriter = new RdbtoolsMemoryWriter({ position });
  const reader: RdbReader = new RdbReader(writer);
  reader.push(bytes);
  reader.finish();
  return Buffer.from(writer.out.take()).toString('latin1');
}

const sample = new RdbBuilder({ version: 9 })
  .aux('redis-ver', '6.2.16')
  .selectDb(0)
  .key('s', stringValue('a"\\\n\u007fä🎉'))
  .key('bytes', stringValue(Uint8Array.of(0x61, 0xff, 0x0a)))
  .key('l', listValue(['a', '1']))
  .key('set', setValue(['m']))
  .key('h', hashValue([['f', 'v']]))
  .selectDb(3)
  .key(
    'z',
    zset2Value([
      ['one', 1],
      ['half', 0.5],
      ['big', 1e16],
      ['tiny', 1e-5],
      ['minus', -0],
      ['inf', Number.NEGATIVE_INFINITY],
    ]),
  )
  .key('packed', blobValue(12, ziplist(['one', 1, 'half', '0.5'])))
  .key('st', streamValue({ layout: 1, entries: [{ id: '1-1', fields: [['f', 'v']] }] }))
  .finish();

describe('as redis-rdb-tools writes JSON', () => {
  it('an object for each database, ASCII only', () => {
    expect(json(sample).split('\r\n')).toEqual([
      '[{',
      '"s":"a\\"\\\\\\n\\u007f\\u00e4\\ud83c\\udf89",',
      '"bytes":"a\\\\xFF\\n",',
      '"l":["a","1"],',
      '"set":["m"],',
      '"h":{"f":"v"}},{',
      '"z":{"one":"1.0","half":"0.5","big":"1e+16","tiny":"1e-05","minus":"-0.0","inf":"-inf"},',
      '"packed":{"one":"1","half":"0.5"},',
      '"st":{}}]',
    ]);
  });

  it('of nothing', () => {
    expect(json(new RdbBuilder({ version: 9 }).finish())).toBe('[]');
  });
});

describe('as redis-rdb-tools writes the memory of keys', () => {
  it('a line for each key', () => {
    const dump = new RdbBuilder({ version: 9 })
      .aux('redis-ver', '6.2.16')
      .selectDb(2)
      .key('text', stringValue('hello'), { expireAtMs: 4_102_444_800_042 })
      .key('int', stringValue('12345'), { expireAtMs: 4_102_444_800_000 })
      .key('wide', stringValue('12345678901'))
      .key('a,"b"', hashValue([['field', 'v']]))
      .key('z', zset2Value([['member', 1]]))
      .key('set', setValue(['m', 'mm']))
      .finish();
    const [heading, ...lines] = memory(dump).trimEnd().split('\n');
    expect(heading).toBe('database,type,key,size_in_bytes,encoding,num_elements,len_largest_element,expiry');
    const withoutSizes = lines.map((line) => line.replace(/^(.*),\d+,([a-z]+),(\d+),(\d+),(.*)$/, '$1|$2|$3|$4|$5'));
    expect(withoutSizes).toEqual([
      '2,string,text|string|5|5|2100-01-01T00:00:00.042000',
      '2,string,int|string|8|8|2100-01-01T00:00:00',
      '2,string,wide|string|11|11|',
      '2,hash,"a,""b"""|hashtable|1|5|',
      '2,sortedset,z|skiplist|1|6|',
      '2,set,set|hashtable|2|2|',
    ]);
  });
});

/** The versions that the tool reads. */
const readable = listVectors('corpus').filter(({ name }) => /\/(?:redis-[2-6]|keydb)/.test(name) && !/-rc/.test(name));

/** It is started for each dump. */
const PATIENCE_MS = 600_000;

describe.skipIf(tool === '')('the tool itself', () => {
  const output = (command: string, { path }: Vector): string =>
    spawnSync(tool, ['--command', command, path], { maxBuffer: 1e9 }).stdout.toString('latin1');

  /** It takes texts in zipmaps for the numbers that they resemble: `007` for 7. */
  const hasZipmaps = ({ name }: Vector): boolean => name.endsWith('redis-2.4.18/hashes');

  it('writes the same JSON of every dump', { timeout: PATIENCE_MS }, () => {
    for (const vector of readable.filter((one) => !hasZipmaps(one)))
      expect(json(vector.read()), vector.name).toBe(output('json', vector));
  });

  it('writes the same table of every dump', { timeout: PATIENCE_MS }, () => {
    for (const vector of readable)
      expect(comparable(memory(vector.read())), vector.name).toEqual(comparable(output('memory', vector)));
  });
});

/**
 * The columns in which both must agree: database, type, key, encoding. Sizes are estimated anew; the tool takes every integer
 * element for 8 bytes long, counts a stream as one element, and has an expiry beyond its calendar wrong.
 */
function comparable(table: string): string[] {
  return table
    .trimEnd()
    .split('\n')
    .map((line) => line.replaceAll('"', ''))
    .map((line) => line.replace(/,\d+,([a-z]+),\d+,\d+,[^,]*$/, ' $1'));
}
