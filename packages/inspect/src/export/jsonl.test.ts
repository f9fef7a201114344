import { KeySelection, RdbReader } from '@rdbkit/rdb';
import { blobValue, hashValue, listpack, listValue, RdbBuilder, streamValue, stringValue } from '@rdbkit/testkit';
import { describe, expect, it } from 'vitest';
import { bytesOf, type ExportRecord, parseRecords } from '../../testing/record-content.ts';
import { type JsonOptions, JsonWriter } from './jsonl.ts';

interface Exported {
  readonly text: string;
  /** Lengths of what was committed at a time. */
  readonly committed: readonly number[];
  readonly writer: JsonWriter;
}

/** Exports piece by piece; a damaged dump up to the damage. */
function run(bytes: Uint8Array, options: JsonOptions = {}, step = 64 * 1024): Exported {
  const position = (): number => reader.offset;
  const writer: JsonWriter = new JsonWriter({ auxRecords: false, ...options, position });
  const reader: RdbReader = new RdbReader(writer, { pieceBytes: 1000 });
  const parts: Uint8Array[] = [];
  try {
    for (let at = 0; at < bytes.length; at += step) {
      reader.push(bytes.subarray(at, at + step));
      const view = writer.out.take();
      parts.push(view.slice());
      writer.out.release(view.fill(0));
    }
    reader.finish();
  } catch {
    writer.abort();
  }
  writer.finish();
  parts.push(writer.out.take());
  return { text: Buffer.concat(parts).toString(), committed: parts.map(({ length }) => length), writer };
}

const db0 = (): RdbBuilder => new RdbBuilder({ version: 11 }).selectDb(0);

function only(text: string): ExportRecord {
  const [record, ...more] = parseRecords(text);
  expect(more).toEqual([]);
  return record as ExportRecord;
}

describe('a record', () => {
  it('has its fields in order, and leaves out what is not there', () => {
    const dump = db0()
      .key('plain', stringValue('v'))
      .key('full', hashValue([['f', 'v']]), { expireAtMs: 4_000_000_000_000, idleSeconds: 7 })
      .key('used', listValue(['a']), { freq: 255 })
      .finish();
    expect(run(dump).text.split('\n')).toEqual([
      '{"db":0,"key":"plain","type":"string","encoding":"embstr","value":"v"}',
      '{"db":0,"key":"full","type":"hash","encoding":"hashtable","expireAtMs":4000000000000,"idleSeconds":7,"value":[["f","v"]]}',
      '{"db":0,"key":"used","type":"list","encoding":"linkedlist","freq":255,"value":["a"]}',
      '',
    ]);
  });

  it('of a stream has the counters before the entries', () => {
    const stream = streamValue({ layout: 1, entries: [{ id: '5-0', fields: [['f', 'v']] }] });
    const { text } = run(db0().key('s', stream).finish());
    expect(text).toContain('"value":{"length":1,"lastId":"5-0","entries":[["5-0",["f","v"]]],"groups":[]}}');
  });

  it('has a name and the source for a function library, and is chosen by type', () => {
    const code = '#!lua name=lib\nredis.register_function("f", function() end)';
    const dump = db0().functionLibrary(code).key('k', stringValue('v')).finish();
    expect(parseRecords(run(dump).text)[0]).toEqual({ key: 'lib', type: 'function', value: code });
    const keysOnly = new KeySelection({ notTypes: ['function'] });
    expect(only(run(dump, { selection: keysOnly }).text).key).toBe('k');
    const functionsOnly = new KeySelection({ types: ['function'] });
    expect(only(run(dump, { selection: functionsOnly }).text).key).toBe('lib');
  });

  it('has AUX fields in records of their own, if they are wanted', () => {
    const dump = new RdbBuilder({ version: 11 }).aux('redis-ver', '7.2.6').finish();
    expect(only(run(dump, { auxRecords: true }).text)).toEqual({ key: 'redis-ver', type: 'aux', value: '7.2.6' });
    expect(run(dump).text).toBe('');
    expect(run(dump, { layout: 'array' }).text).toBe('[]\n');
  });
});

describe('byte strings', () => {
  it.each([
    ['', '""'],
    ['plain text of more than sixteen bytes', '"plain text of more than sixteen bytes"'],
    ['quotes " and \\ and /', '"quotes \\" and \\\\ and /"'],
    ['\b\f\n\r\t\u0000\u001f\u007f', '"\\b\\f\\n\\r\\t\\u0000\\u001f\u007f"'],
    ['äöü 日本語 🎉 \u2028', '"äöü 日本語 🎉 \u2028"'],
  ])('%j is text', (text, json) => {
    expect(run(db0().key('k', stringValue(text)).finish()).text).toContain(`"value":${json}}\n`);
  });

  it.each([
    ['a byte that begins nothing', [0x61, 0xff]],
    ['a character that breaks off', [0x61, 0xe6, 0x97]],
    ['one that breaks off in the middle', [0xe6, 0x97, 0x61, 0x62]],
    ['an overlong form', [0xc0, 0xaf]],
    ['an overlong form of three', [0xe0, 0x80, 0xaf]],
    ['half a surrogate pair', [0xed, 0xa0, 0x80]],
    ['beyond the last character', [0xf4, 0x90, 0x80, 0x80]],
    ['a continuation alone', [0x80]],
  ])('%s is Base64', (_name, bytes) => {
    for (const before of [0, 7, 40]) {
      const value = Uint8Array.from([...new Uint8Array(before).fill(0x78), ...bytes]);
      const { text } = run(db0().key('k', stringValue(value)).finish());
      expect(only(text).value).toEqual({ $base64: Buffer.from(value).toString('base64') });
    }
  });

  it('are as Node has them, whatever the bytes and their place', () => {
    let seed = 1;
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((seed / 2_147_483_648) * below);
    };
    const alphabet = ['a', 'b', '"', '\\', '\n', '\u0001', 'ä', '日', '🎉', ' ', 'xyz', '0123456789'];
    const values = Array.from({ length: 400 }, () => {
      const text = Array.from({ length: random(40) }, () => alphabet[random(alphabet.length)]).join('');
      const bytes = Buffer.from(text);
      if (random(3) === 0 && bytes.length > 0) bytes[random(bytes.length)] = random(256);
      return bytes;
    });
    const dump = db0().key('k', listValue(values)).finish();
    const found = (only(run(dump, {}, 777).text).value as (string | { $base64: string })[]).map(bytesOf);
    expect(found).toEqual(values);
    for (const [i, element] of (only(run(dump).text).value as unknown[]).entries()) {
      const value = values[i] as Buffer;
      const isText = Buffer.from(value.toString()).equals(value);
      expect(element).toEqual(isText ? value.toString() : { $base64: value.toString('base64') });
    }
    const encoded = only(run(dump, { binary: 'base64' }).text).value;
    expect(encoded).toEqual(values.map((value) => ({ $base64: value.toString('base64') })));
  });

  it.each([
    ['text', Buffer.from('日本 text '.repeat(2000))],
    ['text that breaks off', Buffer.from('日本 text '.repeat(2000)).subarray(0, 3001)],
    ['other bytes', Buffer.from(Array.from({ length: 10_001 }, (_, i) => (i * 7) & 255))],
    [
      'bytes that are text at first',
      Buffer.concat([Buffer.alloc(5000, 'x'), Buffer.of(0xff), Buffer.alloc(5000, 'y')]),
    ],
  ])('in pieces: %s', (_name, value) => {
    const dump = db0().key('k', stringValue(value)).key('next', stringValue('v')).finish();
    for (const binary of ['auto', 'base64'] as const) {
      for (const step of [64, 1001]) {
        const [first, second] = parseRecords(run(dump, { binary }, step).text);
        expect(bytesOf(first?.value as string).equals(value)).toBe(true);
        expect(second?.value).toEqual(binary === 'auto' ? 'v' : { $base64: 'dg==' });
      }
    }
  });
});

describe('memory', () => {
  const element = 'x'.repeat(1000);
  const long = db0()
    .key('long', listValue(Array.from({ length: 20_000 }, () => element)))
    .key('next', stringValue('v'))
    .finish();

  it('is bounded: a long value goes out while it is read', () => {
    const { text, committed } = run(long);
    expect(parseRecords(text).map(({ key }) => key)).toEqual(['long', 'next']);
    // Held back up to 2 MiB, and what one step adds.
    expect(Math.max(...committed)).toBeLessThan(3 * 1024 * 1024);
  });

  it('a value that breaks off after its beginning went out is marked, and the lines remain JSON', () => {
    const { text, writer } = run(long.subarray(0, 15_000_000));
    const record = only(text);
    expect(record.incomplete).toBe(true);
    expect((record.value as string[]).length).toBeGreaterThan(10_000);
    expect(writer.keys).toBe(0);
    expect(JSON.parse(run(long.subarray(0, 15_000_000), { layout: 'array' }).text)).toEqual([record]);
  });

  it('a value that breaks off before that is left out', () => {
    expect(run(long.subarray(0, 1_000_000)).text).toBe('');
  });

  it('a long stream has its counters after the entries', () => {
    const entries = Array.from({ length: 18_000 }, (_, i) => ({ id: `${i + 1}-0`, fields: [['f', element]] as const }));
    const dump = db0()
      .key('s', streamValue({ layout: 1, entries }))
      .finish();
    const { text, committed } = run(dump);
    const value = only(text).value as { entries: unknown[] };
    expect(Object.keys(value)).toEqual(['entries', 'length', 'lastId', 'groups']);
    expect(value.entries).toHaveLength(18_000);
    expect(Math.max(...committed)).toBeLessThan(18 * 1024 * 1024);
    const broken = only(run(dump.subarray(0, dump.length - 500_000)).text);
    expect(broken.incomplete).toBe(true);
    expect((broken.value as { entries: unknown[] }).entries.length).toBeGreaterThan(16_000);
  });

  it('a selection by size decides about long values as soon as it can', () => {
    const only10 = run(long, { selection: new KeySelection({ minSize: 10_000 }) });
    expect(parseRecords(only10.text).map(({ key }) => key)).toEqual(['long']);
    expect(Math.max(...only10.committed)).toBeLessThan(3 * 1024 * 1024);
    const selection = new KeySelection({ maxSize: 3_000_000 });
    const small = run(long, { selection });
    expect(only(small.text).key).toBe('next');
    expect(selection.skipped.size).toBe(1);
    expect(selection.accepted).toBe(1);
  });
});

describe('expiry times', () => {
  const dump = db0()
    .key('k', stringValue('v'), { expireAtMs: 4_000_000_000_000 })
    .key('far', stringValue('v'), { expireAtMs: 2n ** 63n - 1n })
    .finish();

  it('are numbers, or text beyond 2^53', () => {
    expect(parseRecords(run(dump).text).map(({ expireAtMs }) => expireAtMs)).toEqual([
      4_000_000_000_000,
      '9223372036854775807',
    ]);
  });

  it('move, no further than servers go, or are dropped', () => {
    expect(parseRecords(run(dump, { shiftTtlMs: 1000 }).text).map(({ expireAtMs }) => expireAtMs)).toEqual([
      4_000_000_001_000,
      '9223372036854775807',
    ]);
    expect(run(dump, { stripTtl: true }).text).not.toContain('expireAtMs');
  });
});

it('a key without elements is left out', () => {
  const { text, writer } = run(
    db0()
      .key('empty', blobValue(16, listpack([])))
      .key('k', stringValue('v'))
      .finish(),
  );
  expect(only(text).key).toBe('k');
  expect(writer.emptyKeys).toBe(1);
});
