import { RdbError, RdbTruncatedError } from '@rdbkit/rdb';
import { listValue, RdbBuilder, stringValue } from '@rdbkit/testkit';
import { describe, expect, it } from 'vitest';
import { bytesOf, CallLog, command, type Outcome, read } from '../testing/logs.ts';
import { AofFormatError, AofLimitError, AofSetError, AofTruncatedError } from './errors.ts';
import type { AofOptions } from './options.ts';
import { AofReader } from './reader.ts';
import { AofVisitorBase } from './visitor.ts';

/** What was found, as a message shows it, depends on what had come by then. */
function withoutMessage({ summary }: Outcome): unknown {
  return summary?.cut == null ? summary : { ...summary, cut: { ...summary.cut, message: '' } };
}

/** Reads it in one piece and byte by byte; both must come to the same. */
function readBoth(log: string, options: AofOptions = {}): Outcome {
  const bytes = bytesOf(log);
  const whole = read(bytes, options);
  const inBytes = read(bytes, options, 1);
  expect(inBytes.calls).toEqual(whole.calls);
  expect(inBytes.error?.code).toBe(whole.error?.code);
  expect(inBytes.error?.offset).toBe(whole.error?.offset);
  expect(withoutMessage(inBytes)).toEqual(withoutMessage(whole));
  // Of a long command with damage in it, so much has been passed on as had come by then.
  if (whole.error === null) expect(inBytes.copied.equals(whole.copied)).toBe(true);
  return whole;
}

const SET = command('SET', 'a', '1');
const MULTI = command('MULTI');
const EXEC = command('EXEC');

describe('commands', () => {
  it('come with their arguments, place and database', () => {
    const log = `${SET}${command('select', '3')}${command('DEL', 'x', '', 'y\r\n*1\r\n')}`;
    const { calls, copied, summary } = readBoth(log);
    expect(calls).toEqual([
      '@0 other db0 tsnull ["SET","a","1"]',
      '@27 select db0 tsnull ["select","3"]',
      '@50 other db3 tsnull ["DEL","x","","y\\r\\n*1\\r\\n"]',
      `end ${log.length}/${log.length}`,
    ]);
    expect(copied.toString('latin1')).toBe(log);
    expect(summary).toMatchObject({ format: 'resp', commands: 3, transactions: 0, cut: null, stop: null, rdb: null });
  });

  it('of nothing at all', () => {
    expect(readBoth('').summary).toMatchObject({ format: 'empty', bytes: 0, goodBytes: 0, commands: 0 });
  });

  it('with many arguments', () => {
    const args = Array.from({ length: 1000 }, (_, i) => `member ${i}`);
    const { calls } = readBoth(command('SADD', 'k', ...args));
    expect(calls[0]).toBe(`@0 other db0 tsnull ${JSON.stringify(['SADD', 'k', ...args])}`);
  });

  it('in a transaction', () => {
    const log = `${SET}${MULTI}${command('SELECT', '1')}${SET}${EXEC}${SET}`;
    const { calls, summary } = readBoth(log);
    expect(calls.slice(0, -1)).toEqual([
      '@0 other db0 tsnull ["SET","a","1"]',
      '@27 multi db0 tsnull in-transaction ["MULTI"]',
      '@42 select db0 tsnull in-transaction ["SELECT","1"]',
      '@65 other db1 tsnull in-transaction ["SET","a","1"]',
      '@92 exec db1 tsnull in-transaction ["EXEC"]',
      '@106 other db1 tsnull ["SET","a","1"]',
    ]);
    expect(summary).toMatchObject({ commands: 6, transactions: 1 });
  });

  it('are compared without regard to case', () => {
    const found = new CallLog();
    const is: boolean[] = [];
    found.command = (one) => is.push(one.argIs(0, 'GETEX'), one.argIs(0, 'GETE'), one.argIs(1, 'K1'));
    const reader = new AofReader(found);
    reader.push(bytesOf(command('GetEx', 'k1')));
    expect(is).toEqual([true, false, true]);
    expect(() => reader.push(bytesOf('x'))).toThrow(AofFormatError);
  });
});

describe('annotations', () => {
  const log = `#TS:1700000000\r\n${SET}# a remark\n${SET}#TS:1700000005\r\n${SET}`;

  it('give their time to what follows', () => {
    const { calls, summary } = readBoth(log);
    expect(calls.slice(0, -1)).toEqual([
      '@0 annotation 1700000000 #TS:1700000000',
      '@16 other db0 ts1700000000 ["SET","a","1"]',
      '@43 annotation null # a remark',
      '@54 other db0 ts1700000000 ["SET","a","1"]',
      '@81 annotation 1700000005 #TS:1700000005',
      '@97 other db0 ts1700000005 ["SET","a","1"]',
    ]);
    expect(summary).toMatchObject({ firstTimestamp: 1700000000, lastTimestamp: 1700000005 });
  });

  it('end the reading at a time', () => {
    const { calls, summary } = readBoth(log, { until: 1700000004 });
    expect(calls.slice(-2)).toEqual(['@81 stop 1700000005', `end 81/${log.length}`]);
    expect(summary).toMatchObject({
      commands: 2,
      goodBytes: 81,
      firstTimestamp: 1700000000,
      lastTimestamp: 1700000000,
      stop: { offset: 81, timestamp: 1700000005, openTransaction: false },
    });
    expect(readBoth(log, { until: 1700000005 }).summary).toMatchObject({ commands: 3, stop: null });
    expect(readBoth(log, { until: 0 }).summary).toMatchObject({ commands: 0, goodBytes: 0, firstTimestamp: null });
  });

  it('end the reading inside of a transaction', () => {
    const inside = `${SET}${MULTI}${SET}#TS:5\r\n${SET}${EXEC}`;
    expect(readBoth(inside, { until: 4 }).summary).toMatchObject({
      commands: 1,
      goodBytes: 27,
      stop: { offset: 69, openTransaction: true },
    });
    expect(readBoth(inside, { until: 5 }).summary).toMatchObject({ commands: 5, transactions: 1, stop: null });
  });

  it('may be incomplete at the end, which loses no command', () => {
    const { calls, summary, error } = readBoth(`${SET}#TS:17000`, { tail: 'error' });
    expect(error).toBeNull();
    expect(calls.slice(1)).toEqual(['@27 warning AOF_CUT_ANNOTATION', 'end 27/36']);
    expect(summary).toMatchObject({ goodBytes: 27, bytes: 36, cut: null, lastTimestamp: null });
  });

  it('without a time are passed over, unless a time was asked for', () => {
    expect(readBoth(`#TS:soon\r\n${SET}`).calls.slice(0, 2)).toEqual([
      '@0 warning AOF_BAD_TIMESTAMP',
      '@0 annotation null #TS:soon',
    ]);
    expect(readBoth(`${SET}#TS:\r\n`, { until: 1 }).error).toMatchObject({ code: 'AOF_BAD_ANNOTATION', offset: 27 });
    expect(readBoth(`#TS:1234567890123456\r\n`).calls[0]).toBe('@0 warning AOF_BAD_TIMESTAMP');
  });

  it('have a limit', () => {
    expect(readBoth(`#${'x'.repeat(1021)}\n${SET}`).error).toBeNull();
    expect(readBoth(`#${'x'.repeat(1022)}\n${SET}`).error).toMatchObject({ code: 'AOF_BAD_ANNOTATION', offset: 0 });
  });
});

describe('the end of a log', () => {
  it.each([
    ['a lone star', '*'],
    ['a number of arguments', '*3'],
    ['half a line end', '*3\r'],
    ['no arguments', '*3\r\n'],
    ['a length', '*3\r\n$3'],
    ['data', '*3\r\n$3\r\nSE'],
    ['no line end behind the data', '*1\r\n$3\r\nSET'],
    ['half a line end behind the data', '*1\r\n$3\r\nSET\r'],
    ['too few arguments', '*3\r\n$3\r\nSET\r\n$1\r\na\r\n'],
  ])('is cut: %s', (_name, tail) => {
    const log = SET + tail;
    const { calls, summary } = readBoth(log);
    expect(calls.slice(1)).toEqual([`@27 cut command good 27 dropped ${tail.length}`, `end 27/${log.length}`]);
    expect(summary).toMatchObject({ commands: 1, goodBytes: 27, bytes: log.length });
    const { error } = readBoth(log, { tail: 'error' });
    expect(error).toBeInstanceOf(AofTruncatedError);
    expect(error).toMatchObject({ code: 'AOF_TRUNCATED', offset: log.length, goodBytes: 27 });
  });

  it('is cut before an open transaction', () => {
    const log = `${SET}${MULTI}${SET}`;
    const { calls, summary } = readBoth(log);
    expect(calls.at(-2)).toBe('@27 cut transaction good 27 dropped 42 open');
    expect(summary).toMatchObject({ commands: 1, goodBytes: 27, cut: { openTransaction: true } });
    const { error } = readBoth(log, { tail: 'error' });
    expect(error).toMatchObject({ code: 'AOF_OPEN_MULTI', offset: log.length, goodBytes: 27 });
  });

  it('is cut before an open transaction, not inside as servers do', () => {
    const { calls } = readBoth(`${SET}${MULTI}${SET}*1\r\n$4`);
    expect(calls.at(-2)).toBe('@69 cut command good 27 dropped 48 open');
  });

  it('keeps annotations before what is cut out of the good part, as servers do', () => {
    const { summary } = readBoth(`#TS:1\r\n${SET}#TS:2\r\n*1`);
    expect(summary).toMatchObject({ goodBytes: 34, lastTimestamp: 1, firstTimestamp: 1 });
  });

  it('may lie within damage of limited length', () => {
    const log = `${SET}${SET}\0\0\0\0\0\0`;
    expect(readBoth(log).error).toMatchObject({ code: 'AOF_BAD_COMMAND', offset: 54 });
    // As for a server, the limit itself is too much.
    expect(readBoth(log, { corruptTailBytes: 6 }).error).toMatchObject({ code: 'AOF_BAD_COMMAND', offset: 54 });
    const { calls, summary } = readBoth(log, { corruptTailBytes: 7 });
    expect(calls.at(-2)).toBe('@54 cut format good 54 dropped 6');
    expect(summary).toMatchObject({ commands: 2, goodBytes: 54 });
    expect(readBoth(log, { corruptTailBytes: 7, tail: 'error' }).error).toBeInstanceOf(AofFormatError);
  });
});

describe('damage', () => {
  it.each([
    ['an inline command', 'PING\r\n', 'AOF_BAD_COMMAND', 0],
    ['a blank line', '\r\n', 'AOF_BAD_COMMAND', 0],
    ['zeros', '\0\0\0', 'AOF_BAD_COMMAND', 0],
    ['no arguments', '*0\r\n', 'AOF_BAD_COMMAND', 0],
    ['less than no arguments', '*-1\r\n', 'AOF_BAD_COMMAND', 0],
    ['too many arguments', '*2147483648\r\n', 'AOF_BAD_COMMAND', 0],
    ['a number too long to be exact', '*1111111111111111\r\n', 'AOF_BAD_COMMAND', 0],
    ['no number of arguments', '*\r\n', 'AOF_BAD_COMMAND', 0],
    ['text behind the number of arguments', '*1x\r\n', 'AOF_BAD_COMMAND', 0],
    ['LF only behind the number of arguments', '*1\n$4\r\nPING\r\n', 'AOF_BAD_COMMAND', 0],
    ['an argument of another kind', '*1\r\n:4\r\n', 'AOF_BAD_ARGUMENT', 4],
    ['an argument without length', '*2\r\n$3\r\nGET\r\n$\r\n', 'AOF_BAD_ARGUMENT', 13],
    ['a null argument', '*1\r\n$-1\r\n', 'AOF_BAD_ARGUMENT', 4],
    ['LF only behind a length', '*1\r\n$4\nPING\r\n', 'AOF_BAD_ARGUMENT', 4],
    ['an argument longer than its length', '*1\r\n$4\r\nPINGS\r\n', 'AOF_BAD_LINE_END', 12],
    ['LF only behind an argument', '*1\r\n$4\r\nPING\n*1', 'AOF_BAD_LINE_END', 12],
    ['EXEC alone', EXEC, 'AOF_BAD_TRANSACTION', 0],
    ['MULTI twice', MULTI + MULTI, 'AOF_BAD_TRANSACTION', 15],
    ['SELECT of nothing', command('SELECT'), 'AOF_BAD_SELECT', 0],
    ['SELECT of a word', command('SELECT', 'one'), 'AOF_BAD_SELECT', 0],
    ['SELECT of too much', command('SELECT', '2147483648'), 'AOF_BAD_SELECT', 0],
    ['SELECT of a negative number', command('SELECT', '-1'), 'AOF_BAD_SELECT', 0],
  ])('%s', (_name, log, code, offset) => {
    const { error, calls } = readBoth(SET + log);
    expect(error).toBeInstanceOf(AofFormatError);
    expect(error).toMatchObject({ code, offset: 27 + offset, path: { db: 0 } });
    expect(calls[0]).toBe('@0 other db0 tsnull ["SET","a","1"]');
  });

  it('says what was expected, what was found, and in which command', () => {
    expect(readBoth(command('GET', 'k').replace('$1', '!1')).error?.message).toBe(
      'expected $ and the length of argument 2 of 2 of the command "GET", found "!1\\r\\nk\\r\\n"',
    );
    expect(readBoth(`${SET}\0\0\0\0`).error?.message).toMatch(/power failure/);
  });

  it('leaves the reader of no further use', () => {
    const reader = new AofReader(new CallLog(), { file: bytesOf('incr') });
    expect(() => reader.push(bytesOf('x'))).toThrow(AofFormatError);
    expect(() => reader.push(bytesOf(SET))).toThrow('cannot go on');
    expect(() => reader.finish()).toThrow('cannot go on');
    const other = new AofReader(new CallLog(), { file: bytesOf('incr') });
    expect(() => other.push(bytesOf('x'))).toThrow(expect.objectContaining({ file: bytesOf('incr') }));
  });
});

describe('lenient reading takes what a server does', () => {
  it.each([
    ['LF only', '*1\n$4\nPING\r\n', ['@0 other db0 tsnull ["PING"]']],
    ['any two bytes behind an argument', '*1\r\n$4\r\nPINGxy', ['@0 other db0 tsnull ["PING"]']],
    ['text behind numbers', '*1 one\r\n$4 four\r\nPING\r\n', ['@0 other db0 tsnull ["PING"]']],
    ['EXEC alone', EXEC, ['@0 warning AOF_BAD_TRANSACTION']],
    ['SELECT of a word', command('SELECT', 'x'), ['@0 warning AOF_BAD_SELECT']],
  ])('%s', (_name, log, calls) => {
    const outcome = readBoth(log, { lenient: true });
    expect(outcome.error).toBeNull();
    expect(outcome.calls.slice(0, -1)).toEqual(calls);
    expect(readBoth(log).error).toBeInstanceOf(AofFormatError);
  });

  it('MULTI twice', () => {
    const { calls, summary } = readBoth(MULTI + MULTI + SET + EXEC, { lenient: true });
    expect(calls).toContain('@15 warning AOF_BAD_TRANSACTION');
    expect(summary).toMatchObject({ transactions: 1, commands: 3 });
  });

  it('but not everything', () => {
    expect(readBoth('PING\r\n', { lenient: true }).error).toMatchObject({ code: 'AOF_BAD_COMMAND' });
    expect(readBoth('*x\r\n', { lenient: true }).error).toMatchObject({ code: 'AOF_BAD_COMMAND' });
    expect(readBoth('*1\r\n$-1\r\n', { lenient: true }).error).toMatchObject({ code: 'AOF_BAD_ARGUMENT' });
  });
});

describe('long commands', () => {
  const long = command('SET', 'key', 'v'.repeat(300));

  it('are passed on in pieces, and complete what they are in', () => {
    const log = `${SET}${long}${SET}`;
    const { calls, copied, summary } = readBoth(log, { commandBytes: 100 });
    expect(calls.slice(1, 3)).toEqual(['@27 long db0 2/3 ["SET","key"]', 'long-end']);
    expect(copied.toString('latin1')).toBe(log);
    expect(summary).toMatchObject({ commands: 3, goodBytes: log.length });
  });

  it('go by their length, however they arrive', () => {
    const edge = command('SET', 'key', 'v'.repeat(60));
    expect(readBoth(edge, { commandBytes: edge.length }).calls[0]).toMatch('other');
    expect(readBoth(edge, { commandBytes: edge.length - 1 }).calls[0]).toMatch('long');
  });

  it('may have any number of arguments behind the limit', () => {
    const many = command('MSET', ...Array.from({ length: 60 }, (_, i) => `argument ${i}`));
    const { copied, calls } = readBoth(many, { commandBytes: 64 });
    expect(copied.toString('latin1')).toBe(many);
    expect(calls).toEqual([
      '@0 long db0 3/61 ["MSET","argument 0","argument 1"]',
      'long-end',
      `end ${many.length}/${many.length}`,
    ]);
  });

  it('are checked like others', () => {
    const bad = `${long.slice(0, -2)}xx`;
    expect(readBoth(bad, { commandBytes: 100 }).error).toMatchObject({ code: 'AOF_BAD_LINE_END' });
    const worse = command('MSET', 'a'.repeat(100), 'b').replace('$1\r\n', '!1\r\n');
    expect(readBoth(worse, { commandBytes: 100 }).error).toMatchObject({ code: 'AOF_BAD_ARGUMENT' });
    const mad = command('MSET', 'a'.repeat(100), 'b').replace('$1\r\n', '$b\r\n');
    expect(readBoth(mad, { commandBytes: 100 }).error).toMatchObject({ code: 'AOF_BAD_ARGUMENT' });
  });

  it('that the file ends within are cut', () => {
    const log = SET + long.slice(0, 200);
    const { calls } = readBoth(log, { commandBytes: 100 });
    expect(calls.slice(1)).toEqual([
      '@27 long db0 2/3 ["SET","key"]',
      '@27 cut command good 27 dropped 200',
      'end 27/227',
    ]);
  });

  it('are not begun when the file is known to be too short', () => {
    const log = SET + long.slice(0, 200);
    const { calls, copied } = readBoth(log, { commandBytes: 100, size: log.length });
    expect(calls.slice(1)).toEqual(['@27 cut command good 27 dropped 200', 'end 27/227']);
    expect(copied.toString('latin1')).toBe(SET);
    expect(readBoth(SET + long, { commandBytes: 100, size: 27 + long.length }).calls[1]).toMatch('long');
    expect(readBoth(SET + long, { commandBytes: 100, size: 26 + long.length }).calls[1]).toMatch('cut');
  });

  it('in a transaction', () => {
    const { calls, summary } = readBoth(MULTI + long + EXEC, { commandBytes: 100 });
    expect(calls[1]).toBe('@15 long db0 2/3 ["SET","key"]');
    expect(summary).toMatchObject({ commands: 3, transactions: 1 });
  });

  it('have a limit for their arguments', () => {
    const { error } = readBoth(SET + long, { maxStringBytes: 299 });
    expect(error).toBeInstanceOf(AofLimitError);
    expect(error).toMatchObject({ code: 'AOF_LIMIT', offset: 49 });
    expect(readBoth(SET + long, { maxStringBytes: 300 }).error).toBeNull();
    expect(readBoth(long + long, { maxStringBytes: 2, commandBytes: 10 }).error).toMatchObject({ code: 'AOF_LIMIT' });
    const both = command('MSET', 'a'.repeat(100), 'b'.repeat(200));
    expect(readBoth(both, { maxStringBytes: 150, commandBytes: 50 }).error).toMatchObject({
      code: 'AOF_LIMIT',
      offset: 122,
    });
  });

  it('of any length take no more memory than the limit', () => {
    const visitor = new AofVisitorBase();
    let pieces = 0;
    let bytes = 0;
    visitor.commandPiece = (_bytes, start, end) => {
      pieces++;
      bytes += end - start;
    };
    const reader = new AofReader(visitor, { commandBytes: 1024 * 1024 });
    const length = 300 * 1024 * 1024;
    const chunk = new Uint8Array(64 * 1024);
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    reader.push(bytesOf(`*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$${length}\r\n`));
    for (let at = 0; at < length; at += chunk.length) {
      reader.push(chunk);
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    reader.push(bytesOf(`\r\n${SET}`));
    expect(reader.finish()).toMatchObject({ commands: 2, cut: null });
    expect(bytes).toBe(length + `$${length}\r\n\r\n`.length);
    expect(pieces).toBeGreaterThan(length / chunk.length);
    expect(most).toBeLessThan(4 * 1024 * 1024);
  });

  it('of forged lengths reserve nothing', () => {
    const before = process.memoryUsage().arrayBuffers;
    const { summary } = read(bytesOf('*2000000000\r\n$500000000\r\nx'));
    expect(summary?.cut?.reason).toBe('command');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8e6);
  });
});

describe('an RDB part', () => {
  const rdb = new RdbBuilder().selectDb(2).key('k', stringValue('v')).finish();
  const preamble = Buffer.from(rdb).toString('latin1');

  it('hands over at the exact byte, with database 0', () => {
    const { calls, summary } = readBoth(preamble + SET);
    expect(calls).toEqual([
      'rdb',
      'key db2 k',
      `rdb-end ${rdb.length}`,
      `@${rdb.length} other db0 tsnull ["SET","a","1"]`,
      `end ${rdb.length + 27}/${rdb.length + 27}`,
    ]);
    expect(summary).toMatchObject({ format: 'rdb+resp', commands: 1, rdb: { keys: 1, trailingBytes: 0 } });
  });

  it('may be all there is', () => {
    expect(readBoth(preamble).summary).toMatchObject({ format: 'rdb', goodBytes: rdb.length, cut: null });
  });

  it('may stand alone on demand', () => {
    const { calls, summary } = readBoth(`${preamble}${SET}*1`, { rdbOnly: true });
    expect(calls.at(-2)).toBe(`rdb-end ${rdb.length}`);
    expect(summary).toMatchObject({ goodBytes: rdb.length, commands: 0, cut: null });
    const { error } = readBoth(SET, { rdbOnly: true });
    expect(error).toBeInstanceOf(AofSetError);
    expect(error).toMatchObject({ code: 'AOF_NO_BASE' });
  });

  it('is kept when the log behind it is cut', () => {
    const { summary } = readBoth(`${preamble}*1\r\n`);
    expect(summary).toMatchObject({ goodBytes: rdb.length, cut: { droppedBytes: 4 } });
  });

  it('does not warn of what follows, even when strict', () => {
    expect(readBoth(preamble + SET, { rdb: { strict: true } }).error).toBeNull();
  });

  it.each([1, 4, 8, 9, 20, preamble.length - 1])('that ends after %d bytes is damage', (length) => {
    const { error } = readBoth(preamble.slice(0, length), { file: bytesOf('base') });
    expect(error).toBeInstanceOf(RdbTruncatedError);
    expect(error).toMatchObject({ offset: length, file: bytesOf('base') });
  });

  it('that is damaged is damage, whatever may be cut', () => {
    const bad = `${preamble.slice(0, 9)}\xc8${preamble.slice(10)}`;
    const { error } = readBoth(bad, { corruptTailBytes: 1000 });
    expect(error).toBeInstanceOf(RdbError);
  });

  it('hands over after a value that was decoded in steps', () => {
    const list = listValue(Array.from({ length: 30_000 }, (_, i) => `element ${i}`));
    const big = new RdbBuilder().key('long', list).key('last', list).finish();
    const bytes = Buffer.concat([big, bytesOf(SET)]);
    for (const size of [bytes.length, 100_000, 65_536, 4096, 1000]) {
      const { calls } = read(bytes, { rdb: { rawBytes: 1000 } }, size);
      expect(calls.at(-2)).toBe(`@${big.length} other db0 tsnull ["SET","a","1"]`);
    }
  });
});

describe('members that KeyDB wrote without length', () => {
  const good = command('PEXPIREMEMBERAT', 's', 'some member', '1700000000000');
  const broken = good.replace('$11\r\nsome member\r\n', 'some member');

  it('are put right', () => {
    const { calls, copied, summary } = readBoth(SET + broken + SET);
    expect(calls.slice(1, 4)).toEqual([
      '@60 warning AOF_REPAIRED_MEMBER',
      '@27 other db0 tsnull repaired ["PEXPIREMEMBERAT","s","some member","1700000000000"]',
      `@${27 + broken.length} other db0 tsnull ["SET","a","1"]`,
    ]);
    expect(copied.toString('latin1')).toBe(SET + good + SET);
    expect(summary).toMatchObject({ commands: 3, goodBytes: 54 + broken.length });
  });

  it.each(['$', '$5', '$13', '\r\n$1\r\n', 'a$3\r\n12x\r\n', '\0\xff', '$x\r\n'])('%j', (member) => {
    const whole = command('PEXPIREMEMBERAT', 's', member, '1700000000000');
    const { copied, error } = readBoth(
      whole.replace(`$${member.length}\r\n${member}\r\n$13`, () => `${member}$13`) + SET,
    );
    expect(error).toBeNull();
    expect(copied.toString('latin1')).toBe(whole + SET);
  });

  it('are left alone where they have one', () => {
    expect(readBoth(good).calls[0]).not.toMatch('repaired');
  });

  it('are cut off with the log', () => {
    for (let length = 1; length < broken.length; length++) {
      expect(readBoth(SET + broken.slice(0, length)).calls.at(-2)).toMatch('cut command good 27');
    }
  });

  it('are damage when their end is not found', () => {
    const { error } = readBoth(broken.replace('$13', '$14') + command('DEL', 'k').repeat(100), { commandBytes: 500 });
    expect(error).toMatchObject({ code: 'AOF_BAD_ARGUMENT', offset: 33 });
  });
});

it('refuses options that make no sense', () => {
  for (const options of [
    { commandBytes: 0 },
    { commandBytes: 2 ** 31 },
    { maxStringBytes: 1.5 },
    { corruptTailBytes: -1 },
    { size: -1 },
    { until: Number.NaN },
  ]) {
    expect(() => new AofReader(new CallLog(), options), JSON.stringify(options)).toThrow(RangeError);
  }
});
