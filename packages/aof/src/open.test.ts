import { Buffer } from 'node:buffer';
import { RdbBuilder, stringValue } from '@rdbkit/testkit';
import { describe, expect, it } from 'vitest';
import { bytesOf, CallLog, command, MemoryDirectory, memoryFile } from '../testing/logs.ts';
import { AofManifestError, AofSetError } from './errors.ts';
import { type AofInput, openAof } from './open.ts';
import type { AofOpenOptions } from './options.ts';
import { readAof } from './read.ts';
import type { AofSet } from './set.ts';

const RDB = new RdbBuilder().aux('redis-ver', '7.2.0').aux('ctime', '1700000000').key('k', stringValue('v')).finish();
const SET = command('SET', 'a', '1');
const MANIFEST =
  'file appendonly.aof.1.base.rdb seq 1 type b\n' +
  'file appendonly.aof.1.incr.aof seq 1 type h\n' +
  'file appendonly.aof.2.incr.aof seq 2 type i startoffset 7\n';
const FILES = {
  'appendonly.aof.manifest': MANIFEST,
  'appendonly.aof.1.base.rdb': RDB,
  'appendonly.aof.2.incr.aof': `#TS:1700000005\r\n${SET}`,
  'temp-appendonly.aof.manifest': 'half writ',
  'temp-rewriteaof-17.aof': '*3\r\n',
};

function below(
  folder: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Record<string, string | Uint8Array> {
  return Object.fromEntries(Object.entries(files).map(([name, content]) => [`${folder}/${name}`, content]));
}

function described(set: AofSet): string[] {
  return set.segments.map(
    ({ role, name, seq, size, format, startTime }) =>
      `${role} ${name === null ? '-' : Buffer.from(name).toString('latin1')} seq ${seq} ${size} ${format} ${startTime}`,
  );
}

async function faultOf(input: AofInput, options: AofOpenOptions = {}): Promise<AofSetError | AofManifestError> {
  try {
    await openAof(input, options);
  } catch (error) {
    if (error instanceof AofSetError || error instanceof AofManifestError) return error;
    throw error;
  }
  throw new Error('there was no error');
}

describe('a directory', () => {
  const expected = [
    `base appendonly.aof.1.base.rdb seq 1 ${RDB.length} rdb 1700000000`,
    'incr appendonly.aof.2.incr.aof seq 2 43 resp 1700000005',
  ];

  it('is opened by its manifest', async () => {
    const set = await openAof(new MemoryDirectory(FILES));
    expect(described(set)).toEqual(expected);
    expect(set.size).toBe(RDB.length + 43);
    expect(set.history).toMatchObject([{ role: 'history', seq: 1, size: null, format: null }]);
    expect(set.segments[1]).toMatchObject({ startOffset: 7n, endOffset: null });
    expect(set.manifest?.incrs).toHaveLength(1);
    expect(set.warnings).toEqual([]);
    const log = new CallLog();
    await readAof(set, log);
    expect(log.calls).toEqual([
      'segment base appendonly.aof.1.base.rdb',
      'rdb',
      'key db0 k',
      `rdb-end ${RDB.length}`,
      `end ${RDB.length}/${RDB.length}`,
      'segment incr appendonly.aof.2.incr.aof',
      '@0 annotation 1700000005 #TS:1700000005',
      '@16 other db0 ts1700000005 ["SET","a","1"]',
      'end 43/43',
    ]);
  });

  it('is found in the data directory', async () => {
    expect(described(await openAof(new MemoryDirectory(below('appendonlydir', FILES))))).toEqual(expected);
    const other = new MemoryDirectory(below('logs', FILES));
    expect(described(await openAof(other, { appendDirName: 'logs' }))).toEqual(expected);
    expect(await faultOf(other)).toMatchObject({ code: 'AOF_NO_LOG' });
  });

  it('says what it cannot make out', async () => {
    expect(await faultOf(new MemoryDirectory({}))).toMatchObject({
      code: 'AOF_NO_LOG',
      message:
        'expected a manifest, a directory of the name appendonlydir or a file of the name appendonly.aof, found no files',
    });
    const two = new MemoryDirectory({ ...FILES, 'b.manifest': MANIFEST });
    expect(await faultOf(two)).toMatchObject({ code: 'AOF_SEVERAL_MANIFESTS' });
    expect(described(await openAof(two, { manifest: 'b.manifest' }))).toEqual(expected);
    expect(described(await openAof(two, { appendFileName: 'appendonly.aof' }))).toEqual(expected);
    expect(await faultOf(two, { manifest: 'c.manifest' })).toMatchObject({ code: 'AOF_NO_MANIFEST' });
    expect(await faultOf(two, { appendFileName: 'c' })).toMatchObject({ code: 'AOF_NO_LOG' });
  });

  it('may lack files of the history only', async () => {
    const { 'appendonly.aof.2.incr.aof': _, ...rest } = FILES;
    const fault = await faultOf(new MemoryDirectory(rest));
    expect(fault).toMatchObject({ code: 'AOF_MISSING_FILE', file: bytesOf('appendonly.aof.2.incr.aof') });
    const set = await openAof(new MemoryDirectory({ ...FILES, 'appendonly.aof.1.incr.aof': SET }));
    expect(set.history).toMatchObject([{ role: 'history', size: 27, format: 'resp' }]);
  });

  it('may have empty files', async () => {
    const set = await openAof(new MemoryDirectory({ ...FILES, 'appendonly.aof.2.incr.aof': '' }));
    expect(set.segments[1]).toMatchObject({ size: 0, format: 'empty' });
    expect(await readAof(set, new CallLog())).toMatchObject({ commands: 0, rdbKeys: 1, cut: null });
  });

  it('may have nothing in it', async () => {
    const set = await openAof(new MemoryDirectory({ 'a.manifest': '# nothing yet\n' }));
    expect(set).toMatchObject({ parts: [], history: [], size: 0 });
    expect(await readAof(set, new CallLog())).toMatchObject({ bytes: 0, goodUpTo: null });
  });

  it('warns of files that the manifest should list', async () => {
    const set = await openAof(
      new MemoryDirectory({ ...FILES, 'appendonly.aof.3.incr.aof': SET, 'appendonly.aof.bak': SET }),
    );
    expect(set.warnings).toMatchObject([{ code: 'AOF_UNLISTED_FILE', file: bytesOf('appendonly.aof.3.incr.aof') }]);
    const log = new CallLog();
    await readAof(set, log);
    expect(log.calls[0]).toBe('@0 warning AOF_UNLISTED_FILE');
  });

  it('only asks for files that are named like one', async () => {
    for (const name of ['../secret', '/secret', 'a/secret', '..\\\\secret', '..']) {
      const directory = new MemoryDirectory({ 'a.manifest': `file "${name}" seq 1 type b\n`, 'a/secret': SET });
      const fault = await faultOf(directory);
      expect(fault).toMatchObject({ code: 'AOF_MANIFEST_NAME', line: 1, file: bytesOf('a.manifest') });
      expect(directory.asked).toEqual(['a.manifest']);
    }
  });

  it('is no loop', async () => {
    const itself = new MemoryDirectory({ 'a.manifest': 'file a.manifest seq 1 type i\n' });
    expect(await faultOf(itself)).toMatchObject({ code: 'AOF_MISSING_FILE', message: expect.stringMatching('itself') });
    const two = { 'a.manifest': 'file b.manifest seq 1 type i\n', 'b.manifest': 'file a.manifest seq 1 type i\n' };
    expect(await faultOf(new MemoryDirectory(two), { manifest: 'a.manifest' })).toMatchObject({
      code: 'AOF_MISSING_FILE',
      message: expect.stringMatching('is a manifest'),
    });
  });

  it('may have 10,000 files', async () => {
    const names = Array.from({ length: 10_000 }, (_, i) => `a.${i + 1}.incr.aof`);
    const files = Object.fromEntries(names.map((name) => [name, command('INCR', name)]));
    const lines = names.map((name, i) => `file ${name} seq ${i + 1} type i\n`);
    const set = await openAof(new MemoryDirectory({ ...files, 'a.manifest': lines.join('') }, 4096));
    expect(await readAof(set, new CallLog())).toMatchObject({ commands: 10_000 });
  });
});

describe('a data directory with the log of an older server', () => {
  const old = { 'appendonly.aof': `${Buffer.from(RDB).toString('latin1')}${SET}` };
  const single = [`single appendonly.aof seq null ${RDB.length + 27} rdb 1700000000`];

  it.each([
    ['alone', old],
    ['beside an empty directory', { ...old, 'appendonlydir/x': '' }],
    ['beside a manifest of nothing', { ...old, 'appendonlydir/appendonly.aof.manifest': '# nothing\n' }],
    [
      'beside an upgrade that was interrupted',
      { ...old, 'appendonlydir/appendonly.aof.manifest': 'file appendonly.aof seq 1 type b\n' },
    ],
  ])('reads it: %s', async (_name, files) => {
    expect(described(await openAof(new MemoryDirectory(files)))).toEqual(single);
  });

  it('does not read it beside a manifest that lists files', async () => {
    const set = await openAof(new MemoryDirectory({ ...old, ...below('appendonlydir', FILES) }));
    expect(set.segments).toHaveLength(2);
    expect(set.warnings).toMatchObject([{ code: 'AOF_OLD_FILE', file: bytesOf('appendonly.aof') }]);
    const upgraded = { 'appendonly.aof.manifest': 'file appendonly.aof seq 1 type b\n', 'appendonly.aof': SET };
    const other = await openAof(new MemoryDirectory({ ...old, ...below('appendonlydir', upgraded) }));
    expect(described(other)).toEqual(['base appendonly.aof seq 1 27 resp null']);
  });

  it('knows it by another name', async () => {
    const directory = new MemoryDirectory({ 'log.aof': SET });
    expect(await faultOf(directory)).toMatchObject({ code: 'AOF_NO_LOG' });
    expect(described(await openAof(directory, { appendFileName: 'log.aof' }))).toEqual([
      'single log.aof seq null 27 resp null',
    ]);
  });

  it('tells those who open the directory of an upgrade that was interrupted', async () => {
    const directory = new MemoryDirectory({ 'appendonly.aof.manifest': 'file appendonly.aof seq 1 type b\n' });
    expect((await faultOf(directory)).message).toMatch('in the directory above');
  });
});

describe('a single file', () => {
  const log = bytesOf(`#TS:1700000000\r\n${SET}`);

  async function* slowly(): AsyncGenerator<Uint8Array> {
    // One buffer for all chunks.
    const chunk = new Uint8Array(1);
    for (const byte of log) {
      await Promise.resolve();
      chunk[0] = byte;
      yield chunk;
    }
  }

  it.each<[string, () => AofInput, number | null]>([
    ['bytes', () => log, 43],
    ['a file', () => memoryFile(log), 43],
    ['a file of unknown size', () => ({ ...memoryFile(log), size: null }), null],
    ['an iterable', () => [log.subarray(0, 3), log.subarray(3)], null],
    ['an async iterable', slowly, null],
    ['a stream', () => new Blob([log]).stream(), null],
  ])('comes as %s', async (_name, input, size) => {
    const set = await openAof(input());
    expect(set.segments).toMatchObject([{ role: 'single', name: null, seq: null, size }]);
    expect(set.manifest).toBeNull();
    const calls = new CallLog();
    expect(await readAof(set, calls)).toMatchObject({ commands: 1, lastTimestamp: 1700000000 });
    expect(calls.calls[2]).toBe('@16 other db0 ts1700000000 ["SET","a","1"]');
    await set.close();
  });

  it('that is a stream can be read once', async () => {
    const set = await openAof([log]);
    await readAof(set, new CallLog());
    await expect(readAof(set, new CallLog())).rejects.toThrow('only once');
  });

  it('that is a stream can be given back unread', async () => {
    let isClosed = false;
    const source = (function* () {
      try {
        for (;;) yield log;
      } finally {
        isClosed = true;
      }
    })();
    const set = await openAof(source);
    await set.close();
    expect(isClosed).toBe(true);
  });

  it('that is a manifest needs its directory', async () => {
    expect(await faultOf(bytesOf(MANIFEST))).toMatchObject({ code: 'AOF_NO_DIRECTORY' });
    expect(await faultOf([bytesOf(`# x\n seq 1 file "a b" type b\n`)])).toMatchObject({ code: 'AOF_NO_DIRECTORY' });
  });
});
