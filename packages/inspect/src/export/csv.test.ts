import { KeySelection, readRdbSync } from '@rdbkit/rdb';
import {
  arrayValue,
  hashMetadataValue,
  hashValue,
  listValue,
  moduleValue,
  RdbBuilder,
  setValue,
  streamValue,
  stringValue,
  zset2Value,
} from '@rdbkit/testkit';
import { describe, expect, it } from 'vitest';
import { type CsvOptions, CsvWriter } from './csv.ts';

function csv(bytes: Uint8Array, options: CsvOptions = {}): { text: string; writer: CsvWriter } {
  const writer = new CsvWriter(options);
  readRdbSync(bytes, writer);
  return { text: Buffer.from(writer.out.take()).toString(), writer };
}

const HEADING = 'db,key,type,encoding,expireAtMs,idleSeconds,freq,index,id,field,value,score,fieldExpireAtMs,base64';
const db0 = (version = 12): RdbBuilder => new RdbBuilder({ version }).selectDb(0);

describe('rows', () => {
  it('one for each element, with the attributes of its key', () => {
    const dump = db0()
      .key('s', stringValue('v'), { expireAtMs: 4_000_000_000_000, idleSeconds: 3 })
      .key('l', listValue(['a', 'b']), { freq: 9 })
      .key('set', setValue(['m']))
      .key(
        'z',
        zset2Value([
          ['m', -1.5],
          ['n', Number.POSITIVE_INFINITY],
        ]),
      )
      .key(
        'h',
        hashMetadataValue([
          ['f', 'v', 4_000_000_000_001],
          ['g', 'w', null],
        ]),
      )
      .key(
        'st',
        streamValue({
          layout: 1,
          entries: [
            {
              id: '5-1',
              fields: [
                ['a', '1'],
                ['b', '2'],
              ],
            },
          ],
        }),
      )
      .key('none', streamValue({ layout: 1 }))
      .finish();
    expect(csv(dump).text.split('\r\n')).toEqual([
      HEADING,
      '0,s,string,embstr,4000000000000,3,,,,,v,,,',
      '0,l,list,linkedlist,,,9,0,,,a,,,',
      '0,l,list,linkedlist,,,9,1,,,b,,,',
      '0,set,set,hashtable,,,,,,,m,,,',
      '0,z,zset,skiplist,,,,,,,m,-1.5,,',
      '0,z,zset,skiplist,,,,,,,n,inf,,',
      '0,h,hash,hashtable,,,,,,f,v,,4000000000001,',
      '0,h,hash,hashtable,,,,,,g,w,,,',
      '0,st,stream,stream,,,,,5-1,a,1,,,',
      '0,st,stream,stream,,,,,5-1,b,2,,,',
      '0,none,stream,stream,,,,,,,,,,',
      '',
    ]);
  });

  it('of arrays and modules', () => {
    const dump = db0(14)
      .key('a', arrayValue([[7, { string: 'x' }]]))
      .key('m', moduleValue('test___dt', 1, [{ uint: 5 }]))
      .finish();
    const [, array, module] = csv(dump).text.split('\r\n');
    expect(array).toBe('0,a,array,sliced-array,,,,7,,,x,,,');
    expect(module).toMatch(/^0,m,module,raw,,,,,,test___dt,[A-Za-z0-9+/=]+,,,value$/);
  });

  it('count what has no place in them', () => {
    const dump = db0()
      .functionLibrary('#!lua name=f\n')
      .key('st', streamValue({ layout: 1, groups: [{ name: 'g', lastId: '0-0' }] }))
      .finish();
    expect(csv(dump).writer.losses).toEqual({ functions: 1, streamGroups: 1, keyMetadata: 0, idempotentProducers: 0 });
    const selection = new KeySelection({ notTypes: ['function'] });
    expect(csv(dump, { selection }).writer.losses.functions).toBe(0);
  });
});

describe('cells', () => {
  const row = (value: string | Uint8Array, options: CsvOptions = {}): string =>
    csv(db0().key('k', stringValue(value)).finish(), options).text.slice(HEADING.length + 2);

  it.each([
    ['plain', 'plain'],
    ['', '""'],
    ['a,b', '"a,b"'],
    ['say "hi"', '"say ""hi"""'],
    ['two\nlines', '"two\nlines"'],
    ['cr\r', '"cr\r"'],
    ['tab\tä 日', 'tab\tä 日'],
    ['=1+1', '=1+1'],
  ])('%j', (value, cell) => {
    const encoding = value.length > 44 ? 'raw' : 'embstr';
    expect(row(value)).toBe(`0,k,string,${encoding},,,,,,,${cell},,,\r\n`);
  });

  it('bytes that are no UTF-8 are Base64, and the last cell says which', () => {
    expect(row(Uint8Array.of(0x61, 0xff))).toBe('0,k,string,embstr,,,,,,,Yf8=,,,value\r\n');
    expect(row(Uint8Array.of(0x2c, 0xff))).toBe('0,k,string,embstr,,,,,,,LP8=,,,value\r\n');
    const odd = Uint8Array.of(0xc0);
    const all = csv(
      db0()
        .key(odd, hashValue([[odd, odd]]))
        .finish(),
    ).text;
    expect(all.split('\r\n')[1]).toBe('0,wA==,hash,hashtable,,,,,,wA==,wA==,,,key field value');
  });

  it('tab-separated: quoted in the same way, lines end with LF', () => {
    expect(csv(db0().key('k', stringValue('a\tb,c')).finish(), { delimiter: '\t' }).text).toBe(
      `${HEADING.replaceAll(',', '\t')}\n0\tk\tstring\tembstr\t\t\t\t\t\t\t"a\tb,c"\t\t\t\n`,
    );
  });

  it.each([
    ['=cmd()', "'=cmd()"],
    ['+1-2', "'+1-2"],
    ['-a', "'-a"],
    ['@x', "'@x"],
    ['\tx', "'\tx"],
    ['=a,b', `"'=a,b"`],
    ['-12', '-12'],
    ['+1.5e7', '+1.5e7'],
    ['a=b', 'a=b'],
  ])('formulas are escaped if asked for: %j', (value, cell) => {
    const [, , , encoding] = row(value).split(',');
    expect(row(value, { escapeFormulas: true })).toBe(`0,k,string,${encoding},,,,,,,${cell},,,\r\n`);
  });
});
