/** Values that only Dragonfly and KeyDB have, in every format. */
import { RdbReader } from '@rdbkit/rdb';
import {
  bloomValue,
  cronValue,
  DragonflyRecords,
  dragonflyFile,
  dragonflyHashValue,
  dragonflyJsonValue,
  dragonflySetValue,
  RdbBuilder,
} from '@rdbkit/testkit';
import { describe, expect, it } from 'vitest';
import { Inspection } from '../inspection.ts';
import { CsvWriter } from './csv.ts';
import { JsonWriter } from './jsonl.ts';
import { RdbtoolsJsonWriter } from './rdbtools-json.ts';
import { RdbtoolsMemoryWriter } from './rdbtools-memory.ts';

const LATER = 1_893_456_000_000;
const filter = bloomValue([Uint8Array.of(1, 2, 3, 4)]);

const file = dragonflyFile(
  new DragonflyRecords()
    .selectDb(0)
    .key('json', dragonflyJsonValue('{}'))
    .key('hash', dragonflyHashValue([['f', 'v', LATER]]))
    .key(
      'set',
      dragonflySetValue([
        ['a', LATER],
        ['b', null],
      ]),
    )
    .key('bloom', filter),
);

type Writer = JsonWriter | CsvWriter | RdbtoolsJsonWriter | RdbtoolsMemoryWriter;

function written(writer: Writer, bytes: Uint8Array = file): string[] {
  const reader = new RdbReader(writer);
  reader.push(bytes);
  reader.finish();
  if ('finish' in writer) writer.finish();
  return Buffer.from(writer.out.take()).toString('latin1').trimEnd().split(/\r?\n/);
}

const payload = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

describe('values of Dragonfly', () => {
  it('as JSON lines', () => {
    expect(written(new JsonWriter()).slice(-4)).toEqual([
      expect.stringMatching(
        /^\{"db":0,"key":"json","type":"module",.*"value":\{"module":"ReJSON-RL","encodingVersion":3,/,
      ),
      `{"db":0,"key":"hash","type":"hash","encoding":"hashtable","value":[["f","v",${LATER}]]}`,
      `{"db":0,"key":"set","type":"set","encoding":"hashtable","value":[["a",${LATER}],"b"]}`,
      `{"db":0,"key":"bloom","type":"module","encoding":"raw","value":{"module":"SBF","encodingVersion":0,"payload":{"$base64":"${payload(filter.bytes)}"}}}`,
    ]);
  });

  it('as CSV', () => {
    const rows = written(new CsvWriter()).slice(1);
    expect(rows).toHaveLength(5);
    expect(rows.slice(1)).toEqual([
      `0,hash,hash,hashtable,,,,,,f,v,,${LATER},`,
      `0,set,set,hashtable,,,,,,,a,,${LATER},`,
      '0,set,set,hashtable,,,,,,,b,,,',
      `0,bloom,module,raw,,,,,,SBF,${payload(filter.bytes)},,,value`,
    ]);
  });

  it('as redis-rdb-tools has them', () => {
    expect(JSON.parse(written(new RdbtoolsJsonWriter()).join('\n'))).toEqual([
      { json: {}, hash: { f: 'v' }, set: ['a', 'b'], bloom: {} },
    ]);
    expect(written(new RdbtoolsMemoryWriter()).at(-1)).toMatch(/^0,module,bloom,\d+,SBF,1,/);
  });

  it('inspected', () => {
    const inspection = new Inspection();
    const reader = new RdbReader(inspection);
    reader.push(file);
    reader.finish();
    const kinds = inspection.report().types.map(({ type, keys }) => `${type} ${keys}`);
    expect(kinds.toSorted()).toEqual(['hash 1', 'module 2', 'set 1']);
  });
});

describe('values of KeyDB', () => {
  it('a cron job', () => {
    const job = cronValue('return 1', [LATER, 1000], [], []);
    const keydb = new RdbBuilder({ version: 9 }).aux('redis-ver', '6.3.4').key('job', job).finish();
    expect(written(new JsonWriter(), keydb).at(-1)).toBe(
      `{"db":0,"key":"job","type":"module","encoding":"raw","value":{"module":"CRON","encodingVersion":0,"payload":{"$base64":"${payload(job.bytes)}"}}}`,
    );
  });
});
