import { coverageTable, recordedCoverage } from '@rdbkit/testkit';
import { expect, it } from 'vitest';
import { readRdbSync } from './read.ts';
import { VALUE_TYPES, valueType } from './types.ts';
import type { Dialect } from './visitor.ts';

/** No server at hand writes these; crafted files stand in for them. The first is refused before its key is told. */
const NOT_RECORDED = new Set([
  'MODULE_PRE_GA',
  'HASH_TMPL_LP',
  'HASH_TMPL_LP_REF',
  'HASH_TMPL_ARRAY',
  'HASH_TMPL_ARRAY_REF',
  'BITMAP',
  'PATH_HASH',
]);

const table = coverageTable({
  read: (bytes, visitor) => readRdbSync(bytes, visitor),
  nameOf: (code, dialect) => valueType(code, dialect as Dialect)?.name ?? 'unknown',
});

it('the README of the test vectors tells what they cover', () => {
  expect(recordedCoverage()).toBe(table);
});

/** Of other products there is no server at hand. */
const RECORDED_DIALECTS: ReadonlySet<Dialect | null> = new Set([null, 'redis', 'valkey']);

const recorded = VALUE_TYPES.filter(({ name, dialect }) => RECORDED_DIALECTS.has(dialect) && !NOT_RECORDED.has(name));

it.each(recorded.map(({ code, name }) => [code, name]))('the test vectors have a value of type %i %s', (code, name) => {
  expect(table).toContain(`| ${code} ${name} |`);
});
