import { KeySelection, type KeySelectionSpec } from '@rdbkit/rdb';
import { RespBuffer } from '@rdbkit/resp';
import { describe, expect, it } from 'vitest';
import { loggedCommand } from '../testing/arguments.ts';
import { LogEmitter, type LogOptions, type Note } from './index.ts';

const NOW = 1_700_000_000_000;
const PAST = NOW - 1000;
const LATER = NOW + 1_000_000;
const encoder = new TextEncoder();

interface Result {
  /** The commands that were written, their arguments joined by blanks. */
  readonly out: string[];
  readonly text: string;
  readonly notes: string[];
  readonly emitter: LogEmitter;
}

/** Writes lines of commands; databases follow from the `SELECT`s among them. */
function emit(lines: readonly string[], spec: KeySelectionSpec = {}, options: LogOptions = {}): Result {
  const buffer = new RespBuffer();
  const notes: Note[] = [];
  const selection = new KeySelection({ nowMs: NOW, ...spec });
  const emitter = new LogEmitter(buffer, { selection, now: NOW, onNote: (note) => void notes.push(note), ...options });
  let db = 0;
  for (const line of lines) {
    const command = loggedCommand(line.split(' '), db);
    emitter.command(command);
    if (command.kind === 'select') db = Number(line.split(' ')[1]);
  }
  return { ...written(buffer), notes: notes.map(({ code }) => code), emitter };
}

function written(buffer: RespBuffer): { out: string[]; text: string } {
  const text = new TextDecoder().decode(buffer.take());
  const out = text
    .split(/^\*\d+\r\n/m)
    .filter((part) => part !== '')
    .map((part) =>
      part
        .replaceAll(/\$\d+\r\n/g, '')
        .trimEnd()
        .split('\r\n')
        .join(' '),
    );
  return { out, text };
}

describe('a log in which nothing changes', () => {
  it('is written byte for byte', () => {
    const lines = [
      'SELECT 0',
      'set a 1',
      'MULTI',
      'select 3',
      'DEL a b',
      'EXEC',
      'SELECT 3',
      'FLUSHALL',
      'FUNCTION LOAD x',
    ];
    const { text, emitter } = emit(lines);
    expect(text).toBe(lines.map((line) => new TextDecoder().decode(loggedCommand(line.split(' ')).bytes)).join(''));
    expect(emitter.counts.commands).toBe(4);
    expect(emitter.selectedDb).toBe(3);
  });

  it('selects a database where the log begins anew', () => {
    const { emitter } = emit(['SELECT 5', 'SET a 1']);
    const buffer = new RespBuffer();
    const next = new LogEmitter(buffer);
    next.selectedDb = emitter.selectedDb;
    next.command(loggedCommand(['SET', 'b', '2'], 0));
    expect(written(buffer).out).toEqual(['SELECT 0', 'SET b 2']);
  });

  it('passes unknown commands on, and names each once', () => {
    const { out, notes, emitter } = emit(['MY.SET a 1', 'MY.SET b 1', 'OTHER']);
    expect(out).toEqual(['MY.SET a 1', 'MY.SET b 1', 'OTHER']);
    expect(notes).toEqual(['LOG_UNKNOWN_COMMAND', 'LOG_UNKNOWN_COMMAND']);
    expect(emitter.counts.unknown).toBe(3);
  });

  it('says that it empties the target', () => {
    expect(emit(['FLUSHALL', 'FLUSHALL', 'FLUSHDB ASYNC']).notes).toEqual(['LOG_EMPTIES_TARGET', 'LOG_EMPTIES_TARGET']);
  });
});

describe('transactions', () => {
  it('are left out when they have no end', () => {
    const { out, emitter } = emit(['SET a 1', 'MULTI', 'SELECT 2', 'SET b 2']);
    expect(out).toEqual(['SET a 1']);
    emitter.abandon();
    expect([emitter.counts.dropped, emitter.selectedDb]).toEqual([1, 0]);
  });

  it('that are too long to be held back are discarded', () => {
    const buffer = new RespBuffer();
    const emitter = new LogEmitter(buffer, { holdBytes: 50 });
    for (const line of ['MULTI', 'SET a 1', 'SET b 2', 'SET c 3']) emitter.command(loggedCommand(line.split(' ')));
    expect(written(buffer).out).toEqual(['MULTI', 'SET a 1', 'SET b 2']);
    emitter.abandon();
    expect(written(buffer).out).toEqual(['DISCARD']);
    expect(emitter.counts.dropped).toBe(3);
  });

  it('without anything wanted in them are not written', () => {
    const lines = ['MULTI', 'SET b 1', 'EXEC', 'MULTI', 'SET a 1', 'SET b 1', 'EXEC', 'MULTI', 'EXEC'];
    expect(emit(lines, { keys: ['a'] }).out).toEqual(['MULTI', 'SET a 1', 'EXEC']);
  });
});

describe('databases', () => {
  it('are selected when they are needed', () => {
    const lines = ['SELECT 1', 'SET a 1', 'SELECT 2', 'SET a 2', 'SELECT 0', 'SET a 0', 'SELECT 1', 'SET a 3'];
    const { out, emitter } = emit(lines, { dbs: [1], mapDb: new Map([[1, 7]]) });
    expect(out).toEqual(['SELECT 7', 'SET a 1', 'SET a 3']);
    expect(emitter.counts.unselected.db).toBe(2);
  });

  it.each([
    ['MOVE a 1', { dbs: [0, 1], mapDb: new Map([[1, 5]]) }, ['MOVE a 5'], []],
    ['MOVE a 1', { mapDb: new Map([[1, 0]]) }, [], []],
    ['MOVE a 1', { dbs: [0] }, ['DEL a'], []],
    ['MOVE a 1', { dbs: [1] }, [], ['LOG_NEEDS_OTHER_DB']],
    ['MOVE a 1', { dbs: [3] }, [], []],
    ['MOVE b 1', { keys: ['a'] }, [], []],
    ['COPY a c DB 1', { mapDb: new Map([[1, 5]]) }, ['COPY a c DB 5'], []],
    ['COPY a c DB 1 REPLACE', { mapDb: new Map([[1, 0]]) }, ['COPY a c REPLACE'], []],
    ['COPY a a DB 1', { mapDb: new Map([[1, 0]]) }, [], []],
    ['COPY a c DB 1', { dbs: [1] }, [], ['LOG_NEEDS_OTHER_DB']],
    ['COPY a c DB 1', { dbs: [0] }, [], []],
    ['COPY b a', { keys: ['a'] }, [], ['LOG_NEEDS_OTHER_KEYS']],
    ['COPY a b', { keys: ['a'] }, [], []],
    ['SWAPDB 0 1', { dbs: [0, 1], mapDb: new Map([[1, 5]]) }, ['SWAPDB 0 5'], []],
    ['SWAPDB 0 1', { mapDb: new Map([[1, 5]]) }, [], ['LOG_NEEDS_OTHER_DB']],
    ['SWAPDB 0 1', { mapDb: new Map([[1, 0]]) }, [], []],
    ['SWAPDB 0 1', { dbs: [0] }, [], ['LOG_NEEDS_OTHER_DB']],
    ['SWAPDB 2 1', { dbs: [0] }, [], []],
    ['SWAPDB 0 1', { mapDb: new Map([[2, 0]]) }, [], ['LOG_NEEDS_OTHER_DB']],
    ['FLUSHDB', { keys: ['a'] }, ['FLUSHDB'], ['LOG_EMPTIES_TARGET']],
    ['FLUSHDB', { dbs: [1] }, [], ['LOG_EMPTIES_TARGET']],
    ['FLUSHDB', { mapDb: new Map([[2, 1]]) }, ['FLUSHDB'], ['LOG_EMPTIES_TARGET']],
    ['FLUSHDB', { mapDb: new Map([[1, 0]]) }, [], ['LOG_EMPTIES_TARGET', 'LOG_NEEDS_OTHER_DB']],
    [
      'FLUSHALL ASYNC',
      { dbs: [1, 2], mapDb: new Map([[1, 5]]) },
      ['SELECT 5', 'FLUSHDB ASYNC', 'SELECT 2', 'FLUSHDB ASYNC'],
      ['LOG_EMPTIES_TARGET'],
    ],
    ['FLUSHALL', { mapDb: new Map([[1, 5]]) }, ['FLUSHALL'], ['LOG_EMPTIES_TARGET']],
    ['FUNCTION FLUSH', { dbs: [1] }, ['SELECT 0', 'FUNCTION FLUSH'], []],
    ['MY.SET a', { dbs: [1] }, [], ['LOG_UNKNOWN_COMMAND']],
  ] as const)('%s with %j', (line, spec, out, notes) => {
    const result = emit([line], spec);
    expect(result.out.filter((command) => line !== 'FUNCTION FLUSH' || !command.startsWith('SELECT'))).toEqual(
      out.filter((command) => line !== 'FUNCTION FLUSH' || !command.startsWith('SELECT')),
    );
    expect(result.notes).toEqual(notes);
  });
});

describe('keys', () => {
  it.each([
    ['SET a1 v', ['SET a1 v']],
    ['SET b1 v', []],
    ['DEL a1 b1 a2', ['DEL a1 a2']],
    ['DEL b1 b2', []],
    ['MSET b1 1 a1 2 b2 3', ['MSET a1 2']],
    ['MSETEX 3 a1 1 b1 2 a2 3 PXAT 5', ['MSETEX 2 a1 1 a2 3 PXAT 5']],
    ['JSON.MSET b $ 1 a $ 2', ['JSON.MSET a $ 2']],
    ['SUNIONSTORE b a1 a2', []],
    ['SUNIONSTORE a a1 a2', ['SUNIONSTORE a a1 a2']],
    ['RENAME a b', ['DEL a']],
    ['RPOPLPUSH a b', ['RPOP a']],
    ['LMOVE a b LEFT RIGHT', ['LPOP a']],
    ['LMOVE a b right left', ['RPOP a']],
    ['SMOVE a b m', ['SREM a m']],
    ['SMOVE b a m', ['SADD a m']],
    ['PING', ['PING']],
    ['SORT a STORE b', []],
  ])('%s', (line, out) => {
    const result = emit([line], { keys: ['a*'] });
    expect(result.out).toEqual(out);
    expect(result.notes).toEqual([]);
  });

  it.each(['SUNIONSTORE a b1', 'RENAME b a', 'LMOVE b a LEFT LEFT', 'BITOP AND a a1 b1', 'SORT b STORE a'])(
    'cannot be parted in %s',
    (line) => {
      const { out, notes, emitter } = emit([line], { keys: ['a*'] });
      expect([out, notes, emitter.counts.impossible]).toEqual([[], ['LOG_NEEDS_OTHER_KEYS'], 1]);
    },
  );

  it('are chosen by slot', () => {
    const { out, emitter } = emit(['SET foo 1', 'SET bar 1'], { slots: [[12182, 12182]] });
    expect(out).toEqual(['SET foo 1']);
    expect(emitter.counts.unselected.slot).toBe(1);
  });

  it('get other names wherever they stand', () => {
    const lines = [
      'SET a:1 a:1',
      'ZUNIONSTORE a:d 2 a:1 b:2',
      'RENAME a:1 c',
      'EVAL return 1 a:1 a:2',
      'MSET a:1 1 b 2',
    ];
    const renamePrefixes = [{ from: encoder.encode('a:'), to: encoder.encode('new:') }];
    const { out, notes } = emit(lines, { renamePrefixes });
    expect(out).toEqual([
      'SET new:1 a:1',
      'ZUNIONSTORE new:d 2 new:1 b:2',
      'RENAME new:1 c',
      'EVAL return 1 new:1 a:2',
      'MSET new:1 1 b 2',
    ]);
    expect(notes).toEqual(['LOG_COMPUTED_KEYS']);
    expect(emit(['RENAME a:1 b'], { keys: ['a*'], renamePrefixes }).out).toEqual(['DEL new:1']);
    expect(emit(['MOVE a:1 3'], { dbs: [0], renamePrefixes }).out).toEqual(['DEL new:1']);
  });
});

describe('times of expiry', () => {
  it.each([
    [`PEXPIREAT k ${PAST}`, `PEXPIREAT k ${LATER}`],
    [`EXPIREAT k ${PAST / 1000}`, `EXPIREAT k ${LATER / 1000}`],
    [`SET k PXAT PXAT ${PAST}`, `SET k PXAT PXAT ${LATER}`],
    [`SET k v EXAT 1`, `SET k v EXAT ${LATER / 1000}`],
    [`RESTORE k ${PAST} payload ABSTTL REPLACE`, `RESTORE k ${LATER} payload ABSTTL REPLACE`],
    ['RESTORE k 0 payload ABSTTL', 'RESTORE k 0 payload ABSTTL'],
    ['RESTORE k 5000 payload', 'RESTORE k 5000 payload'],
    [`HPEXPIREAT k ${PAST} FIELDS 1 f`, `HPEXPIREAT k ${LATER} FIELDS 1 f`],
    [`HSETEX k FNX PXAT ${PAST} FIELDS 1 f v`, `HSETEX k FNX PXAT ${LATER} FIELDS 1 f v`],
    [`HSETEX k FIELDS 1 PXAT ${PAST}`, `HSETEX k FIELDS 1 PXAT ${PAST}`],
    [`MSETEX 1 PXAT ${PAST} PXAT ${PAST}`, `MSETEX 1 PXAT ${PAST} PXAT ${LATER}`],
    [`PEXPIREMEMBERAT k m ${PAST}`, `PEXPIREMEMBERAT k m ${LATER}`],
    [`PEXPIREAT k ${NOW + 1}`, `PEXPIREAT k ${NOW + 1}`],
    ['PEXPIREAT k -5', `PEXPIREAT k ${LATER}`],
    ['PEXPIREAT k soon', 'PEXPIREAT k soon'],
    ['PEXPIREAT k', 'PEXPIREAT k'],
    ['PEXPIREAT k 99999999999999999999', 'PEXPIREAT k 99999999999999999999'],
  ])('that have passed are put off: %s', (line, expected) => {
    const { out, emitter } = emit([line], {}, { postponeExpiredTo: LATER });
    expect(out).toEqual([expected]);
    expect(emitter.counts.postponedTimes).toBe(line === expected ? 0 : 1);
  });

  it('stay when nothing is asked for', () => {
    expect(emit([`PEXPIREAT k ${PAST}`]).out).toEqual([`PEXPIREAT k ${PAST}`]);
  });

  it('are moved', () => {
    const lines = [`SET k v PXAT ${PAST}`, 'EXPIREAT k 100', 'SET k v'];
    expect(emit(lines, {}, { shiftTtlMs: 5000 }).out).toEqual([
      `SET k v PXAT ${PAST + 5000}`,
      'EXPIREAT k 105',
      'SET k v',
    ]);
  });

  it('are left out', () => {
    const lines = [
      'SET k v PXAT 5',
      'PEXPIREAT k 5',
      'RESTORE k 5 payload ABSTTL',
      'HSETEX k PXAT 5 FIELDS 1 f v',
      'HPEXPIREAT k 5 FIELDS 1 f',
    ];
    const { out, emitter } = emit(lines, {}, { stripTtl: true });
    expect(out).toEqual(['SET k v', 'RESTORE k 0 payload ABSTTL', 'HSETEX k FIELDS 1 f v']);
    expect(emitter.counts.stripped).toBe(2);
  });
});

it.each([
  ['XADD s IDMP p i 5-1 f v', 'XADD s 5-1 f v'],
  ['XADD s NOMKSTREAM KEEPREF IDMPAUTO p MAXLEN = 5 5-1 f v', 'XADD s NOMKSTREAM KEEPREF MAXLEN = 5 5-1 f v'],
])('what only a loading server takes is left out: %s', (line, expected) => {
  expect(emit([line])).toMatchObject({ out: [expected], notes: ['STREAM_IDMP_LOST'] });
  expect(emit(['XADD s 5-1 IDMP p']).out).toEqual(['XADD s 5-1 IDMP p']);
});

describe('a command in pieces', () => {
  const words = ['SET', 'a:1', 'x'.repeat(100)];
  const whole = loggedCommand(words);

  function inPieces(spec: KeySelectionSpec, isComplete = true): { text: string; emitter: LogEmitter } {
    const buffer = new RespBuffer();
    const emitter = new LogEmitter(buffer, { selection: new KeySelection(spec), holdBytes: 60 });
    const command = loggedCommand(words, 0, 2);
    emitter.longCommand(command);
    emitter.commandPiece(whole.bytes, command.end, command.end + 50);
    if (isComplete) {
      emitter.commandPiece(whole.bytes, command.end + 50, whole.end);
      emitter.commandEnd();
    } else {
      emitter.abandon();
    }
    return { text: new TextDecoder().decode(buffer.take()), emitter };
  }

  it('is written as it was', () => {
    expect(inPieces({}).text).toBe(new TextDecoder().decode(whole.bytes));
  });

  it('gets its new name', () => {
    const renamePrefixes = [{ from: encoder.encode('a'), to: encoder.encode('bb') }];
    const expected = new TextDecoder().decode(loggedCommand(['SET', 'bb:1', 'x'.repeat(100)]).bytes);
    expect(inPieces({ renamePrefixes }).text).toBe(expected);
  });

  it('is left out when it is not wanted', () => {
    expect(inPieces({ keys: ['b'] }).text).toBe('');
  });

  it('that breaks off is told of', () => {
    expect(inPieces({}, false).emitter.isBroken).toBe(true);
    expect(inPieces({ keys: ['b'] }, false).emitter.isBroken).toBe(false);
  });
});
