import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf } from '../testing/logs.ts';
import { AofManifestError } from './errors.ts';
import { quoteArgument, splitArguments } from './internal/split-arguments.ts';
import { type AofManifest, type AofManifestEntry, parseManifest, writeManifest } from './manifest.ts';

const BASE = 'file a.1.base.rdb seq 1 type b\n';
const INCR = 'file a.1.incr.aof seq 1 type i\n';

function names(manifest: AofManifest): string[] {
  const { base, incrs, histories } = manifest;
  return [...(base === null ? [] : [base]), ...incrs, ...histories].map(
    ({ type, seq, file }) => `${type} ${seq} ${Buffer.from(file).toString('latin1')}`,
  );
}

function faultOf(text: string): AofManifestError {
  try {
    parseManifest(bytesOf(text));
  } catch (error) {
    if (error instanceof AofManifestError) return error;
    throw error;
  }
  throw new Error('there was no error');
}

describe('a manifest', () => {
  it.each([
    ['of a server', BASE + INCR, ['base 1 a.1.base.rdb', 'incr 1 a.1.incr.aof']],
    ['in another order', INCR + BASE, ['base 1 a.1.base.rdb', 'incr 1 a.1.incr.aof']],
    ['without base', INCR, ['incr 1 a.1.incr.aof']],
    ['without incremental files', BASE, ['base 1 a.1.base.rdb']],
    ['with a history', `file h seq 9 type h\n${BASE}`, ['base 1 a.1.base.rdb', 'history 9 h']],
    ['with gaps', 'file x seq 3 type i\nfile y seq 17 type i\n', ['incr 3 x', 'incr 17 y']],
    ['of comments only', '# nothing\n#\n', []],
    ['with a comment at its end, without LF', `${BASE}# end`, ['base 1 a.1.base.rdb']],
    ['with CRLF and blanks', ' \tfile  x\tseq 1 type i \r\n', ['incr 1 x']],
    ['with pairs in any order and case', 'TYPE incremental Seq 2 FILE x\n', ['incr 2 x']],
    ['with unknown pairs', 'file x seq 1 type b colour blue\n', ['base 1 x']],
    ['with a pair that comes twice', 'file x seq 1 seq 2 type b file y\n', ['base 2 y']],
    ['with a name in quotes', 'file "a b\\x00\\xff\\"\\n" seq 1 type b\n'.replace('\\x00', ''), ['base 1 a b\xff"\n']],
    ['with a name in single quotes', "file 'a \"\\'b' seq 1 type b\n", ['base 1 a "\'b']],
    ['with a name in quotes from the middle on', 'file ab"c d" seq 1 type b\n', ['base 1 abc d']],
    ['with an old name', 'file appendonly.aof seq 1 type b\n', ['base 1 appendonly.aof']],
  ])('%s', (_name, text, expected) => {
    expect(names(parseManifest(bytesOf(text)))).toEqual(expected);
  });

  it('may have replication offsets', () => {
    const { base, incrs } = parseManifest(
      bytesOf(`${BASE}file i seq 1 type i startoffset 9223372036854775807 endoffset x\n`),
    );
    expect(base).toMatchObject({ startOffset: null, endOffset: null });
    expect(incrs[0]).toMatchObject({ startOffset: 9223372036854775807n, endOffset: null });
  });

  it('may have 10,000 lines', () => {
    const lines = Array.from(
      { length: 10_000 },
      (_, i) => `file appendonly.aof.${i + 1}.incr.aof seq ${i + 1} type i\n`,
    );
    const started = performance.now();
    const { incrs } = parseManifest(bytesOf(lines.join('')));
    expect(incrs).toHaveLength(10_000);
    expect(incrs[9999]).toMatchObject({ seq: 10_000 });
    expect(performance.now() - started).toBeLessThan(2000);
    expect(faultOf(`${lines.join('')}${lines[4999]}`)).toMatchObject({ code: 'AOF_MANIFEST_DUPLICATE', line: 10_001 });
  });
});

describe('damage', () => {
  const long = `file ${'x'.repeat(1024 - 'file  seq 1 type b\n'.length)} seq 1 type b\n`;

  it.each([
    ['nothing', '', 'AOF_MANIFEST_EMPTY', 0],
    ['a blank line', `${BASE}\n${INCR}`, 'AOF_MANIFEST_FORMAT', 2],
    ['no LF at the end', `${BASE}${INCR.trimEnd()}`, 'AOF_MANIFEST_LINE', 2],
    ['too long a line', long.replace('x', 'xx'), 'AOF_MANIFEST_LINE', 1],
    ['too long a comment', `#${'x'.repeat(1024)}\n`, 'AOF_MANIFEST_LINE', 1],
    ['a zero byte', 'file a\0b seq 1 type b\n', 'AOF_MANIFEST_FORMAT', 1],
    ['something else', `${BASE}!!!\n`, 'AOF_MANIFEST_FORMAT', 2],
    ['too few words', 'file a seq 1\n', 'AOF_MANIFEST_FORMAT', 1],
    ['an odd number of words', 'file a seq 1 type b x\n', 'AOF_MANIFEST_FORMAT', 1],
    ['no file', 'filx a seq 1 type b\n', 'AOF_MANIFEST_FORMAT', 1],
    ['no number', 'file a sex 1 type b\n', 'AOF_MANIFEST_FORMAT', 1],
    ['no type', 'file a seq 1 tipe b\n', 'AOF_MANIFEST_FORMAT', 1],
    ['a quote that is not closed', 'file "a seq 1 type b\n', 'AOF_MANIFEST_FORMAT', 1],
    ['a quote with something behind it', 'file "a"b seq 1 type b\n', 'AOF_MANIFEST_FORMAT', 1],
    ['number 0', 'file a seq 0 type b\n', 'AOF_MANIFEST_SEQ', 1],
    ['a negative number', 'file a seq -1 type b\n', 'AOF_MANIFEST_SEQ', 1],
    ['a word for a number', 'file a seq one type b\n', 'AOF_MANIFEST_SEQ', 1],
    ['a number beyond all bounds', 'file a seq 99999999999999999999 type b\n', 'AOF_MANIFEST_SEQ', 1],
    ['an unknown type', 'file a seq 1 type x\n', 'AOF_MANIFEST_TYPE', 1],
    ['a type in upper case', 'file a seq 1 type B\n', 'AOF_MANIFEST_TYPE', 1],
    ['an empty type', 'file a seq 1 type ""\n', 'AOF_MANIFEST_TYPE', 1],
    ['two bases', `${BASE}file x seq 2 type b\n`, 'AOF_MANIFEST_BASE', 2],
    ['the same number twice', `${INCR}file x seq 1 type i\n`, 'AOF_MANIFEST_ORDER', 2],
    ['numbers that go down', 'file x seq 2 type i\nfile y seq 1 type i\n', 'AOF_MANIFEST_ORDER', 2],
    ['the same file twice', `${INCR}file a.1.incr.aof seq 2 type i\n`, 'AOF_MANIFEST_DUPLICATE', 2],
    ['the same file as base and history', `${BASE}file a.1.base.rdb seq 2 type h\n`, 'AOF_MANIFEST_DUPLICATE', 2],
    ['a name above the directory', 'file ../x seq 1 type b\n', 'AOF_MANIFEST_NAME', 1],
    ['an absolute name', 'file /etc/passwd seq 1 type b\n', 'AOF_MANIFEST_NAME', 1],
    ['a name below the directory', 'file a/b seq 1 type b\n', 'AOF_MANIFEST_NAME', 1],
    ['a name of Windows', 'file "..\\\\x" seq 1 type b\n', 'AOF_MANIFEST_NAME', 1],
    ['a name in escapes', 'file "\\x2e\\x2e\\x2fx" seq 1 type b\n', 'AOF_MANIFEST_NAME', 1],
    ['the directory', 'file . seq 1 type b\n', 'AOF_MANIFEST_NAME', 1],
    ['the directory above', 'file .. seq 1 type b\n', 'AOF_MANIFEST_NAME', 1],
    ['an empty name', 'file "" seq 1 type b\n', 'AOF_MANIFEST_NAME', 1],
    ['a name with a zero byte', 'file "a\\x00b" seq 1 type b\n', 'AOF_MANIFEST_NAME', 1],
  ])('%s', (_name, text, code, line) => {
    expect(faultOf(text)).toMatchObject({ code, line });
  });

  it('has its place', () => {
    expect(parseManifest(bytesOf(long)).base?.file).toHaveLength(1005);
    expect(faultOf(`# one\n${BASE}${BASE}`)).toMatchObject({ line: 3, offset: 6 + BASE.length });
    expect(faultOf('file ../x seq 1 type b\n').message).toBe(
      'line 1 of the manifest: the name ../x has a path separator in it; it must be that of a file beside the manifest',
    );
  });
});

const entry = (file: string, seq: number, type: AofManifestEntry['type']): AofManifestEntry => ({
  file: bytesOf(file),
  seq,
  type,
  startOffset: null,
  endOffset: null,
});

describe('writing', () => {
  it('is what a server writes', () => {
    const manifest: AofManifest = {
      base: entry('appendonly.aof.2.base.rdb', 2, 'base'),
      incrs: [{ ...entry('appendonly.aof.3.incr.aof', 3, 'incr'), startOffset: 1234n }],
      histories: [entry('appendonly.aof.2.incr.aof', 2, 'history')],
    };
    expect(Buffer.from(writeManifest(manifest)).toString()).toBe(
      'file appendonly.aof.2.base.rdb seq 2 type b\n' +
        'file appendonly.aof.2.incr.aof seq 2 type h\n' +
        'file appendonly.aof.3.incr.aof seq 3 type i startoffset 1234\n',
    );
    expect(parseManifest(writeManifest({ base: null, incrs: [], histories: [] }))).toEqual({
      base: null,
      incrs: [],
      histories: [],
    });
  });

  it.each([
    ['plain', 'plain'],
    ['a b', '"a b"'],
    ['it\'s "it"', '"it\'s \\"it\\""'],
    ["it's", '"it\'s"'],
    ['a\n\r\t\x07\b\x00\x7f\xff', '"a\\n\\r\\t\\a\\b\\x00\\x7f\\xff"'],
  ])('quotes %j', (name, quoted) => {
    expect(quoteArgument(bytesOf(name))).toBe(quoted);
    expect(splitArguments(`x ${quoted} y`)).toEqual(['x', name, 'y']);
  });

  it.each([
    ['a path', { base: entry('../x', 1, 'base'), incrs: [], histories: [] }],
    ['number 0', { base: entry('x', 0, 'base'), incrs: [], histories: [] }],
    ['the wrong order', { base: null, incrs: [entry('x', 2, 'incr'), entry('y', 1, 'incr')], histories: [] }],
    ['too long a name', { base: entry('x'.repeat(1010), 1, 'base'), incrs: [], histories: [] }],
  ] as const)('refuses %s', (_name, manifest) => {
    expect(() => writeManifest(manifest)).toThrow(RangeError);
  });
});

describe('whatever is in it', () => {
  const name = fc
    .uint8Array({ minLength: 1, maxLength: 60 })
    .map((bytes) => bytes.filter((byte) => ![0, 0x2f, 0x5c].includes(byte)))
    .filter((bytes) => !['', '.', '..'].includes(Buffer.from(bytes).toString('latin1')));

  it('what was written is read again', () => {
    const offset = fc.option(fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }));
    const files = fc.uniqueArray(fc.record({ file: name, startOffset: offset, endOffset: offset }), {
      selector: ({ file }) => Buffer.from(file).toString('latin1'),
      maxLength: 12,
    });
    fc.assert(
      fc.property(files, fc.nat(12), fc.nat(12), fc.boolean(), (all, first, second, hasBase) => {
        const base = hasBase ? all.slice(0, 1).map((one) => ({ ...one, seq: first + 1, type: 'base' as const })) : [];
        const rest = all.slice(base.length);
        const incrs = rest.slice(0, second).map((one, i) => ({ ...one, seq: 3 * i + 1, type: 'incr' as const }));
        const histories = rest.slice(second).map((one) => ({ ...one, seq: 7, type: 'history' as const }));
        const manifest = { base: base[0] ?? null, incrs, histories };
        expect(parseManifest(writeManifest(manifest))).toEqual(manifest);
      }),
    );
  });

  it('bytes are a manifest or the error of one', () => {
    const words = fc.constantFrom('file', 'seq', 'type', '1', 'b', 'i', 'h', 'a', '"', "'", '\\', '#', ' ', '\n', '\0');
    fc.assert(
      fc.property(fc.array(fc.oneof(words, fc.string({ unit: 'binary' })), { maxLength: 40 }), (parts) => {
        const text = parts.join(' ');
        try {
          parseManifest(bytesOf(text));
        } catch (error) {
          if (!(error instanceof AofManifestError)) throw error;
          expect(error.code).toMatch(/^AOF_MANIFEST_/);
        }
      }),
    );
  });
});
