// Writes the table of what the vectors cover into their README: npx tsx test-vectors/generator/coverage.ts
import { writeFileSync } from 'node:fs';
import { coverageTable, VECTORS_README, withCoverage } from '@rdbkit/testkit';
import { type Dialect, readRdbSync, valueType } from '../../packages/rdb/src/index.ts';

const table = coverageTable({
  read: (bytes, visitor) => {
    readRdbSync(bytes, visitor);
  },
  nameOf: (code, dialect) => valueType(code, dialect as Dialect)?.name ?? 'unknown',
});
writeFileSync(VECTORS_README, withCoverage(table));
