import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Reply, ReplyError, type ReplyLimits, ReplyScanner, RespError, replyText } from './index.ts';

const encoder = new TextEncoder();

/** `ok`, `none` or the text of an error; runs of `ok` are taken apart. */
type Told = string;

/** Feeds `text` in pieces of the given sizes (the last for all that follow) and returns what was told. */
function counted(
  text: string | Uint8Array,
  sizes: readonly number[] = [Number.MAX_SAFE_INTEGER],
  limit = Infinity,
): Told[] {
  const told: Told[] = [];
  const scanner = new ReplyScanner({
    ok: (count) => told.push(...Array.from({ length: count }, () => 'ok')),
    none: () => told.push('none'),
    error: (message, isNested) => told.push(`${isNested ? 'nested ' : ''}${message}`),
  });
  let total = 0;
  for (const chunk of pieces(text, sizes)) {
    let at = 0;
    while (at < chunk.length) {
      at = scanner.count(chunk, at, limit);
      total += scanner.counted;
    }
  }
  expect(scanner.isBetweenReplies).toBe(true);
  expect(total).toBe(told.length);
  return told;
}

function pieces(text: string | Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const bytes = typeof text === 'string' ? encoder.encode(text) : text;
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = Math.max(1, sizes[Math.min(chunks.length, sizes.length - 1)] ?? 1);
    chunks.push(bytes.slice(at, at + size));
    at += size;
  }
  return chunks;
}

function decoded(
  text: string,
  sizes: readonly number[] = [Number.MAX_SAFE_INTEGER],
  limits: ReplyLimits = {},
): Reply[] {
  const unexpected = (): never => expect.unreachable();
  const scanner = new ReplyScanner({ ok: unexpected, none: unexpected, error: unexpected }, limits);
  const replies: Reply[] = [];
  for (const chunk of pieces(text, sizes)) {
    let at = 0;
    while (at < chunk.length) {
      at = scanner.read(chunk, at);
      if (scanner.value !== undefined) replies.push(scanner.value);
    }
  }
  return replies;
}

const bytes = (text: string): Uint8Array => encoder.encode(text);

describe.each([['whole', [1e9]] as const, ['byte by byte', [1]] as const])('replies, %s', (_name, sizes) => {
  test.each<[string, Told, Reply]>([
    ['+OK\r\n', 'ok', 'OK'],
    ['+\r\n', 'ok', ''],
    ['+PONG\r\n', 'ok', 'PONG'],
    ['-ERR no\r\n', 'ERR no', new ReplyError('ERR no')],
    [':1\r\n', 'ok', 1],
    [':0\r\n', 'none', 0],
    [':-10\r\n', 'ok', -10],
    [':9223372036854775807\r\n', 'ok', 9223372036854775807n],
    ['$2\r\nhi\r\n', 'ok', bytes('hi')],
    ['$2\r\n\r\n\r\n', 'ok', bytes('\r\n')],
    ['$0\r\n\r\n', 'ok', bytes('')],
    ['$-1\r\n', 'none', null],
    ['*-1\r\n', 'none', null],
    ['*0\r\n', 'ok', []],
    ['*2\r\n:1\r\n*2\r\n$1\r\na\r\n*0\r\n', 'ok', [1, [bytes('a'), []]]],
    ['*2\r\n+OK\r\n-WRONGTYPE x\r\n', 'nested WRONGTYPE x', ['OK', new ReplyError('WRONGTYPE x')]],
    ['*2\r\n*1\r\n-A\r\n-B\r\n', 'nested A', [[new ReplyError('A')], new ReplyError('B')]],
    ['_\r\n', 'none', null],
    ['#t\r\n', 'ok', true],
    ['#f\r\n', 'none', false],
    [',1.5\r\n', 'ok', 1.5],
    [',-inf\r\n', 'ok', Number.NEGATIVE_INFINITY],
    ['(12345678901234567890\r\n', 'ok', 12345678901234567890n],
    ['!5\r\nERR x\r\n', 'ERR x', new ReplyError('ERR x')],
    ['=6\r\ntxt:ab\r\n', 'ok', 'ab'],
    ['%1\r\n+a\r\n:1\r\n', 'ok', ['a', 1]],
    ['~1\r\n+a\r\n', 'ok', ['a']],
    ['|1\r\n+a\r\n-ERR b\r\n:7\r\n', 'ok', 7],
    ['*2\r\n|1\r\n+a\r\n+b\r\n:7\r\n:8\r\n', 'ok', [7, 8]],
    ['>2\r\n+message\r\n-ERR b\r\n+OK\r\n', 'ok', 'OK'],
    ['>0\r\n+OK\r\n', 'ok', 'OK'],
  ])('%j', (text, told, reply) => {
    expect(counted(text, sizes)).toEqual([told]);
    expect(counted(`+OK\r\n${text}+OK\r\n`, sizes)).toEqual(['ok', told, 'ok']);
    expect(decoded(text, sizes)).toEqual([reply]);
    expect(decoded(`${text}${text}`, sizes)).toEqual([reply, reply]);
  });

  test.each<[string, number]>([
    ['HTTP/1.1 400 Bad Request\r\n', 0],
    ['+OK\r\n?\r\n', 5],
    ['+OK\n', 0],
    ['\r\n', 0],
    ['$x\r\n', 0],
    ['$?\r\n', 0],
    ['*-2\r\n', 0],
    ['*1e3\r\n', 0],
    [':\r\n', 0],
    [':1x\r\n', 0],
    ['(1.5\r\n', 0],
    ['+OK\r\n$2\r\nabc\r\n', 11],
    ['*1\r\n>1\r\n+a\r\n', 4],
  ])('%j is none', (text, offset) => {
    for (const feed of [counted, decoded]) {
      const thrown = thrownBy(() => feed(text, sizes));
      expect(thrown).toBeInstanceOf(RespError);
      expect(thrown).toMatchObject({ code: 'RESP_SYNTAX', offset });
    }
  });

  test.each([
    ['a hostile length', '$99999999999999\r\n'],
    ['a hostile count', '*4294967297\r\n'],
    ['a long line', `+${'x'.repeat(2 ** 20)}\r\n`],
    ['a deep array', '*1\r\n'.repeat(33)],
  ])('%s is refused', (_what, text) => {
    for (const feed of [counted, decoded]) {
      expect(thrownBy(() => feed(text, sizes))).toMatchObject({ name: 'RespError', code: 'RESP_LIMIT' });
    }
  });

  test('a decoded reply is bounded', () => {
    const limits = { maxReplyBytes: 1000 };
    expect(decoded('$900\r\n', sizes, limits)).toEqual([]);
    for (const text of [
      '$1000\r\n',
      `*100\r\n${':1\r\n'.repeat(70)}`,
      `*2\r\n$600\r\n${'x'.repeat(600)}\r\n$600\r\n`,
    ]) {
      expect(thrownBy(() => decoded(text, sizes, limits))).toMatchObject({ code: 'RESP_LIMIT' });
    }
    // What is only counted is not kept, hence needs no limit.
    expect(counted(`$5000\r\n${'x'.repeat(5000)}\r\n`, sizes)).toEqual(['ok']);
  });

  test('of a long error the beginning is kept', () => {
    const [told] = counted(`-ERR ${'x'.repeat(10_000)}\r\n`, sizes);
    expect(told).toMatch(/^ERR x+$/);
    expect(told?.length).toBeGreaterThan(4000);
    expect(told?.length).toBeLessThanOrEqual(4096);
    expect(counted(`!10000\r\n${'x'.repeat(10_000)}\r\n`, sizes)[0]).toHaveLength(4096);
  });
});

function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

const replyTexts = fc.oneof(
  { weight: 5, arbitrary: fc.constant('+OK\r\n') },
  fc.constantFrom(
    ':0\r\n',
    ':1\r\n',
    '$-1\r\n',
    '-ERR x\r\n',
    '*2\r\n:0\r\n-E y\r\n',
    '*0\r\n',
    '+OK?\r\n',
    '>1\r\n+p\r\n',
  ),
  fc.string({ unit: 'binary', maxLength: 40 }).map((text) => `$${encoder.encode(text).length}\r\n${text}\r\n`),
);

test('cuts change nothing', () => {
  fc.assert(
    fc.property(fc.array(replyTexts), fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1 }), (texts, sizes) => {
      const text = texts.join('');
      expect(counted(text, sizes)).toEqual(counted(text));
      expect(counted(text, sizes, 3)).toEqual(counted(text));
      expect(decoded(text, sizes)).toEqual(decoded(text));
    }),
  );
});

test('counting and decoding take turns', () => {
  const chunk = bytes('+OK\r\n+OK\r\n:7\r\n+OK\r\n$-1\r\n');
  const told: Told[] = [];
  const scanner = new ReplyScanner({
    ok: (count) => told.push(`${count} ok`),
    none: () => told.push('none'),
    error: (text) => told.push(text),
  });
  let at = scanner.count(chunk, 0, 2);
  expect([at, scanner.counted]).toEqual([10, 2]);
  at = scanner.read(chunk, at);
  expect([at, scanner.value]).toEqual([14, 7]);
  at = scanner.count(chunk, at, 2);
  expect([at, scanner.counted]).toEqual([chunk.length, 2]);
  expect(told).toEqual(['2 ok', '1 ok', 'none']);
});

test('damage ends in an error or in replies', () => {
  const text = bytes('+OK\r\n*2\r\n$3\r\nabc\r\n:12\r\n%1\r\n+a\r\n-ERR b\r\n$-1\r\n');
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.nat(255), fc.integer({ min: 1, max: 60 }), (at, value, size) => {
      const damaged = text.slice();
      damaged[at] = value;
      const outcomes = [size, 1e9].map((sizes) => {
        const told: Told[] = [];
        const scanner = new ReplyScanner({
          ok: (count) => told.push(...Array.from({ length: count }, () => 'ok')),
          none: () => told.push('none'),
          error: (message) => told.push(message),
        });
        try {
          for (const chunk of pieces(damaged, [sizes])) scanner.count(chunk, 0, Infinity);
        } catch (error) {
          expect(error).toBeInstanceOf(RespError);
          return [told, (error as RespError).code, (error as RespError).offset];
        }
        return [told];
      });
      expect(outcomes[0]).toEqual(outcomes[1]);
    }),
  );
});

test('texts and prefixes', () => {
  expect(replyText(bytes('ä'))).toBe('ä');
  expect(replyText(null)).toBe('');
  expect(replyText([1])).toBe('');
  expect(replyText(12n)).toBe('12');
  expect(replyText(new ReplyError('ERR x'))).toBe('ERR x');
  expect(new ReplyError('MOVED 1 a:1').prefix).toBe('MOVED');
});
