import { Buffer } from 'node:buffer';
import { RdbTruncatedError } from '@rdbkit/rdb';
import { RdbBuilder, stringValue } from '@rdbkit/testkit';
import { describe, expect, it } from 'vitest';
import { bytesOf, CallLog, command, MemoryDirectory } from '../testing/logs.ts';
import { checkAof } from './check.ts';
import { AofFormatError, AofSetError, AofTruncatedError } from './errors.ts';
import { aofBaseKeys, aofCommands, aofEvents } from './events.ts';
import { openAof } from './open.ts';
import { readAof } from './read.ts';
import type { AofSet } from './set.ts';

const RDB = Buffer.from(
  new RdbBuilder().aux('ctime', '1700000010').selectDb(4).key('k', stringValue('v')).finish(),
).toString('latin1');
const SET = command('SET', 'a', '1');
const MULTI = command('MULTI');
const stamp = (seconds: number): string => `#TS:${seconds}\r\n`;

/** A base and any number of incremental files. */
async function openParts(base: string | null, ...incrs: readonly string[]): Promise<AofSet> {
  const files = Object.fromEntries(incrs.map((content, i) => [`i${i + 1}`, content]));
  const lines = incrs.map((_, i) => `file i${i + 1} seq ${i + 1} type i\n`).join('');
  const directory = new MemoryDirectory({
    ...files,
    ...(base === null ? {} : { b: base }),
    'a.manifest': `${base === null ? '' : 'file b seq 1 type b\n'}${lines}`,
  });
  return await openAof(directory);
}

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => null,
    (error: unknown) => error,
  );
}

describe('several files', () => {
  it('are read one after the other, each with database 0 at its beginning', async () => {
    const log = new CallLog();
    const set = await openParts(RDB, command('SELECT', '2') + SET, SET);
    expect(await readAof(set, log)).toMatchObject({ commands: 3, rdbKeys: 1, cut: null, stop: null });
    expect(log.calls.filter((call) => /segment|other/.test(call))).toEqual([
      'segment base b',
      'segment incr i1',
      '@23 other db2 tsnull ["SET","a","1"]',
      'segment incr i2',
      '@0 other db0 tsnull ["SET","a","1"]',
    ]);
  });

  it('may each begin with an RDB', async () => {
    const log = new CallLog();
    await readAof(await openParts(SET, RDB + SET), log);
    expect(log.calls).toContain('key db4 k');
    expect(log.calls).toContain(`@${RDB.length} other db0 tsnull ["SET","a","1"]`);
  });

  it('are cut at the end of the last one', async () => {
    const { cut, goodUpTo, commands } = await readAof(
      await openParts(SET, stamp(5) + SET, `${SET}*1\r\n`),
      new CallLog(),
    );
    expect(cut).toMatchObject({ goodBytes: 27, droppedBytes: 4 });
    expect(goodUpTo).toMatchObject({ segment: { name: bytesOf('i2') }, offset: 27, timestamp: 5 });
    expect(commands).toBe(3);
  });

  it.each([
    ['a base', `${SET}*1\r\n`, '', 'b', 'AOF_TRUNCATED'],
    ['an incremental file', SET, `${SET}*1\r\n`, 'i1', 'AOF_TRUNCATED'],
    ['a transaction', SET, SET + MULTI, 'i1', 'AOF_OPEN_MULTI'],
  ])('are damaged when one ends too early that is not the last: %s', async (_name, base, incr, file, code) => {
    const error = await failureOf(readAof(await openParts(base, incr, ''), new CallLog()));
    expect(error).toBeInstanceOf(AofTruncatedError);
    expect(error).toMatchObject({ code, file: bytesOf(file), goodBytes: 27 });
  });

  it('are damaged when the base is no whole RDB', async () => {
    const error = await failureOf(readAof(await openParts(RDB.slice(0, 30)), new CallLog()));
    expect(error).toBeInstanceOf(RdbTruncatedError);
    expect(error).toMatchObject({ file: bytesOf('b'), offset: 30 });
  });

  it('may end in damage only in the last one', async () => {
    const options = { corruptTailBytes: 100 };
    expect(await readAof(await openParts(SET, `${SET}oops`), new CallLog(), options)).toMatchObject({
      cut: { reason: 'format', goodBytes: 27 },
    });
    const error = await failureOf(readAof(await openParts(SET, `${SET}oops`, SET), new CallLog(), options));
    expect(error).toBeInstanceOf(AofFormatError);
    expect(error).toMatchObject({ file: bytesOf('i1'), offset: 27 });
  });

  it('are refused when they are cut, on demand', async () => {
    const error = await failureOf(readAof(await openParts(SET, '*1'), new CallLog(), { tail: 'error' }));
    expect(error).toMatchObject({ code: 'AOF_TRUNCATED', file: bytesOf('i1'), goodBytes: 0 });
  });

  it('name the file in warnings', async () => {
    const log = new CallLog();
    let file: Uint8Array | null = null;
    log.warning = (warning) => {
      ({ file } = warning);
    };
    await readAof(await openParts(SET, `${SET}#TS`, SET), log);
    expect(file).toEqual(bytesOf('i1'));
  });

  it('let the caller do other things in between', async () => {
    const steps: number[] = [];
    const value = 'x'.repeat(200_000);
    const set = await openParts(command('SET', 'k', value), SET);
    const between = async (bytesRead: number): Promise<void> => {
      await Promise.resolve();
      steps.push(bytesRead);
    };
    const { bytes } = await readAof(set, new CallLog(), { between });
    expect(steps.at(-1)).toBe(bytes);
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
    const stop = readAof(set, new CallLog(), {
      between: () => {
        throw new Error('enough');
      },
    });
    await expect(stop).rejects.toThrow('enough');
  });
});

describe('up to a time', () => {
  const parts = [stamp(10) + SET, stamp(12) + SET + stamp(14) + SET, stamp(14) + SET + stamp(20) + SET] as const;

  it.each([
    [9, 0, 'b', 0],
    [10, 1, 'i1', 0],
    [13, 2, 'i1', 35],
    [14, 4, 'i2', 35],
    [19, 4, 'i2', 35],
    [20, 5, null, 0],
  ])('%d', async (until, commands, file, offset) => {
    const set = await openParts(...parts);
    const summary = await readAof(set, new CallLog(), { until });
    expect(summary.commands).toBe(commands);
    expect(summary.stop?.offset ?? 0).toBe(offset);
    expect(summary.stop === null).toBe(file === null);
    const last = file ?? 'i2';
    expect(Buffer.from(summary.goodUpTo?.segment.name ?? '').toString()).toBe(last);
    expect((await checkAof(set, { until })).verdict).toBe('sound');
  });

  it('does not look at what comes later', async () => {
    const set = await openParts(parts[0], parts[1], `${stamp(14)}damage`, 'more damage');
    expect(await readAof(set, new CallLog(), { until: 13 })).toMatchObject({ commands: 2 });
  });

  it('warns when the base is later', async () => {
    const warnings: string[] = [];
    const log = new CallLog();
    log.warning = ({ code, message }) => warnings.push(`${code} ${message}`);
    await readAof(await openParts(RDB, SET), log, { until: 1700000009 });
    await readAof(await openParts(RDB, SET), log, { until: 1700000010 });
    await readAof(await openParts(stamp(10), SET), log, { until: 9 });
    expect(warnings).toEqual([
      'AOF_UNTIL_BEFORE_BASE the base of the log was written at 2023-11-14T22:13:30Z, which is later than 2023-11-14T22:13:29Z: it has later changes in it',
      'AOF_UNTIL_BEFORE_BASE the log begins at 1970-01-01T00:00:10Z only, which is later than 1970-01-01T00:00:09Z: nothing of it is read',
    ]);
  });
});

describe('the base only', () => {
  it('is the file of that type', async () => {
    const log = new CallLog();
    expect(await readAof(await openParts(RDB, SET), log, { baseOnly: true })).toMatchObject({
      rdbKeys: 1,
      commands: 0,
    });
    expect(await readAof(await openParts(SET, SET), log, { baseOnly: true })).toMatchObject({ commands: 1 });
  });

  it('is the RDB part of a single file', async () => {
    const set = await openAof(bytesOf(RDB + SET));
    expect(await readAof(set, new CallLog(), { baseOnly: true })).toMatchObject({ rdbKeys: 1, commands: 0 });
  });

  it.each([
    ['without base', () => openParts(null, SET)],
    ['of commands', () => openAof(bytesOf(SET))],
  ])('is missing in a log %s', async (_name, open) => {
    const error = await failureOf(readAof(await open(), new CallLog(), { baseOnly: true }));
    expect(error).toBeInstanceOf(AofSetError);
    expect(error).toMatchObject({ code: 'AOF_NO_BASE' });
  });
});

describe('a check', () => {
  it('finds a sound log sound', async () => {
    const report = await checkAof(await openParts(RDB, stamp(5) + SET));
    expect(report).toMatchObject({
      verdict: 'sound',
      error: null,
      cut: null,
      goodUpTo: { segment: { name: bytesOf('i1') }, offset: 34, timestamp: 5 },
      warnings: [],
      warningCount: 0,
      segments: [{ summary: { format: 'rdb', rdb: { keys: 1 } } }, { summary: { commands: 1 } }],
    });
  });

  it('tells a cut from damage', async () => {
    expect(await checkAof(await openParts(SET, `${SET}*1`))).toMatchObject({
      verdict: 'cut',
      cut: { goodBytes: 27 },
      goodUpTo: { offset: 27 },
      error: null,
    });
    expect(await checkAof(await openParts(SET, `${stamp(3)}${SET}*1`, SET))).toMatchObject({
      verdict: 'damaged',
      cut: null,
      error: { code: 'AOF_TRUNCATED', file: bytesOf('i1') },
      goodUpTo: { segment: { name: bytesOf('i1') }, offset: 34, timestamp: 3 },
    });
    expect(await checkAof(await openParts(SET, `${SET}*1`), { tail: 'error' })).toMatchObject({ verdict: 'damaged' });
  });

  it('looks at all files, and inside of values', async () => {
    const bad = new RdbBuilder().key('list', { typeCode: 18, bytes: Uint8Array.of(1, 2, 3, 1, 2, 3) }).finish();
    const report = await checkAof(await openParts(Buffer.from(bad).toString('latin1'), `${SET}#TS:x\r\nx`, `${SET}*1`));
    expect(report.segments.map(({ error, summary }) => [error?.code, summary.goodBytes])).toEqual([
      ['RDB_BAD_LISTPACK', 0],
      ['AOF_BAD_COMMAND', 27],
      [undefined, 27],
    ]);
    expect(report).toMatchObject({
      verdict: 'damaged',
      error: { code: 'RDB_BAD_LISTPACK' },
      goodUpTo: { segment: { name: bytesOf('b') }, offset: 0 },
      warnings: [{ code: 'AOF_BAD_TIMESTAMP', file: bytesOf('i1') }],
    });
  });

  it('keeps some warnings and counts the others', async () => {
    const report = await checkAof(await openParts('#TS:x\r\n'.repeat(250)));
    expect(report.warnings).toHaveLength(100);
    expect(report.warningCount).toBe(250);
  });

  it('passes on what is no damage', async () => {
    const set = await openParts(SET);
    const [part] = set.parts;
    if (part !== undefined)
      part.file.read = () => {
        throw new Error('the disk is gone');
      };
    await expect(checkAof(set)).rejects.toThrow('the disk is gone');
  });
});

describe('events', () => {
  it('come in the order of the log', async () => {
    const types: string[] = [];
    for await (const batch of aofEvents(await openParts(RDB, `${stamp(5)}${SET}# x\n*1`))) {
      for (const event of batch) types.push(event.type === 'rdb' ? `rdb ${event.event.type}` : event.type);
    }
    expect(types).toEqual([
      'segment',
      'rdb header',
      'rdb aux',
      'rdb key',
      'rdb end',
      'segment-end',
      'segment',
      'annotation',
      'command',
      'annotation',
      'cut',
      'segment-end',
      'end',
    ]);
  });

  it('are delivered before an error', async () => {
    const seen: string[] = [];
    const all = (async () => {
      for await (const batch of aofEvents(await openAof(bytesOf(`${SET}!`))))
        seen.push(...batch.map(({ type }) => type));
    })();
    await expect(all).rejects.toThrow(AofFormatError);
    expect(seen).toEqual(['segment', 'command']);
  });

  it("are commands, which are the receiver's", async () => {
    const found = [];
    for await (const one of aofCommands(
      await openParts(null, SET, MULTI + command('SELECT', '1') + SET + command('EXEC')),
    ))
      found.push(one);
    expect(
      found.map(({ segment, offset, kind, db, args, inTransaction }) => [
        Buffer.from(segment.name ?? '').toString(),
        offset,
        kind,
        db,
        args.map((arg) => Buffer.from(arg).toString()).join(' '),
        inTransaction,
      ]),
    ).toEqual([
      ['i1', 0, 'other', 0, 'SET a 1', false],
      ['i2', 0, 'multi', 0, 'MULTI', true],
      ['i2', 15, 'select', 0, 'SELECT 1', true],
      ['i2', 38, 'other', 1, 'SET a 1', true],
      ['i2', 65, 'exec', 1, 'EXEC', true],
    ]);
  });

  it('are keys of the base', async () => {
    const keys: string[] = [];
    for await (const { db, key } of aofBaseKeys(await openParts(RDB, '!'))) keys.push(`${db} ${Buffer.from(key)}`);
    for await (const { db, key } of aofBaseKeys(await openAof(bytesOf(`${RDB}!`))))
      keys.push(`${db} ${Buffer.from(key)}`);
    expect(keys).toEqual(['4 k', '4 k']);
    await expect(aofBaseKeys(await openParts(SET, SET)).next()).rejects.toThrow('consists of commands');
  });
});
