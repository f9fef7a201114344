import { describe, expect, test } from 'vitest';
import { encodeBulks, encodeHead, RespBuffer } from './index.ts';

const encoder = new TextEncoder();

function bulk(buffer: RespBuffer, text: string): void {
  const bytes = encoder.encode(`<${text}>`);
  buffer.bulk(bytes, 1, bytes.length - 1);
}

function content(buffer: RespBuffer): string {
  return new TextDecoder().decode(buffer.bytes.subarray(0, buffer.pos));
}

describe('bulk strings', () => {
  test.each([0, 1, 9, 10, 31, 32, 33, 99, 100, 5000])('%i bytes', (length) => {
    const buffer = new RespBuffer(16);
    bulk(buffer, 'x'.repeat(length));
    expect(content(buffer)).toBe(`$${length}\r\n${'x'.repeat(length)}\r\n`);
  });

  test.each([0, -1, 9, 123456789, 1234567890, -9007199254740991, 18446744073709551615n, -9223372036854775808n])(
    'integer %s',
    (value) => {
      const buffer = new RespBuffer(1);
      buffer.bulkInteger(value);
      expect(content(buffer)).toBe(`$${String(value).length}\r\n${value}\r\n`);
    },
  );

  test.each([
    [0, '0'],
    [-0, '-0'],
    [1.5, '1.5'],
    [Number.POSITIVE_INFINITY, 'inf'],
    [Number.NEGATIVE_INFINITY, '-inf'],
    [0.1 + 0.2, '0.30000000000000004'],
  ])('double %d', (value, text) => {
    const buffer = new RespBuffer(1);
    buffer.bulkDouble(value);
    expect(content(buffer)).toBe(`$${text.length}\r\n${text}\r\n`);
  });

  test('with a copied body', () => {
    const buffer = new RespBuffer(1);
    buffer.bulkStart(3);
    buffer.copy(encoder.encode('abc'), 0, 3);
    buffer.bulkEnd();
    expect(content(buffer)).toBe('$3\r\nabc\r\n');
  });

  test('copied from the buffer itself while it grows', () => {
    const buffer = new RespBuffer(8);
    bulk(buffer, 'y'.repeat(40));
    buffer.bulk(buffer.bytes, 5, 45);
    expect(content(buffer)).toBe(`$40\r\n${'y'.repeat(40)}\r\n`.repeat(2));
  });
});

describe('heads', () => {
  test('ready-made', () => {
    const buffer = new RespBuffer(1);
    buffer.beginWith(encodeHead(2, 'DEL'));
    buffer.raw(encodeBulks('a', 'bé'));
    expect(content(buffer)).toBe('*2\r\n$3\r\nDEL\r\n$1\r\na\r\n$3\r\nbé\r\n');
    expect(buffer.commands).toBe(1);
  });

  test.each([
    [3, 3],
    [9, 1],
    [9, 10],
    [3, 1026],
    [1026, 3],
    [100, 99],
  ])('stated %i, in fact %i', (stated, count) => {
    const buffer = new RespBuffer(1);
    bulk(buffer, 'before');
    buffer.begin(stated);
    for (let i = 0; i < count; i++) bulk(buffer, `${i}`);
    buffer.end(count);
    const body = Array.from({ length: count }, (_, i) => `$${`${i}`.length}\r\n${i}\r\n`).join('');
    expect(content(buffer)).toBe(`$6\r\nbefore\r\n*${count}\r\n${body}`);
    bulk(buffer, 'after');
    expect(content(buffer).endsWith('$5\r\nafter\r\n')).toBe(true);
  });
});

describe('commit', () => {
  test('rolling back drops what came after it', () => {
    const buffer = new RespBuffer();
    buffer.begin(1);
    bulk(buffer, 'PING');
    buffer.commit();
    buffer.begin(2);
    bulk(buffer, 'ECHO');
    buffer.rollback();
    expect(content(buffer)).toBe('*1\r\n$4\r\nPING\r\n');
    expect(buffer.commands).toBe(1);
    expect(buffer.committedBytes).toBe(14);
  });

  test('abandoning takes back the open command only', () => {
    const buffer = new RespBuffer();
    buffer.begin(1);
    bulk(buffer, 'PING');
    buffer.begin(2);
    bulk(buffer, 'ECHO');
    buffer.abandon();
    expect(content(buffer)).toBe('*1\r\n$4\r\nPING\r\n');
    expect(buffer.commands).toBe(1);
  });

  test('taking hands out whole commands and leaves the open one', () => {
    const buffer = new RespBuffer(8);
    buffer.begin(1);
    bulk(buffer, 'PING');
    buffer.commit();
    buffer.begin(5);
    bulk(buffer, 'ECHO');
    const taken = buffer.take();
    bulk(buffer, 'x');
    buffer.end(2);
    buffer.commit();
    expect(new TextDecoder().decode(taken)).toBe('*1\r\n$4\r\nPING\r\n');
    buffer.release(taken);
    const more = buffer.take();
    expect(new TextDecoder().decode(more)).toBe('*2\r\n$4\r\nECHO\r\n$1\r\nx\r\n');
    expect(buffer.committedBytes).toBe(taken.length + more.length);
    expect(buffer.take().length).toBe(0);
  });

  test('released memory is used again', () => {
    const buffer = new RespBuffer();
    bulk(buffer, 'a');
    buffer.commit();
    const first = buffer.take();
    buffer.release(first);
    bulk(buffer, 'b');
    buffer.commit();
    const second = buffer.take();
    expect(second.buffer).not.toBe(first.buffer);
    expect(buffer.bytes.buffer).toBe(first.buffer);
  });
});
