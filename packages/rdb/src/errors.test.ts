import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DataError } from '@rdbkit/bytes';
import { describe, expect, it } from 'vitest';
import {
  RdbChecksumError,
  RdbError,
  RdbFormatError,
  RdbLimitError,
  RdbTruncatedError,
  RdbUnsupportedError,
} from './errors.ts';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));

const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({ name, text: readFileSync(join(FOLDER, name), 'utf8') }));
const isTest = ({ name }: { name: string }): boolean => name.endsWith('.test.ts');

/** The codes that the sources give, comments left out. */
const codes = new Set(
  files
    .filter((file) => !isTest(file))
    .flatMap(({ text }) => text.match(/'RDB_[A-Z0-9_]+'/g) ?? [])
    .map((code) => code.slice(1, -1)),
);
const tests = files.filter((file) => isTest(file) && file.name !== 'errors.test.ts');

describe('every code of the sources is met in a test', () => {
  it('there are codes', () => {
    expect(codes.size).toBeGreaterThan(25);
    expect(codes).toContain('RDB_TRUNCATED');
  });

  it.each([...codes].sort())('%s', (code) => {
    const pattern = new RegExp(`\\b${code}\\b`);
    expect(tests.filter(({ text }) => pattern.test(text)).map(({ name }) => name)).not.toEqual([]);
  });
});

describe('errors', () => {
  it.each([
    ['RdbError', RdbError],
    ['RdbTruncatedError', RdbTruncatedError],
    ['RdbFormatError', RdbFormatError],
    ['RdbChecksumError', RdbChecksumError],
    ['RdbUnsupportedError', RdbUnsupportedError],
    ['RdbLimitError', RdbLimitError],
  ])('%s is told by its class and its name', (name, type) => {
    const error = new type('RDB_X', 'what it says', 17);
    expect(error).toBeInstanceOf(RdbError);
    expect(error).toBeInstanceOf(DataError);
    expect(error).toMatchObject({ name, code: 'RDB_X', message: 'what it says', offset: 17 });
    expect(error.path).toEqual({ db: null, key: null, element: null });
    expect(String(error)).toBe(`${name}: what it says`);
  });
});
